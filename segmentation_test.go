package segmentation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

var day = features.AsOf(testdata.AsOf)

// sample returns the first n customers of the sample.
func sample(t *testing.T, n int) []features.Customer {
	t.Helper()
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return customers[:n]
}

// TestTooFew: the numbers of clusters end at the rows that differ behind the
// pipeline; too few of them are an error.
func TestTooFew(t *testing.T) {
	nan := math.NaN()
	for name, test := range map[string]struct {
		x          []float64 // age and income of each customer
		minK, maxK int
		distinct   int
		error      string
	}{
		"enough":             {[]float64{1, 1, 2, 2, 3, 3, 4, 4}, 2, 3, 3, ""},
		"cut":                {[]float64{1, 1, 2, 2, 3, 3, 4, 4}, 2, 10, 4, ""},
		"repeated":           {[]float64{1, 1, 2, 2, 1, 1, 2, 2}, 2, 10, 2, ""},
		"alike once imputed": {[]float64{1, 5, 1, nan, 1, 5, 1, 5}, 2, 10, 0, "all 4 customers are alike in age, income, so there are no segments"},
		"too few":            {[]float64{1, 1, 2, 2, 3, 3}, 4, 10, 0, "3 customers are too few for 4 clusters"},
		"too few differ":     {[]float64{1, 1, 2, 2, 2, 2}, 3, 10, 0, "only 2 of the 3 customers differ in age, income, which is too few for 3 clusters"},
		"a column is empty":  {[]float64{1, nan, 2, nan, 3, nan}, 2, 10, 0, "none of 3 customers has a value in the column income, by which segments are made"},
		"two":                {[]float64{1, 1, 2, 2}, 2, 10, 0, "2 customers are too few for segments; at least 3 are needed"},
		"none":               {nil, 2, 10, 0, "no customers are left for segments"},
	} {
		var customers []features.Customer
		for row := range slices.Chunk(test.x, 2) {
			customers = append(customers, features.Customer{ID: "a", YearBirth: 2015 - int(row[0]), Income: row[1], DtCustomer: testdata.AsOf})
		}
		r, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, day)), segmentation.TrainOptions{
			Model: segment.TrainOptions{Columns: []string{"age", "income"}, Value: []string{"income"}, MinK: test.minK, MaxK: test.maxK},
		})
		switch {
		case test.error == "" && (err != nil || r.Model.Sweep()[len(r.Model.Sweep())-1].K != test.distinct):
			t.Errorf("%s: %+v (%v), want %d", name, r, err, test.distinct)
		case test.error != "" && (fmt.Sprint(err) != test.error || !errors.Is(err, segment.ErrTooFew) && !errors.Is(err, segment.ErrEmpty)):
			t.Errorf("%s: %q, want %q", name, err, test.error)
		}
	}
}

// TestDropped: an error names what cleaning left out, where it is much.
func TestDropped(t *testing.T) {
	customers := sample(t, 20)
	for i := range customers {
		customers[i].Income = 1e6
	}
	var told features.Dropped
	_, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, day)), segmentation.TrainOptions{Cleaned: func(d features.Dropped) { told = d }})
	var dropped *segmentation.DroppedError
	if !errors.As(err, &dropped) || dropped.Dropped.Income != 20 || !reflect.DeepEqual(told, dropped.Dropped) || !errors.Is(err, segment.ErrTooFew) {
		t.Errorf("%v", err)
	}
	if want := "no customers are left for segments: 20 of 20 customers have an income above 120,000, and so are left out as errors"; fmt.Sprint(err) != want {
		t.Errorf("%q, want %q", err, want)
	}
}

// TestOtherErrors: what has nothing to do with cleaning is not said to come of it.
func TestOtherErrors(t *testing.T) {
	customers := sample(t, 200)
	for i := range customers[:50] {
		customers[i].Income = 1e6
	}
	table, err := features.Engineer(t.Context(), customers, day)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	db, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for name, train := range map[string]func() error{
		"ended": func() error { _, err := segmentation.Train(ended, table, segmentation.TrainOptions{}); return err },
		"no store": func() error {
			_, err := segmentation.Train(t.Context(), table, segmentation.TrainOptions{Store: db})
			return err
		},
	} {
		var dropped *segmentation.DroppedError
		if err := train(); err == nil || errors.As(err, &dropped) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := segmentation.WarningSentences([]segment.WarningCount{{Kind: segment.Missing, Rows: 1, Of: 2}}, time.Time{}); len(got) != 1 {
		t.Errorf("a count without rows: %q", got)
	}
}

// TestOneWay: however customers come, as a file, a table or one by one, they get
// the same places, and a store has what came out.
func TestOneWay(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{Seed: 1}, Store: db, Note: "a test"}
	trained, err := segmentation.TrainFile(ctx, "testdata/customers.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	if trained.Report.Rows != 2000 || trained.Dropped.Total() != 12 || len(trained.Predictions) != 1988 || len(trained.Doubts) != 0 {
		t.Errorf("%d rows, %d predictions, dropped %v, doubts %v", trained.Report.Rows, len(trained.Predictions), trained.Dropped, trained.Doubts)
	}
	sum, err := db.Summary(ctx, segmentation.ModelName)
	if err != nil || sum.ModelVersion != 1 || sum.Rows != (store.SummaryRows{Raw: 2000, Unencoded: 1988, Encoded: 1988, Merged: 1988}) {
		t.Errorf("the database has %+v (%v)", sum, err)
	}
	raw, err := db.ReadCustomers(ctx)
	if err != nil {
		t.Fatal(err)
	}

	scored, err := segmentation.Score(ctx, trained.Model, testenv.Must(features.Engineer(ctx, raw, day)), segmentation.ScoreOptions{Limits: true})
	if err != nil || !reflect.DeepEqual(scored.Dropped, trained.Dropped) || len(scored.Predictions) != len(trained.Predictions) {
		t.Fatalf("%v", err)
	}
	var total segmentation.ScoreSummary
	i := 0
	for s, err := range segmentation.ScoreCustomers(ctx, trained.Model, store.All(raw), segmentation.ScoreOptions{Summary: &total}) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Customer.Age > 100 || s.Customer.Income > 120_000 {
			continue
		}
		a, b := trained.Predictions[i], scored.Predictions[i]
		if c := s.Prediction; a.Cluster != b.Cluster || a.Cluster != c.Cluster || a.Tier != c.Tier || a.Distance != b.Distance || b.Distance != c.Distance {
			t.Fatalf("row %d: %+v, %+v, %+v", i, a, b, c)
		}
		i++
	}
	if i != len(trained.Predictions) || total.Rows != 2000 || total.Beyond != 12 || len(total.Warnings) == 0 {
		t.Errorf("%d compared, %+v", i, total)
	}
}

// TestScoreIntoStore: what is scored, as a table or as a stream, is in the log of
// the store, all or nothing.
func TestScoreIntoStore(t *testing.T) {
	customers := sample(t, 300)
	trained, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, day)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"sqlite::memory:", "sqlite:" + filepath.Join(t.TempDir(), "test.db")} {
		db, err := store.Open(t.Context(), url, store.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.SaveCustomers(t.Context(), store.All(customers)); err != nil {
			t.Fatal(err)
		}
		logged := func(what string, want int) {
			t.Helper()
			if n, err := db.Count(t.Context(), db.Tables().Scores); err != nil || n != want {
				t.Errorf("%s: %d scores in the log (%v); want %d", what, n, err, want)
			}
		}
		var sum segmentation.ScoreSummary
		o := segmentation.ScoreOptions{Store: db, Name: "file", Summary: &sum}
		stream := func(customers iter.Seq2[features.Customer, error], last int) (n int, err error) {
			for _, err := range segmentation.ScoreCustomers(t.Context(), trained.Model, customers, o) {
				if err != nil {
					return n, err
				}
				if n++; n == last {
					break
				}
			}
			return n, nil
		}
		_, failed := segmentation.Score(t.Context(), trained.Model, trained.Table, o)
		if n, err := stream(db.Customers(t.Context()), -1); n != 0 || !errors.Is(err, store.ErrOption) || !errors.Is(failed, store.ErrOption) {
			t.Errorf("without a version: %d, %v, %v", n, err, failed)
		}
		o.Version, o.AsOf = 2, features.AsOf(time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC))
		if n, err := stream(db.Customers(t.Context()), 100); n != 100 || err != nil {
			t.Errorf("a stream that ends early: %d, %v", n, err)
		}
		logged("a stream that ends early", 0)
		broken := errors.New("broken")
		_, err = stream(func(yield func(features.Customer, error) bool) {
			_ = yield(customers[0], nil) && yield(customers[1], broken)
		}, -1)
		if !errors.Is(err, broken) {
			t.Errorf("the error is %v; want that of the sequence", err)
		}
		logged("a stream with an error", 0)
		if n, err := stream(db.Customers(t.Context()), -1); n != 300 || err != nil || sum.Rows != 300 || !sum.AsOf.Equal(o.AsOf.Day()) {
			t.Errorf("%d, %v, %+v", n, err, sum)
		}
		logged("a stream", 300)
		o.Name = ""
		if _, err := segmentation.Score(t.Context(), trained.Model, trained.Table, o); err != nil {
			t.Error(err)
		}
		logged("a table", 300+trained.Table.Len())
		history, err := db.History(t.Context(), customers[7].ID)
		if err != nil || len(history) != 2 || history[0].Model != "file" || history[1].Model != segmentation.ModelName {
			t.Fatalf("%+v, %v", history, err)
		}
		p := trained.Predictions[7]
		if s := history[1]; s.CustomerID != customers[7].ID || s.Version != 2 || s.Cluster != p.Cluster || s.Tier != p.Tier || s.Distance != p.Distance {
			t.Errorf("%+v; want %+v", s, p)
		}
		// Another day is another age.
		if history[0].Distance == p.Distance {
			t.Errorf("%+v as of 2020", history[0])
		}
	}
}

// TestScoreWarns: customers of 2024 are not scored in silence by a model of 2015,
// and neither are those of a model whose day is another than that of the rows.
func TestScoreWarns(t *testing.T) {
	trained, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), sample(t, 2000), day)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 4}})
	if err != nil {
		t.Fatal(err)
	}
	late := "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n" +
		"1,1980,Master,Married,60000,0,0,2024-03-01,90,9,30,9,9,6\n" +
		"2,1980,Master,Married,,0,0,2013-03-01,90,9,30,9,9,6\n" +
		"3,2050,Basic,Single,21000,1,1,2024-02-01,5,1,9,2,1,3\n"
	for _, test := range []struct {
		day  features.AsOf
		want map[string]int
	}{
		{features.AsOf{}, map[string]int{
			"outside_training tenure": 2, "outside_training age": 1, "missing_imputed income": 1, "enrolled_after_day dt_customer": 2,
			"born_after_day year_birth": 1, "enrolled_before_birth dt_customer": 1,
		}},
		{features.AsOf(time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)), map[string]int{
			"outside_training tenure": 1, "outside_training age": 1, "missing_imputed income": 1, "other_day ": 3,
			"born_after_day year_birth": 1, "enrolled_before_birth dt_customer": 1,
		}},
	} {
		var sum segmentation.ScoreSummary
		customers := features.Read(strings.NewReader(late), features.ReadOptions{}).All(t.Context())
		for _, err := range segmentation.ScoreCustomers(t.Context(), trained.Model, customers, segmentation.ScoreOptions{AsOf: test.day, Summary: &sum}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]int{}
		for _, c := range sum.Warnings {
			got[string(c.Kind)+" "+c.Column] = c.Rows
			if c.Of != 3 || len(c.First) != c.Rows || c.First[0].Text == "" {
				t.Errorf("%+v", c)
			}
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("as of %v: %v; want %v", test.day.Day(), got, test.want)
		}
	}
}

// TestDayOfModel: a day that is given for the model alone is that on which the file is
// counted, not today.
func TestDayOfModel(t *testing.T) {
	trained, err := segmentation.TrainFile(t.Context(), "testdata/customers.csv", segmentation.TrainOptions{Model: segment.TrainOptions{AsOf: testdata.AsOf, K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if !trained.Table.AsOf().Equal(testdata.AsOf) || !trained.Model.AsOf().Equal(testdata.AsOf) {
		t.Errorf("counted on %v, and the model on %v; want %v", trained.Table.AsOf(), trained.Model.AsOf(), testdata.AsOf)
	}
}

// TestNothingIsWritten: a file that is refused leaves the database as it was.
func TestNothingIsWritten(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	head, rows, _ := strings.Cut(string(testdata.Customers), "\n")
	lines := strings.SplitAfter(rows, "\n")
	for name, text := range map[string]string{
		"two customers": head + "\n" + lines[0] + lines[1],
		"unreadable":    head + "\n" + lines[0] + "x\n" + "y\n",
		"same id":       head + "\n" + strings.Join(lines[:20], "") + lines[3],
	} {
		_, err := segmentation.TrainReader(ctx, strings.NewReader(text), segmentation.TrainOptions{
			Read: features.ReadOptions{AsOf: day, Policy: features.Skip}, Store: db,
		})
		n, counted := db.Count(ctx, db.Tables().Customers)
		if err == nil || n != 0 || counted != nil {
			t.Errorf("%s: %v, and %d customers in the database (%v)", name, err, n, counted)
		}
		if name == "same id" && (!errors.Is(err, store.ErrDuplicate) || !strings.Contains(err.Error(), "(line 22)")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEnds: a context that has ended, an error of the sequence, a model that does
// not fit.
func TestEnds(t *testing.T) {
	customers := sample(t, 200)
	table, err := features.Engineer(t.Context(), customers, day)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := segmentation.Train(t.Context(), table, segmentation.TrainOptions{Model: segment.TrainOptions{K: 3, Columns: []string{"income", "spent"}}})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, read, err := segmentation.Read(ended, bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if !errors.Is(err, context.Canceled) || read.Rows > 1 {
		t.Errorf("Read: %v", err)
	}
	if _, err := segmentation.Train(ended, table, segmentation.TrainOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Train: %v", err)
	}
	if _, err := segmentation.Score(ended, trained.Model, table, segmentation.ScoreOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Score: %v", err)
	}
	if _, err := segmentation.Score(t.Context(), nil, table, segmentation.ScoreOptions{}); err == nil {
		t.Error("Score takes no model")
	}
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		ctx   context.Context
		model *segment.Model
		err   error // of the sequence
		is    error
	}{
		"context":  {ended, trained.Model, nil, context.Canceled},
		"sequence": {t.Context(), trained.Model, broken, broken},
		"model":    {t.Context(), nil, nil, segment.ErrNotModel},
	} {
		n := 0
		for _, err := range segmentation.ScoreCustomers(test.ctx, test.model, func(yield func(features.Customer, error) bool) {
			for _, c := range customers {
				if !yield(c, test.err) {
					return
				}
			}
		}, segmentation.ScoreOptions{}) {
			if n++; n != 1 || !errors.Is(err, test.is) {
				t.Fatalf("%s: %v, the result %d; want %v at once", name, err, n, test.is)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	trained, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), sample(t, 200), day)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	late := features.Customer{ID: "7", YearBirth: 1980, Income: 60_000, MntWines: 500, DtCustomer: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)}
	var sum segmentation.ScoreSummary
	for s, err := range segmentation.ScoreCustomers(t.Context(), trained.Model, store.All([]features.Customer{late}), segmentation.ScoreOptions{Summary: &sum}) {
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, w := range s.Prediction.Warnings {
			kinds = append(kinds, string(w.Kind)+" "+w.Column)
		}
		if !slices.Equal(kinds, []string{"outside_training tenure", "enrolled_after_day dt_customer"}) {
			t.Errorf("%q", kinds)
		}
	}
	if c, ok := segmentation.OfAnotherTime(sum.Warnings); !ok || c.Rows != 1 {
		t.Errorf("%+v, %v", c, ok)
	}
}

// TestTrainBeforeAnybody: counted on a day before the first enrolment all tenures are
// negative, and nothing is trained.
func TestTrainBeforeAnybody(t *testing.T) {
	list, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	early, err := features.Engineer(t.Context(), list, features.AsOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = segmentation.Train(t.Context(), early, segmentation.TrainOptions{})
	if day, ok := errors.AsType[*features.DayError](err); !ok || day.First.Year() != 2012 {
		t.Errorf("%v, want the day of the first customer", err)
	}
}
