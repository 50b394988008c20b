// Package ask answers questions about customers in plain words. A deterministic
// grammar over columns, tiers and aggregates turns a question into a query; no
// model of language and no outside service is involved. What is not understood
// is said, with the nearest questions that can be answered. The words of
// questions and answers are those of a texts.Language.
package ask

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

// An Answer is what is said to a question.
type Answer struct {
	Understood  bool         `json:"understood"`
	Text        []string     `json:"text"` // sentences, one a paragraph
	Chart       *chart.Chart `json:"chart,omitempty"`
	Suggestions []string     `json:"suggestions"`
	// Customers are the ids of the customers that the answer shows.
	Customers []string `json:"customers,omitempty"`
}

// World is what questions are about. It is immutable and safe for concurrent
// use.
type World struct {
	Set     *data.Set
	Model   *segment.Model
	Profile *segment.Profile
	// Explainer explains rows, with the training rows as neighbours in the
	// order of Set.
	Explainer *segment.Explainer
	groups    []plots.Group
	grammars  *sync.Map // by *texts.Questions
}

// NewWorld makes a World.
func NewWorld(set *data.Set, model *segment.Model, profile *segment.Profile, explainer *segment.Explainer) *World {
	return &World{Set: set, Model: model, Profile: profile, Explainer: explainer, groups: plots.Tiers(set.Tiers...), grammars: &sync.Map{}}
}

// grammar is that of a language, made when it is first asked for.
func (w *World) grammar(l *texts.Language) *Grammar {
	if g, ok := w.grammars.Load(l.Questions); ok {
		return g.(*Grammar)
	}
	g, _ := w.grammars.LoadOrStore(l.Questions, NewGrammar(w.Set, l))
	return g.(*Grammar)
}

// TierColor is the colour of a tier.
func (w *World) TierColor(tier string) plots.Color {
	for i, g := range w.groups {
		if g.Name == tier {
			if g.Color != (plots.Color{}) {
				return g.Color
			}
			return plots.RankColor(i)
		}
	}
	return plots.RankColor(-1)
}

// Ask answers a question in the language that it is asked in. Customer has the
// five values of the customer that the conversation is about, in the order of
// the model's columns; nil for none.
func (w *World) Ask(ctx context.Context, question string, customer []float64, l *texts.Language) Answer {
	q, err := w.grammar(l).Parse(question)
	s := speaker{w, l, customer}
	var unclear *Unclear
	if errors.As(err, &unclear) {
		return s.sorry(question, unclear.Text(l))
	}
	a, err := s.answer(ctx, q)
	if err != nil {
		return s.sorry(question, l.T("ask.failed"))
	}
	a.Understood = true
	if len(q.Read) > 0 {
		var read []string
		for _, r := range q.Read {
			read = append(read, l.T("ask.read.as", l.T("ask.quoted", r[0]), l.T("ask.quoted", r[1])))
		}
		a.Text = append([]string{l.T("ask.read", l.And(read))}, a.Text...)
	}
	if a.Suggestions == nil {
		a.Suggestions = s.suggest(q)
	}
	asked := split(question)
	a.Suggestions = slices.DeleteFunc(a.Suggestions, func(other string) bool { return slices.Equal(split(other), asked) })
	return a
}

// speaker answers one question.
type speaker struct {
	*World
	l        *texts.Language
	customer []float64
}

// sorry says that a question was not understood and why, and what can be asked.
func (s speaker) sorry(question, why string) Answer {
	text := s.l.T("ask.sorry")
	if why != text {
		text += " " + why
	}
	return Answer{Text: []string{text, s.l.T("ask.nearest")}, Suggestions: s.nearest(question)}
}

// say is an answer of one text without a chart.
func (s speaker) say(key string) (Answer, error) { return Answer{Text: []string{s.l.T(key)}}, nil }

func (s speaker) answer(ctx context.Context, q Question) (Answer, error) {
	switch q.Intent {
	case Help:
		return Answer{Text: []string{s.l.T("ask.help")}, Suggestions: pick(s.Examples(s.customer != nil, s.l), 8)}, nil
	case WhatIf, Alike, Why, Change:
		if s.customer == nil {
			return Answer{Text: []string{s.l.T("ask.nocustomer")}, Suggestions: pick(s.Examples(false, s.l), 4)}, nil
		}
		switch q.Intent {
		case WhatIf:
			return s.whatIf(q)
		case Alike:
			return s.alike()
		case Why:
			return s.why()
		}
		return s.change()
	case Overview:
		return s.overview()
	case Describe:
		return s.describe(q.Tiers[0])
	case Compare:
		return s.compare(q)
	case Bundle:
		return s.bundle(q)
	case Distribution:
		return s.distribution(q)
	case Relation:
		return s.relation(q)
	}
	return s.figure(q)
}
