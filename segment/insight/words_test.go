package insight_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// mallModels returns models of words and skewed numbers, one of each pipeline.
func mallModels(t *testing.T, f *mall.Frame) map[string]*segment.Model {
	t.Helper()
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, f, mall.Columns, mall.Words...)
	if err != nil {
		t.Fatal(err)
	}
	pipelines := mall.Pipelines(words)
	for name, p := range map[string]preprocess.Preparation{
		"chosen": {Words: words, Unknown: preprocess.Accept}, "components": {Words: words, PCAAbove: 3}, "no logarithm": {Words: words, Skewness: math.Inf(1)},
	} {
		if pipelines[name], _, err = p.Choose(ctx, x, mall.Columns...); err != nil {
			t.Fatal(err)
		}
	}
	models := map[string]*segment.Model{}
	for name, p := range pipelines {
		m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: mall.Columns, Value: []string{"income", "score"}, K: 4, Seed: 1, Pipeline: &p})
		if err != nil {
			t.Fatal(err)
		}
		models[name] = m.Model
	}
	return models
}

// TestExplainWordsAndCurves: the contributions of the five columns add up to the gap,
// halfway speaks for neither cluster, words are told as words, and each change
// leads where it is said to lead.
func TestExplainWordsAndCurves(t *testing.T) {
	f := mall.Customers(300)
	for name, m := range mallModels(t, f) {
		if name == "PCA in parts" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			e, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Unseen: true})
			if err != nil {
				t.Fatal(err)
			}
			changes, halfways := map[string]int{}, 0
			for i := range 60 {
				why, err := e.ExplainValues(t.Context(), f.Row(i))
				if err != nil {
					t.Fatal(err)
				}
				halfways += checkContributions(t, e, f.Row(i), why)
				for _, c := range why.Counterfactuals {
					changes[c.Column]++
					checkChange(t, m, f.Row(i), why, c)
				}
				checkNoOther(t, m, f.Row(i), why)
			}
			if halfways < 20 {
				t.Errorf("%d values halfway were tried", halfways)
			}
			// In the others one kind of column weighs so much that none of another kind
			// alone leads anywhere.
			if all := changes["income"] > 0 && changes["score"] > 0 && changes["gender"]+changes["city"] > 0; len(changes) == 0 || !all && (name == "chosen" || name == "components") {
				t.Errorf("changes %v", changes)
			}
		})
	}
}

func checkContributions(t *testing.T, e *insight.Explainer, row map[string]any, why *insight.Explanation) (halfways int) {
	t.Helper()
	sum := 0.0
	for j, c := range why.Contributions {
		sum += c.Value
		isWord := slices.Contains(mall.Words, c.Column)
		if c.Column != mall.Columns[j] || isWord != c.Categorical || isWord != (c.Word != "") {
			t.Fatalf("contribution %d is %+v", j, c)
		}
		if word, _ := row[c.Column].(string); isWord && c.Word != word && (word != "" || !c.Imputed) {
			t.Fatalf("%v is explained by %+v", row, c)
		}
		if !isWord && !math.IsNaN(c.Halfway) && c.Halfway > 0 {
			halfway := maps.Clone(row)
			halfway[c.Column] = c.Halfway
			// The same pair of clusters must still be the nearest.
			if there, err := e.ExplainValues(t.Context(), halfway); err == nil && there.Cluster == why.Cluster && there.Next == why.Next {
				halfways++
				if v := there.Contributions[j].Value; math.Abs(v) > 1e-9*max(1, math.Abs(c.Value)) && c.Halfway < 1e4 {
					t.Fatalf("%s at its halfway %v contributes %v (%v at %v)", c.Column, c.Halfway, v, c.Value, c.At)
				}
			}
		}
	}
	if math.Abs(sum-why.Gap) > 1e-9*max(1, math.Abs(why.Gap)) {
		t.Fatalf("the contributions are %v together, the gap is %v", sum, why.Gap)
	}
	return halfways
}

// tierWith returns the tier of a row with another value of a column.
func tierWith(m *segment.Model, row map[string]any, column string, v any) string {
	changed := maps.Clone(row)
	changed[column] = v
	p, err := m.PredictValues(changed)
	if err != nil {
		return err.Error()
	}
	return p.Tier
}

// checkNoOther tries values of the columns that no change is told of.
func checkNoOther(t *testing.T, m *segment.Model, row map[string]any, why *insight.Explanation) {
	t.Helper()
	for j, column := range mall.Columns {
		if why.NextBetter == "" || slices.ContainsFunc(why.Counterfactuals, func(c insight.Counterfactual) bool { return c.Column == column }) {
			continue
		}
		var values []any
		for _, word := range m.Words()[column] {
			values = append(values, word)
		}
		if values == nil {
			r := m.Ranges()[j]
			for i := range 40 {
				values = append(values, r.Min+float64((r.Max-r.Min)*float64(i)/39))
			}
		}
		for _, v := range values {
			if tierWith(m, row, column, v) == why.NextBetter {
				t.Fatalf("%v: %s of %v leads to %s, and no change is told", row, column, v, why.NextBetter)
			}
		}
	}
}

func checkChange(t *testing.T, m *segment.Model, row map[string]any, why *insight.Explanation, c insight.Counterfactual) {
	t.Helper()
	if c.Categorical != (c.ToWord != "" && c.FromWord != "") {
		t.Fatalf("words of the change %+v", c)
	}
	to := func(v any) string { return tierWith(m, row, c.Column, v) }
	if c.Categorical {
		if to(c.ToWord) != why.NextBetter {
			t.Fatalf("%v with %+v is %s", row, c, to(c.ToWord))
		}
		return
	}
	if to(c.To) != why.NextBetter || to(c.Rounded) != why.NextBetter {
		t.Fatalf("%v with %+v is %s", row, c, to(c.To))
	}
	// Nothing on the way there leads there.
	for share := 0.02; share < 0.98; share += 0.02 {
		if between := c.From + float64(share*(c.To-c.From)); to(between) == why.NextBetter && between != c.To {
			t.Fatalf("%v: %s of %v is enough, and the change is %+v", row, c.Column, between, c)
		}
	}
}

func TestExplainRefusesMixtures(t *testing.T) {
	m := mallModels(t, mall.Customers(300))["PCA in parts"]
	if _, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Unseen: true}); !errors.Is(err, segment.ErrNotLinear) || !strings.Contains(err.Error(), `step "by kind"`) {
		t.Errorf("error %v", err)
	}
	if len(m.Categorical()) != 2 {
		t.Errorf("categorical columns %v", m.Categorical())
	}
}

// TestDominanceOfWords: words are one column, and the shares add up to 1.
func TestDominanceOfWords(t *testing.T) {
	for name, m := range mallModels(t, mall.Customers(300)) {
		if name == "PCA in parts" {
			continue
		}
		d, err := insight.DominanceOf(m)
		if err != nil {
			t.Fatal(err)
		}
		between, distance := 0.0, 0.0
		for j, s := range d.Columns {
			if s.Column != mall.Columns[j] {
				t.Errorf("%s: column %d is %s", name, j, s.Column)
			}
			between, distance = between+s.Between, distance+s.Distance
		}
		if len(d.Columns) != 5 || math.Abs(between-1) > 1e-9 || math.Abs(distance-1) > 1e-9 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestNarrateWords: sentences have words, never codes, also where the word is missing
// or unknown.
func TestNarrateWords(t *testing.T) {
	f := mall.Customers(300)
	m := mallModels(t, f)["chosen"]
	e, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Columns: mall.Words})
	if err != nil {
		t.Fatal(err)
	}
	voice := narrate.English(nil)
	all := ""
	for i := range 60 {
		why, err := e.ExplainValues(t.Context(), f.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		all += strings.Join(voice.Explanation(why), " ") + "\n"
	}
	for _, want := range []string{"gender: Female", "gender: Male", "city: Bern", "leads to Gold is gender: ", " instead of ", "city, which is missing and taken as Bern"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	for _, wrong := range []string{"gender of", "city of"} {
		if strings.Contains(all, wrong) {
			t.Errorf("something says %q", wrong)
		}
	}
	row := f.Row(0)
	row["city"] = "Genf"
	why, err := e.ExplainValues(t.Context(), row)
	if err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(voice.Reasons(why), " "); !strings.Contains(s, "city: Genf") {
		t.Errorf("an unknown word: %s", s)
	}
	code, err := m.Row(row)
	if err != nil {
		t.Fatal(err)
	}
	if why, err = e.Explain(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(voice.Reasons(why), " "); !strings.Contains(s, "city: a word that is not known") {
		t.Errorf("the code of an unknown word: %s", s)
	}
}

func TestNeighboursOfWords(t *testing.T) {
	f := mall.Customers(300)
	m := mallModels(t, f)["chosen"]
	x, err := m.Matrix(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	why, err := insight.Explain(t.Context(), m, mat.Row(nil, 0, x), insight.ExplainOptions{Rows: x})
	if err != nil {
		t.Fatal(err)
	}
	frequent := map[string]int{}
	for _, i := range why.Neighbours.Rows {
		frequent[f.Texts["city"][i]]++
	}
	w := why.Neighbours.Words
	if len(w) != 5 || w[0] != "Female" || w[1] != "" || frequent[w[3]] < 4 || frequent[w[3]] < max(frequent["Basel"], frequent["Bern"], frequent["Zürich"]) {
		t.Errorf("words of the neighbours %q of %v", w, frequent)
	}
}

// asTable returns a frame as a table.
func asTable(t *testing.T, f *mall.Frame) *features.Table {
	t.Helper()
	var columns []features.Series
	for _, name := range mall.Columns {
		if words, ok := f.Texts[name]; ok {
			columns = append(columns, features.WordSeries(features.Column{Name: name, Kind: features.Category}, words))
		} else {
			columns = append(columns, features.NumberSeries(features.Column{Name: name, Kind: features.Amount}, f.Numbers[name]))
		}
	}
	table, err := features.NewTable(time.Time{}, columns...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestProfileOfWords: a profile by a model of words counts each word.
func TestProfileOfWords(t *testing.T) {
	f := mall.Customers(300)
	m := mallModels(t, f)["chosen"]
	p, err := insight.ProfileOf(t.Context(), m, asTable(t, f), insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for c, g := range p.Clusters {
		if g.Count != int(m.Tiers()[c].Size) {
			t.Errorf("cluster %d has %d rows, in the model %v", c, g.Count, m.Tiers()[c].Size)
		}
		word, share := m.Categorical()[0].MostFrequent(c)
		levels := g.Categories[0].Levels
		usual := slices.MaxFunc(levels, func(a, b insight.Level) int { return a.Count - b.Count })
		if usual.Value != word || math.Abs(usual.Share-share) > 1e-12 {
			t.Errorf("cluster %d: %+v, in the model %s of %v", c, levels, word, share)
		}
		said += narrate.English(nil).Summary(g) + "\n"
	}
	if !strings.Contains(said, "have gender Female") && !strings.Contains(said, "have gender Male") {
		t.Errorf("the statements are %s", said)
	}
	none, err := asTable(t, f).Select("gender", "age")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := insight.ProfileOf(t.Context(), m, none, insight.ProfileOptions{}); !errors.Is(err, segment.ErrOption) {
		t.Errorf("a table without the columns: %v", err)
	}
}

// TestCompareTable: models of other words are compared on the table, and a word that
// is new drifts.
func TestCompareTable(t *testing.T) {
	before, after := mall.Customers(300), mall.Customers(300)
	for i := range 150 {
		after.Texts["city"][i] = "Aarau" // moves all codes by one
	}
	old, new := mallModels(t, before)["chosen"], mallModels(t, after)["chosen"]
	same, err := insight.CompareTable(t.Context(), old, old, asTable(t, before), insight.CompareTableOptions{Before: before})
	if err != nil {
		t.Fatal(err)
	}
	if same.Verdict != insight.VerdictSame || same.AdjustedRand != 1 || same.Stay != 1 || len(same.Drift) != 5 {
		t.Errorf("a model compared with itself: %+v", same)
	}
	for _, d := range same.Drift {
		if d.PSI != 0 || math.IsNaN(d.KS) != slices.Contains(mall.Words, d.Column) {
			t.Errorf("drift %+v", d)
		}
	}
	c, err := insight.CompareTable(t.Context(), old, new, after, insight.CompareTableOptions{Before: before})
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != insight.VerdictChanged || c.Drift[3].PSI <= insight.PSIShifted || c.Drift[0].PSI != 0 {
		t.Errorf("%+v", c)
	}
	// By hand, of the counts: half of each city became Aarau.
	counts := func(f *mall.Frame) map[string]float64 {
		n := map[string]float64{}
		for _, city := range f.Texts["city"] {
			n[city]++
		}
		return n
	}
	a, b, psi := counts(before), counts(after), 0.0
	for _, city := range []string{"", "Aarau", "Basel", "Bern", "Zürich"} {
		p, q := max(a[city], 0.5)/300, max(b[city], 0.5)/300
		psi += (p - q) * math.Log(p/q)
	}
	if math.Abs(c.Drift[3].PSI-psi) > 1e-12 {
		t.Errorf("PSI %v, want %v", c.Drift[3].PSI, psi)
	}
	x, err := old.Matrix(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := insight.Compare(t.Context(), old, new, x, insight.CompareOptions{}); !errors.Is(err, segment.ErrOption) || !strings.Contains(err.Error(), "CompareTable") || !strings.Contains(err.Error(), "Aarau") {
		t.Errorf("codes of other words: %v", err)
	}
	if c, err = insight.Compare(t.Context(), old, old, x, insight.CompareOptions{Before: x}); err != nil || c.Drift[3].PSI != 0 || !math.IsNaN(c.Drift[3].KS) {
		t.Errorf("codes of the same words: %+v, %v", c, err)
	}
	for which, err := range map[string]error{
		"old":          compareError(nil, new, after),
		"new":          compareError(old, nil, after),
		"no such word": compareError(old, new, mall.Customers(3).Odd()),
	} {
		if which != "no such word" && (!errors.Is(err, segment.ErrNotModel) || !strings.Contains(err.Error(), "the "+which+" model")) {
			t.Errorf("%s: %v", which, err)
		}
	}
	_, err = insight.CompareTable(t.Context(), old, old, before, insight.CompareTableOptions{Columns: []string{"height"}, Before: before})
	if err == nil || !strings.Contains(fmt.Sprint(err), "the drift of column height") {
		t.Errorf("a column that is not there: %v", err)
	}
	_, err = insight.CompareTable(t.Context(), old, old, before, insight.CompareTableOptions{Columns: []string{"city"}, Before: &mall.Frame{Texts: map[string][]string{"city": {}}}})
	if !errors.Is(err, segment.ErrEmpty) || !strings.Contains(fmt.Sprint(err), "the drift of column city") {
		t.Errorf("no words before: %v", err)
	}
}

// TestUnseenWordLeads: a word of the encoder that no row of the training had is not
// said to be seen.
func TestUnseenWordLeads(t *testing.T) {
	words := map[string][]string{"kind": {"a", "b", "c"}} // code 2 occurs nowhere
	x := mat.NewDense(40, 2, nil)
	for i := range 40 {
		x.SetRow(i, []float64{float64(i / 20 * (i % 2)), float64(i / 20)})
	}
	trained, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: []string{"kind", "n"}, Value: []string{"n"}, K: 2, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("words", preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: []string{"kind"}, Step: preprocess.NewStep("hot", preprocess.OneHotEncoder{Words: words})}}}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	why, err := insight.Explain(t.Context(), trained.Model, []float64{0, 0.9}, insight.ExplainOptions{Columns: []string{"kind"}, Unseen: true})
	if err != nil {
		t.Fatal(err)
	}
	if c := why.Counterfactuals; len(c) != 1 || c[0].ToWord != "c" || c[0].Seen {
		t.Errorf("the changes are %+v; want one to the unseen word c", c)
	}
	if why, err = insight.Explain(t.Context(), trained.Model, []float64{2, 0.5}, insight.ExplainOptions{Columns: []string{"kind"}}); err != nil {
		t.Fatal(err)
	}
	if c := why.Counterfactuals; len(c) != 1 || c[0].ToWord != "b" || !c[0].Seen {
		t.Errorf("the changes are %+v; want one to the word b", c)
	}
}

func compareError(old, new *segment.Model, t preprocess.Table) error {
	_, err := insight.CompareTable(context.Background(), old, new, t, insight.CompareTableOptions{})
	return err
}
