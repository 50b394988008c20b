package ask

import (
	"math"
)

// relation answers how two columns go together.
func (s session) relation(q Query) (Answer, error) {
	x, y := q.Measures[0], q.Measures[1]
	rows, err := s.Set.Where(s.filters(q)...)
	if err != nil {
		return Answer{}, err
	}
	c, r, n := Against(s.l, s.Set, s.TierColor, x, y, rows)
	if n < 3 {
		return s.text("ask.nobody")
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
