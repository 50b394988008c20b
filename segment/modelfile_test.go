package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
)

// refusedWithin and refusedBelow bound what any refused file may cost.
const (
	refusedWithin = 100 * time.Millisecond
	refusedBelow  = 64 << 20
)

// goodBody returns the model of a valid file, without white space.
func goodBody(tb testing.TB) []byte {
	x, _ := people(100)
	body, err := json.Marshal(train(tb, x, TrainOptions{Seed: 1, MaxK: 5, AsOf: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), Units: map[string]string{"tenure": "months"}}).f)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// TestReadRefusesInconsistentModels: files with a right checksum whose figures no
// training gives. Each change is a regular expression on the file of a valid
// model, whose first match is replaced.
func TestReadRefusesInconsistentModels(t *testing.T) {
	good := goodBody(t)
	if _, err := Read(bytes.NewReader(forged(good))); err != nil {
		t.Fatalf("the unchanged model: %v", err)
	}
	const number = `-?[0-9][-+.e0-9]*`
	for _, test := range []struct{ name, old, new, says string }{
		{"null centroid", `"centroids":\[\[` + number, `"centroids":[[null`, "null"},
		{"centroids null", `"centroids":\[(\[[^]]*\],?)+\]`, `"centroids":null`, "0 centroids"},
		{"a row of centroids null", `"centroids":\[\[[^]]*\]`, `"centroids":[null`, ""},
		{"huge centroid", `"centroids":\[\[` + number, `"centroids":[[1e+308`, "the centroids are 1e+308 apart"},
		{"centroid far beyond the training", `"centroids":\[\[` + number, `"centroids":[[1e+30`, "the centroids are 1e+30 apart"},
		{"huge mean of the components", `"mean":\[` + number, `"mean":[1e+308`, "apart"},
		{"huge fill", `"statistics":\[` + number, `"statistics":[1e+308`, "from cluster 0"},
		{"huge inertia", `,"inertia":(` + number + `),"iter`, `,"inertia":1e+308,"iter`, "the inertia is 1e+308"},
		{"huge score", `"score":` + number, `"score":1e+308`, "has the score 1e+308"},
		{"centroid beyond float64", `"centroids":\[\[` + number, `"centroids":[[1e400`, "1e400"},
		{"huge centre", `"center":\[` + number, `"center":[-1e+308`, "apart"},
		{"tiny scale", `"scale":\[` + number, `"scale":[1e-300`, "from cluster 0"},
		{"negative scale", `"scale":\[`, `"scale":[-`, "must be above 0"},
		{"null mean", `"means":\[\[` + number, `"means":[[null`, ""},
		{"mean outside of the range", `"means":\[\[` + number, `"means":[[12345678`, "has the mean 1.2345678e+07 of column age"},
		{"min above max", `"ranges":\[\{"min":` + number, `"ranges":[{"min":1e9`, "goes from 1e+09 to"},
		{"null range", `"ranges":\[\{"min":` + number, `"ranges":[{"min":null`, ""},
		{"range null", `"ranges":\[\{[^}]*\}`, `"ranges":[null`, ""},
		{"negative size", `"size":`, `"size":-`, "must be positive"},
		{"sizes that do not add up", `"size":` + number, `"size":99999`, "rows together"},
		{"null score", `"score":` + number, `"score":null`, ""},
		{"null share", `"shares":\[` + number, `"shares":[null`, ""},
		{"null inertia", `,"inertia":(` + number + `),"iter`, `,"inertia":null,"iter`, "null"},
		{"null silhouette", `"silhouette":` + number, `"silhouette":null`, "null"},
		{"null size", `"size":` + number, `"size":null`, ""},
		{"rank", `"rank":0`, `"rank":1`, "with rank 1"},
		{"cluster", `"cluster":0`, `"cluster":1`, "that of cluster 1"},
		{"rising scores", `"score":` + number, `"score":-5`, "greater score"},
		{"blank tier", `"tier":"[^"]*"`, `"tier":"  "`, "a name is needed"},
		{"tier with NUL", `"tier":"[^"]*"`, `"tier":"A\u0000"`, "a name is needed"},
		{"share above 1", `"shares":\[` + number, `"shares":[5`, "from 0 to 1"},
		{"negative share", `"shares":\[`, `"shares":[-`, "from 0 to 1"},
		{"shares that do not add up", `"shares":\[` + number, `"shares":[0.99`, "want 1"},
		{"negative rows", `"rows":`, `"rows":-`, ""},
		{"fewer rows than clusters", `"rows":100`, `"rows":1`, ""},
		{"fraction of a row", `"rows":100`, `"rows":100.5`, ""},
		{"silhouette", `"silhouette":` + number, `"silhouette":7`, "from -1 to 1"},
		{"inertia", `,"inertia":(` + number + `),"iter`, `,"inertia":-1,"iter`, "inertia is -1"},
		{"iterations", `"iterations":`, `"iterations":-`, "iterations"},
		{"chosen by", `"chosen_by":"[a-z]*"`, `"chosen_by":"dice"`, `"dice" chose`},
		{"knee", `"knee":[0-9]+`, `"knee":77`, "the knee 77"},
		{"sweep that goes back", `"sweep":\[\{"k":2`, `"sweep":[{"k":4`, "of the sweep"},
		{"negative point of the sweep", `"sweep":\[\{"k":2,"inertia":`, `"sweep":[{"k":2,"inertia":-`, "of the sweep"},
		{"no day", `"as_of":"2015-01-01"`, `"as_of":"2015-02-31"`, "2015-02-31"},
		{"unit of no column", `"units":\{"tenure"`, `"units":{"height"`, `unit for "height"`},
		{"unknown member", `"knee":`, `"owner":"me","knee":`, "unknown"},
		{"member twice", `"knee":`, `"rows":100,"knee":`, "repeated"},
		{"member in capitals", `"knee":`, `"KNEE":`, "spelt otherwise"},
		{"capitals override", `"means":`, `"CENTROIDS":[[9,9,9]],"means":`, ""},
		{"member missing", `"seed":1,`, ``, "missing"},
		{"null text", `"chosen_by":"[a-z]*"`, `"chosen_by":null`, ""},
		{"unit null", `"units":\{[^}]*\}`, `"units":null`, "null"},
		{"number spelt otherwise", `"rows":100`, `"rows":1e2`, ""},
		{"unknown member of a tier", `"rank":0,`, `"rank":0,"colour":1,`, ""},
		{"unknown member of a step", `"name":"impute",`, `"name":"impute","x":1,`, "unknown field"},
		{"unknown member of a scaler", `"method":"standard",`, `"method":"standard","x":1,`, "unknown field"},
		{"member of a scaler twice", `"method":"standard",`, `"method":"robust","method":"standard",`, "repeated"},
		{"version of a step twice", `"kind":"scaler","version":1,`, `"kind":"scaler","version":1,"Version":1,`, "repeated"},
	} {
		at := regexp.MustCompile(test.old).FindIndex(good)
		if at == nil {
			t.Errorf("%s: the model has no %s", test.name, test.old)
			continue
		}
		body := bytes.Join([][]byte{good[:at[0]], []byte(test.new), good[at[1]:]}, nil)
		if m, err := Read(bytes.NewReader(forged(body))); !errors.Is(err, ErrInconsistent) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: model %v, error %v, want ErrInconsistent with %q", test.name, m != nil, err, test.says)
		}
	}
}

// TestReadRefusesEnvelopes: what stands around the model is held to the same.
func TestReadRefusesEnvelopes(t *testing.T) {
	good := string(forged(goodBody(t)))
	for old, new := range map[string]string{
		`{"format":`:    `{"owner":"me","format":`,
		`,"version":1`:  `,"version":1,"version":1`,
		`,"checksum":`:  `,"CHECKSUM":`,
		`,"model":{`:    `,"model":{},"model":{`,
		`"version":1,"`: `"version":1.0,"`,
	} {
		t.Run(old, func(t *testing.T) {
			if _, err := Read(strings.NewReader(strings.Replace(good, old, new, 1))); !errors.Is(err, ErrAltered) {
				t.Errorf("%s for %s: %v", new, old, err)
			}
		})
	}
}

// nested returns a body whose pipeline lies in levels others, padded at its
// heart by steps.
func nested(good []byte, levels, steps int) []byte {
	const scaler = `{"kind":"scaler","version":1,"columns":["age","spent","tenure","children","income"],"method":"standard","center":[0,0,0,0,0],"scale":[1,1,1,1,1]}`
	var inner strings.Builder
	for i := range steps {
		fmt.Fprintf(&inner, `{"name":"s%d","fitted":%s},`, i, scaler)
	}
	pipeline := `{"kind":"pipeline","version":1,"steps":[` + strings.TrimSuffix(inner.String(), ",") + `]}`
	for range levels {
		pipeline = `{"kind":"pipeline","version":1,"steps":[{"name":"a","fitted":` + pipeline + `}]}`
	}
	start, end := bytes.Index(good, []byte(`"pipeline":`)), bytes.Index(good, []byte(`,"centroids":`))
	return bytes.Join([][]byte{good[:start], []byte(`"pipeline":` + pipeline), good[end:]}, nil)
}

// costly returns files of a right checksum that ask for work.
func costly(tb testing.TB) map[string][]byte {
	good := goodBody(tb)
	body := string(good)
	files := map[string][]byte{
		"nested 28 deep":         forged(nested(good, 28, 2)),
		"nested 31 deep, 170 KB": forged(nested(good, 31, 1000)),
		"nested 4 deep, 1 MB":    forged(nested(good, 4, 5700)),
		"5,700 steps":            forged(nested(good, 0, 5700)),
		"a million brackets":     []byte(`{"format":"segmentation-model","version":1,"checksum":"","model":` + strings.Repeat("[", 1e6)),
		"1 MB of blanks":         []byte(strings.Repeat(" ", maxModelFile)),
		"1 MB of rows":           forged([]byte(`{` + strings.Repeat(`"rows":1,`, maxModelFile/10) + body[1:])),
		"more than 1 MB":         forged([]byte(`{` + strings.Repeat(`"rows":1,`, maxModelFile/9) + body[1:])),
		"a name of 1 MB":         forged([]byte(strings.Replace(body, `"tier":"Platinum"`, `"tier":"`+strings.Repeat("A", maxModelFile-len(body)-200)+`\u0000"`, 1))),
		"fifty thousand columns": forged([]byte(strings.Replace(body, `"columns":["age"`, `"columns":["age"`+numbered(`,"c%d"`, 50_000), 1))),
	}
	// 6,500 clusters that are as they must be but for the last.
	k := 6_500
	row := `[0.12345678901234567,0.12345678901234567,0.12345678901234567]`
	for member, value := range map[string]string{
		"centroids": strings.TrimSuffix(strings.Repeat(row+",", k), ","),
		"means":     strings.TrimSuffix(strings.Repeat("[50,500,20,1,50000],", k), ","),
		"tiers":     numbered(`{"cluster":%[1]d,"rank":%[1]d,"score":0,"size":1,"tier":"Gold"},`, k) + `{"cluster":-1,"rank":0,"score":0,"size":1,"tier":"Gold"}`,
	} {
		body = regexp.MustCompile(`"`+member+`":\[([^][]|\[[^]]*\])*\]`).ReplaceAllLiteralString(body, `"`+member+`":[`+value+`]`)
	}
	files["6,500 clusters"] = forged([]byte(body))
	return files
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestReadRefusesCheaply: no refused file takes more than 100 ms or 64 MB. Of
// five tries the fastest counts, for the machine may be busy.
func TestReadRefusesCheaply(t *testing.T) {
	files := costly(t)
	for _, name := range []string{"model-center-1e308", "model-centroids-1e308", "model-scale-tiny", "nested-28"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "shared", "cases", "models", name+".json"))
		if err != nil {
			t.Logf("%s is left out: %v", name, err)
			continue
		}
		files[name] = data
	}
	for name, file := range files {
		best, most := time.Hour, uint64(0)
		for range 5 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := testenv.CPUTime()
			m, err := Read(bytes.NewReader(file))
			best = min(best, testenv.CPUTime()-start)
			runtime.ReadMemStats(&after)
			most = max(most, after.TotalAlloc-before.TotalAlloc)
			if deep := strings.HasPrefix(name, "nested") && strings.Contains(name, "28"); !deep && (err == nil || m != nil) {
				t.Errorf("%s: not refused", name)
			}
			if best <= refusedWithin*slowed {
				break
			}
		}
		t.Logf("%s (%d bytes): %v, %d KB", name, len(file), best.Round(time.Millisecond), most>>10)
		if best > refusedWithin*slowed || most > refusedBelow {
			t.Errorf("%s: %v and %d bytes allocated; want at most %v and %d", name, best, most, refusedWithin, refusedBelow)
		}
	}
}

// TestReadStopsAtItsLimit: an endless source is not read to its end, and a model
// that would not be read is not written.
func TestReadStopsAtItsLimit(t *testing.T) {
	endless := blanks(0)
	if _, err := Read(&endless); !errors.Is(err, ErrTooLarge) || endless > 2*maxModelFile {
		t.Errorf("%d bytes read: %v", endless, err)
	}
	m := *train(t, first(people(100)), TrainOptions{K: 3})
	m.f.Units = map[string]string{"age": strings.Repeat("x", maxModelFile)}
	if _, err := m.MarshalJSON(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("written: %v", err)
	}
}

func first[A, B any](a A, _ B) A { return a }

// blanks is an endless source that counts what was taken.
type blanks int

func (b *blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	*b += blanks(len(p))
	return len(p), nil
}

// FuzzReadChanged changes two places of a valid model and gives it a right
// checksum: a model is refused, or predicts finite numbers and is written as it
// was read.
func FuzzReadChanged(f *testing.F) {
	good := goodBody(f)
	for i, member := range []string{`"centroids":[[`, `"min":`, `"size":`, `"scale":[`, `"knee":`, `"steps":[`} {
		f.Add(uint16(bytes.Index(good, []byte(member))+len(member)), []byte([]string{"null,", "1e308", "-", `{"kind":"pipeline"`, "9,", "[]"}[i]), uint16(0), []byte(nil))
	}
	f.Fuzz(func(t *testing.T, a uint16, x []byte, b uint16, y []byte) {
		body := bytes.Clone(good)
		for at, change := range map[uint16][]byte{a: x, b: y} {
			copy(body[int(at)%len(body):], change)
		}
		if !json.Valid(body) {
			return
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, body); err != nil {
			return
		}
		m, err := Read(bytes.NewReader(forged(compact.Bytes())))
		if err != nil {
			return
		}
		again, err := m.MarshalJSON()
		if err != nil || !bytes.Equal(again, forged(compact.Bytes())) {
			t.Errorf("the model is written otherwise than it was read (%v)", err)
		}
		least, greatest := make([]float64, len(m.f.Columns)), make([]float64, len(m.f.Columns))
		for j, r := range m.f.Ranges {
			least[j], greatest[j] = r.Min, r.Max
		}
		for _, row := range [][]float64{least, greatest} {
			if p, err := m.Predict(row); err != nil || p.Distance-p.Distance != 0 {
				t.Errorf("a row within the ranges: %+v (%v)", p, err)
			}
		}
	})
}

// TestOddModelsAreRead: what can be trained can be written and read, however odd
// the rows are.
func TestOddModelsAreRead(t *testing.T) {
	blobs := func(scale, far float64) *mat.Dense {
		x := mat.NewDense(60, 3, nil)
		for i := range 60 {
			x.SetRow(i, []float64{scale * float64(i%3*10+i%7), scale * float64(i%5), scale})
		}
		x.Set(59, 0, far*scale)
		return x
	}
	missing := blobs(1, 1)
	missing.Set(4, 1, math.NaN())
	step := preprocess.NewStep("scale", preprocess.Scaler{})
	pipe := func(steps ...preprocess.Step) *preprocess.Pipeline { return &preprocess.Pipeline{Steps: steps} }
	for name, c := range map[string]struct {
		x        *mat.Dense
		k        int
		pipeline *preprocess.Pipeline
	}{
		"one row":                {mat.NewDense(1, 3, []float64{3e7, -5, 0}), 1, pipe(step)},
		"all rows alike":         {mat.NewDense(4, 3, slices.Repeat([]float64{0.1, 1e9, -3}, 4)), 1, nil},
		"one cluster":            {blobs(1, 1), 1, nil},
		"a cluster for each row": {mat.NewDense(4, 3, []float64{1, 0, 0, 2, 0, 0, 3, 0, 1, 4, 9, 9}), 4, nil},
		"an outlier":             {blobs(1, 1e12), 3, nil},
		"an outlier, unscaled":   {blobs(1, 1e12), 3, pipe(preprocess.NewStep("impute", preprocess.Imputer{}))},
		"large values":           {blobs(1e140, 1), 3, nil},
		"small values":           {blobs(1e-140, 1), 3, nil},
		"small values, unscaled": {blobs(1e-140, 1), 3, pipe(preprocess.NewStep("impute", preprocess.Imputer{}))},
		"without an imputer":     {blobs(1, 1), 3, pipe(step)},
		"categories":             {blobs(1, 1), 3, pipe(preprocess.NewStep("hot", preprocess.OneHotEncoder{}), step)},
		"missing values":         {missing, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := train(t, c.x, TrainOptions{Columns: []string{"a", "b", "c"}, Value: []string{"a"}, K: c.k, Pipeline: c.pipeline})
			var file bytes.Buffer
			if err := m.Write(&file); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if _, err := Read(&file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestReadIntoNothing(t *testing.T) {
	var m *Model
	if err := m.UnmarshalJSON([]byte("{}")); !errors.Is(err, ErrOption) {
		t.Errorf("error %v", err)
	}
}
