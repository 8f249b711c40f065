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
	n, at [lanes]int   // of found: how many, and how many were taken
	found [lanes][ahead]rowID
}

// follow begins with the first partners of at most lanes rows.
func (c *chains) follow(t *joinTable, first []rowID) {
	c.table, c.n, c.at = t, [lanes]int{}, [lanes]int{}
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

// take returns the next partner of a row; ok is false behind the last.
func (c *chains) take(lane int) (id rowID, ok bool) {
	if at := c.at[lane]; at < c.n[lane] {
		c.at[lane]++
		return c.found[lane][at], true
	}
	if id = c.next[lane]; id == noRow {
		return id, false
	}
	c.next[lane] = c.table.following(id)
	return id, true
}
