package service

import (
	"sync"

	"github.com/customer-personality/segmentation/internal/snapshot"
)

// A Cache keeps what was made of one snapshot, by keys, until there is another one.
type Cache[T any] struct {
	mu       sync.Mutex
	snapshot *snapshot.Snapshot
	items    map[string]T
}

// Get returns the item of a key, built at the first call.
func (c *Cache[T]) Get(w *snapshot.Snapshot, key string, build func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot != w || len(c.items) > 100 {
		c.snapshot, c.items = w, map[string]T{}
	}
	if item, ok := c.items[key]; ok {
		return item, nil
	}
	item, err := build()
	if err == nil {
		c.items[key] = item
	}
	return item, err
}

func (c *Cache[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.snapshot, c.items = nil, nil
}
