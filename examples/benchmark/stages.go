package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// stage is a part of the whole program.
type stage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// stages run the parts of examples/train on a campaign file one by one, in a
// program of its own, and write how long each took.
func stages(ctx context.Context, campaign, folder string, w io.Writer) error {
	s := stopwatch{last: time.Now()}
	table, report, err := parsed(ctx, campaign, &s)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(folder, "stages.db"), store.Options{Migrate: true})
	if err != nil {
		return err
	}
	defer db.Close()
	s.lap("open the database")
	swept := time.Time{}
	r, err := segmentation.Train(ctx, table, segmentation.TrainOptions{
		Cleaned: func(features.Dropped) { s.lap("clean") },
		Report:  report,
		Model:   segment.TrainOptions{Seed: 1, Progress: func(segment.Progress) { swept = time.Now() }},
	})
	if err != nil {
		return err
	}
	s.until("scale, project, sweep", swept)
	s.lap("knee, validity, tiers")
	results, err := r.Results(ctx)
	if err != nil {
		return err
	}
	s.lap("encode")
	if err := stored(ctx, db, table, r, results, &s); err != nil {
		return err
	}
	told := textreport.Training{Result: r, Source: &segmentation.Source{Table: table, Report: report}, From: campaign, MinK: 2, MaxK: 10}
	if err := written(ctx, folder, r, results, &told); err != nil {
		return err
	}
	s.lap("files")
	if err := told.Sum(ctx, db, segmentation.ModelName); err != nil {
		return err
	}
	if err := told.WriteJSON(io.Discard); err != nil {
		return err
	}
	s.lap("report")
	return json.NewEncoder(w).Encode(s.stages)
}

func parsed(ctx context.Context, campaign string, s *stopwatch) (*features.Table, features.Report, error) {
	file, err := os.Open(campaign)
	if err != nil {
		return nil, features.Report{}, err
	}
	defer file.Close()
	o := features.ReadOptions{AsOf: features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))}
	reader := features.Read(file, o)
	var customers []features.Customer
	for c, err := range reader.All(ctx) {
		if err != nil {
			return nil, reader.Report(), err
		}
		customers = append(customers, c)
	}
	s.lap("parse")
	table, err := features.Engineer(ctx, customers, o.AsOf)
	s.lap("engineer columns")
	return table, reader.Report(), err
}

func stored(ctx context.Context, db *store.Store, table *features.Table, r *segmentation.Result, results *store.Results, s *stopwatch) error {
	_, err := db.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
		for c := range table.Customers() {
			if !yield(*c, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	s.lap("store customers")
	_, err = db.SaveModel(ctx, segmentation.ModelName, r.Model, store.SaveOptions{Activate: true, Results: results})
	s.lap("store model and tables")
	return err
}

// written writes the files of examples/train.
func written(ctx context.Context, folder string, r *segmentation.Result, results *store.Results, told *textreport.Training) error {
	merged, err := r.Merged(ctx)
	if err != nil {
		return err
	}
	for name, t := range map[string]*features.Table{"unencoded.csv": r.Table, "encoded.csv": results.Encoded.Table, "merged.csv": merged} {
		path := filepath.Join(folder, name)
		if err := atomicfile.Write(path, func(w io.Writer) error { return t.WriteCSV(ctx, w) }); err != nil {
			return err
		}
		told.Tables = append(told.Tables, path)
	}
	told.ModelFile = filepath.Join(folder, "model.json")
	return r.Model.Save(told.ModelFile)
}

// stopwatch measures stages one after another.
type stopwatch struct {
	last   time.Time
	stages []stage
}

func (s *stopwatch) lap(name string) { s.until(name, time.Now()) }

func (s *stopwatch) until(name string, end time.Time) {
	s.stages = append(s.stages, stage{name, end.Sub(s.last).Seconds()})
	s.last = end
}

// leastStages are the least times of each stage over several runs, and what is left
// of the whole program: its start and its end.
func leastStages(runs [][]stage, whole float64) []stage {
	out := append([]stage(nil), runs[0]...)
	rest := whole
	for i := range out {
		for _, r := range runs {
			out[i].Seconds = min(out[i].Seconds, r[i].Seconds)
		}
		rest -= out[i].Seconds
	}
	return append(out, stage{"the rest", max(0, rest)})
}

func stagesText(of []stage) string {
	var parts []string
	for _, s := range of {
		parts = append(parts, fmt.Sprintf("%s %s", s.Name, seconds(s.Seconds)))
	}
	return strings.Join(parts, ", ")
}
