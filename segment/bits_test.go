package segment_test

import (
	"bytes"
	"context"
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
	ctx := context.Background()
	got := map[string]string{}
	hash := func(name string, v any) {
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
		got[name] = hex.EncodeToString(sum[:8])
	}
	file := func(m *segment.Model) []byte {
		var b bytes.Buffer
		if err := m.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}

	customers, _, err := features.ReadFile("../testdata/customers.csv", features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	table, _ := features.Clean(features.Engineer(customers, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))), features.CleanOptions{})
	x := must[*mat.Dense](t)(table.Matrix(features.TrainingColumns...))
	hash("features", x.RawMatrix().Data)
	train := func(name string, o segment.TrainOptions) *segment.Model {
		o.Columns, o.Value = features.TrainingColumns, features.ValueColumns
		m := must[*segment.TrainResult](t)(segment.Train(ctx, x, o)).Model
		hash("model file: "+name, file(m))
		return m
	}
	m := train("default", segment.TrainOptions{Seed: 1})
	other := train("robust scale, all components", segment.TrainOptions{Seed: 2, K: 4, Restarts: 3, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Mean}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.Robust}),
		preprocess.NewStep("pca", preprocess.PCA{}),
	}}})

	z := must[*mat.Dense](t)(m.Pipeline().Transform(context.Background(), x))
	hash("pipeline", z.RawMatrix().Data)
	hash("predictions", must[[]segment.Prediction](t)(m.PredictMatrix(ctx, x)))
	hash("dominance", must[insight.Dominance](t)(insight.DominanceOf(m)))
	wide := must[*mat.Dense](t)(other.Pipeline().Transform(context.Background(), x))
	for name, rows := range map[string]*mat.Dense{"3 columns": z, "5 columns": wide, "1 column": mat.DenseCopyOf(z.Slice(0, 500, 0, 1)), "2 columns": mat.DenseCopyOf(z.Slice(0, 500, 0, 2))} {
		c := must[*segment.Clustering](t)(segment.KMeansPP{K: 5, Seed: 9, Restarts: 2}.Fit(ctx, rows))
		hash("k-means of "+name, []any{c.Centroids().RawMatrix().Data, c.Inertia(), c.Labels(), c.Counts()})
		hash("margins of "+name, must[[]float64](t)(c.Margin(ctx, rows)))
		hash("silhouettes of "+name, must[segment.SilhouetteScores](t)(segment.Silhouette(ctx, rows, c.Labels(), segment.SilhouetteOptions{})))
		hash("Caliński-Harabasz of "+name, must[float64](t)(segment.CalinskiHarabasz(ctx, rows, c.Labels())))
		hash("Davies-Bouldin of "+name, must[float64](t)(segment.DaviesBouldin(ctx, rows, c.Labels())))
	}

	explainer := must[*insight.Explainer](t)(insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Rows: x, Integer: []string{"children"}}))
	var explanations []*insight.Explanation
	for i := range 200 {
		explanations = append(explanations, must[*insight.Explanation](t)(explainer.Explain(t.Context(), x.RawRowView(i))))
	}
	hash("explanations", explanations)
	profile := must[*insight.Profile](t)(insight.ProfileOf(ctx, m,
		must[*features.Table](t)(table.Select(append(features.TrainingColumns, "education")...)), insight.ProfileOptions{Revenue: "spent"}))
	hash("profile", profile)
	comparison := must[*insight.Comparison](t)(insight.Compare(ctx, m, other, x, insight.CompareOptions{}))
	hash("comparison", comparison)
	voice := narrate.English(features.CampaignWords())
	said := voice.Comparison(comparison)
	for _, e := range explanations {
		said = append(said, voice.Explanation(e)...)
	}
	for _, g := range profile.Tiers {
		said = append(said, voice.Statements(g)...)
	}
	hash("sentences", said)
	hash("drift", must[[]insight.Drift](t)(insight.Drifts(t.Context(), x.Slice(0, 900, 0, 5), x.Slice(700, 1800, 0, 5), features.TrainingColumns...)))
	for _, d := range []segment.Dialect{segment.Postgres, segment.SQLite} {
		hash("SQL: "+string(d), []byte(must[string](t)(m.SQL(d, segment.SQLOptions{Table: "customers_unencoded"}))))
	}

	part := mat.DenseCopyOf(z.Slice(0, 600, 0, 3))
	hash("k report", must[*insight.Selection](t)(insight.SelectK(ctx, part, insight.SelectionOptions{
		MaxK: 5, Seed: 3, Restarts: 2, References: 3, Resamples: 3, EachRestarts: 2,
	})))
	hash("gap", must[segment.GapResult](t)(segment.GapStatistic{MaxK: 4, References: 4, Restarts: 1, Seed: 5}.Fit(ctx, part)))
	five := must[*segment.Clustering](t)(segment.KMeansPP{K: 5, Seed: 1}.Fit(ctx, part))
	hash("stability", must[[][]insight.ClusterStability](t)(insight.Stability{Resamples: 4, Restarts: 1}.Fit(ctx, part, five)))

	var k, inertia []float64
	for _, p := range m.Sweep() {
		k, inertia = append(k, float64(p.K)), append(inertia, p.Inertia)
	}
	for _, how := range []segment.Interpolation{segment.Interp1D, segment.Polynomial} {
		hash("knee: "+how.String(), must[segment.KneeResult](t)(segment.KneeLocator{
			Curve: segment.Convex, Direction: segment.Decreasing, Interpolation: how, Online: true,
		}.Find(k, inertia)))
	}

	rng := rand.New(rand.NewPCG(4, 5))
	stream := &segment.Stream{Cols: 3, Blocks: func(yield func([]float64, error) bool) {
		for i := 0; i+100 <= 1500; i += 100 {
			if !yield(z.RawMatrix().Data[3*i:3*(i+100)], nil) {
				return
			}
		}
	}}
	streamed := must[*segment.Clustering](t)(segment.KMeansPP{K: 4, Seed: rng.Uint64()}.FitStream(ctx, stream))
	hash("stream", []any{streamed.Centroids().RawMatrix().Data, streamed.Inertia()})
	labels := func(k int) (l []int) {
		for range 997 {
			l = append(l, rng.IntN(k))
		}
		return l
	}
	ari := must[float64](t)(segment.AdjustedRand(ctx, labels(4), labels(5)))
	hash("adjusted Rand", math.Float64bits(ari))

	if *updateBits {
		data, err := json.MarshalIndent(got, "", "\t")
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
	for name, h := range got {
		if want[name] != h {
			t.Errorf("%s: the hash is %s, that of other machines %q", name, h, want[name])
		}
	}
	for name := range want {
		if got[name] == "" {
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
