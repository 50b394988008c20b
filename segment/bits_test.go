package segment_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

var updateBits = flag.Bool("update-bits", false, "take the results of this machine as those that every other must give")

const bitsFile = "testdata/bits.json"

// TestSameBits compares hashes of all results on the bundled sample with those
// in testdata/bits.json. They are no truth of their own: they are what every
// architecture has to agree on, and change when a result does
// (go test ./segment -run SameBits -update-bits). The gate runs this test on
// amd64 of two levels, on 386, and for arm64 under emulation.
func TestSameBits(t *testing.T) {
	h := hashes{}
	table := bundled(t)
	x := must[*mat.Dense](t)(table.Matrix(t.Context(), features.TrainingColumns...))
	h.hash(t, "features", x.RawMatrix().Data)
	m, other := h.models(t, x)
	z := h.clusterings(t, m, other, x)
	h.insights(t, m, other, table, x)
	h.selections(t, m, z)
	h.streams(t, z)
	h.compare(t)
}

// hashes are those of results, by name.
type hashes map[string]string

func (h hashes) hash(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	switch v := v.(type) {
	case []byte:
		b.Write(v)
	case []float64:
		binary.Write(&b, binary.LittleEndian, v)
	default:
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	sum := sha256.Sum256(b.Bytes())
	h[name] = hex.EncodeToString(sum[:8])
}

func written(t *testing.T, m *segment.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bundled returns the bundled sample, engineered at the start of 2015 and cleaned.
func bundled(t *testing.T) *features.Table {
	t.Helper()
	ctx := t.Context()
	customers, _, err := features.ReadFile(ctx, "../testdata/customers.csv", features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := features.Clean(ctx, testenv.Must(features.Engineer(ctx, customers, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// models trains two models.
func (h hashes) models(t *testing.T, x *mat.Dense) (m, other *segment.Model) {
	ctx := t.Context()
	train := func(name string, o segment.TrainOptions) *segment.Model {
		o.Columns, o.Value = features.TrainingColumns, features.ValueColumns
		m := must[*segment.TrainResult](t)(segment.Train(ctx, x, o)).Model
		h.hash(t, "model file: "+name, written(t, m))
		return m
	}
	m = train("default", segment.TrainOptions{Seed: 1})
	other = train("robust scale, all components", segment.TrainOptions{Seed: 2, K: 4, Restarts: 3, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Mean}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.Robust}),
		preprocess.NewStep("pca", preprocess.PCA{}),
	}}})
	return m, other
}

// clusterings clusters the rows behind the pipelines of the models, and returns the first.
func (h hashes) clusterings(t *testing.T, m, other *segment.Model, x *mat.Dense) *mat.Dense {
	ctx := t.Context()
	z := must[*mat.Dense](t)(m.Pipeline().Transform(ctx, x))
	h.hash(t, "pipeline", z.RawMatrix().Data)
	h.hash(t, "predictions", must[[]segment.Prediction](t)(m.PredictMatrix(ctx, x)))
	h.hash(t, "dominance", must[insight.Dominance](t)(insight.DominanceOf(m)))
	wide := must[*mat.Dense](t)(other.Pipeline().Transform(ctx, x))
	for name, rows := range map[string]*mat.Dense{"3 columns": z, "5 columns": wide, "1 column": mat.DenseCopyOf(z.Slice(0, 500, 0, 1)), "2 columns": mat.DenseCopyOf(z.Slice(0, 500, 0, 2))} {
		c := must[*segment.Clustering](t)(segment.KMeansPP{K: 5, Seed: 9, Restarts: 2}.Fit(ctx, rows))
		h.hash(t, "k-means of "+name, []any{c.Centroids().RawMatrix().Data, c.Inertia(), c.Labels(), c.Counts()})
		h.hash(t, "margins of "+name, must[[]float64](t)(c.Margin(ctx, rows)))
		h.hash(t, "silhouettes of "+name, must[segment.SilhouetteScores](t)(segment.Silhouette(ctx, rows, c.Labels(), segment.SilhouetteOptions{})))
		h.hash(t, "Caliński-Harabasz of "+name, must[float64](t)(segment.CalinskiHarabasz(ctx, rows, c.Labels())))
		h.hash(t, "Davies-Bouldin of "+name, must[float64](t)(segment.DaviesBouldin(ctx, rows, c.Labels())))
	}
	return z
}

// insights are what the models mean.
func (h hashes) insights(t *testing.T, m, other *segment.Model, table *features.Table, x *mat.Dense) {
	ctx := t.Context()
	explainer := must[*insight.Explainer](t)(insight.NewExplainer(ctx, m, insight.ExplainOptions{Rows: x, Integer: []string{"children"}}))
	var explanations []*insight.Explanation
	for i := range 200 {
		explanations = append(explanations, must[*insight.Explanation](t)(explainer.Explain(ctx, x.RawRowView(i))))
	}
	h.hash(t, "explanations", explanations)
	profile := must[*insight.Profile](t)(insight.ProfileOf(ctx, m,
		must[*features.Table](t)(table.Select(append(features.TrainingColumns, "education")...)), insight.ProfileOptions{Revenue: "spent"}))
	h.hash(t, "profile", profile)
	comparison := must[*insight.Comparison](t)(insight.Compare(ctx, m, other, x, insight.CompareOptions{}))
	h.hash(t, "comparison", comparison)
	voice := narrate.English(features.CampaignWords())
	said := voice.Comparison(comparison)
	for _, e := range explanations {
		said = append(said, voice.Explanation(e)...)
	}
	for _, g := range profile.Tiers {
		said = append(said, voice.Statements(g)...)
	}
	h.hash(t, "sentences", said)
	h.hash(t, "drift", must[[]insight.Drift](t)(insight.Drifts(ctx, x.Slice(0, 900, 0, 5), x.Slice(700, 1800, 0, 5), features.TrainingColumns...)))
	for _, d := range []segment.Dialect{segment.Postgres, segment.SQLite} {
		h.hash(t, "SQL: "+string(d), []byte(must[string](t)(m.SQL(d, segment.SQLOptions{Table: "customers_unencoded"}))))
	}
}

// selections choose numbers of clusters.
func (h hashes) selections(t *testing.T, m *segment.Model, z *mat.Dense) {
	ctx := t.Context()
	part := mat.DenseCopyOf(z.Slice(0, 600, 0, 3))
	h.hash(t, "k report", must[*insight.Selection](t)(insight.SelectK(ctx, part, insight.SelectionOptions{
		MaxK: 5, Seed: 3, Restarts: 2, References: 3, Resamples: 3, EachRestarts: 2,
	})))
	h.hash(t, "gap", must[segment.GapResult](t)(segment.GapStatistic{MaxK: 4, References: 4, Restarts: 1, Seed: 5}.Fit(ctx, part)))
	five := must[*segment.Clustering](t)(segment.KMeansPP{K: 5, Seed: 1}.Fit(ctx, part))
	h.hash(t, "stability", must[[][]insight.ClusterStability](t)(insight.Stability{Resamples: 4, Restarts: 1}.Fit(ctx, part, five)))

	var k, inertia []float64
	for _, p := range m.Sweep() {
		k, inertia = append(k, float64(p.K)), append(inertia, p.Inertia)
	}
	for _, how := range []segment.Interpolation{segment.Interp1D, segment.Polynomial} {
		h.hash(t, "knee: "+how.String(), must[segment.KneeResult](t)(segment.KneeLocator{
			Curve: segment.Convex, Direction: segment.Decreasing, Interpolation: how, Online: true,
		}.Find(k, inertia)))
	}
}

// streams cluster what comes in blocks.
func (h hashes) streams(t *testing.T, z *mat.Dense) {
	ctx := t.Context()
	rng := rand.New(rand.NewPCG(4, 5))
	stream := &segment.Stream{Cols: 3, Blocks: func(yield func([]float64, error) bool) {
		for i := 0; i+100 <= 1500; i += 100 {
			if !yield(z.RawMatrix().Data[3*i:3*(i+100)], nil) {
				return
			}
		}
	}}
	streamed := must[*segment.Clustering](t)(segment.KMeansPP{K: 4, Seed: rng.Uint64()}.FitStream(ctx, stream))
	h.hash(t, "stream", []any{streamed.Centroids().RawMatrix().Data, streamed.Inertia()})
	labels := func(k int) (l []int) {
		for range 997 {
			l = append(l, rng.IntN(k))
		}
		return l
	}
	ari := must[float64](t)(segment.AdjustedRand(ctx, labels(4), labels(5)))
	h.hash(t, "adjusted Rand", math.Float64bits(ari))
}

// compare compares the hashes with those of other machines.
func (h hashes) compare(t *testing.T) {
	if *updateBits {
		data, err := json.MarshalIndent(h, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(bitsFile, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(bitsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for name, hash := range h {
		if want[name] != hash {
			t.Errorf("%s: the hash is %s, that of other machines %q", name, hash, want[name])
		}
	}
	for name := range want {
		if h[name] == "" {
			t.Errorf("%s is in %s and nobody computes it", name, bitsFile)
		}
	}
}

// must returns a result, or ends the test with the error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
