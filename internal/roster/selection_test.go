package roster

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// sample returns the bundled sample with a model.
var sample = sync.OnceValues(func() (*snapshot.Snapshot, error) {
	ctx := context.Background()
	result, err := segmentation.TrainReader(ctx, bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Model: segment.TrainOptions{K: 4, Seed: 1, AsOf: testdata.AsOf}})
	if err != nil {
		return nil, err
	}
	return snapshot.Of(ctx, result, 1)
})

var german = numerals.Of("de").Readings

func start(t *testing.T) (*snapshot.Snapshot, *narrate.Language) {
	t.Helper()
	w, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	all, err := narrate.Read(ask.Texts)
	if err != nil {
		t.Fatal(err)
	}
	return w, all.For("en")
}

// A selection outlasts an address, and the condition of the form is one of it.
func TestReadValues(t *testing.T) {
	w, _ := start(t)
	v := url.Values{"q": {"ma rie"}, "sort": {"income"}, "down": {"yes"}, "all": {"yes"}, "column": {"spent"}, "op": {"at least"}, "value": {"1.200"}}
	s, err := Read(w, "Gold", v, german)
	if err != nil || len(s.Where) != 1 || s.Where[0][0].A != 1200 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, c := range []struct{ column, op, value string }{{"education", "not", "phd"}, {"income", "missing", "ignored"}, {"kidhome", "is", "1"}} {
		v := s.Values()
		v.Set("column", c.column)
		v.Set("op", c.op)
		v.Set("value", c.value)
		if s, err = Read(w, "Gold", v, german); err != nil {
			t.Fatal(c, err)
		}
		again, err := Read(w, "Gold", s.Values(), german)
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v is read again as %+v, %v", s, again, err)
		}
	}
	if len(s.Where) != 4 || s.Where[1][0].Words[0] != "PhD" {
		t.Errorf("the conditions are %s", s.Where)
	}
}

// What is not understood is an error of its field.
func TestReadRefuses(t *testing.T) {
	w, _ := start(t)
	for field, list := range map[string][]string{
		"page":   {"page=0", "page=1.5", "page=-1", "page=99999999999"},
		"sort":   {"sort=shoe"},
		"where":  {"where=income", "where=" + strings.Repeat("age:over:1%3B", 21)},
		"column": {"column=shoe", "column=id", "column=age&op=over&value=2&where=" + strings.Repeat("age:over:1%3B", 20)},
		"op":     {"column=age", "column=age&op=top&value=3", "column=education&op=over&value=PhD"},
		"value":  {"column=age&op=is", "column=age&op=is&value=old", "column=income&op=is&value=1.2.3", "column=education&op=is&value=Dr"},
	} {
		for _, query := range list {
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Read(w, "Gold", v, german)
			if told, ok := errors.AsType[*Error](err); !ok || told.Field != field {
				t.Errorf("%s: %v, want an error of %s", query, err, field)
			}
		}
	}
	// "1.200" is one number for a German, and two for nobody.
	v := url.Values{"column": {"income"}, "op": {"is"}, "value": {"1.200"}}
	if _, err := Read(w, "Gold", v, numerals.Of("en").Readings); err == nil {
		t.Error("1.200 is read as one number")
	}
	for _, where := range []string{"shoe:over:1", "income:is:", "education:over:3", "education:is:Dr"} {
		s, err := Read(w, "Gold", url.Values{"where": {where}}, german)
		if err != nil {
			t.Fatal(where, err)
		}
		_, err = s.Rows(t.Context(), w)
		if told, ok := errors.AsType[*Error](err); !ok || told.Field != "where" {
			t.Errorf("%s: %v", where, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range []Selection{{Tier: "Gold"}, {Tier: "Gold", Search: "x"}, {Tier: "Gold", Sort: "age"}} {
		if _, err := s.Rows(ctx, w); !errors.Is(err, context.Canceled) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// Every column sorts the same customers, both ways alike but for equals, and those without
// a value come last.
func TestSort(t *testing.T) {
	w, _ := start(t)
	s := Selection{Tier: "Bronze"}
	plain, err := s.Rows(t.Context(), w)
	if err != nil || len(plain) == 0 {
		t.Fatal(err)
	}
	for _, name := range append([]string{idColumn}, Columns(w)...) {
		for _, s.Down = range []bool{false, true} {
			s.Sort = name
			rows, err := s.Rows(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			missing := false
			for i, row := range rows {
				c := w.Customers.Table.Series(name)
				if !c.IsZero() && c.Missing(row) {
					missing = true
					continue
				}
				if missing {
					t.Errorf("by %s a customer with a value comes after one without", name)
				}
				if i > 0 && c.Kind().Numeric() && (c.Number(rows[i-1])-c.Number(row))*map[bool]float64{false: 1, true: -1}[s.Down] > 0 {
					t.Errorf("by %s %v comes before %v", name, c.Number(rows[i-1]), c.Number(row))
				}
			}
			slices.Sort(rows)
			if !slices.Equal(rows, plain) {
				t.Errorf("by %s there are others", name)
			}
		}
	}
}

// Ids of digits are in the order of their numbers, before those of other signs.
func TestCompareIDs(t *testing.T) {
	want := []string{"0", "00", "7", "007", "9", "10", "0010", "99999999999999999999", "100000000000000000000", "", "1a", "9x", "a", "b1"}
	less := func(a, b string) bool { return compareIDs(a, b) < 0 }
	for i, a := range want {
		for j, b := range want {
			if i != j && digits(a) != digits(b) && less(a, b) != (i < j) {
				t.Errorf("%q before %q: %v", a, b, less(a, b))
			}
		}
	}
}

// A page shows its customers as the reader writes numbers, years without thousands, and all
// columns where they are asked for.
func TestList(t *testing.T) {
	w, l := start(t)
	s := Selection{Tier: "Gold", All: true, Page: 2}
	rows, err := s.Rows(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	address := func(v url.Values) string { return "?" + v.Encode() }
	list := s.List(w, l, rows, address)
	if list.Total != len(rows) || list.From != PageSize+1 || list.To != 2*PageSize || len(list.Rows) != PageSize || len(list.Head) != len(Columns(w))+1 || list.More != "" {
		t.Fatalf("%d to %d of %d, %d columns", list.From, list.To, list.Total, len(list.Head))
	}
	at := slices.IndexFunc(list.Head, func(h Heading) bool { return h.Name == "year_birth" })
	if year := list.Rows[0][at]; len(year) != 4 {
		t.Errorf("a year is written as %q", year)
	}
	if list.Rows[0][0] != w.IDs[rows[PageSize]] || list.Prev != "?all=yes&page=1" || list.Next != "?all=yes&page=3" {
		t.Errorf("the page begins with %s, between %s and %s", list.Rows[0][0], list.Prev, list.Next)
	}
	s.All, s.Page, s.Sort, s.Down = false, 1e6, "income", true
	beyond := s.List(w, l, rows, address)
	if len(beyond.Rows) != 0 || beyond.Prev == "" || beyond.Next != "" || beyond.More == "" || beyond.Head[1].Name != "income" || beyond.Head[1].Sorted != "descending" || beyond.Head[1].Address != "?sort=income" {
		t.Errorf("beyond the end there is %+v", beyond)
	}
	for _, c := range w.Customers.Table.Columns() {
		if c.Kind == features.Date && Text(w, l, c.Name, rows[0]) == "" {
			t.Errorf("the day %s is not written", c.Name)
		}
	}
}
