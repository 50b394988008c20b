package site

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// forgetInSets removes a customer from the datasets, and returns the number of rows
// and results that went.
func (s *Site) forgetInSets(ctx context.Context, f erasure) (places int, err error) {
	for _, d := range s.listed() {
		n, err := s.forgetIn(ctx, d, f)
		if err != nil {
			return places, err
		}
		places += n
	}
	return places, nil
}

func (s *Site) forgetIn(ctx context.Context, d *dataset, f erasure) (int, error) {
	id := d.Roles.V.ID
	if id == "-" || id == "" { // the rows are numbered
		return 0, nil
	}
	ids, err := s.store.ReadTable(ctx, d.table(), store.TableOptions{Read: features.TableOptions{Columns: []string{id}}})
	if err != nil {
		return 0, err
	}
	var gone, rest []int
	for i, other := range ids.Series(id).IDs() {
		if other == f.id {
			gone = append(gone, i)
		} else {
			rest = append(rest, i)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	if len(rest) == 0 {
		s.removeSet(d)
		return len(gone), s.records.dropDataset(ctx, d.keptData)
	}
	t, err := s.store.ReadTable(ctx, d.table(), store.TableOptions{})
	if err != nil {
		return 0, err
	}
	results, err := s.records.dropResults(ctx, d.ID, func(customer map[string]any) bool {
		return slices.ContainsFunc(gone, func(i int) bool { return isRow(t, i, customer) })
	})
	if err != nil {
		return 0, err
	}
	if t, err = without(t, rest); err != nil {
		return 0, err
	}
	return len(gone) + results, s.rewrite(ctx, d, t, f)
}

// isRow reports whether the values of a customer are those of a row.
func isRow(t *features.Table, i int, customer map[string]any) bool {
	for name, v := range customer {
		c := t.Series(name)
		var own any
		switch {
		case c.IsZero():
			return false
		case c.Missing(i):
		case c.Kind().Numeric():
			own = c.Number(i)
		default:
			own = c.Word(i)
		}
		if flag, ok := v.(bool); ok {
			v = map[bool]float64{true: 1}[flag]
		}
		if own != v {
			return false
		}
	}
	return len(customer) > 0
}

// without returns the rows of a table that stay, without the words that only the
// others had.
func without(t *features.Table, rest []int) (*features.Table, error) {
	t, err := t.Rows(rest)
	if err != nil {
		return nil, err
	}
	var list []features.Series
	for _, c := range t.Columns() {
		s := t.Series(c.Name)
		if c.Levels = nil; c.Kind == features.Category {
			s = features.WordSeries(c, s.Words())
		}
		list = append(list, s)
	}
	return features.NewTable(t.AsOf(), list...)
}

// rewrite puts a table in the place of that of a dataset, with what follows from it.
func (s *Site) rewrite(ctx context.Context, d *dataset, t *features.Table, f erasure) error {
	if err := s.store.SaveTable(ctx, d.table(), t); err != nil {
		return err
	}
	k := d.keptData
	k.Customers = t.Len()
	k.Told.V = slices.DeleteFunc(slices.Clone(k.Told.V), f.In)
	columns := columnsOf(t, features.Roles{}, nil)
	for i := range columns {
		columns[i].Why, columns[i].Reason = k.Columns.V[i].Why, k.Columns.V[i].Reason
	}
	k.Columns.V = columns
	if err := s.records.setDataset(ctx, k); err != nil {
		return err
	}
	s.replace(k, nil)
	_, info, err := s.store.LoadModel(ctx, d.model(), store.Active)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.store.Activate(ctx, d.model(), info.Version, store.ActivateOptions{Results: func(ctx context.Context, m *segment.Model) (*store.Results, error) {
		snap, err := s.applied(ctx, d, m, int(info.Version))
		if err != nil {
			return nil, err
		}
		return snap.Results()
	}})
}

// removeSet takes a dataset off the list.
func (s *Site) removeSet(d *dataset) {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	s.sets = slices.DeleteFunc(s.sets, func(other *dataset) bool { return other.ID == d.ID })
}

// dropResults deletes the results of a dataset whose customer has certain values, and
// returns their number.
func (b *records) dropResults(ctx context.Context, dataset string, is func(customer map[string]any) bool) (n int, err error) {
	all, err := list[conversation](ctx, b, selectConversations+`dataset = ? and kind = ?`, dataset, kindResult)
	if err != nil {
		return 0, err
	}
	err = b.inTx(ctx, func(tx *sqlx.Tx) error {
		for _, c := range all {
			var customer map[string]any
			if json.Unmarshal([]byte(c.Customer), &customer) != nil || !is(customer) {
				continue
			}
			dropped, err := dropConversations(ctx, tx, `id = ?`, c.ID)
			if err != nil {
				return err
			}
			n += int(dropped)
		}
		return nil
	})
	return n, err
}
