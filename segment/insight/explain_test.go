package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// pipelines returns all that explanations hold for.
func pipelines() map[string]preprocess.Pipeline {
	step := func(name string, t any) preprocess.Step {
		switch t := t.(type) {
		case preprocess.Imputer:
			return preprocess.NewStep(name, t)
		case preprocess.Scaler:
			return preprocess.NewStep(name, t)
		case preprocess.Pipeline:
			return preprocess.NewStep(name, t)
		}
		return preprocess.NewStep(name, t.(preprocess.PCA))
	}
	impute := step("impute", preprocess.Imputer{})
	return map[string]preprocess.Pipeline{
		"default":    segment.DefaultPipeline(5),
		"raw":        {Steps: []preprocess.Step{impute}},
		"scaled":     {Steps: []preprocess.Step{impute, step("scale", preprocess.Scaler{Method: preprocess.Robust})}},
		"one":        {Steps: []preprocess.Step{impute, step("scale", preprocess.Scaler{}), step("pca", preprocess.PCA{Components: 1})}},
		"whitened":   {Steps: []preprocess.Step{impute, step("scale", preprocess.Scaler{}), step("pca", preprocess.PCA{}), step("again", preprocess.Scaler{})}},
		"nested":     {Steps: []preprocess.Step{step("inner", preprocess.Pipeline{Steps: []preprocess.Step{impute, step("scale", preprocess.Scaler{Method: preprocess.MinMax})}}), step("pca", preprocess.PCA{Components: 2})}},
		"mean, late": {Steps: []preprocess.Step{step("impute", preprocess.Imputer{Strategy: preprocess.Mean}), step("scale", preprocess.Scaler{}), step("nothing", preprocess.Imputer{})}},
	}
}

// TestExplain: for every kind of pipeline and of row, contributions add up,
// changes lead where they are said to lead, and nothing less does.
func TestExplain(t *testing.T) {
	x, _ := people(300)
	for name, pipeline := range pipelines() {
		rng := rand.New(rand.NewPCG(8, uint64(len(name))))
		for _, k := range []int{1, 2, 3, 6} {
			m := train(t, x, segment.TrainOptions{K: k, Pipeline: &pipeline, Seed: 2})
			e, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Unseen: true})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 300 {
				row := slices.Clone(x.RawRowView(i))
				if i%3 == 0 { // anywhere, also far outside
					for j := range row {
						row[j] *= 4*rng.Float64() - 1
					}
				}
				checkExplanation(t, name, m, e, row)
			}
			// On a centroid, and halfway between two.
			for c := range k {
				row := slices.Clone(e.Centres()[c])
				checkExplanation(t, name+", centre", m, e, row)
				for j := range row {
					row[j] += (e.Centres()[(c+1)%k][j] - row[j]) / 2
				}
				checkExplanation(t, name+", halfway", m, e, row)
			}
		}
	}
}

func checkExplanation(t *testing.T, name string, m *segment.Model, e *insight.Explainer, row []float64) {
	t.Helper()
	got, err := e.Explain(t.Context(), row)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := m.Predict(row)
	if err != nil || !equal(p, got.Prediction) {
		t.Errorf("%s: the explanation is of %+v, Predict gives %+v (%v)", name, got.Prediction, p, err)
	}
	if m.K() == 1 {
		if got.Next != -1 || len(got.Contributions)+len(got.Counterfactuals) > 0 || got.Confidence != 1 || len(voice.Explanation(got)) != 1 {
			t.Errorf("%s: of one cluster %+v", name, got)
		}
		return
	}
	sum, size := 0.0, 0.0
	for _, c := range got.Contributions {
		sum += c.Value
		size += math.Abs(c.Value)
	}
	if math.Abs(sum-got.Gap) > 1e-9*max(1, size, 1e-5*got.Distance*got.Distance) || got.Gap < 0 || got.Confidence < 0 || got.Confidence > 1 {
		t.Errorf("%s: contributions add up to %v, the gap is %v, confidence %v", name, sum, got.Gap, got.Confidence)
	}
	if got.Borderline != (got.Confidence < insight.BorderlineBelow) || got.Cluster == got.Next {
		t.Errorf("%s: %+v", name, got)
	}
	if better := slices.Index(m.TierNames(), got.Tier) - 1; better < 0 != (got.NextBetter == "") || better >= 0 && m.TierNames()[better] != got.NextBetter {
		t.Errorf("%s: %s, the next better is said to be %q", name, got.Tier, got.NextBetter)
	}
	changed := slices.Clone(row)
	for i, c := range got.Counterfactuals {
		j := slices.Index(columns, c.Column)
		changed[j] = c.To
		p, err := m.Predict(changed)
		if err != nil || p.Tier != got.NextBetter || c.Tier != p.Tier || c.Cluster != p.Cluster {
			t.Errorf("%s: %+v leads to %+v (%v), not to %s", name, c, p, err, got.NextBetter)
		}
		if in := m.Ranges()[j]; in.Min >= 0 && c.To < 0 && c.To < c.From {
			t.Errorf("%s: %+v, seen were %v", name, c, in)
		} else if c.Seen != (c.To >= in.Min && c.To <= in.Max) {
			t.Errorf("%s: %+v, seen were %v", name, c, in)
		}
		if i > 0 && (c.Seen && !got.Counterfactuals[i-1].Seen || c.Seen == got.Counterfactuals[i-1].Seen && c.Size < got.Counterfactuals[i-1].Size) {
			t.Errorf("%s: %+v comes after %+v", name, c, got.Counterfactuals[i-1])
		}
		if changed[j] = c.Rounded; c.Rounded != c.To {
			if p, err := m.Predict(changed); err != nil || p.Tier != got.NextBetter || math.Abs(c.Rounded-c.From) < math.Abs(c.By()) {
				t.Errorf("%s: %+v, rounded, leads to %+v (%v)", name, c, p, err)
			}
		}
		// On the border, and billions away from it, rounding decides.
		if c.Size < 1e-6 || c.Size > 1e6 {
			changed[j] = row[j]
			continue
		}
		// Nothing less on the same side, nor as much on the other.
		for _, part := range []float64{0.999999, 0.9, 0.5, 0.1, -0.5, -0.999999} {
			changed[j] = c.From + part*c.By()
			if changed[j] < 0 && changed[j] < c.From && m.Ranges()[j].Min >= 0 {
				continue
			}
			if p, err := m.Predict(changed); err != nil || p.Tier == got.NextBetter {
				t.Errorf("%s: %+v, and %v of it leads there too: %+v (%v)", name, c, part, p, err)
			}
		}
		changed[j] = row[j]
	}
	// Where no change is given, none is found by looking.
	if got.NextBetter != "" {
		for j, name := range columns {
			if slices.ContainsFunc(got.Counterfactuals, func(c insight.Counterfactual) bool { return c.Column == name }) {
				continue
			}
			in := m.Ranges()[j]
			for step := range 41 {
				changed[j] = in.Min + (in.Max-in.Min)*(float64(step)/10-1.5)
				if changed[j] < 0 && changed[j] < row[j] && in.Min >= 0 {
					continue
				}
				if p, err := m.Predict(changed); err != nil || p.Tier == got.NextBetter {
					t.Errorf("no change of %s is given, and %v leads to %+v (%v)", name, changed[j], p, err)
				}
			}
			changed[j] = row[j]
		}
	}
	for _, s := range voice.Explanation(got) {
		if !strings.HasSuffix(s, ".") || strings.Contains(s, "NaN") || strings.Contains(s, "%!") {
			t.Errorf("%s: %q", name, s)
		}
	}
}

// line returns a model of one column, spent, with three clusters around 0, 10 and 20.
func line(t *testing.T) *segment.Model {
	t.Helper()
	x := mat.NewDense(9, 1, []float64{-1, 0, 1, 9, 10, 11, 19, 20, 21})
	return train(t, x, segment.TrainOptions{
		Columns: []string{"spent"}, Units: map[string]string{"spent": "euros"}, Value: []string{"spent"}, K: 3,
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}},
	})
}

func TestExplainFigures(t *testing.T) {
	m := line(t) // Platinum at 20, Gold at 10, Bronze at 0
	got, err := insight.Explain(t.Context(), m, []float64{4}, insight.ExplainOptions{Unseen: true})
	if err != nil {
		t.Fatal(err)
	}
	// d²(Gold) − d²(Bronze) = 36 − 16, halfway is 5, and each unit more takes 20.
	want := insight.Contribution{Column: "spent", At: 4, Halfway: 5, Slope: -20, Value: 20}
	if got.Tier != "Bronze" || got.NextTier != "Gold" || got.Gap != 20 || got.Contributions[0] != want {
		t.Errorf("%+v", got)
	}
	if math.Abs(got.Confidence-1.0/3) > 1e-15 || got.Borderline {
		t.Errorf("confidence %v, borderline %v", got.Confidence, got.Borderline)
	}
	c := got.Counterfactuals[0]
	if math.Abs(c.To-5) > 1e-12 || c.Tier != "Gold" || c.Cluster != 1 || !c.Seen || math.Abs(c.Size-1.0/22) > 1e-12 {
		t.Errorf("%+v", c)
	}
	if want := []string{
		"Bronze (cluster 2); the next nearest is cluster 1, Gold.",
		"For Bronze rather than Gold, the strongest first: spending of 4 euros (halfway is 5).",
		"The least change that leads to Gold is spending of 5 euros, which is 1 more, and within what was seen in training.",
	}; !slices.Equal(voice.For(m).Explanation(got), want) {
		t.Errorf("%q", voice.For(m).Explanation(got))
	}
	// From Bronze the tier above is Gold, never Platinum; from Gold, upwards.
	for at, to := range map[float64]float64{-50: 5, 14.9: 15, 10: 15, 5.5: 15} {
		got, err := insight.Explain(t.Context(), m, []float64{at}, insight.ExplainOptions{Unseen: true})
		if err != nil || len(got.Counterfactuals) != 1 || math.Abs(got.Counterfactuals[0].To-to) > 1e-9 {
			t.Errorf("%v: %+v (%v), want %v", at, got, err, to)
		}
	}
	borderline, err := insight.Explain(t.Context(), m, []float64{4.9}, insight.ExplainOptions{Unseen: true})
	if err != nil || !borderline.Borderline || !strings.Contains(strings.Join(voice.Explanation(borderline), " "), "This is a borderline case: Gold is only 4% farther.") {
		t.Errorf("%q (%v)", voice.Explanation(borderline), err)
	}
	wide, err := insight.Explain(t.Context(), m, []float64{4}, insight.ExplainOptions{Borderline: 0.5})
	if err != nil || !wide.Borderline {
		t.Errorf("%+v (%v)", wide, err)
	}
}

func TestExplainIntegers(t *testing.T) {
	m := line(t)
	whole := insight.ExplainOptions{Unseen: true, Integer: []string{"spent"}}
	for at, to := range map[float64]float64{4: 5, 4.5: 5, 0: 5, -3: 5, 12: 15, 14.5: 15} {
		got, err := insight.Explain(t.Context(), m, []float64{at}, whole)
		if err != nil || len(got.Counterfactuals) != 1 {
			t.Fatalf("%v: %+v (%v)", at, got, err)
		}
		// The border is a whole number: it belongs to the better cluster, or
		// the next number does.
		if c := got.Counterfactuals[0]; c.To != math.Trunc(c.To) || c.To < to || c.To > to+1 {
			t.Errorf("%v: %+v", at, c)
		}
	}
	// Clusters of 0.1 width between whole numbers cannot be reached by one.
	x := mat.NewDense(6, 1, []float64{0.4, 0.42, 0.5, 0.52, 0.6, 0.62})
	narrow := train(t, x, segment.TrainOptions{Columns: []string{"spent"}, Value: []string{"spent"}, K: 3,
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}}})
	got, err := insight.Explain(t.Context(), narrow, []float64{0.4}, whole)
	if err != nil || len(got.Counterfactuals) != 0 {
		t.Errorf("%+v (%v)", got, err)
	}
	if s := voice.Explanation(got); s[len(s)-1] != "No change of one column alone leads to Gold." {
		t.Errorf("%q", s)
	}
}

func TestExplainMissing(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, segment.TrainOptions{K: 4, Seed: 1})
	row := []float64{33, 80, 12, 1, math.NaN()}
	got, err := insight.Explain(t.Context(), m, row, insight.ExplainOptions{Unseen: true})
	if err != nil {
		t.Fatal(err)
	}
	imputer, _ := preprocess.StepAs[*preprocess.FittedImputer](m.Pipeline(), "impute")
	income := got.Contributions[4]
	if !income.Imputed || income.At != imputer.Statistics()[4] || got.Contributions[0].Imputed {
		t.Errorf("%+v", got.Contributions)
	}
	for _, c := range got.Counterfactuals {
		if c.Imputed != (c.Column == "income") || c.Imputed && c.From != income.At {
			t.Errorf("%+v", c)
		}
	}
	if s := strings.Join(voice.Explanation(got), " "); !strings.Contains(s, "income, which is missing and taken as") {
		t.Errorf("%q", s)
	}
}

func TestExplainNeighbours(t *testing.T) {
	x, of := people(300)
	m := train(t, x, segment.TrainOptions{K: 4, Seed: 1})
	e, err := insight.NewExplainer(t.Context(), m, insight.ExplainOptions{Rows: x, Neighbours: 7, Columns: []string{"spent"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		got, err := e.Explain(t.Context(), x.RawRowView(i))
		if err != nil {
			t.Fatal(err)
		}
		n := got.Neighbours
		if len(n.Rows) != 7 || n.Distances[0] != 0 || !slices.IsSorted(n.Distances) || n.Rows[0] != i {
			t.Fatalf("row %d: %+v", i, n)
		}
		total := 0.0
		for j, s := range n.Tiers {
			total += s.Share
			if s.Tier != m.TierNames()[j] || j == of[i] && s.Share < 0.9 {
				t.Errorf("row %d of kind %d: %+v", i, of[i], n.Tiers)
			}
		}
		if math.Abs(total-1) > 1e-12 || len(n.Medians) != 5 {
			t.Errorf("row %d: %+v", i, n)
		}
		for _, c := range got.Counterfactuals {
			if c.Column != "spent" {
				t.Errorf("row %d: only spent is to change, and %+v", i, c)
			}
		}
	}
	// Fewer rows than neighbours, all without an income.
	two := mat.NewDense(2, 5, []float64{33, 80, 12, 1, math.NaN(), 60, 1500, 24, 0, math.NaN()})
	got, err := insight.Explain(t.Context(), m, x.RawRowView(0), insight.ExplainOptions{Rows: two})
	if err != nil || len(got.Neighbours.Rows) != 2 || !math.IsNaN(got.Neighbours.Medians[4]) {
		t.Errorf("%+v (%v)", got.Neighbours, err)
	}
	data, err := json.Marshal(got)
	if err != nil || !strings.Contains(string(data), "null]") {
		t.Errorf("%s (%v)", data, err)
	}
}

func TestExplainJSON(t *testing.T) {
	m := line(t)
	e, err := insight.Explain(t.Context(), m, []float64{4}, insight.ExplainOptions{Unseen: true})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"cluster", "tier", "distance", "margin", "warnings", "next_cluster", "next_tier", "gap", "contributions", "confidence",
		"borderline", "next_better_tier", "changes"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %s in %s", key, data)
		}
	}
	if by := got["changes"].([]any)[0].(map[string]any)["by"].(float64); math.Abs(by-1) > 1e-9 {
		t.Errorf("by %v", by)
	}
	x, _ := people(50)
	alone := train(t, x, segment.TrainOptions{K: 1})
	if e, err = insight.Explain(t.Context(), alone, x.RawRowView(0), insight.ExplainOptions{}); err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(e); err != nil || !strings.Contains(string(data), `"margin":null`) {
		t.Errorf("%s (%v)", data, err)
	}
}

// FuzzExplain: whatever the row, there is an explanation that JSON can hold, or
// an error; never a panic, nor a change that does not lead where it is said to.
func FuzzExplain(f *testing.F) {
	x, _ := people(200)
	m := train(f, x, segment.TrainOptions{K: 4, Seed: 1})
	e, err := insight.NewExplainer(f.Context(), m, insight.ExplainOptions{Unseen: true, Integer: []string{"children"}, Rows: x.Slice(0, 20, 0, 5)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(33.0, 80.0, 12.0, 1.0, math.NaN())
	f.Add(1e200, -1e200, 1e308, -1e308, 1e155)
	f.Add(5e-324, 0.0, math.Inf(1), -1.0, 1e16)
	f.Add(62.0, 1500.0, 24.0, 0.0, 1e18)
	f.Fuzz(func(t *testing.T, age, spent, tenure, children, income float64) {
		row := []float64{age, spent, tenure, children, income}
		got, err := e.Explain(t.Context(), row)
		p, wrong := m.Predict(row)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%v: %v, and Predict says %v", row, err, wrong)
		}
		if err != nil {
			return
		}
		if got.Cluster != p.Cluster || got.Next == got.Cluster || !(got.Confidence >= 0 && got.Confidence <= 1) {
			t.Errorf("%v: %+v", row, got)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%v: %v", row, err)
		}
		for _, c := range got.Counterfactuals {
			changed := slices.Clone(row)
			changed[slices.Index(columns, c.Column)] = c.To
			if p, err := m.Predict(changed); err != nil || p.Tier != c.Tier {
				t.Errorf("%v: %+v leads to %+v (%v)", row, c, p, err)
			}
		}
	})
}

func TestExplainRefuses(t *testing.T) {
	x, _ := people(100)
	m := train(t, x, segment.TrainOptions{K: 3})
	strange := train(t, x.Slice(0, 100, 0, 4), segment.TrainOptions{K: 3, Columns: columns[:4], Value: []string{"spent"},
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("odd", segtest.Odd{})}}})
	for name, test := range map[string]struct {
		m    *segment.Model
		row  []float64
		o    insight.ExplainOptions
		want error
		says string
	}{
		"short row":  {m, []float64{1}, insight.ExplainOptions{}, segment.ErrWidth, "1 values for 5 columns"},
		"infinite":   {m, []float64{1, 2, 3, 4, math.Inf(1)}, insight.ExplainOptions{}, segment.ErrNotFinite, "income is +Inf"},
		"columns":    {m, x.RawRowView(0), insight.ExplainOptions{Columns: []string{"wealth"}}, segment.ErrOption, "wealth is to change"},
		"integer":    {m, x.RawRowView(0), insight.ExplainOptions{Integer: []string{"wealth"}}, segment.ErrOption, "wealth is said to be whole"},
		"neighbours": {m, x.RawRowView(0), insight.ExplainOptions{Neighbours: -1}, segment.ErrOption, "Neighbours is -1"},
		"borderline": {m, x.RawRowView(0), insight.ExplainOptions{Borderline: 2}, segment.ErrOption, "Borderline is 2"},
		"rows":       {m, x.RawRowView(0), insight.ExplainOptions{Rows: x.Slice(0, 3, 0, 2)}, segment.ErrWidth, "Rows have 2 columns"},
		"not linear": {strange, []float64{1, 2, 3, 4}, insight.ExplainOptions{}, segment.ErrNotLinear, `step "odd"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := insight.Explain(t.Context(), test.m, test.row, test.o)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v, want %v with %q", name, err, test.want, test.says)
			}
		})
	}
	// A model that was never trained.
	var zero segment.Model
	if _, err := insight.Explain(t.Context(), &zero, nil, insight.ExplainOptions{}); !errors.Is(err, segment.ErrNotModel) {
		t.Error("an explanation of no model")
	}
	if _, err := insight.DominanceOf(&zero); !errors.Is(err, segment.ErrNotModel) {
		t.Error("the dominance of no model")
	}
	if _, err := insight.ProfileOf(context.Background(), &zero, tableOf(t, x, columns), insight.ProfileOptions{}); !errors.Is(err, segment.ErrNotModel) {
		t.Error("a profile of no model")
	}
	if _, err := insight.Compare(context.Background(), &zero, m, x, insight.CompareOptions{}); !errors.Is(err, segment.ErrNotModel) {
		t.Error("a comparison with no model")
	}
	if _, err := insight.DominanceOf(strange); !errors.Is(err, segment.ErrNotLinear) {
		t.Errorf("dominance: %v", err)
	}
}

// TestAffine: the map is the pipeline.
func TestAffine(t *testing.T) {
	x, _ := people(200)
	for name, pipeline := range pipelines() {
		p, err := pipeline.Fit(context.Background(), x, columns...)
		if err != nil {
			t.Fatal(err)
		}
		a, err := insight.NewMap(p)
		if err != nil {
			t.Fatal(err)
		}
		z, err := p.Transform(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			row := a.Imputed(x.RawRowView(i))
			for k := range a.Q {
				sum, size := a.B[k], math.Abs(a.B[k])
				for j, v := range row {
					sum += a.W[k*a.D+j] * v
					size += math.Abs(a.W[k*a.D+j] * v)
				}
				if math.Abs(sum-z.At(i, k)) > 1e-14*max(1, size) {
					t.Errorf("%s: row %d, column %d is %v, the pipeline gives %v", name, i, k, sum, z.At(i, k))
				}
			}
		}
	}
}

func TestDominance(t *testing.T) {
	x, _ := people(400)
	for name, pipeline := range pipelines() {
		m := train(t, x, segment.TrainOptions{K: 4, Pipeline: &pipeline, Seed: 1})
		d, err := insight.DominanceOf(m)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for j, c := range d.Columns {
			sum += c.Between
			if c.Column != columns[j] || c.Distance != m.Shares()[j] {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%s: shares add up to %v", name, sum)
		}
		// Income is by far the largest number: unscaled, it decides alone.
		if warned := d.Dominant != ""; warned != (name == "raw") {
			t.Errorf("%s: %+v", name, d)
		}
		if name == "raw" && (d.Columns[4].Between < 0.99 || !strings.HasPrefix(voice.Dominance(d), "income makes 99.")) {
			t.Errorf("%+v", d)
		}
	}
	// Without a projection the parts are the plain sums of squares between.
	raw := pipelines()["scaled"]
	m := train(t, x, segment.TrainOptions{K: 4, Pipeline: &raw, Seed: 1})
	z, err := m.Pipeline().Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	predictions, err := m.PredictMatrix(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	between, total := make([]float64, 5), 0.0
	for j := range between {
		var all num.Moments
		part := make([]num.Moments, 4)
		for i, p := range predictions {
			all.Add(z.At(i, j))
			part[p.Cluster].Add(z.At(i, j))
		}
		for _, p := range part {
			between[j] += float64(p.N) * (p.Mean() - all.Mean()) * (p.Mean() - all.Mean())
		}
		total += between[j]
	}
	d, err := insight.DominanceOf(m)
	if err != nil {
		t.Fatal(err)
	}
	for j, c := range d.Columns {
		if math.Abs(c.Between-between[j]/total) > 1e-10 {
			t.Errorf("%s: %v, by hand %v", c.Column, c.Between, between[j]/total)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	x, _ := people(2000)
	m := train(b, x, segment.TrainOptions{K: 5, Seed: 1})
	e, err := insight.NewExplainer(b.Context(), m, insight.ExplainOptions{Unseen: true})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := e.Explain(b.Context(), x.RawRowView(i%2000)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// A column that was constant in training decides nothing, and a row far outside
// in it is explained by the others.
func TestExplainOfAnyMagnitude(t *testing.T) {
	x := mat.NewDense(9, 3, []float64{7, 0, 0, 7, 1, 0, 7, 0, 1, 7, 20, 20, 7, 21, 20, 7, 20, 21, 7, 40, 0, 7, 41, 0, 7, 40, 1})
	m := train(t, x, segment.TrainOptions{Columns: []string{"loan", "visits", "spent"}, Value: []string{"visits"}, K: 3})
	for i := range 9 {
		row := slices.Clone(x.RawRowView(i))
		want, err := m.Predict(row)
		if err != nil {
			t.Fatal(err)
		}
		explained := 0
		for e := range 300 {
			row[0] = math.Pow(10, float64(e))
			if _, err := m.Predict(row); err != nil {
				continue
			}
			explained++
			got, err := insight.Explain(t.Context(), m, row, insight.ExplainOptions{Unseen: true})
			if err != nil || got.Cluster != want.Cluster || !(got.Gap > 0) {
				t.Fatalf("%v: explained as %+v, %v", row, got, err)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Fatal(err)
			}
		}
		if explained < 13 {
			t.Errorf("row %d: only %d magnitudes are explained", i, explained)
		}
	}
}
