package plots_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/segment/plots"
)

func ExampleIcicle() {
	education := func(postgraduate, graduate, undergraduate [2]plots.Node) []plots.Node {
		return []plots.Node{
			{Name: "Postgraduate", Children: postgraduate[:]},
			{Name: "Graduate", Children: graduate[:]},
			{Name: "Undergraduate", Children: undergraduate[:]},
		}
	}
	children := func(none, spentNone, some, spentSome float64) [2]plots.Node {
		return [2]plots.Node{
			{Name: "no children", Customers: none, Value: spentNone},
			{Name: "children", Customers: some, Value: spentSome},
		}
	}
	figure, err := plots.Icicle{
		Levels: []string{"family", "education", "children"},
		Nodes: []plots.Node{
			{Name: "Partner", Children: education(
				children(138, 1120, 404, 445), children(192, 1170, 528, 400), children(45, 930, 128, 210))},
			{Name: "Single", Children: education(
				children(91, 1080, 216, 460), children(139, 1150, 265, 385), children(29, 890, 54, 190))},
		},
		Value: "mean spending",
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.Save("testdata/icicle.png", plots.Style{DPI: 96}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(figure.Alt)
	// Output: 2,229 customers in all; the largest group is Partner with 64%
}

// The figures of a group follow from those of the groups in it.
func ExampleNode() {
	figure, err := plots.Icicle{
		Levels: []string{"family", "children"},
		Nodes: []plots.Node{
			{Name: "Partner", Children: []plots.Node{
				{Name: "no children", Customers: 375},
				{Name: "children", Customers: 1060},
			}},
			{Name: "Single", Customers: 794},
		},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(figure.Alt)
	// Output: 2,229 customers in all; the largest group is Partner with 64%
}
