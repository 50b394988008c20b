package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// resampled are the figures of R's fpc and cluster that
// testdata/golden/resampling.R made.
type resampled struct {
	X         [][]float64
	Stability []struct {
		K         int
		Partition []int
		Resamples []struct {
			Rows      []int
			Partition []int
		}
		Similarity           [][]float64
		Mean, SD             []float64
		Recovered, Dissolved []float64
		Runs                 float64
	}
	Gap struct {
		Runs              int
		LogW              []float64 `json:"log_w"`
		Expected, Gap, SE []float64
		K                 int
	}
	Rule []struct {
		Gap, SE []float64
		K       int
	}
}

func readResampled(t *testing.T) (resampled, *mat.Dense) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden/resampling.json")
	if err != nil {
		t.Fatal(err)
	}
	var g resampled
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g, rowsOf(g.X)
}

func rowsOf(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	return x
}

// TestJaccardsClusterboot: for the partitions that clusterboot saw, the
// similarities are its own.
func TestJaccardsClusterboot(t *testing.T) {
	g, _ := readResampled(t)
	for _, s := range g.Stability {
		for r, resample := range s.Resamples {
			labels := make([]int, len(resample.Rows))
			for i, row := range resample.Rows {
				labels[i] = s.Partition[row]
			}
			for c, v := range insight.Jaccards(labels, resample.Partition, s.K, s.K) {
				if math.Abs(v-s.Similarity[r][c]) > 1e-14 {
					t.Errorf("k = %d, resample %d, cluster %d: %v, clusterboot has %v", s.K, r, c, v, s.Similarity[r][c])
				}
			}
		}
	}
}

// TestStabilityClusterboot compares the mean similarities with those of
// clusterboot, whose resamples are others: they differ by chance, of which four
// standard errors are allowed, and a hundredth for the fits that k-means with 20
// seeds misses.
func TestStabilityClusterboot(t *testing.T) {
	g, x := readResampled(t)
	for _, s := range g.Stability {
		c, err := segment.KMeansPP{K: s.K, Restarts: 20}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		const runs = 200
		stability, err := insight.Stability{Resamples: runs, Restarts: 5}.Fit(context.Background(), x, c)
		if err != nil {
			t.Fatal(err)
		}
		// The cluster of theirs that each of ours is.
		same := jaccardMatch(c.Labels(), s.Partition, s.K)
		for cluster, v := range stability[0] {
			theirs := same[cluster]
			allowed := 0.01 + 4*s.SD[theirs]*math.Sqrt(1/s.Runs+1/float64(runs))
			if v.Cluster != cluster || math.Abs(v.Jaccard-s.Mean[theirs]) > allowed {
				t.Errorf("k = %d: %+v, clusterboot has %.3f, ± %.3f allowed", s.K, v, s.Mean[theirs], allowed)
			}
			// Counts of a binomial, likewise.
			for name, pair := range map[string][2]float64{
				"recovered": {float64(v.Recovered) / runs, s.Recovered[theirs] / s.Runs},
				"dissolved": {float64(v.Dissolved) / runs, s.Dissolved[theirs] / s.Runs},
			} {
				t.Run(name, func(t *testing.T) {
					if math.Abs(pair[0]-pair[1]) > 0.02+4*math.Sqrt(0.25*(1/s.Runs+1/float64(runs))) {
						t.Errorf("k = %d, cluster %d: %s in %.2f of the resamples, clusterboot in %.2f", s.K, cluster, name, pair[0], pair[1])
					}
				})
			}
		}
	}
}

func jaccardMatch(a, b []int, k int) []int {
	gain := make([][]float64, k)
	for i := range gain {
		gain[i] = make([]float64, k)
	}
	for i := range a {
		gain[a[i]][b[i]]++
	}
	return insight.Assign(gain)
}

func TestGapClusGap(t *testing.T) {
	g, x := readResampled(t)
	got, err := segment.GapStatistic{MaxK: 6, References: g.Gap.Runs, Restarts: 30}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		// clusGap's W is half the inertia, and its k-means of 20 starts misses
		// the optimum here from k = 5 on, by less than half a per cent.
		want := g.Gap.LogW[i] + math.Ln2
		if p.LogW > want+1e-12 || p.LogW < want-0.005 || p.K < 5 && p.LogW < want-1e-12 {
			t.Errorf("k = %d: log W %v, clusGap's is %v", p.K, p.LogW, want)
		}
		// Means of as many reference sets each, drawn independently.
		allowed := 4 * g.Gap.SE[i] * math.Sqrt(2/float64(g.Gap.Runs))
		if math.Abs(p.Gap-g.Gap.Gap[i]) > allowed {
			t.Errorf("k = %d: gap %v, clusGap's is %v, ± %v allowed", p.K, p.Gap, g.Gap.Gap[i], allowed)
		}
		if r := p.SE / g.Gap.SE[i]; r < 0.8 || r > 1.25 {
			t.Errorf("k = %d: standard error %v, clusGap's is %v", p.K, p.SE, g.Gap.SE[i])
		}
	}
	if k, ok := got.Choose(); k != g.Gap.K || !ok {
		t.Errorf("k = %d, %v; clusGap chooses %d", k, ok, g.Gap.K)
	}
}

func TestGapChoose(t *testing.T) {
	g, _ := readResampled(t)
	for i, rule := range g.Rule {
		var r segment.GapResult
		for k := range rule.Gap {
			r = append(r, segment.GapPoint{K: k + 1, Gap: rule.Gap[k], SE: rule.SE[k]})
		}
		if k, _ := r.Choose(); k != rule.K {
			t.Errorf("rule %d: k = %d, maxSE chooses %d", i, k, rule.K)
		}
	}
	if k, ok := (segment.GapResult{}).Choose(); k != 0 || ok {
		t.Errorf("of no points: %d, %v", k, ok)
	}
	rising := segment.GapResult{{K: 1, Gap: 1}, {K: 2, Gap: 2}, {K: 3, Gap: 3}}
	if k, ok := rising.Choose(); k != 3 || ok {
		t.Errorf("of a gap that grows: %d, %v", k, ok)
	}
}

// TestGapFewRows: of few rows, and of few distinct ones, there is a gap for each
// k but that of the rows themselves, and it can be written.
func TestGapFewRows(t *testing.T) {
	for _, test := range []struct {
		rows []float64
		most int // the last k with a gap
		k    int // where there is nothing to choose; 0 elsewhere
	}{
		{[]float64{0, 5}, 1, 1},
		{[]float64{0, 5, 9}, 2, 0},
		{[]float64{0, 5, 0, 5, 0, 5}, 2, 2}, // with two clusters the gap is infinite
		{[]float64{0, 1, 5, 6, 20, 21}, 5, 0},
	} {
		r, err := segment.GapStatistic{References: 5}.Fit(context.Background(), mat.NewDense(len(test.rows), 1, test.rows))
		if err != nil {
			t.Errorf("%v: %v", test.rows, err)
			continue
		}
		most := 0
		for _, p := range r {
			if !math.IsNaN(p.Gap) {
				most = p.K
			}
		}
		if k, _ := r.Choose(); test.k > 0 && k != test.k || k < 1 || k > most || most != test.most {
			t.Errorf("%v: k = %d, gaps up to %d; want %d, %d", test.rows, k, most, test.k, test.most)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%v: %v", test.rows, err)
		}
	}
}

// TestResamplingSameBits: neither the number of processors nor that of workers
// changes a bit.
func TestResamplingSameBits(t *testing.T) {
	x, _ := blobs(150, 3, 3, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []byte
	for i, procs := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		r, err := insight.SelectK(context.Background(), x, insight.SelectionOptions{MaxK: 5, References: 7, Resamples: 7, Seed: 3, Workers: i})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("GOMAXPROCS %d: another report", procs)
		}
	}
}

func TestResamplingRefuses(t *testing.T) {
	ctx := context.Background()
	x, _ := blobs(20, 2, 2, 1)
	c, err := segment.KMeansPP{K: 2}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	centroids, err := segment.NewClustering(c.Centroids())
	if err != nil {
		t.Fatal(err)
	}
	bad := mat.DenseCopyOf(x)
	bad.Set(3, 1, math.NaN())
	same := mat.NewDense(5, 2, []float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2})
	gap := func(o segment.GapStatistic, x mat.Matrix) func() error {
		return func() error { _, err := o.Fit(ctx, x); return err }
	}
	gapOf := func(x mat.Matrix, c ...*segment.Clustering) func() error {
		return func() error { _, err := segment.GapStatistic{}.Of(ctx, x, c); return err }
	}
	stability := func(o insight.Stability, x mat.Matrix, c ...*segment.Clustering) func() error {
		return func() error { _, err := o.Fit(ctx, x, c...); return err }
	}
	report := func(o insight.SelectionOptions, x mat.Matrix) func() error {
		return func() error { _, err := insight.SelectK(ctx, x, o); return err }
	}
	for name, test := range map[string]struct {
		do   func() error
		want error
	}{
		"gap of nothing":            {gap(segment.GapStatistic{}, nil), segment.ErrEmpty},
		"gap of NaN":                {gap(segment.GapStatistic{}, bad), segment.ErrNotFinite},
		"gap of one row":            {gap(segment.GapStatistic{}, x.Slice(0, 1, 0, 2)), segment.ErrTooFew},
		"gap, too many clusters":    {gap(segment.GapStatistic{MaxK: 21}, x), segment.ErrTooFew},
		"gap, one reference":        {gap(segment.GapStatistic{References: 1}, x), segment.ErrOption},
		"gap, MaxK below 1":         {gap(segment.GapStatistic{MaxK: -1}, x), segment.ErrOption},
		"gap, restarts":             {gap(segment.GapStatistic{Restarts: -1}, x), segment.ErrOption},
		"gap, workers":              {gap(segment.GapStatistic{Workers: -1}, x), segment.ErrOption},
		"gap of no labels":          {gapOf(x, centroids), segment.ErrWidth},
		"gap of no fit":             {gapOf(x, nil), segment.ErrWidth},
		"gap of other rows":         {gapOf(x.Slice(0, 10, 0, 2), c), segment.ErrWidth},
		"gap of other columns":      {gapOf(x.Slice(0, 20, 0, 1), c), segment.ErrWidth},
		"gap of the same twice":     {gapOf(x, c, c), segment.ErrOption},
		"stability of no labels":    {stability(insight.Stability{}, x, centroids), segment.ErrWidth},
		"stability of nothing":      {stability(insight.Stability{}, nil, c), segment.ErrEmpty},
		"stability of NaN":          {stability(insight.Stability{}, bad, c), segment.ErrNotFinite},
		"stability of other rows":   {stability(insight.Stability{}, x.Slice(0, 10, 0, 2), c), segment.ErrWidth},
		"stability of no fit":       {stability(insight.Stability{}, x, nil, c), segment.ErrWidth},
		"stability, resamples":      {stability(insight.Stability{Resamples: -1}, x, c), segment.ErrOption},
		"stability, workers":        {stability(insight.Stability{Workers: -1}, x, c), segment.ErrOption},
		"report of nothing":         {report(insight.SelectionOptions{}, nil), segment.ErrEmpty},
		"report of NaN":             {report(insight.SelectionOptions{}, bad), segment.ErrNotFinite},
		"report of equal rows":      {report(insight.SelectionOptions{}, same), segment.ErrTooFew},
		"report, range":             {report(insight.SelectionOptions{MinK: 5, MaxK: 3}, x), segment.ErrOption},
		"report, one reference":     {report(insight.SelectionOptions{References: 1}, x), segment.ErrOption},
		"report, rows":              {report(insight.SelectionOptions{Rows: 1}, x), segment.ErrOption},
		"report, restarts for each": {report(insight.SelectionOptions{EachRestarts: -1}, x), segment.ErrOption},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.do(); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		})
	}
	if got, err := (insight.Stability{}).Fit(ctx, x); got != nil || err != nil {
		t.Errorf("of no clusterings: %v, %v", got, err)
	}
}

// TestResamplingEnds: all of it ends with the context.
func TestResamplingEnds(t *testing.T) {
	x, _ := blobs(300, 3, 3, 1)
	for _, stage := range []string{"sweep", "silhouette", "gap", "stability"} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := insight.SelectK(ctx, x, insight.SelectionOptions{MaxK: 4, References: 20, Resamples: 20, Progress: func(p insight.SelectionProgress) {
			if p.Stage == stage {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled in %s: %v", stage, err)
		}
		cancel()
	}
}

// TestStabilityApart: clusterings that are asked about together come back as
// each does alone.
func TestStabilityApart(t *testing.T) {
	x, _ := blobs(200, 3, 3, 1)
	swept, err := segment.Sweep{MinK: 2, MaxK: 9}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	all := swept.Clusterings()
	few, many := all[0], all[len(all)-1]
	together, err := insight.Stability{Resamples: 5}.Fit(t.Context(), x, many, few, many)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []*segment.Clustering{many, few, many} {
		alone, err := insight.Stability{Resamples: 5}.Fit(t.Context(), x, c)
		if err != nil || !slices.Equal(together[i], alone[0]) {
			t.Errorf("k = %d: %v, alone %v (%v)", c.K(), together[i], alone, err)
		}
	}
}

// TestStabilitySmall: a resample of few rows may hold fewer distinct points
// than clusters, and is drawn again.
func TestStabilitySmall(t *testing.T) {
	x := mat.NewDense(4, 1, []float64{0, 1, 10, 11})
	c, err := segment.KMeansPP{K: 3}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := insight.Stability{}.Fit(context.Background(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range s[0] {
		if !(s.Jaccard >= 0 && s.Jaccard <= 1) || s.Recovered+s.Dissolved > 100 {
			t.Errorf("%+v", s)
		}
	}
	// All four points are in one of about ten resamples.
	all, err := segment.KMeansPP{K: 4}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	s, err = insight.Stability{Resamples: 20}.Fit(context.Background(), x, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range s[0] {
		if s.Jaccard != 1 || s.Recovered != 20 {
			t.Errorf("of as many clusters as rows: %+v", s)
		}
	}
}
