package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

func ExampleCompare() {
	ctx, x := context.Background(), customers()
	options := segment.TrainOptions{Columns: customerColumns, Value: []string{"income", "spent"}, K: 4, Seed: 1}
	old, err := segment.Train(ctx, x.Slice(0, 200, 0, 5), options)
	if err != nil {
		log.Fatal(err)
	}
	new, err := segment.Train(ctx, x, options)
	if err != nil {
		log.Fatal(err)
	}
	comparison, err := insight.Compare(ctx, old.Model, new.Model, x, insight.CompareOptions{Before: x.Slice(0, 200, 0, 5)})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range voice.Comparison(comparison) {
		fmt.Println(s)
	}
	// Output:
	// The new model segments as the old one did.
	// The clusters agree: adjusted Rand index 1.000, at least 0.90.
	// 0.0% of the customers change their tier (0.0% go up, 0.0% down): no more than 5%.
	// No column has shifted: PSI below 0.10.
}

// swapped returns two models of which the second, ranked by age, has the
// clusters of the first in another order.
func swapped() (old, new *segment.Model) {
	train := func(value ...string) *segment.Model {
		options := segment.TrainOptions{Columns: customerColumns, Value: value, K: 4, Seed: 1}
		trained, err := segment.Train(context.Background(), customers(), options)
		if err != nil {
			log.Fatal(err)
		}
		return trained.Model
	}
	return train("income", "spent"), train("age")
}

func ExampleComparison() {
	old, new := swapped()
	c, err := insight.Compare(context.Background(), old, new, customers(), insight.CompareOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: adjusted Rand %.2f, %.0f%% stay, %.0f%% go up, %.0f%% down\n", c.Verdict, c.AdjustedRand, 100*c.Stay, 100*c.Up, 100*c.Down)
	// Output: changed: adjusted Rand 1.00, 50% stay, 25% go up, 25% down
}

func ExampleKeepTierNames() {
	old, new := swapped()
	c, err := insight.Compare(context.Background(), old, new, customers(), insight.CompareOptions{})
	if err != nil {
		log.Fatal(err)
	}
	kept, above, err := insight.KeepTierNames(old, new, c)
	if err != nil {
		log.Fatal(err)
	}
	for cluster := range kept.K() {
		fmt.Println(cluster, "was", new.Tier(cluster), "and keeps", kept.Tier(cluster))
	}
	for _, k := range above {
		fmt.Println(voice.KeptAbove(k))
	}
	// Output:
	// 0 was Platinum and keeps Platinum
	// 1 was Gold and keeps Silver
	// 2 was Silver and keeps Gold
	// 3 was Bronze and keeps Bronze
	// cluster 1 keeps the name Silver though it is now worth more than cluster 2, Gold
}

func ExampleKeptAbove() {
	data, err := json.Marshal(insight.KeptAbove{Cluster: 1, Tier: "Silver", Below: 2, BelowTier: "Gold"})
	fmt.Println(string(data), err)
	// Output: {"cluster":1,"tier":"Silver","below":2,"below_tier":"Gold"} <nil>
}

func ExampleClusterMatch() {
	old, new := swapped()
	c, err := insight.Compare(context.Background(), old, new, customers(), insight.CompareOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range c.Matches {
		fmt.Printf("cluster %d, %s → cluster %d, %s (Jaccard %.2f)\n", m.Old, m.OldTier, m.New, m.NewTier, m.Jaccard)
	}
	// Output:
	// cluster 0, Platinum → cluster 0, Platinum (Jaccard 1.00)
	// cluster 1, Gold → cluster 2, Silver (Jaccard 1.00)
	// cluster 2, Silver → cluster 1, Gold (Jaccard 1.00)
	// cluster 3, Bronze → cluster 3, Bronze (Jaccard 1.00)
}

func ExampleTransitionMatrix() {
	old, new := swapped()
	c, err := insight.Compare(context.Background(), old, new, customers(), insight.CompareOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for i, from := range c.Tiers.From {
		fmt.Printf("%-8s %v\n", from, c.Tiers.Counts[i])
	}
	fmt.Println("to", c.Tiers.To)
	// Output:
	// Platinum [100 0 0 0]
	// Gold     [0 0 100 0]
	// Silver   [0 100 0 0]
	// Bronze   [0 0 0 100]
	// to [Platinum Gold Silver Bronze]
}

func ExampleVerdict() {
	c := insight.Comparison{Verdict: insight.VerdictMoved, AdjustedRand: 0.95, Stay: 0.938, Up: 0.04, Down: 0.022}
	fmt.Println(c.Verdict)
	for _, s := range voice.Comparison(&c) {
		fmt.Println(s)
	}
	// Output:
	// moved
	// The new model moves some customers: look before taking it.
	// The clusters agree: adjusted Rand index 0.950, at least 0.90.
	// 6.2% of the customers change their tier (4.0% go up, 2.2% down): more than 5%.
}

func ExampleCompareOptions() {
	// The rows may have more columns than a model, in any order.
	model := trained()
	x := mat.NewDense(1, 6, []float64{88000, 7, 64, 1600, 25, 0})
	c, err := insight.Compare(context.Background(), model, model, x, insight.CompareOptions{
		Columns: []string{"income", "number", "age", "spent", "tenure", "children"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Rows, c.Verdict)
	// Output: 1 same
}

func ExampleDrifts() {
	before := mat.NewDense(8, 1, []float64{10, 11, 12, 13, 14, 15, 16, 17})
	after := mat.NewDense(8, 1, []float64{14, 15, 16, 17, 18, 19, 20, 21})
	drifts, err := insight.Drifts(context.Background(), before, after, "basket")
	if err != nil {
		log.Fatal(err)
	}
	d := drifts[0]
	fmt.Printf("%s: PSI %.2f, shifted: %v; KS %.2f\n", d.Column, d.PSI, d.PSI > insight.PSIShifted, d.KS)
	// Output: basket: PSI 0.98, shifted: true; KS 0.50
}

func ExampleDrift() {
	data, err := json.Marshal(insight.Drift{Column: "income", PSI: 0.02, KS: 0.04, KSCritical: 0.05})
	fmt.Println(string(data), err)
	// Output: {"column":"income","psi":0.02,"ks":0.04,"ks_critical":0.05} <nil>
}
