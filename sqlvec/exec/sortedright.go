package exec

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// sortedRight is the sink of a right input that is sorted by keys, then a value. Its
// pipeline is serial.
type sortedRight struct {
	input plan.Node
	keys  []expr.Expr
	value expr.Expr
	end   expr.Expr // of a range that begins with value; nil for none

	codec *keyCodec // nil without keys
	rows  *store
	ids   []rowID // of all rows, in order

	// words order as the values do. Values of types that no word orders are in vals.
	words [][]uint64
	flat  []uint64
	vals  []types.Value
	// ends are the words of the ranges' ends; most is, up to each row of a group, the
	// greatest of them.
	ends [][]uint64
	last []uint64
	most []uint64

	groups *store // the key row of every group, in order
	base   []int  // the groups before each block of groups
	starts []int  // the first row of every group, and the end of the last
	table  joinTable
}

func newSortedRight(input plan.Node, keys []expr.Expr, value, end expr.Expr) *sortedRight {
	r := &sortedRight{input: input, keys: keys, value: value, end: end}
	if len(keys) > 0 {
		var ts []types.Type
		for _, k := range keys {
			ts = append(ts, k.Type())
		}
		r.codec = joinCodec(ts, false)
	}
	return r
}

// wordless reports whether values of t are not ordered by a word alone.
func wordless(t types.Type) bool { return t.Class() == types.Bytes || t.Class() == types.Span }

type sortedEnd struct {
	r     *sortedRight
	w     *worker
	progs []*expr.Program // the keys, then the value, then the end
	cols  []vec.Vec
	last  []uint64 // the key row of the last row
	a     *arena.Arena
}

func (r *sortedRight) open(w *worker) (pusher, error) {
	exprs := append(slices.Clone(r.keys), r.value)
	if r.end != nil {
		exprs = append(exprs, r.end)
	}
	progs, err := compileAll(exprs, w.ex.opts.Env)
	if err != nil {
		return nil, err
	}
	a := w.ex.newArena()
	r.rows = newStore(typesOf(r.input), a)
	r.groups = newStore(nil, a)
	if r.codec != nil {
		r.groups.stride = r.codec.stride
	}
	return &sortedEnd{r: r, w: w, progs: progs, a: a}, nil
}

func (e *sortedEnd) push(b *vec.Batch) (err error) {
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
func (e *sortedEnd) addGroups(n, all int, idx []int32) {
	r := e.r
	if r.codec == nil {
		if len(r.starts) == 0 {
			r.starts = append(r.starts, 0)
		}
		return
	}
	keys := r.codec.encode(e.cols[:len(r.keys)], all, idx, e.w.scratch)
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
func (e *sortedEnd) addValues(n int, idx []int32) {
	v := &e.cols[len(e.r.keys)]
	if wordless(v.Type) {
		e.r.vals = appendValues(e.r.vals, v, n, idx)
		return
	}
	e.r.words = append(e.r.words, e.wordsOf(v, n, idx))
	if e.r.end != nil {
		e.r.ends = append(e.r.ends, e.wordsOf(&e.cols[len(e.r.keys)+1], n, idx))
	}
}

func (e *sortedEnd) wordsOf(v *vec.Vec, n int, idx []int32) []uint64 {
	words := arena.Make[uint64](e.a, n)
	orderWords(v, idx, words, e.w.scratch)
	return words
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

func (r *sortedRight) finish(ex *execution) error {
	a := ex.newArena()
	if r.rows == nil { // no worker ran
		r.rows, r.groups = newStore(typesOf(r.input), a), newStore(nil, a)
	}
	r.rows.seal()
	r.ids = arena.Make[rowID](a, r.rows.rows)[:0]
	for k, b := range r.rows.blocks {
		for i := range b.n {
			r.ids = append(r.ids, rowID(k)<<blockShift|rowID(i))
		}
	}
	r.flat = flatten(r.words, r.rows.rows, a)
	r.last = flatten(r.ends, r.rows.rows, a)
	r.words, r.ends = nil, nil
	r.starts = append(r.starts, r.rows.rows)
	if r.end != nil {
		r.sumEnds(a)
	}
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

func flatten(parts [][]uint64, n int, a *arena.Arena) []uint64 {
	if len(parts) == 0 {
		return nil
	}
	all := arena.Make[uint64](a, n)[:0]
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// sumEnds fills in most.
func (r *sortedRight) sumEnds(a *arena.Arena) {
	r.most = arena.Make[uint64](a, r.rows.rows)
	for g := range len(r.starts) - 1 {
		most := uint64(0)
		for i := r.starts[g]; i < r.starts[g+1]; i++ {
			most = max(most, r.last[i])
			r.most[i] = most
		}
	}
}

// groupsOf writes, for rows idx (nil: all n) of key columns, the first row of the group
// with the key in groups, or noRow.
func (r *sortedRight) groupsOf(keys []vec.Vec, n int, idx []int32, first []rowID, a *arena.Arena) {
	if r.codec == nil {
		clear(first)
		return
	}
	r.table.find(r.codec.encode(keys, n, idx, a), first)
}

// group returns the rows with the key of a group's first row, from start to end.
func (r *sortedRight) group(id rowID) (start, end int) {
	g := 0
	if r.codec != nil {
		g = r.base[id>>blockShift] + int(id&(blockRows-1))
	}
	return r.starts[g], r.starts[g+1]
}
