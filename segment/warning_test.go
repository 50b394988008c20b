package segment

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

func january(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

// TestWarnings: each kind is told in a sentence, and comes back from JSON as it
// went, with a kind that does not change.
func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		w          Warning
		says, json string
	}{
		{
			Warning{Kind: OutsideTraining, Column: "tenure", Value: -110, Min: 6, Max: 29, Unit: "months"},
			"tenure -110 is outside the 6–29 months seen in training",
			`{"kind":"outside_training","column":"tenure","value":-110,"min":6,"max":29,"unit":"months","text":"tenure -110 is outside the 6–29 months seen in training"}`,
		},
		{
			Warning{Kind: OutsideTraining, Column: "children", Value: 9, Min: 0, Max: 3},
			"children 9 is outside the 0–3 seen in training",
			`{"kind":"outside_training","column":"children","value":9,"min":0,"max":3,"text":"children 9 is outside the 0–3 seen in training"}`,
		},
		{
			Warning{Kind: OutsideTraining, Column: "spent", Value: 0, Min: 5, Max: 1e21},
			"spent 0 is outside the 5–1000000000000000000000 seen in training",
			`{"kind":"outside_training","column":"spent","value":0,"min":5,"max":1e+21,"text":"spent 0 is outside the 5–1000000000000000000000 seen in training"}`,
		},
		{
			Warning{Kind: MissingImputed, Column: "income", Value: 51381.5},
			"income is missing: 51381.5 is taken for it",
			`{"kind":"missing_imputed","column":"income","value":51381.5,"text":"income is missing: 51381.5 is taken for it"}`,
		},
		{
			Warning{Kind: Missing, Column: "income"}, "income is missing",
			`{"kind":"missing","column":"income","text":"income is missing"}`,
		},
		{
			Warning{Kind: OtherDay, Value: 3653, Unit: "days", Day: january(2025), ModelDay: january(2015)},
			"counted as of 2025-01-01, 3653 days after the day of the model, 2015-01-01",
			`{"kind":"other_day","column":"","value":3653,"unit":"days","day":"2025-01-01","model_day":"2015-01-01","text":"counted as of 2025-01-01, 3653 days after the day of the model, 2015-01-01"}`,
		},
		{
			Warning{Kind: OtherDay, Value: -1, Unit: "days", Day: january(2015).AddDate(0, 0, -1), ModelDay: january(2015)},
			"counted as of 2014-12-31, 1 day before the day of the model, 2015-01-01",
			`{"kind":"other_day","column":"","value":-1,"unit":"days","day":"2014-12-31","model_day":"2015-01-01","text":"counted as of 2014-12-31, 1 day before the day of the model, 2015-01-01"}`,
		},
		{
			Warning{Kind: "enrolled_after_day", Column: "dt_customer", Text: "enrolled on 2024-03-01"},
			"enrolled on 2024-03-01",
			`{"kind":"enrolled_after_day","column":"dt_customer","text":"enrolled on 2024-03-01"}`,
		},
		{Warning{Kind: "odd"}, "odd", ""},
	} {
		if got := test.w.String(); got != test.says || strings.Contains(got, "; ") {
			t.Errorf("%+v is told as %q, want %q", test.w, got, test.says)
		}
		data, err := json.Marshal(test.w)
		if err != nil || test.json != "" && string(data) != test.json {
			t.Errorf("JSON %s (%v), want %s", data, err, test.json)
		}
		var back Warning
		if err := json.Unmarshal(data, &back); err != nil || test.json != "" && back != test.w {
			t.Errorf("%s comes back as %+v (%v)", data, back, err)
		}
	}
	for _, bad := range []string{`"income is missing"`, `{"kind":"other_day","day":"soon"}`, `{"kind":"other_day","day":"2015-01-01","model_day":"?"}`} {
		if err := json.Unmarshal([]byte(bad), new(Warning)); err == nil {
			t.Errorf("%s is taken for a warning", bad)
		}
	}
}

// TestPredictionWarnings: what is outside of training on either side and what is
// missing is told by kind, column and numbers; what is on the edge is not.
func TestPredictionWarnings(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{Units: map[string]string{"tenure": "months"}})
	r := m.Ranges()
	median, _ := preprocess.StepAs[*preprocess.FittedImputer](m.Pipeline(), "impute")
	inside := []float64{r[0].Min, r[1].Max, r[2].Max, r[3].Min, r[4].Min}
	with := func(j int, v float64) []float64 {
		row := slices.Clone(inside)
		row[j] = v
		return row
	}
	for name, test := range map[string]struct {
		row  []float64
		want []Warning
	}{
		"on the edges": {inside, []Warning{}},
		"below":        {with(2, -110), []Warning{{Kind: OutsideTraining, Column: "tenure", Value: -110, Min: r[2].Min, Max: r[2].Max, Unit: "months"}}},
		"above":        {with(4, 3e8), []Warning{{Kind: OutsideTraining, Column: "income", Value: 3e8, Min: r[4].Min, Max: r[4].Max}}},
		"just above":   {with(1, math.Nextafter(r[1].Max, math.Inf(1))), []Warning{{Kind: OutsideTraining, Column: "spent", Value: math.Nextafter(r[1].Max, math.Inf(1)), Min: r[1].Min, Max: r[1].Max}}},
		"missing":      {with(4, math.NaN()), []Warning{{Kind: MissingImputed, Column: "income", Value: median.Statistics()[4]}}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := m.Predict(test.row)
			if err != nil || !slices.Equal(p.Warnings, test.want) || p.Warnings == nil {
				t.Errorf("%s: %+v (%v), want %+v", name, p.Warnings, err, test.want)
			}
		})
	}
	// Without an imputer that knows the columns, missing is all there is to say.
	m.paths[4].Fill = math.NaN()
	if w := m.warning(4, math.NaN()); w != (Warning{Kind: Missing, Column: "income"}) {
		t.Errorf("%+v", w)
	}
}

func TestDayWarnings(t *testing.T) {
	x, _ := people(100)
	m := train(t, x, TrainOptions{K: 3, AsOf: january(2015)})
	for _, day := range []time.Time{{}, january(2015), january(2015).Add(23 * time.Hour)} {
		if w := m.DayWarnings(day); len(w) != 0 {
			t.Errorf("%v: %v", day, w)
		}
	}
	zone := time.FixedZone("east", 14*3600)
	for _, test := range []struct {
		day  time.Time
		days float64
	}{
		{january(2016), 365}, {january(2015).AddDate(0, 0, 1), 1}, {january(2014), -365},
		{time.Date(2015, 1, 2, 1, 0, 0, 0, zone), 1}, // the calendar day of its own location
	} {
		w := m.DayWarnings(test.day)
		if len(w) != 1 || w[0].Kind != OtherDay || w[0].Value != test.days || !w[0].ModelDay.Equal(january(2015)) {
			t.Errorf("%v: %+v, want %v days", test.day, w, test.days)
		}
	}
	if w := train(t, x, TrainOptions{K: 3}).DayWarnings(january(2024)); len(w) != 0 {
		t.Errorf("a model without a day: %v", w)
	}
}

func TestWarningCounts(t *testing.T) {
	var c WarningCounts
	if got := c.Counts(); got == nil || len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	low := Warning{Kind: OutsideTraining, Column: "tenure", Value: -1, Max: 9}
	for i := range 20 {
		switch {
		case i%2 == 1:
			c.Add("C"+string(rune('a'+i)), low, Warning{Kind: Missing, Column: "income"})
		case i == 4:
			c.Add("four", Warning{Kind: OutsideTraining, Column: "age", Value: 99, Max: 9})
		default:
			c.Add("fine")
		}
	}
	got := c.Counts()
	if len(got) != 3 || got[0].Rows != 10 || got[1].Rows != 10 || got[2].Rows != 1 || got[0].Of != 20 || len(got[0].First) != 5 || got[2].First[0] != (RowWarning{4, "four", "age 99 is outside the 0–9 seen in training"}) {
		t.Errorf("%+v", got)
	}
	if s := got[0].String(); s != "10 of 20 rows, the first Cb: tenure -1 is outside the 0–9 seen in training" {
		t.Errorf("%q", s)
	}
	got[0].First[0].ID = "changed"
	if c.Counts()[0].First[0].ID != "Cb" {
		t.Error("the counts are not the caller's own")
	}
	if s := (WarningCount{Kind: Missing, Rows: 1, Of: 2}).String(); s != "1 of 2 rows: missing" {
		t.Errorf("%q", s)
	}
}

// TestPredictionRoundTrip: warnings survive JSON with their prediction.
func TestPredictionRoundTrip(t *testing.T) {
	x, _ := people(100)
	m := train(t, x, TrainOptions{K: 3})
	p, err := m.Predict([]float64{57, 1e7, 12, 0, math.NaN()})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Prediction
	if err := json.Unmarshal(data, &back); err != nil || !slices.Equal(back.Warnings, p.Warnings) || len(p.Warnings) != 2 {
		t.Errorf("%s comes back as %+v (%v)", data, back, errors.Join(err))
	}
}

// TestLimits: a model remembers what was let into its training, also that there
// was no limit, and a model that does not know says nothing.
func TestLimits(t *testing.T) {
	x, _ := people(60)
	for _, limits := range []map[string]float64{nil, {}, {"age": 100}, {"age": 100, "income": 120_000}} {
		m := train(t, x, TrainOptions{K: 3, Limits: limits})
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		back := new(Model)
		if err := json.Unmarshal(data, back); err != nil {
			t.Fatal(err)
		}
		for _, m := range []*Model{m, back} {
			if got := m.Limits(); !maps.Equal(got, limits) || (got == nil) != (limits == nil) {
				t.Errorf("%v are remembered as %v", limits, got)
			}
		}
		if strings.Contains(string(data), `"limits"`) != (limits != nil) {
			t.Errorf("the file of %v has limits: %s", limits, data)
		}
	}
	if _, err := Train(t.Context(), x, TrainOptions{Columns: columns, Value: segtest.Value, Limits: map[string]float64{"income": math.Inf(1)}}); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), "the limit of column income is +Inf") {
		t.Errorf("%v", err)
	}
	m := train(t, x, TrainOptions{K: 3, Limits: map[string]float64{"age": 100}, Least: map[string]float64{"age": 18}})
	back := new(Model)
	if data, err := json.Marshal(m); err != nil || !strings.Contains(string(data), `"least":{"age":18}`) || json.Unmarshal(data, back) != nil || back.Least()["age"] != 18 {
		t.Errorf("%s comes back with %v (%v)", data, back.Least(), err)
	}
	if _, err := Train(t.Context(), x, TrainOptions{Columns: columns, Value: segtest.Value, Limits: map[string]float64{"age": 10}, Least: map[string]float64{"age": 18}}); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), "the least value of column age is 18, above the greatest, 10") {
		t.Errorf("%v", err)
	}
}
