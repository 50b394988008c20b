package insight

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// geometry holds a model's clusters behind its pipeline and in its columns.
type geometry struct {
	model       *segment.Model
	affine      *affine
	k           int
	columns     []string
	centroids   *mat.Dense                   // k×q
	near        *engine.Centroids            // the same
	centres     [][]float64                  // k×d, in what the affine map takes
	ranges      []segment.Range              // of the columns in training
	categorical []*segment.CategoricalColumn // by column; nil for numbers
	lane        []int                        // by column of numbers, its place in what the affine map takes
	base        []float64                    // what the head gives for some row; nil without a head
}

// newGeometry returns the geometry of a model. Errors: ErrNotLinear,
// ErrNotModel for a model that was never trained.
func newGeometry(m *segment.Model) (*geometry, error) {
	if err := trained(m); err != nil {
		return nil, err
	}
	a, err := newAffine(m.Pipeline())
	if err != nil {
		return nil, err
	}
	g := &geometry{model: m, affine: a, k: m.K(), columns: m.Columns(), centroids: m.Centroids(), ranges: m.Ranges()}
	g.near = engine.NewCentroids(g.centroids.RawMatrix().Data, a.q)
	g.categorical = make([]*segment.CategoricalColumn, len(g.columns))
	for _, c := range m.Categorical() {
		g.categorical[slices.Index(g.columns, c.Column)] = &c
	}
	g.lane = slices.Repeat([]int{-1}, len(g.columns))
	for l, j := range a.group {
		if g.categorical[j] == nil && g.lane[j] >= 0 {
			return nil, fmt.Errorf("column %s is taken for categories behind a curve: %w", g.columns[j], segment.ErrNotLinear)
		}
		g.lane[j] = l
	}
	g.centres, err = g.findCentres()
	return g, err
}

// trained returns an error for a model that is nil or zero.
func trained(m *segment.Model) error {
	if m == nil || m.K() == 0 {
		return fmt.Errorf("%w: it was not trained", segment.ErrNotModel)
	}
	return nil
}

func (g *geometry) centroid(c int) []float64 { return g.centroids.RawRowView(c) }

func (g *geometry) behind(row []float64) ([]float64, error) {
	z := make([]float64, g.affine.q)
	return z, g.model.Pipeline().TransformRow(z, row)
}

// findCentres returns for each cluster the point u that the pipeline maps to its
// centroid and that is nearest (in the columns as scaled) to the mean of its
// rows: the mean itself, but for values that were missing and a training that
// stopped before its end. With a head, the mean is that of the indicators (the
// shares of the categories in the cluster), and of numbers what head makes of their
// mean.
func (g *geometry) findCentres() ([][]float64, error) {
	a, k := g.affine, g.k
	means := mat.NewDense(k, a.d, nil)
	if len(a.head) > 0 {
		if err := g.headMeans(means); err != nil {
			return nil, err
		}
	} else {
		for c, row := range g.model.Means() {
			means.SetRow(c, row)
		}
	}
	z, err := through(a.tail, means)
	if err != nil {
		return nil, err
	}
	from, err := back(a.tail, z)
	if err != nil {
		return nil, err
	}
	to, err := back(a.tail, g.centroids)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, k)
	for c := range out {
		out[c] = make([]float64, a.d)
		for j := range out[c] {
			out[c][j] = means.At(c, j) + (to.At(c, j) - from.At(c, j))
		}
	}
	return out, nil
}

// headMeans fills in what stands for the means in each cluster behind the head.
func (g *geometry) headMeans(means *mat.Dense) error {
	row := make([]float64, len(g.columns))
	for j, column := range g.categorical {
		if column != nil {
			row[j] = column.Values[0]
		}
	}
	for c, mean := range g.model.Means() {
		for j, column := range g.categorical {
			if column == nil {
				row[j] = mean[j]
			}
		}
		var err error
		if g.base, err = g.affine.inputs(row); err != nil {
			return err
		}
		for l, j := range g.affine.group {
			if g.categorical[j] == nil {
				means.Set(c, l, g.base[l])
			}
		}
	}
	for j, column := range g.categorical {
		if column == nil {
			continue
		}
		for i, v := range column.Values {
			row[j] = v
			u, err := g.affine.inputs(row)
			if err != nil {
				return err
			}
			for c, counts := range column.Counts {
				if n := counts[i]; n > 0 {
					size := 0
					for _, n := range counts {
						size += n
					}
					for l, at := range g.affine.group {
						if at == j {
							means.Set(c, l, means.At(c, l)+float64(u[l]*float64(n))/float64(size))
						}
					}
				}
			}
		}
		row[j] = column.Values[0]
	}
	return nil
}
