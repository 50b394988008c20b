package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// Dataset checks the data sets that newDataset makes of rows (n×d) of named columns,
// where NaN is a missing value: what they come to, as they are and behind a pipeline,
// and their sources as Source does, in subtests of "source". Options.Parts and
// Options.Faults are for these; a name of the checks here may be skipped too. Of no
// rows the matrix is empty, 0×0; the data set has the columns then, or is nil.
func Dataset(t *testing.T, newDataset func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset, o Options) {
	t.Helper()
	own, ofSources := map[string]string{}, map[string]string{}
	for name, reason := range o.Skip {
		if slices.ContainsFunc(datasetChecks, func(c check[*datasets]) bool { return c.name == name }) {
			own[name] = reason
		} else {
			ofSources[name] = reason
		}
	}
	d := &datasets{o.withDefaults(), newDataset}
	run(t, datasetChecks, d, own)
	t.Run("source", func(t *testing.T) {
		o := o
		o.Skip = ofSources
		if o.Columns == nil {
			o.Columns = names(5)
		}
		Source(t, func(t *testing.T, rows *mat.Dense) segment.Source {
			columns := names(2)
			if !rows.IsEmpty() {
				columns = names(rows.RawMatrix().Cols)
			}
			set := newDataset(t, columns, rows)
			if set == nil {
				return nil
			}
			src, err := set.Source(nil)
			if err != nil {
				t.Fatal(err)
			}
			return src
		}, o)
	})
}

// names returns d names of columns.
func names(d int) []string { return []string{"income", "spent", "age", "visits", "tenure"}[:d] }

// datasets is what checks of a Dataset are made with.
type datasets struct {
	Options
	make func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset
}

var datasetChecks = []check[*datasets]{
	{"columns", columnsAreNamed},
	{"extent", extentIsThatOfRows},
	{"ranks", ranksAreThoseOfRows},
	{"moments", momentsAreThoseOfRows},
	{"clusters", clustersAreThoseOfRows},
	{"behind a pipeline", sourceBehindPipeline},
	{"order of rows", orderOfRows},
	{"pipeline", pipelineIsThatOfRows},
	{"training", trainsAsInMemory},
	{"cancelled aggregates", cancelledAggregates},
	{"infinite values", infiniteValues},
	{"no rows to aggregate", noRowsToAggregate},
}

// people returns n rows of d columns in groups, with a missing value in twenty, equal
// values, and in the last column whole numbers.
func people(n, d int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 31))
	x := groups(n, d, 4, seed)
	x.Apply(func(i, j int, v float64) float64 {
		switch {
		case rng.IntN(20) == 0:
			return math.NaN()
		case j == d-1:
			return math.Round(v)
		case rng.IntN(10) == 0:
			return math.Round(v*2) / 2
		}
		return v
	}, x)
	return x
}

// known returns the values of column j that are not missing.
func known(x *mat.Dense, j int) []float64 {
	return slices.DeleteFunc(mat.Col(nil, j, x), math.IsNaN)
}

// pipelines are what rows go through, nil among them, and whether its results have
// the same bits wherever they are calculated.
func pipelines(t *testing.T, x *mat.Dense) (map[string]*preprocess.FittedPipeline, error) {
	_, d := x.Dims()
	steps := segment.DefaultPipeline(d)
	whole, err := steps.Fit(t.Context(), x, names(d)...)
	if err != nil {
		return nil, err
	}
	steps.Steps = steps.Steps[:2]
	scaled, err := steps.Fit(t.Context(), x, names(d)...)
	return map[string]*preprocess.FittedPipeline{"raw": nil, "scaled": scaled, "components": whole}, err
}

// behind returns rows behind a pipeline.
func behind(ctx context.Context, p *preprocess.FittedPipeline, x *mat.Dense) (*mat.Dense, error) {
	if p == nil {
		return x, nil
	}
	return p.Transform(ctx, x)
}

// tolerance is that of a value behind a pipeline: sums of products may be taken in
// another order.
func tolerance(p *preprocess.FittedPipeline) float64 {
	if p != nil {
		if _, ok := p.Step("pca"); ok {
			return 1e-13
		}
	}
	return 0
}

// isExact reports whether a data set has exact sums, which its Source tells.
func isExact(set segment.Dataset) bool {
	src, err := set.Source(nil)
	return err == nil && exact(src)
}

func columnsAreNamed(t *testing.T, s *datasets) error {
	set := s.make(t, names(3), people(20, 3, 1))
	columns := set.Columns()
	if !slices.Equal(columns, names(3)) {
		return fmt.Errorf("columns %q; want %q", columns, names(3))
	}
	columns[0] = "other"
	if again := set.Columns(); !slices.Equal(again, names(3)) {
		return fmt.Errorf("the columns are %q once the caller has changed what it got", again)
	}
	return nil
}

// eachBehind calls f with rows, their data set and each pipeline.
func eachBehind(t *testing.T, s *datasets, f func(set segment.Dataset, x *mat.Dense, p *preprocess.FittedPipeline) error) error {
	x := people(400, 4, 2)
	all, err := pipelines(t, x)
	if err != nil {
		return err
	}
	set := s.make(t, names(4), x)
	var found problems
	for name, p := range all {
		z, err := behind(t.Context(), p, x)
		if err == nil {
			err = f(set, z, p)
		}
		if err != nil {
			found.addf("rows %s: %w", name, err)
		}
	}
	return found.err()
}

func extentIsThatOfRows(t *testing.T, s *datasets) error {
	err := eachBehind(t, s, func(set segment.Dataset, z *mat.Dense, p *preprocess.FittedPipeline) error {
		got, err := set.Extent(t.Context(), p)
		if err != nil {
			return err
		}
		return compareExtent(got, z, tolerance(p))
	})
	x := people(30, 2, 3)
	for i := range 30 {
		x.Set(i, 1, math.NaN())
	}
	got, missing := s.make(t, names(2), x).Extent(t.Context(), nil)
	if missing == nil {
		missing = compareExtent(got, x, 0)
	}
	if missing != nil {
		err = errors.Join(err, fmt.Errorf("a column without a value: %w", missing))
	}
	return err
}

// compareExtent returns where an extent is not that of x.
func compareExtent(got preprocess.Extent, x *mat.Dense, tol float64) error {
	n, d := x.Dims()
	if got.Rows != n || len(got.Known) != d || len(got.Least) != d || len(got.Greatest) != d {
		return fmt.Errorf("an extent of %d rows, %d, %d and %d columns; want %d rows of %d", got.Rows, len(got.Known), len(got.Least), len(got.Greatest), n, d)
	}
	var p problems
	for j := range d {
		values := known(x, j)
		least, greatest := math.Inf(1), math.Inf(-1)
		if len(values) > 0 {
			least, greatest = slices.Min(values), slices.Max(values)
		}
		if got.Known[j] != len(values) {
			p.addf("column %d: %d values are known; there are %d", j, got.Known[j], len(values))
		}
		if !within1(got.Least[j], least, tol) || !within1(got.Greatest[j], greatest, tol) {
			p.addf("column %d: from %v to %v; it goes from %v to %v", j, got.Least[j], got.Greatest[j], least, greatest)
		}
	}
	return p.err()
}

// within1 reports whether a number is another to tol of what is usual, about 1 … 50.
func within1(a, b, tol float64) bool { return a == b || math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

func ranksAreThoseOfRows(t *testing.T, s *datasets) error {
	return eachBehind(t, s, func(set segment.Dataset, z *mat.Dense, p *preprocess.FittedPipeline) error {
		_, d := z.Dims()
		ranks, want := make([][]int, d), make([][]float64, d)
		for j := range d {
			values := known(z, j)
			slices.Sort(values)
			n := len(values)
			ranks[j] = []int{0, 1, (n - 1) / 2, n / 2, n - 2, n - 1}
			if j == 1 {
				ranks[j] = nil
			}
			for _, r := range ranks[j] {
				want[j] = append(want[j], values[r])
			}
		}
		got, err := set.Ranks(t.Context(), p, ranks)
		if err != nil {
			return err
		}
		if len(got) != d {
			return fmt.Errorf("values of %d columns; want %d", len(got), d)
		}
		for j := range d {
			if !slices.EqualFunc(got[j], want[j], func(a, b float64) bool { return within1(a, b, tolerance(p)) }) {
				return fmt.Errorf("column %d: the values of ranks %v are %v; want %v", j, ranks[j], got[j], want[j])
			}
		}
		return nil
	})
}

// exactSum is a sum of values and of their magnitudes.
type exactSum struct {
	sum       big.Float
	count     int
	magnitude float64 // the greatest
}

func (e *exactSum) add(v float64) {
	e.sum.SetPrec(1200).Add(&e.sum, big.NewFloat(v))
	e.count++
	e.magnitude = max(e.magnitude, math.Abs(v))
}

// check returns where a sum is not it: to 2^-61 of the greatest value for each value
// where exact, else to 1e-12, and to tol of what values are behind a pipeline.
func (e *exactSum) check(got preprocess.Sum, exact bool, tol float64) error {
	per := 0x1p-61
	if !exact {
		per = 1e-12
	}
	difference := new(big.Float).SetPrec(1200).Add(big.NewFloat(got.High), big.NewFloat(got.Low))
	off, _ := difference.Sub(difference, e.sum.SetPrec(1200)).Float64()
	bound := float64(e.count) * max(e.magnitude*per, tol*max(1, e.magnitude))
	if !(math.Abs(off) <= bound) {
		return fmt.Errorf("the sum %v + %v is off by %.3g; want at most %.3g", got.High, got.Low, off, bound)
	}
	if math.Abs(got.Low) > math.Abs(got.High)*0x1p-52 {
		return fmt.Errorf("the sum %v + %v is not rounded", got.High, got.Low)
	}
	return nil
}

func momentsAreThoseOfRows(t *testing.T, s *datasets) error {
	return eachBehind(t, s, func(set segment.Dataset, z *mat.Dense, p *preprocess.FittedPipeline) error {
		_, d := z.Dims()
		center, power := make([]float64, d), make([]float64, d)
		for j := range d {
			center[j], power[j] = float64(1.25*float64(j))-0.3, 1/(3+float64(j))
		}
		var found problems
		for name, o := range map[string]preprocess.MomentsOptions{
			"": {}, " with products": {Products: true},
			" about a center": {Center: center}, " about a center, scaled, with products": {Center: center, Power: power, Products: true},
		} {
			got, err := set.Moments(t.Context(), p, o)
			if err == nil {
				err = compareMoments(got, z, o, isExact(set), tolerance(p))
			}
			if err != nil {
				found.addf("moments%s: %w", name, err)
			}
		}
		return found.err()
	})
}

// compareMoments returns where moments are not those of x.
func compareMoments(got preprocess.Moments, x *mat.Dense, o preprocess.MomentsOptions, exact bool, tol float64) error {
	n, d := x.Dims()
	products := 0
	if o.Products {
		products = d * d
	}
	if len(got.Known) != d || len(got.Sums) != d || len(got.Squares) != d || len(got.Products) != products {
		return fmt.Errorf("%d, %d, %d and %d moments of %d columns", len(got.Known), len(got.Sums), len(got.Squares), len(got.Products), d)
	}
	v := mat.NewDense(n, d, nil)
	v.Apply(func(i, j int, x float64) float64 {
		if o.Center != nil {
			x = float64(x - o.Center[j])
		}
		if o.Power != nil {
			x = float64(x * o.Power[j])
		}
		return x
	}, x)
	var p problems
	for j := range d {
		var sum, squares exactSum
		for _, v := range known(v, j) {
			sum.add(v)
			squares.add(float64(v * v))
		}
		if got.Known[j] != sum.count {
			p.addf("column %d: %d values are known; there are %d", j, got.Known[j], sum.count)
		}
		for what, err := range map[string]error{"sum": sum.check(got.Sums[j], exact, tol), "sum of squares": squares.check(got.Squares[j], exact, tol)} {
			if err != nil {
				p.addf("column %d, %s: %w", j, what, err)
			}
		}
		for i := 0; i < d && o.Products; i++ {
			var product exactSum
			for r := range n {
				if v := float64(v.At(r, i) * v.At(r, j)); !math.IsNaN(v) {
					product.add(v)
				}
			}
			if err := product.check(got.Products[i*d+j], exact, tol); err != nil {
				p.addf("columns %d and %d, sum of products: %w", i, j, err)
			}
		}
	}
	return p.err()
}

func clustersAreThoseOfRows(t *testing.T, s *datasets) error {
	x := people(400, 4, 4)
	all, err := pipelines(t, x)
	if err != nil {
		return err
	}
	p := all["components"]
	z, err := behind(t.Context(), p, x)
	if err != nil {
		return err
	}
	centroids := centroidsOf(z, 5, 1)
	set := s.make(t, names(4), x)
	got, err := set.Clusters(t.Context(), p, mat.DenseCopyOf(centroids))
	if err != nil {
		return err
	}
	counts, sums := make([]int, 5), make([]exactSum, 5*4)
	for i := range 400 {
		q, _ := nearest(z.RawRowView(i), centroids)
		counts[q]++
		for j, v := range x.RawRowView(i) {
			if !math.IsNaN(v) {
				sums[q*4+j].add(v)
			}
		}
	}
	if !slices.Equal(got.Counts, counts) || len(got.Known) != 5 || len(got.Sums) != 5 {
		return fmt.Errorf("%v rows are counted, in %d and %d clusters; there are %v", got.Counts, len(got.Known), len(got.Sums), counts)
	}
	var found problems
	for q := range 5 {
		if len(got.Known[q]) != 4 || len(got.Sums[q]) != 4 {
			return fmt.Errorf("cluster %d has %d counts and %d sums of 4 columns", q, len(got.Known[q]), len(got.Sums[q]))
		}
		for j := range 4 {
			if want := &sums[q*4+j]; got.Known[q][j] != want.count {
				found.addf("cluster %d, column %d: %d values are known; there are %d", q, j, got.Known[q][j], want.count)
			} else if err := want.check(got.Sums[q][j], isExact(set), 0); err != nil {
				found.addf("cluster %d, column %d: %w", q, j, err)
			}
		}
	}
	return found.err()
}

// sourceBehindPipeline: the Source behind a pipeline has the rows behind it.
func sourceBehindPipeline(t *testing.T, s *datasets) error {
	return eachBehind(t, s, func(set segment.Dataset, z *mat.Dense, p *preprocess.FittedPipeline) error {
		if p == nil {
			return nil // rows with missing values cannot be clustered
		}
		src, err := set.Source(p)
		if err != nil {
			return err
		}
		sets := []*mat.Dense{centroidsOf(z, 4, 1), centroidsOf(z, 7, 2)}
		answers, err := ask(t.Context(), src, sets...)
		if err != nil {
			return err
		}
		if err := compare(z, sets, answers, false); err != nil {
			return err
		}
		sample, err := src.Sample(t.Context(), 1000, 1)
		if err != nil {
			return err
		}
		got, want := sortedRows(sample), sortedRows(z)
		return sameRows(got, want, tolerance(p))
	})
}

// sameRows returns where sorted rows differ.
func sameRows(got, want [][]float64, tol float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d rows; want %d", len(got), len(want))
	}
	for i := range got {
		if !slices.EqualFunc(got[i], want[i], func(a, b float64) bool { return within1(a, b, tol) }) {
			return fmt.Errorf("row %d in order is %v; want %v", i, got[i], want[i])
		}
	}
	return nil
}

// orderOfRows: aggregates have the same bits whatever the order of rows.
func orderOfRows(t *testing.T, s *datasets) error {
	x := people(300, 3, 5)
	all, err := pipelines(t, x)
	if err != nil {
		return err
	}
	p := all["scaled"]
	centroids := mat.NewDense(2, 3, []float64{0.5, 0.25, 0.125, -0.5, -0.25, 0.75})
	aggregates := func(x *mat.Dense) (string, error) {
		set := s.make(t, names(3), x)
		extent, err := set.Extent(t.Context(), p)
		if err != nil {
			return "", err
		}
		moments, err := set.Moments(t.Context(), p, preprocess.MomentsOptions{Center: []float64{0.3, 0.1, 0.7}, Products: true})
		if err != nil {
			return "", err
		}
		clusters, err := set.Clusters(t.Context(), p, mat.DenseCopyOf(centroids))
		if !isExact(set) {
			moments, clusters.Sums = preprocess.Moments{}, nil
		}
		return fmt.Sprint(extent, moments, clusters), err // shortest digits are exact
	}
	want, err := aggregates(x)
	if err != nil {
		return err
	}
	for seed := range uint64(3) {
		got, err := aggregates(shuffled(x, seed))
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("rows in another order come to %s; in the first to %s", got, want)
		}
	}
	return nil
}

// pipelineIsThatOfRows: steps that are fitted on aggregates are those of Fit, of an exact
// set to the bit up to the scaler.
func pipelineIsThatOfRows(t *testing.T, s *datasets) error {
	x := people(500, 4, 8)
	set := s.make(t, names(4), x)
	all, err := pipelines(t, x)
	if err != nil {
		return err
	}
	steps := segment.DefaultPipeline(4)
	var p problems
	for name, tol := range map[string]float64{"components": 1e-10, "scaled": 0} {
		if !isExact(set) {
			tol = 1e-10
		}
		if name == "scaled" {
			steps.Steps = steps.Steps[:2]
		} else {
			steps = segment.DefaultPipeline(4)
		}
		fitted, err := steps.FitAggregates(t.Context(), set, names(4)...)
		if err != nil {
			p.addf("%s: %w", name, err)
			continue
		}
		got, err := fitted.Transform(t.Context(), x)
		if err != nil {
			return err
		}
		want, err := all[name].Transform(t.Context(), x)
		if err != nil {
			return err
		}
		for i := range 500 {
			if err := sameRows([][]float64{got.RawRowView(i)}, [][]float64{want.RawRowView(i)}, tol); err != nil {
				p.addf("%s: of row %d, %w", name, i, err)
			}
		}
	}
	for i := range 500 {
		x.Set(i, 1, math.NaN())
	}
	if _, err := steps.FitAggregates(t.Context(), s.make(t, names(4), x), names(4)...); !errors.Is(err, preprocess.ErrAllMissing) {
		p.addf("a column without a value: %w; want preprocess.ErrAllMissing", orNone(err))
	}
	return p.err()
}

// trainsAsInMemory: the Model is that of Train on the same rows.
func trainsAsInMemory(t *testing.T, s *datasets) error {
	x := people(600, 4, 9)
	set := s.make(t, names(4), x)
	var p problems
	for name, o := range map[string]segment.TrainOptions{
		"k = 4":  {Columns: names(4), Value: names(2), Seed: 1, K: 4},
		"k to 6": {Columns: names(4), Value: names(2), Seed: 1, MaxK: 6},
	} {
		want, err := segment.Train(t.Context(), x, o)
		if err != nil {
			return err
		}
		got, _, err := segment.TrainOn(t.Context(), set, o)
		if err == nil {
			err = sameModel(t.Context(), x, got, want.Model)
		}
		if err != nil {
			p.addf("%s: %w", name, err)
		}
	}
	return p.err()
}

// sameModel returns where a model is not another: what it was trained to, and where it
// places the rows of x.
func sameModel(ctx context.Context, x *mat.Dense, got, want *segment.Model) error {
	if got.K() != want.K() {
		return fmt.Errorf("%d clusters; want %d", got.K(), want.K())
	}
	if got.Rows() != want.Rows() || got.ChosenBy() != want.ChosenBy() || !slices.Equal(got.TierNames(), want.TierNames()) {
		return fmt.Errorf("%d rows, %d clusters chosen by %s, tiers %q; want %d, by %s, %q",
			got.Rows(), got.K(), got.ChosenBy(), got.TierNames(), want.Rows(), want.ChosenBy(), want.TierNames())
	}
	if !near(got.Shares(), want.Shares(), 1e-10) {
		return fmt.Errorf("shares %v; want %v", got.Shares(), want.Shares())
	}
	if a, b := got.Inertia(), want.Inertia(); !(math.Abs(a-b) <= 1e-9*b) {
		return fmt.Errorf("inertia %v; want %v", a, b)
	}
	if a, b := slices.Concat(got.Means()...), slices.Concat(want.Means()...); !near(a, b, 1e-10) {
		return fmt.Errorf("means of clusters %v; want %v", a, b)
	}
	ours, err := got.PredictMatrix(ctx, x)
	if err != nil {
		return err
	}
	theirs, err := want.PredictMatrix(ctx, x)
	if err != nil {
		return err
	}
	for i := range theirs {
		if ours[i].Cluster != theirs[i].Cluster || !(math.Abs(ours[i].Distance-theirs[i].Distance) <= 1e-9*max(1, theirs[i].Distance)) {
			return fmt.Errorf("row %d is in cluster %d, %v from its centroid; want %d, %v", i, ours[i].Cluster, ours[i].Distance, theirs[i].Cluster, theirs[i].Distance)
		}
	}
	return nil
}

// aggregatesOf are what a data set is asked.
func aggregatesOf(p *preprocess.FittedPipeline, d int) map[string]func(context.Context, segment.Dataset) error {
	return map[string]func(context.Context, segment.Dataset) error{
		"Extent": func(ctx context.Context, set segment.Dataset) error { _, err := set.Extent(ctx, nil); return err },
		"Ranks": func(ctx context.Context, set segment.Dataset) error {
			_, err := set.Ranks(ctx, nil, slices.Repeat([][]int{{0, 1}}, d))
			return err
		},
		"Moments": func(ctx context.Context, set segment.Dataset) error {
			_, err := set.Moments(ctx, nil, preprocess.MomentsOptions{})
			return err
		},
		"Clusters": func(ctx context.Context, set segment.Dataset) error {
			_, err := set.Clusters(ctx, p, mat.NewDense(2, d, nil))
			return err
		},
	}
}

func cancelledAggregates(t *testing.T, s *datasets) error {
	x := people(200, 3, 6)
	all, err := pipelines(t, x)
	if err != nil {
		return err
	}
	set := s.make(t, names(3), x)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errOperator)
	var p problems
	for name, aggregate := range aggregatesOf(all["scaled"], 3) {
		if err := isCancelled(aggregate(ctx, set)); err != nil {
			p.addf("%s, cancelled before: %w", name, err)
		}
	}
	for name, aggregate := range aggregatesOf(all["scaled"], 3) {
		if err := aggregate(t.Context(), set); err != nil {
			p.addf("%s after one that was cancelled: %w", name, err)
		}
	}
	return p.err()
}

// infiniteValues: ±Inf is refused with the name of the column.
func infiniteValues(t *testing.T, s *datasets) error {
	var found problems
	for _, v := range []float64{math.Inf(1), math.Inf(-1)} {
		x := people(200, 3, 7)
		all, err := pipelines(t, x)
		if err != nil {
			return err
		}
		x.Set(150, 1, v)
		for name, aggregate := range aggregatesOf(all["scaled"], 3) {
			err := aggregate(t.Context(), s.make(t, names(3), x))
			if !isNotFinite(err) || !strings.Contains(err.Error(), names(3)[1]) {
				found.addf("%s of rows with %v in column %q: %w; want ErrNotFinite that names it", name, v, names(3)[1], orNone(err))
			}
		}
	}
	return found.err()
}

func isNotFinite(err error) bool {
	return errors.Is(err, segment.ErrNotFinite) || errors.Is(err, preprocess.ErrNotFinite)
}

func noRowsToAggregate(t *testing.T, s *datasets) error {
	set := s.make(t, names(2), new(mat.Dense))
	if set == nil {
		return fmt.Errorf("%w: there is no data set of no rows", errNotApplicable)
	}
	e, err := set.Extent(t.Context(), nil)
	if err != nil && !errors.Is(err, segment.ErrEmpty) && !errors.Is(err, preprocess.ErrNoRows) {
		return fmt.Errorf("no rows have no extent: %w; want one of no rows, or ErrEmpty", err)
	}
	if err == nil && (e.Rows != 0 || !slices.Equal(e.Known, []int{0, 0})) {
		return fmt.Errorf("no rows have the extent %v", e)
	}
	return nil
}
