package narrate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/narrate"
)

func ExampleVoice_Preparation() {
	x := mat.NewDense(6, 2, []float64{20, 1, 30, 2, 41, 3, 50, 2, 60, 4, 70, 400})
	_, choices, err := preprocess.Preparation{}.Choose(context.Background(), x, "age", "spent")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sentence := range narrate.English(nil).Preparation(choices) {
		fmt.Println(sentence)
	}
	// Output:
	// spent is skewed (skewness 1.8), so that its logarithm ln(1+x) is taken (1.7)
	// every column is brought to mean 0 and deviation 1
	// no principal components are taken of 2 columns, which are 5 at most
}

// Every kind of choice has a sentence, without a place that is not filled.
func TestPreparation(t *testing.T) {
	choices := []preprocess.Choice{
		{Kind: preprocess.ImputeMedian, Column: "age", Missing: 1}, {Kind: preprocess.ImputeMostFrequent, Column: "city", Missing: 1200},
		{Kind: preprocess.KeepSkewed, Column: "net", Skewness: 2.5, Least: -3}, {Kind: preprocess.KeepSkewed, Column: "x", Skewness: 2},
		{Kind: preprocess.EncodeWords, Column: "city", Categories: 4},
		{Kind: preprocess.TakeComponents, Columns: 7, Limit: 5, Variance: 0.9}, {Kind: preprocess.KeepColumns, Columns: 7, Limit: -1},
	}
	want := []string{
		"the median of age stands for its missing value", "the most frequent word of city stands for its 1,200 missing ones", "net is skewed (skewness 2.5) and stays as it is, for it has negative values", "x is skewed (skewness 2.0)",
		"city becomes 4 columns", "of 7 columns, more than 5, the principal components are taken that keep 90%", "no principal components are taken",
	}
	got := narrate.English(nil).Preparation(choices)
	if len(got) != len(want) || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "%!") }) {
		t.Fatalf("%q", got)
	}
	for i, s := range got {
		if !strings.HasPrefix(s, want[i]) {
			t.Errorf("%q, want %q", s, want[i])
		}
	}
}
