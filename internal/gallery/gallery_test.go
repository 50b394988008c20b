package gallery

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
	"github.com/customer-personality/segmentation/testdata"
)

var english = func() *narrate.Language {
	all, err := narrate.Read(ask.Texts)
	if err != nil {
		panic(err)
	}
	return all.For("en")
}()

func customers(t testing.TB) []features.Customer {
	t.Helper()
	list, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func matrix(t testing.TB, list []features.Customer) *mat.Dense {
	t.Helper()
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), list, features.AsOf(testdata.AsOf))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := clean.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// train is a model of k clusters; 0 for the knee.
func train(t testing.TB, list []features.Customer, k int) *segment.Model {
	t.Helper()
	model, err := segment.Train(context.Background(), matrix(t, list), segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, AsOf: testdata.AsOf, K: k, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return model.Model
}

func gallery(t testing.TB, model *segment.Model, list []features.Customer, tier string) (*snapshot.Snapshot, map[string]Item) {
	t.Helper()
	w, err := snapshot.New(context.Background(), model, 1, list)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Make(context.Background(), w, Selection{Tier: tier}, english)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Item{}
	for i, item := range page.Items {
		if item.Name != Charts[i].Name {
			t.Errorf("chart %d is %s, want %s", i, item.Name, Charts[i].Name)
		}
		out[item.Name] = item
	}
	return w, out
}

// Every chart, for all tiers and for each, can be drawn, has a heading and a
// sentence, and the figures that it says.
func TestMake(t *testing.T) {
	list := customers(t)
	model := train(t, list, 0)
	for _, tier := range append([]string{""}, model.TierNames()...) {
		w, items := gallery(t, model, list, tier)
		for name, item := range items {
			if err := item.Check(); err != nil {
				t.Errorf("%q, %s: %v", tier, name, err)
			}
			if item.Title == "" || !strings.HasSuffix(item.Reading, ".") || strings.Contains(item.Reading, "%!") || strings.Contains(item.Reading, "NaN") {
				t.Errorf("%q, %s: the title is %q and the reading %q", tier, name, item.Title, item.Reading)
			}
			if !strings.HasPrefix(item.Drawn, "<svg") {
				t.Errorf("%q, %s is not drawn: %.60q", tier, name, item.Drawn)
			}
			if _, err := item.Figure(); err != nil {
				t.Errorf("%q, %s: %v", tier, name, err)
			}
			if head, rows := item.Table(nil); len(rows) == 0 || len(head) != len(rows[0]) {
				t.Errorf("%q, %s: the table has the heading %q and %d rows", tier, name, head, len(rows))
			}
		}
		// The icicle is of everything that those customers spend.
		want := 0.0
		spent := w.Set.Series("spent").Numbers()
		for i := range w.Set.Len() {
			if tier == "" || w.Set.Series("tier").Word(i) == tier {
				want += spent[i]
			}
		}
		got := 0.0
		for _, n := range items["family"].Root {
			got += n.Value
		}
		if math.Abs(got-want) > 1e-9*want {
			t.Errorf("%q: the icicle is of %v, and %v is spent", tier, got, want)
		}
		// Age groups are all customers of each series, or beside everybody shares
		// of them.
		for _, s := range items["age-groups"].Series {
			sum := 0.0
			for _, v := range s.Values {
				sum += float64(v)
			}
			want := 1.0
			if tier == "" {
				g, _ := w.Profile.Group(s.Name)
				want = float64(g.Count)
			}
			if math.Abs(sum-want) > 0.003 {
				t.Errorf("%q: the age groups of %s are %v together", tier, s.Name, sum)
			}
		}
		// The mean of a product, computed anew.
		wines, sum, n := w.Set.Series("mnt_wines").Numbers(), 0.0, 0.0
		first := items["products"].Series[0]
		for i := range w.Set.Len() {
			if w.Set.Series("tier").Word(i) == first.Name {
				sum, n = sum+wines[i], n+1
			}
		}
		if got := float64(first.Values[0]); items["products"].Categories[0] != "wine" || math.Abs(got-sum/n) > 0.001 {
			t.Errorf("%q: %s spend %v on %s, want %v on wine", tier, first.Name, got, items["products"].Categories[0], sum/n)
		}
	}
	_, items := gallery(t, model, list, "")
	if got := len(items["elbow"].Categories); got != len(model.Sweep()) {
		t.Errorf("the elbow has %d points, the sweep %d", got, len(model.Sweep()))
	}
	if items["silhouette"].Kind != chart.Silhouette || len(items["silhouette"].Series) != model.K() {
		t.Errorf("the silhouettes are of %d clusters, want %d", len(items["silhouette"].Series), model.K())
	}
}

// A model of one cluster, of two, and of a handful of customers have charts
// too.
// TestElbowOfGivenK: where the number of clusters was given there is no elbow, and the
// chart of the silhouettes says why.
func TestElbowOfGivenK(t *testing.T) {
	list := customers(t)
	for k, want := range map[int]string{1: "set to 1: no other was tried", 4: "set to 4: no other was tried"} {
		w, err := snapshot.New(t.Context(), train(t, list, k), 1, list)
		if err != nil {
			t.Fatal(err)
		}
		page, err := Make(t.Context(), w, Selection{}, english)
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, item := range page.Items {
			if item.Name == "elbow" || strings.Contains(item.Reading, "knee") {
				t.Errorf("k = %d: %s says %q", k, item.Name, item.Reading)
			}
			said = said || item.Name == "silhouette" && strings.Contains(item.Reading, want)
		}
		if !said {
			t.Errorf("k = %d: no chart says %q", k, want)
		}
		elbow, err := w.Charts(t.Context(), []ask.ChartRequest{{Name: "elbow", Kind: ask.ChartElbow}}, english, ask.ChartsOptions{})
		if err != nil || !strings.Contains(elbow[0].Reading, want) {
			t.Errorf("k = %d: the elbow itself says %v, %v", k, elbow, err)
		}
	}
}

func TestMakeOfLittle(t *testing.T) {
	list := customers(t)
	for name, test := range map[string]struct {
		k    int
		list []features.Customer
	}{"two clusters": {2, list}, "eight clusters": {8, list}, "a handful": {2, list[:6]}, "one customer": {2, list[:1]}} {
		t.Run(name, func(t *testing.T) {
			model := train(t, list, test.k)
			for _, tier := range append([]string{""}, model.TierNames()...) {
				w, err := snapshot.New(context.Background(), model, 1, test.list)
				if err != nil {
					t.Skip(err)
				}
				page, err := Make(context.Background(), w, Selection{Tier: tier}, english)
				if err != nil {
					t.Errorf("%q: %v", tier, err)
					continue
				}
				for _, item := range page.Items {
					if strings.Contains(item.Reading, "%!") || strings.Contains(item.Reading, "NaN") {
						t.Errorf("%q, %s: the reading is %q", tier, item.Name, item.Reading)
					}
				}
			}
		})
	}
}

// Everybody is told from every tier, in both themes.
func TestEverybodyIsNoTier(t *testing.T) {
	for rank := range 8 {
		if c := plots.RankColor(rank); c.Light == chart.Overall.Light || c.Dark == chart.Overall.Dark {
			t.Errorf("everybody has the colour of rank %d", rank)
		}
	}
}
