package insight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// ProfileOptions are how a profile is computed. The zero value works.
type ProfileOptions struct {
	// Counted names columns of which the share of rows with a value above 0
	// is a statement too, beside the mean: children at home. Of columns of 0
	// and 1 it is the only one.
	Counted []string

	Revenue    string  // column of numbers whose sum is the revenue; empty for none
	Statements int     // greatest number of statements for a segment; default 4
	MinEffect  float64 // least effect size that makes a statement; default 0.2, which Cohen calls small

	// Redundant is the correlation, up or down, from which on a second statement
	// repeats a stronger one and is left out; default 0.85.
	Redundant float64
}

// Profile is what is in each segment.
type Profile struct {
	Overall  Group   `json:"everybody"`
	Clusters []Group `json:"clusters"` // ascending
	Tiers    []Group `json:"tiers"`    // in the order of their first cluster; none without names
}

// Group describes the rows of one segment.
type Group struct {
	Name     string `json:"name"`     // that of the tier, "cluster 3", "everybody"
	Tier     string `json:"tier"`     // empty for everybody and where tiers have no names
	Clusters []int  `json:"clusters"` // that it is made of
	Count    int    `json:"count"`
	// Share is that of all rows, from 0 to 1.
	Share float64 `json:"share"`
	// Revenue is the sum of ProfileOptions.Revenue, a missing value counting 0, and
	// RevenueShare its share of everybody's. NaN, and null in JSON, where there
	// is none.
	Revenue      float64           `json:"revenue"`
	RevenueShare float64           `json:"revenue_share"`
	Numeric      []NumericSummary  `json:"numeric"`    // one for each column of numbers
	Categories   []CategorySummary `json:"categories"` // one for each column of words
	// Statements are what sets the segment apart, the strongest first.
	Statements []Statement `json:"statements"`
}

// NumericSummary describes a numeric column within a group. Figures that do
// not exist (of no value at all, the deviation of one value) are NaN, and null
// in JSON.
type NumericSummary struct {
	Column  string  `json:"column"`
	Count   int     `json:"count"` // of values that are not missing
	Missing int     `json:"missing"`
	Mean    float64 `json:"mean"`
	// SD is the standard deviation of a sample (divided by n−1).
	SD  float64 `json:"sd"`
	Min float64 `json:"min"`
	// Q1, Median and Q3 are quartiles, interpolated linearly between values
	// (type 7 of Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566; the
	// default of numpy, pandas and R).
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
	Max    float64 `json:"max"`
	// Difference is the mean less that of everybody, in standard deviations of
	// everybody (0 where the column is constant), and Percent the same in per
	// cent of the size of everybody's mean.
	Difference float64 `json:"difference"`
	Percent    float64 `json:"percent"`
}

// CategorySummary describes a column of words within a group.
type CategorySummary struct {
	Column  string  `json:"column"`
	Count   int     `json:"count"` // of values that are not missing
	Missing int     `json:"missing"`
	Levels  []Level `json:"levels"` // the most frequent of everybody first, then by name
}

// Level is one value of a category.
type Level struct {
	Value string `json:"value"`
	Count int    `json:"count"`
	// Share is that among the values that are not missing; 0 where there are
	// none.
	Share float64 `json:"share"`
	// Lift is the share divided by that of everybody: 2 for twice as frequent.
	Lift float64 `json:"lift"`
}

// NewProfile describes the segments of a table by its columns of numbers and of
// words, in their order. Labels hold the cluster of each row. Tiers hold the
// name of each cluster's tier, by cluster, or nothing: then there is a group
// for each label that occurs, and none for tiers.
//
// Errors: ErrEmpty for no rows or no column of numbers, ErrWidth for labels
// whose number is not that of the rows, ErrNotFinite for ±Inf, ErrLabels for a
// label below 0 or without a tier, ErrOption, and that of ctx.
func NewProfile(ctx context.Context, t *features.Table, labels []int, tiers []string, o ProfileOptions) (*Profile, error) {
	ctx = cmp.Or(ctx, context.Background())
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	numbers, words, err := seriesOf(t)
	if err != nil {
		return nil, err
	}
	revenue := slices.IndexFunc(numbers, func(s features.Series) bool { return s.Name() == o.Revenue })
	if o.Revenue != "" && revenue < 0 {
		return nil, fmt.Errorf("%w: the revenue is said to be in %s, and there is no such column of numbers", segment.ErrOption, o.Revenue)
	}
	if err := check(numbers, labels, tiers); err != nil {
		return nil, err
	}
	p := newProfiler(numbers, words, labels, tiers)
	engine.Parallel(ctx, 0, len(numbers)+len(words), func(i int) {
		if i < len(numbers) {
			p.summarize(i, numbers[i])
		} else {
			p.count(i-len(numbers), words[i-len(numbers)])
		}
	})
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	if revenue >= 0 {
		p.revenue(p.columns[revenue])
	}
	for i := range p.groups[1:] {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		p.groups[i+1].Statements = p.statements(i+1, o)
	}
	return &Profile{Overall: p.groups[0], Clusters: p.groups[1 : 1+len(p.clusters)], Tiers: p.groups[1+len(p.clusters):]}, nil
}

// ProfileOf describes the segments into which a model puts the rows of a table.
// The columns of the model must be among those of the table. Errors: as
// NewProfile, and those of Predict.
func ProfileOf(ctx context.Context, m *segment.Model, t *features.Table, o ProfileOptions) (*Profile, error) {
	if err := trained(m); err != nil {
		return nil, err
	}
	x, err := m.Matrix(ctx, t)
	switch column := new(features.ColumnError); {
	case errors.Is(err, features.ErrNoRows) || t == nil:
		return nil, fmt.Errorf("%w: %w", segment.ErrEmpty, err)
	case errors.As(err, &column):
		return nil, fmt.Errorf("%w: %w", segment.ErrOption, err)
	case err != nil:
		return nil, err
	}
	labels, err := clustersOf(ctx, m, x)
	if err != nil {
		return nil, err
	}
	tiers := make([]string, m.K())
	for i := range tiers {
		tiers[i] = m.Tier(i)
	}
	return NewProfile(ctx, t, labels, tiers, o)
}

// Group returns the group of that name: a tier, "cluster 3", or "everybody".
func (p *Profile) Group(name string) (Group, bool) {
	p = cmp.Or(p, &Profile{})
	for _, g := range slices.Concat([]Group{p.Overall}, p.Tiers, p.Clusters) {
		if g.Name == name {
			return g, true
		}
	}
	return Group{}, false
}

// Column returns the summary of a numeric column.
func (g Group) Column(name string) (NumericSummary, bool) {
	i := slices.IndexFunc(g.Numeric, func(s NumericSummary) bool { return s.Column == name })
	if i < 0 {
		return NumericSummary{}, false
	}
	return g.Numeric[i], true
}

func (o ProfileOptions) withDefaults() (ProfileOptions, error) {
	o.Statements, o.MinEffect, o.Redundant = cmp.Or(o.Statements, 4), cmp.Or(o.MinEffect, 0.2), cmp.Or(o.Redundant, 0.85)
	switch {
	case o.Statements < 0:
		return o, fmt.Errorf("%w: Statements is %d; it must be at least 1 (0 stands for 4)", segment.ErrOption, o.Statements)
	case !(o.MinEffect > 0):
		return o, fmt.Errorf("%w: MinEffect is %v; it must be above 0 (0 stands for 0.2)", segment.ErrOption, o.MinEffect)
	case !(o.Redundant > 0):
		return o, fmt.Errorf("%w: Redundant is %v; it must be above 0 (0 stands for 0.85)", segment.ErrOption, o.Redundant)
	}
	return o, nil
}

// seriesOf returns the columns of numbers and of words of a table.
func seriesOf(t *features.Table) (numbers, words []features.Series, err error) {
	for _, c := range t.Columns() {
		s, err := t.Column(c.Name)
		switch {
		case err != nil:
			return nil, nil, err
		case c.Kind.Numeric():
			numbers = append(numbers, s)
		case c.Kind == features.Category:
			words = append(words, s)
		}
	}
	if t.Len() == 0 || len(numbers) == 0 {
		return nil, nil, fmt.Errorf("%w: the table has %d×%d numbers; at least one row and one column are needed", segment.ErrEmpty, t.Len(), len(numbers))
	}
	return numbers, words, nil
}

func check(numbers []features.Series, labels []int, tiers []string) error {
	n := numbers[0].Len()
	for i := range n {
		for _, s := range numbers {
			if v := s.Number(i); math.IsInf(v, 0) {
				return fmt.Errorf("%w: row %d, column %s is %v; a missing value is NaN", segment.ErrNotFinite, i, s.Name(), v)
			}
		}
	}
	if len(labels) != n {
		return fmt.Errorf("%w: %d labels for %d rows", segment.ErrWidth, len(labels), n)
	}
	for i, l := range labels {
		if l < 0 {
			return fmt.Errorf("%w: row %d has label %d; labels are numbers from 0 up", segment.ErrLabels, i, l)
		}
		if len(tiers) > 0 && l >= len(tiers) {
			return fmt.Errorf("%w: row %d has label %d, and tiers are given for %d clusters", segment.ErrLabels, i, l, len(tiers))
		}
	}
	for c, name := range tiers {
		if name == "" {
			return fmt.Errorf("%w: the tier of cluster %d has no name", segment.ErrOption, c)
		}
	}
	return nil
}

// profiler gathers the groups of a profile: everybody, then the clusters, then
// the tiers.
type profiler struct {
	rows     int
	clusters []int   // labels, ascending
	of       []int   // index into clusters, by row
	members  [][]int // indices into clusters, by group
	groups   []Group
	columns  [][]float64 // by column of numbers; filled by summarize
	levels   []levels    // by column of words; filled by count
	picks    func() []int
}

// levels are a category with its values numbered.
type levels struct {
	names []string
	of    []int // by row; −1 for missing
}

func newProfiler(numbers, words []features.Series, labels []int, tiers []string) *profiler {
	n := len(labels)
	p := &profiler{rows: n, of: make([]int, n), columns: make([][]float64, len(numbers)), levels: make([]levels, len(words))}
	for c := range tiers {
		p.clusters = append(p.clusters, c)
	}
	if len(tiers) == 0 {
		p.clusters = slices.Compact(slices.Sorted(slices.Values(labels)))
	}
	var all []int
	for c := range p.clusters {
		all = append(all, c)
	}
	sizes := make([]int, len(all))
	for i, l := range labels {
		p.of[i], _ = slices.BinarySearch(p.clusters, l)
		sizes[p.of[i]]++
	}
	add := func(name, tier string, members []int) {
		g := Group{
			Name: name, Tier: tier, Revenue: math.NaN(), RevenueShare: math.NaN(), Clusters: []int{},
			Numeric: make([]NumericSummary, len(numbers)), Categories: make([]CategorySummary, len(words)),
			Statements: []Statement{},
		}
		for _, c := range members {
			g.Clusters = append(g.Clusters, p.clusters[c])
			g.Count += sizes[c]
		}
		g.Share = float64(g.Count) / float64(n)
		p.members, p.groups = append(p.members, members), append(p.groups, g)
	}
	add("everybody", "", all)
	for c, label := range p.clusters {
		tier := ""
		if len(tiers) > 0 {
			tier = tiers[label]
		}
		add(fmt.Sprintf("cluster %d", label), tier, []int{c})
	}
	for c, name := range tiers {
		if slices.Contains(tiers[:c], name) {
			continue
		}
		var members []int
		for i, other := range tiers {
			if other == name {
				members = append(members, i)
			}
		}
		add(name, name, members)
	}
	p.picks = sync.OnceValue(func() []int { return rows.Spread(n, correlationRows) })
	return p
}

// summarize fills in numeric column j of all groups.
func (p *profiler) summarize(j int, numbers features.Series) {
	column := make([]float64, p.rows)
	parts := make([][]float64, len(p.clusters))
	missing := make([]int, len(p.clusters))
	for i := range column {
		v, c := numbers.Number(i), p.of[i]
		column[i] = v
		if math.IsNaN(v) {
			missing[c]++
		} else {
			parts[c] = append(parts[c], v)
		}
	}
	p.columns[j] = column
	var values []float64
	var all NumericSummary
	for g, members := range p.members {
		values = values[:0]
		s := NumericSummary{Column: numbers.Name()}
		for _, c := range members {
			values = append(values, parts[c]...)
			s.Missing += missing[c]
		}
		s.describe(values)
		if g == 0 {
			all = s
		}
		if s.Difference = (s.Mean - all.Mean) / all.SD; s.Count > 0 && (all.Min == all.Max || all.SD == 0) {
			s.Difference = 0
		}
		s.Percent = 100 * (s.Mean - all.Mean) / math.Abs(all.Mean)
		p.groups[g].Numeric[j] = s
	}
}

// describe sums up values, which it sorts.
func (s *NumericSummary) describe(values []float64) {
	nan := math.NaN()
	s.Count = len(values)
	s.Mean, s.SD, s.Min, s.Q1, s.Median, s.Q3, s.Max = nan, nan, nan, nan, nan, nan, nan
	if len(values) == 0 {
		return
	}
	sum := num.MomentsOf(slices.Min(values), slices.Max(values))
	for _, v := range values {
		sum.Add(v)
	}
	s.Mean = sum.Mean()
	if sum.N > 1 {
		s.SD = sum.SD(1)
	}
	slices.Sort(values)
	s.Min, s.Max = values[0], values[len(values)-1]
	s.Q1, s.Median, s.Q3 = num.Quantile(values, 0.25), num.Quantile(values, 0.5), num.Quantile(values, 0.75)
}

// count fills in column j of words of all groups.
func (p *profiler) count(j int, words features.Series) {
	frequency := map[string]int{}
	for i := range p.rows {
		if v := words.Word(i); v != "" {
			frequency[v]++
		}
	}
	l := levels{of: make([]int, p.rows), names: words.Levels()}
	slices.SortFunc(l.names, func(a, b string) int { return cmp.Or(frequency[b]-frequency[a], cmp.Compare(a, b)) })
	number := map[string]int{"": -1}
	for i, v := range l.names {
		number[v] = i
	}
	counts := make([]int, len(p.clusters)*len(l.names))
	missing := make([]int, len(p.clusters))
	for i := range p.rows {
		c := p.of[i]
		if l.of[i] = number[words.Word(i)]; l.of[i] < 0 {
			missing[c]++
		} else {
			counts[c*len(l.names)+l.of[i]]++
		}
	}
	p.levels[j] = l
	var all CategorySummary
	for g, members := range p.members {
		s := CategorySummary{Column: words.Name(), Levels: make([]Level, len(l.names))}
		for _, c := range members {
			s.Missing += missing[c]
			for v := range l.names {
				s.Levels[v].Count += counts[c*len(l.names)+v]
				s.Count += counts[c*len(l.names)+v]
			}
		}
		for v, name := range l.names {
			s.Levels[v].Value = name
			if s.Count > 0 {
				s.Levels[v].Share = float64(s.Levels[v].Count) / float64(s.Count)
			}
		}
		if g == 0 {
			all = s
		}
		for v := range l.names {
			s.Levels[v].Lift = s.Levels[v].Share / all.Levels[v].Share
		}
		p.groups[g].Categories[j] = s
	}
	for v := range all.Levels {
		p.groups[0].Categories[j].Levels[v].Lift = 1
	}
}

func (p *profiler) revenue(column []float64) {
	sums := make([]float64, len(p.clusters))
	for i, v := range column {
		if !math.IsNaN(v) {
			sums[p.of[i]] += v
		}
	}
	for g, members := range p.members {
		total := 0.0
		for _, c := range members {
			total += sums[c]
		}
		p.groups[g].Revenue = total
		p.groups[g].RevenueShare = total / p.groups[0].Revenue
	}
}
