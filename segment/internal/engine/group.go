package engine

import (
	"runtime"
	"sync"
)

// A Group runs functions on goroutines of their own. What ends one of them
// otherwise than by returning, a panic or runtime.Goexit, ends the caller of
// Wait instead, who may be ready for it: on a goroutine of its own a panic in a
// caller's callback or matrix would end the whole program. The zero value is
// ready to use.
type Group struct {
	wg sync.WaitGroup

	mu       sync.Mutex
	ended    bool // otherwise than by returning
	panicked any  // nil for Goexit
}

// Go runs f.
func (g *Group) Go(f func()) {
	g.wg.Go(func() {
		returned := false
		defer func() {
			if returned {
				return
			}
			v := recover()
			g.mu.Lock()
			defer g.mu.Unlock()
			if !g.ended {
				g.ended, g.panicked = true, v
			}
		}()
		f()
		returned = true
	})
}

// Wait waits for all functions. A panic of one of them, the first, goes on
// here with the same value.
func (g *Group) Wait() {
	g.wg.Wait()
	switch {
	case g.panicked != nil:
		panic(g.panicked)
	case g.ended:
		runtime.Goexit()
	}
}
