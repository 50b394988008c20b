// Package testdata holds the bundled sample, so that the example programs have
// it wherever they are started.
package testdata

import (
	_ "embed"
	"time"
)

// Customers is customers.csv: 2,000 customers of our own making, as
// examples/sample writes them.
//
//go:embed customers.csv
var Customers []byte

// AsOf is the day on which the ages and tenures of the sample are counted.
var AsOf = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
