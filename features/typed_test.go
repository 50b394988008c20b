package features

import (
	"fmt"
	"testing"
)

func TestAllRows(t *testing.T) {
	number := func(x float64) RawCell { return RawCell{Kind: RawNumber, Number: x} }
	word := func(s string) RawCell { return RawCell{Kind: RawText, Text: s} }
	for every, want := range map[bool][2]int{false: {3, 2}, true: {6, 0}} {
		rows := &rawRows{header: []string{"who", "amount"}, rows: [][]RawCell{
			{word("a"), number(1)}, {{}, {}}, {word("who"), word("amount")}, {word("b"), number(2)}, {word("c"), number(4)}, {word("Total"), number(7)},
		}}
		table, report, err := ReadRows(t.Context(), rows, TableOptions{AllRows: every})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{table.Len(), report.Blank + report.Headers}; got != want || report.Rows != want[0] || every == (len(report.Below) > 0) {
			t.Errorf("every row %t: %v, want %v; below %q", every, got, want, report.Below)
		}
	}
}

// Whole numbers with a type are digits: with C536 among them, or one that no float
// holds, the column is one of ids.
func TestTypedDigits(t *testing.T) {
	whole := RawCell{Kind: RawNumber, Number: 536}
	for _, test := range []struct {
		other RawCell
		want  string
	}{
		{RawCell{Kind: RawNumber, Number: 7}, "integer 536 7"},
		{RawCell{Kind: RawNumber, Number: -7}, "integer 536 -7"},
		{RawCell{Kind: RawNumber, Number: 7.5}, "amount 536 7.5"},
		{RawCell{Kind: RawText, Text: "C537"}, "category 536 C537"},
		{RawCell{Kind: RawNumber, Number: 1 << 53, Text: "9007199254740993"}, "identifier 536 9007199254740993"},
	} {
		table, _, err := ReadRows(t.Context(), &rawRows{header: []string{"n"}, rows: [][]RawCell{{whole}, {test.other}}}, TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(table.Columns()[0].Kind, " ", table.Value(0, 0), " ", table.Value(0, 1)); got != test.want {
			t.Errorf("%+v: %s, want %s", test.other, got, test.want)
		}
	}
}
