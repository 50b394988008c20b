package ask

import (
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// distribution answers how the values of a column are spread.
func (s session) distribution(ctx context.Context, q Query) (Answer, error) {
	m := q.Measures[0]
	parts, err := s.parts(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	c, each, err := s.densities(ctx, m, parts)
	if err != nil {
		return Answer{}, err
	}
	values := slices.Concat(each...)
	if len(values) == 0 {
		return s.text("ask.nobody")
	}
	slices.Sort(values)
	low, middle, high := num.Quantile(values, 0.25), num.Quantile(values, 0.5), num.Quantile(values, 0.75)
	return Answer{Text: []string{s.l.T("ask.spread", s.subject(q.Where), s.columnName(m), s.number(m, "", low), s.number(m, "", high), s.number(m, "", middle)), s.l.T("ask.spread.ends", s.number(m, "", values[0]), s.number(m, "", values[len(values)-1]))}, Chart: c}, nil
}

// densities returns curves of the values of a column in groups, and these values.
func (s session) densities(ctx context.Context, column string, groups []Group) (c *chart.Chart, values [][]float64, err error) {
	if c, err = Histogram(ctx, s.l, s.data, column, groups); err != nil {
		return nil, nil, err
	}
	values = make([][]float64, len(groups))
	for k, g := range groups {
		for _, i := range g.Rows {
			if v := s.data.Series(column).Number(i); v == v {
				values[k] = append(values[k], v)
			}
		}
	}
	c.Densities(values)
	return c, values, nil
}

// relation answers how two columns go together.
func (s session) relation(ctx context.Context, q Query) (Answer, error) {
	x, y := q.Measures[0], q.Measures[1]
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	c, r, n, err := Against(ctx, s.l, s.data, s.TierColor, x, y, rows)
	if err != nil {
		return Answer{}, err
	}
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
