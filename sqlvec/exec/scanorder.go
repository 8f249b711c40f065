package exec

import (
	"cmp"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// A sort with a limit keeps the first rows alone. Where a scan knows between what values the first key of the sort
// lies in every row group, it reads the groups that hold the first values first, and leaves out those that lie behind
// the rows found by then: the last hundred rows by time are in the last group or two.

// bounder is a pusher that lets only the first rows of an order through.
type bounder interface {
	// bound returns the column of its input that is the first key, and the threshold; nil where there is none.
	bound() (column int, t *threshold)
}

// boundOf returns the bound of a pusher, which may be none.
func boundOf(p pusher) (column int, t *threshold) {
	if b, ok := p.(bounder); ok {
		return b.bound()
	}
	return 0, nil
}

func (e *sortEnd) bound() (int, *threshold) {
	if e.top == nil || e.top.specs[0].column >= e.s.width() {
		return 0, nil
	}
	return e.top.specs[0].column, e.top
}

func (p *project) bound() (int, *threshold)  { return p.boundColumn, p.boundBy }
func (f *filter) bound() (int, *threshold)   { return boundOf(f.next) }
func (v *sieve) bound() (int, *threshold)    { return boundOf(v.next) }
func (u *unpacker) bound() (int, *threshold) { return boundOf(u.next) }
func (m *meter) bound() (int, *threshold)    { return boundOf(m.next) }

// bound implements bounder for the columns of the left input, where a left row that is left out is missed by none but
// its pairs.
func (p *probe) bound() (int, *threshold) {
	switch p.node.Kind {
	case plan.Inner, plan.Left, plan.Semi, plan.Anti, plan.Mark:
		if column, t := boundOf(p.out.next); t != nil && column < len(p.node.Left.Columns()) {
			return column, t
		}
	}
	return 0, nil
}

// arrange puts the groups of a scan in the order of their first values where these lie apart, and keeps the words.
func (s *scanSource) arrange(next pusher) {
	column, top := boundOf(next)
	known, ok := s.rows.(plan.Bounded)
	if top == nil || !ok || len(s.list) < 2 {
		return
	}
	type group struct {
		index     int
		near, far uint64
	}
	groups := make([]group, len(s.list))
	least, most, widths := ^uint64(0), uint64(0), 0.0
	a := arena.New(nil)
	defer a.Free()
	for i, index := range s.list {
		groups[i].index = index
		near, far, ok := top.wordsOf(known, index, column, a)
		if !ok {
			continue // near is 0: the group comes first
		}
		groups[i].near, groups[i].far = near, far
		least, most = min(least, near), max(most, far)
		widths += float64(far - near)
	}
	if least >= most || widths > float64(most-least)*float64(len(groups))/2 {
		return
	}
	slices.SortStableFunc(groups, func(x, y group) int { // those whose first values are the same stay as they are
		return cmp.Compare(x.near, y.near)
	})
	s.near = make([]uint64, len(groups))
	for i, g := range groups {
		s.list[i], s.near[i] = g.index, g.near
	}
}

// behind reports whether all rows of a morsel lie behind the threshold of next.
func (s *scanSource) behind(morsel int, next pusher) bool {
	if s.near == nil {
		return false
	}
	_, top := boundOf(next)
	return top != nil && top.set() && s.near[morsel] > (*top.last)[0]
}

// wordsOf returns the words of the first and of the last value that a group may have; ok is false where they are not
// known or there may be NULLs before them.
func (t *threshold) wordsOf(known plan.Bounded, group, column int, a *arena.Arena) (near, far uint64, ok bool) {
	lo, hi, nulls, ok := known.GroupBounds(group, column)
	spec := t.specs[0]
	if !ok || nulls && spec.nullsFirst || !ordersAsStored(lo.Type) {
		return 0, 0, false
	}
	near, far = orderWordOfValue(lo, a), orderWordOfValue(hi, a)
	if spec.desc {
		near, far = ^far, ^near
	}
	return near, far, near <= far
}

// ordersAsStored reports whether statistics of a type have values whose orderWords are those of the column.
func ordersAsStored(t types.Type) bool {
	return t.ID == types.Text || t.ID == types.Varchar || t.Class() != types.Bytes && t.Class() != types.Span && t.Class() != types.Bits
}

// orderWordOfValue returns the orderWord of a value that is not NULL.
func orderWordOfValue(x types.Value, a *arena.Arena) uint64 {
	defer a.Release(a.Mark())
	v := vec.Repeat(x, 1)
	var w [1]uint64
	orderWords(&v, nil, w[:], a)
	return w[0]
}
