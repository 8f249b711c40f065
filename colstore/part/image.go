package part

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/fork"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// sink writes an image in order and keeps the first error.
type sink struct {
	w   *bufio.Writer
	sum hash.Hash
	off int64
	err error
}

func newSink(w io.Writer) *sink {
	return &sink{w: bufio.NewWriterSize(w, 1<<18), sum: sha256.New()}
}

func (s *sink) write(b []byte) {
	s.sum.Write(b)
	s.put(b)
}

// put is write for what is put into the hash apart.
func (s *sink) put(b []byte) {
	if s.err != nil {
		return
	}
	s.off += int64(len(b))
	_, s.err = s.w.Write(b)
}

var zeros [alignment]byte

// align writes zero bytes up to a multiple of 64.
func (s *sink) align() { s.write(zeros[:binfmt.AlignUp(s.off, alignment)-s.off]) }

// image lays out and writes the part of a Writer.
type image struct {
	*Writer
	out    *sink
	meta   *arrowMeta
	footer footer
	specs  []ColumnSpec
	forms  []form
	bodies [][]body // by column, then group
	dicts  []*vec.Dictionary
	blocks [2][]arrowBlock // dictionaries, records
	dups   []Duplicate
	check  uint64
}

func newImage(w *Writer) *image {
	return &image{
		Writer: w, out: newSink(w.out), meta: newArrowMeta(), specs: w.opt.Columns,
		footer: footer{rows: w.rows, groupRows: w.opt.GroupRows, compressed: w.opt.Compress},
	}
}

func (m *image) write() error {
	if err := m.encodeColumns(); err != nil {
		return err
	}
	m.writeSchema()
	m.writeDictionaries()
	if err := m.writeRecords(); err != nil {
		return err
	}
	m.writeEndOfStream()
	m.writePackedDictionaries()
	m.writeRuns()
	if err := m.writeIndexes(); err != nil {
		return err
	}
	m.writeFooters()
	if m.out.err == nil {
		m.out.err = m.out.w.Flush()
	}
	return vfs.Wrap("write part", m.out.err)
}

// encodeColumns decides all forms and encodes all chunks.
func (m *image) encodeColumns() error {
	n, groups := len(m.cols), m.footer.groups()
	m.forms, m.bodies, m.dicts = make([]form, n), make([][]body, n), make([]*vec.Dictionary, n)
	m.footer.columns, m.footer.chunks = make([]columnMeta, n), make([]chunkMeta, groups*n)
	return fork.Each(m.opt.Workers, n, func(i int) error {
		if err := m.opt.Stop(); err != nil {
			return err
		}
		c := m.cols[i]
		m.forms[i] = c.finalForm()
		if c.mayPack {
			m.forms[i] = c.packedForm(m.forms[i])
		}
		m.bodies[i], m.dicts[i] = c.finish(m.forms[i])
		m.footer.columns[i] = columnMeta{spec: c.spec, form: m.forms[i], sketch: c.seen}
		for g := range groups {
			m.footer.chunks[g*n+i].stats, m.footer.chunks[g*n+i].pack = c.groups[g].stats, m.bodies[i][g].pack
		}
		return nil
	})
}

// writeMeta writes a piece of metadata and notes it.
func (m *image) writeMeta(b []byte) {
	m.footer.metas = append(m.footer.metas, metaRef{m.out.off, uint32(len(b)), checksum(b)})
	m.out.write(b)
}

func (m *image) writeSchema() {
	m.out.write(arrowMagic)
	m.writeMeta(m.meta.schemaMessage(m.specs, m.forms, m.out.off))
}

func (m *image) writeDictionaries() {
	for i, d := range m.dicts {
		if m.forms[i].enc != Coded {
			continue
		}
		offs, heap := vec.BytesOf(d.Values.Offs), d.Values.Heap
		bufs := []arrowBuffer{{}, {0, int64(len(offs))}, {int64(padded(len(offs))), int64(len(heap))}}
		size := int64(padded(len(offs)) + padded(len(heap)))
		at := m.out.off
		meta := m.meta.dictionaryMessage(int64(i), int64(d.Values.N), bufs, size, at)
		m.writeMeta(meta)
		m.writeDictionary(i, d)
		m.blocks[0] = append(m.blocks[0], arrowBlock{at, int32(len(meta)), size})
	}
}

// writePackedDictionaries writes those of columns that Arrow does not know.
func (m *image) writePackedDictionaries() {
	for i, d := range m.dicts {
		if m.forms[i].enc == PackedCodes {
			m.writeDictionary(i, d)
		}
	}
}

// writeDictionary writes offsets and bytes of a dictionary, and notes where they are.
func (m *image) writeDictionary(i int, d *vec.Dictionary) {
	bufs := [3][]byte{nil, vec.BytesOf(d.Values.Offs), d.Values.Heap}
	ref := dictRef{values: d.Values.N, heap: len(d.Values.Heap), off: m.out.off}
	ref.crc = m.putBody(bufs)
	m.hashBody(bufs)
	m.footer.columns[i].dict = ref
}

// putBody writes the buffers, each padded, and returns the checksum of it all. hashBody goes with it.
func (m *image) putBody(bufs [3][]byte) uint32 {
	crc := uint32(0)
	for _, b := range bufs {
		pad := zeros[:padded(len(b))-len(b)]
		crc = updateChecksum(updateChecksum(crc, b), pad)
		m.out.put(b)
		m.out.put(pad)
	}
	return crc
}

// hashBody puts the buffers, each padded, into the hash of the image.
func (m *image) hashBody(bufs [3][]byte) {
	for _, b := range bufs {
		m.out.sum.Write(b)
		m.out.sum.Write(zeros[:padded(len(b))-len(b)])
	}
}

func (m *image) writeRecords() error {
	for g := range m.footer.groups() {
		if err := m.opt.Stop(); err != nil {
			return err
		}
		if err := m.writeRecord(g); err != nil {
			return err
		}
	}
	return nil
}

// writeRecord writes the record batch of one group.
func (m *image) writeRecord(g int) error {
	mark := m.mem.arena.Mark()
	defer m.mem.arena.Release(mark)
	var nodes []arrowNode
	var bufs []arrowBuffer
	size := int64(0)
	bodies, err := m.bodiesOf(g)
	if err != nil {
		return err
	}
	for i := range m.cols {
		meta := &m.footer.chunks[g*len(m.cols)+i]
		if m.forms[i].enc.packed() {
			for _, b := range bodies[i] {
				size += int64(padded(len(b)))
			}
			continue
		}
		nodes = append(nodes, arrowNode{int64(m.footer.rowsOf(g)), int64(meta.stats.Nulls)})
		if m.forms[i].enc == AllNull {
			continue
		}
		for k := range m.bufferCount(i) {
			bufs = append(bufs, arrowBuffer{size, int64(len(bodies[i][k]))})
			size += int64(padded(len(bodies[i][k])))
		}
	}
	at := m.out.off
	meta := m.meta.recordMessage(int64(m.footer.rowsOf(g)), nodes, bufs, size, m.opt.Compress, at)
	m.writeMeta(meta)
	m.blocks[1] = append(m.blocks[1], arrowBlock{at, int32(len(meta)), size})
	return fork.Each(m.opt.Workers, 2, func(half int) error {
		for i := range m.cols {
			chunk := &m.footer.chunks[g*len(m.cols)+i]
			switch {
			case m.forms[i].enc == AllNull:
			case half == 0:
				chunk.off = m.out.off
				chunk.crc = m.putBody(bodies[i])
			default:
				m.hashBody(bodies[i])
			}
		}
		return nil
	})
}

// bodiesOf returns the buffers of one group as they are stored, by column.
func (m *image) bodiesOf(g int) ([][3][]byte, error) {
	bodies := make([][3][]byte, len(m.cols))
	return bodies, fork.Each(m.opt.Workers, len(m.cols), func(i int) error {
		bodies[i] = m.bodies[i][g].bufs
		if m.forms[i].enc == AllNull {
			return nil
		}
		meta := &m.footer.chunks[g*len(m.cols)+i]
		meta.heap = uint32(len(bodies[i][2]))
		if !m.opt.Compress {
			return nil
		}
		return m.compress(&bodies[i], meta)
	})
}

// bufferCount returns the buffers that Arrow counts for a column.
func (m *image) bufferCount(col int) int {
	if m.forms[col].enc == Plain && m.specs[col].Type.Class() == types.Bytes {
		return 3
	}
	return 2
}

// compress replaces the buffers by their compressed forms (each behind its length, as Arrow says).
func (m *image) compress(bufs *[3][]byte, meta *chunkMeta) error {
	for k, b := range bufs {
		if len(b) == 0 {
			continue
		}
		out, err := compressBuffer(m.mem.alloc(lengthPrefix+zstdBound(len(b))), b)
		if err != nil {
			return err
		}
		bufs[k], meta.stored[k] = out, uint32(len(out))
	}
	return nil
}

// writeEndOfStream ends the messages for those who read the image as an Arrow stream.
func (m *image) writeEndOfStream() {
	var eos [alignment]byte
	binary.LittleEndian.PutUint32(eos[:], continuation)
	m.writeMeta(eos[:])
}

func (m *image) writeRuns() {
	data, width := m.births.encode()
	m.footer.runs = runsRef{off: m.out.off, count: len(m.births.runs), width: width, crc: checksum(data)}
	m.out.write(data)
}

func (m *image) writeIndexes() error {
	for _, spec := range m.opt.Indexes {
		if err := m.opt.Stop(); err != nil {
			return err
		}
		b := indexBuilder{spec: spec, rows: m.rows, groupRows: m.opt.GroupRows, mem: m.mem.arena}
		for _, id := range spec.Columns {
			col := m.position(id)
			b.addColumn(col, m.cols[col].spec.Type, m.columnStats(col), m.bodies[col])
		}
		b.build()
		b.meta.off = m.out.off
		m.out.write(b.data)
		m.out.align()
		m.footer.indexes = append(m.footer.indexes, b.meta)
		if b.dup != nil {
			m.dups = append(m.dups, *b.dup)
		}
	}
	return nil
}

func (m *image) position(id uint32) int {
	for i := range m.specs {
		if m.specs[i].ID == id {
			return i
		}
	}
	panic(dberr.Bug("part: no column %d", id)) // WriteOptions.check has looked
}

func (m *image) columnStats(col int) Stats { return m.footer.columnStats(col) }

// writeFooters writes the part footer, the trailer and the end of the Arrow file.
func (m *image) writeFooters() {
	foot := m.footer.encode()
	t := trailer{version: m.version(), footerOff: m.out.off, footerLen: uint32(len(foot)), footerCRC: checksum(foot)}
	m.out.write(foot)
	m.out.align()
	arrow := m.meta.footer(m.specs, m.forms, m.blocks[0], m.blocks[1])
	t.arrowLen, t.arrowCRC = uint32(len(arrow)), checksum(arrow)
	t.length = m.out.off + trailerSize + int64(len(arrow)) + endSize
	b := t.encode()
	m.check = t.check(b)
	m.out.write(b)
	m.out.write(arrow)
	m.out.write(binary.LittleEndian.AppendUint32(nil, uint32(len(arrow))))
	m.out.write(arrowMagicEnd)
}

func (m *image) info() Info {
	info := Info{Rows: m.rows, Bytes: m.out.off, Check: m.check, Duplicates: m.dups}
	m.out.sum.Sum(info.SHA256[:0])
	for i := range m.cols {
		info.Stats = append(info.Stats, m.columnStats(i))
	}
	return info
}

// version returns the version of the format: the least that has all encodings of the image.
func (m *image) version() uint32 {
	version := uint32(versionFirst)
	for _, f := range m.forms {
		version = max(version, f.enc.version())
	}
	return version
}

// trailer stands before the Arrow footer and leads to the part footer.
type trailer struct {
	version   uint32
	footerOff int64
	footerLen uint32
	footerCRC uint32
	length    int64 // of the image
	arrowLen  uint32
	arrowCRC  uint32
}

func (t *trailer) encode() []byte {
	var w binfmt.Writer
	w.Bytes([]byte(trailerMagic))
	w.U32(t.version)
	w.U32(0)
	w.I64(t.footerOff)
	w.U32(t.footerLen)
	w.U32(t.footerCRC)
	w.I64(t.length)
	w.U32(t.arrowLen)
	w.U32(t.arrowCRC)
	w.Zero(trailerSize - 4 - len(w.B))
	w.U32(checksum(w.B))
	return w.B
}

// decodeTrailer reads a trailer that should lie at the offset at of an image of the given length.
func decodeTrailer(r *binfmt.Reader, b []byte, at, length int64) trailer {
	crc := checksum(b[:trailerSize-4])
	r.Check(string(r.Bytes(8)) == trailerMagic, "not a part: no trailer before the Arrow footer")
	version := r.U32()
	r.Check(version >= versionFirst && version <= versionLengths, "part format version %d, this program reads versions %d to %d", version, versionFirst, versionLengths)
	r.Zero(4)
	t := trailer{version: version, footerOff: r.I64(), footerLen: r.U32(), footerCRC: r.U32(), length: r.I64(), arrowLen: r.U32(), arrowCRC: r.U32()}
	r.Zero(trailerSize - 4 - r.Offset())
	r.Check(r.U32() == crc, "the trailer's checksum is wrong")
	r.Check(t.length == length, "the image is %d bytes long, its trailer says %d", length, t.length)
	r.Check(t.footerOff >= 0 && t.footerOff%alignment == 0 &&
		binfmt.AlignUp(t.footerOff+int64(t.footerLen), alignment) == at, "the part footer is out of place")
	return t
}

// check is the fingerprint of an image with the encoded trailer b.
func (t *trailer) check(b []byte) uint64 {
	return uint64(t.footerCRC)<<32 | uint64(checksum(b[:trailerSize-4]))
}
