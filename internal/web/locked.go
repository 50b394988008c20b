package web

import "sync"

// A Locked is a value that goroutines share. Its zero value holds that of T.
type Locked[T any] struct {
	mu sync.Mutex
	v  T
}

// Now returns the value as it is.
func (l *Locked[T]) Now() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.v
}

// Change lets f change the value, which nobody reads meanwhile. What a returned
// value points to stays: f replaces slices and maps instead of writing into them.
func (l *Locked[T]) Change(f func(*T)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.v)
}
