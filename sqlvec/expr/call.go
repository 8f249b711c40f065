package expr

import (
	"unsafe"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// maxDictValues is the largest dictionary on which a function is computed once
// instead of for every row.
const maxDictValues = 1 << 16

// callNode calls a function.
type callNode struct {
	call *Call
	args []node
	vals []vec.Vec // of the args, in one eval
	memo memo
}

// compileCall makes a call's node.
func compileCall(e *Call, env *Env) (node, error) {
	args, err := compileAll(e.Args, env)
	if err != nil {
		return nil, err
	}
	return &callNode{call: e, args: args}, nil
}

func (n *callNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	n.vals = n.vals[:0]
	for _, a := range n.args {
		v, err := a.eval(f, sel)
		if err != nil {
			return v, err
		}
		n.vals = append(n.vals, v)
	}
	return n.apply(f, n.vals, sel)
}

// apply calls the function on arguments already evaluated.
func (n *callNode) apply(f *frame, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	fn, typ := n.call.Fn, n.call.Typ
	var valid []uint64
	if !fn.NullCall {
		v, null := argsValid(f, args)
		if null {
			return nullVec(typ, f.n), nil
		}
		valid = v
	}
	rows := active(f, sel, valid)
	if none(f, rows) {
		return nullVec(typ, f.n), nil
	}
	if fn.Volatility != Volatile && allConst(args) {
		return n.once(f, args)
	}
	if i := onlyDict(args); i >= 0 && fn.Volatility == Immutable && !fn.NullCall && n.fixedBut(i) {
		if out, ok := n.memo.through(f, &args[i], func(g *frame, v vec.Vec) (vec.Vec, error) {
			inner := append([]vec.Vec(nil), args...)
			for j := range inner {
				inner[j].N = g.n
			}
			inner[i] = v
			return n.invoke(g, inner, nil)
		}); ok {
			return out, nil
		}
	}
	out, err := n.invoke(f, args, rows)
	if err != nil {
		return out, at(err, n.call.Pos())
	}
	if out.Form == vec.Const && valid != nil {
		out = flatten(f, &out)
	}
	out.Valid = bothValid(f, out.Valid, valid)
	return out, nil
}

// invoke computes the function by the form it has.
func (n *callNode) invoke(f *frame, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	if err := f.env.ended(); err != nil {
		return vec.Vec{}, err
	}
	if n.call.Fn.eval != nil {
		return n.call.Fn.eval(f, n.call, args, rows)
	}
	fn := n.call.Fn.row
	if n.call.Fn.Volatility != Volatile {
		fn = interruptible(fn)
	}
	return eachRow(f, fn, n.call.Typ, args, rows)
}

// once computes a call whose arguments are all constant.
func (n *callNode) once(f *frame, args []vec.Vec) (vec.Vec, error) {
	one := frame{n: 1, arena: f.arena, env: f.env}
	for i := range args {
		args[i].N = 1
	}
	v, err := n.invoke(&one, args, nil)
	if err != nil {
		return v, at(err, n.call.Pos())
	}
	v = flatten(&one, &v)
	v.Form, v.N = vec.Const, f.n
	return v, nil
}

// allConst reports whether all arguments are constant; false without arguments of
// a function that takes none but is called per row.
func allConst(args []vec.Vec) bool {
	for i := range args {
		if args[i].Form != vec.Const {
			return false
		}
	}
	return true
}

// onlyDict returns the argument that is a dictionary when all others are constant,
// else -1.
func onlyDict(args []vec.Vec) int {
	at := -1
	for i := range args {
		switch args[i].Form {
		case vec.Const:
		case vec.Dict:
			if at >= 0 {
				return -1
			}
			at = i
		default:
			return -1
		}
	}
	return at
}

// fixedBut reports whether all arguments but i are the same in every batch: a column
// may be a constant in one batch, and another in the next. A call that another node
// makes with arguments of its own knows nothing of them.
func (n *callNode) fixedBut(i int) bool {
	fixed := len(n.args) > 0
	for j, arg := range n.call.Args {
		if j != i {
			Columns(arg, func(int) { fixed = false })
		}
	}
	return fixed
}

// memo keeps the result of a computation on one dictionary, so that the batches of
// a part share it.
type memo struct {
	dict   *vec.Dictionary
	result *vec.Dictionary // nil: computing failed, or gave NULLs
}

// knows reports whether d is the dictionary of the kept result.
func (m *memo) knows(d *vec.Dictionary) bool {
	return m.dict == d || m.dict != nil && d.ID != 0 && m.dict.ID == d.ID
}

// through computes compute on the values of the dictionary of v instead of on every
// row. ok is false when that is not worth it, or when a value, which no selected
// row may have, raises an error.
func (m *memo) through(f *frame, v *vec.Vec, compute func(*frame, vec.Vec) (vec.Vec, error)) (vec.Vec, bool) {
	values := &v.Dict.Values
	if values.N == 0 || values.N > maxDictValues {
		return vec.Vec{}, false
	}
	if !m.knows(v.Dict) {
		m.dict, m.result = v.Dict, nil
		mark := f.arena.Mark()
		g := frame{n: values.N, arena: f.arena, env: f.env}
		if r, err := compute(&g, *values); err == nil {
			c := heapCopy(&g, &r)
			if c.Valid == nil {
				m.result = &vec.Dictionary{Values: c}
			}
		}
		f.arena.Release(mark)
	}
	if m.result == nil {
		return vec.Vec{}, false
	}
	out := vec.Vec{Type: m.result.Values.Type, Form: vec.Dict, Width: v.Width, N: v.N,
		Valid: v.Valid, Data: v.Data, Dict: m.result}
	if out.Type.ID != types.Bool {
		return out, true
	}
	w := arena.Make[uint64](f.arena, vec.Words(v.N))
	lookupCodes(f, v, vec.Cast[uint64](m.result.Values.Data), w)
	return vec.FromBits(v.N, w, v.Valid), true
}

// lookupCodes applies a table of bits to the codes of v. NULL rows may hold codes
// outside the table.
func lookupCodes(f *frame, v *vec.Vec, table, out []uint64) {
	if v.Valid == nil && v.Width == 1 {
		kernel.Lookup(vec.Of[uint8](v)[:v.N], table, out)
		return
	}
	if v.Valid == nil && v.Width == 2 {
		kernel.Lookup(vec.Of[uint16](v)[:v.N], table, out)
		return
	}
	codes := codes32(f, v)
	if v.Valid != nil {
		safe := arena.Make[uint32](f.arena, v.N)
		limit := uint32(v.Dict.Values.N)
		for i, c := range codes {
			if c >= limit {
				c = 0
			}
			safe[i] = c
		}
		codes = safe
	}
	kernel.Lookup(codes, table, out)
}

// rowsPause is how many bytes of texts a function is given between two looks at whether the statement is to end.
const rowsPause = 1 << 16

// eachRow calls fn for the given rows and makes a vector of the results.
func eachRow(f *frame, fn rowFunc, t types.Type, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	b := newBuilder(f, t)
	row := make([]types.Value, len(args))
	for j := range args {
		if args[j].Form == vec.Const {
			row[j] = rowValue(&args[j], 0)
		}
	}
	work := 0
	for i := range f.n {
		if !has(rows, i) {
			b.skip()
			continue
		}
		for j := range args {
			if args[j].Form != vec.Const {
				row[j] = rowValue(&args[j], i)
			}
			work += len(row[j].S)
		}
		if work >= rowsPause {
			if err := f.env.ended(); err != nil {
				return vec.Vec{}, err
			}
			work = 0
		}
		v, err := fn(f.env, row)
		if err != nil {
			return vec.Vec{}, err
		}
		b.value(v)
	}
	return b.finish()
}

// rowValue returns row i of v without copying its bytes.
func rowValue(v *vec.Vec, i int) types.Value {
	if v.Type.Class() != types.Bytes || v.IsNull(i) {
		return v.Value(i)
	}
	b := v.Bytes(i)
	return types.BytesValue(v.Type, unsafe.String(unsafe.SliceData(b), len(b)))
}
