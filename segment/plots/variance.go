package plots

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment"
)

// ExplainedVariance shows how much of what customers differ in each principal
// component holds, and how much all up to it do.
type ExplainedVariance struct {
	// Ratios are the shares of the variance, component by component, each 0 to
	// 1 and together at most 1.
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
	if n == 0 {
		return nil, inputError("no components")
	}
	if err := notNegative("ratios", v.Ratios...); err != nil {
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
	f := &Figure{
		Title:    "Explained variance by principal component",
		Subtitle: fmt.Sprintf("The %d components that are kept hold %s of what customers differ in.", v.Kept, Percent(kept)),
		Alt:      fmt.Sprintf("The first component holds %s", Percent(v.Ratios[0])),
		Width:    16, Height: 9,
		draw: v.draw,
	}
	if v.Kept == 1 {
		f.Subtitle = fmt.Sprintf("The one component that is kept holds %s of what customers differ in.", Percent(kept))
	}
	return f, nil
}

func (v ExplainedVariance) draw(p *pen, r rect) {
	n := float64(len(v.Ratios))
	xs := make([]float64, len(v.Ratios))
	for i := range xs {
		xs[i] = float64(i + 1)
	}
	a := p.chart(r, chart{
		x: [2]float64{0.4, n + 0.6}, y: [2]float64{0, 1.06}, yTicks: []float64{0, 0.25, 0.5, 0.75, 1},
		yLabel: Percent, xTicks: xs, yTitle: "Share of the variance", xTitle: "Principal component",
	})
	w := min(46, 0.62*a.area.w/(n+0.2))
	cumulated := 0.0
	line := make([]point, 0, len(v.Ratios))
	for i, share := range v.Ratios {
		x := a.x.at(xs[i])
		c := neutral
		if i < v.Kept {
			c = accent
		}
		y := a.y.at(share)
		p.fill(c, 1, p.box(rect{x - w/2, y, w, a.area.bottom() - y}))
		cumulated += share
		line = append(line, point{x, a.y.at(min(cumulated, 1))})
	}
	p.stroke(ink, 1.4, p.open(line...))
	cumulated = 0
	for i, q := range line {
		cumulated += v.Ratios[i]
		y := a.y.at(v.Ratios[i])
		if w >= p.width("100%", strongText) {
			fill, where := accent, y+9
			if i >= v.Kept {
				fill = neutral
			}
			if label := Percent(v.Ratios[i]); a.area.bottom()-y >= 16 {
				p.text(label, q.x, where, strongText.in(onto(fill)).at(center, middle))
			} else if i > 0 {
				p.text(label, q.x, y-7, strongText.at(center, middle))
			}
		}
		p.marker(ink, q.x, q.y, 2.6)
		if i == 0 {
			continue
		}
		if w >= 22 || i+1 == v.Kept || i+1 == len(line) {
			p.plate(Percent(min(cumulated, 1)), q.x, q.y-10.5, labelText.at(center, middle))
		}
	}
	if n := len(line); n > 1 && a.y.at(v.Ratios[n-1])-line[n-1].y > 50 {
		p.plate("added up", line[n-1].x+w/2, line[n-1].y+13, smallText.at(right, middle))
	}
}
