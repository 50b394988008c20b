// Package gallery makes the charts of the analysis page: what a model found in
// its customers.
package gallery

import (
	"context"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// An Item is one chart of the page.
type Item struct {
	*chart.Chart
	// Drawn is the picture for a page, as an svg element.
	Drawn string
}

// Names are the names of the charts, in order.
var Names = []string{
	"sizes", "profile", "income", "spent", "age", "tenure", "children", "products", "spending-by-age", "spending-by-marital-status",
	"age-groups", "channels", "family", "campaigns", "income-spending", "elbow", "silhouette",
}

// profiled are the columns by which tiers are told apart.
var profiled = slices.Concat(features.TrainingColumns, []string{"num_web_purchases", "num_store_purchases", "num_catalog_purchases", "num_web_visits_month", "recency"})

// Make makes all charts in a language, for one tier beside everybody, or for all
// tiers.
func Make(ctx context.Context, w *snapshot.Snapshot, tier string, l *narrate.Language) ([]Item, error) {
	charts, err := w.Charts(tier, l)
	if err != nil {
		return nil, err
	}
	var out []Item
	for _, name := range Names {
		c, err := of(ctx, w, charts, name)
		if err != nil {
			return nil, fmt.Errorf("the chart %s: %w", name, err)
		}
		c.Name = name
		if charts.Empty() {
			c.Reading = l.T("gallery.nobody")
		}
		c = c.In(l)
		out = append(out, Item{Chart: c, Drawn: c.SVG()})
	}
	return out, nil
}

func of(ctx context.Context, w *snapshot.Snapshot, charts ask.Charts, name string) (*chart.Chart, error) {
	switch name {
	case "sizes":
		return charts.Sizes(), nil
	case "profile":
		return charts.Profiles(profiled...), nil
	case "products", "channels", "campaigns":
		return charts.Means(name)
	case "spending-by-age":
		return charts.By("age_group")
	case "spending-by-marital-status":
		return charts.By("marital_status")
	case "age-groups":
		return charts.Ages(), nil
	case "family":
		return charts.Household([]string{"living_with", "education_level"}, "children"), nil
	case "income-spending":
		return charts.Income(), nil
	case "elbow":
		return charts.Elbow(), nil
	case "silhouette":
		return charts.Silhouette(ctx, w.Customers.Z, w.Customers.Labels())
	}
	return charts.Spread(name)
}
