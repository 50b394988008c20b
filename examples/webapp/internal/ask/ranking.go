package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
)

// ranking tells the highest and the lowest group.
func (s session) ranking(q Query, r data.Result, by []string, m string, how data.Aggregate) []string {
	cells := slices.DeleteFunc(slices.Clone(r.Cells), func(c data.Cell) bool { return c.Value-c.Value != 0 })
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
	key := "ask.highest"
	if m == "" {
		key = "ask.most"
	}
	if q.Rank < 0 {
		top, bottom = bottom, top
		key = map[string]string{"ask.highest": "ask.lowest", "ask.most": "ask.fewest"}[key]
	}
	if len(cells) == 1 {
		key = "ask.one"
	}
	name := func(c data.Cell) string { return s.groupName(r, by, c.Keys) }
	out := []string{s.l.T(key, s.subject(q), s.measureName(how, m), s.l.And(nouns(s.l, by)), name(top), s.number(m, how, top.Value), name(bottom), s.number(m, how, bottom.Value))}
	var few []string
	for _, c := range []data.Cell{top, bottom} {
		if c.Count < 20 && !slices.Contains(few, name(c)) {
			few = append(few, name(c))
		}
	}
	if len(few) > 0 && how != data.Count {
		out = append(out, s.l.T("ask.few", s.l.And(few)))
	}
	return out
}

// addEmpty adds the groups that nobody is in to counts by one column, but for
// those that the question leaves out.
func (s session) addEmpty(r *data.Result, by []string, filters []data.Filter) {
	if len(by) != 1 || slices.ContainsFunc(filters, func(f data.Filter) bool { return f.Column == by[0] }) || !slices.Equal(r.Levels[0], s.Set.Column(by[0]).Levels) {
		return
	}
	cells := make([]data.Cell, len(r.Levels[0]))
	for k := range cells {
		cells[k].Keys = []int{k}
	}
	for _, cell := range r.Cells {
		cells[cell.Keys[0]] = cell
	}
	r.Cells = cells
}
