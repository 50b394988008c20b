package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

var languages = []string{"en", "de"}

func TestAcceptLanguage(t *testing.T) {
	for _, test := range []struct{ header, chosen, want string }{
		{"", "", ""}, {"fr, en;q=0.5", "", "fr, en;q=0.5"},
		{"", "de", "de"}, {"en-US,en;q=0.9", "de", "de"}, {"fr", "en", "en"}, {";;;", "de", "de"},
		{"de-CH,de;q=0.9,en;q=0.8", "de", "de-CH,de;q=0.9,en;q=0.8"}, // with the region
		{"en-GB", "fr", "en-GB"}, {"en-GB", "../de", "en-GB"},        // no language of ours
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", test.header)
		if test.chosen != "" {
			r.AddCookie(&http.Cookie{Name: "lang", Value: test.chosen})
		}
		if got := AcceptLanguage(r, languages); got != test.want {
			t.Errorf("%q with %q chosen is %q, want %q", test.header, test.chosen, got, test.want)
		}
	}
}

// A language is chosen by the address of any page, which comes again without it, on this
// host; addresses without one, and forms, choose none.
func TestChooseLanguage(t *testing.T) {
	for _, test := range []struct{ method, address, to string }{
		{"GET", "/charts?tier=Gold&data=&lang=de", "/charts?data=&tier=Gold"}, {"GET", "/?lang=en", "/"}, {"GET", "//evil.example/a?lang=de", "/evil.example/a"},
		{"GET", "/charts?lang=fr", ""}, {"GET", "/charts?lang=", ""}, {"GET", "/charts?tier=de", ""}, {"POST", "/charts?lang=de", ""}, {"HEAD", "/charts?lang=de", ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(test.method, "/", nil)
		r.URL, _ = r.URL.Parse("http://here" + test.address)
		chosen := ChooseLanguage(w, r, languages, true)
		if chosen != (test.to != "") || w.Header().Get("Location") != test.to {
			t.Errorf("%s %s leads to %q (%v), want %q", test.method, test.address, w.Header().Get("Location"), chosen, test.to)
		}
		cookies := w.Result().Cookies()
		if chosen && (len(cookies) != 1 || cookies[0].Value != r.URL.Query().Get("lang") || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].MaxAge <= 0 || cookies[0].SameSite != http.SameSiteLaxMode) {
			t.Errorf("%s sets %v", test.address, cookies)
		}
		if !chosen && len(cookies) > 0 {
			t.Errorf("%s sets %v", test.address, cookies)
		}
	}
}

func TestInLanguage(t *testing.T) {
	for _, test := range []struct{ method, address, referer, want string }{
		{"GET", "/charts?tier=Gold&lang=en", "", "/charts?lang=de&tier=Gold"}, {"HEAD", "/", "", "/?lang=de"}, {"GET", "//evil.example/", "", "/evil.example/?lang=de"},
		{"POST", "/predict", "http://example.com/?age=7", "/?age=7&lang=de"}, {"POST", "/predict", "http://evil.example/x", "/?lang=de"}, {"POST", "/predict", "", "/?lang=de"}, {"POST", "/predict", "http://example.com//evil.example", "/evil.example?lang=de"},
	} {
		r := httptest.NewRequest(test.method, "http://example.com/", nil)
		r.URL, _ = r.URL.Parse("http://example.com" + test.address)
		r.Header.Set("Referer", test.referer)
		if got := InLanguage(r, "de"); got != test.want {
			t.Errorf("%s %s from %q is %q, want %q", test.method, test.address, test.referer, got, test.want)
		}
	}
}
