//go:build race

package segment

const slowed = 20
