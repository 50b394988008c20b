package site

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
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
	Low, High    float64 // middle nine tenths of the customers
}

// Typical is a sentence on what most customers have.
func (f field) Typical(l *locale) string {
	if f.Options != nil {
		return ""
	}
	return l.T("field.typical", l.N(f.Low), l.N(f.High))
}

// form returns the fields of the form.
func (r *request) form() []field {
	var out []field
	if r.snap.Campaign {
		for _, name := range formFields {
			out = append(out, field{
				Name: name, Column: name, Label: r.l.T("label." + name), Unit: r.l.T("unit." + name), Hint: r.l.T("hint." + name),
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
		if g := r.snap.Set.Series(f.Column); g.Kind().Numeric() && f.Options == nil {
			f.Low, f.High = typicalRange(g.Numbers())
		}
	}
	return out
}

// typicalRange is the range of the middle nine tenths, in round numbers.
func typicalRange(values []float64) (low, high float64) {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
	if len(sorted) == 0 {
		return 0, 0
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
	return round(at(0.05)), round(at(0.95))
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
	return s.show(r, status, "home", r.l.T("home.title"), map[string]any{
		"Fields": r.fields(values, errs), "Errors": len(errs), "UploadError": errs["file"], "Campaign": r.snap.Campaign, "Lists": listFormats,
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
func (f field) read(text string) (v any, key string) {
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
	if len(text) > 40 { // before it is parsed
		return nil, "field.number"
	}
	x, ambiguous, err := features.ParseNumber(text, features.DecimalFromData)
	switch {
	case err != nil, strings.Trim(text, "0123456789.,-+ \u00a0\u202f€$'") != "":
		return nil, "field.number"
	case ambiguous && strings.Contains(text, "."):
		return nil, "field.either" // 58.138: nothing in one field decides it
	}
	return x, f.check(x)
}

// Missing is the key of what is said of a field that has to be filled in.
func (f field) Missing() string {
	if f.Options != nil || f.Negative {
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

// fieldError is what is wrong with a field, as a sentence.
func (r *request) fieldError(f field, key string) string {
	args := []any{f.Label}
	if key == "field.large" {
		args = append(args, f.Max)
	}
	return r.l.T(key, args...)
}

func (s *Site) predictForm(r *request) error {
	errs, values := map[string]string{}, map[string]any{}
	for _, f := range r.form() {
		v, key := f.read(r.PostForm.Get(f.Name))
		if values[f.Column] = v; key != "" {
			errs[f.Name] = r.fieldError(f, key)
		}
	}
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
		c := service.Conversation{Title: e.Tier, Kind: service.KindResult, Dataset: r.set.ID, ModelVersion: r.snap.Version, Messages: []service.Message{reply}}
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
