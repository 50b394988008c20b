package sqlsource

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/sqltext"
)

// Source returns the rows behind a fitted pipeline; nil: as they are. It is exact
// ([segment.Exacter]) and has a Summary ([segment.Summarizer]).
//
// Errors: [segment.ErrWidth] for a pipeline of other columns and [segment.ErrOption] for
// one with a step that has no SQL.
func (d *Dataset) Source(pipeline *preprocess.FittedPipeline) (segment.Source, error) {
	if err := d.opened(); err != nil {
		return nil, err
	}
	s, err := d.source(pipeline)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (d *Dataset) source(p *preprocess.FittedPipeline) (*source, error) {
	if _, err := d.behind(p); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest != nil && d.latest.pipeline == p {
		return d.latest, nil // which knows its extent and summary
	}
	s := &source{d: d, pipeline: p, names: d.names}
	if p != nil {
		s.names = p.OutputColumns()
	}
	d.latest = s
	return s, nil
}

// source is a segment.Source of the rows behind a pipeline.
type source struct {
	d        *Dataset
	pipeline *preprocess.FittedPipeline
	names    []string

	mu      sync.Mutex
	extent  *preprocess.Extent
	points  int // asked of summary, whose points and rows it holds; 0: none
	summary *mat.Dense
	weights []float64
	box     [][]float64 // least and greatest, by column, of a grid
}

// Exact tells that counts and sums do not depend on the order of the rows.
func (s *source) Exact() bool { return true }

// reach returns the extent behind the pipeline, without missing values: asked once.
func (s *source) reach(ctx context.Context) (preprocess.Extent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.d.rawExtent(ctx); err != nil { // of a snapshot that may be another
		return preprocess.Extent{}, err
	}
	if s.extent != nil {
		return *s.extent, nil
	}
	e, err := s.d.Extent(ctx, s.pipeline)
	if err != nil {
		return e, err
	}
	for j, known := range e.Known {
		if known < e.Rows {
			return e, fmt.Errorf("%w: the column %s has no number in %d of %d rows: a missing value that the pipeline does not fill in, or one that it has no result for", segment.ErrNotFinite, s.names[j], e.Rows-known, e.Rows)
		}
	}
	s.extent = &e
	return e, nil
}

// checkSets refuses centroids that are of no use, or whose distances leave the range of
// float64.
func (s *source) checkSets(sets []*mat.Dense) error {
	for i, c := range sets {
		k, d := num.Dims(c)
		if k == 0 || d != len(s.names) {
			return fmt.Errorf("%w: centroids %d are %d×%d; there are %d columns", segment.ErrWidth, i, k, d, len(s.names))
		}
		if row, column, bad := num.NotFinite(c); bad {
			return fmt.Errorf("%w: row %d, column %d of centroids %d is %v", segment.ErrNotFinite, row, column, i, c.At(row, column))
		}
	}
	return nil
}

// farthest returns a bound of the squared distance from the nearest of k centroids.
func farthest(e preprocess.Extent, c *mat.Dense) float64 {
	k, d := c.Dims()
	bound := math.Inf(1)
	for q := range k {
		sum := 0.0
		for j := range d {
			far := max(math.Abs(e.Least[j]-c.At(q, j)), math.Abs(e.Greatest[j]-c.At(q, j)))
			sum += float64(far * far)
		}
		bound = min(bound, sum)
	}
	return bound
}

// Statistics answers for all sets in one statement, or one for each Options.MaxSets, after
// those of Extent. What comes back is a line for each cluster.
//
// Errors: those of Extent, [segment.ErrNotFinite] with the column for missing values,
// [segment.ErrWidth] and [segment.ErrNotFinite] for centroids, and [segment.ErrOverflow]
// for values whose squares leave the range of float64.
func (s *source) Statistics(ctx context.Context, centroids []*mat.Dense) ([]segment.SufficientStatistics, error) {
	e, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.checkSets(centroids); err != nil {
		return nil, err
	}
	var out []segment.SufficientStatistics
	for sets := range slices.Chunk(centroids, s.d.o.MaxSets) {
		some, err := s.statistics(ctx, e, sets)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func (s *source) statistics(ctx context.Context, e preprocess.Extent, sets []*mat.Dense) ([]segment.SufficientStatistics, error) {
	w, err := s.d.behind(s.pipeline)
	if err != nil {
		return nil, err
	}
	w.nearest(sets)
	var terms []term
	for j, x := range w.columns {
		terms = append(terms, termOf(x, magnitude(e, j)))
	}
	d := len(terms)
	for i, c := range sets {
		far := farthest(e, c)
		if math.IsInf(far, 1) {
			return nil, fmt.Errorf("%w: the squares of distances from centroids %d are beyond it", segment.ErrOverflow, i)
		}
		terms = append(terms, termOf(w.least[i], far))
	}
	sums, err := w.sums(terms)
	if err != nil {
		return nil, err
	}
	out := make([]segment.SufficientStatistics, len(sets))
	for i, c := range sets {
		k, _ := c.Dims()
		out[i] = segment.SufficientStatistics{Counts: make([]float64, k), Sums: mat.NewDense(k, d, nil), Inertia: make([]float64, k)}
	}
	each := len(sums) / len(terms)
	err = s.d.query(ctx, "sums by cluster", perSet(w, sums, d*each, each), s.d.o.Args, func(found *sql.Rows) error {
		for found.Next() {
			var set, q, rows int
			texts := make([]sql.NullString, (d+1)*each)
			if err := found.Scan(append([]any{&set, &q, &rows}, pointers(texts)...)...); err != nil {
				return err
			}
			of := append(slices.Clone(terms[:d]), terms[d+set])
			total, err := w.read(of, texts)
			if err != nil {
				return err
			}
			out[set].Counts[q], out[set].Inertia[q] = float64(rows), total[d].High
			for j := range d {
				out[set].Sums.Set(q, j, total[j].High)
			}
		}
		return found.Err()
	})
	return out, err
}

// perSet returns the statement that adds up by set and cluster. The rows are grouped once,
// by the labels of all sets together; these groups are few, and added up for each set.
// Of the sums the first are those of columns; then each set has its own.
func perSet(w *writer, sums []string, shared, each int) string {
	list := slices.Concat(w.labels, []string{"count(*) AS n"})
	for i, sum := range sums {
		list = append(list, sum+" AS a"+strconv.Itoa(i))
	}
	var parts []string
	for i, label := range w.labels {
		part := fmt.Sprintf("SELECT %d, %s, sum(n)", i, label)
		for a := range shared {
			part += ", sum(a" + strconv.Itoa(a) + ")"
		}
		for a := range each {
			part += ", sum(a" + strconv.Itoa(shared+i*each+a) + ")"
		}
		parts = append(parts, part+" FROM groups GROUP BY "+label)
	}
	return "WITH groups AS (" + w.sql(list, w.labels...) + ")\n" + strings.Join(parts, "\nUNION ALL ")
}

// Sample returns the rows of the least hash of seed and key, the same for the same seed
// whatever their order on disk; without a Key, equal rows are told apart by a number.
//
// Errors: [segment.ErrOption] for fewer than one row and under Options.NoSample, and those
// of Statistics.
func (s *source) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	switch {
	case rows < 1:
		return nil, fmt.Errorf("%w: a sample of %d rows; there must be one at least", segment.ErrOption, rows)
	case s.d.o.NoSample:
		return nil, fmt.Errorf("%w: NoSample keeps the rows of %s where they are; Summary has points that stand for them", segment.ErrOption, s.d.o.Table)
	}
	e, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	if s.d.o.Dialect == segment.SQLite {
		return s.drawHere(ctx, min(rows, e.Rows), seed)
	}
	return s.draw(ctx, min(rows, e.Rows), e.Rows, seed)
}

// draw draws n of all rows on PostgreSQL.
func (s *source) draw(ctx context.Context, n, all int, seed uint64) (*mat.Dense, error) {
	var keep []string
	if s.d.o.Key != "" {
		keep = []string{s.d.o.Key}
	}
	w, err := s.d.behind(s.pipeline, keep...)
	if err != nil {
		return nil, err
	}
	key := "CAST(k0 AS text)"
	from := w.From()
	if s.d.o.Key == "" {
		// 0.0 makes one of 0 and −0, which are equal and have different bits.
		var content, columns []string
		for _, x := range w.columns {
			columns = append(columns, x+" + 0.0 AS "+x)
			content = append(content, "float8send("+x+")")
		}
		groups := "SELECT " + strings.Join(columns, ", ") + ", count(*) AS n FROM " + from + " GROUP BY " + ordinals(len(columns))
		from = "(SELECT g.*, generate_series(1, g.n) AS i FROM (" + groups + ") AS g) AS s"
		key = "encode(" + strings.Join(content, " || ") + ", 'hex') || i"
	}
	list := append(slices.Clone(w.columns), fmt.Sprintf("md5('%d:' || %s) COLLATE \"C\" AS hash", seed, key))
	statement := "SELECT " + strings.Join(list, ", ") + "\nFROM " + from
	if n < all {
		// A share of hashes that has n of them but for one time in a billion, so that few
		// are sorted.
		mean := float64(n)
		share := (mean + float64(7*math.Sqrt(mean)) + 30) / float64(all)
		if share < 1 {
			cut := fmt.Sprintf("%08x", uint64(share*(1<<32)))
			x, err := s.drawn(ctx, "SELECT * FROM ("+statement+") AS s WHERE hash < '"+cut+"'", n)
			if x != nil || err != nil {
				return x, err
			}
		}
	}
	x, err := s.drawn(ctx, statement, n)
	if x == nil && err == nil {
		err = fmt.Errorf("%w: there are fewer than %d rows now; every statement must see the same", segment.ErrSource, n)
	}
	return x, err
}

// ordinals returns 1, 2, …, n.
func ordinals(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i + 1)
	}
	return strings.Join(list, ", ")
}

// drawn runs a statement that gives columns and a hash, and returns the n rows of the least
// hash in its order; nil where there are fewer.
func (s *source) drawn(ctx context.Context, statement string, n int) (*mat.Dense, error) {
	d := len(s.names)
	x := make([]float64, 0, n*d)
	statement += fmt.Sprintf("\nORDER BY hash, %s LIMIT %d", ordinals(d), n)
	err := s.d.query(ctx, "a sample", statement, s.d.o.Args, func(found *sql.Rows) error {
		row := make([]float64, d)
		var hash sql.RawBytes
		into := append(pointers(row), &hash)
		for found.Next() {
			if err := found.Scan(into...); err != nil {
				return err
			}
			x = append(x, row...)
		}
		return found.Err()
	})
	if err != nil || len(x) < n*d {
		return nil, err
	}
	return mat.NewDense(n, d, x), nil
}

const (
	// boxTail is the share of the rows that lie beyond the box of a grid, on each side of
	// each column.
	boxTail = 0.005
	// refinements is how often a grid is made finer that has fewer cells than it may.
	refinements = 2
)

// Summary returns the means of grid cells and the rows in each: about the given number of
// points, or fewer, that stand for all rows. The grid lies over the box that has all but a
// hundredth of each column; beyond it cells grow with their distance, so that few far rows
// have cells of their own. With Options.MinCell each point stands for as many rows at
// least: the rows of lesser cells are put together with those of a cell eight times as
// wide, or of 64 times, or with all that are left.
//
// It takes a statement for the box and up to three for the cells, and is kept. It does not
// depend on the seed. Errors: [segment.ErrOption] for fewer than one point, and those of Statistics.
func (s *source) Summary(ctx context.Context, points int, seed uint64) (x *mat.Dense, weights []float64, err error) {
	if points < 1 {
		return nil, nil, fmt.Errorf("%w: a summary of %d points; there must be one at least", segment.ErrOption, points)
	}
	e, err := s.reach(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points != points {
		if s.summary, s.weights, err = s.summarize(ctx, e, points); err != nil {
			s.points = 0
			return nil, nil, err
		}
		s.points = points
	}
	return mat.DenseCopyOf(s.summary), slices.Clone(s.weights), nil
}

func (s *source) summarize(ctx context.Context, e preprocess.Extent, points int) (x *mat.Dense, weights []float64, err error) {
	if fewest := s.d.o.MinCell; fewest > 1 {
		points = max(1, min(points, e.Rows/(4*fewest))) // of finer ones most would be merged
	}
	g, err := s.grid(ctx, e, points)
	if err != nil {
		return nil, nil, err
	}
	for pass := 0; ; pass++ {
		means, rows, err := s.cells(ctx, e, g)
		if err != nil {
			return nil, nil, err
		}
		n, before := len(rows), len(weights)
		if n < before {
			return x, weights, nil // finer cells are merged to fewer
		}
		x, weights = means, rows
		if pass == refinements || n >= points/2 || n >= e.Rows || n == before || g.width == 0 {
			return x, weights, nil
		}
		g.width *= num.Exp(num.Log(float64(n)/(0.75*float64(points))) / float64(len(s.names)))
	}
}

// A grid has cells of one width over a box, and wider ones beyond it.
type grid struct {
	least, greatest []float64 // the box
	width           float64   // 0: all rows are one point
}

// grid returns the grid of about so many cells in the box of most rows. Summary has locked
// s.
func (s *source) grid(ctx context.Context, e preprocess.Extent, points int) (g grid, err error) {
	ranks := s.box
	tail := int(boxTail * float64(e.Rows))
	if ranks == nil {
		if ranks, err = s.d.Ranks(ctx, s.pipeline, slices.Repeat([][]int{{tail, e.Rows - 1 - tail}}, len(s.names))); err != nil {
			return g, err
		}
		s.box = ranks
	}
	var logs, all []float64 // of the sides of the box, and of all rows
	for j, r := range ranks {
		g.least, g.greatest = append(g.least, r[0]), append(g.greatest, r[1])
		if side := r[1] - r[0]; side > 0 {
			logs = append(logs, num.Log(side))
		}
		if side := e.Greatest[j] - e.Least[j]; side > 0 {
			all = append(all, num.Log(side))
		}
	}
	if len(logs) == 0 { // most rows are one
		logs = all
	}
	if len(logs) == 0 {
		return g, nil
	}
	sum := 0.0
	for _, v := range logs {
		sum += v
	}
	g.width = num.Exp((sum - num.Log(float64(points))) / float64(len(logs)))
	return g, nil
}

// place returns the expression for the cell of column j, that of x. Beyond the box there
// are four cells each time that the distance doubles.
func (g grid) place(dialect segment.Dialect, j int, x string) string {
	whole := func(e string) string {
		if dialect == segment.Postgres {
			e = "floor(" + e + ")"
		}
		return "CAST(" + e + " AS bigint)"
	}
	beyond := func(far string) string { return whole("ln(1.0 + " + far + " / 4.0) * " + sqltext.Number(4/math.Ln2)) }
	if g.width == 0 {
		return "0"
	}
	// Cells beyond 2^40 are of a column far wider than all others.
	width := max(g.width, math.Ldexp(g.greatest[j]-g.least[j], -40))
	at := "((" + x + " - " + sqltext.Number(g.least[j]) + ") / " + sqltext.Number(width) + ")"
	last := math.Floor((g.greatest[j]-g.least[j])/width) + 1
	return "CASE WHEN " + at + " < 0.0 THEN -1 - " + beyond("(0.0 - "+at+")") +
		" WHEN " + at + " >= " + sqltext.Number(last) + " THEN " + strconv.FormatFloat(last, 'f', 0, 64) + " + " + beyond("("+at+" - "+sqltext.Number(last)+")") +
		" ELSE " + whole(at) + " END"
}

// cells returns means and numbers of rows of the cells of a grid.
func (s *source) cells(ctx context.Context, e preprocess.Extent, g grid) (*mat.Dense, []float64, error) {
	w, err := s.d.behind(s.pipeline)
	if err != nil {
		return nil, nil, err
	}
	x := w.columns
	var cells, numbers []string
	var terms []term
	for j, c := range x {
		cells, numbers = append(cells, g.place(w.dialect, j, c)), append(numbers, "a"+strconv.Itoa(j))
		terms = append(terms, termOf(c, magnitude(e, j)))
	}
	w.Step("a", cells, x...)
	sums, err := w.sums(terms)
	if err != nil {
		return nil, nil, err
	}
	type cell struct {
		mean []float64
		rows float64
	}
	var found []cell
	err = s.d.query(ctx, "grid cells", s.merged(w, numbers, sums), s.d.o.Args, func(rows *sql.Rows) error {
		for rows.Next() {
			var n int64
			texts := make([]sql.NullString, len(sums))
			if err := rows.Scan(append([]any{&n}, pointers(texts)...)...); err != nil {
				return err
			}
			whole, err := w.whole(len(terms), texts)
			if err != nil {
				return err
			}
			mean := make([]float64, len(terms))
			for j, v := range whole {
				mean[j] = meanOf(v, n, terms[j].e)
			}
			found = append(found, cell{mean, float64(n)})
		}
		return rows.Err()
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(found, func(a, b cell) int { return slices.Compare(append(a.mean, a.rows), append(b.mean, b.rows)) })
	out := mat.NewDense(len(found), len(terms), nil)
	weights := make([]float64, len(found))
	for i, c := range found {
		out.SetRow(i, c.mean)
		weights[i] = c.rows
	}
	return out, weights, nil
}

// meanOf returns v·2^(e−62)/n, rounded once.
func meanOf(v *big.Int, n int64, e int) float64 {
	mean, _ := new(big.Rat).SetFrac(v, big.NewInt(n)).Float64()
	return math.Ldexp(mean, e-62)
}

// merged returns the statement that gives the number of rows and the sums of cells of at
// least MinCell rows.
func (s *source) merged(w *writer, cells, sums []string) string {
	list := append(slices.Clone(cells), "count(*) AS n")
	var again, names []string
	for i, sum := range sums {
		name := "b" + strconv.Itoa(i)
		list = append(list, sum+" AS "+name)
		names, again = append(names, name), append(again, "sum("+name+") AS "+name)
	}
	statement := w.sql(list, cells...)
	fewest := s.d.o.MinCell
	if fewest == 1 {
		return "SELECT n, " + strings.Join(names, ", ") + " FROM (" + statement + ") AS s"
	}
	key := strings.Join(cells, ", ")
	statement = "SELECT *, 0 AS level FROM (" + statement + ") AS s"
	for level := 1; level <= 3; level++ {
		var wider []string
		for _, a := range cells {
			up := a + " / 8"
			if level == 3 {
				up = "0" // one for all that are left
			}
			wider = append(wider, fmt.Sprintf("CASE WHEN n < %d THEN %s ELSE %s END AS %s", fewest, up, a, a))
		}
		put := fmt.Sprintf("SELECT %s, n, %s, CASE WHEN n < %d THEN %d ELSE level END AS level FROM (%s) AS s", strings.Join(wider, ", "), strings.Join(names, ", "), fewest, level, statement)
		statement = fmt.Sprintf("SELECT %s, level, CAST(sum(n) AS bigint) AS n, %s FROM (%s) AS s GROUP BY level, %s", key, strings.Join(again, ", "), put, key)
	}
	// What is left may be too few: they go to the least of the others.
	statement = fmt.Sprintf("SELECT *, row_number() OVER (ORDER BY n, level, %s) AS place, min(n) OVER () AS least FROM (%s) AS s", key, statement)
	return fmt.Sprintf("SELECT CAST(sum(n) AS bigint), %s FROM (%s) AS s GROUP BY CASE WHEN least < %d AND place <= 2 THEN 0 ELSE place END", strings.Join(again, ", "), statement, fewest)
}
