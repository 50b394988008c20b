package segment

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WarningKind says what a [Warning] or a [ModelWarning] is about: a word that stays the same from
// version to version.
type WarningKind string

// The kinds of a [Warning]. Programs may add their own, with the sentence in Warning.Text.
const (
	// OutsideTraining is a value below Min or above Max, the least and the
	// greatest that training saw.
	OutsideTraining WarningKind = "outside_training"
	// UnknownCategory is a category that training did not see, of a column that
	// the pipeline encodes as one.
	UnknownCategory WarningKind = "unknown_category"
	// MissingImputed is a missing value, in whose place Value is taken.
	MissingImputed WarningKind = "missing_imputed"
	// Missing is a missing value that the pipeline does not impute first.
	Missing WarningKind = "missing"
	// OtherDay is a row counted on Day, Value days after ModelDay, the day of
	// the model (before it where Value is negative).
	OtherDay WarningKind = "other_day"
)

// The kinds of a [ModelWarning].
const (
	// ColumnDominates is a Column that carries Share of the distance between
	// rows, so that it decides the clusters nearly alone.
	ColumnDominates WarningKind = "column_dominates"
	// NoKnee is a curve of the inertia without a knee: the mean silhouette chose K.
	NoKnee WarningKind = "no_knee"
	// NotConverged is a k-means that was still moving after Iterations.
	NotConverged WarningKind = "not_converged"
	// FewDistinct is an inertia of 0 with K clusters, for no more than K rows differ.
	FewDistinct WarningKind = "few_distinct"
	// OneCluster is a model of one cluster, which tells nobody apart.
	OneCluster WarningKind = "one_cluster"
	// ManyClusters is a K that was given and is above Most, the rule of thumb √(Rows/2)
	// (Mardia, Kent, Bibby, "Multivariate Analysis", 1979, p. 365).
	ManyClusters WarningKind = "many_clusters"
)

// ModelWarning is what is doubtful about a model as a whole. Which fields are
// set depends on the kind.
type ModelWarning struct {
	Kind       WarningKind `json:"kind"`
	Column     string      `json:"column,omitempty"`
	Share      float64     `json:"share,omitempty"` // from 0 to 1
	K          int         `json:"k,omitempty"`
	Iterations int         `json:"iterations,omitempty"`
	Rows       int         `json:"rows,omitempty"`
	Most       int         `json:"most,omitempty"`
}

// Warning is what is doubtful about one scored row. Which fields are set
// depends on the kind; the others are zero.
type Warning struct {
	Kind     WarningKind
	Column   string    // the column that it is about; empty for OtherDay
	Value    float64   // OutsideTraining, UnknownCategory: of the row; MissingImputed: taken in its place; OtherDay: days
	Min, Max float64   // OutsideTraining: the range of training
	Word     string    // of a column of words, UnknownCategory: of the row, where it is known; MissingImputed: taken in its place
	Known    string    // of a column of words, UnknownCategory: the words that training saw, of many the first ones
	Unit     string    // of Value, for people; empty where none is known
	Day      time.Time // OtherDay: the day that the row was counted on
	ModelDay time.Time // OtherDay: the day of the model
	Text     string    // the sentence of a kind that is not one of this package
}

// String returns the warning as a sentence without its full stop. It never
// contains "; ", so that several can be joined by it.
func (w Warning) String() string {
	unit := ""
	if w.Unit != "" {
		unit = " " + w.Unit
	}
	switch w.Kind {
	case OutsideTraining:
		return fmt.Sprintf("%s %s is outside the %s–%s%s seen in training", w.Column, plainNumber(w.Value), plainNumber(w.Min), plainNumber(w.Max), unit)
	case UnknownCategory:
		if w.Known != "" {
			word := w.Word
			if word == "" {
				word = "has a word that"
			} else {
				word += " is a word that"
			}
			return joinable(fmt.Sprintf("%s %s training did not see (it saw %s)", w.Column, word, w.Known))
		}
		return fmt.Sprintf("%s %s is a category that training did not see", w.Column, plainNumber(w.Value))
	case MissingImputed:
		if w.Word != "" {
			return joinable(fmt.Sprintf("%s is missing: %s is taken for it", w.Column, w.Word))
		}
		return fmt.Sprintf("%s is missing: %s%s is taken for it", w.Column, plainNumber(w.Value), unit)
	case Missing:
		return w.Column + " is missing"
	case OtherDay:
		side := "after"
		if w.Value < 0 {
			side = "before"
		}
		return fmt.Sprintf("counted as of %s, %s %s the day of the model, %s", w.Day.Format(time.DateOnly), counted(int(math.Abs(w.Value)), "day"), side, w.ModelDay.Format(time.DateOnly))
	}
	if w.Text != "" {
		return w.Text
	}
	return string(w.Kind)
}

// joinable returns a text without what separates warnings, which may occur in words.
func joinable(text string) string { return strings.ReplaceAll(text, "; ", ", ") }

// plainNumber writes a number without an exponent and with no digit more than it
// needs.
func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// counted is a number with its noun: 1 row, 2 rows.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// warningJSON is the form of a Warning in JSON. Kind, column and text are
// always there, the rest where the kind has it.
type warningJSON struct {
	Kind     WarningKind `json:"kind"`
	Column   string      `json:"column"`
	Value    *float64    `json:"value,omitempty"`
	Min      *float64    `json:"min,omitempty"`
	Max      *float64    `json:"max,omitempty"`
	Word     string      `json:"word,omitempty"`
	Known    string      `json:"known,omitempty"`
	Unit     string      `json:"unit,omitempty"`
	Day      string      `json:"day,omitempty"`
	ModelDay string      `json:"model_day,omitempty"`
	Text     string      `json:"text"`
}

// MarshalJSON writes kind, column and the sentence as text, and the numbers
// that belong to the kind.
func (w Warning) MarshalJSON() ([]byte, error) {
	out := warningJSON{Kind: w.Kind, Column: w.Column, Word: w.Word, Known: w.Known, Unit: w.Unit, Text: w.String()}
	switch w.Kind {
	case OutsideTraining:
		out.Value, out.Min, out.Max = &w.Value, &w.Min, &w.Max
	case MissingImputed, UnknownCategory:
		out.Value = &w.Value
	case OtherDay:
		out.Value, out.Day, out.ModelDay = &w.Value, w.Day.Format(time.DateOnly), w.ModelDay.Format(time.DateOnly)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (w *Warning) UnmarshalJSON(data []byte) error {
	var out Warning
	in := warningJSON{Value: &out.Value, Min: &out.Min, Max: &out.Max}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	out.Kind, out.Column, out.Word, out.Known, out.Unit = in.Kind, in.Column, in.Word, in.Known, in.Unit
	switch in.Kind {
	case OutsideTraining, UnknownCategory, MissingImputed, Missing:
	case OtherDay:
		var err error
		if out.Day, err = time.Parse(time.DateOnly, in.Day); err != nil {
			return err
		}
		if out.ModelDay, err = time.Parse(time.DateOnly, in.ModelDay); err != nil {
			return err
		}
	default:
		out.Text = in.Text
	}
	*w = out
	return nil
}

// warning is that on a value of column j which is missing or out of range.
func (m *Model) warning(j int, v float64) Warning {
	column, r := m.f.Columns[j], m.f.Ranges[j]
	if math.IsNaN(v) {
		if imputed, ok := m.imputed(j); ok {
			w := Warning{Kind: MissingImputed, Column: column, Unit: m.f.Units[column], Value: imputed}
			if m.isWords(j) {
				w.Word = m.categorical[j].Word(imputed)
			}
			return w
		}
		return Warning{Kind: Missing, Column: column}
	}
	if m.isWords(j) {
		return Warning{Kind: UnknownCategory, Column: column, Value: v, Word: m.categorical[j].Word(v), Known: m.seen(j)}
	}
	if m.unknown(j, v) {
		return Warning{Kind: UnknownCategory, Column: column, Value: v}
	}
	return Warning{Kind: OutsideTraining, Column: column, Unit: m.f.Units[column], Value: v, Min: r.Min, Max: r.Max}
}

// seen returns the words of column j that training saw.
func (m *Model) seen(j int) string {
	c, list := &m.categorical[j], []string(nil)
	for i, word := range c.Words {
		if c.occurs(i) {
			list = append(list, word)
		}
	}
	return listed(list)
}

// DayWarnings returns an [OtherDay] warning where rows that are counted on a
// day are scored by a model of another, in whose training ages and tenures meant
// something else; none where the model does not know its day, or day is zero.
func (m *Model) DayWarnings(day time.Time) []Warning {
	m = orZero(m)
	if m.f.AsOf.IsZero() || day.IsZero() {
		return nil
	}
	midnight := func(t time.Time) time.Time {
		y, month, d := t.Date()
		return time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
	}
	rows, model := midnight(day), midnight(time.Time(m.f.AsOf))
	days := (rows.Unix() - model.Unix()) / (24 * 60 * 60)
	if days == 0 {
		return nil
	}
	return []Warning{{Kind: OtherDay, Value: float64(days), Unit: "days", Day: rows, ModelDay: model}}
}

// WarningCount is in how many rows a kind of warning occurred, for one column.
type WarningCount struct {
	Kind   WarningKind  `json:"kind"`
	Column string       `json:"column"`
	Rows   int          `json:"rows"`  // with the warning
	Of     int          `json:"of"`    // rows in all
	First  []RowWarning `json:"first"` // the first five
}

// String returns the count and the first warning, without a full stop: "2 of 50
// rows, the first 17: …".
func (c WarningCount) String() string {
	if len(c.First) == 0 {
		return fmt.Sprintf("%d of %s: %s", c.Rows, counted(c.Of, "row"), c.Kind)
	}
	return fmt.Sprintf("%d of %s, the first %s: %s", c.Rows, counted(c.Of, "row"), c.First[0].ID, c.First[0].Text)
}

// RowWarning is the warning of one row.
type RowWarning struct {
	Row  int    `json:"row"` // among all rows, from 0
	ID   string `json:"id"`  // as it was given to Add
	Text string `json:"text"`
}

// WarningCounts counts the warnings of many rows by kind and column, in memory
// that does not grow with the rows. The zero value is ready to use; it is not
// safe for concurrent use.
type WarningCounts struct {
	rows   int
	counts []WarningCount
}

// firstWarnings is how many rows of each kind are kept by name.
const firstWarnings = 5

// Add counts the warnings of one more row. ID names the row for people.
func (c *WarningCounts) Add(id string, warnings ...Warning) {
	c = orZero(c)
	for _, w := range warnings {
		i := slices.IndexFunc(c.counts, func(n WarningCount) bool { return n.Kind == w.Kind && n.Column == w.Column })
		if i < 0 {
			i = len(c.counts)
			c.counts = append(c.counts, WarningCount{Kind: w.Kind, Column: w.Column})
		}
		n := &c.counts[i]
		if n.Rows++; len(n.First) < firstWarnings {
			n.First = append(n.First, RowWarning{c.rows, id, w.String()})
		}
	}
	c.rows++
}

// Counts returns the counts so far, in the order in which the kinds occurred
// first; never nil.
func (c *WarningCounts) Counts() []WarningCount {
	c = orZero(c)
	out := make([]WarningCount, len(c.counts))
	for i, n := range c.counts {
		n.Of, n.First = c.rows, slices.Clone(n.First)
		out[i] = n
	}
	return out
}
