package plots_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
)

// save draws a figure with a title as testdata/name.png, and prints its Alt.
func save(name, title string, figure *plots.Figure, err error) {
	if err == nil {
		figure.Title = title
		err = figure.Save("testdata/"+name+".png", plots.Style{DPI: 96})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(figure.Alt)
}

func ExampleBars() {
	figure, err := plots.Bars{
		Groups:     plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Categories: []string{"Undergraduate", "Graduate", "Postgraduate"},
		Values:     [][]float64{{0.4, 0.33, 0.32}, {0.15, 0.21, 0.23}, {0.02, 0.06, 0.05}, {math.NaN(), 0.07, 0.05}},
		X:          plots.Axis{Label: "Level of education"}, Y: plots.Axis{Label: "Share that accepted", Number: plots.Percent, Tick: plots.Percent},
	}.Figure()
	save("bars", "Acceptance of the last campaign by education", figure, err)
	// Output: Bars of 3 categories
}

func ExampleBars_lying() {
	figure, err := plots.Bars{
		Groups: plots.Tiers("Gold"), Lying: true,
		Categories: []string{"Income", "Spending", "Children at home", "Web visits a month"}, Values: [][]float64{{0.62, 0.46, 0.25, -0.42}},
		Y: plots.Axis{Label: "Standard deviations from everybody"},
	}.Figure()
	save("bars_lying", "What sets Gold apart", figure, err)
	// Output: Bars of 4 categories
}

func ExampleLines() {
	figure, err := plots.Lines{
		Groups: plots.Tiers("Platinum", "Gold"), Categories: []string{"20–39", "40–59", "60 and more"},
		Values: [][]float64{{78_400, 78_900, 79_100}, {63_000, math.NaN(), 61_800}}, Y: plots.Axis{Label: "Mean income"},
	}.Figure()
	save("lines", "Mean income by age group", figure, err)
	// Output: Lines over 3 categories
}

func ExampleLines_panels() {
	figure, err := plots.Lines{
		Groups: []plots.Group{{Name: "Inertia"}, {Name: "Silhouette"}}, Panels: true, Mark: "4",
		Categories: []string{"2", "3", "4", "5", "6"}, Values: [][]float64{{5300, 3500, 2500, 2200, 2000}, {0.42, 0.45, 0.51, 0.44, 0.4}},
		X: plots.Axis{Label: "Number of clusters"},
	}.Figure()
	save("lines_panels", "How many clusters?", figure, err)
	// Output: Lines over 5 categories
}

func ExampleScatter() {
	var points [2][][2]float64
	for i := range 200 {
		t := float64(i) / 200
		points[i%2] = append(points[i%2], [2]float64{20 + 60*t + 8*math.Sin(37*t), 30*t*t*float64(1+i%2) + 4*math.Cos(91*t)})
	}
	figure, err := plots.Scatter{
		Groups: plots.Tiers("Platinum", "Gold"), Points: points[:],
		X: plots.Axis{Label: "Income (thousands)"}, Y: plots.Axis{Label: "Spending"},
	}.Figure()
	save("points", "Spending and income", figure, err)
	// Output: 200 points
}

func ExampleEllipse() {
	var points, areas [2][][2]float64
	for i := range 200 {
		t := 2 * math.Pi * float64(i) / 200
		points[i%2] = append(points[i%2], [2]float64{3*float64(i%2) + 2*math.Sin(37*t)*math.Cos(t), math.Sin(37*t) + math.Cos(91*t)})
	}
	for i := range areas {
		areas[i] = plots.Ellipse(points[i], 0.8)
	}
	figure, err := plots.Scatter{Groups: plots.Tiers("Platinum", "Gold"), Points: points[:], Areas: areas[:], X: plots.Axis{Label: "mostly income (62%)"}, Y: plots.Axis{Label: "mostly age (21%)"}}.Figure()
	save("ellipse", "Map of the customers", figure, err)
	// Output: 200 points
}

func ExampleBoxes() {
	figure, err := plots.Boxes{
		Groups: plots.Tiers("Platinum", "Gold", "Silver", "Bronze"),
		Five:   [][5]float64{{25, 46, 53, 60, 81}, {39, 54, 58, 61, 71}, {30, 48, 54, 62, 76}, {24, 32, 35, 38, 49}}, X: plots.Axis{Label: "Age (years)"},
	}.Figure()
	save("boxes", "Age by segment", figure, err)
	// Output: 4 boxes
}

func ExampleDensitiesOf() {
	var values [2][]float64
	for i := range 400 {
		t := float64(i)/400 - 0.5
		values[0], values[1] = append(values[0], 60+40*t*t*t*8), append(values[1], 45+30*t)
	}
	d := plots.DensitiesOf(plots.Tiers("Platinum", "Gold"), values[:])
	d.X.Label = "thousands"
	figure, err := d.Figure()
	save("densities", "Income", figure, err)
	// Output: Distributions
}

func ExampleSteps() {
	figure, err := plots.Steps{
		Sum:   plots.Step{Name: "Change", Value: 60, Color: plots.RankColor(0)},
		Steps: []plots.Step{{Name: "Wine", Value: 90, Color: plots.RankColor(0)}, {Name: "Meat", Value: -45, Color: plots.RankColor(3)}, {Name: "Fish", Value: 15, Color: plots.RankColor(0)}},
	}.Figure()
	save("steps", "From last year's spending to this year's", figure, err)
	// Output: Wine counts most, with +90 of a sum of 60
}

func ExampleShares() {
	figure, err := plots.Shares{
		Groups: plots.Tiers("Platinum", "Gold", "Silver"),
		Rows:   []string{"Customers", "Purchases", "Spending"}, Values: [][]float64{{400, 400, 800}, {8800, 7000, 5600}, {560_000, 310_000, 140_000}},
	}.Figure()
	save("shares", "Customers, purchases and spending", figure, err)
	// Output: Platinum: 25% of customers, 41% of purchases, 55% of spending; Gold: 25% of customers, 33% of purchases, 31% of spending; Silver: 50% of customers, 26% of purchases, 14% of spending
}

// The caller's way of writing numbers, in another language.
func ExampleAxis() {
	figure, err := plots.Steps{
		Steps: []plots.Step{{Name: "Wein", Value: 90.5}}, Sum: plots.Step{Name: "Summe", Value: 90.5},
		X: plots.Axis{Label: "EUR", Number: func(v float64) string { return strings.Replace(fmt.Sprint(v), ".", ",", 1) }},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(figure.Alt)
	// Output: Wein counts most, with 90,5 of a sum of 90,5
}

// Shares of whole numbers that are known already, without the values behind them.
func ExampleDensities() {
	figure, err := plots.Densities{
		Groups: plots.Tiers("Platinum", "Gold"), Lo: 0, Hi: 2, Whole: true,
		Heights: [][]float64{{0.9, 0.1, 0}, {0.3, 0.5, 0.2}}, Medians: []float64{0, 1}, X: plots.Axis{Label: "Children"},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "Children by segment"
	svg, err := figure.SVG(plots.Style{})
	fmt.Println(strings.Contains(svg, ">Children by segment</text>"), err)
	// Output: true <nil>
}

// A step that is no number is refused by its name.
func ExampleStep() {
	_, err := plots.Steps{Steps: []plots.Step{{Name: "Income", Text: "no number", Value: math.NaN()}}}.Figure()
	fmt.Println(err)
	// Output: plots: cannot draw: step Income: value 0 is NaN; it must be a finite number
}
