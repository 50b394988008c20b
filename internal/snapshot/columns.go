package snapshot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// Wanted are the columns of a file that is to be scored: the id, and those of the
// model; of the campaign schema all columns of a campaign file that are needed.
func (s *Snapshot) Wanted() []features.Column {
	if s.Campaign {
		return slices.DeleteFunc(features.Columns(), func(c features.Column) bool { return !c.Required && c.Name != "id" })
	}
	var out []features.Column
	t := s.Customers.Table
	if id, err := t.Column(s.Model.ID()); err == nil {
		out = append(out, id.Column())
	}
	for _, name := range s.Model.Columns() {
		out = append(out, t.Series(name).Column())
	}
	return out
}

// IDColumn returns the name of the column of the ids; empty where the rows are numbered.
func (s *Snapshot) IDColumn() string {
	id := s.Model.ID()
	if s.Campaign {
		id = "id"
	}
	if s.Customers.Table.Series(id).IsZero() {
		return ""
	}
	return id
}

// Template returns a file to fill in: the names of the columns, and a row that could
// be one of the customers and is none.
func (s *Snapshot) Template() [][]string {
	head, example := []string{}, []string{}
	for _, c := range s.Wanted() {
		head, example = append(head, c.Name), append(example, s.exampleValue(c))
	}
	return [][]string{head, example}
}

// exampleValue is a value in a column as most customers have it: the median, the most
// frequent word.
func (s *Snapshot) exampleValue(c features.Column) string {
	if campaign := campaignExample[c.Name]; s.Campaign && campaign != "" {
		return campaign
	}
	if c.Kind == features.Identifier || c.Name == s.Model.ID() {
		return "1"
	}
	g := s.Profile.Overall
	if n, ok := g.Column(c.Name); ok {
		v := n.Median
		if c.Kind == features.Integer || c.Kind.Binary() {
			v = float64(int64(v))
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	for _, words := range g.Categories {
		if words.Column == c.Name && len(words.Levels) > 0 {
			return words.Levels[0].Value
		}
	}
	return ""
}

// campaignExample are values of the columns of a campaign file that no profile has.
var campaignExample = map[string]string{"id": "1", "year_birth": "1970", "education": "Graduation", "marital_status": "Married", "dt_customer": "2013-06-30"}

// ColumnList returns what there is to know of the columns that a file needs, under
// a header.
func (s *Snapshot) ColumnList() [][]string {
	rows := [][]string{{"column", "kind", "unit", "meaning", "least", "greatest", "words"}}
	words := s.Model.Words()
	for _, c := range s.Wanted() {
		row := []string{c.Name, c.Kind.String(), c.Unit, c.Meaning, "", "", strings.Join(words[c.Name], "; ")}
		if n, ok := s.Profile.Overall.Column(c.Name); ok {
			row[4], row[5] = strconv.FormatFloat(n.Min, 'f', -1, 64), strconv.FormatFloat(n.Max, 'f', -1, 64)
		}
		rows = append(rows, row)
	}
	return rows
}
