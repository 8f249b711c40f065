package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// comparison is the condition of a semi or anti join, beside its keys, where that compares an integer of the left row with
// one of the right row. Then no pairs need be made: the least and the greatest value of the right rows of a key say whether one
// of them meets it, and right rows that wait for a partner are compared where they lie.
type comparison struct {
	op          order // between the left value and the right one
	left, right int   // the columns
}

// comparisonOf returns the comparison that a join makes beside its keys, nil where it is another condition.
func comparisonOf(n *plan.HashJoin) *comparison {
	if !n.Kind.LeftOnly() && !n.Kind.RightOnly() || n.NullAware || n.Compared || n.NullSafe {
		return nil
	}
	c, ok := n.Residual.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return nil
	}
	a, ok1 := c.Args[0].(*expr.Col)
	b, ok2 := c.Args[1].(*expr.Col)
	if !ok1 || !ok2 || a.Typ != b.Typ || !ordered(a.Typ) {
		return nil
	}
	op, known := orders[c.Fn.Name]
	left := len(n.Left.Columns())
	if a.Index >= left {
		a, b, op = b, a, turned[op]
	}
	if !known || a.Index >= left || b.Index < left {
		return nil
	}
	return &comparison{op: op, left: a.Index, right: b.Index - left}
}

// order is how two values lie.
type order uint8

const (
	unlike order = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

var orders = map[string]order{"<>": unlike, "<": less, "<=": lessOrEqual, ">": greater, ">=": greaterOrEqual}

// turned are the orders of the same values with the sides exchanged.
var turned = [...]order{unlike, greater, greaterOrEqual, less, lessOrEqual}

// ordered reports whether values of t are integers that lie in the order of t.
func ordered(t types.Type) bool {
	switch t.ID {
	case types.Date, types.Timestamp, types.TimestampTZ:
		return true
	}
	return t.IsInteger() || t.IsScaled()
}

// meeting are the right values that meet a comparison with a left value: those from lo to hi, or with not all others.
type meeting struct {
	lo, hi int64
	not    bool
}

// meets returns the right values that meet c with the left value x.
func (c *comparison) meets(x int64) meeting {
	none := meeting{lo: 1}
	switch c.op {
	case less:
		if x == math.MaxInt64 {
			return none
		}
		return meeting{lo: x + 1, hi: math.MaxInt64}
	case lessOrEqual:
		return meeting{lo: x, hi: math.MaxInt64}
	case greater:
		if x == math.MinInt64 {
			return none
		}
		return meeting{lo: math.MinInt64, hi: x - 1}
	case greaterOrEqual:
		return meeting{lo: math.MinInt64, hi: x}
	}
	return meeting{lo: x, hi: x, not: true}
}

// has reports whether x meets the comparison.
func (b meeting) has(x int64) bool { return (x >= b.lo && x <= b.hi) != b.not }

// extremes are the least and the greatest of some values: of none where that is greater than this.
type extremes struct{ least, most int64 }

// someIn reports whether one of the values meets a comparison: those that do reach to one end of all integers, or are all but one.
func (e extremes) someIn(b meeting) bool {
	switch {
	case e.least > e.most:
		return false
	case b.not:
		return e.least < b.lo || e.most > b.hi
	}
	return e.most >= b.lo && e.least <= b.hi && b.lo <= b.hi
}

// findExtremes notes of every row the extremes of a column among it and the rows of its key behind it, from the last row to the
// first.
func (t *joinTable) findExtremes(column int, a *arena.Arena) {
	t.extremes = make([][]int64, len(t.rows.blocks))
	for n := len(t.rows.blocks) - 1; n >= 0; n-- {
		b := t.rows.blocks[n]
		t.extremes[n] = arena.Make[int64](a, 2*b.n)
		values := t.rows.integers(column, n, a)
		for i := b.n - 1; i >= 0; i-- {
			e := extremes{math.MaxInt64, math.MinInt64}
			if valid := b.cols[column].valid; valid == nil || bit(valid, i) == 1 {
				e = extremes{values[i], values[i]}
			}
			if id := t.next[n][i]; id != noRow {
				rest := t.extremesFrom(id)
				e = extremes{min(e.least, rest.least), max(e.most, rest.most)}
			}
			t.extremes[n][2*i], t.extremes[n][2*i+1] = e.least, e.most
		}
	}
}

// extremesFrom returns the extremes among a row and those of its key behind it.
func (t *joinTable) extremesFrom(id rowID) extremes {
	i := 2 * int(id&(blockRows-1))
	e := t.extremes[id>>blockShift][i : i+2]
	return extremes{e[0], e[1]}
}

// integers returns the values of a column of an integer class in block n.
func (s *store) integers(column, n int, a *arena.Arena) []int64 {
	b := s.blocks[n]
	switch data := b.cols[column].data; s.types[column].Class() {
	case types.I16:
		return widened(vec.Cast[int16](data)[:b.n], a)
	case types.I32:
		return widened(vec.Cast[int32](data)[:b.n], a)
	default:
		return vec.Cast[int64](data)[:b.n]
	}
}

func widened[T int16 | int32](values []T, a *arena.Arena) []int64 {
	out := arena.Make[int64](a, len(values))
	for i, x := range values {
		out[i] = int64(x)
	}
	return out
}

// pushCompared ends a batch of a join with a comparison beside its keys.
func (p *probe) pushCompared(b *vec.Batch, idx []int32, first []rowID) error {
	v := &b.Cols[p.compared.left]
	values := integersOf(v, b.N, p.w.scratch)
	if p.out.kind.RightOnly() {
		p.matchCompared(v, values, idx, first)
		return p.w.ex.check()
	}
	found := maskOf(p.w.scratch, b.N)
	clear(found)
	for k, id := range first {
		i := rowOf(idx, k)
		if id == noRow || v.IsNull(i) {
			continue
		}
		found[i>>6] |= b2w(p.table.extremesFrom(id).someIn(p.compared.meets(values[i]))) << (uint(i) & 63)
	}
	return p.pushMask(b, found)
}

// integersOf returns the n values of a vector of an integer class.
func integersOf(v *vec.Vec, n int, a *arena.Arena) []int64 {
	switch v.Type.Class() {
	case types.I16:
		x := arena.Make[int16](a, n)
		intsInto(v, nil, x)
		return widened(x, a)
	case types.I32:
		x := arena.Make[int32](a, n)
		intsInto(v, nil, x)
		return widened(x, a)
	}
	x := arena.Make[int64](a, n)
	intsInto(v, nil, x)
	return x
}

// matchCompared marks the right rows that have a partner among the left rows.
func (p *probe) matchCompared(v *vec.Vec, values []int64, idx []int32, first []rowID) {
	column := p.compared.right
	valid := p.table.rows.valid[column]
	switch view := p.table.rows.view[column]; v.Type.Class() {
	case types.I16:
		matchChains[int16](p, view, valid, v, values, idx, first)
	case types.I32:
		matchChains[int32](p, view, valid, v, values, idx, first)
	default:
		matchChains[int64](p, view, valid, v, values, idx, first)
	}
}

// matchChains is matchCompared for right values of one class.
func matchChains[T int16 | int32 | int64](p *probe, view [][]byte, valid [][]uint64, v *vec.Vec, values []int64, idx []int32, first []rowID) {
	t := p.table
	for k, id := range first {
		if id == noRow {
			continue
		}
		i := rowOf(idx, k)
		if v.IsNull(i) {
			continue
		}
		met := p.compared.meets(values[i])
		for ; id != noRow; id = t.following(id) {
			n, r := id>>blockShift, int(id&(blockRows-1))
			if met.has(int64(vec.Cast[T](view[n])[r])) && (valid[n] == nil || bit(valid[n], r) == 1) {
				t.match(id)
			}
		}
	}
}
