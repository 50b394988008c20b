package store

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
	"github.com/customer-personality/segmentation/segment/sqlsource"
)

// tableOf makes a table of an id and the columns x0, x1, … of rows, NaN as NULL.
func tableOf(t testing.TB, db *sqlx.DB, table string, x mat.Matrix) (columns []string) {
	t.Helper()
	_, d := x.Dims()
	for j := range d {
		columns = append(columns, fmt.Sprint("x", j))
	}
	tableWith(t, db, table, columns, x)
	return columns
}

// tableWith makes a table of an id and these columns of rows, which may be none.
func tableWith(t testing.TB, db *sqlx.DB, table string, columns []string, x mat.Matrix) {
	t.Helper()
	n, _ := x.Dims()
	d := len(columns)
	ctx := context.Background()
	_, err := db.ExecContext(ctx, "CREATE TABLE "+table+" (id BIGINT PRIMARY KEY, "+strings.Join(columns, " DOUBLE PRECISION, ")+" DOUBLE PRECISION)")
	check(t, err)
	if n == 0 {
		return
	}
	tx, err := db.BeginTxx(ctx, nil)
	check(t, err)
	insert := "INSERT INTO " + table + " VALUES (?" + strings.Repeat(", ?", d) + ")"
	if db.DriverName() == "postgres" {
		insert = "COPY " + table + " FROM STDIN"
	}
	statement, err := tx.PrepareContext(ctx, insert)
	check(t, err)
	row := make([]any, d+1)
	for i := range n {
		row[0] = i
		for j := range d {
			row[j+1] = x.At(i, j)
			if math.IsNaN(x.At(i, j)) {
				row[j+1] = nil
			}
		}
		_, err := statement.ExecContext(ctx, row...)
		check(t, err)
	}
	check(t, statement.Close())
	check(t, tx.Commit())
	if db.DriverName() == "postgres" {
		_, err = db.ExecContext(ctx, "ANALYZE "+table)
		check(t, err)
	}
}

// dataset opens a table of tableOf.
func dataset(t testing.TB, db sqlsource.Querier, d Dialect, table string, columns []string, o sqlsource.Options) *sqlsource.Dataset {
	t.Helper()
	o.Dialect, o.Table, o.Columns = segment.Dialect(d), table, columns
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	data, err := sqlsource.Open(ctx, db, o)
	check(t, err)
	t.Cleanup(func() { check(t, data.Close()) })
	return data
}

// pointsOf returns rows in four groups.
func pointsOf(n, d int) *mat.Dense {
	rng := rand.New(rand.NewPCG(1, 0))
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, 5*float64((i%4+j*j)%4)+rng.NormFloat64())
		}
	}
	return x
}

// streamOf returns rows as a Stream.
func streamOf(x *mat.Dense) *segment.Stream {
	_, d := x.Dims()
	return &segment.Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		for i := range x.RawMatrix().Rows {
			if !yield(x.RawRowView(i), nil) {
				return
			}
		}
	}}
}

// centroidSets returns the first rows as sets of 2, 3, … centroids.
func centroidSets(x *mat.Dense, most int) (sets []*mat.Dense) {
	_, d := x.Dims()
	for k := 2; k <= most; k++ {
		sets = append(sets, mat.DenseCopyOf(x.Slice(0, k, 0, d)))
	}
	return sets
}

// equalStatistics compares counts and sums to the bit, and inertias to 1e-14.
func equalStatistics(t *testing.T, name string, got, want []segment.SufficientStatistics) {
	t.Helper()
	for i := range want {
		if !slices.Equal(got[i].Counts, want[i].Counts) {
			t.Errorf("%s, set %d: counts %v; want %v", name, i, got[i].Counts, want[i].Counts)
		}
		if !mat.Equal(got[i].Sums, want[i].Sums) {
			t.Errorf("%s, set %d: sums\n%v; want\n%v", name, i, mat.Formatted(got[i].Sums), mat.Formatted(want[i].Sums))
		}
		for q, v := range want[i].Inertia {
			if math.Abs(got[i].Inertia[q]-v) > 1e-14*v {
				t.Errorf("%s, set %d: inertia %v; want %v", name, i, got[i].Inertia[q], v)
			}
		}
	}
}

// The statistics of a database are those of a Stream to the bit.
func TestSourceStatistics(t *testing.T) {
	x := pointsOf(3000, 3)
	want, err := streamOf(x).Statistics(t.Context(), centroidSets(x, 12))
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		columns := tableOf(t, s.DB(), "points", x)
		src, err := dataset(t, s.DB(), s.Dialect(), "points", columns, sqlsource.Options{}).Source(nil)
		check(t, err)
		got, err := src.Statistics(t.Context(), centroidSets(x, 12))
		check(t, err)
		equalStatistics(t, "statistics", got, want)
	})
}

// The seam of segment.FitStream carries a database that groups the rows itself.
func TestFitStreamInSQL(t *testing.T) {
	x := pointsOf(300, 3)
	onEach(t, func(t *testing.T, s *Store) {
		columns := tableOf(t, s.DB(), "points", x)
		src, err := dataset(t, s.DB(), s.Dialect(), "points", columns, sqlsource.Options{Key: "id", MinCell: 1}).Source(nil)
		check(t, err)
		for name, o := range map[string]segment.KMeansPP{
			"search":   {K: 4, Seed: 1},
			"restarts": {K: 4, Seed: 1, Restarts: 3},
			"init":     {K: 4, Init: x.Slice(0, 4, 0, 3)},
		} {
			got, err := o.FitStream(t.Context(), src)
			check(t, err)
			want, err := o.Fit(t.Context(), x)
			check(t, err)
			sameClusters(t, name, got, want)
		}
		got, err := segment.Sweep{Seed: 1, MaxK: 5}.FitStream(t.Context(), src)
		check(t, err)
		want, err := segment.Sweep{Seed: 1, MaxK: 5}.Fit(t.Context(), x)
		check(t, err)
		for _, p := range want.Points() {
			a, _ := got.Clustering(p.K)
			b, _ := want.Clustering(p.K)
			sameClusters(t, fmt.Sprint("sweep, k = ", p.K), a, b)
		}
		if got.Knee().Knee != want.Knee().Knee {
			t.Errorf("the knee is at %v; in memory at %v", got.Knee().Knee, want.Knee().Knee)
		}
	})
}

// What preparing has to know of the rows: extent, ranks and moments, raw and behind a
// pipeline.
func TestSourceAggregates(t *testing.T) {
	x := pointsOf(1000, 3)
	for i := 0; i < 1000; i += 7 {
		x.Set(i, 1, math.NaN())
	}
	x.Set(4, 2, -1e6)
	pipeline, err := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("scale", preprocess.Scaler{}), preprocess.NewStep("pca", preprocess.PCA{Components: 2}),
	}}.Fit(t.Context(), x, "x0", "x1", "x2")
	check(t, err)
	behind, err := pipeline.Transform(t.Context(), x)
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		columns := tableOf(t, s.DB(), "points", x)
		data := dataset(t, s.DB(), s.Dialect(), "points", columns, sqlsource.Options{})
		for _, c := range []struct {
			pipeline *preprocess.FittedPipeline
			x        mat.Matrix
		}{{nil, x}, {pipeline, behind}} {
			_, d := c.x.Dims()
			e, err := data.Extent(t.Context(), c.pipeline)
			check(t, err)
			var ranks [][]int
			var sorted [][]float64
			for j := range d {
				values := slices.DeleteFunc(mat.Col(nil, j, c.x), math.IsNaN)
				slices.Sort(values)
				sorted = append(sorted, values)
				if e.Rows != 1000 || e.Known[j] != len(values) || math.Abs(e.Least[j]-values[0]) > 1e-9 || math.Abs(e.Greatest[j]-values[len(values)-1]) > 1e-9 {
					t.Errorf("column %d: extent %+v; %d known from %v to %v", j, e, len(values), values[0], values[len(values)-1])
				}
				ranks = append(ranks, []int{0, 1, len(values) / 2, len(values) - 1})
			}
			found, err := data.Ranks(t.Context(), c.pipeline, ranks)
			check(t, err)
			for j := range ranks {
				for i, rank := range ranks[j] {
					if math.Abs(found[j][i]-sorted[j][rank]) > 1e-9 || c.pipeline == nil && found[j][i] != sorted[j][rank] {
						t.Errorf("column %d, rank %d: %v; want %v", j, rank, found[j][i], sorted[j][rank])
					}
				}
			}
			o := preprocess.MomentsOptions{Center: []float64{1, 2, 3}[:d], Power: []float64{1, 0.5, 0.25}[:d], Products: true}
			m, err := data.Moments(t.Context(), c.pipeline, o)
			check(t, err)
			for j := range d {
				for i := range d {
					sum, product, size := 0.0, 0.0, 0.0
					for r := range 1000 {
						a := float64(c.x.At(r, i)-o.Center[i]) * o.Power[i]
						b := float64(c.x.At(r, j)-o.Center[j]) * o.Power[j]
						if !math.IsNaN(a) {
							sum += a
						}
						if !math.IsNaN(a) && !math.IsNaN(b) {
							product += float64(a * b)
							size += math.Abs(a * b)
						}
					}
					if math.Abs(m.Sums[i].High-sum) > 1e-12*1e6 || math.Abs(m.Products[i*d+j].High-product) > 1e-12*size || m.Squares[i] != m.Products[i*d+i] {
						t.Errorf("%d, %d: sums %v, products %v; want %v, %v", i, j, m.Sums[i], m.Products[i*d+j], sum, product)
					}
				}
			}
		}
	})
}

// Every check of the suite of sources and data sets. A store in memory has one connection,
// and the suite keeps several sources open.
func TestSourceSuite(t *testing.T) {
	for _, db := range databases {
		if db.name == "memory" {
			continue
		}
		t.Run(db.name, func(t *testing.T) {
			s := open(t, db.url(t), Options{})
			tables := 0
			segmenttest.Dataset(t, func(t *testing.T, columns []string, rows *mat.Dense) segment.Dataset {
				tables++
				table := fmt.Sprint("rows", tables)
				tableWith(t, s.DB(), table, columns, rows)
				return dataset(t, s.DB(), s.Dialect(), table, columns, sqlsource.Options{MinCell: 1})
			}, segmenttest.Options{Rows: 5000})
		})
	}
}

// The summary of rows keeps counts and totals, and no point stands for fewer rows than it
// has to.
func TestSourceSummary(t *testing.T) {
	x := pointsOf(5000, 3)
	for i := range 20 { // far from all others
		for j := range 3 {
			x.Set(250*i, j, 1000+0.01*float64(i+j))
		}
	}
	onEach(t, func(t *testing.T, s *Store) {
		columns := tableOf(t, s.DB(), "points", x)
		for _, fewest := range []int{1, 5, 700} {
			data := dataset(t, s.DB(), s.Dialect(), "points", columns, sqlsource.Options{MinCell: fewest})
			src, err := data.Source(nil)
			check(t, err)
			points, weights, err := src.(segment.Summarizer).Summary(t.Context(), 500, 1)
			check(t, err)
			check(t, data.Close()) // a store in memory has one connection
			total, far := make([]float64, 4), 0.0
			for i, w := range weights {
				if w < float64(fewest) {
					t.Errorf("a point stands for %v rows; want %d at least", w, fewest)
				}
				total[3] += w
				for j := range 3 {
					total[j] += w * points.At(i, j)
				}
				if points.At(i, 0) > 900 {
					far += w
				}
			}
			for j, v := range []float64{mat.Sum(x.ColView(0)), mat.Sum(x.ColView(1)), mat.Sum(x.ColView(2)), 5000} {
				if math.Abs(total[j]-v) > 1e-9*v {
					t.Errorf("MinCell %d: total %d is %v; want %v", fewest, j, total[j], v)
				}
			}
			if fewest < 20 && (far != 20 || len(weights) < 100) {
				t.Errorf("MinCell %d: %d points, %v rows far away; want at least 100 points, and 20 rows", fewest, len(weights), far)
			}
		}
	})
}

// sameClusters compares clusters, in whatever order they are.
func sameClusters(t *testing.T, name string, got, want *segment.Clustering) {
	t.Helper()
	sorted := func(c *segment.Clustering) (rows [][]float64) {
		counts := c.Counts()
		for i := range counts {
			rows = append(rows, append(mat.Row(nil, i, c.Centroids()), counts[i]))
		}
		slices.SortFunc(rows, func(a, b []float64) int { return slices.Compare(a, b) })
		return rows
	}
	a, b := sorted(got), sorted(want)
	for i := range b {
		last := len(b[i]) - 1
		for j, v := range b[i] {
			if j == last && a[i][j] != v || !(a[i][j]-v < 1e-9 && v-a[i][j] < 1e-9) {
				t.Fatalf("%s: centroid and count %v; in memory %v", name, a[i], b[i])
			}
		}
	}
	if e := got.Inertia()/want.Inertia() - 1; e > 1e-9 || e < -1e-9 || !got.Converged() {
		t.Errorf("%s: inertia %v, converged %v; in memory %v", name, got.Inertia(), got.Converged(), want.Inertia())
	}
}
