package ask

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
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
	Profile *insight.Profile
	// Explainer explains rows, with the training rows as neighbours in the
	// order of Set.
	Explainer *insight.Explainer
	groups    []plots.Group
	grammars  *sync.Map // by *texts.Questions
}

// NewWorld makes a World.
func NewWorld(set *data.Set, model *segment.Model, profile *insight.Profile, explainer *insight.Explainer) *World {
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

// sorry says that a question was not understood and why, and what can be asked.
func (s speaker) sorry(question, why string) Answer {
	text := s.l.T("ask.sorry")
	if why != text {
		text += " " + why
	}
	return Answer{Text: []string{text, s.l.T("ask.nearest")}, Suggestions: s.nearest(question)}
}

// About are the questions of a conversation about a tier, with one to compare it
// with; they are the same for none.
func About(l *texts.Language, tier, other string) []string {
	out := []string{l.T("ask.q.describe", tier), l.T("ask.q.buy", tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	if other != tier {
		out = append(out, l.T("ask.q.compare", tier, other))
	}
	return out
}

// by asks for a figure by a column.
func (w *World) by(l *texts.Language, how data.Aggregate, measure, column string) string {
	return l.Capital(l.T("ask.q.by", speaker{World: w, l: l}.aggregate(how, measure), l.Noun(column)))
}

// byFor asks the same of a tier.
func (w *World) byFor(l *texts.Language, how data.Aggregate, measure, column, tier string) string {
	return l.Capital(l.T("ask.q.byfor", speaker{World: w, l: l}.aggregate(how, measure), l.Noun(column), tier))
}

// Examples are questions of every kind.
func (w *World) Examples(customer bool, l *texts.Language) []string {
	first, last := w.Set.Tiers[0], w.Set.Tiers[len(w.Set.Tiers)-1]
	middle := w.Set.Tiers[len(w.Set.Tiers)/2]
	var out []string
	if customer {
		out = append(out, l.T("ask.q.alike"), l.T("ask.q.why"), l.T("ask.q.change"), l.T("ask.q.if", l.Noun("income"), "70000"), l.T("ask.q.if", l.Noun("spent"), "1500"), l.T("ask.q.childless"))
	}
	return append(out,
		l.T("ask.q.buy", first), l.T("ask.q.describe", middle), l.T("ask.q.describe", last), l.T("ask.q.compare", middle, first), l.T("ask.q.compare", last, middle),
		l.T("ask.q.sizes"), w.byFor(l, data.Mean, "mnt_wines", "education", middle), w.by(l, data.Mean, "income", "tier"), w.by(l, data.Median, "age", "tier"),
		l.T("ask.q.most"), w.by(l, data.Sum, "spent", "age_group"), l.T("ask.q.share"), l.T("ask.q.channels", last),
		l.T("ask.q.campaigns", first), l.T("ask.q.parents"), l.T("ask.q.old", first), l.T("ask.q.married"),
		l.T("ask.q.spread", l.Noun("income")), l.T("ask.q.spreadfor", l.Noun("age"), last), l.Capital(l.T("ask.q.against", l.Noun("income"), l.Noun("spent"))),
		l.Capital(l.T("ask.q.bytwo", l.T("how.mean", l.Noun("spent")), l.Noun("marital_status"), l.Noun("tier"))), l.T("ask.q.help"))
}

// suggest gives questions that follow on one.
func (s speaker) suggest(q Question) []string {
	l, tiers := s.l, s.Set.Tiers
	tier := tiers[0]
	if len(q.Tiers) > 0 {
		tier = q.Tiers[0]
	}
	other := tiers[0]
	if tier == other && len(tiers) > 1 {
		other = tiers[1]
	}
	var out []string
	switch q.Intent {
	case WhatIf, Why, Change:
		out = []string{l.T("ask.q.change"), l.T("ask.q.alike"), l.T("ask.q.buy", tier), l.T("ask.q.why")}
	case Alike:
		out = []string{l.T("ask.q.why"), l.T("ask.q.change"), l.T("ask.q.if", l.Noun("income"), "70000")}
	case Describe:
		out = []string{l.T("ask.q.buy", tier), l.T("ask.q.compare", tier, other), l.T("ask.q.campaigns", tier)}
	case Compare:
		out = []string{l.T("ask.q.buy", tier), s.by(l, data.Mean, "income", "tier"), l.T("ask.q.channels", other)}
	case Bundle:
		out = []string{l.T("ask.q.describe", tier), s.byFor(l, data.Mean, "mnt_wines", "education", tier), l.T("ask.q.channels", tier), l.T("ask.q.campaigns", tier)}
	case Overview:
		out = []string{l.T("ask.q.describe", tiers[0]), s.by(l, data.Sum, "spent", "tier"), s.by(l, data.Mean, "income", "tier")}
	case Figure, Distribution, Relation:
		m := "spent"
		if len(q.Measures) > 0 && !s.Set.Column(q.Measures[0]).Flag {
			m = q.Measures[0]
		}
		group := "age_group"
		if m == "age" {
			group = "marital_status"
		}
		out = []string{l.T("ask.q.spread", l.Noun(m)), s.by(l, data.Mean, m, group), s.byFor(l, data.Mean, m, "education", tier), l.T("ask.q.describe", tier)}
	default:
		out = s.Examples(s.customer != nil, l)[:4]
	}
	if alike := l.T("ask.q.alike"); s.customer != nil && q.Intent != Alike && len(out) < 4 && !slices.Contains(out, alike) {
		out = append(out, alike)
	}
	return out
}

// nearest are the examples most like a question that was not understood.
func (s speaker) nearest(question string) []string {
	said, fillers := split(question), s.grammar(s.l).roles["filler"]
	type scored struct {
		text  string
		score float64
	}
	var all []scored
	for _, e := range s.Examples(s.customer != nil, s.l) {
		have := split(e)
		same := 0.0
		for _, a := range said {
			for _, b := range have {
				if a == b {
					if fillers[a] {
						same += 0.2
					} else {
						same++
					}
					break
				}
				if len(a) > 3 && len(b) > 3 && distance(a, b) <= 2 {
					same += 0.5
					break
				}
			}
		}
		all = append(all, scored{e, same / math.Sqrt(float64(len(have)))})
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	var out []string
	for _, e := range all[:min(4, len(all))] {
		out = append(out, e.text)
	}
	return out
}

// speaker answers one question.
type speaker struct {
	*World
	l        *texts.Language
	customer []float64
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

func pick(list []string, n int) []string { return list[:min(n, len(list))] }

// number writes a value of a column.
func (s speaker) number(column string, how data.Aggregate, v float64) string {
	c := s.Set.Column(column)
	switch {
	case v-v != 0:
		return s.l.T("word.unknown")
	case how == data.Share || how == data.Mean && c != nil && c.Flag:
		return s.percent(v)
	}
	unit := s.l.Unit(column)
	digits := 0
	if a := math.Abs(v); how != data.Count && how != data.Sum && v != math.Trunc(v) {
		switch {
		case a < 1:
			digits = 2
		case a < 10 || a < 100 && unit != "":
			digits = 1
		}
	}
	out := s.l.Number(v, digits)
	if unit == "" || how == data.Count {
		return out
	}
	if digits == 0 && math.Abs(v) < 1e9 {
		unit = s.l.Count("in."+column, int(math.Abs(math.Round(v))))
	}
	return s.l.T("number.unit", out, unit)
}

// whole writes a count.
func (s speaker) whole(n int) string { return s.l.Number(float64(n), 0) }

func (s speaker) percent(v float64) string {
	if v > 0 && v < 0.0995 {
		return s.l.Percent(v, 1)
	}
	return s.l.Percent(v, 0)
}

// counted tells whether the values of a column are numbers of what its noun
// says: 2 children at home, but an income of 50,000.
func (s speaker) counted(column string) bool {
	c := s.Set.Column(column)
	return c != nil && c.Whole && s.l.Unit(column) == ""
}

// value names a column with its value.
func (s speaker) value(column string, v float64) string {
	switch {
	case !s.counted(column) || v-v != 0:
		return s.l.T("figure.of", s.l.Noun(column), s.number(column, "", v))
	case v == 0:
		return s.l.T("figure.none", s.l.Noun(column))
	case v == math.Trunc(v) && math.Abs(v) < 1e9:
		return s.l.T("figure.count", s.whole(int(v)), s.l.Count("noun."+column, int(math.Abs(v))))
	}
	return s.l.T("figure.count", s.number(column, "", v), s.l.Noun(column))
}

// row is the customer with some values changed.
func (s speaker) row(set []Assignment) []float64 {
	row := slices.Clone(s.customer)
	for _, a := range set {
		if i := slices.Index(s.Model.Columns(), a.Column); i >= 0 {
			row[i] = a.Value
		}
	}
	return row
}

func (s speaker) whatIf(q Question) (Answer, error) {
	before, err := s.Model.Predict(s.customer)
	if err != nil {
		return Answer{}, err
	}
	row := s.row(q.Set)
	after, err := s.Explainer.Explain(row)
	if err != nil {
		return Answer{}, err
	}
	var changes []string
	for _, a := range q.Set {
		changes = append(changes, s.value(a.Column, a.Value))
	}
	key := "ask.if.other"
	switch {
	case after.Cluster == before.Cluster:
		key = "ask.if.same"
	case after.Tier == before.Tier:
		key = "ask.if.part"
	}
	out := Answer{Text: []string{s.l.T(key, s.l.And(changes), after.Tier, before.Tier)}}
	if after.Borderline {
		out.Text = append(out.Text, s.l.T("ask.if.borderline", s.rival(after)))
	}
	out.Text = append(out.Text, s.warnings(row, after)...)
	out.Chart = s.waterfall(after)
	out.Suggestions = s.suggest(Question{Intent: WhatIf, Tiers: []string{after.Tier}})
	return out, nil
}

// warnings tell of values that are missing, or outside what the model was
// trained on.
func (s speaker) warnings(row []float64, e *insight.Explanation) []string {
	var out []string
	for j, r := range s.Model.Ranges() {
		name, v := s.Model.Columns()[j], row[j]
		switch {
		case v != v && j < len(e.Contributions):
			out = append(out, s.l.T("ask.warn.taken", s.l.Noun(name), s.number(name, "", e.Contributions[j].At)))
		case v != v:
			out = append(out, s.l.T("ask.warn.missing", s.l.Noun(name)))
		case v < r.Min || v > r.Max:
			out = append(out, s.l.T("ask.warn.outside", s.value(name, v), s.number(name, "", r.Min), s.number(name, "", r.Max)))
		}
	}
	return out
}

// rival names the tier that is second.
func (s speaker) rival(e *insight.Explanation) string {
	if e.NextTier == e.Tier {
		return s.l.T("ask.rest", e.Tier)
	}
	return e.NextTier
}

// waterfall shows what speaks for a tier and against it.
func (s speaker) waterfall(e *insight.Explanation) *chart.Chart {
	if e.Next < 0 || len(e.Contributions) == 0 {
		return nil
	}
	rival := s.rival(e)
	c := &chart.Chart{
		Title: s.l.T("ask.waterfall", e.Tier, rival), Kind: chart.Waterfall,
		X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.waterfall.axis", e.Tier, rival)},
		Reading: s.l.T("ask.waterfall.reading"),
	}
	var values []float64
	for _, part := range e.Contributions {
		c.Categories = append(c.Categories, s.l.T("ask.waterfall.part", s.l.Noun(part.Column), s.number(part.Column, "", part.At)))
		values = append(values, math.Round(part.Value*100)/100)
		col := s.TierColor(e.Tier)
		if part.Value < 0 {
			col = s.TierColor(e.NextTier)
			if e.NextTier == e.Tier {
				col = plots.RankColor(-1)
			}
		}
		c.Colors = append(c.Colors, col)
	}
	c.Series = []chart.Series{{Name: s.l.T("ask.waterfall.for", e.Tier), Values: chart.Numbers(values)}}
	c.Order()
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	end := s.TierColor(e.Tier)
	if sum < 0 {
		end = s.TierColor(e.NextTier)
	}
	c.Categories, c.Colors = append(c.Categories, s.l.T("ask.waterfall.sum")), append(c.Colors, end)
	c.Series[0].Values = append(c.Series[0].Values, chart.Number(math.Round(sum*100)/100))
	return c
}

// why tells why a customer is in its tier, in sentences and as a chart.
func (s speaker) why() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
	return Answer{
		Text: append(s.certainty(e), s.reasons(e)...), Chart: s.waterfall(e), Suggestions: s.suggest(Question{Intent: Why, Tiers: []string{e.Tier}}),
	}, nil
}

// certainty tells how sure a decision is.
func (s speaker) certainty(e *insight.Explanation) []string {
	switch {
	case e.Next < 0:
		return nil
	case e.Borderline && e.NextTier != e.Tier:
		return []string{s.l.T("ask.sure.borderline", e.NextTier)}
	case e.NextTier == e.Tier:
		return []string{s.l.T("ask.sure.same", e.Tier)}
	case e.Confidence < 0.3:
		return []string{s.l.T("ask.sure.fairly", e.NextTier, s.percent(e.Confidence/(1-e.Confidence)))}
	}
	return []string{s.l.T("ask.sure", e.NextTier)}
}

// reasons are the explanation in words.
func (s speaker) reasons(e *insight.Explanation) []string {
	if e.Next < 0 {
		return []string{s.l.T("ask.why.only", e.Tier)}
	}
	rival := s.rival(e)
	parts := slices.Clone(e.Contributions)
	slices.SortStableFunc(parts, func(a, b insight.Contribution) int {
		switch x, y := math.Abs(a.Value), math.Abs(b.Value); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	total := 0.0
	for _, part := range parts {
		total += math.Abs(part.Value)
	}
	var pro, contra []string
	for _, part := range parts {
		if math.Abs(part.Value) < 0.05*total {
			continue
		}
		text := s.l.T("ask.why.part", s.value(part.Column, part.At), s.number(part.Column, "", round(part.Halfway)))
		if part.Imputed {
			text = s.l.T("ask.why.taken", s.l.Noun(part.Column), s.number(part.Column, "", part.At))
		}
		if part.Value > 0 {
			pro = append(pro, text)
		} else {
			contra = append(contra, text)
		}
	}
	var out []string
	if len(pro) > 0 {
		out = append(out, s.l.T("ask.why.for", e.Tier, rival, s.l.And(pro)))
	}
	if len(contra) > 0 {
		return append(out, s.l.T("ask.why.against", rival, s.l.And(contra)))
	}
	return append(out, s.l.T("ask.why.none", rival))
}

func round(v float64) float64 {
	switch {
	case math.Abs(v) >= 1000:
		return math.Round(v/10) * 10
	case math.Abs(v) >= 10:
		return math.Round(v)
	}
	return math.Round(v*10) / 10
}

func (s speaker) change() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: s.changes(e), Suggestions: s.suggest(Question{Intent: Change, Tiers: []string{e.Tier}})}
	if e.NextBetter != "" && len(e.Counterfactuals) > 0 {
		c := e.Counterfactuals[0]
		out.Suggestions = append([]string{s.l.T("ask.q.if", s.l.Noun(c.Column), strconv.FormatFloat(c.Rounded, 'f', -1, 64))}, out.Suggestions...)
	}
	return out, nil
}

func (s speaker) changes(e *insight.Explanation) []string {
	if e.NextBetter == "" {
		return []string{s.l.T("ask.change.best", e.Tier)}
	}
	if len(e.Counterfactuals) == 0 {
		return []string{s.l.T("ask.change.none", e.Tier, e.NextBetter)}
	}
	var out []string
	for _, c := range e.Counterfactuals[:min(3, len(e.Counterfactuals))] {
		key := "ask.change.more"
		if c.Rounded < c.From {
			key = "ask.change.less"
		}
		text := s.l.Capital(s.l.T(key, s.value(c.Column, c.Rounded), s.number(c.Column, "", c.From), s.number("", "", math.Abs(c.Rounded-c.From)), c.Tier))
		if !c.Seen {
			text += " " + s.l.T("ask.change.unseen")
		}
		out = append(out, text)
	}
	return out
}

func (s speaker) alike() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
	if e.Neighbours == nil || len(e.Neighbours.Rows) == 0 {
		return s.say("ask.alike.none")
	}
	n := e.Neighbours
	var medians, shares []string
	for j, name := range s.Model.Columns() {
		if j < len(n.Medians) {
			medians = append(medians, s.value(name, round(n.Medians[j])))
		}
	}
	for _, t := range n.Tiers {
		if t.Share > 0 {
			shares = append(shares, s.l.T("list.pair", t.Tier, s.percent(t.Share)))
		}
	}
	out := Answer{Text: []string{
		s.l.Count("ask.alike", len(n.Rows), s.whole(len(n.Rows)), s.l.And(medians)), s.l.T("ask.alike.tiers", s.l.And(shares)),
	}}
	c := &chart.Chart{Title: s.l.T("ask.alike.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis.products")}, Y: chart.Axis{Label: s.l.T("how.mean", s.l.T("measure.products"))}, Reading: s.l.T("ask.alike.reading")}
	all, err := s.Set.Rows()
	if err != nil {
		return Answer{}, err
	}
	b := bundleOf("products")
	var like, every []float64
	for _, name := range b.columns {
		v, err := s.Set.Aggregate(data.Mean, name, n.Rows)
		if err != nil {
			return Answer{}, err
		}
		like = append(like, v)
		if v, err = s.Set.Aggregate(data.Mean, name, all); err != nil {
			return Answer{}, err
		}
		every = append(every, v)
	}
	c.Categories = Short(s.l, b.columns)
	c.Series = []chart.Series{{Name: s.l.T("ask.alike.series"), Color: s.TierColor(e.Tier), Values: chart.Numbers(cents(like))}, {Name: s.l.T("word.everybody"), Color: chart.Everybody, Values: chart.Numbers(cents(every))}}
	out.Chart = c
	var ids []string
	for i, row := range n.Rows {
		out.Customers = append(out.Customers, s.Set.IDs[row])
		if i < 10 {
			ids = append(ids, s.Set.IDs[row])
		}
	}
	out.Text = append(out.Text, s.l.T("ask.alike.ids", strings.Join(ids, ", ")))
	out.Suggestions = s.suggest(Question{Intent: Alike, Tiers: []string{e.Tier}})
	return out, nil
}

// A bundle is several columns that are shown together.
type bundle struct {
	name    string
	columns []string
}

var bundles = []bundle{
	{"products", []string{"mnt_wines", "mnt_meat_products", "mnt_gold_prods", "mnt_fish_products", "mnt_sweet_products", "mnt_fruits"}},
	{"channels", []string{"num_store_purchases", "num_web_purchases", "num_catalog_purchases", "num_deals_purchases"}},
	{"campaigns", []string{"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response"}},
}

func bundleOf(name string) bundle {
	return bundles[slices.IndexFunc(bundles, func(b bundle) bool { return b.name == name })]
}

// Columns are the columns that are shown together: of products, channels or
// campaigns.
func Columns(bundle string) []string { return slices.Clone(bundleOf(bundle).columns) }

// Short are the columns of a bundle as they are called beside each other.
func Short(l *texts.Language, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = l.T("short." + c)
	}
	return out
}

func (s speaker) tierFilter(tiers []string) []data.Filter {
	if len(tiers) == 0 {
		return nil
	}
	return []data.Filter{{Column: "tier", Op: data.Is, Words: tiers}}
}

func (s speaker) overview() (Answer, error) {
	var parts []string
	sizes, revenue := &chart.Chart{Title: s.l.T("ask.overview.title"), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun("tier")}, Y: chart.Axis{Label: s.l.T("axis.share"), Percent: true}}, []float64{}
	var shares []float64
	for _, g := range s.Profile.Tiers {
		parts = append(parts, s.l.T("ask.overview.tier", s.whole(g.Count), g.Name, s.percent(g.Share), s.percent(g.RevenueShare)))
		sizes.Categories = append(sizes.Categories, g.Name)
		sizes.Colors = append(sizes.Colors, s.TierColor(g.Name))
		shares, revenue = append(shares, thousandth(g.Share)), append(revenue, thousandth(g.RevenueShare))
	}
	sizes.Series = []chart.Series{{Name: s.l.T("series.customers"), Values: chart.Numbers(shares)}, {Name: s.l.T("series.spending"), Color: chart.Palette(1), Values: chart.Numbers(revenue)}}
	return Answer{Text: []string{s.l.Count("ask.overview", s.Set.Len(), s.whole(s.Set.Len()), s.l.And(parts))}, Chart: sizes}, nil
}

func (s speaker) describe(tier string) (Answer, error) {
	g, ok := s.Profile.Group(tier)
	if !ok {
		return s.say("ask.nobody")
	}
	out := Answer{Text: []string{s.l.Count("ask.describe", g.Count, tier, s.whole(g.Count), s.percent(g.Share), s.percent(g.RevenueShare))}}
	var means, shares []string
	for _, statement := range g.Statements {
		if statement.Kind == insight.KindMean {
			means = append(means, Says(s.l, statement))
		} else {
			shares = append(shares, Says(s.l, statement))
		}
	}
	if len(means) > 0 {
		out.Text = append(out.Text, s.l.T("ask.describe.means", s.l.And(means)))
	}
	if len(shares) > 0 {
		out.Text = append(out.Text, s.l.Capital(s.l.T("ask.describe.shares", s.l.And(shares))))
	}
	if len(means)+len(shares) == 0 {
		out.Text = append(out.Text, s.l.T("ask.describe.alike"))
	}
	out.Chart = s.differences([]string{tier})
	return out, nil
}

// differences shows how far tiers are from everybody in the five columns.
func (s speaker) differences(tiers []string) *chart.Chart {
	c := &chart.Chart{Title: s.l.T("ask.differences"), Kind: chart.Bars, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.differences.axis"), Percent: true}}
	for _, name := range s.Model.Columns() {
		c.Categories = append(c.Categories, s.l.Noun(name))
	}
	for _, tier := range tiers {
		g, ok := s.Profile.Group(tier)
		if !ok {
			continue
		}
		var v []float64
		for _, name := range s.Model.Columns() {
			column, ok := g.Column(name)
			if !ok {
				v = append(v, math.NaN())
				continue
			}
			v = append(v, thousandth(column.Percent/100))
		}
		c.Series = append(c.Series, chart.Series{Name: tier, Color: s.TierColor(tier), Values: chart.Numbers(v)})
	}
	return c
}

func thousandth(v float64) float64 { return math.Round(v*1000) / 1000 }

func cents(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Round(x*100) / 100
	}
	return out
}

func (s speaker) compare(q Question) (Answer, error) {
	tiers := q.Tiers
	if len(tiers) == 1 {
		for _, t := range s.Set.Tiers {
			if t != tiers[0] {
				tiers = append(tiers, t)
				break
			}
		}
	}
	if len(tiers) == 0 {
		tiers = s.Set.Tiers
	}
	var lines []string
	for _, name := range s.Model.Columns() {
		var parts []string
		for _, tier := range tiers {
			g, ok := s.Profile.Group(tier)
			if !ok {
				return s.say("ask.nobody")
			}
			if column, ok := g.Column(name); ok {
				parts = append(parts, s.l.T("list.pair", tier, s.number(name, data.Mean, round(column.Mean))))
			}
		}
		lines = append(lines, s.l.Capital(s.l.T("ask.compare", s.l.T("how.mean", s.l.Noun(name)), s.l.And(parts))))
	}
	out := Answer{Text: []string{strings.Join(lines, " ")}}
	if len(tiers) == 2 {
		a, _ := s.Profile.Group(tiers[0])
		b, _ := s.Profile.Group(tiers[1])
		best, gap := "", -1.0
		for _, name := range s.Model.Columns() {
			x, _ := a.Column(name)
			y, _ := b.Column(name)
			if d := math.Abs(x.Difference - y.Difference); d > gap {
				best, gap = name, d
			}
		}
		x, _ := a.Column(best)
		y, _ := b.Column(best)
		out.Text = append([]string{s.l.T("ask.compare.most", tiers[0], tiers[1], s.l.Noun(best), s.number(best, data.Mean, round(x.Mean)), s.number(best, data.Mean, round(y.Mean)))}, out.Text...)
	}
	out.Chart = s.differences(tiers)
	out.Suggestions = s.suggest(Question{Intent: Compare, Tiers: tiers})
	return out, nil
}

// A part is some of the customers that a question is about.
type part struct {
	name  string
	color plots.Color
	rows  []int
}

// parts are the customers of a question, together or by the first column that it
// asks them by. There is none where nobody fits.
func (s speaker) parts(q Question) ([]part, error) {
	rows, err := s.Set.Rows(slices.Concat(q.Filters, s.tierFilter(q.Tiers))...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	by := "tier"
	switch {
	case len(q.By) > 0:
		by = q.By[0]
	case len(q.Tiers) < 2:
		return []part{{s.who(q), s.whoColor(q), rows}}, nil
	}
	levels, code, err := s.Set.Groups(by, rows)
	if err != nil {
		return nil, err
	}
	all := make([]part, len(levels))
	for k, label := range Labels(s.l, s.Set.Column(by), levels) {
		all[k] = part{name: label, color: chart.Palette(k)}
		if by == "tier" {
			all[k].color = s.TierColor(label)
		}
	}
	for _, i := range rows {
		if k := code(i); k >= 0 {
			all[k].rows = append(all[k].rows, i)
		}
	}
	return slices.DeleteFunc(all, func(p part) bool { return len(p.rows) == 0 }), nil
}

func (s speaker) bundle(q Question) (Answer, error) {
	b := bundleOf(q.Bundle)
	how := data.Mean
	percent := b.name == "campaigns"
	if q.HowSaid && !percent && q.How != data.Count && q.How != data.Share {
		how = q.How
	}
	parts, err := s.parts(q)
	if err != nil {
		return Answer{}, err
	}
	if len(parts) == 0 {
		return s.say("ask.nobody")
	}
	labels := Short(s.l, b.columns)
	what := s.l.T("measure." + b.name)
	if !percent {
		what = s.l.T("how."+string(how), what)
	}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("bundle." + b.name)), Kind: chart.Bar, X: chart.Axis{Label: s.l.T("axis." + b.name)}, Y: chart.Axis{Label: what, Percent: percent}, Categories: labels}
	grouped := len(q.By) > 0 || len(q.Tiers) > 1
	beside := !grouped && len(q.Filters)+len(q.Tiers) > 0
	if beside {
		all, err := s.Set.Rows()
		if err != nil {
			return Answer{}, err
		}
		parts = append(parts, part{s.l.T("word.everybody"), chart.Everybody, all})
	}
	for _, p := range parts {
		var v []float64
		for _, name := range b.columns {
			x, err := s.Set.Aggregate(how, name, p.rows)
			if err != nil {
				return Answer{}, err
			}
			v = append(v, thousandth(x))
		}
		c.Series = append(c.Series, chart.Series{Name: p.name, Color: p.color, Values: chart.Numbers(v)})
	}
	// greatest are the columns of a part with their figures, the greatest first.
	greatest := func(v []chart.Number, most int) string {
		order := make([]int, len(v))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(v[y], v[x]) })
		var out []string
		for _, i := range order[:min(most, len(order))] {
			out = append(out, s.l.T("list.pair", labels[i], s.number(b.columns[i], how, float64(v[i]))))
		}
		return s.l.And(out)
	}
	v := c.Series[0].Values
	key := "ask.bundle"
	if percent {
		key = "ask.bundle.campaigns"
	}
	out := Answer{Text: []string{s.l.Capital(s.l.T(key, what, parts[0].name, greatest(v, len(v))))}, Chart: c}
	switch {
	case grouped:
		var lines []string
		for _, one := range c.Series {
			lines = append(lines, s.l.T("ask.bundle.group", one.Name, greatest(one.Values, 3)))
		}
		out.Text[0] = s.l.T("ask.bundle.grouped", s.l.Capital(what), strings.Join(lines, " "))
	case beside:
		best, ratio := -1, 1.0
		for i := range v {
			a, e := float64(v[i]), float64(c.Series[1].Values[i])
			if a > 0 && e > 0 && math.Abs(math.Log(a/e)) > math.Abs(math.Log(ratio)) {
				best, ratio = i, a/e
			}
		}
		if best >= 0 {
			out.Text = append(out.Text, s.l.T("ask.bundle.apart", labels[best], Ratio(s.l, ratio)))
		}
	}
	return out, nil
}

// who names the customers of a question.
func (s speaker) who(q Question) string {
	if len(q.Tiers) == 0 && len(q.Filters) == 0 {
		return s.l.T("who.all")
	}
	return s.those(q)
}

// those names them after a number: 12 customers with children.
func (s speaker) those(q Question) string {
	out := s.l.T("who.customers")
	if len(q.Tiers) > 0 {
		out = s.l.T("who.tiers", s.l.And(q.Tiers))
	}
	var with, without, did []string
	for _, f := range q.Filters {
		noun := s.l.Noun(f.Column)
		c := s.Set.Column(f.Column)
		switch {
		case len(f.Words) > 0 && f.Op == data.Not:
			with = append(with, s.l.T("filter.other", noun, s.l.Or(f.Words)))
		case len(f.Words) > 0:
			with = append(with, s.l.T("filter.level", noun, s.l.Or(f.Words)))
		case c.Flag && f.A == 0 && (f.Op == data.Over || f.Op == data.Is):
			did = append(did, Labels(s.l, c, []string{"no", "yes"})[map[data.Op]int{data.Over: 1}[f.Op]])
		case f.Op == data.Between:
			with = append(with, s.l.T("filter.between", noun, s.number(f.Column, "", f.A), s.number(f.Column, "", f.B)))
		case f.Op == data.Over && f.A == 0:
			with = append(with, noun)
		case f.Op == data.Is && f.A == 0 && s.counted(f.Column):
			without = append(without, noun)
		case f.Op == data.Is:
			with = append(with, s.value(f.Column, f.A))
		case s.counted(f.Column) && f.A == math.Trunc(f.A) && math.Abs(f.A) < 1e9:
			with = append(with, s.l.T("filter."+strings.ReplaceAll(string(f.Op), " ", "")+".count", s.whole(int(f.A)), s.l.Count("noun."+f.Column, int(math.Abs(f.A)))))
		default:
			with = append(with, s.l.T("filter."+strings.ReplaceAll(string(f.Op), " ", ""), noun, s.number(f.Column, "", f.A)))
		}
	}
	if len(with) > 0 {
		out = s.l.T("who.with", out, s.l.And(with))
	}
	if len(without) > 0 {
		out = s.l.T("who.without", out, s.l.Or(without))
	}
	if len(did) > 0 {
		out = s.l.T("who.that", out, s.l.And(did))
	}
	return out
}

// Labels are the groups of a column as they are shown: of a flag what those with
// no and yes do, and ranges of numbers as the reader writes them.
func Labels(l *texts.Language, c *data.Column, levels []string) []string {
	switch {
	case !c.Numeric():
		return levels
	case !c.Flag || len(levels) != 2:
		out := make([]string, len(levels))
		for i, level := range levels {
			out[i] = strings.ReplaceAll(level, ".", l.Decimal())
		}
		return out
	}
	if did := "did." + c.Name; l.Has(did) {
		return []string{l.T("didnot." + c.Name), l.T(did)}
	}
	return []string{l.T("word.no"), l.T("word.yes")}
}

func (s speaker) whoColor(q Question) plots.Color {
	if len(q.Tiers) == 1 {
		return s.TierColor(q.Tiers[0])
	}
	return chart.Palette(0)
}

// measured names an aggregate of a column; customers are counted where there is
// none.
func (s speaker) measured(how data.Aggregate, m string) string {
	switch {
	case m == "":
		return s.l.T("how.customers")
	case s.isShare(how, m) && s.l.Has("did."+m):
		return s.l.T("how.did", s.l.T("did."+m))
	}
	return s.aggregate(how, m)
}

// aggregate names an aggregate of a column: average income, average number of
// children at home.
func (s speaker) aggregate(how data.Aggregate, m string) string {
	return s.l.T("how."+string(how), s.amount(m))
}

// amount is what the values of a column are: the income, the number of children
// at home.
func (s speaker) amount(m string) string {
	if s.counted(m) {
		return s.l.T("noun.number", s.l.Noun(m))
	}
	return s.l.Noun(m)
}

// isShare tells whether an aggregate is a part of the customers.
func (s speaker) isShare(how data.Aggregate, m string) bool {
	return how == data.Share || how == data.Mean && m != "" && s.Set.Column(m).Flag
}

// told is one figure in a sentence.
func (s speaker) told(how data.Aggregate, m string, q Question, v float64) string {
	if s.isShare(how, m) && s.l.Has("did."+m) {
		return s.l.T("ask.figure.did", s.percent(v), s.who(q), s.l.T("did."+m))
	}
	return s.l.T("ask.figure", s.measured(how, m), s.who(q), s.number(m, how, v))
}

func (s speaker) figure(q Question) (Answer, error) {
	by := slices.Clone(q.By)
	if len(q.Tiers) > 1 && !slices.Contains(by, "tier") && len(by) < 2 {
		by = append(by, "tier")
	}
	if q.How == data.Share && len(q.Measures) == 0 {
		return s.shareOf(q)
	}
	measures := q.Measures
	if len(measures) == 0 {
		measures = []string{""}
	}
	filters := slices.Concat(q.Filters, s.tierFilter(q.Tiers))
	if len(measures) > 1 {
		return s.several(q, measures, by, filters)
	}
	m := measures[0]
	how := q.How
	if m == "" {
		how = data.Count
	}
	if how == data.Share && s.Set.Column(m).Money && len(by) < 2 {
		return s.sums(q, m, by, filters)
	}
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: by, Filters: filters})
	if err != nil {
		return Answer{}, err
	}
	if r.Count == 0 {
		return s.say("ask.nobody")
	}
	if len(by) == 0 {
		v := r.Cells[0].Value
		if m == "" && len(filters) == 0 {
			return Answer{Text: []string{s.l.Count("ask.count.everybody", r.Count, s.whole(r.Count))}}, nil
		}
		if m == "" {
			text := s.l.Count("ask.count", r.Count, s.whole(r.Count), s.those(q), s.percent(float64(r.Count)/float64(s.Set.Len())))
			return Answer{Text: []string{text}}, nil
		}
		out := Answer{Text: []string{s.told(how, m, q, v)}}
		if len(filters) > 0 {
			all, err := s.Set.Run(data.Query{How: how, Measure: m})
			if err != nil {
				return Answer{}, err
			}
			out.Text = append(out.Text, s.l.Count("ask.figure.all", r.Count, s.number(m, how, all.Cells[0].Value), s.whole(r.Count)))
		}
		out.Chart = s.byTier(how, m, q.Filters)
		return out, nil
	}
	if m == "" {
		s.complete(&r, by, q.Filters)
	}
	for j := range by {
		r.Levels[j] = Labels(s.l, s.Set.Column(by[j]), r.Levels[j])
	}
	what := s.measured(how, m)
	title := s.l.T("ask.q.by", what, s.l.And(nouns(s.l, by)))
	if len(q.Tiers) > 0 || len(q.Filters) > 0 {
		title = s.l.T("ask.title.of", title, s.those(q))
	}
	c := &chart.Chart{Title: s.l.Capital(title), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun(by[0])}, Y: chart.Axis{Label: what, Percent: s.isShare(how, m)}}
	c.Categories = r.Levels[0]
	if len(by) == 1 {
		values := fill(len(r.Levels[0]), math.NaN())
		for _, cell := range r.Cells {
			values[cell.Keys[0]] = thousandth(cell.Value)
		}
		c.Series = []chart.Series{{Name: "", Color: s.whoColor(q), Values: chart.Numbers(values)}}
		if by[0] == "tier" {
			for _, tier := range r.Levels[0] {
				c.Colors = append(c.Colors, s.TierColor(tier))
			}
		}
		compact(c)
	} else {
		for j, level := range r.Levels[1] {
			values := fill(len(r.Levels[0]), math.NaN())
			some := false
			for _, cell := range r.Cells {
				if cell.Keys[1] == j {
					values[cell.Keys[0]] = thousandth(cell.Value)
					some = true
				}
			}
			if !some {
				continue
			}
			col := chart.Palette(j)
			if by[1] == "tier" {
				col = s.TierColor(level)
			}
			c.Series = append(c.Series, chart.Series{Name: level, Color: col, Values: chart.Numbers(values)})
		}
	}
	return Answer{Text: s.ranked(q, r, by, m, how), Chart: c}, nil
}

// complete adds the groups that nobody is in to counts by one column, but for
// those that the question leaves out.
func (s speaker) complete(r *data.Result, by []string, filters []data.Filter) {
	if len(by) != 1 || slices.ContainsFunc(filters, func(f data.Filter) bool { return f.Column == by[0] }) || !slices.Equal(r.Levels[0], s.Set.Column(by[0]).Levels) {
		return
	}
	cells := make([]data.Cell, len(r.Levels[0]))
	for k := range cells {
		cells[k].Keys = []int{k}
	}
	for _, cell := range r.Cells {
		cells[cell.Keys[0]] = cell
	}
	r.Cells = cells
}

func fill(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// compact leaves out the categories without a value.
func compact(c *chart.Chart) {
	var names []string
	var colors []plots.Color
	var values []chart.Number
	for i, v := range c.Series[0].Values {
		if float64(v)-float64(v) != 0 {
			continue
		}
		names, values = append(names, c.Categories[i]), append(values, v)
		if i < len(c.Colors) {
			colors = append(colors, c.Colors[i])
		}
	}
	c.Categories, c.Colors, c.Series[0].Values = names, colors, values
}

func nouns(l *texts.Language, columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = l.Noun(c)
	}
	return out
}

// group names a group of a result in a sentence.
func (s speaker) group(r data.Result, by []string, keys []int) string {
	var parts []string
	for j, k := range keys {
		part := r.Levels[j][k]
		if c := s.Set.Column(by[j]); c.Flag && s.l.Has("did."+c.Name) {
			part = s.l.T("who.those", part)
		} else if c.Numeric() && !c.Flag {
			if v, err := strconv.ParseFloat(part, 64); err == nil {
				part = s.value(by[j], v)
			} else {
				part = s.l.T("filter.level", s.l.Noun(by[j]), part)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// ranked tells the highest and the lowest group.
func (s speaker) ranked(q Question, r data.Result, by []string, m string, how data.Aggregate) []string {
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c data.Cell) bool { return c.Value-c.Value != 0 })
	if len(cells) == 0 {
		return []string{s.l.T("ask.nobody")}
	}
	top, bottom := cells[0], cells[0]
	for _, c := range cells {
		if c.Value > top.Value {
			top = c
		}
		if c.Value < bottom.Value {
			bottom = c
		}
	}
	key := "ask.highest"
	if m == "" {
		key = "ask.most"
	}
	if q.Rank < 0 {
		top, bottom = bottom, top
		key = map[string]string{"ask.highest": "ask.lowest", "ask.most": "ask.fewest"}[key]
	}
	if len(cells) == 1 {
		key = "ask.one"
	}
	name := func(c data.Cell) string { return s.group(r, by, c.Keys) }
	out := []string{s.l.T(key, s.who(q), s.measured(how, m), s.l.And(nouns(s.l, by)), name(top), s.number(m, how, top.Value), name(bottom), s.number(m, how, bottom.Value))}
	var few []string
	for _, c := range []data.Cell{top, bottom} {
		if c.Count < 20 && !slices.Contains(few, name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && how != data.Count {
		out = append(out, s.l.T("ask.few", s.l.And(few)))
	}
	return out
}

// byTier shows a figure for every tier beside one answer.
func (s speaker) byTier(how data.Aggregate, m string, filters []data.Filter) *chart.Chart {
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{"tier"}, Filters: filters})
	if err != nil || len(r.Cells) < 2 {
		return nil
	}
	what := s.measured(how, m)
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", what, s.l.Noun("tier"))), Kind: chart.Bar, X: chart.Axis{Label: s.l.Noun("tier")}, Y: chart.Axis{Label: what, Percent: s.isShare(how, m)}}
	var v []float64
	for _, cell := range r.Cells {
		tier := r.Levels[0][cell.Keys[0]]
		c.Categories, c.Colors = append(c.Categories, tier), append(c.Colors, s.TierColor(tier))
		v = append(v, thousandth(cell.Value))
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	return c
}

// shareOf answers which part of the customers something is true of.
func (s speaker) shareOf(q Question) (Answer, error) {
	within := q.Filters
	base := []data.Filter{}
	if len(q.Filters) == 0 {
		within = s.tierFilter(q.Tiers)
	} else {
		base = s.tierFilter(q.Tiers)
	}
	inner, err := s.Set.Rows(slices.Concat(within, base)...)
	if err != nil {
		return Answer{}, err
	}
	outer, err := s.Set.Rows(base...)
	if err != nil {
		return Answer{}, err
	}
	if len(outer) == 0 {
		return s.say("ask.nobody")
	}
	if len(q.By) == 0 {
		out := Question{}
		if len(q.Filters) > 0 {
			out.Tiers = q.Tiers
		}
		return Answer{Text: []string{s.l.T("ask.share", s.percent(float64(len(inner))/float64(len(outer))), s.whole(len(inner)), s.those(q), s.whole(len(outer)), s.those(out))}}, nil
	}
	column := s.Set.Column(q.By[0])
	levels, code, err := s.Set.Groups(q.By[0], outer)
	if err != nil {
		return Answer{}, err
	}
	hit, all := make([]float64, len(levels)), make([]float64, len(levels))
	in := map[int]bool{}
	for _, i := range inner {
		in[i] = true
	}
	for _, i := range outer {
		if c := code(i); c >= 0 {
			all[c]++
			if in[i] {
				hit[c]++
			}
		}
	}
	whole := len(q.Filters) == 0
	what := s.who(Question{Filters: q.Filters})
	if whole {
		what = s.who(Question{Tiers: q.Tiers})
	}
	c := &chart.Chart{
		Title: s.l.Capital(s.l.T("ask.q.by", s.l.T("ask.shares.title", what), s.l.Noun(q.By[0]))), Kind: chart.Bar,
		X: chart.Axis{Label: s.l.Noun(q.By[0])}, Y: chart.Axis{Label: s.l.T("axis.share"), Percent: true}, Categories: Labels(s.l, column, levels),
	}
	var v []float64
	var parts []string
	for i := range levels {
		x := math.NaN()
		switch {
		case whole:
			x = all[i] / float64(len(outer))
		case all[i] > 0:
			x = hit[i] / all[i]
		}
		v = append(v, thousandth(x))
		if x == x {
			parts = append(parts, s.l.T("list.pair", c.Categories[i], s.percent(x)))
		}
		if q.By[0] == "tier" {
			c.Colors = append(c.Colors, s.TierColor(levels[i]))
		}
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	compact(c)
	return Answer{Text: []string{s.l.Capital(s.l.T("ask.shares", what, s.l.And(parts)))}, Chart: c}, nil
}

// sums tells which part of an amount groups of customers have.
func (s speaker) sums(q Question, m string, by []string, filters []data.Filter) (Answer, error) {
	all, err := s.Set.Run(data.Query{How: data.Sum, Measure: m})
	if err != nil {
		return Answer{}, err
	}
	some, err := s.Set.Run(data.Query{How: data.Sum, Measure: m, By: by, Filters: filters})
	if err != nil {
		return Answer{}, err
	}
	total := all.Cells[0].Value
	if len(by) > 0 {
		total = 0
		for _, cell := range some.Cells {
			total += cell.Value
		}
	}
	if some.Count == 0 || !(total > 0) {
		return s.say("ask.nobody")
	}
	noun := s.l.Noun(m)
	if len(by) == 0 {
		return Answer{Text: []string{s.l.T("ask.sums.whole", s.percent(some.Cells[0].Value/total), noun, s.those(q))}, Chart: s.byTier(data.Sum, m, q.Filters)}, nil
	}
	levels := Labels(s.l, s.Set.Column(by[0]), some.Levels[0])
	what := s.l.T("ask.sums.title", noun)
	c := &chart.Chart{
		Title: s.l.Capital(s.l.T("ask.q.by", what, s.l.Noun(by[0]))), Kind: chart.Bar,
		X: chart.Axis{Label: s.l.Noun(by[0])}, Y: chart.Axis{Label: what, Percent: true},
	}
	var parts []string
	var v []float64
	for _, cell := range some.Cells {
		level := levels[cell.Keys[0]]
		parts = append(parts, s.l.T("list.pair", level, s.percent(cell.Value/total)))
		c.Categories, v = append(c.Categories, level), append(v, thousandth(cell.Value/total))
		if by[0] == "tier" {
			c.Colors = append(c.Colors, s.TierColor(level))
		}
	}
	c.Series = []chart.Series{{Color: s.whoColor(q), Values: chart.Numbers(v)}}
	return Answer{Text: []string{s.l.T("ask.sums", noun, s.who(q), s.l.And(parts))}, Chart: c}, nil
}

// several answers about more than one measure at once.
func (s speaker) several(q Question, measures, by []string, filters []data.Filter) (Answer, error) {
	measures = measures[:min(len(measures), 6)]
	var text []string
	group := "tier"
	if len(by) > 0 {
		group = by[0]
	}
	c := &chart.Chart{Title: s.l.Capital(s.l.T("ask.q.by", s.l.And(nouns(s.l, measures)), s.l.Noun(group))), Kind: chart.Heat, X: chart.Axis{Label: s.l.T("axis.figure")}, Y: chart.Axis{Label: s.l.T("ask.several.axis")}}
	for _, m := range measures {
		how := q.How
		r, err := s.Set.Run(data.Query{How: how, Measure: m, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if r.Count == 0 {
			return s.say("ask.nobody")
		}
		total := r.Cells[0].Value
		g, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{group}, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if len(c.Series) == 0 {
			for _, level := range Labels(s.l, s.Set.Column(group), g.Levels[0]) {
				c.Series = append(c.Series, chart.Series{Name: level, Color: s.TierColor(level)})
			}
		}
		if len(by) == 0 {
			text = append(text, s.told(how, m, q, total))
		} else {
			g.Levels[0] = Labels(s.l, s.Set.Column(group), g.Levels[0])
			text = append(text, s.ranked(q, g, by[:1], m, how)...)
		}
		c.Categories = append(c.Categories, s.l.Noun(m))
		for j := range c.Series {
			v := math.NaN()
			for _, cell := range g.Cells {
				if cell.Keys[0] == j && total != 0 {
					v = math.Round(1000*(cell.Value/total-1)) / 10
				}
			}
			c.Series[j].Values = append(c.Series[j].Values, chart.Number(v))
		}
	}
	return Answer{Text: text, Chart: c}, nil
}

func (s speaker) distribution(q Question) (Answer, error) {
	m := q.Measures[0]
	parts, err := s.parts(q)
	if err != nil {
		return Answer{}, err
	}
	rows, names, colors := map[string][]int{}, []string{}, []plots.Color{}
	var values []float64
	for _, p := range parts {
		rows[p.name], names, colors = p.rows, append(names, p.name), append(colors, p.color)
		for _, i := range p.rows {
			if v := s.Set.Column(m).Numbers[i]; v == v {
				values = append(values, v)
			}
		}
	}
	if len(values) == 0 {
		return s.say("ask.nobody")
	}
	c, err := Histogram(s.l, s.Set, m, rows, names, colors)
	if err != nil {
		return Answer{}, err
	}
	low, middle, high := data.Quantile(values, 0.25), data.Quantile(values, 0.5), data.Quantile(values, 0.75)
	return Answer{Text: []string{s.l.T("ask.spread", s.who(q), s.amount(m), s.number(m, "", round(low)), s.number(m, "", round(high)), s.number(m, "", round(middle)))}, Chart: c}, nil
}

// Histogram counts the values of a column in ranges, as the share of each
// group of rows.
func Histogram(l *texts.Language, set *data.Set, column string, groups map[string][]int, names []string, colors []plots.Color) (*chart.Chart, error) {
	col := set.Column(column)
	if col == nil || !col.Numeric() {
		return nil, fmt.Errorf("%s is no column of numbers", column)
	}
	all, err := set.Rows()
	if err != nil {
		return nil, err
	}
	edges := set.Edges(column, all, 16)
	c := &chart.Chart{Title: l.T("ask.q.spread", l.Noun(column)), Kind: chart.Bar, X: chart.Axis{Label: l.Axis(column)}, Y: chart.Axis{Label: l.T("axis.customers"), Percent: true}}
	narrow := col.Whole && edges[1]-edges[0] == 1
	for i := range len(edges) - 1 {
		if narrow {
			c.Categories = append(c.Categories, data.Short(edges[i]))
		} else {
			c.Categories = append(c.Categories, data.Short(edges[i])+"–"+data.Short(edges[i+1]))
		}
	}
	c.Categories = Labels(l, col, c.Categories)
	for g, name := range names {
		values := make([]float64, len(edges)-1)
		n := 0.0
		for _, i := range groups[name] {
			if b := data.Bin(edges, col.Numbers[i]); b >= 0 {
				values[b]++
				n++
			}
		}
		for i := range values {
			if n > 0 {
				values[i] = math.Round(values[i]/n*10000) / 10000
			}
		}
		c.Series = append(c.Series, chart.Series{Name: name, Color: colors[g], Values: chart.Numbers(values)})
	}
	return c, nil
}

func (s speaker) relation(q Question) (Answer, error) {
	x, y := q.Measures[0], q.Measures[1]
	filters := slices.Concat(q.Filters, s.tierFilter(q.Tiers))
	rows, err := s.Set.Rows(filters...)
	if err != nil {
		return Answer{}, err
	}
	c, r, n := Against(s.l, s.World, x, y, rows)
	if n < 3 {
		return s.say("ask.nobody")
	}
	key := "ask.relation.none"
	switch a := math.Abs(r); {
	case a >= 0.7:
		key = "ask.relation.strong"
	case a >= 0.4:
		key = "ask.relation"
	case a >= 0.2:
		key = "ask.relation.weak"
	}
	text := s.l.Capital(s.l.T(key, s.l.Noun(x), s.l.Noun(y), s.l.Number(r, 2), s.whole(n)))
	switch {
	case r >= 0.2:
		text += " " + s.l.T("ask.relation.more")
	case r <= -0.2:
		text += " " + s.l.T("ask.relation.less")
	}
	return Answer{Text: []string{text}, Chart: c}, nil
}

// mostPoints is how many customers a chart of points shows.
const mostPoints = 1200

// Against makes a chart of points of one column against another, by tier, and
// tells their correlation over how many customers.
func Against(l *texts.Language, w *World, x, y string, rows []int) (c *chart.Chart, r float64, n int) {
	a, b := w.Set.Column(x).Numbers, w.Set.Column(y).Numbers
	var sx, sy, sxx, syy, sxy float64
	var keep []int
	for _, i := range rows {
		if a[i] == a[i] && b[i] == b[i] {
			keep = append(keep, i)
			sx, sy = sx+a[i], sy+b[i]
		}
	}
	n = len(keep)
	mx, my := sx/float64(n), sy/float64(n)
	for _, i := range keep {
		sxx, syy, sxy = sxx+(a[i]-mx)*(a[i]-mx), syy+(b[i]-my)*(b[i]-my), sxy+(a[i]-mx)*(b[i]-my)
	}
	if sxx > 0 && syy > 0 {
		r = sxy / math.Sqrt(sxx*syy)
	}
	c = &chart.Chart{Title: l.Capital(l.T("ask.q.against", l.Noun(x), l.Noun(y))), Kind: chart.Scatter, Words: []string{l.Noun("tier")}, X: chart.Axis{Label: l.Axis(x)}, Y: chart.Axis{Label: l.Axis(y)}}
	step := max(1, (n+mostPoints-1)/mostPoints)
	if step > 1 {
		c.Reading = l.T("ask.against.some", step)
	}
	points := map[string][][2]chart.Number{}
	for k := 0; k < n; k += step {
		i := keep[k]
		points[w.Set.Tier(i)] = append(points[w.Set.Tier(i)], [2]chart.Number{chart.Number(a[i]), chart.Number(b[i])})
	}
	for _, tier := range w.Set.Tiers {
		if len(points[tier]) > 0 {
			c.Series = append(c.Series, chart.Series{Name: tier, Color: w.TierColor(tier), Points: points[tier]})
		}
	}
	return c, r, n
}

// Result tells in sentences where a customer is put, how sure that is, why, and
// what would have to change: the first answer of a conversation.
func (w *World) Result(e *insight.Explanation, customer []float64, l *texts.Language) Answer {
	s := speaker{w, l, customer}
	out := Answer{Understood: true, Text: []string{l.T("ask.is", e.Tier)}}
	if g, ok := w.Profile.Group(e.Tier); ok {
		out.Text[0] += " " + l.T("ask.is.share", s.percent(g.Share))
	}
	out.Text = append(out.Text, s.certainty(e)...)
	out.Text = append(out.Text, s.warnings(customer, e)...)
	out.Text = append(out.Text, s.reasons(e)...)
	if e.NextBetter != "" {
		out.Text = append(out.Text, s.changes(e)[0])
	}
	out.Chart = s.waterfall(e)
	out.Suggestions = []string{l.T("ask.q.alike"), l.T("ask.q.buy", e.Tier)}
	if i := slices.Index(w.Model.Columns(), "income"); i >= 0 {
		income := "70000"
		if customer[i] > 60000 {
			income = "40000"
		}
		out.Suggestions = append(out.Suggestions, l.T("ask.q.if", l.Noun("income"), income))
	}
	if e.NextTier != "" && e.NextTier != e.Tier {
		out.Suggestions = append(out.Suggestions, l.T("ask.q.compare", e.Tier, e.NextTier))
	}
	return out
}
