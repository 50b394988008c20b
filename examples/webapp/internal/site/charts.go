package site

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// gallery returns the figures and charts of a selection; those of a whole tier or of
// everybody are made once for each language region.
func (s *Site) gallery(r *request, of gallery.Selection) (*gallery.Page, error) {
	if len(of.Where) > 0 {
		return gallery.Make(r.Context(), r.snap, of, r.l)
	}
	return r.set.Charted.Get(r.snap, r.l.Tag()+"/"+of.Tier, func() (*gallery.Page, error) {
		return gallery.Make(context.WithoutCancel(r.Context()), r.snap, of, r.l)
	})
}

// galleryChart returns a chart of the selection of an address by its name.
func (s *Site) galleryChart(r *request, name string) (*chart.Chart, gallery.Selection, error) {
	of, err := r.selection()
	if err != nil {
		return nil, of, err
	}
	list := gallery.Of(r.snap)
	i := slices.IndexFunc(list, func(c ask.ChartRequest) bool { return c.Name == name })
	if i < 0 {
		return nil, of, errNotFound
	}
	charts, err := gallery.Draw(r.Context(), r.snap, of, r.l, list[i])
	if err != nil {
		return nil, of, err
	}
	return charts[0], of, nil
}

// selection returns whom an address asks for.
func (r *request) selection() (gallery.Selection, error) {
	of, err := gallery.Select(r.Context(), r.snap, r.URL.Query())
	switch {
	case errors.Is(err, gallery.ErrTier):
		return of, errNotFound
	case errors.Is(err, gallery.ErrWhere):
		return of, invalid("where", "charts.filter.unknown")
	}
	return of, err
}

// findTier returns the tier that an address asks for, as it is written in the
// model; empty for all.
func findTier(w *snapshot.Snapshot, text string) (string, error) {
	tier, ok := w.FindTier(text)
	if !ok {
		return "", errNotFound
	}
	return tier, nil
}

type chartsPage struct {
	*gallery.Page
	Tiers    []string
	Filters  ask.Filters
	Customer []customerFigure
	Mine     string
	Here     string // the beginning of the query of the addresses
	Group    insight.Group
	Groups   []insight.Group
}

// Brings reports whether it is known what the tier brings.
func (p chartsPage) Brings() bool { return p.Group.RevenueShare == p.Group.RevenueShare }

// Lists are the forms in which the customers of a tier can be taken along.
func (chartsPage) Lists() []string { return listFormats }

// Files are the forms in which the charts can be taken along.
func (chartsPage) Files() []string { return []string{"png", "svg", "pdf", "csv"} }

// Query is that of an address of a selection.
func (p chartsPage) Query(tier string, where ask.Where) string {
	return p.Here + "&" + gallery.Selection{Tier: tier, Where: where}.Values().Encode()
}

// Text is a condition as addresses have it.
func (chartsPage) Text(c ask.Clause) string { return ask.Where{c}.String() }

func (s *Site) charts(r *request) error {
	of, err := r.selection()
	if err != nil {
		return err
	}
	p := chartsPage{Here: r.here(), Tiers: r.snap.Tiers, Groups: r.snap.Profile.Tiers}
	// After a prediction the customer's own tier comes first.
	if customer := s.lastCustomer(r); customer != nil {
		if prediction, err := r.snap.Model.Predict(customer); err == nil {
			p.Mine = prediction.Tier
			if !r.URL.Query().Has("tier") {
				of.Tier = p.Mine
			}
			p.Customer = r.figures(cmp.Or(of.Tier, p.Mine), customer)
		}
	}
	if of.Tier != "" {
		p.Group, _ = r.snap.Profile.Group(of.Tier)
		if p.Mine == of.Tier {
			p.Tiers = append([]string{of.Tier}, slices.DeleteFunc(slices.Clone(p.Tiers), func(t string) bool { return t == of.Tier })...)
		}
	}
	if p.Page, err = s.gallery(r, of); err != nil {
		return err
	}
	if p.Filters, err = r.snap.Filters(r.Context(), of.Where, r.l); err != nil {
		return err
	}
	return s.show(r, http.StatusOK, "charts", r.l.T("charts.title"), p)
}

// lastCustomer returns the figures of the reader's last result, nil where there is
// none or the database does not answer soon: the page goes without it.
func (s *Site) lastCustomer(r *request) []float64 {
	short, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	c, err := s.Records.Conversation(short, r.lastResult(), service.KindResult)
	if err != nil || c.Dataset != r.set.ID {
		return nil
	}
	return c.Row(r.snap)
}

// chartFile returns a chart as SVG, PNG, PDF or CSV.
func (s *Site) chartFile(r *request) error {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	c, of, err := s.galleryChart(r, name)
	if err != nil {
		return err
	}
	name += of.FileName()
	b, err := drawn(c, format, chartsPage{}.Files())
	if err != nil {
		return err
	}
	s.noteInBackground(r, didChart, service.AuditDetail{Note: name + "." + format})
	return r.send(b, name, format)
}

// drawn returns a chart as a file in one of some formats.
func drawn(c *chart.Chart, format string, formats []string) (*bytes.Buffer, error) {
	var b bytes.Buffer
	switch {
	case !slices.Contains(formats, format):
		return nil, errNotFound
	case format == "csv":
		return &b, c.WriteCSV(&b)
	}
	return &b, c.Write(&b, plots.Format(format))
}
