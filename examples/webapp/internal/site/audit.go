package site

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
)

// What the audit log says of reading, besides what was changed.
const (
	didReadOne   = "customer read"
	didReadSome  = "customers read"
	didTable     = "table exported"
	didChart     = "chart exported"
	didChat      = "conversation exported"
	didModel     = "model downloaded"
	didUpload    = "file uploaded"
	didBring     = "customers brought"
	didDropData  = "customers deleted"
	didList      = "list downloaded"
	didScored    = "scored file downloaded"
	didSignIn    = "sign-in refused"
	didDropChat  = "conversation deleted"
	didDropChart = "chart deleted"
)

// What the audit log says of forgetting.
const (
	didForget = "customer forgotten"
	didScrub  = "files cleaned" // of what was forgotten
	didExpire = "conversations expired"
	didIngest = "customers ingested" // at the first start
)

// readActions are the lines that the page of models shows only when it is asked
// to, since they are many.
var readActions = []string{didReadOne, didReadSome, didTable, didChart, didChat, didModel, didScored, didList}

// customerHash returns what stands for the number of a customer in a line of the audit log:
// who has the number can find the lines (see GET /api/v1/audit), and when the
// customer is forgotten the number is not in the log.
func customerHash(line string, customer any) string {
	sum := sha256.Sum256([]byte(line + " " + fmt.Sprint(customer)))
	return hex.EncodeToString(sum[:8])
}

// note writes a line into the audit log. It is called before the data is shown:
// what cannot be noted is not shown.
func (s *Site) note(r *request, what string, d auditDetail) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(r.Context()), readFor, errDown)
	defer cancel()
	return s.records.audit(ctx, r.by(), what, d)
}

// noteInBackground is for what names no customer, and need not wait for the database.
func (s *Site) noteInBackground(r *request, what string, d auditDetail) {
	asked := *r // which changes while it is answered
	s.wg.Go(func() {
		if err := s.note(&asked, what, d); err != nil {
			s.log.Error("the audit log cannot be written", "error", err)
		}
	})
}

// noteAnswer notes that an answer shows customers.
func (s *Site) noteAnswer(r *request, a ask.Answer) error {
	switch n := len(a.Customers); n {
	case 0:
		return nil
	case 1:
		return s.note(r, didReadOne, auditDetail{customer: a.Customers[0]})
	default:
		return s.note(r, didReadSome, auditDetail{Count: n})
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
	lines := []auditEntry{}
	err = s.records.eachAuditEntry(r.Context(), func(a auditEntry) bool {
		if customer == "" || a.Detail.Customer == customerHash(a.ID, customer) {
			lines = append(lines, a)
		}
		return len(lines) < limit
	})
	return map[string]any{"lines": lines}, err
}

// An auditEntry is a line of the audit log.
type auditEntry struct {
	ID     string      `db:"id" json:"-"`
	At     int64       `db:"at" json:"at"` // microseconds of Unix time
	Who    string      `db:"who" json:"who"`
	What   string      `db:"what" json:"what"`
	Detail auditDetail `db:"detail" json:"detail"`
}

// Time is when it was done.
func (a auditEntry) Time() time.Time { return time.UnixMicro(a.At) }

func (b *records) audit(ctx context.Context, who, what string, d auditDetail) error {
	id := web.NewID()
	if d.customer != nil {
		d.Customer = customerHash(id, d.customer)
	}
	_, err := execute(ctx, b.db, `insert into webapp_audit (id, at, who, what, detail) values (?, ?, ?, ?, ?)`, id, time.Now().UnixMicro(), who, what, d)
	return err
}

// auditEntries are the last lines of the audit log, but for those of some kinds.
func (b *records) auditEntries(ctx context.Context, without ...string) ([]auditEntry, error) {
	// A list in SQL has at least one element; nothing that is done is called "".
	query, args, err := sqlx.In(`select id, at, who, what, detail from webapp_audit where what not in (?) order by at desc limit 50`, append(without, ""))
	if err != nil {
		return nil, err
	}
	return list[auditEntry](ctx, b, query, args...)
}

// unscrubbed reports whether somebody was forgotten, or customers were deleted, and the
// files were not cleaned since, for instance because the app was killed between the two.
func (b *records) unscrubbed(ctx context.Context) (bool, error) {
	n, err := list[int](ctx, b, `select count(*) from webapp_audit where what in (?, ?) and at >= (select coalesce(max(at), 0) from webapp_audit where what = ?)`, didForget, didDropData, didScrub)
	return err == nil && n[0] > 0, err
}

// wasAudited reports whether one of two things was ever done.
func (b *records) wasAudited(ctx context.Context, one, other string) (bool, error) {
	n, err := list[int](ctx, b, `select count(*) from webapp_audit where what in (?, ?)`, one, other)
	return err == nil && n[0] > 0, err
}

// eachAuditEntry calls f with the lines of the audit log, the last first, until f says false.
func (b *records) eachAuditEntry(ctx context.Context, f func(auditEntry) bool) error {
	return each(ctx, b.db, `select id, at, who, what, detail from webapp_audit order by at desc`, func(row *sqlx.Rows) (bool, error) {
		var a auditEntry
		err := row.StructScan(&a)
		return err == nil && f(a), err
	})
}

// Did says what a line of the audit log says was done.
func (p page) Did(what string) string {
	key := "audit.did." + strings.ReplaceAll(what, " ", "-")
	if !p.Has(key) {
		return what
	}
	return p.T(key)
}

// An auditDetail is what there is to say of a line of the audit log. It is kept as
// JSON, and shown in the language of the reader.
type auditDetail struct {
	Version int    `json:"version,omitempty"`
	To      int    `json:"to,omitempty"` // the version gone back to
	Note    string `json:"note,omitempty"`
	From    string `json:"from,omitempty"`  // the address of a client
	Count   int    `json:"count,omitempty"` // of customers
	// Customer is the customerHash of the customer that is read.
	Customer string `json:"customer,omitempty"`
	customer any    // the number, which is not kept
}

// detailOf reads what is kept. An earlier version kept nothing but words, which are
// the note then.
func detailOf(kept string) (d auditDetail) {
	if json.Unmarshal([]byte(kept), &d) != nil {
		d = auditDetail{Note: kept}
	}
	return d
}

// Value returns the JSON of a detail, as it is kept.
func (d auditDetail) Value() (driver.Value, error) {
	b, err := json.Marshal(d)
	return string(b), err
}

// Scan reads what Value returned.
func (d *auditDetail) Scan(kept any) error {
	*d = detailOf(fmt.Sprintf("%s", kept))
	return nil
}

// Detail says the details of a line of the audit log.
func (p page) Detail(d auditDetail) string {
	var parts []string
	for _, part := range []struct {
		said bool
		text string
	}{
		{d.Version > 0, p.T("audit.detail.version", p.N(d.Version))},
		{d.To > 0, p.T("audit.detail.to", p.N(d.To))},
		{d.Note != "", noteText(p.locale, d.Note)},
		{d.Count > 0, p.Count("audit.detail.count", d.Count, p.N(d.Count))},
		{d.Customer != "", p.T("audit.detail.customer", d.Customer)},
		{d.From != "", p.T("audit.detail.from", d.From)},
	} {
		if part.said {
			parts = append(parts, part.text)
		}
	}
	return strings.Join(parts, ", ")
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
