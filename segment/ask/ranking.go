package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// ranking tells the highest and the lowest group.
func (s session) ranking(q Query, f features.Query, r features.QueryResult) []string {
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c features.Cell) bool { return c.Value-c.Value != 0 })
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
	keys := [2]string{"ask.highest", "ask.lowest"}
	if f.Measure == "" {
		keys = [2]string{"ask.most", "ask.fewest"}
	}
	key := keys[0]
	if q.Rank < 0 {
		top, bottom, key = bottom, top, keys[1]
	}
	if len(cells) == 1 {
		key = "ask.one"
	}
	name := func(c features.Cell) string { return s.groupName(r, f.By, c.Keys) }
	number := func(c features.Cell) string { return s.number(f.Measure, f.How, c.Value) }
	out := []string{s.l.T(key, s.subject(q), s.measureName(f.How, f.Measure), s.l.And(nouns(s.l, f.By)), name(top), number(top), name(bottom), number(bottom))}
	var few []string
	for _, c := range []features.Cell{top, bottom} {
		if c.Count < 20 && !slices.Contains(few, name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && f.How != features.Count {
		out = append(out, s.l.T("ask.few", s.l.And(few)))
	}
	return out
}

// addEmpty adds the groups that nobody is in to counts by one column, but for
// those that the question leaves out.
func (s session) addEmpty(r *features.QueryResult, by []string, filters []features.Condition) {
	if len(by) != 1 || slices.ContainsFunc(filters, func(f features.Condition) bool { return f.Column == by[0] }) || !slices.Equal(r.Levels[0], s.Set.Series(by[0]).Levels()) {
		return
	}
	cells := make([]features.Cell, len(r.Levels[0]))
	for k := range cells {
		cells[k].Keys = []int{k}
	}
	for _, cell := range r.Cells {
		cells[cell.Keys[0]] = cell
	}
	r.Cells = cells
}
