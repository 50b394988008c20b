package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// Parse returns the query that a question asks. The error is an *Unclear.
func (g *grammar) Parse(question string) (Query, error) {
	if len(question) > MaxLength {
		return Query{}, &Unclear{Key: "ask.unclear.long", Args: []any{MaxLength}}
	}
	words := split(question)
	if len(words) == 0 {
		return Query{}, &Unclear{Key: "ask.unclear.empty", Args: []any{g.tierNames[0]}}
	}
	if i := slices.IndexFunc(words, eitherWay); i >= 0 && g.decimal == features.DecimalPoint {
		return Query{}, &Unclear{Key: "ask.unclear.either", Args: []any{words[i]}}
	}
	p := &parser{grammar: g, query: Query{Aggregate: features.Mean}}
	p.words, p.query.Corrections = g.spell(words)
	if g.intent("what if", p.words) {
		return p.whatIf()
	}
	for _, intent := range []Intent{Help, Alike, Counterfactual, Why} {
		if g.intent(string(intent), p.words) {
			p.query.Intent = intent
			return p.query, nil
		}
	}
	return p.figure()
}

// A parser reads one question from its first word to its last. At each word the
// rules of a table are tried in order; the first that applies consumes words and
// enters what they say into the query. Words that no rule consumes are unknown.
type parser struct {
	*grammar
	words   []string
	at      int // the word to be read
	query   Query
	unknown []string

	cues
	group     string // the group of columns that was named first
	counts    bool   // whether the aggregate names customers: how many
	column    string // the last column named, which a comparison is of
	columnEnd int    // the word behind it
	measured  bool   // whether it became a measure, which a comparison takes back
	pending   pending
}

// cues are words that were read which say what kind of question it is, or how
// the words behind them are meant.
type cues struct {
	which, compare, describe, overview, spread, relation bool
	by, with, without                                    bool
}

// A rule reads the next words and returns how many; 0 where it does not apply.
type rule func(*parser) (n int, err error)

// run reads all words by rules.
func (p *parser) run(rules []rule) error {
	for p.at < len(p.words) {
		before := p.at
		for i := 0; i < len(rules) && p.at == before; i++ {
			n, err := rules[i](p)
			if err != nil {
				return err
			}
			p.at += n
		}
		if p.at == before {
			p.unknown = append(p.unknown, p.words[p.at])
			p.at++
		}
	}
	if len(p.unknown) > 0 {
		return &Unclear{Words: p.unknown}
	}
	return nil
}

// rest returns the words from the next one on.
func (p *parser) rest() []string { return p.words[p.at:] }

// role returns a rule that consumes the words of a role and sets cues.
func role(name string, set func(*cues)) rule {
	return func(p *parser) (int, error) {
		n := p.role(name, p.rest())
		if n > 0 && set != nil {
			set(&p.cues)
		}
		return n, nil
	}
}
