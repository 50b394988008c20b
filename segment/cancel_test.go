package segment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

var errOperator = errors.New("the operator said so")

// groupsOf makes n rows of d columns in ten groups.
func groupsOf(n, d int) *mat.Dense {
	rng := rand.New(rand.NewPCG(1, 1))
	x := mat.NewDense(n, d, nil)
	x.Apply(func(i, j int, _ float64) float64 { return rng.Float64() + rng.Float64() + float64(i%10)*float64(j%3+1) }, x)
	return x
}

// work returns everything of the package that takes a context and rows.
func work(t *testing.T, x *mat.Dense) map[string]func(ctx context.Context) error {
	n, d := x.Dims()
	columns := []string{"a", "b", "c", "d", "e", "f", "g", "h"}[:d]
	few := mat.DenseCopyOf(x.Slice(0, 2000, 0, d))
	small := must[*segment.Clustering](t)(segment.KMeansPP{K: 4, MaxIter: 2}.Fit(t.Context(), few))
	swept := must[*segment.SweepResult](t)(segment.Sweep{MaxK: 2}.Fit(t.Context(), few))
	m := must[*segment.TrainResult](t)(segment.Train(t.Context(), few, segment.TrainOptions{Columns: columns, Value: columns[:1], K: 3})).Model
	z := must[*mat.Dense](t)(m.Transform(t.Context(), x))
	explainer := must[*insight.Explainer](t)(insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Rows: x, Transformed: z}))
	row := map[string]any{}
	for j, name := range columns {
		row[name] = x.At(0, j)
	}
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 5
	}
	stream := func() *segment.Stream { return streamOfRows(x) }
	failing := func(_ any, err error) error { return err }
	return map[string]func(ctx context.Context) error{
		"KMeansPP.Fit": func(ctx context.Context) error { return failing(segment.KMeansPP{K: 10}.Fit(ctx, x)) },
		"KMeansPP.Fit, restarts": func(ctx context.Context) error {
			return failing(segment.KMeansPP{K: 10, Restarts: 20}.Fit(ctx, x))
		},
		"KMeansPP.FitStream": func(ctx context.Context) error { return failing(segment.KMeansPP{K: 4}.FitStream(ctx, stream())) },
		"Sweep.FitStream":    func(ctx context.Context) error { return failing(segment.Sweep{MaxK: 4}.FitStream(ctx, stream())) },
		"Stream.Sample":      func(ctx context.Context) error { return failing(stream().Sample(ctx, 1000, 1)) },
		"Sweep.Fit":          func(ctx context.Context) error { return failing(segment.Sweep{}.Fit(ctx, x)) },
		"SweepResult.Extend": func(ctx context.Context) error { return failing(swept.Extend(ctx, few, 1, 10)) },
		"Silhouette": func(ctx context.Context) error {
			return failing(segment.Silhouette(ctx, x, labels, segment.SilhouetteOptions{}))
		},
		"GapStatistic": func(ctx context.Context) error { return failing(segment.GapStatistic{}.Fit(ctx, x)) },
		"Stability":    func(ctx context.Context) error { return failing(insight.Stability{}.Fit(ctx, few, small)) },
		"SelectK": func(ctx context.Context) error {
			return failing(insight.SelectK(ctx, x, insight.SelectionOptions{}))
		},
		"Train": func(ctx context.Context) error {
			return failing(segment.Train(ctx, x, segment.TrainOptions{Columns: columns, Value: columns[:1]}))
		},
		"Model.PredictMatrix": func(ctx context.Context) error { return failing(m.PredictMatrix(ctx, x)) },
		"ProfileOf": func(ctx context.Context) error {
			table, err := features.FromMatrix(ctx, x, columns...)
			if err != nil {
				return err
			}
			return failing(insight.ProfileOf(ctx, m, table, insight.ProfileOptions{}))
		},
		"NewExplainer": func(ctx context.Context) error {
			return failing(insight.NewExplainer(ctx, m, insight.ExplainOptions{Rows: x}))
		},
		"NewExplainer, transformed": func(ctx context.Context) error {
			return failing(insight.NewExplainer(ctx, m, insight.ExplainOptions{Rows: x, Transformed: z}))
		},
		"Explain": func(ctx context.Context) error {
			return failing(insight.Explain(ctx, m, x.RawRowView(0), insight.ExplainOptions{Rows: x}))
		},
		"Explainer.Explain": func(ctx context.Context) error { return failing(explainer.Explain(ctx, x.RawRowView(0))) },
		"Explainer.ExplainValues": func(ctx context.Context) error {
			return failing(explainer.ExplainValues(ctx, row))
		},
		"Drifts": func(ctx context.Context) error { return failing(insight.Drifts(ctx, x, x, columns...)) },
		"Compare": func(ctx context.Context) error {
			return failing(insight.Compare(ctx, m, m, x, insight.CompareOptions{}))
		},
	}
}

// Whatever takes a context ends with its error and its cause, whichever of the
// two the caller asks for.
func TestCancelKeepsTheCause(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errOperator)
	late, stop := context.WithTimeoutCause(t.Context(), 0, errOperator)
	defer stop()
	plain, end := context.WithCancel(t.Context())
	end()
	x := groupsOf(4000, 3)
	for name, f := range work(t, x) {
		for _, c := range []struct {
			ctx context.Context
			is  []error
		}{
			{cancelled, []error{context.Canceled, errOperator}},
			{late, []error{context.DeadlineExceeded, errOperator}},
			{plain, []error{context.Canceled}},
		} {
			err := f(c.ctx)
			for _, want := range c.is {
				if !errors.Is(err, want) {
					t.Errorf("%s: %v is not %v", name, err, want)
				}
			}
		}
		// During the work, after it began.
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Millisecond, func() { cancel(errOperator) })
		if err := f(ctx); err != nil && (!errors.Is(err, context.Canceled) || !errors.Is(err, errOperator)) {
			t.Errorf("%s, cancelled while at work: %v", name, err)
		}
		cancel(nil)
	}
}

// Train comes back within a fraction of what its pipeline alone takes.
func TestTrainIsCancelledWithinAPass(t *testing.T) {
	if testing.Short() {
		t.Skip("400,000 rows")
	}
	x := groupsOf(400_000, 8)
	train := work(t, x)["Train"]
	for _, after := range []time.Duration{0, time.Millisecond, 30 * time.Millisecond, 120 * time.Millisecond, 400 * time.Millisecond} {
		ctx, cancel := context.WithCancelCause(t.Context())
		at := make(chan time.Time, 1)
		stop := func() { at <- time.Now(); cancel(errOperator) }
		if after == 0 {
			stop()
		} else {
			time.AfterFunc(after, stop)
		}
		err := train(ctx)
		took := time.Since(<-at)
		t.Logf("cancelled after %v: back %v later", after, took)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errOperator) {
			t.Errorf("cancelled after %v: %v", after, err)
		}
		// Tens of milliseconds on a machine of its own; this one may be shared.
		if took > time.Second {
			t.Errorf("cancelled after %v: it came back %v later", after, took)
		}
	}
}

// endsAt is a matrix that ends a context when its row at is read.
type endsAt struct {
	*mat.Dense
	at   int
	end  func()
	last int // row that was read
}

func (m *endsAt) At(i, j int) float64 {
	if m.last = max(m.last, i); i == m.at {
		m.end()
	}
	return m.Dense.At(i, j)
}

// Drifts comes back before it has seen all rows once.
func TestDriftsIsCancelledWithinAPass(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	x := &endsAt{Dense: groupsOf(9000, 2), at: 3000, end: func() { cancel(errOperator) }}
	if _, err := insight.Drifts(ctx, x, x, "a", "b"); !errors.Is(err, errOperator) || x.last > 5000 {
		t.Errorf("cancelled in row 3000, it read up to row %d: %v", x.last, err)
	}
}

// TestSentinels: what package preprocess refuses is an error of this package
// too, as Train, Predict and GapStatistic promise.
func TestSentinels(t *testing.T) {
	ctx := t.Context()
	rows := func(f func(i, j int) float64) *mat.Dense {
		x := mat.NewDense(20, 2, nil)
		x.Apply(func(i, j int, _ float64) float64 { return f(i, j) }, x)
		return x
	}
	good := rows(func(i, j int) float64 { return float64(i * (j + 1) % 7) })
	o := segment.TrainOptions{Columns: []string{"a", "b"}, Value: []string{"a"}, K: 3}
	with := func(steps ...preprocess.Step) segment.TrainOptions {
		o := o
		o.Pipeline = &preprocess.Pipeline{Steps: steps}
		return o
	}
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	hot := preprocess.NewStep("hot", preprocess.OneHotEncoder{})
	model := func(o segment.TrainOptions) *segment.Model {
		return must[*segment.TrainResult](t)(segment.Train(ctx, good, o)).Model
	}
	trained := func(x mat.Matrix, o segment.TrainOptions) error { _, err := segment.Train(ctx, x, o); return err }
	predicted := func(m *segment.Model, row ...float64) error { _, err := m.Predict(row); return err }
	nan, inf := math.NaN(), math.Inf(1)
	missing := rows(func(i, j int) float64 { return []float64{float64(i % 5), nan}[j] })
	gap := good.Slice(0, 20, 0, 2).(*mat.Dense)
	scaled := model(with(scale))
	for name, c := range map[string]struct {
		err error
		is  []error
	}{
		"a column without any value":   {trained(missing, o), []error{segment.ErrEmpty, preprocess.ErrAllMissing}},
		"no rows":                      {trained(new(mat.Dense), o), []error{segment.ErrEmpty}},
		"an infinity":                  {trained(rows(func(i, j int) float64 { return []float64{float64(i), inf}[j] }), o), []error{segment.ErrNotFinite}},
		"missing, and no imputer":      {trained(missing, with(scale)), []error{segment.ErrNotFinite, preprocess.ErrNotFinite}},
		"one row, and PCA":             {trained(gap.Slice(0, 1, 0, 2), o), []error{segment.ErrTooFew, preprocess.ErrTooFewRows}},
		"too many components":          {trained(good, with(preprocess.NewStep("pca", preprocess.PCA{Components: 5}))), []error{segment.ErrOption, preprocess.ErrOptions}},
		"no steps":                     {trained(good, with()), []error{segment.ErrOption, preprocess.ErrOptions}},
		"Predict: missing, no imputer": {predicted(scaled, nan, 1), []error{segment.ErrNotFinite, preprocess.ErrNotFinite}},
		"Predict: an infinity":         {predicted(scaled, inf, 1), []error{segment.ErrNotFinite}},
		"Predict: a minus infinity":    {predicted(model(o), 1, -inf), []error{segment.ErrNotFinite}},
		"Predict: too few values":      {predicted(scaled, 1), []error{segment.ErrWidth}},
		"Predict: an unknown category": {predicted(model(with(hot)), 1, 99), []error{segment.ErrUnknownCategory, preprocess.ErrUnknownCategory}},
		"the rows to find neighbours in": {func() error {
			_, err := insight.NewExplainer(t.Context(), scaled, insight.ExplainOptions{Rows: missing})
			return err
		}(), []error{segment.ErrNotFinite}},
		"PredictMatrix": {func() error { _, err := scaled.PredictMatrix(ctx, missing); return err }(), []error{segment.ErrNotFinite}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, want := range c.is {
				if !errors.Is(c.err, want) {
					t.Errorf("%s: %v is not %v", name, c.err, want)
				}
			}
		})
	}
}

// Columns of a file refuses sizes whose bytes no int64 can count, where int has
// 32 bits too.
func TestColumnsSize(t *testing.T) {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, []float64{1, 2, 3, 4})
	for _, c := range []struct {
		rows, cols int
		want       error
	}{{2, 2, nil}, {math.MaxInt, math.MaxInt, segment.ErrOption}, {math.MaxInt32, math.MaxInt32, segment.ErrOption}, {1 << 20, 1 << 10, segment.ErrWidth}, {-1, 1, segment.ErrOption}} {
		for _, err := range segment.ColumnFile(bytes.NewReader(b.Bytes()), c.rows, c.cols) {
			if !errors.Is(err, c.want) {
				t.Errorf("%d×%d: %v, want %v", c.rows, c.cols, err, c.want)
			}
			break
		}
	}
}
