// Package customerform is the form of one customer: a field for each column of a model,
// with what it takes, what most customers have, and what is wrong with what was written.
package customerform

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Amounts are the columns of a campaign file in its currency.
var Amounts = slices.Concat([]string{"income", "spent"}, features.CampaignSubjects().Group("products"))

// CampaignFields are the fields of the form for a customer of the campaign schema, in its
// order.
var CampaignFields = []string{"income", "age", "spent", "tenure", "children"}

// limits are the greatest values that make sense; whole numbers have step 1.
var limits = map[string]struct {
	max  float64
	step string
}{
	"income": {1e9, "any"}, "age": {130, "1"}, "spent": {1e9, "any"}, "tenure": {1200, "1"}, "children": {30, "1"},
}

// mostNumber is the greatest number that a field of any other column takes.
const mostNumber = 1e15

// A Choice is what can be chosen in a select box.
type Choice struct {
	Value, Label string
	Chosen       bool
}

// Choices returns a choice for each value.
func Choices[T ~string](values []T, chosen string, label func(string) string) []Choice {
	var out []Choice
	for _, v := range values {
		out = append(out, Choice{string(v), label(string(v)), string(v) == chosen})
	}
	return out
}

// A Field is one field of the form: a column of the model.
type Field struct {
	Name, Column      string
	Label, Unit, Hint string
	Required          bool
	Max               float64
	Step              string // 1 for whole numbers
	Negative          bool   // whether numbers below 0 were there in training
	Options           []Choice
	Flag              bool // whether they stand for 1 and 0

	// As it is shown.
	Value, Error string
	Either       []Choice // the readings of a number in doubt
	Low, High    float64  // middle nine tenths of the customers
}

// Typical is a sentence on what most customers have.
func (f Field) Typical(l *narrate.Language) string {
	if f.Options != nil {
		return ""
	}
	return l.T("field.typical", l.N(f.Low), l.N(f.High))
}

// A Form is the fields for the customers of a snapshot, in the words of a language.
type Form struct {
	Fields []Field

	snap *snapshot.Snapshot
	l    *narrate.Language
}

// Of returns the form of a snapshot.
func Of(snap *snapshot.Snapshot, l *narrate.Language) *Form {
	f := &Form{snap: snap, l: l}
	f.Fields = f.fields()
	return f
}

// unit is what stands behind a field of the form: the currency, and the time that an
// amount is of.
func (m *Form) unit(name string) string {
	unit := m.l.T("unit." + name)
	if slices.Contains(Amounts, name) && m.l.Unit(name) != "" {
		unit = m.l.T("number.unit", m.l.Unit(name), unit)
	}
	return unit
}

func (m *Form) fields() []Field {
	var out []Field
	if m.snap.Campaign {
		for _, name := range CampaignFields {
			out = append(out, Field{
				Name: name, Column: name, Label: m.l.T("label." + name), Unit: m.unit(name), Hint: m.l.T("hint." + name),
				Max: limits[name].max, Step: limits[name].step, Required: name != "income",
			})
		}
		return out
	}
	words, ranges, t := m.snap.Model.Words(), m.snap.Model.Ranges(), m.snap.Customers.Table
	for j, name := range m.snap.Model.Columns() {
		f := Field{
			Name: "c" + strconv.Itoa(j), Column: name, Label: m.l.Capital(m.l.Noun(name)), Unit: m.l.Unit(name), Hint: t.Series(name).Column().Meaning,
			Max: mostNumber, Step: "any", Required: m.snap.Complete(name), Negative: ranges[j].Min < 0,
		}
		if f.Hint = m.l.Capital(f.Hint); f.Hint == f.Label {
			f.Hint = ""
		} else if f.Hint != "" && !strings.HasSuffix(f.Hint, ".") {
			f.Hint += "."
		}
		switch kind := t.Series(name).Kind(); {
		case words[name] != nil:
			f.Options = Choices(words[name], "", func(word string) string { return word })
		case kind.Binary():
			f.Flag, f.Options = true, []Choice{{Value: "1", Label: m.l.T("data.yes")}, {Value: "0", Label: m.l.T("data.no")}}
		case kind == features.Integer:
			f.Step = "1"
		}
		out = append(out, f)
	}
	return out
}

// Filled returns the fields with their values, and what is wrong with them, by the name
// of the field.
func (m *Form) Filled(values url.Values, errs map[string]string, in numerals.Numerals) []Field {
	out := slices.Clone(m.Fields)
	for i := range out {
		f := &out[i]
		f.Value, f.Error = values.Get(f.Name), errs[f.Name]
		f.Options = slices.Clone(f.Options)
		for k := range f.Options {
			f.Options[k].Chosen = f.Options[k].Value == f.Value
		}
		if f.Options != nil {
			continue
		}
		typical := m.snap.Typical(f.Column)
		f.Low, f.High = typical.Low, typical.High
		if readings := in.Readings(f.Value); f.Error != "" && len(readings) > 1 {
			f.Either = f.either(readings)
			for i, v := range readings[:len(f.Either)] {
				if v != math.Trunc(v) {
					f.Either[i].Label = m.l.T("field.either.fraction", f.Either[i].Label, m.l.N(math.Floor(v)), m.l.N(math.Ceil(v)))
				}
			}
		}
	}
	return out
}

// Read reads what people write into a field: a number, or a word; nil for a missing
// value. The key names what is wrong.
func (f Field) Read(text string, in numerals.Numerals) (v any, key string) {
	text = strings.TrimSpace(text)
	if text == "" {
		if !f.Required {
			return nil, ""
		}
		return nil, f.Missing()
	}
	if f.Options != nil {
		if !slices.ContainsFunc(f.Options, func(c Choice) bool { return c.Value == text }) {
			return nil, "field.option"
		}
		if f.Flag {
			return text == "1", ""
		}
		return text, ""
	}
	readings := in.Readings(text)
	if len(readings) == 0 {
		return nil, "field.number"
	}
	if len(f.either(readings)) > 1 {
		return nil, "field.either" // 58.138: nothing in one field decides it
	}
	x := readings[len(readings)-1]
	return x, f.Check(x)
}

// either returns the readings of a number to choose from: none where the field takes
// neither.
func (f Field) either(readings []float64) (out []Choice) {
	if !slices.ContainsFunc(readings, func(v float64) bool { return f.Check(v) == "" }) {
		return nil
	}
	for _, v := range readings {
		out = append(out, Choice{Value: numerals.Unmistakable(v), Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return out
}

// Missing is the key of what is said of a field that has to be filled in.
func (f Field) Missing() string {
	if f.Options != nil {
		return "field.needed"
	}
	return "field.missing"
}

// Check names what is wrong with a number; empty when all is well.
func (f Field) Check(v float64) string {
	switch {
	case math.IsInf(v, 0):
		return "field.number"
	case v != v && !f.Required:
		return ""
	case v < 0 && !f.Negative:
		return "field.negative"
	case math.Abs(v) > f.Max:
		return "field.large"
	case f.Step == "1" && v != math.Trunc(v):
		return "field.whole"
	case slices.Contains(CampaignFields, f.Name) && features.CheckValue(f.Name, v) != nil:
		return "field.number"
	}
	return ""
}

// fieldError is what is wrong with a field, as a sentence that names what it takes.
func (m *Form) says(f Field, key string) string {
	taken := ""
	if f.Options == nil {
		median := m.snap.Typical(f.Column).Median
		least := 0.0
		if f.Negative {
			least = -f.Max
		}
		taken = "field.takes.any"
		if f.Step == "1" {
			taken, median = "field.takes.whole", math.Round(median)
		}
		switch {
		case f.Max < mostNumber || key == "field.large": // the bounds of others help nobody
		case f.Negative:
			taken += ".signed"
		default:
			taken += ".up"
		}
		taken = m.l.T(taken, numerals.Unmistakable(median), m.l.N(least), m.l.N(f.Max))
	}
	return m.l.T(key, f.Label, taken)
}

// Read reads the form for a customer, by column, and what is wrong with it, by field. A
// reading that was chosen for a number in doubt takes its place in posted.
func (m *Form) Read(posted url.Values, in numerals.Numerals) (values map[string]any, errs map[string]string) {
	values, errs = map[string]any{}, map[string]string{}
	for _, f := range m.Fields {
		chosen := func(c Choice) bool { return c.Value == posted.Get(f.Name+".as") }
		if slices.ContainsFunc(f.either(in.Readings(posted.Get(f.Name))), chosen) {
			posted.Set(f.Name, posted.Get(f.Name+".as"))
		}
		v, key := f.Read(posted.Get(f.Name), in)
		if values[f.Column] = v; key != "" {
			errs[f.Name] = m.says(f, key)
		}
	}
	return values, errs
}

// Values are those with which the form is filled for a customer, who has the figures of
// the model.
func (m *Form) Values(customer []float64) url.Values {
	out, words := url.Values{}, m.snap.Model.Words()
	for _, f := range m.Fields {
		v := customer[slices.Index(m.snap.Model.Columns(), f.Column)]
		switch list := words[f.Column]; {
		case v != v:
		case list == nil:
			out.Set(f.Name, numerals.Unmistakable(v))
		case int(v) >= 0 && int(v) < len(list):
			out.Set(f.Name, list[int(v)])
		}
	}
	return out
}

// Figures names the figures of a customer; empty where another model does not take them.
func (m *Form) Figures(customer []float64) string {
	var out []string
	words := m.snap.Model.Words()
	for _, f := range m.Fields {
		j := slices.Index(m.snap.Model.Columns(), f.Column)
		if customer == nil || customer[j] != customer[j] {
			continue
		}
		v, list := customer[j], words[f.Column]
		text := m.l.N(v)
		switch {
		case f.Flag:
			text = f.Options[map[bool]int{true: 0, false: 1}[v > 0]].Label
		case list != nil && int(v) >= 0 && int(v) < len(list):
			text = list[int(v)]
		}
		out = append(out, m.l.T("results.figure", f.Label, text))
	}
	return strings.Join(out, " · ")
}

// An Error is what is wrong with a value of a customer in JSON: the key of a text, with
// its arguments.
type Error struct {
	Column, Key string
	Args        []any
}

// Error returns the key of the text.
func (e *Error) Error() string { return e.Key }

func wrong(column, key string, args ...any) error { return &Error{column, key, args} }

// field returns the index of the field of a column, −1 where there is none.
func (m *Form) field(column string) int {
	return slices.IndexFunc(m.Fields, func(f Field) bool { return f.Column == column })
}

// Decode reads the values of a customer, by column, from a JSON object. A problem is an
// *Error.
func (m *Form) Decode(object map[string]json.RawMessage) (map[string]any, error) {
	var unknown []string
	for name := range object {
		if m.field(name) < 0 {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		var known []string
		for _, f := range m.Fields {
			known = append(known, f.Column)
		}
		return nil, wrong(slices.Min(unknown), "api.unknown", slices.Min(unknown), strings.Join(known, ", "))
	}
	values := make(map[string]any, len(m.Fields))
	for _, name := range m.snap.Model.Columns() {
		v, err := m.Fields[m.field(name)].decode(object[name])
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	return values, nil
}

// decode reads a value of a field: a number or, where there are words to choose from,
// a word; nil for a missing one.
func (f Field) decode(raw json.RawMessage) (any, error) {
	name := f.Column
	if len(raw) == 0 || string(raw) == "null" {
		if f.Required {
			return nil, wrong(name, "api.missing", name)
		}
		return nil, nil
	}
	if f.Options != nil && !f.Flag {
		var word string
		if err := json.Unmarshal(raw, &word); err != nil || !slices.ContainsFunc(f.Options, func(c Choice) bool { return c.Value == word }) {
			var words []string
			for _, c := range f.Options {
				words = append(words, c.Value)
			}
			return nil, wrong(name, "api.word", name, strings.Join(words, ", "))
		}
		return word, nil
	}
	var v float64
	if err := json.Unmarshal(raw, &v); err != nil || f.Flag && v != 0 && v != 1 {
		return nil, wrong(name, "api.number", name)
	}
	switch key := f.Check(v); key {
	case "":
		return v, nil
	case "field.large":
		return nil, wrong(name, "api.large", name, f.Max)
	default:
		return nil, wrong(name, "api."+strings.TrimPrefix(key, "field."), name)
	}
}
