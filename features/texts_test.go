package features

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTexts: words come out as they went in, whatever their lengths and however many
// were expected.
func TestTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 200 {
		words := make([]string, rng.IntN(300))
		for i := range words {
			words[i] = strings.Repeat(string(rune('a'+rng.IntN(26))), rng.IntN(4)*rng.IntN(1+rng.IntN(60)))
		}
		b := newTexts(rng.IntN(2 * (1 + len(words))))
		for i, word := range words {
			if b.add([]byte(word)); b.len() != i+1 || b.at(i) != word {
				t.Fatalf("%q is %q", word, b.at(i))
			}
		}
		for _, got := range []texts{b.texts(), textsOf(words)} {
			var rows []int
			for i, word := range words {
				if got.at(i) != word {
					t.Fatalf("%d: %q, want %q", i, got.at(i), word)
				}
				rows = append([]int{i}, rows...)
			}
			back := got.rows(rows)
			from := rng.IntN(len(words) + 1)
			part := got.slice(from, len(words))
			if got.len() != len(words) || back.len() != len(words) || part.len() != len(words)-from {
				t.Fatalf("%d, %d and %d words, want %d", got.len(), back.len(), part.len(), len(words))
			}
			for i, row := range rows {
				if back.at(i) != words[row] || row >= from && part.at(row-from) != words[row] {
					t.Fatalf("row %d is %q and %q", row, back.at(i), words[row])
				}
			}
		}
	}
	if none := (texts{}); none.len() != 0 || none.slice(0, 0).len() != 0 {
		t.Error("there are words in none")
	}
}

// TestDictionary: codes are those that a map gives.
func TestDictionary(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	var d dictionary
	want := map[string]int32{"": -1}
	for range 100_000 / shorter {
		word := fmt.Sprint(rng.IntN(1 + rng.IntN(50_000)))
		if rng.IntN(1000) == 0 {
			word = ""
		}
		code, ok := d.find([]byte(word))
		if was, known := want[word]; word != "" && (ok != known || known && code != was) {
			t.Fatalf("%q is found as %d, %v; want %d, %v", word, code, ok, was, known)
		}
		if _, known := want[word]; !known {
			want[word] = int32(len(want) - 1)
		}
		if code = d.code(word); code != want[word] || code >= 0 && d.word(code) != word {
			t.Fatalf("%q is %d, want %d", word, code, want[word])
		}
	}
	if d.len() != len(want)-1 || len(d.list()) != d.len() || slices.Contains(d.list(), "") {
		t.Errorf("%d words, want %d", d.len(), len(want)-1)
	}
}

// TestISODay: each word of four, two and two digits has a place of its own, and no
// other word has one.
func TestISODay(t *testing.T) {
	places := map[uint64]string{}
	for year := 1800; year < 2300; year++ {
		for month := range 100 {
			for day := 0; day < 100; day += 1 + year%5 {
				word := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				at, ok := isoDay([]byte(word))
				if want := year >= 1900 && year < 2156 && month < 16 && day < 32; ok != want {
					t.Fatalf("%s: %v, want %v", word, ok, want)
				}
				if !ok {
					continue
				}
				if other, taken := places[at]; taken || at >= 256<<9 {
					t.Fatalf("%s and %s are at %d", word, other, at)
				}
				places[at] = word
			}
		}
	}
	for _, word := range []string{"", "2012-09-0", "2012-09-044", "2012/09/04", "2012-09-4a", "201a-09-04", "2012-0-904", "2012-09 04", "20120-9-04", "\xb2012-09-0", "2012-09-0:"} {
		if at, ok := isoDay([]byte(word)); ok {
			t.Errorf("%q is at %d", word, at)
		}
	}
}

// TestEvenRows: rows that are all as wide as the header are split as those are among
// which one is not.
func TestEvenRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	for range 300 {
		var rows []string
		for range 1 + rng.IntN(60) {
			fields := make([]string, 3)
			for j := range fields {
				fields[j] = strings.Repeat("x", rng.IntN(1+rng.IntN(40)))
			}
			rows = append(rows, "a"+strings.Join(fields, ";")+[]string{"\n", "\r\n"}[rng.IntN(2)])
		}
		even, mixed := strings.Join(rows, ""), strings.Join(rows, "")+"x;y\n"
		var got [2]block
		for i, text := range []string{even, mixed} {
			r := &textRows{delim: ';', width: 3, line: 2, policy: Skip, report: &TableReport{}}
			got[i].width = 3
			if lines, err := r.plain(&got[i], []byte(text), 0); err != nil || lines != len(rows)+i {
				t.Fatalf("%d lines, %v; want %d", lines, err, len(rows)+i)
			}
		}
		a, b := &got[0], &got[1]
		if a.n != len(rows) || b.n != a.n || !slices.Equal(a.end, b.end) || !slices.Equal(a.start, b.start) || a.line(a.n-1) != b.line(b.n-1) {
			t.Fatalf("%q: %v and %v", even, a.end, b.end)
		}
	}
}
