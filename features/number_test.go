package features

import (
	"errors"
	"math/rand/v2"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for _, test := range []struct {
		text      string
		decimal   DecimalMark
		want      float64
		ambiguous bool
	}{
		{"7", DecimalFromData, 7, false}, {"(1 234)", DecimalFromData, -1234, false}, {"58,138", DecimalFromData, 58138, true},
		{"58.138", DecimalPoint, 58.138, true}, {"58.138", DecimalComma, 58138, true}, {"58,138", DecimalComma, 58.138, true},
		{"1.234.567,5", DecimalComma, 1234567.5, false}, {"5e4", DecimalPoint, 50000, false}, {"0.125", DecimalFromData, 0.125, false},
	} {
		if v, ambiguous, err := ParseNumber(test.text, test.decimal); v != test.want || ambiguous != test.ambiguous || err != nil {
			t.Errorf("ParseNumber(%q, %q) = %v, %v, %v; want %v, %v", test.text, test.decimal, v, ambiguous, err, test.want, test.ambiguous)
		}
	}
	for _, bad := range []struct {
		text    string
		decimal DecimalMark
	}{{"", 0}, {"NA", 0}, {"inf", 0}, {"1e999", 0}, {"5,5", DecimalPoint}, {"1.5", DecimalComma}, {"70 apples", 0}, {"12,34,5", 0}} {
		if v, _, err := ParseNumber(bad.text, bad.decimal); !errors.Is(err, ErrValue) {
			t.Errorf("ParseNumber(%q, %q) = %v, %v; want an ErrValue", bad.text, bad.decimal, v, err)
		}
	}
}

// The short way for numbers with a fraction reads what the long way reads.
func TestPlainDecimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 200_000 {
		b := make([]byte, 1+rng.IntN(18))
		for i := range b {
			b[i] = "0123456789.,-"[min(rng.IntN(14), 12)]
			if rng.IntN(20) > 0 && b[i] > '9' || b[i] == '-' && i > 0 {
				b[i] = '7'
			}
		}
		if i := rng.IntN(len(b)); rng.IntN(3) > 0 {
			b[i] = '.'
		}
		for _, mark := range []DecimalMark{DecimalFromData, DecimalPoint, DecimalComma} {
			x, form := plainDecimal(b, mark)
			if form == formBad {
				continue
			}
			if want, wantForm := parseNumber(b, mark); x != want || form != wantForm {
				t.Fatalf("%s with mark %q is %v (%d), want %v (%d)", b, mark, x, form, want, wantForm)
			}
		}
	}
}
