package csvguard

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "-5": "-5", "+1.5": "+1.5", "-1e3": "-1e3", "7=8": "7=8", "a=1": "a=1", " a": " a", "Graduation": "Graduation", "+Inf": "+Inf", "'=1": "'=1",
		"=1": "'=1", "@x": "'@x", "-x": "'-x", "\tx": "'\tx", "\r": "'\r", "\nx": "'\nx", "+1+1": "'+1+1", "-2+3": "'-2+3", "=": "'=", "-": "'-", "--5": "'--5", "+-5": "'+-5",
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", " =1": "' =1", "\t=1": "'\t=1", "\u00a0=1": "'\u00a0=1", "\ufeff=1": "'\ufeff=1", "\u200b@x": "'\u200b@x", "\x00=1": "'\x00=1",
		"＝1+1": "'＝1+1", "＠x": "'＠x", "＋x": "'＋x", "－x": "'－x", " -5": "' -5",
	} {
		t.Run(text, func(t *testing.T) {
			if got := Cell(text); got != want {
				t.Errorf("Cell(%q) gives %q, want %q", text, got, want)
			}
		})
	}
}

func TestWriter(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"a,b\n1,-5\n":        "a,b\n1,-5\n",
		"=a,b\n":             "'=a,b\n",
		"a,=1+1\n@x,2\n":     "a,'=1+1\n'@x,2\n",
		"\"=1,2\",b\n":       "\"'=1,2\",b\n",
		"\"a\n=1\",\"\"\n":   "\"a\n=1\",\"\"\n",
		"\"\"\"=1\"\"\",b\n": "\"\"\"=1\"\"\",b\n",
		"a;=1,b|=2,1;=2\n":   "\"a;=1\",\"b|=2\",\"1;=2\"\n",
		"\"\t=1\",x\n":       "\"'\t=1\",x\n",
		",,\n,=\n":           ",,\n,'=\n",
	} {
		t.Run(text, func(t *testing.T) {
			// However it comes, it is the same.
			for _, step := range []int{1, 2, 3, 1000} {
				var b bytes.Buffer
				n := 0
				w := Writer(&b, false, &n)
				for part := range slices.Chunk([]byte(text), step) {
					if n, err := w.Write(part); err != nil || n != len(part) {
						t.Fatal(n, err)
					}
				}
				if b.String() != want || n != strings.Count(want, "'") {
					t.Errorf("%q gives %q with %d changes, want %q", text, b.String(), n, want)
				}
			}
			var raw bytes.Buffer
			if _, err := io.WriteString(Writer(&raw, true, nil), text); err != nil || raw.String() != text {
				t.Errorf("%q raw gives %q, %v", text, raw.String(), err)
			}
		})
	}
}

// FuzzWriter: whatever words a table has, a reader gets the same cells back
// but for the apostrophe, and none that is a formula, by any usual delimiter.
func FuzzWriter(f *testing.F) {
	f.Add("=1", "a;=2")
	f.Add("\"=x\"", "\n@")
	f.Add(" \t-", "|+")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ReplaceAll(a, "\r", ""), strings.ReplaceAll(b, "\r", "") // csv.Reader changes them
		var text bytes.Buffer
		out := csv.NewWriter(Writer(&text, false, new(int)))
		if err := out.Write([]string{a, "-5", b}); err != nil {
			t.Fatal(err)
		}
		out.Flush()
		got, err := csv.NewReader(&text).Read()
		if err != nil || !slices.Equal(got, []string{Cell(a), "-5", Cell(b)}) {
			t.Errorf("%q and %q come back as %q, %v", a, b, got, err)
		}
		for _, cell := range got {
			if Cell(cell) != cell {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	})
}
