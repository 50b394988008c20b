package plots

import (
	"cmp"
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
	knee := r.Knee()
	e, _ := elbowOf(r.Points())
	if len(knee.YDifference) == len(e.K) {
		e.Difference = slices.Clone(knee.YDifference)
	}
	if knee.Found {
		e.Knee = int(knee.Knee)
	}
	return e
}

// ElbowOfModel returns the elbow of the curve in the file of a model.
func ElbowOfModel(m *segment.Model) Elbow {
	e, ks := elbowOf(m.Sweep())
	if e.Knee = m.Knee(); m.K() != e.Knee {
		e.Chosen = m.K()
	}
	// It fails where the curve is too short for a knee.
	if knee, err := (segment.KneeLocator{Curve: segment.Convex, Direction: segment.Decreasing}).Find(ks, e.Inertia); err == nil && len(knee.YDifference) == len(ks) {
		e.Difference = knee.YDifference
	}
	return e
}

func elbowOf(points []segment.SweepPoint) (e Elbow, ks []float64) {
	for _, p := range points {
		e.K, e.Inertia, ks = append(e.K, p.K), append(e.Inertia, p.Inertia), append(ks, float64(p.K))
	}
	return e, ks
}

// Figure draws the elbow, 16×11 cm.
func (e Elbow) Figure() (*Figure, error) {
	if err := cmp.Or(rising(e.K, e.Knee, e.Chosen), length("inertias", len(e.Inertia), "numbers of clusters", len(e.K)),
		notNegative("inertia", e.Inertia...), finite("difference", e.Difference...),
		optional("differences", len(e.Difference), "numbers of clusters", len(e.K))); err != nil {
		return nil, err
	}
	last := len(e.K) - 1
	f := picture(Heading{}, 11, fmt.Sprintf("Inertia falls from %s at k = %d to %s at k = %d",
		value(e.Inertia[0]), e.K[0], value(e.Inertia[last]), e.K[last]), e.draw)
	f.Title = "How many clusters? Inertia by number of clusters"
	f.Subtitle = "More clusters always fit more closely. Behind the knee, one more brings little."
	if e.Knee != 0 {
		f.Alt += fmt.Sprintf("; the knee is at k = %d", e.Knee)
	} else {
		f.Subtitle = "More clusters always fit more closely. No knee was found: the curve has no sharp bend."
	}
	return f, nil
}

func (e Elbow) draw(p *pen, r rect) {
	xs, ends := places(e.K, 0.03)
	k, parts := Axis{Label: "Number of clusters, k"}, []rect{r}
	charts := []chart{{x: ends, y: [2]float64{0, roundUp(0, slices.Max(e.Inertia), 5)}, xTicks: xs, xAxis: k,
		yAxis: Axis{Label: "Inertia (sum of squared distances to the nearest centre)"}}}
	if len(e.Difference) > 0 {
		h := max(70, r.h*0.32)
		parts = []rect{{r.x, r.y, r.w, r.h - h - 12}, {r.x, r.bottom() - h, r.w, h}}
		lo, hi := min(0, slices.Min(e.Difference)), slices.Max(e.Difference)
		if hi <= lo {
			hi = lo + 1
		}
		charts[0].xAxis, charts[0].noX = Axis{}, true
		charts = append(charts, chart{x: ends, y: [2]float64{lo, roundUp(lo, hi*1.05, 2)}, xTicks: xs, xAxis: k,
			yAxis: Axis{Label: "Difference curve (bend of the normalised inertia, 0 to 1)"}})
		labels := p.aligned(charts, parts[0].h, h)
		charts[0].labels, charts[1].labels = labels, labels
	}
	axes := make([]axis, len(charts))
	curves := [][]float64{e.Inertia, e.Difference}[:len(charts)]
	for i, c := range charts {
		axes[i] = p.chart(parts[i], c)
		p.curve(axes[i], ink, 1.6, xs, curves[i])
		for j, x := range xs {
			p.marker(ink, axes[i].x.at(x), axes[i].y.at(curves[i][j]), 2.4)
		}
	}
	a := axes[0]
	mark := func(k int, color Color) (x, y float64) {
		for i := len(axes) - 1; i >= 0; i-- {
			top, size := axes[i].area.y, 3.6
			x, y = axes[i].x.at(float64(k)), axes[i].y.at(curves[i][slices.Index(e.K, k)])
			if i == 0 {
				top, size = y, 4.5
			}
			p.line(color, 1, x, top, x, axes[i].area.bottom(), 3, 2.5)
			p.marker(color, x, y, size)
		}
		return x, y
	}
	if e.Chosen != 0 && e.Chosen != e.Knee {
		// At the foot of its line, on the side away from the knee.
		x, _ := mark(e.Chosen, ink)
		label, h := fmt.Sprintf("Chosen: k = %d", e.Chosen), left
		w := p.width(label, bigText) + 9
		if (e.Chosen < e.Knee || x+w > a.area.right()) && x-w >= a.area.x {
			h = right
		}
		p.plate(label, x+map[halign]float64{left: 9, right: -9}[h], a.area.bottom()-9, bigText.at(h, middle))
	}
	if e.Knee == 0 {
		return
	}
	x, y := mark(e.Knee, accent)
	title, note := fmt.Sprintf("Knee: k = %d", e.Knee), ""
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
	if tx+p.width(title, bigText) > a.area.right() {
		tx, ty, h = x-9, min(y+14, a.area.bottom()-24), right
	}
	p.plate(title, tx, ty, bigText.in(accent).at(h, middle))
	p.plate(note, tx, ty+11.5, labelText.in(soft).at(h, middle))
}
