package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

// forgetInSets removes a customer from the datasets, or from the one of the Erasure,
// and returns from how many places. No dataset is loaded or trained meanwhile.
func (s *Service) forgetInSets(ctx context.Context, f Erasure) (places int, err error) {
	s.Changing.Lock()
	defer s.Changing.Unlock()
	for _, d := range s.Listed() {
		if f.of != nil && f.of.ID != d.ID {
			continue
		}
		one := f
		one.of = d
		n, err := s.forgetIn(ctx, one)
		if err != nil {
			return places, err
		}
		places += n
	}
	return places, nil
}

// forgetIn removes a customer from the dataset of an Erasure, all or nothing.
func (s *Service) forgetIn(ctx context.Context, f Erasure) (places int, err error) {
	d := f.of
	id := d.Roles.V.ID
	if id == "-" || id == "" { // the rows are numbered
		return 0, nil
	}
	ids, err := s.Store.ReadTable(ctx, d.Table(), store.TableOptions{Read: features.TableOptions{Columns: []string{id}}})
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
		if err := s.Records.dropDataset(ctx, d.KeptData); err != nil {
			return 0, err
		}
		s.removeSet(d)
		return len(gone), nil
	}
	t, err := s.ReadSet(ctx, d.KeptData, d.Day())
	if err != nil {
		return 0, err
	}
	k, err := d.without(ctx, t, rest, f)
	if err != nil {
		return 0, err
	}
	counted, err := s.countedOn(ctx, d, t)
	if err != nil {
		return 0, err
	}
	results, err := list[Conversation](ctx, s.Records, selectConversations+`dataset = ? and kind = ?`, d.ID, KindResult)
	if err != nil {
		return 0, err
	}
	_, err = s.Store.ForgetFrom(ctx, d.Table(), id, f.id, func(ctx context.Context, tx *sqlx.Tx, rows int) error {
		if rows < len(gone) {
			return fmt.Errorf("the id of a customer is in %d rows of %s, and %d of them were found", len(gone), d.Table(), rows)
		}
		places = rows
		count := func(n int64, err error) error {
			places += int(n)
			return err
		}
		for _, c := range results {
			var customer map[string]any
			if json.Unmarshal([]byte(c.Customer), &customer) != nil || !slices.ContainsFunc(counted, func(t *features.Table) bool {
				return slices.ContainsFunc(gone, func(i int) bool { return isRow(t, i, customer) })
			}) {
				continue
			}
			if err := count(dropConversations(ctx, tx, `id = ?`, c.ID)); err != nil {
				return err
			}
		}
		if err := count(forgetLists(ctx, tx, f)); err != nil {
			return err
		}
		if err := s.Records.forgetTexts(ctx, tx, f, count); err != nil {
			return err
		}
		return errors.Join(setDataset(ctx, tx, k), dropAnswers(ctx, tx, f))
	})
	if err != nil {
		return 0, err
	}
	s.replace(k, nil)
	return places, nil
}

// countedOn returns a table of a dataset as it is counted now, and on the days of its
// models, on which results may rest.
func (s *Service) countedOn(ctx context.Context, d *Dataset, t *features.Table) ([]*features.Table, error) {
	models, err := s.ModelVersions(ctx, d.Model())
	out := []*features.Table{t}
	for _, m := range models {
		if !m.AsOf.IsZero() && !slices.ContainsFunc(out, func(t *features.Table) bool { return t.AsOf().Equal(m.AsOf) }) {
			t, err := features.RFMAt(ctx, t, features.AsOf(m.AsOf))
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
	}
	return out, err
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

// without returns what is kept of a dataset whose rows that stay are rest: the words
// that only the others had, and their least and greatest values, go.
func (k KeptData) without(ctx context.Context, t *features.Table, rest []int, f Erasure) (KeptData, error) {
	t, err := t.Rows(ctx, rest)
	if err != nil {
		return k, err
	}
	k.Told.V = slices.DeleteFunc(slices.Clone(k.Told.V), f.In)
	return k.counted(t), nil
}

// counted returns what is kept of a dataset whose customers are those of a table now.
func (k KeptData) counted(t *features.Table) KeptData {
	k.Customers = t.Len()
	if day := t.AsOf(); !day.IsZero() {
		k.AsOf = day.Format(time.DateOnly)
	}
	columns := columnsOf(t, features.Roles{}, nil)
	for i := range columns {
		columns[i].Why, columns[i].Reason = k.Columns.V[i].Why, k.Columns.V[i].Reason
	}
	k.Columns.V = columns
	return k
}

// removeSet takes a dataset off the list.
func (s *Service) removeSet(d *Dataset) {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	s.sets = slices.DeleteFunc(s.sets, func(other *Dataset) bool { return other.ID == d.ID })
}
