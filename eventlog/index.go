package eventlog

import (
	"sort"
	"sync"
)

// CatalogTable is the table id under which transactions with a RunDDL are found.
const CatalogTable = ^uint32(0)

// tableIndex says which frames of the unsealed segments touch a table.
type tableIndex struct {
	mu struct {
		sync.RWMutex
		frames map[uint32][]uint64 // log offsets, ascending
		start  uint64              // offsets below have been dropped
	}
}

// add notes that the frame at offset touches the tables; offsets ascend.
func (x *tableIndex) add(offset uint64, tables []uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mu.frames == nil {
		x.mu.frames = map[uint32][]uint64{}
	}
	for _, t := range tables {
		x.mu.frames[t] = append(x.mu.frames[t], offset)
	}
}

// frames appends the offsets in [from, to) to dst. ok is false when some have been dropped.
func (x *tableIndex) frames(dst []uint64, table uint32, from, to uint64) (offsets []uint64, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if from < x.mu.start {
		return dst, false
	}
	all := x.mu.frames[table]
	i := sort.Search(len(all), func(i int) bool { return all[i] >= from })
	for ; i < len(all) && all[i] < to; i++ {
		dst = append(dst, all[i])
	}
	return dst, true
}

// drop forgets the frames below start: a footer has them now.
func (x *tableIndex) drop(start uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mu.start = start
	for t, all := range x.mu.frames {
		i := sort.Search(len(all), func(i int) bool { return all[i] >= start })
		if i == len(all) {
			delete(x.mu.frames, t)
			continue
		}
		x.mu.frames[t] = append([]uint64(nil), all[i:]...)
	}
}

// touched appends the tables that the transaction changes, CatalogTable included, to dst.
func (b *Builder) touched(dst []uint32) []uint32 {
	for _, t := range b.tables {
		dst = append(dst, t.id)
	}
	if b.ddl {
		dst = append(dst, CatalogTable)
	}
	return dst
}
