//go:build unix && !solaris && !aix

package web

import (
	"os"
	"syscall"
)

// locks is true where files have locks that end with the program.
const locks = true

// locked locks a file until it is closed or the program ends, and reports
// whether nobody had the lock.
func locked(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
