package site

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
	"github.com/customer-personality/segmentation/store"
)

// openAPI describes the addresses below /api/v1/.
//
//go:embed openapi.json
var openAPI []byte

func (s *Site) apiDescription(r *request) error {
	r.w.Header().Set("Content-Type", "application/json")
	_, _ = r.w.Write(openAPI)
	return nil
}

func (s *Site) apiTraining(r *request) (service.TrainingStatus, error) {
	return s.trainingStatus(r.l), nil
}

// mostBatch bounds the customers of one prediction, and its body in bytes.
const (
	mostBatch      = 10_000
	mostBatchBytes = 4 << 20
)

// readBody reads the body of a request as JSON of at most n bytes.
func (r *request) readBody(n int64) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" {
			return nil, refuse(http.StatusUnsupportedMediaType, "", "api.type")
		}
	}
	b, err := io.ReadAll(http.MaxBytesReader(r.w, r.Body, n))
	return bytes.TrimSpace(b), unreadBody(err, "api.body")
}

// decodeCustomer reads the values of a customer, by column. A problem names the
// field.
func (r *request) decodeCustomer(raw json.RawMessage) ([]float64, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, refuse(http.StatusBadRequest, "", "api.object")
	}
	values, err := r.form().Decode(object)
	if wrong, ok := errors.AsType[*customerform.Error](err); ok {
		return nil, invalid(wrong.Column, wrong.Key, wrong.Args...)
	} else if err != nil {
		return nil, err
	}
	return r.snap.Row(values)
}

// apiPredict predicts for one customer, an object, or for many, a list.
func (s *Site) apiPredict(r *request) (any, error) {
	b, err := r.readBody(mostBatchBytes)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, []byte("[")) {
		customer, err := r.decodeCustomer(b)
		if err != nil {
			return nil, err
		}
		p, err := r.snap.Model.Predict(customer)
		if err != nil {
			return nil, err
		}
		return s.versioned(r, p)[0], nil
	}
	var list []json.RawMessage
	switch err := json.Unmarshal(b, &list); {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "", "api.body")
	case len(list) > mostBatch:
		return nil, refuse(http.StatusRequestEntityTooLarge, "", "api.batch", mostBatch)
	case len(list) == 0:
		return list, nil
	}
	x := mat.NewDense(len(list), len(r.snap.Model.Columns()), nil)
	for i, raw := range list {
		customer, err := r.decodeCustomer(raw)
		if err != nil {
			if p, ok := errors.AsType[*problem](err); ok {
				p.Row = &i
			}
			return nil, err
		}
		x.SetRow(i, customer)
	}
	predictions, err := r.snap.Model.PredictMatrix(r.Context(), x)
	return s.versioned(r, predictions...), err
}

// versionedPrediction is a prediction with the version of the model that made it.
type versionedPrediction struct {
	segment.Prediction
	version int
}

func (s *Site) versioned(r *request, predictions ...segment.Prediction) []versionedPrediction {
	var out []versionedPrediction
	for _, p := range predictions {
		s.Counts.Predictions.WithLabelValues(p.Tier).Inc()
		out = append(out, versionedPrediction{p, r.snap.Version})
	}
	return out
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
func (s *Site) apiAsk(r *request) (a ask.Answer, err error) {
	b, err := r.readBody(1 << 16)
	if err != nil {
		return a, err
	}
	var q struct {
		Question string          `json:"question"`
		Customer json.RawMessage `json:"customer"`
		Last     ask.Query       `json:"last"`
	}
	if err := json.Unmarshal(b, &q); err != nil {
		return a, refuse(http.StatusBadRequest, "", "api.body")
	}
	var customer []float64
	if len(q.Customer) > 0 && string(q.Customer) != "null" {
		if customer, err = r.decodeCustomer(q.Customer); err != nil {
			return a, err
		}
	}
	text := web.CleanText(q.Question, ask.MaxLength+1)
	if text == "" || len(text) > ask.MaxLength {
		return a, invalid("question", "api.question", ask.MaxLength)
	}
	return s.ask(r, text, ask.Options{Customer: customer, Last: q.Last})
}

// A listedDataset is a dataset as programs see it.
type listedDataset struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Customers int            `json:"customers"`
	Trained   bool           `json:"trained"`
	Columns   []listedColumn `json:"columns"`
}

type listedColumn struct {
	service.Column
	Role  string `json:"role"`
	Value string `json:"value,omitempty"`
}

// apiData lists the datasets.
func (s *Site) apiData(r *request) (map[string][]listedDataset, error) {
	out := []listedDataset{}
	models, err := s.Store.ListModels(r.Context())
	if err != nil {
		return nil, err
	}
	for _, d := range s.Listed() {
		l := listedDataset{d.ID, d.Name, d.Customers, d.IsTrained(models), nil}
		for _, c := range rowsOf(d.KeptData) {
			l.Columns = append(l.Columns, listedColumn{c.Column, c.Role, c.Value})
		}
		out = append(out, l)
	}
	return map[string][]listedDataset{"data": out}, nil
}

// apiTier returns the tier of the query, "" for all.
func (r *request) apiTier() (string, error) {
	tier, err := findTier(r.snap, r.URL.Query().Get("tier"))
	if err != nil {
		return "", refuse(http.StatusNotFound, "tier", "api.tier", strings.Join(r.snap.Tiers, ", "))
	}
	return tier, nil
}

// queryInt returns a number of the query from least to most, def where it is not
// given.
func (r *request) queryInt(name string, def, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "api.range", name, most)
	}
	return n, nil
}

func (s *Site) apiProfile(r *request) (any, error) {
	tier, err := r.apiTier()
	if err != nil {
		return nil, err
	}
	if tier == "" {
		return r.english().WithSentences(r.snap.Profile)
	}
	g, _ := r.snap.Profile.Group(tier)
	return r.english().WithSentences(g)
}

// english says facts in English, whatever language the program speaks.
func (r *request) english() narrate.Voice { return narrate.English(r.snap.Subjects.Words) }

// customerList is a page of customers.
type customerList struct {
	Total     int               `json:"total"`
	Customers []snapshot.Listed `json:"customers"`
}

func (s *Site) apiCustomers(r *request) (out customerList, err error) {
	tier, err := r.apiTier()
	if err != nil {
		return out, err
	}
	limit, err := r.queryInt("limit", 100, 0, 1000)
	if err != nil {
		return out, err
	}
	offset, err := r.queryInt("offset", 0, 0, math.MaxInt32)
	if err != nil {
		return out, err
	}
	out.Customers = []snapshot.Listed{}
	for i, p := range r.snap.Customers.Predictions {
		if tier != "" && p.Tier != tier {
			continue
		}
		if out.Total >= offset && len(out.Customers) < limit {
			out.Customers = append(out.Customers, r.snap.Listed(i))
		}
		out.Total++
	}
	return out, s.note(r, didReadSome, service.AuditDetail{Count: len(out.Customers)})
}

// customerID checks the id of a customer as it came in a request: text, without
// the blanks around.
func customerID(text string) (string, error) {
	id := strings.TrimSpace(text)
	if id == "" || len(id) > 256 || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return "", invalid("id", "models.id")
	}
	return id, nil
}

func (s *Site) apiCustomer(r *request) (map[string]any, error) {
	id, err := customerID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	i := slices.Index(r.snap.IDs, id)
	if i < 0 {
		return nil, errNotFound
	}
	e, err := r.snap.Explainer.Explain(r.Context(), r.snap.Customers.X.RawRowView(i))
	if err != nil {
		return nil, err
	}
	explanation, err := r.english().ExplanationJSON(e)
	if err != nil {
		return nil, err
	}
	var history []store.Score // of the campaign customers alone
	if r.set.ID == "" {
		if history, err = s.Store.History(r.Context(), id); err != nil {
			return nil, err
		}
	}
	return map[string]any{"customer": r.snap.Listed(i), "explanation": json.RawMessage(explanation), "history": orEmpty(history)},
		s.note(r, didReadOne, service.AuditDetail{Of: id})
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Site) apiForget(r *request) (map[string]any, error) {
	id, err := customerID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	places, err := s.forgetCustomer(r, id)
	if err == nil && places == 0 {
		err = errNotFound
	}
	return map[string]any{"forgotten": places, "scrubbed": !s.Unscrubbed.Load()}, err
}

func (s *Site) apiChart(r *request) (*chart.Chart, error) {
	c, _, err := s.galleryChart(r, r.PathValue("name"))
	return c, err
}

func (s *Site) apiModels(r *request) (map[string]any, error) {
	list, err := s.listModels(r)
	left := 0
	if report := s.LeftOut.Load(); report != nil {
		left = report.BadRows
	}
	return map[string]any{"models": orEmpty(list), "customers_left_out": left}, err
}

func (s *Site) apiRetrain(r *request) error {
	b, err := r.readBody(1 << 16)
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
	if len(b) > 0 {
		if err := json.Unmarshal(b, &q); err != nil {
			return refuse(http.StatusBadRequest, "", "api.body")
		}
	}
	values := url.Values{"as_of": {q.AsOf}, "k": {strconv.Itoa(q.K)}, "note": {q.Note}, "activate": {"yes"}, "max_age": {q.MaxAge.String()}, "max_income": {q.MaxIncome.String()}}
	if q.Activate != nil && !*q.Activate {
		values.Del("activate")
	}
	if err := s.beginTraining(r, values); err != nil {
		return err
	}
	r.w.Header().Set("Location", "/api/v1/models/retrain")
	return r.json(http.StatusAccepted, s.trainingStatus(r.l))
}
