package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Clusters that lie apart: a solution that splits one of them and joins two others is put
// right by an exchange, and with one centroid in each there is none worth a try.
func TestExchange(t *testing.T) {
	const k, d, each = 30, 3, 40
	rng := rand.New(rand.NewPCG(1, 2))
	var rows, right []float64
	for range k {
		centre := make([]float64, d)
		for j := range centre {
			centre[j] = 100 * rng.Float64()
		}
		right = append(right, centre...)
		for range each {
			for _, v := range centre {
				rows = append(rows, v+rng.NormFloat64())
			}
		}
	}
	p := newPoints(rows, d, nil, New(mat.NewDense(k*each, d, rows), nil).bins())
	l := newLocalSearch(p, k, 0, 1)
	best, err := l.iterate(t.Context(), solution{c: slices.Clone(right)}, k, criterion{maxIter: coarseIter})
	if err != nil {
		t.Fatal(err)
	}
	if found, tried, err := l.exchange(t.Context(), l.estimate(best.clone()), rng); err != nil || tried || len(found) != 1 || found[0].inertia != best.inertia {
		t.Errorf("from the best: tried %v, %d solutions, %v", tried, len(found), err)
	}
	wrong := slices.Clone(right)
	copy(wrong[:d], rows[5*each*d:]) // leaves the first cluster, a second one in the sixth
	from, err := l.iterate(t.Context(), solution{c: wrong}, k, criterion{maxIter: coarseIter})
	if err != nil {
		t.Fatal(err)
	}
	if !(from.inertia > 2*best.inertia) {
		t.Fatalf("the inertia to begin with is %v, the best %v", from.inertia, best.inertia)
	}
	found, tried, err := l.exchange(t.Context(), l.estimate(from.clone()), rng)
	if err != nil || !tried || found[len(found)-1].inertia > best.inertia*(1+1e-9) {
		t.Errorf("tried %v, %v, inertia %v, the best is %v", tried, err, found[len(found)-1].inertia, best.inertia)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := l.exchange(ctx, l.estimate(from), rng); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
