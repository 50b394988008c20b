package segmentation_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

func Example() {
	customers, report, err := features.ReadFile("testdata/customers.csv")
	if err != nil {
		log.Fatal(err) // file, line, column, value, and what would be right
	}
	fmt.Println(report.Rows, "customers,", report.MissingIncome, "without an income")

	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	table, dropped := features.Clean(features.Engineer(customers, features.AsOf(day)))
	fmt.Println(dropped)

	x, err := table.Matrix(features.TrainingColumns...) // age, spent, tenure, children, income
	if err != nil {
		log.Fatal(err)
	}
	model, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: features.TrainingColumns, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.K(), "clusters in the tiers", model.TierNames())

	p, err := model.Predict([]float64{57, 1617, 28, 0, 58138})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %.2f from its centre, the next is %.2f farther\n", p.Tier, p.Distance, p.Margin)
	// Output:
	// 2000 customers, 23 without an income
	// Dropped 12 rows: 3 for the age and 9 for the income.
	// 5 clusters in the tiers [Platinum Gold Silver Bronze]
	// Platinum, 1.21 from its centre, the next is 0.48 farther
}

// TestReadme: the code that the README shows is that of Example.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	body := regexp.MustCompile(`(?s)func Example\(\) \{\n(.*?)\t// Output:`).FindSubmatch(source)
	if body == nil {
		t.Fatal("there is no Example with an output")
	}
	code := regexp.MustCompile(`(?m)^\t`).ReplaceAllString(string(body[1]), "")
	if !strings.Contains(string(readme), "```go\n"+code+"```") {
		t.Errorf("the README does not show the code of Example:\n%s", code)
	}
}
