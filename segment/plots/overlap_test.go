package plots_test

import (
	"fmt"
	"html"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"

	"github.com/customer-personality/segmentation/segment/plots"
)

// plausible makes every picture of values as they come from a shop's customers.
func plausible(random *rand.Rand) map[string]picture {
	k := 2 + random.IntN(4)
	groups := plots.Tiers(tiers[:min(k, 4)]...)
	if k == 5 {
		groups = plots.Clusters("Platinum", "Gold", "Gold", "Silver", "Bronze")
	}
	s := shop{random}
	all := s.figures(groups)
	maps.Copy(all, s.findings(groups))
	return all
}

// A shop makes values as its customers have them.
type shop struct{ *rand.Rand }

// pick returns n texts, those that come again with a number.
func pick(n int, from ...string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = from[i%len(from)]
		if i >= len(from) {
			out[i] += fmt.Sprint(" ", i/len(from)+1)
		}
	}
	return out
}

func (s shop) between(lo, hi float64) float64 { return lo + (hi-lo)*s.Float64() }

func (s shop) table(n, d int, lo, hi float64) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		for range d {
			out[i] = append(out[i], math.Round(s.between(lo, hi)*100)/100)
		}
	}
	return out
}

func (s shop) tall(n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, s.NormFloat64()*float64(j+1))
		}
	}
	return x
}

func (s shop) node(name string, children ...plots.Node) plots.Node {
	return plots.Node{Name: name, Customers: math.Round(s.between(5, 400)), Value: s.between(50, 1500), Children: children}
}

func (s shop) education() (nodes []plots.Node) {
	for _, level := range []string{"Postgraduate", "Graduate", "Undergraduate"} {
		nodes = append(nodes, s.node(level, s.node("no children"), s.node("1 child"), s.node("2 or more")))
	}
	return nodes
}

// figures makes the pictures of figures of groups.
func (s shop) figures(groups []plots.Group) map[string]picture {
	k := len(groups)
	money := make([]float64, k)
	counts := make([]float64, k)
	for i := range money {
		counts[i], money[i] = math.Round(s.between(20, 900)), math.Round(s.between(1e4, 3e6))
	}
	rates := s.table(k, 6, 0, s.between(0.02, 0.6))
	return map[string]picture{
		"bars":       plots.Bars{Groups: groups, Categories: pick(4, "Undergraduate", "Graduate", "Postgraduate", "Doctor"), Values: s.table(k, 4, 0, 900), X: plots.Axis{Label: "education"}, Y: plots.Axis{Label: "mean spending"}},
		"lying bars": plots.Bars{Groups: groups, Categories: pick(6, "Wines", "Fruits", "Meat", "Fish", "Sweets", "Gold products"), Values: s.table(k, 6, -2, 3), Lying: true, Y: plots.Axis{Label: "deviations"}},
		"lines":      plots.Lines{Groups: groups, Categories: pick(5, "2", "3", "4", "5", "6"), Values: s.table(k, 5, 0, 90), X: plots.Axis{Label: "k"}, Y: plots.Axis{Label: "value"}},
		"shares":     plots.Shares{Groups: groups, Rows: []string{"Customers", "Spending"}, Values: s.table(2, k, 100, 900)},
		"sizes":      plots.Sizes(groups, counts, money, "EUR"),
		"spending":   plots.BarTable{Groups: groups, Total: "all together", Rows: pick(6, "Wines", "Fruits", "Meat", "Fish", "Sweets", "Gold products"), Values: s.table(k, 6, 1, 900)},
		"channels":   plots.BarTable{Groups: groups, Share: plots.Percent, Total: "all together", Rows: pick(4, "Web", "Catalogue", "Store", "Deals"), Values: s.table(k, 4, 0, 9)},
		"campaigns":  plots.DotPlot{Groups: groups, Shares: true, Rows: pick(6, "Campaign 1", "Campaign 2", "Campaign 3", "Campaign 4", "Campaign 5", "Last campaign"), Values: rates},
		"ages":       plots.StackedBars{Rows: pick(4, "Teen", "Adult", "Middle-aged adult", "Senior adult"), Groups: groups, Values: s.table(k, 4, 0, 400)},
		"icicle":     plots.Icicle{Levels: []string{"family", "education", "children"}, Value: "mean spending", Nodes: []plots.Node{s.node("Partner", s.education()...), s.node("Single", s.education()...)}},
		"transition": plots.TransitionMatrix{From: groups, To: groups, Before: "model of 2024", After: "model of 2025", Customers: s.table(k, k, 0, 300)},
	}
}

// findings makes the pictures of what a training found.
func (s shop) findings(groups []plots.Group) map[string]picture {
	k, n := len(groups), 300
	labels := make([]int, n)
	scores := make([]float64, n)
	for i := range labels {
		labels[i], scores[i] = s.IntN(k), s.between(-0.2, 0.7)
	}
	var ks []int
	for i := range 5 + s.IntN(11) {
		ks = append(ks, i+2)
	}
	falling := func(first float64) (out []float64) {
		for range ks {
			out = append(out, first)
			first *= s.between(0.75, 0.95)
		}
		return out
	}
	some := func() int { return ks[s.IntN(len(ks))] }
	index := func(name, hint string, first float64) plots.Criterion {
		return plots.Criterion{Name: name, Hint: hint, Values: falling(first), Choice: some()}
	}
	d := 3 + s.IntN(5)
	columns := pick(d, "Age (years)", "Spent (EUR)", "Tenure (months)", "Children", "Income (EUR a year)", "Recency (days)", "Web visits a month")
	effects := s.table(k, d, -2, 2)
	r := mat.NewDense(d, d, nil)
	for i := range d {
		for j := range d {
			r.Set(i, j, s.between(-1, 1))
		}
	}
	five := mat.NewDense(n, 5, nil)
	for i := range n {
		five.SetRow(i, []float64{math.Round(s.between(18, 90)), s.between(5, 2500), math.Round(s.between(7, 30)), float64(s.IntN(4)), s.between(4000, 118000)})
	}
	rest := 1.0
	ratios := make([]float64, d)
	for i := range ratios {
		ratios[i] = rest * s.between(0.2, 0.6)
		rest -= ratios[i]
	}
	steps := make([]plots.Step, d)
	contributions := s.table(1, d, -2, 3)[0]
	texts := pick(d, "57 years", "1,617 EUR", "28 months", "0", "58,138 EUR", "58 days", "7 a month")
	for i, name := range pick(d, "Age", "Spent", "Tenure", "Children", "Income", "Recency", "Web visits") {
		steps[i] = plots.Step{Name: name, Text: texts[i], Value: contributions[i]}
	}
	return map[string]picture{
		"elbow":         plots.Elbow{K: ks, Inertia: falling(s.between(100, 1e5)), Difference: falling(0.4), Knee: some(), Chosen: some()},
		"selection":     plots.Selection{K: ks, Chosen: some(), Criteria: []plots.Criterion{index("Inertia", "its knee counts", 7000), index("Silhouette", "higher is better", 0.4), index("Calinski–Harabasz", "higher is better", 1500), index("Davies–Bouldin", "lower is better", 1.2), index("Gap statistic", "first within a standard error", 0.5)}},
		"silhouette":    plots.Silhouette{Groups: groups, Labels: labels, Scores: scores},
		"scatter":       plots.ScatterMatrix{X: s.tall(n, 3), Columns: pick(3, "pc1", "pc2", "pc3"), Groups: groups, Labels: labels},
		"biplot":        plots.Biplot{X: s.tall(n, 2), Axes: [2]string{"pc1 (43% of the variance)", "pc2 (22% of the variance)"}, Groups: groups, Labels: labels, Columns: pick(5, "age", "spent", "tenure", "children", "income"), Loadings: s.tall(5, 2)},
		"variance":      plots.ExplainedVariance{Ratios: ratios, Kept: 1 + s.IntN(d)},
		"heatmap":       plots.HeatMap{Groups: groups, Columns: columns, Effects: effects},
		"correlations":  plots.Correlations{Columns: columns, R: r},
		"distributions": plots.Distributions{X: five, Columns: []string{"Age", "Spent", "Tenure", "Children", "Income"}, Units: []string{"years", "EUR", "months", "at home", "EUR a year"}, Groups: groups, Labels: labels},
		"waterfall":     plots.Waterfall(groups[0], groups[1], steps),
	}
}

type box struct {
	text                     string
	left, top, right, bottom float64
}

var (
	textElement = regexp.MustCompile(`<text (?:x="([^"]*)" y="([^"]*)"|transform="translate\(([^ ]*) ([^ ]*)\) rotate\((-?[0-9.]+)\)") font-size="([^"]*)"( font-weight="bold")?[^>]*>([^<]*)</text>`)
	viewBox     = regexp.MustCompile(`viewBox="0 0 ([0-9.]+) ([0-9.]+)"`)
	faces       = font.NewCache(liberation.Collection())
)

// boxes finds the texts of a picture, upright or turned to run upwards.
func boxes(t *testing.T, svg string) (texts []box, width, height float64) {
	t.Helper()
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if n := strings.Count(svg, "<text "); n != len(textElement.FindAllString(svg, -1)) {
		t.Fatalf("%d of %d texts were understood", len(textElement.FindAllString(svg, -1)), n)
	}
	for _, m := range textElement.FindAllStringSubmatch(svg, -1) {
		size, s := number(m[6]), html.UnescapeString(m[8])
		f := font.Font{Typeface: "Liberation", Variant: "Sans"}
		if m[7] != "" {
			f.Weight = xfont.WeightBold
		}
		face := faces.Lookup(f, vg.Length(size))
		w, up := float64(face.Width(s)), 0.7*size
		if m[1] != "" {
			x, y := number(m[1]), number(m[2])
			texts = append(texts, box{s, x, y - up, x + w, y})
		} else {
			if m[5] != "-90" {
				t.Fatalf("a text is turned by %s degrees", m[5])
			}
			x, y := number(m[3]), number(m[4])
			texts = append(texts, box{s, x - up, y - w, x, y})
		}
	}
	v := viewBox.FindStringSubmatch(svg)
	return texts, number(v[1]), number(v[2])
}

// No label lies upon another or leaves the page, at the figure's own size and on
// a phone.
func TestLabelsDoNotOverlap(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 3))
		for name, p := range plausible(random) {
			f, err := p.Figure()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, width := range []float64{0, 9.2} {
				svg, err := f.SVG(plots.Style{Width: width})
				if err != nil {
					t.Fatal(err)
				}
				texts, w, h := boxes(t, svg)
				if len(texts) < 6 {
					t.Errorf("seed %d, %s: only %d texts", seed, name, len(texts))
				}
				for i, a := range texts {
					if a.left < -0.5 || a.top < -0.5 || a.right > w+0.5 || a.bottom > h+0.5 {
						t.Errorf("seed %d, %s, %v cm: %q leaves the page of %.0f×%.0f: %+v", seed, name, width, a.text, w, h, a)
					}
					for _, b := range texts[:i] {
						if min(a.right, b.right)-max(a.left, b.left) > 0.7 && min(a.bottom, b.bottom)-max(a.top, b.top) > 0.7 {
							t.Errorf("seed %d, %s, %v cm: %q lies upon %q", seed, name, width, a.text, b.text)
						}
					}
				}
			}
		}
	}
}
