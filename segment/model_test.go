package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

var columns = segtest.Columns

func train(t testing.TB, x mat.Matrix, o TrainOptions) *Model {
	t.Helper()
	if o.Columns == nil {
		o.Columns = columns
	}
	if o.Value == nil {
		o.Value = segtest.Value
	}
	m, err := Train(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

func TestTrainFindsTheKinds(t *testing.T) {
	x, of := people(1200)
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	m := train(t, x, TrainOptions{Seed: 1, AsOf: day})
	if m.K() != 4 || m.Knee() != 4 || m.ChosenBy() != ByKnee {
		t.Fatalf("k = %d by %s, the knee is %d; want 4 by knee", m.K(), m.ChosenBy(), m.Knee())
	}
	if got := m.TierNames(); !slices.Equal(got, DefaultTierNames()) {
		t.Errorf("tiers %v", got)
	}
	if m.AsOf() != day || m.Rows() != 1200 || m.Seed() != 1 || len(m.Sweep()) != 9 || !(m.Silhouette() > 0.5) || len(m.Warnings()) > 0 {
		t.Errorf("as of %v, %d rows, seed %d, %d points, silhouette %v, warnings %v", m.AsOf(), m.Rows(), m.Seed(), len(m.Sweep()), m.Silhouette(), m.Warnings())
	}
	predictions, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	sizes := make([]float64, 4)
	for i, p := range predictions {
		// The kinds are listed from the most to the least valuable.
		if p.Cluster != of[i] || p.Tier != m.Tier(of[i]) {
			t.Errorf("row %d of kind %d is put into cluster %d, %s", i, of[i], p.Cluster, p.Tier)
		}
		sizes[p.Cluster]++
		one, err := m.Predict(x.RawRowView(i))
		if err != nil || !equal(one, p) {
			t.Fatalf("row %d alone is %+v (%v), among the others %+v", i, one, err, p)
		}
		if missing := math.IsNaN(x.At(i, 4)); missing != (len(p.Warnings) > 0) {
			t.Errorf("row %d, income %v: warnings %q", i, x.At(i, 4), p.Warnings)
		}
	}
	for i, tier := range m.Tiers() {
		if tier.Cluster != i || tier.Rank != i || tier.Size != sizes[i] || i > 0 && tier.Score > m.Tiers()[i-1].Score {
			t.Errorf("line %d of the tiers is %+v, size %v", i, tier, sizes[i])
		}
	}
	for j, share := range m.Shares() {
		if !(share > 0.05 && share < 0.5) {
			t.Errorf("column %s carries %v of the distance", columns[j], share)
		}
	}
}

func equal(a, b Prediction) bool {
	return a.Cluster == b.Cluster && a.Tier == b.Tier && a.Distance == b.Distance && a.Margin == b.Margin && slices.Equal(a.Warnings, b.Warnings)
}

func TestTrainSameBits(t *testing.T) {
	x, _ := people(900)
	var want bytes.Buffer
	if err := train(t, x, TrainOptions{Seed: 4}).Write(&want); err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		var got bytes.Buffer
		if err := train(t, x, TrainOptions{Seed: 4, Workers: procs % 3}).Write(&got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("GOMAXPROCS %d: another model file", procs)
		}
	}
}

func TestTrainOneColumnDecides(t *testing.T) {
	x, _ := people(600)
	raw := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}}
	m := train(t, x, TrainOptions{Pipeline: &raw})
	if got := m.Warnings(); len(got) == 0 || got[0].Kind != ColumnDominates || got[0].Column != "income" || got[0].Share < 0.999 {
		t.Errorf("unscaled columns: shares %v, warnings %v", m.Shares(), got)
	}
}

func TestTrainGivenK(t *testing.T) {
	x, _ := people(600)
	m := train(t, x, TrainOptions{K: 2})
	if m.K() != 2 || m.ChosenBy() != ByCaller || len(m.Sweep()) != 0 || !slices.Equal(m.TierNames(), []string{"Platinum", "Bronze"}) {
		t.Errorf("k = %d by %s, %d points, tiers %v", m.K(), m.ChosenBy(), len(m.Sweep()), m.TierNames())
	}
	// Beyond the sweep; and within it, where the sweep has fitted it.
	m = train(t, x, TrainOptions{K: 7, MinK: 2, MaxK: 5})
	if m.K() != 7 || len(m.Sweep()) != 4 || len(m.TierNames()) != 4 {
		t.Errorf("k = %d, %d points, tiers %v", m.K(), len(m.Sweep()), m.TierNames())
	}
	a, b := train(t, x, TrainOptions{K: 3, MinK: 2, MaxK: 5}), train(t, x, TrainOptions{K: 3})
	if a.Inertia() != b.Inertia() {
		t.Errorf("k = 3 alone reaches %v, in a sweep %v", b.Inertia(), a.Inertia())
	}
	m = train(t, x, TrainOptions{K: 1})
	p, err := m.Predict([]float64{50, 500, 12, 1, 50000})
	if err != nil || p.Tier != "Platinum" || !math.IsInf(p.Margin, 1) {
		t.Errorf("one cluster: %+v (%v)", p, err)
	}
	if data, err := json.Marshal(p); err != nil || !strings.Contains(string(data), `"margin":null`) {
		t.Errorf("JSON %s (%v)", data, err)
	}
}

// TestTrainSmall: the sweep does not ask for more clusters than there are
// distinct rows.
func TestTrainSmall(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{1, 1, 1, 1, 2, 2, 5, 5, 5, 5, 9, 8})
	m := train(t, x, TrainOptions{Columns: []string{"a", "b"}, Value: []string{"b"}})
	if n := len(m.Sweep()); n != 3 {
		t.Errorf("%d points for four distinct rows, want 3", n)
	}
}

func TestTrainNoKnee(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{MinK: 3, MaxK: 4}) // two points have no knee
	if m.Knee() != 0 || m.ChosenBy() != BySilhouette || m.K() != 4 {
		t.Errorf("k = %d by %s, knee %d; want 4 by silhouette", m.K(), m.ChosenBy(), m.Knee())
	}
	if got := m.Warnings(); !slices.Contains(got, ModelWarning{Kind: NoKnee, K: 4}) {
		t.Errorf("warnings %v", got)
	}
}

// TestOddNumbersOfClusters: one cluster alone is doubtful, and a k that was given and
// is above √(n/2), here 7 for 99 rows; one that was found is not.
func TestOddNumbersOfClusters(t *testing.T) {
	x, _ := people(99)
	for k, want := range map[int][]ModelWarning{
		1: {{Kind: OneCluster, K: 1}}, 2: nil, 7: nil, 8: {{Kind: ManyClusters, K: 8, Rows: 99, Most: 7}},
	} {
		got := slices.DeleteFunc(train(t, x, TrainOptions{K: k}).Warnings(), func(w ModelWarning) bool { return w.Kind != OneCluster && w.Kind != ManyClusters })
		if !slices.Equal(got, want) {
			t.Errorf("k = %d: %v, want %v", k, got, want)
		}
	}
	for _, w := range train(t, x, TrainOptions{MinK: 8, MaxK: 10}).Warnings() {
		if w.Kind == ManyClusters {
			t.Errorf("a k that was found is told: %v", w)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	x, _ := people(50)
	with := func(i, j int, v float64) *mat.Dense {
		y := mat.DenseCopyOf(x)
		y.Set(i, j, v)
		return y
	}
	empty := mat.DenseCopyOf(x)
	for i := range 50 {
		empty.Set(i, 2, math.NaN())
	}
	for _, test := range []struct {
		name string
		x    mat.Matrix
		o    TrainOptions
		says string
	}{
		{"no rows", &mat.Dense{}, TrainOptions{Columns: columns, Value: segtest.Value}, "0×0 values to train on"},
		{"no names", x, TrainOptions{}, "0 column names for 5 columns"},
		{"a name twice", x, TrainOptions{Columns: []string{"age", "spent", "age", "children", "income"}}, `column name 2 is "age"`},
		{"infinite", with(7, 1, math.Inf(1)), TrainOptions{Columns: columns, Value: segtest.Value}, "row 7, column spent is +Inf"},
		{"nothing to rank by", x, TrainOptions{Columns: columns}, "Value is empty"},
		{"no such column to rank by", x, TrainOptions{Columns: []string{"a", "b", "c", "d", "e"}, Value: segtest.Value}, "ranked by income, and there is no such column"},
		{"negative k", x, TrainOptions{Columns: columns, Value: segtest.Value, K: -3}, "K is -3"},
		{"k beyond the rows", x, TrainOptions{Columns: columns, Value: segtest.Value, K: 51}, "ask for at most 50"},
		{"downwards", x, TrainOptions{Columns: columns, Value: segtest.Value, MinK: 5, MaxK: 3}, "from k = 5 to 3"},
		{"empty column", empty, TrainOptions{Columns: columns, Value: segtest.Value}, "tenure"},
		{"tier names", x, TrainOptions{Columns: columns, Value: segtest.Value, TierNames: []string{"A", "A"}}, `tier name 1 is "A"`},
	} {
		m, err := Train(context.Background(), test.x, test.o)
		if err == nil || m != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.says)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Train(ctx, x, TrainOptions{Columns: columns, Value: segtest.Value}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNewModelRefusesWhatDoesNotFit(t *testing.T) {
	x, _ := people(60)
	pipeline, err := DefaultPipeline(5).Fit(context.Background(), x, columns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	clustering := fit(t, KMeansPP{K: 3}, z)
	if _, err := NewModel(t.Context(), x, pipeline, clustering, TrainOptions{Columns: columns, Value: segtest.Value}); err != nil {
		t.Fatal(err)
	}
	other, err := DefaultPipeline(5).Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		x        mat.Matrix
		pipeline *preprocess.FittedPipeline
		c        *Clustering
		says     string
	}{
		{"unfitted", x, nil, clustering, "needs a fitted pipeline"},
		{"no clustering", x, pipeline, nil, "and a clustering"},
		{"other columns", x, other, clustering, "the pipeline was fitted on the columns"},
		{"zero pipeline", x, new(preprocess.FittedPipeline), clustering, "the pipeline was fitted on the columns []"},
		{"other space", x, pipeline, fit(t, KMeansPP{K: 3}, x.Slice(0, 60, 0, 2)), "gives 3 columns, the clustering has 2"},
		{"other rows", x.Slice(0, 59, 0, 5), pipeline, clustering, "59 rows, and a clustering of 60"},
	} {
		if _, err := NewModel(t.Context(), test.x, test.pipeline, test.c, TrainOptions{Columns: columns, Value: segtest.Value}); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.says)
		}
	}
}

func TestPredictWarnsAndRefuses(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{Units: map[string]string{"tenure": "months"}})
	p, err := m.Predict([]float64{57, 1617, 365, 0, math.NaN()})
	if err != nil || len(p.Warnings) != 2 ||
		!strings.HasPrefix(p.Warnings[0].String(), "tenure 365 is outside the ") || !strings.HasSuffix(p.Warnings[0].String(), " months seen in training") ||
		!strings.HasPrefix(p.Warnings[1].String(), "income is missing") {
		t.Errorf("%+v (%v)", p, err)
	}
	for _, row := range [][]float64{nil, {1, 2}, {1, 2, 3, 4, 5, 6}} {
		if _, err := m.Predict(row); !errors.Is(err, ErrWidth) || !strings.Contains(err.Error(), "for 5 columns (age, spent, tenure, children, income)") {
			t.Errorf("%d values: %v", len(row), err)
		}
	}
	if _, err := m.Predict([]float64{57, math.Inf(-1), 12, 0, 1}); !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "column spent is -Inf") {
		t.Errorf("infinite: %v", err)
	}
	many, _ := people(10_000)
	many.Set(9_000, 0, math.Inf(1))
	if _, err := m.PredictMatrix(context.Background(), many); err == nil || !strings.Contains(err.Error(), "row 9000: segment: not a finite number: column age") {
		t.Errorf("infinite in row 9000: %v", err)
	}
	if got, err := m.PredictMatrix(context.Background(), &mat.Dense{}); err != nil || len(got) != 0 {
		t.Errorf("no rows: %v (%v)", got, err)
	}
}

func TestPredictConcurrently(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{K: 4})
	want, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range want {
				if p, err := m.Predict(x.RawRowView(i)); err != nil || !equal(p, want[i]) {
					t.Errorf("row %d: %+v (%v)", i, p, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestModelFileRoundTrip(t *testing.T) {
	x, _ := people(500)
	m := train(t, x, TrainOptions{Seed: 2, AsOf: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), Units: map[string]string{"tenure": "months"}})
	path := filepath.Join(t.TempDir(), "model.json")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := loaded.Write(&again); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(first, again.Bytes()) {
		t.Errorf("the loaded model is written otherwise (%v)", err)
	}
	want, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := loaded.PredictMatrix(context.Background(), x)
	if err != nil || !slices.EqualFunc(got, want, equal) {
		t.Errorf("the loaded model predicts otherwise (%v)", err)
	}
	if err := m.Save(filepath.Join(t.TempDir(), "none", "model.json")); err == nil {
		t.Error("saved into a directory that is not there")
	}
}

func TestModelFileRefuses(t *testing.T) {
	x, _ := people(100)
	var file bytes.Buffer
	if err := train(t, x, TrainOptions{K: 3}).Write(&file); err != nil {
		t.Fatal(err)
	}
	good := file.String()
	change := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the file has no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, test := range []struct {
		name, file string
		is         error
		says       string
	}{
		{"empty", "", ErrNotModel, ""},
		{"text", "ID,Income\n1,2\n", ErrNotModel, ""},
		{"other JSON", `{"a": 1}`, ErrNotModel, `its format is ""`},
		{"a list", `[1, 2]`, ErrNotModel, ""},
		{"half", good[:len(good)/2], ErrTruncated, ""},
		{"without its end", strings.TrimRight(good, "}\n"), ErrTruncated, ""},
		{"newer", change(`"version": 1`, `"version": 3`), ErrNewer, "version 3; this program reads up to version 2"},
		{"version 0", change(`"version": 1`, `"version": 0`), ErrAltered, ""},
		{"a digit", change(`"rows": 100`, `"rows": 101`), ErrAltered, "checksum"},
		{"a name", change(`"tenure"`, `"tenuRe"`), ErrAltered, "checksum"},
		{"trailing", good + "x", ErrAltered, ""},
		{"no JSON any more", change(`"rows": 100`, `"rows": `), ErrAltered, ""},
	} {
		_, err := Read(strings.NewReader(test.file))
		if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %v with %q", test.name, err, test.is, test.says)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := new(Model).MarshalJSON(); err == nil {
		t.Error("a model that was not trained can be written")
	}
}

// TestModelFileWithTrueChecksumIsStillChecked: whoever writes a checksum of
// his own gets no further than to a clear error.
func TestModelFileWithTrueChecksumIsStillChecked(t *testing.T) {
	x, _ := people(100)
	m := train(t, x, TrainOptions{K: 3})
	data, err := m.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"columns":["age",`, `"columns":["income",`},
		{`"columns":["age",`, `"columns":[`},
		{`"centroids":[[`, `"centroids":[[1,`},
		{`"centroids":[[`, `"centroids":[[],[`},
		{`"tiers":[`, `"tiers":[{"cluster":0,"rank":0,"tier":"A"},`},
		{`"means":[`, `"means":[[1],`},
		{`"ranges":[`, `"ranges":[{"min":1,"max":2},`},
		{`"value_columns":["income"`, `"value_columns":["wealth"`},
		{`"pipeline":{`, `"pipeline":null,"x":{`},
	} {
		e := struct{ Model json.RawMessage }{}
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatal(err)
		}
		body := bytes.Replace(e.Model, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(body, e.Model) {
			t.Fatalf("the model has no %s", change[0])
		}
		if _, err := Read(bytes.NewReader(forged(body))); !errors.Is(err, ErrInconsistent) {
			t.Errorf("%s for %s: %v", change[1], change[0], err)
		}
	}
}

// forged returns a model file with a right checksum.
func forged(body []byte) []byte { return forgedAs(1, body) }

func forgedAs(version int, body []byte) []byte {
	return slices.Concat(head(version, checksum(version, body)), body, []byte("}"))
}

func FuzzRead(f *testing.F) {
	x, _ := people(60)
	m := train(f, x, TrainOptions{K: 3})
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes(), false)
	f.Add(file.Bytes()[:file.Len()/3], false)
	data, err := m.MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	e := struct{ Model json.RawMessage }{}
	if err := json.Unmarshal(data, &e); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(e.Model), true)
	f.Fuzz(func(t *testing.T, data []byte, sign bool) {
		if sign { // past the checksum, to what lies behind it
			var compact bytes.Buffer
			if json.Compact(&compact, data) != nil {
				return
			}
			data = forged(compact.Bytes())
		}
		m, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		row := make([]float64, len(m.Columns()))
		for i := range row {
			row[i] = float64(i)
		}
		if p, err := m.Predict(row); err == nil && m.Tier(p.Cluster) != p.Tier {
			t.Errorf("prediction %+v", p)
		}
		var out bytes.Buffer
		if err := m.Write(&out); err != nil {
			t.Errorf("a model that was read cannot be written: %v", err)
		}
	})
}

func BenchmarkPredict(b *testing.B) {
	x, _ := people(1000)
	m := train(b, x, TrainOptions{K: 4})
	row := []float64{57, 1617, 28, 0, 58138}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Predict(row); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPredictTransformed: rows behind the pipeline get the places that the rows
// themselves get, and must be as many.
func TestPredictTransformed(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{1, 2, 2, 1, 1.5, 1.5, 50, 60, 55, 58, 52, math.NaN()})
	r, err := Train(t.Context(), x, TrainOptions{Columns: []string{"a", "b"}, Value: []string{"a"}, K: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	z, err := r.Transform(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.PredictMatrix(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.PredictTransformed(t.Context(), x, z); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	for _, z := range []*mat.Dense{nil, mat.NewDense(5, 2, nil), mat.NewDense(6, 1, nil)} {
		if _, err := r.PredictTransformed(t.Context(), x, z); !errors.Is(err, ErrWidth) {
			t.Errorf("%v", err)
		}
	}
}
