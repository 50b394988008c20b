package site

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/roster"
	"github.com/customer-personality/segmentation/internal/service"
)

// roster returns a request on a tier, by its name in the address.
func (s *Site) roster(r *request, name string, v url.Values) (q roster.Request, err error) {
	tier, err := findTier(r.snap, name)
	if err == nil && tier == "" {
		err = errNotFound
	}
	return roster.Request{
		Service: s.Service, Dataset: r.set, Snapshot: r.snap, Tier: tier, Values: v, By: r.by(), Language: r.l, Readings: r.numerals().Readings,
		Address: func(v url.Values) string {
			v.Set("data", r.set.ID)
			return "/segments/" + url.PathEscape(tier) + "?" + v.Encode()
		},
	}, err
}

// showSegment shows a tier as values choose from it: what it is, who is in it, what to do,
// and what was wrong with a form.
func (s *Site) showSegment(r *request, v url.Values, wrong error) error {
	q, err := s.roster(r, r.PathValue("file"), v)
	if err != nil {
		return err
	}
	p, err := q.Show(r.Context(), wrong)
	if err != nil {
		return err
	}
	if p.Canonical != "" {
		return r.redirect(p.Canonical + "#who")
	}
	if err := s.note(r, didReadSome, service.AuditDetail{Count: len(p.List.Rows), Note: q.Tier}); err != nil {
		return err
	}
	status := http.StatusOK
	if p.Wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.show(r, status, "segment", q.Tier, p)
}

// segmentForm does what a form of the page asks for.
func (s *Site) segmentForm(r *request) error {
	done, to := "", ""
	err := s.withSnapshot(r, func() error {
		q, err := s.roster(r, r.PathValue("file"), r.PostForm)
		if err == nil {
			done, err = q.Act(r.Context())
			to = q.Address(url.Values{"done": {done}})
		}
		return err
	})
	if _, told := errors.AsType[*roster.Error](err); told {
		return s.showSegment(r, r.PostForm, err)
	} else if err != nil {
		return err
	}
	return r.redirect(to + "#" + done)
}

// campaignList returns a campaign list as a file.
func (s *Site) campaignList(r *request) error {
	id, format, _ := strings.Cut(r.PathValue("file"), ".")
	if !slices.Contains(listFormats, format) {
		return errNotFound
	}
	c, err := s.Records.List(r.Context(), id)
	if err == nil {
		err = s.turnTo(r, c.Dataset)
	}
	if err == nil && r.snap == nil {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	t, err := c.TableOf(r.Context(), r.snap, s.Segment(r.set, r.snap, c.Tier).Name)
	if err != nil {
		return err
	}
	return s.sendTable(r, t, c.Tier, c.Tier+"-"+c.Created().Format("2006-01-02"), format)
}

// apiSegment returns a tier for programs.
func (s *Site) apiSegment(r *request) (a roster.Answer, err error) {
	q, err := s.roster(r, r.PathValue("tier"), nil)
	if err == nil {
		a, err = q.Answer(r.english())
	}
	return a, err
}
