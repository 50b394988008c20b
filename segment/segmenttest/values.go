package segmenttest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// notFinite: NaN and infinities are refused with the name of the column, whatever is
// asked first.
func notFinite(t *testing.T, s *sources) error {
	var p problems
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x := groups(90, 3, 3, 50)
		init := centroidsOf(x, 3, 1)
		x.Set(71, 1, v)
		_, fitting := segment.KMeansPP{K: 3, Init: init}.FitStream(t.Context(), s.make(t, x))
		_, asking := ask(t.Context(), s.make(t, x), init)
		for what, err := range map[string]error{"FitStream": fitting, "Statistics": asking} {
			switch {
			case !errors.Is(err, segment.ErrNotFinite):
				p.addf("%s of rows with %v in column 1: %w; want ErrNotFinite", what, v, orNone(err))
			case !strings.Contains(err.Error(), s.column(1)):
				p.addf("%s of rows with %v in column 1: %w; want the name of the column, %q, in it", what, v, err, s.column(1))
			}
		}
	}
	return p.err()
}

var errNone = errors.New("no error")

func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

func noRows(t *testing.T, s *sources) error {
	if s.make(t, new(mat.Dense)) == nil {
		return fmt.Errorf("%w: there is no source of no rows", errNotApplicable)
	}
	_, sampling := s.make(t, new(mat.Dense)).Sample(t.Context(), 10, 1)
	_, asking := ask(t.Context(), s.make(t, new(mat.Dense)), mat.NewDense(1, 2, nil))
	_, fitting := segment.KMeansPP{K: 2}.FitStream(t.Context(), s.make(t, new(mat.Dense)))
	var p problems
	for what, err := range map[string]error{"Sample": sampling, "Statistics": asking, "FitStream": fitting} {
		if !errors.Is(err, segment.ErrEmpty) {
			p.addf("%s of no rows: %w; want ErrEmpty", what, orNone(err))
		}
	}
	return p.err()
}

// fewRows: one row and equal rows are rows.
func fewRows(t *testing.T, s *sources) error {
	var p problems
	for _, n := range []int{1, 2, 30} {
		x := mat.NewDense(n, 2, slices.Repeat([]float64{3.5, -2}, n))
		src := s.make(t, x)
		c, err := segment.KMeansPP{K: 1}.FitStream(t.Context(), src)
		if err != nil {
			p.addf("one cluster of %d equal rows: %w", n, err)
		} else if c.Counts()[0] != float64(n) || !slices.Equal(c.Centroids().RawRowView(0), x.RawRowView(0)) || c.Inertia() != 0 {
			p.addf("one cluster of %d equal rows %v: centroid %v, %v rows, inertia %v", n, x.RawRowView(0), c.Centroids().RawRowView(0), c.Counts(), c.Inertia())
		}
		if _, err := (segment.KMeansPP{K: 2}).FitStream(t.Context(), src); !errors.Is(err, segment.ErrTooFew) {
			p.addf("two clusters of %d equal rows: %w; want ErrTooFew", n, orNone(err))
		}
	}
	return p.err()
}

// magnitudes: rows far from 0 and columns of other sizes are as any; what cannot be
// told is ErrOverflow.
func magnitudes(t *testing.T, s *sources) error {
	var p problems
	x := groups(200, 2, 3, 51)
	x.Apply(func(i, j int, v float64) float64 {
		if j == 0 {
			return math.Round((1e9+v)*(1<<20)) / (1 << 20)
		}
		return v * 0x1p-40
	}, x)
	sets := []*mat.Dense{centroidsOf(x, 3, 1)}
	sets[0].Apply(func(i, j int, _ float64) float64 { return x.At(i, j) }, sets[0])
	src := s.make(t, x)
	got, err := ask(t.Context(), src, sets...)
	if err == nil {
		err = compare(x, sets, got, exact(src))
	}
	if err != nil {
		p.addf("columns of about 1e9 and 1e-12: %w", err)
	}
	rows := groups(200, 2, 3, 52)
	centroids := centroidsOf(rows, 3, 1)
	want := plain(rows, centroids)
	for _, scale := range []float64{0x1p990, 0x1p-990} {
		var x, c mat.Dense
		x.Scale(scale, rows)
		c.Scale(scale, centroids)
		got, err := ask(t.Context(), s.make(t, &x), &c)
		if err == nil && !slices.Equal(got[0].Counts, want.counts) {
			p.addf("rows of about %g: counts %v; they are %v, and ErrOverflow would do", scale, got[0].Counts, want.counts)
		} else if err != nil && !errors.Is(err, segment.ErrOverflow) {
			p.addf("rows of about %g: %w; want ErrOverflow", scale, err)
		}
	}
	return p.err()
}

// wrongQuestions: what cannot be answered is an error that says so.
func wrongQuestions(t *testing.T, s *sources) error {
	x := groups(50, 3, 3, 53)
	src := s.make(t, x)
	_, sampling := src.Sample(t.Context(), 0, 1)
	_, wide := ask(t.Context(), src, mat.NewDense(2, 4, nil))
	_, nan := ask(t.Context(), src, mat.NewDense(1, 3, []float64{1, math.NaN(), 3}))
	var p problems
	for _, c := range []struct {
		what      string
		err, want error
	}{
		{"a sample of no rows", sampling, segment.ErrOption},
		{"centroids of another width", wide, segment.ErrWidth},
		{"a centroid with NaN", nan, segment.ErrNotFinite},
	} {
		if !errors.Is(c.err, c.want) {
			p.addf("%s: %w; want %w", c.what, orNone(c.err), c.want)
		}
	}
	if answers, err := src.Statistics(t.Context(), nil); err != nil || len(answers) != 0 {
		p.addf("no sets of centroids: %d answers and the error %v; want neither", len(answers), err)
	}
	return p.err()
}
