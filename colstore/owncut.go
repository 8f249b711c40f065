package colstore

import (
	"cmp"
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

// ended returns the rows of a table that the transaction has ended for the view.
func (o *ownCut) ended(table uint32) ownEnds {
	tt := o.of(table)
	if tt == nil {
		return ownEnds{}
	}
	return ownEnds{runs: tt.sortedEnds(), seq: o.seq}
}

// count returns how many rows the transaction has ended for the view.
func (o *ownCut) count(tt *txTable) int {
	return tt.endsBefore(o.seq + 1)
}

// ownEnds is the rows that a transaction has ended up to event seq, in sorted runs, which are never
// changed. No row is in it twice. The zero value is empty.
type ownEnds struct {
	runs []endRun
	seq  uint64
}

// endRun is the ends up to number upTo of a table's, from where the run before it ends, by rid.
type endRun struct {
	ends []ownEnd
	upTo int
}

// sortedEnds returns all ends in sorted runs, each less than half as long as the one before, so
// that a statement costs what it has ended and a lookup a few searches.
func (tt *txTable) sortedEnds() []endRun {
	covered := 0
	if n := len(tt.runs); n > 0 {
		covered = tt.runs[n-1].upTo
	}
	if covered == len(tt.ends) {
		return tt.runs
	}
	last := endRun{slices.Clone(tt.ends[covered:]), len(tt.ends)}
	slices.SortFunc(last.ends, func(a, b ownEnd) int { return cmp.Compare(a.rid, b.rid) })
	n := len(tt.runs)
	for n > 0 && len(tt.runs[n-1].ends) < 2*len(last.ends) {
		last.ends = mergeEnds(tt.runs[n-1].ends, last.ends)
		n--
	}
	tt.runs = append(tt.runs[:n:n], last)
	return tt.runs
}

// endsBefore returns how many ends have an event before seq.
func (tt *txTable) endsBefore(seq uint64) int {
	return sort.Search(len(tt.ends), func(i int) bool { return tt.ends[i].seq >= seq })
}

// forgetEnds takes back the ends behind the first n.
func (tt *txTable) forgetEnds(n int) {
	for _, e := range tt.ends[n:] {
		delete(tt.dead, e.rid)
	}
	tt.ends = tt.ends[:n:n]
	keep := len(tt.runs)
	for keep > 0 && tt.runs[keep-1].upTo > n {
		keep--
	}
	tt.runs = tt.runs[:keep:keep]
}

func mergeEnds(a, b []ownEnd) []ownEnd {
	out := make([]ownEnd, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].rid < b[0].rid {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// has reports whether the transaction has ended a row.
func (e ownEnds) has(rid uint64) bool {
	for i := range e.runs {
		run := e.runs[i].ends
		if at := e.from(run, rid); at < len(run) && run[at].rid == rid {
			return run[at].seq <= e.seq
		}
	}
	return false
}

// from returns where the rids from rid on begin in a run.
func (e ownEnds) from(run []ownEnd, rid uint64) int {
	return sort.Search(len(run), func(i int) bool { return run[i].rid >= rid })
}

// hide clears the rows of a group that have been ended; live nil means all.
func (e ownEnds) hide(g *scanGroup, live []uint64) []uint64 {
	if len(e.runs) == 0 {
		return live
	}
	if g.pick != nil {
		return e.hidePicked(g, live)
	}
	first, last := g.set.ridOf(g.row), g.set.ridOf(g.row+g.n-1)
	for i := range e.runs {
		run := e.runs[i].ends
		for _, end := range run[e.from(run, first):] {
			if end.rid > last {
				break
			}
			row, ok := g.set.rowOf(end.rid)
			if !ok || end.seq > e.seq {
				continue
			}
			if live == nil {
				live = fullMask(g.n)
			}
			at := row - g.row
			live[at>>6] &^= 1 << (uint(at) & 63)
		}
	}
	return live
}

// hidePicked is hide for the few rows that an index has found.
func (e ownEnds) hidePicked(g *scanGroup, live []uint64) []uint64 {
	for w, word := range live {
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			if e.has(g.set.ridOf(g.row + w*64 + bit)) {
				live[w] &^= 1 << uint(bit)
			}
		}
	}
	return live
}
