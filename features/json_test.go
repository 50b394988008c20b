package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readJSON returns header and rows.
func readJSON(r io.Reader) (names []string, rows [][]RawCell, lines []int, err error) {
	j := newJSONRows(context.Background(), r, "x.json")
	for {
		row, err := j.Read(nil)
		if err == io.EOF {
			return j.Header(), rows, lines, nil
		} else if err != nil {
			return j.Header(), rows, lines, err
		}
		rows, lines = append(rows, row), append(lines, j.Line())
	}
}

func wordCell(s string) RawCell { return RawCell{Kind: RawText, Text: s} }

func TestJSON(t *testing.T) {
	yes, no, none := RawCell{Kind: RawFlag, Number: 1}, RawCell{Kind: RawFlag}, RawCell{}
	for _, c := range []struct {
		name, text string
		names      []string
		rows       [][]RawCell
		lines      []int
	}{
		{"array", `[{"a":1,"b":"x"},{"a":-2.5e1,"b":null}]`, []string{"a", "b"}, [][]RawCell{{numberCell(1), wordCell("x")}, {numberCell(-25), none}}, []int{1, 1}},
		{"lines", "\ufeff{\"a\":true}\n\n {\"a\":false,\"b\":\"\"} \r\n", []string{"a", "b"}, [][]RawCell{{yes}, {no, none}}, []int{1, 3}},
		{"new keys in any order", `{"a":1} {"c":3,"a":1} {"b":2}`, []string{"a", "c", "b"}, [][]RawCell{{numberCell(1)}, {numberCell(1), numberCell(3)}, {none, none, numberCell(2)}}, []int{1, 1, 1}},
		{"escapes", `{"a\u0020b":"\u00e9\n\"\\","年":"中"}`, []string{"a b", "年"}, [][]RawCell{{wordCell("é\n\"\\"), wordCell("中")}}, []int{1}},
		{"exact", `{"a":12345678901234567890,"b":0.30000000000000004,"c":9007199254740991}`, []string{"a", "b", "c"},
			[][]RawCell{{{Kind: RawNumber, Number: 12345678901234567890, Text: "12345678901234567890"}, numberCell(0.30000000000000004), numberCell(9007199254740991)}}, []int{1}},
		{"NaN of Python", `[{"a": NaN}]`, []string{"a"}, [][]RawCell{{none}}, []int{1}},
		{"empty", `[]`, nil, nil, nil},
		{"empty objects", `[{},{"a":1}]`, []string{"a"}, [][]RawCell{{}, {numberCell(1)}}, []int{1, 1}},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.text), "byte by byte": iotest.OneByteReader(strings.NewReader(c.text))} {
			names, rows, lines, err := readJSON(r)
			if err != nil || !slices.Equal(names, c.names) || fmt.Sprint(rows) != fmt.Sprint(c.rows) || !slices.Equal(lines, c.lines) {
				t.Errorf("%s, %s: %q %v %v %v", c.name, how, names, rows, lines, err)
			}
		}
	}
}

func TestJSONRefusals(t *testing.T) {
	boredom := errors.New("nobody waits")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(boredom)
	keys := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"a":1`)
		for i := range n {
			fmt.Fprintf(&b, `,"key%d":1`, i)
		}
		return b.String() + "}"
	}
	for _, c := range []struct {
		name string
		r    io.Reader
		ctx  context.Context
		o    TableOptions
		err  error
		text string
	}{
		{"nothing", strings.NewReader(" \n"), nil, TableOptions{Name: "x.json"}, ErrEmpty, "x.json: the file is empty"},
		{"cut", strings.NewReader("\n{\"a\":1"), nil, TableOptions{}, ErrBinary, "line 2: the file ends within an object"},
		{"open array", strings.NewReader(`[{"a":1}`), nil, TableOptions{}, ErrBinary, "the array does not end"},
		{"behind", strings.NewReader(`[{"a":1}]{`), nil, TableOptions{}, ErrBinary, "'{' follows the array"},
		{"no comma", strings.NewReader(`[{"a":1}{"a":2}]`), nil, TableOptions{}, ErrBinary, "'{' follows an object"},
		{"comma at the end", strings.NewReader(`[{"a":1},]`), nil, TableOptions{}, ErrBinary, "']' stands where an object should"},
		{"comma in an object", strings.NewReader(`[{"a":1,}]`), nil, TableOptions{}, ErrBinary, "'}' follows a comma"},
		{"columns", strings.NewReader(`{"a":{"0":1}}`), nil, TableOptions{}, ErrBinary, `the key "a" holds an object; want one value for each key, as pandas.json_normalize and to_json(orient="records")`},
		{"nested", strings.NewReader(`{"a":[1]}`), nil, TableOptions{}, ErrBinary, `the key "a" holds an array`},
		{"rows of arrays", strings.NewReader(`[[1,2]]`), nil, TableOptions{}, ErrBinary, "'[' stands where an object should"},
		{"twice", strings.NewReader(`{"a":1,"a":2}`), nil, TableOptions{}, ErrBinary, `the key "a" stands twice`},
		{"single quotes", strings.NewReader(`{'a':1}`), nil, TableOptions{}, ErrBinary, "stands where a key should"},
		{"word", strings.NewReader(`{"a":yes}`), nil, TableOptions{}, ErrBinary, `"yes", which is no value`},
		{"hexadecimal", strings.NewReader(`{"a":0x10}`), nil, TableOptions{}, ErrBinary, "which is no value"},
		{"leading zero", strings.NewReader(`{"a":01}`), nil, TableOptions{}, ErrBinary, "which is no value"},
		{"infinite", strings.NewReader(`{"a":1e999}`), nil, TableOptions{}, ErrBinary, "which is no value"},
		{"no value", strings.NewReader(`{"a":}`), nil, TableOptions{}, ErrBinary, "which is no value"},
		{"escape", strings.NewReader(`{"a":"\q"}`), nil, TableOptions{}, ErrBinary, "unknown escape"},
		{"line end", strings.NewReader("{\"a\":\"b\nc\"}"), nil, TableOptions{}, ErrBinary, "control character"},
		{"not UTF-8", strings.NewReader("{\"a\":\"\xff\"}"), nil, TableOptions{}, ErrBinary, "not UTF-8"},
		{"deep", strings.NewReader(strings.Repeat("[", 1<<20)), nil, TableOptions{}, ErrBinary, "'[' stands where an object should"},
		{"deep objects", strings.NewReader(strings.Repeat(`{"a":`, 1<<18)), nil, TableOptions{}, ErrBinary, "holds an object"},
		{"a million keys", strings.NewReader(keys(1e6)), nil, TableOptions{}, ErrLimit, "more than 16384 different keys"},
		{"giant string", io.MultiReader(strings.NewReader(`{"a":"`), endless{}), nil, TableOptions{}, ErrLimit, "more than 1048576 bytes"},
		{"giant number", io.MultiReader(strings.NewReader(`{"a":1`), endless{}), nil, TableOptions{}, ErrLimit, "more than 1048576 bytes"},
		{"source", io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(boredom)), nil, TableOptions{}, boredom, "reading stopped: nobody waits"},
		{"cancelled", strings.NewReader(`{"a":1}`), ctx, TableOptions{}, boredom, "nobody waits"},
		{"header", strings.NewReader(`{"a":1}`), nil, TableOptions{Header: []string{"a"}}, ErrOptions, "no Header"},
		{"no names", strings.NewReader(`[{}]`), nil, TableOptions{}, ErrHeader, "no header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			_, _, err := ReadJSON(c.ctx, c.r, c.o)
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %v with %q", err, c.err, c.text)
			}
		})
	}
}

// endless yields digits without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	return len(p), nil
}

func numberCell(x float64) RawCell { return RawCell{Kind: RawNumber, Number: x} }

// FuzzJSON reads what encoding/json reads as flat objects, to the same values;
// what it takes, encoding/json takes, but for NaN.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`[{"a":1,"b":"x"},{"c":null}]`, "{\"a\":true}\n{\"a\":1e3}", `[{"a":"\ud83d\ude00\u0000"}]`, `[[1]]`, `{"a":{}}`, "\ufeff[]", `{"a":-0.0}`, `[{"a":1},]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		names, rows, _, err := readJSON(bytes.NewReader(data))
		want, flat := objects(data)
		if err != nil {
			if flat {
				t.Fatalf("%v, but encoding/json reads %v", err, want)
			}
			return
		}
		if !flat {
			if bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte(`\u`)) {
				return
			}
			t.Fatalf("read %v, which encoding/json does not", rows)
		}
		if len(rows) != len(want) {
			t.Fatalf("%d rows, encoding/json has %d", len(rows), len(want))
		}
		for i, row := range rows {
			for k, c := range row {
				if v := want[i][names[k]]; !sameJSON(c, v) {
					t.Fatalf("row %d, %q: %+v, encoding/json has %v", i, names[k], c, v)
				}
			}
			for key := range maps.Keys(want[i]) {
				if !slices.Contains(names, key) {
					t.Fatalf("the key %q is lost", key)
				}
			}
		}
	})
}

// objects returns the rows of an array of flat objects, or of objects, as
// encoding/json reads them; false where they are anything else.
func objects(data []byte) (rows []map[string]any, flat bool) {
	data = bytes.TrimPrefix(data, bom)
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("[")) {
		if d.Decode(&rows) != nil || slices.ContainsFunc(rows, func(m map[string]any) bool { return m == nil }) {
			return nil, false
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, false
		}
	} else {
		for {
			var m map[string]any
			if err := d.Decode(&m); err == io.EOF {
				break
			} else if err != nil || m == nil {
				return nil, false
			}
			rows = append(rows, m)
		}
		if len(rows) == 0 {
			return nil, false
		}
	}
	keys := 0
	for _, m := range rows {
		keys += len(m)
		for _, v := range m {
			if n, ok := v.(json.Number); ok {
				if _, err := n.Float64(); err != nil {
					return nil, false
				}
			}
			switch v.(type) {
			case map[string]any, []any:
				return nil, false
			}
		}
	}
	// A key that stands twice, or a string that is not UTF-8, is none of ours.
	return rows, keys == colons(data) && !strings.Contains(fmt.Sprint(rows), "\ufffd")
}

// colons counts the keys of flat objects.
func colons(data []byte) int {
	d := json.NewDecoder(bytes.NewReader(data))
	n := 0
	for key := false; ; {
		token, err := d.Token()
		if err != nil {
			return n
		}
		switch token {
		case json.Delim('{'):
			key = true
		case json.Delim('}'), json.Delim('['), json.Delim(']'):
			key = false
		default:
			if key {
				n++
			}
			key = !key
		}
	}
}

func sameJSON(c RawCell, v any) bool {
	switch v := v.(type) {
	case nil:
		return c.Kind == RawMissing
	case string:
		return v == c.Text && (c.Kind == RawText || v == "" && c.Kind == RawMissing)
	case bool:
		return c.Kind == RawFlag && (c.Number == 1) == v
	case json.Number:
		x, _ := v.Float64()
		return c.Kind == RawNumber && c.Number == x
	}
	return false
}

// A key that comes first behind the rows that the columns are found from is left out and
// told.
func TestJSONLateColumn(t *testing.T) {
	line := `{"id": 1, "note": "` + strings.Repeat("x", 1000) + `"}` + "\n"
	text := strings.Repeat(line, 20_000) + `{"id": 2, "late": "Köln"}`
	r := NewJSONReader(t.Context(), strings.NewReader(text), TableOptions{})
	rows := 0
	for table, err := range r.Blocks(t.Context()) {
		if err != nil || !slices.Equal(table.ColumnNames(), []string{"id", "note"}) {
			t.Fatalf("%v, columns %q", err, table.ColumnNames())
		}
		rows += table.Len()
	}
	report := r.Report()
	if rows != 20_001 || !slices.Equal(report.Late, []string{"late"}) || !slices.Contains(report.Warnings(), `the column "late" left out, which has its first value far behind the first rows`) {
		t.Errorf("%d rows, %q, %q", rows, report.Late, report.Warnings())
	}
	whole, report, err := ReadJSON(t.Context(), strings.NewReader(text), TableOptions{})
	if err != nil || whole.Series("late").Word(20_000) != "Köln" || report.Late != nil {
		t.Errorf("%v, columns %q, late %q", err, whole.ColumnNames(), report.Late)
	}
}
