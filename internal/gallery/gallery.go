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
	"github.com/customer-personality/segmentation/segment/insight"
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
	{Name: "map", Kind: ask.ChartMap},
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
	out = append(out, ask.ChartRequest{Name: "map", Kind: ask.ChartMap})
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

// The widths in which charts are drawn, in centimetres, so that their letters have the
// size of the page's: on a phone, in one of two columns, and across both.
const (
	Narrow = 8.5
	half   = 13
	full   = 27
)

// Full reports whether a chart goes across both columns of the page.
func (i Item) Full() bool {
	return slices.Contains([]string{"sizes", "profile", "map", "family"}, i.Name)
}

// A Page is the analysis of a selection of customers.
type Page struct {
	Selection
	Title     string // who the customers are
	Everybody int    // how many customers there are
	Customers int    // of the selection; the rest is empty for none
	KPIs      []KPI
	Items     []Item
	// Neighbours say how each tier, or the one of the selection, differs from those
	// next to it in value, and which are made of several clusters; of whole tiers alone.
	Neighbours []Neighbour
}

// A Neighbour is what is said of a tier beside others.
type Neighbour struct{ Tier, Text string }

// neighbours says how tiers differ from those next to them in value.
func neighbours(w *snapshot.Snapshot, tier string, l *narrate.Language) (out []Neighbour, err error) {
	contrasts, err := insight.TierContrasts(w.Profile, w.Model, tier, insight.ContrastOptions{})
	if err != nil {
		return nil, err
	}
	voice := ask.Voice(l, w.Subjects.Words)
	for _, c := range contrasts {
		out = append(out, Neighbour{c.Name, voice.Contrast(c)})
	}
	for _, g := range w.Profile.Tiers {
		if said := voice.Clusters(g); said != "" && (tier == "" || tier == g.Name) {
			out = append(out, Neighbour{g.Name, said})
		}
	}
	return out, nil
}

// Few reports whether the customers are so few that their figures vary much by chance:
// below 30, from which on a mean is nearly normal by the rule of thumb.
func (p *Page) Few() bool { return p.Customers < 30 }

// Make makes all figures and charts of a selection in a language.
func Make(ctx context.Context, w *snapshot.Snapshot, s Selection, l *narrate.Language) (*Page, error) {
	rows, err := w.Rows(ctx, s.Among())
	if err != nil {
		return nil, err
	}
	p := &Page{Selection: s, Title: l.Capital(w.Population(s.Among(), l)), Everybody: w.Set.Len(), Customers: len(rows)}
	if len(rows) == 0 && len(s.Where) > 0 {
		return p, nil
	}
	if p.KPIs, err = kpis(ctx, w, rows); err != nil {
		return nil, err
	}
	if len(s.Where) == 0 {
		if p.Neighbours, err = neighbours(w, s.Tier, l); err != nil {
			return nil, err
		}
	}
	charts, err := Draw(ctx, w, s, l, Of(w)...)
	for _, c := range charts {
		item := Item{Chart: c}
		width := float64(half)
		if item.Full() {
			width = full
		}
		item.Drawn = c.SVGOf(width) + c.SVGOf(Narrow)
		p.Items = append(p.Items, item)
	}
	return p, err
}

// Draw makes charts of a selection in a language, without their pictures.
func Draw(ctx context.Context, w *snapshot.Snapshot, s Selection, l *narrate.Language, list ...ask.ChartRequest) ([]*chart.Chart, error) {
	return w.Charts(ctx, list, l, ask.ChartsOptions{Tier: s.Tier, Where: s.Where, Z: w.Customers.Z, Labels: w.Customers.Labels()})
}
