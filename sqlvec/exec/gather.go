package exec

import (
	"encoding/binary"

	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// errTooManyRows is the error of a store that is full.
var errTooManyRows = dberr.New(dberr.ProgramLimitExceeded, "too many rows to keep in memory at once")

// gather returns column c of the rows ids as a flat vector in a; noRow gives NULL.
// holes says whether ids may contain noRow.
func (s *store) gather(c int, ids []rowID, holes bool, a *arena.Arena) vec.Vec {
	t := s.types[c]
	out := vec.Vec{Type: t, N: len(ids)}
	if len(s.blocks) == 0 {
		return nulls(t, len(ids))
	}
	at := ids
	if holes {
		at = plugged(ids, a)
	}
	switch t.Class() {
	case types.Bits:
		out.Data = vec.BytesOf(gatherBools(s.view[c], at, a))
	case types.I16:
		out.Data = gatherFixed[int16](s.view[c], at, a)
	case types.I32, types.F32:
		out.Data = gatherFixed[int32](s.view[c], at, a)
	case types.I64, types.F64:
		out.Data = gatherFixed[int64](s.view[c], at, a)
	case types.Span:
		out.Data = gatherWide[vec.Span](s.view[c], at, vec.BytesOf(arena.MakeSpans(a, len(at))))
	default:
		gatherStrs(&out, s.view[c], at, a)
	}
	if s.nulls[c] || holes {
		out.Valid = s.gatherValid(c, ids, at, a)
	}
	return out
}

// plugged returns ids with noRow replaced by row 0.
func plugged(ids []rowID, a *arena.Arena) []rowID {
	at := arena.Make[rowID](a, len(ids))
	for i, id := range ids {
		if id == noRow {
			id = 0
		}
		at[i] = id
	}
	return at
}

// gatherFixed gathers values of T into new memory of a.
func gatherFixed[T vec.Fixed](blocks [][]byte, ids []rowID, a *arena.Arena) []byte {
	return gatherWide[T](blocks, ids, vec.BytesOf(arena.Make[T](a, len(ids))))
}

// gatherWide gathers values of T into dst.
func gatherWide[T any](blocks [][]byte, ids []rowID, dst []byte) []byte {
	out := vec.Cast[T](dst)
	if len(blocks) == 1 {
		src := vec.Cast[T](blocks[0])
		for i, id := range ids {
			out[i] = src[id]
		}
		return dst
	}
	var few [64][]T
	typed := few[:]
	if len(blocks) > len(few) {
		if len(blocks) > len(ids) {
			for i, id := range ids {
				out[i] = vec.Cast[T](blocks[id>>blockShift])[id&(blockRows-1)]
			}
			return dst
		}
		typed = make([][]T, len(blocks))
	}
	for i, b := range blocks {
		typed[i] = vec.Cast[T](b)
	}
	for i, id := range ids {
		out[i] = typed[id>>blockShift][id&(blockRows-1)]
	}
	return dst
}

// gatherBools gathers bytes and packs them into bits.
func gatherBools(blocks [][]byte, ids []rowID, a *arena.Arena) []uint64 {
	out := arena.MakeZero[uint64](a, vec.Words(len(ids)))
	for i, id := range ids {
		out[i>>6] |= uint64(blocks[id>>blockShift][id&(blockRows-1)]&1) << (uint(i) & 63)
	}
	return out
}

// gatherStrs gathers strings into out's heap.
func gatherStrs(out *vec.Vec, blocks [][]byte, ids []rowID, a *arena.Arena) {
	strs := arena.Make[uint64](a, 2*len(ids))
	size := 0
	for i, id := range ids {
		s := vec.Cast[str](blocks[id>>blockShift])[id&(blockRows-1)]
		strs[2*i], strs[2*i+1] = s.lo, s.hi
		size += s.len()
	}
	packStrs(out, vec.Cast[str](vec.BytesOf(strs)), size, a)
}

// packStrs makes out the flat vector of strs, whose bytes are size in all.
func packStrs(out *vec.Vec, strs []str, size int, a *arena.Arena) {
	offs := arena.Make[int32](a, len(strs)+1)
	data := a.Alloc(size + inlineBytes)
	at := 0
	for i, s := range strs {
		offs[i] = int32(at)
		n := s.len()
		if n <= inlineBytes { // whatever is behind it comes next
			binary.LittleEndian.PutUint32(data[at:], uint32(s.lo>>32))
			binary.LittleEndian.PutUint64(data[at+4:], s.hi)
		} else {
			copy(data[at:], s.far())
		}
		at += n
	}
	offs[len(strs)] = int32(at)
	out.Offs, out.Heap = offs, data[:at]
}

// gatherValid gathers validity; ids with noRow are NULL.
func (s *store) gatherValid(c int, ids, at []rowID, a *arena.Arena) []uint64 {
	out := arena.MakeZero[uint64](a, vec.Words(len(ids)))
	for i, id := range at {
		ok := uint64(1)
		if w := s.valid[c][id>>blockShift]; w != nil {
			ok = uint64(bit(w, int(id&(blockRows-1))))
		}
		if ids[i] == noRow {
			ok = 0
		}
		out[i>>6] |= ok << (uint(i) & 63)
	}
	return out
}

// window returns rows [lo, hi) of block b as vectors over the store's memory where the
// layout allows it; coded allows codes of strings. lo is a multiple of 64.
func (s *store) window(b, lo, hi int, cols []vec.Vec, coded bool, a *arena.Arena) {
	for c, t := range s.types {
		col := &s.blocks[b].cols[c]
		size := keptSize(t)
		data := col.data[lo*size : hi*size]
		v := vec.Vec{Type: t, N: hi - lo, Data: data}
		switch t.Class() {
		case types.Bits:
			words := arena.MakeZero[uint64](a, vec.Words(hi-lo))
			for i, x := range data {
				words[i>>6] |= uint64(x&1) << (uint(i) & 63)
			}
			v.Data = vec.BytesOf(words)
		case types.Bytes:
			if d := s.fewTexts(c); coded && d != nil {
				v.Form, v.Width, v.Dict, v.Data = vec.Dict, 4, d.dict, vec.BytesOf(d.codes[b][lo:hi])
				break
			}
			strs, n := vec.Cast[str](data), 0
			for _, x := range strs {
				n += x.len()
			}
			v.Data = nil
			packStrs(&v, strs, n, a)
		}
		if col.valid != nil {
			v.Valid = col.valid[lo>>6 : vec.Words(hi)]
		}
		cols[c] = v
	}
}

// eachWindow calls f for batches of s; cols are all its columns.
func (s *store) eachWindow(w *worker, f func(b *block, lo, hi int, cols []vec.Vec) error) error {
	return s.windows(w, vec.BatchRows, f)
}

// windows is eachWindow for batches of size rows, a multiple of 64.
func (s *store) windows(w *worker, size int, f func(b *block, lo, hi int, cols []vec.Vec) error) error {
	a := w.scratch
	cols := make([]vec.Vec, len(s.types))
	for i, b := range s.blocks {
		for lo := 0; lo < b.n; lo += size {
			if err := w.ex.check(); err != nil {
				return err
			}
			mark := a.Mark()
			hi := min(lo+size, b.n)
			s.window(i, lo, hi, cols, false, a)
			err := f(b, lo, hi, cols)
			a.Release(mark)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
