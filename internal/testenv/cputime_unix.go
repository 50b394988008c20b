//go:build unix

package testenv

import (
	"syscall"
	"time"
)

// CPUTime returns what the process has used of the processors, which a busy
// machine changes less than the time of the clock.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
