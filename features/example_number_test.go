package features_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/features"
)

func ExampleParseNumber() {
	for _, s := range []string{"$58,138.50", "58.138,50 €", "58.138"} {
		v, ambiguous, err := features.ParseNumber(s, features.DecimalFromData)
		fmt.Println(v, ambiguous, err)
	}
	_, _, err := features.ParseNumber("58,5", features.DecimalPoint)
	fmt.Println(err)
	// Output:
	// 58138.5 false <nil>
	// 58138.5 false <nil>
	// 58138 true <nil>
	// features: unreadable value: "58,5"; want a number such as 58138
}
