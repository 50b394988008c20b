package site

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
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

func (s *Site) fields(w *world.World, values url.Values, errs map[string]string) []field {
	var out []field
	for _, name := range formFields {
		f := field{Name: name, Value: values.Get(name), Error: errs[name], Max: limits[name].max, Step: limits[name].step, Required: name != "income"}
		if g := w.Set.Column(name); g != nil {
			f.Low, f.High = typicalRange(g.Numbers)
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

func (s *Site) home(w http.ResponseWriter, r *http.Request, world *world.World) error {
	return s.showHome(w, r, http.StatusOK, world, r.URL.Query(), nil)
}

type tierSize struct {
	Name           string
	Count          int
	Share, Revenue float64
	Sentence       string
}

func tierSizes(l *locale, w *world.World) []tierSize {
	var out []tierSize
	for _, g := range w.Profile.Tiers {
		t := tierSize{Name: g.Name, Count: g.Count, Share: g.Share, Revenue: g.RevenueShare}
		if len(g.Statements) > 0 {
			t.Sentence = ask.Says(l, g.Statements[0])
		}
		out = append(out, t)
	}
	return out
}

func (s *Site) showHome(w http.ResponseWriter, r *http.Request, status int, world *world.World, values url.Values, errs map[string]string) error {
	return s.show(w, r, status, "home", s.t(r, "home.title"), map[string]any{
		"Fields": s.fields(world, values, errs), "Errors": len(errs), "UploadError": errs["file"],
		"Tiers": tierSizes(s.locales.of(r), world), "Customers": world.Set.Len(), "MaxUpload": s.cfg.MaxUpload / 1e6,
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
	v, ambiguous, err := features.ParseNumber(text, features.DecimalFromData)
	switch {
	case err != nil, len(text) > 40, strings.Trim(text, "0123456789.,-+ \u00a0\u202f€$'") != "":
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
func (s *Site) fieldError(r *http.Request, name, key string) string {
	l := s.locales.of(r)
	switch key {
	case "field.large":
		return l.T(key, l.T("label."+name), limits[name].max)
	}
	return l.T(key, l.T("label."+name))
}

// modelRow puts the values of the form into the order of the model.
func modelRow(values map[string]float64) []float64 {
	out := make([]float64, len(features.TrainingColumns))
	for i, name := range features.TrainingColumns {
		out[i] = values[name]
	}
	return out
}

func (s *Site) predictForm(w http.ResponseWriter, r *http.Request, shown *world.World) error {
	errs := map[string]string{}
	values := map[string]float64{}
	for _, name := range formFields {
		v, key := readNumber(name, r.PostForm.Get(name))
		if key != "" {
			errs[name] = s.fieldError(r, name, key)
		}
		values[name] = v
	}
	if len(errs) > 0 {
		return s.showHome(w, r, http.StatusUnprocessableEntity, shown, r.PostForm, errs)
	}
	customer := modelRow(values)
	figures, err := json.Marshal(toNull(customer))
	if err != nil {
		return err
	}
	var id string
	err = s.withWorld(func(world *world.World) error {
		e, err := world.Explainer.Explain(customer)
		if err != nil {
			return err
		}
		s.metrics.predictions.WithLabelValues(e.Tier).Inc()
		reply, err := answer(world.Result(e, customer, s.locales.of(r)))
		if err != nil {
			return err
		}
		id, err = s.records.addConversation(r.Context(), conversation{Title: e.Tier, Kind: kindResult, Customer: string(figures), ModelVersion: world.Version, Messages: []message{reply}})
		return err
	})
	if err != nil {
		return err
	}
	setLastResult(w, r, id)
	return redirect(w, r, "/result/"+id)
}

// withWorld makes answers and keeps them, with the world as it is now: nobody is
// forgotten meanwhile.
func (s *Site) withWorld(work func(*world.World) error) error {
	s.forgetLock.RLock()
	defer s.forgetLock.RUnlock()
	w := s.world.Load()
	if w == nil {
		return world.ErrNoCustomers
	}
	return work(w)
}

// conversation returns a conversation of a kind (any where it is empty). Answers
// that went when somebody was forgotten are given anew, by the model in use.
func (s *Site) conversation(r *http.Request, world *world.World, id, kind string) (conversation, error) {
	c, err := s.records.conversation(r.Context(), id, kind)
	if err != nil {
		return c, err
	}
	l := s.locales.of(r)
	for i, m := range c.Messages {
		if m.Role != roleApp || m.Body != "" {
			continue
		}
		var a ask.Answer
		switch {
		case i > 0:
			a = world.Ask(r.Context(), c.Messages[i-1].Body, c.values(), l)
		case c.Kind == kindResult:
			e, err := world.Explainer.Explain(c.values())
			if err != nil {
				return c, err
			}
			c.Title, c.ModelVersion = e.Tier, world.Version
			a = world.Result(e, c.values(), l)
		}
		if c.Messages[i], err = answer(a); err != nil {
			return c, err
		}
	}
	return c, nil
}

// A shown message is one bubble.
type bubble struct {
	Mine        bool
	Answer      ask.Answer
	Suggestions []string
	Action      string
	Index       int
}

func bubbles(c conversation, action string) []bubble {
	// What was asked is not suggested again.
	asked := map[string]bool{}
	for _, m := range c.Messages {
		if m.Role == roleYou {
			asked[plainQuestion(m.Body)] = true
		}
	}
	var out []bubble
	for i, m := range c.Messages {
		b := bubble{Mine: m.Role == roleYou, Answer: m.Answer(), Action: action, Index: i}
		told := maps.Clone(asked)
		for _, s := range b.Answer.Suggestions {
			if q := plainQuestion(s); !told[q] {
				told[q] = true
				b.Suggestions = append(b.Suggestions, s)
			}
		}
		out = append(out, b)
	}
	return out
}

// plainQuestion is a question as it is compared with others.
func plainQuestion(s string) string {
	return strings.ToLower(strings.TrimRight(s, "?!. "))
}

// A customerFigure is one of the customer's five with that of the tier.
type customerFigure struct {
	Name        string
	Value, Mean float64
	Difference  float64 // share of the mean
	Imputed     bool
}

func figures(w *world.World, tier string, customer []float64) []customerFigure {
	var out []customerFigure
	g, _ := w.Profile.Group(tier)
	for _, name := range []string{"income", "tenure", "age", "spent", "children"} {
		i := slices.Index(features.TrainingColumns, name)
		column, _ := g.Column(name)
		f := customerFigure{Name: name, Value: customer[i], Mean: column.Mean, Imputed: customer[i] != customer[i]}
		f.Difference = f.Value/f.Mean - 1
		if f.Mean == 0 {
			f.Difference = nan
		}
		out = append(out, f)
	}
	return out
}

type resultPage struct {
	Conversation conversation
	Tier         string
	Borderline   bool
	Confidence   float64
	Figures      []customerFigure
	Bubbles      []bubble
	Action       string
	Stale        bool   // whether another model is in use now
	Again        string // address of the form with these figures
}

func (s *Site) result(w http.ResponseWriter, r *http.Request, world *world.World) error {
	return s.showResult(w, r, http.StatusOK, world)
}

func (s *Site) showResult(w http.ResponseWriter, r *http.Request, status int, world *world.World) error {
	c, err := s.conversation(r, world, r.PathValue("id"), kindResult)
	if err != nil {
		return err
	}
	customer := c.values()
	if len(customer) != len(features.TrainingColumns) {
		return errNotFound
	}
	e, err := world.Explainer.Explain(customer)
	if err != nil {
		return err
	}
	again := url.Values{}
	for _, name := range formFields {
		if v := customer[slices.Index(features.TrainingColumns, name)]; v == v {
			again.Set(name, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	setLastResult(w, r, c.ID)
	return s.show(w, r, status, "result", s.t(r, "result.titled", c.Title), resultPage{
		Conversation: c, Tier: c.Title, Borderline: e.Borderline, Confidence: e.Confidence, Figures: figures(world, c.Title, customer),
		Bubbles: bubbles(c, "/result/"+c.ID), Action: "/result/" + c.ID, Stale: c.ModelVersion != world.Version,
		Again: "/?" + again.Encode(),
	})
}

func (s *Site) askResult(w http.ResponseWriter, r *http.Request, _ *world.World) error {
	return s.converse(w, r, kindResult, "/result/")
}

// converse answers a question of a form in a conversation, and leads to the
// answer.
func (s *Site) converse(w http.ResponseWriter, r *http.Request, kind, base string) error {
	c, err := s.records.conversation(r.Context(), r.PathValue("id"), kind)
	if err != nil {
		return err
	}
	text := cleanText(r.PostFormValue("question"), ask.MaxLength)
	if text == "" {
		return redirect(w, r, base+c.ID+"#ask")
	}
	err = s.withWorld(func(world *world.World) error {
		messages, err := s.answers(r, world, text, c.values())
		if err != nil {
			return err
		}
		return s.records.addMessages(r.Context(), c.ID, messages...)
	})
	if err != nil {
		return err
	}
	return redirect(w, r, fmt.Sprintf("%s%s#m%d", base, c.ID, len(c.Messages)))
}

// answers are a question and its answer, to be kept.
func (s *Site) answers(r *http.Request, world *world.World, text string, customer []float64) ([]message, error) {
	a := world.Ask(r.Context(), text, customer, s.locales.of(r))
	s.metrics.questions.WithLabelValues(strconv.FormatBool(a.Understood)).Inc()
	if err := s.noteAnswer(r, a); err != nil {
		return nil, err
	}
	reply, err := answer(a)
	return []message{question(text), reply}, err
}

// cleanText takes away what cannot be seen, and what is beyond n bytes.
func cleanText(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r < 32 || r == 127 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > n {
		s = s[:n]
		s = strings.ToValidUTF8(s, "")
	}
	return s
}
