package site

import (
	"context"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment/ask"
)

// What the audit log says of reading, besides what was changed.
const (
	didReadOne   = "customer read"
	didReadSome  = "customers read"
	didTable     = "table exported"
	didChart     = "chart exported"
	didReport    = "report downloaded"
	didChat      = "conversation exported"
	didModel     = "model downloaded"
	didUpload    = "file uploaded"
	didList      = "list downloaded"
	didScored    = "scored file downloaded"
	didSignIn    = "sign-in refused"
	didDropChat  = "conversation deleted"
	didDropChart = "chart deleted"
)

// readActions are the lines that the page of models shows only when it is asked
// to, since they are many.
var readActions = []string{didReadOne, didReadSome, didTable, didChart, didReport, didChat, didModel, didScored, didList}

// note writes a line into the audit log. It is called before the data is shown:
// what cannot be noted is not shown.
func (s *Site) note(r *request, what string, d service.AuditDetail) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(r.Context()), service.ReadFor, service.ErrDown)
	defer cancel()
	return s.Records.Audit(ctx, r.by(), what, d)
}

// noteInBackground is for what names no customer, and need not wait for the database.
func (s *Site) noteInBackground(r *request, what string, d service.AuditDetail) {
	asked := *r // which changes while it is answered
	s.Go(func() {
		if err := s.note(&asked, what, d); err != nil {
			s.Log.Error("the audit log cannot be written", "error", err)
		}
	})
}

// noteAnswer notes that an answer shows customers.
// Viewers see no rows of customers.
func (s *Site) noteAnswer(r *request, a ask.Answer) error {
	if err := r.who.Need(analyst); len(a.Customers) > 0 && err != nil {
		return err
	}
	switch n := len(a.Customers); n {
	case 0:
		return nil
	case 1:
		return s.note(r, didReadOne, service.AuditDetail{Of: a.Customers[0]})
	default:
		return s.note(r, didReadSome, service.AuditDetail{Count: n})
	}
}

// apiAudit returns the audit log, the last lines first, of a customer where one is
// named.
func (s *Site) apiAudit(r *request) (map[string]any, error) {
	limit, err := r.queryInt("limit", 100, 1, 1000)
	if err != nil {
		return nil, err
	}
	customer := strings.TrimSpace(r.URL.Query().Get("customer"))
	lines := []service.AuditEntry{}
	err = s.Records.EachAuditEntry(r.Context(), func(a service.AuditEntry) bool {
		if customer == "" || a.Detail.Customer == service.CustomerHash(a.ID, customer) {
			lines = append(lines, a)
		}
		return len(lines) < limit
	})
	return map[string]any{"lines": lines}, err
}

// Did says what a line of the audit log says was done.
func (p page) Did(what string) string {
	key := "audit.did." + strings.ReplaceAll(what, " ", "-")
	if !p.Has(key) {
		return what
	}
	return p.T(key)
}

// Detail says the details of a line of the audit log.
func (p page) Detail(d service.AuditDetail) string {
	var parts []string
	for _, part := range []struct {
		said bool
		text string
	}{
		{d.Tier != "", d.Tier},
		{d.Version > 0, p.T("audit.detail.version", p.N(d.Version))},
		{d.To > 0, p.T("audit.detail.to", p.N(d.To))},
		{d.Note != "", noteText(p.locale, d.Note)},
		{d.Count > 0, p.Count("audit.detail.count", d.Count, p.N(d.Count))},
		{d.Seed > 0 || d.Holdout > 0, p.T("audit.detail.draw", p.N(d.Holdout), d.Seed)},
		{d.Customer != "", p.T("audit.detail.customer", d.Customer)},
		{d.From != "", p.T("audit.detail.from", d.From)},
	} {
		if part.said {
			parts = append(parts, part.text)
		}
	}
	return strings.Join(parts, ", ")
}

// noteText is the note on a model in the language of the reader.
func noteText(l *locale, note string) string {
	key, value, _ := strings.Cut(note, " ")
	if key == service.NoteGone || key == service.NoteSchedule {
		return l.T(key)
	}
	if slices.Contains([]string{service.NoteFirst, service.NoteBy, service.NoteFrom}, key) {
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
	case service.AppUser:
		return l.T("audit.app")
	}
	return name
}
