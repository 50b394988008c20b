// Package gallery makes the charts of the analysis page: what a model found in
// its customers.
package gallery

import (
	"context"
	"slices"
	"strconv"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// An Item is one chart of the page.
type Item struct {
	*chart.Chart
	// Drawn is the picture for a page, as svg elements: for a wide screen, and for a
	// narrow one.
	Drawn string
}

// Charts are the charts, in order.
var Charts = []ask.ChartRequest{
	{Name: "sizes", Kind: ask.ChartSizes},
	{Name: "profile", Kind: ask.ChartProfiles, Columns: slices.Concat(features.TrainingColumns,
		[]string{"num_web_purchases", "num_store_purchases", "num_catalog_purchases", "num_web_visits_month", "recency"})},
	{Name: "income", Kind: ask.ChartSpread, Columns: []string{"income"}},
	{Name: "spent", Kind: ask.ChartSpread, Columns: []string{"spent"}},
	{Name: "age", Kind: ask.ChartSpread, Columns: []string{"age"}},
	{Name: "tenure", Kind: ask.ChartSpread, Columns: []string{"tenure"}},
	{Name: "children", Kind: ask.ChartSpread, Columns: []string{"children"}},
	{Name: "products", Kind: ask.ChartMeans, Columns: []string{"products"}},
	{Name: "spending-by-age", Kind: ask.ChartBy, Columns: []string{"age_group"}},
	{Name: "spending-by-marital-status", Kind: ask.ChartBy, Columns: []string{"marital_status"}},
	{Name: "age-groups", Kind: ask.ChartAges},
	{Name: "channels", Kind: ask.ChartMeans, Columns: []string{"channels"}},
	{Name: "family", Kind: ask.ChartHousehold, Columns: []string{"living_with", "education_level", "children"}},
	{Name: "campaigns", Kind: ask.ChartMeans, Columns: []string{"campaigns"}},
	{Name: "income-spending", Kind: ask.ChartIncome},
	{Name: "elbow", Kind: ask.ChartElbow},
	{Name: "silhouette", Kind: ask.ChartSilhouette},
}

// mostSpreads and mostWords bound the charts of columns of any kind, mostLevels the
// words of one.
const (
	mostSpreads = 12
	mostWords   = 6
	mostLevels  = 20
)

// Of returns the charts of a snapshot: of customers of any kind by the columns that
// there are, those that segments are made of first. There is an elbow where more than
// one number of clusters was tried; where not, the silhouettes say so.
func Of(w *snapshot.Snapshot) []ask.ChartRequest {
	elbow := func(c ask.ChartRequest) bool { return c.Kind == ask.ChartElbow && len(w.Model.Sweep()) == 0 }
	if w.Campaign {
		return slices.DeleteFunc(slices.Clone(Charts), elbow)
	}
	numbers := w.Subjects.Columns[:min(mostSpreads, len(w.Subjects.Columns))]
	out := []ask.ChartRequest{{Name: "sizes", Kind: ask.ChartSizes}}
	if len(numbers) > 0 {
		out = append(out, ask.ChartRequest{Name: "profile", Kind: ask.ChartProfiles, Columns: numbers})
	}
	for i, name := range numbers {
		out = append(out, ask.ChartRequest{Name: "numbers-" + strconv.Itoa(i+1), Kind: ask.ChartSpread, Columns: []string{name}})
	}
	for i, name := range w.Subjects.Categories[:min(mostWords, len(w.Subjects.Categories))] {
		if n := len(w.Set.Series(name).Levels()); n > 0 && n <= mostLevels {
			out = append(out, ask.ChartRequest{Name: "words-" + strconv.Itoa(i+1), Kind: ask.ChartWords, Columns: []string{name}})
		}
	}
	out = append(out, ask.ChartRequest{Name: "elbow", Kind: ask.ChartElbow}, ask.ChartRequest{Name: "silhouette", Kind: ask.ChartSilhouette})
	return slices.DeleteFunc(out, elbow)
}

// Narrow is the width of a chart on a phone, in centimetres.
const Narrow = 8.5

// Make makes all charts in a language, for one tier beside everybody, or for all
// tiers.
func Make(ctx context.Context, w *snapshot.Snapshot, tier string, l *narrate.Language) ([]Item, error) {
	charts, err := w.Charts(ctx, Of(w), l, ask.ChartsOptions{Tier: tier, Z: w.Customers.Z, Labels: w.Customers.Labels()})
	var out []Item
	for _, c := range charts {
		out = append(out, Item{Chart: c, Drawn: c.SVG() + c.SVGOf(Narrow)})
	}
	return out, err
}
