//go:build linux || darwin

package site

import "syscall"

// freeSpace returns how many bytes can still be written into a folder.
func freeSpace(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return unlimited
	}
	return int64(min(s.Bavail, unlimited/uint64(s.Bsize)) * uint64(s.Bsize))
}
