package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// picked says which row of a group an aggregate takes its value from.
type picked int

const (
	pickFirst picked = iota // the first
	pickLast                // the last
	pickAny                 // the first that is not NULL
)

// newPick returns the constructor of first, last or any_value.
func newPick(how picked) func([]types.Type, types.Type, *arena.Arena) States {
	return func(_ []types.Type, ret types.Type, a *arena.Arena) States {
		kept := ret.ID != types.Numeric && (ret.Class() == types.Bytes || ret.Class() == types.I16 || ret.Class() == types.I32 || ret.Class() == types.I64)
		switch {
		case how == pickLast:
			return &lastStates{valueStates: valueStates{typ: ret, nulls: true, take: func(_, _ *types.Value) bool { return true }}}
		case kept:
			return &keptStates{scratch: scratch{a}, typ: ret, skip: how == pickAny}
		}
		return &valueStates{typ: ret, nulls: how == pickFirst, take: func(_, _ *types.Value) bool { return false }}
	}
}

// lastStates keeps the value of a group's last row. Of a batch it looks at each group's last row alone.
type lastStates struct {
	valueStates
	met   []uint32 // by group: the last batch that had a row of it
	batch uint32
}

func (s *lastStates) Grow(n int) {
	s.valueStates.Grow(n)
	s.met = grow(s.met, n)
}

func (s *lastStates) Bytes() int64 { return s.valueStates.Bytes() + int64(cap(s.met))*4 }

func (s *lastStates) Update(group []uint32, args []vec.Vec, sel []uint64, n int) error {
	s.next()
	for i := n - 1; i >= 0; i-- {
		if has(sel, i) && s.met[group[i]] != s.batch {
			s.met[group[i]] = s.batch
			s.offer(group[i], RowValue(&args[0], i))
		}
	}
	return nil
}

// next begins another batch.
func (s *lastStates) next() {
	if s.batch++; s.batch == 0 { // after 2^32 batches
		clear(s.met)
		s.batch = 1
	}
}

func (s *lastStates) UpdateOne(group uint32, args []vec.Vec, sel []uint64, n int) error {
	for i := n - 1; i >= 0; i-- {
		if has(sel, i) {
			s.offer(group, RowValue(&args[0], i))
			break
		}
	}
	return nil
}

func (s *lastStates) Merge(src States, to []uint32) error { return s.MergePart(src, nil, to) }

// MergePart implements PartMerger.
func (s *lastStates) MergePart(src States, from, to []uint32) error {
	return s.valueStates.MergePart(&src.(*lastStates).valueStates, from, to)
}
