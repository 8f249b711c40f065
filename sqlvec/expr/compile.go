package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// compile makes the node of e.
func compile(e Expr, env *Env) (node, error) {
	switch e := e.(type) {
	case *Col:
		return colNode{e.Index, e.Typ}, nil
	case *Const:
		return &constNode{constVec(e.Value, 0)}, nil
	case *Param:
		return compileParam(e, env)
	case *Call:
		return compileCall(e, env)
	case *Cast:
		return compileCast(e, env)
	case *In:
		return compileIn(e, env)
	case *Case:
		return compileCase(e, env)
	case *OuterCol, *Subquery:
		return nil, dberr.New(dberr.FeatureNotSupported, "this form of correlated subquery is not supported").At(e.Pos())
	}
	kids, err := compileAll(Children(e), env)
	if err != nil {
		return nil, err
	}
	return compileForm(e, kids)
}

// compileForm makes the nodes that need nothing but their operands.
func compileForm(e Expr, kids []node) (node, error) {
	switch e := e.(type) {
	case *Logic:
		return &logicNode{op: e.Op, args: kids}, nil
	case *Not:
		return notNode{kids[0]}, nil
	case *IsNull:
		return isNullNode{kids[0], e.Not}, nil
	case *IsBool:
		return isBoolNode{kids[0], e.Which, e.Not}, nil
	case *IsDistinct:
		return &isDistinctNode{l: kids[0], r: kids[1], not: e.Not, eq: newCall(e.Eq, boolean, e.At)}, nil
	case *Coalesce:
		return &coalesceNode{args: kids, typ: e.Typ}, nil
	case *NullIf:
		return &nullIfNode{value: kids[0], l: kids[1], r: kids[2], typ: e.Type(), eq: newCall(e.Eq, boolean, e.At)}, nil
	case *MinMax:
		return compileMinMax(e, kids)
	}
	return nil, dberr.Bug("expression %T cannot be compiled", e)
}

// compileAll compiles several expressions.
func compileAll(list []Expr, env *Env) ([]node, error) {
	out := make([]node, len(list))
	for i, e := range list {
		n, err := compile(e, env)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// newCall returns a call of fn that has no arguments of its own, for nodes that
// compute them.
func newCall(fn *Function, t types.Type, pos At) *callNode {
	return &callNode{call: &Call{At: pos, Fn: fn, Typ: t}}
}

// colNode reads a column.
type colNode struct {
	index int
	typ   types.Type
}

func (n colNode) eval(f *frame, _ []uint64) (vec.Vec, error) {
	if n.index >= len(f.cols) {
		return vec.Vec{}, dberr.Bug("column %d of %d", n.index, len(f.cols))
	}
	v := f.cols[n.index]
	if v.Type.Class() == n.typ.Class() && v.Type.ID != n.typ.ID {
		v.Type = n.typ
	}
	return v, nil
}

// constNode is a constant.
type constNode struct{ v vec.Vec }

func (n *constNode) eval(f *frame, _ []uint64) (vec.Vec, error) {
	v := n.v
	v.N = f.n
	return v, nil
}

// compileParam makes a parameter the constant it is in this execution.
func compileParam(e *Param, env *Env) (node, error) {
	if e.N < 1 || e.N > len(env.Params) {
		return nil, dberr.Newf(dberr.UndefinedParameter, "there is no parameter $%d", e.N).At(e.Pos())
	}
	v := env.Params[e.N-1]
	if v.Type != e.Typ {
		c, err := env.context().Cast(v, e.Typ, false)
		if err != nil {
			return nil, at(err, e.Pos())
		}
		v = c
	}
	return &constNode{constVec(v, 0)}, nil
}
