//go:build !linux

package site

import "testing"

func smallDisk(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("a small file system is made on Linux alone")
	return ""
}
