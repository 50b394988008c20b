package ask

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
)

// A bundle is several columns that are shown together.
type bundle struct {
	name    string
	columns []string
}

var bundles = []bundle{
	{"products", []string{"mnt_wines", "mnt_meat_products", "mnt_gold_prods", "mnt_fish_products", "mnt_sweet_products", "mnt_fruits"}},
	{"channels", []string{"num_store_purchases", "num_web_purchases", "num_catalog_purchases", "num_deals_purchases"}},
	{"campaigns", []string{"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response"}},
}

func bundleOf(name string) bundle {
	return bundles[slices.IndexFunc(bundles, func(b bundle) bool { return b.name == name })]
}

func (s session) columnGroup(q Query) (Answer, error) {
	b := bundleOf(q.ColumnGroup)
	how := data.Mean
	percent := b.name == "campaigns"
	if q.AggregateNamed && !percent && q.Aggregate != data.Count && q.Aggregate != data.Share {
		how = q.Aggregate
	}
	parts, err := s.parts(q)
	if err != nil {
		return Answer{}, err
	}
	if len(parts) == 0 {
		return s.text("ask.nobody")
	}
	labels := Short(s.l, b.columns)
	what := s.l.T("measure." + b.name)
	if !percent {
		what = s.l.T("how."+string(how), what)
	}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("bundle." + b.name)), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis." + b.name)}, Y: chart.Axis{Label: what, Percent: percent}, Categories: labels}
	grouped := len(q.By) > 0 || len(q.Tiers) > 1
	beside := !grouped && len(q.Filters)+len(q.Tiers) > 0
	if beside {
		all, err := s.Set.Rows()
		if err != nil {
			return Answer{}, err
		}
		parts = append(parts, part{s.l.T("word.everybody"), chart.Everybody, all})
	}
	for _, p := range parts {
		var v []float64
		for _, name := range b.columns {
			x, err := s.Set.Aggregate(how, name, p.rows)
			if err != nil {
				return Answer{}, err
			}
			v = append(v, thousandth(x))
		}
		c.Series = append(c.Series, chart.Series{Name: p.name, Color: p.color, Values: chart.Numbers(v)})
	}
	// greatest are the columns of a part with their figures, the greatest first.
	greatest := func(v []chart.Number, most int) string {
		order := make([]int, len(v))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(v[y], v[x]) })
		var out []string
		for _, i := range order[:min(most, len(order))] {
			out = append(out, s.l.T("list.pair", labels[i], s.number(b.columns[i], how, float64(v[i]))))
		}
		return s.l.And(out)
	}
	v := c.Series[0].Values
	key := "ask.bundle"
	if percent {
		key = "ask.bundle.campaigns"
	}
	out := Answer{Text: []string{s.l.Capital(s.l.T(key, what, parts[0].name, greatest(v, len(v))))}, Chart: c}
	switch {
	case grouped:
		var lines []string
		for _, one := range c.Series {
			lines = append(lines, s.l.T("ask.bundle.group", one.Name, greatest(one.Values, 3)))
		}
		out.Text[0] = s.l.T("ask.bundle.grouped", s.l.Capital(what), strings.Join(lines, " "))
	case beside:
		best, ratio := -1, 1.0
		for i := range v {
			a, e := float64(v[i]), float64(c.Series[1].Values[i])
			if a > 0 && e > 0 && math.Abs(math.Log(a/e)) > math.Abs(math.Log(ratio)) {
				best, ratio = i, a/e
			}
		}
		if best >= 0 {
			out.Text = append(out.Text, s.l.T("ask.bundle.apart", labels[best], Ratio(s.l, ratio)))
		}
	}
	return out, nil
}
