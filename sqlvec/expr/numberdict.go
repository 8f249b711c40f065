package expr

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// numberDict is the numbers of a dictionary of NUMERIC in binary form, which the batches that have it share.
type numberDict struct {
	dict   *vec.Dictionary
	rows   int  // met since there is this dictionary
	tried  bool // to read it
	scaled *vec.Dictionary
	wide   []kernel.Int128 // where they are of several scales, or larger than words; nil: they do not fit
	scales []uint8
}

// numbers gives arguments that are codes of a dictionary of NUMERIC the form that its numbers have: codes of scaled
// integers, or a Wide vector. A call with but one argument that varies is computed for a whole dictionary anyway.
func (n *callNode) numbers(f *frame) {
	varying := 0
	for i := range n.vals {
		if n.vals[i].Form != vec.Const {
			varying++
		}
	}
	if varying < 2 || n.call.Fn.eval == nil {
		return
	}
	for i := range n.vals {
		if v := &n.vals[i]; v.Form == vec.Dict && v.Type.ID == types.Numeric && v.Type.Class() == types.Bytes {
			if n.dicts == nil {
				n.dicts = make([]numberDict, len(n.vals))
			}
			n.vals[i] = n.dicts[i].of(f, v)
		}
	}
}

// of returns v in the form of the numbers of its dictionary, once it has met as many rows as that has values.
func (d *numberDict) of(f *frame, v *vec.Vec) vec.Vec {
	if d.dict != v.Dict {
		*d = numberDict{dict: v.Dict}
	}
	if d.rows += f.n; d.rows < v.Dict.Values.N {
		return *v
	}
	if !d.tried {
		d.read()
	}
	switch {
	case d.scaled != nil:
		out := *v
		out.Type, out.Dict = d.scaled.Values.Type, d.scaled
		return out
	case d.wide != nil:
		codes := codes32(f, v)
		out, x, scales := wideVec(f)
		kernel.Gather(x, d.wide, codes)
		kernel.Gather(scales, d.scales, codes)
		out.Valid = v.Valid
		return out
	}
	return *v
}

// read reads the dictionary.
func (d *numberDict) read() {
	d.tried = true
	values := &d.dict.Values
	x, scales := make([]kernel.Int128, values.N), make([]uint8, values.N)
	words := make([]int64, values.N)
	one := values.N > 0
	for i := range x {
		w, ok := wideOf(values.Bytes(i))
		if !ok {
			return
		}
		x[i], scales[i], words[i] = w.x, uint8(w.scale), int64(w.x.Lo)
		one = one && w.isWord() && scales[i] == scales[0]
	}
	if one && scales[0] <= types.MaxScaledPrec {
		d.scaled = &vec.Dictionary{Values: vec.FromFixed(types.Dec(types.MaxScaledPrec, int(scales[0])), words, nil)}
		return
	}
	d.wide, d.scales = x, scales
}

// compareScaledWide compares scaled integers with a Wide vector; false where a scale is beyond it.
func compareScaledWide(op kernel.Op, x []int64, scale int, y *wideReader, w []uint64) bool {
	times := powersAbove(scale)
	var holds [3]uint64
	for k := range holds {
		if op.Holds(k - 1) {
			holds[k] = 1
		}
	}
	scales, wides := y.scales[:len(x)], y.wide[:len(x)]
	for i, v := range x {
		p := times[scales[i]]
		if p == 0 {
			clear(w)
			return false
		}
		w[i>>6] |= holds[1+kernel.Compare128(kernel.MulWide(v, p), wides[i])] << (uint(i) & 63)
	}
	return true
}
