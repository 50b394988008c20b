package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// The SQL of words, logarithms, quantiles, powers and steps on some columns agrees
// with Predict on every row of a table, also on those that Predict refuses.
func TestScoringViewOfWords(t *testing.T) {
	f := mall.Customers(400)
	odd := f.Odd()
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, f, mall.Columns, mall.Words...)
	check(t, err)
	pipelines := mall.Pipelines(words)
	for name, p := range map[string]preprocess.Preparation{
		"chosen, unknown refused":  {Words: words},
		"chosen, unknown accepted": {Words: words, Unknown: preprocess.Accept, PCAAbove: 3},
	} {
		pipelines[name], _, err = p.Choose(ctx, x, mall.Columns...)
		check(t, err)
	}
	onEach(t, func(t *testing.T, s *Store) {
		real := s.dialect.types()["double"]
		_, err := s.DB().Exec("CREATE TABLE mall (line integer, gender varchar(20), age " + real + ", income " + real + ", city text, score " + real + ")")
		check(t, err)
		for i := range odd.Texts["city"] {
			row := odd.Row(i)
			_, err := s.DB().Exec(s.DB().Rebind("INSERT INTO mall VALUES (?, ?, ?, ?, ?, ?)"), i, row["gender"], row["age"], row["income"], row["city"], row["score"])
			check(t, err)
		}
		for name, pipeline := range pipelines {
			m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: mall.Columns, Value: []string{"score"}, K: 4, Seed: 1, Pipeline: &pipeline})
			check(t, err)
			check(t, s.CreateScoringView(ctx, "scored", m.Model, ViewOptions{Table: "mall", Keep: []string{"line"}}))
			rows, err := s.DB().Query("SELECT line, cluster, tier, distance, margin FROM scored")
			check(t, err)
			told := mall.CheckScored(t, rows, func(i int) (int, string, float64, float64, error) {
				p, err := m.PredictValues(odd.Row(i))
				return p.Cluster, p.Tier, p.Distance, p.Margin, err
			})
			check(t, rows.Close())
			if told < 400 || t.Failed() {
				t.Fatalf("%s: %d rows agree", name, told)
			}
		}
	})
}

// A statement with more references than a row of PostgreSQL has columns: words of
// many kinds, and many clusters of many columns.
func TestScoringViewOfManyWords(t *testing.T) {
	const n = 600
	ctx := context.Background()
	f := &mall.Frame{Numbers: map[string][]float64{}, Texts: map[string][]string{}}
	for i := range n {
		f.Numbers["spent"] = append(f.Numbers["spent"], float64(i*i%997))
		f.Texts["place"] = append(f.Texts["place"], fmt.Sprintf("place %d", i%300))
	}
	columns := []string{"spent", "place"}
	x, words, err := preprocess.Encode(ctx, f, columns, "place")
	check(t, err)
	pipeline, _, err := preprocess.Preparation{Words: words}.Choose(ctx, x, columns...)
	check(t, err)
	m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: columns, Value: []string{"spent"}, K: 3, Seed: 1, Restarts: 1, Pipeline: &pipeline})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		_, err := s.DB().Exec("CREATE TABLE places (line integer, spent " + s.dialect.types()["double"] + ", place text)")
		check(t, err)
		for i := range 30 {
			_, err := s.DB().Exec(s.DB().Rebind("INSERT INTO places VALUES (?, ?, ?)"), i, f.Numbers["spent"][i], f.Texts["place"][i])
			check(t, err)
		}
		check(t, s.CreateScoringView(ctx, "scored", m.Model, ViewOptions{Table: "places", Keep: []string{"line"}}))
		rows, err := s.DB().Query("SELECT line, cluster, tier, distance, margin FROM scored")
		check(t, err)
		defer rows.Close()
		if told := mall.CheckScored(t, rows, func(i int) (int, string, float64, float64, error) {
			p, err := m.PredictValues(f.Row(i))
			return p.Cluster, p.Tier, p.Distance, p.Margin, err
		}); told != 30 {
			t.Errorf("%d rows agree", told)
		}
	})
}
