package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// sqlSource is a segment.Source of which the database does the work, in SQL
// that PostgreSQL and SQLite both know: rows stay where they are, and what
// comes back is a line for each cluster.
type sqlSource struct {
	db      *sqlx.DB
	table   string // id and columns
	columns []string
	most    int // rows in a sample
}

func (s sqlSource) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	columns := strings.Join(s.columns, ", ")
	found, err := s.db.QueryxContext(ctx, s.db.Rebind(fmt.Sprintf(
		`SELECT %s FROM (SELECT * FROM %s ORDER BY (id * 7919 + ?) %% 1009, id LIMIT ?) AS sample ORDER BY id`, columns, s.table)),
		int64(seed%1009), min(rows, s.most))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var values []float64
	for found.Next() {
		row, err := found.SliceScan()
		if err != nil {
			return nil, err
		}
		for _, v := range row {
			values = append(values, v.(float64))
		}
	}
	if len(values) == 0 {
		return nil, found.Err()
	}
	return mat.NewDense(len(values)/len(s.columns), len(s.columns), values), found.Err()
}

func (s sqlSource) Statistics(ctx context.Context, centroids []*mat.Dense) ([]segment.SufficientStatistics, error) {
	out := make([]segment.SufficientStatistics, len(centroids))
	for i, c := range centroids {
		var err error
		if out[i], err = s.sums(ctx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s sqlSource) sums(ctx context.Context, centroids *mat.Dense) (segment.SufficientStatistics, error) {
	k, d := centroids.Dims()
	out := segment.SufficientStatistics{Counts: make([]float64, k), Sums: mat.NewDense(k, d, nil), Inertia: make([]float64, k)}
	var values, distance, centroid, sums []string
	var args []any
	for _, column := range s.columns {
		centroid = append(centroid, "c_"+column)
		distance = append(distance, fmt.Sprintf("(%[1]s - c_%[1]s) * (%[1]s - c_%[1]s)", column))
		sums = append(sums, fmt.Sprintf("SUM(%s)", column))
	}
	for q := range k {
		row := []string{fmt.Sprint(q)}
		for j := range d {
			row = append(row, "CAST(? AS DOUBLE PRECISION)")
			args = append(args, centroids.At(q, j))
		}
		values = append(values, "("+strings.Join(row, ", ")+")")
	}
	// Of equally near centroids the lowest, as everywhere.
	found, err := s.db.QueryxContext(ctx, s.db.Rebind(fmt.Sprintf(`
		WITH centroids (cluster, %s) AS (VALUES %s),
		distances AS (SELECT id, %s, cluster, %s AS distance FROM %s CROSS JOIN centroids),
		ranked AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY distance, cluster) AS place FROM distances)
		SELECT cluster, COUNT(*), SUM(distance), %s FROM ranked WHERE place = 1 GROUP BY cluster`,
		strings.Join(centroid, ", "), strings.Join(values, ", "),
		strings.Join(s.columns, ", "), strings.Join(distance, " + "), s.table, strings.Join(sums, ", "))), args...)
	if err != nil {
		return out, err
	}
	defer found.Close()
	for found.Next() {
		var q int
		var count, inertia float64
		totals := make([]float64, d)
		into := []any{&q, &count, &inertia}
		for j := range totals {
			into = append(into, &totals[j])
		}
		if err := found.Scan(into...); err != nil {
			return out, err
		}
		out.Counts[q], out.Inertia[q] = count, inertia
		out.Sums.SetRow(q, totals)
	}
	return out, found.Err()
}

// The seam of segment.FitStream carries a database that groups the rows itself.
func TestFitStreamInSQL(t *testing.T) {
	const n = 300
	columns := []string{"x", "y", "z"}
	rng := rand.New(rand.NewPCG(1, 0))
	x := mat.NewDense(n, len(columns), nil)
	for i := range n {
		for j := range columns {
			x.Set(i, j, 5*float64((i%4+j*j)%4)+rng.NormFloat64())
		}
	}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		db := s.DB()
		_, err := db.ExecContext(ctx, `CREATE TABLE points (id INTEGER PRIMARY KEY, x DOUBLE PRECISION, y DOUBLE PRECISION, z DOUBLE PRECISION)`)
		check(t, err)
		tx, err := db.BeginTxx(ctx, nil)
		check(t, err)
		for i := range n {
			row := x.RawRowView(i)
			_, err := tx.ExecContext(ctx, db.Rebind(`INSERT INTO points VALUES (?, ?, ?, ?)`), i, row[0], row[1], row[2])
			check(t, err)
		}
		check(t, tx.Commit())

		for _, most := range []int{n, 100} { // in a sample: all rows, or some
			src := sqlSource{db, "points", columns, most}
			for name, o := range map[string]segment.KMeansPP{
				"search":   {K: 4, Seed: 1},
				"restarts": {K: 4, Seed: 1, Restarts: 3},
				"init":     {K: 4, Init: x.Slice(0, 4, 0, 3)},
			} {
				got, err := o.FitStream(ctx, src)
				check(t, err)
				want, err := o.Fit(ctx, x)
				check(t, err)
				sameClusters(t, fmt.Sprintf("%s, samples of %d", name, most), got, want)
			}
		}
		got, err := segment.Sweep{Seed: 1, MaxK: 5}.FitStream(ctx, sqlSource{db, "points", columns, n})
		check(t, err)
		want, err := segment.Sweep{Seed: 1, MaxK: 5}.Fit(ctx, x)
		check(t, err)
		for _, p := range want.Points() {
			a, _ := got.Clustering(p.K)
			b, _ := want.Clustering(p.K)
			sameClusters(t, fmt.Sprint("sweep, k = ", p.K), a, b)
		}
		if got.Knee().Knee != want.Knee().Knee {
			t.Errorf("the knee is at %v; in memory at %v", got.Knee().Knee, want.Knee().Knee)
		}
		if _, err := (segment.KMeansPP{K: 2}).FitStream(ctx, sqlSource{db, "nowhere", columns, n}); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("a table that is not there: error %v", err)
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
