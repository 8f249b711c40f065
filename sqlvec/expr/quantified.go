package expr

import (
	"sync"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// quantifier names a function that is op ANY or op ALL for an operator's overload.
type quantifier struct {
	op  *Function
	all bool
}

// quantifiers holds the functions made so far, so that equal expressions are known as such.
var quantifiers sync.Map // quantifier to *Function

// NewQuantified builds x op ANY(array) or x op ALL(array).
func NewQuantified(pos int, op string, x, array Expr, all bool) (Expr, error) {
	elem := types.Type{}
	if t := array.Type(); t.IsArray() {
		elem = t.Elem()
	} else if t.ID != types.Unknown {
		return nil, dberr.New(dberr.WrongObjectType, "op ANY/ALL (array) requires array on right side").At(pos)
	}
	fn, casts, err := ResolveOperator(op, x.Type(), elem)
	if err != nil {
		return nil, at(err, pos)
	}
	if fn.Ret != types.Bool {
		return nil, dberr.New(dberr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean").At(pos)
	}
	if casts[1].IsArray() {
		return nil, dberr.Newf(dberr.UndefinedObject, "could not find array type for data type %s", casts[1]).At(pos)
	}
	if x, err = Coerce(x, casts[0]); err != nil {
		return nil, err
	}
	if array, err = Coerce(array, casts[1].Array()); err != nil {
		return nil, err
	}
	if e, ok := quantifiedList(pos, op, x, array, all); ok {
		return e, nil
	}
	q := quantifier{fn, all}
	made, ok := quantifiers.Load(q)
	if !ok {
		made, _ = quantifiers.LoadOrStore(q, quantifiedFunction(q))
	}
	return &Call{At: At(pos), Fn: made.(*Function), Args: []Expr{x, array}, Typ: boolean}, nil
}

// quantifiedList turns = ANY and <> ALL of a constant array into IN.
func quantifiedList(pos int, op string, x, array Expr, all bool) (Expr, bool) {
	c, ok := array.(*Const)
	if !ok || !c.Value.Valid || !(op == "=" && !all || op == "<>" && all) {
		return nil, false
	}
	a, err := c.Value.Array()
	if err != nil || len(a.Elems) == 0 {
		return nil, false
	}
	list := make([]Expr, len(a.Elems))
	for i, v := range a.Elems {
		list[i] = &Const{c.At, v}
	}
	e, err := NewIn(pos, x, list, all)
	return e, err == nil
}

func quantifiedFunction(q quantifier) *Function {
	name := q.op.Name + " ANY"
	if q.all {
		name = q.op.Name + " ALL"
	}
	return &Function{Name: name, Params: ids(anyType, anyArray), Ret: types.Bool, Volatility: q.op.Volatility, NullCall: true,
		eval: func(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
			return q.eval(f, c, args, rows)
		}}
}

// eval compares the value of every row with all elements of its array, at once for the
// batch.
func (q quantifier) eval(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	var left, right []types.Value
	ends := make([]int, f.n)
	for i := range f.n {
		if has(rows, i) && !args[1].IsNull(i) {
			a, err := args[1].Value(i).Array()
			if err != nil {
				return vec.Vec{}, err
			}
			x := args[0].Value(i)
			for _, e := range a.Elems {
				left, right = append(left, x), append(right, e)
			}
		}
		ends[i] = len(left)
	}
	g := frame{n: len(left), arena: f.arena, env: f.env}
	held := vec.Vec{}
	if g.n > 0 {
		var err error
		if held, err = q.compare(&g, c, left, right); err != nil {
			return held, err
		}
	}
	b := newBuilder(f, boolean)
	from := 0
	for i, end := range ends {
		if !has(rows, i) || args[1].IsNull(i) {
			b.null()
			continue
		}
		b.value(q.fold(&held, from, end))
		from = end
	}
	return b.finish()
}

// compare applies the operator to pairs.
func (q quantifier) compare(g *frame, c *Call, left, right []types.Value) (vec.Vec, error) {
	lt, rt := c.Args[0].Type(), c.Args[1].Type().Elem()
	l, r := newBuilder(g, lt), newBuilder(g, rt)
	for i := range left {
		l.value(left[i])
		r.value(right[i])
	}
	lv, err := l.finish()
	if err != nil {
		return lv, err
	}
	rv, err := r.finish()
	if err != nil {
		return rv, err
	}
	n := callNode{call: &Call{At: c.At, Fn: q.op, Args: c.Args, Typ: boolean}}
	out, err := n.apply(g, []vec.Vec{lv, rv}, nil)
	if err != nil {
		return out, err
	}
	return flatten(g, &out), nil
}

// fold unites the results of one row: ANY is their OR, ALL their AND.
func (q quantifier) fold(held *vec.Vec, from, end int) types.Value {
	unknown := false
	for i := from; i < end; i++ {
		switch {
		case held.IsNull(i):
			unknown = true
		case (held.Int(i) != 0) != q.all:
			return types.BoolValue(!q.all)
		}
	}
	if unknown {
		return types.NullOf(boolean)
	}
	return types.BoolValue(q.all)
}
