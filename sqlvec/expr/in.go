package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// maxChain is the longest list of constants for which IN is a chain of comparisons.
const maxChain = 3

// inNode is IN over a list of constants: a set of the values' keys.
type inNode struct {
	arg     node
	typ     types.Type
	not     bool
	hasNull bool // the list has a NULL: what is not found is unknown
	ints    intSet
	bytes   bytesSet
	codes   codeSet // of ints
	memo    memo
}

// codeSet is which codes of narrow vectors of one base and width stand for integers of a set.
type codeSet struct {
	base  int64
	width uint8
	words []uint64
}

// compileIn makes an IN's node: a set when the list is constant and has many
// values, otherwise a chain of =.
func compileIn(e *In, env *Env) (node, error) {
	if n := newInSet(e); n != nil {
		arg, err := compile(e.Arg, env)
		n.arg = arg
		return n, err
	}
	chain := &logicNode{op: Or}
	for _, x := range e.List {
		c, err := compile(&Call{At: e.At, Fn: e.Eq, Args: []Expr{e.Arg, x}, Typ: boolean}, env)
		if err != nil {
			return nil, err
		}
		chain.args = append(chain.args, c)
	}
	if e.Not {
		return notNode{chain}, nil
	}
	return chain, nil
}

// newInSet returns the node for a long list of constants of integers or bytes, nil
// for other lists.
func newInSet(e *In) *inNode {
	t := e.Arg.Type()
	n := &inNode{typ: t, not: e.Not}
	if len(e.List) <= maxChain || t.ID == types.Numeric && !t.IsScaled() || t.ID == types.JSONB || t.ID == types.Record || t.IsArray() {
		return nil
	}
	switch t.Class() {
	case types.I16, types.I32, types.I64:
		n.ints = newIntSet(len(e.List))
	case types.Bytes:
		n.bytes = newBytesSet(len(e.List))
	default:
		return nil
	}
	for _, x := range e.List {
		c, ok := x.(*Const)
		switch {
		case !ok || c.Value.Type.Class() != t.Class() || c.Value.Type.Scale != t.Scale:
			return nil
		case !c.Value.Valid:
			n.hasNull = true
		case t.Class() == types.Bytes:
			n.bytes.add(c.Value.S)
		default:
			n.ints.add(c.Value.I)
		}
	}
	return n
}

func (n *inNode) eval(f *frame, sel []uint64) (vec.Vec, error) {
	v, err := n.arg.eval(f, sel)
	if err != nil {
		return v, err
	}
	if isNullConst(&v) {
		return nullVec(boolean, f.n), nil
	}
	v = strict(f, v, n.typ)
	found, ok := vec.Vec{}, false
	if v.Form == vec.Dict {
		found, ok = n.memo.through(f, []vec.Vec{v}, sel, memoRequest{}, func(g *frame, all []vec.Vec) (vec.Vec, error) { return n.probe(g, &all[0]), nil })
	}
	if !ok {
		found = n.probe(f, &v)
	}
	return n.result(f, found, spread(f, &v)), nil
}

// result applies NOT and the rules for NULL to the rows found.
func (n *inNode) result(f *frame, found vec.Vec, valid []uint64) vec.Vec {
	w := bitsOf(f, &found)
	if n.hasNull {
		valid = bothValid(f, valid, w)
	}
	if n.not {
		x := f.words()
		kernel.Not(x, w)
		w = x
	}
	return f.bools(w, valid)
}

// probe returns the rows whose value is in the set.
func (n *inNode) probe(f *frame, v *vec.Vec) vec.Vec {
	w := f.words()
	clear(w)
	if n.typ.Class() == types.Bytes {
		flat := flatten(f, v)
		for i := range f.n {
			w[i>>6] |= n.bytes.bit(flat.Heap[flat.Offs[i]:flat.Offs[i+1]]) << (uint(i) & 63)
		}
		return f.bools(w, nil)
	}
	if v.Form == vec.Narrow && v.Width < 4 {
		n.probeCodes(v, w)
		return f.bools(w, nil)
	}
	for i, x := range int64s(f, v) {
		w[i>>6] |= n.ints.bit(x) << (uint(i) & 63)
	}
	return f.bools(w, nil)
}

// probeCodes is probe by the codes of a narrow vector of one or two bytes.
func (n *inNode) probeCodes(v *vec.Vec, w []uint64) {
	s := &n.codes
	if s.words == nil || s.base != v.Base || s.width != v.Width {
		*s = codeSet{v.Base, v.Width, make([]uint64, vec.Words(1<<(8*v.Width)))}
		for i, x := range n.ints.slots {
			if code := uint64(x) - uint64(v.Base); n.ints.used[i] && code < 1<<(8*v.Width) {
				s.words[code>>6] |= 1 << (code & 63)
			}
		}
	}
	if v.Width == 1 {
		kernel.Lookup(vec.Of[uint8](v)[:v.N], s.words, w)
	} else {
		kernel.Lookup(vec.Of[uint16](v)[:v.N], s.words, w)
	}
}

// intSet is a set of integers by open addressing. It is built once.
type intSet struct {
	slots []int64
	used  []bool
	mask  uint64
}

// tableSize returns a power of two that keeps n entries below half.
func tableSize(n int) int {
	size := 8
	for size < 2*n {
		size *= 2
	}
	return size
}

func newIntSet(n int) intSet {
	size := tableSize(n)
	return intSet{make([]int64, size), make([]bool, size), uint64(size - 1)}
}

func (s *intSet) add(x int64) {
	i := kernel.Mix(uint64(x)) & s.mask
	for s.used[i] && s.slots[i] != x {
		i = (i + 1) & s.mask
	}
	s.slots[i], s.used[i] = x, true
}

// bit returns 1 if x is in the set.
func (s *intSet) bit(x int64) uint64 {
	for i := kernel.Mix(uint64(x)) & s.mask; s.used[i]; i = (i + 1) & s.mask {
		if s.slots[i] == x {
			return 1
		}
	}
	return 0
}

// bytesSet is a set of byte strings by open addressing, with stored hashes.
type bytesSet struct {
	hashes []uint64
	slots  []string
	used   []bool
	mask   uint64
}

func newBytesSet(n int) bytesSet {
	size := tableSize(n)
	return bytesSet{make([]uint64, size), make([]string, size), make([]bool, size), uint64(size - 1)}
}

func (s *bytesSet) add(x string) {
	h := kernel.HashBytes([]byte(x))
	i := h & s.mask
	for s.used[i] && s.slots[i] != x {
		i = (i + 1) & s.mask
	}
	s.hashes[i], s.slots[i], s.used[i] = h, x, true
}

// bit returns 1 if x is in the set.
func (s *bytesSet) bit(x []byte) uint64 {
	h := kernel.HashBytes(x)
	for i := h & s.mask; s.used[i]; i = (i + 1) & s.mask {
		if s.hashes[i] == h && s.slots[i] == string(x) {
			return 1
		}
	}
	return 0
}
