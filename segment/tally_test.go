package segment

import (
	"bytes"
	"errors"
	"iter"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// tallyRows returns rows of three columns of different size, a few far away, and of which
// some values are missing where that is asked for.
func tallyRows(n int, missing bool) []float64 {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	rows := make([]float64, 0, 3*n)
	for i := range n {
		q := float64(i % 4)
		rows = append(rows, 20*q+rng.NormFloat64(), 1e5*(rng.Float64()-q), math.Round(10*rng.NormFloat64()))
		if i%200 == 7 {
			rows[len(rows)-3] += 5000
		}
		if missing && i%11 == 3 {
			rows[len(rows)-1-i%3] = math.NaN()
		}
	}
	return rows
}

var tallyColumns = []string{"a", "b", "c"}

func tallyCentroids(rows []float64, ks ...int) []*mat.Dense {
	var out []*mat.Dense
	for _, k := range ks {
		out = append(out, mat.NewDense(k, 3, slices.Clone(rows[30:30+3*k])))
	}
	return out
}

func tallyOf(t testing.TB, p *Pass, parts ...[]float64) *Tally {
	t.Helper()
	whole, err := NewTally(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range parts {
		part, err := NewTally(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := part.Add(rows); err != nil {
			t.Fatal(err)
		}
		if err := whole.Merge(part); err != nil {
			t.Fatal(err)
		}
	}
	return whole
}

func bytesOf(t testing.TB, tally *Tally) []byte {
	t.Helper()
	data, err := tally.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func extentPass(t testing.TB, rows []float64, pipeline *preprocess.FittedPipeline) (raw, behind []Bound) {
	t.Helper()
	e := tallyOf(t, &Pass{Columns: tallyColumns, Pipeline: pipeline, Extent: true}, rows)
	return BoundsOf(e.RawExtent()), BoundsOf(e.Extent())
}

// fullPass asks for everything.
func fullPass(t testing.TB, rows []float64) *Pass {
	t.Helper()
	pipeline, err := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("fill", preprocess.Imputer{}), preprocess.NewStep("scale", preprocess.Scaler{}),
	}}.Fit(t.Context(), mat.NewDense(len(rows)/3, 3, slices.Clone(rows)), tallyColumns...)
	if err != nil {
		t.Fatal(err)
	}
	raw, behind := extentPass(t, rows, pipeline)
	return &Pass{
		Columns: tallyColumns, Pipeline: pipeline, Extent: true, Cuts: [][]float64{{-1, 0, 0.5}, nil, {0}},
		Moments: &preprocess.MomentsOptions{Center: []float64{0.1, 0.2, 0.3}, Products: true}, Clusters: true,
		Centroids: []*mat.Dense{
			mat.NewDense(4, 3, []float64{-1, 1, 0, -0.5, 0.5, 0, 0.5, -0.5, 0, 1, -1, 0}),
			mat.NewDense(1, 3, []float64{0, 0, 0}), mat.NewDense(2, 3, []float64{0, 0, 0, 0, 0, 0}),
		},
		Sample: 100, Seed: 3, Bounds: behind, RawBounds: raw,
		Cells: &Cells{Box: []Bound{{-1, 1}, {-1, 1}, {-2, 2}}, Most: 300},
	}
}

// TestTallyBits holds tallies of the same rows in any order, parted in any way, and merged
// in any grouping against each other, in their marshalled form.
func TestTallyBits(t *testing.T) {
	const n = 5000
	rows := tallyRows(n, true)
	p := fullPass(t, rows)
	want := bytesOf(t, tallyOf(t, p, rows))
	rng := rand.New(rand.NewPCG(5, 6))
	cuts := func(parts int) [][]float64 {
		at := []int{0, n}
		for range parts - 1 {
			at = append(at, rng.IntN(n+1))
		}
		slices.Sort(at)
		var out [][]float64
		for i := range parts {
			out = append(out, rows[3*at[i]:3*at[i+1]])
		}
		return out
	}
	var single [][]float64
	for i := range n {
		single = append(single, rows[3*i:3*i+3])
	}
	shuffled := slices.Clone(single)
	rng.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, parts := range map[string][][]float64{
		"2": cuts(2), "7": cuts(7), "64": cuts(64), "empty": {nil, rows, nil}, "skewed": {rows[:3], rows[3 : 3*n-3], rows[3*n-3:]},
		"shuffled": {slices.Concat(shuffled...)}, "shuffled 2": {slices.Concat(shuffled[:100]...), slices.Concat(shuffled[100:]...)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := bytesOf(t, tallyOf(t, p, parts...)); !bytes.Equal(got, want) {
				t.Error("the tally is another")
			}
			// Pairwise, through bytes.
			var tallies []*Tally
			for _, part := range parts {
				tallies = append(tallies, tallyOf(t, p, part))
			}
			for len(tallies) > 1 {
				a, b := tallies[0], tallies[1]
				read, err := NewTally(p)
				if err == nil {
					err = read.UnmarshalBinary(bytesOf(t, a))
				}
				if err == nil {
					err = read.Merge(b)
				}
				if err != nil {
					t.Fatal(err)
				}
				tallies = append(tallies[2:], read)
			}
			if !bytes.Equal(bytesOf(t, tallies[0]), want) {
				t.Error("the tally of a tree of merges is another")
			}
		})
	}
	t.Run("n", func(t *testing.T) {
		whole, one := tallyOf(t, p), []float64(nil)
		for _, one = range shuffled[:800] {
			if err := whole.Merge(tallyOf(t, p, one)); err != nil {
				t.Fatal(err)
			}
		}
		for _, one = range shuffled[800:] {
			if err := whole.Add(one); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(bytesOf(t, whole), want) {
			t.Error("the tally of single rows is another")
		}
	})
	t.Run("workers", func(t *testing.T) {
		for _, workers := range []int{1, 2, 5} {
			for _, block := range []int{3, 3 * 777, 3 * n} {
				l := &Local{Cols: 3, Blocks: spoiledBlocks(rows, block), Workers: workers}
				got, err := l.Run(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytesOf(t, got), want) {
					t.Errorf("%d workers, blocks of %d: the tally is another", workers, block)
				}
			}
		}
	})
}

// spoiledBlocks returns rows in slices of so many values, each of which is spoiled afterwards.
func spoiledBlocks(rows []float64, values int) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		for at := 0; at < len(rows); at += values {
			block := slices.Clone(rows[at:min(at+values, len(rows))])
			if !yield(block, nil) {
				return
			}
			clear(block)
		}
	}
}

// exactSum is a sum in math/big of multiples of 2^(e−80).
type exactSum struct {
	sum  *big.Float
	unit int
}

func newExactSum(most float64) *exactSum {
	_, e := math.Frexp(most)
	return &exactSum{new(big.Float).SetPrec(4000), e - 80}
}

func (s *exactSum) add(v float64) {
	scaled := new(big.Float).SetMantExp(new(big.Float).SetPrec(4000).SetFloat64(v), -s.unit)
	half := big.NewFloat(math.Copysign(0.5, v))
	whole, _ := new(big.Float).Add(scaled, half).Int(nil)
	if rest := new(big.Float).Sub(scaled, new(big.Float).SetInt(whole)); rest.Cmp(new(big.Float).Neg(half)) == 0 && whole.Bit(0) == 1 {
		whole.Sub(whole, big.NewInt(int64(math.Copysign(1, v))))
	}
	s.sum.Add(s.sum, new(big.Float).SetPrec(4000).SetMantExp(new(big.Float).SetPrec(4000).SetInt(whole), s.unit))
}

func (s *exactSum) rounded() preprocess.Sum {
	high, _ := s.sum.Float64()
	low, _ := new(big.Float).Sub(s.sum, new(big.Float).SetPrec(4000).SetFloat64(high)).Float64()
	return preprocess.Sum{High: high, Low: low}
}

// TestTallyReference holds the sums against the plainest loop in math/big.
func TestTallyReference(t *testing.T) {
	for _, scale := range []float64{1, 0x1p-380, 0x1p370} {
		rows := tallyRows(3000, false)
		for i := range rows {
			rows[i] *= scale
		}
		raw, behind := extentPass(t, rows, nil)
		sets := tallyCentroids(rows, 1, 2, 3, 4, 9)
		tally := tallyOf(t, &Pass{
			Columns: tallyColumns, Centroids: sets, Clusters: true, Bounds: behind, RawBounds: raw,
			Moments: &preprocess.MomentsOptions{Products: true},
		}, rows[:300], rows[300:])
		most := func(j int) float64 { return max(math.Abs(behind[j].Least), math.Abs(behind[j].Greatest)) }
		for i, got := range tally.Statistics() {
			k, _ := sets[i].Dims()
			counts, inertia := make([]float64, k), make([]*big.Float, k)
			for q := range inertia {
				inertia[q] = new(big.Float).SetPrec(4000)
			}
			sums := make([]*exactSum, 3*k)
			for at := range sums {
				sums[at] = newExactSum(most(at % 3))
			}
			for o := 0; o < len(rows); o += 3 {
				q, v := engine.Nearest(rows[o:o+3], engine.RowMajor(sets[i]))
				counts[q]++
				inertia[q].Add(inertia[q], big.NewFloat(v))
				for j, v := range rows[o : o+3] {
					sums[3*q+j].add(v)
				}
			}
			for q := range k {
				if want, _ := inertia[q].Float64(); got.Counts[q] != counts[q] || got.Inertia[q] != want {
					t.Errorf("×%v, set %d, cluster %d: count %v, inertia %v; want %v, %v", scale, i, q, got.Counts[q], got.Inertia[q], counts[q], want)
				}
				for j := range 3 {
					want := sums[3*q+j].rounded()
					if got.Sums.At(q, j) != want.High {
						t.Errorf("×%v, set %d, cluster %d, column %d: sum %v, want %v", scale, i, q, j, got.Sums.At(q, j), want.High)
					}
					if i == 0 && tally.Clusters().Sums[q][j] != want {
						t.Errorf("×%v, column %d: raw sum %v, want %v", scale, j, tally.Clusters().Sums[q][j], want)
					}
				}
			}
		}
		m := tally.Moments()
		for i := range 3 {
			for j := range 3 {
				sum := newExactSum(most(i) * most(j))
				for o := 0; o < len(rows); o += 3 {
					sum.add(rows[o+i] * rows[o+j])
				}
				if got := m.Products[3*i+j]; got != sum.rounded() {
					t.Errorf("×%v: the products of columns %d and %d are %v, want %v", scale, i, j, got, sum.rounded())
				}
				if i == j && m.Squares[i] != m.Products[4*i] {
					t.Errorf("×%v: the squares of column %d are %v, want %v", scale, i, m.Squares[i], m.Products[4*i])
				}
			}
		}
	}
}

// TestTallyAsStream holds sums and counts against those of a Stream, to the bit.
func TestTallyAsStream(t *testing.T) {
	rows := tallyRows(20000, false)
	_, behind := extentPass(t, rows, nil)
	sets := tallyCentroids(rows, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	got := tallyOf(t, &Pass{Columns: tallyColumns, Centroids: sets, Bounds: behind}, rows).Statistics()
	want, err := (&Stream{Cols: 3, Blocks: spoiledBlocks(rows, 3*4096)}).Statistics(t.Context(), sets)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !slices.Equal(got[i].Counts, want[i].Counts) || !mat.Equal(got[i].Sums, want[i].Sums) {
			t.Errorf("set %d: counts %v, sums\n%v\nwant %v,\n%v", i, got[i].Counts, mat.Formatted(got[i].Sums), want[i].Counts, mat.Formatted(want[i].Sums))
		}
		for q, v := range want[i].Inertia {
			if math.Abs(got[i].Inertia[q]-v) > 1e-14*v { // which the Stream rounds
				t.Errorf("set %d, cluster %d: inertia %v, want %v", i, q, got[i].Inertia[q], v)
			}
		}
	}
}

// TestTallyMissing holds what is said of missing values against the plainest loop.
func TestTallyMissing(t *testing.T) {
	rows := tallyRows(1000, true)
	_, bounds := extentPass(t, rows, nil)
	center := []float64{1, 2, 3}
	tally := tallyOf(t, &Pass{
		Columns: tallyColumns, Extent: true, Bounds: bounds, Cuts: [][]float64{{0, 20, 20.5}, {}, {-5, 5}},
		Moments: &preprocess.MomentsOptions{Center: center, Power: []float64{0.5, 2, 1}, Products: true},
	}, rows)
	e, m, cuts := tally.Extent(), tally.Moments(), tally.Cuts()
	for j := range 3 {
		known, pairs := 0, 0.0
		var values []float64
		for o := 0; o < len(rows); o += 3 {
			if v := rows[o+j]; v == v {
				known++
				values = append(values, v)
				if w := rows[o+(j+1)%3]; w == w {
					p := []float64{0.5, 2, 1}
					pairs += (v - center[j]) * p[j] * (w - center[(j+1)%3]) * p[(j+1)%3]
				}
			}
		}
		if e.Rows != 1000 || e.Known[j] != known || m.Known[j] != known || e.Least[j] != slices.Min(values) || e.Greatest[j] != slices.Max(values) {
			t.Errorf("column %d: extent %+v, %d moments; %d values from %v to %v are known", j, e, m.Known[j], known, slices.Min(values), slices.Max(values))
		}
		if got := m.Products[3*j+(j+1)%3].High; math.Abs(got-pairs) > 1e-9*math.Abs(pairs) {
			t.Errorf("column %d: products with the next %v, want %v", j, got, pairs)
		}
		for i, c := range cuts[j] {
			want := Cut{0, math.Inf(1), math.Inf(-1)}
			for _, v := range values {
				edges := [][]float64{{0, 20, 20.5}, {}, {-5, 5}}[j]
				if (i == 0 || v >= edges[i-1]) && (i == len(edges) || v < edges[i]) {
					want = Cut{want.Count + 1, min(want.Least, v), max(want.Greatest, v)}
				}
			}
			if c != want {
				t.Errorf("column %d, cell %d: %+v, want %+v", j, i, c, want)
			}
		}
	}
}

func TestTallyRefuses(t *testing.T) {
	rows := tallyRows(100, false)
	raw, behind := extentPass(t, rows, nil)
	good := func() *Pass {
		return &Pass{Columns: tallyColumns, Centroids: tallyCentroids(rows, 2), Bounds: behind, Clusters: true, RawBounds: raw}
	}
	for name, c := range map[string]struct {
		change func(p *Pass)
		is     error
	}{
		"no columns":          {func(p *Pass) { p.Columns = nil }, ErrOption},
		"negative sample":     {func(p *Pass) { p.Sample = -1 }, ErrOption},
		"huge sample":         {func(p *Pass) { p.Sample = math.MaxInt32 }, ErrOption},
		"no bounds":           {func(p *Pass) { p.Bounds = nil }, ErrWidth},
		"no raw bounds":       {func(p *Pass) { p.RawBounds = nil }, ErrWidth},
		"NaN bound":           {func(p *Pass) { p.Bounds = []Bound{{0, math.NaN()}, {}, {}} }, ErrOption},
		"infinite bound":      {func(p *Pass) { p.Bounds = []Bound{{0, math.Inf(1)}, {}, {}} }, ErrOption},
		"falling cuts":        {func(p *Pass) { p.Cuts = [][]float64{{2, 1}, nil, nil} }, ErrOption},
		"NaN cut":             {func(p *Pass) { p.Cuts = [][]float64{{math.NaN()}, nil, nil} }, ErrOption},
		"cuts of two":         {func(p *Pass) { p.Cuts = [][]float64{{1}, nil} }, ErrWidth},
		"no centroids":        {func(p *Pass) { p.Centroids = nil }, ErrOption},
		"nil centroids":       {func(p *Pass) { p.Centroids = []*mat.Dense{nil} }, ErrWidth},
		"narrow centroids":    {func(p *Pass) { p.Centroids = []*mat.Dense{mat.NewDense(2, 2, nil)} }, ErrWidth},
		"NaN centroid":        {func(p *Pass) { p.Centroids[0].Set(1, 2, math.NaN()) }, ErrNotFinite},
		"far centroid":        {func(p *Pass) { p.Centroids[0].Set(1, 2, 1e200) }, ErrOverflow},
		"moments beyond":      {func(p *Pass) { p.Moments = &preprocess.MomentsOptions{Power: []float64{1, 1e300, 1}} }, ErrOverflow},
		"moments of two":      {func(p *Pass) { p.Moments = &preprocess.MomentsOptions{Power: []float64{1, 1}} }, ErrWidth},
		"cells of two":        {func(p *Pass) { p.Cells = &Cells{Box: make([]Bound, 2), Most: 10} }, ErrWidth},
		"no cells":            {func(p *Pass) { p.Cells = &Cells{Box: make([]Bound, 3)} }, ErrOption},
		"widest of no power":  {func(p *Pass) { p.Cells = &Cells{Box: make([]Bound, 3), Most: 10, Widest: 3} }, ErrOption},
		"box from Inf":        {func(p *Pass) { p.Cells = &Cells{Box: []Bound{{math.Inf(-1), 0}, {}, {}}, Most: 10} }, ErrOption},
		"pipeline not fitted": {func(p *Pass) { p.Pipeline = &preprocess.FittedPipeline{} }, preprocess.ErrNotFitted},
	} {
		p := good()
		c.change(p)
		if _, err := NewTally(p); !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %v", name, err, c.is)
		}
	}
	if _, err := NewTally(nil); !errors.Is(err, ErrOption) {
		t.Errorf("no pass: %v", err)
	}
	for name, c := range map[string]struct {
		row []float64
		is  error
	}{
		"NaN": {[]float64{math.NaN(), 0, 0}, ErrNotFinite}, "Inf": {[]float64{0, math.Inf(-1), 0}, ErrNotFinite},
		"beyond": {[]float64{0, 0, behind[2].Greatest + 1}, ErrSource}, "half": {[]float64{0, 0}, ErrWidth},
	} {
		tally := tallyOf(t, good(), rows[:30])
		err := tally.Add(slices.Concat(rows[:9], c.row))
		if !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %v", name, err, c.is)
		}
		if name != "half" && !bytes.Contains([]byte(err.Error()), []byte("row 13, column")) {
			t.Errorf("%s: the error %q names no row 13", name, err)
		}
		if _, again := tally.MarshalBinary(); again == nil {
			t.Errorf("%s: the tally can be written after an error", name)
		}
	}
	var zero Tally
	if !errors.Is(zero.Add(rows), ErrOption) || !errors.Is((*Tally)(nil).Merge(&zero), ErrOption) || zero.Statistics() != nil || zero.Rows() != 0 {
		t.Error("the zero Tally is of some use")
	}
	other := good()
	other.Centroids[0].Set(0, 0, 1)
	a, b := tallyOf(t, good(), rows), tallyOf(t, other, rows)
	if err := a.Merge(b); !errors.Is(err, ErrSource) {
		t.Errorf("merging the tally of another pass: %v", err)
	}
	if err := a.UnmarshalBinary(bytesOf(t, b)); !errors.Is(err, ErrSource) {
		t.Errorf("reading the tally of another pass: %v", err)
	}
	data := bytesOf(t, a)
	for at := range data {
		cut, changed := data[:at], slices.Clone(data)
		changed[at] ^= 0x40
		if !errors.Is(a.UnmarshalBinary(cut), ErrSource) || !errors.Is(a.UnmarshalBinary(changed), ErrSource) {
			t.Fatalf("the first %d bytes, or all with another at %d, are read", at, at)
		}
	}
}

// TestTallyDigest: what is lost, doubled or changed makes another digest; the order none.
func TestTallyDigest(t *testing.T) {
	rows := tallyRows(50, true)
	p := &Pass{Columns: tallyColumns, Extent: true}
	want := tallyOf(t, p, rows).Digest()
	swapped := slices.Clone(rows)
	swapped[0], swapped[3] = swapped[3], swapped[0]
	changed := slices.Clone(rows)
	changed[20] = math.Nextafter(changed[20], 0)
	for name, other := range map[string][]float64{
		"lost": rows[3:], "doubled": slices.Concat(rows, rows[:3]), "replaced": slices.Concat(rows[3:], rows[3:6]),
		"values swapped": swapped, "changed": changed, "zeros added": slices.Concat(rows, make([]float64, 3)),
	} {
		if tallyOf(t, p, other).Digest() == want {
			t.Errorf("%s: the digest is the same", name)
		}
	}
	if tallyOf(t, p, rows[75:], rows[:75]).Digest() != want {
		t.Error("in another order the digest is another")
	}
}

func TestPassBinary(t *testing.T) {
	rows := tallyRows(500, true)
	p := fullPass(t, rows)
	data, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back Pass
	if err := back.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if again, err := back.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
		t.Errorf("what is read is written otherwise (%v)", err)
	}
	if !bytes.Equal(bytesOf(t, tallyOf(t, &back, rows)), bytesOf(t, tallyOf(t, p, rows))) {
		t.Error("the tally of a pass that was read is another")
	}
	for at := range data {
		if err := new(Pass).UnmarshalBinary(data[:at]); !errors.Is(err, ErrSource) {
			t.Fatalf("the first %d bytes: %v", at, err)
		}
	}
	// Changes to the pass do not reach a tally that was made of it.
	tally := tallyOf(t, p, rows)
	before := bytesOf(t, tally)
	p.Centroids[0].Set(0, 0, 99)
	p.Bounds[0].Least = 7
	if err := tally.Merge(tallyOf(t, &back, nil)); err != nil || !bytes.Equal(bytesOf(t, tally), before) {
		t.Errorf("a change to the pass changed a tally (%v)", err)
	}
}

// FuzzTallyBinary: what is no tally of the pass is refused; what is read is written as it
// was, and its answers do not panic.
func FuzzTallyBinary(f *testing.F) {
	rows := tallyRows(60, true)
	p := fullPass(f, rows)
	p.Sample, p.Cells.Most = 5, 8
	w := &wire{data: bytesOf(f, tallyOf(f, p, rows))}
	seed := w.data[len(tallyKind) : len(w.data)-sealSize]
	f.Add(seed)
	f.Add(seed[:100])
	f.Fuzz(func(t *testing.T, data []byte) {
		tally, err := NewTally(p)
		if err != nil {
			t.Fatal(err)
		}
		sealed := (&wire{data: data}).seal(tallyKind) // so that it is looked into
		if err := tally.UnmarshalBinary(sealed); err != nil {
			if !errors.Is(err, ErrSource) {
				t.Fatal(err)
			}
			return
		}
		if len(bytesOf(t, tally)) != len(sealed) {
			t.Fatal("what was read is written otherwise")
		}
		_, _, _, _ = tally.Statistics(), tally.Moments(), tally.Clusters(), tally.Cuts()
		tally.Sample()
		tally.Cells()
		if err := tally.Merge(tallyOf(t, p, rows)); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPassBinary(f *testing.F) {
	data, err := fullPass(f, tallyRows(60, true)).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[len(passKind) : len(data)-sealSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Pass
		if p.UnmarshalBinary((&wire{data: data}).seal(passKind)) != nil {
			return
		}
		if _, err := p.MarshalBinary(); err != nil {
			t.Fatal(err)
		}
		if tally, err := NewTally(&p); err == nil {
			_ = tally.Add(make([]float64, 3*len(p.Columns)))
		}
	})
}

func BenchmarkTally(b *testing.B) {
	const n = 1_000_000
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([]float64, 3*n)
	for i := range rows {
		rows[i] = rng.NormFloat64() + float64(i/3%6)
	}
	e := tallyOf(b, &Pass{Columns: tallyColumns, Extent: true}, rows).Extent()
	bounds := BoundsOf(e)
	box := []Bound{{-2, 7}, {-2, 7}, {-2, 7}}
	for _, c := range []struct {
		name string
		pass Pass
	}{
		{"extent", Pass{Extent: true}},
		{"cuts", Pass{Cuts: [][]float64{slices.Repeat([]float64{0}, 1), nil, nil}}},
		{"moments", Pass{Moments: &preprocess.MomentsOptions{Products: true}, Bounds: bounds}},
		{"one_set", Pass{Centroids: tallyCentroids(rows, 4), Bounds: bounds}},
		{"nine_sets", Pass{Centroids: tallyCentroids(rows, 2, 3, 4, 5, 6, 7, 8, 9, 10), Bounds: bounds}},
		{"sample", Pass{Sample: 1 << 16}},
		{"cells", Pass{Cells: &Cells{Box: box, Most: 8192}, Bounds: bounds}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.pass.Columns = tallyColumns
			b.SetBytes(8 * 3 * n)
			for b.Loop() {
				tallyOf(b, &c.pass, rows)
			}
		})
	}
}
