package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleColor() {
	for _, name := range []string{"Platinum", "Gold", "Silver", "Bronze"} {
		c := plots.TierColor(name)
		fmt.Printf("%-8s  on light %s, on dark %s\n", name, c.Light, c.Dark)
	}
	// Output:
	// Platinum  on light #1F3B87, on dark #7A9BFF
	// Gold      on light #C48600, on dark #F2BC3D
	// Silver    on light #687583, on dark #ABB6C2
	// Bronze    on light #A34118, on dark #D9754A
}

// Names of one's own are coloured by rank.
func ExampleGroup() {
	for _, g := range plots.Tiers("Loyal", "Promising", "New") {
		fmt.Println(g.Name, g.Color.Light)
	}
	// Output:
	// Loyal #1F3B87
	// Promising #C48600
	// New #687583
}

// Clusters that share a tier have shades of its colour.
func ExampleClusters() {
	for _, g := range plots.Clusters("Platinum", "Gold", "Gold", "Silver", "Bronze") {
		fmt.Println(g.Name, g.Color.Light)
	}
	// Output:
	// Platinum #1F3B87
	// Gold 1 #C48600
	// Gold 2 #DFBC73
	// Silver #687583
	// Bronze #A34118
}
