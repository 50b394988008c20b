package site

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// openAPI describes the addresses below /api/v1/.
//
//go:embed openapi.json
var openAPI []byte

// mostBatch bounds the customers of one prediction, and its body in bytes.
const (
	mostBatch      = 10_000
	mostBatchBytes = 4 << 20
)

type routed = func(pattern string, h http.HandlerFunc)

type readied = func(func(http.ResponseWriter, *http.Request, *world.World)) http.HandlerFunc

func (s *Site) api(route routed, ready, always readied) {
	route("GET /api/v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI)
	})
	route("POST /api/v1/predict", s.limited(ready(s.apiPredict)))
	route("POST /api/v1/ask", s.limited(ready(s.apiAsk)))
	route("GET /api/v1/profile", ready(s.apiProfile))
	route("GET /api/v1/customers", ready(s.apiCustomers))
	route("GET /api/v1/customers/{id}", ready(s.apiCustomer))
	route("DELETE /api/v1/customers/{id}", always(s.apiForget))
	route("GET /api/v1/charts/{name}", ready(s.apiChart))
	route("GET /api/v1/models", always(s.apiModels))
	route("GET /api/v1/audit", always(s.apiAudit))
	route("POST /api/v1/models/{version}/activate", ready(s.apiActivate))
	route("POST /api/v1/models/rollback", ready(s.apiRollback))
	route("POST /api/v1/models/retrain", ready(s.apiRetrain))
	route("GET /api/v1/models/retrain", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, s.training(s.locales.of(r))) })
}

// body reads the body of a request as JSON of at most n bytes.
func (s *Site) body(w http.ResponseWriter, r *http.Request, n int64) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" {
			return nil, problem{Status: http.StatusUnsupportedMediaType, Message: s.t(r, "api.type")}
		}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, n))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, problem{Status: http.StatusBadRequest, Message: s.t(r, "api.body")}
	}
	return b, nil
}

// decodeCustomer reads the five figures of a customer. A problem names the
// field.
func (s *Site) decodeCustomer(r *http.Request, raw json.RawMessage) ([]float64, error) {
	refuse := func(field, key string, args ...any) ([]float64, error) {
		return nil, problem{Status: http.StatusUnprocessableEntity, Field: field, Message: s.t(r, key, args...)}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, problem{Status: http.StatusBadRequest, Message: s.t(r, "api.object")}
	}
	for _, name := range sortedKeys(object) {
		if !slices.Contains(formFields, name) {
			return refuse(name, "api.unknown", name, strings.Join(formFields, ", "))
		}
	}
	out := make([]float64, len(features.TrainingColumns))
	for i, name := range features.TrainingColumns {
		value, ok := object[name]
		if !ok || string(value) == "null" {
			if name == "income" {
				out[i] = nan
				continue
			}
			return refuse(name, "api.missing", name)
		}
		var v float64
		if err := json.Unmarshal(value, &v); err != nil {
			return refuse(name, "api.number", name)
		}
		if key := checkNumber(name, v); key != "" {
			if key == "field.large" {
				return refuse(name, "api.large", name, limits[name].max)
			}
			return refuse(name, "api."+strings.TrimPrefix(key, "field."), name)
		}
		out[i] = v
	}
	return out, nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// apiPredict predicts for one customer, an object, or for many, a list.
func (s *Site) apiPredict(w http.ResponseWriter, r *http.Request, world *world.World) {
	b, err := s.body(w, r, mostBatchBytes)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '[' {
		customer, err := s.decodeCustomer(r, b)
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		p, err := world.Model.Predict(customer)
		if err != nil {
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		}
		s.metrics.predictions.WithLabelValues(p.Tier).Inc()
		writeJSON(w, http.StatusOK, predicted{p, world.Version})
		return
	}
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		s.fail(w, r, http.StatusBadRequest, problem{Message: s.t(r, "api.body")})
		return
	}
	if len(list) > mostBatch {
		s.fail(w, r, http.StatusRequestEntityTooLarge, problem{Message: s.t(r, "api.batch", mostBatch)})
		return
	}
	out := make([]predicted, 0, len(list))
	if len(list) > 0 {
		x := mat.NewDense(len(list), len(features.TrainingColumns), nil)
		for i, raw := range list {
			customer, err := s.decodeCustomer(r, raw)
			if err != nil {
				var p problem
				if errors.As(err, &p) {
					p.Row = &i
					err = p
				}
				s.fail(w, r, http.StatusBadRequest, err)
				return
			}
			x.SetRow(i, customer)
		}
		predictions, err := world.Model.PredictMatrix(r.Context(), x)
		if err != nil {
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		}
		for _, p := range predictions {
			s.metrics.predictions.WithLabelValues(p.Tier).Inc()
			out = append(out, predicted{p, world.Version})
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// predicted is a prediction with the version of the model that made it.
type predicted struct {
	segment.Prediction
	version int
}

// MarshalJSON adds the version.
func (p predicted) MarshalJSON() ([]byte, error) {
	var margin *float64
	if !math.IsInf(p.Margin, 0) {
		margin = &p.Margin
	}
	warnings := p.Warnings
	if warnings == nil {
		warnings = []segment.Warning{}
	}
	return json.Marshal(struct {
		Cluster  int               `json:"cluster"`
		Tier     string            `json:"tier"`
		Distance float64           `json:"distance"`
		Margin   *float64          `json:"margin"`
		Warnings []segment.Warning `json:"warnings"`
		Version  int               `json:"model_version"`
	}{p.Cluster, p.Tier, p.Distance, margin, warnings, p.version})
}

// apiAsk answers a question, about a customer where one is given.
func (s *Site) apiAsk(w http.ResponseWriter, r *http.Request, world *world.World) {
	b, err := s.body(w, r, 1<<16)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	var q struct {
		Question string          `json:"question"`
		Customer json.RawMessage `json:"customer"`
	}
	if err := json.Unmarshal(b, &q); err != nil {
		s.fail(w, r, http.StatusBadRequest, problem{Message: s.t(r, "api.body")})
		return
	}
	var customer []float64
	if len(q.Customer) > 0 && string(q.Customer) != "null" {
		if customer, err = s.decodeCustomer(r, q.Customer); err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
	}
	text := cleanText(q.Question, ask.MaxLength+1)
	if text == "" || len(text) > ask.MaxLength {
		s.fail(w, r, http.StatusUnprocessableEntity, problem{Message: s.t(r, "api.question", ask.MaxLength), Field: "question"})
		return
	}
	a := world.Ask(r.Context(), text, customer, s.locales.of(r))
	s.metrics.questions.WithLabelValues(strconv.FormatBool(a.Understood)).Inc()
	if err := s.noteAnswer(r, a); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	writeJSON(w, http.StatusOK, a)
}

func (s *Site) apiProfile(w http.ResponseWriter, r *http.Request, world *world.World) {
	tier, err := tierOf(world, r.URL.Query().Get("tier"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, problem{Message: s.t(r, "api.tier", strings.Join(world.Set.Tiers, ", ")), Field: "tier"})
		return
	}
	if tier == "" {
		writeJSON(w, http.StatusOK, world.Profile)
		return
	}
	g, _ := world.Profile.Group(tier)
	writeJSON(w, http.StatusOK, g)
}

// A listed customer is one with the figures that it was scored by.
type listed struct {
	ID       string   `json:"id"`
	Age      float64  `json:"age"`
	Spent    float64  `json:"spent"`
	Tenure   float64  `json:"tenure"`
	Children float64  `json:"children"`
	Income   *float64 `json:"income"`
	Cluster  int      `json:"cluster"`
	Tier     string   `json:"tier"`
	Distance float64  `json:"distance"`

	Warnings []segment.Warning `json:"warnings"`
}

func listedAt(w *world.World, i int) listed {
	v := w.Matrix.RawRowView(i)
	c := listed{ID: w.Set.IDs[i], Age: v[0], Spent: v[1], Tenure: v[2], Children: v[3], Cluster: w.Predictions[i].Cluster, Tier: w.Predictions[i].Tier, Distance: w.Predictions[i].Distance}
	if v[4] == v[4] {
		c.Income = &v[4]
	}
	customer := w.Table.Customer(i)
	c.Warnings = orEmpty(store.Warnings(w.Model, w.Predictions[i], &customer, features.AsOf(w.Table.AsOf())))
	return c
}

func (s *Site) apiCustomers(w http.ResponseWriter, r *http.Request, world *world.World) {
	q := r.URL.Query()
	tier, err := tierOf(world, q.Get("tier"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, problem{Message: s.t(r, "api.tier", strings.Join(world.Set.Tiers, ", ")), Field: "tier"})
		return
	}
	number := func(name string, def, most int) (int, error) {
		text := q.Get(name)
		if text == "" {
			return def, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			return 0, problem{Status: http.StatusUnprocessableEntity, Field: name, Message: s.t(r, "api.range", name, most)}
		}
		return n, nil
	}
	limit, err := number("limit", 100, 1000)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	offset, err := number("offset", 0, math.MaxInt32)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	out := struct {
		Total     int      `json:"total"`
		Customers []listed `json:"customers"`
	}{Customers: []listed{}}
	for i := range world.Predictions {
		if tier != "" && world.Predictions[i].Tier != tier {
			continue
		}
		if out.Total >= offset && len(out.Customers) < limit {
			out.Customers = append(out.Customers, listedAt(world, i))
		}
		out.Total++
	}
	if !s.noted(w, r, didReadSome, detail{Count: len(out.Customers)}) {
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// customerID checks the id of a customer as it came in a request: text, without
// the blanks around.
func (s *Site) customerID(r *http.Request, text string) (string, error) {
	id := strings.TrimSpace(text)
	if id == "" || len(id) > 256 || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return "", problem{Status: http.StatusUnprocessableEntity, Field: "id", Message: s.t(r, "models.id")}
	}
	return id, nil
}

func (s *Site) apiCustomer(w http.ResponseWriter, r *http.Request, world *world.World) {
	id, err := s.customerID(r, r.PathValue("id"))
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	i := slices.Index(world.Set.IDs, id)
	if i < 0 {
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	e, err := explain(world, world.Matrix.RawRowView(i))
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	history, err := s.store.History(r.Context(), id)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	if !s.noted(w, r, didReadOne, detail{customer: id}) {
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"customer": listedAt(world, i), "explanation": e, "history": orEmpty(history)})
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Site) apiForget(w http.ResponseWriter, r *http.Request, _ *world.World) {
	id, err := s.customerID(r, r.PathValue("id"))
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	places, err := s.forget(r, id)
	if err == nil && places == 0 {
		err = errNotFound
	}
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"forgotten": places, "scrubbed": !s.unscrubbed.Load()})
}

func (s *Site) apiChart(w http.ResponseWriter, r *http.Request, world *world.World) {
	tier, err := tierOf(world, r.URL.Query().Get("tier"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, problem{Message: s.t(r, "api.tier", strings.Join(world.Set.Tiers, ", ")), Field: "tier"})
		return
	}
	items, err := s.gallery(r.Context(), world, tier, s.locales.of(r))
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	for _, item := range items {
		if item.Name == r.PathValue("name") {
			writeJSON(w, http.StatusOK, item.Chart)
			return
		}
	}
	s.fail(w, r, http.StatusNotFound, errNotFound)
}

func (s *Site) apiModels(w http.ResponseWriter, r *http.Request, _ *world.World) {
	list, err := s.listModels(r)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	left := 0
	if report := s.leftOut.Load(); report != nil {
		left = report.BadRows
	}
	writeJSON(w, http.StatusOK, map[string]any{"models": orEmpty(list), "customers_left_out": left})
}

func (s *Site) apiActivate(w http.ResponseWriter, r *http.Request, _ *world.World) {
	v, err := version(r)
	if err == nil {
		err = s.activate(r, v)
	}
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"active": int(v)})
}

func (s *Site) apiRollback(w http.ResponseWriter, r *http.Request, _ *world.World) {
	v, err := s.rollback(r)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"active": int(v)})
}

func (s *Site) apiRetrain(w http.ResponseWriter, r *http.Request, _ *world.World) {
	b, err := s.body(w, r, 1<<16)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	var q struct {
		AsOf     string `json:"as_of"`
		K        int    `json:"k"`
		Activate *bool  `json:"activate"`
		Note     string `json:"note"`

		MaxAge    json.Number `json:"max_age"`
		MaxIncome json.Number `json:"max_income"`
	}
	if len(bytes.TrimSpace(b)) > 0 {
		if err := json.Unmarshal(b, &q); err != nil {
			s.fail(w, r, http.StatusBadRequest, problem{Message: s.t(r, "api.body")})
			return
		}
	}
	values := map[string][]string{"as_of": {q.AsOf}, "k": {strconv.Itoa(q.K)}, "note": {q.Note}, "activate": {"yes"}, "max_age": {q.MaxAge.String()}, "max_income": {q.MaxIncome.String()}}
	if q.Activate != nil && !*q.Activate {
		values["activate"] = []string{""}
	}
	request, err := s.trainRequestOf(r, values)
	if err == nil {
		err = s.beginTraining(r, request)
	}
	if errors.Is(err, errBusy) {
		err = problem{Status: http.StatusConflict, Message: s.t(r, "models.done.busy")}
	}
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Location", "/api/v1/models/retrain")
	writeJSON(w, http.StatusAccepted, s.training(s.locales.of(r)))
}
