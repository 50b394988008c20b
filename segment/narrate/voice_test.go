package narrate

import (
	"testing"
	"testing/fstest"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A unit of the language, or of the voice's own words, comes before that of the
// model, which is English.
func TestVoiceFor(t *testing.T) {
	all, err := Read(fstest.MapFS{"en.json": {Data: []byte(`{}`)}, "de.json": {Data: []byte(`{"in.age":"Jahre"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(20, 3, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64(i * (j + 1) % 7) }, x)
	m, err := segment.Train(t.Context(), x, segment.TrainOptions{
		Columns: []string{"age", "tenure", "income"}, Value: []string{"age"}, K: 2,
		Units: map[string]string{"age": "years", "tenure": "months", "income": "dollars"},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := Voice{Language: all.For("de"), Words: map[string]features.ColumnWords{"income": {Unit: "Euro"}}}.For(m.Model)
	for column, want := range map[string]string{"age": "30\u00a0Jahre", "tenure": "30\u00a0months", "income": "30\u00a0Euro"} {
		if got := v.amount(column, 30); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}
