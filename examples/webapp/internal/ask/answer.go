package ask

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/message"

	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

// An Answer is what is said to a question.
type Answer struct {
	Understood  bool         `json:"understood"`
	Text        []string     `json:"text"` // sentences, one a paragraph
	Chart       *chart.Chart `json:"chart,omitempty"`
	Suggestions []string     `json:"suggestions"`
	// Customers are the numbers of the customers that the answer shows.
	Customers []int64 `json:"customers,omitempty"`
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
	grammar   *Grammar
	groups    []plots.Group
}

// NewWorld makes a World.
func NewWorld(set *data.Set, model *segment.Model, profile *segment.Profile, explainer *segment.Explainer) *World {
	return &World{Set: set, Model: model, Profile: profile, Explainer: explainer, grammar: NewGrammar(set), groups: plots.Tiers(set.Tiers...)}
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

// Ask answers a question. Customer has the five values of the customer that
// the conversation is about, in the order of the model's columns; nil for none.
func (w *World) Ask(ctx context.Context, question string, customer []float64, p *message.Printer) Answer {
	q, err := w.grammar.Parse(question)
	var unclear *Unclear
	if errors.As(err, &unclear) {
		text := unclear.Error()
		if text != sorry {
			text = sorry + " " + text
		}
		return Answer{Text: []string{text, "The nearest questions that I can answer are below."}, Suggestions: w.nearest(question, customer != nil)}
	}
	s := speaker{w, p, customer}
	a, err := s.answer(ctx, q)
	if err != nil {
		return Answer{Text: []string{sorry + " " + upper(err.Error()) + "."}, Suggestions: w.nearest(question, customer != nil)}
	}
	a.Understood = true
	if len(q.Read) > 0 {
		a.Text = append([]string{"I read " + strings.Join(q.Read, ", ") + "."}, a.Text...)
	}
	if a.Suggestions == nil {
		a.Suggestions = w.Suggest(q, customer != nil)
	}
	return a
}

// Examples are questions of every kind.
func (w *World) Examples(customer bool) []string {
	first, last := w.Set.Tiers[0], w.Set.Tiers[len(w.Set.Tiers)-1]
	middle := w.Set.Tiers[len(w.Set.Tiers)/2]
	var out []string
	if customer {
		out = append(out, "Who else is like this?", "Why this tier?", "What would have to change?", "What if income were 70000?", "What if spending were 1500?", "What if they had no children?")
	}
	return append(out,
		"What do "+first+" customers buy?", "Describe "+middle, "Describe "+last, "Compare "+middle+" and "+first, "Compare "+last+" and "+middle,
		"How many customers are in each tier?", "Average wine spending by education for "+middle, "Average income by tier", "Median age by tier",
		"Which tier spends most on meat?", "Total spending by age group", "Share of customers who accepted the last campaign by tier", "Purchases by channel for "+last,
		"Which campaigns did "+first+" accept?", "How many customers have children?", "How many customers older than 60 are "+first+"?", "Average spending of married customers with income over 50000",
		"Distribution of income", "Distribution of age for "+last, "Income against spending", "Average spending by marital status and tier", "What can I ask?")
}

// Suggest gives questions that follow on one.
func (w *World) Suggest(q Question, customer bool) []string {
	tiers := w.Set.Tiers
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
		out = []string{"What would have to change?", "Who else is like this?", "What do " + tier + " customers buy?"}
	case Alike:
		out = []string{"Why this tier?", "What would have to change?", "What if income were 70000?"}
	case Describe:
		out = []string{"What do " + tier + " customers buy?", "Compare " + tier + " and " + other, "Which campaigns did " + tier + " accept?"}
	case Compare:
		out = []string{"What do " + tier + " customers buy?", "Average income by tier", "Purchases by channel for " + other}
	case Bundle:
		out = []string{"Describe " + tier, "Average wine spending by education for " + tier, "Purchases by channel for " + tier}
	case Overview:
		out = []string{"Describe " + tiers[0], "Total spending by tier", "Average income by tier"}
	case Figure, Distribution, Relation:
		m := "spending"
		if len(q.Measures) > 0 && !w.Set.Column(q.Measures[0]).Flag {
			m = Noun(q.Measures[0])
		}
		out = []string{"Distribution of " + m, "Average " + m + " by age group", "Average " + m + " by education for " + tier, "Describe " + tier}
	default:
		out = w.Examples(customer)[:4]
	}
	if customer && q.Intent != Alike && len(out) < 4 {
		out = append(out, "Who else is like this?")
	}
	return slices.Compact(out)
}

// nearest are the examples most like a question that was not understood.
func (w *World) nearest(question string, customer bool) []string {
	said := split(question)
	type scored struct {
		text  string
		score float64
	}
	var all []scored
	for _, e := range w.Examples(customer) {
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
	for _, s := range all[:min(4, len(all))] {
		out = append(out, s.text)
	}
	return out
}

// speaker answers one question.
type speaker struct {
	*World
	p        *message.Printer
	customer []float64
}

func (s speaker) answer(ctx context.Context, q Question) (Answer, error) {
	switch q.Intent {
	case Help:
		return Answer{Text: []string{helpText}, Suggestions: pick(s.Examples(s.customer != nil), 8)}, nil
	case WhatIf, Alike, Why, Change:
		if s.customer == nil {
			return Answer{Text: []string{noCustomer}, Suggestions: pick(s.Examples(false), 4)}, nil
		}
		switch q.Intent {
		case WhatIf:
			return s.whatIf(q)
		case Alike:
			return s.alike()
		case Why:
			return s.Why(s.customer, s.p)
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

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// list joins words: a, b and c.
func list(w []string) string {
	if len(w) < 2 {
		return strings.Join(w, "")
	}
	return strings.Join(w[:len(w)-1], ", ") + " and " + w[len(w)-1]
}

// number writes a value of a column.
func (s speaker) number(column string, how data.Aggregate, v float64) string {
	if v-v != 0 {
		return "unknown"
	}
	if how == data.Share {
		return s.percent(v)
	}
	c := s.Set.Column(column)
	digits := 0
	if a := math.Abs(v); how != data.Count && how != data.Sum && v != math.Trunc(v) {
		switch {
		case a < 1:
			digits = 2
		case a < 10 || a < 100 && Unit(column) != "":
			digits = 1
		}
	}
	if c != nil && c.Flag && (how == data.Mean) {
		return s.percent(v)
	}
	out := s.p.Sprintf("%.*f", digits, v)
	if unit := Unit(column); unit != "" && how != data.Count {
		out += " " + unit
	}
	return out
}

func (s speaker) percent(v float64) string {
	if v > 0 && v < 0.0995 {
		return s.p.Sprintf("%.1f %%", 100*v)
	}
	return s.p.Sprintf("%.0f %%", 100*v)
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
	after, err := s.Explainer.Explain(s.row(q.Set))
	if err != nil {
		return Answer{}, err
	}
	var changes []string
	for _, a := range q.Set {
		changes = append(changes, fmt.Sprintf("%s of %s", Noun(a.Column), s.number(a.Column, "", a.Value)))
	}
	with := "With " + list(changes)
	var text string
	switch {
	case after.Cluster == before.Cluster:
		text = fmt.Sprintf("%s this customer would stay %s.", with, after.Tier)
	case after.Tier == before.Tier:
		text = fmt.Sprintf("%s this customer would still be %s, though in another part of that tier.", with, after.Tier)
	default:
		text = fmt.Sprintf("%s this customer would be %s instead of %s.", with, after.Tier, before.Tier)
	}
	out := Answer{Text: []string{text}}
	if after.Borderline {
		out.Text = append(out.Text, fmt.Sprintf("That would be a borderline case: %s is nearly as near.", after.NextTier))
	}
	for _, warning := range after.Warnings {
		out.Text = append(out.Text, upper(strings.TrimSuffix(warning, "."))+".")
	}
	out.Chart = s.waterfall(after)
	out.Suggestions = s.Suggest(Question{Intent: WhatIf, Tiers: []string{after.Tier}}, true)
	return out, nil
}

// waterfall shows what speaks for a tier and against it.
func (s speaker) waterfall(e *segment.Explanation) *chart.Chart {
	if e.Next < 0 || len(e.Contributions) == 0 {
		return nil
	}
	rival := e.NextTier
	if rival == e.Tier {
		rival = "the other part of " + e.Tier
	}
	c := &chart.Chart{
		Title: fmt.Sprintf("%s rather than %s: what counts", e.Tier, rival), Kind: chart.Waterfall,
		X: chart.Axis{Label: "figure"}, Y: chart.Axis{Label: "to the right: for " + e.Tier + "; to the left: for " + rival},
		Reading: waterfallReading,
	}
	var values []float64
	for _, part := range e.Contributions {
		c.Categories = append(c.Categories, fmt.Sprintf("%s (%s)", Noun(part.Column), s.number(part.Column, "", part.At)))
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
	c.Series = []chart.Series{{Name: "for " + e.Tier, Values: chart.Numbers(values)}}
	c.Order()
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	end := s.TierColor(e.Tier)
	if sum < 0 {
		end = s.TierColor(e.NextTier)
	}
	c.Categories, c.Colors = append(c.Categories, waterfallSum), append(c.Colors, end)
	c.Series[0].Values = append(c.Series[0].Values, chart.Number(math.Round(sum*100)/100))
	return c
}

// Why tells why a customer is in its tier, in sentences and as a chart.
func (w *World) Why(customer []float64, p *message.Printer) (Answer, error) {
	s := speaker{w, p, customer}
	e, err := w.Explainer.Explain(customer)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: s.reasons(e), Chart: s.waterfall(e), Understood: true}
	out.Suggestions = w.Suggest(Question{Intent: Why, Tiers: []string{e.Tier}}, true)
	return out, nil
}

// reasons are the explanation in words.
func (s speaker) reasons(e *segment.Explanation) []string {
	if e.Next < 0 {
		return []string{e.Tier + " is the only tier."}
	}
	rival := e.NextTier
	if rival == e.Tier {
		rival = "the other part of " + e.Tier
	}
	parts := slices.Clone(e.Contributions)
	slices.SortStableFunc(parts, func(a, b segment.Contribution) int {
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
		text := fmt.Sprintf("%s of %s (halfway is %s)", Noun(part.Column), s.number(part.Column, "", part.At), s.number(part.Column, "", round(part.Halfway)))
		if part.Imputed {
			text = fmt.Sprintf("%s, which is not known and taken as %s", Noun(part.Column), s.number(part.Column, "", part.At))
		}
		if part.Value > 0 {
			pro = append(pro, text)
		} else {
			contra = append(contra, text)
		}
	}
	var out []string
	if len(pro) > 0 {
		out = append(out, fmt.Sprintf("What makes it %s rather than %s: %s.", e.Tier, rival, list(pro)))
	}
	if len(contra) > 0 {
		out = append(out, fmt.Sprintf("What would fit %s better: %s.", rival, list(contra)))
	} else {
		out = append(out, fmt.Sprintf("Nothing of weight would fit %s better.", rival))
	}
	return out
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
	out := Answer{Text: s.changes(e)}
	out.Suggestions = s.Suggest(Question{Intent: Change, Tiers: []string{e.Tier}}, true)
	if e.NextBetter != "" && len(e.Changes) > 0 {
		c := e.Changes[0]
		out.Suggestions = append([]string{fmt.Sprintf("What if %s were %s?", asked(c.Column), strconv.FormatFloat(c.To, 'f', -1, 64))}, out.Suggestions...)
	}
	return out, nil
}

// asked is a column as a question would name it.
func asked(column string) string {
	if column == "tenure" || column == "children" {
		return column
	}
	return Noun(column)
}

func (s speaker) changes(e *segment.Explanation) []string {
	if e.NextBetter == "" {
		return []string{fmt.Sprintf("%s is the best tier there is; nothing has to change.", e.Tier)}
	}
	if len(e.Changes) == 0 {
		return []string{fmt.Sprintf("No change of one figure alone leads from %s to %s.", e.Tier, e.NextBetter)}
	}
	var out []string
	for _, c := range e.Changes {
		if len(out) == 3 {
			break
		}
		more := "more"
		if c.By() < 0 {
			more = "less"
		}
		text := fmt.Sprintf("%s of %s instead of %s (%s %s) would lead to %s", upper(Noun(c.Column)), s.number(c.Column, "", tidy(c.To)), s.number(c.Column, "", c.From), s.number("", "", tidy(math.Abs(c.By()))), more, c.Tier)
		if !c.Seen {
			text += ", but no customer has been seen with such a figure"
		}
		out = append(out, text+".")
	}
	return out
}

// tidy leaves out digits that nobody reads.
func tidy(v float64) float64 {
	if math.Abs(v) >= 100 {
		return math.Round(v)
	}
	return math.Round(v*10) / 10
}

func (s speaker) alike() (Answer, error) {
	e, err := s.Explainer.Explain(s.customer)
	if err != nil {
		return Answer{}, err
	}
	if e.Neighbours == nil || len(e.Neighbours.Rows) == 0 {
		return Answer{Text: []string{"There are no customers to compare with."}}, nil
	}
	n := e.Neighbours
	var medians, shares []string
	for j, name := range s.Model.Columns() {
		if j < len(n.Medians) {
			medians = append(medians, fmt.Sprintf("%s %s", Noun(name), s.number(name, "", round(n.Medians[j]))))
		}
	}
	for _, t := range n.Tiers {
		if t.Share > 0 {
			shares = append(shares, fmt.Sprintf("%s %s", s.percent(t.Share), t.Tier))
		}
	}
	out := Answer{Text: []string{
		fmt.Sprintf("The %d customers most like this one are in the middle: %s.", len(n.Rows), list(medians)),
		fmt.Sprintf("Of them, %s.", list(shares)),
	}}
	c := &chart.Chart{Title: "The most similar customers", Kind: chart.Bar, X: chart.Axis{Label: "product"}, Y: chart.Axis{Label: "average spending in two years"}, Reading: "What they spend on average, beside what everybody spends."}
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
	c.Categories = b.labels
	c.Series = []chart.Series{{Name: "customers like this", Color: s.TierColor(e.Tier), Values: chart.Numbers(cents(like))}, {Name: "everybody", Color: chart.Everybody, Values: chart.Numbers(cents(every))}}
	out.Chart = c
	var ids []string
	for i, row := range n.Rows {
		out.Customers = append(out.Customers, s.Set.IDs[row])
		if i < 10 {
			ids = append(ids, strconv.FormatInt(s.Set.IDs[row], 10))
		}
	}
	out.Text = append(out.Text, "Their customer numbers: "+strings.Join(ids, ", ")+".")
	out.Suggestions = s.Suggest(Question{Intent: Alike, Tiers: []string{e.Tier}}, true)
	return out, nil
}

func bundleOf(name string) (b struct {
	name, noun, phrases string
	columns             []string
	labels              []string
}) {
	for _, b := range bundleWords {
		if b.name == name {
			return b
		}
	}
	return b
}

func (s speaker) tierFilter(tiers []string) []data.Filter {
	if len(tiers) == 0 {
		return nil
	}
	return []data.Filter{{Column: "tier", Op: data.Is, Words: tiers}}
}

func (s speaker) overview() (Answer, error) {
	var parts []string
	sizes, revenue := &chart.Chart{Title: "Share of customers and of spending", Kind: chart.Bar, X: chart.Axis{Label: "tier"}, Y: chart.Axis{Label: "share", Percent: true}}, []float64{}
	var shares []float64
	for _, g := range s.Profile.Tiers {
		parts = append(parts, fmt.Sprintf("%s %s (%s of the customers, %s of what is spent)", s.p.Sprintf("%d", g.Count), g.Name, s.percent(g.Share), s.percent(g.RevenueShare)))
		sizes.Categories = append(sizes.Categories, g.Name)
		sizes.Colors = append(sizes.Colors, s.TierColor(g.Name))
		shares, revenue = append(shares, thousandth(g.Share)), append(revenue, thousandth(g.RevenueShare))
	}
	sizes.Series = []chart.Series{{Name: "of customers", Values: chart.Numbers(shares)}, {Name: "of spending", Color: chart.Palette(1), Values: chart.Numbers(revenue)}}
	return Answer{Text: []string{s.p.Sprintf("There are %d customers: ", s.Set.Len()) + list(parts) + "."}, Chart: sizes}, nil
}

func (s speaker) describe(tier string) (Answer, error) {
	g, ok := s.Profile.Group(tier)
	if !ok {
		return Answer{}, fmt.Errorf("there is no tier %s", tier)
	}
	out := Answer{Text: []string{fmt.Sprintf("%s has %s customers, %s of all, who bring %s of what is spent.", tier, s.p.Sprintf("%d", g.Count), s.percent(g.Share), s.percent(g.RevenueShare))}}
	var means, shares []string
	for _, statement := range g.Statements {
		if statement.Kind == segment.KindMean {
			means = append(means, statement.Sentence)
		} else {
			shares = append(shares, statement.Sentence)
		}
	}
	if len(means) > 0 {
		out.Text = append(out.Text, "On average a customer there "+list(means)+".")
	}
	if len(shares) > 0 {
		out.Text = append(out.Text, upper(strings.Join(shares, "; "))+".")
	}
	if len(means)+len(shares) == 0 {
		out.Text = append(out.Text, "It is much like everybody.")
	}
	out.Chart = s.differences([]string{tier})
	return out, nil
}

// differences shows how far tiers are from everybody in the five columns.
func (s speaker) differences(tiers []string) *chart.Chart {
	c := &chart.Chart{Title: "Difference from everybody", Kind: chart.Bars, X: chart.Axis{Label: "figure"}, Y: chart.Axis{Label: "above or below the average of everybody", Percent: true}}
	for _, name := range s.Model.Columns() {
		c.Categories = append(c.Categories, Noun(name))
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
	out := Answer{}
	for _, name := range s.Model.Columns() {
		var parts []string
		for _, tier := range tiers {
			g, ok := s.Profile.Group(tier)
			if !ok {
				return Answer{}, fmt.Errorf("there is no tier %s", tier)
			}
			if column, ok := g.Column(name); ok {
				parts = append(parts, fmt.Sprintf("%s %s", tier, s.number(name, data.Mean, round(column.Mean))))
			}
		}
		out.Text = append(out.Text, fmt.Sprintf("%s: %s.", upper("average "+Noun(name)), strings.Join(parts, ", ")))
	}
	out.Text = []string{strings.Join(out.Text, " ")}
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
		out.Text = append([]string{fmt.Sprintf("The greatest difference between %s and %s is in %s: %s against %s.", tiers[0], tiers[1], Noun(best), s.number(best, data.Mean, round(x.Mean)), s.number(best, data.Mean, round(y.Mean)))}, out.Text...)
	}
	out.Chart = s.differences(tiers)
	out.Suggestions = s.Suggest(Question{Intent: Compare, Tiers: tiers}, s.customer != nil)
	return out, nil
}

func (s speaker) bundle(q Question) (Answer, error) {
	b := bundleOf(q.Bundle)
	how := data.Mean
	percent := b.name == "campaigns"
	if q.HowSaid && !percent && q.How != data.Count {
		how = q.How
	}
	filters := slices.Concat(q.Filters, s.tierFilter(q.Tiers))
	rows, err := s.Set.Rows(filters...)
	if err != nil {
		return Answer{}, err
	}
	if len(rows) == 0 {
		return Answer{Text: []string{nobody}}, nil
	}
	c := &chart.Chart{Title: upper(b.noun), Kind: chart.Bar, X: chart.Axis{Label: b.name}, Y: chart.Axis{Label: label(how, percent, b.name), Percent: percent}, Categories: b.labels}
	groups := [][]int{rows}
	names := []string{s.who(q)}
	colors := []plots.Color{s.whoColor(q)}
	byTier := len(q.Tiers) > 1 || slices.Contains(q.By, "tier")
	switch {
	case byTier:
		groups, names, colors = nil, nil, nil
		for _, tier := range s.Set.Tiers {
			if len(q.Tiers) > 0 && !slices.Contains(q.Tiers, tier) {
				continue
			}
			members, err := s.Set.Rows(append(slices.Clone(q.Filters), data.Filter{Column: "tier", Op: data.Is, Words: []string{tier}})...)
			if err != nil {
				return Answer{}, err
			}
			groups, names, colors = append(groups, members), append(names, tier), append(colors, s.TierColor(tier))
		}
	case len(filters) > 0:
		all, err := s.Set.Rows()
		if err != nil {
			return Answer{}, err
		}
		groups, names, colors = append(groups, all), append(names, "everybody"), append(colors, chart.Everybody)
	}
	for i, members := range groups {
		var v []float64
		for _, name := range b.columns {
			x, err := s.Set.Aggregate(how, name, members)
			if err != nil {
				return Answer{}, err
			}
			v = append(v, math.Round(x*1000)/1000)
		}
		c.Series = append(c.Series, chart.Series{Name: names[i], Color: colors[i], Values: chart.Numbers(v)})
	}
	var parts []string
	v := c.Series[0].Values
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		switch {
		case v[x] > v[y]:
			return -1
		case v[x] < v[y]:
			return 1
		}
		return 0
	})
	for _, i := range order {
		form := "%s %s"
		if percent {
			form = "%s (%s)"
		}
		parts = append(parts, fmt.Sprintf(form, b.labels[i], s.number(b.columns[i], how, float64(v[i]))))
	}
	text := fmt.Sprintf("%s of %s, the greatest first: %s.", upper(label(how, percent, b.name)), names[0], list(parts))
	out := Answer{Text: []string{text}, Chart: c}
	if len(groups) == 2 && !byTier {
		best, ratio := -1, 1.0
		for i := range v {
			a, e := float64(v[i]), float64(c.Series[1].Values[i])
			if a > 0 && e > 0 && math.Abs(math.Log(a/e)) > math.Abs(math.Log(ratio)) {
				best, ratio = i, a/e
			}
		}
		if best >= 0 {
			if ratio > 1 {
				out.Text = append(out.Text, s.p.Sprintf("What stands out is %s, %.1f times the average of everybody.", b.labels[best], ratio))
			} else {
				out.Text = append(out.Text, fmt.Sprintf("What stands out is %s, %s less than the average of everybody.", b.labels[best], s.percent(1-ratio)))
			}
		}
	}
	return out, nil
}

func label(how data.Aggregate, percent bool, bundle string) string {
	word := map[data.Aggregate]string{data.Mean: "average", data.Median: "median", data.Sum: "total", data.Min: "least", data.Max: "greatest"}[how]
	switch {
	case percent:
		return "share that accepted"
	case bundle == "channels":
		return word + " number of purchases"
	}
	return word + " spending in two years"
}

// who names the customers of a question.
func (s speaker) who(q Question) string {
	var parts []string
	if len(q.Tiers) > 0 {
		parts = append(parts, list(q.Tiers)+" customers")
	} else {
		parts = append(parts, "all customers")
	}
	for _, f := range q.Filters {
		noun := Noun(f.Column)
		c := s.Set.Column(f.Column)
		switch {
		case len(f.Words) > 0 && f.Op == data.Not:
			parts = append(parts, "not "+strings.Join(f.Words, " or "))
		case len(f.Words) > 0:
			parts = append(parts, strings.Join(f.Words, " or "))
		case f.Op == data.Between:
			parts = append(parts, fmt.Sprintf("%s between %s and %s", noun, s.number(f.Column, "", f.A), s.number(f.Column, "", f.B)))
		case f.Op == data.Over && f.A == 0:
			parts = append(parts, "with "+noun)
		case f.Op == data.Is && f.A == 0:
			parts = append(parts, "without "+noun)
		case f.Op == data.Is && f.Column == "age":
			parts = append(parts, "aged "+s.p.Sprintf("%.0f", f.A))
		case f.Op == data.Is && c != nil && c.Whole && Unit(f.Column) == "":
			parts = append(parts, fmt.Sprintf("with %s %s", s.number(f.Column, "", f.A), noun))
		case f.Op == data.Is:
			parts = append(parts, fmt.Sprintf("%s of %s", noun, s.number(f.Column, "", f.A)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s %s", noun, f.Op, s.number(f.Column, "", f.A)))
		}
	}
	if len(parts) == 2 && parts[0] == "all customers" {
		return "customers " + strings.TrimPrefix(parts[1], "customers ")
	}
	return strings.Join(parts, ", ")
}

func (s speaker) whoColor(q Question) plots.Color {
	if len(q.Tiers) == 1 {
		return s.TierColor(q.Tiers[0])
	}
	return chart.Palette(0)
}

func howWord(how data.Aggregate, noun string, flag bool) string {
	switch how {
	case data.Mean:
		if flag {
			return "share of " + noun
		}
		return "average " + noun
	case data.Median:
		return "median " + noun
	case data.Sum:
		return "total " + noun
	case data.Min:
		return "least " + noun
	case data.Max:
		return "greatest " + noun
	case data.Share:
		return "share with " + noun
	}
	return "number of customers"
}

func (s speaker) figure(q Question) (Answer, error) {
	by := slices.Clone(q.By)
	if len(q.Tiers) > 1 && !slices.Contains(by, "tier") && len(by) < 2 {
		by = append(by, "tier")
	}
	shareOf := q.How == data.Share && len(q.Measures) == 0
	if shareOf {
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
	flag := m != "" && s.Set.Column(m).Flag
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: by, Filters: filters})
	if err != nil {
		return Answer{}, err
	}
	if r.Count == 0 {
		return Answer{Text: []string{nobody}}, nil
	}
	title := upper(howWord(how, Noun(m), flag))
	who := s.who(q)
	if len(by) == 0 {
		v := r.Cells[0].Value
		text := fmt.Sprintf("The %s of %s is %s.", lowerFirst(title), who, s.number(m, how, v))
		if m == "" {
			text = fmt.Sprintf("%s: %s, which is %s of all.", upper(who), s.p.Sprintf("%d", r.Count), s.percent(float64(r.Count)/float64(s.Set.Len())))
		}
		out := Answer{Text: []string{text}}
		if m != "" && len(filters) > 0 {
			all, err := s.Set.Run(data.Query{How: how, Measure: m})
			if err != nil {
				return Answer{}, err
			}
			out.Text = append(out.Text, fmt.Sprintf("Of all customers it is %s; the answer is from %s customers.", s.number(m, how, all.Cells[0].Value), s.p.Sprintf("%d", r.Count)))
		}
		if m != "" && how != data.Count {
			out.Chart = s.byTier(how, m, q.Filters, flag)
		}
		return out, nil
	}
	percent := how == data.Share || flag && how == data.Mean
	c := &chart.Chart{Title: title + " by " + list(nouns(by)), Kind: chart.Bar, X: chart.Axis{Label: Noun(by[0])}, Y: chart.Axis{Label: howWord(how, Noun(m), flag), Percent: percent}}
	if len(q.Tiers) > 0 || len(q.Filters) > 0 {
		c.Title += ", " + who
	}
	c.Categories = r.Levels[0]
	if len(by) == 1 {
		values := fill(len(r.Levels[0]), math.NaN())
		for _, cell := range r.Cells {
			values[cell.Keys[0]] = math.Round(cell.Value*1000) / 1000
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
			for _, cell := range r.Cells {
				if cell.Keys[1] == j {
					values[cell.Keys[0]] = math.Round(cell.Value*1000) / 1000
				}
			}
			col := chart.Palette(j)
			if by[1] == "tier" {
				col = s.TierColor(level)
			}
			c.Series = append(c.Series, chart.Series{Name: level, Color: col, Values: chart.Numbers(values)})
		}
	}
	return Answer{Text: s.rankText(q, r, by, m, how, who, title), Chart: c}, nil
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

func nouns(columns []string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = Noun(c)
	}
	return out
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// rankText tells the highest and the lowest group.
func (s speaker) rankText(q Question, r data.Result, by []string, m string, how data.Aggregate, who, title string) []string {
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c data.Cell) bool { return c.Value-c.Value != 0 })
	if len(cells) == 0 {
		return []string{nobody}
	}
	name := func(c data.Cell) string {
		var parts []string
		for j, k := range c.Keys {
			parts = append(parts, r.Levels[j][k])
		}
		return strings.Join(parts, ", ")
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
	if q.Rank < 0 {
		top, bottom = bottom, top
	}
	rank := "highest"
	other := "lowest"
	if q.Rank < 0 {
		rank, other = other, rank
	}
	text := fmt.Sprintf("By %s, the %s of %s is %s for %s, with %s", list(nouns(by)), lowerFirst(title), who, rank, name(top), s.number(m, how, top.Value))
	if m == "" {
		text = fmt.Sprintf("By %s, %s are most often %s, with %s", list(nouns(by)), who, name(top), s.number(m, how, top.Value))
		other = "least often"
		if q.Rank < 0 {
			text, other = strings.Replace(text, "most often", "least often", 1), "most often"
		}
	}
	if len(cells) > 1 {
		joint := " for "
		if m == "" {
			joint = " "
		}
		text += fmt.Sprintf(", and %s%s%s, with %s", other, joint, name(bottom), s.number(m, how, bottom.Value))
	}
	out := []string{text + "."}
	var few []string
	for _, c := range []data.Cell{top, bottom} {
		if c.Count < 20 && (len(few) == 0 || few[0] != name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && how != data.Count {
		out = append(out, fmt.Sprintf("There are fewer than 20 customers in %s, so take that figure with care.", list(slices.Compact(few))))
	}
	return out
}

// byTier shows a figure for every tier beside one answer.
func (s speaker) byTier(how data.Aggregate, m string, filters []data.Filter, flag bool) *chart.Chart {
	r, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{"tier"}, Filters: filters})
	if err != nil || len(r.Cells) < 2 {
		return nil
	}
	c := &chart.Chart{Title: upper(howWord(how, Noun(m), flag)) + " by tier", Kind: chart.Bar, X: chart.Axis{Label: "tier"}, Y: chart.Axis{Label: howWord(how, Noun(m), flag), Percent: how == data.Share || flag && how == data.Mean}}
	var v []float64
	for _, cell := range r.Cells {
		tier := r.Levels[0][cell.Keys[0]]
		c.Categories, c.Colors = append(c.Categories, tier), append(c.Colors, s.TierColor(tier))
		v = append(v, math.Round(cell.Value*1000)/1000)
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
		return Answer{Text: []string{nobody}}, nil
	}
	if len(q.By) == 0 {
		inQ, outQ := Question{Filters: q.Filters, Tiers: q.Tiers}, Question{}
		if len(q.Filters) > 0 {
			outQ.Tiers = q.Tiers
		}
		return Answer{Text: []string{fmt.Sprintf("%s of %s: %s (%s of %s).", s.percent(float64(len(inner))/float64(len(outer))), s.who(outQ), s.who(inQ), s.p.Sprintf("%d", len(inner)), s.p.Sprintf("%d", len(outer)))}}, nil
	}
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
	c := &chart.Chart{Title: "Share by " + Noun(q.By[0]) + ": " + s.who(Question{Filters: q.Filters}), Kind: chart.Bar, X: chart.Axis{Label: Noun(q.By[0])}, Y: chart.Axis{Label: "share", Percent: true}, Categories: levels}
	whole := len(q.Filters) == 0
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
			parts = append(parts, levels[i]+" "+s.percent(x))
		}
		if q.By[0] == "tier" {
			c.Colors = append(c.Colors, s.TierColor(levels[i]))
		}
	}
	c.Series = []chart.Series{{Values: chart.Numbers(v)}}
	compact(c)
	what := s.who(Question{Filters: q.Filters})
	if whole {
		what = s.who(Question{Tiers: q.Tiers})
	}
	return Answer{Text: []string{fmt.Sprintf("Share of %s: %s.", what, list(parts))}, Chart: c}, nil
}

// several answers about more than one measure at once.
func (s speaker) several(q Question, measures, by []string, filters []data.Filter) (Answer, error) {
	measures = measures[:min(len(measures), 6)]
	var text []string
	group := "tier"
	if len(by) > 0 {
		group = by[0]
	}
	c := &chart.Chart{Title: upper(list(nouns(measures))) + " by " + Noun(group), Kind: chart.Heat, X: chart.Axis{Label: "figure"}, Y: chart.Axis{Label: "difference from the average of all, in per cent"}}
	for _, m := range measures {
		how := q.How
		flag := s.Set.Column(m) != nil && s.Set.Column(m).Flag
		r, err := s.Set.Run(data.Query{How: how, Measure: m, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if r.Count == 0 {
			return Answer{Text: []string{nobody}}, nil
		}
		total := r.Cells[0].Value
		text = append(text, fmt.Sprintf("The %s of %s is %s.", howWord(how, Noun(m), flag), s.who(q), s.number(m, how, total)))
		g, err := s.Set.Run(data.Query{How: how, Measure: m, By: []string{group}, Filters: filters})
		if err != nil {
			return Answer{}, err
		}
		if len(c.Series) == 0 {
			for _, level := range g.Levels[0] {
				c.Series = append(c.Series, chart.Series{Name: level, Color: s.TierColor(level)})
			}
		}
		c.Categories = append(c.Categories, Noun(m))
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
	filters := slices.Concat(q.Filters, s.tierFilter(q.Tiers))
	rows, err := s.Set.Rows(filters...)
	if err != nil {
		return Answer{}, err
	}
	c, err := Histogram(s.Set, m, map[string][]int{s.who(q): rows}, []string{s.who(q)}, []plots.Color{s.whoColor(q)})
	if err != nil {
		return Answer{}, err
	}
	var values []float64
	for _, i := range rows {
		if v := s.Set.Column(m).Numbers[i]; v == v {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Answer{Text: []string{nobody}}, nil
	}
	low, middle, high := data.Quantile(values, 0.25), data.Quantile(values, 0.5), data.Quantile(values, 0.75)
	return Answer{Text: []string{fmt.Sprintf("Half of %s have a value of %s between %s and %s; the median is %s.", s.who(q), Noun(m), s.number(m, "", round(low)), s.number(m, "", round(high)), s.number(m, "", round(middle)))}, Chart: c}, nil
}

// Histogram counts the values of a column in ranges, as the share of each
// group of rows.
func Histogram(set *data.Set, column string, groups map[string][]int, names []string, colors []plots.Color) (*chart.Chart, error) {
	col := set.Column(column)
	if col == nil || !col.Numeric() {
		return nil, fmt.Errorf("%s is no column of numbers", column)
	}
	all, err := set.Rows()
	if err != nil {
		return nil, err
	}
	edges := set.Edges(column, all, 16)
	c := &chart.Chart{Title: "Distribution of " + Noun(column), Kind: chart.Bar, X: chart.Axis{Label: Noun(column)}, Y: chart.Axis{Label: "share of customers", Percent: true}}
	if unit := Unit(column); unit != "" {
		c.X.Label += " (" + unit + ")"
	}
	narrow := col.Whole && edges[1]-edges[0] == 1
	for i := range len(edges) - 1 {
		if narrow {
			c.Categories = append(c.Categories, data.Short(edges[i]))
		} else {
			c.Categories = append(c.Categories, data.Short(edges[i])+"–"+data.Short(edges[i+1]))
		}
	}
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
	c, r, n := Against(s.World, x, y, rows)
	if n < 3 {
		return Answer{Text: []string{nobody}}, nil
	}
	strength := "hardly go together"
	switch a := math.Abs(r); {
	case a >= 0.7:
		strength = "go together strongly"
	case a >= 0.4:
		strength = "go together"
	case a >= 0.2:
		strength = "go together weakly"
	}
	direction := ""
	if math.Abs(r) >= 0.2 {
		direction = ": customers with more of the one have more of the other"
		if r < 0 {
			direction = ": customers with more of the one have less of the other"
		}
	}
	return Answer{Text: []string{s.p.Sprintf("%s and %s %s (correlation %.2f, %d customers)%s.", upper(Noun(x)), Noun(y), strength, r, n, direction)}, Chart: c}, nil
}

// mostPoints is how many customers a chart of points shows.
const mostPoints = 1200

// Against makes a chart of points of one column against another, by tier, and
// tells their correlation over how many customers.
func Against(w *World, x, y string, rows []int) (c *chart.Chart, r float64, n int) {
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
	unit := func(column string) string {
		if u := Unit(column); u != "" {
			return Noun(column) + " (" + u + ")"
		}
		return Noun(column)
	}
	c = &chart.Chart{Title: upper(Noun(x)) + " against " + Noun(y), Kind: chart.Scatter, Words: []string{Noun("tier")}, X: chart.Axis{Label: unit(x)}, Y: chart.Axis{Label: unit(y)}}
	step := max(1, (n+mostPoints-1)/mostPoints)
	if step > 1 {
		c.Reading = fmt.Sprintf("One customer in %d is shown.", step)
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
func (w *World) Result(e *segment.Explanation, customer []float64, p *message.Printer) Answer {
	s := speaker{w, p, customer}
	out := Answer{Understood: true}
	first := fmt.Sprintf("This customer is %s.", e.Tier)
	if g, ok := w.Profile.Group(e.Tier); ok {
		first += fmt.Sprintf(" %s of all customers are.", s.percent(g.Share))
	}
	out.Text = append(out.Text, first)
	switch {
	case e.Next < 0:
	case e.Borderline && e.NextTier != e.Tier:
		out.Text = append(out.Text, fmt.Sprintf("It is a borderline case: %s is nearly as near, so treat it as either.", e.NextTier))
	case e.NextTier == e.Tier:
		out.Text = append(out.Text, fmt.Sprintf("That is certain: the next nearest group of customers is %s, too.", e.Tier))
	case e.Confidence < 0.3:
		out.Text = append(out.Text, fmt.Sprintf("That is fairly sure: the next nearest tier, %s, is %s farther away.", e.NextTier, s.percent(e.Confidence/(1-e.Confidence))))
	default:
		out.Text = append(out.Text, fmt.Sprintf("That is sure: the next nearest tier, %s, is far away.", e.NextTier))
	}
	for _, warning := range e.Warnings {
		out.Text = append(out.Text, "Note: "+strings.TrimSuffix(warning, ".")+".")
	}
	out.Text = append(out.Text, s.reasons(e)...)
	if e.NextBetter != "" {
		out.Text = append(out.Text, s.changes(e)[0])
	}
	out.Chart = s.waterfall(e)
	out.Suggestions = []string{"Who else is like this?", "What do " + e.Tier + " customers buy?"}
	if i := slices.Index(w.Model.Columns(), "income"); i >= 0 {
		income := 70000.0
		if customer[i] > 60000 {
			income = 40000
		}
		out.Suggestions = append(out.Suggestions, fmt.Sprintf("What if income were %.0f?", income))
	}
	if e.NextTier != "" && e.NextTier != e.Tier {
		out.Suggestions = append(out.Suggestions, "Compare "+e.Tier+" and "+e.NextTier)
	}
	return out
}

// FeatureColumns are the columns of a customer in the order of the form.
func FeatureColumns() []string { return slices.Clone(features.TrainingColumns) }
