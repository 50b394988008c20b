package insight

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
)

// StatementKind says what a Statement compares.
type StatementKind string

// The kinds of statements.
const (
	KindMean  StatementKind = "mean"  // the mean of a numeric column
	KindShare StatementKind = "share" // how many have a value
)

// Statement is one thing that sets a segment apart from everybody.
type Statement struct {
	Column string        `json:"column"`
	Kind   StatementKind `json:"kind"`
	// Level is the value that a share is of: one of a category, or "0" and
	// ">0" of a numeric column. Empty for a mean.
	Level string `json:"level,omitempty"`
	// Value is the mean or the share in the segment, Everybody in all rows.
	Value   float64 `json:"value"`
	Overall float64 `json:"everybody"`
	// Effect is the effect size, positive where the segment has more. For a
	// mean it is the difference in standard deviations of everybody; for a
	// share p against q it is Cohen's h = 2·asin √p − 2·asin √q, which is read
	// on the same scale: 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988,
	// Statistical Power Analysis for the Behavioral Sciences, ch. 6).
	Effect    float64 `json:"effect"`
	Direction string  `json:"direction"` // "above" or "below" everybody
	// Sentence says it in words, without naming the segment: "spends 2.3 times
	// the average (1,394 against 606)".
	Sentence string `json:"sentence"`
}

// MarshalJSON writes numbers that are not finite as null or, where that would be
// another one, as a string.
func (s Statement) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Statement) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

// Summary is the statements in one line, the strongest first.
func (g Group) Summary() string {
	if len(g.Statements) == 0 {
		return "much like everybody"
	}
	return strings.Join(g.Sentences(), "; ")
}

// Sentences are the statements in words.
func (g Group) Sentences() []string {
	out := make([]string, len(g.Statements))
	for i, s := range g.Statements {
		out[i] = s.Sentence
	}
	return out
}

// ColumnWords tell how to speak of a column. Every field may be empty.
type ColumnWords struct {
	// Noun is what the column is called: "income". Default: its name, with
	// blanks for underscores.
	Noun string `json:"noun,omitempty"`
	// Verb is what a customer does, before "2.3 times the average": "spends".
	// Default: the noun.
	Verb string `json:"verb,omitempty"`
	// After comes behind "the average": "on wine".
	After string `json:"after,omitempty"`
	// More and Less tell a difference in units rather than as a ratio:
	// "older", "younger" make "is 10 years older than the average".
	More string `json:"more,omitempty"`
	Less string `json:"less,omitempty"`
	// Unit is that of the values, in the plural: "years".
	Unit string `json:"unit,omitempty"`
	// Some and Zero are what those with a value above 0, and of 0, do: "have
	// children at home", "have no children at home". They are said of columns
	// without negative values.
	Some string `json:"some,omitempty"`
	Zero string `json:"zero,omitempty"`
	// Levels are what those with a value of a category do: "Partner": "live
	// with a partner".
	Levels map[string]string `json:"levels,omitempty"`
}

// DefaultWords are the words for the columns of a customer; a new map.
func DefaultWords() map[string]ColumnWords {
	return map[string]ColumnWords{
		"age":      {Noun: "age", Verb: "is", More: "older", Less: "younger", Unit: "years"},
		"income":   {Noun: "income", Verb: "earns"},
		"spent":    {Noun: "spending", Verb: "spends"},
		"tenure":   {Noun: "time as a customer", Verb: "has been a customer", More: "longer", Less: "less long", Unit: "months"},
		"children": {Noun: "children", Verb: "has", After: "number of children", Some: "have children at home", Zero: "have no children at home"},
		"kidhome":  {Noun: "small children", Verb: "has", After: "number of small children", Some: "have small children at home", Zero: "have no small children at home"},
		"teenhome": {Noun: "teenagers", Verb: "has", After: "number of teenagers", Some: "have teenagers at home", Zero: "have no teenagers at home"},
		"recency":  {Noun: "days since the last purchase", Verb: "last bought", More: "longer ago", Less: "more recently", Unit: "days"},

		"family_size": {Noun: "adults at home", Verb: "has", After: "number of adults at home"},
		"is_parent":   {Noun: "parents", Some: "are parents", Zero: "are not parents"},

		"mnt_wines":         {Noun: "spending on wine", Verb: "spends", After: "on wine"},
		"mnt_fruits":        {Noun: "spending on fruit", Verb: "spends", After: "on fruit"},
		"mnt_meat_products": {Noun: "spending on meat", Verb: "spends", After: "on meat"},
		"mnt_fish_products": {Noun: "spending on fish", Verb: "spends", After: "on fish"},
		"mnt_sweet_products": {
			Noun: "spending on sweets", Verb: "spends", After: "on sweets"},
		"mnt_gold_prods": {Noun: "spending on gold products", Verb: "spends", After: "on gold products"},

		"num_deals_purchases":   {Noun: "purchases at a discount", Verb: "makes", After: "number of purchases at a discount"},
		"num_web_purchases":     {Noun: "purchases on the web", Verb: "makes", After: "number of purchases on the web"},
		"num_catalog_purchases": {Noun: "purchases by catalogue", Verb: "makes", After: "number of purchases by catalogue"},
		"num_store_purchases":   {Noun: "purchases in stores", Verb: "makes", After: "number of purchases in stores"},
		"num_web_visits_month":  {Noun: "visits of the web site a month", Verb: "makes", After: "number of visits of the web site"},

		"accepted_cmp1": {Noun: "campaign 1", Some: "accepted campaign 1", Zero: "did not accept campaign 1"},
		"accepted_cmp2": {Noun: "campaign 2", Some: "accepted campaign 2", Zero: "did not accept campaign 2"},
		"accepted_cmp3": {Noun: "campaign 3", Some: "accepted campaign 3", Zero: "did not accept campaign 3"},
		"accepted_cmp4": {Noun: "campaign 4", Some: "accepted campaign 4", Zero: "did not accept campaign 4"},
		"accepted_cmp5": {Noun: "campaign 5", Some: "accepted campaign 5", Zero: "did not accept campaign 5"},
		"response":      {Noun: "the last campaign", Some: "accepted the last campaign", Zero: "did not accept the last campaign"},
		"complain":      {Noun: "complaints", Some: "complained in the last two years", Zero: "did not complain in the last two years"},

		"living_with": {Noun: "living", Levels: map[string]string{"Partner": "live with a partner", "Single": "live without a partner"}},
		"education_level": {Noun: "education", Levels: map[string]string{
			"Undergraduate": "have no degree", "Graduate": "have a first degree", "Postgraduate": "have a higher degree"}},
		"age_group": {Noun: "age group", Levels: map[string]string{
			"Teen": "are under 20", "Adult": "are 20 to 39", "Middle-Aged Adult": "are 40 to 59", "Senior Adult": "are 60 or older"}},
	}
}

// words gives what is known of how to speak of a column.
func (o ProfileOptions) words(column string, defaults map[string]ColumnWords) ColumnWords {
	w, ok := o.Words[column]
	if !ok {
		w = defaults[column]
	}
	if w.Noun == "" {
		w.Noun = strings.ReplaceAll(column, "_", " ")
	}
	return w
}

// words gives the words for the columns of the model and those given, with the
// units of the model where they name none.
func modelWords(m *segment.Model, given map[string]ColumnWords) map[string]ColumnWords {
	out := maps.Clone(given)
	if out == nil {
		out = map[string]ColumnWords{}
	}
	defaults := DefaultWords()
	for _, name := range m.Columns() {
		w := ProfileOptions{Words: given}.words(name, defaults)
		if w.Unit == "" {
			w.Unit = m.Unit(name)
		}
		out[name] = w
	}
	return out
}

// candidate is a statement before it is chosen, with the variable that it is
// about, by row: statements on variables that go together repeat each other.
type candidate struct {
	Statement
	variable func(row int) float64
}

// correlationRows bounds the rows over which statements are compared with each
// other; of more rows, as many are taken at equal steps.
const correlationRows = 10_000

// statements chooses what is said of group g: of each column the strongest,
// and of all these the strongest, leaving out what repeats a stronger one.
func (p *profiler) statements(g int, o ProfileOptions) []Statement {
	defaults := DefaultWords()
	var found []candidate
	for j := range p.table.Columns {
		found = append(found, p.numeric(g, j, o.words(p.table.Columns[j], defaults))...)
	}
	for j, c := range p.table.Categories {
		found = append(found, p.category(g, j, o.words(c.Name, defaults))...)
	}
	found = slices.DeleteFunc(found, func(c candidate) bool {
		// Two standard errors (1/√n on the scale of either effect) are the
		// least that is not said of chance.
		e := math.Abs(c.Effect)
		return !(e >= o.MinEffect && e*math.Sqrt(float64(p.groups[g].Count)) >= 2)
	})
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	var chosen []candidate
	for _, c := range found {
		if len(chosen) == o.Statements {
			break
		}
		if !slices.ContainsFunc(chosen, func(s candidate) bool {
			return s.Column == c.Column || math.Abs(p.correlation(s.variable, c.variable)) >= o.Redundant
		}) {
			chosen = append(chosen, c)
		}
	}
	out := []Statement{}
	for _, c := range chosen {
		if c.Direction = "above"; c.Effect < 0 {
			c.Direction = "below"
		}
		out = append(out, c.Statement)
	}
	return out
}

// correlation is Pearson's, over the rows where neither is missing.
func (p *profiler) correlation(a, b func(int) float64) float64 {
	picks := p.picks()
	r, _ := num.Correlation(len(picks), func(i int) (float64, float64) { return a(picks[i]), b(picks[i]) })
	return r
}

func (p *profiler) numeric(g, j int, w ColumnWords) []candidate {
	s, all := p.groups[g].Numeric[j], p.groups[0].Numeric[j]
	if s.Count == 0 || all.Min == all.Max {
		return nil
	}
	column := p.columns[j]
	binary := all.Min == 0 && all.Max == 1
	var out []candidate
	if all.Min >= 0 && (binary || w.Some != "" || w.Zero != "") {
		some, whole, zeros, values := 0, 0, 0, 0
		for i, v := range column {
			in := slices.Contains(p.members[g], p.of[i])
			switch {
			case v == 0:
				zeros++
			case v > 0:
				values++
				if in {
					some++
				}
			}
			if v == math.Trunc(v) {
				whole++
			}
		}
		binary = binary && whole == all.Count
		if binary || w.Some != "" || w.Zero != "" {
			out = append(out, share(s, float64(some)/float64(s.Count), float64(values)/float64(values+zeros), w, func(i int) float64 {
				if v := column[i]; math.IsNaN(v) {
					return v
				}
				return indicator(column[i] > 0)
			}))
		}
	}
	if !binary {
		out = append(out, candidate{
			Statement: Statement{
				Column: s.Column, Kind: KindMean, Value: s.Mean, Overall: all.Mean, Effect: s.Difference, Sentence: meanSentence(s, all, w),
			},
			variable: func(i int) float64 { return column[i] },
		})
	}
	return out
}

// share states how many have a value above 0, or of 0: whichever the group has
// more of, unless nearly everybody has it, or all of the group are alike: then
// all or none have a value.
func share(s NumericSummary, some, everybody float64, w ColumnWords, variable func(int) float64) candidate {
	if w.Some == "" {
		w.Some = "have " + w.Noun
	}
	if w.Zero == "" {
		w.Zero = "do not have " + w.Noun
	}
	level, phrase, p, q := ">0", w.Some, some, everybody
	if p > 0 && p < 1 && (p < q && 1-q <= 0.75 || p > q && q > 0.75) {
		level, phrase, p, q = "0", w.Zero, 1-p, 1-q
	}
	return candidate{
		Statement: Statement{
			Column: s.Column, Kind: KindShare, Level: level, Value: p, Overall: q, Effect: cohenH(p, q),
			Sentence: shareSentence(p, q, phrase),
		},
		variable: variable,
	}
}

func (p *profiler) category(g, j int, w ColumnWords) []candidate {
	s, all := p.groups[g].Categories[j], p.groups[0].Categories[j]
	if s.Count == 0 || len(all.Levels) < 2 {
		return nil
	}
	var out []candidate
	of := p.levels[j].of
	for v, l := range s.Levels {
		phrase := w.Levels[l.Value]
		if phrase == "" {
			phrase = "have " + w.Noun + " " + l.Value
		}
		q := all.Levels[v].Share
		out = append(out, candidate{
			Statement: Statement{
				Column: s.Column, Kind: KindShare, Level: l.Value, Value: l.Share, Overall: q, Effect: cohenH(l.Share, q),
				Sentence: shareSentence(l.Share, q, phrase),
			},
			variable: func(i int) float64 {
				if of[i] < 0 {
					return math.NaN()
				}
				return indicator(of[i] == v)
			},
		})
	}
	return out
}

func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// cohenH is the effect size of a share p against q, to twelve decimals: what
// shares that add up to 1 come to is equal then, not larger or smaller by
// rounding.
func cohenH(p, q float64) float64 {
	h := float64(2*arcsineRoot(p)) - float64(2*arcsineRoot(q))
	return math.Round(float64(h*1e12)) / 1e12
}

// arcsineRoot returns arcsin(√p) for p from 0 to 1, with the same bits on every
// architecture, which math.Asin has not. With p = sin²θ, sin²(θ/2) is
// p / (2 + 2√(1−p)); after four halvings of θ eight terms of the series are
// enough (Abramowitz & Stegun 1964, 4.4.40).
func arcsineRoot(p float64) float64 {
	for range 4 {
		p /= 2 + float64(2*math.Sqrt(1-p))
	}
	series, term := 0.0, 1.0
	for i := range 8 {
		series += term / float64(2*i+1)
		term = float64(term*p) * float64(2*i+1) / float64(2*i+2)
	}
	return float64(16 * math.Sqrt(p) * series)
}

// meanSentence compares the mean of a group with everybody's.
func meanSentence(s, all NumericSummary, w ColumnWords) string {
	start := w.Verb
	if start == "" {
		start = w.Noun
	}
	against := fmt.Sprintf(" (%s against %s)", readable(s.Mean), readable(all.Mean))
	if w.Unit != "" {
		against = fmt.Sprintf(" (%s against %s %s)", readable(s.Mean), readable(all.Mean), w.Unit)
	}
	difference := s.Mean - all.Mean
	if word := pick(difference > 0, w.More, w.Less); word != "" {
		return strings.TrimSpace(start+" "+readable(math.Abs(difference))+" "+w.Unit) + " " + word + " than the average" + against
	}
	average := "the average"
	if w.After != "" {
		average += " " + w.After
	}
	ratio := s.Mean / all.Mean
	switch {
	case all.Min < 0 || !(all.Mean > 0):
		return fmt.Sprintf("%s %s standard deviations %s %s%s", start, readable(math.Abs(s.Difference)), pick(difference > 0, "above", "below"), average, against)
	case ratio >= 1.95 && ratio < 2.05:
		return fmt.Sprintf("%s twice %s%s", start, average, against)
	case ratio >= 1.5:
		return fmt.Sprintf("%s %s times %s%s", start, readable(ratio), average, against)
	case w.Verb == "":
		return fmt.Sprintf("%s %.0f %% %s %s%s", start, math.Abs(100*(ratio-1)), pick(ratio > 1, "above", "below"), average, against)
	}
	return fmt.Sprintf("%s %.0f %% %s than %s%s", start, math.Abs(100*(ratio-1)), pick(ratio > 1, "more", "less"), average, against)
}

// shareSentence tells a share p of a group beside everybody's q.
func shareSentence(p, q float64, phrase string) string {
	many := fmt.Sprintf("%.0f of 10", 10*p)
	switch {
	case p > 0.995:
		many = "all"
	case p > 0.95:
		many = "nearly all"
	case p < 0.005:
		many = "none"
	case p < 0.05:
		many = "hardly any"
	case math.Round(10*p) == math.Round(10*q):
		many = fmt.Sprintf("%.0f %%", 100*p)
	}
	return fmt.Sprintf("%s %s (%s of everybody)", many, phrase, percent(q))
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func percent(share float64) string {
	if share > 0 && share < 0.01 {
		return "under 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// readable writes a figure for people: from 100 up whole and with commas between
// thousands, below with as many decimals as make two or three digits.
func readable(v float64) string {
	size := math.Abs(v)
	if v == 0 {
		return "0"
	}
	if v-v != 0 || size >= 1e15 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	decimals := 0
	switch {
	case size < 0.0995:
		return strconv.FormatFloat(v, 'g', 2, 64)
	case size < 0.995:
		decimals = 2
	case size < 99.95:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
