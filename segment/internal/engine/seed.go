package engine

import (
	"context"
	"math"
	"math/rand/v2"
)

// seedBlocks is the number of blocks whose potential is known by itself, so
// that a draw need not walk through all rows.
const seedBlocks = 32

// seeder chooses initial centroids; it can be used again and again.
type seeder struct {
	p          *points
	near       []float64 // squared distance of each row to the nearest centroid
	pot        []float64 // weighted sum of near in each chunk of seedBlocks blocks
	candidates []float64
}

func newSeeder(p *points) *seeder {
	return &seeder{p: p, near: aligned(p.blocks * lanes), pot: make([]float64, (p.blocks+seedBlocks-1)/seedBlocks)}
}

// seed chooses k rows as initial centroids, appended to c, by greedy
// k-means++: each next one is the best of 2+⌊ln k⌋ candidates drawn with
// probability proportional to the squared distance from the nearest centroid
// so far (Arthur & Vassilvitskii, k-means++: The Advantages of Careful
// Seeding, SODA 2007, section 5).
//
// It gives fewer than k centroids where the rows of positive weight hold
// fewer than k distinct points.
func (s *seeder) seed(ctx context.Context, c []float64, k int, rng *rand.Rand) ([]float64, error) {
	p, d := s.p, s.p.d
	trials := 2 + int(math.Log(float64(k)))
	s.candidates = append(s.candidates[:0], make([]float64, trials*d)...)
	scores := make([]float64, trials)

	for i := range s.near {
		s.near[i] = 0
		if i < p.n {
			s.near[i] = 1
		}
	}
	first := s.candidates[:d]
	p.get(s.draw(s.weights(), rng), first)
	for i := range p.n {
		s.near[i] = inf
	}
	c = append(c, first...)
	total := s.lower(first)
	for n := 1; n < k; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !(total > 0) {
			return c, nil
		}
		for t := range trials {
			p.get(s.draw(total, rng), s.candidates[t*d:(t+1)*d])
			scores[t] = 0
		}
		for chunk := range s.pot {
			from, blocks := s.chunk(chunk)
			v := p.block.from(from)
			for t := range scores {
				scores[t] += v.relax(blocks, s.candidates[t*d:(t+1)*d], s.near[from*lanes:], s.w(from), false)
			}
		}
		best := 0
		for t, score := range scores {
			if score < scores[best] {
				best = t
			}
		}
		chosen := s.candidates[best*d : (best+1)*d]
		c = append(c, chosen...)
		total = s.lower(chosen)
	}
	return c, nil
}

func (s *seeder) chunk(i int) (from, blocks int) {
	return i * seedBlocks, min(seedBlocks, s.p.blocks-i*seedBlocks)
}

func (s *seeder) w(block int) []float64 {
	if s.p.w == nil {
		return nil
	}
	return s.p.w[block*lanes:]
}

// lower takes one more centroid into account and gives the new potential.
func (s *seeder) lower(c []float64) float64 {
	total := 0.0
	for i := range s.pot {
		from, blocks := s.chunk(i)
		s.pot[i] = s.p.block.from(from).relax(blocks, c, s.near[from*lanes:], s.w(from), true)
		total += s.pot[i]
	}
	return total
}

// weights takes the rows for all equally near.
func (s *seeder) weights() float64 {
	total := 0.0
	for i := range s.pot {
		from, blocks := s.chunk(i)
		s.pot[i] = 0
		for r := from * lanes; r < min((from+blocks)*lanes, s.p.n); r++ {
			s.pot[i] += s.p.weight(r)
		}
		total += s.pot[i]
	}
	return total
}

// draw picks a row with probability proportional to weight times near, never
// one for which that is 0.
func (s *seeder) draw(total float64, rng *rand.Rand) int {
	u := rng.Float64() * total
	chunk, last := 0, -1
	for i, pot := range s.pot {
		if pot > 0 {
			chunk, last = i, i
			if u < pot {
				break
			}
			u -= pot
		}
	}
	if last < 0 {
		return 0
	}
	// Rounding may carry u past the end: the last row that can be drawn is
	// taken then.
	from, blocks := s.chunk(chunk)
	row := from * lanes
	for i := from * lanes; i < (from+blocks)*lanes && i < s.p.n; i++ {
		if v := float64(s.p.weight(i) * s.near[i]); v > 0 {
			row = i
			if u < v {
				break
			}
			u -= v
		}
	}
	return row
}
