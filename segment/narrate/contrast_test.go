package narrate_test

import (
	"math"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

func TestContrast(t *testing.T) {
	mean := func(column string, a, b, effect float64) insight.Difference {
		return insight.Difference{Column: column, Kind: insight.KindMean, Value: a, From: b, Effect: effect}
	}
	share := func(column, level string, categorical bool, a, b float64) insight.Difference {
		return insight.Difference{Column: column, Kind: insight.KindShare, Level: level, Categorical: categorical, Value: a, From: b, Effect: math.Copysign(1, a-b)}
	}
	type list = []insight.Difference
	voice := narrate.English(features.CampaignWords())
	for _, test := range []struct {
		alike, differences list
		want               string
	}{
		{list{mean("income", 1, 1, 0), mean("spent", 1, 1, 0)}, list{mean("tenure", 166.4, 154.4, 2)}, "Gold is much like Platinum in income and spending and has been a customer 12 months longer (166 against 154 months)."},
		{list{mean("income", 1, 1, 0)}, list{mean("age", 40, 50.5, -1)}, "Gold is much like Platinum in income and is 10.5 years younger (40 against 50.5 years)."},
		{nil, list{mean("spent", 300, 1200, -2), mean("income", 130, 100, 1), mean("children", 1.6, 0.33, 1), mean("recency", 1, 2, -1)}, "Beside Platinum, Gold spends 75% less (300 against 1,200), earns 30% more (130 against 100) and has more children (1.6 against 0.33)."},
		{nil, list{mean("income", 250, 100, 1), mean("children", 0.5, 1.5, -1), mean("mnt_wines", 50, 100, -1)}, "Beside Platinum, Gold earns 2.5 times as much (250 against 100), has fewer children (0.5 against 1.5) and is lower in spending on wine (50 against 100)."},
		{nil, list{share("living_with", "Partner", true, 0.8, 0.3), share("response", ">0", false, 0.005, 0.4)}, "Beside Platinum, Gold has more who live with a partner (80% against 30%) and has fewer who accepted the last campaign (under 1% against 40%)."},
		{nil, list{mean("score", 2, -1, 1), mean("kWh", 1, 3, -1)}, "Beside Platinum, Gold is higher in score (2 against -1) and is lower in kWh (1 against 3)."},
		{nil, nil, "Gold does not differ clearly from Platinum."},
		{list{mean("income", 1, 1, 0)}, nil, "Gold is much like Platinum in income."},
	} {
		if got := voice.Contrast(insight.Contrast{Name: "Gold", From: "Platinum", Differences: test.differences, Alike: test.alike}); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if got := voice.Clusters(insight.Group{Name: "Silver", Tier: "Silver", Clusters: []int{2, 3}}); got != "Silver is made of 2 clusters." {
		t.Errorf("%q", got)
	}
	for _, g := range []insight.Group{{Name: "Gold", Tier: "Gold", Clusters: []int{1}}, {Name: "everybody", Clusters: []int{0, 1}}} {
		if got := voice.Clusters(g); got != "" {
			t.Errorf("%v: %q", g, got)
		}
	}
}
