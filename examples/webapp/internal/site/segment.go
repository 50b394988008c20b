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

// A segmentPage is what the page of a tier shows.
type segmentPage struct {
	roster.View
	Tier string
	Done string // by a form
}

// roster returns the request on the tier of the address.
func (s *Site) roster(r *request, v url.Values) (q roster.Request, err error) {
	tier, err := segmentOf(r, r.PathValue("file"))
	return roster.Request{
		Service: s.Service, Dataset: r.set, Snapshot: r.snap, Tier: tier, Values: v, By: r.by(), Language: r.l, Readings: r.numerals().Readings,
		Address: func(v url.Values) string {
			v.Set("data", r.set.ID)
			return "/segments/" + url.PathEscape(tier) + "?" + v.Encode()
		},
	}, err
}

// segmentOf returns the tier of a name in an address.
func segmentOf(r *request, name string) (string, error) {
	tier, err := findTier(r.snap, name)
	if err == nil && tier == "" {
		err = errNotFound
	}
	return tier, err
}

// segment shows a tier: what it is, who is in it, what to do.
func (s *Site) segment(r *request) error { return s.showSegment(r, r.URL.Query(), nil) }

// showSegment shows a tier as values choose from it, with what was wrong with a form.
func (s *Site) showSegment(r *request, v url.Values, wrong error) error {
	q, err := s.roster(r, v)
	if err != nil {
		return err
	}
	p := segmentPage{Tier: q.Tier, Done: v.Get("done")}
	if p.View, err = q.Show(r.Context(), wrong); err != nil {
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
		q, err := s.roster(r, r.PostForm)
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

// A segmentAnswer is a tier for programs.
type segmentAnswer struct {
	Tier    string `json:"tier"`
	Name    string `json:"name"`
	Actions string `json:"actions"`
	Version int    `json:"model_version"`
	Profile any    `json:"profile"`
}

func (s *Site) apiSegment(r *request) (a segmentAnswer, err error) {
	if a.Tier, err = segmentOf(r, r.PathValue("tier")); err != nil {
		return a, err
	}
	g := s.Segment(r.set, r.snap, a.Tier)
	a.Name, a.Actions, a.Version = g.Name, g.Actions, r.snap.Version
	group, _ := r.snap.Profile.Group(a.Tier)
	a.Profile, err = r.english().WithSentences(group)
	return a, err
}
