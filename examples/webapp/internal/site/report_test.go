package site

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// TestReport: the report on the customers, of any kind, has a cover and the figures that
// the database has; it is written once, and ends with its request.
func TestReport(t *testing.T) {
	a := start(t, Config{})
	id := a.trainSet(t, "mall.csv", mall(90))
	a.get(t, "/charts").want(t, 200, `href="/report.pdf?data=`)
	a.get(t, "/data").want(t, 200, `href="/report.pdf?data="`, `href="/report.pdf?data=`+id+`"`)

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", a.server.URL+"/report.pdf?data=", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := a.client.Do(request); err == nil {
		_ = r.Body.Close()
		t.Logf("the report was ready in 300 ms: %s", r.Status)
	}

	texts := map[string]string{}
	for _, set := range []string{"", id} {
		begun := time.Now()
		first := a.get(t, "/report.pdf?data="+set)
		first.want(t, 200, "%PDF-")
		t.Logf("%d bytes in %v", len(first.body), time.Since(begun))
		begun = time.Now()
		if again := a.get(t, "/report.pdf?data="+set); again.body != first.body || time.Since(begun) > time.Second {
			t.Errorf("the same report is written anew, in %v", time.Since(begun))
		}
		if kind := first.Header.Get("Content-Type"); kind != "application/pdf" || len(first.body) > 1<<20 {
			t.Errorf("%d bytes of %s", len(first.body), kind)
		}
		texts[set] = first.body
	}
	a.get(t, "/models?audit=all").want(t, 200, "report downloaded")
	a.get(t, "/report.pdf?data=none").want(t, 404)

	var tiers []struct {
		Tier  string
		N     int
		Spent float64
	}
	if err := a.Store.DB().Select(&tiers, `select tier, count(*) as n, avg(spent) as spent from `+a.Store.Tables().Merged+` group by tier`); err != nil {
		t.Fatal(err)
	}
	read := testenv.PDFText(t, []byte(texts[""]))
	want := []string{"Model version 1", "Data: the customers in the database", "As of 1 January 2015", "Written on " + time.Now().Format("2 January 2006"), "What is doubtful", "Dropped 12 rows"}
	for _, tier := range tiers {
		want = append(want, fmt.Sprintf("%s %d customers", tier.Tier, tier.N), a.locales.All()[0].Number(tier.Spent, 0)+" spent per customer")
	}
	for set, text := range texts {
		if strings.Contains(testenv.PDFText(t, []byte(text)), "Read 0 customers") {
			t.Errorf("the report on %q tells of a file that it does not know", set)
		}
	}
	for _, said := range want {
		if !strings.Contains(read, said) {
			t.Errorf("the report does not say %q", said)
		}
	}
	if of := testenv.PDFText(t, []byte(texts[id])); !strings.Contains(of, "Data: mall.csv") && !strings.Contains(of, "Data: mall") || !strings.Contains(of, "90 customers fall into") {
		t.Errorf("the report on a data set: %.600s", of)
	}
}
