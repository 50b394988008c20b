package site

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/plots/chart"
	"github.com/customer-personality/segmentation/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// records are what the app itself has to keep: conversations, charts and the
// audit log, in tables of its own beside those of the store.
type records struct {
	db    *sqlx.DB
	store *store.Store
}

// recordTables are the tables of records.
var recordTables = []string{"webapp_conversations", "webapp_messages", "webapp_charts", "webapp_audit", "webapp_datasets"}

// openRecords brings the tables of the app to this version.
func openRecords(ctx context.Context, s *store.Store) (*records, error) {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if s.Dialect() == store.Postgres {
		dialect = goose.DialectPostgres
	}
	options := []goose.ProviderOption{goose.WithTableName("webapp_migrations"), goose.WithDisableGlobalRegistry(true)}
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(0x7765626170700001))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, s.DB().DB, steps, options...)
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
	return &records{db: s.DB(), store: s}, nil
}

// The kinds of conversations.
const (
	kindResult = "result" // about one customer, from a prediction
	kindChat   = "chat"
)

// A conversation is questions and answers.
type conversation struct {
	ID           string    `db:"id"`
	Dataset      string    `db:"dataset"`
	Title        string    `db:"title"`
	Kind         string    `db:"kind"`
	Customer     string    `db:"customer"` // the values of a customer as JSON, null for missing, by column where it is none of the campaign schema; empty for none
	ModelVersion int       `db:"model_version"`
	CreatedAt    int64     `db:"created_at"` // microseconds of Unix time
	UpdatedAt    int64     `db:"updated_at"`
	Messages     []message `db:"-"`
}

// The roles of those who say something.
const (
	roleYou = "you"
	roleApp = "app"
)

// message is one message.
type message struct {
	Role      string `db:"role"`
	Body      string `db:"body"` // the question, or the answer as JSON; empty for one to be given anew
	Customers string `db:"customers"`
}

// Answer is the answer in a message of the app.
func (m message) Answer() ask.Answer {
	var a ask.Answer
	if m.Role == roleYou {
		return ask.Answer{Text: []string{m.Body}}
	}
	if err := json.Unmarshal([]byte(m.Body), &a); err != nil {
		return ask.Answer{Text: []string{"…"}}
	}
	return a
}

// last returns the query of the last answer among messages, which a further question
// goes on from.
func last(messages []message) ask.Query {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == roleApp {
			if q := messages[i].Answer().Query; !q.IsZero() {
				return q
			}
		}
	}
	return ask.Query{}
}

// Updated is when the last message came.
func (c conversation) Updated() time.Time { return time.UnixMicro(c.UpdatedAt) }

// values are the figures of a customer of the campaign schema, nil for none.
func (c conversation) values() []float64 {
	var n jsonfloat.Floats
	if json.Unmarshal([]byte(c.Customer), &n) != nil {
		return nil
	}
	return n
}

// row returns the values of the customer in the order of the model, nil for none: a
// model of other columns, or words, may be in use meanwhile.
func (c conversation) row(w *snapshot.Snapshot) []float64 {
	row := c.values()
	if !w.Campaign {
		var values map[string]any
		if json.Unmarshal([]byte(c.Customer), &values) != nil {
			return nil
		}
		row, _ = w.Row(values)
	}
	if len(row) != len(w.Model.Columns()) {
		return nil
	}
	return row
}

// setCustomer sets the customer, in the order of the model and by column.
func (c *conversation) setCustomer(w *snapshot.Snapshot, row []float64, values map[string]any) error {
	var customer any = values
	if w.Campaign {
		customer = chart.Numbers(row)
	}
	b, err := json.Marshal(customer)
	c.Customer = string(b)
	return err
}

func question(text string) message { return message{Role: roleYou, Body: text} }

func answer(a ask.Answer) (message, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return message{}, err
	}
	ids := ""
	if len(a.Customers) > 0 {
		ids = "\n" + strings.Join(a.Customers, "\n") + "\n" // which no id holds
	}
	return message{Role: roleApp, Body: string(body), Customers: ids}, nil
}

func (b *records) inTx(ctx context.Context, work func(*sqlx.Tx) error) error {
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

// execute runs a statement, and returns how many rows it changed.
func execute(ctx context.Context, on sqlx.ExtContext, query string, args ...any) (int64, error) {
	r, err := on.ExecContext(ctx, on.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// found is the error of a statement that changes the row of an id.
func found(n int64, err error) error {
	if err == nil && n == 0 {
		err = errNotFound
	}
	return err
}

// each calls f with the rows of a query until it says false.
func each(ctx context.Context, on sqlx.QueryerContext, query string, f func(*sqlx.Rows) (more bool, err error)) error {
	rows, err := on.QueryxContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if more, err := f(rows); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// list reads the rows of a query.
func list[T any](ctx context.Context, b *records, query string, args ...any) (out []T, err error) {
	err = b.db.SelectContext(ctx, &out, b.db.Rebind(query), args...)
	return out, err
}

// addConversation keeps a new conversation.
func (b *records) addConversation(ctx context.Context, c conversation) (string, error) {
	c.ID = web.NewID()
	c.CreatedAt = time.Now().UnixMicro()
	c.UpdatedAt = c.CreatedAt
	return c.ID, b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, `insert into webapp_conversations (id, dataset, title, kind, customer, model_version, created_at, updated_at) values (:id, :dataset, :title, :kind, :customer, :model_version, :created_at, :updated_at)`, c); err != nil {
			return err
		}
		return insertMessages(ctx, tx, c.ID, 0, c.Messages)
	})
}

func insertMessages(ctx context.Context, tx *sqlx.Tx, id string, position int, messages []message) error {
	for i, m := range messages {
		if _, err := execute(ctx, tx, `insert into webapp_messages (conversation_id, position, role, body, customers) values (?, ?, ?, ?, ?)`,
			id, position+i, m.Role, m.Body, m.Customers); err != nil {
			return err
		}
	}
	return nil
}

// mostMessages bounds a conversation.
const mostMessages = 400

var errTooLong = refuse(http.StatusConflict, "", "error.long") // the conversation is full

// addMessages adds messages to a conversation.
func (b *records) addMessages(ctx context.Context, id string, messages ...message) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		// Writing first takes the lock, so that two who speak at once get
		// places one after the other.
		if err := found(execute(ctx, tx, `update webapp_conversations set updated_at = ? where id = ?`, time.Now().UnixMicro(), id)); err != nil {
			return err
		}
		var next int
		if err := tx.GetContext(ctx, &next, tx.Rebind(`select coalesce(max(position) + 1, 0) from webapp_messages where conversation_id = ?`), id); err != nil {
			return err
		}
		if next+len(messages) > mostMessages {
			return errTooLong
		}
		return insertMessages(ctx, tx, id, next, messages)
	})
}

// byID reads the row of an id.
func byID[T any](ctx context.Context, b *records, query, id string) (row T, err error) {
	if !web.ValidID(id) {
		return row, errNotFound
	}
	err = b.db.GetContext(ctx, &row, b.db.Rebind(query), id)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNotFound
	}
	return row, err
}

const selectConversations = `select id, dataset, title, kind, customer, model_version, created_at, updated_at from webapp_conversations where `

// conversation returns a conversation of a kind, "" for any, with its messages.
func (b *records) conversation(ctx context.Context, id, kind string) (conversation, error) {
	c, err := byID[conversation](ctx, b, selectConversations+`id = ?`, id)
	if err == nil && kind != "" && c.Kind != kind {
		err = errNotFound
	}
	if err == nil {
		c.Messages, err = list[message](ctx, b, `select role, body, customers from webapp_messages where conversation_id = ? order by position`, id)
	}
	return c, err
}

// conversations lists the last ones of a kind about a dataset, without messages.
func (b *records) conversations(ctx context.Context, kind, dataset string) ([]conversation, error) {
	return list[conversation](ctx, b, selectConversations+`kind = ? and dataset = ? order by updated_at desc limit 100`, kind, dataset)
}

func (b *records) renameConversation(ctx context.Context, id, title string) error {
	return found(execute(ctx, b.db, `update webapp_conversations set title = ? where id = ?`, title, id))
}

// dropConversations deletes the conversations that a condition holds of, with their
// messages, and returns how many.
func dropConversations(ctx context.Context, tx *sqlx.Tx, where string, args ...any) (int64, error) {
	if _, err := execute(ctx, tx, `delete from webapp_messages where conversation_id in (select id from webapp_conversations where `+where+`)`, args...); err != nil {
		return 0, err
	}
	return execute(ctx, tx, `delete from webapp_conversations where `+where, args...)
}

func (b *records) removeConversation(ctx context.Context, id string) error {
	if !web.ValidID(id) {
		return errNotFound
	}
	return b.inTx(ctx, func(tx *sqlx.Tx) error { return found(dropConversations(ctx, tx, `id = ?`, id)) })
}

// A savedChart is a chart that somebody made.
type savedChart struct {
	ID        string `db:"id"`
	Dataset   string `db:"dataset"`
	Name      string `db:"name"`
	Spec      string `db:"spec"` // JSON, see explore.go
	CreatedAt int64  `db:"created_at"`
}

// Created is when the chart was saved.
func (c savedChart) Created() time.Time { return time.UnixMicro(c.CreatedAt) }

func (b *records) saveChart(ctx context.Context, dataset, name, spec string) (string, error) {
	id := web.NewID()
	_, err := execute(ctx, b.db, `insert into webapp_charts (id, dataset, name, spec, created_at) values (?, ?, ?, ?, ?)`, id, dataset, name, spec, time.Now().UnixMicro())
	return id, err
}

func (b *records) chart(ctx context.Context, id string) (savedChart, error) {
	return byID[savedChart](ctx, b, `select id, dataset, name, spec, created_at from webapp_charts where id = ?`, id)
}

func (b *records) charts(ctx context.Context, dataset string) ([]savedChart, error) {
	return list[savedChart](ctx, b, `select id, dataset, name, spec, created_at from webapp_charts where dataset = ? order by created_at desc limit 100`, dataset)
}

func (b *records) removeChart(ctx context.Context, id string) error {
	if !web.ValidID(id) {
		return errNotFound
	}
	return found(execute(ctx, b.db, `delete from webapp_charts where id = ?`, id))
}

// expire deletes the conversations of a kind that went on last before a time, and
// tells how many.
func (b *records) expire(ctx context.Context, kind string, before time.Time) (n int64, err error) {
	err = b.inTx(ctx, func(tx *sqlx.Tx) error {
		n, err = dropConversations(ctx, tx, `kind = ? and updated_at < ?`, kind, before.UnixMicro())
		return err
	})
	return n, err
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
		n, err := s.records.expire(ctx, kind, now.Add(-s.cfg.Keep))
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
	return s.records.audit(ctx, appUser, didExpire, auditDetail{Note: strconv.Itoa(total)})
}
