package exec

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/kernel"
)

const (
	maxTop     = 1 << 18 // largest LIMIT that a sort prunes by
	firstSlack = 1 << 10 // rows beyond twice the limit before a sort prunes for the first time
	topSlack   = 1 << 13 // the same later on: each time twice as many
)

// threshold is the keys of the last row that a LIMIT lets through, as far as rows have been
// seen. Rows whose keys lie behind it cannot be among the result.
type threshold struct {
	// specs are the first key, and those behind keys that their words say all of.
	specs []orderSpec
	first types.Type               // of the first key
	last  *lastRow                 // nil while there is none
	all   *atomic.Pointer[lastRow] // the least of all workers
}

// lastRow is the orderWords of the keys of a threshold up to the first NULL, flipped where the
// order descends. It is not changed.
type lastRow []uint64

// newThreshold returns the threshold of a worker for rows of the given types.
func newThreshold(specs []orderSpec, ts []types.Type, all *atomic.Pointer[lastRow]) *threshold {
	n := 1
	for n < len(specs) && exactWord(ts[specs[n-1].column]) {
		n++
	}
	return &threshold{specs: specs[:n], first: ts[specs[0].column], all: all}
}

// set reports whether there is a threshold, and takes that of other workers if it is less.
func (t *threshold) set() bool {
	if all := t.all.Load(); all != nil && (t.last == nil || slices.Compare(*all, *t.last) < 0) {
		t.last = all
	}
	return t.last != nil
}

// exactWord reports whether values of type t are equal where their orderWords are.
func exactWord(t types.Type) bool { return t.Class() != types.Bytes && t.Class() != types.Span }

// before returns the selected rows that do not lie behind the threshold by its first keys.
func (t *threshold) before(cols []vec.Vec, keys, n int, sel []uint64, a *arena.Arena) []uint64 {
	mask := t.firstBefore(&cols[t.specs[0].column], n, sel, a)
	last := (*t.last)[:min(keys, len(*t.last))]
	if len(last) == 1 || noBits(mask) {
		return mask
	}
	m := a.Mark()
	words := arena.Make[uint64](a, n)
	same := setBits(mask, n, arena.Make[int32](a, n)[:0])
	for k, word := range last {
		if len(same) == 0 {
			break
		}
		same = tied(&cols[t.specs[k].column], t.specs[k], word, same, mask, words, a)
	}
	a.Release(m)
	return mask
}

// tied takes rows of idx whose key lies behind word from mask and returns those whose key is word.
// It uses the memory of idx.
func tied(v *vec.Vec, spec orderSpec, word uint64, idx []int32, mask, words []uint64, a *arena.Arena) []int32 {
	orderWords(v, idx, words[:len(idx)], a)
	flip := uint64(0)
	if spec.desc {
		flip = ^uint64(0)
	}
	same := idx[:0]
	for k, i := range idx {
		w, null := words[k]^flip, v.Valid != nil && v.IsNull(int(i))
		switch {
		case null && spec.nullsFirst:
		case null, w > word:
			mask[i>>6] &^= 1 << (uint(i) & 63)
		case w == word:
			same = append(same, i)
		}
	}
	return same
}

// firstBefore is before by the first key.
func (t *threshold) firstBefore(v *vec.Vec, n int, sel []uint64, a *arena.Arena) []uint64 {
	mask := maskOf(a, n)
	if isForm(t.first) && isLoose(v) {
		t.numbersBefore(v, n, mask, a)
	} else if !t.intsBefore(v, n, mask) {
		t.wordsBefore(v, n, mask, a)
	}
	if v.Valid != nil {
		t.nulls(v, n, mask)
	}
	if sel != nil {
		for i := range mask {
			mask[i] &= sel[i]
		}
	}
	return mask
}

// wordsBefore writes the rows whose word does not lie behind the threshold.
func (t *threshold) wordsBefore(v *vec.Vec, n int, mask []uint64, a *arena.Arena) {
	words := arena.Make[uint64](a, n)
	orderWords(v, nil, words, a)
	word, flip := (*t.last)[0], uint64(0)
	if t.specs[0].desc {
		flip = ^uint64(0)
	}
	for i := range mask {
		part := words[i<<6 : min(i<<6+64, n)]
		m := uint64(0)
		for j, w := range part {
			_, behind := bits.Sub64(word, w^flip, 0)
			m |= (behind ^ 1) << (uint(j) & 63)
		}
		mask[i] = m
	}
}

// numbersBefore is wordsBefore for NUMERIC that are no scaled integers by their type, but come as computed.
func (t *threshold) numbersBefore(v *vec.Vec, n int, mask []uint64, a *arena.Arena) {
	op, word := kernel.Le, (*t.last)[0]
	if t.specs[0].desc {
		op, word = kernel.Ge, ^word
	}
	lo, hi, ok := types.PrefixBounds(word)
	switch {
	case !ok:
		strict := expr.Strict(*v, t.first, a)
		t.wordsBefore(&strict, n, mask, a)
	case op == kernel.Ge:
		expr.CompareNumeric(op, v, lo, mask, a)
	default:
		expr.CompareNumeric(op, v, hi, mask, a)
	}
}

// intsBefore is wordsBefore for integers as they are stored; it reports whether v is some.
func (t *threshold) intsBefore(v *vec.Vec, n int, mask []uint64) bool {
	op, word := kernel.Le, (*t.last)[0]
	if t.specs[0].desc {
		op, word = kernel.Ge, ^word
	}
	last := int64(word ^ 1<<63)
	class := v.Type.Class()
	switch {
	case class < types.I16 || class > types.I64:
		return false
	case v.Form == vec.Narrow:
		code, top := last-v.Base, int64(1)<<(8*v.Width)-1
		if kernel.SubOverflows(last, v.Base) || code < 0 || code > top {
			if (last < v.Base) == t.specs[0].desc { // all values lie on the near side
				kernel.Fill(mask, n)
			} else {
				clear(mask)
			}
			return true
		}
		switch v.Width {
		case 1:
			kernel.CompareConst(op, vec.Of[uint8](v)[:n], uint8(code), mask)
		case 2:
			kernel.CompareConst(op, vec.Of[uint16](v)[:n], uint16(code), mask)
		default:
			kernel.CompareConst(op, vec.Of[uint32](v)[:n], uint32(code), mask)
		}
	case v.Form != vec.Flat:
		return false
	case class == types.I16:
		kernel.CompareConst(op, vec.Of[int16](v)[:n], int16(last), mask)
	case class == types.I32:
		kernel.CompareConst(op, vec.Of[int32](v)[:n], int32(last), mask)
	default:
		kernel.CompareConst(op, vec.Of[int64](v)[:n], last, mask)
	}
	return true
}

// nulls decides about NULLs: they lie before every value, or behind.
func (t *threshold) nulls(v *vec.Vec, n int, mask []uint64) {
	for i := range n {
		if !v.IsNull(i) {
			continue
		}
		if t.specs[0].nullsFirst {
			mask[i>>6] |= 1 << (uint(i) & 63)
		} else {
			mask[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
}

// deciding implements chooser: the keys of the threshold, as far as they are columns of the input.
func (e *sortEnd) deciding() []int {
	if e.top == nil {
		return nil
	}
	var cols []int
	for _, spec := range e.top.specs {
		if spec.column >= e.s.width() {
			return nil
		}
		cols = append(cols, spec.column)
	}
	return cols
}

// choose implements chooser: rows behind the threshold are of no use.
func (e *sortEnd) choose(b *vec.Batch, n int) []uint64 {
	if !e.top.set() {
		return nil
	}
	return e.top.before(b.Cols, n, b.N, b.Sel, e.w.scratch)
}

// prune sorts the kept rows, keeps the limit's, and sets the threshold.
func (e *sortEnd) prune() error {
	old := e.rows
	old.seal()
	ids := orderOf(old, orderBy(e.s.specs), e.w.scratch).ids
	e.slack = min(2*e.slack, topSlack)
	limit := int(e.s.node.Limit)
	if len(ids) <= limit {
		return nil
	}
	kept := newStore(e.s.types, e.w.ex.newArena())
	kept.takeSorted(old, ids[:limit])
	last := ids[limit-1]
	e.top.raise(old, last)
	e.rows = kept
	old.a.Free()
	return nil
}

// raise sets the threshold to the keys of a row, unless the first is NULL, and tells other workers.
func (t *threshold) raise(s *store, id rowID) {
	a := arena.New(nil)
	defer a.Free()
	last := make(lastRow, 0, len(t.specs))
	for _, spec := range t.specs {
		word, ok := orderWordOf(s, id, spec, a)
		if !ok {
			break
		}
		last = append(last, word)
	}
	if len(last) == 0 {
		return
	}
	t.offer(last)
}

// offer sets the threshold to the words of a row, and tells other workers.
func (t *threshold) offer(last lastRow) {
	t.last = &last
	for {
		all := t.all.Load()
		if all != nil && slices.Compare(*all, last) <= 0 || t.all.CompareAndSwap(all, &last) {
			return
		}
	}
}

// orderWordOf returns the orderWord of a key of a row, flipped where the order descends; ok is
// false for NULL.
func orderWordOf(s *store, id rowID, spec orderSpec, a *arena.Arena) (word uint64, ok bool) {
	v := s.gather(spec.column, []rowID{id}, false, a)
	if v.IsNull(0) {
		return 0, false
	}
	var w [1]uint64
	orderWords(&v, nil, w[:], a)
	if spec.desc {
		w[0] = ^w[0]
	}
	return w[0], true
}

// takeSorted appends the rows ids of o, which may go then, in their order in o and with their morsels.
func (s *store) takeSorted(o *store, ids []rowID) {
	of := make([][]uint64, len(o.blocks)) // the rows of every block
	for _, id := range ids {
		b := id >> blockShift
		if of[b] == nil {
			of[b] = make([]uint64, blockRows/64)
		}
		of[b][id&(blockRows-1)>>6] |= 1 << (id & 63)
	}
	idx := make([]int32, 0, blockRows)
	for b, mask := range of {
		if mask == nil {
			continue
		}
		src := o.blocks[b]
		idx = setBits(mask, src.n, idx[:0])
		s.cut(src.morsel)
		s.addRows(src, idx, nil)
	}
}
