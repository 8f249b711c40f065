package exec

import (
	"slices"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Operators that keep rows copy their strings, because the memory of a batch is used again. Strings
// that a scan finds in a mapped file need no copy: they stay where they are until the scan is closed,
// and it is closed when the execution ends. So that a query that has to be spilled does not hang on
// files that memory does not hold either, no more is left in them than lentShare of the memory limit.
const lentShare = 4

// lendFrom says what columns of a group of a scan operators may leave where they are; nil ends that.
// The rows of a step of a recursion outlive its scans.
func (w *worker) lendFrom(g *colstore.Group) {
	w.mapped = w.mapped[:0]
	if g == nil || w.ex.parent != nil {
		return
	}
	w.mapped = slices.Grow(w.mapped, len(g.Mapped))
	for c, ok := range g.Mapped {
		if v := &g.Cols[c]; ok && (v.Form == vec.Flat || v.IsPackedText()) {
			w.mapped = append(w.mapped, v.Heap)
		}
	}
}

// lends reports whether the strings of v need no copy. A nil worker lends none but those of a
// dictionary, which outlives the query's operators.
func (w *worker) lends(v *vec.Vec) bool {
	if v.Form == vec.Dict && v.Dict.ID != 0 {
		return true
	}
	if w == nil || len(w.mapped) == 0 || v.Form != vec.Flat || v.N == 0 {
		return false
	}
	for _, m := range w.mapped {
		if !vec.Lies(v.Heap, m) {
			continue
		}
		lent, limit := w.ex.lent.Add(int64(v.Offs[v.N]-v.Offs[0])), w.ex.budget.Limit()
		return limit == 0 || lent < limit/lentShare
	}
	return false
}

// lendsKeys reports whether the strings in the key rows of columns need no copy. Those that encode
// has made of the values do.
func (w *worker) lendsKeys(cols []vec.Vec) bool {
	for c := range cols {
		t := cols[c].Type
		if t.Class() == types.Bytes && (isForm(t) || hasKey(t) || !w.lends(&cols[c])) {
			return false
		}
	}
	return true
}
