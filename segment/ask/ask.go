// Package ask answers questions about customers in plain words: a question is
// read as a query, and the query answered with facts. A deterministic grammar
// over columns, tiers and aggregates reads it; no model of language and no
// outside service is involved. A question that is not understood is answered
// with the reason and the nearest questions that can be answered. The words of
// questions and answers are those of a [narrate.Language]: [Texts] has English and German.
package ask

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// An Answer is the answer to a question.
type Answer struct {
	Understood  bool         `json:"understood"`
	Text        []string     `json:"text"` // sentences, one a paragraph
	Chart       *chart.Chart `json:"chart,omitempty"`
	Suggestions []string     `json:"suggestions"`
	// Customers are the ids of the customers that the answer shows.
	Customers []string `json:"customers,omitempty"`
	// Query is what was answered, the zero one where nothing was understood: that
	// of the next question to go on from. As JSON it is the text of [Query.Values].
	Query Query `json:"query,omitzero"`
}

// An Answerer answers questions about the customers of a model. It is immutable
// and safe for concurrent use.
type Answerer struct {
	Set     *features.Table // of Select
	IDs     []string        // of the customers, in the order of Set
	Tiers   []string        // of the model, the most valuable first
	Model   *segment.Model
	Profile *insight.Profile
	// Explainer explains rows, with the training rows as neighbours in the
	// order of Set.
	Explainer *insight.Explainer
	Subjects  Subjects
	data      *features.Table // Set, with sums of its columns
	days      days
	sums      map[string][]string // the columns that each adds up
	namedAge  string              // the column of ages of a table of other subjects
	groups    []plots.Group
	grammars  *sync.Map // by language
}

// NewAnswerer returns an Answerer of a table of [Select], the ids of its
// customers, the facts on it and what its columns are about.
func NewAnswerer(set *features.Table, ids []string, model *segment.Model, profile *insight.Profile, explainer *insight.Explainer, subjects Subjects) *Answerer {
	tiers := model.TierNames()
	a := &Answerer{
		Set: set, IDs: ids, Tiers: tiers, Model: model, Profile: profile, Explainer: explainer, Subjects: subjects,
		groups: plots.Tiers(tiers...), grammars: &sync.Map{}, sums: sums(subjects, set),
	}
	a.data, a.days = withSums(set, a.sums), daysOf(subjects.Dates, set.Len())
	for _, c := range set.Columns() {
		if w := subjects.Words[c.Name]; a.namedAge == "" && c.Kind.Numeric() && (w.More != "" && w.Unit == "years" || strings.EqualFold(c.Name, "age")) {
			a.namedAge = c.Name
		}
	}
	return a
}

// Select returns the columns of a table of the campaign schema with tiers that
// questions and charts are about, the tier first. The error is that of
// [features.Table.Select] for a table that lacks one.
func Select(t *features.Table) (*features.Table, error) {
	names := []string{"tier"}
	for _, c := range slices.Concat(features.EngineeredColumns(), features.Columns()) {
		if c.Kind != features.Identifier && c.Kind != features.Date && !strings.HasPrefix(c.Name, "z_") {
			names = append(names, c.Name)
		}
	}
	return t.Select(names...)
}

// SelectAny returns the columns of a table of any kind with tiers that questions and
// charts are about, the tier first: numbers, flags and words that repeat. Ids, days
// and free text are left out, and so is the number of the cluster, which the tier
// says better. The error is that of [features.Table.Select] for a table without tiers.
func SelectAny(t *features.Table) (*features.Table, error) {
	names := []string{"tier"}
	for _, c := range t.Columns() {
		if (c.Kind.Numeric() || c.Kind == features.Category) && c.Name != "tier" && c.Name != "cluster" {
			names = append(names, c.Name)
		}
	}
	return t.Select(names...)
}

// grammar returns that of a language, made at its first use.
func (a *Answerer) grammar(l *narrate.Language) *grammar {
	if g, ok := a.grammars.Load(l.Lang); ok {
		return g.(*grammar)
	}
	q, err := ReadQuestions(l)
	if err != nil {
		q = new(Questions) // no question is understood
	}
	g, _ := a.grammars.LoadOrStore(l.Lang, newGrammar(a, l, q))
	return g.(*grammar)
}

// Options are what a question is asked after. The zero value works.
type Options struct {
	// Customer has the values of the customer that the conversation is about, in the
	// order of the model's columns; nil for none.
	Customer []float64
	// Last is the query of the answer before: "And in Silver?" goes on from it.
	Last Query
	// Read is the query of [Answerer.Reread], answered where the grammar refuses the
	// question; the zero one for none.
	Read Query
}

// Parse returns the query of a question in a language, asked after another query, the
// zero one for none. Every word of the question went into the query or only holds it
// together. The error is an [*Unclear].
func (a *Answerer) Parse(question string, l *narrate.Language, last Query) (Query, error) {
	if a.empty() || l == nil {
		return Query{}, &Unclear{Key: "ask.sorry"}
	}
	q, err := a.grammar(l).Parse(question, last)
	if err == nil || l.Lang == "en" {
		return q, err
	}
	return a.parseEnglish(question, last, err)
}

// inEnglish returns English with the words of questions.
var inEnglish = sync.OnceValue(func() *narrate.Language {
	all, err := narrate.Read(Texts)
	if err != nil {
		panic(err) // a fault of the package, which its tests would have found
	}
	return all.For("en")
})

// parseEnglish returns the query of a question that another language cannot read, where
// it is English without a doubt; else the error of that language.
func (a *Answerer) parseEnglish(question string, last Query, err error) (Query, error) {
	l := inEnglish()
	if len(a.Subjects.Offers) == 0 {
		l = l.About(a.Set.Columns())
	}
	q, other := a.grammar(l).Parse(question, last)
	var unclear, here *Unclear
	switch {
	case other == nil && len(q.Corrections) == 0:
		q.Notes = append(slices.Clone(q.Notes), "ask.note.english")
		return q, nil
	case errors.As(other, &unclear) && len(unclear.Words) == 0 && errors.As(err, &here) && len(here.Words) > 0: // all words are English
		return Query{}, other
	}
	return Query{}, err
}

// empty tells whether there is nothing to answer from.
func (a *Answerer) empty() bool {
	return a == nil || a.grammars == nil || a.Set.Len() == 0 || len(a.Tiers) == 0
}

// TierColor returns the colour of a tier.
func (a *Answerer) TierColor(tier string) plots.Color {
	if a.empty() || !slices.Contains(a.Tiers, tier) {
		return plots.RankColor(-1)
	}
	return a.groups[slices.Index(a.Tiers, tier)].Color
}

// Ask answers a question in the language that it is asked in. The Answer is not
// Understood where the question cannot be read or there are no customers: it then
// says why, and suggests the nearest questions that can be answered. Nor is it where
// ctx has ended.
func (a *Answerer) Ask(ctx context.Context, question string, l *narrate.Language, o Options) Answer {
	q, err := a.Parse(question, l, o.Last)
	if a.empty() || l == nil {
		return Answer{Text: []string{l.T("ask.nobody")}}
	}
	s := session{a, l, o.Customer}
	var unclear *Unclear
	if errors.As(err, &unclear) {
		if out, err := a.Answer(ctx, o.Read, l, o); !o.Read.IsZero() && err == nil {
			return out
		}
		return s.refuse(question, unclear.Text(l))
	}
	out, err := a.Answer(ctx, q, l, o)
	if errors.As(err, &unclear) {
		return s.refuse(question, unclear.Text(l))
	}
	if err != nil {
		return s.refuse(question, l.T("ask.failed"))
	}
	asked := split(question)
	out.Suggestions = slices.DeleteFunc(out.Suggestions, func(other string) bool { return slices.Equal(split(other), asked) || !s.reads(other) })
	return out
}

// Answer answers a query, that of a question or one that was put together otherwise.
// Errors: an [*Unclear] for one that makes no question, ErrOption for columns, words
// and comparisons that there are not, ErrEmpty without customers, that of ctx.
func (a *Answerer) Answer(ctx context.Context, q Query, l *narrate.Language, o Options) (Answer, error) {
	if a.empty() || l == nil {
		return Answer{}, fmt.Errorf("%w: there are no customers to ask about", segment.ErrEmpty)
	}
	s := session{a, l, o.Customer}
	if err := s.check(q); err != nil {
		return Answer{}, err
	}
	out, err := s.answer(ctx, q)
	if err = cmp.Or(err, cause.Of(ctx)); err != nil {
		return Answer{}, err
	}
	out.Understood, out.Query = true, q
	out.Text = slices.Concat(s.readings(q), out.Text, s.notes(q))
	if out.Suggestions == nil {
		out.Suggestions = s.suggest(q)
	}
	return out, nil
}

// readings tell which words were taken for others, and that a language model did so.
func (s session) readings(q Query) (out []string) {
	if slices.Contains(q.Notes, noteModel) {
		out = append(out, s.l.T(noteModel))
	}
	var read, left []string
	for _, r := range q.Corrections {
		if r[1] == "" {
			left = append(left, s.l.T("ask.quoted", r[0]))
			continue
		}
		read = append(read, s.l.T("ask.read.as", s.l.T("ask.quoted", r[0]), s.l.T("ask.quoted", r[1])))
	}
	if len(read) > 0 {
		out = append(out, s.l.T("ask.read", s.l.And(read)))
	}
	if len(left) > 0 {
		out = append(out, s.l.T("ask.read.left", s.l.And(left)))
	}
	return out
}

// A session answers one question: in a language, about a customer or none.
type session struct {
	*Answerer
	l        *narrate.Language
	customer []float64
}

// refuse answers that a question was not understood, why, and what can be asked.
func (s session) refuse(question, why string) Answer {
	text := s.l.T("ask.sorry")
	if why != text {
		text += " " + why
	}
	return Answer{Text: []string{text, s.l.T("ask.nearest")}, Suggestions: s.nearest(question)}
}

// text returns an answer of one text of the language without a chart.
func (s session) text(key string) (Answer, error) { return Answer{Text: []string{s.l.T(key)}}, nil }

func (s session) answer(ctx context.Context, q Query) (Answer, error) {
	switch q.Intent {
	case Help:
		return Answer{Text: []string{s.l.T("ask.help")}, Suggestions: pick(s.examples(), 8)}, nil
	case WhatIf, Alike, Why, Counterfactual:
		return s.aboutCustomer(ctx, q)
	case Overview:
		return s.overview()
	case Describe:
		return s.describe(ctx, q)
	case Compare:
		return s.compare(ctx, q)
	case ColumnGroup:
		return s.columnGroup(ctx, q)
	case Distribution:
		return s.distribution(ctx, q)
	case Relation:
		return s.relation(ctx, q)
	case Share:
		return s.share(ctx, q)
	case Names:
		return s.names(ctx, q)
	case Concentration:
		return s.concentration(ctx, q)
	}
	return s.figure(ctx, q)
}

// aboutCustomer answers a question on the customer of the conversation.
func (s session) aboutCustomer(ctx context.Context, q Query) (Answer, error) {
	if s.customer == nil {
		return Answer{Text: []string{s.l.T("ask.nocustomer")}, Suggestions: pick(s.examples(), 4)}, nil
	}
	if len(s.customer) != len(s.Model.Columns()) {
		return Answer{}, fmt.Errorf("%w: the customer has %d values, the model has %d columns", segment.ErrWidth, len(s.customer), len(s.Model.Columns()))
	}
	e, err := s.Explainer.Explain(ctx, s.customer)
	if err != nil {
		return Answer{}, err
	}
	var out Answer
	switch q.Intent {
	case WhatIf:
		return s.whatIf(ctx, q, e)
	case Alike:
		out, err = s.alike(ctx, e)
	case Why:
		out = Answer{Text: append(s.voice().Certainty(e), s.reasons(e)...), Chart: s.waterfall(e)}
		if q.Toward != "" && q.Toward != e.Tier {
			out.Text = slices.Insert(out.Text, 0, s.l.T("ask.is", e.Tier))
		}
	default:
		out, err = s.counterfactual(q, e)
	}
	out.Suggestions = append(out.Suggestions, s.suggest(Query{Intent: q.Intent, Where: tierIs(e.Tier)})...)
	return out, err
}

// tierIs holds for the customers of a tier.
func tierIs(tier string) Where {
	return Where{{{Column: "tier", Op: features.Is, Words: []string{tier}}}}
}
