package segmenttest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// within returns how often rows occur more often in sample than in x.
func within(sample, x *mat.Dense) int {
	have := map[string]int{}
	key := func(row []float64) string { return fmt.Sprint(row) } // shortest digits are exact
	for _, row := range sortedRows(x) {
		have[key(row)]++
	}
	strange := 0
	for _, row := range sortedRows(sample) {
		if have[key(row)]--; have[key(row)] < 0 {
			strange++
		}
	}
	return strange
}

func sampleIsOfRows(t *testing.T, s *sources) error {
	x := groups(300, 3, 4, 9)
	for i := range 50 { // equal rows are rows
		x.SetRow(250+i, x.RawRowView(i))
	}
	src := s.make(t, x)
	all, err := src.Sample(t.Context(), 1000, 1)
	if err != nil {
		return err
	}
	if n, _ := all.Dims(); n != 300 || within(all, x) > 0 {
		return fmt.Errorf("a sample of up to 1000 of 300 rows has %d, %d of which are none of these", n, within(all, x))
	}
	var p problems
	some, err := src.Sample(t.Context(), 100, 1)
	if err != nil {
		return err
	}
	if n, _ := some.Dims(); n < 50 || n > 200 {
		p.addf("a sample of about 100 of 300 rows has %d", n)
	}
	if strange := within(some, x); strange > 0 {
		p.addf("%d rows of a sample are no rows of the source, or more often than there", strange)
	}
	again, err := s.make(t, x).Sample(t.Context(), 100, 1)
	if err != nil {
		return err
	}
	if !mat.Equal(again, some) {
		p.addf("the same seed has another sample")
	}
	other, err := src.Sample(t.Context(), 100, 2)
	if err != nil {
		return err
	}
	if mat.Equal(other, some) {
		p.addf("another seed has the same sample")
	}
	return p.err()
}

// sampleIsUniform holds how often rows are drawn against the χ² distribution, each
// row by itself and by tenths of the rows in their order.
func sampleIsUniform(t *testing.T, s *sources) error {
	const n, m, draws = 1000, 200, 16
	x := groups(n, 2, 4, 10)
	of := map[[2]float64]int{}
	for i := range n {
		of[[2]float64(x.RawRowView(i))] = i
	}
	src := s.make(t, x)
	drawn, total := make([]float64, n), 0.0
	for seed := range uint64(draws) {
		sample, err := src.Sample(t.Context(), m, seed)
		if err != nil {
			return err
		}
		for i := range sample.RawMatrix().Rows {
			row, ok := of[[2]float64(sample.RawRowView(i))]
			if !ok {
				return fmt.Errorf("row %d of a sample is no row of the source", i)
			}
			drawn[row]++
			total++
		}
	}
	var p problems
	for _, bins := range []int{n, 10} {
		expected := total / float64(bins)
		variance := expected * (1 - total/(n*draws))
		chi := 0.0
		for b := range bins {
			sum := 0.0
			for i := b * n / bins; i < (b+1)*n/bins; i++ {
				sum += drawn[i]
			}
			chi += (sum - expected) * (sum - expected) / variance
		}
		// Six standard deviations of χ² above its mean.
		if free := float64(bins - 1); chi > free+float64(6*math.Sqrt(2*free))+6 {
			p.addf("%d samples of %d of %d rows in %d bins: χ² is %.0f; want about %.0f", draws, m, n, bins, chi, free)
		}
	}
	return p.err()
}

// sampleIsOfContent: the rows decide which are drawn, not where they lie.
func sampleIsOfContent(t *testing.T, s *sources) error {
	x := groups(400, 3, 4, 11)
	want, err := s.make(t, x).Sample(t.Context(), 90, 3)
	if err != nil {
		return err
	}
	for seed := range uint64(2) {
		got, err := s.make(t, shuffled(x, seed)).Sample(t.Context(), 90, 3)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(sortedRows(got), sortedRows(want), slices.Equal[[]float64]) {
			return fmt.Errorf("rows in another order have another sample")
		}
	}
	return nil
}

// summaryStandsForRows: weights are positive and add up to the rows, the weighted mean
// is theirs, stand-ins lie between them, and far rows have some.
func summaryStandsForRows(t *testing.T, s *sources) error {
	const n, points = 2000, 200
	x := groups(n, 2, 4, 12)
	for i := range 3 { // far off, which a sample does not see
		x.SetRow(i*700, []float64{60, -60 + float64(i)})
	}
	src, ok := s.make(t, x).(segment.Summarizer)
	if !ok {
		return fmt.Errorf("%w: the source has no Summary", errNotApplicable)
	}
	at, weights, err := src.Summary(t.Context(), points, 1)
	if err != nil {
		return err
	}
	rows, d := at.Dims()
	if len(weights) != rows || d != 2 {
		return fmt.Errorf("a summary of %d×%d values and %d weights", rows, d, len(weights))
	}
	var p problems
	if rows < points/20 || rows > 4*points {
		p.addf("a summary of about %d points has %d", points, rows)
	}
	total, mean, far := 0.0, make([]float64, d), 0.0
	for i, w := range weights {
		if !(w > 0) {
			p.addf("point %d has the weight %v", i, w)
		}
		total += w
		for j := range d {
			mean[j] += w * at.At(i, j) / n
		}
		if at.At(i, 1) < -50 && at.At(i, 0) > 50 {
			far += w
		}
	}
	if math.Abs(total-n) > 1e-6 {
		p.addf("the weights add up to %v; there are %d rows", total, n)
	}
	if far != 3 {
		p.addf("points far off weigh %v together; three rows lie there", far)
	}
	for j := range d {
		column := mat.Col(nil, j, x)
		if want := mat.Sum(x.ColView(j)) / n; math.Abs(mean[j]-want) > 1e-9*60 {
			p.addf("column %d of the summary has the mean %v; the rows have %v", j, mean[j], want)
		}
		if points := mat.Col(nil, j, at); slices.Max(points) > slices.Max(column)+1e-9 || slices.Min(points) < slices.Min(column)-1e-9 {
			p.addf("column %d: points lie beyond all rows", j)
		}
	}
	again, _, err := s.make(t, x).(segment.Summarizer).Summary(t.Context(), points, 1)
	if err != nil {
		return err
	}
	if !mat.Equal(again, at) {
		p.addf("the same seed has another summary")
	}
	return p.err()
}
