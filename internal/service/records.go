package service

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/plots/chart"
	"github.com/customer-personality/segmentation/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Records are what the app itself has to keep: conversations, charts and the
// audit log, in tables of its own beside those of the store.
type Records struct {
	DB     *sqlx.DB
	store  *store.Store
	reader string // id of the user whose conversations and charts are seen
}

// Of returns the records as a user sees them: their own conversations and charts, and
// those that have no owner. Records of nobody are of the latter alone.
func (b *Records) Of(user string) *Records {
	own := *b
	own.reader = user
	return &own
}

// seen is a condition for what the reader sees; its value is the reader.
const seen = ` and owner in ('', ?)`

// RecordTables are the tables of Records.
var RecordTables = []string{"webapp_conversations", "webapp_messages", "webapp_charts", "webapp_audit", "webapp_datasets", "webapp_users", "webapp_sessions", "webapp_tokens", "webapp_baselines", "webapp_schedule", "webapp_retrainings", "webapp_segments", "webapp_lists"}

// OpenRecords brings the tables of the app to this version.
func OpenRecords(ctx context.Context, s *store.Store) (*Records, error) {
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
	return &Records{DB: s.DB(), store: s}, nil
}

// The kinds of conversations.
const (
	KindResult = "result" // about one customer, from a prediction
	KindChat   = "chat"
)

// A Conversation is questions and answers.
type Conversation struct {
	ID           string    `db:"id"`
	Dataset      string    `db:"dataset"`
	Title        string    `db:"title"`
	Kind         string    `db:"kind"`
	Customer     string    `db:"customer"` // the values of a customer as JSON, null for missing, by column where it is none of the campaign schema; empty for none
	ModelVersion int       `db:"model_version"`
	AskedBy      string    `db:"asked_by"`   // who asked for a result; empty where that was not kept
	Owner        string    `db:"owner"`      // id of the user whose it is; empty for everybody's
	Share        string    `db:"share"`      // token of the link by which others read it; empty for none
	CreatedAt    int64     `db:"created_at"` // microseconds of Unix time
	UpdatedAt    int64     `db:"updated_at"`
	Messages     []Message `db:"-"`
}

// The roles of those who say something.
const (
	RoleYou = "you"
	RoleApp = "app"
)

// Message is one message.
type Message struct {
	Role      string `db:"role"`
	Body      string `db:"body"` // the question, or the answer as JSON; empty for one to be given anew
	Customers string `db:"customers"`
}

// Answer is the answer in a message of the app.
func (m Message) Answer() ask.Answer {
	var a ask.Answer
	if m.Role == RoleYou {
		return ask.Answer{Text: []string{m.Body}}
	}
	if err := json.Unmarshal([]byte(m.Body), &a); err != nil {
		return ask.Answer{Text: []string{"…"}}
	}
	return a
}

// Created is when it began.
func (c Conversation) Created() time.Time { return time.UnixMicro(c.CreatedAt) }

// Last returns the query of the last answer among messages, which a further question
// goes on from.
func Last(messages []Message) ask.Query {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == RoleApp {
			if q := messages[i].Answer().Query; !q.IsZero() {
				return q
			}
		}
	}
	return ask.Query{}
}

// Updated is when the last message came.
func (c Conversation) Updated() time.Time { return time.UnixMicro(c.UpdatedAt) }

// values are the figures of a customer of the campaign schema, nil for none.
func (c Conversation) values() []float64 {
	var n jsonfloat.Floats
	if json.Unmarshal([]byte(c.Customer), &n) != nil {
		return nil
	}
	return n
}

// Row returns the values of the customer in the order of the model, nil for none: a
// model of other columns, or words, may be in use meanwhile.
func (c Conversation) Row(w *snapshot.Snapshot) []float64 {
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

// SetCustomer sets the customer, in the order of the model and by column.
func (c *Conversation) SetCustomer(w *snapshot.Snapshot, row []float64, values map[string]any) error {
	var customer any = values
	if w.Campaign {
		customer = chart.Numbers(row)
	}
	b, err := json.Marshal(customer)
	c.Customer = string(b)
	return err
}

// Question is a message that asks.
func Question(text string) Message { return Message{Role: RoleYou, Body: text} }

// Answer is a message that answers.
func Answer(a ask.Answer) (Message, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return Message{}, err
	}
	ids := ""
	if len(a.Customers) > 0 {
		ids = "\n" + strings.Join(a.Customers, "\n") + "\n" // which no id holds
	}
	return Message{Role: RoleApp, Body: string(body), Customers: ids}, nil
}

func (b *Records) inTx(ctx context.Context, work func(*sqlx.Tx) error) error {
	tx, err := b.DB.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	if tx.DriverName() == "postgres" {
		// SQLite's connections give up on a lock by themselves.
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("set local lock_timeout = %d", ReadFor.Milliseconds())); err != nil {
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
		err = ErrNoSuch
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
func list[T any](ctx context.Context, b *Records, query string, args ...any) (out []T, err error) {
	err = b.DB.SelectContext(ctx, &out, b.DB.Rebind(query), args...)
	return out, err
}

// AddConversation keeps a new conversation.
func (b *Records) AddConversation(ctx context.Context, c Conversation) (string, error) {
	c.ID, c.Owner = web.NewID(), b.reader
	c.CreatedAt = time.Now().UnixMicro()
	c.UpdatedAt = c.CreatedAt
	return c.ID, b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, `insert into webapp_conversations (id, dataset, title, kind, customer, model_version, asked_by, owner, created_at, updated_at) values (:id, :dataset, :title, :kind, :customer, :model_version, :asked_by, :owner, :created_at, :updated_at)`, c); err != nil {
			return err
		}
		return insertMessages(ctx, tx, c.ID, 0, c.Messages)
	})
}

func insertMessages(ctx context.Context, tx *sqlx.Tx, id string, position int, messages []Message) error {
	for i, m := range messages {
		if _, err := execute(ctx, tx, `insert into webapp_messages (conversation_id, position, role, body, customers) values (?, ?, ?, ?, ?)`,
			id, position+i, m.Role, m.Body, m.Customers); err != nil {
			return err
		}
	}
	return nil
}

// mostMessages bounds a conversation, and mostTitle a name or title, in bytes.
const (
	MaxMessages = 400
	MaxTitle    = 80
)

// AddMessages adds messages to a conversation.
func (b *Records) AddMessages(ctx context.Context, id string, messages ...Message) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		// Writing first takes the lock, so that two who speak at once get
		// places one after the other.
		if err := found(execute(ctx, tx, `update webapp_conversations set updated_at = ? where id = ?`+seen, time.Now().UnixMicro(), id, b.reader)); err != nil {
			return err
		}
		var next int
		if err := tx.GetContext(ctx, &next, tx.Rebind(`select coalesce(max(position) + 1, 0) from webapp_messages where conversation_id = ?`), id); err != nil {
			return err
		}
		if next+len(messages) > MaxMessages {
			return ErrTooLong
		}
		return insertMessages(ctx, tx, id, next, messages)
	})
}

// byID reads the row of an id, or of another name of that kind.
func byID[T any](ctx context.Context, b *Records, query, id string, more ...any) (row T, err error) {
	if !web.ValidID(id) {
		return row, ErrNoSuch
	}
	err = b.DB.GetContext(ctx, &row, b.DB.Rebind(query), append([]any{id}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSuch
	}
	return row, err
}

const selectConversations = `select id, dataset, title, kind, customer, model_version, asked_by, owner, share, created_at, updated_at from webapp_conversations where `

// Conversation returns a conversation of a kind, "" for any, with its messages.
func (b *Records) Conversation(ctx context.Context, id, kind string) (Conversation, error) {
	c, err := byID[Conversation](ctx, b, selectConversations+`id = ?`+seen, id, b.reader)
	if err == nil && kind != "" && c.Kind != kind {
		err = ErrNoSuch
	}
	return b.withMessages(ctx, c, err)
}

func (b *Records) withMessages(ctx context.Context, c Conversation, err error) (Conversation, error) {
	if err == nil {
		c.Messages, err = list[Message](ctx, b, `select role, body, customers from webapp_messages where conversation_id = ? order by position`, c.ID)
	}
	return c, err
}

// Shared returns the conversation that somebody shares by the token of a link.
func (b *Records) Shared(ctx context.Context, token string) (Conversation, error) {
	c, err := byID[Conversation](ctx, b, selectConversations+`share = ?`, token)
	return b.withMessages(ctx, c, err)
}

// Share makes a link by which others read a conversation of the reader's own, or takes
// it back for good. One that is shared keeps its link.
func (b *Records) Share(ctx context.Context, id string, shared bool) error {
	token := ""
	if shared {
		token = web.NewID()
	}
	return found(execute(ctx, b.DB, `update webapp_conversations set share = case when share <> '' and ? <> '' then share else ? end where id = ? and owner = ? and owner <> ''`, token, token, id, b.reader))
}

// Conversations lists the last ones of a kind about a dataset, without messages.
func (b *Records) Conversations(ctx context.Context, kind, dataset string) ([]Conversation, error) {
	return list[Conversation](ctx, b, selectConversations+`kind = ? and dataset = ?`+seen+` order by updated_at desc limit 100`, kind, dataset, b.reader)
}

// resultsPage is how many results are read at once.
const resultsPage = 500

// Results lists the results about a dataset that match, the newest first, n at most,
// and whether there are more. It goes on behind the result of an id; "" for the newest.
func (b *Records) Results(ctx context.Context, dataset, behind string, n int, match func(Conversation) bool) (out []Conversation, more bool, err error) {
	at := Conversation{ID: behind, CreatedAt: math.MaxInt64}
	if behind != "" {
		if at, err = b.Conversation(ctx, behind, KindResult); err != nil {
			return nil, false, err
		}
	}
	for {
		page, err := list[Conversation](ctx, b, selectConversations+`kind = ? and dataset = ?`+seen+` and (created_at < ? or created_at = ? and id < ?) order by created_at desc, id desc limit ?`,
			KindResult, dataset, b.reader, at.CreatedAt, at.CreatedAt, at.ID, resultsPage)
		if err != nil {
			return nil, false, err
		}
		for _, c := range page {
			if !match(c) {
				continue
			}
			if len(out) == n {
				return out, true, nil
			}
			out = append(out, c)
		}
		if len(page) < resultsPage {
			return out, false, nil
		}
		at = page[len(page)-1]
	}
}

// RenameConversation changes the title of a conversation.
func (b *Records) RenameConversation(ctx context.Context, id, title string) error {
	return found(execute(ctx, b.DB, `update webapp_conversations set title = ? where id = ?`+seen, title, id, b.reader))
}

// dropConversations deletes the conversations that a condition holds of, with their
// messages, and returns how many.
func dropConversations(ctx context.Context, tx *sqlx.Tx, where string, args ...any) (int64, error) {
	if _, err := execute(ctx, tx, `delete from webapp_messages where conversation_id in (select id from webapp_conversations where `+where+`)`, args...); err != nil {
		return 0, err
	}
	return execute(ctx, tx, `delete from webapp_conversations where `+where, args...)
}

// RemoveConversation deletes a conversation.
func (b *Records) RemoveConversation(ctx context.Context, id string) error {
	if !web.ValidID(id) {
		return ErrNoSuch
	}
	return b.inTx(ctx, func(tx *sqlx.Tx) error { return found(dropConversations(ctx, tx, `id = ?`+seen, id, b.reader)) })
}

// A SavedChart is a chart that somebody made.
type SavedChart struct {
	ID        string `db:"id"`
	Dataset   string `db:"dataset"`
	Name      string `db:"name"`
	Spec      string `db:"spec"` // JSON, see explore.go
	CreatedAt int64  `db:"created_at"`
}

// Created is when the chart was saved.
func (c SavedChart) Created() time.Time { return time.UnixMicro(c.CreatedAt) }

// SaveChart keeps a chart of a dataset, and returns its id.
func (b *Records) SaveChart(ctx context.Context, dataset, name, spec string) (string, error) {
	id := web.NewID()
	_, err := execute(ctx, b.DB, `insert into webapp_charts (id, dataset, name, spec, owner, created_at) values (?, ?, ?, ?, ?, ?)`, id, dataset, name, spec, b.reader, time.Now().UnixMicro())
	return id, err
}

// Chart returns a saved chart.
func (b *Records) Chart(ctx context.Context, id string) (SavedChart, error) {
	return byID[SavedChart](ctx, b, `select id, dataset, name, spec, created_at from webapp_charts where id = ?`+seen, id, b.reader)
}

// Charts lists the last charts of a dataset.
func (b *Records) Charts(ctx context.Context, dataset string) ([]SavedChart, error) {
	return list[SavedChart](ctx, b, `select id, dataset, name, spec, created_at from webapp_charts where dataset = ?`+seen+` order by created_at desc limit 100`, dataset, b.reader)
}

// RemoveChart deletes a saved chart.
func (b *Records) RemoveChart(ctx context.Context, id string) error {
	if !web.ValidID(id) {
		return ErrNoSuch
	}
	return found(execute(ctx, b.DB, `delete from webapp_charts where id = ?`+seen, id, b.reader))
}

// expire deletes the conversations of a kind that went on last before a time, and
// tells how many.
func (b *Records) expire(ctx context.Context, kind string, before time.Time) (n int64, err error) {
	err = b.inTx(ctx, func(tx *sqlx.Tx) error {
		n, err = dropConversations(ctx, tx, `kind = ? and updated_at < ?`, kind, before.UnixMicro())
		return err
	})
	return n, err
}

// expireEvery is how often old conversations are looked for.
const expireEvery = time.Hour

// Expire deletes conversations and results that are older than they are kept, at
// most once in expireEvery.
func (s *Service) Expire(ctx context.Context, now time.Time) error {
	if s.options.Keep == 0 || now.Sub(time.Unix(s.expired.Load(), 0)) < expireEvery {
		return nil
	}
	total := 0
	for _, kind := range []string{KindChat, KindResult} {
		n, err := s.Records.expire(ctx, kind, now.Add(-s.options.Keep))
		if err != nil {
			return err
		}
		s.Counts.expired.WithLabelValues(kind).Add(float64(n))
		if n > 0 {
			s.Log.Info("old conversations were deleted", "kind", kind, "count", n, "kept for", s.options.Keep)
		}
		total += int(n)
	}
	s.expired.Store(now.Unix())
	if total == 0 {
		return nil
	}
	return s.Records.Audit(ctx, AppUser, didExpire, AuditDetail{Note: strconv.Itoa(total)})
}
