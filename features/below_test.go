package features

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Rows below a table, which are no customers, are left out and told; what only
// looks like them stays.
func TestBelow(t *testing.T) {
	const head, rows = "id,city,visits,spent\n", "1,Bonn,3,10.5\n2,Köln,4,20.25\n3,Bonn,5,30\n"
	for name, test := range map[string]struct {
		text  string
		rows  int
		below []string
	}{
		"nothing":         {head + rows, 3, nil},
		"total":           {head + rows + "Total,,12,60.75\n", 3, []string{"Total, 12, 60.75"}},
		"full total":      {head + rows + "Total,all,12,60.75\n", 3, []string{"Total, all, 12, 60.75"}},
		"mean":            {head + rows + "Average,,4,20.25\n", 3, []string{"Average, 4, 20.25"}},
		"two":             {head + rows + "Summe,,12,60.75\nMean,,4,20.25\n", 3, []string{"Summe, 12, 60.75", "Mean, 4, 20.25"}},
		"note":            {head + rows + "\nSource: the mall\n(c) 2024 the mall", 3, []string{"Source: the mall", "(c) 2024 the mall"}},
		"note with marks": {head + rows + "Source: the mall,,,\n", 3, []string{"Source: the mall"}},
		"a customer":      {head + rows + "Total,Paris,9,1\n", 4, nil},
		"one without":     {head + rows + "4,,,\n", 4, nil},
	} {
		t.Run(name, func(t *testing.T) {
			table, report := readTable(t, test.text, TableOptions{})
			if table.Len() != test.rows || report.Rows != test.rows || !slices.Equal(report.Below, test.below) {
				t.Errorf("%d rows, report %d, below %q", table.Len(), report.Rows, report.Below)
			}
			if told := strings.Contains(strings.Join(report.Warnings(), "\n"), "below the table"); told != (test.below != nil) {
				t.Errorf("told %v: %q", told, report.Warnings())
			}
			if got := table.Series("id").Kind(); test.below != nil && got != Integer {
				t.Errorf("ids are %s", got)
			}
		})
	}
	if _, _, err := ReadTable(t.Context(), strings.NewReader(head+rows+"4,Bonn\n"), TableOptions{}); err == nil {
		t.Error("a row that was cut off is read")
	}
}

// Notes are found wherever the blocks end that a text is split by.
func TestNotesBetweenBlocks(t *testing.T) {
	const head, row, notes = "id,city,visits\n", "1,Bonn,3\n", "Source: the mall\n(c) 2024 the mall\n"
	for back := range len(notes) + 2 {
		text := head + row + "2," + strings.Repeat("x", blockSize-len(row+"2,,4\n")-back) + ",4\n" + notes
		if table, report := readTable(t, text, TableOptions{}); table.Len() != 2 || !slices.Equal(report.Below, strings.Split(strings.TrimSpace(notes), "\n")) {
			t.Errorf("%d bytes before the end: %d rows, below %q", back, table.Len(), report.Below)
		}
	}
}

// A total that its sum gave away in a sample is told of the table too.
func TestBelowSample(t *testing.T) {
	r := NewTableReader(strings.NewReader("id,age,spent\n1,30,10\n2,40,20\n3,50,30\nTotal,120,60\n"), TableOptions{})
	if sample, err := r.Sample(t.Context()); err != nil || sample.Len() != 3 {
		t.Fatal(err, sample.Len())
	}
	if table, report, err := r.All(t.Context()); err != nil || table.Len() != 3 || !slices.Equal(report.Below, []string{"Total, 120, 60"}) {
		t.Errorf("%v: %d rows, below %q", err, table.Len(), report.Below)
	}
}

// A table that is longer than what its kinds are found from is read to its end,
// also after a sample, and its last row is the last one of its last block.
func TestLongTable(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("id,visits,spent\n")
	const n = 1_300_000
	for i := range n {
		fmt.Fprintf(&b, "%d,%d,%d\n", 1_000_000+i, i%7, i%1009)
	}
	b.WriteString("Total,,5\n")
	for _, sampled := range []bool{false, true} {
		r := NewTableReader(bytes.NewReader(b.Bytes()), TableOptions{})
		if sampled {
			if s, err := r.Sample(t.Context()); err != nil || s.Len() >= n || s.Len() < n/2 {
				t.Fatal(err, s.Len())
			}
		}
		table, report, err := r.All(t.Context())
		if err != nil || table.Len() != n || report.Rows != n || len(report.Below) != 1 {
			t.Errorf("sampled %v: %v, %d rows, report %d, below %q", sampled, err, table.Len(), report.Rows, report.Below)
		}
		r = NewTableReader(bytes.NewReader(b.Bytes()), TableOptions{})
		if sampled {
			if _, err := r.Sample(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		rows := 0
		for block, err := range r.Blocks(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			rows += block.Len()
		}
		if report := r.Report(); rows != n || report.Rows != n || len(report.Below) != 1 {
			t.Errorf("sampled %v: %d rows in blocks, report %d, below %q", sampled, rows, report.Rows, report.Below)
		}
	}
}
