package ask

import (
	"net/url"
	"strings"
	"testing"
)

// The chips of a share: what it is of, the conditions of the part and those of the
// whole apart; each choice and each query without a condition can be answered.
func TestChipsOfShare(t *testing.T) {
	a, l := sample(t), english
	labels := func(chips []Chip) string {
		var out []string
		for _, c := range chips {
			out = append(out, c.Label)
		}
		return strings.Join(out, ", ")
	}
	for _, test := range []struct{ question, of, part, whole string }{
		{"What percentage of married Gold customers have children?", "customers", "customers with children at home", "customers with marital status Married, Gold customers"},
		{"What percentage of customers are Gold?", "customers", "Gold customers", ""},
		{"What share of revenue comes from Platinum?", "total spending", "Platinum customers", ""},
		{"What share of spending is wine in Gold?", "wine spending in the total spending", "", "Gold customers"},
		{"Share of PhDs by tier", "customers", "customers with education PhD", ""},
	} {
		q, err := a.Parse(test.question, l, Query{})
		if err != nil || q.Intent != Share {
			t.Errorf("%s: %v, %v", test.question, text(q), err)
			continue
		}
		chips, chosen := a.Chips(q, l), ""
		if len(chips.Fields) == 0 || chips.Fields[0].Name != "part" || !chips.Parted {
			t.Fatalf("%s: there is nothing to choose what it is of: %+v", test.question, chips)
		}
		for _, c := range chips.Fields[0].Choices {
			if c.Chosen {
				chosen += c.Label
			}
			v := url.Values{}
			for name, values := range chips.Kept {
				v[name] = values
			}
			for _, f := range chips.Fields[1:] {
				for _, c := range f.Choices {
					if c.Chosen {
						v.Set(f.Name, c.Value)
					}
				}
			}
			v.Set("part", c.Value)
			other, err := ReadQuery(v)
			if err == nil {
				_, err = a.Answer(ctx, other, l, Options{})
			}
			if err != nil {
				t.Errorf("%s of %s: %v", test.question, c.Label, err)
			}
			if c.Chosen && other.Values().Encode() != q.Values().Encode() {
				t.Errorf("%s: asked again it is %s, want %s", test.question, text(other), text(q))
			}
		}
		if part, whole := labels(chips.Among), labels(chips.Whole); chosen != test.of || part != test.part || whole != test.whole {
			t.Errorf("%s: %q of %q in %q; want %q, %q, %q", test.question, chosen, part, whole, test.of, test.part, test.whole)
		}
		for _, c := range append(chips.Among, chips.Whole...) {
			if c.Without.IsZero() {
				continue
			}
			if _, err := a.Answer(ctx, c.Without, l, Options{}); err != nil || len(c.Without.Where) >= len(q.Where) {
				t.Errorf("%s without %s: %v, %v", test.question, c.Label, text(c.Without), err)
			}
		}
	}
}
