package segment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// KPrototypes clusters rows of numbers and words by k-prototypes. A cluster has a
// centroid, the means of its numbers, and a mode, the most frequent word of each
// column of words; the dissimilarity of a row from it is the squared Euclidean
// distance from the centroid plus Gamma times the words that are not those of the
// mode. Only K must be set.
//
// A pass takes the rows in order, moves each to the cluster that it is least
// dissimilar to, and moves centroids and modes with it; passes end when no row
// moves. Of several restarts the one of the least cost is kept. Of equals the
// lowest cluster, the word first in ascending order of bytes and the earliest
// restart are taken. The same Seed yields the same bits, whatever the number of
// workers.
//
// Numbers count as they are: a column in large units decides alone unless the
// columns are scaled first (preprocess.Scaler).
//
// Sources: Huang, Extensions to the k-Means Algorithm for Clustering Large Data
// Sets with Categorical Values, 1998, doi:10.1023/A:1009769707641. From the same
// Init it equals the Python package kmodes (KPrototypes), but for emptied
// clusters, which there are filled with a random row. Seeding is by k-means++
// with the dissimilarity for squared distance (Arthur & Vassilvitskii, SODA 2007).
type KPrototypes struct {
	// K is the number of clusters, from 1 to the number of distinct rows.
	K int

	// Gamma is the weight of a word. The default 0 is half the mean of the
	// population standard deviations of the columns of numbers, as Huang suggests
	// and kmodes has it: 0.5 for columns that were standardised. Where no number
	// varies it is 1.
	Gamma float64

	// Seed starts the random numbers of the seeding; every value is as good.
	Seed uint64

	// Restarts is how often seeding and passes are tried; default 10.
	Restarts int

	// MaxIter bounds the passes of one restart; default 100.
	MaxIter int

	// Init, when not nil, holds the initial prototypes. There is then one
	// restart, and cluster i starts from prototype i.
	Init *Prototypes

	// Workers bounds the goroutines, of which each runs whole restarts; default
	// GOMAXPROCS.
	Workers int

	// Progress, when not nil, is called after each restart, by one goroutine at a
	// time; Inertia is the cost.
	Progress func(Progress)
}

// Prototypes are centroids and modes of k clusters.
type Prototypes struct {
	Centroids mat.Matrix // k×d
	Modes     [][]string // k modes of a word for each of m columns
}

// MixedClustering is a fitted k-prototypes. It is immutable and safe for
// concurrent use.
type MixedClustering struct {
	prototypes
	exponent   int                // of the power of two by which centroids and gamma are scaled
	words      []map[string]int32 // code of each word that was seen, by column
	sorted     [][]string         // words by code
	labels     []int
	counts     []float64
	cost       float64
	iterations int
	converged  bool
}

const (
	defaultPrototypeRestarts = 10
	defaultPrototypeMaxIter  = 100
)

// Fit clusters n rows: those of x (n×d) with the words of the same rows, of which
// words has a slice of n for each of m columns. The empty word, which stands for a
// missing one in a features.Table, is a word like any other: two missing ones are
// equal. Cancelling ctx ends it within one pass over the rows.
//
// Errors: ErrEmpty for no rows, no column of numbers or none of words (KMeansPP
// clusters numbers alone), ErrNotFinite for NaN and ±Inf with their place, ErrWidth
// for columns of another length and an Init of another shape, ErrTooFew for more
// clusters than distinct rows, ErrOption, ErrOverflow where the cost is beyond
// float64 or Gamma and the numbers are too far apart for it, and that of ctx.
func (o KPrototypes) Fit(ctx context.Context, x mat.Matrix, words [][]string) (*MixedClustering, error) {
	ctx = orBackground(ctx)
	o.Restarts, o.MaxIter = cmp.Or(o.Restarts, defaultPrototypeRestarts), cmp.Or(o.MaxIter, defaultPrototypeMaxIter)
	if o.Init != nil {
		o.Restarts = 1
	}
	if err := o.check(x, words); err != nil {
		return nil, err
	}
	f, err := o.newFitter(x, words)
	if err != nil {
		return nil, err
	}
	return f.fit(ctx)
}

func (o KPrototypes) check(x mat.Matrix, words [][]string) error {
	shared := KMeansPP{K: o.K, Restarts: o.Restarts, MaxIter: o.MaxIter, Workers: o.Workers}
	if err := shared.check(x, []int{o.K}); err != nil {
		return err
	}
	n, d := num.Dims(x)
	if len(words) == 0 {
		return fmt.Errorf("%w: there is no column of words; KMeansPP clusters numbers alone", ErrEmpty)
	}
	if err := checkWordLengths(words, n); err != nil {
		return err
	}
	if !(o.Gamma >= 0) || math.IsInf(o.Gamma, 0) {
		return fmt.Errorf("%w: Gamma is %v; it must be a positive number (0 lets the data decide)", ErrOption, o.Gamma)
	}
	if err := finite(x, "the data"); err != nil || o.Init == nil {
		return err
	}
	if k, width := num.Dims(o.Init.Centroids); k != o.K || width != d {
		return fmt.Errorf("%w: the centroids of Init are %d×%d; %d clusters of %d columns need %d×%d", ErrWidth, k, width, o.K, d, o.K, d)
	}
	if len(o.Init.Modes) != o.K {
		return fmt.Errorf("%w: Init has %d modes for %d clusters", ErrWidth, len(o.Init.Modes), o.K)
	}
	for i, mode := range o.Init.Modes {
		if len(mode) != len(words) {
			return fmt.Errorf("%w: mode %d of Init has %d words for %d columns", ErrWidth, i, len(mode), len(words))
		}
	}
	return finite(o.Init.Centroids, "the centroids of Init")
}

func checkWordLengths(words [][]string, n int) error {
	for j, column := range words {
		if len(column) != n {
			return fmt.Errorf("%w: column %d of words has %d for %d rows", ErrWidth, j, len(column), n)
		}
	}
	return nil
}

// prototypes are k centroids of d numbers and modes of m words.
type prototypes struct {
	k, d, m   int
	centroids []float64 // k×d
	codes     []int32   // k×m
	gamma     float64
}

// dissimilarity returns that of a row from cluster c, or any number above limit where
// it is above it.
func (p *prototypes) dissimilarity(c int, numbers []float64, codes []int32, limit float64) float64 {
	sum := 0.0
	centroid := p.centroids[c*p.d : (c+1)*p.d]
	numbers = numbers[:len(centroid)]
	for j, v := range centroid {
		far := numbers[j] - v
		sum += float64(far * far)
	}
	if sum > limit {
		return sum
	}
	mode, differ := p.codes[c*p.m:(c+1)*p.m], 0
	codes = codes[:len(mode)]
	for j, code := range mode {
		if codes[j] != code {
			differ++
		}
	}
	return sum + float64(p.gamma*float64(differ))
}

// nearest returns the cluster that a row is least dissimilar to, of equals the
// lowest. It is found soonest where the guess is right.
func (p *prototypes) nearest(numbers []float64, codes []int32, guess int) (cluster int, least float64) {
	cluster, least = guess, p.dissimilarity(guess, numbers, codes, math.Inf(1))
	for c := range p.k {
		if c == guess {
			continue
		}
		if v := p.dissimilarity(c, numbers, codes, least); v < least || v == least && c < cluster {
			cluster, least = c, v
		}
	}
	return cluster, least
}

// prototypeFitter holds the rows, scaled by a power of two so that squares neither
// overflow nor vanish.
type prototypeFitter struct {
	KPrototypes
	n, d, m  int
	numbers  []float64 // n×d, times 2^-exponent
	codes    []int32   // n×m
	words    []map[string]int32
	sorted   [][]string // words by code
	exponent int
	gamma    float64 // for the scaled numbers

	mu   sync.Mutex
	done int
	best *prototypeRun
}

func (o KPrototypes) newFitter(x mat.Matrix, words [][]string) (*prototypeFitter, error) {
	f := &prototypeFitter{KPrototypes: o, m: len(words)}
	f.n, f.d = x.Dims()
	f.numbers = slices.Clone(engine.RowMajor(x))
	deviations := 0.0
	for j := range f.d {
		column := mat.Col(nil, j, x)
		s := num.MomentsOf(slices.Min(column), slices.Max(column)) // so that squares neither overflow nor vanish
		for _, v := range column {
			s.Add(v)
		}
		deviations += s.SD(0) / float64(f.d)
	}
	if f.Gamma == 0 {
		if f.Gamma = deviations / 2; f.Gamma == 0 {
			f.Gamma = 1
		}
	}
	largest := 0.0
	for _, v := range f.numbers {
		largest = max(largest, math.Abs(v))
	}
	_, f.exponent = math.Frexp(largest)
	f.exponent = min(max(f.exponent, -1000), 1000)
	scale(f.numbers, f.exponent)
	f.gamma = math.Ldexp(f.Gamma, -2*f.exponent)
	if most := float64(f.gamma * float64(f.n*f.m)); !num.Finite(most) || f.gamma < 0x1p-1022 {
		return nil, fmt.Errorf("%w: Gamma is %v, and the squares of the numbers do not fit in a float64 beside it; the greatest value is %s", ErrOverflow, f.Gamma, greatest(x))
	}
	f.codes = make([]int32, f.n*f.m)
	for j, column := range words {
		codes := map[string]int32{}
		for _, word := range column {
			codes[word] = 0
		}
		sorted := slices.Sorted(maps.Keys(codes))
		for code, word := range sorted {
			codes[word] = int32(code)
		}
		for i, word := range column {
			f.codes[i*f.m+j] = codes[word]
		}
		f.words, f.sorted = append(f.words, codes), append(f.sorted, sorted)
	}
	return f, nil
}

// scale multiplies values by 2^-exponent.
func scale(values []float64, exponent int) {
	power := math.Ldexp(1, -exponent)
	for i := range values {
		values[i] *= power
	}
}

func (f *prototypeFitter) row(i int) ([]float64, []int32) {
	return f.numbers[i*f.d : (i+1)*f.d], f.codes[i*f.m : (i+1)*f.m]
}

func (f *prototypeFitter) fit(ctx context.Context) (*MixedClustering, error) {
	err := rows.Each(ctx, f.Workers, f.Restarts, nil, func(number int) error {
		r := &prototypeRun{f: f, number: number, random: rand.New(rand.NewPCG(f.Seed, uint64(number)))}
		if err := r.run(ctx); err != nil {
			return err
		}
		f.keep(r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f.clustering()
}

// keep keeps a run if it is the best so far.
func (f *prototypeFitter) keep(r *prototypeRun) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done++; f.Progress != nil {
		f.Progress(Progress{Done: f.done, Total: f.Restarts, K: f.K, Inertia: math.Ldexp(r.cost, 2*f.exponent)})
	}
	if b := f.best; b == nil || r.cost < b.cost || r.cost == b.cost && r.number < b.number {
		f.best = r
	}
}

// clustering returns the best run.
func (f *prototypeFitter) clustering() (*MixedClustering, error) {
	r := f.best
	c := &MixedClustering{
		prototypes: r.prototypes, exponent: f.exponent, words: f.words, sorted: f.sorted, labels: r.labels, counts: make([]float64, f.K),
		cost: math.Ldexp(r.cost, 2*f.exponent), iterations: r.iterations, converged: r.converged,
	}
	for i, n := range r.counts {
		c.counts[i] = float64(n)
	}
	if math.IsInf(c.cost, 0) {
		return nil, fmt.Errorf("%w: the cost; scale the columns first", ErrOverflow)
	}
	return c, nil
}

// prototypeRun is one restart.
type prototypeRun struct {
	prototypes
	f          *prototypeFitter
	number     int
	random     *rand.Rand
	labels     []int
	counts     []int
	sums       []float64 // k×d
	words      [][]int   // by cluster and column, how often each code is there
	cost       float64
	iterations int
	converged  bool
}

func (r *prototypeRun) run(ctx context.Context) error {
	f := r.f
	r.prototypes = prototypes{k: f.K, d: f.d, m: f.m, gamma: f.gamma}
	if f.Init != nil {
		r.start()
	} else if err := r.seed(ctx); err != nil {
		return err
	}
	r.labels = make([]int, f.n)
	if err := r.assign(ctx); err != nil {
		return err
	}
	if err := r.fill(); err != nil {
		return err
	}
	r.update()
	cost, err := r.total(ctx)
	for err == nil && r.iterations < f.MaxIter && !r.converged {
		r.iterations++
		var moves int
		if moves, err = r.pass(ctx); err != nil {
			return err
		}
		r.update()
		before := cost
		cost, err = r.total(ctx)
		r.converged = moves == 0 || cost >= before
	}
	if err != nil {
		return err
	}
	r.cost = cost
	return r.assign(ctx) // the labels are those of the prototypes that are returned
}

// start takes the prototypes of Init. A word that no row has gets a code of its own.
func (r *prototypeRun) start() {
	f := r.f
	r.centroids = slices.Clone(engine.RowMajor(f.Init.Centroids))
	scale(r.centroids, f.exponent)
	for _, mode := range f.Init.Modes {
		for j, word := range mode {
			r.codes = append(r.codes, codeOf(f.words[j], word))
		}
	}
}

// codeOf returns the code of a word, −1 for one that was not seen.
func codeOf(codes map[string]int32, word string) int32 {
	if code, ok := codes[word]; ok {
		return code
	}
	return -1
}

// seed chooses rows for prototypes: the first at random, each further one the best
// of a few that are drawn with probability proportional to their dissimilarity
// from the nearest before it.
func (r *prototypeRun) seed(ctx context.Context) error {
	f := r.f
	near := slices.Repeat([]float64{math.Inf(1)}, f.n)
	trial, best := make([]float64, f.n), make([]float64, f.n)
	r.add(r.random.IntN(f.n))
	total := r.lower(near, near, 0)
	for k := 1; k < f.K; k++ {
		if total == 0 {
			return r.tooFew()
		}
		least, chosen, before := math.Inf(1), 0, r.prototypes
		for range 2 + int(num.Log(float64(f.K))) {
			if err := cause.Of(ctx); err != nil {
				return err
			}
			row := draw(near, float64(r.random.Float64()*total))
			r.add(row)
			if potential := r.lower(trial, near, k); potential < least {
				least, chosen = potential, row
				trial, best = best, trial
			}
			r.prototypes = before
		}
		r.add(chosen)
		near, best, total = best, near, least
	}
	return nil
}

// add takes a row for the next prototype.
func (r *prototypeRun) add(row int) {
	numbers, codes := r.f.row(row)
	r.centroids, r.codes = append(r.centroids, numbers...), append(r.codes, codes...)
}

// lower puts into dst the lesser of near and the dissimilarity from prototype c, and
// returns their sum.
func (r *prototypeRun) lower(dst, near []float64, c int) float64 {
	total := 0.0
	for i := range dst {
		numbers, codes := r.f.row(i)
		dst[i] = min(near[i], r.dissimilarity(c, numbers, codes, near[i]))
		total += dst[i]
	}
	return total
}

// draw returns the row at which the running sum of weights passes a value.
func draw(weights []float64, at float64) int {
	last := 0
	for i, w := range weights {
		if w == 0 {
			continue
		}
		if last = i; at < w {
			break
		}
		at -= w
	}
	return last
}

// assign labels the rows by the nearest prototype, and counts.
func (r *prototypeRun) assign(ctx context.Context) error {
	r.counts = make([]int, r.k)
	for i := range r.labels {
		if i%1024 == 0 && ctx.Err() != nil {
			return cause.Of(ctx)
		}
		numbers, codes := r.f.row(i)
		r.labels[i], _ = r.nearest(numbers, codes, r.labels[i])
		r.counts[r.labels[i]]++
	}
	return nil
}

// fill gives empty clusters the rows that are farthest from their prototypes.
func (r *prototypeRun) fill() error {
	for c, n := range r.counts {
		if n > 0 {
			continue
		}
		row := r.farthest()
		if row < 0 {
			return r.tooFew()
		}
		r.counts[r.labels[row]]--
		r.counts[c], r.labels[row] = 1, c
		numbers, codes := r.f.row(row)
		copy(r.centroids[c*r.d:], numbers)
		copy(r.codes[c*r.m:], codes)
	}
	return nil
}

// farthest returns the row that is most dissimilar from its prototype; −1 where no
// row is at all.
func (r *prototypeRun) farthest() int {
	row, most := -1, 0.0
	for i, c := range r.labels {
		numbers, codes := r.f.row(i)
		if v := r.dissimilarity(c, numbers, codes, math.Inf(1)); v > most && r.counts[c] > 1 {
			row, most = i, v
		}
	}
	return row
}

// tooFew returns the error where fewer rows than clusters differ.
func (r *prototypeRun) tooFew() error {
	seen := map[string]bool{}
	for i := 0; i < r.f.n && len(seen) < r.k; i++ {
		numbers, codes := r.f.row(i)
		seen[fmt.Sprint(numbers, codes)] = true
	}
	if len(seen) < r.k {
		return &DistinctError{r.k, len(seen)}
	}
	return fmt.Errorf("%w: the squares of the least and of the greatest differences between rows do not fit in a float64 together", ErrOverflow)
}

// update computes the sums of all clusters anew, so that the rounding of moves does
// not grow, and the centroids and modes.
func (r *prototypeRun) update() {
	f := r.f
	low := make([]float64, r.k*r.d)
	r.sums, r.words = make([]float64, r.k*r.d), make([][]int, r.k*r.m)
	for i := range r.words {
		r.words[i] = make([]int, len(f.sorted[i%r.m]))
	}
	for i, c := range r.labels {
		numbers, codes := f.row(i)
		for j, v := range numbers {
			r.sums[c*r.d+j], low[c*r.d+j] = twoSum(r.sums[c*r.d+j], low[c*r.d+j], v)
		}
		for j, code := range codes {
			r.words[c*r.m+j][code]++
		}
	}
	for i := range r.sums {
		r.sums[i] += low[i]
	}
	for c := range r.k {
		r.move(c)
		for j := range r.m {
			r.codes[c*r.m+j] = mostFrequent(r.words[c*r.m+j])
		}
	}
}

// twoSum adds v to a sum and its rounding error (Knuth, The Art of Computer
// Programming 2, 4.2.2, theorem B).
func twoSum(high, low, v float64) (float64, float64) {
	t := high + v
	u := t - high
	return t, low + ((high - (t - u)) + (v - u))
}

// move computes the centroid of a cluster from its sums.
func (r *prototypeRun) move(c int) {
	for j := range r.d {
		r.centroids[c*r.d+j] = r.sums[c*r.d+j] / float64(r.counts[c])
	}
}

// mostFrequent returns the code of the greatest count, the lowest of equals.
func mostFrequent(counts []int) int32 {
	best := 0
	for code, n := range counts {
		if n > counts[best] {
			best = code
		}
	}
	return int32(best)
}

// pass moves each row to the prototype that is nearest when its turn comes.
func (r *prototypeRun) pass(ctx context.Context) (moves int, err error) {
	for i, from := range r.labels {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, cause.Of(ctx)
		}
		numbers, codes := r.f.row(i)
		to, _ := r.nearest(numbers, codes, from)
		if to == from {
			continue
		}
		moves++
		r.transfer(i, to)
		if r.counts[from] > 0 {
			continue
		}
		row := r.farthest()
		if row < 0 {
			return 0, r.tooFew()
		}
		r.transfer(row, from)
	}
	return moves, nil
}

// transfer moves a row to a cluster, and both prototypes with it. A mode changes to a
// word that became more frequent, or when its own became less.
func (r *prototypeRun) transfer(row, to int) {
	numbers, codes := r.f.row(row)
	from := r.labels[row]
	r.labels[row] = to
	r.counts[from]--
	r.counts[to]++
	for j, v := range numbers {
		r.sums[from*r.d+j] -= v
		r.sums[to*r.d+j] += v
	}
	r.move(to)
	if r.counts[from] > 0 {
		r.move(from)
	}
	for j, code := range codes {
		joined, left := r.words[to*r.m+j], r.words[from*r.m+j]
		joined[code]++
		left[code]--
		if mode := &r.codes[to*r.m+j]; joined[code] > joined[*mode] {
			*mode = code
		}
		if mode := &r.codes[from*r.m+j]; *mode == code {
			*mode = mostFrequent(left)
		}
	}
}

// total returns the cost of the prototypes, each row with its nearest.
func (r *prototypeRun) total(ctx context.Context) (float64, error) {
	high, low := 0.0, 0.0
	for i := range r.f.n {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, cause.Of(ctx)
		}
		numbers, codes := r.f.row(i)
		_, v := r.nearest(numbers, codes, r.labels[i])
		high, low = twoSum(high, low, v)
	}
	return high + low, nil
}

// K returns the number of clusters.
func (c *MixedClustering) K() int { return orZero(c).k }

// Gamma returns the weight of a word, also where the data decided.
func (c *MixedClustering) Gamma() float64 {
	c = orZero(c)
	return math.Ldexp(c.gamma, 2*c.exponent)
}

// Prototypes returns a copy of the centroids, k×d, and the modes, k of m words.
func (c *MixedClustering) Prototypes() Prototypes {
	c = orZero(c)
	if c.k == 0 {
		return Prototypes{Centroids: &mat.Dense{}}
	}
	centroids := slices.Clone(c.centroids)
	scale(centroids, -c.exponent)
	p := Prototypes{Centroids: mat.NewDense(c.k, c.d, centroids)}
	for codes := range slices.Chunk(c.codes, c.m) {
		mode := make([]string, c.m)
		for j, code := range codes {
			mode[j] = c.sorted[j][code]
		}
		p.Modes = append(p.Modes, mode)
	}
	return p
}

// Labels returns the clusters of the rows that were fitted, in their order, each
// from 0 to K-1.
func (c *MixedClustering) Labels() []int { return slices.Clone(orZero(c).labels) }

// Counts returns how many rows each cluster has. Where the passes ended while rows
// still moved, 0 is possible.
func (c *MixedClustering) Counts() []float64 { return slices.Clone(orZero(c).counts) }

// Cost returns the sum of the dissimilarities of the rows from the nearest
// prototype.
func (c *MixedClustering) Cost() float64 { return orZero(c).cost }

// Iterations returns the number of passes of the best restart.
func (c *MixedClustering) Iterations() int { return orZero(c).iterations }

// Converged reports whether the best restart ended by itself and not by MaxIter.
func (c *MixedClustering) Converged() bool { return orZero(c).converged }

// Predict returns the cluster that each row is least dissimilar to, of equals the
// lowest. x and words are as in Fit; a word that was not seen in it differs from
// every mode. Errors: ErrWidth, ErrNotFinite, ErrOverflow for a row whose
// dissimilarity from all clusters is beyond float64, and that of ctx.
func (c *MixedClustering) Predict(ctx context.Context, x mat.Matrix, words [][]string) ([]int, error) {
	c, ctx = orZero(c), orBackground(ctx)
	if c.k == 0 {
		return nil, errNotFitted
	}
	n, d := num.Dims(x)
	if n > 0 && d != c.d || len(words) != c.m {
		return nil, fmt.Errorf("%w: rows of %d numbers and %d words for a clustering of %d and %d", ErrWidth, d, len(words), c.d, c.m)
	}
	if err := checkWordLengths(words, n); err != nil {
		return nil, err
	}
	if err := finite(x, "the data"); err != nil {
		return nil, err
	}
	out, scaled, codes := make([]int, n), make([]float64, c.d), make([]int32, c.m)
	err := slabs(ctx, x, func(from int, numbers []float64) error {
		for i := from; len(numbers) > 0; i, numbers = i+1, numbers[c.d:] {
			copy(scaled, numbers)
			scale(scaled, c.exponent)
			for j, column := range words {
				codes[j] = codeOf(c.words[j], column[i])
			}
			var least float64
			if out[i], least = c.nearest(scaled, codes, 0); math.IsInf(least, 0) {
				return overflowRow(x, i, "the dissimilarity from all clusters")
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
