package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// languageName is the name of the language that a reader has chosen, as a cookie and in
// the query of the address that chooses it.
const languageName = "lang"

// AcceptLanguage returns the Accept-Language header of a request, or only the language
// that its reader has chosen, one of languages such as de. A header whose first language
// is the chosen one stays: it may have the region too.
func AcceptLanguage(r *http.Request, languages []string) string {
	header := r.Header.Get("Accept-Language")
	c, err := r.Cookie(languageName)
	if err != nil || !slices.Contains(languages, c.Value) {
		return header
	}
	if tags, _, err := language.ParseAcceptLanguage(header); err == nil && len(tags) > 0 {
		if base, _ := tags[0].Base(); base.String() == c.Value {
			return header
		}
	}
	return c.Value
}

// ChooseLanguage keeps the language that the query of a page names, one of languages,
// in a cookie for a year, and leads back to the page without that name. It reports
// whether it did: false where the query names none.
func ChooseLanguage(w http.ResponseWriter, r *http.Request, languages []string, secure bool) bool {
	q := r.URL.Query()
	chosen := q.Get(languageName)
	if r.Method != http.MethodGet || !slices.Contains(languages, chosen) {
		return false
	}
	SetCookie(w, languageName, chosen, 86400*365, secure)
	q.Del(languageName)
	http.Redirect(w, r, here(r.URL, q), http.StatusSeeOther)
	return true
}

// InLanguage returns the address of the page of a request that chooses a language; of
// the page with the form where the request sent one, the first page where that is not
// known.
func InLanguage(r *http.Request, chosen string) string {
	page := r.URL
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		from, err := url.Parse(r.Referer())
		if err != nil || from.Host != r.Host || from.Path == "" {
			from = &url.URL{Path: "/"}
		}
		page = from
	}
	q := page.Query()
	q.Set(languageName, chosen)
	return here(page, q)
}

// here is the address of a page on this host: a path such as //example.org would be one
// on another.
func here(page *url.URL, q url.Values) string {
	u := url.URL{Path: "/" + strings.TrimLeft(page.Path, "/"), RawQuery: q.Encode()}
	return u.String()
}
