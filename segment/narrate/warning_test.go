package narrate

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

func TestModelWarnings(t *testing.T) {
	x := mat.NewDense(60, 2, nil)
	for i := range 60 {
		x.SetRow(i, []float64{float64(i * 37 % 101), 1e6 * float64(i*53%97)})
	}
	o := segment.TrainOptions{Columns: []string{"a", "b"}, Value: []string{"a"}, K: 4, MaxIter: 1, Restarts: 1}
	raw := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}}
	for _, test := range []struct {
		pipeline *preprocess.Pipeline
		want     []string
	}{
		{nil, []string{"k-means was still moving after 1 iteration; allow more"}},
		{&raw, []string{
			"column b carries 100.0% of the distance between rows, so that it decides the clusters nearly alone; scale the columns first",
			"k-means was still moving after 1 iteration; allow more",
		}},
	} {
		o.Pipeline = test.pipeline
		m, err := segment.Train(t.Context(), x, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := English(nil).ModelWarnings(m.Model); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
