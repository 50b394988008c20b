package site

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// openAPI describes the addresses below /api/v1/.
//
//go:embed openapi.json
var openAPI []byte

func (s *Site) apiDescription(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
	return nil
}

func (s *Site) apiTraining(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, http.StatusOK, s.trainingStatus(s.locales.of(r)))
}

// mostBatch bounds the customers of one prediction, and its body in bytes.
const (
	mostBatch      = 10_000
	mostBatchBytes = 4 << 20
)

// body reads the body of a request as JSON of at most n bytes.
func body(w http.ResponseWriter, r *http.Request, n int64) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" {
			return nil, refuse(http.StatusUnsupportedMediaType, "", "api.type")
		}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, n))
	return b, unreadBody(err, "api.body")
}

// decodeCustomer reads the five figures of a customer. A problem names the
// field.
func decodeCustomer(raw json.RawMessage) ([]float64, error) {
	invalid := func(field, key string, args ...any) ([]float64, error) {
		return nil, refuse(http.StatusUnprocessableEntity, field, key, args...)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, refuse(http.StatusBadRequest, "", "api.object")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(formFields, name) {
			return invalid(name, "api.unknown", name, strings.Join(formFields, ", "))
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
			return invalid(name, "api.missing", name)
		}
		var v float64
		if err := json.Unmarshal(value, &v); err != nil {
			return invalid(name, "api.number", name)
		}
		if key := checkNumber(name, v); key != "" {
			if key == "field.large" {
				return invalid(name, "api.large", name, limits[name].max)
			}
			return invalid(name, "api."+strings.TrimPrefix(key, "field."), name)
		}
		out[i] = v
	}
	return out, nil
}

// apiPredict predicts for one customer, an object, or for many, a list.
func (s *Site) apiPredict(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	b, err := body(w, r, mostBatchBytes)
	if err != nil {
		return err
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '[' {
		customer, err := decodeCustomer(b)
		if err != nil {
			return err
		}
		p, err := snap.Model.Predict(customer)
		if err != nil {
			return err
		}
		s.metrics.predictions.WithLabelValues(p.Tier).Inc()
		return writeJSON(w, http.StatusOK, versionedPrediction{p, snap.Version})
	}
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return refuse(http.StatusBadRequest, "", "api.body")
	}
	if len(list) > mostBatch {
		return refuse(http.StatusRequestEntityTooLarge, "", "api.batch", mostBatch)
	}
	out := make([]versionedPrediction, 0, len(list))
	if len(list) > 0 {
		x := mat.NewDense(len(list), len(features.TrainingColumns), nil)
		for i, raw := range list {
			customer, err := decodeCustomer(raw)
			if err != nil {
				if p, ok := errors.AsType[*problem](err); ok {
					p.Row = &i
				}
				return err
			}
			x.SetRow(i, customer)
		}
		predictions, err := snap.Model.PredictMatrix(r.Context(), x)
		if err != nil {
			return err
		}
		for _, p := range predictions {
			s.metrics.predictions.WithLabelValues(p.Tier).Inc()
			out = append(out, versionedPrediction{p, snap.Version})
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// versionedPrediction is a prediction with the version of the model that made it.
type versionedPrediction struct {
	segment.Prediction
	version int
}

// MarshalJSON adds the version.
func (p versionedPrediction) MarshalJSON() ([]byte, error) {
	b, err := p.Prediction.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(b[:len(b)-1], `,"model_version":%d}`, p.version), nil
}

// apiAsk answers a question, about a customer where one is given.
func (s *Site) apiAsk(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	b, err := body(w, r, 1<<16)
	if err != nil {
		return err
	}
	var q struct {
		Question string          `json:"question"`
		Customer json.RawMessage `json:"customer"`
	}
	if err := json.Unmarshal(b, &q); err != nil {
		return refuse(http.StatusBadRequest, "", "api.body")
	}
	var customer []float64
	if len(q.Customer) > 0 && string(q.Customer) != "null" {
		if customer, err = decodeCustomer(q.Customer); err != nil {
			return err
		}
	}
	text := cleanText(q.Question, ask.MaxLength+1)
	if text == "" || len(text) > ask.MaxLength {
		return refuse(http.StatusUnprocessableEntity, "question", "api.question", ask.MaxLength)
	}
	a, err := s.ask(r, snap, text, customer)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a)
}

// apiTier returns the tier of the query, "" for all.
func apiTier(r *http.Request, snap *snapshot.Snapshot) (string, error) {
	tier, err := findTier(snap, r.URL.Query().Get("tier"))
	if err != nil {
		return "", refuse(http.StatusNotFound, "tier", "api.tier", strings.Join(snap.Tiers, ", "))
	}
	return tier, nil
}

// queryInt returns a number of the query from least to most, def where it is not
// given.
func queryInt(q url.Values, name string, def, least, most int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse(http.StatusUnprocessableEntity, name, "api.range", name, most)
	}
	return n, nil
}

func (s *Site) apiProfile(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	tier, err := apiTier(r, snap)
	if err != nil {
		return err
	}
	if tier == "" {
		return writeProfile(w, snap.Profile)
	}
	g, _ := snap.Profile.Group(tier)
	return writeProfile(w, g)
}

// writeProfile writes a profile or a group of one, each statement with its
// sentence in English.
func writeProfile(w http.ResponseWriter, profile any) error {
	b, err := json.Marshal(profile)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if err := addSentences(v, narrate.English(features.CampaignWords())); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

// addSentences adds the sentences of all statements in a JSON value.
func addSentences(v any, voice narrate.Voice) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := addSentences(e, voice); err != nil {
				return err
			}
		}
	case map[string]any:
		list, _ := v["statements"].([]any)
		for _, e := range list {
			b, err := json.Marshal(e)
			if err != nil {
				return err
			}
			var s insight.Statement
			if err := s.UnmarshalJSON(b); err != nil {
				return err
			}
			e.(map[string]any)["sentence"] = voice.Statement(s)
		}
		for _, e := range v {
			if err := addSentences(e, voice); err != nil {
				return err
			}
		}
	}
	return nil
}

// A listedCustomer has the figures that it was scored by.
type listedCustomer struct {
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

func listedAt(w *snapshot.Snapshot, i int) listedCustomer {
	v := w.Customers.X.RawRowView(i)
	p := w.Customers.Predictions[i]
	c := listedCustomer{ID: w.IDs[i], Age: v[0], Spent: v[1], Tenure: v[2], Children: v[3], Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance}
	if v[4] == v[4] {
		c.Income = &v[4]
	}
	customer := w.Customers.Table.Customer(i)
	c.Warnings = orEmpty(segmentation.Warnings(w.Model, p, &customer, features.AsOf(w.Customers.Table.AsOf())))
	return c
}

func (s *Site) apiCustomers(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	q := r.URL.Query()
	tier, err := apiTier(r, snap)
	if err != nil {
		return err
	}
	limit, err := queryInt(q, "limit", 100, 0, 1000)
	if err != nil {
		return err
	}
	offset, err := queryInt(q, "offset", 0, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	out := struct {
		Total     int              `json:"total"`
		Customers []listedCustomer `json:"customers"`
	}{Customers: []listedCustomer{}}
	for i := range snap.Customers.Predictions {
		if tier != "" && snap.Customers.Predictions[i].Tier != tier {
			continue
		}
		if out.Total >= offset && len(out.Customers) < limit {
			out.Customers = append(out.Customers, listedAt(snap, i))
		}
		out.Total++
	}
	if err := s.note(r, didReadSome, auditDetail{Count: len(out.Customers)}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// customerID checks the id of a customer as it came in a request: text, without
// the blanks around.
func customerID(text string) (string, error) {
	id := strings.TrimSpace(text)
	if id == "" || len(id) > 256 || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return "", refuse(http.StatusUnprocessableEntity, "id", "models.id")
	}
	return id, nil
}

func (s *Site) apiCustomer(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	id, err := customerID(r.PathValue("id"))
	if err != nil {
		return err
	}
	i := slices.Index(snap.IDs, id)
	if i < 0 {
		return errNotFound
	}
	e, err := snap.Explainer.Explain(snap.Customers.X.RawRowView(i))
	if err != nil {
		return err
	}
	explanation, err := narrate.English(features.CampaignWords()).ExplanationJSON(e)
	if err != nil {
		return err
	}
	history, err := s.store.History(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.note(r, didReadOne, auditDetail{customer: id}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"customer": listedAt(snap, i), "explanation": json.RawMessage(explanation), "history": orEmpty(history)})
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Site) apiForget(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	id, err := customerID(r.PathValue("id"))
	if err != nil {
		return err
	}
	places, err := s.forget(r, id)
	if err == nil && places == 0 {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"forgotten": places, "scrubbed": !s.unscrubbed.Load()})
}

func (s *Site) apiChart(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	tier, err := apiTier(r, snap)
	if err != nil {
		return err
	}
	item, err := s.galleryItem(r, snap, tier, r.PathValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, item.Chart)
}

func (s *Site) apiModels(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	list, err := s.listModels(r)
	if err != nil {
		return err
	}
	left := 0
	if report := s.leftOut.Load(); report != nil {
		left = report.BadRows
	}
	return writeJSON(w, http.StatusOK, map[string]any{"models": orEmpty(list), "customers_left_out": left})
}

func (s *Site) apiRetrain(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	b, err := body(w, r, 1<<16)
	if err != nil {
		return err
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
			return refuse(http.StatusBadRequest, "", "api.body")
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
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/models/retrain")
	return writeJSON(w, http.StatusAccepted, s.trainingStatus(s.locales.of(r)))
}
