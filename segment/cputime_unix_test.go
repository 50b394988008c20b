//go:build unix

package segment

import (
	"syscall"
	"time"
)

// cpuTime returns what the process has used of the processors, which a busy
// machine changes less than the time of the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
