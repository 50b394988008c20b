package service

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/internal/web"
)

// What the audit log says of customers who came and went.
const (
	didDropData   = "customers deleted"
	didBring      = "customers brought"
	DidForget     = "customer forgotten"
	didScrub      = "files cleaned" // of what was forgotten
	didExpire     = "conversations expired"
	didExpireData = "customers expired"  // of whom no model was made
	didIngest     = "customers ingested" // at the first start
)

// CustomerHash returns what stands for the number of a customer in a line of the audit log:
// who has the number can find the lines (see GET /api/v1/audit), and when the
// customer is forgotten the number is not in the log.
func CustomerHash(line string, customer any) string {
	sum := sha256.Sum256([]byte(line + " " + fmt.Sprint(customer)))
	return hex.EncodeToString(sum[:8])
}

// An AuditEntry is a line of the audit log.
type AuditEntry struct {
	ID     string      `db:"id" json:"-"`
	At     int64       `db:"at" json:"at"` // microseconds of Unix time
	Who    string      `db:"who" json:"who"`
	What   string      `db:"what" json:"what"`
	Detail AuditDetail `db:"detail" json:"detail"`
}

// Time is when it was done.
func (a AuditEntry) Time() time.Time { return time.UnixMicro(a.At) }

// Audit writes a line into the audit log.
func (b *Records) Audit(ctx context.Context, who, what string, d AuditDetail) error {
	return audit(ctx, b.DB, who, what, d)
}

// audit is Audit, within a transaction too.
func audit(ctx context.Context, on sqlx.ExtContext, who, what string, d AuditDetail) error {
	id := web.NewID()
	if d.Of != nil {
		d.Customer = CustomerHash(id, d.Of)
	}
	_, err := execute(ctx, on, `insert into webapp_audit (id, at, who, what, detail) values (?, ?, ?, ?, ?)`, id, time.Now().UnixMicro(), who, what, d)
	return err
}

// AuditEntries are the last lines of the audit log, but for those of some kinds.
func (b *Records) AuditEntries(ctx context.Context, without ...string) ([]AuditEntry, error) {
	// A list in SQL has at least one element; nothing that is done is called "".
	query, args, err := sqlx.In(`select id, at, who, what, detail from webapp_audit where what not in (?) order by at desc limit 50`, append(without, ""))
	if err != nil {
		return nil, err
	}
	return list[AuditEntry](ctx, b, query, args...)
}

// Unscrubbed reports whether somebody was forgotten, or customers were deleted, and the
// files were not cleaned since, for instance because the app was killed between the two.
func (b *Records) Unscrubbed(ctx context.Context) (bool, error) {
	n, err := list[int](ctx, b, `select count(*) from webapp_audit where what in (?, ?) and at >= (select coalesce(max(at), 0) from webapp_audit where what = ?)`, DidForget, didDropData, didScrub)
	return err == nil && n[0] > 0, err
}

// wasAudited reports whether one of two things was ever done.
func (b *Records) wasAudited(ctx context.Context, one, other string) (bool, error) {
	n, err := list[int](ctx, b, `select count(*) from webapp_audit where what in (?, ?)`, one, other)
	return err == nil && n[0] > 0, err
}

// EachAuditEntry calls f with the lines of the audit log, the last first, until f says false.
func (b *Records) EachAuditEntry(ctx context.Context, f func(AuditEntry) bool) error {
	return each(ctx, b.DB, `select id, at, who, what, detail from webapp_audit order by at desc`, func(row *sqlx.Rows) (bool, error) {
		var a AuditEntry
		err := row.StructScan(&a)
		return err == nil && f(a), err
	})
}

// An AuditDetail is what there is to say of a line of the audit log. It is kept as
// JSON, and shown in the language of the reader.
type AuditDetail struct {
	Version int    `json:"version,omitempty"`
	To      int    `json:"to,omitempty"` // the version gone back to
	Note    string `json:"note,omitempty"`
	From    string `json:"from,omitempty"`  // the address of a client
	Count   int    `json:"count,omitempty"` // of customers

	Data    string  `json:"data,omitempty"`    // the id of a dataset
	Tier    string  `json:"tier,omitempty"`    // of a segment or a campaign list
	Text    string  `json:"text,omitempty"`    // the actions of a segment
	Holdout float64 `json:"holdout,omitempty"` // per cent of a campaign list
	Seed    int64   `json:"seed,omitempty"`    // of its draw

	// Customer is the CustomerHash of the customer that is read.
	Customer string `json:"customer,omitempty"`
	Of       any    `json:"-"` // the number, which is not kept
}

// ParseDetail reads what is kept. An earlier version kept nothing but words, which are
// the note then.
func ParseDetail(kept string) (d AuditDetail) {
	if json.Unmarshal([]byte(kept), &d) != nil {
		d = AuditDetail{Note: kept}
	}
	return d
}

// Value returns the JSON of a detail, as it is kept.
func (d AuditDetail) Value() (driver.Value, error) {
	b, err := json.Marshal(d)
	return string(b), err
}

// Scan reads what Value returned.
func (d *AuditDetail) Scan(kept any) error {
	*d = ParseDetail(fmt.Sprintf("%s", kept))
	return nil
}

// The notes that the app makes on models are the name of a text and a value.
const (
	NoteFirst    = "models.note.first"
	NoteBy       = "models.note.by"   // and who
	NoteFrom     = "models.note.from" // and the name of a file
	NoteSchedule = "models.note.schedule"
	NoteGone     = "models.note.gone" // in the place of one that mentioned somebody forgotten
)
