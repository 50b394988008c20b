package features

import (
	"strings"
	"testing"
)

// Parts of a table hold its rows, of each kind.
func TestChunk(t *testing.T) {
	whole, _, err := ReadTable(t.Context(), strings.NewReader("name,age,since,code\nAnna,40,2024-01-05,007\nBo,,2024-02-01,008\nAnna,30,,009\n"), TableOptions{Kinds: map[string]Kind{"code": Identifier}})
	if err != nil {
		t.Fatal(err)
	}
	for n, parts := range map[int]int{-1: 3, 1: 3, 2: 2, 3: 1, 9: 1} {
		from := 0
		for part := range whole.Chunk(n) {
			for i := range part.Len() {
				for j := range whole.Columns() {
					if got, want := part.Value(j, i), whole.Value(j, from+i); got != want {
						t.Errorf("by %d, row %d, column %d: %v, want %v", n, from+i, j, got, want)
					}
				}
			}
			from += part.Len()
			parts--
		}
		if from != 3 || parts != 0 {
			t.Errorf("by %d: %d rows, %d parts too few", n, from, parts)
		}
	}
}
