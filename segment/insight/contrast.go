package insight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/customer-personality/segmentation/segment"
)

// ContrastOptions are how groups are contrasted. The zero value works.
type ContrastOptions struct {
	// Columns are those in which, in the order in which those alike are told, by names as
	// tables take them; default all of the profile.
	Columns []string
	// MinEffect is the effect size from which on groups differ in a column; default 0.5,
	// which Cohen calls medium, visible to the naked eye of a careful observer (1988,
	// Statistical Power Analysis for the Behavioral Sciences, p. 26).
	MinEffect float64
}

// A Contrast is how one group of a profile differs from another.
type Contrast struct {
	Name string `json:"name"` // of the group
	From string `json:"from"` // the name of the other
	// Differences are the columns in which they differ, the strongest effect first.
	Differences []Difference `json:"differences"`
	// Alike are those in which they hardly do, in the order of the columns.
	Alike []Difference `json:"alike"`
}

// A Difference is that of two groups in a column.
type Difference struct {
	Column string        `json:"column"`
	Kind   StatementKind `json:"kind"`
	// Level is the value that shares are of, and Categorical and Signed are set, as in
	// a Statement.
	Level       string `json:"level,omitempty"`
	Categorical bool   `json:"categorical,omitempty"`
	Signed      bool   `json:"signed,omitempty"`
	// Value and From are the means or shares of the two groups.
	Value float64 `json:"value"`
	From  float64 `json:"from"`
	// Effect is the effect size, above 0 where the first group has more: of means the
	// standardised difference (x̄₁−x̄₂)/√((s₁²+s₂²)/2), s² being the variances of the
	// groups (Austin 2009, https://doi.org/10.1002/sim.3697), of shares Cohen's h as in
	// a Statement; of a category that of the value with the greatest. ±Inf for means that
	// differ in columns that are constant in both groups.
	Effect float64 `json:"effect"`
}

// Contrast returns how the group of one name differs from that of another, see
// [Profile.Group]. They differ in a column where the effect is at least MinEffect and
// two standard errors √(1/n₁+1/n₂) of it. They are alike where it is below MinEffect,
// unless two standard errors are more than that: of so few customers that cannot be
// told. Columns without a value in one of the groups are in neither list. Errors: ErrOption for a group or column that there is not, or
// a MinEffect below 0.
func (p *Profile) Contrast(name, from string, o ContrastOptions) (Contrast, error) {
	out := Contrast{Name: name, From: from, Differences: []Difference{}, Alike: []Difference{}}
	p = cmp.Or(p, &Profile{})
	a, ok := p.Group(name)
	b, found := p.Group(from)
	switch {
	case !ok:
		return out, fmt.Errorf("%w: there is no group %q", segment.ErrOption, name)
	case !found:
		return out, fmt.Errorf("%w: there is no group %q", segment.ErrOption, from)
	case !(o.MinEffect >= 0):
		return out, fmt.Errorf("%w: MinEffect is %v; it must be above 0 (0 stands for 0.5)", segment.ErrOption, o.MinEffect)
	}
	o.MinEffect = cmp.Or(o.MinEffect, 0.5)
	all := p.differences(a, b)
	if o.Columns == nil {
		for _, d := range all {
			o.Columns = append(o.Columns, d.Column)
		}
	}
	error2 := 2 * math.Sqrt(1/float64(a.Count)+1/float64(b.Count))
	for _, column := range o.Columns {
		i := slices.IndexFunc(all, func(d Difference) bool { return key(d.Column) == key(column) })
		if i < 0 {
			return out, fmt.Errorf("%w: the profile has no column %q", segment.ErrOption, column)
		}
		switch e := math.Abs(all[i].Effect); {
		case e < o.MinEffect && error2 <= o.MinEffect:
			out.Alike = append(out.Alike, all[i])
		case e >= max(o.MinEffect, error2):
			out.Differences = append(out.Differences, all[i])
		}
	}
	slices.SortStableFunc(out.Differences, func(a, b Difference) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	return out, nil
}

// TierContrasts returns how a tier of a model differs from the next more and the next
// less valuable one or, for an empty name, how each tier differs from the next more
// valuable one; by default in the columns of the model, those that tiers are valued by
// first. Tiers without customers are passed over. The profile is one of tiers. Errors are
// ErrNotModel and those of [Profile.Contrast].
func TierContrasts(p *Profile, m *segment.Model, tier string, o ContrastOptions) ([]Contrast, error) {
	if err := trained(m); err != nil {
		return nil, err
	}
	if value := m.Value(); o.Columns == nil {
		rest := slices.DeleteFunc(m.Columns(), func(name string) bool { return slices.Contains(value, name) })
		o.Columns = slices.Concat(value, rest)
	}
	tiers := slices.DeleteFunc(m.TierNames(), func(name string) bool {
		g, ok := p.Group(name)
		return ok && g.Count == 0
	})
	var out []Contrast
	for i := 1; i < len(tiers); i++ {
		name, from := tiers[i], tiers[i-1]
		if from == tier {
			name, from = from, name
		} else if tier != "" && name != tier {
			continue
		}
		c, err := p.Contrast(name, from, o)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// differences returns those of two groups in all columns; of one without values the
// effect is NaN.
func (p *Profile) differences(a, b Group) (out []Difference) {
	for j, all := range p.Overall.Numeric {
		s, t := a.Numeric[j], b.Numeric[j]
		d := Difference{Column: s.Column, Kind: KindMean, Value: s.Mean, From: t.Mean, Signed: all.Min < 0}
		switch {
		case all.binary():
			d.Kind, d.Level, d.Effect = KindShare, ">0", cohenH(s.Mean, t.Mean)
		case s.Mean != t.Mean: // of which each may be alone of its value
			d.Effect = (s.Mean - t.Mean) / math.Sqrt((variance(s)+variance(t))/2)
		}
		out = append(out, d)
	}
	for j, c := range a.Categories {
		d := Difference{Column: c.Column, Kind: KindShare, Categorical: true, Effect: math.NaN()}
		for v, l := range c.Levels {
			other := b.Categories[j].Levels[v].Share
			if h := cohenH(l.Share, other); c.Count > 0 && b.Categories[j].Count > 0 && !(math.Abs(h) <= math.Abs(d.Effect)) {
				d.Level, d.Value, d.From, d.Effect = l.Value, l.Share, other, h
			}
		}
		out = append(out, d)
	}
	return out
}

// key returns a name without what tables look past: case, blanks and signs.
func key(column string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, column)
}

// binary reports whether all values are 0 or 1, and both occur: their variance is then
// that of a share.
func (s NumericSummary) binary() bool {
	share := float64(s.Count) / float64(s.Count-1) * s.Mean * (1 - s.Mean)
	return s.Min == 0 && s.Max == 1 && math.Abs(float64(s.SD*s.SD)/share-1) < 1e-9
}

// variance returns that of a group, 0 for one value alone.
func variance(s NumericSummary) float64 {
	if s.Count == 1 {
		return 0
	}
	return float64(s.SD * s.SD)
}
