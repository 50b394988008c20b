package features

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// textCells hands out the lines of a text without quotes as cells of text, which are
// looked at one by one.
type textCells struct {
	lines []string
	line  int
}

func (c *textCells) Header() []string { return strings.Split(c.lines[0], ",") }
func (c *textCells) Line() int        { return c.line }

func (c *textCells) Read(row []RawCell) ([]RawCell, error) {
	if c.line = max(c.line, 1); c.line == len(c.lines) {
		return row, io.EOF
	}
	row = row[:0]
	for f := range strings.SplitSeq(c.lines[c.line], ",") {
		row = append(row, RawCell{Kind: RawText, Text: f})
	}
	c.line++
	return row, nil
}

// TestCellsInRuns: cells of a text, which are read in runs of one form, come out as
// those that are looked at one by one do, whatever interrupts the runs, however many
// goroutines read, in blocks of whatever size and whether the text can be read again.
func TestCellsInRuns(t *testing.T) {
	forms := []string{"d", "d", "dd", "ddd", "ddddddd", "dddddddd", "dd", "0d", "d", "n.ddd", "nnn.ddd", "d.d", "d.ddd", "dddd.ddd", "d.dddddd", "d.", ".d", "d.d.d", "d e", "-d", "$d", "d%", "d kg",
		"true", "false", "Yes", "no", "gold", "silver", "Cd", "Cdddddd", "2012-0d-1d", "1d/1d/2012", "201201dd", "abcdefgh", "abcdefghd", "a word of more than dd letters",
		"é", "aé", "éa", "", "NA", "-", "inf", "unknown", "2.500", "0.500"}
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		rows := 1 + rng.IntN(20_000/shorter)
		form := func(f string) string {
			return strings.Map(func(r rune) rune {
				if r == 'd' && !strings.HasPrefix(f, "abc") {
					return '0' + rune(rng.IntN(10))
				}
				if r == 'n' && strings.HasSuffix(f, ".ddd") {
					return '1' + rune(rng.IntN(9))
				}
				return r
			}, f)
		}
		usual := make([][]string, 2+rng.IntN(5)) // neighbours in the list
		for j := range usual {
			from := rng.IntN(len(forms))
			usual[j] = forms[from:min(len(forms), from+1+rng.IntN(3))]
		}
		lines := []string{strings.Join([]string{"id", "age", "zip", "score", "member", "joined"}[:len(usual)], ",")}
		rare := 1 + rng.IntN(20_000)
		for range rows {
			cells := make([]string, len(usual))
			for j, list := range usual {
				f := list[rng.IntN(len(list))]
				if rng.IntN(rare) == 0 {
					f = forms[rng.IntN(len(forms))]
				}
				cells[j] = form(f)
			}
			lines = append(lines, strings.Join(cells, ","))
		}
		text := strings.Join(lines, "\n") + "\n"
		o := TableOptions{AllRows: true, Workers: 1, AsOf: AsOf(newYear2015)}
		want, wantReport, wantErr := ReadRows(t.Context(), &textCells{lines: lines}, o)
		o.Decimal = DecimalPoint
		known, knownReport, _ := ReadRows(t.Context(), &textCells{lines: lines}, o)
		o.Decimal = DecimalFromData
		for _, how := range []struct {
			workers, size int
			source        io.Reader
		}{{1, blockSize, strings.NewReader(text)}, {3, blockSize, onlyReader{strings.NewReader(text)}}, {2, 1 << (8 + rng.IntN(8)), strings.NewReader(text)}} {
			o.Workers = how.workers
			r := NewTableReader(how.source, o)
			r.size = how.size
			got, report, err := r.All(t.Context())
			if fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("seed %d: %v, one by one %v", seed, err, wantErr)
			}
			if err != nil {
				continue
			}
			for i, c := range report.Columns {
				one := wantReport.Columns[i]
				if a, b := fmt.Sprintf("%+v", told(c)), fmt.Sprintf("%+v", told(one)); a != b {
					t.Fatalf("seed %d, %v: %s\none by one: %s", seed, usual[i], a, b)
				}
				a, b := got.series[i], want.series[i]
				if !slicesSame(a.numbers, b.numbers) || !reflect.DeepEqual([]any{a.days, a.ids, a.codes, a.levels}, []any{b.days, b.ids, b.codes, b.levels}) {
					t.Fatalf("seed %d, %v: the values differ", seed, usual[i])
				}
				if one := knownReport.Columns[i]; c.Decimal == DecimalPoint && one.Kind == c.Kind && !slicesSame(a.numbers, known.series[i].numbers) {
					t.Fatalf("seed %d, %v: the values differ from those with a decimal point that was named", seed, usual[i])
				}
			}
		}
	}
}

// told is a report with the value of its first error instead of the pointer.
func told(c ColumnReport) []any {
	first := c.First
	if c.First = nil; first == nil {
		return []any{c}
	}
	return []any{c, first.Value}
}

// slicesSame compares numbers bit for bit.
func slicesSame(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// anotherText is a text that has become another one when it is read again.
type anotherText struct {
	*strings.Reader
	later string
}

func (a anotherText) ReadAt(p []byte, off int64) (int, error) {
	return strings.NewReader(a.later).ReadAt(p, off)
}

// TestReadAgain: text that was given up is read again where the last rows show that a
// column is something else, and has to be what it was.
func TestReadAgain(t *testing.T) {
	const rows = 40_000
	text := "id,word,n\n" + strings.Repeat("17,København,5\n", rows) + "A1,2,many words\n" + strings.Repeat("A2,x,7\n", rows)
	want, wantReport, err := ReadTable(t.Context(), onlyReader{strings.NewReader(text)}, TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "text.csv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for workers, source := range []io.Reader{1: strings.NewReader(text), 2: anotherText{strings.NewReader(text), text}, 3: file} {
		if source == nil {
			continue
		}
		got, report, err := ReadTable(t.Context(), source, TableOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := tellReport(report), tellReport(wantReport); a != b {
			t.Fatalf("%s\nwant %s", a, b)
		}
		sameTable(t, got, want)
	}
	for name, test := range map[string]struct {
		later string
		want  error
	}{
		"another byte": {strings.Replace(text, "København", "Köbenhavns", 1), ErrChanged}, "shorter": {text[:len(text)/4], ErrChanged}, "gone": {"", ErrChanged},
	} {
		_, _, err := ReadTable(t.Context(), anotherText{strings.NewReader(text), test.later}, TableOptions{Name: "a.csv"})
		if e := new(ReadError); !errors.Is(err, test.want) || !errors.As(err, &e) || e.Line == 0 || e.File != "a.csv" {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if _, _, err := ReadTable(t.Context(), &readOnce{Reader: strings.NewReader(text)}, TableOptions{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

// readOnce cannot be read again.
type readOnce struct{ *strings.Reader }

func (*readOnce) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
