package numerals

import (
	"slices"
	"strings"
	"testing"
)

// TestReadingsByLocale: a mark before three digits parts thousands where that is how
// the reader writes them, and is asked about elsewhere.
func TestReadingsByLocale(t *testing.T) {
	for _, test := range []struct {
		language, text string
		want           []float64
	}{
		{"de", "58.138", []float64{58138}}, {"de-DE,de;q=0.9,en;q=0.8", "€ 1.617", []float64{1617}}, {"en-GB,de;q=0.5", "1,617", []float64{1617}}, {"pt-BR", "58.138", []float64{58138}},
		{"en", "58.138", []float64{58138, 58.138}}, {"de", "1,617", []float64{1617, 1.617}}, {"fr", "58,138", []float64{58138, 58.138}}, {"fr", "58.138", []float64{58138, 58.138}},
		{"de-CH", "58.138", []float64{58138, 58.138}}, {"de-CH", "58’138", []float64{58138}}, {"fr", "58\u202f138", []float64{58138}}, {"ar", "58.138", []float64{58138, 58.138}},
		{"en", "1.617k", []float64{1617e3, 1617}}, {"de", "1,617k", []float64{1617e3, 1617}}, {"en", "-1.500", []float64{-1500, -1.5}}, {"en", "Rs. 58,138", []float64{58138}},
		{"*", "1,617", []float64{1617}}, {"no language;;", "1,617", []float64{1617}}, {strings.Repeat("de,", 100), "1,617", []float64{1617}},
	} {
		if got := Of(test.language).Readings(test.text); !slices.Equal(got, test.want) {
			t.Errorf("in %q %q is read as %v, want %v", test.language, test.text, got, test.want)
		}
	}
	for v, want := range map[float64]string{58138: "58138", 58.138: "58.1380", 0.125: "0.125", 1.5: "1.5", 1234.567: "1234.567"} {
		if got := Unmistakable(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
