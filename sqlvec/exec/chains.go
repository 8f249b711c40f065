package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/vec"
)

const (
	lanes = 8  // left rows whose partners are found at once
	ahead = 16 // partners of each that are found beforehand

	longChain  = 4       // rows of a key on average from which on chains are laid out
	fewChained = 1 << 12 // rows of a table whose chains are not
)

// chainLists are the chains of a table one after another, each behind its length, so that a left row reads its
// partners from one place.
type chainLists struct {
	ids   []rowID
	base  []int    // of each block, the rows before it
	place []uint32 // by number of the row that is first in its chain
}

// layOut makes lists of the chains of t where they are long.
func (t *joinTable) layOut(a *arena.Arena) {
	if t.unique || t.rows.rows < fewChained {
		return
	}
	x := &chainLists{base: make([]int, len(t.next))}
	rows := 0
	for b, next := range t.next {
		x.base[b], rows = rows, rows+len(next)
	}
	follows, firsts := arena.MakeZero[uint64](a, vec.Words(rows)), rows
	for _, next := range t.next {
		for _, id := range next {
			if id != noRow {
				n := x.number(id)
				follows[n>>6] |= 1 << (uint(n) & 63)
				firsts--
			}
		}
	}
	if firsts*longChain > rows {
		return
	}
	x.ids, x.place = arena.Make[rowID](a, rows+firsts)[:0], arena.Make[uint32](a, rows)
	for b, next := range t.next {
		for i := range next {
			n := x.base[b] + i
			if bit(follows, n) == 1 {
				continue
			}
			x.place[n] = uint32(len(x.ids))
			at := len(x.ids)
			x.ids = append(x.ids, 0)
			for id := rowID(b)<<blockShift | rowID(i); id != noRow; id = t.following(id) {
				x.ids = append(x.ids, id)
			}
			x.ids[at] = rowID(len(x.ids) - at - 1)
		}
	}
	t.lists = x
}

// number returns the number of a row among all.
func (x *chainLists) number(id rowID) int { return x.base[id>>blockShift] + int(id&(blockRows-1)) }

// of returns the chain that begins with a row.
func (x *chainLists) of(first rowID) []rowID {
	at := int(x.place[x.number(first)])
	return x.ids[at+1:][:x.ids[at]]
}

// chains follows the partners of several left rows side by side, so that memory is waited for once for all of them. It
// gives the partners of one row after those of another.
type chains struct {
	table *joinTable
	next  [lanes]rowID // the first that is not among found
	n     [lanes]int   // of found that were not given yet
	found [lanes][ahead]rowID
}

// follow begins with the first partners of at most lanes rows.
func (c *chains) follow(t *joinTable, first []rowID) {
	c.table, c.n = t, [lanes]int{}
	copy(c.next[:], first)
	if t.lists != nil {
		return
	}
	for round := range ahead {
		more := false
		for l := range first {
			id := c.next[l]
			if id == noRow {
				continue
			}
			c.found[l][round], c.n[l] = id, round+1
			c.next[l] = t.following(id)
			more = true
		}
		if !more {
			return
		}
	}
}

// some returns the next partners of a row, none behind the last. They are valid until the next call, and are not to
// be changed.
func (c *chains) some(lane int) []rowID {
	if x := c.table.lists; x != nil {
		first := c.next[lane]
		if first == noRow {
			return nil
		}
		c.next[lane] = noRow
		return x.of(first)
	}
	found := &c.found[lane]
	if n := c.n[lane]; n > 0 {
		c.n[lane] = 0
		return found[:n]
	}
	n := 0
	for ; n < ahead && c.next[lane] != noRow; n++ {
		found[n] = c.next[lane]
		c.next[lane] = c.table.following(found[n])
	}
	return found[:n]
}
