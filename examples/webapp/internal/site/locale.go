package site

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// locale is the language of a reader.
type locale = texts.Language

// locales are the languages that there are.
type locales struct{ *texts.Languages }

func readLocales() (locales, error) {
	all, err := texts.Read(texts.Files)
	return locales{all}, err
}

// of chooses the language for a request.
func (l locales) of(r *http.Request) *locale { return l.For(r.Header.Get("Accept-Language")) }

// Says is a statement on a tier in words.
func (p page) Says(s insight.Statement) string { return ask.Says(p.locale, s) }

// Did says what a line of the audit log says was done.
func (p page) Did(what string) string {
	key := "audit.did." + strings.ReplaceAll(what, " ", "-")
	if !p.Has(key) {
		return what
	}
	return p.T(key)
}

// A auditDetail is what there is to say of a line of the audit log. It is kept as
// JSON, and told in the language of the reader.
type auditDetail struct {
	Version int    `json:"version,omitempty"`
	To      int    `json:"to,omitempty"` // the version gone back to
	Note    string `json:"note,omitempty"`
	From    string `json:"from,omitempty"`  // the address of a client
	Count   int    `json:"count,omitempty"` // of customers
	// Customer is the customerMark of the customer that is read.
	Customer string `json:"customer,omitempty"`
	customer any    // the number, which is not kept
}

// Detail says the details of a line of the audit log. Those of a version of
// this app that kept them as words are told as they are.
func (p page) Detail(kept string) string {
	var d auditDetail
	if json.Unmarshal([]byte(kept), &d) != nil {
		return kept
	}
	var parts []string
	if d.Version > 0 {
		parts = append(parts, p.T("audit.detail.version", p.N(d.Version)))
	}
	if d.To > 0 {
		parts = append(parts, p.T("audit.detail.to", p.N(d.To)))
	}
	if d.Note != "" {
		parts = append(parts, noteText(p.locale, d.Note))
	}
	if d.Count > 0 {
		parts = append(parts, p.Count("audit.detail.count", d.Count, p.N(d.Count)))
	}
	if d.Customer != "" {
		parts = append(parts, p.T("audit.detail.customer", d.Customer))
	}
	if d.From != "" {
		parts = append(parts, p.T("audit.detail.from", d.From))
	}
	return strings.Join(parts, ", ")
}

// noteOf is the note in a line of the audit log, where an earlier version kept
// nothing but words.
func noteOf(kept string) string {
	var d auditDetail
	if json.Unmarshal([]byte(kept), &d) != nil {
		return kept
	}
	return d.Note
}

// The notes that the app makes on models are the name of a text and a value.
const (
	noteFirst = "models.note.first"
	noteBy    = "models.note.by"   // and who
	noteFrom  = "models.note.from" // and the name of a file
	noteGone  = "models.note.gone" // in the place of one that mentioned somebody forgotten
)

// noteText is the note on a model in the language of the reader.
func noteText(l *locale, note string) string {
	key, value, _ := strings.Cut(note, " ")
	if key == noteGone {
		return l.T(key)
	}
	if slices.Contains([]string{noteFirst, noteBy, noteFrom}, key) {
		return l.T(key, userName(l, value))
	}
	return note
}

// Who says who did something.
func (p page) Who(name string) string { return userName(p.locale, name) }

// userName is the name of somebody. Nobody signs in where that is not needed, and
// some things the app does by itself.
func userName(l *locale, name string) string {
	switch name {
	case anonymous:
		return l.T("audit.anonymous")
	case appUser:
		return l.T("audit.app")
	}
	return name
}

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
