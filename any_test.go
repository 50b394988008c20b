package segmentation_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// figures are those of pandas and scikit-learn; see testdata/any/figures.py.
type figures struct {
	Files map[string]struct {
		Rows     int
		Columns  map[string]columnFigures
		Features []string
		Logs     []string
		Width    int
		Inertia  map[string]float64
	}
	Orders struct {
		Lines   int
		Left    struct{ NoCustomer, NoDay, NoAmount int }
		Returns int
		Back    int    `json:"only_back"`
		AsOf    string `json:"as_of"`
		Logs    []string
		Inertia map[string]float64
	}
	Onehot struct {
		Rows    int
		Columns map[string]columnFigures
		Inertia map[string]float64
	}
}

type columnFigures struct {
	Count int
	Sum   *float64
	Days  *int
	Words map[string]int
}

func readFigures(t *testing.T) (f figures) {
	t.Helper()
	text, err := os.ReadFile(anyFile("figures.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func anyFile(name string) string { return filepath.Join("testdata", "any", name) }

func open(t *testing.T, name string) *segmentation.Source {
	t.Helper()
	s, err := segmentation.OpenFile(t.Context(), anyFile(name), segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// equal holds a column against the figures of pandas.
func (want columnFigures) equal(t *testing.T, s features.Series) {
	t.Helper()
	count, sum, days, words := 0, 0.0, 0, map[string]int{}
	for i := range s.Len() {
		if s.Missing(i) {
			continue
		}
		count++
		switch {
		case s.Kind() == features.Date:
			days += int(s.Day(i).Unix() / 86400)
		case s.Kind().Numeric():
			sum += s.Number(i)
		default:
			words[s.Word(i)]++
		}
	}
	if s.Kind() == features.Percent && s.Column().Unit == "%" && want.Sum != nil && *want.Sum < float64(count) {
		sum /= 100 // shares of Excel, which pandas has as parts of 1
	}
	ok := count == want.Count
	switch {
	case want.Sum != nil:
		ok = ok && math.Abs(sum-*want.Sum) <= 1e-9*math.Abs(*want.Sum)
	case want.Days != nil:
		ok = ok && days == *want.Days
	case want.Words != nil:
		ok = ok && len(words) == len(want.Words)
		for word, n := range want.Words {
			ok = ok && words[word] == n
		}
	}
	if !ok {
		t.Errorf("%s (%s): %d values, sum %v, days %d, words %v; want %+v", s.Name(), s.Kind(), count, sum, days, words, want)
	}
}

// sameInertia trains with each number of clusters and holds the inertia against
// the best of 50 restarts of scikit-learn's KMeans.
func sameInertia(t *testing.T, s *segmentation.Source, want map[string]float64) {
	t.Helper()
	for k, inertia := range want {
		n, err := strconv.Atoi(k)
		if err != nil {
			t.Fatal(err)
		}
		r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{K: n, Restarts: 50}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Model.Inertia(); math.Abs(got-inertia) > 0.002*inertia {
			t.Errorf("inertia of %d clusters is %v, scikit-learn's is %v", n, got, inertia)
		}
	}
}

// Files in the forms that people have are read as pandas reads them that is told
// all about each, and trained on as scikit-learn is.
func TestAnyForm(t *testing.T) {
	ids := map[string]string{"clientes.csv": "Código do Cliente", "customers.csv": "客户编号", "report.xlsx": "Client No."}
	for name, want := range readFigures(t).Files {
		t.Run(name, func(t *testing.T) {
			s := open(t, name)
			id := ids[name]
			if id == "" {
				id = "CustomerID"
			}
			if s.Campaign || s.Orders != nil || s.Table.Len() != want.Rows || s.Roles.ID != id {
				t.Errorf("campaign %v, orders %v, %d rows, id %q", s.Campaign, s.Orders, s.Table.Len(), s.Roles.ID)
			}
			if len(s.Table.ColumnNames()) != len(want.Columns) {
				t.Errorf("columns %q", s.Table.ColumnNames())
			}
			for column, figures := range want.Columns {
				series, err := s.Table.Column(column)
				if err != nil {
					t.Fatal(err)
				}
				figures.equal(t, series)
			}
			got := slices.Sorted(slices.Values(s.Roles.Features)) // of JSON, in another order
			if !slices.Equal(got, slices.Sorted(slices.Values(want.Features))) {
				t.Errorf("features %q, want %q", got, want.Features)
			}
			r, err := segmentation.Train(t.Context(), s.Table, s.Options(segmentation.TrainOptions{}))
			if err != nil {
				t.Fatal(err)
			}
			var logs []string
			for _, c := range r.Choices {
				if c.Kind == preprocess.TakeLog {
					logs = append(logs, c.Column)
				}
			}
			if _, width := r.Z.Dims(); width != want.Width || !slices.Equal(logs, want.Logs) {
				t.Errorf("%d columns behind the pipeline, logarithms of %q; want %d, %q", width, logs, want.Width, want.Logs)
			}
			sameInertia(t, s, want.Inertia)
		})
	}
}

// A campaign of which another program has made words columns, and days numbers.
func TestAnyOneHot(t *testing.T) {
	want := readFigures(t).Onehot
	s := open(t, "onehot.csv")
	if !s.Campaign || s.Table.Len() != want.Rows {
		t.Fatalf("campaign %v, %d rows, told %q", s.Campaign, s.Table.Len(), s.Told)
	}
	for column, figures := range want.Columns {
		c, err := s.Table.Column(column)
		if err != nil {
			t.Fatal(err)
		}
		figures.equal(t, c)
	}
	sameInertia(t, s, want.Inertia)
}

// Lines of orders come to the customers that pandas groups them to, and to the
// scores and segments of the R package rfm.
func TestAnyOrders(t *testing.T) {
	want := readFigures(t).Orders
	s := open(t, "orders.csv")
	o := s.Orders
	if o == nil {
		t.Fatalf("these are no orders: %q", s.Told)
	}
	left := want.Left.NoCustomer + want.Left.NoDay + want.Left.NoAmount
	if o.Lines != want.Lines-left || o.NoCustomer != want.Left.NoCustomer || o.NoDay != want.Left.NoDay || o.NoAmount != want.Left.NoAmount ||
		o.Returns != want.Returns || o.AsOf.Format("2006-01-02") != want.AsOf || !o.Mark || o.OnlyBack != want.Back {
		t.Errorf("%+v, want %+v", o, want)
	}
	for _, file := range []string{"rfm.csv", "rfm_segments.csv"} {
		f, err := os.Open(anyFile(file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, id := range s.IDs() {
			at[id] = i
		}
		if len(at) != len(rows)-1 || s.Table.Len() != len(at) {
			t.Fatalf("%s: %d customers, want %d", file, s.Table.Len(), len(rows)-1)
		}
		header := rows[0]
		if i := slices.Index(header, "segment"); i >= 0 {
			header[i] = "rfm_segment"
		}
		for _, row := range rows[1:] {
			i, ok := at[row[0]]
			if !ok {
				t.Fatalf("%s: there is no customer %s", file, row[0])
			}
			for j, name := range header[1:] {
				c := s.Table.Series(name)
				want, err := strconv.ParseFloat(row[j+1], 64)
				switch {
				case err != nil && row[j+1] != "" && c.Word(i) == row[j+1], row[j+1] == "" && c.Missing(i):
				case err == nil && math.Abs(c.Number(i)-want) <= 1e-9*max(1, math.Abs(want)):
				default:
					t.Errorf("%s of %s is %v, want %s", name, row[0], s.Table.Value(slices.Index(s.Table.ColumnNames(), name), i), row[j+1])
				}
			}
		}
	}
	sameInertia(t, s, want.Inertia)
}

// TestLimits: a table of any kind is trained on without the rows beyond its limits, as
// if they were not there, and the model leaves them out of what it is applied to.
func TestLimits(t *testing.T) {
	ctx := t.Context()
	s := open(t, "mall.csv")
	all := s.Table
	model := segment.TrainOptions{K: 3, Least: map[string]float64{"age": 21}, Limits: map[string]float64{"Age": 60, "annual income (k$)": 100}}
	r, err := segmentation.Train(ctx, all, s.Options(segmentation.TrainOptions{Model: model}))
	if err != nil {
		t.Fatal(err)
	}
	var stay []int
	age, income := all.Series("Age"), all.Series("Annual Income (k$)")
	for i := range all.Len() {
		if (age.Missing(i) || age.Number(i) >= 21 && age.Number(i) <= 60) && (income.Missing(i) || income.Number(i) <= 100) {
			stay = append(stay, i)
		}
	}
	few, err := all.Rows(ctx, stay)
	if err != nil {
		t.Fatal(err)
	}
	want, err := segmentation.Train(ctx, few, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Table.Len() != len(stay) || r.Table.Len() == all.Len() || r.Dropped.Total() != all.Len()-len(stay) || r.Model.Inertia() != want.Model.Inertia() {
		t.Errorf("%d of %d stay, %s, inertia %v; want %d, %v", r.Table.Len(), all.Len(), r.Dropped, r.Model.Inertia(), len(stay), want.Model.Inertia())
	}
	if !maps.Equal(r.Model.Least(), map[string]float64{"Age": 21}) || !maps.Equal(r.Model.Limits(), map[string]float64{"Age": 60, "Annual Income (k$)": 100}) {
		t.Errorf("the model remembers %v and %v", r.Model.Least(), r.Model.Limits())
	}
	scored, err := segmentation.Score(ctx, r.Model, all, segmentation.ScoreOptions{Limits: true})
	if err != nil || !reflect.DeepEqual(scored.Dropped, r.Dropped) || !slices.Equal(scored.IDs(), r.IDs()) {
		t.Errorf("%v: %v, want %v", err, scored.Dropped, r.Dropped)
	}
	var sum segmentation.ScoreSummary
	for _, err := range segmentation.ScoreFile(ctx, r.Model, anyFile("mall.csv"), segmentation.ScoreOptions{Summary: &sum}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if sum.Rows != all.Len() || sum.Beyond != r.Dropped.Total() {
		t.Errorf("%d of %d customers are beyond the limits, want %d", sum.Beyond, sum.Rows, r.Dropped.Total())
	}
	for limits, want := range map[string]error{"none": features.ErrUnknownColumn, "Gender": features.ErrNotNumeric} {
		if _, err := segmentation.Train(ctx, all, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{Least: map[string]float64{limits: 1}}})); !errors.Is(err, want) {
			t.Errorf("limits of %s: %v, want %v", limits, err, want)
		}
	}
	_, err = segmentation.Train(ctx, all, s.Options(segmentation.TrainOptions{Model: segment.TrainOptions{Least: map[string]float64{"Age": 200}}}))
	if dropped := (*segmentation.DroppedError)(nil); !errors.As(err, &dropped) || !strings.Contains(err.Error(), "have a value below 200 in Age") {
		t.Errorf("everybody left out: %v", err)
	}
}
