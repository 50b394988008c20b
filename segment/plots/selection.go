package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment/insight"
)

// Selection sets the ways to choose the number of clusters side by side: a small
// chart for each index over k, in which the k that this index would choose is
// marked, and the chosen k runs through all of them.
type Selection struct {
	// K are numbers of clusters, rising.
	K []int
	// Criteria are the lines, in the order of reading.
	Criteria []Criterion
	// Chosen is the k that was taken; 0 for none.
	Chosen int
}

// Criterion is a figure that rates each number of clusters.
type Criterion struct {
	// Name is the heading, and Hint is which values are good: "higher is better".
	Name, Hint string
	// Values has one for each k; NaN where the index is not defined.
	Values []float64
	// Choice is the k that it would choose; 0 for none.
	Choice int
}

// SelectionOf returns the chart of the indices of a report over the range in
// which k is chosen; those that were left out are not drawn.
func SelectionOf(r *insight.Selection) Selection {
	if r == nil {
		return Selection{}
	}
	k := Selection{Chosen: r.K}
	var points []insight.SelectionPoint
	for _, p := range r.Points {
		if p.K >= r.MinK && p.K <= r.MaxK {
			points = append(points, p)
			k.K = append(k.K, p.K)
		}
	}
	for _, line := range []struct {
		index      insight.Criterion
		name, hint string
		value      func(insight.SelectionPoint) float64
	}{
		{insight.CriterionKnee, "Inertia", "its knee counts", func(p insight.SelectionPoint) float64 { return p.Inertia }},
		{insight.CriterionSilhouette, "Silhouette", "higher is better", func(p insight.SelectionPoint) float64 { return p.Silhouette }},
		{insight.CriterionCalinskiHarabasz, "Calinski–Harabasz", "higher is better", func(p insight.SelectionPoint) float64 { return p.CalinskiHarabasz }},
		{insight.CriterionDaviesBouldin, "Davies–Bouldin", "lower is better", func(p insight.SelectionPoint) float64 { return p.DaviesBouldin }},
		{insight.CriterionGap, "Gap statistic", "higher is better", func(p insight.SelectionPoint) float64 { return p.Gap }},
		{insight.CriterionStability, "Stability", "of the least stable cluster", func(p insight.SelectionPoint) float64 { return p.LeastStability }},
	} {
		x := Criterion{Name: line.name, Hint: line.hint}
		for _, p := range points {
			v := line.value(p)
			if math.IsInf(v, 0) { // beyond any axis, as the gap where every row lies on its centroid
				v = math.NaN()
			}
			x.Values = append(x.Values, v)
		}
		if choice := r.Choice(line.index).K; slices.Contains(k.K, choice) {
			x.Choice = choice
		}
		if some(x.Values) == nil {
			k.Criteria = append(k.Criteria, x)
		}
	}
	return k
}

// Figure draws the report, 16 cm wide, the height by the number of indices.
func (k Selection) Figure() (*Figure, error) {
	if err := cmp.Or(rising(k.K, k.Chosen), length("criteria", len(k.Criteria), "criteria", len(k.Criteria))); err != nil {
		return nil, err
	}
	votes := map[int][]string{}
	for _, x := range k.Criteria {
		if err := cmp.Or(length("values of "+x.Name, len(x.Values), "numbers of clusters", len(k.K)),
			finiteOrNaN(x.Name, x.Values...), some(x.Values), rising(k.K, x.Choice)); err != nil {
			return nil, err
		}
		if x.Choice != 0 {
			votes[x.Choice] = append(votes[x.Choice], x.Name)
		}
	}
	f := picture(Heading{}, 0, "", k.draw)
	f.Title = "How many clusters? What each index would choose"
	f.tall = func(_ *pen, width float64) float64 {
		return 110 * math.Ceil(float64(len(k.Criteria))/float64(k.columns(width)))
	}
	var parts []string
	for _, n := range k.K {
		if v := votes[n]; len(v) > 0 {
			parts = append(parts, fmt.Sprintf("%d by %s", n, list(v)))
		}
	}
	f.Alt = "Chosen by index: " + strings.Join(parts, "; ")
	switch {
	case len(parts) == 0:
		f.Alt = "No index chooses a number of clusters"
	case len(votes) == 1:
		f.Subtitle = "All agree."
	case len(votes) > 1:
		f.Subtitle = "They answer different questions, and do not agree."
	}
	if k.Chosen != 0 {
		f.Subtitle = strings.TrimSpace(fmt.Sprintf("%s The band marks the k that was taken: %d.", f.Subtitle, k.Chosen))
	}
	return f, nil
}

// list joins names as in a sentence.
func list(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func (k Selection) draw(p *pen, r rect) {
	columns := k.columns(r.w)
	rows := (len(k.Criteria) + columns - 1) / columns
	const gapX, gapY = 18, 12
	w := (r.w - gapX*float64(columns-1)) / float64(columns)
	h := (r.h - gapY*float64(rows-1)) / float64(rows)
	charts := make([]chart, len(k.Criteria))
	for i, x := range k.Criteria {
		charts[i] = k.chart(x)
	}
	labels := p.aligned(charts, h-panelHead)
	for i, x := range k.Criteria {
		charts[i].labels = labels
		k.panel(p, x, charts[i], rect{r.x + float64(i%columns)*(w+gapX), r.y + float64(i/columns)*(h+gapY), w, h})
	}
}

// columns returns the number of panels side by side.
func (k Selection) columns(width float64) int {
	return min(len(k.Criteria), max(1, int(width/112)))
}

const panelHead = 19

// chart returns the frame of one panel.
func (k Selection) chart(x Criterion) chart {
	lo, hi := bounds(x.Values)
	if hi-lo <= 1e-12*math.Abs(hi) {
		lo, hi = lo-0.5, hi+0.5
	}
	pad := 0.12 * (hi - lo)
	c := chart{y: [2]float64{lo - pad, hi + pad}}
	c.xTicks, c.x = places(k.K, 0.06)
	return c
}

func (k Selection) panel(p *pen, x Criterion, c chart, r rect) {
	choice := ""
	if x.Choice != 0 {
		choice = fmt.Sprintf("k = %d", x.Choice)
	}
	p.text(p.fit(x.Name, strongText, r.w-p.width(choice, strongText)-6), r.x, r.y, strongText.at(left, top))
	p.text(choice, r.right(), r.y, strongText.in(accent).at(right, top))
	p.text(p.fit(x.Hint, smallText, r.w), r.x, r.y+10.5, smallText.at(left, top))

	xs := c.xTicks
	if k.Chosen != 0 {
		c.under = func(a axis) {
			at, w := a.x.at(float64(k.Chosen)), min(14, 0.9*a.area.w/float64(len(xs)))
			p.fill(accent, 0.13, p.box(rect{at - w/2, a.area.y, w, a.area.h}))
		}
	}
	a := p.chart(r.inset(0, panelHead, 0, 0), c)
	p.curve(a, ink, 1.4, xs, x.Values)
	for i, v := range x.Values {
		if math.IsNaN(v) {
			continue
		}
		if k.K[i] == x.Choice {
			p.marker(accent, a.x.at(xs[i]), a.y.at(v), 3.8)
		} else {
			p.fill(ink, 1, p.circle(a.x.at(xs[i]), a.y.at(v), 1.7))
		}
	}
}
