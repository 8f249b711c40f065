package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// keptName is the name of Kept, which no query can write.
const keptName = "$kept"

// IsKept reports whether g is Kept of some type.
func (g *Aggregate) IsKept() bool { return g.Name == keptName }

// Kept returns the aggregate that keeps the value of a group's first row, NULL or not: of a
// column that is the same in all rows of a group. No query can call it.
func Kept(t types.Type) *Aggregate {
	return &Aggregate{Name: keptName, Params: []types.ID{anyType}, Ret: anyType, returns: sameType, states: newPick(pickFirst)}
}

// keptStates keeps strings or integers.
type keptStates struct {
	scratch
	typ  types.Type
	at   []uint32 // by slot: one more than the place of the value, 0 while there is none
	n    int      // values
	ints []int64  // integers
	ends []int    // strings: where each ends in heap
	heap []byte
	null []bool // by place, nil while no value is NULL
	skip bool   // NULLs are no values
}

func (s *keptStates) Grow(n int) { s.at = grow(s.at, n+1) }

func (s *keptStates) Groups() int { return max(0, len(s.at)-1) }

func (s *keptStates) Bytes() int64 {
	return int64(cap(s.at))*4 + int64(cap(s.ints)+cap(s.ends))*8 + int64(cap(s.heap)+cap(s.null))
}

// Share implements Slotted: rows are not counted.
func (s *keptStates) Share(*RowCounts) {}

// UpdateSlots implements Slotted.
func (s *keptStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	v := &args[0]
	for i, k := range slot {
		if k != 0 && s.at[k] == 0 && !(s.skip && v.IsNull(i)) {
			s.keep(k, v, i)
		}
	}
	return nil
}

// keep gives slot k the value of row i.
func (s *keptStates) keep(k uint32, v *vec.Vec, i int) {
	switch {
	case v.IsNull(i):
		s.add(k, nil, 0, true)
	case s.typ.Class() == types.Bytes:
		s.add(k, v.Bytes(i), 0, false)
	default:
		s.add(k, nil, v.Int(i), false)
	}
}

// add gives slot k a value.
func (s *keptStates) add(k uint32, str []byte, x int64, null bool) {
	s.n++
	s.at[k] = uint32(s.n)
	if null || s.null != nil {
		s.null = append(s.null, make([]bool, s.n-len(s.null))...)
		s.null[s.n-1] = null
	}
	if s.typ.Class() == types.Bytes {
		s.heap = append(s.heap, str...)
		s.ends = append(s.ends, len(s.heap))
	} else {
		s.ints = append(s.ints, x)
	}
}

// get returns the value at place p. The string aliases the heap.
func (s *keptStates) get(p int) (str []byte, x int64, null bool) {
	if s.null != nil && s.null[p] {
		return nil, 0, true
	}
	if s.typ.Class() != types.Bytes {
		return nil, s.ints[p], false
	}
	lo := 0
	if p > 0 {
		lo = s.ends[p-1]
	}
	return s.heap[lo:s.ends[p]], 0, false
}

func (s *keptStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

func (s *keptStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if s.at[group+1] != 0 {
		return nil
	}
	if i := firstRow(n, sel, func(i int) bool { return !s.skip || !args[0].IsNull(i) }); i >= 0 {
		s.keep(group+1, &args[0], i)
	}
	return nil
}

func (s *keptStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *keptStates) MergePart(src States, from, to []uint32) error {
	o := src.(*keptStates)
	for k, g := range to {
		i := groupAt(from, k)
		if o.at[i+1] != 0 && s.at[g+1] == 0 {
			str, x, null := o.get(int(o.at[i+1]) - 1)
			s.add(g+1, str, x, null)
		}
	}
	return nil
}

func (s *keptStates) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	b := newBuilder(&frame{n: hi - lo, arena: a}, s.typ)
	for _, k := range s.at[lo+1 : hi+1] {
		if k == 0 {
			b.null()
			continue
		}
		switch str, x, null := s.get(int(k) - 1); {
		case null:
			b.null()
		case s.typ.Class() == types.Bytes:
			b.bytes(str)
		default:
			b.value(types.IntValue(s.typ, x))
		}
	}
	return b.finish()
}

// Late implements LateFinal.
func (s *keptStates) Late() bool { return true }
