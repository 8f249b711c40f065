package colstore

import "sync/atomic"

// hashIndex finds the rows of a chunk by the hash of a key. Rows with equal hashes are chained
// from the newest to the oldest, so all versions of a key are found. It has a fixed size and
// one writer; readers need no lock: the store of a bucket publishes what it leads to.
type hashIndex struct {
	cols    []int    // positions of the key's columns
	buckets []uint32 // newest row + 1, 0 for none
	next    []uint32 // older row + 1, by row
	hashes  []uint32 // by row, so that keys are compared only where it is worth it
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
	x.next[row] = *b // only this goroutine writes it
	atomic.StoreUint32(b, uint32(row+1))
}

// each calls fn with the rows below rows that may have the key, newest first, until it returns false.
func (x *hashIndex) each(hash uint64, rows int, fn func(row int) bool) {
	for at := atomic.LoadUint32(x.bucket(hash)); at != 0; at = x.next[at-1] {
		row := int(at - 1)
		if row < rows && x.hashes[row] == uint32(hash>>32) && !fn(row) {
			return
		}
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
}
