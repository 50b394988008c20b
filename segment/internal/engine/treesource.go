package engine

import (
	"context"

	"github.com/customer-personality/segmentation/internal/cause"
)

// treeSource is the source that filters centroids through a tree.
type treeSource struct {
	t       *tree
	a       *Data
	workers int
	filters []*filter
	labels  []int32
	dists   []float64
}

func newTreeSource(a *Data, k, workers int) *treeSource {
	f := &treeSource{a: a, t: a.tree(), workers: workers}
	for range max(1, min(workers, len(f.t.tasks))) {
		f.filters = append(f.filters, newFilter(f.t, k))
	}
	return f
}

func (f *treeSource) each(ctx context.Context, c []float64) error {
	if len(f.filters) == 1 {
		f.filters[0].run(0, c)
		return cause.Of(ctx)
	}
	parallel(ctx, len(f.filters), len(f.t.tasks), func(worker, i int) { f.filters[worker].run(f.t.tasks[i], c) })
	return cause.Of(ctx)
}

func (f *treeSource) step(ctx context.Context, c []float64, k int, t *clusterSums) error {
	for _, filter := range f.filters {
		filter.labels, filter.dists = nil, nil
		filter.out.reset()
	}
	err := f.each(ctx, c)
	t.reset()
	for _, filter := range f.filters {
		t.add(filter.out)
	}
	return err
}

func (f *treeSource) assignment(ctx context.Context, c []float64, k int) ([]int32, []float64, error) {
	if f.dists == nil {
		f.dists = make([]float64, f.t.n)
	}
	labels, err := f.label(ctx, c, f.dists)
	return labels, f.dists, err
}

func (f *treeSource) labelled(ctx context.Context, c []float64) ([]int32, error) {
	return f.label(ctx, c, nil)
}

// label finds the labels of all rows, and their distances where there is room for them.
func (f *treeSource) label(ctx context.Context, c, dists []float64) ([]int32, error) {
	if f.labels == nil {
		f.labels = f.a.newLabels()
	}
	for _, filter := range f.filters {
		filter.labels, filter.dists = f.labels, dists
	}
	return f.labels, f.each(ctx, c)
}

func (f *treeSource) value(i int, row []float64) {
	weigh(f.a.row(i), f.a.weight(i), row)
}

func (f *treeSource) shape() (n, d int, g *bins) { return f.t.n, f.t.d, f.t.g }
