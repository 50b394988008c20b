package plots

import (
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/segment"
)

// Elbow shows how much closer the customers lie to their centre with every
// further cluster, and from where on that changes little: the inertia over k
// with its knee, and below it the difference curve whose peak the knee is.
type Elbow struct {
	// K are numbers of clusters, rising, and Inertia the sum of squared
	// distances for each.
	K       []int
	Inertia []float64

	// Difference is how far the normalised curve lies from the straight line
	// between its ends, for each k; nil leaves the lower chart out.
	Difference []float64

	// Knee is the k at the knee; 0 where there is none. Chosen is the k that
	// was taken where that is another one, otherwise 0.
	Knee, Chosen int
}

// ElbowOf returns the chart of a sweep; that of nil is refused by Figure.
func ElbowOf(r *segment.SweepResult) Elbow {
	if r == nil {
		return Elbow{}
	}
	var e Elbow
	for _, p := range r.Points() {
		e.K, e.Inertia = append(e.K, p.K), append(e.Inertia, p.Inertia)
	}
	knee := r.Knee()
	if len(knee.YDifference) == len(e.K) {
		e.Difference = slices.Clone(knee.YDifference)
	}
	if knee.Found {
		e.Knee = int(knee.Knee)
	}
	return e
}

// Figure draws the elbow, 16×11 cm.
func (e Elbow) Figure() (*Figure, error) {
	if len(e.K) < 2 {
		return nil, inputError("%d numbers of clusters; an elbow needs at least 2", len(e.K))
	}
	if err := length("inertias", len(e.Inertia), "numbers of clusters", len(e.K)); err != nil {
		return nil, err
	}
	if err := notNegative("inertia", e.Inertia...); err != nil {
		return nil, err
	}
	for i := 1; i < len(e.K); i++ {
		if e.K[i] <= e.K[i-1] {
			return nil, inputError("numbers of clusters must rise, and %d follows %d", e.K[i], e.K[i-1])
		}
	}
	if e.Difference != nil {
		if err := length("differences", len(e.Difference), "numbers of clusters", len(e.K)); err != nil {
			return nil, err
		}
		if err := finite("difference", e.Difference...); err != nil {
			return nil, err
		}
	}
	for _, k := range []int{e.Knee, e.Chosen} {
		if k != 0 && !slices.Contains(e.K, k) {
			return nil, inputError("the knee is at k = %d, which is not among the numbers of clusters", k)
		}
	}

	f := &Figure{
		Title:    "How many clusters? Inertia by number of clusters",
		Subtitle: "More clusters always fit more closely. Behind the knee, one more brings little.",
		Width:    16, Height: 11,
		draw: e.draw,
	}
	first, last := e.Inertia[0], e.Inertia[len(e.K)-1]
	f.Alt = fmt.Sprintf("Inertia falls from %s at k = %d to %s at k = %d", value(first), e.K[0], value(last), e.K[len(e.K)-1])
	if e.Knee != 0 {
		f.Alt += fmt.Sprintf("; the knee is at k = %d", e.Knee)
	} else {
		f.Subtitle = "More clusters always fit more closely. No knee was found: the curve has no sharp bend."
	}
	return f, nil
}

func (e Elbow) draw(p *pen, r rect) {
	upper, lower := r, rect{}
	if e.Difference != nil {
		h := max(70, r.h*0.32)
		upper.h -= h
		lower = rect{r.x, upper.bottom(), r.w, h}
		upper.h -= 12
	}
	xs := [2]float64{float64(e.K[0]), float64(e.K[len(e.K)-1])}
	pad := (xs[1] - xs[0]) * 0.03
	xs[0], xs[1] = xs[0]-pad, xs[1]+pad
	kTicks := make([]float64, len(e.K))
	for i, k := range e.K {
		kTicks[i] = float64(k)
	}
	c := chart{x: xs, y: [2]float64{0, roundUp(0, slices.Max(e.Inertia), 5)}, xTicks: kTicks,
		yTitle: "Inertia (sum of squared distances to the nearest centre)", noX: e.Difference != nil}
	if !c.noX {
		c.xTitle = "Number of clusters, k"
	}

	// Both charts share their left edge.
	var lowerChart chart
	if e.Difference != nil {
		hi, lo := slices.Max(e.Difference), min(0, slices.Min(e.Difference))
		if hi <= lo {
			hi = lo + 1
		}
		lowerChart = chart{x: xs, y: [2]float64{lo, roundUp(lo, hi*1.05, 2)}, xTicks: kTicks,
			yTitle: "Difference curve (bend of the normalised inertia, 0 to 1)", xTitle: "Number of clusters, k"}
		for _, part := range []struct {
			c chart
			h float64
		}{{c, upper.h}, {lowerChart, lower.h}} {
			values, decimals := ticks(part.c.y[0], part.c.y[1], tickCount(part.h))
			for _, v := range values {
				c.labels = max(c.labels, p.width(number(v, decimals), tickText))
			}
		}
		lowerChart.labels = c.labels
	}

	a := p.chart(upper, c)
	e.curve(p, a, e.Inertia)
	var b axis
	if e.Difference != nil {
		b = p.chart(lower, lowerChart)
		e.curve(p, b, e.Difference)
	}
	mark := func(k int, color Color) (x, y float64) {
		i := slices.Index(e.K, k)
		x, y = a.x.at(float64(k)), a.y.at(e.Inertia[i])
		p.line(color, 1, x, y, x, a.area.bottom(), 3, 2.5)
		p.marker(color, x, y, 4.5)
		if e.Difference != nil {
			p.line(color, 1, x, b.area.y, x, b.area.bottom(), 3, 2.5)
			p.marker(color, x, b.y.at(e.Difference[i]), 3.6)
		}
		return x, y
	}
	if e.Chosen != 0 && e.Chosen != e.Knee {
		// At the foot of its line, on the side away from the knee.
		x, _ := mark(e.Chosen, ink)
		label, h := fmt.Sprintf("Chosen: k = %d", e.Chosen), left
		big := lettering{size: 11, bold: true, color: ink}
		w := p.width(label, big) + 9
		if (e.Chosen < e.Knee || x+w > a.area.right()) && x-w >= a.area.x {
			h = right
		}
		p.plate(label, x+map[halign]float64{left: 9, right: -9}[h], a.area.bottom()-9, big.at(h, middle))
	}
	if e.Knee == 0 {
		return
	}
	x, y := mark(e.Knee, accent)
	title, note := fmt.Sprintf("Knee: k = %d", e.Knee), ""
	big := lettering{size: 11, bold: true, color: accent}
	// The longest note that fits, or none.
	if i := slices.Index(e.K, e.Knee); e.Inertia[0] > 0 && i > 0 {
		less := Percent(math.Max(0, 1-e.Inertia[i]/e.Inertia[0]))
		for _, n := range []string{
			fmt.Sprintf("inertia %s, %s less than at k = %d", value(e.Inertia[i]), less, e.K[0]),
			fmt.Sprintf("%s less than at k = %d", less, e.K[0]),
		} {
			if note == "" && x+9+p.width(n, labelText) <= a.area.right() {
				note = n
			}
		}
	}
	// To the right of the knee, where the curve is lower; where there is no
	// room, below to the left, where it is higher.
	tx, ty, h := x+9, max(y-17, a.area.y+7), left
	if tx+p.width(title, big) > a.area.right() {
		tx, ty, h = x-9, min(y+14, a.area.bottom()-24), right
	}
	p.plate(title, tx, ty, big.at(h, middle))
	p.plate(note, tx, ty+11.5, labelText.in(soft).at(h, middle))
}

// curve draws a line with a dot for each k.
func (e Elbow) curve(p *pen, a axis, ys []float64) {
	points := make([]point, len(ys))
	for i, y := range ys {
		points[i] = point{a.x.at(float64(e.K[i])), a.y.at(y)}
	}
	p.stroke(ink, 1.6, p.open(points...))
	for _, q := range points {
		p.marker(ink, q.x, q.y, 2.4)
	}
}
