package features_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/features"
)

func ExampleCheckValue() {
	fmt.Println(features.CheckValue("tenure", 28))
	fmt.Println(features.CheckValue("children", -1))
	// Output:
	// <nil>
	// column children: "-1" cannot be used; want a number from 0
}

func ExampleUnits() {
	fmt.Println(features.Units()["tenure"])
	// Output: months
}
