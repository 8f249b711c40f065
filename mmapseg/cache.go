package mmapseg

import (
	"container/list"
	"sync"
)

// blockCache keeps decompressed blocks of sealed segments, least recently used out first. A
// block that was handed out stays valid for who has it: the garbage collector frees it.
type blockCache struct {
	limit int64 // bytes
	mu    struct {
		sync.Mutex
		size   int64
		blocks map[blockKey]*list.Element
		recent list.List // of *cachedBlock, newest first
	}
}

type blockKey struct {
	segment uint64
	block   int
}

type cachedBlock struct {
	key  blockKey
	data []byte
}

func newBlockCache(limit int64) *blockCache {
	c := &blockCache{limit: limit}
	c.mu.blocks = map[blockKey]*list.Element{}
	return c
}

func (c *blockCache) get(key blockKey) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.mu.blocks[key]
	if !ok {
		return nil, false
	}
	c.mu.recent.MoveToFront(e)
	return e.Value.(*cachedBlock).data, true
}

func (c *blockCache) put(key blockKey, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.mu.blocks[key]; ok {
		return
	}
	c.mu.blocks[key] = c.mu.recent.PushFront(&cachedBlock{key, data})
	c.mu.size += int64(len(data))
	for c.mu.size > c.limit && c.mu.recent.Len() > 1 {
		last := c.mu.recent.Back()
		old := c.mu.recent.Remove(last).(*cachedBlock)
		delete(c.mu.blocks, old.key)
		c.mu.size -= int64(len(old.data))
	}
}
