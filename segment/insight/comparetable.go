package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// CompareTableOptions are what is compared beside the models. The zero value works.
type CompareTableOptions struct {
	// Columns name the columns whose drift is told; default: those of the old model.
	Columns []string

	// Before is a table to compare the given one with, column by column: that of the
	// old training, say. None needed.
	Before preprocess.Table
	// Baseline is what was kept of such a table, which is compared in its place, with
	// the columns that it has.
	Baseline *Baseline

	// Old has the same rows as the old model counts them, on another day say, in the
	// same order; default: the given table.
	Old preprocess.Table
}

// CompareTable predicts the rows of a table with both models, each by its own words
// and columns, and returns what differs, as Compare does of a matrix.
//
// Errors: ErrNotModel for a model that was never trained, those of PredictTable,
// ErrWidth for Old of another length, for Before those of its columns and ErrEmpty for
// one without rows, and those of [Baseline.Drift].
func CompareTable(ctx context.Context, old, new *segment.Model, t preprocess.Table, o CompareTableOptions) (*Comparison, error) {
	ctx = cmp.Or(ctx, context.Background())
	c, err := compare(ctx, old, new, func(m *segment.Model) ([]int, error) {
		rows := t
		if m == old && o.Old != nil {
			rows = o.Old
		}
		x, err := m.Matrix(ctx, rows)
		if err != nil {
			return nil, err
		}
		return clustersOf(ctx, m, x)
	})
	if err != nil {
		return nil, err
	}
	if o.Before != nil {
		if o.Columns == nil {
			o.Columns = old.Columns()
		}
		for _, name := range o.Columns {
			d, err := tableDrift(ctx, [2]preprocess.Table{o.Before, t}, name, old.Words()[name] != nil || new.Words()[name] != nil)
			if err != nil {
				return nil, fmt.Errorf("the drift of column %s: %w", name, err)
			}
			c.Drift = append(c.Drift, d)
		}
	} else if o.Baseline != nil {
		if c.Drift, err = o.Baseline.Drift(ctx, t); err != nil {
			return nil, err
		}
	}
	c.judge()
	return c, nil
}

// tableDrift returns how far a column differs between two tables, before and after.
func tableDrift(ctx context.Context, tables [2]preprocess.Table, name string, isWords bool) (Drift, error) {
	if err := cause.Of(ctx); err != nil {
		return Drift{}, err
	}
	if isWords {
		var words [2][]string
		for i, t := range tables {
			var err error
			if words[i], err = t.Words(ctx, name); err != nil {
				return Drift{}, err
			}
			if len(words[i]) == 0 {
				return Drift{}, fmt.Errorf("%w: there are no words %s", segment.ErrEmpty, []string{"before", "after"}[i])
			}
		}
		return driftOf(name, words[0], words[1], func(word string) bool { return word == "" }), nil
	}
	var x [2]*mat.Dense
	for i, t := range tables {
		var err error
		if x[i], err = t.Matrix(ctx, name); err != nil {
			return Drift{}, err
		}
	}
	d, err := Drifts(ctx, x[0], x[1], name)
	if err != nil {
		return Drift{}, err
	}
	return d[0], nil
}

// driftOf returns how far a column of categories differs, each a bin of its own and
// one for missing ones.
func driftOf[T cmp.Ordered](name string, before, after []T, missing func(T) bool) Drift {
	var categories []T
	for _, v := range slices.Concat(before, after) {
		if !missing(v) {
			categories = append(categories, v)
		}
	}
	slices.Sort(categories)
	categories = slices.Compact(categories)
	bins := func(values []T) []float64 {
		out := make([]float64, len(categories)+1)
		for _, v := range values {
			i, found := slices.BinarySearch(categories, v)
			if !found {
				i = len(categories)
			}
			out[i]++
		}
		return out
	}
	psi := stabilityIndex(bins(before), bins(after), float64(len(before)), float64(len(after)))
	return Drift{Column: name, PSI: psi, KS: math.NaN(), KSCritical: math.NaN()}
}
