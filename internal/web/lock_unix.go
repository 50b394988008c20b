//go:build unix && !solaris && !aix

package web

import (
	"os"
	"syscall"
)

// locks reports whether this system has locks on files that end with the program.
const locks = true

// locked takes a lock on a file, which lasts until the file is closed or the
// program ends, and tells whether nobody had it.
func locked(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
