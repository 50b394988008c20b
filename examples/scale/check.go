package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// inertiaTolerance is how much inertias may differ: they are no exact sums, as a
// distance is rounded by whoever takes it.
const inertiaTolerance = 1e-12

// train trains on a data set.
func train(ctx context.Context, d segment.Dataset, o options) (trained, error) {
	if o.plain {
		return cluster(ctx, d, o)
	}
	m, _, err := segment.TrainOn(ctx, d, segment.TrainOptions{
		Columns: o.columns, Value: o.value, Less: o.less, K: o.k, Seed: o.seed, Tol: o.tol, AsOf: o.asOf,
	})
	if err != nil {
		return trained{}, err
	}
	return trained{rows: m.Rows(), k: m.K(), inertia: m.Inertia(), model: m}, nil
}

// cluster clusters the rows as they are.
func cluster(ctx context.Context, d segment.Dataset, o options) (trained, error) {
	src, err := d.Source(nil)
	if err != nil {
		return trained{}, err
	}
	k := o.k
	var found *segment.Clustering
	if k > 0 {
		found, err = segment.KMeansPP{K: k, Seed: o.seed, Tol: o.tol}.FitStream(ctx, src)
	} else {
		var r *segment.SweepResult
		if r, err = (segment.Sweep{Seed: o.seed, Tol: o.tol}).FitStream(ctx, src); err == nil {
			knee := r.Knee()
			if !knee.Found {
				return trained{}, errors.New("the curve has no knee: say -k")
			}
			k = int(knee.Knee)
			found, _ = r.Clustering(k)
		}
	}
	if err != nil {
		return trained{}, err
	}
	rows := 0.0
	for _, v := range found.Counts() {
		rows += v
	}
	return trained{rows: int(rows), k: k, inertia: found.Inertia(), clustering: found}, nil
}

// check trains on the same rows in memory and returns where what came out differs.
func check(ctx context.Context, p *place, o options, got trained) ([]string, error) {
	kept, err := keep(p.rows)
	if err != nil {
		return nil, err
	}
	reference := segment.Distribute(o.columns, &segment.Local{Cols: len(o.columns), Blocks: kept})
	if !p.exact {
		reference = segment.StreamDataset(o.columns, kept, 0)
	}
	if p.own {
		reference = sameStart{reference, p.dataset}
	}
	want, err := train(ctx, reference, o)
	if err != nil {
		return nil, fmt.Errorf("in memory: %w", err)
	}
	if o.plain {
		return different("", described(got.clustering), described(want.clustering)), nil
	}
	a, err := decoded(got.model)
	if err != nil {
		return nil, err
	}
	b, err := decoded(want.model)
	return different("", a, b), err
}

// sameStart is rows in memory with the stand-ins of another place, where those are of
// its own making: what is compared is then every pass over the rows.
type sameStart struct {
	segment.Dataset
	of segment.Dataset
}

func (d sameStart) Source(pipeline *preprocess.FittedPipeline) (segment.Source, error) {
	src, err := d.Dataset.Source(pipeline)
	if err != nil {
		return nil, err
	}
	of, err := d.of.Source(pipeline)
	return startedSource{src, of}, err
}

type startedSource struct {
	segment.Source
	of segment.Source
}

func (s startedSource) Exact() bool { return s.Source.(segment.Exacter).Exact() }

func (s startedSource) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	return s.of.Sample(ctx, rows, seed)
}

func (s startedSource) Summary(ctx context.Context, points int, seed uint64) (*mat.Dense, []float64, error) {
	return s.of.(segment.Summarizer).Summary(ctx, points, seed)
}

func described(c *segment.Clustering) any {
	return map[string]any{"centroids": c.Centroids().RawMatrix().Data, "counts": c.Counts(), "inertia": c.Inertia()}
}

// decoded returns what a model file has, but for its checksum.
func decoded(m *segment.Model) (any, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	err = json.Unmarshal(data, &all)
	delete(all, "checksum")
	return all, err
}

// different returns the places at which a and b, as JSON decodes to, differ.
func different(at string, a, b any) (out []string) {
	if list, ok := a.([]float64); ok {
		a, b = wrapped(list), wrapped(b.([]float64))
	}
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			var names []string
			for name := range a {
				names = append(names, name)
			}
			for name := range b {
				if _, ok := a[name]; !ok {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			for _, name := range names {
				out = append(out, different(at+"."+name, a[name], b[name])...)
			}
			return out
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				out = append(out, different(fmt.Sprintf("%s[%d]", at, i), a[i], b[i])...)
			}
			return out
		}
	case float64:
		if b, ok := b.(float64); ok {
			if a == b || strings.HasSuffix(at, "inertia") && math.Abs(a-b) <= inertiaTolerance*math.Abs(b) {
				return nil
			}
			return []string{fmt.Sprintf("%s is %v, in memory %v (relative %.1e)", at[1:], a, b, math.Abs(a-b)/math.Abs(b))}
		}
	default:
		if a == b {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %v, in memory %v", at[1:], a, b)}
}

// writeTransformed writes the rows behind the pipeline to Parquet files.
func writeTransformed(ctx context.Context, p *place, o options, t trained) error {
	if t.model == nil {
		return errors.New("-write writes rows behind a pipeline; -plain has none")
	}
	pipeline := t.model.Pipeline()
	return writeParquet(ctx, o.write, pipeline.OutputColumns(), transformed(ctx, p.rows, pipeline, len(o.columns)))
}

func transformed(ctx context.Context, rows blocks, pipeline *preprocess.FittedPipeline, d int) blocks {
	return func(yield func([]float64, error) bool) {
		for block, err := range rows {
			var z *mat.Dense
			if err == nil {
				z, err = pipeline.Transform(ctx, mat.NewDense(len(block)/d, d, block))
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(z.RawMatrix().Data, nil) {
				return
			}
		}
	}
}

func wrapped(list []float64) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}
