package site

import (
	"net/http"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// locale is the language of a reader.
type locale = narrate.Language

// locales are the languages that there are.
type locales struct{ *narrate.Languages }

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
	return locales{all}, nil
}

// of chooses the language for a request.
func (l locales) of(r *http.Request) *locale { return l.For(r.Header.Get("Accept-Language")) }

// says is a statement on a tier in words.
func says(l *locale, s insight.Statement) string {
	return ask.Voice(l, features.CampaignWords()).Statement(s)
}

// Says is a statement on a tier in words.
func (p page) Says(s insight.Statement) string { return says(p.locale, s) }

// doubts are what is doubtful in a model, as sentences.
func doubts(l *locale, m *segment.Model) []string {
	var out []string
	n := len(m.Warnings())
	for j, share := range m.Shares() {
		if alone := 0.8; share > alone && n > len(out) {
			out = append(out, l.T("models.warn.alone", l.Capital(l.Noun(m.Columns()[j])), l.Percent(share, 1)))
		}
	}
	if m.ChosenBy() == segment.BySilhouette {
		out = append(out, l.T("models.warn.noknee", m.K()))
	}
	if n > len(out) {
		out = append(out, l.T("models.warn.moving"))
	}
	// Where the last inertia is 0, every customer lies on a centre.
	if sweep := m.Sweep(); len(sweep) > 0 && sweep[len(sweep)-1].Inertia <= 1e-9*sweep[0].Inertia {
		most := sweep[len(sweep)-1].K
		out = append(out, l.T("models.warn.few", l.N(most)))
	}
	return out
}
