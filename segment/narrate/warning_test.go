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
		k        int
		want     []string
	}{
		{nil, 1, []string{"with one cluster alone no row is told apart from another"}},
		{nil, 6, []string{"k-means was still moving after 1 iteration; allow more", "k = 6 is large for 60 rows: by the rule of thumb √(n/2) it would be 5 at most"}},
		{nil, 4, []string{"k-means was still moving after 1 iteration; allow more"}},
		{&raw, 4, []string{
			"column b carries 100.0% of the distance between rows, so that it decides the clusters nearly alone; scale the columns first",
			"k-means was still moving after 1 iteration; allow more",
		}},
	} {
		o.Pipeline, o.K = test.pipeline, test.k
		m, err := segment.Train(t.Context(), x, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := English(nil).ModelWarnings(m.Model); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
