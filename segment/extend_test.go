package segment_test

import (
	"errors"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// A sweep that is extended is that of the whole range, and what it had is not fitted anew.
func TestExtend(t *testing.T) {
	x := groupsOf(500, 3)
	ctx := t.Context()
	calls := 0
	part := must[*segment.SweepResult](t)(segment.Sweep{MinK: 3, MaxK: 5, Seed: 7, Progress: func(segment.Progress) { calls++ }}.Fit(ctx, x))
	whole := must[*segment.SweepResult](t)(segment.Sweep{MinK: 1, MaxK: 7, Seed: 7}.Fit(ctx, x))
	calls = 0
	got := must[*segment.SweepResult](t)(part.Extend(ctx, x, 1, 7))
	if calls != 0 {
		t.Errorf("the progress of the fit that is done is called %d times", calls)
	}
	for i, c := range got.Clusterings() {
		want := whole.Clusterings()[i]
		if had, ok := part.Clustering(c.K()); ok && had != c {
			t.Errorf("k = %d is fitted anew", c.K())
		}
		if c.K() != i+1 || c.Inertia() != want.Inertia() || !slices.Equal(c.Labels(), want.Labels()) || !mat.Equal(c.Centroids(), want.Centroids()) {
			t.Errorf("k = %d: inertia %v, in one sweep %v", c.K(), c.Inertia(), want.Inertia())
		}
	}
	if got.Knee().Knee != whole.Knee().Knee || len(got.Clusterings()) != 7 {
		t.Errorf("the knee of %d clusterings is at %v, in one sweep at %v", len(got.Clusterings()), got.Knee().Knee, whole.Knee().Knee)
	}
	if within := must[*segment.SweepResult](t)(part.Extend(ctx, x, 4, 4)); len(within.Clusterings()) != 1 {
		t.Errorf("%d clusterings of 4 clusters", len(within.Clusterings()))
	}
	for name, c := range map[string]struct {
		sweep      *segment.SweepResult
		x          mat.Matrix
		minK, maxK int
		want       error
	}{
		"other rows":    {part, groupsOf(499, 3), 1, 5, segment.ErrWidth},
		"other columns": {part, groupsOf(500, 2), 1, 5, segment.ErrWidth},
		"downwards":     {part, x, 5, 4, segment.ErrOption},
		"of none":       {part, x, 0, 4, segment.ErrOption},
		"no rows":       {nil, nil, 1, 4, segment.ErrEmpty},
		"of a stream":   {must[*segment.SweepResult](t)(segment.Sweep{MaxK: 3}.FitStream(ctx, streamOfRows(x))), x, 1, 3, segment.ErrWidth},
	} {
		if got, err := c.sweep.Extend(ctx, c.x, c.minK, c.maxK); got != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func streamOfRows(x *mat.Dense) *segment.Stream {
	n, d := x.Dims()
	return &segment.Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		for i := range n {
			if !yield(x.RawRowView(i), nil) {
				return
			}
		}
	}}
}
