package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Color is one colour in its two shades, each as "#RRGGBB": Light is for a light
// background, and for print, Dark for a dark one. The zero value stands for the
// default of the place where it is used.
type Color struct {
	Light string `json:"light"`
	Dark  string `json:"dark"`
}

// The colours of the tiers, in shades for light and dark. On light, and so in
// print without colour, their lightness L* is 27, 61, 49 and 41, each with a
// contrast of at least 3 to 1 to the background (WCAG 2.2, 1.4.11), on dark of at
// least 5.6. Two of one theme are at least 22 apart in CIELAB, also as seen by the
// three kinds of colour blindness that Machado et al. (2009) simulate,
// https://doi.org/10.1109/TVCG.2009.113.
// Behind the tiers are those of further ranks.
var rankColors = [...]Color{
	{"#1F3B87", "#7A9BFF"}, // Platinum
	{"#C48600", "#F2BC3D"}, // Gold
	{"#687583", "#ABB6C2"}, // Silver
	{"#A34118", "#D9754A"}, // Bronze
	{"#0E7C73", "#3FC1B4"},
	{"#8A3D8F", "#D08AD6"},
	{"#4B7F1F", "#93C65B"},
	{"#B0306A", "#F07FB0"},
}

var tierNames = []string{"platinum", "gold", "silver", "bronze"}

// TierColor returns the colour of Platinum, Gold, Silver or Bronze in any case,
// and for any other name the grey of no tier; for your own names use [RankColor].
func TierColor(name string) Color {
	return RankColor(slices.IndexFunc(tierNames, func(n string) bool { return strings.EqualFold(name, n) }))
}

// RankColor returns the colour of a tier by its rank, 0 the most valuable: one of
// eight, which come again, and for a negative rank the grey of no tier.
func RankColor(rank int) Color {
	if rank < 0 {
		return neutral
	}
	return rankColors[rank%len(rankColors)]
}

// Group is a set of customers, such as a tier or a cluster, in one colour.
type Group struct {
	Name string
	// Color is RankColor of the position of the group where it is zero.
	Color Color
}

// Tiers returns groups for tiers, the most valuable first. The four default
// names keep their colours also where some are absent; where one name is the
// caller's own, all are coloured by rank.
func Tiers(names ...string) []Group {
	groups := make([]Group, len(names))
	for i, name := range names {
		groups[i] = Group{name, TierColor(name)}
	}
	if slices.ContainsFunc(groups, func(g Group) bool { return g.Color == neutral }) {
		for i := range groups {
			groups[i].Color = RankColor(i)
		}
	}
	return groups
}

// Clusters returns groups for clusters that share tiers: tiers holds the name
// of the tier of each cluster, by cluster. The clusters of one tier have shades of
// its colour, and their names are numbered ("Gold 1", "Gold 2").
func Clusters(tiers ...string) []Group {
	var names []string
	count, seen := map[string]int{}, map[string]int{}
	for _, t := range tiers {
		if count[t]++; count[t] == 1 {
			names = append(names, t)
		}
	}
	colors := map[string]Color{}
	for _, g := range Tiers(names...) {
		colors[g.Name] = g.Color
	}
	groups := make([]Group, len(tiers))
	for i, t := range tiers {
		groups[i] = Group{t, colors[t]}
		if count[t] > 1 {
			groups[i].Name = fmt.Sprintf("%s %d", t, seen[t]+1)
			// Shades from the colour itself nearly half way to the background.
			groups[i].Color = mix(colors[t], paper, 0.45*float64(seen[t])/float64(count[t]-1))
		}
		seen[t]++
	}
	return groups
}

func groupNames(groups []Group) []string {
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = g.Name
	}
	return out
}

// resolve fills colours that are zero by position.
func resolve(groups []Group) []Group {
	out := slices.Clone(groups)
	for i := range out {
		out[i].Color = cmp.Or(out[i].Color, RankColor(i))
	}
	return out
}

// The colours of what is no data: text, lines and surfaces.
var (
	paper   = Color{"#FFFFFF", "#12181F"}
	ink     = Color{"#18222D", "#F0F4F8"} // titles, values
	soft    = Color{"#566472", "#A9B6C3"} // subtitles, ticks, axis labels
	rule    = Color{"#A7B2BD", "#5B6875"} // axes
	grid    = Color{"#E6EAEE", "#2A343F"} // grid lines
	wash    = Color{"#F3F5F7", "#1B232C"} // surfaces behind data
	neutral = Color{"#8893A0", "#8893A0"} // what belongs to no tier
	accent  = Color{"#0B7285", "#45C4D6"} // the one thing to look at
	above   = Color{"#1F5FA8", "#5AA2F0"} // more than the reference
	below   = Color{"#B8501A", "#F08A4B"} // less than it
)

// mix goes the share t of the way from a to b, in both shades.
func mix(a, b Color, t float64) Color {
	part := func(x, y uint8) int { return int(math.Round(float64(x) + t*(float64(y)-float64(x)))) }
	blend := func(a, b string) string {
		x, y := hex(a), hex(b)
		return fmt.Sprintf("#%02X%02X%02X", part(x.R, y.R), part(x.G, y.G), part(x.B, y.B))
	}
	return Color{blend(a.Light, b.Light), blend(a.Dark, b.Dark)}
}

// onto returns the colour of text upon a fill: the better readable of black and white.
func onto(fill Color) Color {
	pick := func(h string) string {
		if luminance(h) > 0.179 { // both have a contrast of about 4.6 here
			return "#000000"
		}
		return "#FFFFFF"
	}
	return Color{pick(fill.Light), pick(fill.Dark)}
}

// luminance returns the relative luminance of WCAG 2.2.
func luminance(h string) float64 {
	c := hex(h)
	lin := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

// hex reads "#RRGGBB"; what is not that is grey, so that a slip shows, harmlessly.
func hex(s string) color.NRGBA {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 24); err == nil {
			return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
		}
	}
	return color.NRGBA{0x88, 0x93, 0xA0, 255}
}
