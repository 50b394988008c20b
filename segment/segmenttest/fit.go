package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// byCentroids returns the centroids of a clustering in the order of their values, each
// followed by its count.
func byCentroids(c *segment.Clustering) []float64 {
	centroids := c.Centroids()
	rows := make([][]float64, c.K())
	for q, n := range c.Counts() {
		rows[q] = append(mat.Row(nil, q, centroids), n)
	}
	slices.SortFunc(rows, slices.Compare[[]float64])
	return slices.Concat(rows...)
}

// sameFit returns where a clustering is not another, to the bit where exact.
func sameFit(got, want *segment.Clustering, exact bool) error {
	tol := 1e-9
	if exact {
		tol = 0
	}
	switch {
	case got.K() != want.K():
		return fmt.Errorf("%d clusters; want %d", got.K(), want.K())
	case !slices.Equal(got.Counts(), want.Counts()):
		return fmt.Errorf("counts %v; want %v", got.Counts(), want.Counts())
	case !near(got.Centroids().RawMatrix().Data, want.Centroids().RawMatrix().Data, tol):
		return fmt.Errorf("centroids %v; want %v", got.Centroids().RawMatrix().Data, want.Centroids().RawMatrix().Data)
	case got.Iterations() != want.Iterations() || got.Converged() != want.Converged():
		return fmt.Errorf("%d iterations, converged: %v; want %d, %v", got.Iterations(), got.Converged(), want.Iterations(), want.Converged())
	case !(math.Abs(got.Inertia()-want.Inertia()) <= 1e-12*want.Inertia()):
		return fmt.Errorf("inertia %v; want %v", got.Inertia(), want.Inertia())
	}
	return nil
}

// fitsFromInit: from the same centroids a fit goes the way that it goes in memory.
func fitsFromInit(t *testing.T, s *sources) error {
	var p problems
	for seed := range uint64(3) {
		x := groups(400+int(seed), 3, 5, 20+seed)
		o := segment.KMeansPP{K: 4, Init: centroidsOf(x, 4, seed)}
		for _, iterations := range []int{0, 2} {
			o.MaxIter = iterations
			want, err := o.Fit(t.Context(), x)
			if err != nil {
				return err
			}
			src := s.make(t, x)
			got, err := o.FitStream(t.Context(), src)
			if err == nil {
				err = sameFit(got, want, exact(src))
			}
			if err != nil {
				p.addf("MaxIter %d: %w", iterations, err)
			}
		}
	}
	return p.err()
}

// fitsAsStream: where all rows are in the sample, the clustering that is found is that
// of a Stream but for the order of clusters.
func fitsAsStream(t *testing.T, s *sources) error {
	x := groups(300, 3, 4, 30)
	var p problems
	for name, o := range map[string]segment.KMeansPP{
		"search":   {K: 4, Seed: 1},
		"restarts": {K: 4, Seed: 1, Restarts: 5},
		"Tol":      {K: 4, Seed: 1, Tol: 1e-4},
	} {
		want, err := o.FitStream(t.Context(), stream(x))
		if err != nil {
			return err
		}
		got, err := o.FitStream(t.Context(), s.make(t, x))
		if err != nil {
			p.addf("%s: %w", name, err)
		} else if !near(byCentroids(got), byCentroids(want), 1e-9) {
			p.addf("%s: centroids and counts %v; of a Stream %v", name, byCentroids(got), byCentroids(want))
		}
	}
	return p.err()
}

// sweepsAsStream: the curve is that of a Stream to a thousandth, and the knee its knee.
func sweepsAsStream(t *testing.T, s *sources) error {
	x := groups(400, 2, 4, 31)
	sweep := segment.Sweep{MinK: 2, MaxK: 6, Seed: 1}
	want, err := sweep.FitStream(t.Context(), stream(x))
	if err != nil {
		return err
	}
	got, err := sweep.FitStream(t.Context(), s.make(t, x))
	if err != nil {
		return err
	}
	if got.Knee().Knee != want.Knee().Knee {
		return fmt.Errorf("the knee is at %v; of a Stream at %v", got.Knee().Knee, want.Knee().Knee)
	}
	var p problems
	for i, point := range got.Points() {
		if w := want.Points()[i]; point.K != w.K || !(point.Inertia <= 1.001*w.Inertia) {
			p.addf("k = %d has the inertia %v; of a Stream k = %d has %v", point.K, point.Inertia, w.K, w.Inertia)
		}
	}
	return p.err()
}

// concurrentUse: fits at the same time have the bits of fits alone.
func concurrentUse(t *testing.T, s *sources) error {
	x := groups(2000, 3, 4, 32)
	src := s.make(t, x)
	fit := func(ctx context.Context, k int) (*segment.Clustering, error) {
		return segment.KMeansPP{K: k, Init: centroidsOf(x, k, 1)}.FitStream(ctx, src)
	}
	var wants []*segment.Clustering
	for k := range 4 {
		want, err := fit(t.Context(), 2+k)
		if err != nil {
			return err
		}
		wants = append(wants, want)
	}
	errs := make([]error, len(wants))
	var wait sync.WaitGroup
	for i, want := range wants {
		wait.Go(func() {
			got, err := fit(t.Context(), 2+i)
			if err == nil {
				err = sameFit(got, want, exact(src))
			}
			errs[i] = err
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
