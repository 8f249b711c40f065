package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// keptRows is the rows of a morsel that a call looks at: all, those that FILTER keeps, or
// those whose value is not NULL.
type keptRows struct {
	ids  []rowID
	lo   int     // the first row of the morsel
	rank []int32 // rank[i] is how many rows before row lo+i are kept; nil: all are
}

// keep returns the rows of the morsel for which ok holds; nil keeps all.
func (m *windowMorselState) keep(ok func(rowID) bool) *keptRows {
	all := m.s.ids[m.lo:m.hi]
	k := &keptRows{ids: all, lo: m.lo}
	if ok == nil {
		return k
	}
	a := m.w.scratch
	ids := arena.Make[rowID](a, len(all))
	k.rank = arena.Make[int32](a, len(all)+1)
	n := 0
	for i, id := range all {
		k.rank[i] = int32(n)
		if ok(id) {
			ids[n] = id
			n++
		}
	}
	k.rank[len(all)] = int32(n)
	k.ids = ids[:n]
	return k
}

// place returns how many kept rows lie before row i.
func (k *keptRows) place(i int) int {
	if k.rank == nil {
		return i - k.lo
	}
	return int(k.rank[i-k.lo])
}

// pickEval computes the functions that give the value of another row.
type pickEval struct {
	m     *windowMorselState
	c     *windowCall
	frame *frameEval // nil for lag and lead
	kept  *keptRows
	rs    []rowRange
}

func (m *windowMorselState) newPickEval(c *windowCall) *pickEval {
	e := &pickEval{m: m, c: c}
	if c.Func != plan.Lag && c.Func != plan.Lead {
		e.frame = m.newFrameEval(c)
	}
	var ok func(rowID) bool
	if c.IgnoreNulls {
		ok = func(id rowID) bool { return !m.s.rows.isNull(c.args[0], id) }
	}
	e.kept = m.keep(ok)
	return e
}

func (e *pickEval) eval(c *windowChunk) (vec.Vec, error) {
	a, rows := e.m.w.scratch, e.m.s.rows
	picks := arena.Make[rowID](a, c.n)
	var number *vec.Vec
	if len(e.c.args) > 1 {
		v := rows.gather(e.c.args[1], c.ids, false, a)
		number = &v
	}
	if e.frame == nil {
		return e.shifted(c, picks, number), nil
	}
	e.frame.fill(c)
	for i := range picks {
		picks[i] = noRow
		e.rs = e.frame.ranges(c, i, e.rs)
		n := int64(1)
		if e.c.Func == plan.NthValue {
			if number.IsNull(i) {
				continue
			}
			if n = number.Int(i); n <= 0 {
				return vec.Vec{}, dberr.New(dberr.InvalidArgumentForNth, "argument of nth_value must be greater than zero")
			}
		}
		picks[i] = e.nth(n, e.c.Func == plan.LastValue)
	}
	return rows.gather(e.c.args[0], picks, true, a), nil
}

// nth returns the n-th kept row of the ranges, or the last.
func (e *pickEval) nth(n int64, last bool) rowID {
	pick := noRow
	for _, r := range e.rs {
		lo, hi := e.kept.place(r.lo), e.kept.place(r.hi)
		switch {
		case lo == hi:
		case last:
			pick = e.kept.ids[hi-1]
		case n <= int64(hi-lo):
			return e.kept.ids[lo+int(n)-1]
		default:
			n -= int64(hi - lo)
		}
	}
	return pick
}

// shifted is lag and lead.
func (e *pickEval) shifted(c *windowChunk, picks []rowID, number *vec.Vec) vec.Vec {
	a, rows := e.m.w.scratch, e.m.s.rows
	if number == nil && e.kept.rank == nil {
		return rows.gather(e.c.args[0], picks, e.neighbours(c, picks), a)
	}
	outside := arena.MakeZero[uint64](a, vec.Words(c.n))
	for i := range picks {
		picks[i] = noRow
		off := int64(1)
		if number != nil {
			if number.IsNull(i) {
				continue
			}
			off = number.Int(i)
		}
		if e.c.Func == plan.Lag {
			off = -off
		}
		at, ok := e.shift(c, i, off)
		if ok {
			picks[i] = at
		} else {
			outside[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	v := rows.gather(e.c.args[0], picks, true, a)
	if len(e.c.args) < 3 || noBits(outside) {
		return v
	}
	d := rows.gather(e.c.args[2], c.ids, false, a)
	return chooseRows(v, d, outside, a)
}

// neighbours picks the row before each row, or behind, and reports whether some have none.
func (e *pickEval) neighbours(c *windowChunk, picks []rowID) (holes bool) {
	ids, lo, off := e.kept.ids, e.kept.lo, 1
	if e.c.Func == plan.Lag {
		off = -1
	}
	for i := range picks {
		to := c.lo + i + off
		if to < c.partLo[i] || to >= c.partHi[i] {
			picks[i], holes = noRow, true
			continue
		}
		picks[i] = ids[to-lo]
	}
	return holes
}

// shift returns the row off kept rows from row i, if the partition has it.
func (e *pickEval) shift(c *windowChunk, i int, off int64) (rowID, bool) {
	if off == 0 {
		return c.ids[i], true
	}
	at := e.kept.place(c.lo + i)
	if off > 0 {
		at = e.kept.place(c.lo+i+1) - 1
	}
	to := int64(at) + off
	if to < int64(e.kept.place(c.partLo[i])) || to >= int64(e.kept.place(c.partHi[i])) {
		return noRow, false
	}
	return e.kept.ids[to], true
}

// chooseRows returns x, with the values of y in the rows of mask. Both are flat.
func chooseRows(x, y vec.Vec, mask []uint64, a *arena.Arena) vec.Vec {
	valid := arena.Make[uint64](a, vec.Words(x.N))
	for i := range valid {
		vx, vy := ^uint64(0), ^uint64(0)
		if x.Valid != nil {
			vx = x.Valid[i]
		}
		if y.Valid != nil {
			vy = y.Valid[i]
		}
		valid[i] = vx&^mask[i] | vy&mask[i]
	}
	out := vec.Vec{Type: x.Type, N: x.N, Valid: valid}
	switch class := x.Type.Class(); class {
	case types.Bits:
		words := arena.Make[uint64](a, len(valid))
		wx, wy := vec.Of[uint64](&x), vec.Of[uint64](&y)
		for i := range words {
			words[i] = wx[i]&^mask[i] | wy[i]&mask[i]
		}
		out.Data = vec.BytesOf(words)
	case types.Bytes:
		strs := vec.Cast[str](vec.BytesOf(arena.Make[uint64](a, 2*x.N)))
		size := 0
		for i := range strs {
			src := &x
			if bit(mask, i) == 1 {
				src = &y
			}
			strs[i] = strOf(src.Heap[src.Offs[i]:src.Offs[i+1]])
			size += strs[i].len()
		}
		packStrs(&out, strs, size, a)
	default:
		out.Data = chooseFixed(x.Data, y.Data, class.Size(), x.N, mask, a)
	}
	return out
}

// chooseFixed is chooseRows for values of size bytes.
func chooseFixed(x, y []byte, size, n int, mask []uint64, a *arena.Arena) []byte {
	out := vec.BytesOf(arena.Make[uint64](a, (n*size+7)/8))[:n*size]
	copy(out, x[:n*size])
	for i := range n {
		if bit(mask, i) == 1 {
			copy(out[i*size:(i+1)*size], y[i*size:])
		}
	}
	return out
}
