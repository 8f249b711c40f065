package part

import (
	"driftdb/internal/bitpack"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Chunk returns column pos of group g as it is stored (Flat, Narrow, Dict or Packed), and as Const
// when all rows are NULL or one integer. The first touch checks the checksum and that
// offsets and codes stay inside; later ones cost two loads.
func (p *Part) Chunk(g, pos int) (vec.Vec, error) {
	v, err := p.chunk(g, pos)
	if err != nil {
		return vec.Vec{}, err
	}
	return *v, nil
}

// chunk is Chunk without the copy; the vector must not be changed.
func (p *Part) chunk(g, pos int) (*vec.Vec, error) {
	i := g*len(p.specs) + pos
	if v := p.chunks[i].Load(); v != nil {
		return v, nil
	}
	return p.chunkSlow(g, pos, i)
}

func (p *Part) chunkSlow(g, pos, i int) (*vec.Vec, error) {
	f, m := p.footer.columns[pos].form, &p.footer.chunks[i]
	if v, ok := constChunk(&p.specs[pos], m); ok {
		p.chunks[i].Store(v)
		return v, nil
	}
	cached := p.footer.compressed && f.enc != AllNull
	if cached {
		if v := p.cache.get(p.id, uint64(i)); v != nil {
			return v, nil
		}
	}
	v, bytes, err := p.loadChunk(g, pos, m)
	if err != nil {
		return nil, err
	}
	if cached {
		p.cache.put(p.id, uint64(i), v, bytes)
	} else {
		p.chunks[i].Store(v)
	}
	return v, nil
}

// constChunk returns the vector of a chunk whose statistics say it all.
func constChunk(spec *ColumnSpec, m *chunkMeta) (*vec.Vec, bool) {
	s, class := &m.stats, spec.Type.Class()
	v := &vec.Vec{Type: spec.Type, Form: vec.Const, N: s.Rows}
	switch {
	case s.Nulls == s.Rows:
		*v = nullVector(spec.Type, s.Rows)
		return v, true
	case s.Nulls > 0 || !s.Valid || !s.Exact || s.Min != s.Max:
		return nil, false
	}
	switch class {
	case types.Bits, types.I64:
		v.Data = vec.BytesOf([]int64{s.Min.I})
	case types.I32:
		v.Data = vec.BytesOf([]int32{int32(s.Min.I), 0})
	case types.I16:
		v.Data = vec.BytesOf([]int16{int16(s.Min.I), 0, 0, 0})
	default:
		return nil, false
	}
	return v, true
}

// nullVector returns n NULLs.
func nullVector(t types.Type, n int) vec.Vec {
	v := vec.Vec{Type: t, Form: vec.Const, N: n, Valid: []uint64{0}, Data: make([]byte, max(t.Class().Size(), 8))}
	if t.Class() == types.Bytes {
		v.Offs = []int32{0, 0}
	}
	return v
}

// loadChunk checks a chunk and makes its vector. bytes is what it holds outside the mapping.
func (p *Part) loadChunk(g, pos int, m *chunkMeta) (v *vec.Vec, bytes int, err error) {
	bufs, bytes, err := p.chunkBuffers(g, pos, m)
	if err != nil {
		return nil, 0, err
	}
	spec, f, n := &p.specs[pos], p.footer.columns[pos].form, p.footer.rowsOf(g)
	v = &vec.Vec{Type: spec.Type, N: n, Data: bufs[1]}
	if f.enc.packed() {
		at := int(m.off) + padded(len(bufs[0]))
		v.Data = p.img[at : at+len(bufs[1])+alignment] // what lies behind: see bitpack.Unpack
	}
	if m.stats.Nulls > 0 {
		v.Valid = vec.Cast[uint64](bufs[0])
	}
	switch {
	case f.enc == Offset:
		v.Form, v.Width, v.Base = vec.Narrow, uint8(f.width), f.base
	case f.enc == Packed:
		v.Form, v.Width, v.Base, v.Pack = vec.Packed, uint8(f.width), f.base, m.pack.vector(f)
	case f.enc.coded():
		v.Form, v.Width = vec.Dict, uint8(f.width)
		if f.enc == PackedCodes {
			v.Form, v.Pack = vec.Packed, m.pack.vector(f)
		}
		if v.Dict, err = p.dictionary(pos); err != nil {
			return nil, 0, err
		}
		if !codesBelow(v, v.Dict.Values.N) {
			return nil, 0, p.corrupt(m.off, "column %d, group %d: a code is not in the dictionary", spec.ID, g)
		}
	case f.enc == PackedText:
		size := bitpack.Size(n, m.pack.bits)
		v.Form, v.Width, v.Pack = vec.Packed, uint8(f.width), m.pack.vector(f)
		v.Offs, v.Heap = vec.Cast[int32](bufs[1][size:]), bufs[2]
		if !lengthsAgree(v) {
			return nil, 0, p.corrupt(m.off, "column %d, group %d: lengths of strings do not add up to where they begin", spec.ID, g)
		}
	case spec.Type.Class() == types.Bytes:
		v.Offs, v.Heap, v.Data = vec.Cast[int32](bufs[1]), bufs[2], nil
		if !offsetsInside(v.Offs, len(v.Heap)) {
			return nil, 0, p.corrupt(m.off, "column %d, group %d: string offsets are not in order", spec.ID, g)
		}
	}
	return v, bytes, nil
}

// chunkBuffers returns the checked, uncompressed buffers of a chunk.
func (p *Part) chunkBuffers(g, pos int, m *chunkMeta) (bufs [3][]byte, bytes int, err error) {
	stored, sizes := p.footer.storedSizes(g, pos), p.footer.sizes(g, pos)
	data := p.img[m.off : m.off+int64(paddedSum(stored))]
	if checksum(data) != m.crc {
		return bufs, 0, p.corrupt(m.off, "column %d, group %d: the checksum of %d bytes is wrong", p.specs[pos].ID, g, len(data))
	}
	for i, n := range stored {
		bufs[i], data = data[:n:n], data[padded(n):]
		if !p.footer.compressed {
			continue
		}
		out, wrong := expandBuffer(bufs[i], sizes[i])
		if wrong != "" {
			return bufs, 0, p.corrupt(m.off, "column %d, group %d: %s", p.specs[pos].ID, g, wrong)
		}
		bufs[i], bytes = out, bytes+len(out)
	}
	return bufs, bytes, nil
}

// dictionary returns the checked dictionary of a column.
func (p *Part) dictionary(pos int) (*vec.Dictionary, error) {
	if d := p.dicts[pos].Load(); d != nil {
		return d, nil
	}
	ref, spec := &p.footer.columns[pos].dict, &p.specs[pos]
	data := p.img[ref.off : ref.off+int64(ref.size())]
	if checksum(data) != ref.crc {
		return nil, p.corrupt(ref.off, "the checksum of the dictionary of column %d is wrong", spec.ID)
	}
	offs := vec.Cast[int32](data[:4*(ref.values+1)])
	heap := data[padded(4*(ref.values+1)):][:ref.heap]
	if !offsetsInside(offs, len(heap)) {
		return nil, p.corrupt(ref.off, "the offsets of the dictionary of column %d are not in order", spec.ID)
	}
	d := &vec.Dictionary{ID: openings.Add(1), Values: vec.FromBytes(spec.Type, offs, heap, nil)}
	if !p.dicts[pos].CompareAndSwap(nil, d) {
		d = p.dicts[pos].Load() // one ID for one dictionary
	}
	return d, nil
}

// offsetsInside reports whether offs ascend from 0 to exactly n.
func offsetsInside(offs []int32, n int) bool {
	last := int32(0)
	ok := offs[0] == 0 && int(offs[len(offs)-1]) == n
	for _, off := range offs {
		ok = ok && off >= last
		last = off
	}
	return ok
}

// lengthsAgree reports whether the strings of every block of a packed vector end where those of the next begin,
// and the last at the end of the text.
func lengthsAgree(v *vec.Vec) bool {
	const rows = 1024
	var buf [rows/2 + 1]uint64
	end, ok := int32(0), true
	for lo := 0; lo < v.N && ok; lo += rows {
		part := v.Slice(lo, min(lo+rows, v.N))
		starts := part.Offs
		part.Unpack(vec.BytesOf(buf[:])[:part.UnpackedSize()])
		for i, off := range part.Offs[1:] {
			if i%bitpack.BlockRows == 0 {
				ok = ok && starts[i/bitpack.BlockRows] == end
			}
			ok = ok && off >= end
			end = off
		}
	}
	return ok && int(end) == len(v.Heap)
}

// codesBelow reports whether all codes of a Dict vector are less than n.
func codesBelow(v *vec.Vec, n int) bool {
	if v.Form == vec.Packed {
		return packedBelow(v, n)
	}
	if v.Width == 1 {
		return n > 255 || int(greatest(v.Data)) < n
	}
	return n > 65535 || int(greatest(vec.Of[uint16](v))) < n
}

func greatest[T code](s []T) T {
	var m T
	for _, v := range s {
		m = max(m, v)
	}
	return m
}

// packedBelow is codesBelow for packed codes.
func packedBelow(v *vec.Vec, n int) bool {
	if 1<<v.Pack.Bits <= n {
		return true
	}
	const rows = 1024
	var buf [rows / 4]uint64
	for lo := 0; lo < v.N; lo += rows {
		part := v.Slice(lo, min(lo+rows, v.N))
		part.Unpack(vec.BytesOf(buf[:])[:part.UnpackedSize()])
		if !codesBelow(&part, n) {
			return false
		}
	}
	return true
}
