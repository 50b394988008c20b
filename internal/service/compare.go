package service

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/store"
)

// A Change is what another version would change for the customers of a dataset if it
// took the place of the one in use.
type Change struct {
	*insight.Comparison     // of the customers that both have; no drift where there is no Baseline
	Old, New            int // versions
	OldModel, NewModel  *segment.Model
	// Moved are those whose tier changes: the columns id, tier_before, tier_after and
	// those of the table.
	Moved *features.Table
	// Came and Gone count the customers that the new version alone has, and the old one
	// alone: the limits of the trainings leave out others.
	Came, Gone int
	Baseline   bool // whether it is known whom the old version was trained on
	Profiles   []TierChange
}

// A TierChange is how a tier is under the two versions.
type TierChange struct {
	Name     string
	Old, New insight.Group // without rows where the version has no such tier
}

// Means returns the mean of a column in a tier before and after, NaN for none.
func (c TierChange) Means(column string) [2]float64 {
	return [2]float64{meanOf(c.Old, column), meanOf(c.New, column)}
}

// Shift is the key of the text on how far a column has drifted.
func (*Change) Shift(d insight.Drift) string {
	switch {
	case d.PSI > insight.PSIShifted:
		return "compared.population"
	case d.PSI >= insight.PSIStable:
		return "compared.shifted"
	}
	return "compared.steady"
}

// Thresholds are those of the population stability index.
func (*Change) Thresholds() [2]float64 { return [2]float64{insight.PSIStable, insight.PSIShifted} }

func meanOf(g insight.Group, column string) float64 {
	if s, ok := g.Column(column); ok && g.Count > 0 {
		return s.Mean
	}
	return math.NaN()
}

// An InUseError means that a version is not compared with itself.
type InUseError struct{ Version int }

// Error says so.
func (e *InUseError) Error() string { return fmt.Sprintf("version %d is the one in use", e.Version) }

// A ColumnsError means that two versions are models of other columns.
type ColumnsError struct{ Old, New []string }

// Error names the columns.
func (e *ColumnsError) Error() string {
	return fmt.Sprintf("the model takes the columns %s; the one in use takes %s", strings.Join(e.New, ", "), strings.Join(e.Old, ", "))
}

// Compare returns what a version would change if it took the place of the one in use,
// whose customers are those of snap. It is made once for each version.
//
// Errors: [InUseError], [ColumnsError], [store.ErrNoModel], and [store.ErrUnfit] for a
// version that cannot score the customers.
func (s *Service) Compare(ctx context.Context, d *Dataset, snap *snapshot.Snapshot, v store.Version) (*Change, error) {
	if int(v) == snap.Version {
		return nil, &InUseError{int(v)}
	}
	return d.Compared.Get(snap, strconv.Itoa(int(v)), func() (*Change, error) { return s.compare(ctx, d, snap, v) })
}

func (s *Service) compare(ctx context.Context, d *Dataset, snap *snapshot.Snapshot, v store.Version) (*Change, error) {
	model, _, err := s.Store.LoadModel(ctx, d.Model(), v)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(slices.Sorted(slices.Values(model.Columns())), slices.Sorted(slices.Values(snap.Model.Columns()))) {
		return nil, &ColumnsError{Old: snap.Model.Columns(), New: model.Columns()}
	}
	a, err := s.applyTo(ctx, d, model, v)
	if err != nil {
		return nil, err
	}
	c := &Change{Old: snap.Version, New: int(v), OldModel: snap.Model, NewModel: model, Profiles: tierChanges(snap.Profile, a.Profile)}
	oldRows, newRows := common(snap.Customers.IDs(), a.Customers.IDs())
	c.Gone, c.Came = snap.Set.Len()-len(oldRows), a.Set.Len()-len(newRows)
	before, err := snap.Customers.Table.Rows(ctx, oldRows)
	if err != nil {
		return nil, err
	}
	after, err := a.Customers.Table.Rows(ctx, newRows)
	if err != nil {
		return nil, err
	}
	baseline, err := s.baseline(ctx, d.Model(), snap.Version)
	if err != nil {
		return nil, err
	}
	c.Baseline = baseline != nil
	if c.Comparison, err = insight.CompareTable(ctx, snap.Model, model, after, insight.CompareTableOptions{Old: before, Baseline: baseline}); err != nil {
		return nil, err
	}
	c.Moved, err = moved(ctx, snap.Customers, oldRows, a.Customers, newRows)
	return c, err
}

// tierChanges pairs the tiers of two profiles by their names, those of the new one first.
func tierChanges(old, new *insight.Profile) (out []TierChange) {
	for _, g := range new.Tiers {
		was, _ := old.Group(g.Name)
		out = append(out, TierChange{g.Name, was, g})
	}
	for _, g := range old.Tiers {
		if _, ok := new.Group(g.Name); !ok {
			out = append(out, TierChange{g.Name, g, insight.Group{}})
		}
	}
	return out
}

// common returns the rows of the customers that are in two lists of ids, in the order
// of the second. Of an id that several have, the first is the first.
func common(old, new []string) (inOld, inNew []int) {
	at := map[string][]int{}
	for i, id := range old {
		at[id] = append(at[id], i)
	}
	for i, id := range new {
		if rows := at[id]; len(rows) > 0 {
			inOld, inNew, at[id] = append(inOld, rows[0]), append(inNew, i), rows[1:]
		}
	}
	return inOld, inNew
}

// moved returns the customers whose tier is another, of given rows of two results.
func moved(ctx context.Context, old *segmentation.Result, oldRows []int, new *segmentation.Result, newRows []int) (*features.Table, error) {
	ids := new.IDs()
	var rows []int
	var id, from, to []string
	for i, row := range newRows {
		if was, is := old.Predictions[oldRows[i]].Tier, new.Predictions[row].Tier; was != is {
			rows, id, from, to = append(rows, row), append(id, ids[row]), append(from, was), append(to, is)
		}
	}
	t, err := new.Table.Rows(ctx, rows)
	if err != nil {
		return nil, err
	}
	columns := []features.Series{
		features.WordSeries(features.Column{Name: "id", Kind: features.Identifier}, id),
		features.WordSeries(features.Column{Name: "tier_before", Levels: old.Model.TierNames()}, from),
		features.WordSeries(features.Column{Name: "tier_after", Levels: new.Model.TierNames()}, to),
	}
	for _, name := range t.ColumnNames() {
		series := t.Series(name)
		if series.Kind() == features.Identifier && slices.Equal(series.IDs(), id) {
			continue
		}
		if slices.ContainsFunc(columns, func(c features.Series) bool { return strings.EqualFold(c.Name(), name) }) {
			series = series.Named(name + " (file)")
		}
		columns = append(columns, series)
	}
	return features.NewTable(t.AsOf(), columns...)
}

// applyTo applies a model to the customers of a dataset.
func (s *Service) applyTo(ctx context.Context, d *Dataset, model *segment.Model, v store.Version) (a applied, err error) {
	if d.ID == "" {
		return s.apply(ctx, model, v)
	}
	a.Snapshot, err = s.applied(ctx, d, model, int(v))
	return a, err
}

// baselineOf returns how the columns that a model was trained on are distributed.
func baselineOf(ctx context.Context, trained *segmentation.Result) (*insight.Baseline, error) {
	return insight.NewBaseline(ctx, trained.Table, trained.Model.Columns(), slices.Sorted(maps.Keys(trained.Model.Words()))...)
}

// keepBaseline keeps whom a version was trained on beside it.
func (b *Records) keepBaseline(ctx context.Context, info store.ModelInfo, base *insight.Baseline) error {
	_, err := execute(ctx, b.DB, `insert into webapp_baselines (model, version, checksum, baseline) values (?, ?, ?, ?)
		on conflict (model, version) do update set checksum = excluded.checksum, baseline = excluded.baseline`,
		info.Name, info.Version, info.Checksum, asJSON[*insight.Baseline]{base})
	return err
}

// baseline returns whom a version was trained on; nil where that was not kept: the
// version is of another program, or of an earlier one.
func (s *Service) baseline(ctx context.Context, model string, version int) (*insight.Baseline, error) {
	list, err := s.ModelVersions(ctx, model)
	if err != nil {
		return nil, err
	}
	var kept asJSON[*insight.Baseline]
	for _, info := range list {
		if int(info.Version) != version {
			continue
		}
		// A version that was deleted may have its number again.
		err := s.Records.DB.GetContext(ctx, &kept, s.Records.DB.Rebind(`select baseline from webapp_baselines where model = ? and version = ? and checksum = ?`), model, version, info.Checksum)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	return kept.V, nil
}
