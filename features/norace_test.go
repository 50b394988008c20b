//go:build !race

package features

const shorter = 1
