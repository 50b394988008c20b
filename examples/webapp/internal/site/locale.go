package site

import (
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// locale is the language of a reader.
type locale = narrate.Language

// locales are the languages that there are, with their names, and the currency of
// amounts.
type locales struct {
	*narrate.Languages
	names    []string
	currency string
}

func readLocales() (locales, error) {
	all, err := texts.Read()
	if err != nil {
		return locales{}, err
	}
	var names []string
	for _, l := range all.All() {
		if _, err := ask.ReadQuestions(l); err != nil {
			return locales{}, err
		}
		names = append(names, l.Lang)
	}
	return locales{Languages: all, names: names}, nil
}

// varies are the headers that the language of an answer depends on.
const varies = "Accept-Language, Cookie"

// of chooses the language for what a request accepts.
func (l locales) of(accepts string) *locale {
	return l.For(accepts).WithUnit(l.currency, customerform.Amounts...)
}

// A pageIn is the address of a page in a language.
type pageIn struct {
	*locale
	Address string
}

// languages are the addresses of a page in the languages that there are.
func (s *Site) languages(r *request) (out []pageIn) {
	for _, l := range s.locales.All() {
		out = append(out, pageIn{l, web.InLanguage(r.Request, l.Lang)})
	}
	return out
}

// voice returns the voice of the reader's language, with the words for the columns.
func (r *request) voice() narrate.Voice { return ask.Voice(r.l, r.snap.Subjects.Words) }

// Says is a statement on a tier in words.
func (p page) Says(s insight.Statement) string { return p.voice.Statement(s) }
