package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/internal/num"
)

// distribution answers how the values of a column are spread.
func (s session) distribution(q Query) (Answer, error) {
	m := q.Measures[0]
	parts, err := s.parts(q)
	if err != nil {
		return Answer{}, err
	}
	var values []float64
	each := make([][]float64, len(parts))
	for k, p := range parts {
		for _, i := range p.Rows {
			if v := s.Set.Series(m).Number(i); v == v {
				each[k] = append(each[k], v)
			}
		}
		values = append(values, each[k]...)
	}
	if len(values) == 0 {
		return s.text("ask.nobody")
	}
	c, err := Histogram(s.l, s.Set, m, parts)
	if err != nil {
		return Answer{}, err
	}
	c.Densities(each)
	slices.Sort(values)
	low, middle, high := num.Quantile(values, 0.25), num.Quantile(values, 0.5), num.Quantile(values, 0.75)
	return Answer{Text: []string{s.l.T("ask.spread", s.subject(q), s.columnName(m), s.number(m, "", round(low)), s.number(m, "", round(high)), s.number(m, "", round(middle)))}, Chart: c}, nil
}
