package ask

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// A ChartKind is what a chart of [Answerer.Charts] shows.
type ChartKind string

// The kinds of charts; what one is of are the Columns of its [ChartRequest].
const (
	ChartSizes      ChartKind = "sizes"      // the shares of the tiers in customers and in revenue
	ChartProfiles   ChartKind = "profiles"   // how far the means of columns are from everybody's, in standard deviations
	ChartSpread     ChartKind = "spread"     // the distribution of a column in each group, as a table in ranges
	ChartMeans      ChartKind = "means"      // the means of a group of columns, see [features.Subjects.Group], in each group
	ChartBy         ChartKind = "by"         // the mean revenue by a column of words
	ChartAges       ChartKind = "ages"       // the tiers of the age groups, or the ages of a tier
	ChartWords      ChartKind = "words"      // the tiers of each word of a column, or the words of a tier
	ChartHousehold  ChartKind = "household"  // customers and revenue, none where it is missing, by columns of words, and the last, of counts
	ChartIncome     ChartKind = "income"     // the revenue of customers against their income
	ChartMap        ChartKind = "map"        // the customers in the plane of the two main components, with an area of each cluster
	ChartElbow      ChartKind = "elbow"      // the inertia of the numbers of clusters that were tried
	ChartSilhouette ChartKind = "silhouette" // the silhouettes of the clusters
)

// A ChartRequest asks for a chart by a name of the caller's.
type ChartRequest struct {
	Name    string
	Kind    ChartKind
	Columns []string
}

// ChartsOptions say whom charts are of. The zero value works.
type ChartsOptions struct {
	Tier   string     // that is shown beside everybody; empty for all tiers
	Where  Where      // whom charts are of, beside everybody; empty for all customers
	Z      *mat.Dense // rows behind the pipeline, for silhouettes and the map
	Labels []int      // their clusters
}

// charts makes charts of a model and its customers in the words of a language.
type charts struct {
	session
	ChartsOptions
	among  Where   // Where and the tier
	rows   []int   // that it holds for
	groups []Group // one for each tier, or the rows and everybody
}

// Charts returns charts of a model and its customers in the words of a language with
// [Texts], each with a title and a finding in a sentence. Those of a part of the
// customers say so, see [chart.Chart.Among]. Errors: ErrEmpty for no customers,
// ErrOption for a tier, kind, column or word that there is not, those of
// [features.Table.Query] and that of ctx.
func (a *Answerer) Charts(ctx context.Context, list []ChartRequest, l *narrate.Language, o ChartsOptions) ([]*chart.Chart, error) {
	if a.empty() {
		return nil, fmt.Errorf("%w: there are no customers to draw", segment.ErrEmpty)
	}
	if o.Tier != "" && !slices.Contains(a.Tiers, o.Tier) {
		return nil, fmt.Errorf("%w: there is no tier %s; there are %v", segment.ErrOption, o.Tier, a.Tiers)
	}
	c := charts{session: session{Answerer: a, l: l}, ChartsOptions: o, among: o.Where}
	if o.Tier != "" {
		c.among = slices.Concat(tierIs(o.Tier), o.Where)
	}
	var err error
	if c.rows, err = a.Rows(ctx, c.among); err != nil {
		return nil, err
	}
	if len(c.among) > 0 {
		c.groups = []Group{{Name: c.shortName(c.among), Color: c.subjectColor(c.among), Rows: c.rows}, c.everybody()}
	} else if c.groups, err = c.tierGroups(ctx, nil); err != nil {
		return nil, err
	}
	var out []*chart.Chart
	for _, r := range list {
		drawn, err := c.draw(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("the chart %s: %w", r.Name, err)
		}
		drawn.Name = r.Name
		if len(c.rows) == 0 {
			drawn.Reading = l.T("gallery.nobody")
		}
		if drawn.Among, err = c.told(ctx, r.Kind); err != nil {
			return nil, err
		}
		out = append(out, drawn.In(l))
	}
	return out, nil
}

// kinds are the charts, and the least number of columns that they are of.
var kinds = map[ChartKind]struct {
	columns int
	draw    func(charts, context.Context, []string) (*chart.Chart, error)
}{
	ChartSizes: {0, charts.sizes}, ChartProfiles: {1, charts.profiles}, ChartSpread: {1, charts.spread}, ChartMeans: {1, charts.means}, ChartBy: {1, charts.by},
	ChartAges: {0, charts.ages}, ChartWords: {1, charts.words}, ChartHousehold: {2, charts.household}, ChartIncome: {0, charts.income}, ChartMap: {0, charts.clusterMap}, ChartElbow: {0, charts.elbow}, ChartSilhouette: {0, charts.silhouette},
}

func (c charts) draw(ctx context.Context, r ChartRequest) (*chart.Chart, error) {
	kind, ok := kinds[r.Kind]
	if !ok || len(r.Columns) < kind.columns {
		return nil, fmt.Errorf("%w: there is no kind of charts %q of %d columns", segment.ErrOption, r.Kind, len(r.Columns))
	}
	return kind.draw(c, ctx, r.Columns)
}

// everybody returns all customers, to draw beside some of them.
func (s session) everybody() Group {
	all := make([]int, s.Set.Len())
	for i := range all {
		all[i] = i
	}
	return Group{Name: s.l.T("word.everybody"), Color: chart.Overall, Rows: all}
}

// tierGroups returns the customers of each tier that w holds for.
func (s session) tierGroups(ctx context.Context, w Where) (out []Group, err error) {
	for _, t := range s.Tiers {
		g := Group{Name: t, Color: s.TierColor(t)}
		if g.Rows, err = s.Rows(ctx, slices.Concat(tierIs(t), w)); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// mostName is the length of the name of a group in a key, in letters.
const mostName = 24

// shortName names customers in the key of a chart: "Gold, Married".
func (s session) shortName(w Where) string {
	var words []string
	for _, c := range w {
		if len(c) > 1 || c[0].Op != features.Is || len(c[0].Words) == 0 {
			return s.l.T("gallery.selected")
		}
		words = append(words, s.l.Or(named(s.l, c[0].Column, c[0].Words)))
	}
	if name := strings.Join(words, ", "); utf8.RuneCountInString(name) <= mostName {
		return name
	}
	return s.l.T("gallery.selected")
}

// told says of whom a chart is where that is a part of the customers. The elbow is of
// all that were trained on, and the sizes are those of all tiers.
func (c charts) told(ctx context.Context, kind ChartKind) (string, error) {
	w := c.among
	if kind == ChartSizes {
		w = c.Where
	}
	if len(w) == 0 || kind == ChartElbow {
		return "", nil
	}
	rows, err := c.Rows(ctx, w)
	return c.l.T("gallery.among", c.population(w), c.whole(len(rows)), c.whole(c.Set.Len())), err
}

// beside reports whether charts are of a part of the customers, beside everybody.
func (c charts) beside() bool { return len(c.among) > 0 }

// whose names the customers that a reading is about.
func (c charts) whose() string {
	if c.beside() && len(c.Where) > 0 {
		return c.l.T("who.selected")
	}
	return c.subject(c.among)
}

// figure writes a mean or a quantile.
func (c charts) figure(v float64) string {
	switch {
	case math.Abs(v) >= 10 || v == math.Trunc(v):
		return c.l.Number(v, 0)
	case math.Abs(v) < 1:
		return c.l.Number(v, 2)
	}
	return c.l.Number(v, 1)
}

// figureOf is a figure with the unit of a column, where that has one.
func (c charts) figureOf(column string, v float64) string {
	if unit := c.l.Unit(column); unit != "" {
		return c.l.T("number.unit", c.figure(v), unit)
	}
	return c.figure(v)
}

// labelOf is a label with the unit of a column, where that has one.
func (c charts) labelOf(column, label string) string {
	if unit := c.l.Unit(column); unit != "" {
		return c.l.T("noun.unit", label, unit)
	}
	return label
}

// series returns a series of each group.
func series(groups []Group, parts float64, values func(g Group) ([]float64, error)) (out []chart.Series, err error) {
	for _, g := range groups {
		v, err := values(g)
		if err != nil {
			return nil, err
		}
		out = append(out, chart.Series{Name: g.Name, Color: g.Color, Values: rounded(v, parts)})
	}
	return out, nil
}

// tiersAmong describes the tiers of the customers that Where holds for.
func (c charts) tiersAmong(ctx context.Context) ([]insight.Group, error) {
	if len(c.Where) == 0 {
		return c.Profile.Tiers, nil
	}
	groups, err := c.tierGroups(ctx, c.Where)
	if err != nil {
		return nil, err
	}
	out, count, revenue := make([]insight.Group, len(groups)), 0, 0.0
	for i, g := range groups {
		out[i] = insight.Group{Name: g.Name, Count: len(g.Rows), Revenue: math.NaN()}
		if !math.IsNaN(c.Profile.Overall.Revenue) {
			if out[i].Revenue, _, err = c.aggregate(ctx, features.Sum, 0, c.Subjects.Revenue, g.Rows); err != nil {
				return nil, err
			}
		}
		count, revenue = count+out[i].Count, revenue+out[i].Revenue
	}
	for i := range out {
		out[i].Share, out[i].RevenueShare = float64(out[i].Count)/float64(max(1, count)), out[i].Revenue/revenue
	}
	return out, nil
}

func (c charts) sizes(ctx context.Context, _ []string) (*chart.Chart, error) {
	tiers, err := c.tiersAmong(ctx)
	if err != nil {
		return nil, err
	}
	out := &chart.Chart{
		Title: c.l.T("gallery.sizes"), Kind: chart.Shares, X: chart.Axis{Label: c.l.Noun("tier")}, Y: chart.Axis{Label: c.l.T("axis.share"), Percent: true},
		Words: []string{c.l.T("who.customers"), c.l.Axis(c.Subjects.Revenue), c.l.T("gallery.sizes.mean")},
	}
	var share, revenue []float64
	best := insight.Group{}
	for _, g := range tiers {
		if c.Tier == g.Name || c.Tier == "" && best.Count == 0 {
			best = g
		}
		out.Categories, out.Colors = append(out.Categories, g.Name), append(out.Colors, c.TierColor(g.Name))
		share, revenue = append(share, g.Share), append(revenue, g.RevenueShare)
		out.Cells = append(out.Cells, []string{c.whole(g.Count), c.l.Number(g.Revenue, 0), c.l.N(g.Revenue / float64(g.Count))})
	}
	if math.IsNaN(c.Profile.Overall.RevenueShare) { // there is no revenue
		out.Kind, out.Title, out.Words, out.Cells = chart.Bar, c.l.T("ask.overview.customers"), nil, nil
		out.Reading = c.l.T("gallery.sizes.only", best.Name, c.percent(best.Share))
		out.Series = []chart.Series{{Name: c.l.T("series.customers"), Values: chart.Numbers(share)}}
		return out, nil
	}
	out.Reading = c.l.T("gallery.sizes.reading", best.Name, c.percent(best.Share), c.percent(best.RevenueShare))
	out.Series = []chart.Series{
		{Name: c.l.T("series.customers"), Color: chart.Palette(7), Values: chart.Numbers(share)},
		{Name: c.l.T("series.spending"), Color: chart.Palette(0), Values: chart.Numbers(revenue)},
	}
	return out, nil
}

// profiles has a field for each tier, or bars for a part of the customers.
func (c charts) profiles(ctx context.Context, columns []string) (*chart.Chart, error) {
	out := &chart.Chart{Title: c.l.T("gallery.profile"), Reading: c.l.T("gallery.profile.reading"), Kind: chart.Heat, X: chart.Axis{Label: c.l.T("axis.figure")}, Y: chart.Axis{Label: c.l.T("axis.deviations")}, Categories: nouns(c.l, columns)}
	difference := func(s insight.NumericSummary) float64 { return s.Difference }
	if c.beside() {
		name, whose := c.groups[0].Name, c.Tier
		if len(c.Where) > 0 {
			whose = c.whose()
		}
		out.Kind, out.Title, out.Reading = chart.Bars, c.l.T("gallery.apart", whose), c.l.T("gallery.apart.reading", whose)
		if len(c.Where) == 0 {
			out.Series = c.apart([]string{c.Tier}, columns, 100, difference)
			return out, nil
		}
		means, err := c.aggregates(ctx, features.Mean, columns, c.rows)
		for j, column := range columns {
			all, _ := c.Profile.Overall.Column(column)
			if means[j] = (means[j] - all.Mean) / all.SD; all.Min == all.Max {
				means[j] = 0
			}
		}
		out.Series = []chart.Series{{Name: name, Color: c.groups[0].Color, Values: rounded(means, 100)}}
		return out, err
	}
	out.Series = c.apart(c.Tiers, columns, 100, difference)
	for _, name := range columns {
		var means []string
		for _, g := range c.Profile.Tiers {
			column, _ := g.Column(name)
			means = append(means, c.figure(column.Mean))
		}
		out.Cells = append(out.Cells, means)
	}
	return out, nil
}

func (c charts) spread(ctx context.Context, columns []string) (*chart.Chart, error) {
	column := columns[0]
	out, values, err := c.densities(ctx, column, c.groups)
	if err != nil {
		return nil, err
	}
	v := slices.Concat(values...)
	if c.beside() {
		v = values[0]
	}
	slices.Sort(v)
	at := func(q float64) string { return c.figureOf(column, num.Quantile(v, q)) }
	if len(v) > 0 {
		out.Reading = c.l.T("gallery.spread.reading", c.whose(), at(0.5), at(0.25), at(0.75))
	}
	return out, nil
}

// means shows flags as shares of those who did.
func (c charts) means(ctx context.Context, names []string) (*chart.Chart, error) {
	name, columns := names[0], c.Subjects.Group(names[0])
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: there is no group of columns %q", segment.ErrOption, name)
	}
	flags, write := c.flags(columns), func(v float64) string { return c.figureOf(columns[0], v) }
	out := &chart.Chart{Title: c.l.T("gallery." + name), Kind: chart.Table, Y: chart.Axis{Label: c.labelOf(columns[0], c.l.T("gallery."+name+".axis")), Percent: flags}, Categories: short(c.l, columns), Words: []string{c.l.T("gallery.together")}}
	switch {
	case flags:
		out.Kind, out.Words, write = chart.Dots, nil, c.percent
	case name == "channels":
		out.Words = append(out.Words, c.l.T("axis.share"))
	}
	var err error
	out.Series, err = series(c.groups, 1000, func(g Group) ([]float64, error) {
		v, err := c.aggregates(ctx, features.Mean, columns, g.Rows)
		// The reading is of the first tier that has customers.
		if out.Reading == "" && len(g.Rows) > 0 && err == nil {
			best := floats.MaxIdx(v)
			whose := c.whose()
			if !c.beside() {
				whose = c.l.T("who.tiers", g.Name)
			}
			out.Reading = c.l.Capital(c.l.T("gallery."+name+".reading", whose, out.Categories[best], write(v[best])))
		}
		return v, err
	})
	return out, err
}

// leastShown is the least number of customers whose mean is shown: that of a handful
// says nothing.
const leastShown = 5

// by tells which groups it leaves out because they have few customers.
func (c charts) by(ctx context.Context, columns []string) (*chart.Chart, error) {
	column, revenue := columns[0], c.Subjects.Revenue
	out := c.barChart(c.l.T("ask.q.by", c.aggregateName(features.Mean, revenue), c.l.Noun(column)), column, c.labelOf(revenue, c.l.T("gallery.products.axis")), false)
	out.Series[0].Name = c.l.Capital(c.l.T("who.all"))
	if c.beside() {
		out.Series[0].Name = c.groups[0].Name
	}
	out.Series[0].Color = c.subjectColor(c.among)
	levels, cells, err := c.tallies(ctx, Query{Aggregate: features.Mean, By: []string{column}}, revenue, c.rows)
	if err != nil {
		return nil, err
	}
	levels[0] = Labels(c.l, c.Set.Series(column), levels[0])
	var few []string
	cells = slices.DeleteFunc(cells, func(cell tally) bool {
		if n := len(cell.rows); n < leastShown {
			few = append(few, c.l.T("list.pair", levels[0][cell.keys[0]], c.whole(n)))
		}
		return len(cell.rows) < leastShown || cell.value != cell.value
	})
	if len(cells) == 0 {
		out.Categories, out.Series[0].Values = []string{"–"}, chart.Numbers([]float64{math.NaN()})
		return out, nil
	}
	top, bottom := slices.MaxFunc(cells, byValue), slices.MinFunc(cells, byValue)
	name := func(cell tally) string { return levels[0][cell.keys[0]] }
	for _, cell := range cells {
		out.Categories = append(out.Categories, name(cell))
		out.Series[0].Values = append(out.Series[0].Values, rounded([]float64{cell.value}, 100)...)
	}
	out.Reading = c.l.T("gallery.by.reading", name(top), c.figureOf(revenue, top.value), name(bottom), c.figureOf(revenue, bottom.value))
	if len(few) > 0 {
		out.Reading += " " + c.l.T("gallery.by.few", c.whole(leastShown), c.l.And(few))
	}
	out.Reading += c.spans(column, out.Categories)
	return out, nil
}

func (c charts) ages(ctx context.Context, _ []string) (*chart.Chart, error) {
	out, err := c.words(ctx, []string{c.Subjects.Ages})
	if err == nil {
		out.Title = c.l.T("gallery.ages")
	}
	return out, err
}

func (c charts) words(_ context.Context, columns []string) (*chart.Chart, error) {
	column := c.Set.Series(columns[0])
	levels := Labels(c.l, column, column.Levels())
	if len(levels) == 0 {
		return nil, fmt.Errorf("%w: there is no column of words %q", segment.ErrOption, columns[0])
	}
	out := &chart.Chart{Title: c.l.Capital(c.l.T("gallery.words", c.l.Noun(column.Name()))), Kind: chart.Stack, X: chart.Axis{Label: c.l.Noun(column.Name())}, Y: chart.Axis{Label: c.l.T("how.customers")}, Categories: levels}
	if c.beside() {
		out.Kind, out.Y = chart.Bar, chart.Axis{Label: c.l.T("axis.share"), Percent: true}
	}
	out.Series, _ = series(c.groups, 1000, func(g Group) ([]float64, error) {
		n := groupSizes(g.Rows, len(levels), column.Code)
		if c.beside() {
			floats.Scale(1/float64(max(1, len(g.Rows))), n)
		}
		return n, nil
	})
	n := groupSizes(c.rows, len(levels), column.Code)
	best := floats.MaxIdx(n)
	out.Reading = c.l.T("gallery.ages.reading", levels[best], c.percent(n[best]/float64(max(1, len(c.rows)))), c.whose()) + c.spans(column.Name(), levels)
	return out, nil
}

// spans says what the words of a column span, after a sentence; empty where the language
// has nothing to say.
func (c charts) spans(column string, levels []string) string {
	spans := spanned(c.l, column, levels)
	if slices.Equal(spans, levels) {
		return ""
	}
	return " " + c.l.T("gallery.spans", c.l.And(spans))
}

// mostCounted is shown as that many or more.
const mostCounted = 3

// parting parts rows by the values of a column.
type parting struct {
	names []string
	code  func(row int) int
}

// household parts customers by columns, the outermost first; boxes sum the revenue.
func (c charts) household(_ context.Context, columns []string) (*chart.Chart, error) {
	rows, revenue := c.rows, c.Set.Series(c.Subjects.Revenue)
	if !revenue.Kind().Numeric() {
		return nil, fmt.Errorf("%w: the revenue is to be in the column %q, which is none of numbers", segment.ErrOption, c.Subjects.Revenue)
	}
	var by []parting
	for _, name := range columns {
		switch s := c.Set.Series(name); {
		case s.IsZero():
			return nil, fmt.Errorf("%w: there is no column %s", segment.ErrOption, name)
		case s.Kind().Numeric():
			by = append(by, c.countsOf(name, rows))
		default:
			by = append(by, parting{Labels(c.l, s, s.Levels()), s.Code})
		}
	}
	out := &chart.Chart{
		Title: c.l.T("gallery.family"), Kind: chart.Icicle, X: chart.Axis{Label: c.l.T("gallery.family.levels")}, Y: chart.Axis{Label: c.labelOf(c.Subjects.Revenue, c.l.T("measure.products"))},
		Words: []string{c.labelOf(c.Subjects.Revenue, c.aggregateName(features.Mean, c.Subjects.Revenue)), c.l.T("who.customers")},
		Root:  boxes(rows, by, revenue.Number),
	}
	if len(out.Root) == 0 {
		return out, nil
	}
	total := 0.0
	for _, n := range out.Root {
		total += n.Value
	}
	greatest := func(nodes []chart.Node) chart.Node {
		return slices.MaxFunc(nodes, func(a, b chart.Node) int { return cmp.Compare(a.Value, b.Value) })
	}
	best := greatest(out.Root)
	deep := greatest(best.Children)
	out.Reading = c.l.T("gallery.family.reading", best.Name, deep.Name, c.percent(deep.Value/max(total, 1)), c.whose())
	return out, nil
}

// countsOf parts rows by a column of counts, up to mostCounted; a missing count has
// no part.
func (c charts) countsOf(column string, rows []int) parting {
	counts, most := c.Set.Series(column), 0
	p := parting{[]string{c.l.T("figure.none", c.l.Noun(column))}, func(i int) int {
		if v := counts.Number(i); v >= 0 {
			return int(min(v, mostCounted))
		}
		return -1
	}}
	for _, i := range rows {
		most = max(most, p.code(i))
	}
	for k := 1; k <= most; k++ {
		name := c.l.T("figure.count", c.whole(k), c.l.Count("noun."+column, k))
		if k == mostCounted {
			name = c.l.T("gallery.family.more", c.whole(k), c.l.Noun(column))
		}
		p.names = append(p.names, name)
	}
	return p
}

// boxes parts rows by the first column, and the parts by the others. A missing value
// adds nothing to the sum.
func boxes(rows []int, by []parting, value func(row int) float64) (out []chart.Node) {
	parts := make([][]int, len(by[0].names))
	for _, i := range rows {
		if k := by[0].code(i); k >= 0 {
			parts[k] = append(parts[k], i)
		}
	}
	for k, part := range parts {
		n := chart.Node{Name: by[0].names[k]}
		if len(by) > 1 {
			for _, child := range boxes(part, by[1:], value) {
				n.Add(child)
			}
		} else {
			for _, i := range part {
				n.Count++
				if v := value(i); v == v {
					n.Value += v
				}
			}
			n.Value = math.Round(n.Value)
		}
		if n.Count > 0 {
			out = append(out, n)
		}
	}
	return out
}

func (c charts) income(ctx context.Context, _ []string) (*chart.Chart, error) {
	out, r, _, err := Against(ctx, c.l, c.Set, c.TierColor, c.Subjects.Income, c.Subjects.Revenue, c.rows)
	if err != nil {
		return nil, err
	}
	reading := "gallery.income"
	switch {
	case r != r:
		reading = "gallery.income.few"
	case r < 0.2:
		reading = "gallery.income.none"
	}
	if reading = c.l.T(reading, c.l.Number(r, 2)); out.Reading != "" {
		reading += " " + out.Reading
	}
	out.Reading = reading
	return out, nil
}

// elbow has below it the curve whose peak is the knee.
func (c charts) elbow(_ context.Context, _ []string) (*chart.Chart, error) {
	model, e := c.Model, plots.ElbowOfModel(c.Model)
	out := &chart.Chart{Title: c.l.T("gallery.elbow"), Kind: chart.Line, X: chart.Axis{Label: c.l.T("axis.clusters")}, Y: chart.Axis{Label: c.l.T("axis.inertia")}, Mark: strconv.Itoa(model.K())}
	if len(e.K) == 0 { // no other was tried
		e.K, e.Inertia = []int{model.K()}, []float64{model.Inertia()}
		out.Reading = c.set()
	}
	for _, k := range e.K {
		out.Categories = append(out.Categories, strconv.Itoa(k))
	}
	out.Series = []chart.Series{{Color: chart.Palette(0), Values: rounded(e.Inertia, 10)}}
	switch {
	case out.Reading != "":
	case model.Knee() > 0:
		out.Reading = c.l.T("gallery.elbow.reading", model.Knee())
	default:
		out.Reading = c.l.Count("gallery.elbow.none", model.K(), model.K())
	}
	if len(c.Where) > 0 {
		out.Reading += " " + c.l.T("gallery.elbow.all")
	}
	if e.Difference != nil {
		out.Kind, out.Series[0].Name = chart.Lines, out.Y.Label
		out.Series = append(out.Series, chart.Series{Name: c.l.T("gallery.elbow.bend"), Color: chart.Palette(7), Values: rounded(e.Difference, 1000)})
	}
	return out, nil
}

// set says that the number of clusters was given, so that there is no elbow; empty
// where others were tried.
func (c charts) set() string {
	if len(c.Model.Sweep()) > 0 {
		return ""
	}
	return c.l.Count("gallery.set", c.Model.K(), c.Model.K())
}

// mostLines is how many silhouettes are drawn.
const mostLines = 600

// silhouette is without values for one cluster alone, which has none. Of a part of the
// customers it shows theirs among all.
func (c charts) silhouette(ctx context.Context, _ []string) (*chart.Chart, error) {
	out := &chart.Chart{Title: c.l.T("gallery.silhouette"), Kind: chart.Bar, X: chart.Axis{Label: c.l.T("axis.cluster")}, Y: chart.Axis{Label: c.l.T("axis.silhouette")}}
	s, err := plots.SilhouetteOfModel(ctx, c.Model, c.Z, c.Labels)
	curves := make([][]float64, len(s.Groups))
	var scores []float64
	for i, v := range s.Scores {
		if _, in := slices.BinarySearch(c.rows, i*len(c.Labels)/len(s.Scores)); in {
			scores, curves[s.Labels[i]] = append(scores, v), append(curves[s.Labels[i]], v)
		}
	}
	if err != nil || len(scores) == 0 {
		out.Categories, out.Series = []string{"–"}, []chart.Series{{Values: chart.Numbers([]float64{math.NaN()})}}
		out.Reading = c.set()
		return out, ctx.Err()
	}
	mean := c.l.Number(stat.Mean(scores, nil), 2)
	out.Kind, out.Words, out.Mark = chart.Silhouette, []string{c.l.T("axis.silhouettes")}, c.l.T("gallery.silhouette.all", mean)
	reading := c.l.T("gallery.silhouette.reading", mean)
	if c.beside() {
		out.Mark, reading = c.l.T("gallery.silhouette.theirs", mean), c.l.T("gallery.silhouette.theirs.reading", mean)
	}
	for i, g := range s.Groups {
		if n := len(curves[i]); n > 0 {
			mean := stat.Mean(curves[i], nil)
			out.Series = append(out.Series, chart.Series{
				Name: g.Name, Color: g.Color, Middle: rounded([]float64{mean}, 1000)[0],
				Note:  c.l.Count("gallery.silhouette.cluster", n, c.whole(n), c.l.Number(mean, 2)),
				Curve: chart.Falling(curves[i], (len(scores)+mostLines-1)/mostLines),
			})
		}
	}
	out.Reading = strings.TrimSpace(reading + " " + c.set())
	return out, nil
}
