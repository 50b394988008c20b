// Package gallery makes the charts of the analysis page: what a model found in
// its customers.
package gallery

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// An Item is one chart of the page.
type Item struct {
	*chart.Chart
	// Figure draws the picture of package plots; nil where there is none.
	Figure func() (*plots.Figure, error)
	// Drawn is the picture for a page, as an svg element.
	Drawn string
}

// Files are the forms in which the chart can be taken along.
func (i Item) Files() []string {
	if i.Figure == nil {
		return []string{"png", "svg", "csv"}
	}
	return []string{"png", "svg", "pdf", "csv"}
}

// Names are the names of the charts, in order.
var Names = []string{
	"sizes", "profile", "income", "spent", "age", "tenure", "children", "products", "spending-by-age", "spending-by-marital-status",
	"age-groups", "channels", "family", "campaigns", "income-spending", "elbow", "silhouette",
}

// groupOf is a set of customers drawn in one colour.
type groupOf struct {
	name  string
	color plots.Color
	rows  []int
}

// maker makes the charts for one choice of tier.
type maker struct {
	w      *snapshot.Snapshot
	tier   string // empty for all
	l      *narrate.Language
	all    []int
	groups []groupOf // one for each tier, or the tier and everybody
}

// Make makes all charts in a language, for one tier beside everybody, or for all
// tiers. The pictures of package plots have English words, so other languages do
// without them.
func Make(ctx context.Context, w *snapshot.Snapshot, tier string, l *narrate.Language) ([]Item, error) {
	m := maker{w: w, tier: tier, l: l}
	var err error
	if m.all, err = w.Set.Rows(); err != nil {
		return nil, err
	}
	rows := map[string][]int{}
	for _, i := range m.all {
		rows[w.Set.Tier(i)] = append(rows[w.Set.Tier(i)], i)
	}
	for _, t := range w.Set.Tiers {
		if tier == "" || t == tier {
			m.groups = append(m.groups, groupOf{t, w.TierColor(t), rows[t]})
		}
	}
	if tier != "" {
		m.groups = append(m.groups, groupOf{l.T("word.everybody"), chart.Everybody, m.all})
	}
	var out []Item
	for _, name := range Names {
		item, err := m.item(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("the chart %s: %w", name, err)
		}
		item.Name = name
		if m.tier != "" && len(m.groups[0].rows) == 0 {
			item.Reading = l.T("gallery.nobody")
		}
		if l.Lang != "en" {
			item.Figure = nil
		}
		if item.Figure != nil {
			if f, err := item.Figure(); err == nil {
				f.Alt = item.Title + ". " + item.Reading
				if svg, err := f.SVG(plots.Style{Theme: plots.Auto, Transparent: true, Bare: true}); err == nil {
					item.Drawn = svg
				}
			}
		}
		if item.Drawn == "" {
			item.Drawn = item.In(l.Decimal()).SVG()
		}
		out = append(out, item)
	}
	return out, nil
}

func (m maker) item(ctx context.Context, name string) (Item, error) {
	switch name {
	case "sizes":
		return m.sizes()
	case "profile":
		return m.profile()
	case "products":
		return m.means("products", func(g []plots.Group, labels []string, v [][]float64) func() (*plots.Figure, error) {
			return plots.Spending{Groups: g, Products: labels, Mean: v}.Figure
		})
	case "channels":
		return m.means("channels", func(g []plots.Group, labels []string, v [][]float64) func() (*plots.Figure, error) {
			return plots.Channels{Groups: g, Channels: labels, Mean: v}.Figure
		})
	case "campaigns":
		return m.means("campaigns", nil)
	case "spending-by-age":
		return m.by("age_group")
	case "spending-by-marital-status":
		return m.by("marital_status")
	case "age-groups":
		return m.ages()
	case "family":
		return m.family()
	case "income-spending":
		return m.against()
	case "elbow":
		return m.elbow()
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
	return m.l.T("who.tiers", m.tier), m.groups[0].rows
}

func (m maker) plotGroups() []plots.Group {
	var out []plots.Group
	for _, g := range m.groups {
		out = append(out, plots.Group{Name: g.name, Color: g.color})
	}
	return out
}

// labels give the group of each row, and the rows of which there is one.
func (m maker) labels() (rows, labels []int) {
	if m.tier != "" {
		for k, g := range m.groups {
			for _, i := range g.rows {
				rows, labels = append(rows, i), append(labels, k)
			}
		}
		return rows, labels
	}
	at := map[string]int{}
	for k, g := range m.groups {
		at[g.name] = k
	}
	for _, i := range m.all {
		rows, labels = append(rows, i), append(labels, at[m.w.Set.Tier(i)])
	}
	return rows, labels
}

func (m maker) sizes() (Item, error) {
	c := &chart.Chart{Title: m.l.T("gallery.sizes"), Kind: chart.Bar, X: chart.Axis{Label: m.l.Noun("tier")}, Y: chart.Axis{Label: m.l.T("axis.share"), Percent: true}}
	var share, revenue, count, total []float64
	var groups []plots.Group
	best := insight.Group{}
	for _, g := range m.w.Profile.Tiers {
		if m.tier == g.Name || m.tier == "" && best.Name == "" {
			best = g
		}
		c.Categories = append(c.Categories, g.Name)
		share, revenue = append(share, g.Share), append(revenue, g.RevenueShare)
		count, total = append(count, float64(g.Count)), append(total, g.Revenue)
		groups = append(groups, plots.Group{Name: g.Name, Color: m.w.TierColor(g.Name)})
	}
	c.Reading = m.l.T("gallery.sizes.reading", best.Name, m.percent(best.Share), m.percent(best.RevenueShare))
	c.Series = []chart.Series{{Name: m.l.T("series.customers"), Color: chart.Palette(7), Values: chart.Numbers(share)}, {Name: m.l.T("series.spending"), Color: chart.Palette(0), Values: chart.Numbers(revenue)}}
	return Item{Chart: c, Figure: plots.Sizes{Groups: groups, Customers: count, Revenue: total}.Figure}, nil
}

func (m maker) profile() (Item, error) {
	c := &chart.Chart{Title: m.l.T("gallery.profile"), Reading: m.l.T("gallery.profile.reading"), Kind: chart.Heat, X: chart.Axis{Label: m.l.T("axis.figure")}, Y: chart.Axis{Label: m.l.T("axis.deviations")}}
	columns := append(slices.Clone(features.TrainingColumns), "num_web_purchases", "num_store_purchases", "num_catalog_purchases", "num_web_visits_month", "recency")
	for _, name := range columns {
		c.Categories = append(c.Categories, m.l.Noun(name))
	}
	var effects [][]float64
	var texts [][]string
	var groups []plots.Group
	for _, g := range m.w.Profile.Tiers {
		if m.tier != "" && g.Name != m.tier {
			continue
		}
		var v []float64
		var t []string
		for _, name := range columns {
			column, _ := g.Column(name)
			v = append(v, math.Round(100*column.Difference)/100)
			t = append(t, m.number(column.Mean))
		}
		effects, texts = append(effects, v), append(texts, t)
		groups = append(groups, plots.Group{Name: g.Name, Color: m.w.TierColor(g.Name)})
		c.Series = append(c.Series, chart.Series{Name: g.Name, Color: m.w.TierColor(g.Name), Values: chart.Numbers(v)})
	}
	if m.tier != "" {
		// Bars tell more of one tier than a strip of fields.
		c.Kind, c.Title, c.Reading = chart.Bars, m.l.T("gallery.apart", m.tier), m.l.T("gallery.apart.reading", m.tier)
	}
	return Item{Chart: c, Figure: plots.HeatMap{Groups: groups, Columns: c.Categories, Effects: effects, Texts: texts}.Figure}, nil
}

func (m maker) spread(column string) (Item, error) {
	rows, names, colors := map[string][]int{}, []string{}, []plots.Color{}
	for _, g := range m.groups {
		rows[g.name], names, colors = g.rows, append(names, g.name), append(colors, g.color)
	}
	c, err := ask.Histogram(m.l, m.w.Set, column, rows, names, colors)
	if err != nil {
		return Item{}, err
	}
	whose, which := m.about()
	numbers := m.w.Set.Column(column).Numbers
	var v []float64
	for _, i := range which {
		if numbers[i] == numbers[i] {
			v = append(v, numbers[i])
		}
	}
	unit := m.l.Unit(column)
	at := func(q float64) string {
		if unit != "" {
			return m.l.T("number.unit", m.number(data.Quantile(v, q)), unit)
		}
		return m.number(data.Quantile(v, q))
	}
	c.Reading = m.l.T("gallery.spread.reading", whose, at(0.5), at(0.25), at(0.75))
	all, labels := m.labels()
	x := mat.NewDense(len(all), 1, nil)
	for k, i := range all {
		x.Set(k, 0, numbers[i])
	}
	return Item{Chart: c, Figure: plots.Distributions{X: x, Columns: []string{m.l.Noun(column)}, Units: []string{unit}, Groups: m.plotGroups(), Labels: labels}.Figure}, nil
}

// means shows the means of the columns of a bundle for each group.
func (m maker) means(bundle string, figure func([]plots.Group, []string, [][]float64) func() (*plots.Figure, error)) (Item, error) {
	columns, percent := features.CampaignSubjects().Group(bundle), bundle == "campaigns"
	axis := m.l.T("gallery." + bundle + ".axis")
	c := &chart.Chart{Title: m.l.T("gallery." + bundle), Kind: chart.Bar, X: chart.Axis{Label: ""}, Y: chart.Axis{Label: axis, Percent: percent}, Categories: ask.Short(m.l, columns)}
	var values [][]float64
	for _, g := range m.groups {
		var v []float64
		for _, column := range columns {
			x, err := m.w.Set.Aggregate(data.Mean, column, g.rows)
			if err != nil {
				return Item{}, err
			}
			v = append(v, math.Round(x*1000)/1000)
		}
		values = append(values, v)
		c.Series = append(c.Series, chart.Series{Name: g.name, Color: g.color, Values: chart.Numbers(v)})
	}
	// The reading is of the first tier that has customers.
	whose := slices.IndexFunc(m.groups, func(g groupOf) bool { return len(g.rows) > 0 })
	if whose >= 0 {
		best := 0
		for i, v := range values[whose] {
			if v > values[whose][best] {
				best = i
			}
		}
		amount := m.number(values[whose][best])
		if percent {
			amount = m.percent(values[whose][best])
		}
		c.Reading = m.l.T("gallery."+bundle+".reading", m.l.T("who.tiers", m.groups[whose].name), c.Categories[best], amount)
	}
	item := Item{Chart: c}
	switch {
	case percent:
		item.Figure = plots.Campaigns{Groups: m.plotGroups(), Campaigns: c.Categories, Rates: values}.Figure
	case figure != nil:
		item.Figure = figure(m.plotGroups(), c.Categories, values)
	}
	return item, nil
}

// by shows the mean spending by a column of words.
func (m maker) by(column string) (Item, error) {
	spending := m.l.T("how.mean", m.l.Noun("spent"))
	c := &chart.Chart{
		Title: m.l.Capital(m.l.T("ask.q.by", spending, m.l.Noun(column))), Kind: chart.Bar,
		X: chart.Axis{Label: m.l.Noun(column)}, Y: chart.Axis{Label: m.l.T("gallery.products.axis")},
	}
	var filters []data.Filter
	if m.tier != "" {
		filters = []data.Filter{{Column: "tier", Op: data.Is, Words: []string{m.tier}}}
	}
	r, err := m.w.Set.Run(data.Query{How: data.Mean, Measure: "spent", By: []string{column}, Filters: filters})
	if err != nil {
		return Item{}, err
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
		color, name = m.groups[0].color, m.tier
	}
	c.Series = []chart.Series{{Name: name, Color: color, Values: chart.Numbers(v)}}
	return Item{Chart: c}, nil
}

var nan = math.NaN()

func (m maker) ages() (Item, error) {
	column := m.w.Set.Column("age_group")
	c := &chart.Chart{Title: m.l.T("gallery.ages"), Kind: chart.Bar, X: chart.Axis{Label: m.l.Noun("age_group")}, Y: chart.Axis{Label: m.l.T("axis.share"), Percent: true}, Categories: column.Levels}
	counts := make([][]float64, len(column.Levels))
	groups := m.plotGroups()
	if m.tier != "" {
		groups = groups[:1] // everybody is no part beside the tier
	}
	for k, g := range m.groups {
		n := make([]float64, len(column.Levels))
		for _, i := range g.rows {
			n[slices.Index(column.Levels, column.Level(i))]++
		}
		if k < len(groups) {
			for i := range n {
				counts[i] = append(counts[i], n[i])
			}
		}
		share := make([]float64, len(n))
		for i := range n {
			share[i] = math.Round(1000*n[i]/float64(max(1, len(g.rows)))) / 1000
		}
		c.Series = append(c.Series, chart.Series{Name: g.name, Color: g.color, Values: chart.Numbers(share)})
	}
	whose, which := m.about()
	n := make([]float64, len(column.Levels))
	for _, i := range which {
		n[slices.Index(column.Levels, column.Level(i))]++
	}
	best := 0
	for i := range n {
		if n[i] > n[best] {
			best = i
		}
	}
	c.Reading = m.l.T("gallery.ages.reading", column.Levels[best], m.percent(n[best]/float64(max(1, len(which)))), whose)
	return Item{Chart: c, Figure: plots.AgeGroups{Groups: groups, Ages: column.Levels, Customers: counts}.Figure}, nil
}

// mostChildren are shown as that many or more.
const mostChildren = 3

// family is the sunburst of relationship, education and children.
func (m maker) family() (Item, error) {
	c := &chart.Chart{Title: m.l.T("gallery.family"), Kind: chart.Sunburst, X: chart.Axis{Label: m.l.T("gallery.family.rings")}, Y: chart.Axis{Label: m.l.T("measure.products")}}
	whose, rows := m.about()
	living, education, children, spent := m.w.Set.Column("living_with"), m.w.Set.Column("education_level"), m.w.Set.Column("children"), m.w.Set.Column("spent").Numbers
	most := 0
	for _, i := range rows {
		most = max(most, int(children.Numbers[i]))
	}
	most = min(most, mostChildren)
	total := 0.0
	var nodes []plots.Node
	for _, l := range living.Levels {
		outer, node := chart.Node{Name: l}, plots.Node{Name: l}
		for _, e := range education.Levels {
			middle, inner := chart.Node{Name: e}, plots.Node{Name: e}
			for k := 0; k <= most; k++ {
				sum, n := 0.0, 0.0
				for _, i := range rows {
					if living.Level(i) == l && education.Level(i) == e && min(int(children.Numbers[i]), most) == k {
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
				middle.Children = append(middle.Children, chart.Node{Name: name, Value: math.Round(sum)})
				inner.Children = append(inner.Children, plots.Node{Name: name, Customers: n, Value: sum / n})
				middle.Value += math.Round(sum)
			}
			if len(middle.Children) > 0 {
				outer.Children, outer.Value = append(outer.Children, middle), outer.Value+middle.Value
				node.Children = append(node.Children, inner)
			}
		}
		if len(outer.Children) > 0 {
			outer.Color = chart.Palette(len(c.Root))
			c.Root = append(c.Root, outer)
			nodes = append(nodes, node)
			total += outer.Value
		}
	}
	if len(c.Root) == 0 {
		return Item{Chart: c}, nil
	}
	best := c.Root[0]
	for _, n := range c.Root {
		if n.Value > best.Value {
			best = n
		}
	}
	deep := best.Children[0]
	for _, n := range best.Children {
		if n.Value > deep.Value {
			deep = n
		}
	}
	c.Reading = m.l.T("gallery.family.reading", best.Name, deep.Name, m.percent(deep.Value/max(total, 1)), whose)
	return Item{Chart: c, Figure: plots.Icicle{Levels: strings.Split(c.X.Label, ", "), Nodes: nodes, Value: m.l.T("how.mean", m.l.Noun("spent"))}.Figure}, nil
}

func (m maker) against() (Item, error) {
	_, rows := m.about()
	c, r, _ := ask.Against(m.l, m.w.Answerer, "income", "spent", rows)
	note := c.Reading
	reading := "gallery.income"
	if r < 0.2 {
		reading = "gallery.income.none"
	}
	c.Reading = m.l.T(reading, m.l.Number(r, 2))
	if note != "" {
		c.Reading += " " + note
	}
	return Item{Chart: c}, nil
}

func (m maker) elbow() (Item, error) {
	model := m.w.Model
	c := &chart.Chart{Title: m.l.T("gallery.elbow"), Kind: chart.Line, X: chart.Axis{Label: m.l.T("axis.clusters")}, Y: chart.Axis{Label: m.l.T("axis.inertia")}, Mark: strconv.Itoa(model.K())}
	var k []int
	var x, v []float64
	for _, p := range model.Sweep() {
		c.Categories = append(c.Categories, strconv.Itoa(p.K))
		k, x, v = append(k, p.K), append(x, float64(p.K)), append(v, p.Inertia)
	}
	if len(k) == 0 {
		k, v, c.Categories = []int{model.K()}, []float64{model.Inertia()}, []string{strconv.Itoa(model.K())}
		x = []float64{float64(model.K())}
	}
	rounded := make([]float64, len(v))
	for i := range v {
		rounded[i] = math.Round(v[i]*10) / 10
	}
	c.Series = []chart.Series{{Color: chart.Palette(0), Values: chart.Numbers(rounded)}}
	c.Reading = m.l.Count("gallery.elbow.none", model.K(), model.K())
	if model.Knee() > 0 {
		c.Reading = m.l.T("gallery.elbow.reading", model.Knee())
	}
	e := plots.Elbow{K: k, Inertia: v, Knee: model.Knee()}
	if model.Knee() != model.K() {
		e.Chosen = model.K()
	}
	if knee, err := (segment.KneeLocator{Curve: segment.Convex, Direction: segment.Decreasing}).Find(x, v); err == nil && len(knee.YDifference) == len(k) {
		// The difference curve runs from the other end of a decreasing curve.
		e.Difference = knee.YDifference
	}
	item := Item{Chart: c}
	if len(k) > 1 {
		item.Figure = e.Figure
	}
	return item, nil
}

// mostSilhouettes bounds the rows that silhouettes are computed of: the work
// grows with the square.
const mostSilhouettes = 4000

func (m maker) silhouette(ctx context.Context) (Item, error) {
	model := m.w.Model
	c := &chart.Chart{Title: m.l.T("gallery.silhouette"), Kind: chart.Bar, X: chart.Axis{Label: m.l.T("axis.cluster")}, Y: chart.Axis{Label: m.l.T("axis.silhouette")}}
	step := max(1, (len(m.all)+mostSilhouettes-1)/mostSilhouettes)
	var rows, labels []int
	for i := 0; i < len(m.all); i += step {
		rows, labels = append(rows, i), append(labels, m.w.Set.Clusters[i])
	}
	z, err := model.Pipeline().Transform(ctx, m.w.Customers.X)
	if err != nil {
		return Item{}, err
	}
	_, d := z.Dims()
	x := mat.NewDense(len(rows), d, nil)
	for k, i := range rows {
		x.SetRow(k, z.RawRowView(i))
	}
	scores, err := segment.Silhouette(ctx, x, labels)
	if err != nil {
		// One cluster alone has no silhouette.
		c.Categories, c.Series = []string{"–"}, []chart.Series{{Values: chart.Numbers([]float64{nan})}}
		return Item{Chart: c}, ctx.Err()
	}
	tiers := make([]string, model.K())
	for i := range tiers {
		tiers[i] = model.Tier(i)
	}
	groups := plots.Clusters(tiers...)
	var v []float64
	for k, cluster := range scores.Clusters {
		name := groups[cluster].Name
		c.Categories = append(c.Categories, name)
		c.Colors = append(c.Colors, m.w.TierColor(tiers[cluster]))
		v = append(v, math.Round(1000*scores.PerCluster[k])/1000)
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	c.Reading = m.l.T("gallery.silhouette.reading", m.l.Number(scores.Mean, 2))
	return Item{Chart: c, Figure: plots.SilhouetteOf(scores, labels, groups).Figure}, nil
}
