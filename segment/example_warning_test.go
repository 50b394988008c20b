package segment_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

func ExampleWarning() {
	w := segment.Warning{Kind: segment.OutsideTraining, Column: "tenure", Value: -110, Min: 6, Max: 29, Unit: "months"}
	data, err := w.MarshalJSON()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(w)
	fmt.Println(string(data))
	// Output:
	// tenure -110 is outside the 6–29 months seen in training
	// {"kind":"outside_training","column":"tenure","value":-110,"min":6,"max":29,"unit":"months","text":"tenure -110 is outside the 6–29 months seen in training"}
}

func ExampleWarningKind() {
	counts := map[segment.WarningKind]int{}
	for _, w := range []segment.Warning{{Kind: segment.Missing, Column: "income"}, {Kind: segment.OtherDay}} {
		counts[w.Kind]++
	}
	fmt.Println(counts[segment.Missing], counts[segment.OutsideTraining])
	// Output: 1 0
}

func ExampleWarningCounts() {
	var counts segment.WarningCounts
	counts.Add("17", segment.Warning{Kind: segment.Missing, Column: "income"})
	counts.Add("18")
	for _, c := range counts.Counts() {
		fmt.Println(c)
	}
	// Output: 1 of 2 rows, the first 17: income is missing
}

func ExampleWarningCount() {
	c := segment.WarningCount{
		Kind: segment.Missing, Column: "income", Rows: 1, Of: 2,
		First: []segment.RowWarning{{Row: 0, ID: "17", Text: "income is missing"}},
	}
	fmt.Println(c)
	// Output: 1 of 2 rows, the first 17: income is missing
}

func ExampleRowWarning() {
	r := segment.RowWarning{Row: 3, ID: "17", Text: "income is missing"}
	fmt.Printf("row %d, customer %s: %s\n", r.Row, r.ID, r.Text)
	// Output: row 3, customer 17: income is missing
}

func ExampleModel_DayWarnings() {
	names := []string{"age", "spent", "tenure", "children", "income"}
	model, err := segment.Train(context.Background(), customers(), segment.TrainOptions{
		Columns: names, Value: []string{"income", "spent"}, K: 4, AsOf: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.DayWarnings(time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)))
	// Output: [counted as of 2024-12-31, 3652 days after the day of the model, 2015-01-01]
}

// Spent in cents decides alone where nothing is scaled.
func ExampleModelWarning() {
	model, err := segment.Train(context.Background(), mat.NewDense(4, 2, []float64{20, 5000, 30, 5100, 40, 90000, 50, 90200}), segment.TrainOptions{
		Columns: []string{"age", "spent"}, Value: []string{"spent"}, K: 2,
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range model.Warnings() {
		switch w.Kind {
		case segment.ColumnDominates:
			fmt.Printf("%s: %s, %.0f%%\n", w.Kind, w.Column, 100*w.Share)
		case segment.ManyClusters:
			fmt.Printf("%s: %d of %d rows, want %d\n", w.Kind, w.K, w.Rows, w.Most)
		}
	}
	// Output:
	// column_dominates: spent, 100%
	// many_clusters: 2 of 4 rows, want 1
}

func ExampleDistinctError() {
	_, err := segment.KMeansPP{K: 3}.Fit(context.Background(), mat.NewDense(4, 1, []float64{1, 1, 8, 8}))
	if few, ok := errors.AsType[*segment.DistinctError](err); ok {
		fmt.Printf("%d clusters of %d distinct points\n", few.K, few.Distinct)
	}
	fmt.Println(errors.Is(err, segment.ErrTooFew))
	// Output:
	// 3 clusters of 2 distinct points
	// true
}
