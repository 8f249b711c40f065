package expr

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// logicNode is AND or OR in three-valued logic. decided collects the rows whose
// result an argument has settled: false for AND, true for OR. Later arguments are
// evaluated for the other rows only.
type logicNode struct {
	op   LogicOp
	args []node
}

func (n *logicNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	decided := f.words()
	clear(decided)
	var nulls []uint64
	rest := sel
	for i, a := range n.args {
		v, err := a.eval(f, rest)
		if err != nil {
			return v, err
		}
		n.settle(f, &v, decided)
		nulls = addNulls(f, nulls, &v)
		if i == len(n.args)-1 {
			break
		}
		rest = n.undecided(f, sel, decided)
		if none(f, rest) {
			break
		}
	}
	return n.result(f, decided, nulls), nil
}

// settle adds the rows that v decides.
func (n *logicNode) settle(f *frame, v *vec.Vec, decided []uint64) {
	if isNullConst(v) {
		return
	}
	bits, valid := bitsOf(f, v), spread(f, v)
	w := f.words()
	if n.op == And {
		kernel.Not(w, bits)
	} else {
		copy(w, bits)
	}
	if valid != nil {
		kernel.And(w, w, valid)
	}
	kernel.Or(decided, decided, w)
}

// addNulls adds the rows in which v is NULL; nil means there are none.
func addNulls(f *frame, nulls []uint64, v *vec.Vec) []uint64 {
	valid := spread(f, v)
	if valid == nil {
		return nulls
	}
	if nulls == nil {
		nulls = f.words()
		kernel.Not(nulls, valid)
		return nulls
	}
	kernel.OrNot(nulls, nulls, valid)
	return nulls
}

// undecided returns the rows of sel that are not decided.
func (n *logicNode) undecided(f *frame, sel, decided []uint64) []uint64 {
	w := f.words()
	if sel == nil {
		kernel.Not(w, decided)
		kernel.Trim(w, f.n)
		return w
	}
	kernel.AndNot(w, sel, decided)
	return w
}

// result makes the vector: a decided row is not NULL, whatever else it met.
func (n *logicNode) result(f *frame, decided, nulls []uint64) vec.Vec {
	bits := decided
	if n.op == And {
		bits = f.words()
		kernel.Not(bits, decided)
	}
	if nulls == nil {
		return f.bools(bits, nil)
	}
	valid := f.words()
	kernel.OrNot(valid, decided, nulls)
	return f.bools(bits, valid)
}

// notNode is NOT.
type notNode struct{ arg node }

func (n notNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.arg.eval(f, sel)
	if err != nil || isNullConst(&v) {
		return v, err
	}
	w := f.words()
	kernel.Not(w, bitsOf(f, &v))
	return f.bools(w, spread(f, &v)), nil
}

// isNullNode is IS [NOT] NULL.
type isNullNode struct {
	arg node
	not bool
}

func (n isNullNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.arg.eval(f, sel)
	if err != nil {
		return v, err
	}
	w := f.words()
	switch valid := spread(f, &v); {
	case valid == nil && n.not:
		kernel.Fill(w, f.n)
	case valid == nil:
		clear(w)
	case n.not:
		copy(w, valid)
	default:
		kernel.Not(w, valid)
	}
	return f.bools(w, nil), nil
}

// isBoolNode is IS [NOT] TRUE, FALSE or UNKNOWN.
type isBoolNode struct {
	arg   node
	which Truth
	not   bool
}

func (n isBoolNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.arg.eval(f, sel)
	if err != nil {
		return v, err
	}
	if n.which == UnknownTruth {
		return isNullNode{&fixedNode{v}, n.not}.eval(f, sel)
	}
	w := f.words()
	if isNullConst(&v) {
		clear(w)
	} else {
		copy(w, bitsOf(f, &v))
		if n.which == False {
			kernel.Not(w, w)
		}
		if valid := spread(f, &v); valid != nil {
			kernel.And(w, w, valid)
		}
	}
	if n.not {
		kernel.Not(w, w)
	}
	return f.bools(w, nil), nil
}

// fixedNode gives a vector that is known already.
type fixedNode struct{ v vec.Vec }

func (n *fixedNode) eval(*frame, []uint64) (vec.Vec, error) { return n.v, nil }

// isDistinctNode is IS [NOT] DISTINCT FROM.
type isDistinctNode struct {
	l, r node
	not  bool
	eq   *callNode
}

func (n *isDistinctNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	l, err := n.l.eval(f, sel)
	if err != nil {
		return l, err
	}
	r, err := n.r.eval(f, sel)
	if err != nil {
		return r, err
	}
	same, err := sameRows(f, n.eq, l, r, sel)
	if err != nil {
		return vec.Vec{}, err
	}
	if !n.not {
		kernel.Not(same, same)
	}
	return f.bools(same, nil), nil
}

// sameRows returns the rows in which l and r are equal or both NULL.
func sameRows(f *frame, eq *callNode, l, r vec.Vec, sel []uint64) ([]uint64, error) {
	lv, rv := spread(f, &l), spread(f, &r)
	v, err := eq.apply(f, []vec.Vec{l, r}, sel)
	if err != nil {
		return nil, err
	}
	w := f.words()
	truthMask(f, &v, nil, w)
	if lv == nil || rv == nil {
		return w, nil
	}
	both := f.words()
	kernel.Or(both, lv, rv) // the rows in which one of them is not NULL
	kernel.OrNot(w, w, both)
	return w, nil
}
