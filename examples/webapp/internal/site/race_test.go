//go:build race

package site

// slow is whether the race detector looks on. Pixels are drawn some fifty times
// slower then, and texts searched: few of each are. All are without it, and on
// PostgreSQL.
const slow = true
