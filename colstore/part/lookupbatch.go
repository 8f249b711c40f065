package part

import (
	"math/bits"
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// batchKeys is how many keys LookupBatch takes through each step before the next step, so
// that their cache misses overlap.
const batchKeys = 64

// LookupBatch calls fn with (i, row) for every row that equals the i-th key, for the i that
// sel selects (nil: all), ascending by i. keys has a vector per index column. A key with a
// NULL equals nothing. fn returns false to stop.
func (x *Index) LookupBatch(keys []vec.Vec, sel []uint64, fn func(i int, row uint32) bool) error {
	if len(keys) != len(x.meta.cols) {
		return dberr.Bug("index %d has %d columns, the keys have %d", x.meta.spec.ID, len(x.meta.cols), len(keys))
	}
	b := keyBatch{index: x, keys: keys, key: make([]types.Value, len(keys))}
	for i := range keys {
		b.key[i].Type = keys[i].Type
	}
	if err := x.checkKey(b.key); err != nil || x.meta.rows == 0 {
		return err
	}
	n := keys[0].N
	for w := range vec.Words(n) {
		word := ^uint64(0)
		if sel != nil {
			word = sel[w]
		}
		if rest := n - w*batchKeys; rest < batchKeys {
			word &= 1<<uint(rest) - 1
		}
		if more, err := b.lookup(w*batchKeys, word, fn); err != nil || !more {
			return err
		}
	}
	return nil
}

// keyBatch is the state of one LookupBatch.
type keyBatch struct {
	index  *Index
	keys   []vec.Vec
	key    []types.Value // of the row that was loaded last; strings alias the vectors
	lo, hi [batchKeys]int
}

// load sets key to row i and reports whether no part of it is NULL.
func (b *keyBatch) load(i int) bool {
	for c := range b.keys {
		v, k := &b.keys[c], &b.key[c]
		if k.Valid = !v.IsNull(i); !k.Valid {
			return false
		}
		switch v.Type.Class() {
		case types.Bytes:
			s := v.Bytes(i)
			k.S = unsafe.String(unsafe.SliceData(s), len(s))
		case types.F32, types.F64:
			k.F = v.Float(i)
		case types.Span:
			k.Iv = v.Value(i).Iv
		default:
			k.I = v.Int(i)
		}
	}
	return true
}

// lookup looks the keys of one word of the selection up: filter, directory, rows.
func (b *keyBatch) lookup(at int, word uint64, fn func(i int, row uint32) bool) (more bool, err error) {
	maybe := uint64(0)
	for w := word; w != 0; w &= w - 1 {
		i := bits.TrailingZeros64(w)
		if b.load(at+i) && (len(b.index.filter) == 0 || b.index.MayContainHash(HashKey(b.key))) {
			maybe |= 1 << i
		}
	}
	found := uint64(0)
	for w := maybe; w != 0; w &= w - 1 {
		i := bits.TrailingZeros64(w)
		b.load(at + i)
		lo, hi, all, err := b.index.bracket(b.key)
		if err != nil {
			return false, err
		}
		if b.lo[i], b.hi[i] = lo, hi; all && lo < hi {
			found |= 1 << i
		}
	}
	more = true
	for w := found; w != 0 && more; w &= w - 1 {
		i := bits.TrailingZeros64(w)
		b.load(at + i)
		err := b.index.emitEqual(b.key, b.lo[i], b.hi[i], func(row uint32) bool {
			more = fn(at+i, row)
			return more
		})
		if err != nil {
			return false, err
		}
	}
	return more, nil
}
