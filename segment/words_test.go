package segment_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// trainMall trains on a table of words and skewed numbers as the default
// preparation makes it ready.
func trainMall(tb testing.TB, f *mall.Frame, p preprocess.Preparation, o segment.TrainOptions) *segment.TrainResult {
	tb.Helper()
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, f, mall.Columns, mall.Words...)
	if err != nil {
		tb.Fatal(err)
	}
	p.Words = words
	pipeline, _, err := p.Choose(ctx, x, mall.Columns...)
	if err != nil {
		tb.Fatal(err)
	}
	o.Columns, o.Pipeline = mall.Columns, &pipeline
	if o.Value == nil {
		o.Value = []string{"income", "score"}
	}
	r, err := segment.Train(ctx, x, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// preparations are the ways in which words and skewed numbers reach the clusters.
var preparations = map[string]preprocess.Preparation{
	"accept":           {Unknown: preprocess.Accept},
	"refuse":           {},
	"no logarithm":     {Skewness: math.Inf(1)},
	"components":       {PCAAbove: 3, Unknown: preprocess.Accept},
	"three components": {PCAAbove: 3, Variance: 0.5},
}

// TestWordsFromTheTable: a table, its matrix, and each of its rows by name are
// predicted alike, also by the model that was read from a file.
func TestWordsFromTheTable(t *testing.T) {
	f := mall.Customers(300)
	for name, p := range preparations {
		t.Run(name, func(t *testing.T) {
			r := trainMall(t, f, p, segment.TrainOptions{K: 4, Seed: 1})
			var file, again bytes.Buffer
			if err := r.Write(&file); err != nil {
				t.Fatal(err)
			}
			first := file.String()
			m, err := segment.Read(&file)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Write(&again); err != nil || again.String() != first {
				t.Errorf("the model is written otherwise when read (%v)", err)
			}
			want := must[[]segment.Prediction](t)(r.Predictions(t.Context()))
			got := must[[]segment.Prediction](t)(m.PredictTable(t.Context(), f))
			for i := range want {
				row := must[segment.Prediction](t)(m.PredictValues(f.Row(i)))
				if fmt.Sprint(want[i]) != fmt.Sprint(got[i]) || fmt.Sprint(want[i]) != fmt.Sprint(row) {
					t.Fatalf("row %d: %+v, by the table %+v, by its values %+v", i, want[i], got[i], row)
				}
			}
			if words := m.Words(); !maps.EqualFunc(words, map[string][]string{"gender": {"Female", "Male"}, "city": {"Basel", "Bern", "Zürich"}}, slices.Equal) {
				t.Errorf("words %v", words)
			}
			if x := must[*mat.Dense](t)(m.Matrix(t.Context(), f)); x.At(0, 0) != 0 || x.At(1, 0) != 1 || !math.IsNaN(x.At(9, 3)) {
				t.Errorf("the matrix is %v", mat.Formatted(x.Slice(0, 10, 0, 5)))
			}
		})
	}
}

// TestWordsAreOneColumn: words have counts by cluster and one share of the
// distance, which is that of all their indicators.
func TestWordsAreOneColumn(t *testing.T) {
	f := mall.Customers(300)
	for name, p := range preparations {
		t.Run(name, func(t *testing.T) {
			r := trainMall(t, f, p, segment.TrainOptions{K: 4, Seed: 1})
			c := r.Categorical()
			if len(c) != 2 || c[0].Column != "gender" || !slices.Equal(c[0].Words, []string{"Female", "Male"}) || c[1].Column != "city" || len(c[1].Words) != 3 {
				t.Fatalf("categorical columns %+v", c)
			}
			counts := make([][]int, 4)
			for cluster := range counts {
				counts[cluster] = make([]int, 3)
			}
			frequent := "Bern" // what a missing city is imputed with
			for i, label := range r.Clustering.Labels() {
				city := f.Texts["city"][i]
				if city == "" {
					city = frequent
				}
				counts[label][slices.Index(c[1].Words, city)]++
			}
			if fmt.Sprint(counts) != fmt.Sprint(c[1].Counts) {
				t.Errorf("counts of the city %v, want %v", c[1].Counts, counts)
			}
			if c[1].Word(2) != "Zürich" || c[1].Word(-1) != "" || c[1].Word(math.NaN()) != "" {
				t.Error("words of codes")
			}
			shares, total := r.Shares(), 0.0
			for _, share := range shares {
				total += share
			}
			if len(shares) != 5 || math.Abs(total-1) > 1e-12 {
				t.Errorf("shares %v, together %v", shares, total)
			}
			if name == "refuse" {
				// Standardised, each indicator of share p has the variance 1, and so
				// gender 2, city 3; age, and the scaled logarithm of income, 1.
				for j, want := range []float64{2, 1, 1, 3, 1} {
					if got := shares[j] * 8; math.Abs(got-want) > 0.03*want {
						t.Errorf("the share of %s is %v eighths, want about %v", mall.Columns[j], got, want)
					}
				}
			}
		})
	}
}

func TestUnknownWords(t *testing.T) {
	f := mall.Customers(300)
	refuse := trainMall(t, f, preparations["refuse"], segment.TrainOptions{K: 4, Seed: 1})
	accept := trainMall(t, f, preparations["accept"], segment.TrainOptions{K: 4, Seed: 1})
	row := f.Row(0)
	row["city"] = "Genf"
	_, err := refuse.PredictValues(row)
	var word *preprocess.WordError
	if !errors.Is(err, segment.ErrUnknownCategory) || !errors.As(err, &word) || word.Row != -1 || word.Column != "city" || word.Word != "Genf" || len(word.Known) != 3 || !strings.Contains(err.Error(), "Zürich") {
		t.Errorf("refused with %v", err)
	}
	p, err := accept.PredictValues(row)
	want := segment.Warning{Kind: segment.UnknownCategory, Column: "city", Value: -1, Word: "Genf", Known: "Basel, Bern, Zürich"}
	if err != nil || len(p.Warnings) != 1 || p.Warnings[0] != want {
		t.Errorf("accepted as %+v (%v)", p, err)
	}
	if s := p.Warnings[0].String(); s != "city Genf is a word that training did not see (it saw Basel, Bern, Zürich)" {
		t.Error(s)
	}
	if p, err = accept.Predict([]float64{0, 30, 90, -1, 80}); err != nil || len(p.Warnings) != 1 || p.Warnings[0].String() != "city has a word that training did not see (it saw Basel, Bern, Zürich)" {
		t.Errorf("by its code: %+v (%v)", p, err)
	}
	row["city"] = ""
	p, err = accept.PredictValues(row)
	want = segment.Warning{Kind: segment.MissingImputed, Column: "city", Value: 1, Word: "Bern"}
	if err != nil || len(p.Warnings) != 1 || p.Warnings[0] != want || p.Warnings[0].String() != "city is missing: Bern is taken for it" {
		t.Errorf("missing: %+v (%v)", p, err)
	}
	table := mall.Customers(40)
	table.Texts["gender"][17] = "Divers; sonst"
	all, err := accept.PredictTable(t.Context(), table)
	if err != nil || len(all[17].Warnings) != 1 || all[17].Warnings[0].Word != "Divers; sonst" || strings.Contains(all[17].Warnings[0].String(), "; ") {
		t.Errorf("in a table: %+v (%v)", all[17], err)
	}
	if _, err := refuse.PredictTable(t.Context(), table); !errors.Is(err, segment.ErrUnknownCategory) || !strings.Contains(err.Error(), "row 17") || !strings.Contains(err.Error(), "Female") {
		t.Errorf("in a table: %v", err)
	}
}

func TestPredictValuesByName(t *testing.T) {
	m := trainMall(t, mall.Customers(300), preparations["refuse"], segment.TrainOptions{K: 4, Seed: 1})
	want := must[segment.Prediction](t)(m.PredictValues(map[string]any{"gender": "Male", "age": 25, "income": 20.5, "city": "Bern", "score": uint8(70)}))
	got, err := m.PredictValues(map[string]any{"GENDER ": "Male", "Age": int64(25), "in come": float32(20.5), "_City": "Bern", "score": 70, "further": "ignored"})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	for says, values := range map[string]map[string]any{
		`no value for the column "city"`:            {"gender": "Male", "age": 25, "income": 20.5, "score": 70},
		`may be each of the values ["Age" "a g e"]`: {"gender": "Male", "Age": 25, "a g e": 26, "income": 20.5, "city": "Bern", "score": 70},
		`column "age": "25" is a string`:            {"gender": "Male", "age": "25", "income": 20.5, "city": "Bern", "score": 70},
		`column "gender": 1 is a int`:               {"gender": 1, "age": 25, "income": 20.5, "city": "Bern", "score": 70},
	} {
		if _, err := m.PredictValues(values); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %s", err, says)
		}
	}
	var none segment.Model
	if _, err := none.PredictValues(nil); !errors.Is(err, segment.ErrNotModel) {
		t.Errorf("a model that was not trained: %v", err)
	}
	if _, err := none.PredictTable(t.Context(), nil); !errors.Is(err, segment.ErrNotModel) || none.Words() != nil {
		t.Errorf("a model that was not trained: %v", err)
	}
	if _, err := m.PredictTable(t.Context(), nil); err == nil {
		t.Error("no table is predicted")
	}
}

// TestWordsAreNoValue: the mean of codes ranks nothing.
func TestWordsAreNoValue(t *testing.T) {
	f := mall.Customers(100)
	x, words, err := preprocess.Encode(t.Context(), f, mall.Columns, mall.Words...)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, _, err := preprocess.Preparation{Words: words}.Choose(t.Context(), x, mall.Columns...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = segment.Train(t.Context(), x, segment.TrainOptions{Columns: mall.Columns, Value: []string{"score", "gender"}, Pipeline: &pipeline, K: 3})
	if !errors.Is(err, segment.ErrOption) || !strings.Contains(err.Error(), "ranked by gender, whose values are words") {
		t.Errorf("error %v", err)
	}
}

// TestWordsWithoutRows: a word that only rows of weight 0 have was not seen.
func TestWordsWithoutRows(t *testing.T) {
	f := mall.Customers(200)
	weights := slices.Repeat([]float64{1}, 200)
	for i, city := range f.Texts["city"] {
		if city == "Basel" {
			weights[i] = 0
		}
	}
	m := trainMall(t, f, preparations["refuse"], segment.TrainOptions{K: 3, Seed: 1, Weights: weights})
	p, err := m.PredictValues(map[string]any{"gender": "Male", "age": 25, "income": 20.5, "city": "Basel", "score": 70})
	if err != nil || len(p.Warnings) != 1 || p.Warnings[0].Word != "Basel" || p.Warnings[0].Known != "Bern, Zürich" {
		t.Errorf("%+v (%v)", p, err)
	}
}

// TestWeightsOfCurvedColumns: rows that are repeated make the model of rows with
// weights, shares included.
func TestWeightsOfCurvedColumns(t *testing.T) {
	x := mat.NewDense(90, 2, nil)
	twice := mat.NewDense(120, 2, nil)
	weights := make([]float64, 90)
	at := 0
	for i := range 90 {
		x.SetRow(i, []float64{float64(i % 3 * 50), math.Exp(float64(i) / 20)})
		if weights[i] = 1; i%3 == 0 {
			weights[i] = 2
		}
		for range int(weights[i]) {
			twice.SetRow(at, x.RawRowView(i))
			at++
		}
	}
	columns := []string{"a", "b"}
	pipeline, err := preprocess.Pipeline{Steps: []preprocess.Step{step("log", preprocess.Log1p{})}}.Fit(t.Context(), x, columns...)
	if err != nil {
		t.Fatal(err)
	}
	var shares [][]float64
	for _, c := range []struct {
		x       *mat.Dense
		weights []float64
	}{{x, weights}, {twice, nil}} {
		z := must[*mat.Dense](t)(pipeline.Transform(t.Context(), c.x))
		clustering := must[*segment.Clustering](t)(segment.KMeansPP{K: 3, Seed: 1, Weights: c.weights}.Fit(t.Context(), z))
		m := must[*segment.Model](t)(segment.NewModel(t.Context(), c.x, pipeline, clustering, segment.TrainOptions{Columns: columns, Value: columns, Weights: c.weights}))
		shares = append(shares, m.Shares())
	}
	if !slices.Equal(shares[0], shares[1]) {
		t.Errorf("shares %v with weights, %v of repeated rows", shares[0], shares[1])
	}
}

// TestWordsInAFile: a file whose words do not fit is refused, with its checksum mended.
func TestWordsInAFile(t *testing.T) {
	m := trainMall(t, mall.Customers(200), preparations["accept"], segment.TrainOptions{K: 3, Seed: 1})
	body := bodyOf(t, m.Model)
	for says, change := range map[string][2]string{
		"3 words":             {`{"column":"city","values":[0,1,2]`, `{"column":"city","values":[0,1,2],"words":["a","b","c"]`},
		"the encoder knows":   {`{"column":"city","values":[0,1,2]`, `{"column":"city","values":[0,1,3]`},
		`of the column "age"`: {`{"column":"city","values"`, `{"column":"age","values"`},
		"whose values are w":  {`"value_columns":["income"`, `"value_columns":["city"`},
	} {
		changed := bytes.Replace(body, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, body) {
			t.Fatalf("%s is not in the file", change[0])
		}
		if _, err := segment.Read(bytes.NewReader(sealed(changed))); !errors.Is(err, segment.ErrInconsistent) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %s", err, says)
		}
	}
}

// FuzzReadWords changes two places of a model of words and gives it a right
// checksum: it is refused, or predicts finite numbers, is written as it was read, and
// has words and SQL without a panic.
func FuzzReadWords(f *testing.F) {
	mallRows := mall.Customers(120)
	m := trainMall(f, mallRows, preparations["accept"], segment.TrainOptions{K: 3, Seed: 1})
	good := bodyOf(f, m.Model)
	for member, to := range map[string]string{
		`"words":{"city":["Basel"`: `,"Bern"`, `"kind":"column_transformer"`: `_x`, `"columns":["gender","age"`: `,"city"`,
		`"categories":[[0,`: "0", `"statistics":[`: "-1,", `"values":[0,`: "0", `"kind":"log1p"`: "x",
	} {
		at := bytes.Index(good, []byte(member))
		if at < 0 {
			f.Fatalf("%s is not in %s", member, good)
		}
		f.Add(uint16(at+len(member)-1), []byte(to), uint16(0), []byte(nil))
	}
	f.Fuzz(func(t *testing.T, a uint16, x []byte, b uint16, y []byte) {
		body := bytes.Clone(good)
		for at, change := range map[uint16][]byte{a: x, b: y} {
			copy(body[int(at)%len(body):], change)
		}
		var compact bytes.Buffer
		if json.Compact(&compact, body) != nil {
			return
		}
		m, err := segment.Read(bytes.NewReader(sealed(compact.Bytes())))
		if err != nil {
			return
		}
		again, err := m.MarshalJSON()
		if err != nil || !bytes.Equal(again, sealed(compact.Bytes())) {
			t.Errorf("the model is written otherwise than it was read (%v)", err)
		}
		for _, c := range m.Categorical() {
			if c.Words != nil && len(c.Words) != len(c.Values) {
				t.Errorf("%+v", c)
			}
		}
		if p, err := m.PredictValues(mallRows.Row(0)); err == nil && p.Distance-p.Distance != 0 {
			t.Errorf("a row of the training: %+v", p)
		}
		if _, err := m.SQL(segment.SQLite, segment.SQLOptions{Table: "mall"}); err != nil && !errors.Is(err, segment.ErrOption) {
			t.Errorf("no SQL: %v", err)
		}
		if _, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{}); err != nil && !errors.Is(err, segment.ErrNotLinear) && !errors.Is(err, segment.ErrUnknownCategory) {
			t.Logf("not explained: %v", err)
		}
	})
}
