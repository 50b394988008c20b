package sqltext

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestNumberLiterals(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.1, -0.1, 1e21, -1e-9, math.MaxFloat64, math.SmallestNonzeroFloat64, 58138, 1.0 / 3} {
		s := Number(x)
		v, err := strconv.ParseFloat(strings.Trim(s, "()"), 64)
		if err != nil || v != x {
			t.Errorf("%v is written as %s, which reads as %v (%v)", x, s, v, err)
		}
		if !strings.ContainsAny(s, ".e") {
			t.Errorf("%v is written as the integer %s", x, s)
		}
		if x < 0 && s[0] != '(' {
			t.Errorf("%v is written as %s; a minus before it would begin a comment", x, s)
		}
	}
}

func TestQuotes(t *testing.T) {
	for _, c := range []struct {
		d          Dialect
		text, want string
	}{
		{Postgres, "it's", "'it''s'"},
		{Postgres, `\'; --`, ` E'\\''; --'`},
		{SQLite, `\'; --`, `'\''; --'`},
		{SQLite, "a\x00b", "'ab'"},
	} {
		if got := Text(c.d, c.text); got != c.want {
			t.Errorf("%s: %q is quoted as %s; want %s", c.d, c.text, got, c.want)
		}
	}
	if got := Name(`x"; drop table`); got != `"x""; drop table"` {
		t.Errorf("the name is quoted as %s", got)
	}
}
