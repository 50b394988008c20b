//go:build !race

package segment

// slowed is about how much slower than usual the tests run.
const slowed = 1
