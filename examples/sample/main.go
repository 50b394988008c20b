// Sample writes customers of our own making in the schema of a campaign file,
// tab separated, with the habits of a real one: five groups of customers who
// differ in age, spending, tenure, children and income, missing incomes,
// impossible birth years and incomes far outside the rest.
//
//	go run ./examples/sample [-n 2000] [-seed 1] [-o FILE]
//
// The same seed writes the same bytes on every machine; testdata/customers.csv
// is what the defaults write. Rows are streamed, so that a million customers
// take a second or two and no memory.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/customer-personality/segmentation/internal/sample"
)

func main() {
	n := flag.Int("n", 2000, "number of `customers`")
	seed := flag.Uint64("seed", 1, "the same `seed` gives the same customers")
	out := flag.String("o", "", "`file` to write (default standard output)")
	flag.Parse()
	if *n < 1 || flag.NArg() > 0 {
		fmt.Fprintln(flag.CommandLine.Output(), "sample: -n must be at least 1, and nothing may follow the flags")
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, *n, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

// run writes n customers to the named file, or to standard output if the name
// is empty.
func run(name string, n int, seed uint64) error {
	if name == "" {
		return sample.Write(os.Stdout, n, seed)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	// A full disk may show only when the file is closed.
	return errors.Join(sample.Write(f, n, seed), f.Close())
}
