package part

import (
	"container/list"
	"sync"

	"driftdb/internal/vec"
)

// Cache keeps decompressed chunks, the least recently used out first. Many parts share one.
// It is safe for concurrent use; its mutex is a leaf. A nil cache keeps nothing.
type Cache struct {
	limit int64 // bytes
	mu    struct {
		sync.Mutex
		used    int64
		order   *list.List // of *cached, the most recent first
		entries map[cacheKey]*list.Element
	}
}

type cacheKey struct{ part, chunk uint64 }

type cached struct {
	key   cacheKey
	vec   *vec.Vec
	bytes int64
}

// NewCache returns a cache of at most the given bytes.
func NewCache(bytes int64) *Cache {
	c := &Cache{limit: bytes}
	c.mu.order = list.New()
	c.mu.entries = map[cacheKey]*list.Element{}
	return c
}

// Used returns the bytes that are kept.
func (c *Cache) Used() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.used
}

func (c *Cache) get(part, chunk uint64) *vec.Vec {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.mu.entries[cacheKey{part, chunk}]
	if e == nil {
		return nil
	}
	c.mu.order.MoveToFront(e)
	return e.Value.(*cached).vec
}

// put keeps a chunk that holds the given bytes; a chunk greater than the limit is not kept.
func (c *Cache) put(part, chunk uint64, v *vec.Vec, bytes int) {
	if c == nil || int64(bytes) > c.limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey{part, chunk}
	if c.mu.entries[key] != nil {
		return // another goroutine was faster
	}
	c.mu.entries[key] = c.mu.order.PushFront(&cached{key, v, int64(bytes)})
	c.mu.used += int64(bytes)
	for c.mu.used > c.limit {
		last := c.mu.order.Back()
		old := c.mu.order.Remove(last).(*cached)
		delete(c.mu.entries, old.key)
		c.mu.used -= old.bytes
	}
}
