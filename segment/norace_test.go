//go:build !race

package segment

// slowed is how much slower than usual the tests run.
const slowed = 1
