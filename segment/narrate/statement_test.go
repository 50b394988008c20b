package narrate

import (
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
)

// A category may have words that stand for numbers in other columns.
func TestStatementOfWordsLikeNumbers(t *testing.T) {
	words, numbers, labels := make([]string, 40), make([]float64, 40), make([]int, 40)
	for i := range 40 {
		if words[i] = ">0"; i >= 20 {
			words[i], labels[i] = "0", 1
		}
		numbers[i] = float64(i % 4)
	}
	table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "age"}, numbers), features.WordSeries(features.Column{Name: "class"}, words))
	if err != nil {
		t.Fatal(err)
	}
	p, err := insight.NewProfile(t.Context(), table, labels, nil, insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{
		English(nil).Summary(p.Clusters[0]), English(nil).Summary(p.Clusters[1]),
		English(nil).Statement(insight.Statement{Column: "class", Kind: insight.KindShare, Level: ">0", Categorical: true, Value: 1, Overall: 0.5}),
	}
	if want := []string{"none have class 0 (50% of everybody)", "all have class 0 (50% of everybody)", "all have class >0 (50% of everybody)"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
