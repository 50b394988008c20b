package insight

import (
	"github.com/customer-personality/segmentation/segment"
)

// DominantAbove is the share of the variance between the clusters above which
// one column decides nearly alone, a convention of this library.
const DominantAbove = 0.8

// Dominance is how much each column separates the clusters.
type Dominance struct {
	// Columns are the shares, in the order of the model's columns.
	Columns []ColumnShare `json:"columns"`
	// Dominant is the column whose share is above DominantAbove; empty for none.
	Dominant string `json:"dominant,omitempty"`
}

// ColumnShare is what one column has to do with the clusters.
type ColumnShare struct {
	Column string `json:"column"`
	// Between is the column's share of the variance between the clusters: the
	// shares add up to 1. It may be below 0 where clusters differ in a column
	// against the direction in which others part them.
	Between float64 `json:"between"`
	// Distance is the column's share of the distance between rows, as in
	// Model.Shares.
	Distance float64 `json:"distance"`
}

// DominanceOf returns each column's share of the variance between the clusters
// behind the pipeline, B = Σ n·|c−m|² over clusters of n rows with centroid c,
// and m the mean of all rows. As the pipeline is linear, |c−m|² falls into one
// part for each column: the difference of the cluster's mean in the column
// times what it adds to c−m. The part of a categorical column is the sum of those
// of its indicators.
//
// Errors: ErrNotLinear, ErrNotModel for a model that was never trained.
func DominanceOf(m *segment.Model) (Dominance, error) {
	g, err := newGeometry(m)
	if err != nil {
		return Dominance{}, err
	}
	a, centres, tiers, shares := g.affine, g.centres, m.Tiers(), m.Shares()
	d, q := a.d, a.q
	mean, middle, rows := make([]float64, d), make([]float64, q), 0.0
	for c, tier := range tiers {
		rows += tier.Size
		for j := range mean {
			mean[j] += float64(tier.Size * centres[c][j])
		}
		for i, v := range g.centroid(c) {
			middle[i] += float64(tier.Size * v)
		}
	}
	parts, total := make([]float64, len(g.columns)), 0.0
	for c, tier := range tiers {
		for j, column := range a.group {
			toward := 0.0
			for i, v := range g.centroid(c) {
				toward += float64(a.w[i*d+j] * (v - middle[i]/rows))
			}
			part := float64(tier.Size * (centres[c][j] - mean[j]/rows) * toward)
			parts[column] += part
			total += part
		}
	}
	var out Dominance
	for j, name := range g.columns {
		s := ColumnShare{Column: name, Distance: shares[j]}
		if total > 0 {
			s.Between = parts[j] / total
		}
		if s.Between > DominantAbove && len(g.columns) > 1 {
			out.Dominant = name
		}
		out.Columns = append(out.Columns, s)
	}
	return out, nil
}
