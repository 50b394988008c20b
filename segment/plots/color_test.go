package plots

import (
	"fmt"
	"math"
	"testing"
)

// simulated is how Machado et al. (2009), table 1 at severity 1, see linear RGB.
var simulated = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab returns CIELAB (D65) of a colour, seen through a matrix.
func lab(h string, m [3][3]float64) (out [3]float64) {
	c := hex(h)
	var rgb, seen [3]float64
	for i, v := range []uint8{c.R, c.G, c.B} {
		s := float64(v) / 255
		if rgb[i] = s / 12.92; s > 0.04045 {
			rgb[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	for i := range seen {
		for j := range rgb {
			seen[i] += m[i][j] * rgb[j]
		}
		seen[i] = min(max(seen[i], 0), 1)
	}
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x := f((0.4124*seen[0] + 0.3576*seen[1] + 0.1805*seen[2]) / 0.95047)
	y := f(0.2126*seen[0] + 0.7152*seen[1] + 0.0722*seen[2])
	z := f((0.0193*seen[0] + 0.1192*seen[1] + 0.9505*seen[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func shadesOf(c Color) map[string]string { return map[string]string{"light": c.Light, "dark": c.Dark} }

func TestTiersStayApart(t *testing.T) {
	for eye, m := range simulated {
		for i, a := range rankColors[:len(tierNames)] {
			for j := range i {
				b := rankColors[j]
				for theme, h := range shadesOf(a) {
					x, y := lab(h, m), lab(shadesOf(b)[theme], m)
					d := math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
					if d < 22 {
						t.Errorf("%s, %s: %s and %s are %.0f apart in CIELAB", eye, theme, tierNames[i], tierNames[j], d)
					}
					if l := math.Abs(x[0] - y[0]); eye == "normal" && theme == "light" && l < 7 {
						t.Errorf("in print without colour, %s: %s and %s differ by %.1f in lightness", theme, tierNames[i], tierNames[j], l)
					}
				}
			}
		}
	}
}

func TestContrast(t *testing.T) {
	check := func(what string, a, b Color, least float64) {
		t.Helper()
		for theme, h := range shadesOf(a) {
			if c := contrast(h, shadesOf(b)[theme]); c < least {
				t.Errorf("%s, %s: a contrast of %.2f, WCAG asks for %.1f", what, theme, c, least)
			}
		}
	}
	for i := range 8 {
		check(fmt.Sprintf("rank %d on the background", i), RankColor(i), paper, 3)
		check(fmt.Sprintf("text on rank %d", i), onto(RankColor(i)), RankColor(i), 4.5)
	}
	for name, c := range map[string]Color{"ink": ink, "soft": soft, "accent": accent} {
		check(name+" as text", c, paper, 4.5)
		check(name+" as text on the wash", c, wash, 4.5)
	}
	for i := -10; i <= 10; i++ {
		c := diverge(float64(i) / 10)
		check(fmt.Sprintf("text on %d tenths of the scale", i), onto(c), c, 4.5)
	}
}

func TestGroups(t *testing.T) {
	if got := Tiers("platinum", "GOLD", "Bronze"); got[1].Color != rankColors[1] || got[2].Color != rankColors[3] {
		t.Errorf("three of the four default names must keep their colours, got %v", got)
	}
	if got := Tiers("Gold", "Red", "Blue"); got[0].Color != rankColors[0] || got[2].Color != rankColors[2] {
		t.Errorf("among names of the caller's own all are coloured by rank, got %v", got)
	}
	if TierColor("nobody") != neutral || RankColor(-1) != neutral || RankColor(9) != RankColor(1) {
		t.Error("unknown names and ranks below 0 are grey, ranks from 8 begin again")
	}
	got := Clusters("Platinum", "Gold", "Gold", "Bronze")
	for i, want := range []string{"Platinum", "Gold 1", "Gold 2", "Bronze"} {
		if got[i].Name != want {
			t.Errorf("cluster %d is called %q, not %q", i, got[i].Name, want)
		}
	}
	if got[1].Color != rankColors[1] || got[2].Color == got[1].Color || got[3].Color != rankColors[3] {
		t.Errorf("clusters of one tier must have shades of its colour, got %v", got)
	}
	if hex("purple") != hex(neutral.Light) || hex("#12345g") != hex(neutral.Light) {
		t.Error("what is no colour must be grey")
	}
}
