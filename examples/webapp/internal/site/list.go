package site

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/service"
)

// listFormats are the forms in which the customers of a tier can be taken along.
var listFormats = []string{"csv", "xlsx"}

// list returns the customers of a tier, the id first, with all of their columns.
func (s *Site) list(r *request) error {
	name, format, _ := cutLast(r.PathValue("file"), ".")
	tier, err := findTier(r.snap, name)
	if err == nil && (tier == "" || !slices.Contains(listFormats, format)) {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	t, err := r.snap.Customers.List(r.Context(), tier)
	if err != nil {
		return err
	}
	if err := s.note(r, didList, service.AuditDetail{Count: t.Len(), Note: tier}); err != nil {
		return err
	}
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	file := strings.ToLower(strings.Map(fileNameRune, tier))
	if format == "csv" {
		in, out := io.Pipe()
		go func() { out.CloseWithError(writeTable(out, t)) }()
		defer func() { _ = in.Close() }()
		return r.send(in, file, format)
	}
	var b bytes.Buffer
	if err := xlsx.Write(r.Context(), &b, t, xlsx.WriteOptions{}); err != nil {
		return err
	}
	return r.send(&b, file, format)
}

// cutLast cuts a text around the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// writeTable writes a table as CSV in which a spreadsheet finds no formula.
func writeTable(w io.Writer, t *features.Table) error {
	to := csv.NewWriter(csvguard.Writer(w, false, new(int)))
	if err := to.Write(t.ColumnNames()); err != nil {
		return err
	}
	row := make([]string, len(t.Columns()))
	for i := range t.Len() {
		for j := range row {
			row[j] = service.TextOf(t.Value(j, i))
		}
		if err := to.Write(row); err != nil {
			return err
		}
	}
	to.Flush()
	return to.Error()
}

// sendRows answers with rows as a file of CSV.
func (r *request) sendRows(name string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(csvguard.Writer(&b, false, new(int))).WriteAll(rows); err != nil {
		return err
	}
	return r.send(&b, name, "csv")
}

// wanted are the columns of a file that is to be scored: the id, and those of the
// model; of the campaign schema all columns of a campaign file that are needed.
func (r *request) wanted() []features.Column {
	if r.snap.Campaign {
		return slices.DeleteFunc(features.Columns(), func(c features.Column) bool { return !c.Required && c.Name != "id" })
	}
	var out []features.Column
	t := r.snap.Customers.Table
	if id, err := t.Column(r.snap.Model.ID()); err == nil {
		out = append(out, id.Column())
	}
	for _, name := range r.snap.Model.Columns() {
		out = append(out, t.Series(name).Column())
	}
	return out
}

// template returns a file to fill in: the names of the columns, and a row that could
// be one of the customers and is none.
func (s *Site) template(r *request) error {
	head, example := []string{}, []string{}
	for _, c := range r.wanted() {
		head, example = append(head, c.Name), append(example, r.exampleValue(c))
	}
	return r.sendRows("template", [][]string{head, example})
}

// exampleValue is a value in a column as most customers have it: the median, the most
// frequent word.
func (r *request) exampleValue(c features.Column) string {
	if campaign := campaignExample[c.Name]; r.snap.Campaign && campaign != "" {
		return campaign
	}
	if c.Kind == features.Identifier || c.Name == r.snap.Model.ID() {
		return "1"
	}
	g := r.snap.Profile.Overall
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

// columnList returns a list of the columns that a file needs, as CSV.
func (s *Site) columnList(r *request) error {
	rows := [][]string{{"column", "kind", "unit", "meaning", "least", "greatest", "words"}}
	words := r.snap.Model.Words()
	for _, c := range r.wanted() {
		row := []string{c.Name, c.Kind.String(), c.Unit, c.Meaning, "", "", strings.Join(words[c.Name], "; ")}
		if n, ok := r.snap.Profile.Overall.Column(c.Name); ok {
			row[4], row[5] = strconv.FormatFloat(n.Min, 'f', -1, 64), strconv.FormatFloat(n.Max, 'f', -1, 64)
		}
		rows = append(rows, row)
	}
	return r.sendRows("columns", rows)
}
