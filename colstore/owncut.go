package colstore

import (
	"math/bits"
	"slices"
	"sort"
)

// ownCut is the writes of a transaction that one of its views sees: those up to event seq.
type ownCut struct {
	tx  *Tx
	seq uint64
	err error // why the writes cannot be read
}

// of returns what the transaction wrote into a table, nil for nothing.
func (o *ownCut) of(table uint32) *txTable {
	if o == nil {
		return nil
	}
	return o.tx.tables[table]
}

// ended returns the rids that the view does not see any more, ascending.
func (o *ownCut) ended(table uint32) []uint64 {
	tt := o.of(table)
	if tt == nil {
		return nil
	}
	n := sort.Search(len(tt.ends), func(i int) bool { return tt.ends[i].seq > o.seq })
	return tt.endedBy(n)
}

// endedBy returns the rids of the first n ends, ascending. The slice is never changed.
func (tt *txTable) endedBy(n int) []uint64 {
	if n < tt.sortedTo {
		return sortedRIDs(tt.ends[:n])
	}
	if n > tt.sortedTo {
		tt.sorted = mergeRIDs(tt.sorted, sortedRIDs(tt.ends[tt.sortedTo:n]))
		tt.sortedTo = n
	}
	return tt.sorted
}

func sortedRIDs(ends []ownEnd) []uint64 {
	rids := make([]uint64, len(ends))
	for i, e := range ends {
		rids[i] = e.rid
	}
	slices.Sort(rids)
	return rids
}

// mergeRIDs may lengthen a behind its end, where no reader looks.
func mergeRIDs(a, b []uint64) []uint64 {
	if len(a) == 0 || len(b) == 0 || a[len(a)-1] < b[0] {
		return append(a, b...)
	}
	out := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// hide clears the rows of a group that are among the ended rids; live nil means all.
func hide(ended []uint64, g *scanGroup, live []uint64) []uint64 {
	first, last := g.set.ridOf(g.row), g.set.ridOf(g.row+g.n-1)
	i := sort.Search(len(ended), func(i int) bool { return ended[i] >= first })
	j := i + sort.Search(len(ended)-i, func(k int) bool { return ended[i+k] > last })
	ended = ended[i:j]
	if len(ended) == 0 {
		return live
	}
	if g.pick != nil && len(ended) > 4*len(live) {
		return hidePicked(ended, g, live)
	}
	if live == nil {
		live = fullMask(g.n)
	}
	for _, rid := range ended {
		if row, ok := g.set.rowOf(rid); ok {
			at := row - g.row
			live[at>>6] &^= 1 << (uint(at) & 63)
		}
	}
	return live
}

// hidePicked is hide for few rows and many rids.
func hidePicked(ended []uint64, g *scanGroup, live []uint64) []uint64 {
	for w, word := range live {
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			if _, dead := slices.BinarySearch(ended, g.set.ridOf(g.row+w*64+bit)); dead {
				live[w] &^= 1 << uint(bit)
			}
		}
	}
	return live
}
