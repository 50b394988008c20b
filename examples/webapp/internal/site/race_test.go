//go:build race

package site

// slow is whether the race detector looks on. Pixels are drawn some fifty times
// slower then, so few pictures are; without it, and on PostgreSQL, all are.
const slow = true
