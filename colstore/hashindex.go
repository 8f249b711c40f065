package colstore

import (
	"slices"
	"sync/atomic"
)

// hashIndex finds the rows of a chunk by the hash of a key. Rows with equal hashes are chained
// from the newest to the oldest, so all versions of a key are found. It has a fixed size and
// one writer; readers need no lock: the store of a bucket publishes what it leads to.
//
// Brief rows are outside of the chains: see setBrief.
type hashIndex struct {
	cols    []int    // positions of the key's columns
	buckets []uint32 // newest row + 1, 0 for none
	next    []uint32 // older row + 1, by row
	hashes  []uint32 // by row, so that keys are compared only where it is worth it
	brief   atomic.Pointer[[]uint32]
}

func newHashIndex(cols []int, rows int) *hashIndex {
	size := 1
	for size < rows*2 {
		size *= 2
	}
	return &hashIndex{cols: cols, buckets: make([]uint32, size),
		next: make([]uint32, rows), hashes: make([]uint32, rows)}
}

func (x *hashIndex) bucket(hash uint64) *uint32 {
	return &x.buckets[hash&uint64(len(x.buckets)-1)]
}

func (x *hashIndex) add(hash uint64, row int) {
	b := x.bucket(hash)
	x.hashes[row] = uint32(hash >> 32)
	x.next[row] = *b // nobody reads it yet
	atomic.StoreUint32(b, uint32(row+1))
}

// setBrief takes a row out of its chain, as one that no whole state of the table has had: it was
// born and ended in between.
func (x *hashIndex) setBrief(hash uint64, row int) {
	link := x.bucket(hash)
	for *link != uint32(row+1) {
		if *link == 0 {
			return
		}
		link = &x.next[*link-1]
	}
	var list []uint32
	if p := x.brief.Load(); p != nil {
		list = *p
	}
	list = append(list, uint32(row))
	x.brief.Store(&list)
	atomic.StoreUint32(link, x.next[row])
}

// chained calls fn with the rows below rows that may have the key, but for brief ones, newest first,
// until it returns false.
func (x *hashIndex) chained(hash uint64, rows int, fn func(row int) bool) (done bool) {
	for at := atomic.LoadUint32(x.bucket(hash)); at != 0; at = atomic.LoadUint32(&x.next[at-1]) {
		row := int(at - 1)
		if row < rows && x.hashes[row] == uint32(hash>>32) && !fn(row) {
			return true
		}
	}
	return false
}

// may reports whether a row may have the key. Where there are brief rows, one always may.
func (x *hashIndex) may(hash uint64) bool {
	if x.brief.Load() != nil {
		return true
	}
	for at := atomic.LoadUint32(x.bucket(hash)); at != 0; at = atomic.LoadUint32(&x.next[at-1]) {
		if x.hashes[at-1] == uint32(hash>>32) {
			return true
		}
	}
	return false
}

// eachBrief calls fn with the brief rows below rows that may have the key until it returns false.
func (x *hashIndex) eachBrief(hash uint64, rows int, fn func(row int) bool) {
	list := x.brief.Load()
	if list == nil {
		return
	}
	for _, row := range *list {
		if int(row) < rows && x.hashes[row] == uint32(hash>>32) && !fn(int(row)) {
			return
		}
	}
}

// each calls fn with the rows below rows that may have the key until it returns false: brief ones
// come last.
func (x *hashIndex) each(hash uint64, rows int, fn func(row int) bool) {
	if !x.chained(hash, rows, fn) {
		x.eachBrief(hash, rows, fn)
	}
}

// truncate forgets the rows from n on. There must be no reader.
func (x *hashIndex) truncate(n int) {
	for i, at := range x.buckets {
		for at > uint32(n) {
			at = x.next[at-1]
		}
		x.buckets[i] = at
	}
	if list := x.brief.Load(); list != nil {
		kept := slices.DeleteFunc(slices.Clone(*list), func(row uint32) bool { return int(row) >= n })
		x.brief.Store(&kept)
	}
}
