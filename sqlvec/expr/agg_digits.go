package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// ShownDigits is the aggregate that keeps how many digits the first row of a group shows: a SMALLINT from 0 to
// MaxScaledPrec, not NULL. No query can call it.
var ShownDigits = &Aggregate{Name: "$digits", Params: ids(types.Int16), Ret: types.Int16,
	states: func(_ []types.Type, _ types.Type, a *arena.Arena) States { return &digitStates{scratch: scratch{a}} }}

// digitStates keeps small numbers.
type digitStates struct {
	scratch
	of []uint8 // by slot: one more than the number, 0 while there is none
}

func (s *digitStates) Grow(n int) { s.of = grow(s.of, n+1) }

func (s *digitStates) Groups() int { return max(0, len(s.of)-1) }

func (s *digitStates) Bytes() int64 { return int64(cap(s.of)) }

// Share implements Slotted: rows are not counted.
func (s *digitStates) Share(*RowCounts) {}

// UpdateSlots implements Slotted.
func (s *digitStates) UpdateSlots(slot []uint32, args []vec.Vec) error {
	f, done := s.frame(len(slot))
	defer done()
	digits, of := values[int16](f, &args[0])[:len(slot)], s.of
	for i, k := range slot {
		if of[k] == 0 {
			of[k] = uint8(digits[i]) + 1
		}
	}
	of[0] = 0
	return nil
}

func (s *digitStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	f, done := s.frame(n)
	defer done()
	return s.UpdateSlots(slotsOf(f, group, sel, n), args)
}

func (s *digitStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	if i := firstRow(n, sel, func(int) bool { return true }); i >= 0 && s.of[group+1] == 0 {
		s.of[group+1] = uint8(args[0].Int(i)) + 1
	}
	return nil
}

func (s *digitStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *digitStates) MergePart(src States, from, to []uint32) error {
	o := src.(*digitStates)
	for k, g := range to {
		if s.of[g+1] == 0 {
			s.of[g+1] = o.of[groupAt(from, k)+1]
		}
	}
	return nil
}

// Final implements States: every group has a row.
func (s *digitStates) Final(lo, hi int, _ *arena.Arena) (vec.Vec, error) {
	return vec.Vec{Type: types.T(types.Int16), Form: vec.Narrow, Width: 1, N: hi - lo, Base: -1, Data: s.of[lo+1 : hi+1]}, nil
}

// Late implements LateFinal.
func (s *digitStates) Late() bool { return true }
