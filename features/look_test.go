package features

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
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
// goroutines read and whether the size of the text is known.
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
		for workers, source := range map[int]io.Reader{1: strings.NewReader(text), 3: onlyReader{strings.NewReader(text)}} {
			o.Workers = workers
			got, report, err := ReadTable(t.Context(), source, o)
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
