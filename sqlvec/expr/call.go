package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// callNode calls a function.
type callNode struct {
	call   *Call
	args   []node
	vals   []vec.Vec // of the args, in one eval
	memo   memo
	coarse memo // of units of times
	may    memoRequest
	dicts  []numberDict // of the args that are NUMERIC; nil before there is one
	keep   bool         // results may be kept from batch to batch
}

// compileCall makes a call's node.
func compileCall(e *Call, env *Env) (node, error) {
	args, err := compileAll(e.Args, env)
	if err != nil {
		return nil, err
	}
	n := &callNode{call: e, args: args}
	n.mayKeep()
	return n, nil
}

// mayKeep decides what results are kept from batch to batch.
func (n *callNode) mayKeep() {
	fn := n.call.Fn
	if fn.Volatility == Volatile || fn.NullCall && fn.row == nil {
		return
	}
	costly := fn.row != nil || fn.costly
	texts := n.call.Typ.Class() == types.Bytes || len(n.call.Args) > 1
	for _, arg := range n.call.Args {
		texts = texts && (n.call.Typ.Class() == types.Bytes || arg.Type().Class() == types.Bytes)
	}
	for _, arg := range n.args {
		if c, ok := arg.(*castNode); ok && costly {
			c.few = true
		}
	}
	n.may = memoRequest{integers: costly, several: costly || texts, nulls: fn.NullCall}
	n.keep = len(n.args) > 0
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
	n.numbers(f)
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
	if n.keep && fn.coarse != nil {
		if out, ok := n.coarsely(f, args, rows); ok {
			out.Valid = valid
			return out, nil
		}
	}
	if n.keep {
		compute := func(g *frame, all []vec.Vec) (vec.Vec, error) { return n.invoke(g, all, nil) }
		if out, ok := n.memo.through(f, args, rows, n.may, compute); ok {
			out.Valid = valid
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
		out, err := n.call.Fn.eval(f, n.call, args, rows)
		if err == nil && n.call.Typ.IsScaled() && !out.Type.IsScaled() {
			out = strict(f, out, n.call.Typ)
		}
		return out, err
	}
	if n.call.Fn.text != nil {
		return eachText(f, n.call.Fn, n.call.Typ, args, rows)
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
