package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Scatter has a dot for each point of each group.
type Scatter struct {
	Heading
	Groups []Group
	// Points has the points of each group; one that has a NaN is left out.
	Points [][][2]float64
	// Areas has the outline of an area of each group, which is drawn behind the points,
	// see [Ellipse]; nil for none, also for one group.
	Areas [][][2]float64
	X, Y  Axis
}

// Figure returns the dots, 16×9.5 cm.
func (s Scatter) Figure() (*Figure, error) {
	if err := cmp.Or(length("lists of points", len(s.Points), "groups", len(s.Groups)), optional("areas", len(s.Areas), "groups", len(s.Groups))); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	for i, area := range s.Areas {
		for _, corner := range area {
			if err := finite("area of "+s.Groups[i].Name, corner[:]...); err != nil {
				return nil, err
			}
		}
	}
	// Point by point of all groups, so that none lies on top of the others.
	var rows [][]float64
	var labels []int
	for k, more := 0, true; more; k++ {
		more = false
		for i, points := range s.Points {
			if k >= len(points) {
				continue
			}
			more = true
			x, y := points[k][0], points[k][1]
			if err := finiteOrNaN(fmt.Sprintf("point %d of %s", k, s.Groups[i].Name), x, y); err != nil {
				return nil, err
			}
			if !math.IsNaN(x) && !math.IsNaN(y) {
				rows, labels = append(rows, []float64{x, y}), append(labels, i)
			}
		}
	}
	return picture(s.Heading, 9.5, counted(float64(len(rows)), "point", "points"),
		func(p *pen, r rect) { s.draw(p, r, rows, labels) }), nil
}

func (s Scatter) draw(p *pen, r rect, rows [][]float64, labels []int) {
	r = r.inset(0, p.key(r, s.Groups), 0, 0)
	x, y, all := [2]float64{0, 1}, [2]float64{0, 1}, rows
	for _, corner := range slices.Concat(s.Areas...) {
		all = append(all[:len(all):len(all)], corner[:])
	}
	if len(all) > 0 {
		x, y = columnRange(all, 0), columnRange(all, 1)
	}
	a := p.chart(r, chart{x: x, y: y, xAxis: s.X, yAxis: s.Y})
	for i, area := range s.Areas {
		if len(area) == 0 {
			continue
		}
		outline := make([]point, len(area))
		for k, corner := range area {
			outline[k] = point{a.x.at(corner[0]), a.y.at(corner[1])}
		}
		p.fill(s.Groups[i].Color, 0.13, p.polygon(outline...))
		p.stroke(s.Groups[i].Color, 1.4, p.polygon(outline...))
	}
	p.cloud(a, s.Groups, labels, rows, 1, 0, 1, 1.6)
}

// Boxes has for each group the least and the greatest value as a line, the
// quartiles as a box, and the median as a stroke in it (Tukey 1977).
type Boxes struct {
	Heading
	Groups []Group
	// Five are the five numbers of each group, rising; NaN draws no box.
	Five [][5]float64
	X    Axis
	// Mark is a value to point out; nil for none.
	Mark *float64
}

// Figure returns the boxes, 16 cm wide, the height by the number of groups.
func (b Boxes) Figure() (*Figure, error) {
	if err := length("boxes", len(b.Five), "groups", len(b.Groups)); err != nil {
		return nil, err
	}
	var all []float64
	for i, five := range b.Five {
		if err := finiteOrNaN("box of "+b.Groups[i].Name, five[:]...); err != nil {
			return nil, err
		}
		all = append(all, five[:]...)
	}
	lo, hi := bounds(all)
	switch {
	case lo > hi:
		lo, hi = 0, 1
	case lo == hi:
		lo, hi = lo-1, hi+1
	}
	b.Groups = resolve(b.Groups)
	return picture(b.Heading, min(60, 3+0.95*float64(len(b.Groups))), fmt.Sprintf("%d boxes", len(b.Groups)),
		func(p *pen, r rect) { b.draw(p, r, lo, hi) }), nil
}

func (b Boxes) draw(p *pen, r rect, lo, hi float64) {
	names := min(p.widest(strongText, groupNames(b.Groups)...)+10, r.w*0.3)
	area := r.inset(names, 6, 10, 29)
	pad := (hi - lo) * 0.03
	x := scale{lo - pad, hi + pad, area.x, area.right()}
	xs, decimals := ticks(lo-pad, hi+pad, max(3, int(area.w/60)))
	p.gridX(area, x, xs, b.X.tick(decimals))
	p.xTitle(b.X.Label, area, r)
	h := area.h / float64(len(b.Groups))
	for i, g := range b.Groups {
		mid := area.y + h*(float64(i)+0.5)
		p.name(g.Name, strongText, r.x, mid, names-8, h)
		five, texts := b.Five[i], make([]string, 5)
		if slices.ContainsFunc(five[:], math.IsNaN) {
			continue
		}
		for j, v := range five {
			texts[j] = b.X.write(v)
		}
		thick := min(17, h*0.66)
		p.line(g.Color, 1.4, x.at(five[0]), mid, x.at(five[4]), mid)
		p.bar(g.Name+": "+strings.Join(texts, ", "), g.Color,
			rect{x.at(five[1]), mid - thick/2, max(x.at(five[3])-x.at(five[1]), 0.5), thick})
		p.line(paper, 4, x.at(five[2]), mid-thick/2-2, x.at(five[2]), mid+thick/2+2)
		p.line(ink, 1.8, x.at(five[2]), mid-thick/2-2, x.at(five[2]), mid+thick/2+2)
	}
	if m := b.Mark; m != nil && *m >= lo && *m <= hi {
		p.line(ink, 1.2, x.at(*m), area.y-4, x.at(*m), area.bottom(), 3, 2.5)
	}
}
