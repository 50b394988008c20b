package segmenttest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// ask returns the statistics of a source, which is handed copies.
func ask(ctx context.Context, src segment.Source, sets ...*mat.Dense) ([]segment.SufficientStatistics, error) {
	return src.Statistics(ctx, clones(sets))
}

func statisticsAreThoseOfRows(t *testing.T, s *sources) error {
	var p problems
	for _, size := range [][3]int{{1, 1, 1}, {40, 1, 3}, {301, 3, 4}, {997, 5, 7}} {
		x := groups(size[0], size[1], size[2], 1)
		sets := []*mat.Dense{centroidsOf(x, size[2], 2), centroidsOf(x, 1, 3)}
		src := s.make(t, x)
		if _, err := src.Sample(t.Context(), 10, 1); err != nil {
			p.addf("%d×%d rows: Sample: %w", size[0], size[1], err)
			continue
		}
		for pass := range 2 {
			got, err := ask(t.Context(), src, sets...)
			if err == nil {
				err = compare(x, sets, got, exact(src))
			}
			if err != nil {
				p.addf("%d×%d rows, pass %d: %w", size[0], size[1], pass, err)
			}
		}
		// A source is asked for statistics before any sample too.
		fresh := s.make(t, x)
		got, err := ask(t.Context(), fresh, sets...)
		if err == nil {
			err = compare(x, sets, got, exact(fresh))
		}
		if err != nil {
			p.addf("%d×%d rows, without a Sample before: %w", size[0], size[1], err)
		}
	}
	return p.err()
}

// Rows of whole numbers are exactly half-way between centroids of whole numbers.
func tiesGoToTheLowest(t *testing.T, s *sources) error {
	x := mat.NewDense(60, 2, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64((i*(j+1) + j) % 5) }, x)
	sets := []*mat.Dense{
		mat.NewDense(3, 2, []float64{4, 2, 0, 2, 2, 2}),
		mat.NewDense(4, 2, []float64{1, 1, 1, 1, 3, 3, 1, 1}), // equal ones too
		mat.NewDense(2, 2, []float64{2, 4, 2, 0}),
	}
	src := s.make(t, x)
	got, err := ask(t.Context(), src, sets...)
	if err != nil {
		return err
	}
	return compare(x, sets, got, exact(src))
}

// Each set has the answer that it has alone, centroids beyond all rows have no row,
// and an answer stays as it is when the source is asked again.
func setsAreIndependent(t *testing.T, s *sources) error {
	x := groups(240, 3, 4, 5)
	src := s.make(t, x)
	var sets []*mat.Dense
	for k := 1; k <= 9; k++ {
		sets = append(sets, centroidsOf(x, k, uint64(k)))
	}
	beyond := mat.NewDense(3, 3, []float64{1e4, 1e4, 1e4, 0, 0, 0, -1e4, 0, 1e4})
	sets = append(sets, beyond)
	together, err := ask(t.Context(), src, sets...)
	if err != nil {
		return err
	}
	if err := compare(x, sets, together, exact(src)); err != nil {
		return err
	}
	if last := together[len(sets)-1]; last.Counts[0] != 0 || last.Counts[1] != 240 || last.Sums.At(0, 0) != 0 || last.Inertia[2] != 0 {
		return fmt.Errorf("centroids beyond all rows have the counts %v; want 0, 240 and 0", last.Counts)
	}
	var p problems
	for i, c := range sets {
		alone, err := ask(t.Context(), src, c)
		if err == nil {
			err = same(alone, together[i:i+1], exact(src), true)
		}
		if err != nil {
			p.addf("%d sets together, and set %d alone: %w", len(sets), i, err)
		}
	}
	if err := compare(x, sets, together, exact(src)); err != nil {
		p.addf("an answer was changed by the passes after it: %w", err)
	}
	return p.err()
}

// All restarts of a sweep are asked in one pass.
func manySets(t *testing.T, s *sources) error {
	x := groups(120, 2, 3, 6)
	src := s.make(t, x)
	var sets []*mat.Dense
	for i := range 90 {
		sets = append(sets, centroidsOf(x, 2+i%9, uint64(i)))
	}
	got, err := ask(t.Context(), src, sets...)
	if err != nil {
		return err
	}
	return compare(x, sets, got, exact(src))
}

// orderDoesNotMatter: an exact source has the same bits whatever the order of rows.
func orderDoesNotMatter(t *testing.T, s *sources) error {
	x := groups(500, 3, 4, 7)
	sets := []*mat.Dense{centroidsOf(x, 4, 1), centroidsOf(x, 6, 2)}
	src := s.make(t, x)
	want, err := ask(t.Context(), src, sets...)
	if err != nil {
		return err
	}
	var p problems
	again, err := ask(t.Context(), src, sets...)
	if err == nil {
		err = same(again, want, exact(src), true)
	}
	if err != nil {
		p.addf("the same rows again: %w", err)
	}
	for seed := range uint64(3) {
		got, err := ask(t.Context(), s.make(t, shuffled(x, seed)), sets...)
		if err == nil {
			err = same(got, want, exact(src), false)
		}
		if err != nil {
			p.addf("the rows in another order: %w", err)
		}
	}
	return p.err()
}

// partsDoNotMatter: the same bits however rows are cut.
func partsDoNotMatter(t *testing.T, s *sources) error {
	if s.Parts == nil {
		return fmt.Errorf("%w: Options.Parts is nil", errNotApplicable)
	}
	const n = 60
	x := groups(n, 3, 4, 8)
	sets := []*mat.Dense{centroidsOf(x, 4, 1), centroidsOf(x, 5, 2)}
	var p problems
	var first []segment.SufficientStatistics
	for _, cuts := range [][]int{{n}, {0, n}, {n / 2, n}, {0, 0, 7, 7, 20, 33, 59, n, n}, {1, n}, {n - 1, n}, upTo(n)} {
		src := s.Parts(t, cut(x, cuts))
		got, err := ask(t.Context(), src, sets...)
		if err == nil {
			err = compare(x, sets, got, exact(src))
		}
		if err == nil && first != nil {
			err = same(got, first, exact(src), true)
		}
		if err != nil {
			p.addf("parts that end before the rows %v: %w", cuts, err)
			continue
		}
		first = got
		sample, err := src.Sample(t.Context(), 2*n, 1)
		if err == nil && !slices.EqualFunc(sortedRows(sample), sortedRows(x), slices.Equal[[]float64]) {
			err = fmt.Errorf("a sample of all rows is not these")
		}
		if err != nil {
			p.addf("parts that end before the rows %v: %w", cuts, err)
		}
	}
	return p.err()
}

// upTo returns 1 … n.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// cut returns the rows of x in parts that end before the given rows; nil for none.
func cut(x *mat.Dense, ends []int) []*mat.Dense {
	_, d := x.Dims()
	parts, from := make([]*mat.Dense, len(ends)), 0
	for i, end := range ends {
		if end > from {
			parts[i] = mat.DenseCopyOf(x.Slice(from, end, 0, d))
		}
		from = end
	}
	return parts
}
