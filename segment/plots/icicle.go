package plots

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// Icicle shows how customers fall into groups within groups: boxes as high as
// they hold customers, each level to the right of the one that it parts, in
// colours by a figure such as the mean spending.
type Icicle struct {
	// Levels head the columns, the outermost first.
	Levels []string
	// Nodes are the boxes of the first level.
	Nodes []Node
	// Value names the figure of the colours, such as "mean spending".
	Value string
	// Number writes such a figure, and Share the share of all customers; nil
	// writes English figures and per cent.
	Number, Share func(float64) string
}

// Node is a group of customers and the groups that it falls into.
type Node struct {
	Name string
	// Customers and Value are those of a node without children; others have the
	// sum of their children's customers and the weighted mean of their values.
	Customers float64
	Value     float64
	Children  []Node
}

// IcicleOf counts the rows of a table by its columns of words, the first of
// levels the outermost, and takes the mean of one of its columns of numbers for
// the colours; value may be empty. Missing words are "unknown".
//
// Errors: [ErrInput] for a column that is not there, and that of ctx.
func IcicleOf(ctx context.Context, t *features.Table, value string, levels ...string) (Icicle, error) {
	c := Icicle{Levels: slices.Clone(levels), Value: value}
	of := func(int) float64 { return math.NaN() }
	if value != "" {
		numbers, err := t.Column(value)
		if err != nil {
			return Icicle{}, fmt.Errorf("%w: %w", ErrInput, err)
		}
		c.Value, of = "mean "+value, numbers.Number
	}
	words := make([][]string, len(levels))
	for i, name := range levels {
		var err error
		if words[i], err = t.Words(ctx, name); err != nil {
			return Icicle{}, cmp.Or(cause.Of(ctx), fmt.Errorf("%w: %w", ErrInput, err))
		}
	}
	all, err := t.Where(ctx)
	if err != nil {
		return Icicle{}, err
	}
	if c.Nodes, err = grow(ctx, all, words, of); err != nil {
		return Icicle{}, err
	}
	return c, nil
}

// grow parts rows by the words of each level in turn, the larger groups first.
func grow(ctx context.Context, rows []int, words [][]string, value func(int) float64) ([]Node, error) {
	if len(words) == 0 {
		return nil, nil
	}
	parts := map[string][]int{}
	for k, i := range rows {
		if k%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		word := words[0][i]
		if word == "" {
			word = "unknown"
		}
		parts[word] = append(parts[word], i)
	}
	nodes := make([]Node, 0, len(parts))
	for word, part := range parts {
		children, err := grow(ctx, part, words[1:], value)
		if err != nil {
			return nil, err
		}
		node := Node{Name: word, Customers: float64(len(part)), Children: children}
		count := 0.0
		for _, i := range part {
			if v := value(i); !math.IsNaN(v) {
				count++
				node.Value += (v - node.Value) / count
			}
		}
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Name, b.Name))
	})
	return nodes, nil
}

// Figure draws the boxes, 16×12 cm.
func (c Icicle) Figure() (*Figure, error) {
	if len(c.Levels) == 0 || len(c.Levels) > 8 {
		return nil, inputError("%d levels; there must be 1 to 8", len(c.Levels))
	}
	if len(c.Nodes) == 0 {
		return nil, inputError("no nodes")
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	root, err := Node{Name: "all", Children: c.Nodes}.total("", len(c.Levels), &lo, &hi)
	if err = cmp.Or(err, positive("the customers", root.Customers)); err != nil {
		return nil, err
	}
	c.Number, c.Share = or(c.Number, value), or(c.Share, Percent)
	largest := slices.MaxFunc(root.Children, func(a, b Node) int { return cmp.Compare(a.Customers, b.Customers) })
	f := picture(Heading{}, 12, fmt.Sprintf("%s in all; the largest group is %s with %s", counted(root.Customers, "customer", "customers"),
		largest.Name, Percent(largest.Customers/root.Customers)), func(p *pen, r rect) { c.drawBoxes(p, r, root, lo, hi) })
	f.Title = "Customers by " + list(c.Levels)
	f.Subtitle = "The height is the number of customers."
	if c.Value != "" {
		f.Subtitle = fmt.Sprintf("The height is the number of customers, the colour the %s.", c.Value)
	}
	return f, nil
}

// total returns a copy of a node with the sums of inner ones, and widens a range.
func (n Node) total(path string, depth int, lo, hi *float64) (Node, error) {
	if path != "" {
		path += " / "
	}
	path += n.Name
	if len(n.Children) == 0 {
		return n, cmp.Or(notNegative("customers of "+path, n.Customers), finite("value of "+path, n.Value))
	}
	if depth == 0 {
		return n, inputError("%s has children, and there are no more levels", path)
	}
	out := Node{Name: n.Name}
	for _, child := range n.Children {
		c, err := child.total(path, depth-1, lo, hi)
		if err != nil {
			return n, err
		}
		out.Children = append(out.Children, c)
		out.Customers += c.Customers
		if c.Customers > 0 {
			out.Value += (c.Value - out.Value) * (c.Customers / out.Customers)
			*lo, *hi = min(*lo, c.Value), max(*hi, c.Value)
		}
	}
	return out, finite("value of "+path, out.Value)
}

// edges returns where the levels begin, and where the last ends: all as wide where
// that has room for their names, else each by its longest word.
func (c Icicle) edges(p *pen, area rect) []float64 {
	needs, even := make([]float64, len(c.Levels)), true
	var walk func(nodes []Node, level int)
	walk = func(nodes []Node, level int) {
		for _, n := range nodes {
			needs[level] = max(needs[level], p.widest(strongText, strings.Fields(n.Name)...)+14)
			even = even && p.width(n.Name, strongText) <= area.w/float64(len(c.Levels))-10
			walk(n.Children, level+1)
		}
	}
	walk(c.Nodes, 0)
	total := 0.0
	for i, level := range c.Levels {
		if needs[i] = max(needs[i], p.width(level, tickText)+8); even {
			needs[i] = 1
		}
		total += needs[i]
	}
	edges := []float64{area.x}
	for i, need := range needs {
		edges = append(edges, edges[i]+area.w*(need/total))
	}
	return edges
}

// boxed writes a name into a box, in lines, and a detail below or beside it where
// there is room.
func (p *pen) boxed(name, detail string, r rect, c Color) {
	lines := p.wrap(name, strongText, r.w-10, 3)
	high := 11 * float64(len(lines))
	y, under := r.y+(r.h-high)/2+5.5, r.h >= high+15
	switch {
	case under:
		y -= 5.5
	case r.h < high:
		return
	}
	for i, line := range lines {
		p.text(line, r.x+6, y+11*float64(i), strongText.in(c).at(left, middle))
	}
	switch {
	case under:
		p.text(p.fit(detail, smallText, r.w-10), r.x+6, y+high, smallText.in(c).at(left, middle))
	case len(lines) == 1 && p.width(detail, smallText) <= r.w-16-p.width(name, strongText):
		p.text(detail, r.right()-7, y, smallText.in(c).at(right, middle))
	}
}

func (c Icicle) drawBoxes(p *pen, r rect, root Node, lo, hi float64) {
	foot := 0.0
	if c.Value != "" {
		foot = 20
	}
	area := r.inset(0, 16, 0, foot)
	edges := c.edges(p, area)
	for i, level := range c.Levels {
		p.text(p.fit(level, tickText, edges[i+1]-edges[i]-6), edges[i]+2, r.y, tickText.at(left, top))
	}
	shade := func(v float64) Color {
		if !(hi > lo) || c.Value == "" {
			return mix(wash, accent, 0.25)
		}
		return mix(wash, accent, 0.06+0.94*(v/2-lo/2)/(hi/2-lo/2))
	}
	var boxes func(n Node, level int, y, h float64)
	boxes = func(n Node, level int, y, h float64) {
		for _, child := range n.Children {
			if child.Customers == 0 {
				continue
			}
			high := h * child.Customers / n.Customers
			x, w := edges[level], edges[level+1]-edges[level]
			box := rect{x, y, w - 0.9, high}
			if high > 1.2 {
				box.h -= 0.9
			}
			fill := shade(child.Value)
			detail := c.Share(child.Customers / root.Customers)
			if c.Value != "" {
				detail += "  ·  " + c.Number(child.Value)
			}
			p.bar(child.Name+": "+detail, fill, box)
			p.boxed(child.Name, detail, rect{x, y, w, high}, onto(fill))
			boxes(child, level+1, y, high)
			y += high
		}
	}
	boxes(root, 0, area.y, area.h)
	if foot > 0 && hi > lo {
		low, high := c.Number(lo), c.Number(hi)
		x, wide, y := r.x+p.width(c.Value, smallText)+p.width(low, smallText)+12, min(130, r.w*0.3), r.bottom()-5
		p.text(c.Value, r.x, y, smallText.at(left, middle))
		p.text(low, x-4, y, smallText.at(right, middle))
		p.strip(x, y-3.5, wide, 26, func(t float64) Color { return mix(wash, accent, 0.06+0.94*t) })
		p.text(high, x+wide+4, y, smallText.at(left, middle))
	}
}
