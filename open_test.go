package segmentation_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/testdata"
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

// Customers of a campaign are no lines of orders, in a text as in any other form.
func TestOpenCampaignWithOrders(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(testdata.Customers)), "\n")
	for i := range lines[1:] {
		lines[i+1] += "\tC" + strconv.Itoa(i/4) + "\t7.5"
	}
	lines[0] += "\tcustomer_id\tamount"
	text := strings.Join(lines, "\n")
	table, _, err := features.ReadTable(t.Context(), strings.NewReader(text), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := features.FindOrderColumns(t.Context(), table); !ok || err != nil {
		t.Fatalf("the table has no columns of orders: %v", err)
	}
	s, err := segmentation.Open(t.Context(), strings.NewReader(text), segmentation.OpenOptions{})
	if err != nil || !s.Campaign {
		t.Errorf("text: campaign %v, %v", s.Campaign, err)
	}
	again, err := segmentation.OpenTable(t.Context(), table, segmentation.OpenOptions{})
	if err != nil || !again.Campaign || again.Table.Len() != s.Table.Len() {
		t.Errorf("table: campaign %v, %v", again.Campaign, err)
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
