package program

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/testdata"
)

// Data is what the flags of a program say of the customers that it reads.
type Data struct {
	Path string // of a file in any form; empty for the bundled sample
	Open segmentation.OpenOptions
	AsOf Day
}

// Files defines the flags on how a file is read: -encoding, -sheet, -header-row,
// -kinds, and -as-of with its usage.
func Files(flags *flag.FlagSet, asOf string) *Data {
	d := &Data{Open: segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip}}}
	flags.Var(&d.AsOf, "as-of", asOf)
	flags.StringVar(&d.Open.Encoding, "encoding", "", "`name` of the encoding of a text, such as gbk or windows-1254; found from the text by default")
	flags.StringVar(&d.Open.Sheet, "sheet", "", "`name` of the sheet of a workbook; by default the first with a table")
	flags.Func("header-row", "`row` of the sheet, from 1, that names the columns; found by default", func(s string) (err error) {
		if d.Open.HeaderRow, err = strconv.Atoi(s); err != nil || d.Open.HeaderRow < 1 {
			return fmt.Errorf("a row of the sheet is needed, from 1")
		}
		return nil
	})
	flags.Func("kinds", "what columns hold, as `name=kind`, separated by commas: integer, amount, category, date, flag, bool, identifier, share, free text; found from the data by default", func(s string) error {
		d.Open.Kinds = map[string]features.Kind{}
		return eachPair(s, strings.LastIndexByte, func(name, kind string) (err error) {
			d.Open.Kinds[name], err = features.KindOf(kind)
			return err
		})
	})
	return d
}

// Customers defines the flags on which customers are read, and what their columns
// serve for: -data, -orders, -order-columns, -id, -columns, -value, -describe, beside
// those of Files.
func Customers(flags *flag.FlagSet, data, asOf string) *Data {
	d := Files(flags, asOf)
	flags.StringVar(&d.Path, "data", "", data)
	flags.Func("orders", "`FILE` of lines of orders, which are counted to customers; a file by -data is looked at for what it holds", func(s string) error {
		d.Path, d.Open.Orders = s, segmentation.AreOrders
		return nil
	})
	flags.Func("order-columns", "columns of lines of orders, as `part=name`, separated by commas: customer, day, invoice, quantity, price, amount; found by name and kind by default", func(s string) error {
		d.Open.Orders = segmentation.AreOrders
		c := &d.Open.OrderOption.Columns
		parts := map[string]*string{"customer": &c.Customer, "day": &c.Day, "invoice": &c.Invoice, "quantity": &c.Quantity, "price": &c.Price, "amount": &c.Amount}
		return eachPair(s, strings.IndexByte, func(part, name string) error {
			to, ok := parts[part]
			if !ok {
				return fmt.Errorf("orders have no part %q, but customer, day, invoice, quantity, price and amount", part)
			}
			*to = name
			return nil
		})
	})
	flags.StringVar(&d.Open.Roles.ID, "id", "", "`column` that names the customer, - for none; found by default")
	names := func(name, usage string, to *[]string) {
		flags.Func(name, usage, func(s string) (err error) {
			*to, err = Names(s)
			return err
		})
	}
	names("columns", "`columns` that segments are made of, separated by commas; found by default", &d.Open.Roles.Features)
	names("value", "`columns` that make a customer valuable, separated by commas; -recency for one of which less is better; found by default", &d.Open.Roles.Value)
	names("describe", "`columns` to tell by who is in a segment, separated by commas; found by default", &d.Open.Roles.Describe)
	return d
}

// Names splits a list of names by commas, those with a comma within in double
// quotes, as CSV has them.
func Names(s string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.LazyQuotes, r.TrimLeadingSpace = true, true
	names, err := r.Read()
	if err != nil || slices.Contains(names, "") {
		return nil, fmt.Errorf("names of columns are needed, separated by commas")
	}
	return names, nil
}

// Row reads the values of one customer, as name=value separated by commas; a value may
// be empty.
func Row(s string) (map[string]string, error) {
	row := map[string]string{}
	err := eachPair(s, strings.IndexByte, func(name, value string) error {
		row[name] = value
		return nil
	})
	return row, err
}

// eachPair calls f for each name=value of a list separated by commas; at finds the
// sign between them.
func eachPair(s string, at func(string, byte) int, f func(name, value string) error) error {
	pairs, err := Names(s)
	for _, pair := range pairs {
		i := at(pair, '=')
		if i <= 0 {
			return fmt.Errorf("%q is no pair such as name=value", pair)
		}
		if err := f(strings.TrimSpace(pair[:i]), strings.TrimSpace(pair[i+1:])); err != nil {
			return err
		}
	}
	return err
}

// IsURL reports whether the customers are in a table of a database.
func (d *Data) IsURL() bool { return isURL(d.Path) }

// Source says where the customers come from, without the password of a database.
func (d *Data) Source() string {
	switch {
	case d.Path == "":
		return "the bundled sample"
	case !d.IsURL() || strings.HasPrefix(d.Path, "sqlite:"):
		return d.Path
	}
	u, err := url.Parse(d.Path)
	if err != nil {
		return "a table of a database"
	}
	u.RawQuery = strings.Join(slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return strings.Contains(name, "password")
	}), "&")
	return u.Redacted()
}

// ModelName is the name under which a model of the source is kept in the database:
// one for all campaign files and, for another table, one of the file or table, so that
// models of different tables do not follow each other.
func (d *Data) ModelName(s *segmentation.Source) string {
	if s.Engineered() {
		return ModelName
	}
	base, _, _ := strings.Cut(filepath.Base(cmp.Or(d.Path, "sample")), ".")
	if _, table, ok := strings.Cut(d.Path, "table="); ok && d.IsURL() {
		base, _, _ = strings.Cut(table, "&")
	}
	words := strings.FieldsFunc(strings.ToLower(base), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	name := ModelName + "_" + strings.Join(words, "_")
	for len(name) > 50 { // with its longest suffix, the bytes of a name in PostgreSQL
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return strings.TrimRight(name, "_")
}

// Read reads the customers, counted on the day of -as-of; the bundled sample on its
// own day where none is given. Rows that cannot be read are left out; where they are
// more than the others, that is an error. What was found is in the source behind an
// error, too.
func (d *Data) Read(ctx context.Context) (*segmentation.Source, error) {
	o := d.Open
	o.Read.Name, o.Read.AsOf = d.Source(), features.AsOf(d.AsOf.Time)
	if d.Path == "" {
		if o.Read.Name = "customers.csv"; d.AsOf.IsZero() {
			o.Read.AsOf = features.AsOf(testdata.AsOf)
		}
		return segmentation.Open(ctx, bytes.NewReader(testdata.Customers), o)
	}
	if isURL(d.Path) {
		return openTable(ctx, d.Path, o)
	}
	f, err := os.Open(d.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return segmentation.Open(ctx, f, o)
}

// Preparation defines the flags of what is chosen to prepare the columns of a table
// that is none of a campaign; given reports whether any of them is.
func Preparation(flags *flag.FlagSet) (p *preprocess.Preparation, given func() bool) {
	p = new(preprocess.Preparation)
	set := false
	number := func(name, usage string, off float64, to func(float64)) {
		flags.Func(name, usage, func(s string) error {
			v, err := strconv.ParseFloat(s, 64)
			if s == "off" && !math.IsNaN(off) {
				v, err = off, nil
			}
			if err != nil || v != v || v <= 0 && v != off {
				return fmt.Errorf("a number above 0 is needed%s", map[bool]string{true: ", or off"}[!math.IsNaN(off)])
			}
			set = true
			to(v)
			return nil
		})
	}
	number("log-above", "`skewness` of a column above which its logarithm is taken, or off (default 1)", math.Inf(1), func(v float64) { p.Skewness = v })
	number("pca-above", "`number` of columns above which principal components are taken, or off (default 5)", -1, func(v float64) { p.PCAAbove = int(v) })
	number("variance", "`share` of the variance that principal components keep, up to 1 (default 0.9)", math.NaN(), func(v float64) { p.Variance = v })
	flags.Func("unseen", "what the model does with words that it has not seen: `refuse` (default) or accept, as none of the known ones", func(s string) error {
		set = true
		switch s {
		case "refuse":
			p.Unknown = preprocess.Refuse
		case "accept":
			p.Unknown = preprocess.Accept
		default:
			return fmt.Errorf("refuse or accept is needed")
		}
		return nil
	})
	return p, func() bool { return set }
}

// Unfit is the error of flags that go with another kind of file; nil where none is
// given. Limits are those of cleaning, and limited is whether columns have others.
func Unfit(s *segmentation.Source, limits features.CleanOptions, limited, prepared bool) error {
	if !s.Campaign && limits != (features.CleanOptions{}) {
		return Usagef("-max-age and -max-income are limits of a campaign file, and this is another table, which they do not clean")
	}
	if s.Campaign && limited {
		return Usagef("-limits is for tables that are no campaign file, which has -max-age and -max-income; with -columns this one is taken as such")
	}
	if s.Campaign && prepared {
		return Usagef("-log-above, -pca-above, -variance and -unseen are for tables that are no campaign file; with -columns this one is taken as such")
	}
	return nil
}

// PrintRoles tells what was found in the columns of a table and what they serve for;
// nothing for customers of a campaign.
func PrintRoles(w io.Writer, s *segmentation.Source) error {
	if s == nil || s.Campaign || s.Table == nil {
		return nil
	}
	why := map[string]string{}
	if s.Orders == nil {
		for _, c := range s.Columns {
			why[c.Name] = c.Reason
		}
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Column\tKind\tMissing\tValues\tBecause")
	for _, c := range s.Table.Columns() {
		column := s.Table.Series(c.Name)
		missing := 0
		for i := range column.Len() {
			if column.Missing(i) {
				missing++
			}
		}
		reason := why[c.Name]
		if reason == "" {
			reason = c.Meaning
		}
		Printer.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", oneLine(c.Name), c.Kind, missing, values(column), reason)
	}
	t.Flush()
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", s.Roles)
	return err
}

// oneLine cuts a name for a column of text.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

// values tells what a column holds: its span, or its first values.
func values(s features.Series) string {
	switch k := s.Kind(); {
	case k == features.Category:
		return some(s.Levels())
	case k == features.Date:
		var first, last string
		for i := range s.Len() {
			if s.Missing(i) {
				continue
			}
			day := s.Day(i).Format("2006-01-02")
			if first == "" || day < first {
				first = day
			}
			last = max(last, day)
		}
		return span(first, last)
	case !k.Numeric():
		var list []string
		for i := 0; i < s.Len() && len(list) < 4; i++ {
			if word := s.Word(i); word != "" && !slices.Contains(list, word) {
				list = append(list, word)
			}
		}
		return some(list)
	}
	least, greatest := math.Inf(1), math.Inf(-1)
	for _, x := range s.Numbers() {
		if x == x {
			least, greatest = min(least, x), max(greatest, x)
		}
	}
	if least > greatest {
		return "none"
	}
	number := func(x float64) string { return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64) }
	return span(number(least), number(greatest))
}

func span(first, last string) string {
	switch {
	case first == "":
		return "none"
	case first == last:
		return first
	}
	return first + " to " + last
}

// some returns the first three of some words.
func some(words []string) string {
	var out []string
	for _, w := range words[:min(len(words), 3)] {
		out = append(out, oneLine(w))
	}
	if len(words) > 3 {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}
