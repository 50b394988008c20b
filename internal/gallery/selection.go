package gallery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
)

// Selection is whom the charts are of, beside everybody: all tiers where it is empty.
type Selection struct {
	Tier  string
	Where ask.Where
}

// Errors of [Select].
var (
	ErrTier  = errors.New("there is no such tier")
	ErrWhere = errors.New("the customers cannot be filtered so")
)

// mostConditions bounds the conditions of a selection.
const mostConditions = 20

// Select returns the selection of the values of an address: tier, and any number of
// where, see [ask.ReadWhere]. Errors: ErrTier, ErrWhere for what is malformed, has more
// than 20 conditions or names columns and words that there are not, and that of ctx.
func Select(ctx context.Context, w *snapshot.Snapshot, v url.Values) (s Selection, err error) {
	tier, ok := w.FindTier(v.Get("tier"))
	if !ok {
		return s, fmt.Errorf("%w as %q", ErrTier, v.Get("tier"))
	}
	s.Tier = tier
	if s.Where, err = ask.ReadWhere(v["where"]...); err != nil {
		return s, fmt.Errorf("%w: %w", ErrWhere, err)
	}
	n := 0
	for _, c := range s.Where {
		n += len(c)
	}
	if n > mostConditions {
		return s, fmt.Errorf("%w: by %d conditions, more than %d", ErrWhere, n, mostConditions)
	}
	_, err = w.Rows(ctx, s.Where)
	if column := new(features.ColumnError); errors.Is(err, segment.ErrOption) || errors.As(err, &column) {
		err = fmt.Errorf("%w: %w", ErrWhere, err)
	}
	return s, err
}

// Values returns the selection as the values that [Select] reads.
func (s Selection) Values() url.Values {
	v := url.Values{"tier": {"all"}}
	if s.Tier != "" {
		v.Set("tier", s.Tier)
	}
	for _, c := range s.Where {
		v.Add("where", ask.Where{c}.String())
	}
	return v
}

// Among returns the selection as one condition.
func (s Selection) Among() ask.Where {
	if s.Tier == "" {
		return s.Where
	}
	return slices.Concat(ask.Where{{{Column: "tier", Op: features.Is, Words: []string{s.Tier}}}}, s.Where)
}

// FileName ends the name of a file of the selection: "-gold-married".
func (s Selection) FileName() string {
	var words []string
	for _, c := range s.Among() {
		for _, f := range c {
			words = append(words, cmp.Or(strings.Join(f.Words, "-"), f.Column))
		}
	}
	name := ""
	for _, word := range words {
		name += "-" + strings.ToLower(strings.Map(fileNameRune, word))
	}
	return name[:min(len(name), 80)]
}

// fileNameRune keeps what may stand in the name of a file.
func fileNameRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}
