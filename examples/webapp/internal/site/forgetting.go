package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
)

// errForgotten ends a training whose customers are not those of the database any
// more.
var errForgotten = errors.New("a customer was forgotten while the model was trained, and nothing of it was kept: train again")

// usual are the words of the original file. They point to nobody, also where one
// customer alone has one.
var usual = []string{"basic", "2n cycle", "graduation", "master", "phd", "single", "together", "married", "divorced", "widow", "alone", "absurd", "yolo"}

// An erasure is the removal of a customer, with what names it in texts.
type erasure struct {
	store.Mention
	id string
	// of is the dataset that the customer is removed from; nil for all of them.
	of *dataset
	// matches reports whether a result is about the customer, who has no id there.
	matches func(customer []float64) bool
}

// newErasure returns the erasure of an id: texts have lost their control
// characters and double spaces.
func newErasure(id string) erasure {
	return erasure{id: id, Mention: store.Mention{IDs: []string{id, cleanText(id, len(id))}}, matches: func([]float64) bool { return false }}
}

// only is the end of a condition for what is about the dataset alone, by the column that
// tells.
func (f erasure) only(column string) string {
	switch {
	case f.of == nil:
		return ""
	case column == "conversation_id":
		return " and conversation_id in (select id from webapp_conversations where dataset = '" + f.of.ID + "')"
	case column == "name":
		return " and name = '" + f.of.model() + "'"
	}
	return " and dataset = '" + f.of.ID + "'"
}

// shortWord is the length, in characters, below which a word points to nobody.
const shortWord = 4

// erasureOf looks up what points to a customer: words that nobody else has, and
// results with the same income, spending and children. Age and months go on with
// the days, so they are not compared.
func (s *Site) erasureOf(ctx context.Context, id string) (erasure, error) {
	f := newErasure(id)
	compared := []string{"income", "spent", "children"}
	choice, err := features.Select(compared...)
	if err != nil {
		return f, err
	}
	var theirs [][]float64
	own, others := map[string]bool{}, map[string]bool{}
	for c, err := range s.store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip}) {
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

// showEmpty answers while there are no customers: pages say what to do.
func (s *Site) showEmpty(r *request) error {
	if r.wantsJSON() {
		return snapshot.ErrNoCustomers
	}
	return s.show(r, http.StatusOK, "empty", r.l.T("empty.title"), map[string]any{
		"Forgotten": r.URL.Query().Get("done") == "forgotten", "Scrubbing": s.unscrubbed.Load(),
	})
}

// forget removes a customer everywhere, or from the dataset that the query names, also
// from the free pages of the database and from scored files that wait to be fetched,
// and makes the charts anew without it. The audit log says that somebody was forgotten,
// not who.
func (s *Site) forget(r *request, id string) (int, error) {
	// What was begun is brought to its end, also when nobody waits for it, but does
	// not wait for the database for ever.
	ctx := context.WithoutCancel(r.Context())
	var of *dataset
	if r.URL.Query().Has("data") {
		of = r.set
	}
	places, err := s.erase(ctx, r.by(), id, of)
	if err != nil || places == 0 {
		return places, err
	}
	// What cannot be cleaned now is tried again, and the page says so.
	short, cancel := context.WithTimeoutCause(ctx, workFor, errDown)
	defer cancel()
	if err := s.scrub(short); err != nil {
		s.log.Warn("what was forgotten is still in the files of the database", "error", err)
	}
	return places, nil
}

// erase is forget but for the free pages, which take longer: no answer is made
// meanwhile, so that it waits for a lock no longer than a request may.
func (s *Site) erase(ctx context.Context, by string, id string, of *dataset) (int, error) {
	s.forgetLock.Lock()
	defer s.forgetLock.Unlock()
	places, err := s.eraseFrom(ctx, id, of)
	if places == 0 {
		return 0, err
	}
	// Also where a part of it failed, which is tried again by who asks again.
	s.forgets.Add(1)
	s.unscrubbed.Store(true)
	err = errors.Join(err, s.records.audit(ctx, by, didForget, auditDetail{}))
	if s.snapshot.Load() != nil {
		err = errors.Join(err, s.reload(ctx))
	}
	return places, err
}

// eraseFrom removes a customer from the tables, texts and files of a dataset, nil for
// all of them, and tells from how many places.
func (s *Site) eraseFrom(ctx context.Context, id string, of *dataset) (places int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, workFor, errDown)
	defer cancel()
	f := newErasure(id)
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
		n, err := s.records.forget(ctx, f, places)
		if err != nil {
			return places, err
		}
		places = n
	}
	places += s.uploads.Drop(f.mentions)
	s.uploads.Sweep(upload.KeptFor)
	return places, nil
}

// scrub takes what was forgotten out of the files of the database. What another
// program prevents is tried again, see watch.
func (s *Site) scrub(ctx context.Context) error {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	if !s.unscrubbed.Swap(false) {
		return nil
	}
	tables, err := s.scrubbed(ctx)
	if err == nil {
		err = s.store.Scrub(ctx, store.ScrubOptions{Tables: tables})
	}
	if err == nil {
		err = s.records.audit(ctx, appUser, didScrub, auditDetail{})
	}
	if err != nil {
		s.unscrubbed.Store(true)
	}
	return err
}

// scrubbed are the tables, besides those of the campaign, that hold customers.
func (s *Site) scrubbed(ctx context.Context) ([]string, error) {
	tables := slices.Clone(recordTables)
	for _, d := range s.listed() {
		tables = append(tables, d.table())
		models, err := s.modelVersions(ctx, d.model())
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Active }) {
			tables = append(tables, d.table()+"_unencoded", d.table()+"_encoded", d.table()+"_merged")
		}
	}
	return tables, nil
}

func (s *Site) forgetForm(r *request) (string, error) {
	id, err := customerID(r.PostFormValue("id"))
	if err != nil {
		return "", err
	}
	places, err := s.forget(r, id)
	if places == 0 {
		return "/models?done=unknown#forget", err
	}
	return "/models?done=forgotten#forget", err
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
func (b *records) forget(ctx context.Context, f erasure, before int) (places int, err error) {
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
func (b *records) forgetTexts(ctx context.Context, tx *sqlx.Tx, f erasure, count func(int64, error) error) error {
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
			return f.In(title) || f.matches(conversation{Customer: customer}.values())
		}, whole},
		{`select conversation_id, body, '' from webapp_messages where role = '` + roleYou + `'` + f.only("conversation_id"), func(body, _ string) bool { return f.In(body) }, whole},
		{`select id, name, spec from webapp_charts where true` + f.only("dataset"), func(name, spec string) bool { return f.In(name) || f.InJSON(spec) }, by(`delete from webapp_charts where id = ?`)},
		{`select name || '/' || cast(version as text), note, '' from ` + models + ` where true` + f.only("name"), func(note, _ string) bool { return f.In(note) },
			by(fmt.Sprintf(`update %s set note = '%s' where name || '/' || cast(version as text) = ?`, models, noteGone))},
		{`select id, detail, '' from webapp_audit`, func(kept, _ string) bool { return f.In(detailOf(kept).Note) },
			by(`update webapp_audit set detail = '{"note":"` + noteGone + `"}' where id = ?`)},
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
func dropAnswers(ctx context.Context, on sqlx.ExtContext, f erasure) error {
	_, err := execute(ctx, on, `update webapp_messages set body = '', customers = '' where role <> ? and body <> ''`+f.only("conversation_id"), roleYou)
	return err
}
