package site

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/service"
)

type comparePage struct {
	*service.Change
	Picture string // as svg elements
	Columns []string
	Formats []string // of the list of who moves
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
	p := comparePage{Change: c, Formats: listFormats}
	words := c.NewModel.Words()
	p.Columns = slices.DeleteFunc(c.NewModel.Columns(), func(name string) bool { return words[name] != nil })
	if p.Picture, err = gallery.Transition(c.Comparison, r.l.T("compared.moves"), r.l.T("results.version", c.Old), r.l.T("results.version", c.New), r.l); err != nil {
		return err
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
	return s.sendTable(r, c.Moved, "movers", "movers", format)
}
