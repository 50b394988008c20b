package features_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/customer-personality/segmentation/features"
)

func ExampleReadJSON() {
	const lines = `{"id": 1001, "age": 34, "city": "Porto", "since": "2021-05-06"}
{"id": 1002, "age": null, "city": "Lisboa", "since": "2022-11-30"}
{"id": 1003, "age": 51, "city": "Porto", "since": "2023-01-20", "member": true}
`
	table, report, err := features.ReadJSON(context.Background(), strings.NewReader(lines), features.TableOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Columns {
		fmt.Println(c.Name, c.Kind, c.Missing)
	}
	fmt.Println(table.Series("age").Numbers(), table.Series("city").Words())
	// Output:
	// id integer 0
	// age integer 1
	// city category 0
	// since date 0
	// member bool 2
	// [34 NaN 51] [Porto Lisboa Porto]
}

func ExampleNewJSONReader() {
	const lines = `{"age": 34, "city": "Porto"} {"age": 51, "city": "Lisboa"}`
	reader := features.NewJSONReader(context.Background(), strings.NewReader(lines), features.TableOptions{})
	for table, err := range reader.Blocks(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(table.Series("age").Numbers(), table.Series("city").Words())
	}
	// Output:
	// [34 51] [Porto Lisboa]
}
