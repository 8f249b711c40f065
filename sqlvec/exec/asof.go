package exec

import (
	"slices"
	"sort"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// asofJoin keeps the sorted right input and streams the left one past it: a hash table
// finds the rows of a key, which lie together, and a binary search the nearest of them.
func (b *builder) asofJoin(n *plan.AsofJoin) ([]*part, error) {
	right := newAsofRight(n)
	if err := b.breaker(n, n.Right, right, true); err != nil {
		return nil, err
	}
	return b.streaming(n.Left, &asofStage{right})
}

// asofRight is the sink of the right input. Its pipeline is serial.
type asofRight struct {
	node  *plan.AsofJoin
	codec *keyCodec // nil without keys
	rows  *store
	ids   []rowID // of all rows, in order

	// words order as the values do. Values of types that no word orders are in vals.
	words [][]uint64
	flat  []uint64
	vals  []types.Value

	groups *store // the key row of every group, in order
	base   []int  // the groups before each block of groups
	starts []int  // the first row of every group, and the end of the last
	table  joinTable
}

func newAsofRight(n *plan.AsofJoin) *asofRight {
	r := &asofRight{node: n}
	if len(n.RightKeys) > 0 {
		var ts []types.Type
		for _, k := range n.RightKeys {
			ts = append(ts, k.Type())
		}
		r.codec = joinCodec(ts, false)
	}
	return r
}

// wordless reports whether values of t are not ordered by a word alone.
func wordless(t types.Type) bool { return t.Class() == types.Bytes || t.Class() == types.Span }

type asofEnd struct {
	r     *asofRight
	w     *worker
	progs []*expr.Program // the keys, then the value
	cols  []vec.Vec
	last  []uint64 // the key row of the last row
	a     *arena.Arena
}

func (r *asofRight) open(w *worker) (pusher, error) {
	exprs := append(slices.Clone(r.node.RightKeys), r.node.RightValue)
	progs, err := compileAll(exprs, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	a := w.ex.newArena()
	r.rows = newStore(typesOf(r.node.Right), a)
	r.groups = newStore(nil, a)
	if r.codec != nil {
		r.groups.stride = r.codec.stride
	}
	return &asofEnd{r: r, w: w, progs: progs, a: a}, nil
}

func (e *asofEnd) push(b *vec.Batch) (err error) {
	a := e.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if e.cols, err = evalAll(e.progs, b, e.w, e.cols[:0]); err != nil {
		return err
	}
	known := vec.Batch{N: b.N, Sel: nullKeys(e.cols, b.N, b.Sel, a)}
	idx := selected(&known, a)
	n := b.N
	if idx != nil {
		n = len(idx)
	}
	if n == 0 {
		return nil
	}
	e.addGroups(n, b.N, idx)
	e.addValues(n, idx)
	e.r.rows.add(nil, b.Cols, b.N, idx)
	return nil
}

// addGroups notes where a key begins among the next n rows.
func (e *asofEnd) addGroups(n, all int, idx []int32) {
	r := e.r
	if r.codec == nil {
		if len(r.starts) == 0 {
			r.starts = append(r.starts, 0)
		}
		return
	}
	keys := r.codec.encode(e.cols[:len(e.cols)-1], all, idx, e.w.scratch)
	stride := r.codec.stride
	for i := range n {
		row := keys[i*stride : (i+1)*stride]
		if e.last != nil && r.codec.equal(e.last, row) {
			continue
		}
		e.last = append(e.last[:0], row...)
		r.codec.keep(e.last, &r.groups.heap)
		r.groups.add(e.last, nil, 1, nil)
		r.starts = append(r.starts, r.rows.rows+i)
	}
}

// addValues keeps the values of n rows.
func (e *asofEnd) addValues(n int, idx []int32) {
	v := &e.cols[len(e.cols)-1]
	if wordless(v.Type) {
		e.r.vals = appendValues(e.r.vals, v, n, idx)
		return
	}
	words := arena.Make[uint64](e.a, n)
	orderWords(v, idx, words, e.w.scratch)
	e.r.words = append(e.r.words, words)
}

// appendValues appends rows idx (nil: the first n) of v.
func appendValues(vals []types.Value, v *vec.Vec, n int, idx []int32) []types.Value {
	for i := range n {
		if idx != nil {
			i = int(idx[i])
		}
		vals = append(vals, v.Value(i))
	}
	return vals
}

func (r *asofRight) finish(ex *execution) error {
	a := ex.newArena()
	if r.rows == nil { // no worker ran
		r.rows, r.groups = newStore(typesOf(r.node.Right), a), newStore(nil, a)
	}
	r.rows.seal()
	r.ids = arena.Make[rowID](a, r.rows.rows)[:0]
	for k, b := range r.rows.blocks {
		for i := range b.n {
			r.ids = append(r.ids, rowID(k)<<blockShift|rowID(i))
		}
	}
	r.flat = arena.Make[uint64](a, r.rows.rows)[:0]
	for _, w := range r.words {
		r.flat = append(r.flat, w...)
	}
	r.words = nil
	r.starts = append(r.starts, r.rows.rows)
	if r.codec == nil {
		return nil
	}
	n := 0
	for _, b := range r.groups.blocks {
		r.base = append(r.base, n)
		n += b.n
	}
	r.table = joinTable{codec: r.codec, rows: r.groups, nulls: newStore(nil, a)}
	r.groups.stride = r.codec.stride
	r.groups.seal()
	return r.table.build(ex, false)
}

// group returns the rows with the key of a group's first row, from start to end.
func (r *asofRight) group(id rowID) (start, end int) {
	g := 0
	if r.codec != nil {
		g = r.base[id>>blockShift] + int(id&(blockRows-1))
	}
	return r.starts[g], r.starts[g+1]
}

// nearest returns the row for a value among those from start to end. behind reports, for
// a row, whether its value is greater than the left one, or, with orEqual, not less.
func (r *asofRight) nearest(start, end int, behind func(row int, orEqual bool) bool) rowID {
	after := r.node.Op == "<" || r.node.Op == "<="
	orEqual := r.node.Op == ">" || r.node.Op == "<="
	at := start + sort.Search(end-start, func(i int) bool { return behind(start+i, orEqual) })
	if !after {
		at--
	}
	if at < start || at >= end {
		return noRow
	}
	return r.ids[at]
}

// asofStage streams the left input.
type asofStage struct{ right *asofRight }

func (s *asofStage) open(w *worker, next pusher) (pusher, error) {
	n := s.right.node
	p := &asofProbe{r: s.right, w: w, out: joinOutput{w: w, next: next, kind: n.Kind}}
	var err error
	p.progs, err = compileAll(append(slices.Clone(n.LeftKeys), n.LeftValue), w.ex.opts.Env)
	return p, err
}

type asofProbe struct {
	r     *asofRight
	w     *worker
	progs []*expr.Program
	out   joinOutput
	cols  []vec.Vec
}

func (p *asofProbe) push(b *vec.Batch) (err error) {
	a := p.w.scratch
	mark := a.Mark()
	defer a.Release(mark)
	if p.cols, err = evalAll(p.progs, b, p.w, p.cols[:0]); err != nil {
		return err
	}
	ids := arena.Make[rowID](a, b.N)
	for i := range ids {
		ids[i] = noRow
	}
	known := vec.Batch{N: b.N, Sel: nullKeys(p.cols, b.N, b.Sel, a)}
	p.find(b.N, selected(&known, a), ids)
	if p.out.kind == plan.Left {
		return p.out.beside(b, p.r.rows, b.Sel, ids, true)
	}
	sel := arena.MakeZero[uint64](a, vec.Words(b.N))
	for i, id := range ids {
		if id == noRow {
			ids[i] = 0 // any row: the mask leaves it out
		} else {
			sel[i>>6] |= 1 << (uint(i) & 63)
		}
	}
	if noBits(sel) {
		return nil
	}
	return p.out.beside(b, p.r.rows, sel, ids, false)
}

// find writes the nearest right row of rows idx (nil: all n) to ids.
func (p *asofProbe) find(n int, idx []int32, ids []rowID) {
	if p.r.rows.rows == 0 {
		return
	}
	if idx != nil {
		n = len(idx)
	}
	a := p.w.scratch
	first := arena.MakeZero[rowID](a, n)
	if p.r.codec != nil {
		p.r.table.find(p.r.codec.encode(p.cols[:len(p.cols)-1], len(ids), idx, a), first)
	}
	v := &p.cols[len(p.cols)-1]
	var words []uint64
	var vals []types.Value
	if wordless(v.Type) {
		vals = appendValues(nil, v, n, idx)
	} else {
		words = arena.Make[uint64](a, n)
		orderWords(v, idx, words, a)
	}
	for k, id := range first {
		if id == noRow {
			continue
		}
		i := k
		if idx != nil {
			i = int(idx[k])
		}
		start, end := p.r.group(id)
		ids[i] = p.r.nearest(start, end, func(row int, orEqual bool) bool {
			var c int
			if words != nil {
				c = compareWords(p.r.flat[row], words[k])
			} else {
				c = types.Compare(p.r.vals[row], vals[k])
			}
			return c > 0 || orEqual && c == 0
		})
	}
}

func compareWords(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
