package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// fixed returns a new Flat vector of n rows and its values, unset.
func fixed[T vec.Fixed](f *frame, t types.Type) (vec.Vec, []T) {
	s := arena.Make[T](f.arena, f.n)
	return vec.FromFixed(t, s, nil), s
}

// words returns a new mask of the frame's rows, unset.
func (f *frame) words() []uint64 { return arena.Make[uint64](f.arena, vec.Words(f.n)) }

// bools returns a new BOOLEAN vector over words.
func (f *frame) bools(words, valid []uint64) vec.Vec { return vec.FromBits(f.n, words, valid) }

// constVec returns v as a Const vector of n rows. Its memory is in the Go heap.
func constVec(v types.Value, n int) vec.Vec { return vec.Repeat(v, n) }

// ConstVec returns v as a Const vector of n rows, in the Go heap.
func ConstVec(v types.Value, n int) vec.Vec { return constVec(v, n) }

// nullVec returns n NULLs of type t.
func nullVec(t types.Type, n int) vec.Vec { return constVec(types.NullOf(t), n) }

// isNullConst reports whether v is NULL in all rows.
func isNullConst(v *vec.Vec) bool { return v.Form == vec.Const && v.IsNull(0) }

// spread makes a Const validity one of n rows; nil stays nil.
func spread(f *frame, v *vec.Vec) []uint64 {
	if v.Valid == nil || v.Form != vec.Const {
		return v.Valid
	}
	w := f.words()
	if v.Valid[0]&1 != 0 {
		kernel.Fill(w, f.n)
	} else {
		clear(w)
	}
	return w
}

// bothValid returns the rows valid in a and in b; nil means all.
func bothValid(f *frame, a, b []uint64) []uint64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	w := f.words()
	kernel.And(w, a, b)
	return w
}

// argsValid returns the rows in which no argument is NULL, nil meaning all, and
// whether an argument is NULL in all rows.
func argsValid(f *frame, args []vec.Vec) (valid []uint64, none bool) {
	for i := range args {
		a := &args[i]
		if a.Form == vec.Const {
			if a.IsNull(0) {
				return nil, true
			}
			continue
		}
		valid = bothValid(f, valid, a.Valid)
	}
	return valid, false
}

// active returns the rows of sel that are valid, nil meaning all.
func active(f *frame, sel, valid []uint64) []uint64 { return bothValid(f, sel, valid) }

// none reports whether sel selects no row.
func none(f *frame, sel []uint64) bool {
	return f.n == 0 || sel != nil && !anyRow(sel, f.n)
}

// anyRow reports whether one of the first n bits is set.
func anyRow(mask []uint64, n int) bool {
	w := n >> 6
	if kernel.Any(mask[:w]) {
		return true
	}
	return n&63 != 0 && mask[w]&kernel.TailMask(n) != 0
}

// firstRow returns the first row of sel (nil: all) for which bad holds, -1 if none.
func firstRow(n int, sel []uint64, bad func(i int) bool) int {
	for i := range n {
		if (sel == nil || sel[i>>6]>>(uint(i)&63)&1 != 0) && bad(i) {
			return i
		}
	}
	return -1
}

// has reports whether row i is in sel; nil means all.
func has(sel []uint64, i int) bool { return sel == nil || sel[i>>6]>>(uint(i)&63)&1 != 0 }

// Flatten returns v in the Flat form, in a's memory unless it is Flat already.
func Flatten(v *vec.Vec, a *arena.Arena) vec.Vec {
	f := frame{n: v.N, arena: a}
	return flatten(&f, v)
}

// flatten returns v in the Flat form.
func flatten(f *frame, v *vec.Vec) vec.Vec {
	switch v.Form {
	case vec.Flat:
		return *v
	case vec.Narrow:
		return flattenNarrow(f, v)
	case vec.Dict:
		return flattenDict(f, v)
	case vec.Wide:
		return formsOfWide(f, v)
	}
	return flattenConst(f, v)
}

// flattenNarrow widens the integers of a Narrow vector.
func flattenNarrow(f *frame, v *vec.Vec) vec.Vec {
	switch v.Type.Class() {
	case types.I16:
		return widen[int16](f, v)
	case types.I32:
		return widen[int32](f, v)
	}
	return widen[int64](f, v)
}

// widen is flattenNarrow for values of type T.
func widen[T kernel.Signed](f *frame, v *vec.Vec) vec.Vec {
	dst := arena.Make[T](f.arena, v.N)
	switch v.Width {
	case 1:
		kernel.Widen(dst, vec.Of[uint8](v)[:v.N], v.Base)
	case 2:
		kernel.Widen(dst, vec.Of[uint16](v)[:v.N], v.Base)
	default:
		kernel.Widen(dst, vec.Of[uint32](v)[:v.N], v.Base)
	}
	return vec.FromFixed(v.Type, dst, v.Valid)
}

// codes32 returns the codes of a Dict vector as 32-bit numbers.
func codes32(f *frame, v *vec.Vec) []uint32 {
	if v.Width == 4 {
		return vec.Of[uint32](v)[:v.N]
	}
	dst := arena.Make[uint32](f.arena, v.N)
	if v.Width == 1 {
		kernel.Convert(dst, vec.Of[uint8](v)[:v.N])
	} else {
		kernel.Convert(dst, vec.Of[uint16](v)[:v.N])
	}
	return dst
}

// flattenDict looks the codes up.
func flattenDict(f *frame, v *vec.Vec) vec.Vec {
	values := &v.Dict.Values
	if values.N == 0 { // every row is NULL
		c := nullVec(v.Type, v.N)
		out := flattenConst(f, &c)
		return out
	}
	var out vec.Vec
	switch v.Type.Class() {
	case types.Bits:
		w := arena.Make[uint64](f.arena, vec.Words(v.N))
		lookupCodes(f, v, vec.Cast[uint64](values.Data), w)
		out = vec.FromBits(v.N, w, v.Valid)
	case types.I16:
		out = gatherFixed[int16](f, v)
	case types.I32:
		out = gatherFixed[int32](f, v)
	case types.I64:
		out = gatherFixed[int64](f, v)
	case types.F32:
		out = gatherFixed[float32](f, v)
	case types.F64:
		out = gatherFixed[float64](f, v)
	case types.Span:
		dst := arena.MakeSpans(f.arena, v.N)
		kernel.Gather(dst, vec.Of[vec.Span](values), codes32(f, v))
		out = vec.FromFixed(v.Type, dst, v.Valid)
	default:
		out = gatherBytes(f, v, codes32(f, v))
	}
	out.Type = v.Type
	return out
}

// gatherFixed is flattenDict for a fixed-width class.
func gatherFixed[T vec.Fixed](f *frame, v *vec.Vec) vec.Vec {
	dst, values := arena.Make[T](f.arena, v.N), vec.Of[T](&v.Dict.Values)
	switch v.Width {
	case 1:
		kernel.Gather(dst, values, vec.Of[uint8](v))
	case 2:
		kernel.Gather(dst, values, vec.Of[uint16](v))
	default:
		kernel.Gather(dst, values, vec.Of[uint32](v))
	}
	return vec.FromFixed(v.Type, dst, v.Valid)
}

// gatherBytes is flattenDict for the Bytes class.
func gatherBytes(f *frame, v *vec.Vec, codes []uint32) vec.Vec {
	values := &v.Dict.Values
	offs := arena.Make[int32](f.arena, v.N+1)
	total := int32(0)
	for i, c := range codes {
		offs[i] = total
		if int(c) < values.N && has(v.Valid, i) {
			total += values.Offs[c+1] - values.Offs[c]
		}
	}
	offs[v.N] = total
	heap := f.arena.Alloc(int(total))
	for i, c := range codes {
		if n := offs[i+1] - offs[i]; n > 0 {
			copy(heap[offs[i]:offs[i+1]], values.Heap[values.Offs[c]:values.Offs[c]+n])
		}
	}
	return vec.FromBytes(v.Type, offs, heap, v.Valid)
}

// flattenConst repeats the value of a Const vector.
func flattenConst(f *frame, v *vec.Vec) vec.Vec {
	g := frame{n: v.N, arena: f.arena}
	valid := spread(&g, v)
	switch v.Type.Class() {
	case types.Bits:
		w := g.words()
		if v.Data[0]&1 != 0 {
			kernel.Fill(w, v.N)
		} else {
			clear(w)
		}
		return vec.FromBits(v.N, w, valid)
	case types.I16:
		return repeat[int16](&g, v, valid)
	case types.I32:
		return repeat[int32](&g, v, valid)
	case types.I64:
		return repeat[int64](&g, v, valid)
	case types.F32:
		return repeat[float32](&g, v, valid)
	case types.F64:
		return repeat[float64](&g, v, valid)
	case types.Span:
		dst := arena.MakeSpans(f.arena, v.N)
		for i := range dst {
			dst[i] = vec.Of[vec.Span](v)[0]
		}
		return vec.FromFixed(v.Type, dst, valid)
	}
	return repeatBytes(&g, v, valid)
}

// repeat is flattenConst for a fixed-width class.
func repeat[T vec.Fixed](f *frame, v *vec.Vec, valid []uint64) vec.Vec {
	dst := arena.Make[T](f.arena, v.N)
	c := vec.Of[T](v)[0]
	for i := range dst {
		dst[i] = c
	}
	return vec.FromFixed(v.Type, dst, valid)
}

// repeatBytes is flattenConst for the Bytes class.
func repeatBytes(f *frame, v *vec.Vec, valid []uint64) vec.Vec {
	offs := arena.Make[int32](f.arena, v.N+1)
	b := v.Bytes(0)
	if v.IsNull(0) {
		b = nil
	}
	heap := f.arena.Alloc(len(b) * v.N)
	for i := range v.N {
		offs[i] = int32(i * len(b))
		copy(heap[i*len(b):], b)
	}
	offs[v.N] = int32(len(heap))
	return vec.FromBytes(v.Type, offs, heap, valid)
}

// values returns the flat values of v.
func values[T vec.Fixed](f *frame, v *vec.Vec) []T {
	w := flatten(f, v)
	return vec.Of[T](&w)[:v.N]
}

// bitsOf returns the words of a BOOLEAN vector, whatever its form.
func bitsOf(f *frame, v *vec.Vec) []uint64 {
	w := flatten(f, v)
	return vec.Cast[uint64](w.Data)[:vec.Words(v.N)]
}

// truthMask writes the selected rows in which v is true.
func truthMask(f *frame, v *vec.Vec, sel, out []uint64) {
	if v.Form == vec.Const {
		if v.IsNull(0) || v.Data[0]&1 == 0 {
			clear(out)
			return
		}
		kernel.Fill(out, f.n)
	} else {
		copy(out, bitsOf(f, v))
		if v.Valid != nil {
			kernel.And(out, out, v.Valid)
		}
		kernel.Trim(out, f.n)
	}
	if sel != nil {
		kernel.And(out, out, sel)
	}
}

// heapCopy returns v in the Go heap, Flat, so that it outlives the arena.
func heapCopy(f *frame, v *vec.Vec) vec.Vec {
	w := flatten(f, v)
	out := vec.Vec{Type: w.Type, N: w.N}
	if w.Valid != nil {
		out.Valid = append([]uint64(nil), w.Valid[:vec.Words(w.N)]...)
	}
	if w.Type.Class() == types.Bytes {
		out.Offs = append([]int32(nil), w.Offs[:w.N+1]...)
		out.Heap = append([]byte(nil), w.Heap[:w.Offs[w.N]]...)
		return out
	}
	size := w.N * w.Type.Class().Size()
	if w.Type.Class() == types.Bits {
		size = vec.Words(w.N) * 8
	}
	data := make([]uint64, (size+7)/8)
	copy(vec.BytesOf(data), w.Data[:size])
	out.Data = vec.BytesOf(data)[:size]
	return out
}
