package site

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

type comparePage struct {
	*service.Change
	Picture string // as svg elements
	Columns []string
}

// Known reports whether any customer is in a tier.
func (comparePage) Known(g insight.Group) bool { return g.Count > 0 }

// Stable and Shifted are the thresholds of the population stability index.
func (comparePage) Stable() float64 { return insight.PSIStable }

// Shifted is the other one.
func (comparePage) Shifted() float64 { return insight.PSIShifted }

// Formats are those of the list of who moves.
func (comparePage) Formats() []string { return listFormats }

// Shift is the key of the text on how far a column has drifted.
func (comparePage) Shift(d insight.Drift) string {
	switch {
	case d.PSI > insight.PSIShifted:
		return "compared.population"
	case d.PSI >= insight.PSIStable:
		return "compared.shifted"
	}
	return "compared.steady"
}

// changeOf returns what the version of an address would change.
func (s *Site) changeOf(r *request) (*service.Change, error) {
	v, err := version(r)
	if err != nil {
		return nil, err
	}
	c, err := s.Compare(r.Context(), r.set, r.snap, v)
	if other, ok := errors.AsType[*service.ColumnsError](err); ok {
		err = refuse(http.StatusConflict, "", "compared.columns", int(v), strings.Join(other.New, ", "), strings.Join(other.Old, ", "))
	}
	if same, ok := errors.AsType[*service.InUseError](err); ok {
		err = refuse(http.StatusConflict, "", "compared.same", same.Version)
	}
	return c, unfit(v, err)
}

// compare shows a version beside the one in use.
func (s *Site) compare(r *request) error {
	c, err := s.changeOf(r)
	if err != nil {
		return err
	}
	p := comparePage{Change: c}
	words := c.NewModel.Words()
	p.Columns = slices.DeleteFunc(c.NewModel.Columns(), func(name string) bool { return words[name] != nil })
	m := plots.TransitionMatrixOf(c.Comparison)
	m.Before, m.After = r.l.T("results.version", c.Old), r.l.T("results.version", c.New)
	m.Number, m.Share = func(v float64) string { return r.l.Number(v, 0) }, r.l.P
	figure, err := m.Figure()
	if err != nil {
		return err
	}
	figure.Title, figure.Subtitle, figure.Alt = r.l.T("compared.moves"), "", ""
	for _, width := range []float64{0, gallery.Narrow} {
		svg, err := figure.SVG(plots.Style{Theme: plots.Auto, Transparent: true, Bare: true, Width: width})
		if err != nil {
			return err
		}
		p.Picture += svg
	}
	return s.show(r, http.StatusOK, "compare", r.l.T("compared.title", c.New, c.Old), p)
}

// movers returns the customers whose tier a version would change.
func (s *Site) movers(r *request) error {
	_, format, _ := cutLast(r.PathValue("file"), ".")
	if r.PathValue("file") != "movers."+format || !slices.Contains(listFormats, format) {
		return errNotFound
	}
	c, err := s.changeOf(r)
	if err != nil {
		return err
	}
	return s.sendList(r, c.Moved, "movers", format)
}
