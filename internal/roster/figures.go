package roster

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/snapshot"
)

// A Figure is the mean of a tier in a column beside that of everybody; shares, where Share
// is set.
type Figure struct {
	Name       string
	Mean       float64
	Overall    float64
	Difference float64 // the mean over everybody's less 1; NaN where that is 0
	Share      bool
}

var nan = math.NaN()

// mostFigures bounds the key figures of a tier.
const mostFigures = 8

// Figures are the key figures of a tier: the columns that the segments are made of, those
// that rank them first, then revenue and what else questions are about.
func Figures(w *snapshot.Snapshot, tier string) (out []Figure) {
	g, _ := w.Profile.Group(tier)
	names := slices.Concat(w.Model.Value(), w.Model.Columns(), []string{w.Subjects.Revenue}, w.Subjects.Columns)
	for i, name := range names {
		mine, ok := g.Column(name)
		all, _ := w.Profile.Overall.Column(name)
		if !ok || mine.Count == 0 || slices.Contains(names[:i], name) || len(out) == mostFigures {
			continue
		}
		f := Figure{Name: name, Mean: mine.Mean, Overall: all.Mean, Share: w.Set.Series(name).Kind().Binary()}
		f.Difference = f.Mean/f.Overall - 1
		if f.Overall == 0 {
			f.Difference = nan
		}
		out = append(out, f)
	}
	return out
}
