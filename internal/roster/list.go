package roster

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// idColumn stands for the ids of the customers, whatever their column is called.
const idColumn = "#id"

// PageSize is how many customers a page lists, and mostShown how many columns, beside the
// id, unless all are asked for.
const (
	PageSize  = 20
	mostShown = 8
)

// search returns the rows in which every word of a text is in the id or in a column of
// words, whatever the case.
func search(ctx context.Context, w *snapshot.Snapshot, rows []int, text string) ([]int, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return rows, nil
	}
	var columns []func(row int, word string) bool
	for _, c := range w.Customers.Table.Columns() {
		s := w.Customers.Table.Series(c.Name)
		switch c.Kind {
		case features.Category:
			has := map[string][]bool{} // each word is looked for once in a level
			for _, word := range words {
				for _, level := range s.Levels() {
					has[word] = append(has[word], strings.Contains(strings.ToLower(level), word))
				}
			}
			columns = append(columns, func(row int, word string) bool { return s.Code(row) >= 0 && has[word][s.Code(row)] })
		case features.Identifier, features.FreeText:
			columns = append(columns, func(row int, word string) bool { return strings.Contains(strings.ToLower(s.Word(row)), word) })
		}
	}
	columns = append(columns, func(row int, word string) bool { return strings.Contains(strings.ToLower(w.IDs[row]), word) })
	var out []int
	for k, row := range rows {
		if k%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		if !slices.ContainsFunc(words, func(word string) bool {
			return !slices.ContainsFunc(columns, func(in func(int, string) bool) bool { return in(row, word) })
		}) {
			out = append(out, row)
		}
	}
	return out, nil
}

// sort puts rows in the order of the selection: by numbers, days or words, ids of digits
// alone by their number; what is missing at the end, equals as they were.
func (s Selection) sort(ctx context.Context, w *snapshot.Snapshot, rows []int) error {
	if s.Sort == "" {
		return nil
	}
	if err := cause.Of(ctx); err != nil {
		return err
	}
	c := w.Customers.Table.Series(s.Sort)
	missing := c.Missing
	var compare func(a, b int) int
	switch {
	case s.Sort == idColumn || c.Kind() == features.Identifier:
		missing = func(row int) bool { return w.IDs[row] == "" && s.Sort == idColumn }
		word := func(row int) string { return w.IDs[row] }
		if s.Sort != idColumn {
			missing, word = c.Missing, c.Word
		}
		compare = func(a, b int) int { return compareIDs(word(a), word(b)) }
	case s.Sort == "cluster" && c.IsZero():
		missing = func(int) bool { return false }
		compare = func(a, b int) int {
			return cmp.Compare(w.Customers.Predictions[a].Cluster, w.Customers.Predictions[b].Cluster)
		}
	case c.Kind().Numeric():
		compare = func(a, b int) int { return cmp.Compare(c.Number(a), c.Number(b)) }
	case c.Kind() == features.Date:
		compare = func(a, b int) int { return c.Day(a).Compare(c.Day(b)) }
	default:
		compare = func(a, b int) int { return strings.Compare(c.Word(a), c.Word(b)) }
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		if missing(a) || missing(b) {
			return cmp.Compare(flag(missing(a)), flag(missing(b)))
		}
		if s.Down {
			a, b = b, a
		}
		return compare(a, b)
	})
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareIDs orders ids of digits by their number, before the others, which are words.
func compareIDs(a, b string) int {
	x, y := digits(a), digits(b)
	if (x == "") != (y == "") {
		return cmp.Compare(flag(x == ""), flag(y == ""))
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), strings.Compare(a, b))
}

// digits returns an id of digits without the zeros before it, empty for another.
func digits(id string) string {
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return cmp.Or(strings.TrimLeft(id, "0"), "0")
}

// A Heading is the head of a column of a list.
type Heading struct {
	Name, Label, Unit string
	Number            bool
	Sorted            string // ascending or descending, as ARIA has it; empty for neither
	Address           string // of the list sorted by it, the other way round where it is
}

// A List is a page of the customers who fit.
type List struct {
	Head       []Heading
	Rows       [][]string
	Total      int
	From, To   int    // of Total, from 1 on
	Prev, Next string // addresses; empty for none
	More       string // the address with all columns; empty where they are shown
}

// List returns a page of rows, those of [Selection.Rows], as the reader of a language
// reads them, with links made by address.
func (s Selection) List(w *snapshot.Snapshot, l *narrate.Language, rows []int, address func(url.Values) string) List {
	out := List{Total: len(rows)}
	from := min((s.Page-1)*PageSize, len(rows))
	to := min(from+PageSize, len(rows))
	out.From, out.To = min(from+1, to), to
	at := func(page int) string {
		v := s.Values()
		v.Set("page", strconv.Itoa(page))
		return address(v)
	}
	if from > 0 {
		out.Prev = at(min(s.Page-1, (len(rows)+PageSize-1)/PageSize))
	}
	if to < len(rows) {
		out.Next = at(s.Page + 1)
	}
	columns, cut := s.columns(w)
	if cut {
		all := s
		all.All = true
		out.More = address(all.Values())
	}
	for _, name := range append([]string{idColumn}, columns...) {
		h := Heading{Name: name, Label: l.Capital(Noun(w, l, name))}
		if c := w.Customers.Table.Series(name); name != idColumn {
			h.Number, h.Unit = c.Kind().Numeric() && !c.Kind().Binary() || name == "cluster", l.Unit(name)
		}
		by := s
		by.Sort, by.Down = name, false
		if s.Sort == name {
			h.Sorted, by.Down = map[bool]string{false: "ascending", true: "descending"}[s.Down], !s.Down
		}
		h.Address = address(by.Values())
		out.Head = append(out.Head, h)
	}
	for _, row := range rows[from:to] {
		cells := []string{w.IDs[row]}
		for _, name := range columns {
			cells = append(cells, Text(w, l, name, row))
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// columns are those that the list shows, beside the id, and whether there are more: those
// that the segments are made of, that are chosen and sorted by, and of words first.
func (s Selection) columns(w *snapshot.Snapshot) (out []string, cut bool) {
	all := Columns(w)
	if s.All {
		return all, false
	}
	var first []string
	if s.Sort != "" && s.Sort != idColumn {
		first = append(first, s.Sort)
	}
	for _, clause := range s.Where {
		for _, c := range clause {
			first = append(first, c.Column)
		}
	}
	for _, name := range slices.Concat(first, w.Model.Columns(), w.Subjects.Categories, w.Subjects.Columns) {
		if slices.Contains(all, name) && !slices.Contains(out, name) && len(out) < mostShown {
			out = append(out, name)
		}
	}
	return out, len(out) < len(all)
}

// Columns returns the names of all columns of the customers but that of the ids, with that
// of the clusters.
func Columns(w *snapshot.Snapshot) (out []string) {
	for _, name := range w.Customers.Table.ColumnNames() {
		if name != w.IDColumn() {
			out = append(out, name)
		}
	}
	if !slices.Contains(out, "cluster") {
		out = append(out, "cluster")
	}
	return out
}

// A Choice is a column that may be chosen.
type Choice struct {
	Name, Label string
	Chosen      bool
}

// Sortable are the columns that a list may be sorted by, and Filterable those that a
// condition may be on.
func (s Selection) Sortable(w *snapshot.Snapshot, l *narrate.Language) []Choice {
	return choices(w, l, append([]string{idColumn}, Columns(w)...), func(name string) bool { return name == s.Sort })
}

// Filterable are the columns that a condition may be on.
func Filterable(w *snapshot.Snapshot, l *narrate.Language, chosen string) []Choice {
	names := slices.DeleteFunc(w.Set.ColumnNames(), func(name string) bool { return name == "tier" })
	return choices(w, l, names, func(name string) bool { return name == chosen })
}

// choices are columns by what they are called; of two that are called the same, with their
// names.
func choices(w *snapshot.Snapshot, l *narrate.Language, names []string, chosen func(string) bool) []Choice {
	var out []Choice
	times := map[string]int{}
	for _, name := range names {
		label := l.Capital(Noun(w, l, name))
		times[label]++
		out = append(out, Choice{Name: name, Label: label, Chosen: chosen(name)})
	}
	for i, c := range out {
		if times[c.Label] > 1 {
			out[i].Label += " (" + c.Name + ")"
		}
	}
	return out
}

// Noun is what a column is called.
func Noun(w *snapshot.Snapshot, l *narrate.Language, name string) string {
	if name == idColumn {
		return cmp.Or(w.IDColumn(), "id")
	}
	return l.Noun(name)
}

// Text is the value of a customer in a column as the reader of a language reads it; empty
// where it is missing.
func Text(w *snapshot.Snapshot, l *narrate.Language, name string, row int) string {
	c := w.Customers.Table.Series(name)
	switch {
	case c.IsZero() && name == "cluster":
		return l.N(float64(w.Customers.Predictions[row].Cluster))
	case c.Missing(row):
		return ""
	case c.Kind().Binary():
		return ask.Labels(l, c.Named(""), []string{"no", "yes"})[min(max(int(c.Number(row)), 0), 1)]
	case c.Kind() == features.Integer && isYear(w, name):
		return strconv.Itoa(int(c.Number(row)))
	case c.Kind().Numeric():
		return l.N(c.Number(row))
	case c.Kind() == features.Date:
		return l.D(c.Day(row))
	}
	return c.Word(row)
}

// isYear reports whether all numbers of a column may be those of years, which are written
// without thousands.
func isYear(w *snapshot.Snapshot, name string) bool {
	n, ok := w.Profile.Overall.Column(name)
	return ok && n.Min >= 1800 && n.Max <= 2100
}
