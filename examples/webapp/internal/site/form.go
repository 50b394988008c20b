package site

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/service"
)

// formFields are the fields of the form for a customer of the campaign schema, in its
// order.
var formFields = []string{"income", "age", "spent", "tenure", "children"}

// limits are the greatest values that make sense; whole numbers have step 1.
var limits = map[string]struct {
	max  float64
	step string
}{
	"income": {1e9, "any"}, "age": {130, "1"}, "spent": {1e9, "any"}, "tenure": {1200, "1"}, "children": {30, "1"},
}

// mostNumber is the greatest number that a field of any other column takes.
const mostNumber = 1e15

// A field is one field of the form: a column of the model.
type field struct {
	Name, Column      string
	Label, Unit, Hint string
	Required          bool
	Max               float64
	Step              string // 1 for whole numbers
	Negative          bool   // whether numbers below 0 were there in training
	Options           []choice
	Flag              bool // whether they stand for 1 and 0

	// As it is shown.
	Value, Error string
	Either       []choice // the readings of a number in doubt
	Low, High    float64  // middle nine tenths of the customers
}

// Typical is a sentence on what most customers have.
func (f field) Typical(l *locale) string {
	if f.Options != nil {
		return ""
	}
	return l.T("field.typical", l.N(f.Low), l.N(f.High))
}

// unit is what stands behind a field of the form: the currency, and the time that an
// amount is of.
func (r *request) unit(name string) string {
	unit := r.l.T("unit." + name)
	if slices.Contains(amounts, name) && r.l.Unit(name) != "" {
		unit = r.l.T("number.unit", r.l.Unit(name), unit)
	}
	return unit
}

// form returns the fields of the form.
func (r *request) form() []field {
	var out []field
	if r.snap.Campaign {
		for _, name := range formFields {
			out = append(out, field{
				Name: name, Column: name, Label: r.l.T("label." + name), Unit: r.unit(name), Hint: r.l.T("hint." + name),
				Max: limits[name].max, Step: limits[name].step, Required: name != "income",
			})
		}
		return out
	}
	words, ranges, t := r.snap.Model.Words(), r.snap.Model.Ranges(), r.snap.Customers.Table
	for j, name := range r.snap.Model.Columns() {
		f := field{
			Name: "c" + strconv.Itoa(j), Column: name, Label: r.l.Capital(r.l.Noun(name)), Unit: r.l.Unit(name), Hint: t.Series(name).Column().Meaning,
			Max: mostNumber, Step: "any", Required: r.snap.Complete(name), Negative: ranges[j].Min < 0,
		}
		if f.Hint = r.l.Capital(f.Hint); f.Hint == f.Label {
			f.Hint = ""
		} else if f.Hint != "" && !strings.HasSuffix(f.Hint, ".") {
			f.Hint += "."
		}
		switch kind := t.Series(name).Kind(); {
		case words[name] != nil:
			f.Options = choices(words[name], "", func(word string) string { return word })
		case kind.Binary():
			f.Flag, f.Options = true, []choice{{Value: "1", Label: r.l.T("data.yes")}, {Value: "0", Label: r.l.T("data.no")}}
		case kind == features.Integer:
			f.Step = "1"
		}
		out = append(out, f)
	}
	return out
}

// fields returns the fields with their values.
func (r *request) fields(values url.Values, errs map[string]string) []field {
	out := r.form()
	for i := range out {
		f := &out[i]
		f.Value, f.Error = values.Get(f.Name), errs[f.Name]
		for k := range f.Options {
			f.Options[k].Chosen = f.Options[k].Value == f.Value
		}
		if f.Options != nil {
			continue
		}
		f.Low, _, f.High = r.typical(*f)
		if readings := r.numerals().Readings(f.Value); f.Error != "" && len(readings) > 1 {
			f.Either = f.either(readings)
			for i, v := range readings[:len(f.Either)] {
				if v != math.Trunc(v) {
					f.Either[i].Label = r.l.T("field.either.fraction", f.Either[i].Label, r.l.N(math.Floor(v)), r.l.N(math.Ceil(v)))
				}
			}
		}
	}
	return out
}

// typical returns the middle nine tenths of a field of numbers, and its median.
func (r *request) typical(f field) (low, median, high float64) {
	if g := r.snap.Set.Series(f.Column); g.Kind().Numeric() {
		return typicalRange(g.Numbers())
	}
	return 0, 0, 0
}

// typicalRange is the range of the middle nine tenths and the median, in round numbers.
func typicalRange(values []float64) (low, median, high float64) {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
	if len(sorted) == 0 {
		return 0, 0, 0
	}
	slices.Sort(sorted)
	at := func(q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }
	round := func(v float64) float64 {
		if v < 100 {
			return math.Round(v)
		}
		p := math.Pow(10, math.Floor(math.Log10(v))-1)
		return math.Round(v/p) * p
	}
	return round(at(0.05)), round(at(0.5)), round(at(0.95))
}

func (s *Site) home(r *request) error {
	return s.showHome(r, http.StatusOK, r.URL.Query(), nil)
}

type tierSize struct {
	Name           string
	Count          int
	Share, Revenue float64
	Sentence       string
}

func (r *request) tierSizes() []tierSize {
	var out []tierSize
	for _, g := range r.snap.Profile.Tiers {
		t := tierSize{Name: g.Name, Count: g.Count, Share: g.Share, Revenue: g.RevenueShare}
		if len(g.Statements) > 0 {
			t.Sentence = r.voice().Statement(g.Statements[0])
		}
		out = append(out, t)
	}
	return out
}

func (s *Site) showHome(r *request, status int, values url.Values, errs map[string]string) error {
	fields, first := r.fields(values, errs), ""
	if at := slices.IndexFunc(fields, func(f field) bool { return f.Error != "" }); at >= 0 {
		first = fields[at].Name // which has the focus
	}
	return s.show(r, status, "home", r.l.T("home.title"), map[string]any{
		"Fields": fields, "First": first, "Errors": len(errs), "UploadError": errs["file"], "Campaign": r.snap.Campaign, "Lists": listFormats,
		"Tiers": r.tierSizes(), "Customers": r.snap.Set.Len(), "MaxUpload": s.cfg.MaxUpload / 1e6, "Name": r.set.Name,
	})
}

// here is a query that names the dataset, also the default one, so that a form is about
// the one that it was shown for, whichever was chosen since.
func (r *request) here() string {
	return "?data=" + r.set.ID
}

// read reads what people write into a field: a number, or a word; nil for a missing
// value. The key names what is wrong.
func (f field) read(text string, in numerals.Numerals) (v any, key string) {
	text = strings.TrimSpace(text)
	if text == "" {
		if !f.Required {
			return nil, ""
		}
		return nil, f.Missing()
	}
	if f.Options != nil {
		if !slices.ContainsFunc(f.Options, func(c choice) bool { return c.Value == text }) {
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
	return x, f.check(x)
}

// either returns the readings of a number to choose from: none where the field takes
// neither.
func (f field) either(readings []float64) (out []choice) {
	if !slices.ContainsFunc(readings, func(v float64) bool { return f.check(v) == "" }) {
		return nil
	}
	for _, v := range readings {
		out = append(out, choice{Value: numerals.Unmistakable(v), Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return out
}

// Missing is the key of what is said of a field that has to be filled in.
func (f field) Missing() string {
	if f.Options != nil {
		return "field.needed"
	}
	return "field.missing"
}

// check names what is wrong with a number; empty when all is well.
func (f field) check(v float64) string {
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
	case slices.Contains(formFields, f.Name) && features.CheckValue(f.Name, v) != nil:
		return "field.number"
	}
	return ""
}

// fieldError is what is wrong with a field, as a sentence that names what it takes.
func (r *request) fieldError(f field, key string) string {
	taken := ""
	if f.Options == nil {
		_, median, _ := r.typical(f)
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
		taken = r.l.T(taken, numerals.Unmistakable(median), r.l.N(least), r.l.N(f.Max))
	}
	return r.l.T(key, f.Label, taken)
}

// numerals are those of the reader.
func (r *request) numerals() numerals.Numerals { return numerals.Of(r.accepts) }

// readForm reads the form for a customer, by column, and what is wrong with it, by
// field. A reading that was chosen for a number in doubt takes its place.
func (r *request) readForm() (values map[string]any, errs map[string]string) {
	values, errs = map[string]any{}, map[string]string{}
	in := r.numerals()
	for _, f := range r.form() {
		chosen := func(c choice) bool { return c.Value == r.PostForm.Get(f.Name+".as") }
		if slices.ContainsFunc(f.either(in.Readings(r.PostForm.Get(f.Name))), chosen) {
			r.PostForm.Set(f.Name, r.PostForm.Get(f.Name+".as"))
		}
		v, key := f.read(r.PostForm.Get(f.Name), in)
		if values[f.Column] = v; key != "" {
			errs[f.Name] = r.fieldError(f, key)
		}
	}
	return values, errs
}

// checkForm says what is wrong with each field of the form, as the form would show it
// when it comes back.
func (s *Site) checkForm(r *request) (map[string]string, error) {
	_, errs := r.readForm()
	says := map[string]string{}
	for _, f := range r.fields(r.PostForm, errs) {
		var b strings.Builder
		if err := s.pages["home"].ExecuteTemplate(&b, "says", f); err != nil {
			return nil, err
		}
		says[f.Name] = b.String()
	}
	return says, nil
}

func (s *Site) predictForm(r *request) error {
	values, errs := r.readForm()
	if len(errs) > 0 {
		return s.showHome(r, http.StatusUnprocessableEntity, r.PostForm, errs)
	}
	var id string
	err := s.withSnapshot(r, func() error {
		customer, err := r.snap.Row(values)
		if err != nil {
			return err
		}
		e, err := r.snap.Explainer.Explain(r.Context(), customer)
		if err != nil {
			return err
		}
		s.Counts.Predictions.WithLabelValues(e.Tier).Inc()
		reply, err := service.Answer(r.snap.Result(e, customer, r.l))
		if err != nil {
			return err
		}
		c := service.Conversation{Title: e.Tier, Kind: service.KindResult, Dataset: r.set.ID, ModelVersion: r.snap.Version, AskedBy: r.by(), Messages: []service.Message{reply}}
		if err := c.SetCustomer(r.snap, customer, values); err != nil {
			return err
		}
		id, err = s.Records.AddConversation(r.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	r.setLastResult(id)
	return r.redirect("/result/" + id)
}
