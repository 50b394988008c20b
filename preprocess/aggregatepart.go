package preprocess

import (
	"context"
	"fmt"
	"slices"
)

// part returns the columns of a part of a ColumnTransformer.
func (a *aggregates) part(ctx context.Context, p Part) (*aggregates, error) {
	at, err := positions(a.columns, p.Columns)
	if err != nil {
		return nil, fmt.Errorf("preprocess: column transformer: step %q: %w", p.Step.name, err)
	}
	e, err := a.extent(ctx)
	if err != nil {
		return nil, err
	}
	from := aggregatorPart{of: a, step: p.Step.name, at: at}
	for j := range a.columns {
		if !slices.Contains(at, j) {
			from.rest = append(from.rest, j)
		}
	}
	return &aggregates{from: from, columns: slices.Clone(p.Columns), reach: e.of(at)}, nil
}

// aggregatorPart is an Aggregator of some columns of others.
type aggregatorPart struct {
	of       *aggregates
	step     string
	at, rest []int // columns of the part, and the others
}

// columns returns the steps that lead to those of the part, how wide rows behind them
// are, and which of their columns the part has. Columns of no part have to pass through,
// also where values are missing: they are filled, and nobody looks at them.
func (p aggregatorPart) columns(behind *FittedPipeline) (steps *FittedPipeline, width int, at []int, err error) {
	if behind == nil {
		steps, err = p.of.behind()
		return steps, len(p.of.columns), p.at, err
	}
	names, parts := []string{p.step}, []Fitted{behind}
	if len(p.rest) > 0 {
		others := make([]string, len(p.rest))
		pick(others, p.of.columns, p.rest)
		names = append(names, p.step+" (others)")
		parts = append(parts, &FittedImputer{Constant, others, make([]float64, len(others))})
	}
	all, err := newColumnTransformer(p.of.columns, names, parts)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("preprocess: column transformer: %w: %w", err, ErrOptions)
	}
	last := p.of.next(all)
	steps, err = last.behind()
	at = make([]int, len(behind.OutputColumns()))
	for i := range at {
		at[i] = i
	}
	return steps, len(last.columns), at, err
}

// Extent implements Aggregator.
func (p aggregatorPart) Extent(ctx context.Context, behind *FittedPipeline) (Extent, error) {
	if behind == nil {
		e, err := p.of.extent(ctx)
		return *e.of(p.at), err
	}
	steps, width, at, err := p.columns(behind)
	if err != nil {
		return Extent{}, err
	}
	e, err := p.of.from.Extent(ctx, steps)
	if err == nil && (len(e.Known) != width || len(e.Least) != width || len(e.Greatest) != width) {
		err = contradiction("extents of %d columns for %d", len(e.Known), width)
	}
	if err != nil {
		return Extent{}, err
	}
	return *e.of(at), nil
}

// Ranks implements Aggregator.
func (p aggregatorPart) Ranks(ctx context.Context, behind *FittedPipeline, ranks [][]int) ([][]float64, error) {
	steps, width, at, err := p.columns(behind)
	if err != nil {
		return nil, err
	}
	all := make([][]int, width)
	put(all, ranks, at)
	values, err := p.of.from.Ranks(ctx, steps, all)
	if err == nil && len(values) != width {
		err = contradiction("ranks of %d columns for %d", len(values), width)
	}
	if err != nil {
		return nil, err
	}
	return picked(values, at), nil
}

// Moments implements Aggregator.
func (p aggregatorPart) Moments(ctx context.Context, behind *FittedPipeline, o MomentsOptions) (Moments, error) {
	steps, width, at, err := p.columns(behind)
	if err != nil {
		return Moments{}, err
	}
	all := MomentsOptions{Products: o.Products}
	if o.Center != nil {
		all.Center = make([]float64, width)
		put(all.Center, o.Center, at)
	}
	if o.Power != nil {
		all.Power = ones(width)
		put(all.Power, o.Power, at)
	}
	m, err := p.of.from.Moments(ctx, steps, all)
	if err == nil && (len(m.Known) != width || len(m.Sums) != width || len(m.Squares) != width || o.Products && len(m.Products) != width*width) {
		err = contradiction("moments of %d columns for %d", len(m.Sums), width)
	}
	if err != nil {
		return Moments{}, err
	}
	out := Moments{Known: picked(m.Known, at), Sums: picked(m.Sums, at), Squares: picked(m.Squares, at)}
	for _, i := range at {
		for _, j := range at {
			if o.Products {
				out.Products = append(out.Products, m.Products[i*width+j])
			}
		}
	}
	return out, nil
}

// of returns the extent of some columns.
func (e Extent) of(at []int) *Extent {
	if len(e.Known) == 0 {
		return &e
	}
	return &Extent{e.Rows, picked(e.Known, at), picked(e.Least, at), picked(e.Greatest, at)}
}

// beside returns the extent of columns and of others behind them; nil where one of
// both is not known.
func (e *Extent) beside(o *Extent) *Extent {
	if e == nil || o == nil {
		return nil
	}
	return &Extent{o.Rows, slices.Concat(e.Known, o.Known), slices.Concat(e.Least, o.Least), slices.Concat(e.Greatest, o.Greatest)}
}

func picked[T any](values []T, at []int) []T {
	out := make([]T, len(at))
	pick(out, values, at)
	return out
}
