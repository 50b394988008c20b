//go:build race

package features

// shorter divides the sizes of tests that take time: the race detector makes
// them some twenty times slower.
const shorter = 20
