package segmentation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// Merged returns the table with the columns cluster and tier. Columns of its own
// that have such a name, of an earlier scoring say, in any case, are called
// "cluster (file)" and "tier (file)" there. The error of ctx is returned once it has
// ended.
func (r *Result) Merged(ctx context.Context) (*features.Table, error) {
	r = orZero(r)
	clusters, tiers, err := r.places(ctx)
	if err != nil {
		return nil, err
	}
	return besides(r.Table, clusters, tiers)
}

// places returns the columns cluster and tier.
func (r *Result) places(ctx context.Context) (clusters, tiers features.Series, err error) {
	labels, names := make([]int, len(r.Predictions)), make([]string, len(r.Predictions))
	for i, p := range r.Predictions {
		if i%blockRows == 0 {
			if err := cause.Of(ctx); err != nil {
				return clusters, tiers, err
			}
		}
		labels[i], names[i] = p.Cluster, p.Tier
	}
	return features.NumberSeries(features.Column{Name: "cluster"}, labels),
		features.WordSeries(features.Column{Name: "tier", Levels: r.Model.TierNames()}, names), cause.Of(ctx)
}

// besides returns a table with further columns behind its own, which make room for
// their names.
func besides(t *features.Table, more ...features.Series) (*features.Table, error) {
	taken := map[string]bool{}
	for _, name := range t.ColumnNames() {
		taken[name] = true
	}
	var list []features.Series
	for _, name := range t.ColumnNames() {
		s := t.Series(name)
		if slices.ContainsFunc(more, func(m features.Series) bool { return strings.EqualFold(m.Name(), name) }) {
			other := name + " (file)"
			for i := 2; taken[other]; i++ {
				other = fmt.Sprintf("%s (file %d)", name, i)
			}
			taken[other] = true
			s = s.Named(other)
		}
		list = append(list, s)
	}
	return features.NewTable(t.AsOf(), append(list, more...)...)
}

// IDs returns the ids of the rows: of the column of ids that the model was trained
// with or, for customers of the campaign schema, of id; else 1, 2, 3, ….
func (r *Result) IDs() []string {
	if r = orZero(r); r.ids != nil {
		return slices.Clone(r.ids)
	}
	return ids(r.Table, r.idColumn(), r.first)
}

// idColumn returns the name of the column of ids in the table, empty for none.
func (r *Result) idColumn() string {
	for _, name := range []string{r.Roles.ID, r.Model.ID()} {
		if s, err := r.Table.Column(name); err == nil && name != "" {
			return s.Name()
		}
	}
	if s := r.Table.Series("id"); s.Kind() == features.Identifier && r.Roles.Columns == nil {
		return "id"
	}
	return ""
}

// ids returns the values of a column of ids, or numbers from first + 1 on where there
// is none.
func ids(t *features.Table, column string, first int) []string {
	if s, err := t.Column(column); err == nil && column != "" {
		return s.IDs()
	}
	out := make([]string, t.Len())
	for i := range out {
		out[i] = strconv.Itoa(first + i + 1)
	}
	return out
}

// Scores returns, for each row of the table, its id and its place in the model: the
// columns id, cluster, tier, distance, margin (∞ is a missing value) and warnings,
// sentences with semicolons between. The error of ctx is returned once it has ended.
func (r *Result) Scores(ctx context.Context) (*features.Table, error) {
	r = orZero(r)
	clusters, tiers, err := r.places(ctx)
	if err != nil {
		return nil, err
	}
	n := len(r.Predictions)
	distance, margin, warnings := make([]float64, n), make([]float64, n), make([]string, n)
	for i, p := range r.Predictions {
		if i%blockRows == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		distance[i], margin[i] = p.Distance, p.Margin
		var said []string
		for _, w := range p.Warnings {
			said = append(said, w.String())
		}
		warnings[i] = strings.Join(said, "; ")
	}
	number := func(name string, values []float64) features.Series {
		return features.NumberSeries(features.Column{Name: name, Kind: features.Amount}, values)
	}
	return features.NewTable(r.Table.AsOf(), features.WordSeries(features.Column{Name: "id", Kind: features.Identifier}, r.IDs()),
		clusters, tiers, number("distance", distance), number("margin", margin),
		features.WordSeries(features.Column{Name: "warnings", Kind: features.FreeText}, warnings))
}

// List returns the customers of a tier, for a campaign: their id first, then all
// columns of the table, then cluster and tier, as [Result.Merged] has them. A table
// without a column of ids gets one, id, of the numbers of its rows. A tier that the
// model does not have is an error, as is that of ctx; one without customers has no
// rows.
func (r *Result) List(ctx context.Context, tier string) (*features.Table, error) {
	r = orZero(r)
	if !slices.Contains(r.Model.TierNames(), tier) {
		return nil, fmt.Errorf("segmentation: the model has no tier %q; want %s", tier, strings.Join(r.Model.TierNames(), ", "))
	}
	t, err := r.Merged(ctx)
	if err != nil {
		return nil, err
	}
	id := r.idColumn()
	if id == "" {
		id = "id"
		if t, err = besides(t, features.WordSeries(features.Column{Name: id, Kind: features.Identifier}, r.IDs())); err != nil {
			return nil, err
		}
	}
	names := t.ColumnNames()
	names = append([]string{id}, slices.DeleteFunc(names, func(name string) bool { return name == id })...)
	var rows []int
	for i, p := range r.Predictions {
		if p.Tier == tier {
			rows = append(rows, i)
		}
	}
	if t, err = t.Rows(ctx, rows); err != nil {
		return nil, err
	}
	return t.Select(names...)
}
