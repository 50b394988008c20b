package insight

import (
	"cmp"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// StatementKind is what a Statement compares.
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
	// Categorical is set where Column is one of words: Level is one of its
	// words then, even where that is "0" or ">0".
	Categorical bool `json:"categorical,omitempty"`
	// Value is the mean or the share in the segment, Overall in all rows.
	Value   float64 `json:"value"`
	Overall float64 `json:"everybody"`
	// Effect is the effect size, positive where the segment has more. For a
	// mean it is the difference in standard deviations of everybody; for a
	// share p against q it is Cohen's h = 2·asin √p − 2·asin √q, which is read
	// on the same scale: 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988,
	// Statistical Power Analysis for the Behavioral Sciences, ch. 6).
	Effect    float64 `json:"effect"`
	Direction string  `json:"direction"` // "above" or "below" everybody
	// Signed is set where the column has values below 0, so that a ratio of means has no meaning.
	Signed bool `json:"signed,omitempty"`
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

// statements chooses the statements on group g: of each column the strongest,
// and of all these the strongest, leaving out what repeats a stronger one.
func (p *profiler) statements(g int, o ProfileOptions) []Statement {
	var found []candidate
	for j, s := range p.groups[g].Numeric {
		found = append(found, p.numeric(g, j, slices.Contains(o.Counted, s.Column))...)
	}
	for j := range p.groups[g].Categories {
		found = append(found, p.category(g, j)...)
	}
	found = slices.DeleteFunc(found, func(c candidate) bool {
		// An effect within two standard errors (1/√n on the scale of either effect) may be chance.
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

// correlation returns Pearson's r over the rows where neither is missing.
func (p *profiler) correlation(a, b func(int) float64) float64 {
	picks := p.picks()
	r, _ := num.Correlation(len(picks), func(i int) (float64, float64) { return a(picks[i]), b(picks[i]) })
	return r
}

func (p *profiler) numeric(g, j int, counted bool) []candidate {
	s, all := p.groups[g].Numeric[j], p.groups[0].Numeric[j]
	if s.Count == 0 || all.Min == all.Max {
		return nil
	}
	column := p.columns[j]
	binary := all.Min == 0 && all.Max == 1
	var out []candidate
	if all.Min >= 0 && (binary || counted) {
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
		if binary || counted {
			out = append(out, share(s, float64(some)/float64(s.Count), float64(values)/float64(values+zeros), func(i int) float64 {
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
				Column: s.Column, Kind: KindMean, Value: s.Mean, Overall: all.Mean, Effect: s.Difference, Signed: all.Min < 0,
			},
			variable: func(i int) float64 { return column[i] },
		})
	}
	return out
}

// share states how many have a value above 0, or of 0: whichever the group has
// more of, unless nearly everybody has it, or all of the group are alike: then
// all or none have a value.
func share(s NumericSummary, some, overall float64, variable func(int) float64) candidate {
	level, p, q := ">0", some, overall
	if p > 0 && p < 1 && (p < q && 1-q <= 0.75 || p > q && q > 0.75) {
		level, p, q = "0", 1-p, 1-q
	}
	return candidate{
		Statement: Statement{
			Column: s.Column, Kind: KindShare, Level: level, Value: p, Overall: q, Effect: cohenH(p, q),
		},
		variable: variable,
	}
}

func (p *profiler) category(g, j int) []candidate {
	s, all := p.groups[g].Categories[j], p.groups[0].Categories[j]
	if s.Count == 0 || len(all.Levels) < 2 {
		return nil
	}
	var out []candidate
	of := p.levels[j].of
	for v, l := range s.Levels {
		q := all.Levels[v].Share
		out = append(out, candidate{
			Statement: Statement{
				Column: s.Column, Kind: KindShare, Level: l.Value, Categorical: true, Value: l.Share, Overall: q, Effect: cohenH(l.Share, q),
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

// cohenH returns the effect size of a share p against q, to twelve decimals, so
// that the effects of shares that add up to 1 are equal in spite of rounding.
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
