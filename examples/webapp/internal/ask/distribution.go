package ask

import (
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/segment/plots"
)

// distribution answers how the values of a column are spread.
func (s session) distribution(q Query) (Answer, error) {
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
		return s.text("ask.nobody")
	}
	c, err := Histogram(s.l, s.Set, m, rows, names, colors)
	if err != nil {
		return Answer{}, err
	}
	low, middle, high := data.Quantile(values, 0.25), data.Quantile(values, 0.5), data.Quantile(values, 0.75)
	return Answer{Text: []string{s.l.T("ask.spread", s.subject(q), s.columnName(m), s.number(m, "", round(low)), s.number(m, "", round(high)), s.number(m, "", round(middle)))}, Chart: c}, nil
}
