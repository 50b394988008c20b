package site

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// A page is in the language of the browser until its reader chooses another, on any page,
// which stays the page that it was; numbers are read as that language writes them.
func TestLanguages(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := *shared(t) // with cookies of its own
	a.client = &http.Client{Jar: jar}
	american := []string{"Accept-Language", "en-US,en;q=0.9"}

	german := a.do(t, "GET", "/", "", "", "Accept-Language", "de-AT,de;q=0.9,en;q=0.8")
	german.want(t, 200, `<html lang="de"`, "Zu welcher Stufe gehört dieser Kunde?", `href="/?lang=en" lang="en" hreflang="en">English`, `hreflang="de" aria-current="true">Deutsch`)
	if h := german.Header; h.Get("Content-Language") != "de" || !strings.Contains(strings.Join(h.Values("Vary"), ", "), "Accept-Language, Cookie") {
		t.Errorf("the headers are %v", h)
	}
	a.do(t, "GET", "/charts?tier=Gold", "", "", american...).want(t, 200, `<html lang="en"`, "What Gold customers are", `href="/charts?lang=de&amp;tier=Gold"`)

	chosen := a.do(t, "GET", "/charts?tier=Gold&lang=de", "", "", american...)
	chosen.want(t, 200, `<html lang="de"`, "Was Gold-Kunden ausmacht", `href="/charts?lang=en&amp;tier=Gold"`)
	if at := chosen.Request.URL.RequestURI(); at != "/charts?tier=Gold" {
		t.Errorf("choosing German leads to %s", at)
	}
	a.do(t, "GET", "/models", "", "", american...).want(t, 200, "Neu trainieren")
	a.do(t, "GET", "/models?lang=fr", "", "", american...).want(t, 200, "Neu trainieren")
	form := url.Values{"income": {"58.138"}, "age": {"57"}, "spent": {"1.617,5"}, "tenure": {"28"}, "children": {"0"}}
	const kind = "application/x-www-form-urlencoded"
	a.do(t, "POST", "/predict", kind, form.Encode(), american...).want(t, 200, "58.138", "1.618")
	form.Set("income", "58,138") // 58 Euro, as Germans write it, or what an American means
	wrong := a.do(t, "POST", "/predict", kind, form.Encode(), append(american, "Referer", a.server.URL+"/?age=57")...)
	wrong.want(t, 422, "Jahreseinkommen: Diese Zahl lässt sich auf zwei Arten lesen.", `href="/?age=57&amp;lang=en"`)
	csv := a.do(t, "GET", "/charts/sizes.csv", "", "", american...)
	csv.want(t, 200, "Stufe")
	if vary := csv.Header.Values("Vary"); !strings.Contains(strings.Join(vary, ", "), "Cookie") {
		t.Errorf("a file varies by %v", vary)
	}
	a.do(t, "GET", "/no?x=1", "", "", american...).want(t, 404, "Unter dieser Adresse gibt es nichts.", `href="/no?lang=en&amp;x=1"`)
	if at := a.do(t, "GET", "/api/v1/profile?lang=en", "", "", american...).Request.URL.RawQuery; at != "lang=en" {
		t.Errorf("a program is led to %q", at)
	}

	a.do(t, "GET", "/no?lang=en", "", "", "Accept-Language", "de").want(t, 404, "There is nothing at this address.")
	a.do(t, "GET", "/models", "", "", "Accept-Language", "de").want(t, 200, "Train again")
}
