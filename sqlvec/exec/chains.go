package exec

const (
	lanes = 8  // left rows whose partners are found at once
	ahead = 16 // partners of each that are found beforehand
)

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

// some returns the next partners of a row, none behind the last. They are valid until the next call.
func (c *chains) some(lane int) []rowID {
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
