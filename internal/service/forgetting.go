package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
)

// ErrForgotten ends a training whose customers are not those of the database any
// more.
var ErrForgotten = errors.New("a customer was forgotten while the model was trained, and nothing of it was kept: train again")

// usual are the words of the original file. They point to nobody, also where one
// customer alone has one.
var usual = []string{"basic", "2n cycle", "graduation", "master", "phd", "single", "together", "married", "divorced", "widow", "alone", "absurd", "yolo"}

// An Erasure is the removal of a customer, with what names it in texts.
type Erasure struct {
	store.Mention
	id string
	// of is the dataset that the customer is removed from; nil for all of them.
	of *Dataset
	// matches reports whether a result is about the customer, who has no id there.
	matches func(customer []float64) bool
}

// NewErasure returns the erasure of an id: texts have lost their control
// characters and double spaces.
func NewErasure(id string) Erasure {
	return Erasure{id: id, Mention: store.Mention{IDs: []string{id, web.CleanText(id, len(id))}}, matches: func([]float64) bool { return false }}
}

// only is the end of a condition for what is about the dataset alone, by the column that
// tells.
func (f Erasure) only(column string) string {
	switch {
	case f.of == nil:
		return ""
	case column == "conversation_id":
		return " and conversation_id in (select id from webapp_conversations where dataset = '" + f.of.ID + "')"
	case column == "name":
		return " and name = '" + f.of.Model() + "'"
	}
	return " and dataset = '" + f.of.ID + "'"
}

// shortWord is the length, in characters, below which a word points to nobody.
const shortWord = 4

// erasureOf looks up what points to a customer: words that nobody else has, and
// results with the same income, spending and children. Age and months go on with
// the days, so they are not compared.
func (s *Service) erasureOf(ctx context.Context, id string) (Erasure, error) {
	f := NewErasure(id)
	compared := []string{"income", "spent", "children"}
	choice, err := features.Select(compared...)
	if err != nil {
		return f, err
	}
	var theirs [][]float64
	own, others := map[string]bool{}, map[string]bool{}
	for c, err := range s.Store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip}) {
		if err != nil {
			return f, err
		}
		words := others
		if c.ID == id {
			words = own
			e := features.EngineerCustomer(c, features.AsOf(time.Now()))
			theirs = append(theirs, choice.Values(nil, &e))
		}
		words[c.Education], words[c.MaritalStatus] = true, true
	}
	for word := range own {
		if !others[word] && utf8.RuneCountInString(word) >= shortWord && !slices.Contains(usual, strings.ToLower(word)) {
			f.Words = append(f.Words, word)
		}
	}
	f.matches = func(customer []float64) bool {
		if len(customer) != len(features.TrainingColumns) {
			return false
		}
		return slices.ContainsFunc(theirs, func(own []float64) bool {
			for i, name := range compared {
				a, b := own[i], customer[slices.Index(features.TrainingColumns, name)]
				if a != b && (a == a || b == b) { // a missing value is like another one
					return false
				}
			}
			return true
		})
	}
	return f, nil
}

// Forget removes a customer everywhere, or from one dataset, nil for all, also
// from the free pages of the database and from scored files that wait to be fetched,
// and makes the charts anew without it. The audit log says that somebody was forgotten,
// not who.
func (s *Service) Forget(ctx context.Context, by, id string, of *Dataset) (int, error) {
	// What was begun is brought to its end, also when nobody waits for it, but does
	// not wait for the database for ever.
	ctx = context.WithoutCancel(ctx)
	places, err := s.Erase(ctx, by, id, of)
	if err != nil || places == 0 {
		return places, err
	}
	// What cannot be cleaned now is tried again, and the page says so.
	short, cancel := context.WithTimeoutCause(ctx, WorkFor, ErrDown)
	defer cancel()
	if err := s.Scrub(short); err != nil {
		s.Log.Warn("what was forgotten is still in the files of the database", "error", err)
	}
	return places, nil
}

// Erase is Forget but for the free pages, which take longer: no answer is made
// meanwhile, so that it waits for a lock no longer than a request may.
func (s *Service) Erase(ctx context.Context, by string, id string, of *Dataset) (int, error) {
	s.forgetLock.Lock()
	defer s.forgetLock.Unlock()
	places, err := s.eraseFrom(ctx, id, of)
	if places == 0 {
		return 0, err
	}
	// Also where a part of it failed, which is tried again by who asks again.
	s.Forgets.Add(1)
	s.Unscrubbed.Store(true)
	err = errors.Join(err, s.Records.Audit(ctx, by, DidForget, AuditDetail{}), s.readSegments(ctx))
	if s.Snapshot.Load() != nil {
		err = errors.Join(err, s.Reload(ctx))
	}
	return places, err
}

// eraseFrom removes a customer from the tables, texts and files of a dataset, nil for
// all of them, and tells from how many places.
func (s *Service) eraseFrom(ctx context.Context, id string, of *Dataset) (places int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, WorkFor, ErrDown)
	defer cancel()
	f := NewErasure(id)
	if of == nil || of.ID == "" {
		if f, err = s.erasureOf(ctx, id); err != nil {
			return 0, err
		}
	}
	if f.of = of; of == nil || of.ID != "" {
		if places, err = s.forgetInSets(ctx, f); err != nil {
			return places, err
		}
	}
	if of == nil || of.ID == "" {
		n, err := s.Records.forget(ctx, f, places)
		if err != nil {
			return places, err
		}
		places = n
	}
	places += s.Uploads.Drop(f.IsIn)
	s.Uploads.Sweep(upload.KeptFor)
	return places, nil
}

// Scrub takes what was forgotten out of the files of the database. What another
// program prevents is tried again, see watch.
func (s *Service) Scrub(ctx context.Context) error {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	if !s.Unscrubbed.Swap(false) {
		return nil
	}
	tables, err := s.scrubbed(ctx)
	if err == nil {
		err = s.Store.Scrub(ctx, store.ScrubOptions{Tables: tables})
	}
	if err == nil {
		err = s.Records.Audit(ctx, AppUser, didScrub, AuditDetail{})
	}
	if err != nil {
		s.Unscrubbed.Store(true)
	}
	return err
}

// scrubbed are the tables, besides those of the campaign, that hold customers.
func (s *Service) scrubbed(ctx context.Context) ([]string, error) {
	tables := slices.Clone(RecordTables)
	for _, d := range s.Listed() {
		tables = append(tables, d.Table())
		models, err := s.ModelVersions(ctx, d.Model())
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Active }) {
			tables = append(tables, d.Table()+"_unencoded", d.Table()+"_encoded", d.Table()+"_merged")
		}
	}
	return tables, nil
}

// forget removes a customer from every table and every text, all or nothing, and
// tells from how many places. Results go that are about alike, and conversations,
// charts and notes that mention the customer.
//
// An answer may tell of a customer without naming the id: as the greatest
// value, as a point of a chart, as a group of one. So no answer that was kept
// stays where somebody is forgotten; each is given anew when it is looked at,
// see Site.conversation.
// Before is from how many places it was removed already.
func (b *Records) forget(ctx context.Context, f Erasure, before int) (places int, err error) {
	_, err = b.store.Forget(ctx, f.id, func(ctx context.Context, tx *sqlx.Tx, rows int) error {
		places = before + rows
		count := func(n int64, err error) error {
			places += int(n)
			return err
		}
		if err := count(execute(ctx, tx, `update webapp_messages set customers = '' where replace(customers, ?, '') <> customers`+f.only("conversation_id"), "\n"+f.id+"\n")); err != nil {
			return err
		}
		f.Unknown = places == 0
		if err := count(forgetLists(ctx, tx, f)); err != nil {
			return err
		}
		if err := b.forgetTexts(ctx, tx, f, count); err != nil || places == 0 {
			return err
		}
		return dropAnswers(ctx, tx, f)
	})
	return places, err
}

// forgetTexts removes what people wrote that mentions a customer: conversations
// and charts as a whole, notes on models and in the audit log but for a word
// that there was one.
func (b *Records) forgetTexts(ctx context.Context, tx *sqlx.Tx, f Erasure, count func(int64, error) error) error {
	models := `"` + strings.ReplaceAll(b.store.Tables().Models, `"`, `""`) + `"`
	whole := func(id string) (int64, error) { return dropConversations(ctx, tx, `id = ?`, id) }
	by := func(query string) func(string) (int64, error) {
		return func(key string) (int64, error) { return execute(ctx, tx, query, key) }
	}
	for _, t := range []struct {
		query string // gives a key and two texts
		holds func(a, b string) bool
		then  func(key string) (int64, error)
	}{
		{`select id, title, customer from webapp_conversations where true` + f.only("dataset"), func(title, customer string) bool {
			return f.In(title) || f.matches(Conversation{Customer: customer}.values())
		}, whole},
		{`select conversation_id, body, '' from webapp_messages where role = '` + RoleYou + `'` + f.only("conversation_id"), func(body, _ string) bool { return f.In(body) }, whole},
		{`select id, name, spec from webapp_charts where true` + f.only("dataset"), func(name, spec string) bool { return f.In(name) || f.InJSON(spec) }, by(`delete from webapp_charts where id = ?`)},
		{`select name || '/' || cast(version as text), note, '' from ` + models + ` where true` + f.only("name"), func(note, _ string) bool { return f.In(note) },
			by(fmt.Sprintf(`update %s set note = '%s' where name || '/' || cast(version as text) = ?`, models, NoteGone))},
		{`select tier || '/' || tiering || '/' || dataset, name, '' from webapp_segments where true` + f.only("dataset"), func(name, _ string) bool { return f.In(name) },
			by(`update webapp_segments set name = '' where tier || '/' || tiering || '/' || dataset = ?`)},
		{`select tier || '/' || tiering || '/' || dataset, actions, '' from webapp_segments where true` + f.only("dataset"), func(actions, _ string) bool { return f.In(actions) },
			by(`update webapp_segments set actions = '` + NoteGone + `' where tier || '/' || tiering || '/' || dataset = ?`)},
		{`select id, chosen, '' from webapp_lists where true` + f.only("dataset"), func(chosen, _ string) bool { return f.inAddress(chosen) },
			by(`update webapp_lists set chosen = '` + ChosenGone + `' where id = ?`)},
		{`select id, detail, '' from webapp_audit`, func(kept, _ string) bool { d := ParseDetail(kept); return f.In(d.Note) || f.In(d.Text) },
			by(`update webapp_audit set detail = '{"note":"` + NoteGone + `"}' where id = ?`)},
	} {
		var keys []string
		err := each(ctx, tx, t.query, func(row *sqlx.Rows) (bool, error) {
			var key, a, b string
			err := row.Scan(&key, &a, &b)
			if err == nil && t.holds(a, b) {
				keys = append(keys, key)
			}
			return true, err
		})
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := count(t.then(key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropAnswers takes the answers out of the conversations that an erasure is about.
func dropAnswers(ctx context.Context, on sqlx.ExtContext, f Erasure) error {
	_, err := execute(ctx, on, `update webapp_messages set body = '', customers = '' where role <> ? and body <> ''`+f.only("conversation_id"), RoleYou)
	return err
}
