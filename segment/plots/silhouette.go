package plots

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
)

// Silhouette shows how well customers fit their clusters: for each cluster a
// blade, as high as the cluster is large, of the silhouettes of its customers
// in order. Blades that are long to the right are apart from the others; what
// reaches left of 0 is nearer to another cluster.
type Silhouette struct {
	// Groups are the clusters, the most valuable first.
	Groups []Group
	// Labels is the group of each row, Scores its silhouette, −1 to 1.
	Labels []int
	Scores []float64
	// Captions stand under the names of the groups; nil counts the customers.
	Captions []string
	// X is the axis of the silhouettes, and All names the line of their mean;
	// "Silhouette" and "mean of all" with it where empty.
	X   Axis
	All string
}

// SilhouetteOf returns the chart of the scores of [segment.Silhouette] and the
// labels that they were computed for.
func SilhouetteOf(s segment.SilhouetteScores, labels []int, groups []Group) Silhouette {
	return Silhouette{Groups: groups, Labels: labels, Scores: s.PerRow}
}

// maxSilhouettes bounds the rows: the work grows with the square of their number.
const maxSilhouettes = 4000

// SilhouetteOfModel computes the silhouettes of rows z behind the pipeline of a
// model, whose clusters are the labels; of more than 4,000 rows it takes as many,
// evenly picked.
//
// Errors: those of [segment.Silhouette].
func SilhouetteOfModel(ctx context.Context, m *segment.Model, z mat.Matrix, labels []int) (Silhouette, error) {
	n, d := num.Dims(z)
	if err := length("labels", len(labels), "rows", n); err != nil {
		return Silhouette{}, err
	}
	some, at := mat.NewDense(min(n, maxSilhouettes), d, nil), make([]int, min(n, maxSilhouettes))
	for i := range at {
		row := i * n / len(at)
		some.SetRow(i, mat.Row(nil, row, z))
		at[i] = labels[row]
	}
	scores, err := segment.Silhouette(ctx, some, at, segment.SilhouetteOptions{})
	return SilhouetteOf(scores, at, clusterGroups(m)), err
}

// Figure draws the silhouettes, 16×11 cm.
func (s Silhouette) Figure() (*Figure, error) {
	if err := cmp.Or(checkLabels(s.Labels, len(s.Scores), s.Groups), optional("captions", len(s.Captions), "groups", len(s.Groups))); err != nil {
		return nil, err
	}
	for i, v := range s.Scores {
		if !(v >= -1 && v <= 1) {
			return nil, inputError("the silhouette of row %d is %v; it must lie in %s1 to 1", i, v, minus)
		}
	}
	s.Groups = resolve(s.Groups)
	s.X.Label = cmp.Or(s.X.Label, "Silhouette")
	mean, negative := sum(s.Scores)/float64(len(s.Scores)), 0
	for _, v := range s.Scores {
		if v < 0 {
			negative++
		}
	}
	s.All = cmp.Or(s.All, "mean of all "+number(mean, 2))
	f := picture(Heading{}, 11, "The mean silhouette is "+number(mean, 2), func(p *pen, r rect) { s.drawBlades(p, r, mean) })
	f.Title = "How well do customers fit their cluster? Silhouettes"
	f.Subtitle = fmt.Sprintf("Each line is a customer: 1 fits well, 0 lies between two clusters, below 0 fits another one better (%s here).",
		Percent(float64(negative)/float64(len(s.Scores))))
	return f, nil
}

func (s Silhouette) drawBlades(p *pen, r rect, mean float64) {
	blades := make([][]float64, len(s.Groups))
	least := 0.0
	for i, l := range s.Labels {
		blades[l] = append(blades[l], s.Scores[i])
		least = min(least, s.Scores[i])
	}
	used := 0
	captions := make([]string, len(blades))
	for i, b := range blades {
		slices.SortFunc(b, func(a, b float64) int { return cmp.Compare(b, a) })
		if len(b) > 0 {
			used++
		}
		if captions[i] = fmt.Sprintf("%s, mean %s", counted(float64(len(b)), "customer", "customers"), number(sum(b)/math.Max(1, float64(len(b))), 2)); len(s.Captions) != 0 {
			captions[i] = s.Captions[i]
		}
	}
	names := min(max(p.widest(strongText, groupNames(s.Groups)...), p.widest(smallText, captions...))+10, r.w*0.35)
	lo := math.Floor(least*5-1e-9) / 5
	if least == 0 {
		lo = 0
	}
	area := r.inset(names, 14, 6, 27)
	x := scale{lo, 1, area.x, area.right()}
	for _, v := range []float64{-1, -0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1} {
		if v < lo-1e-9 {
			continue
		}
		c, w := grid, 0.6
		if v == 0 {
			c, w = rule, 0.8
		}
		p.line(c, w, x.at(v), area.y, x.at(v), area.bottom())
		p.text(s.X.tick(1)(v), x.at(v), area.bottom()+5, tickText.at(center, top))
	}
	p.xTitle(s.X.Label, area, r)

	const gap = 7
	perRow := (area.h - gap*float64(used-1)) / float64(len(s.Scores))
	y := area.y
	for i, b := range blades {
		if len(b) == 0 {
			continue
		}
		h := perRow * float64(len(b))
		p.titled(s.Groups[i].Name+": "+captions[i], func() { p.fill(s.Groups[i].Color, 1, blade(p, x, y, h, b)) })
		if h >= 8 {
			p.caption(s.Groups[i].Name, captions[i], r.x, y+h/2, names-8, h, left)
		}
		y += h + gap
	}
	p.line(ink, 1, x.at(mean), area.y-3, x.at(mean), area.bottom(), 3, 2.5)
	at := min(x.at(mean), area.right()-p.width(s.All, labelText)/2)
	p.text(s.All, at, area.y-6, labelText.at(center, baseline))
}

// blade returns the outline of sorted scores, with no more corners than the
// page has thirds of points.
func blade(p *pen, x scale, y, h float64, sorted []float64) vg.Path {
	n := len(sorted)
	steps := min(n, max(2, int(h*3)))
	points := []point{{x.at(0), y}}
	for i := range steps {
		v := sorted[i*n/steps]
		points = append(points, point{x.at(v), y + h*float64(i)/float64(steps)}, point{x.at(v), y + h*float64(i+1)/float64(steps)})
	}
	points = append(points, point{x.at(0), y + h})
	return p.polygon(points...)
}
