package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Distributions shows how columns are distributed in each segment: small curves
// of density, one row for each segment, one panel for each column, with the
// median marked. Columns of a few whole numbers, such as children, are shown as
// bars.
type Distributions struct {
	// X is the n×d matrix of the values, each row a customer; NaN is left out.
	X mat.Matrix
	// Columns are the d headings, and Units the unit of each, or nil.
	Columns, Units []string
	// Groups are the segments, and Labels the one of each row.
	Groups []Group
	Labels []int
}

// Figure draws the panels, 16 cm wide, up to five in a row.
func (s Distributions) Figure() (*Figure, error) {
	n, d := dims(s.X)
	if n == 0 || d == 0 {
		return nil, inputError("%d×%d values; at least one row and one column are needed", n, d)
	}
	if err := checkLabels(s.Labels, n, s.Groups); err != nil {
		return nil, err
	}
	if err := length("column names", len(s.Columns), "columns", d); err != nil {
		return nil, err
	}
	if s.Units == nil {
		s.Units = make([]string, d)
	}
	if err := length("units", len(s.Units), "columns", d); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	panels := make([]panel, d)
	for j := range panels {
		panels[j].groups = make([][]float64, len(s.Groups))
		for i := range n {
			v := s.X.At(i, j)
			if math.IsInf(v, 0) {
				return nil, inputError("row %d, column %s is %v; it must be a finite number, or NaN where it is missing", i, s.Columns[j], v)
			}
			if !math.IsNaN(v) {
				panels[j].groups[s.Labels[i]] = append(panels[j].groups[s.Labels[i]], v)
			}
		}
		if !panels[j].prepare() {
			return nil, inputError("column %s has no value at all", s.Columns[j])
		}
	}
	f := &Figure{
		Title:    "How the segments differ, column by column",
		Subtitle: "Where the customers of each segment lie; the line, with its figure, is the median.",
		Alt:      "Distributions of " + list(s.Columns),
		Width:    16,
		draw:     func(p *pen, r rect) { s.drawPanels(p, r, panels) },
		tall: func(p *pen, width float64) float64 {
			across, _ := s.across(p, width)
			down := (d + across - 1) / across
			return float64(down) * (46 + 44*float64(len(s.Groups)))
		},
	}
	return f, nil
}

// panel is one column: the sorted values of each group.
type panel struct {
	groups  [][]float64
	lo, hi  float64
	whole   bool        // few whole numbers: bars
	density [][]float64 // of each group, at steps of the range
}

const densitySteps = 72

func (q *panel) prepare() bool {
	q.lo, q.hi = math.Inf(1), math.Inf(-1)
	q.whole = true
	var all []float64
	for _, g := range q.groups {
		slices.Sort(g)
		all = append(all, g...)
		for _, v := range g {
			q.whole = q.whole && v == math.Trunc(v)
		}
	}
	if len(all) == 0 {
		return false
	}
	slices.Sort(all)
	q.lo, q.hi = all[0], all[len(all)-1]
	q.whole = q.whole && q.hi-q.lo <= 12
	q.density = make([][]float64, len(q.groups))
	if q.whole {
		for i, g := range q.groups {
			q.density[i] = make([]float64, int(q.hi-q.lo)+1)
			for _, v := range g {
				q.density[i][int(v-q.lo)] += 1 / float64(len(g))
			}
		}
		return true
	}
	// A few values far out must not press the others together: the panel ends
	// at the 99.5 % quantile where the range is much wider.
	lo, hi := quantile(all, 0.005), quantile(all, 0.995)
	if q.hi-q.lo > 1.35*(hi-lo) && hi > lo {
		q.lo, q.hi = lo, hi
	}
	for i, g := range q.groups {
		q.density[i] = density(g, q.lo, q.hi, densitySteps)
	}
	return true
}

// density is the Gaussian kernel estimate of sorted values at equal steps of a
// range, scaled to a peak of 1, with the bandwidth of Silverman (1986), Density
// Estimation, eq. 3.31: 0.9·min(sd, IQR/1.34)·n^(−1/5).
func density(sorted []float64, lo, hi float64, steps int) []float64 {
	out := make([]float64, steps)
	n := float64(len(sorted))
	if n == 0 || !(hi > lo) {
		return out
	}
	mean := 0.0
	for i, v := range sorted {
		mean += (v - mean) / float64(i+1)
	}
	sd := 0.0
	for _, v := range sorted {
		sd += (v - mean) * (v - mean) / n
	}
	sd = math.Sqrt(sd)
	if iqr := (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34; iqr > 0 {
		sd = min(sd, iqr)
	}
	step := (hi - lo) / float64(steps-1)
	width := max(0.9*sd*math.Pow(n, -0.2), 0.8*step)
	// Counts by step first, so that a million rows take no longer to smooth.
	bins := make([]float64, steps)
	for _, v := range sorted {
		if b := math.Round((v - lo) / step); b >= 0 && b < float64(steps) {
			bins[int(b)]++
		}
	}
	peak := 0.0
	for i := range out {
		for b, count := range bins {
			if count > 0 {
				t := float64(i-b) * step / width
				out[i] += count * math.Exp(-t*t/2)
			}
		}
		peak = max(peak, out[i])
	}
	for i := range out {
		if peak > 0 {
			out[i] /= peak
		}
	}
	return out
}

// quantile interpolates between sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func (s Distributions) drawPanels(p *pen, r rect, panels []panel) {
	const gap = 12.0
	across, names := s.across(p, r.w)
	down := (len(panels) + across - 1) / across
	w := (r.w - names - gap*float64(across-1)) / float64(across)
	h := (r.h - 8*float64(down-1)) / float64(down)
	for k, q := range panels {
		box := rect{r.x + names + float64(k%across)*(w+gap), r.y + float64(k/across)*(h+8), w, h}
		p.text(p.fit(s.Columns[k], strongText, w), box.x, box.y, strongText.at(left, top))
		p.text(p.fit(s.Units[k], smallText, w), box.x, box.y+10, smallText.at(left, top))
		area := box.inset(0, 20, 0, 16)
		row := area.h / float64(len(s.Groups))
		side := 0.5
		if !q.whole {
			side = 0
		}
		a := axis{area, scale{q.lo - side, q.hi + side, area.x, area.right()}, scale{0, 1, area.bottom(), area.y}}
		for i, g := range s.Groups {
			base := area.y + row*float64(i+1) - 3
			if k%across == 0 {
				p.text(p.fit(g.Name, strongText, names-8), r.x, base-row*0.3, strongText.at(left, middle))
			}
			p.line(grid, 0.8, area.x, base, area.right(), base)
			if len(q.groups[i]) == 0 {
				continue
			}
			height := max(row-15, 4)
			q.ridge(p, a, i, g.Color, base, height)
			m := quantile(q.groups[i], 0.5)
			x := min(max(a.x.at(m), area.x), area.right())
			if !q.whole {
				p.line(ink, 1.3, x, base, x, base-height-1)
			}
			label := value(m)
			half := p.width(label, smallText) / 2
			p.text(label, min(max(x, area.x+half), area.right()-half), base-height-6, smallText.in(ink).at(center, middle))
		}
		xt := chart{x: [2]float64{a.x.min, a.x.max}}
		if q.whole {
			for v := q.lo; v <= q.hi; v++ {
				xt.xTicks = append(xt.xTicks, v)
			}
		} else {
			var decimals int
			xt.xTicks, decimals = ticks(q.lo, q.hi, max(3, int(w/30)))
			xt.xLabel = func(v float64) string { return brief(v, decimals) }
		}
		p.line(rule, 0.8, area.x, area.bottom(), area.right(), area.bottom())
		p.xTicks(a, xt)
	}
}

// across is how many panels stand side by side, at most five, in rows as even as
// can be, and the room for the names before them.
func (s Distributions) across(p *pen, width float64) (panels int, names float64) {
	for _, g := range s.Groups {
		names = max(names, p.width(g.Name, strongText))
	}
	names = min(names+10, width*0.25)
	most := max(1, min(5, int((width-names)/68)))
	rows := (len(s.Columns) + most - 1) / most
	return (len(s.Columns) + rows - 1) / rows, names
}

func (q *panel) ridge(p *pen, a axis, group int, c Color, base, height float64) {
	if q.whole {
		peak := slices.Max(q.density[group])
		w := (a.x.at(q.lo+1) - a.x.at(q.lo)) * 0.7
		for i, share := range q.density[group] {
			x := a.x.at(q.lo + float64(i))
			bar := share / max(peak, 1e-12) * height
			p.fill(c, 0.8, p.box(rect{x - w/2, base - bar, w, bar}))
		}
		return
	}
	points := []point{{a.area.x, base}}
	var edge []point
	for i, v := range q.density[group] {
		x := a.area.x + a.area.w*float64(i)/float64(len(q.density[group])-1)
		edge = append(edge, point{x, base - v*height})
	}
	points = append(append(points, edge...), point{a.area.right(), base})
	p.fill(c, 0.35, p.polygon(points...))
	p.stroke(c, 1.4, p.open(edge...))
}

// brief shortens thousands, for ticks of narrow panels.
func brief(v float64, decimals int) string {
	if a := math.Abs(v); a >= 1e4 && a < 1e6 {
		if v == 1000*math.Trunc(v/1000) {
			return number(v/1000, 0) + "k"
		}
		return fmt.Sprint(number(v/1000, 1), "k")
	}
	return number(v, decimals)
}
