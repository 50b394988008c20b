//go:build !unix

package store

import "testing"

func withUmask(_ *testing.T, _ int, f func()) { f() }
