package narrate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Statement returns what sets a segment apart, without naming the segment:
// "spends 2.3 times the average (1,394 against 606)".
func (v Voice) Statement(s insight.Statement) string {
	if s.Kind == insight.KindMean {
		return v.mean(s, v.words(s.Column))
	}
	return v.T("says.share", v.many(s.Value, s.Overall), v.does(s.Column, s.Level, s.Categorical), v.share(s.Overall))
}

// does returns what those do of whom a share is.
func (v Voice) does(column, level string, categorical bool) string {
	w := v.words(column)
	switch {
	case !categorical && level == ">0":
		return cmp.Or(w.Some, v.T("says.some", w.Noun))
	case !categorical && level == "0":
		return cmp.Or(w.Zero, v.T("says.none", w.Noun))
	}
	return v.level(column, level)
}

// clause returns what [Voice.does] returns as a clause of those who do it: in German the
// verb stands elsewhere there.
func (v Voice) clause(column, level string, categorical bool) string {
	key := "level." + column + "." + level
	switch {
	case categorical:
	case level == ">0":
		key = "did." + column
	case level == "0":
		key = "didnot." + column
	}
	if v.Has("says." + key) {
		return v.text(key)
	}
	return v.does(column, level, categorical)
}

// Statements returns the statements of a group as sentences, the strongest first.
func (v Voice) Statements(g insight.Group) []string {
	out := make([]string, len(g.Statements))
	for i, s := range g.Statements {
		out[i] = v.Statement(s)
	}
	return out
}

// Summary returns the statements of a group in one line.
func (v Voice) Summary(g insight.Group) string {
	if len(g.Statements) == 0 {
		return v.T("says.alike")
	}
	return strings.Join(v.Statements(g), "; ")
}

// mean compares the mean of a group with the overall one.
func (v Voice) mean(s insight.Statement, w features.ColumnWords) string {
	start := cmp.Or(w.Verb, w.Noun)
	against := v.T("says.against", v.Readable(s.Value), v.withUnit(v.Readable(s.Overall), w.Unit))
	difference := s.Value - s.Overall
	word := w.More
	if difference < 0 {
		word = w.Less
	}
	if word != "" {
		return v.T("says.difference", start, v.withUnit(v.Readable(math.Abs(difference)), w.Unit), word, against)
	}
	average := v.T("says.average")
	if w.After != "" {
		average = v.T("says.average.after", w.After)
	}
	ratio := s.Value / s.Overall
	side := ".below"
	if difference > 0 {
		side = ".above"
	}
	switch {
	case s.Signed || !(s.Overall > 0):
		return v.T("says.deviations"+side, start, v.Readable(math.Abs(s.Effect)), average, against)
	case w.Verb == "" && ratio < 1.5:
		return v.T("says.ratio"+side, start, v.Percent(math.Abs(ratio-1), 0), average, against)
	}
	return v.T("says.ratio", start, v.Ratio(ratio), average, against)
}

// Ratio returns how far a figure is above or below another, before the name of
// that one: "2.3 times", "40 % less than".
func (v Voice) Ratio(r float64) string {
	switch {
	case r >= 1.95 && r < 2.05:
		return v.T("ratio.twice")
	case r >= 1.5:
		return v.T("ratio.times", v.Readable(r))
	case r > 1:
		return v.T("ratio.more", v.Percent(r-1, 0))
	}
	return v.T("ratio.less", v.Percent(1-r, 0))
}

// many returns a share p in words where those are plain, beside q overall.
func (v Voice) many(p, q float64) string {
	switch {
	case p > 0.995:
		return v.T("many.all")
	case p > 0.95:
		return v.T("many.nearly")
	case p < 0.005:
		return v.T("many.none")
	case p < 0.05:
		return v.T("many.hardly")
	case math.Round(10*p) == math.Round(10*q):
		return v.Percent(p, 0)
	}
	return v.T("many.of", fmt.Sprintf("%.0f", 10*p))
}

// share writes one in whole per cent.
func (v Voice) share(share float64) string {
	if share > 0 && share < 0.01 {
		return v.T("number.under", v.Percent(0.01, 0))
	}
	return v.Percent(share, 0)
}

// WithSentences returns a profile, or another value that has statements, as JSON decodes
// it, with a member "sentence" in each statement.
func (v Voice) WithSentences(of any) (with any, err error) {
	b, err := json.Marshal(of)
	if err == nil {
		err = json.Unmarshal(b, &with)
	}
	if err != nil {
		return nil, err
	}
	return with, v.addSentences(with)
}

// addSentences adds the sentences of all statements in a JSON value.
func (v Voice) addSentences(of any) error {
	var all []any
	switch of := of.(type) {
	case []any:
		all = of
	case map[string]any:
		list, _ := of["statements"].([]any)
		for _, e := range list {
			b, err := json.Marshal(e)
			if err != nil {
				return err
			}
			var s insight.Statement
			if err := s.UnmarshalJSON(b); err != nil {
				return err
			}
			e.(map[string]any)["sentence"] = v.Statement(s)
		}
		all = slices.Collect(maps.Values(of))
	}
	for _, e := range all {
		if err := v.addSentences(e); err != nil {
			return err
		}
	}
	return nil
}
