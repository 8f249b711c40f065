package part

import (
	"hash/crc32"
	"math"
	"math/bits"

	"driftdb/internal/binfmt"
	"driftdb/internal/types"
)

const (
	trailerMagic   = "DRIFTPRT"
	trailerSize    = 64
	versionFirst   = 1
	versionPacked  = 2 // packed columns
	versionLengths = 3 // packed lengths of texts
	deathsVersion  = 1
	endSize        = 4 + 6 // length of the Arrow footer, closing magic
	flagCompressed = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// footer is the part footer in memory: everything but the data.
type footer struct {
	rows       int
	groupRows  int
	compressed bool
	metas      []metaRef // schema, dictionaries, record batches, end of stream
	columns    []columnMeta
	chunks     []chunkMeta // by group, then column
	runs       runsRef
	indexes    []indexMeta
}

// metaRef is a piece of Arrow metadata.
type metaRef struct {
	off int64
	len uint32
	crc uint32
}

// columnMeta is what the footer says of a column.
type columnMeta struct {
	spec   ColumnSpec
	form   form
	dict   dictRef // Coded
	sketch sketch
}

// dictRef is where a dictionary lies: offsets, then bytes, each padded.
type dictRef struct {
	values int
	heap   int // bytes
	off    int64
	crc    uint32
}

// chunkMeta is what the footer says of a chunk.
type chunkMeta struct {
	stats  Stats
	off    int64
	crc    uint32    // over all buffers with their padding
	heap   uint32    // string bytes, see flatText
	stored [3]uint32 // compressed parts: bytes of each buffer as stored
	pack   packing   // packed columns
}

// runsRef is where the run table lies: rows, rids, seqs, each padded.
type runsRef struct {
	off   int64
	count int
	width int // bytes of a rid or seq: 4 or 8
	crc   uint32
}

func (f *footer) groups() int { return (f.rows + f.groupRows - 1) / f.groupRows }

func (f *footer) rowsOf(g int) int { return min(f.groupRows, f.rows-g*f.groupRows) }

// sizes returns the bytes of the three buffers of a chunk before compression.
func (f *footer) sizes(g, col int) [3]int {
	c, m, n := &f.columns[col], &f.chunks[g*len(f.columns)+col], f.rowsOf(g)
	var s [3]int
	if c.form.enc == AllNull {
		return s
	}
	if m.stats.Nulls > 0 {
		s[0] = (n + 63) / 64 * 8
	}
	class := c.spec.Type.Class()
	switch {
	case c.form.enc == PackedText:
		s[1], s[2] = m.pack.size(n, PackedText), int(m.heap)
	case c.form.enc.packed():
		s[1] = m.pack.size(n, c.form.enc)
	case c.form.enc != Plain:
		s[1] = n * c.form.width
	case class == types.Bytes:
		s[1], s[2] = 4*(n+1), int(m.heap)
	default:
		s[1] = dataBytes(class, n)
	}
	return s
}

// storedSizes returns the bytes of the three buffers of a chunk in the image.
func (f *footer) storedSizes(g, col int) [3]int {
	if !f.compressed {
		return f.sizes(g, col)
	}
	var s [3]int
	for i, n := range f.chunks[g*len(f.columns)+col].stored {
		s[i] = int(n)
	}
	return s
}

func padded(n int) int { return binfmt.AlignUp(n, alignment) }

func paddedSum(s [3]int) int { return padded(s[0]) + padded(s[1]) + padded(s[2]) }

func (f *footer) encode() []byte {
	var w binfmt.Writer
	w.U32(uint32(f.rows))
	w.U32(uint32(f.groupRows))
	w.U16(uint16(len(f.columns)))
	w.U16(uint16(len(f.indexes)))
	w.U32(uint32(bool2int(f.compressed) * flagCompressed))
	w.U32(uint32(len(f.metas)))
	for _, m := range f.metas {
		w.I64(m.off)
		w.U32(m.len)
		w.U32(m.crc)
	}
	for i := range f.columns {
		f.columns[i].encode(&w)
	}
	for i := range f.chunks {
		f.chunks[i].encode(&w, &f.columns[i%len(f.columns)], f.compressed)
	}
	w.I64(f.runs.off)
	w.U32(uint32(f.runs.count))
	w.U32(f.runs.crc)
	w.U32(uint32(f.runs.width))
	for i := range f.indexes {
		f.indexes[i].encode(&w)
	}
	return w.B
}

// decodeFooter reads what encode wrote. limit is the image offset that all data lie before.
func decodeFooter(r *binfmt.Reader, limit int64) (*footer, error) {
	f := &footer{rows: int(r.U32()), groupRows: int(r.U32())}
	columns, indexes, flags := int(r.U16()), int(r.U16()), r.U32()
	f.compressed = flags&flagCompressed != 0
	r.Check(f.rows <= MaxRows, "a part of %d rows", f.rows)
	r.Check(validGroupRows(f.groupRows), "row groups of %d rows", f.groupRows)
	r.Check(columns >= 1 && columns <= MaxColumns, "%d columns", columns)
	r.Check(indexes <= MaxIndexes, "%d indexes", indexes)
	r.Check(flags&^flagCompressed == 0, "unknown flags %#x", flags)
	metas := r.U32()
	r.Check(int64(metas)*16 <= int64(r.Len()), "%d pieces of metadata", metas)
	if r.Err() != nil {
		return nil, r.Err()
	}
	for range metas {
		m := metaRef{off: r.I64(), len: r.U32(), crc: r.U32()}
		r.Check(m.off >= 0 && m.off <= limit && int64(m.len) <= limit-m.off, "metadata out of place")
		f.metas = append(f.metas, m)
	}
	f.columns = make([]columnMeta, columns)
	for i := range f.columns {
		f.columns[i].decode(r, limit)
	}
	n := f.groups() * columns
	r.Check(n <= r.Len()/minChunkMeta, "%d chunks", n)
	if r.Err() != nil {
		return nil, r.Err()
	}
	f.decodeChunks(r, n, limit)
	f.runs = runsRef{off: r.I64(), count: int(r.U32()), crc: r.U32(), width: int(r.U32())}
	f.runs.check(r, f.rows, limit)
	f.indexes = make([]indexMeta, indexes)
	for i := range f.indexes {
		f.indexes[i].decode(r, f, limit)
	}
	r.End()
	return f, r.Err()
}

func validGroupRows(n int) bool {
	return n >= MinGroupRows && n <= MaxGroupRows && n&(n-1) == 0
}

func (c *columnMeta) encode(w *binfmt.Writer) {
	w.U32(c.spec.ID)
	w.U32(c.spec.TypeVersion)
	w.U8(uint8(c.spec.Type.ID))
	w.U8(uint8(c.form.enc))
	w.U8(uint8(c.form.width))
	w.U8(0)
	w.U16(uint16(c.spec.Type.Prec))
	w.U16(uint16(c.spec.Type.Scale))
	w.U32(uint32(c.spec.Type.Len))
	w.I64(c.form.base)
	w.U16(uint16(len(c.spec.Name)))
	w.Bytes([]byte(c.spec.Name))
	if c.form.enc.coded() {
		w.I64(c.dict.off)
		w.U32(uint32(c.dict.values))
		w.U32(uint32(c.dict.heap))
		w.U32(c.dict.crc)
	}
	c.sketch.encode(w)
}

func (c *columnMeta) decode(r *binfmt.Reader, limit int64) {
	c.spec.ID, c.spec.TypeVersion = r.U32(), r.U32()
	c.spec.Type.ID = types.ID(r.U8())
	c.form.enc, c.form.width = Encoding(r.U8()), int(r.U8())
	r.Zero(1)
	c.spec.Type.Prec, c.spec.Type.Scale = int16(r.U16()), int16(r.U16())
	c.spec.Type.Len = int32(r.U32())
	c.form.base = r.I64()
	name := int(r.U16())
	r.Check(name <= maxNameBytes, "a column name of %d bytes", name)
	c.spec.Name = string(r.Bytes(name))
	r.Check(c.spec.Type.ID.Known(), "unknown type %d", c.spec.Type.ID)
	r.Check(c.form.valid(c.spec.Type.Class()), "column %d: no such encoding", c.spec.ID)
	if c.form.enc.coded() {
		c.dict = dictRef{off: r.I64(), values: int(r.U32()), heap: int(r.U32()), crc: r.U32()}
		r.Check(c.dict.values >= 1 && c.dict.values <= maxDictValues, "a dictionary of %d values", c.dict.values)
		r.Check(c.form.width == 2 || c.dict.values <= 256, "a dictionary of %d values for one byte", c.dict.values)
		checkRange(r, c.dict.off, int64(c.dict.size()), limit)
	}
	c.sketch.decode(r)
}

// size returns the bytes of a dictionary's body.
func (d *dictRef) size() int { return padded(4*(d.values+1)) + padded(d.heap) }

// checkRange fails unless size bytes at off are aligned and lie before limit.
func checkRange(r *binfmt.Reader, off, size, limit int64) {
	r.Check(off >= 0 && off%alignment == 0 && off <= limit && size >= 0 && size <= limit-off,
		"%d bytes at offset %d of the image do not fit", size, off)
}

// valid reports whether a column of the class may have the form.
func (f form) valid(class types.Class) bool {
	ints := class == types.I16 || class == types.I32 || class == types.I64
	switch f.enc {
	case AllNull, Plain:
		return f.width == 0 && f.base == 0
	case Offset:
		return ints && (f.width == 1 || f.width == 2 || f.width == 4) && f.width < class.Size()
	case Coded, PackedCodes:
		return class == types.Bytes && (f.width == 1 || f.width == 2) && f.base == 0
	case PackedText:
		return class == types.Bytes && f.width == 4 && f.base == 0
	case Packed:
		return ints && (f.width == 1 || f.width == 2 || f.width == 4 || f.width == 8) &&
			(f.width < class.Size() || f.width == class.Size() && f.base == 0)
	}
	return false
}

const (
	statValid = 1 << iota
	statExact
	statNaN
	statSorted
	// statOrdered is set where a Coded column's values are not in the order of their bytes: bounds
	// and sortedness are by the order of the type. Writers before it took that of the bytes.
	statOrdered
)

// flatText reports whether the chunks of the column have strings of their own.
func (c *columnMeta) flatText() bool {
	return c.form.enc == PackedText || c.form.enc == Plain && c.spec.Type.Class() == types.Bytes
}

// byKeys reports whether the bounds of the column need statOrdered.
func (c *columnMeta) byKeys() bool { return c.form.enc.coded() && !bytewise(c.spec.Type) }

// minChunkMeta is the least bytes of one chunk in the footer.
const minChunkMeta = 9

func (m *chunkMeta) encode(w *binfmt.Writer, c *columnMeta, compressed bool) {
	s := &m.stats
	w.U32(uint32(s.Nulls))
	w.U32(uint32(s.Distinct))
	w.U8(uint8(bool2int(s.Valid)*statValid | bool2int(s.Exact)*statExact |
		bool2int(s.HasNaN)*statNaN | bool2int(s.Sorted)*statSorted | bool2int(c.byKeys())*statOrdered))
	if s.Valid {
		encodeBound(w, &s.Min)
		encodeBound(w, &s.Max)
	}
	if c.form.enc == AllNull {
		return
	}
	w.I64(m.off)
	w.U32(m.crc)
	if c.flatText() {
		w.U32(m.heap)
	}
	m.pack.encode(w, c.form)
	if compressed {
		for _, n := range m.stored {
			w.U32(n)
		}
	}
}

func (f *footer) decodeChunks(r *binfmt.Reader, n int, limit int64) {
	f.chunks = make([]chunkMeta, n)
	for i := range f.chunks {
		g, col := i/len(f.columns), i%len(f.columns)
		m, c := &f.chunks[i], &f.columns[col]
		m.decode(r, c, f.compressed, f.rowsOf(g))
		if r.Err() != nil {
			return
		}
		if c.form.enc != AllNull {
			checkRange(r, m.off, int64(paddedSum(f.storedSizes(g, col))), limit)
		}
	}
}

func (m *chunkMeta) decode(r *binfmt.Reader, c *columnMeta, compressed bool, rows int) {
	s := &m.stats
	s.Rows, s.Nulls, s.Distinct = rows, int(r.U32()), int(r.U32())
	flags := r.U8()
	r.Check(s.Nulls <= rows && s.Distinct <= rows, "%d NULLs, %d values in %d rows", s.Nulls, s.Distinct, rows)
	r.Check(flags < 2*statOrdered, "unknown flags %#x", flags)
	s.Valid, s.Exact = flags&statValid != 0, flags&statExact != 0
	s.HasNaN, s.Sorted = flags&statNaN != 0, flags&statSorted != 0
	if s.Valid {
		s.Min = decodeBound(r, c.spec.Type)
		s.Max = decodeBound(r, c.spec.Type)
	}
	if c.byKeys() && flags&statOrdered == 0 {
		s.Valid, s.Exact, s.Sorted, s.Min, s.Max = false, false, false, types.Value{}, types.Value{}
	}
	if s.Valid {
		r.Check(r.Err() != nil || types.CompareStored(s.Min, s.Max) <= 0, "a least value above the greatest")
	}
	if c.form.enc == AllNull {
		r.Check(s.Nulls == rows && !s.Valid, "a value in a column without values")
		return
	}
	m.off, m.crc = r.I64(), r.U32()
	if c.flatText() {
		m.heap = r.U32()
		r.Check(m.heap <= maxHeapBytes, "%d bytes of text in a row group", m.heap)
	}
	m.pack.decode(r, c)
	if compressed {
		for i := range m.stored {
			m.stored[i] = r.U32()
		}
	}
}

func encodeBound(w *binfmt.Writer, v *types.Value) {
	switch v.Type.Class() {
	case types.Bytes:
		w.U8(uint8(len(v.S)))
		w.Bytes([]byte(v.S))
	case types.F32, types.F64:
		w.U64(math.Float64bits(v.F))
	case types.Span:
		w.U32(uint32(v.Iv.Months))
		w.U32(uint32(v.Iv.Days))
		w.I64(v.Iv.Micros)
	default:
		w.I64(v.I)
	}
}

func decodeBound(r *binfmt.Reader, t types.Type) types.Value {
	switch t.Class() {
	case types.Bytes:
		return types.BytesValue(t, string(r.Bytes(int(r.U8()))))
	case types.F32, types.F64:
		f := math.Float64frombits(r.U64())
		r.Check(f == f, "NaN as a bound")
		return types.FloatValue(t, f)
	case types.Span:
		v := types.SpanValue(types.IntervalValue{Months: int32(r.U32()), Days: int32(r.U32()), Micros: r.I64()})
		v.Type = t
		return v
	}
	i := r.I64()
	size := 8 * max(t.Class().Size(), 1)
	r.Check(t.Class() != types.Bits || i&^1 == 0, "%d as a boolean", i)
	r.Check(t.Class() == types.Bits || bits.Len64(uint64(i^i>>63)) < size, "%d as a bound of %s", i, t)
	return types.IntValue(t, i)
}

// sparseSketch is the most registers that are written one by one.
const sparseSketch = sketchSize / 4

func (s *sketch) encode(w *binfmt.Writer) {
	n := 0
	for _, rank := range s.regs {
		n += bool2int(rank != 0)
	}
	w.U16(uint16(n))
	if n > sparseSketch {
		w.Bytes(s.regs[:])
		return
	}
	for i, rank := range s.regs {
		if rank != 0 {
			w.U16(uint16(i))
			w.U8(rank)
		}
	}
}

func (s *sketch) decode(r *binfmt.Reader) {
	n := int(r.U16())
	r.Check(n <= sketchSize, "%d registers", n)
	if n > sparseSketch {
		copy(s.regs[:], r.Bytes(sketchSize))
		return
	}
	for range n {
		i, rank := r.U16(), r.U8()
		r.Check(i < sketchSize, "register %d", i)
		if r.Err() != nil {
			return
		}
		s.regs[i] = rank
	}
}
