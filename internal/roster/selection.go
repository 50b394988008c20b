// Package roster lists the customers of a tier who fit conditions.
package roster

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// An Error says that customers cannot be chosen as it is described.
type Error struct {
	Field string // by its name in an address
	Key   string // of the text that says why
	Args  []any  // of that text
}

// Error returns the field and the key of the text.
func (e *Error) Error() string { return "roster: " + e.Field + ": " + e.Key }

func wrong(field, key string, args ...any) error { return &Error{Field: field, Key: key, Args: args} }

// Bounds of what is chosen by.
const (
	MostSearch     = 200 // bytes
	mostConditions = 20
	mostWords      = 12 // that a message lists
	mostPage       = 1e6
)

// A Selection is the customers of a tier who fit, in an order.
type Selection struct {
	Tier   string
	Where  ask.Where // beside the tier
	Search string    // words, each of which is in the id or in a column of words
	Sort   string    // a column; empty for the order of the customers
	Down   bool      // the greatest first
	All    bool      // whether all columns are shown
	Page   int       // from 1 on
}

// comparisons are those that a condition of the form may have.
var comparisons = []features.Op{features.Is, features.Not, features.AtLeast, features.AtMost, features.Over, features.Under, ask.Known, ask.Missing}

// Read reads a selection from an address, with the condition that its form adds: where,
// q, sort, down, all and page; column, op and value. Readings are the numbers that a text may
// stand for where the reader lives. Errors are [*Error].
func Read(w *snapshot.Snapshot, tier string, v url.Values, readings func(string) []float64) (Selection, error) {
	s := Selection{Tier: tier, Search: web.CleanText(v.Get("q"), MostSearch), Sort: v.Get("sort"), Down: v.Get("down") != "", All: v.Get("all") != "", Page: 1}
	if text := v.Get("page"); text != "" {
		page, err := strconv.Atoi(text)
		if err != nil || page < 1 || page > mostPage {
			return s, wrong("page", "segment.page.wrong")
		}
		s.Page = page
	}
	q, err := ask.ReadQuery(url.Values{"kind": {string(ask.Names)}, "where": v["where"]})
	if err != nil || len(q.Where) > mostConditions {
		return s, wrong("where", "segment.where.wrong", mostConditions)
	}
	s.Where = q.Where
	if s.Sort != "" && !slices.Contains(w.Customers.Table.ColumnNames(), s.Sort) && s.Sort != idColumn && s.Sort != "cluster" {
		return s, wrong("sort", "segment.sort.wrong", s.Sort)
	}
	if v.Get("column") == "" {
		return s, nil
	}
	c, err := condition(w, v, readings)
	if err == nil && len(s.Where) == mostConditions {
		err = wrong("column", "segment.where.wrong", mostConditions)
	}
	if err == nil {
		s.Where = append(slices.Clone(s.Where), ask.Clause{c})
	}
	return s, err
}

// condition reads the condition of the form.
func condition(w *snapshot.Snapshot, v url.Values, readings func(string) []float64) (c features.Condition, err error) {
	c.Column, c.Op = v.Get("column"), features.Op(v.Get("op"))
	s := w.Set.Series(c.Column)
	if s.IsZero() {
		return c, wrong("column", "segment.column.wrong", c.Column)
	}
	text := web.CleanText(v.Get("value"), MostSearch)
	switch {
	case !slices.Contains(comparisons, c.Op):
		return c, wrong("op", "segment.op.wrong")
	case c.Op == ask.Known || c.Op == ask.Missing:
		return c, nil
	case text == "":
		return c, wrong("value", "segment.value.none")
	case !s.Kind().Numeric() && c.Op != features.Is && c.Op != features.Not:
		return c, wrong("op", "segment.op.words")
	case !s.Kind().Numeric():
		levels := s.Levels()
		i := slices.IndexFunc(levels, func(level string) bool { return strings.EqualFold(level, text) })
		if i < 0 {
			more := ""
			if len(levels) > mostWords {
				levels, more = levels[:mostWords], ", …"
			}
			return c, wrong("value", "segment.value.word", text, strings.Join(levels, ", ")+more)
		}
		c.Words = []string{levels[i]}
		return c, nil
	}
	numbers := readings(text)
	switch len(numbers) {
	case 1:
		c.A = numbers[0]
		return c, nil
	case 0:
		return c, wrong("value", "segment.value.number", text)
	}
	return c, wrong("value", "segment.value.either", text)
}

// Values returns the selection as the values of an address, which [Read] reads; the
// page is the first one.
func (s Selection) Values() url.Values {
	v := url.Values{}
	for key, value := range map[string]string{"where": s.Where.String(), "q": s.Search, "sort": s.Sort} {
		if value != "" {
			v.Set(key, value)
		}
	}
	for key, set := range map[string]bool{"down": s.Down, "all": s.All} {
		if set {
			v.Set(key, "yes")
		}
	}
	return v
}

// whole is the selection as conditions, with that of the tier.
func (s Selection) whole() ask.Where {
	return append(ask.Where{{{Column: "tier", Op: features.Is, Words: []string{s.Tier}}}}, s.Where...)
}

// Rows returns the rows of the customers who fit, in the order of the selection. Errors
// are [*Error] for conditions that the customers cannot have, and that of ctx.
func (s Selection) Rows(ctx context.Context, w *snapshot.Snapshot) ([]int, error) {
	rows, err := w.Rows(ctx, s.whole())
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, errors.Join(wrong("where", "segment.where.wrong", mostConditions), err)
	}
	if rows, err = search(ctx, w, rows, s.Search); err != nil {
		return nil, err
	}
	return rows, s.sort(ctx, w, rows)
}

// Said is the conditions and the search as one phrase; empty where there are none.
func (s Selection) Said(w *snapshot.Snapshot, l *narrate.Language) string {
	var out []string
	for _, chip := range s.Chips(w, l, func(url.Values) string { return "" }) {
		out = append(out, chip.Label)
	}
	if s.Search != "" {
		out = append(out, l.T("segment.searched", s.Search))
	}
	return strings.Join(out, "; ")
}

// A Chip is a condition in words, with the address without it.
type Chip struct{ Label, Without string }

// Chips are the conditions beside the tier, at an address.
func (s Selection) Chips(w *snapshot.Snapshot, l *narrate.Language, address func(url.Values) string) (out []Chip) {
	// The clauses are told one by one, so that a condition that is there twice can be
	// taken away once.
	for i, c := range s.Where {
		without := s
		without.Where = slices.Delete(slices.Clone(s.Where), i, i+1)
		label := (ask.Where{c}).String()
		if chips := w.Chips(ask.Query{Intent: ask.Describe, Where: ask.Where{c}}, l).Among; len(chips) == 1 {
			label = chips[0].Label
		}
		out = append(out, Chip{Label: label, Without: address(without.Values())})
	}
	return out
}
