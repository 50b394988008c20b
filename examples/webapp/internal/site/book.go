package site

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A book keeps what the app itself has to keep: conversations, charts and the
// audit log, in tables of its own beside those of the store.
type book struct {
	db     *sqlx.DB
	tables store.Tables
}

// bookTables are the tables of a book.
var bookTables = []string{"webapp_conversations", "webapp_messages", "webapp_charts", "webapp_audit"}

// openBook brings the tables of the app to this version.
func openBook(ctx context.Context, s *store.Store) (*book, error) {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := database.DialectSQLite3
	if s.Dialect() == store.Postgres {
		dialect = database.DialectPostgres
	}
	versions, err := database.NewStore(dialect, "webapp_migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithStore(versions), goose.WithDisableGlobalRegistry(true)}
	if dialect == database.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(0x7765626170700001))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider("", s.DB().DB, steps, options...)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		// Two programs that start together on one SQLite file get in each
		// other's way once, and then the steps are done.
		if _, err = provider.Up(ctx); err == nil || try == 3 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("the app's own tables cannot be set up: %w", err)
	}
	return &book{db: s.DB(), tables: s.Tables()}, nil
}

// newID is an address that nobody can guess: 130 random bits.
func newID() string { return strings.ToLower(rand.Text()) }

// validID tells whether s can be an address of newID.
func validID(s string) bool {
	return len(s) == 26 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

var errNotFound = errors.New("not found")

// The kinds of conversations.
const (
	kindResult = "result" // about one customer, from a prediction
	kindChat   = "chat"
)

// A conversation is questions and answers.
type conversation struct {
	ID           string `db:"id"`
	Title        string `db:"title"`
	Kind         string `db:"kind"`
	Customer     string `db:"customer"` // the values of a customer as JSON, null for missing; empty for none
	ModelVersion int    `db:"model_version"`
	CreatedAt    int64  `db:"created_at"` // microseconds of Unix time
	UpdatedAt    int64  `db:"updated_at"`
	Messages     []said `db:"-"`
}

// The roles of those who say something.
const (
	roleYou = "you"
	roleApp = "app"
)

// said is one message.
type said struct {
	Role      string `db:"role"`
	Body      string `db:"body"` // the question, or the answer as JSON; empty for one to be given anew
	Customers string `db:"customers"`
}

// Answer is the answer in a message of the app.
func (m said) Answer() ask.Answer {
	var a ask.Answer
	if m.Role == roleYou {
		return ask.Answer{Text: []string{m.Body}}
	}
	if err := json.Unmarshal([]byte(m.Body), &a); err != nil {
		return ask.Answer{Text: []string{"…"}}
	}
	return a
}

// Updated is when the last message came.
func (c conversation) Updated() time.Time { return time.UnixMicro(c.UpdatedAt) }

// values are the figures of the customer, nil for none.
func (c conversation) values() []float64 {
	if c.Customer == "" {
		return nil
	}
	var n []*float64
	if json.Unmarshal([]byte(c.Customer), &n) != nil {
		return nil
	}
	return fromNull(n)
}

func question(text string) said { return said{Role: roleYou, Body: text} }

func answer(a ask.Answer) (said, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return said{}, err
	}
	ids := ""
	for _, id := range a.Customers {
		ids += "\n" + id
	}
	if ids != "" {
		ids += "\n" // which no id holds
	}
	return said{Role: roleApp, Body: string(body), Customers: ids}, nil
}

func (b *book) inTx(ctx context.Context, work func(*sqlx.Tx) error) error {
	tx, err := b.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	if tx.DriverName() == "postgres" {
		// SQLite's connections give up on a lock by themselves.
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("set local lock_timeout = %d", readFor.Milliseconds())); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := work(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// start keeps a new conversation.
func (b *book) start(ctx context.Context, c conversation) (string, error) {
	c.ID = newID()
	c.CreatedAt = time.Now().UnixMicro()
	c.UpdatedAt = c.CreatedAt
	return c.ID, b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, tx.Rebind(`insert into webapp_conversations (id, title, kind, customer, model_version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?)`),
			c.ID, c.Title, c.Kind, c.Customer, c.ModelVersion, c.CreatedAt, c.UpdatedAt); err != nil {
			return err
		}
		return b.add(ctx, tx, c.ID, 0, c.Messages)
	})
}

func (b *book) add(ctx context.Context, tx *sqlx.Tx, id string, position int, messages []said) error {
	for i, m := range messages {
		if _, err := tx.ExecContext(ctx, tx.Rebind(`insert into webapp_messages (conversation_id, position, role, body, customers) values (?, ?, ?, ?, ?)`),
			id, position+i, m.Role, m.Body, m.Customers); err != nil {
			return err
		}
	}
	return nil
}

// mostMessages bounds a conversation.
const mostMessages = 400

var errTooLong = errors.New("the conversation is full")

// say adds messages to a conversation.
func (b *book) say(ctx context.Context, id string, messages ...said) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		// Writing first takes the lock, so that two who speak at once get
		// places one after the other.
		r, err := tx.ExecContext(ctx, tx.Rebind(`update webapp_conversations set updated_at = ? where id = ?`), time.Now().UnixMicro(), id)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNotFound)
		}
		var next int
		if err := tx.GetContext(ctx, &next, tx.Rebind(`select coalesce(max(position) + 1, 0) from webapp_messages where conversation_id = ?`), id); err != nil {
			return err
		}
		if next+len(messages) > mostMessages {
			return errTooLong
		}
		return b.add(ctx, tx, id, next, messages)
	})
}

// conversation gives a conversation with its messages.
func (b *book) conversation(ctx context.Context, id string) (conversation, error) {
	var c conversation
	if !validID(id) {
		return c, errNotFound
	}
	err := b.db.GetContext(ctx, &c, b.db.Rebind(`select id, title, kind, customer, model_version, created_at, updated_at from webapp_conversations where id = ?`), id)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errNotFound
	}
	if err != nil {
		return c, err
	}
	err = b.db.SelectContext(ctx, &c.Messages, b.db.Rebind(`select role, body, customers from webapp_messages where conversation_id = ? order by position`), id)
	return c, err
}

// conversations lists the last ones of a kind, without messages.
func (b *book) conversations(ctx context.Context, kind string) ([]conversation, error) {
	var out []conversation
	err := b.db.SelectContext(ctx, &out, b.db.Rebind(`select id, title, kind, customer, model_version, created_at, updated_at from webapp_conversations where kind = ? order by updated_at desc limit 100`), kind)
	return out, err
}

func one(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errNotFound)
	}
	return nil
}

func (b *book) rename(ctx context.Context, id, title string) error {
	return one(b.db.ExecContext(ctx, b.db.Rebind(`update webapp_conversations set title = ? where id = ?`), title, id))
}

func (b *book) remove(ctx context.Context, id string) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, tx.Rebind(`delete from webapp_messages where conversation_id = ?`), id); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, tx.Rebind(`delete from webapp_conversations where id = ?`), id))
	})
}

// A savedChart is a chart that somebody made.
type savedChart struct {
	ID        string `db:"id"`
	Name      string `db:"name"`
	Spec      string `db:"spec"` // JSON, see explore.go
	CreatedAt int64  `db:"created_at"`
}

// Created is when the chart was saved.
func (c savedChart) Created() time.Time { return time.UnixMicro(c.CreatedAt) }

func (b *book) saveChart(ctx context.Context, name, spec string) (string, error) {
	id := newID()
	_, err := b.db.ExecContext(ctx, b.db.Rebind(`insert into webapp_charts (id, name, spec, created_at) values (?, ?, ?, ?)`), id, name, spec, time.Now().UnixMicro())
	return id, err
}

func (b *book) chart(ctx context.Context, id string) (savedChart, error) {
	var c savedChart
	if !validID(id) {
		return c, errNotFound
	}
	err := b.db.GetContext(ctx, &c, b.db.Rebind(`select id, name, spec, created_at from webapp_charts where id = ?`), id)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNotFound
	}
	return c, err
}

func (b *book) charts(ctx context.Context) ([]savedChart, error) {
	var out []savedChart
	err := b.db.SelectContext(ctx, &out, `select id, name, spec, created_at from webapp_charts order by created_at desc limit 100`)
	return out, err
}

func (b *book) removeChart(ctx context.Context, id string) error {
	return one(b.db.ExecContext(ctx, b.db.Rebind(`delete from webapp_charts where id = ?`), id))
}

// An audited is a line of the audit log.
type audited struct {
	ID     string `db:"id" json:"-"`
	At     int64  `db:"at" json:"at"`
	Who    string `db:"who" json:"who"`
	What   string `db:"what" json:"what"`
	Detail string `db:"detail" json:"detail"` // JSON, see detail
}

// Time is when it was done.
func (a audited) Time() time.Time { return time.UnixMicro(a.At) }

func (b *book) audit(ctx context.Context, who, what string, d detail) error {
	id := newID()
	if d.customer != nil {
		d.Customer = customerMark(id, d.customer)
	}
	kept, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = b.db.ExecContext(ctx, b.db.Rebind(`insert into webapp_audit (id, at, who, what, detail) values (?, ?, ?, ?, ?)`), id, time.Now().UnixMicro(), who, what, string(kept))
	return err
}

// deeds are the last lines of the audit log, but for those of some kinds.
func (b *book) deeds(ctx context.Context, without ...string) ([]audited, error) {
	query, args := `select id, at, who, what, detail from webapp_audit order by at desc limit 50`, []any{}
	if len(without) > 0 {
		var err error
		if query, args, err = sqlx.In(`select id, at, who, what, detail from webapp_audit where what not in (?) order by at desc limit 50`, without); err != nil {
			return nil, err
		}
	}
	var out []audited
	err := b.db.SelectContext(ctx, &out, b.db.Rebind(query), args...)
	return out, err
}

// unscrubbed tells whether somebody was forgotten and the files were not cleaned
// since, for instance because the app was killed between the two.
func (b *book) unscrubbed(ctx context.Context) (bool, error) {
	var n int
	err := b.db.GetContext(ctx, &n, b.db.Rebind(`select count(*) from webapp_audit where what = ? and at >= (select coalesce(max(at), 0) from webapp_audit where what = ?)`), didForget, didScrub)
	return n > 0, err
}

// did tells whether one of some things was ever done.
func (b *book) did(ctx context.Context, what ...string) (bool, error) {
	query, args, err := sqlx.In(`select count(*) from webapp_audit where what in (?)`, what)
	if err != nil {
		return false, err
	}
	var n int
	err = b.db.GetContext(ctx, &n, b.db.Rebind(query), args...)
	return n > 0, err
}

// expire deletes the conversations of a kind that went on last before a time, and
// tells how many.
func (b *book) expire(ctx context.Context, kind string, before time.Time) (n int64, err error) {
	err = b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, tx.Rebind(`delete from webapp_messages where conversation_id in (select id from webapp_conversations where kind = ? and updated_at < ?)`), kind, before.UnixMicro()); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, tx.Rebind(`delete from webapp_conversations where kind = ? and updated_at < ?`), kind, before.UnixMicro())
		if err == nil {
			n, err = r.RowsAffected()
		}
		return err
	})
	return n, err
}

// eachDeed gives the lines of the audit log, the last first, until f says false.
func (b *book) eachDeed(ctx context.Context, f func(audited) bool) error {
	rows, err := b.db.QueryxContext(ctx, `select id, at, who, what, detail from webapp_audit order by at desc`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a audited
		if err := rows.StructScan(&a); err != nil {
			return err
		}
		if !f(a) {
			return nil
		}
	}
	return rows.Err()
}

// forget removes a customer from every table and every text, all or nothing, and
// tells from how many places. Results go that are about alike, and conversations,
// charts and notes that mention the customer.
//
// An answer may tell of a customer without naming the id: as the greatest
// value, as a point of a chart, as a group of one. So no answer that was kept
// stays where somebody is forgotten; each is given anew when it is looked at,
// see Site.conversation.
func (b *book) forget(ctx context.Context, f forgotten) (places int, err error) {
	err = b.inTx(ctx, func(tx *sqlx.Tx) error {
		places = 0
		count := func(query string, args ...any) error {
			r, err := tx.ExecContext(ctx, tx.Rebind(query), args...)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			places += int(n)
			return err
		}
		// The encoded table has no ids; its rows have the places of the
		// unencoded one.
		if _, err := tx.ExecContext(ctx, tx.Rebind(fmt.Sprintf(`delete from %s where position in (select position from %s where id = ?)`, quoteName(b.tables.Encoded), quoteName(b.tables.Unencoded))), f.id); err != nil {
			return err
		}
		for _, t := range []struct{ table, column string }{
			{b.tables.Customers, "id"}, {b.tables.Unencoded, "id"}, {b.tables.Merged, "id"}, {b.tables.Scores, "customer_id"},
		} {
			if err := count(fmt.Sprintf(`delete from %s where %s = ?`, quoteName(t.table), quoteName(t.column)), f.id); err != nil {
				return err
			}
		}
		if err := b.emptied(ctx, tx); err != nil {
			return err
		}
		if err := count(`update webapp_messages set customers = '' where replace(customers, ?, '') <> customers`, "\n"+f.id+"\n"); err != nil {
			return err
		}
		f.unknown = places == 0
		if err := b.forgetTexts(ctx, tx, f, count); err != nil || places == 0 {
			return err
		}
		return dropAnswers(ctx, tx)
	})
	return places, err
}

// emptied empties the tables that follow from the customers where there are no
// customers any more.
func (b *book) emptied(ctx context.Context, tx *sqlx.Tx) error {
	var left int
	if err := tx.GetContext(ctx, &left, fmt.Sprintf(`select count(*) from %s`, quoteName(b.tables.Customers))); err != nil || left > 0 {
		return err
	}
	for _, t := range []string{b.tables.Unencoded, b.tables.Encoded, b.tables.Merged} {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`delete from %s`, quoteName(t))); err != nil {
			return err
		}
	}
	return nil
}

// forgetTexts removes what people wrote that mentions a customer: conversations
// and charts as a whole, notes on models and in the audit log but for a word
// that there was one.
func (b *book) forgetTexts(ctx context.Context, tx *sqlx.Tx, f forgotten, count func(string, ...any) error) error {
	// find gives the keys of the rows that a query gives of which a test holds.
	find := func(query string, holds func(a, b string) bool) (keys []string, err error) {
		rows, err := tx.QueryContext(ctx, query)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var key, a, b string
			if err := rows.Scan(&key, &a, &b); err != nil {
				return nil, err
			}
			if holds(a, b) {
				keys = append(keys, key)
			}
		}
		return keys, rows.Err()
	}
	either := func(a, b string) bool { return f.in(a) || f.in(b) }
	models := quoteName(b.tables.Models)
	for _, t := range []struct {
		query string
		holds func(a, b string) bool
		then  []string // the last of which counts
	}{
		{`select id, title, customer from webapp_conversations`, func(title, customer string) bool {
			return f.in(title) || f.alike(conversation{Customer: customer}.values())
		}, []string{`delete from webapp_messages where conversation_id = ?`, `delete from webapp_conversations where id = ?`}},
		{fmt.Sprintf(`select conversation_id, body, '' from webapp_messages where role = '%s'`, roleYou), either,
			[]string{`delete from webapp_messages where conversation_id = ?`, `delete from webapp_conversations where id = ?`}},
		{`select id, name, spec from webapp_charts`, func(name, spec string) bool { return f.in(name) || f.inJSON(spec) },
			[]string{`delete from webapp_charts where id = ?`}},
		{fmt.Sprintf(`select name || '/' || cast(version as text), note, '' from %s`, models), either,
			[]string{fmt.Sprintf(`update %s set note = '%s' where name || '/' || cast(version as text) = ?`, models, noteGone)}},
		{`select id, detail, '' from webapp_audit`, func(kept, _ string) bool { return f.in(noteOf(kept)) },
			[]string{`update webapp_audit set detail = '{"note":"` + noteGone + `"}' where id = ?`}},
	} {
		keys, err := find(t.query, t.holds)
		if err != nil {
			return err
		}
		for _, key := range keys {
			for i, query := range t.then {
				if i < len(t.then)-1 {
					if _, err := tx.ExecContext(ctx, tx.Rebind(query), key); err != nil {
						return err
					}
				} else if err := count(query, key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// dropAnswers takes the answers out of all conversations.
func dropAnswers(ctx context.Context, on sqlx.ExtContext) error {
	_, err := on.ExecContext(ctx, on.Rebind(`update webapp_messages set body = '', customers = '' where role <> ? and body <> ''`), roleYou)
	return err
}

// earlier tells whether a version of a model was in use before the one that is.
func (b *book) earlier(ctx context.Context, name string) (bool, error) {
	var n int
	err := b.db.GetContext(ctx, &n, b.db.Rebind(fmt.Sprintf(`select count(*) from %s where name = ? and not undone`, quoteName(b.tables.Activations))), name)
	return n > 1, err
}

// quoteName quotes an identifier, as both dialects do.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// toNull and fromNull carry missing values through JSON.
func toNull(row []float64) []*float64 {
	out := make([]*float64, len(row))
	for i, v := range row {
		if v == v {
			out[i] = &v
		}
	}
	return out
}

func fromNull(row []*float64) []float64 {
	out := make([]float64, len(row))
	for i, v := range row {
		if v == nil {
			out[i] = nan
		} else {
			out[i] = *v
		}
	}
	return out
}
