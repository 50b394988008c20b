package site

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// formFields are the fields of the form, in its order.
var formFields = []string{"income", "age", "spent", "tenure", "children"}

// limits are the greatest values that make sense; whole numbers have step 1.
var limits = map[string]struct {
	max  float64
	step string
}{
	"income": {1e9, "any"}, "age": {130, "1"}, "spent": {1e9, "any"}, "tenure": {1200, "1"}, "children": {30, "1"},
}

// A field is one field of the form as it is shown.
type field struct {
	Name, Value, Error string
	Low, High          float64 // middle nine tenths of the customers
	Max                float64
	Step               string
	Required           bool
}

func (r *request) fields(values url.Values, errs map[string]string) []field {
	var out []field
	for _, name := range formFields {
		f := field{Name: name, Value: values.Get(name), Error: errs[name], Max: limits[name].max, Step: limits[name].step, Required: name != "income"}
		if g := r.snap.Set.Series(name); !g.IsZero() {
			f.Low, f.High = typicalRange(g.Numbers())
		}
		out = append(out, f)
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
			t.Sentence = voice(r.l).Statement(g.Statements[0])
		}
		out = append(out, t)
	}
	return out
}

func (s *Site) showHome(r *request, status int, values url.Values, errs map[string]string) error {
	return s.show(r, status, "home", r.l.T("home.title"), map[string]any{
		"Fields": r.fields(values, errs), "Errors": len(errs), "UploadError": errs["file"],
		"Tiers": r.tierSizes(), "Customers": r.snap.Set.Len(), "MaxUpload": s.cfg.MaxUpload / 1e6,
	})
}

// readNumber reads what people write into a field. The key names what is wrong.
func readNumber(name, text string) (v float64, key string) {
	text = strings.TrimSpace(text)
	if text == "" {
		if name == "income" {
			return nan, ""
		}
		return 0, "field.missing"
	}
	if len(text) > 40 { // before it is parsed
		return 0, "field.number"
	}
	v, ambiguous, err := features.ParseNumber(text, features.DecimalFromData)
	switch {
	case err != nil, strings.Trim(text, "0123456789.,-+ \u00a0\u202f€$'") != "":
		return 0, "field.number"
	case ambiguous && strings.Contains(text, "."):
		return 0, "field.either" // 58.138: nothing in one field decides it
	}
	return v, checkNumber(name, v)
}

// checkNumber names what is wrong with a value; empty when all is well.
func checkNumber(name string, v float64) string {
	switch {
	case math.IsInf(v, 0):
		return "field.number"
	case v != v && name == "income":
		return ""
	case v < 0:
		return "field.negative"
	case v > limits[name].max:
		return "field.large"
	case limits[name].step == "1" && v != math.Trunc(v):
		return "field.whole"
	case features.CheckValue(name, v) != nil:
		return "field.number"
	}
	return ""
}

// fieldError is what is wrong with a field, as a sentence.
func (r *request) fieldError(name, key string) string {
	args := []any{r.l.T("label." + name)}
	if key == "field.large" {
		args = append(args, limits[name].max)
	}
	return r.l.T(key, args...)
}

func (s *Site) predictForm(r *request) error {
	errs := map[string]string{}
	customer := make([]float64, len(features.TrainingColumns))
	for i, name := range features.TrainingColumns {
		var key string
		if customer[i], key = readNumber(name, r.PostForm.Get(name)); key != "" {
			errs[name] = r.fieldError(name, key)
		}
	}
	if len(errs) > 0 {
		return s.showHome(r, http.StatusUnprocessableEntity, r.PostForm, errs)
	}
	var id string
	err := s.withSnapshot(r, func() error {
		e, err := r.snap.Explainer.Explain(customer)
		if err != nil {
			return err
		}
		s.metrics.predictions.WithLabelValues(e.Tier).Inc()
		reply, err := answer(r.snap.Result(e, customer, r.l))
		if err != nil {
			return err
		}
		c := conversation{Title: e.Tier, Kind: kindResult, ModelVersion: r.snap.Version, Messages: []message{reply}}
		if err := c.setValues(customer); err != nil {
			return err
		}
		id, err = s.records.addConversation(r.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	r.setLastResult(id)
	return r.redirect("/result/" + id)
}
