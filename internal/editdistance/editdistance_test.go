package editdistance

import "testing"

func TestBetween(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "age", 3}, {"income", "income", 0}, {"incme", "income", 1}, {"icnome", "income", 1}, {"incomes", "income", 1},
		{"alter", "älter", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
	} {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			if got := Between(pair[0], pair[1]); got != test.want {
				t.Errorf("Between(%q, %q) = %d, want %d", pair[0], pair[1], got, test.want)
			}
		}
	}
}
