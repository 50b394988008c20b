package report

import (
	"math"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
)

var shop = features.CampaignSubjects()

// group returns a segment in which each column has the mean and the difference
// from everybody that are given.
func group(share, revenue float64, columns map[string][2]float64) insight.Group {
	g := insight.Group{Name: "Silver", Count: int(1000 * share), Share: share, Revenue: 1e6 * revenue, RevenueShare: revenue}
	for name, v := range columns {
		g.Numeric = append(g.Numeric, insight.NumericSummary{Column: name, Mean: v[0], Difference: v[1]})
	}
	return g
}

// everybody has the mean 10 in purchases and visits, 100 in products, 0.1 in
// campaigns.
func everybody() insight.Group {
	g := insight.Group{Name: "everybody", Count: 1000, Share: 1, Revenue: 1e6, RevenueShare: 1}
	for _, name := range shop.Columns {
		mean := 10.0
		switch {
		case strings.HasPrefix(name, "mnt_"):
			mean = 100
		case name == "spent":
			mean = 600
		case strings.HasPrefix(name, "accepted_") || name == "response":
			mean = 0.1
		case name == "complain":
			mean = 0.01
		}
		g.Numeric = append(g.Numeric, insight.NumericSummary{Column: name, Mean: mean, SD: mean, Max: 10 * mean})
	}
	return g
}

// like returns everybody's means and no difference, but for what is given.
func like(share, revenue float64, but map[string][2]float64) insight.Group {
	columns := map[string][2]float64{}
	for _, s := range everybody().Numeric {
		columns[s.Column] = [2]float64{s.Mean, 0}
	}
	for name, v := range but {
		columns[name] = v
	}
	return group(share, revenue, columns)
}

func TestAdvice(t *testing.T) {
	low := map[string][2]float64{"num_web_visits_month": {14, 0.4}, "num_web_purchases": {4, -0.6}, "num_store_purchases": {3, -0.7}, "num_catalog_purchases": {1, -0.9}}
	orders := map[string][2]float64{"num_web_visits_month": {14, 0.4}, "num_web_purchases": {9.9, -0.01}, "num_store_purchases": {3, -0.7}, "num_catalog_purchases": {1, -0.9}}
	for _, test := range []struct {
		name  string
		group insight.Group
		want  string // beginning of a piece of advice; empty for none at all
		says  string // within its reason
	}{
		{"like everybody", like(0.25, 0.25, nil), "", ""},
		{"worth much", like(0.25, 0.375, nil), "Keep them. Losing one costs 1.5 times", "25% of the customers, 38% of the revenue; 1,500 a head, and everybody 1,000."},
		{"not quite", like(0.25, 0.374, nil), "", ""},
		{"worth little", like(0.4, 0.2, nil), "Serve them at low cost. One brings 50% of", "40% of the customers, 20% of the revenue; 500 a head"},
		{"income above spending", like(0.25, 0.25, map[string][2]float64{"income": {12, 0.1}, "spent": {500, -0.15}}), "There is room to grow", "Their income is 120% of the average, their spending 83%"},
		{"visits without orders", like(0.25, 0.25, low), "Turn visits into orders", "14.0 times a month (everybody 10.0) and buy 8.0 times in two years (everybody 30.0)"},
		{"visits with orders", like(0.25, 0.25, orders), "", ""},
		{"a channel", like(0.25, 0.25, map[string][2]float64{"num_catalog_purchases": {15, 0.5}, "num_web_purchases": {12, 0.3}}), "Reach them by catalogue.", "15.0 purchases there, and everybody 10.0"},
		{"discounts taken", like(0.25, 0.25, map[string][2]float64{"num_deals_purchases": {15, 0.2}}), "Use discounts here", "15.0 purchases at a discount, and everybody 10.0"},
		{"discounts not taken", like(0.25, 0.25, map[string][2]float64{"num_deals_purchases": {5, -0.2}}), "Save the discounts", "5.0 purchases"},
		{"a campaign", like(0.25, 0.25, map[string][2]float64{"accepted_cmp2": {0.16, 0.1}, "accepted_cmp5": {0.3, 0.6}}), "Repeat offers such as campaign 5.", "30% accepted it, and 10% of everybody"},
		{"no campaign", like(0.25, 0.25, map[string][2]float64{"accepted_cmp1": {0.01, -0.3}, "accepted_cmp2": {0.02, -0.3}, "accepted_cmp3": {0.03, -0.3}, "accepted_cmp4": {0.01, -0.3}, "accepted_cmp5": {0, -0.3}, "response": {0.04, -0.3}}), "Spare the cost of contacting them", "At most 4% accepted one; of everybody, 10% did."},
		{"a product", like(0.25, 0.25, map[string][2]float64{"mnt_fish_products": {150, 0.5}}), "Lead with fish.", "25% of what they spend, and 17% of what everybody does."},
		{"long ago", like(0.25, 0.25, map[string][2]float64{"recency": {60, 0.3}}), "Win them back", "60 days ago, and 10 of everybody"},
		{"new", like(0.25, 0.25, map[string][2]float64{"tenure": {4, -0.6}}), "Welcome them", "4 months, everybody for 10"},
		{"complaints", like(0.25, 0.25, map[string][2]float64{"complain": {0.03, 0.1}}), "Look into their complaints", "3% complained"},
	} {
		got := (&figures{group: test.group, all: everybody(), Subjects: shop}).advice()
		if test.want == "" {
			if len(got) > 0 {
				t.Errorf("%s: %+v; want none", test.name, got)
			}
			continue
		}
		if len(got) != 1 || !strings.HasPrefix(got[0].Do, test.want) || !strings.Contains(got[0].Because, test.says) || !(got[0].Weight > 0) {
			t.Errorf("%s: %+v; want %q because of %q", test.name, got, test.want, test.says)
		}
	}
}

func TestAdviceStep(t *testing.T) {
	better := like(0.2, 0.25, map[string][2]float64{"mnt_meat_products": {500, 1}, "mnt_wines": {900, 0.5}})
	better.Name = "Gold"
	f := figures{group: like(0.25, 0.25, map[string][2]float64{"mnt_wines": {600, 0.2}}), all: everybody(), better: &better, Subjects: shop}
	// Wine is 300 more, but not twice as much.
	f.step()
	if got := f.said; len(got) != 1 || got[0].Do != "The step up to Gold leads over meat." || !strings.Contains(got[0].Because, "They spend 100 on it, Gold spends 500") {
		t.Errorf("%+v", got)
	}
	f.better, f.said = nil, nil
	if f.step(); f.said != nil {
		t.Errorf("the best tier is to step up: %+v", f.said)
	}
}

// TestAdviceOfUnknown: what a file does not tell is no reason for advice, and
// there are at most four pieces, what the worth asks for first.
func TestAdviceOfUnknown(t *testing.T) {
	nothing := insight.Group{Name: "everybody", Count: 10, Share: 1, RevenueShare: math.NaN()}
	part := insight.Group{Name: "Gold", Count: 4, Share: 0.4, RevenueShare: math.NaN()}
	if got := (&figures{group: part, all: nothing, Subjects: shop}).advice(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	many := like(0.2, 0.6, map[string][2]float64{
		"num_store_purchases": {20, 1}, "num_deals_purchases": {3, -0.9}, "recency": {90, 2}, "response": {0.5, 1.5}, "mnt_fruits": {300, 1}, "complain": {0.2, 1},
	})
	if got := (&figures{group: like(0.25, 0.25, nil), all: everybody()}).advice(); len(got) != 0 {
		t.Errorf("without subjects: %+v", got)
	}
	got := (&figures{group: many, all: everybody(), Subjects: shop}).advice()
	if len(got) != most || !strings.HasPrefix(got[0].Do, "Keep") || !strings.HasPrefix(got[1].Do, "Win") {
		t.Errorf("%+v", got)
	}
	for i := 2; i < len(got); i++ {
		if got[i].Weight > got[i-1].Weight {
			t.Errorf("advice %d is stronger than the one before: %+v", i, got)
		}
	}
}
