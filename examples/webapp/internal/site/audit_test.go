package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/testdata"
)

// What is read, uploaded and downloaded is in the audit log, with who did it; a
// customer is found by the number, which is not in it.
func TestAudit(t *testing.T) {
	a := start(t, Config{})
	id := a.Snapshot.Load().IDs[5]
	one := fmt.Sprint("/api/v1/customers/", id)
	a.get(t, one).want(t, 200)
	a.get(t, "/api/v1/customers/999999999").want(t, 404)
	a.get(t, "/api/v1/customers?limit=7").want(t, 200)
	if code, _ := a.json(t, "POST", "/api/v1/ask", `{"question":"similar customers","customer":`+goodJSON+`}`); code != 200 {
		t.Fatal(code)
	}
	chat := a.post(t, "/chat", url.Values{"question": {"average income by tier"}})
	chat.want(t, 200)
	path := chat.Request.URL.Path
	a.get(t, path+"/export.md").want(t, 200)
	a.post(t, path+"/delete", nil).want(t, 200)
	a.get(t, "/explore/table").want(t, 200)
	a.get(t, "/charts/products.csv").want(t, 200)
	a.get(t, "/models/1/file").want(t, 200)
	saved := a.post(t, "/explore", url.Values{"name": {"x"}, "mark": {"bar"}, "x": {"tier"}})
	saved.want(t, 200)
	a.post(t, saved.Request.URL.Path+"/delete", nil).want(t, 200)
	up := a.finished(t, a.upload(t, "c.csv", testdata.Customers).Request.URL.Path)
	a.get(t, up.Request.URL.Path+"/scored.csv").want(t, 200)

	want := []string{
		"chart deleted {}", `chart exported {"note":"products.csv"}`, "conversation deleted {}", "conversation exported {}", "customer read {mark}",
		`customers read {"count":10}`, `customers read {"count":7}`, "file uploaded {}", `model downloaded {"version":1}`, `scored file downloaded {"count":2000}`, fmt.Sprintf(`table exported {"count":%d}`, a.Snapshot.Load().Set.Len()),
	}
	var got []string
	for range 50 { // some are written a moment later
		deeds, err := a.Records.AuditEntries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = got[:0]
		for _, d := range deeds {
			if d.Who != anonymous {
				continue
			}
			detail := kept(t, d)
			if mark := service.CustomerHash(d.ID, id); detail == `{"customer":"`+mark+`"}` {
				detail = "{mark}"
			}
			got = append(got, d.What+" "+detail)
		}
		slices.Sort(got)
		if len(got) >= len(want) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Who read the customer?
	lines := func(query string) []any {
		code, body := a.json(t, "GET", "/api/v1/audit"+query, "")
		if code != 200 {
			t.Fatalf("the audit log is answered with %d %v", code, body)
		}
		list, _ := body["lines"].([]any)
		return list
	}
	if n := len(lines(fmt.Sprint("?customer=", id))); n != 1 {
		t.Errorf("the customer was read %d times, want 1", n)
	}
	if n := len(lines(fmt.Sprint("?customer=", id, "1"))); n != 0 {
		t.Errorf("another was read %d times", n)
	}
	if n := len(lines("?limit=2")); n != 2 {
		t.Errorf("two lines are %d", n)
	}
	// The page tells of changes, and of reading where it is asked.
	if r := a.get(t, "/models"); strings.Contains(r.body, "customer read") || !strings.Contains(r.body, "file uploaded") {
		t.Error("the page does not keep reading apart from changes")
	}
	a.get(t, "/models?audit=all").want(t, 200, "customer read", "scored file downloaded", "table of the chart maker read")
	// A customer who is forgotten is not in the log.
	if code, _ := a.json(t, "DELETE", one, ""); code != 200 {
		t.Fatal(code)
	}
	var details []string
	if err := a.Records.DB.Select(&details, "select detail from webapp_audit"); err != nil {
		t.Fatal(err)
	}
	for _, d := range details {
		if strings.Contains(d, fmt.Sprint(`"`, id, `"`)) {
			t.Errorf("after forgetting the log holds %s", d)
		}
	}
}

// What cannot be noted is not shown.
func TestAuditFails(t *testing.T) {
	a := start(t, Config{})
	if _, err := a.Records.DB.Exec("alter table webapp_audit rename to gone"); err != nil {
		t.Fatal(err)
	}
	id := a.Snapshot.Load().IDs[5]
	for _, path := range []string{fmt.Sprint("/api/v1/customers/", id), "/api/v1/customers", "/models/1/file"} {
		if r := a.get(t, path); r.StatusCode != 500 || strings.Contains(r.body, "spent") {
			t.Errorf("%s is answered with %s without an audit log: %.100s", path, r.Status, r.body)
		}
	}
	if code, _ := a.json(t, "POST", "/api/v1/ask", `{"question":"similar customers","customer":`+goodJSON+`}`); code != 500 {
		t.Errorf("a question that names customers is answered with %d", code)
	}
	if code, _ := a.json(t, "POST", "/api/v1/ask", `{"question":"average income by tier"}`); code != 200 {
		t.Errorf("one about nobody is answered with %d", code)
	}
}

// kept is the JSON of what a line of the audit log says besides.
func kept(t *testing.T, a service.AuditEntry) string {
	t.Helper()
	b, err := a.Detail.Value()
	if err != nil {
		t.Fatal(err)
	}
	return b.(string)
}
