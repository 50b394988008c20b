package plots

import (
	"cmp"
	"fmt"

	"github.com/customer-personality/segmentation/segment"
)

// ExplainedVariance shows how much of what customers differ in each principal
// component holds, and how much all up to it do.
type ExplainedVariance struct {
	// Ratios are the shares of the variance by component, together at most 1.
	Ratios []float64
	// Kept is how many are kept for clustering; 0 keeps all.
	Kept int
}

// ExplainedVarianceOf returns the chart of the components that the pipeline of
// a model keeps; without a PCA in it there are none, which Figure refuses.
func ExplainedVarianceOf(m *segment.Model) ExplainedVariance {
	if m == nil {
		return ExplainedVariance{}
	}
	return ExplainedVariance{Ratios: pcaOf(m).ExplainedVarianceRatio()}
}

// Figure draws the shares, 16×9 cm.
func (v ExplainedVariance) Figure() (*Figure, error) {
	n := len(v.Ratios)
	if err := cmp.Or(length("ratios", n, "components", n), notNegative("ratios", v.Ratios...)); err != nil {
		return nil, err
	}
	total := sum(v.Ratios)
	if total > 1+1e-6 {
		return nil, inputError("the shares of the variance add up to %v; they must not exceed 1", total)
	}
	if v.Kept < 0 || v.Kept > n {
		return nil, inputError("%d components kept of %d", v.Kept, n)
	}
	if v.Kept == 0 {
		v.Kept = n
	}
	kept := sum(v.Ratios[:v.Kept])
	f := picture(Heading{}, 9, "The first component holds "+Percent(v.Ratios[0]), v.draw)
	f.Title = "Explained variance by principal component"
	f.Subtitle = fmt.Sprintf("The %d components that are kept hold %s of what customers differ in.", v.Kept, Percent(kept))
	if v.Kept == 1 {
		f.Subtitle = fmt.Sprintf("The one component that is kept holds %s of what customers differ in.", Percent(kept))
	}
	return f, nil
}

func (v ExplainedVariance) draw(p *pen, r rect) {
	n := len(v.Ratios)
	xs, up := make([]float64, n), make([]float64, n) // up are the shares added up
	for i := range xs {
		xs[i], up[i] = float64(i+1), min(sum(v.Ratios[:i+1]), 1)
	}
	a := p.chart(r, chart{
		x: [2]float64{0.4, float64(n) + 0.6}, y: [2]float64{0, 1.06}, yTicks: []float64{0, 0.25, 0.5, 0.75, 1},
		xTicks: xs, yAxis: Axis{"Share of the variance", nil, Percent}, xAxis: Axis{Label: "Principal component"},
	})
	w := min(46, 0.62*a.area.w/(float64(n)+0.2))
	color := func(i int) Color {
		if i < v.Kept {
			return accent
		}
		return neutral
	}
	for i, share := range v.Ratios {
		x, y := a.x.at(xs[i]), a.y.at(share)
		p.fill(color(i), 1, p.box(rect{x - w/2, y, w, a.area.bottom() - y}))
	}
	p.curve(a, ink, 1.4, xs, up)
	for i, share := range v.Ratios {
		x, y, top, label := a.x.at(xs[i]), a.y.at(share), a.y.at(up[i]), Percent(share)
		switch {
		case w < p.width("100%", strongText):
		case a.area.bottom()-y >= 16:
			p.text(label, x, y+9, strongText.in(onto(color(i))).at(center, middle))
		case i > 0:
			p.text(label, x, y-7, strongText.at(center, middle))
		}
		p.marker(ink, x, top, 2.6)
		if i > 0 && (w >= 22 || i+1 == v.Kept || i+1 == n) {
			p.plate(Percent(up[i]), x, top-10.5, labelText.at(center, middle))
		}
		if i > 0 && i+1 == n && y-top > 50 {
			p.plate("added up", x+w/2, top+13, smallText.at(right, middle))
		}
	}
}
