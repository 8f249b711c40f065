package part

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Part is an open part: immutable and safe for concurrent use. All vectors it gives alias
// the Source's bytes, or the cache's for compressed parts.
type Part struct {
	name    string
	base    int64  // offset of the image in the file, for errors
	img     []byte // the image
	id      uint64 // of this opening, for the cache
	check   uint64
	trailer trailer
	footer  *footer
	specs   []ColumnSpec
	births  births
	indexes []Index
	chunks  []atomic.Pointer[vec.Vec]        // checked chunks; not those of the cache
	dicts   []atomic.Pointer[vec.Dictionary] // by column
	cache   *Cache
}

// openings numbers openings of parts and the dictionaries in them, for this process.
var openings atomic.Uint64

// Open reads the footers of the part at loc in src and checks them; it touches no values.
// cache is for compressed parts; with nil their chunks are decompressed on every access.
// Damage is a corruption error; no bytes make it panic.
func Open(src Source, loc Location, cache *Cache) (*Part, error) {
	file := src.Bytes()
	if loc.Offset < 0 || loc.Length < 0 || loc.Offset > int64(len(file)) || loc.Length > int64(len(file))-loc.Offset {
		return nil, dberr.Corrupt(src.Name(), loc.Offset, "a part of %d bytes reaches behind the end of the file", loc.Length)
	}
	p := &Part{name: src.Name(), base: loc.Offset, img: file[loc.Offset : loc.Offset+loc.Length], cache: cache}
	if uintptr(unsafe.Pointer(unsafe.SliceData(p.img)))%8 != 0 || loc.Offset%alignment != 0 {
		return nil, dberr.Corrupt(p.name, p.base, "a part is not aligned")
	}
	p.id = openings.Add(1)
	if err := p.readFooters(); err != nil {
		return nil, err
	}
	if err := p.readBirths(loc); err != nil {
		return nil, err
	}
	p.openIndexes()
	return p, nil
}

// corrupt returns a corruption error at an offset of the image.
func (p *Part) corrupt(off int64, format string, args ...any) error {
	return dberr.Corrupt(p.name, p.base+off, format, args...)
}

// readFooters checks the end of the image and decodes the part footer.
func (p *Part) readFooters() error {
	n := int64(len(p.img))
	if n < trailerSize+endSize || string(p.img[n-6:]) != string(arrowMagicEnd) {
		return p.corrupt(max(n-6, 0), "not a part: it does not end with the Arrow magic")
	}
	arrowLen := int64(binary.LittleEndian.Uint32(p.img[n-endSize:]))
	at := n - endSize - arrowLen - trailerSize
	if at < 0 || at%alignment != 0 {
		return p.corrupt(n-endSize, "the Arrow footer of %d bytes does not fit", arrowLen)
	}
	b := p.img[at : at+trailerSize]
	r := binfmt.NewReader(b, p.name, p.base+at)
	t := decodeTrailer(r, b, at, n)
	if r.Err() != nil {
		return r.Err()
	}
	if int64(t.arrowLen) != arrowLen || checksum(p.img[at+trailerSize:n-endSize]) != t.arrowCRC {
		return p.corrupt(at+trailerSize, "the Arrow footer's checksum is wrong")
	}
	foot := p.img[t.footerOff : t.footerOff+int64(t.footerLen)]
	if checksum(foot) != t.footerCRC {
		return p.corrupt(t.footerOff, "the part footer's checksum is wrong")
	}
	p.check, p.trailer = t.check(b), t
	var err error
	if p.footer, err = decodeFooter(binfmt.NewReader(foot, p.name, p.base+t.footerOff), t.footerOff); err != nil {
		return err
	}
	p.chunks = make([]atomic.Pointer[vec.Vec], len(p.footer.chunks))
	p.dicts = make([]atomic.Pointer[vec.Dictionary], len(p.footer.columns))
	for i := range p.footer.columns {
		p.specs = append(p.specs, p.footer.columns[i].spec)
	}
	return nil
}

func (p *Part) readBirths(loc Location) error {
	ref := p.footer.runs
	data := p.img[ref.off : ref.off+int64(ref.size())]
	if checksum(data) != ref.crc {
		return p.corrupt(ref.off, "the run table's checksum is wrong")
	}
	var wrong string
	if p.births, wrong = openBirths(data, ref, p.footer.rows, loc); wrong != "" {
		return p.corrupt(ref.off, "%s", wrong)
	}
	return nil
}

// Check is the fingerprint of the image, as in Info. It covers every byte, since the trailer
// and the part footer hold the checksums of all others: it tells a swapped or stale part.
func (p *Part) Check() uint64 { return p.check }

// Rows returns the number of rows.
func (p *Part) Rows() int { return p.footer.rows }

// Bytes returns the length of the image.
func (p *Part) Bytes() int64 { return int64(len(p.img)) }

// Holds reports whether b, which has bytes, is a piece of the image.
func (p *Part) Holds(b []byte) bool { return vec.Lies(b, p.img) }

// Groups returns the number of row groups.
func (p *Part) Groups() int { return p.footer.groups() }

// GroupSize returns the rows of every group but the last: a power of two, at least 64.
func (p *Part) GroupSize() int { return p.footer.groupRows }

// GroupRows returns the rows of group g.
func (p *Part) GroupRows(g int) int { return p.footer.rowsOf(g) }

// Compressed reports whether the chunks are compressed.
func (p *Part) Compressed() bool { return p.footer.compressed }

// Columns returns the columns. The slice must not be changed.
func (p *Part) Columns() []ColumnSpec { return p.specs }

// Column returns the position of a column id in Columns.
func (p *Part) Column(id uint32) (pos int, ok bool) {
	for i := range p.specs {
		if p.specs[i].ID == id {
			return i, true
		}
	}
	return 0, false
}

// Encoding returns how column pos is stored, and the bytes of a stored integer or code (else 0).
func (p *Part) Encoding(pos int) (Encoding, int) {
	f := p.footer.columns[pos].form
	return f.enc, f.width
}

// Stats returns the statistics of column pos in group g.
func (p *Part) Stats(g, pos int) Stats { return p.footer.chunks[g*len(p.specs)+pos].stats }

// ColumnStats returns the statistics of column pos over the part.
func (p *Part) ColumnStats(pos int) Stats { return p.footer.columnStats(pos) }

// Sketch returns the registers that MergeSketch and SketchDistinct take, of column pos. They
// must not be changed.
func (p *Part) Sketch(pos int) []byte { return p.footer.columns[pos].sketch.regs[:] }

// columnStats merges the statistics of all groups of a column.
func (f *footer) columnStats(col int) Stats {
	all := Stats{Exact: true, Sorted: f.rows > 0}
	var last *types.Value
	for g := range f.groups() {
		s := &f.chunks[g*len(f.columns)+col].stats
		all.Rows, all.Nulls = all.Rows+s.Rows, all.Nulls+s.Nulls
		all.HasNaN = all.HasNaN || s.HasNaN
		all.Sorted = all.Sorted && s.Sorted && s.Valid && (last == nil || types.CompareStored(*last, s.Min) <= 0)
		if s.Valid {
			all.merge(s)
			last = &s.Max
		}
	}
	if !all.Valid || !f.bounded(col) {
		all.Valid, all.Min, all.Max = false, types.Value{}, types.Value{}
	}
	all.Exact = all.Exact && all.Valid
	all.Distinct = min(f.columns[col].sketch.estimate(), all.Rows-all.Nulls)
	if c := &f.columns[col]; c.form.enc.coded() {
		all.Distinct = c.dict.values
	}
	return all
}

// bounded reports whether every group that has values other than NaN has bounds: those of
// strings too long to be cut have none.
func (f *footer) bounded(col int) bool {
	for g := range f.groups() {
		s := &f.chunks[g*len(f.columns)+col].stats
		if !s.Valid && s.Nulls < s.Rows && !s.HasNaN {
			return false
		}
	}
	return true
}

// merge widens the bounds of s by those of other, which is valid.
func (s *Stats) merge(other *Stats) {
	if !s.Valid {
		s.Min, s.Max, s.Valid = other.Min, other.Max, true
	}
	if types.CompareStored(other.Min, s.Min) < 0 {
		s.Min = other.Min
	}
	if types.CompareStored(other.Max, s.Max) > 0 {
		s.Max = other.Max
	}
	s.Exact = s.Exact && other.Exact
}
