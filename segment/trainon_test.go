package segment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/mat"
)

// rowBlocks returns the rows of x, some at a time.
func rowBlocks(x *mat.Dense, some int) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		n, d := x.Dims()
		for from := 0; from < n; from += some {
			if !yield(x.RawMatrix().Data[from*d:min(from+some, n)*d], nil) {
				return
			}
		}
	}
}

// sameModel compares a model with that of Train on the same rows. All figures must be
// equal to the tolerance, of the greatest of their kind or of 1, and those of exact to the
// bit.
func sameModel(t *testing.T, got, want *segment.Model, tolerance float64, exact ...string) {
	t.Helper()
	near := func(what string, got, want []float64) {
		t.Helper()
		scale := 1.0
		for _, v := range want {
			scale = max(scale, math.Abs(v))
		}
		allowed := tolerance * scale
		if slices.Contains(exact, what) {
			allowed = 0
		}
		if len(got) != len(want) {
			t.Fatalf("%d %s, want %d", len(got), what, len(want))
		}
		for i, v := range want {
			if !scalar.EqualWithinAbs(got[i], v, allowed) {
				t.Errorf("%s: number %d is %v, want %v", what, i, got[i], v)
			}
		}
	}
	if g, w := got.K(), want.K(); g != w || got.Knee() != want.Knee() || got.ChosenBy() != want.ChosenBy() || got.Rows() != want.Rows() {
		t.Fatalf("%d clusters (knee %d, by %s) of %d rows, want %d (%d, %s) of %d",
			g, got.Knee(), got.ChosenBy(), got.Rows(), w, want.Knee(), want.ChosenBy(), want.Rows())
	}
	near("centroids", got.Centroids().RawMatrix().Data, want.Centroids().RawMatrix().Data)
	near("inertia", []float64{got.Inertia()}, []float64{want.Inertia()})
	near("silhouette", []float64{got.Silhouette()}, []float64{want.Silhouette()})
	near("shares", got.Shares(), want.Shares())
	for j, r := range want.Ranges() {
		if got.Ranges()[j] != r {
			t.Errorf("column %d reaches over %v, want %v", j, got.Ranges()[j], r)
		}
		column := func(m *segment.Model) (means []float64) {
			for _, row := range m.Means() {
				means = append(means, row[j])
			}
			return means
		}
		near("means", column(got), column(want))
	}
	for i, tier := range want.Tiers() {
		g := got.Tiers()[i]
		if g.Name != tier.Name || g.Size != tier.Size || !scalar.EqualWithinAbs(g.Score, tier.Score, 1e-10) {
			t.Errorf("tier %d is %+v, want %+v", i, g, tier)
		}
	}
	if len(got.Sweep()) != len(want.Sweep()) {
		t.Fatalf("a sweep of %d, want %d", len(got.Sweep()), len(want.Sweep()))
	}
	for i, p := range want.Sweep() {
		near("inertia", []float64{got.Sweep()[i].Inertia}, []float64{p.Inertia})
	}
	if g, w := fmt.Sprint(got.Warnings()), fmt.Sprint(want.Warnings()); g != w {
		t.Errorf("warnings %s, want %s", g, w)
	}
}

// trained is rows to train on, and how.
type trained struct {
	name string
	x    *mat.Dense
	o    segment.TrainOptions
}

func populations(t *testing.T) []trained {
	people, _ := segtest.People(3000)
	o := segment.TrainOptions{Columns: segtest.Columns, Value: segtest.Value, Seed: 3, Units: map[string]string{"tenure": "months"}}
	with := func(change func(*segment.TrainOptions)) segment.TrainOptions {
		out := o
		change(&out)
		return out
	}
	steps := func(list ...preprocess.Step) *preprocess.Pipeline { return &preprocess.Pipeline{Steps: list} }
	impute, scale := preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("scale", preprocess.Scaler{})
	log := preprocess.NewStep("log", preprocess.ColumnTransformer{Parts: []preprocess.Part{{
		Columns: []string{"spent"}, Step: preprocess.NewStep("log1p", preprocess.Log1p{}),
	}}})
	few, _ := segtest.Blobs(1200, 4, 4, 5)
	all := []trained{
		{"people", people, o},
		{"scaled alone", people, with(func(o *segment.TrainOptions) { o.Pipeline = steps(impute, scale) })},
		{"as they are", few, segment.TrainOptions{Columns: []string{"a", "b", "c", "d"}, Value: []string{"b"}, Less: []string{"b"}, K: 4,
			Pipeline: steps(preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Constant}))}},
		{"logarithm", positive(people), with(func(o *segment.TrainOptions) { o.Pipeline, o.K = steps(impute, log, scale), 4 })},
		{"one cluster", people, with(func(o *segment.TrainOptions) { o.K = 1 })},
		{"no knee", people.Slice(0, 300, 0, 5).(*mat.Dense), with(func(o *segment.TrainOptions) { o.MinK, o.MaxK = 7, 9 })},
		{"given in a range", people, with(func(o *segment.TrainOptions) { o.K, o.MinK, o.MaxK = 7, 2, 5 })},
	}
	return all
}

// positive returns x without values below 0.
func positive(x *mat.Dense) *mat.Dense {
	out := mat.DenseCopyOf(x)
	out.Apply(func(_, _ int, v float64) float64 {
		if v < 0 {
			return 0
		}
		return v
	}, out)
	return out
}

// TestTrainOnStream: a StreamDataset is trained on as Train is on the same rows.
func TestTrainOnStream(t *testing.T) {
	for _, p := range populations(t) {
		t.Run(p.name, func(t *testing.T) {
			want := must[*segment.TrainResult](t)(segment.Train(t.Context(), p.x, p.o)).Model
			got, sweep, err := segment.TrainOn(t.Context(), segment.StreamDataset(p.o.Columns, rowBlocks(p.x, 77), 2), p.o)
			if err != nil {
				t.Fatal(err)
			}
			var exact []string
			if p.o.Pipeline != nil { // no components
				exact = []string{"centroids"}
			}
			sameModel(t, got, want, 1e-10, exact...)
			if (sweep == nil) != (p.o.K > 0 && p.o.MaxK == 0) {
				t.Errorf("a sweep of %d clusterings for K = %d", len(sweep.Clusterings()), p.o.K)
			}
			usable(t, got, p.x)
		})
	}
}

// usable holds what can be done with a model to that of another that was read from its
// file.
func usable(t *testing.T, m *segment.Model, x *mat.Dense) {
	t.Helper()
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	read := must[*segment.Model](t)(segment.Read(&file))
	predictions := must[[]segment.Prediction](t)(m.PredictMatrix(t.Context(), x))
	again := must[[]segment.Prediction](t)(read.PredictMatrix(t.Context(), x))
	sizes := make([]float64, m.K())
	for i, p := range predictions {
		sizes[p.Cluster]++
		if again[i].Cluster != p.Cluster || again[i].Distance != p.Distance {
			t.Fatalf("row %d is in %+v, and by the file in %+v", i, p, again[i])
		}
	}
	for i, tier := range m.Tiers() {
		if sizes[i] != tier.Size {
			t.Errorf("cluster %d has %v rows, and %v by prediction", i, tier.Size, sizes[i])
		}
	}
	if sql := must[string](t)(m.SQL(segment.Postgres, segment.SQLOptions{Table: "customers"})); !strings.Contains(sql, "SELECT") {
		t.Errorf("SQL: %s", sql)
	}
}

// TestTrainOnDistributed: so is a Dataset of passes, however its rows are cut.
func TestTrainOnDistributed(t *testing.T) {
	people, _ := segtest.People(3000)
	o := segment.TrainOptions{Columns: segtest.Columns, Value: segtest.Value, Seed: 3}
	want := must[*segment.TrainResult](t)(segment.Train(t.Context(), people, o)).Model
	var first []byte
	for _, some := range []int{3000, 64} {
		d := segment.Distribute(o.Columns, &segment.Local{Cols: 5, Blocks: rowBlocks(people, some), Workers: 2})
		got, _, err := segment.TrainOn(t.Context(), d, o)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Silhouette()-want.Silhouette()) > 0.01 {
			t.Errorf("silhouette %v, want about %v", got.Silhouette(), want.Silhouette())
		}
		data := must[[]byte](t)(got.MarshalJSON())
		if first == nil {
			first = data
		} else if !bytes.Equal(first, data) {
			t.Error("other blocks give another model")
		}
		usable(t, got, people)
	}
}

// TestTrainOnCampaign: the public data set, in memory and as a stream.
func TestTrainOnCampaign(t *testing.T) {
	x := must[*mat.Dense](t)(campaign(t).Matrix(t.Context(), features.TrainingColumns...))
	o := segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, Seed: 1}
	want := must[*segment.TrainResult](t)(segment.Train(t.Context(), x, o)).Model
	got, _, err := segment.TrainOn(t.Context(), segment.StreamDataset(o.Columns, rowBlocks(x, 500), 2), o)
	if err != nil {
		t.Fatal(err)
	}
	sameModel(t, got, want, 1e-10)
	usable(t, got, x)
}

// brokenDataset changes what a Dataset answers.
type brokenDataset struct {
	segment.Dataset
	clusters func(*segment.ClusterSums)
	moments  func(*preprocess.Moments)
}

func (b brokenDataset) Clusters(ctx context.Context, p *preprocess.FittedPipeline, c *mat.Dense) (segment.ClusterSums, error) {
	s, err := b.Dataset.Clusters(ctx, p, c)
	if b.clusters != nil {
		b.clusters(&s)
	}
	return s, err
}

func (b brokenDataset) Moments(ctx context.Context, p *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	m, err := b.Dataset.Moments(ctx, p, o)
	if b.moments != nil {
		b.moments(&m)
	}
	return m, err
}

func TestTrainOnRefuses(t *testing.T) {
	people, _ := segtest.People(200)
	good := segment.TrainOptions{Columns: segtest.Columns, Value: segtest.Value, K: 3}
	d := segment.StreamDataset(segtest.Columns, rowBlocks(people, 50), 1)
	hot := preprocess.NewStep("hot", preprocess.ColumnTransformer{Parts: []preprocess.Part{{
		Columns: []string{"age"}, Step: preprocess.NewStep("words", preprocess.Given{Fitted: must[*preprocess.FittedOneHotEncoder](t)(
			preprocess.OneHotEncoder{Unknown: preprocess.Accept}.Fit(t.Context(), mat.NewDense(2, 1, []float64{0, 1}), "age"))}),
	}}})
	impute := preprocess.NewStep("impute", preprocess.Imputer{})
	endless := mat.DenseCopyOf(people)
	endless.Set(7, 1, math.Inf(1))
	for name, c := range map[string]struct {
		d      segment.Dataset
		change func(*segment.TrainOptions)
		want   error
		says   string
	}{
		"no Dataset":    {nil, nil, segment.ErrOption, "Dataset"},
		"weights":       {d, func(o *segment.TrainOptions) { o.Weights = make([]float64, 200) }, segment.ErrOption, "Weights"},
		"other columns": {d, func(o *segment.TrainOptions) { o.Columns = []string{"a"} }, segment.ErrWidth, `"tenure"`},
		"no value":      {d, func(o *segment.TrainOptions) { o.Value = nil }, segment.ErrOption, "Value"},
		"power": {d, func(o *segment.TrainOptions) {
			o.Pipeline = &preprocess.Pipeline{Steps: []preprocess.Step{impute, preprocess.NewStep("power", preprocess.PowerTransformer{})}}
		}, segment.ErrOption, "Given"},
		"words": {d, func(o *segment.TrainOptions) {
			o.Pipeline = &preprocess.Pipeline{Steps: []preprocess.Step{impute, hot}}
		}, segment.ErrOption, "categories"},
		"infinite":        {segment.StreamDataset(segtest.Columns, rowBlocks(endless, 50), 1), nil, segment.ErrNotFinite, "spent"},
		"too few":         {segment.StreamDataset(segtest.Columns, rowBlocks(people.Slice(0, 2, 0, 5).(*mat.Dense), 50), 1), nil, segment.ErrTooFew, ""},
		"row lost":        {brokenDataset{Dataset: d, clusters: func(s *segment.ClusterSums) { s.Counts[1]-- }}, nil, segment.ErrSource, "cluster 1"},
		"value lost":      {brokenDataset{Dataset: d, clusters: func(s *segment.ClusterSums) { s.Known[0][4]-- }}, nil, segment.ErrSource, "values"},
		"cluster lost":    {brokenDataset{Dataset: d, clusters: func(s *segment.ClusterSums) { s.Counts = s.Counts[1:] }}, nil, segment.ErrSource, ""},
		"column lost":     {brokenDataset{Dataset: d, clusters: func(s *segment.ClusterSums) { s.Sums[2] = nil }}, nil, segment.ErrSource, "cluster 2"},
		"a sum too great": {brokenDataset{Dataset: d, clusters: func(s *segment.ClusterSums) { s.Sums[2][1].High = math.Inf(1) }}, nil, segment.ErrOverflow, "spent"},
		"moments":         {brokenDataset{Dataset: d, moments: func(m *preprocess.Moments) { m.Known[0]++ }}, nil, segment.ErrSource, ""},
	} {
		o := good
		if c.change != nil {
			c.change(&o)
		}
		if _, _, err := segment.TrainOn(t.Context(), c.d, o); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %v with %q", name, err, c.want, c.says)
		}
	}
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	stop(why)
	if _, _, err := segment.TrainOn(ctx, d, good); !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
}
