package exec

import (
	"math/bits"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

const (
	maxTop   = 1 << 18 // largest LIMIT that a sort prunes by
	topSlack = 1 << 13 // rows beyond twice the limit before a sort prunes
)

// threshold is the first key of the last row that a LIMIT lets through, as far as rows
// have been seen. Rows whose first key lies behind it cannot be among the result.
type threshold struct {
	spec orderSpec
	set  bool
	word uint64 // orderWord of the key
}

// before returns the selected rows of v that do not lie behind the threshold.
func (t *threshold) before(v *vec.Vec, n int, sel []uint64, a *arena.Arena) []uint64 {
	mask := maskOf(a, n)
	if !t.intsBefore(v, n, mask) {
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
	flip := uint64(0)
	if t.spec.desc {
		flip = ^uint64(0)
	}
	for i := range mask {
		part := words[i<<6 : min(i<<6+64, n)]
		m := uint64(0)
		for j, w := range part {
			_, behind := bits.Sub64(t.word, w^flip, 0)
			m |= (behind ^ 1) << (uint(j) & 63)
		}
		mask[i] = m
	}
}

// intsBefore is wordsBefore for integers as they are stored; it reports whether v is some.
func (t *threshold) intsBefore(v *vec.Vec, n int, mask []uint64) bool {
	op, word := kernel.Le, t.word
	if t.spec.desc {
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
			if (last < v.Base) == t.spec.desc { // all values lie on the near side
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
		if t.spec.nullsFirst {
			mask[i>>6] |= 1 << (uint(i) & 63)
		} else {
			mask[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
}

// prune sorts the kept rows, keeps the limit's, and sets the threshold.
func (e *sortEnd) prune() error {
	old := e.rows
	old.seal()
	ids := orderOf(old, e.s.specs, e.w.scratch)
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

// raise sets the threshold to the row's first key, unless that is NULL.
func (t *threshold) raise(s *store, id rowID) {
	b := s.blocks[id>>blockShift]
	i := int(id & (blockRows - 1))
	col := &b.cols[t.spec.column]
	if col.valid != nil && bit(col.valid, i) == 0 {
		return
	}
	a := arena.New(nil)
	defer a.Free()
	v := s.gather(t.spec.column, []rowID{id}, false, a)
	word := []uint64{0}
	orderWords(&v, nil, word, a)
	t.word, t.set = word[0], true
	if t.spec.desc {
		t.word = ^t.word
	}
}

// takeSorted appends the rows ids of o, in their order in o and with their morsels. The
// strings are copied, so that o may go.
func (s *store) takeSorted(o *store, ids []rowID) {
	ids = slices.Sorted(slices.Values(ids))
	for len(ids) > 0 {
		src := o.blocks[ids[0]>>blockShift]
		var idx []int32
		for len(ids) > len(idx) && o.blocks[ids[len(idx)]>>blockShift] == src {
			idx = append(idx, int32(ids[len(idx)]&(blockRows-1)))
		}
		s.cut(src.morsel)
		s.addRows(src, idx)
		ids = ids[len(idx):]
	}
	for c, t := range s.types {
		if t.Class() != types.Bytes {
			continue
		}
		for _, b := range s.blocks {
			strs := vec.Cast[str](b.cols[c].data)
			for i := range b.n {
				strs[i] = s.heap.keep(strs[i])
			}
		}
	}
}
