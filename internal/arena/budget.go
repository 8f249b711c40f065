package arena

import (
	"math"
	"math/bits"
	"sync/atomic"

	"driftdb/internal/dberr"
)

// Budget counts the bytes of several arenas against a limit, and against that of the budget
// that it is a part of. A nil budget has no limit. It is safe for concurrent use.
type Budget struct {
	limit  int64   // bytes, 0: no limit
	within *Budget // which counts the same bytes; nil for none
	used   atomic.Int64
	peak   atomic.Int64 // the most that used has been
}

// NewBudget returns a budget of limit bytes; 0 means no limit.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Part returns a budget of limit bytes whose bytes b counts, too. b may be nil.
func (b *Budget) Part(limit int64) *Budget { return &Budget{limit: limit, within: b} }

// Used returns the bytes taken.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Peak returns the most bytes that were taken at one time.
func (b *Budget) Peak() int64 {
	if b == nil {
		return 0
	}
	return b.peak.Load()
}

// Limit returns the limit in bytes, 0 when there is none.
func (b *Budget) Limit() int64 {
	if b == nil {
		return 0
	}
	return b.limit
}

// Free returns the bytes that can still be taken.
func (b *Budget) Free() int64 {
	free := int64(math.MaxInt64)
	for ; b != nil; b = b.within {
		if b.limit > 0 {
			free = min(free, max(0, b.limit-b.used.Load()))
		}
	}
	return free
}

// Pressed reports whether less than a quarter of the budget, or of one that it is a part of, is free.
func (b *Budget) Pressed() bool {
	for ; b != nil; b = b.within {
		if b.limit > 0 && b.used.Load() > b.limit/4*3 {
			return true
		}
	}
	return false
}

// chunksOfBudget is how many of the smallest chunks a budget holds at least.
const chunksOfBudget = 256

// leastChunk returns the size of the smallest chunks of an arena: ChunkSize, or a smaller
// power of two where the limit is low.
func (b *Budget) leastChunk() int {
	if b == nil || b.limit == 0 || b.limit >= chunksOfBudget*ChunkSize {
		return ChunkSize
	}
	return max(leastChunk, 1<<(bits.Len64(uint64(b.limit/chunksOfBudget))-1))
}

// take counts n more bytes, or returns the error of a full budget.
func (b *Budget) take(n int64) error {
	if b == nil {
		return nil
	}
	used := b.used.Add(n)
	if b.limit > 0 && used > b.limit {
		b.used.Add(-n)
		return dberr.New(dberr.OutOfMemory, "out of memory").
			WithDetail("The query needs %d bytes, memory_limit is %d bytes.", used, b.limit).
			WithHint("Raise memory_limit.")
	}
	if err := b.within.take(n); err != nil {
		b.used.Add(-n)
		return err
	}
	for peak := b.peak.Load(); used > peak && !b.peak.CompareAndSwap(peak, used); {
		peak = b.peak.Load()
	}
	return nil
}

// give counts n bytes less.
func (b *Budget) give(n int64) {
	for ; b != nil; b = b.within {
		b.used.Add(-n)
	}
}

// Exhausted is the value that Alloc panics with when memory is refused.
type Exhausted struct{ Err error }

// Catch runs fn and returns its error, or the error of an Exhausted panic in it.
func Catch(fn func() error) (err error) {
	defer Recover(&err)
	return fn()
}

// Recover, deferred, turns an Exhausted panic into *err. Other panics go on.
func Recover(err *error) {
	switch r := recover().(type) {
	case nil:
	case Exhausted:
		*err = r.Err
	default:
		panic(r)
	}
}
