package site

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment"
)

const goodJSON = `{"income":58138,"age":57,"spent":1617,"tenure":28,"children":0}`

func TestPredictAPI(t *testing.T) {
	a := shared(t)
	code, one := a.json(t, "POST", "/api/v1/predict", goodJSON)
	if code != 200 || one["tier"] != "Platinum" || one["cluster"] != 0.0 || one["model_version"] != 1.0 {
		t.Errorf("the answer is %d, %v", code, one)
	}
	if _, ok := one["margin"].(float64); !ok {
		t.Errorf("margin is %v", one["margin"])
	}
	code, one = a.json(t, "POST", "/api/v1/predict", `{"age":57,"spent":1617,"tenure":28,"children":0}`)
	if code != 200 || !strings.Contains(fmt.Sprint(one["warnings"]), "income") {
		t.Errorf("without an income the answer is %d, %v; a warning must say that it was imputed", code, one)
	}
	// Warnings have a kind, a column and a sentence, for one customer and in a batch.
	const odd = `{"age":20,"spent":1617,"tenure":110,"children":0}`
	var warned struct{ Warnings []segment.Warning }
	for _, body := range []string{odd, "[" + goodJSON + "," + odd + "]"} {
		r := a.do(t, "POST", "/api/v1/predict", "application/json", body)
		answer := r.body
		if body[0] == '[' {
			var list []json.RawMessage
			if err := json.Unmarshal([]byte(answer), &list); err != nil || len(list) != 2 || !strings.Contains(string(list[0]), `"warnings":[]`) {
				t.Fatalf("%s (%v)", answer, err)
			}
			answer = string(list[1])
		}
		if err := json.Unmarshal([]byte(answer), &warned); err != nil || len(warned.Warnings) != 3 {
			t.Fatalf("%s (%v)", answer, err)
		}
		for i, want := range []segment.Warning{{Kind: segment.OutsideTraining, Column: "age", Value: 20}, {Kind: segment.OutsideTraining, Column: "tenure", Value: 110}, {Kind: segment.MissingImputed, Column: "income"}} {
			got := warned.Warnings[i]
			if got.Kind != want.Kind || got.Column != want.Column || want.Value != 0 && got.Value != want.Value || !strings.Contains(answer, `"text":"`+got.String()+`"`) {
				t.Errorf("warning %d is %+v, want %+v: %s", i, got, want, answer)
			}
		}
	}
	r := a.do(t, "POST", "/api/v1/predict", "application/json", "["+goodJSON+","+goodJSON+"]")
	r.want(t, 200)
	var list []map[string]any
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list) != 2 || list[1]["tier"] != "Platinum" {
		t.Errorf("the batch gives %s, %v", r.body, err)
	}
	a.do(t, "POST", "/api/v1/predict", "application/json", "[]").want(t, 200, "[]")

	for _, test := range []struct {
		body   string
		status int
		field  string
	}{
		{``, 400, ""}, {`{`, 400, ""}, {`null`, 400, ""}, {`"text"`, 400, ""}, {`[1]`, 400, ""}, {`[`, 400, ""}, {`{}`, 422, "age"},
		{`{"income":1,"age":-1,"spent":1,"tenure":1,"children":0}`, 422, "age"},
		{`{"income":-1,"age":1,"spent":1,"tenure":1,"children":0}`, 422, "income"},
		{`{"income":1,"age":"old","spent":1,"tenure":1,"children":0}`, 422, "age"},
		{`{"income":1,"age":1,"spent":1e999,"tenure":1,"children":0}`, 422, "spent"},
		{`{"income":1,"age":1,"spent":1,"tenure":1.5,"children":0}`, 422, "tenure"},
		{`{"income":1,"age":1,"spent":1,"tenure":1,"children":99}`, 422, "children"},
		{`{"income":1,"age":1,"spent":null,"tenure":1,"children":0}`, 422, "spent"},
		{`{"income":1,"age":1,"spent":1,"tenure":1,"children":0,"shoe":1}`, 422, "shoe"},
		{`{"income":1,"age":{"$gt":0},"spent":1,"tenure":1,"children":0}`, 422, "age"},
		{`{"income":1,"age":[1],"spent":1,"tenure":1,"children":0}`, 422, "age"},
		{`{"income":1,"age":true,"spent":1,"tenure":1,"children":0}`, 422, "age"},
	} {
		code, body := a.json(t, "POST", "/api/v1/predict", test.body)
		field, _ := body["field"].(string)
		if message, _ := body["error"].(string); code != test.status || field != test.field || message == "" || !strings.HasSuffix(message, ".") {
			t.Errorf("%s is answered with %d, %v; want %d and the field %q", test.body, code, body, test.status, test.field)
		}
	}
	code, body := a.json(t, "POST", "/api/v1/predict", "["+goodJSON+`,{"age":-1}]`)
	if code != 422 || body["row"] != 1.0 || body["field"] != "age" {
		t.Errorf("a bad row is answered with %d, %v; want row 1 and the field age", code, body)
	}
	a.do(t, "POST", "/api/v1/predict", "text/xml", goodJSON).want(t, 415)
	a.do(t, "POST", "/api/v1/predict", "application/json", "["+strings.Repeat(" ", mostBatchBytes)+"]").want(t, 413)
	a.do(t, "POST", "/api/v1/predict", "application/json", "["+strings.Repeat("{},", mostBatch)+"{}]").want(t, 413)
	a.do(t, "POST", "/api/v1/predict", "application/json", strings.Repeat(`{"a":`, 20000)).want(t, 400)
	a.do(t, "GET", "/api/v1/predict", "", "").want(t, 405)
	a.do(t, "GET", "/api/v1/nothing", "", "").want(t, 404)
}

func TestOtherAPI(t *testing.T) {
	a := shared(t)
	code, answer := a.json(t, "POST", "/api/v1/ask", `{"question":"what if income were 70000?","customer":`+goodJSON+`}`)
	if code != 200 || answer["understood"] != true {
		t.Errorf("the answer is %d, %v", code, answer)
	}
	for body, status := range map[string]int{`{"question":"weather"}`: 200, `{"question":""}`: 422, `{}`: 422, `{`: 400, `{"question":1}`: 400, `{"question":"Why?","customer":{"age":-1}}`: 422,
		`{"question":"` + strings.Repeat("a", 401) + `"}`: 422} {
		if code, v := a.json(t, "POST", "/api/v1/ask", body); code != status {
			t.Errorf("%.60s is answered with %d, %v; want %d", body, code, v, status)
		}
	}
	for path, status := range map[string]int{
		"/api/v1/profile": 200, "/api/v1/profile?tier=GOLD": 200, "/api/v1/profile?tier=x": 404, "/api/v1/customers?limit=2&tier=Gold": 200, "/api/v1/customers?limit=-1": 422,
		"/api/v1/customers?limit=9999": 422, "/api/v1/customers?offset=x": 422, "/api/v1/customers/x": 404, "/api/v1/customers/%20": 422, "/api/v1/customers/999999999": 404, "/api/v1/models": 200,
		"/api/v1/models/retrain": 200, "/api/v1/charts/elbow": 200, "/api/v1/charts/elbow?tier=x": 404, "/api/v1/charts/x": 404, "/api/v1/openapi.json": 200,
	} {
		if code, v := a.json(t, "GET", path, ""); code != status {
			t.Errorf("%s is answered with %d, %v; want %d", path, code, v, status)
		}
	}
	_, all := a.json(t, "GET", "/api/v1/customers?limit=1000", "")
	if said := fmt.Sprint(all["customers"]); strings.Count(said, "kind:missing_imputed") == 0 {
		t.Error("no customer of the list has a warning on a missing income")
	}
	_, page := a.json(t, "GET", "/api/v1/customers?limit=2&offset=1&tier=Gold", "")
	if list, _ := page["customers"].([]any); len(list) != 2 || page["total"].(float64) < 100 {
		t.Errorf("the page is %v", page)
	}
	if code, _ := a.json(t, "POST", "/api/v1/models/retrain", `{"as_of":"x"}`); code != 422 {
		t.Errorf("a bad day is answered with %d", code)
	}
}

// The description and the server know the same addresses, and what the server
// answers has the shape that is described.
func TestOpenAPI(t *testing.T) {
	doc := readDescription(t)
	missing := doc.checkRoutes(t)
	a := start(t, Config{})
	if _, err := a.Train(t.Context(), service.TrainRequest{AsOf: a.Snapshot.Load().Customers.Table.AsOf(), K: 2}, nil); err != nil {
		t.Fatal(err)
	}
	mall := a.bring(t, "mall.csv", mall(90))
	a.post(t, mall, a.rolesForm(t, mall)).want(t, 200)
	a.trained(t)
	answers := map[int]int{}
	for _, test := range apiRequests(strings.TrimPrefix(mall, "/data/"), a.Snapshot.Load().IDs[3]) {
		missing = slices.DeleteFunc(missing, func(o string) bool { return o == test.method+" "+test.template })
		t.Run(test.method+" "+test.path, func(t *testing.T) { answers[doc.checkAnswer(t, a, test)]++ })
	}
	if len(missing) > 0 {
		t.Errorf("nobody tried %v", missing)
	}
	for _, code := range []int{200, 202, 400, 404, 409, 422} {
		if answers[code] == 0 {
			t.Errorf("no answer had the status %d", code)
		}
	}
}

func readDescription(t *testing.T) (doc description) {
	t.Helper()
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("the version is %q", doc.OpenAPI)
	}
	return doc
}

// checkRoutes checks that what is described is served, and the reverse, and returns it.
func (doc description) checkRoutes(t *testing.T) []string {
	t.Helper()
	var described []string
	for path, methods := range doc.Paths {
		for method, o := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			if o.Summary == "" || len(o.Responses) == 0 {
				t.Errorf("%s %s has no summary or no responses", method, path)
			}
		}
	}
	var served []string
	for _, route := range shared(t).routes() {
		if strings.Contains(route.pattern, " /api/") {
			served = append(served, route.pattern)
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described are\n%s\nand served\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
	return served
}

// An apiRequest is a request to the address of a template.
type apiRequest struct{ method, path, template, body string }

// apiRequests are requests about a dataset and about a customer of the campaign, in
// their order.
func apiRequests(set, id string) []apiRequest {
	return []apiRequest{
		{"POST", "/api/v1/predict", "/api/v1/predict", goodJSON},
		{"POST", "/api/v1/predict", "/api/v1/predict", "[" + goodJSON + "]"},
		{"POST", "/api/v1/predict", "/api/v1/predict", `{"age":20,"spent":1617,"tenure":110,"children":0}`}, // with warnings
		{"POST", "/api/v1/predict", "/api/v1/predict", `{"age":-1}`},
		{"POST", "/api/v1/predict", "/api/v1/predict", `{`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"average income by tier"}`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":""}`},
		{"GET", "/api/v1/data", "/api/v1/data", ""},
		{"POST", "/api/v1/predict?data=" + set, "/api/v1/predict", `{"Gender":"Male","Age":30,"Annual Income (k$)":40,"Spending Score (1-100)":50}`},
		{"POST", "/api/v1/predict?data=" + set, "/api/v1/predict", `{"Gender":"x","Age":30,"Annual Income (k$)":40,"Spending Score (1-100)":50}`},
		{"GET", "/api/v1/profile?data=" + set, "/api/v1/profile", ""},
		{"GET", "/api/v1/customers?limit=3&data=" + set, "/api/v1/customers", ""},
		{"GET", "/api/v1/customers/0004?data=" + set, "/api/v1/customers/{id}", ""},
		{"GET", "/api/v1/charts/words-1?data=" + set, "/api/v1/charts/{name}", ""},
		{"GET", "/api/v1/models?data=nobody", "/api/v1/models", ""},
		{"GET", "/api/v1/models?data=" + set, "/api/v1/models", ""},
		{"GET", "/api/v1/profile", "/api/v1/profile", ""},
		{"GET", "/api/v1/profile?tier=Gold", "/api/v1/profile", ""},
		{"GET", "/api/v1/profile?tier=x", "/api/v1/profile", ""},
		{"GET", "/api/v1/segments/gold", "/api/v1/segments/{tier}", ""},
		{"GET", "/api/v1/segments/Silver?data=" + set, "/api/v1/segments/{tier}", ""},
		{"GET", "/api/v1/segments/x", "/api/v1/segments/{tier}", ""},
		{"GET", "/api/v1/customers?limit=3", "/api/v1/customers", ""},
		{"GET", "/api/v1/customers/" + id, "/api/v1/customers/{id}", ""},
		{"GET", "/api/v1/customers/999999999", "/api/v1/customers/{id}", ""},
		{"DELETE", "/api/v1/customers/999999999", "/api/v1/customers/{id}", ""},
		{"GET", "/api/v1/charts/products", "/api/v1/charts/{name}", ""},
		{"GET", "/api/v1/charts/map?tier=Gold&where=education:is:PhD&where=income:over:50000", "/api/v1/charts/{name}", ""},
		{"GET", "/api/v1/charts/map?where=shoe:is:x", "/api/v1/charts/{name}", ""},
		{"GET", "/api/v1/models", "/api/v1/models", ""},
		{"GET", "/api/v1/audit", "/api/v1/audit", ""},
		{"GET", "/api/v1/audit?limit=0", "/api/v1/audit", ""},
		{"GET", "/api/v1/models/retrain", "/api/v1/models/retrain", ""},
		{"POST", "/api/v1/models/99/activate", "/api/v1/models/{version}/activate", ""},
		{"POST", "/api/v1/models/rollback", "/api/v1/models/rollback", ""}, // to nothing
		{"POST", "/api/v1/models/2/activate", "/api/v1/models/{version}/activate", ""},
		{"POST", "/api/v1/models/rollback", "/api/v1/models/rollback", ""},
		{"POST", "/api/v1/models/retrain", "/api/v1/models/retrain", `{"k":-1}`},
		{"POST", "/api/v1/models/retrain", "/api/v1/models/retrain", `{`},
		{"DELETE", "/api/v1/customers/" + id, "/api/v1/customers/{id}", ""},
		{"POST", "/api/v1/models/retrain", "/api/v1/models/retrain", `{"k":2,"as_of":"2015-01-01","activate":false,"note":"by the test"}`},
		{"POST", "/api/v1/models/retrain", "/api/v1/models/retrain", `{}`}, // while that goes on
		{"GET", "/api/v1/openapi.json", "/api/v1/openapi.json", ""},
	}
}

// checkAnswer checks the answer to a request against its description, and returns its
// status.
func (doc description) checkAnswer(t *testing.T, a *app, test apiRequest) int {
	r := a.do(t, test.method, test.path, "application/json", test.body)
	operation := doc.Paths[test.template][strings.ToLower(test.method)]
	response, ok := operation.Responses[fmt.Sprint(r.StatusCode)]
	if !ok {
		t.Fatalf("it answers %d, which is not described", r.StatusCode)
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatal(err)
	}
	resolve := func(name string) schema { return doc.Components.Schemas[name] }
	if err := response.Content["application/json"].Schema.check(v, resolve, "$"); err != nil {
		t.Errorf("with status %d: %v", r.StatusCode, err)
	}
	return r.StatusCode
}

// description is the part of an OpenAPI document that is compared.
type description struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		Summary   string `json:"summary"`
		Responses map[string]struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

// schema is the part of JSON Schema that the description uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	OneOf      []schema          `json:"oneOf"`
	Enum       []string          `json:"enum"`
	Closed     *bool             `json:"additionalProperties"`
}

func (s schema) check(v any, resolve func(string) schema, at string) error {
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		target := resolve(name)
		if target.Type == nil && target.OneOf == nil {
			return fmt.Errorf("%s: there is no schema %s", at, name)
		}
		return target.check(v, resolve, at)
	}
	if len(s.OneOf) > 0 {
		var errs []string
		for _, o := range s.OneOf {
			err := o.check(v, resolve, at)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s fits none: %s", at, strings.Join(errs, "; "))
	}
	kind := map[bool]string{true: "null"}[v == nil]
	switch x := v.(type) {
	case string:
		kind = "string"
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, x) {
			return fmt.Errorf("%s is %q, which is not among %v", at, x, s.Enum)
		}
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if x == float64(int64(x)) && fmt.Sprint(s.Type) == "integer" {
			kind = "integer"
		}
	case []any:
		kind = "array"
		if s.Items != nil {
			for i, item := range x {
				if err := s.Items.check(item, resolve, fmt.Sprintf("%s[%d]", at, i)); err != nil {
					return err
				}
			}
		}
	case map[string]any:
		kind = "object"
		for _, name := range s.Required {
			if _, ok := x[name]; !ok {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
		}
		for name, value := range x {
			p, ok := s.Properties[name]
			if !ok {
				if s.Closed != nil && !*s.Closed {
					return fmt.Errorf("%s.%s is not described", at, name)
				}
				continue
			}
			if err := p.check(value, resolve, at+"."+name); err != nil {
				return err
			}
		}
	}
	if s.Type != nil && !slices.Contains(strings.Fields(strings.Trim(fmt.Sprint(s.Type), "[]")), kind) {
		return fmt.Errorf("%s is %s; %v is described", at, kind, s.Type)
	}
	return nil
}

// FuzzCustomer feeds the decoder of the API: what it takes is a customer.
func FuzzCustomer(f *testing.F) {
	a := shared(f)
	f.Add([]byte(goodJSON))
	f.Add([]byte(`{"age":1e400}`))
	r := &request{snap: a.Snapshot.Load(), l: a.locales.of("")}
	f.Fuzz(func(t *testing.T, data []byte) {
		customer, err := r.decodeCustomer(data)
		if err != nil {
			if _, ok := err.(*problem); !ok {
				t.Errorf("the error %v is no problem", err)
			}
			return
		}
		if _, err := a.Snapshot.Load().Model.Predict(customer); err != nil {
			t.Errorf("%s is taken as %v, and then %v", data, customer, err)
		}
	})
}

// BenchmarkPredict answers requests of one and of a thousand customers, in JSON and from the
// form, without a network: go test -bench Predict ./examples/webapp/internal/site
func BenchmarkPredict(b *testing.B) {
	handler := shared(b).Handler()
	for _, test := range []struct{ name, path, kind, body string }{
		{"one", "/api/v1/predict", "application/json", goodJSON},
		{"thousand", "/api/v1/predict", "application/json", "[" + strings.Repeat(goodJSON+",", 999) + goodJSON + "]"},
		{"check", "/predict/check", "application/x-www-form-urlencoded", goodForm.Encode()},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "http://localhost"+test.path, strings.NewReader(test.body))
				r.Header.Set("Content-Type", test.kind)
				r.Header.Set("Accept", "application/json")
				w := httptest.NewRecorder()
				if handler.ServeHTTP(w, r); w.Code != 200 {
					b.Fatalf("%d: %s", w.Code, w.Body)
				}
			}
		})
	}
}
