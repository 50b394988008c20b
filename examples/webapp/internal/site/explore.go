package site

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

type explorePage struct {
	Spec     explore.Spec
	Chart    *chart.Chart
	Error    string
	Field    string
	Marks    []customerform.Choice
	Columns  []customerform.Choice
	Numbers  []customerform.Choice
	Colors   []customerform.Choice
	Hows     []customerform.Choice
	Tiers    []customerform.Choice
	Ready    []explore.Ready
	Saved    []service.SavedChart
	Current  service.SavedChart // the saved chart that is shown
	Walker   any
	Made     bool // whether the chart is one of the chart maker
	Theme    any
	Query    string
	Stripped bool // whether the table holds a part of the customers only
}

// Files are the forms in which the chart can be taken along.
func (p explorePage) Files() []string { return []string{"png", "svg", "csv"} }

func (s *Site) explore(r *request) error {
	d := explore.Parse(r.snap, r.URL.Query())
	format := r.URL.Query().Get("format")
	if format == "" {
		return s.showExplore(r, d, nil, service.SavedChart{})
	}
	c, err := explore.Draw(r.Context(), r.l, r.snap, d)
	if err != nil {
		return err
	}
	b, err := drawn(c.In(r.l), format, explorePage{}.Files())
	if err != nil {
		return err
	}
	return r.send(b, "chart", format)
}

// showExplore shows a chart of the form, and in the chart maker the one that was made
// there, or else the same.
func (s *Site) showExplore(r *request, d explore.Spec, made json.RawMessage, current service.SavedChart) error {
	p := explorePage{Spec: d, Walker: made, Made: made != nil, Current: current, Query: d.Query(), Stripped: r.snap.Set.Len() > explore.MaxRows, Ready: explore.ReadyOf(r.l, r.snap), Theme: explore.Theme(r.snap)}
	if !p.Made {
		p.Walker = d.Walker(r.l)
	}
	title := cmp.Or(current.Name, r.l.T("explore.title"))
	status := http.StatusOK
	var err error
	if p.Chart, err = explore.Draw(r.Context(), r.l, r.snap, d); err != nil {
		wrong, ok := errors.AsType[*explore.Error](err)
		if !ok {
			return err
		}
		status, p.Error, p.Field = http.StatusUnprocessableEntity, r.l.T(wrong.Key), wrong.Field
		p.Walker = explore.Parse(r.snap, nil).Walker(r.l)
	}
	named := func(prefix string) func(string) string { return func(v string) string { return r.l.T(prefix + v) } }
	p.Marks, p.Hows = customerform.Choices(explore.Marks, d.Mark, named("mark.")), customerform.Choices(features.Aggregates(), d.How, named("aggregate."))
	p.Tiers = customerform.Choices(r.snap.Tiers, d.Tier, func(t string) string { return t })
	var columns, numbers, words []string
	for _, c := range r.snap.Set.Columns() {
		columns = append(columns, c.Name)
		if c.Kind.Numeric() {
			numbers = append(numbers, c.Name)
		} else {
			words = append(words, c.Name)
		}
	}
	p.Columns, p.Numbers, p.Colors = customerform.Choices(columns, d.X, r.l.Noun), customerform.Choices(numbers, d.Y, r.l.Noun), customerform.Choices(words, d.Color, r.l.Noun)
	if p.Saved, err = r.records(s).Charts(r.Context(), r.set.ID); err != nil {
		return err
	}
	r.w.Header().Set("Content-Security-Policy", web.MakerPolicy)
	return s.show(r, status, "explore", title, p)
}

func (s *Site) exploreSaved(r *request) error {
	c, err := r.records(s).Chart(r.Context(), r.PathValue("id"))
	if err := s.turnToOne(r, c.Dataset, err); err != nil {
		return err
	}
	var p explore.Saved
	if err := json.Unmarshal([]byte(c.Spec), &p); err != nil {
		return err
	}
	if p.Chart != nil {
		return s.showExplore(r, *p.Chart, nil, c)
	}
	d, ok := explore.Nearest(r.snap, p.Walker)
	if !ok {
		d = explore.Parse(r.snap, nil)
	}
	return s.showExplore(r, d, p.Walker, c)
}

// exploreSave keeps a chart, of the chart maker where there is a spec, else of
// the form.
func (s *Site) exploreSave(r *request) (string, error) {
	name := web.CleanText(r.PostForm.Get("name"), service.MaxTitle)
	if name == "" {
		return "", invalid("name", "explore.unnamed")
	}
	var p explore.Saved
	var err error
	if text := r.PostForm.Get("spec"); text != "" {
		p, err = explore.ParseSaved(text)
	} else {
		d := explore.Parse(r.snap, r.PostForm)
		_, err = explore.Draw(r.Context(), r.l, r.snap, d)
		p.Chart = &d
	}
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	id, err := r.records(s).SaveChart(r.Context(), r.set.ID, name, string(b))
	return "/explore/" + id, err
}

// exploreTable is the merged table for the chart maker, without the numbers of
// the customers.
func (s *Site) exploreTable(r *request) error {
	b, err := r.set.Tables.Get(r.snap, r.l.Lang, func() ([]byte, error) { return explore.Table(r.snap, r.l) })
	if err != nil {
		return err
	}
	s.noteInBackground(r, didTable, service.AuditDetail{Count: min(explore.MaxRows, r.snap.Set.Len())})
	r.w.Header().Set("Content-Type", "application/json")
	_, _ = r.w.Write(b)
	return nil
}
