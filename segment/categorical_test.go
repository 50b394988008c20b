package segment_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// plans returns 60 rows of two categorical columns: plan 0 to 2, region 0 to 3.
func plans() *mat.Dense {
	x := mat.NewDense(60, 2, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64([]int{i % 3, i / 3 % 4}[j]) }, x)
	return x
}

func hot(u preprocess.UnknownPolicy) preprocess.Step {
	return preprocess.NewStep("hot", preprocess.OneHotEncoder{Unknown: u})
}

func step[F preprocess.Fitted](name string, t preprocess.Transformer[F]) preprocess.Step {
	return preprocess.NewStep(name, t)
}

func trainPlans(t *testing.T, x mat.Matrix, k int, steps ...preprocess.Step) *segment.Model {
	t.Helper()
	return must[*segment.TrainResult](t)(segment.Train(t.Context(), x, segment.TrainOptions{
		Columns: []string{"plan", "region"}, Value: []string{"plan"}, Seed: 1, K: k, Pipeline: &preprocess.Pipeline{Steps: steps},
	})).Model
}

// pipelines returns those with an encoder that the library takes.
func pipelines() map[string][]preprocess.Step {
	impute := step("impute", preprocess.Imputer{Strategy: preprocess.MostFrequent})
	scale, pca := step("scale", preprocess.Scaler{}), step("pca", preprocess.PCA{Components: 3})
	inner := preprocess.NewStep("inner", preprocess.Pipeline{Steps: []preprocess.Step{impute, hot(preprocess.Refuse)}})
	return map[string][]preprocess.Step{
		"refuse":                  {hot(preprocess.Refuse)},
		"accept":                  {hot(preprocess.Accept)},
		"imputed, scaled and PCA": {impute, hot(preprocess.Refuse), scale, pca},
		"scaled before":           {scale, hot(preprocess.Refuse)},
		"pipeline in a pipeline":  {inner, scale},
	}
}

// Every pipeline with an encoder trains, predicts, explains, and comes back
// from a file as it was.
func TestTrainOneHot(t *testing.T) {
	x := plans()
	for name, steps := range pipelines() {
		t.Run(name, func(t *testing.T) {
			m := trainPlans(t, x, 4, steps...)
			total := 0.0
			for _, s := range m.Shares() {
				if !(s > 0 && s < 1) {
					t.Errorf("the shares are %v", m.Shares())
				}
				total += s
			}
			if math.Abs(total-1) > 1e-12 {
				t.Errorf("the shares %v add up to %v", m.Shares(), total)
			}
			columns := m.Categorical()
			if len(columns) != 2 || !slices.Equal(columns[0].Values, []float64{0, 1, 2}) || !slices.Equal(columns[1].Values, []float64{0, 1, 2, 3}) {
				t.Fatalf("the categories are %+v", columns)
			}
			for _, c := range columns {
				rows := 0
				for cluster, tier := range m.Tiers() {
					in := 0
					for _, n := range c.Counts[cluster] {
						in += n
					}
					if rows += in; float64(in) != tier.Size {
						t.Errorf("%s: %d rows counted in cluster %d of %v", c.Column, in, cluster, tier.Size)
					}
				}
				if rows != 60 {
					t.Errorf("%s: %d rows counted", c.Column, rows)
				}
			}
			dominance := must[insight.Dominance](t)(insight.DominanceOf(m))
			between := 0.0
			for _, c := range dominance.Columns {
				between += c.Between
			}
			if len(dominance.Columns) != 2 || math.Abs(between-1) > 1e-9 {
				t.Errorf("dominance %+v adds up to %v", dominance, between)
			}
			var b bytes.Buffer
			if err := m.Write(&b); err != nil {
				t.Fatal(err)
			}
			file := b.String()
			read := must[*segment.Model](t)(segment.Read(&b))
			var again bytes.Buffer
			if err := read.Write(&again); err != nil || again.String() != file {
				t.Errorf("the file is another after it was read (%v)", err)
			}
			for i := range 12 {
				explainsCategories(t, m, read, x.RawRowView(i))
			}
		})
	}
}

// explainsCategories checks the explanation of a row whose columns are all
// categorical.
func explainsCategories(t *testing.T, m, read *segment.Model, row []float64) {
	t.Helper()
	e := must[*insight.Explanation](t)(insight.Explain(t.Context(), m, row, insight.ExplainOptions{Rows: plans()}))
	other := must[*insight.Explanation](t)(insight.Explain(t.Context(), read, row, insight.ExplainOptions{Rows: plans()}))
	a, b := must[[]byte](t)(json.Marshal(e)), must[[]byte](t)(json.Marshal(other))
	if !bytes.Equal(a, b) {
		t.Errorf("%v: the model that was read explains\n%s, not\n%s", row, b, a)
	}
	if !bytes.Contains(a, []byte(`"halfway":null`)) || !bytes.Contains(a, []byte(`"categorical":true`)) {
		t.Errorf("%v: %s", row, a)
	}
	gap := 0.0
	for _, c := range e.Contributions {
		gap += c.Value
		if !c.Categorical || !math.IsNaN(c.Halfway) || !math.IsNaN(c.Slope) {
			t.Errorf("%v: %+v", row, c)
		}
	}
	if len(e.Contributions) != 2 || math.Abs(gap-e.Gap) > 1e-9*max(1, e.Gap) {
		t.Errorf("%v: %d contributions add up to %v, the gap is %v", row, len(e.Contributions), gap, e.Gap)
	}
	for _, c := range e.Counterfactuals {
		j := slices.Index([]string{"plan", "region"}, c.Column)
		changed := slices.Clone(row)
		changed[j] = c.To
		p := must[segment.Prediction](t)(m.Predict(changed))
		if !slices.Contains(m.Categorical()[j].Values, c.To) || p.Tier != c.Tier || c.Tier != e.NextBetter || c.To == row[j] || !c.Categorical || len(p.Warnings) > 0 {
			t.Errorf("%v: the change %+v leads to %+v", row, c, p)
		}
	}
	for _, s := range narrate.English(nil).Explanation(e) {
		if strings.Contains(s, "halfway") || strings.Contains(s, "NaN") {
			t.Errorf("%v: %s", row, s)
		}
	}
	for j, v := range e.Neighbours.Medians {
		if !slices.Contains(m.Categorical()[j].Values, v) {
			t.Errorf("%v: neighbours have the category %v of column %d", row, v, j)
		}
	}
}

// The shares are those of a sum over all pairs of rows: half the mean squared
// distance of two random rows that differ in the one column.
func TestSharesOfCategories(t *testing.T) {
	x := plans()
	for i := range 20 { // plan 2 is rare
		x.Set(3*i+2, 0, 0)
	}
	x.Set(5, 0, 2)
	for name, steps := range pipelines() {
		m := trainPlans(t, x, 3, steps...)
		want, total := make([]float64, 2), 0.0
		for j := range want {
			rows := mat.NewDense(60, 2, nil)
			for i := range 60 {
				rows.Set(i, j, x.At(i, j)) // the other column is 0, its most frequent
			}
			z := must[*mat.Dense](t)(m.Pipeline().Transform(t.Context(), rows))
			for a := range 60 {
				for b := range 60 {
					for l, v := range z.RawRowView(a) {
						e := v - z.At(b, l)
						want[j] += e * e
					}
				}
			}
			total += want[j]
		}
		for j, s := range m.Shares() {
			if math.Abs(s-want[j]/total) > 1e-12 {
				t.Errorf("%s: the share of column %d is %v, over all pairs %v", name, j, s, want[j]/total)
			}
		}
	}
}

// A share of 60 % in plan against 40 in region: figures by hand. With the
// encoder alone the variance of a column of indicators is 1 − Σp².
func TestSharesByHand(t *testing.T) {
	m := trainPlans(t, plans(), 3, hot(preprocess.Refuse))
	plan, region := 1-3*(1.0/9), 1-4*(1.0/16)
	for j, want := range []float64{plan / (plan + region), region / (plan + region)} {
		if got := m.Shares()[j]; math.Abs(got-want) > 1e-12 {
			t.Errorf("the share of column %d is %v, want %v", j, got, want)
		}
	}
}

// split is a step of another package: it encodes the first column and passes
// the second.
type split struct{}

type fittedSplit struct {
	hot *preprocess.FittedOneHotEncoder
}

func (split) Fit(ctx context.Context, x mat.Matrix, columns ...string) (fittedSplit, error) {
	f, err := preprocess.OneHotEncoder{}.Fit(ctx, mat.DenseCopyOf(x).Slice(0, x.(*mat.Dense).RawMatrix().Rows, 0, 1), columns[0])
	return fittedSplit{f}, err
}

func (f fittedSplit) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	dst := new(mat.Dense)
	return dst, f.TransformTo(ctx, dst, x)
}

func (f fittedSplit) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	n, _ := x.Dims()
	all := mat.DenseCopyOf(x)
	z, err := f.hot.Transform(ctx, all.Slice(0, n, 0, 1))
	if err != nil {
		return err
	}
	if dst.IsEmpty() {
		dst.ReuseAs(n, len(f.OutputColumns()))
	}
	dst.Augment(z, all.Slice(0, n, 1, 2))
	return nil
}

func (f fittedSplit) InputColumns() []string  { return []string{"plan", "region"} }
func (f fittedSplit) OutputColumns() []string { return append(f.hot.OutputColumns(), "region") }

// Where the encoder lies within a step of another package, Train varies the
// columns by values that occur.
func TestTrainEncoderWithinAStep(t *testing.T) {
	m := trainPlans(t, plans(), 3, step("split", split{}))
	// 1 − 3/9 for the indicators of plan, 15/12 for the numbers 0 to 3.
	plan, region := 2.0/3, 1.25
	for j, want := range []float64{plan / (plan + region), region / (plan + region)} {
		if got := m.Shares()[j]; math.Abs(got-want) > 1e-12 {
			t.Errorf("the share of column %d is %v, want %v", j, got, want)
		}
	}
	if _, err := insight.Explain(t.Context(), m, []float64{1, 1}, insight.ExplainOptions{}); !errors.Is(err, segment.ErrNotLinear) {
		t.Errorf("Explain says %v", err)
	}
	if c := m.Categorical(); len(c) != 0 {
		t.Errorf("categories of a step that nobody knows: %v", c)
	}
}

// What training did not see is refused with a sentinel and the column's name, or
// warned of as a category, wherever it lies.
func TestUnknownCategory(t *testing.T) {
	x := plans()
	for _, v := range []float64{-1, 0.5, 9} {
		_, err := trainPlans(t, x, 3, hot(preprocess.Refuse)).Predict([]float64{v, 1})
		var value *preprocess.ValueError
		if !errors.Is(err, segment.ErrUnknownCategory) || !errors.As(err, &value) || value.Column != "plan" || value.Value != v {
			t.Errorf("plan %v is refused with %v", v, err)
		}
		p, err := trainPlans(t, x, 3, hot(preprocess.Accept)).Predict([]float64{v, 1})
		if err != nil || len(p.Warnings) != 1 {
			t.Fatalf("plan %v: %v, %v", v, p, err)
		}
		if text := must[string](t)(warningText(p)); !strings.Contains(text, "plan") || !strings.Contains(text, "category") || strings.Contains(text, "outside") {
			t.Errorf("plan %v: the warning is %s", v, text)
		}
	}
	for _, u := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
		p, err := trainPlans(t, x, 3, hot(u)).Predict([]float64{2, 3})
		if err != nil || len(p.Warnings) != 0 {
			t.Errorf("known categories: %v, %v", p, err)
		}
	}
}

func warningText(p segment.Prediction) (string, error) {
	text, err := json.Marshal(p.Warnings)
	return string(text), err
}

// A file whose categories do not hold together is refused, with its checksum
// mended.
func TestCategoriesInAFile(t *testing.T) {
	m := trainPlans(t, plans(), 3, hot(preprocess.Accept))
	body := bodyOf(t, m)
	member := func(c []segment.CategoricalColumn) []byte {
		return fmt.Appendf(nil, `"categories":%s,`, must[[]byte](t)(json.Marshal(c)))
	}
	old := member(m.Categorical())
	if !bytes.Contains(body, old) {
		t.Fatalf("%s is not in %s", old, body)
	}
	with := func(change func(c []segment.CategoricalColumn)) []byte {
		c := m.Categorical()
		change(c)
		return sealed(bytes.Replace(body, old, member(c), 1))
	}
	if _, err := segment.Read(bytes.NewReader(with(func([]segment.CategoricalColumn) {}))); err != nil {
		t.Fatalf("a file that nobody changed: %v", err)
	}
	for name, change := range map[string]func(c []segment.CategoricalColumn){
		"a column that is not there": func(c []segment.CategoricalColumn) { c[0].Column = "city" },
		"values that do not ascend":  func(c []segment.CategoricalColumn) { c[0].Values = []float64{1, 0, 2} },
		"no values":                  func(c []segment.CategoricalColumn) { c[0].Values = []float64{} },
		"counts of too few clusters": func(c []segment.CategoricalColumn) { c[0].Counts = [][]int{{1, 2, 3}} },
		"counts of too few values":   func(c []segment.CategoricalColumn) { c[0].Counts = [][]int{{1}, {1}, {1}} },
		"counts below 0":             func(c []segment.CategoricalColumn) { c[0].Counts = [][]int{{-1, 0, 0}, {1, 2, 3}, {1, 2, 3}} },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := segment.Read(bytes.NewReader(with(change))); !errors.Is(err, segment.ErrInconsistent) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	// Files from before there were categories are read: they are the encoder's.
	before, err := segment.Read(bytes.NewReader(sealed(bytes.Replace(body, old, nil, 1))))
	if err != nil {
		t.Fatal(err)
	}
	if c := before.Categorical(); len(c) != 2 || !slices.Equal(c[1].Values, []float64{0, 1, 2, 3}) {
		t.Errorf("the categories of an older file are %+v", c)
	}
	e := must[*insight.Explanation](t)(insight.Explain(t.Context(), before, []float64{1, 1}, insight.ExplainOptions{}))
	if len(e.Contributions) != 2 || math.Abs(e.Contributions[0].Value+e.Contributions[1].Value-e.Gap) > 1e-9 {
		t.Errorf("an older file explains %+v", e)
	}
}

// bodyOf returns the model in a file, without white space.
func bodyOf(t testing.TB, m *segment.Model) []byte {
	var file struct{ Model json.RawMessage }
	if err := json.Unmarshal(must[[]byte](t)(json.Marshal(m)), &file); err != nil {
		t.Fatal(err)
	}
	return file.Model
}

// sealed returns the file of a model's body, with the checksum of that body.
func sealed(model []byte) []byte {
	sum := sha256.Sum256(append([]byte("segmentation-model 1\n"), model...))
	return fmt.Appendf(nil, `{"format":"segmentation-model","version":1,"checksum":"sha256:%x","model":%s}`, sum, model)
}
