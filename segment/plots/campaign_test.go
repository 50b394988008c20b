package plots_test

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

var folder = flag.String("draw", "", "folder into which the public data set is drawn, in all themes, for looking")

// TestCampaign draws the public data set in all pictures, from the customers to
// the comparison of two models, by the functions that take what package segment
// gives.
func TestCampaign(t *testing.T) {
	clean := campaign(t)
	x, err := clean.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range campaignPictures(t, clean, x) {
		t.Run(name, func(t *testing.T) { drawn(t, name, p) })
	}
}

// campaign returns the cleaned customers of the public campaign file.
func campaign(t *testing.T) *features.Table {
	t.Helper()
	customers, _, err := features.ReadFile(t.Context(), testenv.Campaign(t), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clean, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return clean
}

// shown are the columns of the campaign that pictures show.
var shown = []string{
	"age", "spent", "tenure", "children", "income", "recency",
	"mnt_wines", "mnt_fruits", "mnt_meat_products", "mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods",
	"num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_deals_purchases",
	"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response",
}

// described returns these, with the children at home as words.
func described(t *testing.T, clean *features.Table) *features.Table {
	t.Helper()
	table, err := clean.Select(append(slices.Clone(shown), "living_with", "education_level", "age_group")...)
	if err != nil {
		t.Fatal(err)
	}
	number := clean.Series("children")
	children := make([]string, number.Len())
	for i := range children {
		children[i] = []string{"no children", "1 child", "2 children", "3 children"}[min(int(number.Number(i)), 3)]
	}
	if table, err = table.With(features.WordSeries(features.Column{Name: "at home"}, children)); err != nil {
		t.Fatal(err)
	}
	return table
}

// campaignPictures makes the pictures of a model of the campaign, of whose customers x
// has the training columns.
func campaignPictures(t *testing.T, clean *features.Table, x *mat.Dense) map[string]picture {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	train := func(k int) *segment.Model {
		m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, Units: features.Units(), K: k, Seed: 1, Restarts: 3})
		must(err)
		return m.Model
	}
	m, other := train(5), train(4)

	table := described(t, clean)
	profile, err := insight.ProfileOf(ctx, m, table, insight.ProfileOptions{Revenue: "spent"})
	must(err)
	z, err := m.Pipeline().Transform(ctx, x)
	must(err)
	sweep, err := segment.Sweep{Seed: 1, Restarts: 3}.Fit(ctx, z)
	must(err)
	report, err := insight.SelectK(ctx, z, insight.SelectionOptions{Seed: 1, Restarts: 2, EachRestarts: 1, References: 3, Resamples: 3})
	must(err)
	predictions, err := m.PredictMatrix(ctx, x)
	must(err)
	labels := make([]int, len(predictions))
	for i, p := range predictions {
		labels[i] = p.Cluster
	}
	scatter, biplot := plots.ScatterMatrixOf(m, z, labels), plots.BiplotOf(m, z, labels)
	silhouettes, err := plots.SilhouetteOfModel(ctx, m, z, labels)
	must(err)
	explanation, err := insight.Explain(ctx, m, mat.Row(nil, 0, x), insight.ExplainOptions{})
	must(err)
	comparison, err := insight.Compare(ctx, m, other, x, insight.CompareOptions{})
	must(err)
	icicle, err := plots.IcicleOf(ctx, table, "spent", "living_with", "education_level", "at home")
	must(err)
	pairs, err := table.Matrix(ctx, "age", "spent", "tenure", "children", "income", "recency", "num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_deals_purchases")
	must(err)
	spending := plots.BarTableOf(profile, shown[6:12]...)
	spending.Rows = []string{"Wines", "Fruits", "Meat", "Fish", "Sweets", "Gold products"}
	channels := plots.BarTableOf(profile, shown[12:16]...)
	channels.Rows = []string{"Web", "Catalogue", "Store", "Deals"}

	elbow := plots.ElbowOf(sweep)
	checkElbow(t, elbow)
	return map[string]picture{
		"elbow":         elbow,
		"selection":     plots.SelectionOf(report),
		"silhouette":    silhouettes,
		"scatter":       scatter,
		"biplot":        biplot,
		"variance":      plots.ExplainedVarianceOf(m),
		"heatmap":       plots.HeatMapOf(profile, shown[:6]...),
		"sizes":         plots.SizesOf(profile),
		"distributions": plots.Distributions{X: x, Columns: features.TrainingColumns, Groups: scatter.Groups, Labels: scatter.Labels},
		"spending":      spending,
		"channels":      channels,
		"campaigns":     plots.DotPlotOf(profile, shown[16:]...),
		"ages":          plots.StackedBarsOf(profile, "age_group", "Teen", "Adult", "Middle-Aged Adult", "Senior Adult"),
		"icicle":        icicle,
		"correlations":  testenv.Must(plots.CorrelationsOf(ctx, pairs, "age", "spent", "tenure", "children", "income", "recency", "web", "catalogue", "store", "deals")),
		"waterfall":     plots.WaterfallOf(m, explanation),
		"transition":    plots.TransitionMatrixOf(comparison),
	}
}

// checkElbow checks that the knee is the peak of the difference curve that is drawn
// below it.
func checkElbow(t *testing.T, elbow plots.Elbow) {
	t.Helper()
	for i, v := range elbow.Difference {
		if at := slices.Index(elbow.K, elbow.Knee); v > elbow.Difference[at] {
			t.Errorf("the knee is at k = %d, and the difference curve higher at %d", elbow.Knee, elbow.K[i])
		}
	}
	if elbow.Knee != 5 || len(elbow.Difference) != len(elbow.K) {
		t.Errorf("a knee at %d and %d differences for %d k; want 5 and as many", elbow.Knee, len(elbow.Difference), len(elbow.K))
	}
}

// drawn checks the picture of a name, and saves it where there is a folder for it.
func drawn(t *testing.T, name string, p picture) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := p.Figure()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	svg, err := f.SVG(plots.Style{Theme: plots.Auto})
	must(err)
	wellFormed(t, []byte(svg))
	if len(svg) > 200_000 {
		t.Errorf("%s is %d bytes of SVG", name, len(svg))
	}
	if *folder == "" {
		return
	}
	for suffix, s := range map[string]plots.Style{"light": {}, "dark": {Theme: plots.Dark}, "narrow": {Width: 9.2}} {
		must(f.Save(filepath.Join(*folder, name+"_"+suffix+".png"), s))
	}
	must(f.Save(filepath.Join(*folder, name+".pdf"), plots.Style{}))
}
