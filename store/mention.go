package store

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Mention finds the texts that name a customer, for what a program keeps beside
// the tables and removes with [Store.Forget].
type Mention struct {
	IDs []string // ways in which texts write the customer's id
	// Words point to the customer alone, such as a marital status that nobody
	// else has.
	Words []string
	// Unknown is set where no table has the id: then one without a digit may be a
	// slip ("income"), and is taken like a short one.
	Unknown bool
}

// shortID is the length from which an id is looked for wherever it stands:
// otherwise forgetting customer 1 would remove every text with that figure.
const shortID = 4

// In reports whether a text mentions the customer: an id as a whole word, upper and
// lower case apart, or one of the words, in any case. An id of less than four
// characters, such as 1, counts only where the text names a customer by it: "show
// customer 1", "compare customers 1 and 17", "#1".
func (m Mention) In(text string) bool {
	if text == "" {
		return false
	}
	for _, id := range m.IDs {
		if id == "" {
			continue
		}
		short := utf8.RuneCountInString(id) < shortID || m.Unknown && !strings.ContainsFunc(id, unicode.IsDigit)
		for before := range wholeWords(text, id) {
			if !short || namesCustomer(before) || strings.TrimSpace(text) == id {
				return true
			}
		}
	}
	return slices.ContainsFunc(m.Words, func(word string) bool {
		if word == "" {
			return false
		}
		for range wholeWords(strings.ToLower(text), strings.ToLower(word)) {
			return true
		}
		return false
	})
}

// InJSON does as In for the texts and numbers of a JSON value, also where they
// are written with escapes. What is no JSON is taken for a text.
func (m Mention) InJSON(text string) bool {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	for first := true; ; first = false {
		token, err := d.Token()
		switch {
		case err == io.EOF && !first:
			return false
		case err != nil:
			return m.In(text)
		}
		switch v := token.(type) {
		case string:
			if m.In(v) {
				return true
			}
		case json.Number:
			if id := v.String(); len(id) >= shortID && slices.Contains(m.IDs, id) {
				return true
			}
		}
	}
}

// wholeWords returns the text before each place where a word stands in a text that
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

// namesCustomer reports whether a text that goes on with an id names a customer by it.
func namesCustomer(before string) bool {
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
