package exec

import (
	"math/bits"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// code is the stored integer of a narrow or dictionary vector.
type code interface{ ~uint8 | ~uint16 | ~uint32 }

// setBits appends to idx the numbers of the set bits among the first n of mask.
func setBits(mask []uint64, n int, idx []int32) []int32 {
	for w, m := range mask[:vec.Words(n)] {
		base := int32(w << 6)
		if m == ^uint64(0) && int(base)+64 <= n {
			for i := int32(0); i < 64; i++ {
				idx = append(idx, base+i)
			}
			continue
		}
		for ; m != 0; m &= m - 1 {
			idx = append(idx, base+int32(bits.TrailingZeros64(m)))
		}
	}
	return idx
}

// selected returns the selected rows of b as numbers, nil when all are.
func selected(b *vec.Batch, a *arena.Arena) []int32 {
	if b.Sel == nil {
		return nil
	}
	return setBits(b.Sel, b.N, arena.Make[int32](a, b.N)[:0])
}

// fullMask returns a mask of n ones.
func fullMask(n int, a *arena.Arena) []uint64 {
	m := arena.Make[uint64](a, vec.Words(n))
	fillMask(m, n)
	return m
}

// fillMask sets the first n bits of m and clears the rest of its words.
func fillMask(m []uint64, n int) {
	for i := range m {
		m[i] = ^uint64(0)
	}
	if r := uint(n) & 63; r != 0 {
		m[len(m)-1] = 1<<r - 1
	}
}

// bit returns bit i of words as a byte.
func bit(words []uint64, i int) byte { return byte(words[i>>6]>>(uint(i)&63)) & 1 }

// takeInto copies src[idx[i]] to dst[i]; nil idx copies src.
func takeInto[T any](dst, src []T, idx []int32) {
	if idx == nil {
		copy(dst, src)
		return
	}
	dst = dst[:len(idx)]
	for i, j := range idx {
		dst[i] = src[j]
	}
}

// takeBits packs bits idx of words into dst.
func takeBits(dst, words []uint64, idx []int32) {
	clear(dst[:vec.Words(len(idx))])
	for i, j := range idx {
		dst[i>>6] |= uint64(bit(words, int(j))) << (uint(i) & 63)
	}
}

// takeValid returns the validity of rows idx of a vector that is not Const.
func takeValid(v *vec.Vec, idx []int32, a *arena.Arena) []uint64 {
	if v.Valid == nil {
		return nil
	}
	out := arena.Make[uint64](a, vec.Words(len(idx)))
	takeBits(out, v.Valid, idx)
	return out
}

// take returns rows idx of v as a dense vector of the same form in a. Dictionaries are
// shared.
func take(v *vec.Vec, idx []int32, a *arena.Arena) vec.Vec {
	out := *v
	out.N = len(idx)
	if v.Form == vec.Const {
		return out
	}
	out.Valid = takeValid(v, idx, a)
	if v.IsPackedText() {
		takePackedBytes(&out, v, idx, a)
		return out
	}
	if v.Form == vec.Packed {
		out.TakePacked(v, idx, a.Alloc(len(idx)*int(v.Width)))
		return out
	}
	if v.Form == vec.Wide {
		out.Heap = a.Alloc(len(idx))
		x := vec.Cast[[2]uint64](a.Alloc(16 * len(idx)))
		for k, i := range idx {
			x[k], out.Heap[k] = vec.Of[[2]uint64](v)[i], v.Heap[i]
		}
		out.Data = vec.BytesOf(x)
		return out
	}
	if v.Form == vec.Flat && v.Type.Class() == types.Bytes {
		takeBytes(&out, v, idx, a)
		return out
	}
	switch width := storedWidth(v); width {
	case 0:
		out.Data = vec.BytesOf(arena.Make[uint64](a, vec.Words(len(idx))))
		takeBits(vec.Of[uint64](&out), vec.Of[uint64](v), idx)
	case 1:
		out.Data = takeWide[uint8](v, idx, a)
	case 2:
		out.Data = takeWide[uint16](v, idx, a)
	case 4:
		out.Data = takeWide[uint32](v, idx, a)
	case 8:
		out.Data = takeWide[uint64](v, idx, a)
	default:
		spans := arena.MakeSpans(a, len(idx))
		takeInto(spans, vec.Of[vec.Span](v), idx)
		out.Data = vec.BytesOf(spans)
	}
	return out
}

// takeWide is take for values of T.
func takeWide[T vec.Fixed](v *vec.Vec, idx []int32, a *arena.Arena) []byte {
	out := arena.Make[T](a, len(idx))
	takeInto(out, vec.Of[T](v), idx)
	return vec.BytesOf(out)
}

// takeBytes is take for flat strings.
func takeBytes(out, v *vec.Vec, idx []int32, a *arena.Arena) {
	size := 0
	for _, j := range idx {
		size += int(v.Offs[j+1] - v.Offs[j])
	}
	offs, data := arena.Make[int32](a, len(idx)+1), a.Alloc(size)
	pos := int32(0)
	for i, j := range idx {
		offs[i] = pos
		pos += int32(copy(data[pos:], v.Heap[v.Offs[j]:v.Offs[j+1]]))
	}
	offs[len(idx)] = pos
	out.Offs, out.Heap = offs, data
}

// takePackedBytes is take for packed strings. All lengths of a block say where one of its strings begins, so
// that few are found one by one, and many after all offsets are made.
func takePackedBytes(out, v *vec.Vec, idx []int32, a *arena.Arena) {
	const few = 32 // rows of a block are read for one, on average
	out.Form, out.Width, out.Data, out.Pack = vec.Flat, 0, nil, nil
	if few*len(idx) >= v.N {
		flat := *v
		unpackVec(&flat, a)
		takeBytes(out, &flat, idx, a)
		return
	}
	offs, from := arena.Make[int32](a, len(idx)+1), arena.Make[int32](a, len(idx))
	offs[0] = 0
	for i, j := range idx {
		lo, hi := v.HeapRange(int(j))
		from[i], offs[i+1] = int32(lo), offs[i]+int32(hi-lo)
	}
	out.Offs, out.Heap = offs, a.Alloc(int(offs[len(idx)]))
	for i, lo := range from {
		copy(out.Heap[offs[i]:offs[i+1]], v.Heap[lo:])
	}
}

// storedWidth returns the bytes of one stored value: 0 for bits.
func storedWidth(v *vec.Vec) int {
	if v.Form == vec.Narrow || v.Form == vec.Dict {
		return int(v.Width)
	}
	return v.Type.Class().Size()
}

// takeBatch returns rows idx of b, dense, in a.
func takeBatch(b *vec.Batch, idx []int32, a *arena.Arena) vec.Batch {
	return takeBatchInto(make([]vec.Vec, 0, len(b.Cols)), b, idx, a)
}

// takeBatchInto is takeBatch with memory for the columns.
func takeBatchInto(cols []vec.Vec, b *vec.Batch, idx []int32, a *arena.Arena) vec.Batch {
	for c := range b.Cols {
		cols = append(cols, take(&b.Cols[c], idx, a))
	}
	return vec.Batch{N: len(idx), Cols: cols}
}

// keepVec returns rows idx (nil: all) of v in memory of a alone, so that it outlives the
// batch. Dictionaries without an ID may be as short-lived as a batch: they are dissolved.
func keepVec(v *vec.Vec, idx []int32, a *arena.Arena) vec.Vec {
	if idx == nil && v.Form != vec.Const && (v.Form != vec.Dict || v.Dict.ID != 0) {
		return keepAll(v, a)
	}
	if idx == nil {
		idx = arena.Make[int32](a, v.N)
		for i := range idx {
			idx[i] = int32(i)
		}
	}
	if v.Form == vec.Dict && v.Dict.ID == 0 {
		return dissolve(v, idx, a)
	}
	if v.Form != vec.Const {
		return take(v, idx, a)
	}
	one := *v
	one.N, one.Form = 1, vec.Flat
	one = take(&one, []int32{0}, a)
	one.N, one.Form = len(idx), vec.Const
	return one
}

// keepAll is keepVec of all rows of a vector that is not Const and whose dictionary stays: whole pieces
// of memory are copied.
func keepAll(v *vec.Vec, a *arena.Arena) vec.Vec {
	out := *v
	if v.Valid != nil {
		out.Valid = arena.Make[uint64](a, vec.Words(v.N))
		copy(out.Valid, v.Valid)
		if past := uint(v.N) & 63; past != 0 {
			out.Valid[len(out.Valid)-1] &= 1<<past - 1
		}
	}
	if v.Form == vec.Flat && v.Type.Class() == types.Bytes {
		first := v.Offs[0]
		text := v.Heap[first:v.Offs[v.N]]
		out.Offs, out.Heap = arena.Make[int32](a, v.N+1), a.Alloc(len(text))
		for i, off := range v.Offs[:v.N+1] {
			out.Offs[i] = off - first
		}
		copy(out.Heap, text)
		return out
	}
	size := v.N * storedWidth(v)
	if size == 0 {
		size = vec.Words(v.N) * 8
	}
	out.Data = a.Alloc(size)
	copy(out.Data, v.Data)
	return out
}

// dissolve returns rows idx of a dictionary vector as a flat one.
func dissolve(v *vec.Vec, idx []int32, a *arena.Arena) vec.Vec {
	at := arena.Make[int32](a, len(idx))
	codesInto(v, idx, at)
	if v.Valid != nil { // the code of a NULL may be anything
		for i, j := range idx {
			if bit(v.Valid, int(j)) == 0 {
				at[i] = 0
			}
		}
	}
	if v.Dict.Values.N == 0 {
		return nulls(v.Type, len(idx))
	}
	out := take(&v.Dict.Values, at, a)
	out.Type = v.Type
	out.Valid = takeValid(v, idx, a)
	return out
}

// codesInto writes the stored integers of rows idx (nil: all) of a narrow or dictionary
// vector.
func codesInto(v *vec.Vec, idx []int32, out []int32) {
	switch v.Width {
	case 1:
		widenInto(vec.Of[uint8](v), idx, 0, out)
	case 2:
		widenInto(vec.Of[uint16](v), idx, 0, out)
	default:
		widenInto(vec.Of[uint32](v), idx, 0, out)
	}
}

// widenInto writes base + src[idx[i]] to dst[i]; nil idx takes every row of dst.
func widenInto[S code, D int16 | int32 | int64](src []S, idx []int32, base D, dst []D) {
	if idx == nil {
		for i, s := range src[:len(dst)] {
			dst[i] = base + D(s)
		}
		return
	}
	dst = dst[:len(idx)]
	for i, j := range idx {
		dst[i] = base + D(src[j])
	}
}

// nulls returns n NULLs.
func nulls(t types.Type, n int) vec.Vec {
	v := vec.Vec{Type: t, Form: vec.Const, N: n, Valid: []uint64{0}}
	if t.Class() == types.Bytes {
		v.Offs = []int32{0, 0}
	} else {
		v.Data = vec.BytesOf(make([]uint64, 2))
	}
	return v
}
