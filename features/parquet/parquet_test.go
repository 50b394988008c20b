package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

func load(t testing.TB, name string) *bytes.Reader {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(data)
}

func read(t testing.TB, file *bytes.Reader, o Options) (*features.Table, features.TableReport) {
	t.Helper()
	table, report, err := Read(context.Background(), file, file.Size(), o)
	if err != nil {
		t.Fatal(err)
	}
	return table, report
}

// columnsOf returns what pyarrow reads, by file and column.
func columnsOf(t testing.TB) map[string]map[string][]any {
	var golden struct {
		Files map[string]map[string][]any
	}
	d := json.NewDecoder(load(t, "columns.json"))
	d.UseNumber()
	if err := d.Decode(&golden); err != nil {
		t.Fatal(err)
	}
	return golden.Files
}

// TestValues compares every value of every column with pyarrow's.
func TestValues(t *testing.T) {
	compared := 0
	for name, columns := range columnsOf(t) {
		table, report := read(t, load(t, name), Options{Table: features.TableOptions{Columns: keys(columns)}})
		for _, c := range report.Columns {
			s, want := table.Series(c.Name), columns[c.Name]
			if s.Len() != len(want) {
				t.Errorf("%s, %s: %d rows, pyarrow has %d", name, c.Name, s.Len(), len(want))
				continue
			}
			missing := 0
			for i, v := range want {
				compared++
				if v == nil || v == "" {
					missing++
				}
				if err := same(s, i, v); err != nil {
					t.Errorf("%s, %s (%v), row %d: %v", name, c.Name, c.Kind, i, err)
					break
				}
			}
			if c.Missing != missing {
				t.Errorf("%s, %s: %d missing, want %d", name, c.Name, c.Missing, missing)
			}
		}
	}
	if compared < 15000 {
		t.Errorf("only %d values compared", compared)
	}
}

func keys(m map[string][]any) []string {
	var names []string
	for name := range m {
		if !strings.HasPrefix(name, "__index") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func same(s features.Series, row int, want any) error {
	bad := fmt.Errorf("got %v %q %v, want %v", s.Number(row), s.Word(row), s.Day(row), want)
	switch v := want.(type) {
	case nil:
		if !s.Missing(row) {
			return bad
		}
	case bool:
		if (s.Number(row) == 1) != v || s.Kind() != features.Bool {
			return bad
		}
	case json.Number:
		if s.Kind() == features.Identifier {
			if s.Word(row) != v.String() {
				return bad
			}
			return nil
		}
		if x, _ := v.Float64(); math.Abs(s.Number(row)-x) > 1e-15*math.Abs(x) { // pyarrow's shares of a day are rounded twice
			return bad
		}
	case string:
		if s.Kind() == features.Date {
			if s.Day(row).Format(time.DateOnly) != v {
				return bad
			}
		} else if s.Word(row) != v {
			return bad
		}
	}
	return nil
}

func TestKinds(t *testing.T) {
	want := map[string]features.Kind{
		"int8": features.Integer, "uint64": features.Integer, "double": features.Amount, "half": features.Amount, "flag": features.Bool, "binary": features.Flag,
		"decimal9": features.Amount, "date": features.Date, "micros": features.Date, "time": features.Amount, "word": features.Category, "category": features.Category,
		"big": features.Identifier, "bigger": features.Identifier, "wide": features.Identifier, "large": features.Identifier,
	}
	table, report := read(t, load(t, "kinds.parquet"), Options{})
	for name, kind := range want {
		if got := table.Series(name).Kind(); got != kind {
			t.Errorf("%s is %v, want %v", name, got, kind)
		}
	}
	if wide := report.Columns[24]; wide.Name != "wide" || wide.Set || wide.Reason != "it has whole numbers beyond 2⁵³" {
		t.Errorf("%+v", wide)
	}
	if n := len(report.Columns); n != 26 || report.Rows != 250 || report.Columns[0].Name != "int8" || report.Columns[25].Name != "none" {
		t.Errorf("%d columns, %d rows", n, report.Rows)
	}
	table, _ = read(t, load(t, "kinds.parquet"), Options{Table: features.TableOptions{Columns: []string{"INT 8", "word"}, Kinds: map[string]features.Kind{"Int 8": features.Category, "int16": features.Category}}})
	if names := table.ColumnNames(); !slices.Equal(names, []string{"int8", "word"}) || table.Series("int8").Kind() != features.Category {
		t.Errorf("%q, %v", names, table.Series("int8").Kind())
	}
}

// Whole numbers keep their digits where a set kind takes them for words.
func TestKindsOfDigits(t *testing.T) {
	for _, file := range []string{"kinds.parquet", "plain.parquet"} {
		columns := columnsOf(t)[file]
		for _, name := range []string{"big", "bigger", "wide", "int64"} {
			for _, kind := range []features.Kind{features.Identifier, features.FreeText} {
				table, _ := read(t, load(t, file), Options{Table: features.TableOptions{Columns: []string{name}, Kinds: map[string]features.Kind{name: kind}}})
				s := table.Series(name)
				for i, want := range columns[name] {
					if want == nil && s.Missing(i) || want != nil && s.Word(i) == fmt.Sprint(want) {
						continue
					}
					t.Fatalf("%s, %s as %v, row %d: %q, want %v", file, name, kind, i, s.Word(i), want)
				}
			}
		}
	}
}

func TestPandas(t *testing.T) {
	table, report := read(t, load(t, "mall.parquet"), Options{})
	if names := table.ColumnNames(); !slices.Equal(names, []string{"Customer ID", "Gender", "Age", "Annual Income (k$)", "Since", "Last order"}) {
		t.Errorf("columns %q", names)
	}
	if report.IndexColumn != "__index_level_0__" || table.Series("Last order").Kind() != features.Date || table.Series("Annual Income (k$)").Kind() != features.Integer {
		t.Errorf("%+v", report)
	}
}

func TestRefusals(t *testing.T) {
	boredom := errors.New("nobody waits")
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(boredom)
	whole := load(t, "kinds.parquet")
	cut := make([]byte, whole.Size())
	if _, err := whole.ReadAt(cut, 0); err != nil {
		t.Fatal(err)
	}
	footer := slices.Clone(cut)
	binary.LittleEndian.PutUint32(footer[len(footer)-8:], 1<<31)
	infinite := written(t, must(features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "x"}, []float64{1, math.Inf(1)}))))
	empty := written(t, must(features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "x"}, []float64{}))))
	for _, c := range []struct {
		name string
		file *bytes.Reader
		o    Options
		ctx  context.Context
		err  error
		text string
	}{
		{"text", bytes.NewReader([]byte("a,b\n1,2\n3,4\n5,6\n")), Options{Table: features.TableOptions{Name: "x.csv"}}, nil, features.ErrBinary, "x.csv: the file is no Parquet file"},
		{"short", bytes.NewReader(nil), Options{}, nil, features.ErrBinary, "too short"},
		{"cut", bytes.NewReader(cut[:1000]), Options{}, nil, features.ErrBinary, "does not end in PAR1"},
		{"encrypted", bytes.NewReader([]byte("PARE00000000PARE")), Options{}, nil, features.ErrBinary, "encrypted"},
		{"footer", bytes.NewReader(footer), Options{}, nil, features.ErrBinary, "its footer has 2147483648 bytes"},
		{"nested", load(t, "nested.parquet"), Options{}, nil, errNested, `the column "tags" is nested (a list, a map or a group); want flat columns only`},
		{"no column", whole, Options{Table: features.TableOptions{Columns: []string{"wrod"}}}, nil, features.ErrUnknownColumn, "word"},
		{"no kind", whole, Options{Table: features.TableOptions{Kinds: map[string]features.Kind{"wrod": features.Category}}}, nil, features.ErrUnknownColumn, "word"},
		{"kind", whole, Options{Table: features.TableOptions{Kinds: map[string]features.Kind{"word": features.Amount}}}, nil, features.ErrValue, "column word"},
		{"cells", whole, Options{MaxCells: 1000}, nil, features.ErrLimit, "250 rows of 26 columns"},
		{"cells option", whole, Options{MaxCells: -1}, nil, features.ErrOptions, "MaxCells is -1"},
		{"header", whole, Options{Table: features.TableOptions{Header: []string{"a"}}}, nil, features.ErrOptions, "no Table.Header"},
		{"cancelled", whole, Options{}, ended, boredom, "nobody waits"},
		{"infinite", infinite, Options{}, nil, features.ErrValue, "line 2, column x: +Inf is no number"},
		{"no rows", empty, Options{}, nil, features.ErrNoRows, "no rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			_, _, err := Read(c.ctx, c.file, c.file.Size(), c.o)
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %v with %q", err, c.err, c.text)
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func written(t testing.TB, table *features.Table) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	if err := Write(context.Background(), &b, table, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func TestGroupBlocks(t *testing.T) {
	x := make([]float64, 10)
	for i := range x {
		x[i] = float64(i)
	}
	x[4] = math.NaN()
	table := must(features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "x"}, x)))
	var b bytes.Buffer
	if err := Write(context.Background(), &b, table, WriteOptions{RowGroupRows: 4}); err != nil {
		t.Fatal(err)
	}
	r, size := bytes.NewReader(b.Bytes()), int64(b.Len())
	groups, err := RowGroups(r, size, Options{})
	if err != nil || !slices.Equal(groups, []int{4, 4, 2}) {
		t.Fatalf("the groups have %v rows, %v", groups, err)
	}
	var got []float64
	for _, g := range []int{2, 0, 1} {
		for block, err := range GroupBlocks(context.Background(), r, size, []string{"x"}, g, Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, block...)
		}
	}
	if want := "[8 9 0 1 2 3 NaN 5 6 7]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	for _, g := range []int{-1, 3} {
		for block, err := range GroupBlocks(context.Background(), r, size, []string{"x"}, g, Options{}) {
			if !errors.Is(err, features.ErrOptions) || block != nil {
				t.Errorf("group %d: %v, %v", g, block, err)
			}
		}
	}
	if _, err := RowGroups(r, size/2, Options{}); !errors.Is(err, features.ErrBinary) {
		t.Errorf("of a cut file: %v", err)
	}
}

func TestNestedByName(t *testing.T) {
	table, _ := read(t, load(t, "nested.parquet"), Options{Table: features.TableOptions{Columns: []string{"amount", "id"}}})
	if got := fmt.Sprint(table.ColumnNames(), table.Series("amount").Numbers(), table.Series("id").Numbers()); got != "[amount id] [1.5 2.5] [1 2]" {
		t.Error(got)
	}
}

// TestBlocks compares blocks with the columns of a table.
func TestBlocks(t *testing.T) {
	names := []string{"double", "int32", "decimal38", "flag", "double"}
	for _, name := range []string{"kinds.parquet", "plain.parquet", "v2.parquet"} {
		file := load(t, name)
		table, _ := read(t, file, Options{})
		for range 2 {
			row := 0
			for block, err := range Blocks(context.Background(), file, file.Size(), names, Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				for ; len(block) > 0; block, row = block[len(names):], row+1 {
					for j, n := range names {
						if got, want := block[j], table.Series(n).Number(row); math.Float64bits(got) != math.Float64bits(want) && (got == got || want == want) {
							t.Fatalf("%s, row %d, %s: %v, want %v", name, row, n, got, want)
						}
					}
				}
			}
			if row != table.Len() {
				t.Errorf("%s: %d rows, want %d", name, row, table.Len())
			}
		}
	}
}

func TestBlocksRefusals(t *testing.T) {
	boredom := errors.New("nobody waits")
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(boredom)
	file := load(t, "kinds.parquet")
	for _, c := range []struct {
		columns []string
		o       Options
		ctx     context.Context
		err     error
		text    string
	}{
		{nil, Options{}, context.Background(), features.ErrOptions, "no column is named"},
		{[]string{"word"}, Options{}, context.Background(), features.ErrNotNumeric, "word"},
		{[]string{"date"}, Options{}, context.Background(), features.ErrNotNumeric, "date"},
		{[]string{"big"}, Options{}, context.Background(), features.ErrNotNumeric, "beyond 2⁵³"},
		{[]string{"wide"}, Options{}, context.Background(), features.ErrNotNumeric, "beyond 2⁵³"},
		{[]string{"dubble"}, Options{}, context.Background(), features.ErrUnknownColumn, "double"},
		{[]string{"double"}, Options{MaxCells: -1}, context.Background(), features.ErrOptions, "MaxCells"},
		{[]string{"double"}, Options{}, ended, boredom, "nobody waits"},
	} {
		var last error
		for block, err := range Blocks(c.ctx, file, file.Size(), c.columns, c.o) {
			if last != nil || err != nil && block != nil {
				t.Errorf("%q: a block behind an error", c.columns)
			}
			last = err
		}
		if !errors.Is(last, c.err) || !strings.Contains(last.Error(), c.text) {
			t.Errorf("%q: got %v, want %v with %q", c.columns, last, c.err, c.text)
		}
	}
	for range Blocks(context.Background(), file, file.Size(), []string{"double"}, Options{}) {
		break // leaves nothing open
	}
}

func TestWrite(t *testing.T) {
	n := 3000
	numbers, whole, words, ids, days := make([]float64, n), make([]int, n), make([]string, n), make([]string, n), make([]time.Time, n)
	for i := range n {
		numbers[i], whole[i], words[i], ids[i], days[i] = float64(i)/7, i*i, []string{"a", "b", ""}[i%3], "K"+strconv.Itoa(i), time.Date(1960, 1, 1+i, 0, 0, 0, 0, time.UTC)
		if i%11 == 0 {
			numbers[i], days[i] = math.NaN(), time.Time{}
		}
	}
	table := must(features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "z"}, numbers), features.NumberSeries(features.Column{Name: "a"}, whole),
		features.WordSeries(features.Column{Name: "w"}, words), features.WordSeries(features.Column{Name: "id", Kind: features.Identifier}, ids), features.DaySeries(features.Column{Name: "d"}, days)))
	for _, o := range []WriteOptions{{}, {RowGroupRows: 700}, {RowGroupRows: 1024, Zstd: true}} {
		var b bytes.Buffer
		if err := Write(context.Background(), &b, table, o); err != nil {
			t.Fatal(err)
		}
		file := bytes.NewReader(b.Bytes())
		back, _ := read(t, file, Options{})
		if !slices.Equal(back.ColumnNames(), table.ColumnNames()) {
			t.Fatalf("columns %q", back.ColumnNames())
		}
		for j, c := range table.Columns() {
			if got := back.Columns()[j].Kind; got != c.Kind {
				t.Errorf("%s is %v, was %v", c.Name, got, c.Kind)
			}
			for i := range n {
				if got, want := back.Value(j, i), table.Value(j, i); got != want {
					t.Fatalf("%s, row %d: %v, want %v", c.Name, i, got, want)
				}
			}
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx   context.Context
		table *features.Table
		o     WriteOptions
		err   error
	}{
		{context.Background(), table, WriteOptions{RowGroupRows: -1}, features.ErrOptions},
		{context.Background(), nil, WriteOptions{}, features.ErrUnknownColumn},
		{ended, table, WriteOptions{}, context.Canceled},
	} {
		if err := Write(c.ctx, &bytes.Buffer{}, c.table, c.o); !errors.Is(err, c.err) {
			t.Errorf("got %v, want %v", err, c.err)
		}
	}
}
