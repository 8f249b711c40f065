package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// blend gathers a vector from pieces of several: each piece gives the rows of its
// mask.
type blend struct {
	f      *frame
	typ    types.Type
	masks  [][]uint64
	pieces []vec.Vec
	texts  *blendTexts // of the node; nil: it has none
}

// add gives the rows of mask from v.
func (b *blend) add(v vec.Vec, mask []uint64) {
	if kernel.Any(mask) {
		if b.typ.ID != types.Numeric || b.typ.IsScaled() {
			v = strict(b.f, v, b.typ)
		} // else numbers reads the rows that are wanted
		b.pieces = append(b.pieces, v)
		b.masks = append(b.masks, mask)
	}
}

// result returns the vector; rows of no piece are NULL.
func (b *blend) result() (vec.Vec, error) {
	switch {
	case len(b.pieces) == 0:
		return nullVec(b.typ, b.f.n), nil
	case len(b.pieces) == 1 && b.covers(b.masks[0]) && !b.texts.has(&b.pieces[0]):
		return strict(b.f, b.pieces[0], b.typ), nil
	}
	valid := b.validity()
	var out vec.Vec
	switch b.typ.Class() {
	case types.Bits:
		out = b.bits()
	case types.I16:
		out = blendFixed[int16](b)
	case types.I32:
		out = blendFixed[int32](b)
	case types.I64:
		out = blendFixed[int64](b)
	case types.F32:
		out = blendFixed[float32](b)
	case types.F64:
		out = blendFixed[float64](b)
	case types.Span:
		out = b.spans()
	default:
		v, ok := b.texts.codes(b)
		if !ok {
			var err error
			if v, err = b.bytes(); err != nil {
				return v, err
			}
		}
		out = v
	}
	out.Valid = valid
	return out, nil
}

// covers reports whether the mask has all rows.
func (b *blend) covers(mask []uint64) bool { return kernel.Count(mask) == b.f.n }

// validity returns the rows that are not NULL.
func (b *blend) validity() []uint64 {
	w := b.f.words()
	clear(w)
	for i := range b.pieces {
		if isNullConst(&b.pieces[i]) {
			continue
		}
		valid := spread(b.f, &b.pieces[i])
		for j, m := range b.masks[i] {
			if valid != nil {
				m &= valid[j]
			}
			w[j] |= m
		}
	}
	if b.covers(w) {
		return nil
	}
	return w
}

// blendFixed gathers values of a fixed-width class.
func blendFixed[T vec.Fixed](b *blend) vec.Vec {
	dst := arena.MakeZero[T](b.f.arena, b.f.n)
	for i := range b.pieces {
		if !isNullConst(&b.pieces[i]) {
			kernel.Select(dst, values[T](b.f, &b.pieces[i]), b.masks[i])
		}
	}
	return vec.FromFixed(b.typ, dst, nil)
}

// spans gathers intervals.
func (b *blend) spans() vec.Vec {
	dst := arena.MakeSpans(b.f.arena, b.f.n)
	clear(dst)
	for i := range b.pieces {
		flat := flatten(b.f, &b.pieces[i])
		kernel.Select(dst, vec.Of[vec.Span](&flat), b.masks[i])
	}
	return vec.FromFixed(b.typ, dst, nil)
}

// bits gathers booleans.
func (b *blend) bits() vec.Vec {
	w := b.f.words()
	clear(w)
	for i := range b.pieces {
		for j, x := range bitsOf(b.f, &b.pieces[i]) {
			w[j] |= x & b.masks[i][j]
		}
	}
	return b.f.bools(w, nil)
}

// bytes gathers values of the Bytes class.
func (b *blend) bytes() (vec.Vec, error) {
	if b.typ.ID == types.Numeric {
		return b.numbers()
	}
	out := newBuilder(b.f, b.typ)
	for r, p := range b.sources() {
		if p < 0 || b.pieces[p].IsNull(r) {
			out.skip()
			continue
		}
		out.bytes(b.pieces[p].Bytes(r))
	}
	return out.finish()
}

// sources returns which piece gives each row, -1 for none.
func (b *blend) sources() []int32 {
	from, idx := arena.Make[int32](b.f.arena, b.f.n), arena.Make[uint32](b.f.arena, b.f.n)
	for r := range from {
		from[r] = -1
	}
	for i, m := range b.masks {
		for _, r := range idx[:kernel.Indexes(idx, m)] {
			from[r] = int32(i)
		}
	}
	return from
}

// numbers gathers NUMERICs that are no scaled integers, though some of the pieces may be.
func (b *blend) numbers() (vec.Vec, error) {
	if out, ok := b.scaled(); ok {
		return out, nil
	}
	readers := make([]wideReader, len(b.pieces))
	for i := range b.pieces {
		readers[i] = newWideReader(b.f, &b.pieces[i])
	}
	out := newWideBuilder(b.f)
	for r, p := range b.sources() {
		if p < 0 || b.pieces[p].IsNull(r) {
			out.skip()
			continue
		}
		if w, ok := readers[p].at(r); ok {
			out.add(w)
			continue
		}
		out.leave()
		out.forms.bytes(readers[p].form(r))
	}
	v, err := out.finish()
	v.Type = b.typ
	return v, err
}

// scaled is numbers where all pieces are scaled integers: these, where they have one scale, otherwise a Wide vector.
func (b *blend) scaled() (vec.Vec, bool) {
	pieces, same := make([]*vec.Vec, len(b.pieces)), true
	for i := range b.pieces {
		p := wordConst(&b.pieces[i])
		if !p.Type.IsScaled() || p.IsNull(0) && p.Form == vec.Const {
			return vec.Vec{}, false
		}
		pieces[i] = p
		same = same && p.Type.Scale == pieces[0].Type.Scale
	}
	if same {
		dst := arena.MakeZero[int64](b.f.arena, b.f.n)
		for i, p := range pieces {
			kernel.Select(dst, values[int64](b.f, p), b.masks[i])
		}
		return vec.FromFixed(types.Dec(types.MaxScaledPrec, int(pieces[0].Type.Scale)), dst, nil), true
	}
	out, dst, scales := wideVec(b.f)
	clear(dst)
	clear(scales)
	idx := arena.Make[uint32](b.f.arena, b.f.n)
	for i, p := range pieces {
		x, scale := values[int64](b.f, p), uint8(p.Type.Scale)
		for _, r := range idx[:kernel.Indexes(idx, b.masks[i])] {
			dst[r], scales[r] = kernel.Int128{Hi: x[r] >> 63, Lo: uint64(x[r])}, scale
		}
	}
	out.Type = b.typ
	return out, true
}

// allRows returns sel as a mask that is not nil.
func allRows(f *frame, sel []uint64) []uint64 {
	w := f.words()
	if sel == nil {
		kernel.Fill(w, f.n)
	} else {
		copy(w, sel)
		kernel.Trim(w, f.n)
	}
	return w
}

// caseNode is CASE.
type caseNode struct {
	conds, thens []node
	els          node
	typ          types.Type
	texts        blendTexts
}

// compileCase makes a CASE's node.
func compileCase(e *Case, env *Env) (node, error) {
	n := &caseNode{typ: e.Typ}
	for _, w := range e.Whens {
		kids, err := compileAll([]Expr{w.Cond, w.Then}, env)
		if err != nil {
			return nil, err
		}
		n.conds, n.thens = append(n.conds, kids[0]), append(n.thens, kids[1])
	}
	n.texts.know(e.Typ, oneOf(e))
	els, err := compile(e.Else, env)
	n.els = els
	return n, err
}

func (n *caseNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	return blendPieces(n, f, sel, n.typ, &n.texts)
}

// each implements pieceNode.
func (n *caseNode) each(f *frame, sel []uint64, fn func(v vec.Vec, rows []uint64) error) error {
	rest := allRows(f, sel)
	branch := func(then node, rows []uint64) error {
		v, err := then.eval(f, rows)
		if err != nil {
			return err
		}
		return fn(v, rows)
	}
	for i := range n.conds {
		if !kernel.Any(rest) {
			return nil
		}
		c, err := n.conds[i].eval(f, rest)
		if err != nil {
			return err
		}
		mask := f.words()
		truthMask(f, &c, rest, mask)
		if !kernel.Any(mask) {
			continue
		}
		if err := branch(n.thens[i], mask); err != nil {
			return err
		}
		next := f.words()
		kernel.AndNot(next, rest, mask)
		rest = next
	}
	if !kernel.Any(rest) {
		return nil
	}
	return branch(n.els, rest)
}

// HasPieces reports whether EvalPieces may give several vectors for e: for a CASE or COALESCE of NUMERIC, whose branches
// may have different scales.
func HasPieces(e Expr) bool {
	switch e := e.(type) {
	case *Case:
		return e.Typ == types.T(types.Numeric)
	case *Coalesce:
		return e.Typ == types.T(types.Numeric)
	}
	return false
}

// pieceNode is a node that may give several vectors.
type pieceNode interface {
	// each calls fn with the values of every branch that is taken, and the selected rows that take it.
	each(f *frame, sel []uint64, fn func(v vec.Vec, rows []uint64) error) error
}

// blendPieces makes one vector of type t of the pieces of a node.
func blendPieces(n pieceNode, f *frame, sel []uint64, t types.Type, texts *blendTexts) (vec.Vec, error) {
	b := blend{f: f, typ: t, texts: texts}
	err := n.each(f, sel, func(v vec.Vec, rows []uint64) error {
		b.add(v, rows)
		return nil
	})
	if err != nil {
		return vec.Vec{}, err
	}
	return b.result()
}

// EvalPieces is Eval of a loose program whose expression HasPieces: it calls fn with the values of every branch,
// and the selected rows that they are for.
func (p *Program) EvalPieces(b *vec.Batch, a *arena.Arena, fn func(v vec.Vec, rows []uint64) error) (err error) {
	defer arena.Recover(&err)
	f := &p.frame
	*f = frame{n: b.N, cols: b.Cols, arena: a, env: p.env}
	return p.root.(pieceNode).each(f, b.Sel, fn)
}

// coalesceNode is COALESCE.
type coalesceNode struct {
	args  []node
	typ   types.Type
	texts blendTexts
}

func (n *coalesceNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	return blendPieces(n, f, sel, n.typ, &n.texts)
}

// each implements pieceNode.
func (n *coalesceNode) each(f *frame, sel []uint64, fn func(v vec.Vec, rows []uint64) error) error {
	rest := allRows(f, sel)
	for _, a := range n.args {
		if !kernel.Any(rest) {
			return nil
		}
		v, err := a.eval(f, rest)
		if err != nil {
			return err
		}
		if isNullConst(&v) {
			continue
		}
		valid := spread(f, &v)
		if valid == nil {
			return fn(v, rest)
		}
		mask, next := f.words(), f.words()
		kernel.And(mask, rest, valid)
		kernel.AndNot(next, rest, valid)
		if kernel.Any(mask) {
			if err := fn(v, mask); err != nil {
				return err
			}
		}
		rest = next
	}
	if !kernel.Any(rest) {
		return nil
	}
	return fn(nullVec(n.typ, f.n), rest)
}

// nullIfNode is NULLIF.
type nullIfNode struct {
	value, l, r node
	typ         types.Type
	eq          *callNode
}

func (n *nullIfNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.value.eval(f, sel)
	if err != nil {
		return v, err
	}
	l, err := n.l.eval(f, sel)
	if err != nil {
		return l, err
	}
	r, err := n.r.eval(f, sel)
	if err != nil {
		return r, err
	}
	same, err := n.eq.apply(f, []vec.Vec{l, r}, sel)
	if err != nil {
		return same, err
	}
	mask := f.words()
	truthMask(f, &same, nil, mask)
	if !kernel.Any(mask) {
		return v, nil
	}
	out := v
	if v.Form == vec.Const {
		out = flatten(f, &v)
	}
	valid := f.words()
	kernel.Not(valid, mask)
	out.Valid = bothValid(f, out.Valid, valid)
	return out, nil
}

// minMaxNode is GREATEST or LEAST.
type minMaxNode struct {
	args []node
	typ  types.Type
	// better is < for LEAST and > for GREATEST.
	better *callNode
}

// compileMinMax makes the node of GREATEST or LEAST.
func compileMinMax(e *MinMax, kids []node) (node, error) {
	op := ">"
	if e.Least {
		op = "<"
	}
	fn, _, err := ResolveOperator(op, e.Typ, e.Typ)
	if err != nil {
		return nil, at(err, e.Pos())
	}
	return &minMaxNode{args: kids, typ: e.Typ, better: newCall(fn, boolean, e.At)}, nil
}

func (n *minMaxNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	acc, err := n.args[0].eval(f, sel)
	if err != nil {
		return acc, err
	}
	for _, a := range n.args[1:] {
		v, err := a.eval(f, sel)
		if err != nil {
			return v, err
		}
		if acc, err = n.pick(f, acc, v, sel); err != nil {
			return acc, err
		}
	}
	return acc, nil
}

// pick returns per row the better of acc and v that is not NULL.
func (n *minMaxNode) pick(f *frame, acc, v vec.Vec, sel []uint64) (vec.Vec, error) {
	if isNullConst(&v) {
		return acc, nil
	}
	if isNullConst(&acc) {
		return v, nil
	}
	better, err := n.better.apply(f, []vec.Vec{v, acc}, sel)
	if err != nil {
		return better, err
	}
	take := f.words()
	truthMask(f, &better, nil, take)
	if valid := spread(f, &acc); valid != nil {
		kernel.OrNot(take, take, valid)
	}
	kernel.Trim(take, f.n)
	if valid := spread(f, &v); valid != nil {
		kernel.And(take, take, valid)
	}
	keep := f.words()
	kernel.Not(keep, take)
	kernel.Trim(keep, f.n)
	b := blend{f: f, typ: n.typ}
	b.add(v, take)
	b.add(acc, keep)
	return b.result()
}
