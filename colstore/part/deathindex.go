package part

import (
	"sync"
	"sync/atomic"
)

// deathIndex finds the death of a row. It is made when it is first asked for and follows
// the list of deaths on demand. Readers take no lock. mu is held while it grows.
type deathIndex struct {
	reached atomic.Int64 // deaths in the table
	slots   atomic.Pointer[[]atomic.Uint64]
	mu      sync.Mutex
}

// reach makes the index know the first n deaths.
func (x *deathIndex) reach(d *Deaths, n int) error {
	if int(x.reached.Load()) >= n {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	done := int(x.reached.Load())
	if done >= n {
		return nil
	}
	slots := x.roomLocked(n)
	for i := done; i < n; i++ {
		row, err := d.rowAt(i)
		if err != nil {
			return err
		}
		insertDeath(*slots, row, i)
	}
	x.slots.Store(slots)
	x.reached.Store(int64(n))
	return nil
}

// roomLocked returns a table with room for n deaths that holds what was reached.
func (x *deathIndex) roomLocked(n int) *[]atomic.Uint64 {
	old := x.slots.Load()
	if old != nil && 2*n <= len(*old) {
		return old
	}
	size := 64
	for size < 4*n {
		size *= 2
	}
	slots := make([]atomic.Uint64, size)
	if old != nil {
		for i := range *old {
			if s := (*old)[i].Load(); s != 0 {
				insertDeath(slots, uint32(s>>32), int(uint32(s))-1)
			}
		}
	}
	return &slots
}

// deathSlot returns where the search for a row begins.
func deathSlot(row uint32, size int) int { return int(hashInt(int64(row))) & (size - 1) }

// insertDeath stores row and death number plus one in the first free slot; there is one.
func insertDeath(slots []atomic.Uint64, row uint32, i int) {
	at := deathSlot(row, len(slots))
	for slots[at].Load() != 0 {
		at = (at + 1) & (len(slots) - 1)
	}
	slots[at].Store(uint64(row)<<32 | uint64(i+1))
}

// find returns the number of a row's death.
func (x *deathIndex) find(row uint32) (int, bool) {
	p := x.slots.Load()
	if p == nil {
		return 0, false
	}
	slots := *p
	for at := deathSlot(row, len(slots)); ; at = (at + 1) & (len(slots) - 1) {
		s := slots[at].Load()
		if s == 0 {
			return 0, false
		}
		if uint32(s>>32) == row {
			return int(uint32(s)) - 1, true
		}
	}
}
