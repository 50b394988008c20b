package roster

import (
	"context"
	"errors"
	"net/url"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/campaign"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A Request is about a tier of a dataset.
type Request struct {
	Service  *service.Service
	Dataset  *service.Dataset
	Snapshot *snapshot.Snapshot
	Tier     string
	Values   url.Values // of an address or a form
	By       string
	Language *narrate.Language
	// Readings are the numbers that a text may stand for where the reader lives, and
	// Address is that of the tier with further values.
	Readings func(text string) []float64
	Address  func(url.Values) string
}

// A View is what there is to show of a tier.
type View struct {
	Tier      string
	Selection Selection
	List      List
	Segment   service.Segment
	Group     insight.Group
	Figures   []Figure
	History   []service.AuditEntry
	Lists     []PastList
	Chips     []Chip
	Sorts     []Choice
	Columns   []Choice // that a condition may be on
	Draft     Draft
	Extra     []Choice   // columns that a campaign list may have
	Effect    *Effect    // of the draft; nil where it is not asked for
	Values    url.Values // of the request
	Done      string     // by a form before, see [Request.Act]
	// Wrong says what was wrong with a field, empty for nothing.
	Field, Wrong string
	// Canonical is the address without the form of a condition, which is in it as the
	// others are; empty where there was none.
	Canonical string
}

// Brings reports whether it is known what the tier brings.
func (p View) Brings() bool { return p.Group.RevenueShare == p.Group.RevenueShare }

// MostActions bounds the actions, in characters.
func (View) MostActions() int { return service.MostActions }

// Comparisons are those that a condition may have.
func (View) Comparisons() []features.Op { return comparisons }

// ListFields are the fields of the forms that choose customers.
func (View) ListFields() []string { return []string{"column", "op", "value", "where", "sort", "page"} }

// A PastList is a campaign list with the conditions on its customers in words.
type PastList struct {
	service.CampaignList
	Among string // empty for the whole tier
}

// Left is how many customers it still has.
func (c PastList) Left() int {
	campaign, holdout := c.Here()
	return campaign + holdout
}

// Show returns what there is to show of a tier, with what was wrong with a form, nil for
// nothing. An [*Error] is told in the View; others are returned.
func (q Request) Show(ctx context.Context, wrong error) (p View, err error) {
	w, l := q.Snapshot, q.Language
	p = View{Tier: q.Tier, Done: q.Values.Get("done"), Draft: ReadDraft(w, q.Values), Segment: q.Service.Segment(q.Dataset, w, q.Tier), Figures: Figures(w, q.Tier), Values: q.Values}
	p.Group, _ = w.Profile.Group(q.Tier)
	if p.Segment.Actions == service.NoteGone {
		p.Segment.Actions = l.T(service.NoteGone)
	}
	if wrong != nil && q.Values.Has("actions") {
		p.Segment.Name, p.Segment.Actions = q.Values.Get("name"), q.Values.Get("actions")
	}
	p.Selection, err = Read(w, q.Tier, q.Values, q.Readings)
	if err == nil && wrong == nil && q.Values.Get("column") != "" {
		p.Canonical = q.Address(p.Selection.Values())
	}
	wrong = errors.Join(wrong, err)
	rows, err := p.Selection.Rows(ctx, w)
	if err == nil && p.Draft.Asked && wrong == nil {
		p.Effect, err = q.effect(ctx, p.Draft, rows)
	}
	if wrong = errors.Join(wrong, err); wrong != nil {
		told, ok := errors.AsType[*Error](wrong)
		if !ok {
			return p, wrong
		}
		p.Field, p.Wrong = told.Field, l.T(told.Key, told.Args...)
	}
	p.List = p.Selection.List(w, l, rows, q.Address)
	p.Chips, p.Sorts = p.Selection.Chips(w, l, q.Address), p.Selection.Sortable(w, l)
	p.Columns, p.Extra = Filterable(w, l, q.Values.Get("column")), p.Draft.Choices(w, l)
	if p.History, err = q.Service.Records.SegmentHistory(ctx, q.Dataset, q.Tier); err != nil {
		return p, err
	}
	lists, err := q.Service.Records.Lists(ctx, q.Dataset, q.Tier)
	for _, c := range lists {
		p.Lists = append(p.Lists, PastList{c, q.among(c)})
	}
	return p, err
}

// among says by what the customers of a list were chosen; empty for the whole tier.
func (q Request) among(c service.CampaignList) string {
	if c.Chosen == service.ChosenGone {
		return q.Language.T(service.NoteGone)
	}
	v, err := url.ParseQuery(c.Chosen)
	if err != nil {
		return c.Chosen
	}
	s, err := Read(q.Snapshot, c.Tier, v, q.Readings)
	if err != nil { // of columns that are no more there
		return v.Get("where")
	}
	return s.Said(q.Snapshot, q.Language)
}

// effect returns what a draft comes to.
func (q Request) effect(ctx context.Context, d Draft, rows []int) (*Effect, error) {
	o, err := d.Options(q.Readings)
	if err != nil {
		return nil, err
	}
	sample, err := service.ListRequest{Rows: rows, Options: o}.Sample(ctx, q.Snapshot)
	if err != nil {
		return nil, d.refused(err, len(rows))
	}
	e, err := d.EffectOf(sample, q.Readings)
	return &e, err
}

// Act does what a form of the tier asks for, and returns what was done: written, drawn or
// dropped. An [*Error] says what is wrong with a field. Nobody may be forgotten meanwhile, see
// [service.Service.Hold].
func (q Request) Act(ctx context.Context) (done string, err error) {
	switch {
	case q.Values.Has("draw"):
		return "drawn", q.draw(ctx)
	case q.Values.Has("drop"):
		return "dropped", q.Service.DropList(ctx, q.Values.Get("drop"), q.Dataset, q.By)
	}
	err = q.Service.WriteSegment(ctx, q.Dataset, q.Snapshot, q.Tier, q.Values.Get("name"), q.Values.Get("actions"), q.By)
	switch {
	case errors.Is(err, service.ErrLongName):
		err = wrong("name", "segment.name.long", service.MaxTitle)
	case errors.Is(err, service.ErrTakenName):
		err = wrong("name", "segment.name.taken", q.Values.Get("name"))
	case errors.Is(err, service.ErrLongActions):
		err = wrong("actions", "segment.actions.long", service.MostActions)
	}
	return "written", err
}

// draw makes a campaign list of the customers who fit.
func (q Request) draw(ctx context.Context) error {
	s, err := Read(q.Snapshot, q.Tier, q.Values, q.Readings)
	if err != nil {
		return err
	}
	rows, err := s.Rows(ctx, q.Snapshot)
	if err != nil {
		return err
	}
	d := ReadDraft(q.Snapshot, q.Values)
	o, err := d.Options(q.Readings)
	if err != nil {
		return err
	}
	_, err = q.Service.MakeList(ctx, q.Snapshot, service.ListRequest{
		Dataset: q.Dataset, Tier: q.Tier, Chosen: s.Values().Encode(), Said: s.Said(q.Snapshot, q.Language), Rows: rows, Options: o, Columns: d.Columns, By: q.By,
	})
	return d.refused(err, len(rows))
}

// refused returns the [*Error] of one of making a list of n customers; other errors as they
// are.
func (d Draft) refused(err error, n int) error {
	switch {
	case errors.Is(err, campaign.ErrSize):
		return wrong("size", "segment.size.few", d.Size, n)
	case errors.Is(err, campaign.ErrHoldout):
		return wrong("holdout", "segment.holdout.nobody", d.Holdout)
	case errors.Is(err, campaign.ErrEmpty):
		return wrong("size", "segment.size.nobody")
	case errors.Is(err, service.ErrManyLists):
		return wrong("size", "segment.lists.many", service.MaxLists)
	}
	return err
}
