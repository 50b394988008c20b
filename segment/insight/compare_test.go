package insight_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// scipyFigures are what testdata/golden/compare.py got of SciPy.
type scipyFigures struct {
	Matchings []struct {
		Gain [][]float64
		Best float64
	}
	Pairs []struct {
		A, B []float64
		KS   float64
	}
}

func readScipy(t *testing.T) scipyFigures {
	t.Helper()
	data, err := os.ReadFile("testdata/golden/compare.json")
	if err != nil {
		t.Fatal(err)
	}
	var g scipyFigures
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestAssignScipy: every matching is one to one, as large as can be, and gains
// as much as that of SciPy.
func TestAssignScipy(t *testing.T) {
	for i, m := range readScipy(t).Matchings {
		checkMatching(t, i, m.Gain, m.Best)
	}
	if got := insight.Assign(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func checkMatching(t *testing.T, i int, gain [][]float64, best float64) {
	t.Helper()
	sum, matched := 0.0, 0
	taken := map[int]bool{}
	for row, j := range insight.Assign(gain) {
		if j < 0 {
			continue
		}
		if taken[j] {
			t.Errorf("matching %d: column %d twice", i, j)
		}
		taken[j] = true
		matched++
		sum += gain[row][j]
	}
	if matched != min(len(gain), len(gain[0])) || math.Abs(sum-best) > 1e-9 {
		t.Errorf("matching %d: %d pairs gain %v; the best is %v", i, matched, sum, best)
	}
}

// TestAssignBruteForce: with gains below 0 and fractions too.
func TestAssignBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		n := 1 + rng.IntN(6)
		gain := make([][]float64, n)
		for r := range gain {
			gain[r] = make([]float64, n)
			for c := range gain[r] {
				gain[r][c] = rng.NormFloat64()
			}
		}
		var try func(row int, used uint) float64
		try = func(row int, used uint) float64 {
			if row == n {
				return 0
			}
			best := math.Inf(-1)
			for c := range n {
				if used&(1<<c) == 0 {
					best = max(best, gain[row][c]+try(row+1, used|1<<c))
				}
			}
			return best
		}
		checkMatching(t, i, gain, try(0, 0))
	}
}

func TestKolmogorovScipy(t *testing.T) {
	for i, p := range readScipy(t).Pairs {
		a, b := mat.NewDense(len(p.A), 1, p.A), mat.NewDense(len(p.B), 1, p.B)
		d, err := insight.Drifts(t.Context(), a, b, "v")
		if err != nil || math.Abs(d[0].KS-p.KS) > 1e-15 {
			t.Errorf("pair %d: %+v (%v), SciPy has %v", i, d, err, p.KS)
		}
		back, err := insight.Drifts(t.Context(), b, a, "v")
		if err != nil || back[0].KS != d[0].KS || back[0].KSCritical != d[0].KSCritical {
			t.Errorf("pair %d, the other way: %+v (%v)", i, back, err)
		}
	}
}

// TestKSCritical: Smirnov's table has 1.63 for one in a hundred.
func TestKSCritical(t *testing.T) {
	d, err := insight.Drifts(t.Context(), mat.NewDense(100, 1, nil), mat.NewDense(400, 1, nil), "v")
	if err != nil || math.Abs(d[0].KSCritical-1.63*math.Sqrt(500.0/40000)) > 1e-3 {
		t.Errorf("%+v (%v)", d, err)
	}
}

// TestPSI: by hand.
func TestPSI(t *testing.T) {
	// Ten values, one in each bin; after, all have the lowest value.
	before := mat.NewDense(10, 1, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	after := mat.NewDense(10, 1, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	want := (1-0.1)*math.Log(1/0.1) + 9*(0.05-0.1)*math.Log(0.05/0.1)
	d, err := insight.Drifts(t.Context(), before, after, "v")
	if err != nil || math.Abs(d[0].PSI-want) > 1e-12 {
		t.Errorf("%+v (%v), want %v", d, err, want)
	}
	// Two values: two bins. A quarter against three quarters.
	before = mat.NewDense(4, 1, []float64{0, 0, 0, 1})
	after = mat.NewDense(4, 1, []float64{0, 1, 1, 1})
	if d, err = insight.Drifts(t.Context(), before, after, "v"); err != nil || math.Abs(d[0].PSI-math.Log(3)) > 1e-12 {
		t.Errorf("%+v (%v), want ln 3", d, err)
	}
	// Missing values are a bin of their own.
	nan := math.NaN()
	before = mat.NewDense(4, 1, []float64{1, 1, 1, nan})
	after = mat.NewDense(4, 1, []float64{1, nan, nan, nan})
	if d, err = insight.Drifts(t.Context(), before, after, "v"); err != nil || math.Abs(d[0].PSI-math.Log(3)) > 1e-12 || d[0].KS != 0 {
		t.Errorf("%+v (%v), want ln 3", d, err)
	}
	// Nothing but missing values: no distribution to compare.
	after = mat.NewDense(4, 1, []float64{nan, nan, nan, nan})
	if d, err = insight.Drifts(t.Context(), before, after, "v"); err != nil || !math.IsNaN(d[0].KS) || !(d[0].PSI > 1) {
		t.Errorf("%+v (%v)", d, err)
	}
	data, err := json.Marshal(d[0])
	if err != nil || !bytes.Contains(data, []byte(`"ks":null,"ks_critical":null`)) {
		t.Errorf("%s (%v)", data, err)
	}
	// A population does not differ from itself, and little from its half.
	x, _ := people(1000)
	d, err = insight.Drifts(t.Context(), x, x, columns...)
	if err != nil {
		t.Fatal(err)
	}
	half, err := insight.Drifts(t.Context(), x, x.Slice(0, 500, 0, 5), columns...)
	if err != nil {
		t.Fatal(err)
	}
	for j := range d {
		if d[j].PSI != 0 || d[j].KS != 0 || half[j].PSI > 0.1 || half[j].KS > half[j].KSCritical {
			t.Errorf("%+v, of half %+v", d[j], half[j])
		}
	}
}

// TestCompare: a model does not differ from itself, nor from itself retrained,
// and differs from one of another population.
func TestCompare(t *testing.T) {
	ctx := context.Background()
	x, _ := people(800)
	old := train(t, x.Slice(0, 400, 0, 5), segment.TrainOptions{K: 4, Seed: 1})
	again := train(t, x.Slice(400, 800, 0, 5), segment.TrainOptions{K: 4, Seed: 2})
	for name, model := range map[string]*segment.Model{"itself": old, "retrained": again} {
		t.Run(name, func(t *testing.T) {
			c, err := insight.Compare(ctx, old, model, x, insight.CompareOptions{Before: x.Slice(0, 400, 0, 5)})
			if err != nil {
				t.Fatal(err)
			}
			if c.Verdict != insight.VerdictSame || c.AdjustedRand < 0.99 || c.Stay < 0.99 || math.Abs(c.Stay+c.Up+c.Down-1) > 1e-9 || len(c.Drift) != 5 {
				t.Errorf("%s: %+v", name, c)
			}
			for i, m := range c.Matches {
				if m.Old != i || m.New != i || m.OldTier != m.NewTier || m.Jaccard < 0.98 {
					t.Errorf("%s: %+v", name, m)
				}
			}
			checkCounts(t, c, 800)
		})
	}

	// Everybody earns and spends three times as much.
	rich := mat.DenseCopyOf(x)
	for i := range 800 {
		rich.Set(i, 1, 3*rich.At(i, 1))
		rich.Set(i, 4, 3*rich.At(i, 4))
	}
	c, err := insight.Compare(ctx, old, train(t, rich, segment.TrainOptions{K: 4}), rich, insight.CompareOptions{Before: x})
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(voice.Comparison(c), "\n")
	if c.Verdict != insight.VerdictChanged || !strings.Contains(said, "income is another population: PSI ") || !strings.HasPrefix(said, "The new model is another segmentation.") {
		t.Errorf("%s", said)
	}
	checkCounts(t, c, 800)
}

func checkCounts(t *testing.T, c *insight.Comparison, rows int) {
	t.Helper()
	for _, m := range []insight.TransitionMatrix{c.Clusters, c.Tiers} {
		total := 0
		for i := range m.From {
			for j := range m.To {
				total += m.Counts[i][j]
			}
		}
		if total != rows {
			t.Errorf("%v holds %d rows of %d", m, total, rows)
		}
	}
}

// TestCompareOtherShape: other numbers of clusters, other columns in another
// order, and names that stay with the clusters.
func TestCompareOtherShape(t *testing.T) {
	ctx := context.Background()
	x, of := people(600)
	four := train(t, x, segment.TrainOptions{K: 4, Seed: 1})
	// Two columns, the other way round, and two clusters.
	two := mat.NewDense(600, 2, nil)
	for i := range 600 {
		two.SetRow(i, []float64{x.At(i, 4), x.At(i, 1)})
	}
	small := train(t, two, segment.TrainOptions{Columns: []string{"income", "spent"}, Value: []string{"income", "spent"}, K: 2, Seed: 1, TierNames: []string{"top", "rest"}})
	c, err := insight.Compare(ctx, four, small, x, insight.CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checkCounts(t, c, 600)
	ended := 0
	for _, m := range c.Matches {
		if m.New < 0 {
			ended++
		}
	}
	said := strings.Join(voice.Comparison(c), "\n")
	if ended != 2 || c.Verdict != insight.VerdictChanged || strings.Count(said, "has no successor") != 2 {
		t.Errorf("%+v\n%s", c.Matches, said)
	}
	kept, _, err := insight.KeepTierNames(four, small, c)
	if err != nil {
		t.Fatal(err)
	}
	if names := kept.TierNames(); !slices.Contains(segment.DefaultTierNames(), names[0]) || slices.Equal(names, small.TierNames()) {
		t.Errorf("names %v", names)
	}

	// And back: two clusters of four are new.
	c, err = insight.Compare(ctx, small, four, x, insight.CompareOptions{Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	fresh := 0
	for _, m := range c.Matches {
		if m.Old < 0 {
			fresh++
		}
	}
	if fresh != 2 || strings.Count(strings.Join(voice.ComparisonReasons(c), "\n"), "is new") != 2 {
		t.Errorf("%+v", c.Matches)
	}
	kept, notes, err := insight.KeepTierNames(small, four, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := kept.TierNames(); !slices.Equal(got, []string{"top", "rest"}) || len(notes) != 0 {
		t.Errorf("names %v, notes %+v", got, notes)
	}
	// Nothing but the names changes, and the model that was stays.
	for i, p := range mustPredict(t, kept, x) {
		if before := mustPredict(t, four, x.Slice(i, i+1, 0, 5))[0]; p.Cluster != before.Cluster || p.Distance != before.Distance || before.Tier != segment.DefaultTierNames()[of[i]] {
			t.Fatalf("row %d: %+v, before %+v", i, p, before)
		}
		if i == 50 {
			break
		}
	}
	var file bytes.Buffer
	if err := kept.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := segment.Read(&file)
	if err != nil || !slices.Equal(read.TierNames(), kept.TierNames()) {
		t.Errorf("read back: %v", err)
	}
}

func mustPredict(t *testing.T, m *segment.Model, x mat.Matrix) []segment.Prediction {
	t.Helper()
	p, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKeepTierNames: two clusters that swap their ranks swap their names, and on
// request they do not.
func TestKeepTierNames(t *testing.T) {
	// One group earns, the other spends: which is worth more is a matter of a
	// little.
	rows := func(spends float64) *mat.Dense {
		rng := rand.New(rand.NewPCG(1, 9))
		x := mat.NewDense(300, 2, nil)
		for i := range 300 {
			at := [][]float64{{10, 1}, {1, spends}, {0, 0}}[i%3]
			x.SetRow(i, []float64{at[0] + 0.1*rng.NormFloat64(), at[1] + 0.1*rng.NormFloat64()})
		}
		return x
	}
	names := []string{"income", "spent"}
	before, after := rows(9), rows(12)
	options := segment.TrainOptions{Columns: names, Value: names, K: 3, TierNames: []string{"Platinum", "Gold", "Bronze"}}
	old := train(t, before, options)
	options.Value = []string{"spent"}
	new := train(t, after, options)
	c, err := insight.Compare(context.Background(), old, new, after, insight.CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(voice.Comparison(c), "\n")
	if c.AdjustedRand != 1 || c.Verdict != insight.VerdictChanged || !strings.Contains(said, "Cluster 0 was Platinum; its successor, cluster 1, is Gold.") {
		t.Fatalf("%s", said)
	}
	// Platinum becomes Gold and Gold Platinum.
	if math.Abs(c.Up-1.0/3) > 1e-12 || math.Abs(c.Down-1.0/3) > 1e-12 || c.Tiers.Counts[0][1] != 100 || c.Tiers.Counts[1][0] != 100 {
		t.Errorf("%v go up, %v down: %v", c.Up, c.Down, c.Tiers)
	}
	kept, notes, err := insight.KeepTierNames(old, new, c)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Tier(0) != "Gold" || kept.Tier(1) != "Platinum" || kept.Tier(2) != "Bronze" || new.Tier(0) != "Platinum" {
		t.Errorf("%+v", kept.Tiers())
	}
	if len(notes) != 1 || !strings.Contains(voice.KeptAbove(notes[0]), "cluster 0 keeps the name Gold though it is now worth more than cluster 1, Platinum") {
		t.Errorf("%+v", notes)
	}
	if c, err = insight.Compare(context.Background(), old, kept, after, insight.CompareOptions{}); err != nil || c.Verdict != insight.VerdictSame || c.Stay != 1 {
		t.Errorf("%+v (%v)", c, err)
	}
	if _, _, err := insight.KeepTierNames(train(t, before, segment.TrainOptions{Columns: names, Value: names, K: 2}), new, c); !errors.Is(err, segment.ErrWidth) {
		t.Errorf("a comparison of other models: %v", err)
	}
	if _, _, err := insight.KeepTierNames(nil, new, nil); !errors.Is(err, segment.ErrWidth) {
		t.Errorf("nothing: %v", err)
	}
}

// TestKeepTierNamesMatched: the match decides, also where most rows of a
// cluster come from another; those without a match follow their rows.
func TestKeepTierNamesMatched(t *testing.T) {
	x, _ := people(100)
	old := train(t, x, segment.TrainOptions{K: 2, TierNames: []string{"a", "b"}})
	new := train(t, x, segment.TrainOptions{K: 3, TierNames: []string{"x", "y", "z"}})
	c := &insight.Comparison{
		Clusters: insight.TransitionMatrix{From: []string{"", ""}, To: []string{"", "", ""}, Counts: [][]int{{60, 50, 1}, {0, 40, 9}}},
		Matches:  []insight.ClusterMatch{{Old: 0, New: 0}, {Old: 1, New: 1}, {Old: -1, New: 2}},
	}
	kept, _, err := insight.KeepTierNames(old, new, c)
	if err != nil || kept.Tier(0) != "a" || kept.Tier(1) != "b" || kept.Tier(2) != "b" {
		t.Errorf("%+v (%v)", kept.Tiers(), err)
	}
	c.Matches[0].Old = 2
	if _, _, err := insight.KeepTierNames(old, new, c); !errors.Is(err, segment.ErrWidth) {
		t.Errorf("a match with no cluster: %v", err)
	}
	c.Matches[0].Old = 0
	// Where no row is, nothing is known.
	c.Clusters.Counts[0][2], c.Clusters.Counts[1][2] = 0, 0
	if kept, _, err = insight.KeepTierNames(old, new, c); err != nil || kept.Tier(2) != "z" {
		t.Errorf("%+v (%v)", kept.Tiers(), err)
	}
}

// TestCompareNobodyThere: a cluster without any of the rows says nothing.
func TestCompareNobodyThere(t *testing.T) {
	x, of := people(400)
	old := train(t, x, segment.TrainOptions{K: 4, Seed: 1})
	// Those of the last tier come to spend and earn like the best.
	rich := mat.DenseCopyOf(x)
	for i := range 400 {
		if of[i] == 3 {
			rich.SetRow(i, []float64{62, 1500, 24, 0, 85000})
		}
	}
	new := train(t, x, segment.TrainOptions{K: 4, Seed: 1})
	a, err := insight.Compare(context.Background(), old, new, rich, insight.CompareOptions{})
	if err != nil || a.Stay != 1 || slices.Max(a.Tiers.Counts[3]) != 0 || len(a.Matches) != 5 || a.Matches[3].New != -1 || a.Matches[4].Old != -1 {
		t.Errorf("%+v (%v)", a, err)
	}
	if a.Verdict != insight.VerdictSame {
		t.Errorf("a cluster without any of the rows is no loss: %q", voice.ComparisonReasons(a))
	}
}

func TestCompareRefuses(t *testing.T) {
	ctx := context.Background()
	x, _ := people(100)
	m := train(t, x, segment.TrainOptions{K: 3})
	bad := mat.DenseCopyOf(x)
	bad.Set(7, 1, math.Inf(-1))
	for name, test := range map[string]struct {
		old, new *segment.Model
		x        mat.Matrix
		o        insight.CompareOptions
		want     error
		says     string
	}{
		"no model":         {nil, m, x, insight.CompareOptions{}, segment.ErrNotModel, "the old model"},
		"no rows":          {m, m, nil, insight.CompareOptions{}, segment.ErrEmpty, "the old model"},
		"columns":          {m, m, x, insight.CompareOptions{Columns: columns[1:]}, segment.ErrWidth, "4 column names for 5 columns"},
		"column is absent": {m, m, x.Slice(0, 9, 0, 4), insight.CompareOptions{Columns: columns[:4]}, segment.ErrOption, "no column income"},
		"infinite":         {m, m, bad, insight.CompareOptions{}, segment.ErrNotFinite, "row 7"},
		"before":           {m, m, x, insight.CompareOptions{Before: x.Slice(0, 9, 0, 4)}, segment.ErrWidth, "the rows before have 4 columns"},
		"before infinite":  {m, m, x, insight.CompareOptions{Before: bad}, segment.ErrNotFinite, "row 7, column spent of the rows before is -Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := insight.Compare(ctx, test.old, test.new, test.x, test.o)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v, want %v with %q", name, err, test.want, test.says)
			}
		})
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := insight.Compare(ended, m, m, x, insight.CompareOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if _, err := insight.Drifts(t.Context(), nil, x, columns...); !errors.Is(err, segment.ErrEmpty) {
		t.Errorf("no rows before: %v", err)
	}
}
