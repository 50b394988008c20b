package segmentation_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/png"
	"log"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

func Example() {
	ctx := context.Background()
	result, err := segmentation.TrainFile(ctx, "testdata/customers.csv", segmentation.TrainOptions{
		Read:  features.ReadOptions{AsOf: features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))},
		Model: segment.TrainOptions{Seed: 1},
	})
	if err != nil {
		log.Fatal(err) // file, line, column, value, and what would be right
	}
	fmt.Println(result.Report.Rows, "customers,", result.Report.MissingIncome, "without an income")
	fmt.Println(result.Dropped)

	model := result.Model // of age, spent, tenure, children, income
	fmt.Println(model.K(), "clusters in the tiers", model.TierNames())

	p, err := model.Predict([]float64{57, 1617, 28, 0, 58138})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %.2f from its centre, the next is %.2f farther\n", p.Tier, p.Distance, p.Margin)
	// Output:
	// 2000 customers, 23 without an income
	// Dropped 12 rows: 3 for an age above 100 and 9 for an income above 120,000.
	// 5 clusters in the tiers [Platinum Gold Silver Bronze]
	// Platinum, 1.21 from its centre, the next is 0.48 farther
}

var update = flag.Bool("update", false, "draw the picture of the README anew; look at it")

// TestPicture: the picture of the README is that of the sample.
func TestPicture(t *testing.T) {
	result, err := segmentation.TrainFile(t.Context(), "testdata/customers.csv", segmentation.TrainOptions{
		Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{Seed: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	model := result.Model
	labels := make([]int, len(result.Predictions))
	for i, p := range result.Predictions {
		labels[i] = slices.Index(model.TierNames(), p.Tier)
	}
	figure, err := plots.Distributions{
		X: result.X, Columns: []string{"Age", "Spent", "Tenure", "Children", "Income"}, Units: []string{"years", "in two years", "months", "at home", "a year"},
		Groups: plots.Tiers(model.TierNames()...), Labels: labels,
	}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := figure.Write(&got, plots.PNG, plots.Style{}); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/segments.png"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := differing(t, got.Bytes(), want); n > 1000 {
		t.Errorf("%s is another picture, in %d pixels; draw it anew with -update, and look at it", path, n)
	}
}

// differing counts the pixels of two PNGs that differ by more than a shade.
func differing(t *testing.T, a, b []byte) (n int) {
	t.Helper()
	var pictures [2]image.Image
	for i, data := range [][]byte{a, b} {
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		pictures[i] = picture
	}
	bounds := pictures[0].Bounds()
	if bounds != pictures[1].Bounds() {
		return math.MaxInt
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r0, g0, b0, _ := pictures[0].At(x, y).RGBA()
			r1, g1, b1, _ := pictures[1].At(x, y).RGBA()
			if r0>>12 != r1>>12 || g0>>12 != g1>>12 || b0>>12 != b1>>12 {
				n++
			}
		}
	}
	return n
}

// TestReadme: the code that the README shows, and what it prints, is that of examples.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, example := range map[string]string{"example_test.go": "Example", "example_any_test.go": "ExampleOpenFile"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		body := regexp.MustCompile(`(?s)func ` + example + `\(\) \{\n(.*?)\t// Output:\n(.*?)\n\}\n`).FindSubmatch(source)
		if body == nil {
			t.Fatalf("there is no %s with an output", example)
		}
		code := regexp.MustCompile(`(?m)^\t`).ReplaceAllString(string(body[1]), "")
		if !strings.Contains(string(readme), "```go\n"+code+"```") {
			t.Errorf("the README does not show the code of %s:\n%s", example, code)
		}
		output := regexp.MustCompile(`(?m)^\t// `).ReplaceAllString(string(body[2]), "")
		if example == "ExampleOpenFile" && !strings.Contains(string(readme), "It prints\n\n```\n"+output+"\n```") {
			t.Errorf("the README does not show what %s prints:\n%s", example, output)
		}
	}
}
