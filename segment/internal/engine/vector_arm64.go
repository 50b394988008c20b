//go:build !purego

package engine

// NEON is part of the architecture.
const hasVector = true
