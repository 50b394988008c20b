package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// distribution answers how the values of a column are spread.
func (s session) distribution(q Query) (Answer, error) {
	m := q.Measures[0]
	parts, err := s.parts(q)
	if err != nil {
		return Answer{}, err
	}
	c, each, err := s.densities(m, parts)
	if err != nil {
		return Answer{}, err
	}
	values := slices.Concat(each...)
	if len(values) == 0 {
		return s.text("ask.nobody")
	}
	slices.Sort(values)
	low, middle, high := num.Quantile(values, 0.25), num.Quantile(values, 0.5), num.Quantile(values, 0.75)
	return Answer{Text: []string{s.l.T("ask.spread", s.subject(q), s.columnName(m), s.number(m, "", round(low)), s.number(m, "", round(high)), s.number(m, "", round(middle)))}, Chart: c}, nil
}

// densities returns curves of the values of a column in groups, and these values.
func (s session) densities(column string, groups []Group) (c *chart.Chart, values [][]float64, err error) {
	if c, err = Histogram(s.l, s.Set, column, groups); err != nil {
		return nil, nil, err
	}
	values = make([][]float64, len(groups))
	for k, g := range groups {
		for _, i := range g.Rows {
			if v := s.Set.Series(column).Number(i); v == v {
				values[k] = append(values[k], v)
			}
		}
	}
	c.Densities(values)
	return c, values, nil
}
