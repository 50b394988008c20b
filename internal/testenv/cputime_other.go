//go:build !unix

package testenv

import "time"

var began = time.Now()

// CPUTime returns the time since the program began: there is no other here.
func CPUTime() time.Duration { return time.Since(began) }
