package site

import (
	"net/http"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// locale is the language of a reader.
type locale = narrate.Language

// locales are the languages that there are, and the currency of amounts.
type locales struct {
	*narrate.Languages
	currency string
}

func readLocales() (locales, error) {
	all, err := texts.Read()
	if err != nil {
		return locales{}, err
	}
	for _, l := range all.All() {
		if _, err := ask.ReadQuestions(l); err != nil {
			return locales{}, err
		}
	}
	return locales{Languages: all}, nil
}

// of chooses the language for a request.
func (l locales) of(r *http.Request) *locale {
	return l.For(r.Header.Get("Accept-Language")).WithUnit(l.currency, customerform.Amounts...)
}

// voice returns the voice of the reader's language, with the words for the columns.
func (r *request) voice() narrate.Voice { return ask.Voice(r.l, r.snap.Subjects.Words) }

// Says is a statement on a tier in words.
func (p page) Says(s insight.Statement) string { return p.voice.Statement(s) }
