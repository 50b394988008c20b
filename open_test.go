package segmentation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
)

// The files that failed once come out as their texts say.
func TestOpenCases(t *testing.T) {
	for name, want := range map[string]struct {
		campaign bool
		rows     int
		columns  []string // of the model
		told     string
		first    string // id
	}{
		"any-table-mall.csv":     {false, 16, []string{"Gender", "Age", "Annual Income (k$)", "Spending Score (1-100)"}, "", "0001"},
		"five-columns.csv":       {true, 16, features.TrainingColumns, "", "900001"},
		"already-engineered.csv": {true, 16, features.TrainingColumns, "spent is the column MntTotal", ""},
		"transactions.csv":       {false, 12, []string{"recency", "frequency", "monetary"}, "4 lines have no customer and had to be left out", "17001"},
		"campaign.json":          {true, 16, features.TrainingColumns, "", "900001"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := segmentation.OpenFile(t.Context(), testenv.Case(t, name), segmentation.OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Campaign != want.campaign || s.Table.Len() != want.rows || want.told != "" && !slices.Contains(s.Told, want.told) {
				t.Errorf("campaign %v, %d rows, told %q", s.Campaign, s.Table.Len(), s.Told)
			}
			r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{}))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Model.Columns(), want.columns) || len(r.Predictions) != want.rows {
				t.Errorf("columns %q, %d predictions", r.Model.Columns(), len(r.Predictions))
			}
			if ids := s.IDs(); want.first != "" && ids[0] != want.first {
				t.Errorf("the first id is %q, want %q", ids[0], want.first)
			}
			again, err := segmentation.Score(t.Context(), r.Model, s.Table, segmentation.ScoreOptions{})
			if err != nil || !slices.Equal(again.Labels(), r.Labels()) {
				t.Errorf("scored: %v, %v, trained: %v", err, again.Labels(), r.Labels())
			}
		})
	}
}

func TestOpenCannotTell(t *testing.T) {
	s, err := segmentation.Open(t.Context(), strings.NewReader("id,name\nC1,a\nC2,b\nC3,c\n"), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{}))
	if err == nil || !strings.Contains(err.Error(), "0 of the 2 columns can tell customers apart") {
		t.Errorf("%v", err)
	}
}
