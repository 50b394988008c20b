package insight_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// orNaN reads JSON's null as NaN.
type orNaN float64

func (v *orNaN) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*v = orNaN(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(v))
}

type pandasSummary struct {
	Count        int
	Share        float64
	Revenue      float64
	RevenueShare float64 `json:"revenue_share"`
	Numeric      []struct {
		Column                                                  string
		Count, Missing                                          int
		Mean, SD, Min, Q1, Median, Q3, Max, Difference, Percent orNaN
	}
	Levels map[string]struct {
		Count       int
		Share, Lift float64
	}
	Missing int
}

// TestProfilePandas compares every figure with those of pandas in
// testdata/golden/profile.py.
func TestProfilePandas(t *testing.T) {
	g := readPandas(t)
	table := g.table(t)
	p, err := insight.NewProfile(context.Background(), table, g.Labels, nil, insight.ProfileOptions{Revenue: "amount"})
	if err != nil {
		t.Fatal(err)
	}
	g.check(t, p.Overall, g.Everybody)
	if len(p.Clusters) != 4 || len(p.Tiers) != 0 {
		t.Fatalf("%d clusters, %d tiers", len(p.Clusters), len(p.Tiers))
	}
	for i, c := range p.Clusters {
		g.check(t, c, g.Clusters[i])
		if !slices.Equal(c.Clusters, []int{2 * i}) {
			t.Errorf("%s is made of %v", c.Name, c.Clusters)
		}
	}
}

// Names for labels 0 to 6, of which the odd ones are empty.
func TestProfileTiersPandas(t *testing.T) {
	g := readPandas(t)
	p, err := insight.NewProfile(t.Context(), g.table(t), g.Labels, []string{"a", "d", "b", "d", "c", "d", "b"}, insight.ProfileOptions{Revenue: "amount"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tier := range p.Tiers {
		names = append(names, tier.Name)
	}
	if want := []string{"a", "d", "b", "c"}; !slices.Equal(names, want) {
		t.Errorf("tiers %v, want %v", names, want)
	}
	both, ok := p.Group("b")
	if !ok || !slices.Equal(both.Clusters, []int{2, 6}) {
		t.Errorf("tier b: %v, %v", both.Clusters, ok)
	}
	g.check(t, both, g.Tier)
	empty, ok := p.Group("d")
	if !ok || empty.Count != 0 || !math.IsNaN(empty.Numeric[0].Mean) || len(empty.Statements) != 0 || empty.Categories[0].Levels[0].Lift != 0 {
		t.Errorf("an empty tier: %+v", empty)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(`"mean":null`)) || bytes.Contains(data, []byte("NaN")) {
		t.Error("JSON has no null for the mean of no rows")
	}
}

// A pandasProfile is a table and what pandas finds in it.
type pandasProfile struct {
	Columns   []string
	X         [][]orNaN
	Labels    []int
	Home      []string
	Everybody pandasSummary
	Clusters  []pandasSummary
	Tier      pandasSummary
}

func readPandas(t *testing.T) (g pandasProfile) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden/profile.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g pandasProfile) table(t *testing.T) *features.Table {
	t.Helper()
	x := mat.NewDense(len(g.X), len(g.Columns), nil)
	for i, row := range g.X {
		for j, v := range row {
			x.Set(i, j, float64(v))
		}
	}
	return tableOf(t, x, g.Columns, features.WordSeries(features.Column{Name: "home"}, g.Home))
}

// check compares the facts on a group with those of pandas.
func (g pandasProfile) check(t *testing.T, got insight.Group, want pandasSummary) {
	t.Helper()
	if got.Count != want.Count || !near(got.Share, want.Share, 1e-14) || !near(got.Revenue, want.Revenue, 1e-13) || !near(got.RevenueShare, want.RevenueShare, 1e-13) {
		t.Errorf("%s: %d rows, share %v, revenue %v, share %v; pandas has %d, %v, %v, %v", got.Name, got.Count, got.Share, got.Revenue, got.RevenueShare,
			want.Count, want.Share, want.Revenue, want.RevenueShare)
	}
	for j, s := range got.Numeric {
		w := want.Numeric[j]
		if s.Column != w.Column || s.Count != w.Count || s.Missing != w.Missing {
			t.Errorf("%s, %s: %d values, %d missing; pandas has %d, %d", got.Name, s.Column, s.Count, s.Missing, w.Count, w.Missing)
		}
		ours := []float64{s.Mean, s.SD, s.Min, s.Q1, s.Median, s.Q3, s.Max, s.Difference, s.Percent}
		for i, v := range []orNaN{w.Mean, w.SD, w.Min, w.Q1, w.Median, w.Q3, w.Max, w.Difference, w.Percent} {
			if math.IsNaN(float64(v)) != math.IsNaN(ours[i]) || !math.IsNaN(ours[i]) && math.Abs(ours[i]-float64(v)) > 1e-12*(1+math.Abs(ours[i])) {
				t.Errorf("%s, %s: figure %d is %v, pandas has %v", got.Name, s.Column, i, ours[i], v)
			}
		}
	}
	c := got.Categories[0]
	if c.Missing != want.Missing || len(c.Levels) != len(want.Levels) {
		t.Errorf("%s: %d missing, %d levels; pandas has %d, %d", got.Name, c.Missing, len(c.Levels), want.Missing, len(want.Levels))
	}
	for i, l := range c.Levels {
		// The most frequent of everybody come first, in every group.
		if i > 0 && g.Everybody.Levels[l.Value].Count > g.Everybody.Levels[c.Levels[i-1].Value].Count {
			t.Errorf("%s: %s comes after %s", got.Name, l.Value, c.Levels[i-1].Value)
		}
		if w := want.Levels[l.Value]; l.Count != w.Count || !near(l.Share, w.Share, 1e-14) || !near(l.Lift, w.Lift, 1e-14) {
			t.Errorf("%s: %+v, pandas has %+v", got.Name, l, w)
		}
	}
}

// TestProfileStatements: the words, case by case.
func TestProfileStatements(t *testing.T) {
	// Ten rows in the segment, thirty outside.
	column := func(in, out []float64) []float64 {
		v := make([]float64, 40)
		for i := range v {
			if i < 10 {
				v[i] = in[i%len(in)]
			} else {
				v[i] = out[i%len(out)]
			}
		}
		return v
	}
	for name, test := range map[string]struct {
		column string
		values []float64
		words  features.ColumnWords
		want   string
	}{
		"times":       {"spent", column([]float64{1200, 1600}, []float64{100, 200}), features.ColumnWords{}, "spends 3 times the average (1,400 against 463)"},
		"twice":       {"spent", column([]float64{40}, []float64{13, 14}), features.ColumnWords{}, "spends twice the average (40 against 20.1)"},
		"per cent":    {"income", column([]float64{60000}, []float64{50000, 49000}), features.ColumnWords{}, "earns 15% more than the average (60,000 against 52,125)"},
		"less":        {"income", column([]float64{10000}, []float64{50000, 49000}), features.ColumnWords{}, "earns 75% less than the average (10,000 against 39,625)"},
		"in units":    {"age", column([]float64{60, 62}, []float64{40, 44}), features.ColumnWords{}, "is 14.2 years older than the average (61 against 46.8 years)"},
		"younger":     {"age", column([]float64{20, 22}, []float64{40, 44}), features.ColumnWords{}, "is 15.8 years younger than the average (21 against 36.8 years)"},
		"after":       {"mnt_wines", column([]float64{90, 100}, []float64{10, 12}), features.ColumnWords{}, "spends 3 times the average on wine (95 against 32)"},
		"no words":    {"mood_today", column([]float64{8, 9}, []float64{6, 7}), features.ColumnWords{}, "mood today 21% above the average (8.5 against 7)"},
		"own words":   {"mood", column([]float64{8, 9}, []float64{6, 7}), features.ColumnWords{Noun: "mood", Verb: "feels"}, "feels 21% more than the average (8.5 against 7)"},
		"with minus":  {"balance", column([]float64{8, 9}, []float64{-6, -7}), features.ColumnWords{Unit: "€"}, "balance 1.7 standard deviations above the average (8.5 against -2.8 €)"},
		"zero":        {"children", column([]float64{0}, []float64{1, 2}), features.ColumnWords{}, "none have children at home (75% of everybody)"},
		"mostly zero": {"children", column([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, []float64{0, 1, 2}), features.ColumnWords{}, "9 of 10 have no children at home (48% of everybody)"},
		"yes or no":   {"response", column([]float64{1, 1, 1, 0}, []float64{0, 0, 0, 0, 1}), features.ColumnWords{}, "8 of 10 accepted the last campaign (35% of everybody)"},
		"no":          {"response", column([]float64{0}, []float64{0, 1}), features.ColumnWords{}, "none accepted the last campaign (38% of everybody)"},
		"yes, raw":    {"vip_card", column([]float64{1}, []float64{0}), features.ColumnWords{}, "all have vip card (25% of everybody)"},
		"same tenth":  {"response", column([]float64{1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, []float64{0, 0, 1, 0, 1}), features.ColumnWords{}, "50% accepted the last campaign (46% of everybody)"},
	} {
		t.Run(name, func(t *testing.T) {
			x := mat.NewDense(40, 1, test.values)
			labels := make([]int, 40)
			for i := range 10 {
				labels[i] = 1
			}
			o := insight.ProfileOptions{MinEffect: 0.01, Counted: features.Counted(features.CampaignWords())}
			voice := narrate.English(features.CampaignWords())
			if test.words.Noun != "" || test.words.Unit != "" {
				voice.Words[test.column] = test.words
			}
			p, err := insight.NewProfile(context.Background(), tableOf(t, x, []string{test.column}), labels, nil, o)
			if err != nil {
				t.Fatal(err)
			}
			got := voice.Summary(p.Clusters[1])
			if name == "same tenth" { // by chance, and so not said
				if got != "much like everybody" {
					t.Errorf("%s: %q", name, got)
				}
				got = voice.Statement(insight.Statement{Column: "response", Kind: insight.KindShare, Level: ">0", Value: 0.5, Overall: 0.46})
			}
			if got != test.want {
				t.Errorf("%s: %q, want %q", name, got, test.want)
			}
		})
	}
}

// TestProfileChooses: statements come in the order of their effect, and what
// says the same is said once.
func TestProfileChooses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n = 400
	x := mat.NewDense(n, 5, nil)
	labels := make([]int, n)
	home := make([]string, n)
	for i := range n {
		in := 0.0
		home[i] = []string{"flat", "house"}[rng.IntN(2)]
		if i < n/4 {
			in, labels[i], home[i] = 1, 1, "boat"
		}
		a := rng.NormFloat64()
		x.SetRow(i, []float64{
			10 + a + 2*in,               // the strongest number
			10 + a + 2*in + 0.01*a*a,    // the same in other words
			10 + rng.NormFloat64() + in, // weaker
			10 + rng.NormFloat64(),      // nothing
			7,                           // constant
		})
	}
	table := tableOf(t, x, []string{"strong", "double", "weak", "noise", "constant"}, features.WordSeries(features.Column{Name: "home"}, home))
	p, err := insight.NewProfile(context.Background(), table, labels, nil, insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	last := math.Inf(1)
	for _, s := range p.Clusters[1].Statements {
		said = append(said, s.Column)
		if e := math.Abs(s.Effect); e > last {
			t.Errorf("%+v comes after a weaker one", s)
		} else {
			last = e
		}
		if s.Direction != "above" || voice.Statement(s) == "" {
			t.Errorf("%+v", s)
		}
	}
	if len(said) != 3 || said[0] != "home" || said[2] != "weak" {
		t.Errorf("said of %v; want home, strong or double, weak", said)
	}
	if got := p.Clusters[0].Statements; len(got) == 0 || got[0].Direction != "below" {
		t.Errorf("of the others: %+v", got)
	}
	homely := narrate.English(map[string]features.ColumnWords{"home": {Levels: map[string]string{"boat": "live on a boat"}}})
	few, err := insight.NewProfile(context.Background(), table, labels, nil, insight.ProfileOptions{Statements: 1, Redundant: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := homely.Summary(few.Clusters[1]); got != "all live on a boat (25% of everybody)" {
		t.Errorf("%q", got)
	}
}

func TestCohenH(t *testing.T) {
	// Cohen 1988, table 6.2.2: φ of 0.5 is 1.571, of 0.2 is 0.927.
	if h := insight.CohenH(0.5, 0.2); math.Abs(h-(1.571-0.927)) > 1e-3 {
		t.Errorf("h = %v", h)
	}
}

func TestReadable(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.0123: "0.012", 0.5: "0.5", 0.999: "1.0", 1.04: "1.0", 9.96: "10.0", 57: "57.0", 99.97: "100", 100: "100", 1234.5: "1,234",
		-1234567: "-1,234,567", -5.25: "-5.2", 1e15: "1e+15", math.Inf(1): "+Inf",
	} {
		want = strings.TrimSuffix(want, ".0")
		if got := voice.Readable(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

// TestProfileSameBits: the number of processors changes nothing, and neither
// does the order of the columns.
func TestProfileSameBits(t *testing.T) {
	x, of := people(500)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []byte
	for _, procs := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		p, err := insight.NewProfile(context.Background(), tableOf(t, x, columns), of, segment.DefaultTierNames(), insight.ProfileOptions{Revenue: "spent"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("GOMAXPROCS %d: another profile", procs)
		}
	}
}

func TestModelProfile(t *testing.T) {
	x, _ := people(400)
	m := train(t, x, segment.TrainOptions{Seed: 1})
	// The columns in another order, and one more.
	names := []string{"income", "extra", "children", "tenure", "spent", "age"}
	other := mat.NewDense(400, 6, nil)
	for i := range 400 {
		for j, name := range names {
			if from := slices.Index(columns, name); from >= 0 {
				other.Set(i, j, x.At(i, from))
			}
		}
	}
	p, err := insight.ProfileOf(context.Background(), m, tableOf(t, other, names), insight.ProfileOptions{Revenue: "spent"})
	if err != nil {
		t.Fatal(err)
	}
	total, revenue := 0, 0.0
	for i, tier := range p.Tiers {
		total += tier.Count
		revenue += tier.RevenueShare
		if tier.Name != m.TierNames()[i] || float64(tier.Count) != m.Tiers()[i].Size {
			t.Errorf("tier %d is %s with %d rows", i, tier.Name, tier.Count)
		}
		income, ok := tier.Column("income")
		if !ok || math.Abs(income.Mean-m.Means()[i][4]) > 1e-9*income.Mean {
			t.Errorf("%s: income %v, the model has %v", tier.Name, income.Mean, m.Means()[i][4])
		}
	}
	if total != 400 || math.Abs(revenue-1) > 1e-12 {
		t.Errorf("%d rows, %v of the revenue", total, revenue)
	}
	if _, ok := p.Overall.Column("age of the captain"); ok {
		t.Error("a column that is not there")
	}
	if _, ok := p.Group("Tin"); ok {
		t.Error("a group that is not there")
	}
	if g, ok := p.Group("everybody"); !ok || g.Count != 400 {
		t.Errorf("everybody: %v, %v", g.Count, ok)
	}
	if _, err := insight.ProfileOf(context.Background(), m, tableOf(t, x.Slice(0, 400, 0, 4), columns[:4]), insight.ProfileOptions{}); !errors.Is(err, segment.ErrOption) || !strings.Contains(err.Error(), "income") {
		t.Errorf("a table without income: %v", err)
	}
	none, err := tableOf(t, x, columns).Rows(t.Context(), []int{})
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string]*features.Table{"no rows": none, "no table": nil} {
		if _, err := insight.ProfileOf(t.Context(), m, table, insight.ProfileOptions{}); !errors.Is(err, segment.ErrEmpty) || errors.Is(err, segment.ErrOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProfileRefuses(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	table := tableOf(t, x, []string{"a", "b"})
	infinite := tableOf(t, mat.NewDense(2, 2, []float64{1, 2, math.Inf(1), 4}), []string{"a", "b"})
	ok := []int{0, 1}
	for name, test := range map[string]struct {
		table  *features.Table
		labels []int
		tiers  []string
		o      insight.ProfileOptions
		want   error
		says   string
	}{
		"no rows":       {nil, nil, nil, insight.ProfileOptions{}, segment.ErrEmpty, "0×0"},
		"revenue":       {table, ok, nil, insight.ProfileOptions{Revenue: "c"}, segment.ErrOption, "c"},
		"infinite":      {infinite, ok, nil, insight.ProfileOptions{}, segment.ErrNotFinite, "row 1, column a is +Inf"},
		"labels":        {table, ok[:1], nil, insight.ProfileOptions{}, segment.ErrWidth, "1 labels for 2 rows"},
		"label below 0": {table, []int{0, -1}, nil, insight.ProfileOptions{}, segment.ErrLabels, "row 1 has label -1"},
		"no tier":       {table, ok, []string{"a"}, insight.ProfileOptions{}, segment.ErrLabels, "row 1 has label 1"},
		"tier unnamed":  {table, ok, []string{"a", ""}, insight.ProfileOptions{}, segment.ErrOption, "cluster 1"},
		"statements":    {table, ok, nil, insight.ProfileOptions{Statements: -1}, segment.ErrOption, "Statements is -1"},
		"effect":        {table, ok, nil, insight.ProfileOptions{MinEffect: math.NaN()}, segment.ErrOption, "MinEffect is NaN"},
		"redundant":     {table, ok, nil, insight.ProfileOptions{Redundant: -0.5}, segment.ErrOption, "Redundant is -0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := insight.NewProfile(context.Background(), test.table, test.labels, test.tiers, test.o)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v, want %v with %q", name, err, test.want, test.says)
			}
		})
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := insight.NewProfile(ended, table, ok, nil, insight.ProfileOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// TestProfileExtremes: values at the ends of the range of numbers give figures
// or none, and never a panic or JSON that cannot be written.
func TestProfileExtremes(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{math.MaxFloat64, 5e-324, -math.MaxFloat64, 0, math.MaxFloat64, 1e-310, 1, math.NaN()})
	p, err := insight.NewProfile(context.Background(), tableOf(t, x, []string{"a", "b"}), []int{0, 0, 1, 1}, nil, insight.ProfileOptions{Revenue: "a", MinEffect: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(p); err != nil {
		t.Error(err)
	}
}

// tableOf returns the table of a matrix and further columns.
func tableOf(t testing.TB, x mat.Matrix, names []string, further ...features.Series) *features.Table {
	t.Helper()
	table, err := features.FromMatrix(t.Context(), x, names...)
	if err == nil {
		table, err = table.With(further...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func BenchmarkProfile(b *testing.B) {
	x, of := people(100_000)
	table := tableOf(b, x, columns)
	b.SetBytes(8 * 5 * 100_000)
	for b.Loop() {
		if _, err := insight.NewProfile(context.Background(), table, of, segment.DefaultTierNames(), insight.ProfileOptions{Revenue: "spent"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "rows/s")
}
