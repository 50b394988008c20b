// Package gallery makes the charts of the analysis page: what a model found in
// its customers.
package gallery

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// An Item is one chart of the page.
type Item struct {
	*chart.Chart
	// Drawn is the picture for a page, as an svg element.
	Drawn string
}

// Names are the names of the charts, in order.
var Names = []string{
	"sizes", "profile", "income", "spent", "age", "tenure", "children", "products", "spending-by-age", "spending-by-marital-status",
	"age-groups", "channels", "family", "campaigns", "income-spending", "elbow", "silhouette",
}

// maker makes the charts for one choice of tier.
type maker struct {
	w      *snapshot.Snapshot
	tier   string // empty for all
	l      *narrate.Language
	all    []int
	groups []ask.Group // one for each tier, or the tier and everybody
}

// Make makes all charts in a language, for one tier beside everybody, or for all
// tiers.
func Make(ctx context.Context, w *snapshot.Snapshot, tier string, l *narrate.Language) ([]Item, error) {
	m := maker{w: w, tier: tier, l: l}
	var err error
	if m.all, err = w.Set.Where(); err != nil {
		return nil, err
	}
	rows := map[string][]int{}
	for _, i := range m.all {
		rows[w.TierAt(i)] = append(rows[w.TierAt(i)], i)
	}
	for _, t := range w.Tiers {
		if tier == "" || t == tier {
			m.groups = append(m.groups, ask.Group{Name: t, Color: w.TierColor(t), Rows: rows[t]})
		}
	}
	if tier != "" {
		m.groups = append(m.groups, ask.Group{Name: l.T("word.everybody"), Color: chart.Overall, Rows: m.all})
	}
	var out []Item
	for _, name := range Names {
		c, err := m.chart(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("the chart %s: %w", name, err)
		}
		c.Name = name
		if m.tier != "" && len(m.groups[0].Rows) == 0 {
			c.Reading = l.T("gallery.nobody")
		}
		c = c.In(l)
		out = append(out, Item{Chart: c, Drawn: c.SVG()})
	}
	return out, nil
}

func (m maker) chart(ctx context.Context, name string) (*chart.Chart, error) {
	switch name {
	case "sizes":
		return m.sizes(), nil
	case "profile":
		return m.profile(), nil
	case "products", "channels", "campaigns":
		return m.means(name)
	case "spending-by-age":
		return m.by("age_group")
	case "spending-by-marital-status":
		return m.by("marital_status")
	case "age-groups":
		return m.ages(), nil
	case "family":
		return m.family(), nil
	case "income-spending":
		return m.against(), nil
	case "elbow":
		return m.elbow(), nil
	case "silhouette":
		return m.silhouette(ctx)
	}
	return m.spread(name)
}

func (m maker) percent(v float64) string {
	if v < 0.0995 {
		return m.l.Percent(v, 1)
	}
	return m.l.Percent(v, 0)
}

func (m maker) number(v float64) string {
	switch {
	case math.Abs(v) >= 10 || v == math.Trunc(v):
		return m.l.Number(v, 0)
	case math.Abs(v) < 1:
		return m.l.Number(v, 2)
	}
	return m.l.Number(v, 1)
}

// about are the rows that a reading is about, of the tier or all, and their
// name.
func (m maker) about() (string, []int) {
	if m.tier == "" {
		return m.l.T("who.all"), m.all
	}
	return m.l.T("who.tiers", m.tier), m.groups[0].Rows
}

func (m maker) sizes() *chart.Chart {
	c := &chart.Chart{
		Title: m.l.T("gallery.sizes"), Kind: chart.Shares, X: chart.Axis{Label: m.l.Noun("tier")}, Y: chart.Axis{Label: m.l.T("axis.share"), Percent: true},
		Words: []string{m.l.T("who.customers"), m.l.Noun("spent"), m.l.T("gallery.sizes.mean")},
	}
	var share, revenue []float64
	best := insight.Group{}
	for _, g := range m.w.Profile.Tiers {
		if m.tier == g.Name || m.tier == "" && best.Name == "" {
			best = g
		}
		c.Categories, c.Colors = append(c.Categories, g.Name), append(c.Colors, m.w.TierColor(g.Name))
		share, revenue = append(share, g.Share), append(revenue, g.RevenueShare)
		c.Cells = append(c.Cells, []string{m.l.Number(float64(g.Count), 0), m.l.Number(g.Revenue, 0), m.l.N(g.Revenue / float64(g.Count))})
	}
	c.Reading = m.l.T("gallery.sizes.reading", best.Name, m.percent(best.Share), m.percent(best.RevenueShare))
	c.Series = []chart.Series{{Name: m.l.T("series.customers"), Color: chart.Palette(7), Values: chart.Numbers(share)}, {Name: m.l.T("series.spending"), Color: chart.Palette(0), Values: chart.Numbers(revenue)}}
	return c
}

func (m maker) profile() *chart.Chart {
	c := &chart.Chart{Title: m.l.T("gallery.profile"), Reading: m.l.T("gallery.profile.reading"), Kind: chart.Heat, X: chart.Axis{Label: m.l.T("axis.figure")}, Y: chart.Axis{Label: m.l.T("axis.deviations")}}
	columns := append(slices.Clone(features.TrainingColumns), "num_web_purchases", "num_store_purchases", "num_catalog_purchases", "num_web_visits_month", "recency")
	for _, name := range columns {
		c.Categories = append(c.Categories, m.l.Noun(name))
	}
	c.Cells = make([][]string, len(columns))
	for _, g := range m.w.Profile.Tiers {
		if m.tier != "" && g.Name != m.tier {
			continue
		}
		v := make([]float64, len(columns))
		for j, name := range columns {
			column, _ := g.Column(name)
			v[j] = column.Difference
			c.Cells[j] = append(c.Cells[j], m.number(column.Mean))
		}
		c.Series = append(c.Series, chart.Series{Name: g.Name, Color: m.w.TierColor(g.Name), Values: rounded(v, 100)})
	}
	if m.tier != "" {
		// Bars tell more of one tier than a strip of fields.
		c.Kind, c.Cells, c.Title, c.Reading = chart.Bars, nil, m.l.T("gallery.apart", m.tier), m.l.T("gallery.apart.reading", m.tier)
	}
	return c
}

// spread shows how a column is distributed in each group: curves, and as a
// table the shares of ranges.
func (m maker) spread(column string) (*chart.Chart, error) {
	numbers := m.w.Set.Series(column).Numbers()
	of := func(rows []int) []float64 {
		var v []float64
		for _, i := range rows {
			if numbers[i] == numbers[i] {
				v = append(v, numbers[i])
			}
		}
		return v
	}
	var values [][]float64
	for _, g := range m.groups {
		values = append(values, of(g.Rows))
	}
	c, err := ask.Histogram(m.l, m.w.Set, column, m.groups)
	if err != nil {
		return nil, err
	}
	c.Densities(values)
	whose, which := m.about()
	v := of(which)
	slices.Sort(v)
	at := func(q float64) string {
		text := m.number(num.Quantile(v, q))
		if unit := m.l.Unit(column); unit != "" {
			return m.l.T("number.unit", text, unit)
		}
		return text
	}
	c.Reading = m.l.T("gallery.spread.reading", whose, at(0.5), at(0.25), at(0.75))
	return c, nil
}

// means shows the means of the columns of a bundle for each group.
func (m maker) means(bundle string) (*chart.Chart, error) {
	columns, percent := features.CampaignSubjects().Group(bundle), bundle == "campaigns"
	axis := m.l.T("gallery." + bundle + ".axis")
	c := &chart.Chart{Title: m.l.T("gallery." + bundle), Kind: chart.Table, Y: chart.Axis{Label: axis, Percent: percent}, Categories: ask.Short(m.l, columns), Words: []string{m.l.T("gallery.together")}}
	switch bundle {
	case "campaigns":
		c.Kind, c.Words = chart.Dots, nil
	case "channels":
		c.Words = append(c.Words, m.l.T("axis.share"))
	}
	var values [][]float64
	for _, g := range m.groups {
		v := make([]float64, len(columns))
		for i, column := range columns {
			var err error
			if v[i], err = m.w.Set.Aggregate(features.Mean, column, g.Rows); err != nil {
				return nil, err
			}
		}
		values = append(values, v)
		c.Series = append(c.Series, chart.Series{Name: g.Name, Color: g.Color, Values: rounded(v, 1000)})
	}
	// The reading is of the first tier that has customers.
	whose := slices.IndexFunc(m.groups, func(g ask.Group) bool { return len(g.Rows) > 0 })
	if whose >= 0 {
		best := floats.MaxIdx(values[whose])
		amount := m.number(values[whose][best])
		if percent {
			amount = m.percent(values[whose][best])
		}
		c.Reading = m.l.T("gallery."+bundle+".reading", m.l.T("who.tiers", m.groups[whose].Name), c.Categories[best], amount)
	}
	return c, nil
}

// by shows the mean spending by a column of words.
func (m maker) by(column string) (*chart.Chart, error) {
	spending := m.l.T("how.mean", m.l.Noun("spent"))
	c := &chart.Chart{
		Title: m.l.Capital(m.l.T("ask.q.by", spending, m.l.Noun(column))), Kind: chart.Bar,
		X: chart.Axis{Label: m.l.Noun(column)}, Y: chart.Axis{Label: m.l.T("gallery.products.axis")},
	}
	var filters []features.Condition
	if m.tier != "" {
		filters = []features.Condition{{Column: "tier", Op: features.Is, Words: []string{m.tier}}}
	}
	r, err := m.w.Set.Query(features.Query{How: features.Mean, Measure: "spent", By: []string{column}, Filters: filters})
	if err != nil {
		return nil, err
	}
	var v []float64
	top, bottom := -1, -1
	for k, cell := range r.Cells {
		// A mean of a handful says nothing.
		if cell.Count < 5 {
			continue
		}
		c.Categories = append(c.Categories, r.Levels[0][cell.Keys[0]])
		v = append(v, math.Round(cell.Value*100)/100)
		if top < 0 || cell.Value > r.Cells[top].Value {
			top = k
		}
		if bottom < 0 || cell.Value < r.Cells[bottom].Value {
			bottom = k
		}
	}
	if top < 0 {
		c.Categories, v = []string{"–"}, []float64{nan}
	} else {
		name := func(k int) string { return r.Levels[0][r.Cells[k].Keys[0]] }
		c.Reading = m.l.T("gallery.by.reading", name(top), m.number(r.Cells[top].Value), name(bottom), m.number(r.Cells[bottom].Value))
	}
	color := chart.Palette(0)
	name := m.l.Capital(m.l.T("who.all"))
	if m.tier != "" {
		color, name = m.groups[0].Color, m.tier
	}
	c.Series = []chart.Series{{Name: name, Color: color, Values: chart.Numbers(v)}}
	return c, nil
}

var nan = math.NaN()

// ages shows of whom the age groups are made, or beside everybody how old those
// of a tier are.
func (m maker) ages() *chart.Chart {
	column := m.w.Set.Series("age_group")
	c := &chart.Chart{Title: m.l.T("gallery.ages"), Kind: chart.Stack, X: chart.Axis{Label: m.l.Noun("age_group")}, Y: chart.Axis{Label: m.l.T("how.customers")}, Categories: column.Levels()}
	if m.tier != "" {
		c.Kind, c.Y = chart.Bar, chart.Axis{Label: m.l.T("axis.share"), Percent: true}
	}
	counts := func(rows []int) []float64 {
		n := make([]float64, len(column.Levels()))
		for _, i := range rows {
			n[column.Code(i)]++
		}
		return n
	}
	for _, g := range m.groups {
		n := counts(g.Rows)
		if m.tier != "" {
			floats.Scale(1/float64(max(1, len(g.Rows))), n)
		}
		c.Series = append(c.Series, chart.Series{Name: g.Name, Color: g.Color, Values: rounded(n, 1000)})
	}
	whose, which := m.about()
	n := counts(which)
	best := floats.MaxIdx(n)
	c.Reading = m.l.T("gallery.ages.reading", column.Levels()[best], m.percent(n[best]/float64(max(1, len(which)))), whose)
	return c
}

// mostChildren are shown as that many or more.
const mostChildren = 3

// family parts customers by relationship, education and children.
func (m maker) family() *chart.Chart {
	c := &chart.Chart{
		Title: m.l.T("gallery.family"), Kind: chart.Icicle, X: chart.Axis{Label: m.l.T("gallery.family.levels")}, Y: chart.Axis{Label: m.l.T("measure.products")},
		Words: []string{m.l.T("how.mean", m.l.Noun("spent")), m.l.T("who.customers")},
	}
	whose, rows := m.about()
	living, education, children, spent := m.w.Set.Series("living_with"), m.w.Set.Series("education_level"), m.w.Set.Series("children"), m.w.Set.Series("spent").Numbers()
	most := 0
	for _, i := range rows {
		most = max(most, int(children.Number(i)))
	}
	most = min(most, mostChildren)
	total := 0.0
	for _, l := range living.Levels() {
		outer := chart.Node{Name: l}
		for _, e := range education.Levels() {
			middle := chart.Node{Name: e}
			for k := 0; k <= most; k++ {
				sum, n := 0.0, 0.0
				for _, i := range rows {
					if living.Word(i) == l && education.Word(i) == e && min(int(children.Number(i)), most) == k {
						sum += spent[i]
						n++
					}
				}
				if n == 0 {
					continue
				}
				name := m.l.T("figure.none", m.l.Noun("children"))
				switch {
				case k == most && most == mostChildren:
					name = m.l.T("gallery.family.more", m.l.Number(float64(k), 0), m.l.Noun("children"))
				case k > 0:
					name = m.l.T("figure.count", m.l.Number(float64(k), 0), m.l.Count("noun.children", k))
				}
				middle.Add(chart.Node{Name: name, Value: math.Round(sum), Count: n})
			}
			if len(middle.Children) > 0 {
				outer.Add(middle)
			}
		}
		if len(outer.Children) > 0 {
			c.Root = append(c.Root, outer)
			total += outer.Value
		}
	}
	if len(c.Root) == 0 {
		return c
	}
	greatest := func(nodes []chart.Node) chart.Node {
		return slices.MaxFunc(nodes, func(a, b chart.Node) int { return cmp.Compare(a.Value, b.Value) })
	}
	best := greatest(c.Root)
	deep := greatest(best.Children)
	c.Reading = m.l.T("gallery.family.reading", best.Name, deep.Name, m.percent(deep.Value/max(total, 1)), whose)
	return c
}

func (m maker) against() *chart.Chart {
	_, rows := m.about()
	c, r, _ := ask.Against(m.l, m.w.Set, m.w.TierColor, "income", "spent", rows)
	note := c.Reading
	reading := "gallery.income"
	if r < 0.2 {
		reading = "gallery.income.none"
	}
	c.Reading = m.l.T(reading, m.l.Number(r, 2))
	if note != "" {
		c.Reading += " " + note
	}
	return c
}

func (m maker) elbow() *chart.Chart {
	model, e := m.w.Model, plots.ElbowOfModel(m.w.Model)
	c := &chart.Chart{Title: m.l.T("gallery.elbow"), Kind: chart.Line, X: chart.Axis{Label: m.l.T("axis.clusters")}, Y: chart.Axis{Label: m.l.T("axis.inertia")}, Mark: strconv.Itoa(model.K())}
	if len(e.K) == 0 {
		e.K, e.Inertia = []int{model.K()}, []float64{model.Inertia()}
	}
	for _, k := range e.K {
		c.Categories = append(c.Categories, strconv.Itoa(k))
	}
	c.Series = []chart.Series{{Color: chart.Palette(0), Values: rounded(e.Inertia, 10)}}
	c.Reading = m.l.Count("gallery.elbow.none", model.K(), model.K())
	if model.Knee() > 0 {
		c.Reading = m.l.T("gallery.elbow.reading", model.Knee())
	}
	// Below it the curve whose peak is the knee.
	if e.Difference != nil {
		c.Kind, c.Series[0].Name = chart.Lines, c.Y.Label
		c.Series = append(c.Series, chart.Series{Name: m.l.T("gallery.elbow.bend"), Color: chart.Palette(7), Values: rounded(e.Difference, 1000)})
	}
	return c
}

// rounded are values in parts of 1.
func rounded(values []float64, parts float64) []chart.Number {
	out := chart.Numbers(values)
	for i, v := range values {
		out[i] = chart.Number(math.Round(v*parts) / parts)
	}
	return out
}

// mostLines is how many silhouettes are drawn.
const mostLines = 600

func (m maker) silhouette(ctx context.Context) (*chart.Chart, error) {
	c := &chart.Chart{Title: m.l.T("gallery.silhouette"), Kind: chart.Bar, X: chart.Axis{Label: m.l.T("axis.cluster")}, Y: chart.Axis{Label: m.l.T("axis.silhouette")}}
	s, err := plots.SilhouetteOfModel(ctx, m.w.Model, m.w.Customers.Z, m.w.Customers.Labels())
	if err != nil {
		// One cluster alone has no silhouette.
		c.Categories, c.Series = []string{"–"}, []chart.Series{{Values: chart.Numbers([]float64{nan})}}
		return c, ctx.Err()
	}
	curves := make([][]float64, len(s.Groups))
	for i, v := range s.Scores {
		curves[s.Labels[i]] = append(curves[s.Labels[i]], v)
	}
	mean := m.l.Number(stat.Mean(s.Scores, nil), 2)
	c.Kind, c.Words, c.Mark = chart.Silhouette, []string{m.l.T("axis.silhouettes")}, m.l.T("gallery.silhouette.all", mean)
	for i, g := range s.Groups {
		if n := len(curves[i]); n > 0 {
			mean := stat.Mean(curves[i], nil)
			c.Series = append(c.Series, chart.Series{
				Name: g.Name, Color: g.Color, Middle: rounded([]float64{mean}, 1000)[0],
				Note:  m.l.Count("gallery.silhouette.cluster", n, m.l.Number(float64(n), 0), m.l.Number(mean, 2)),
				Curve: chart.Falling(curves[i], (len(s.Scores)+mostLines-1)/mostLines),
			})
		}
	}
	c.Reading = m.l.T("gallery.silhouette.reading", mean)
	return c, nil
}
