package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// defaultPoints is how many rows are drawn at most: more only cover each other.
const defaultPoints = 3000

// ScatterMatrix shows customers in the space in which they were clustered: each
// pair of components in a chart of its own, each customer a dot in the colour of
// its group, and the centroids as numbered discs.
type ScatterMatrix struct {
	// X is the n×d matrix of the components, each row a customer, 2 ≤ d ≤ 6.
	X mat.Matrix
	// Columns are the d headings.
	Columns []string
	// Groups are the clusters, and Labels the one of each row.
	Groups []Group
	Labels []int
	// Centroids is the k×d matrix of their centres, a row for each group, or nil.
	Centroids mat.Matrix
	// MaxPoints is how many rows are drawn, evenly picked; 0 means 3,000.
	MaxPoints int
}

// ScatterMatrixOf draws rows z behind the pipeline of a model, at most six
// components of them, and their clusters.
func ScatterMatrixOf(m *segment.Model, z *mat.Dense, labels []int) ScatterMatrix {
	n, d := num.Dims(z)
	if k, width := num.Dims(m.Centroids()); n == 0 || k == 0 || width != d {
		return ScatterMatrix{} // refused by Figure
	}
	d = min(d, 6)
	return ScatterMatrix{
		X: z.Slice(0, n, 0, d), Columns: m.Pipeline().OutputColumns()[:d],
		Groups: clusterGroups(m), Labels: labels, Centroids: m.Centroids().Slice(0, m.K(), 0, d),
	}
}

func clusterGroups(m *segment.Model) []Group {
	var names []string
	for _, t := range m.Tiers() {
		names = append(names, t.Name)
	}
	return Clusters(names...)
}

// Figure draws the matrix, 16×15 cm.
func (s ScatterMatrix) Figure() (*Figure, error) {
	rows, err := rowsOf("row", s.X)
	if err != nil {
		return nil, err
	}
	d := len(rows[0])
	if d < 2 || d > 6 {
		return nil, inputError("%d components; there must be 2 to 6", d)
	}
	var centroids [][]float64
	if k, width := num.Dims(s.Centroids); k > 0 {
		if k != len(s.Groups) || width != d {
			return nil, inputError("%d×%d centroids for %d groups of %d columns", k, width, len(s.Groups), d)
		}
		centroids, err = rowsOf("centroid", s.Centroids)
	}
	if err = cmp.Or(err, checkLabels(s.Labels, len(rows), s.Groups), length("column names", len(s.Columns), "columns", d)); err != nil {
		return nil, err
	}
	s.Groups = resolve(s.Groups)
	every := stride(len(rows), s.MaxPoints)
	f := picture(Heading{}, 15, fmt.Sprintf("%s in %d clusters", counted(float64(len(rows)), "customer", "customers"), len(s.Groups)), nil)
	f.Title = "Customers in the space of the components"
	f.Subtitle = "Each dot is a customer, each numbered disc the centre of a cluster."
	if every > 1 {
		f.Subtitle = fmt.Sprintf("One customer in %s is a dot; each numbered disc is the centre of a cluster.", number(float64(every), 0))
	}
	counts := make([]int, len(s.Groups))
	for _, l := range s.Labels {
		counts[l]++
	}
	f.draw = func(p *pen, r rect) {
		side := d - 1
		const gap = 10.0
		ranges := make([][2]float64, d)
		for j := range d {
			ranges[j] = columnRange(slices.Concat(rows, centroids), j)
		}
		labels := 34.0
		w := (r.w - labels - gap*float64(side-1)) / float64(side)
		h := (r.h - 30 - gap*float64(side-1)) / float64(side)
		for i := range side { // component i+1 upwards
			for j := 0; j <= i; j++ {
				area := rect{r.x + labels + float64(j)*(w+gap), r.y + float64(i)*(h+gap), w, h}
				a := frame(area, ranges[j], ranges[i+1])
				p.frame(a, j == 0, i == side-1)
				p.cloud(a, s.Groups, s.Labels, rows, every, j, i+1, 1.25)
				for k, c := range centroids {
					p.disc(s.Groups[k].Color, a.x.at(c[j]), a.y.at(c[i+1]), k+1)
				}
				if j == 0 {
					p.text(p.fit(s.Columns[i+1], strongText, h), r.x+4, area.y+h/2, strongText.at(center, middle).upwards())
				}
				if i == side-1 {
					p.text(p.fit(s.Columns[j], strongText, w), area.x+w/2, r.bottom(), strongText.at(center, bottom))
				}
			}
		}
		// The corner above the diagonal is free for the names.
		box := rect{r.right() - w + 12, r.y + 4, w - 12, h}
		if side == 1 {
			box = rect{r.right() - 96, r.y + 4, 92, 14 * float64(len(s.Groups))}
		}
		line := min(17, max(9, box.h/float64(len(s.Groups))))
		for i, g := range s.Groups {
			y := box.y + line*(float64(i)+0.5)
			p.disc(g.Color, box.x+6, y, i+1)
			n := number(float64(counts[i]), 0)
			p.text(p.fit(g.Name, strongText, box.w-24-p.width(n, labelText)), box.x+17, y, strongText.at(left, middle))
			p.text(n, box.right(), y, labelText.in(soft).at(right, middle))
		}
	}
	return f, nil
}

// stride returns the step between rows at which no more than the limit are drawn.
func stride(n, limit int) int {
	limit = cmp.Or(max(limit, 0), defaultPoints)
	return max(1, (n+limit-1)/limit)
}

// columnRange returns the range of a column with a little room around.
func columnRange(rows [][]float64, j int) [2]float64 {
	lo, hi := rows[0][j], rows[0][j]
	for _, row := range rows {
		lo, hi = min(lo, row[j]), max(hi, row[j])
	}
	if hi == lo {
		return [2]float64{lo - 1, hi + 1}
	}
	return [2]float64{lo - 0.04*(hi-lo), hi + 0.04*(hi-lo)}
}

// frame draws a panel of a matrix: a wash, grid lines, and ticks on its left and
// below where it is at the edge.
func (p *pen) frame(a axis, leftTicks, bottomTicks bool) {
	p.fill(wash, 1, p.box(a.area))
	n := max(3, int(a.area.w/48))
	xs, xd := ticks(a.x.min, a.x.max, n)
	ys, yd := ticks(a.y.min, a.y.max, max(2, int(a.area.h/36)))
	for _, v := range xs {
		p.line(paper, 0.8, a.x.at(v), a.area.y, a.x.at(v), a.area.bottom())
		if bottomTicks {
			p.text(number(v, xd), a.x.at(v), a.area.bottom()+5, tickText.at(center, top))
		}
	}
	for _, v := range ys {
		p.line(paper, 0.8, a.area.x, a.y.at(v), a.area.right(), a.y.at(v))
		if leftTicks {
			p.text(number(v, yd), a.area.x-4, a.y.at(v), tickText.at(right, middle))
		}
	}
}

// cloud draws one of every so many rows; groups take turns, so that none lies on top.
func (p *pen) cloud(a axis, groups []Group, labels []int, rows [][]float64, every, jx, jy int, radius float64) {
	const turn = 150
	for from := 0; from < len(rows); from += turn * every {
		batch := make([][]point, len(groups))
		for i := from; i < min(from+turn*every, len(rows)); i += every {
			batch[labels[i]] = append(batch[labels[i]], point{a.x.at(rows[i][jx]), a.y.at(rows[i][jy])})
		}
		for g, points := range batch {
			p.dots(groups[g].Color, 0.7, radius, points)
		}
	}
}

// disc draws a numbered centroid.
func (p *pen) disc(c Color, x, y float64, label int) {
	p.fill(paper, 1, p.circle(x, y, 7.2))
	p.fill(c, 1, p.circle(x, y, 6))
	p.text(strconv.Itoa(label), x, y, lettering{size: 7.5, bold: true, color: onto(c)}.at(center, middle))
}

// Biplot shows customers on two components, and as arrows how these are made of
// the original columns: an arrow points to where the column is high, and is as
// long as the column counts.
type Biplot struct {
	// X is the n×2 matrix of the components, each row a customer.
	X mat.Matrix
	// Axes are the two headings, such as "pc1 (43% of the variance)".
	Axes [2]string
	// Groups are the clusters, and Labels the one of each row.
	Groups []Group
	Labels []int
	// Columns name the d original columns, and Loadings is the d×2 matrix of
	// their weights in the two components.
	Columns  []string
	Loadings mat.Matrix
	// MaxPoints is how many rows are drawn, evenly picked; 0 means 3,000.
	MaxPoints int
}

// BiplotOf draws the first two components of rows z behind the pipeline of a
// model, and their clusters. Figure refuses what comes of a model without two
// principal components of its columns.
func BiplotOf(m *segment.Model, z *mat.Dense, labels []int) Biplot {
	pca, columns := pcaOf(m), m.Columns()
	n, width := num.Dims(z)
	d, k := num.Dims(pca.Loadings())
	if n == 0 || k < 2 || width < 2 || d != len(columns) {
		return Biplot{}
	}
	b := Biplot{X: z.Slice(0, n, 0, 2), Groups: clusterGroups(m), Labels: labels, Columns: columns, Loadings: pca.Loadings().Slice(0, d, 0, 2)}
	for i, name := range m.Pipeline().OutputColumns()[:2] {
		b.Axes[i] = fmt.Sprintf("%s (%s of the variance)", name, Percent(pca.ExplainedVarianceRatio()[i]))
	}
	return b
}

// pcaOf returns the last step of a model's pipeline that is a PCA; nil without one.
func pcaOf(m *segment.Model) (pca *preprocess.FittedPCA) {
	for _, step := range m.Pipeline().Steps() {
		if f, ok := step.(*preprocess.FittedPCA); ok {
			pca = f
		}
	}
	return pca
}

// Figure draws the biplot, 16×13 cm.
func (b Biplot) Figure() (*Figure, error) {
	rows, err := rowsOf("row", b.X)
	if err = cmp.Or(err, checkLabels(b.Labels, len(rows), b.Groups)); err != nil {
		return nil, err
	}
	arrows, err := rowsOf("row of loadings", b.Loadings)
	if err = cmp.Or(err, length("rows of loadings", len(arrows), "column names", len(b.Columns))); err != nil {
		return nil, err
	}
	if d, e := len(rows[0]), len(arrows[0]); d != 2 || e != 2 {
		return nil, inputError("%d components with %d loadings each; a biplot has 2", d, e)
	}
	b.Groups = resolve(b.Groups)
	words := Heading{"What the components are made of", "Each dot is a customer. An arrow points to where the column is high; the longer, the more it counts here."}
	return picture(words, 13, "Arrows for "+list(b.Columns), func(p *pen, r rect) { b.drawAll(p, r, rows, arrows) }), nil
}

func (b Biplot) drawAll(p *pen, r rect, rows, arrows [][]float64) {
	xr, yr := columnRange(rows, 0), columnRange(rows, 1)
	// The origin of the arrows is in the picture too.
	xr[0], xr[1], yr[0], yr[1] = min(xr[0], 0), max(xr[1], 0), min(yr[0], 0), max(yr[1], 0)
	legend := p.legend(r.inset(34, 0, 0, 0), b.Groups)
	area := r.inset(34, legend, 4, 28)
	a := frame(area, xr, yr)
	p.frame(a, true, true)
	p.xTitle(b.Axes[0], area, r)
	p.text(p.fit(b.Axes[1], tickText, area.h), r.x+4, area.y+area.h/2, tickText.at(center, middle).upwards())
	p.cloud(a, b.Groups, b.Labels, rows, stride(len(rows), b.MaxPoints), 0, 1, 1.25)

	// One factor for all arrows, so that the longest comes near the edge and
	// leaves room for its name.
	x0, y0 := a.x.at(0), a.y.at(0)
	factor := math.Inf(1)
	limit := func(from, to, low, high, room float64) {
		edge := high
		if to < from {
			edge = low
		}
		if d := math.Abs(to - from); d > 1e-6 {
			factor = min(factor, max(math.Abs(edge-from)-room, 8)/d)
		}
	}
	for i, w := range arrows {
		steep := math.Abs(a.y.at(w[1])-y0) > math.Abs(a.x.at(w[0])-x0)
		room := p.width(b.Columns[i], strongText) + 12
		if steep { // the name stands above or below the tip
			room /= 2
		}
		limit(x0, a.x.at(w[0]), area.x, area.right(), min(room, area.w/3))
		limit(y0, a.y.at(w[1]), area.y, area.bottom(), 20)
	}
	if math.IsInf(factor, 1) {
		factor = 1
	}
	type tip struct {
		x, y, angle float64
		name        string
	}
	tips := make([]tip, len(arrows))
	for i, w := range arrows {
		x1, y1 := a.x.at(factor*w[0]), a.y.at(factor*w[1])
		p.arrow(x0, y0, x1, y1)
		tips[i] = tip{x1, y1, math.Atan2(y1-y0, x1-x0), b.Columns[i]}
	}
	// Names beyond the tips, moved up or down where two would touch.
	slices.SortStableFunc(tips, func(a, b tip) int { return cmp.Compare(a.y, b.y) })
	var placed []rect
	for _, t := range tips {
		w := p.width(t.name, strongText)
		x := t.x + 6*math.Cos(t.angle) + (math.Cos(t.angle)-1)*w/2
		y := t.y + 9*math.Sin(t.angle)
		box := rect{min(max(x, area.x+3), area.right()-w-3), y - 6, w, 12}
		for moved := true; moved; {
			moved = false
			for _, o := range placed {
				if box.x < o.right()+4 && o.x < box.right()+4 && box.y < o.bottom() && o.y < box.bottom() {
					box.y, moved = o.bottom()+0.1, true
				}
			}
		}
		placed = append(placed, box)
		p.plate(t.name, box.x, box.y+6, strongText.at(left, middle))
	}
}

// arrow draws a line with a head, on a rim of the background.
func (p *pen) arrow(x0, y0, x1, y1 float64) {
	d := math.Hypot(x1-x0, y1-y0)
	if d < 1 {
		return
	}
	ux, uy := (x1-x0)/d, (y1-y0)/d
	head := min(7, d/2)
	neck := point{x1 - head*ux, y1 - head*uy}
	p.line(paper, 3.6, x0, y0, neck.x, neck.y)
	p.line(ink, 1.6, x0, y0, neck.x, neck.y)
	tip := p.polygon(point{x1, y1}, point{neck.x - 0.45*head*uy, neck.y + 0.45*head*ux}, point{neck.x + 0.45*head*uy, neck.y - 0.45*head*ux})
	p.stroke(paper, 2, tip)
	p.fill(ink, 1, tip)
}

// legend writes the names of groups from the left, in as many lines as they
// need, and returns their height; with a pen that draws nowhere only that.
func (p *pen) legend(r rect, groups []Group) float64 {
	const line = 13.0
	x, y := r.x, r.y+5
	for _, g := range groups {
		name := p.fit(g.Name, labelText, r.w-11)
		w := p.width(name, labelText) + 11
		if x > r.x && x+w > r.right() {
			x, y = r.x, y+line
		}
		if p.c != nil {
			p.fill(g.Color, 1, p.circle(x+4, y, 3.6))
			p.text(name, x+11, y, labelText.at(left, middle))
		}
		x += w + 14
	}
	return y - r.y + 11
}
