package web

import (
	"crypto/rand"
	"strings"
)

// NewID returns a name for an address that nobody can guess: 130 random bits.
func NewID() string { return strings.ToLower(rand.Text()) }

// ValidID reports whether s can be of NewID.
func ValidID(s string) bool {
	return len(s) == 26 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
