package site

import (
	"sync"

	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
)

// A cache keeps what was made of one world, by keys, until there is another one.
type cache[T any] struct {
	mu    sync.Mutex
	world *world.World
	items map[string]T
}

// get returns the item of a key, made at the first call.
func (c *cache[T]) get(w *world.World, key string, make func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.world != w || len(c.items) > 100 {
		c.world, c.items = w, map[string]T{}
	}
	if item, ok := c.items[key]; ok {
		return item, nil
	}
	item, err := make()
	if err == nil {
		c.items[key] = item
	}
	return item, err
}

func (c *cache[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.world, c.items = nil, nil
}
