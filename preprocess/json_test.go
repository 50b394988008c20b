package preprocess_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

const (
	scalerText  = `{"kind":"scaler","version":1,"columns":["a","b"],"method":"standard","center":[1,2],"scale":[3,0.1]}`
	imputerText = `{"kind":"imputer","version":1,"columns":["a","b"],"strategy":"median","statistics":[1,-0]}`
	pcaText     = `{"kind":"pca","version":1,"columns":["a","b"],"mean":[1,2],"components":[[0.6,0.8]],"explained_variance":[2],"explained_variance_ratio":[0.75],"singular_values":[3]}`
	oneHotText  = `{"kind":"one_hot_encoder","version":1,"columns":["a","b"],"unknown":"accept","categories":[[0,1],[5]]}`
	chainText   = `{"kind":"pipeline","version":1,"steps":[{"name":"impute","fitted":` + imputerText + `},{"name":"scale","fitted":` + scalerText + `},{"name":"project","fitted":` + pcaText + `}]}`
)

func TestDecode(t *testing.T) {
	for _, text := range []string{scalerText, imputerText, pcaText, oneHotText, chainText} {
		f, err := preprocess.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if again := must[[]byte](t)(json.Marshal(f)); string(again) != text {
			t.Errorf("%s became\n%s", text, again)
		}
	}
	f := must[preprocess.Fitted](t)(preprocess.Decode([]byte(imputerText)))
	if s := f.(*preprocess.FittedImputer).Statistics()[1]; !math.Signbit(s) {
		t.Errorf("−0 became %v", s)
	}
}

func TestDecodeRefuses(t *testing.T) {
	deep := chainText
	for range 40 {
		deep = `{"kind":"pipeline","version":1,"steps":[{"name":"in","fitted":` + deep + `}]}`
	}
	for _, c := range []struct {
		name, text, old, new string
		kind                 error
		part                 string
	}{
		{"nothing", ``, ``, ``, preprocess.ErrFormat, ""},
		{"null", `null`, ``, ``, preprocess.ErrFormat, `"kind"`},
		{"a list", `[]`, ``, ``, preprocess.ErrFormat, ""},
		{"no kind", `{}`, ``, ``, preprocess.ErrFormat, `"kind"`},
		{"unknown kind", scalerText, `"scaler"`, `"tailor"`, preprocess.ErrKind, `"tailor"`},
		{"newer", scalerText, `"version":1`, `"version":2,"more":[]`, preprocess.ErrVersion, "version 2"},
		{"no version", scalerText, `"version":1,`, ``, preprocess.ErrFormat, "version is 0"},
		{"unknown member", scalerText, `"version":1`, `"version":1,"more":[]`, preprocess.ErrFormat, "more"},
		{"unknown method", scalerText, `standard`, `magic`, preprocess.ErrFormat, `"magic"`},
		{"scale 0", scalerText, `[3,0.1]`, `[3,0]`, preprocess.ErrFormat, `"b"`},
		{"scale below 0", scalerText, `[3,0.1]`, `[3,-0.1]`, preprocess.ErrFormat, `-0.1`},
		{"null for a number", scalerText, `[3,0.1]`, `[3,null]`, preprocess.ErrFormat, "null"},
		{"beyond float64", scalerText, `0.1`, `1e999`, preprocess.ErrFormat, ""},
		{"too few numbers", scalerText, `[3,0.1]`, `[3]`, preprocess.ErrFormat, "1 numbers for 2 columns"},
		{"too many numbers", scalerText, `[1,2]`, `[1,2,3]`, preprocess.ErrFormat, "3 numbers for 2 columns"},
		{"no numbers", scalerText, `[1,2]`, `null`, preprocess.ErrFormat, "0 numbers"},
		{"no columns", scalerText, `["a","b"]`, `[]`, preprocess.ErrFormat, "no columns"},
		{"a column twice", scalerText, `["a","b"]`, `["a","a"]`, preprocess.ErrFormat, `"a"`},
		{"unknown strategy", imputerText, `median`, `magic`, preprocess.ErrFormat, `"magic"`},
		{"statistics of another number", imputerText, `[1,-0]`, `[1]`, preprocess.ErrFormat, "1 numbers"},
		{"no components", pcaText, `[[0.6,0.8]]`, `[]`, preprocess.ErrFormat, "0 components"},
		{"too many components", pcaText, `[[0.6,0.8]]`, `[[1,0],[0,1],[1,0]]`, preprocess.ErrFormat, "3 components"},
		{"a component too long", pcaText, `0.8]]`, `0.8,0]]`, preprocess.ErrFormat, "3 loadings"},
		{"not of length 1", pcaText, `0.8]]`, `0.9]]`, preprocess.ErrFormat, "product"},
		{"variances of another number", pcaText, `[2]`, `[2,1]`, preprocess.ErrFormat, "2 variances"},
		{"variance below 0", pcaText, `[2]`, `[-2]`, preprocess.ErrFormat, "-2"},
		{"ratio above 1", pcaText, `[0.75]`, `[1.5]`, preprocess.ErrFormat, "1.5"},
		{"unknown policy", oneHotText, `accept`, `maybe`, preprocess.ErrFormat, `"maybe"`},
		{"categories of another number", oneHotText, `,[5]`, ``, preprocess.ErrFormat, "2 columns"},
		{"no categories", oneHotText, `[5]`, `[]`, preprocess.ErrFormat, `"b"`},
		{"categories out of order", oneHotText, `[0,1]`, `[1,0]`, preprocess.ErrFormat, `"a"`},
		{"a category twice", oneHotText, `[0,1]`, `[1,1]`, preprocess.ErrFormat, `"a"`},
		{"no steps", `{"kind":"pipeline","version":1,"steps":[]}`, ``, ``, preprocess.ErrFormat, "no steps"},
		{"a step twice", chainText, `"name":"scale"`, `"name":"impute"`, preprocess.ErrFormat, `"impute"`},
		{"a step without a name", chainText, `"name":"scale"`, `"name":""`, preprocess.ErrFormat, "step 1"},
		{"a step without a value", `{"kind":"pipeline","version":1,"steps":[{"name":"a"}]}`, ``, ``, preprocess.ErrFormat, `"a"`},
		{"a bad step", chainText, `0.8]]`, `0.9]]`, preprocess.ErrFormat, `step "project"`},
		{"steps of different columns", chainText, `["a","b"],"method"`, `["a","c"],"method"`, preprocess.ErrFormat, `"impute"`},
		{"steps of different widths", chainText, `"columns":["a","b"],"method":"standard","center":[1,2],"scale":[3,0.1]`,
			`"columns":["a"],"method":"standard","center":[1],"scale":[3]`, preprocess.ErrFormat, "2 columns"},
		{"too deep", deep, ``, ``, preprocess.ErrFormat, "32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(c.text, c.old) {
				t.Fatalf("%q is not in %s", c.old, c.text)
			}
			f, err := preprocess.Decode([]byte(strings.Replace(c.text, c.old, c.new, 1)))
			if f != nil {
				t.Errorf("it gave %v", f)
			}
			wantError(t, "Decode", err, c.kind, c.part)
		})
	}
	// What is of another kind does not go into a value.
	for _, f := range fittedTypes()[:5] {
		text := scalerText
		if _, ok := f.(*preprocess.FittedScaler); ok {
			text = chainText
		}
		if err := json.Unmarshal([]byte(text), f); !errors.Is(err, preprocess.ErrFormat) {
			t.Errorf("%T: %v", f, err)
		}
	}
	for _, c := range []struct{ old, new, part string }{
		{`["a","b"]`, `[]`, "no classes"}, {`["a","b"]`, `["b","a"]`, "ascend"}, {`-1`, `1`, `"b"`}, {`accept`, `x`, `"x"`},
		{`label_encoder`, `scaler`, `"scaler"`},
	} {
		text := `{"kind":"label_encoder","version":1,"classes":["a","b"],"unknown":"accept","code":-1}`
		var f preprocess.FittedLabelEncoder
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatal(err)
		}
		wantError(t, c.new, json.Unmarshal([]byte(strings.Replace(text, c.old, c.new, 1)), &f), preprocess.ErrFormat, c.part)
		if len(f.Classes()) != 2 {
			t.Error("what was refused changed the value")
		}
	}
}

// Whatever is decoded transforms without a panic, returns finite numbers or an
// error, and is written and read to the same JSON.
func FuzzDecode(f *testing.F) {
	for _, text := range append(stepTexts, scalerText, imputerText, pcaText, oneHotText, chainText) {
		f.Add([]byte(text), 1.5, -2.0)
	}
	f.Fuzz(func(t *testing.T, data []byte, a, b float64) {
		fitted, err := preprocess.Decode(data)
		if err != nil {
			if !errors.Is(err, preprocess.ErrFormat) && !errors.Is(err, preprocess.ErrKind) && !errors.Is(err, preprocess.ErrVersion) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		width := len(fitted.InputColumns())
		x := mat.NewDense(2, width, nil)
		x.Apply(func(i, j int, _ float64) float64 { return []float64{a, b}[(i+j)%2] }, x)
		if z, err := fitted.Transform(context.Background(), x); err == nil {
			checkFinite(t, z)
			if back, err := fitted.(preprocess.Inverter).InverseTransform(context.Background(), z); err == nil {
				checkFinite(t, back)
			}
		}
		text, err := json.Marshal(fitted)
		if err != nil {
			t.Fatal(err)
		}
		again, err := preprocess.Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if second := must[[]byte](t)(json.Marshal(again)); string(second) != string(text) {
			t.Fatalf("%s became %s", text, second)
		}
	})
}

func checkFinite(t *testing.T, m *mat.Dense) {
	t.Helper()
	r, c := m.Dims()
	for i := range r {
		for j := range c {
			if v := m.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("row %d, column %d of a result is %v", i, j, v)
			}
		}
	}
}

// Whatever numbers come, fitting returns a value that works, or an error.
func FuzzFit(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, uint8(0))
	f.Add(0.1, 0.1, 0.1, 0.1, 1e300, -1e300, uint8(7))
	f.Add(5e-324, 0.0, 1e308, -1e308, math.Inf(1), math.NaN(), uint8(3))
	f.Add(1e-160, 1e160, 1e-170, 1e150, 1e-300, 1.0, uint8(4))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g float64, which uint8) {
		all := subjects()
		s := all[int(which)%len(all)]
		for _, columns := range []int{1, 2, 3, 6} {
			x := mat.NewDense(6/columns, columns, []float64{a, b, c, d, e, g})
			fitted, err := s.fit(x)
			if err != nil {
				continue
			}
			z, err := fitted.Transform(context.Background(), x)
			if err != nil {
				if !errors.Is(err, preprocess.ErrOverflow) {
					t.Fatalf("%s fitted on\n%v\nrefuses it: %v", s.name, mat.Formatted(x), err)
				}
				continue
			}
			checkFinite(t, z)
			if back, err := fitted.(preprocess.Inverter).InverseTransform(context.Background(), z); err == nil {
				checkFinite(t, back)
			}
			if s.name == "pipeline with a foreign step" {
				continue
			}
			text := must[[]byte](t)(json.Marshal(fitted))
			if _, err := preprocess.Decode(text); err != nil {
				t.Fatalf("%s fitted on\n%v\nis written but not read: %v", s.name, mat.Formatted(x), err)
			}
		}
	})
}
