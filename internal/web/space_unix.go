//go:build linux || darwin

package web

import "syscall"

// FreeSpace returns how many bytes can still be written into a folder,
// UnknownSpace where that is not known.
func FreeSpace(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return UnknownSpace
	}
	return int64(min(s.Bavail, UnknownSpace/uint64(s.Bsize)) * uint64(s.Bsize))
}
