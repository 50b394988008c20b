package xlsx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/customer-personality/segmentation/features"
)

// TestWrite reads back what was written, value by value.
func TestWrite(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	table := must(features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "id", Kind: features.Identifier}, []string{"0012", "=1+1", "-5", "1e3", "TRUE"}),
		features.NumberSeries(features.Column{Name: "Annual Income (k$)"}, []float64{0.1, math.NaN(), 1e-300, -123456.789, 0.30000000000000004}),
		features.NumberSeries(features.Column{Name: "orders", Kind: features.Integer}, []float64{3, 0, -1, 1 << 53, 7}),
		features.NumberSeries(features.Column{Name: "returns", Kind: features.Percent}, []float64{35, 0, math.NaN(), 5.5, 100. / 3}),
		features.NumberSeries(features.Column{Name: "member", Kind: features.Bool}, []float64{1, 0, math.NaN(), 1, 0}),
		features.DaySeries(features.Column{Name: "since"}, []time.Time{day(1900, 3, 1), day(2024, 2, 29), {}, day(9999, 12, 31), day(1899, 12, 30)}),
		features.WordSeries(features.Column{Name: "城市"}, []string{"a<b & \"c\"", "", " x ", "line\nend", "_x0041_"})))
	var b bytes.Buffer
	if err := Write(context.Background(), &b, table, WriteOptions{Sheet: "Gold"}); err != nil {
		t.Fatal(err)
	}
	if f := must(excelize.OpenReader(bytes.NewReader(b.Bytes()))); must(f.GetSheetDimension("Gold")) != "A1:G6" {
		t.Error("the sheet names another range than it has, which openpyxl reads")
	}
	r := open(t, bytes.NewReader(b.Bytes()), Options{})
	if !slices.Equal(r.Header(), table.ColumnNames()) || r.Report().Sheet != "Gold" {
		t.Errorf("sheet %q, header %q", r.Report().Sheet, r.Header())
	}
	rows, _ := readAll(t, r)
	if len(rows) != table.Len() {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		for j, c := range table.Columns() {
			s, cell := table.Series(c.Name), row[j]
			var same bool
			switch {
			case s.Missing(i):
				same = cell.Kind == features.RawMissing
			case c.Kind == features.Date && s.Day(i).Before(firstDay):
				same = cell.Kind == features.RawText && cell.Text == s.Day(i).Format(time.DateOnly)
			case c.Kind == features.Date:
				same = cell.Kind == features.RawTime && cell.Time.Equal(s.Day(i))
			case c.Kind == features.Bool:
				same = cell.Kind == features.RawFlag && cell.Number == s.Number(i)
			case c.Kind == features.Percent:
				text, _ := strings.CutSuffix(cell.Text, "%")
				x, err := strconv.ParseFloat(text, 64)
				same = err == nil && math.Abs(x-s.Number(i)) <= 1e-13*math.Abs(x)
			case c.Kind.Numeric():
				x := s.Number(i)
				same = cell.Kind == features.RawNumber && math.Abs(cell.Number-x) <= 1e-15*math.Abs(x) && (c.Kind == features.Amount || cell.Number == x)
			default:
				same = cell.Kind == features.RawText && cell.Text == s.Word(i)
			}
			if !same {
				t.Errorf("row %d, %s: %+v, was %v", i, c.Name, cell, table.Value(j, i))
			}
		}
	}
}

func TestWriteRefusals(t *testing.T) {
	boredom := errors.New("nobody waits")
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(boredom)
	table := func(words ...string) *features.Table {
		return must(features.NewTable(time.Time{}, features.WordSeries(features.Column{Name: "a"}, words)))
	}
	broken := errors.New("the disk is full")
	for _, c := range []struct {
		name  string
		ctx   context.Context
		w     io.Writer
		table *features.Table
		o     WriteOptions
		err   error
		text  string
	}{
		{"no table", context.Background(), io.Discard, nil, WriteOptions{}, features.ErrUnknownColumn, "no columns"},
		{"long text", context.Background(), io.Discard, table("a", strings.Repeat("x", 32768)), WriteOptions{}, features.ErrLimit, "row 1, column a"},
		{"rows", context.Background(), io.Discard, must(features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "a"}, make([]float64, 1<<20)))), WriteOptions{}, features.ErrLimit, "1048576 rows and 1 columns"},
		{"sheet", context.Background(), io.Discard, table("a"), WriteOptions{Sheet: "a/b"}, features.ErrOptions, `cannot be named "a/b"`},
		{"cancelled", ended, io.Discard, table("a"), WriteOptions{}, boredom, "nobody waits"},
		{"disk", context.Background(), failing{broken}, table("a"), WriteOptions{}, broken, "the disk is full"},
	} {
		if err := Write(c.ctx, c.w, c.table, c.o); !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", c.name, err, c.err, c.text)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
