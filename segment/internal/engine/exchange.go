package engine

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
)

const (
	// exchangeNear is how many clusters one that goes or is split is looked at with. With
	// 5, 8 and 12 of 20 to 100 clusters 9, 11 and 10 % of fits end more than 10⁻⁴ above
	// ten restarts, in 122, 141 and 158 ms.
	exchangeNear = 5

	// exchangeIter is how often these are iterated at most; as a rule they end before, where
	// a step gains less than exchangeGain.
	exchangeIter = 10
	exchangeGain = 1e-3

	// exchangeTries over k, and no fewer than exchangeLeast, exchanges are tried in vain
	// before the search ends. For 50 clusters 3, 5 and 12 end 3.3, 4.6 and 5.1 ‰ below ten
	// restarts, in 58, 60 and 124 ms; for 20 ones 5 and 10 are as good. For 100 ones 2 end
	// one fit in five above them.
	exchangeTries = 200
	exchangeLeast = 8

	// exchangeLoss is how much more an exchange may seem to lose than to gain, as both are
	// estimates: where that is 1.3 times as much, one in six improves, where it is twice as
	// much one in a hundred.
	exchangeLoss = 2
)

// exchange improves a solution by exchanges: it gives a cluster up that is needed little
// and splits one that gains much by it, the most promising first, iterates, and keeps what
// is better, as long as anything is (Kaukoranta, Fränti & Nevalainen, Iterative
// split-and-merge algorithm for vector quantization codebook generation, Optical
// Engineering 37, 1998, doi:10.1117/1.601810; Ismkhan, I-k-means−+, Pattern Recognition
// 79, 2018). Where inertias are approximate it returns
// the best last, as swap does. tried reports whether an exchange was worth a try.
func (l *localSearch) exchange(
	ctx context.Context, from solution, rng *rand.Rand,
) (found []solution, tried bool, err error) {
	x := newExchanger(l)
	best := from
	var start snapshot
	for improved := true; improved; {
		improved = false
		x.update(best.c, rng)
		for i, e := range x.exchanges() {
			if i == 0 {
				if err := l.scan.step(ctx, best.c, l.k, l.sums[0]); err != nil {
					return nil, tried, err
				}
				l.latest, tried = l.k, true
				start.save(l.scan, l.sums[0])
			}
			start.restore(l.scan, l.sums[0])
			a, err := l.iterate(ctx, solution{c: x.apply(best.c, e), iterations: best.iterations}, l.k, l.stopBehind(best))
			switch {
			case err != nil && err != ErrDistinct:
				return nil, tried, err
			case err == nil && l.better(&a, best):
				if l.p.tolerance > 1 {
					found = append(found, best)
				}
				best, improved = a, true
			case err == nil && l.aboutAsGood(a, best):
				found = l.p.leading(append(found, a))
			}
			if improved {
				break
			}
			x.failed[e] = true
		}
	}
	return append(found, best), tried, nil
}

// exchanger estimates what each cluster of a solution is worth, from the rows of the
// clusters near it: what its end costs, and what its split gains.
type exchanger struct {
	*localSearch
	worth  []worth
	failed map[exchange]bool

	// The rows that are looked at.
	of     []int32
	rows   block
	labels []int32
	dist   []float64
}

// worth is what one cluster is worth.
type worth struct {
	version int       // how often it was found anew
	near    []int     // the clusters nearest to it, itself first
	from    []float64 // their centroids
	loss    float64   // +∞ where it is not known
	without []float64 // the centroids of near[1:] without it
	gain    float64   // −1 where it is not known
	split   []float64 // the centroids of near where it is split, and last the second half
}

// exchange is one of cluster out, which is given up, for a second half of cluster in.
type exchange struct {
	in, out               int
	inVersion, outVersion int
}

func newExchanger(l *localSearch) *exchanger {
	blocks := l.p.blocks + 1
	return &exchanger{
		localSearch: l, worth: make([]worth, l.k), failed: map[exchange]bool{},
		rows: tiles(blocks, l.p.d), labels: make([]int32, blocks*lanes), dist: aligned(blocks * lanes),
	}
}

// update finds anew what the clusters are worth near which centroids have moved.
func (x *exchanger) update(c []float64, rng *rand.Rand) {
	d, k := x.p.d, x.k
	x.nearestTwo(c, k)
	removal, own := x.removals(k)
	most := x.mostRemoval(c)
	least := inf
	for q := range k {
		w := &x.worth[q]
		near := nearestClusters(c, d, q, min(exchangeNear, k))
		var from []float64
		for _, r := range near {
			from = append(from, c[r*d:(r+1)*d]...)
		}
		if !slices.Equal(from, w.from) {
			*w = worth{version: w.version + 1, near: near, from: from, loss: inf, gain: -1}
		}
		if w.loss == inf && removal[q] <= most {
			before := x.gather(near)
			w.without = slices.Clone(from[d:])
			w.loss = x.lloyd(w.without) - before
		}
		least = min(least, w.loss)
	}
	for q := range k {
		if w := &x.worth[q]; w.gain < 0 && float64(own[q]*exchangeLoss) >= least {
			x.split(w, own[q], rng)
		}
	}
}

// nearestClusters returns the n centroids nearest to that of cluster q, itself first.
func nearestClusters(c []float64, d, q, n int) []int {
	k := len(c) / d
	apart, out := make([]float64, k), make([]int, k)
	for r := range out {
		apart[r], out[r] = SquaredDistance(c[q*d:(q+1)*d], c[r*d:(r+1)*d]), r
	}
	apart[q] = -1
	slices.SortFunc(out, func(a, b int) int { return cmp.Or(cmp.Compare(apart[a], apart[b]), cmp.Compare(a, b)) })
	return out[:n]
}

// gather collects the rows of some clusters and returns their inertia.
func (x *exchanger) gather(clusters []int) (inertia float64) {
	x.of = x.of[:0]
	for _, q := range clusters {
		x.of = append(x.of, x.members(q)...)
	}
	d := x.p.d
	for at, i := range x.of {
		x.rows.set(at, x.p.rows[int(i)*d:(int(i)+1)*d])
		inertia += float64(x.p.w.of(int(i)) * x.least[i])
	}
	return inertia
}

// split finds what the split of a cluster gains whose inertia is own: one half begins at
// a row, most likely one far from its centroid, the other as far on the other side.
func (x *exchanger) split(w *worth, own float64, rng *rand.Rand) {
	d, q := x.p.d, w.near[0]
	w.gain = 0
	left := float64(rng.Float64() * own)
	for _, i := range x.members(q) {
		if left -= float64(x.p.w.of(int(i)) * x.least[i]); left >= 0 {
			continue
		}
		row := x.p.rows[int(i)*d : (int(i)+1)*d]
		w.split = append(slices.Clone(w.from), row...)
		for j, v := range row {
			w.split[j] = 2*w.from[j] - v
		}
		before := x.gather(w.near)
		w.gain = max(0, before-x.lloyd(w.split))
		return
	}
}

// lloyd iterates on the rows that were gathered from the centroids c, which it moves, and
// returns the inertia. As it only tells what is worth a try, sums are not exact.
func (x *exchanger) lloyd(c []float64) float64 {
	d := x.p.d
	k := len(c) / d
	sums, weights := make([]float64, len(c)), make([]float64, k)
	inertia := inf
	for range exchangeIter {
		wide := padded(c, d)
		x.rows.nearest((len(x.of)+lanes-1)/lanes, wide[:cap(wide)], k, x.labels, x.dist)
		clear(sums)
		clear(weights)
		now := 0.0
		for at, i := range x.of {
			w, q := x.p.w.of(int(i)), int(x.labels[at])
			now += float64(w * x.dist[at])
			weights[q] += w
			for j, v := range x.p.rows[int(i)*d : (int(i)+1)*d] {
				sums[q*d+j] += float64(w * v)
			}
		}
		settled := !(now < inertia*(1-exchangeGain))
		if inertia = min(inertia, now); settled {
			break
		}
		for i := range c {
			if w := weights[i/d]; w > 0 {
				c[i] = sums[i] / w
			}
		}
	}
	return inertia
}

// exchanges returns the most promising exchanges that have not failed.
func (x *exchanger) exchanges() []exchange {
	var out []exchange
	net := func(e exchange) float64 { return x.worth[e.in].gain - x.worth[e.out].loss }
	for in, a := range x.worth {
		for to, b := range x.worth {
			if in != to && b.loss <= float64(exchangeLoss*a.gain) {
				if e := (exchange{in, to, a.version, b.version}); !x.failed[e] {
					out = append(out, e)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b exchange) int {
		return cmp.Or(cmp.Compare(net(b), net(a)), cmp.Compare(a.in, b.in), cmp.Compare(a.out, b.out))
	})
	return out[:min(len(out), max(exchangeLeast, exchangeTries/x.k))]
}

// apply returns the centroids c after an exchange.
func (x *exchanger) apply(c []float64, e exchange) []float64 {
	d, in, out := x.p.d, &x.worth[e.in], &x.worth[e.out]
	c = slices.Clone(c)
	for i, r := range out.near[1:] {
		copy(c[r*d:(r+1)*d], out.without[i*d:])
	}
	for i, r := range in.near {
		copy(c[r*d:(r+1)*d], in.split[i*d:])
	}
	copy(c[e.out*d:(e.out+1)*d], in.split[len(in.near)*d:])
	return c
}
