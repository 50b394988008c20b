package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

// A forgotten is a customer who is to be forgotten, as texts may name it.
type forgotten struct {
	id string
	// words are words of the file that no other customer has, but for those that
	// every file has.
	words []string
	// alike tells the results that are about the customer, who has no id there.
	alike func(customer []float64) bool
	// unknown is set where no table has the id: then an id without a digit may be
	// a slip ("income"), and is taken like a short one.
	unknown bool
}

// shortID is the length, in characters, from which an id is looked for wherever
// it stands in a text. A shorter one, such as 1, counts only where the text names
// a customer by it ("show customer 1", "compare customers 1 and 17", "#1"):
// otherwise forgetting it would remove every text with that figure.
const shortID = 4

// in tells whether a text mentions the customer: the id as a whole word, upper
// and lower case apart, or one of the words.
func (f forgotten) in(text string) bool {
	if text == "" {
		return false
	}
	short := utf8.RuneCountInString(f.id) < shortID || f.unknown && !strings.ContainsFunc(f.id, unicode.IsDigit)
	// Texts have lost their control characters and double spaces.
	for _, id := range []string{f.id, cleanText(f.id, len(f.id))} {
		if id == "" {
			continue
		}
		for before := range wholeWords(text, id) {
			if !short || named(before) || strings.TrimSpace(text) == id {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.words, func(word string) bool {
		for range wholeWords(strings.ToLower(text), strings.ToLower(word)) {
			return true
		}
		return false
	})
}

// inJSON is in for the texts and numbers of a JSON value, also where they are
// written with escapes.
func (f forgotten) inJSON(text string) bool {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	for first := true; ; first = false {
		token, err := d.Token()
		switch {
		case err == io.EOF && !first:
			return false
		case err != nil:
			return f.in(text) // an earlier version kept words
		}
		switch v := token.(type) {
		case string:
			if f.in(v) {
				return true
			}
		case json.Number:
			if v.String() == f.id && len(f.id) >= shortID {
				return true
			}
		}
	}
}

// wholeWords gives the text before each place where a word stands in a text that
// is no part of a longer one.
func wholeWords(text, word string) func(yield func(before string) bool) {
	inWord := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	return func(yield func(string) bool) {
		for from := 0; ; {
			at := strings.Index(text[from:], word)
			if at < 0 {
				return
			}
			at += from
			before, _ := utf8.DecodeLastRuneInString(text[:at])
			after, _ := utf8.DecodeRuneInString(text[at+len(word):])
			part := at > 0 && inWord(first) && inWord(before) || at+len(word) < len(text) && inWord(last) && inWord(after)
			if !part && !yield(text[:at]) {
				return
			}
			_, size := utf8.DecodeRuneInString(text[at:])
			from = at + size
		}
	}
}

// naming are words after which a customer is named, and joining those that may
// stand between the ids of several.
var (
	naming  = []string{"customer", "customers", "client", "clients", "id", "ids", "number", "numbers", "no", "nr", "person", "persons"}
	joining = []string{"and", "or", "with", "to", "vs", "versus", "than", "the"}
)

// named tells whether a text that goes on with an id names a customer by it.
func named(before string) bool {
	if strings.HasSuffix(before, "#") {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(before), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, word := range slices.Backward(words) {
		if slices.Contains(naming, word) {
			return true
		}
		if !slices.Contains(joining, word) && !strings.ContainsFunc(word, unicode.IsDigit) {
			return false
		}
	}
	return false
}

// whileNobodyIsForgotten does what reads the customers and writes them again.
func (s *Site) whileNobodyIsForgotten(work func() error) error {
	s.telling.RLock()
	defer s.telling.RUnlock()
	return work()
}

// errForgotten ends a training whose customers are not those of the database any
// more.
var errForgotten = errors.New("a customer was forgotten while the model was trained, and nothing of it was kept: train again")

// usual are the words of the original file. They point to nobody, also where one
// customer alone has one.
var usual = []string{"basic", "2n cycle", "graduation", "master", "phd", "single", "together", "married", "divorced", "widow", "alone", "absurd", "yolo"}

// forgettable looks up what points to a customer: words that nobody else has, and
// results with the same income, spending and children. Age and months go on with
// the days, so they are not compared.
func (s *Site) forgettable(ctx context.Context, id string) (forgotten, error) {
	f := forgotten{id: id}
	choice, err := features.Select("income", "spent", "children")
	if err != nil {
		return f, err
	}
	var theirs [][]float64
	own, others := map[string]bool{}, map[string]bool{}
	for c, err := range s.store.FetchCustomersWith(ctx, store.FetchOptions{Policy: features.Skip}) {
		if err != nil {
			return f, err
		}
		words := others
		if c.ID == id {
			words = own
			e := features.EngineerCustomer(c, features.AsOf(time.Now()))
			theirs = append(theirs, choice.Values(nil, &e))
		}
		words[c.Education], words[c.MaritalStatus] = true, true
	}
	for word := range own {
		if !others[word] && utf8.RuneCountInString(word) >= shortID && !slices.Contains(usual, strings.ToLower(word)) {
			f.words = append(f.words, word)
		}
	}
	at := func(name string) int { return slices.Index(features.TrainingColumns, name) }
	income, spent, children := at("income"), at("spent"), at("children")
	f.alike = func(customer []float64) bool {
		if len(customer) != len(features.TrainingColumns) {
			return false
		}
		figures := []float64{customer[income], customer[spent], customer[children]}
		return slices.ContainsFunc(theirs, func(own []float64) bool {
			// A missing value is like another one.
			return slices.EqualFunc(own, figures, func(a, b float64) bool { return a == b || a != a && b != b })
		})
	}
	return f, nil
}

// showEmpty answers while there are no customers: pages say what to do.
func (s *Site) showEmpty(w http.ResponseWriter, r *http.Request) error {
	if wantsJSON(r) {
		return world.ErrNoCustomers
	}
	return s.show(w, r, http.StatusOK, "empty", s.t(r, "empty.title"), map[string]any{
		"Forgotten": r.URL.Query().Get("done") == "forgotten", "Scrubbing": s.unscrubbed.Load(),
	})
}

// expireEvery is how often old conversations are looked for.
const expireEvery = time.Hour

// expire deletes conversations and results that are older than they are kept, at
// most once in expireEvery.
func (s *Site) expire(ctx context.Context, now time.Time) error {
	if s.cfg.Keep == 0 || now.Sub(time.Unix(s.expired.Load(), 0)) < expireEvery {
		return nil
	}
	total := 0
	for _, kind := range []string{kindChat, kindResult} {
		n, err := s.book.expire(ctx, kind, now.Add(-s.cfg.Keep))
		if err != nil {
			return err
		}
		s.metrics.expired.WithLabelValues(kind).Add(float64(n))
		if n > 0 {
			s.log.Info("old conversations were deleted", "kind", kind, "count", n, "kept for", s.cfg.Keep)
		}
		total += int(n)
	}
	s.expired.Store(now.Unix())
	if total == 0 {
		return nil
	}
	return s.book.audit(ctx, theApp, didExpire, detail{Note: strconv.Itoa(total)})
}
