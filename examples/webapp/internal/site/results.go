package site

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
)

// A pastResult is a prediction in the list of them.
type pastResult struct {
	service.Conversation
	Figures string // of the customer
}

// mostResults is how many predictions a page lists.
const mostResults = 50

// results lists the predictions of the form, the newest first, with those alone in which
// every word of a search is found.
func (s *Site) results(r *request) error {
	q := r.URL.Query()
	search := web.CleanText(q.Get("q"), ask.MaxLength)
	words := r.searched(search)
	var figures []string // of those that match
	found, more, err := r.records(s).Results(r.Context(), r.set.ID, q.Get("behind"), mostResults, func(c service.Conversation) bool {
		said := r.form().Figures(c.Row(r.snap))
		text := strings.ToLower(strings.Join([]string{c.Title, userName(r.l, c.AskedBy), r.l.T("results.version", c.ModelVersion), r.l.DT(c.Created()), said}, " "))
		if slices.ContainsFunc(words, func(w searchWord) bool { return !w.in(text) }) {
			return false
		}
		figures = append(figures, said)
		return true
	})
	if err != nil {
		return err
	}
	list, older := []pastResult{}, ""
	for i, c := range found {
		list = append(list, pastResult{c, figures[i]})
	}
	if more {
		older = "/results?" + url.Values{"data": {r.set.ID}, "q": {search}, "behind": {found[len(found)-1].ID}}.Encode()
	}
	return s.show(r, http.StatusOK, "results", r.l.T("results.title"), map[string]any{"Results": list, "Search": search, "Older": older, "Active": r.snap.Version})
}

// A searchWord is a word of a search: a number, as pages write it, is found as a whole,
// another word as a part of one.
type searchWord struct {
	word    string
	numbers []string
}

// in reports whether the word is in a text.
func (w searchWord) in(text string) bool {
	if w.numbers == nil {
		return strings.Contains(text, w.word)
	}
	return slices.ContainsFunc(strings.Fields(text), func(s string) bool { return slices.Contains(w.numbers, s) })
}

// searched returns the words of a search.
func (r *request) searched(search string) (out []searchWord) {
	for _, word := range strings.Fields(strings.ToLower(search)) {
		w := searchWord{word: word}
		for _, v := range r.numerals().Readings(word) {
			w.numbers = append(w.numbers, r.l.N(v))
		}
		out = append(out, w)
	}
	return out
}
