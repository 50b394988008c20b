package ask

import (
	"context"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// mostNames is how many customers are named at most.
const mostNames = 50

// names answers which customers have the most or the least in a column.
func (s session) names(ctx context.Context, q Query) (Answer, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	m := q.Measures[0]
	ranked := s.ranked(rows, m, q.Rank)
	if len(ranked) == 0 {
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
	}
	n := min(int(q.Number), mostNames, len(ranked))
	key := "ask.names.most"
	if q.Rank < 0 {
		key = "ask.names.least"
	}
	var out Answer
	var parts []string
	column := s.data.Series(m)
	for _, i := range ranked[:n] {
		out.Customers = append(out.Customers, s.IDs[i])
		parts = append(parts, s.l.T("ask.names.one", s.IDs[i], s.number(m, "", column.Number(i))))
	}
	out.Text = []string{s.l.Count(key, n, s.whole(n), s.columnName(m), s.subject(q.Where), strings.Join(parts, ", "))}
	last, more := column.Number(ranked[n-1]), 0
	for _, i := range ranked[n:] {
		if column.Number(i) == last {
			more++
		}
	}
	if more > 0 {
		out.Text = append(out.Text, s.l.Count("ask.names.tied", more, s.whole(more)))
	}
	return out, nil
}

// concentration answers how few customers make a part of a total.
func (s session) concentration(ctx context.Context, q Query) (Answer, error) {
	rows, err := s.rows(ctx, q.Where)
	if err != nil {
		return Answer{}, err
	}
	m := q.Measures[0]
	total, _, err := s.aggregate(ctx, features.Sum, 0, m, rows)
	if err != nil {
		return Answer{}, err
	}
	if !(total > 0) {
		return Answer{Text: []string{s.l.T("ask.count.none", s.subject(q.Where))}}, nil
	}
	sum, n := 0.0, 0
	column := s.data.Series(m)
	for _, i := range s.ranked(rows, m, 1) {
		if sum >= q.Number/100*total {
			break
		}
		sum += column.Number(i)
		n++
	}
	return Answer{Text: []string{s.l.Count("ask.concentration", n, s.whole(n), s.portion(float64(n)/float64(len(rows))), s.columnName(m), s.subject(q.Where), s.l.Percent(q.Number/100, 0))}}, nil
}
