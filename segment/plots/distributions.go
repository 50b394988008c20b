package plots

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Distributions shows how columns are distributed in each segment: a panel of
// [Densities] for each column, a row for each segment.
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
	n, d := num.Dims(s.X)
	if s.Units == nil {
		s.Units = make([]string, d)
	}
	if err := cmp.Or(checkLabels(s.Labels, n, s.Groups), length("column names", len(s.Columns), "columns", d), length("units", len(s.Units), "columns", d)); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	panels := make([]Densities, d)
	for j := range panels {
		values := make([][]float64, len(s.Groups))
		for i := range n {
			v := s.X.At(i, j)
			if math.IsInf(v, 0) {
				return nil, inputError("row %d, column %s is %v; it must be a finite number, or NaN where it is missing", i, s.Columns[j], v)
			}
			values[s.Labels[i]] = append(values[s.Labels[i]], v)
		}
		if panels[j] = DensitiesOf(s.Groups, values); panels[j].Heights == nil {
			return nil, inputError("column %s has no value at all", s.Columns[j])
		}
	}
	return s.figure(Heading{
		"How the segments differ, column by column",
		"Where the customers of each segment lie; the line, with its figure, is the median.",
	}, panels, "Distributions of "+list(s.Columns)), nil
}

// Densities shows how one column is distributed in each segment: a curve of
// density for each, one below another, with the median marked. A column of a
// few whole numbers, such as children, has bars.
type Densities struct {
	Heading
	Groups []Group
	// Lo and Hi bound the axis. Heights has for each group the density at equal
	// steps from Lo to Hi, or where Whole is set the shares of the whole numbers
	// from Lo to Hi; nil for a group without values.
	Lo, Hi  float64
	Whole   bool
	Heights [][]float64
	// Medians are those of the groups; NaN marks none.
	Medians []float64
	X       Axis
}

const densitySteps = 72

// mostWhole is below where a float64 no longer tells the middle between whole numbers.
const mostWhole = 1 << 52

// DensitiesOf estimates the densities of the values of each group, NaN left out;
// those of no values at all are zero, which Figure refuses.
func DensitiesOf(groups []Group, values [][]float64) Densities {
	q := Densities{Groups: groups, Lo: math.Inf(1), Hi: math.Inf(-1), Whole: true}
	var all []float64
	sorted := make([][]float64, len(values))
	for i, g := range values {
		sorted[i] = slices.DeleteFunc(slices.Clone(g), math.IsNaN)
		slices.Sort(sorted[i])
		all = append(all, sorted[i]...)
		for _, v := range sorted[i] {
			q.Whole = q.Whole && v == math.Trunc(v) && math.Abs(v) < mostWhole
		}
	}
	if len(all) == 0 {
		return Densities{}
	}
	slices.Sort(all)
	q.Lo, q.Hi = all[0], all[len(all)-1]
	q.Whole = q.Whole && q.Hi-q.Lo <= 12
	// A few values far out must not press the others together: the panel ends
	// at the 99.5 % quantile where the range is much wider.
	lo, hi := num.Quantile(all, 0.005), num.Quantile(all, 0.995)
	if !q.Whole && q.Hi-q.Lo > 1.35*(hi-lo) && hi > lo {
		q.Lo, q.Hi = lo, hi
	}
	q.Heights, q.Medians = make([][]float64, len(values)), make([]float64, len(values))
	for i, g := range sorted {
		switch {
		case len(g) == 0:
			q.Medians[i] = math.NaN()
			continue
		case q.Whole:
			q.Heights[i] = make([]float64, int(q.Hi-q.Lo)+1)
			for _, v := range g {
				q.Heights[i][int(v-q.Lo)] += 1 / float64(len(g))
			}
		default:
			q.Heights[i] = density(g, q.Lo, q.Hi, densitySteps)
		}
		q.Medians[i] = num.Quantile(g, 0.5)
	}
	return q
}

// Figure returns the curves, 16 cm wide, the height by the number of groups.
func (q Densities) Figure() (*Figure, error) {
	if err := cmp.Or(length("curves", len(q.Heights), "groups", len(q.Groups)), length("medians", len(q.Medians), "groups", len(q.Groups)),
		finite("ends of the axis", q.Lo, q.Hi), finiteOrNaN("medians", q.Medians...)); err != nil {
		return nil, err
	}
	if q.Hi < q.Lo || q.Whole && (q.Hi-q.Lo > 12 || max(-q.Lo, q.Hi) >= mostWhole) {
		return nil, inputError("an axis from %v to %v", q.Lo, q.Hi)
	}
	for i, curve := range q.Heights {
		if err := notNegative("curve of "+q.Groups[i].Name, curve...); err != nil {
			return nil, err
		}
		if q.Whole && len(curve) != 0 && len(curve) != int(q.Hi-q.Lo)+1 {
			return nil, inputError("%d shares for the whole numbers from %v to %v", len(curve), q.Lo, q.Hi)
		}
	}
	s := Distributions{Columns: []string{q.X.Label}, Units: []string{""}, Groups: resolve(q.Groups)}
	return s.figure(q.Heading, []Densities{q}, "Distributions"), nil
}

// density returns the Gaussian kernel estimate of sorted values at equal steps
// of a range, scaled to a peak of 1, with the bandwidth of Silverman (1986),
// Density Estimation, eq. 3.31: 0.9·min(sd, IQR/1.34)·n^(−1/5).
func density(sorted []float64, lo, hi float64, steps int) []float64 {
	out := make([]float64, steps)
	if !(hi > lo) {
		return out
	}
	moments := num.MomentsOf(lo, hi)
	for _, v := range sorted {
		moments.Add(v)
	}
	sd := moments.SD(0)
	if iqr := (num.Quantile(sorted, 0.75) - num.Quantile(sorted, 0.25)) / 1.34; iqr > 0 {
		sd = min(sd, iqr)
	}
	step := (hi - lo) / float64(steps-1)
	width := max(0.9*sd*math.Pow(float64(len(sorted)), -0.2), 0.8*step)
	// Counts by step first, so that a million rows take no longer to smooth.
	bins := make([]float64, steps)
	for _, v := range sorted {
		if b := math.Round((v - lo) / step); b >= 0 && b < float64(steps) {
			bins[int(b)]++
		}
	}
	for i := range out {
		for b, count := range bins {
			if count > 0 {
				t := float64(i-b) * step / width
				out[i] += count * math.Exp(-t*t/2)
			}
		}
	}
	peak := slices.Max(out)
	for i := range out {
		if peak > 0 {
			out[i] /= peak
		}
	}
	return out
}

func (s Distributions) figure(h Heading, panels []Densities, alt string) *Figure {
	f := picture(h, 0, alt, func(p *pen, r rect) { s.drawPanels(p, r, panels) })
	f.tall = func(p *pen, width float64) float64 {
		across, _ := s.across(p, width)
		return math.Ceil(float64(len(panels))/float64(across)) * (46 + 44*float64(len(s.Groups)))
	}
	return f
}

func (s Distributions) drawPanels(p *pen, r rect, panels []Densities) {
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
		side := 0.0
		if q.Whole {
			side = 0.5
		}
		a := frame(area, [2]float64{q.Lo - side, q.Hi + side}, [2]float64{0, 1})
		for i, g := range s.Groups {
			base := area.y + row*float64(i+1) - 3
			if k%across == 0 {
				p.text(p.fit(g.Name, strongText, names-8), r.x, base-row*0.3, strongText.at(left, middle))
			}
			p.line(grid, 0.8, area.x, base, area.right(), base)
			if len(q.Heights[i]) == 0 {
				continue
			}
			height := max(row-15, 4)
			q.ridge(p, a, i, g.Color, base, height)
			m := q.Medians[i]
			if math.IsNaN(m) {
				continue
			}
			x := min(max(a.x.at(m), area.x), area.right())
			if !q.Whole {
				p.line(ink, 1.3, x, base, x, base-height-1)
			}
			label := q.X.write(m)
			half := p.width(label, smallText) / 2
			p.text(label, min(max(x, area.x+half), area.right()-half), base-height-6, smallText.in(ink).at(center, middle))
		}
		xt := chart{x: [2]float64{a.x.min, a.x.max}}
		if q.Whole {
			for v := q.Lo; v <= q.Hi; v++ {
				xt.xTicks = append(xt.xTicks, v)
			}
		} else {
			var decimals int
			xt.xTicks, decimals = ticks(q.Lo, q.Hi, max(3, int(w/30)))
			xt.xAxis.Tick = or(q.X.Tick, func(v float64) string { return brief(v, decimals) })
		}
		p.xTicks(a, xt)
	}
}

// across returns the number of panels side by side, at most five, in rows as
// even as can be, and the room for the names before them.
func (s Distributions) across(p *pen, width float64) (panels int, names float64) {
	names = min(p.widest(strongText, groupNames(s.Groups)...)+10, width*0.25)
	most := max(1, min(5, int((width-names)/68)))
	rows := (len(s.Columns) + most - 1) / most
	return (len(s.Columns) + rows - 1) / rows, names
}

func (q Densities) ridge(p *pen, a axis, group int, c Color, base, height float64) {
	if q.Whole {
		peak := slices.Max(q.Heights[group])
		w := (a.x.at(q.Lo+1) - a.x.at(q.Lo)) * 0.7
		for i, share := range q.Heights[group] {
			x := a.x.at(q.Lo + float64(i))
			bar := share / max(peak, 1e-12) * height
			p.fill(c, 0.8, p.box(rect{x - w/2, base - bar, w, bar}))
		}
		return
	}
	var edge []point
	for i, v := range q.Heights[group] {
		x := a.area.x + a.area.w*float64(i)/float64(max(len(q.Heights[group])-1, 1))
		edge = append(edge, point{x, base - v*height})
	}
	p.fill(c, 0.35, p.polygon(slices.Concat([]point{{a.area.x, base}}, edge, []point{{a.area.right(), base}})...))
	p.stroke(c, 1.4, p.open(edge...))
}

// brief shortens thousands, for ticks of narrow panels.
func brief(v float64, decimals int) string {
	if a := math.Abs(v); a >= 1e4 && a < 1e6 {
		decimals = 1
		if v == 1000*math.Trunc(v/1000) {
			decimals = 0
		}
		return number(v/1000, decimals) + "k"
	}
	return number(v, decimals)
}
