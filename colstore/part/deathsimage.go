package part

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"github.com/RoaringBitmap/roaring"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
)

const (
	deathsMagic  = "DRIFTDTH"
	deathsHeader = 64
)

// deathsMeta is the header of an image of deaths.
type deathsMeta struct {
	rows    int
	count   int
	width   int    // bytes of a seq: 4 or 8
	baseSeq uint64 // added to every stored seq
	frames  int
	body    int // bytes behind the table of checksums
}

// keyframeEntry is the bytes of one entry of the table of keyframes. Keyframe i is the rows
// dead after the first (i+1) × keyframeDeaths deaths, as a roaring bitmap.
const keyframeEntry = 16

func (m *deathsMeta) seqsSize() int { return padded(m.width * m.count) }

func (m *deathsMeta) rowsSize() int { return padded(4 * m.count) }

func (m *deathsMeta) framesOff() int { return m.seqsSize() + m.rowsSize() }

func (m *deathsMeta) sumsSize() int { return 4 * regionBlocks(m.body) }

// EncodeDeaths returns the image of the deaths of a part of the given rows. It sorts deaths
// by (Seq, Row) in place. A row dies once. In its file the image must begin at a multiple
// of 64 bytes.
func EncodeDeaths(rows int, deaths []Death) ([]byte, error) {
	slices.SortFunc(deaths, func(a, b Death) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Row, b.Row))
	})
	if err := checkDeaths(rows, deaths); err != nil {
		return nil, err
	}
	m := deathsMeta{rows: rows, count: len(deaths), width: 4}
	if n := len(deaths); n > 0 {
		m.baseSeq = deaths[0].Seq
		if deaths[n-1].Seq-m.baseSeq > math.MaxUint32 {
			m.width = 8
		}
	}
	body, err := m.encodeBody(deaths)
	if err != nil {
		return nil, err
	}
	m.body = len(body)
	sums := regionSums(body)
	var w binfmt.Writer
	w.Bytes(m.encode(checksum(sums)))
	w.Bytes(sums)
	w.Align(alignment)
	w.Bytes(body)
	return w.B, nil
}

// checkDeaths fails unless every row is one of the part's and dies once.
func checkDeaths(rows int, deaths []Death) error {
	if rows < 0 || rows > MaxRows {
		return dberr.Bug("part: deaths of a part of %d rows", rows)
	}
	dead := make([]uint64, (rows+63)/64)
	for _, d := range deaths {
		if int(d.Row) >= rows || bit(dead, int(d.Row)) {
			return dberr.Bug("part: row %d of %d dies twice, or does not exist", d.Row, rows)
		}
		dead[d.Row>>6] |= 1 << (d.Row & 63)
	}
	return nil
}

// encodeBody returns seqs, rows and keyframes, and counts the keyframes.
func (m *deathsMeta) encodeBody(deaths []Death) ([]byte, error) {
	var w binfmt.Writer
	for _, d := range deaths {
		if m.width == 4 {
			w.U32(uint32(d.Seq - m.baseSeq))
		} else {
			w.U64(d.Seq - m.baseSeq)
		}
	}
	w.Align(alignment)
	for _, d := range deaths {
		w.U32(d.Row)
	}
	w.Align(alignment)
	m.frames = len(deaths) / keyframeDeaths
	table := len(w.B)
	w.Zero(m.frames * keyframeEntry)
	bitmap := roaring.New()
	for i := range m.frames {
		for _, d := range deaths[i*keyframeDeaths : (i+1)*keyframeDeaths] {
			bitmap.Add(d.Row)
		}
		stored := bitmap.Clone()
		stored.RunOptimize()
		b, err := stored.ToBytes()
		if err != nil {
			return nil, dberr.Bug("part: keyframe: %v", err)
		}
		w.Align(alignment)
		w.PutU64(table+i*keyframeEntry, uint64(len(w.B)))
		w.PutU64(table+i*keyframeEntry+8, uint64(len(b)))
		w.Bytes(b)
	}
	w.Align(alignment)
	return w.B, nil
}

func (m *deathsMeta) encode(sums uint32) []byte {
	var w binfmt.Writer
	w.Bytes([]byte(deathsMagic))
	w.U32(deathsVersion)
	w.U32(uint32(m.rows))
	w.U32(uint32(m.count))
	w.U32(uint32(m.width))
	w.U64(m.baseSeq)
	w.U32(uint32(m.frames))
	w.U32(sums)
	w.I64(int64(m.body))
	w.Zero(deathsHeader - 4 - len(w.B))
	w.U32(checksum(w.B))
	return w.B
}

// decodeDeaths reads the header of an image of the given length.
func decodeDeaths(r *binfmt.Reader, b []byte, length int64) (m deathsMeta, sums uint32) {
	r.Check(string(r.Bytes(8)) == deathsMagic, "not an image of deaths")
	version := r.U32()
	r.Check(version == deathsVersion, "deaths format version %d, this program reads version %d", version, deathsVersion)
	m = deathsMeta{rows: int(r.U32()), count: int(r.U32()), width: int(r.U32()), baseSeq: r.U64(), frames: int(r.U32())}
	sums = r.U32()
	body := r.I64()
	r.Zero(deathsHeader - 4 - r.Offset())
	r.Check(r.U32() == checksum(b[:deathsHeader-4]), "the header's checksum is wrong")
	r.Check(m.rows <= MaxRows && m.count <= m.rows && (m.width == 4 || m.width == 8) && m.frames == m.count/keyframeDeaths,
		"%d deaths of %d rows", m.count, m.rows)
	r.Check(body >= 0 && body <= length, "%d bytes of deaths in an image of %d", body, length)
	if r.Err() != nil {
		return m, 0
	}
	m.body = int(body)
	r.Check(m.framesOff()+m.frames*keyframeEntry <= m.body, "%d deaths in %d bytes", m.count, m.body)
	r.Check(int64(padded(deathsHeader+m.sumsSize())+m.body) == length, "the image is %d bytes long", length)
	return m, sums
}

// storedDeaths are the deaths of an image. The zero value has none. Every access touches
// the region first.
type storedDeaths struct {
	deathsMeta
	region
	check uint64
}

// OpenDeaths opens the image at loc in src (its bases are not used) of a part of the given
// rows. It checks the header; what lies behind is checked when it is first touched.
func OpenDeaths(src Source, loc Location, rows int) (*Deaths, error) {
	file := src.Bytes()
	if loc.Offset < 0 || loc.Length < deathsHeader || loc.Offset > int64(len(file)) || loc.Length > int64(len(file))-loc.Offset {
		return nil, dberr.Corrupt(src.Name(), loc.Offset, "%d bytes of deaths do not lie in the file", loc.Length)
	}
	img := file[loc.Offset : loc.Offset+loc.Length]
	if uintptr(unsafe.Pointer(unsafe.SliceData(img)))%8 != 0 || loc.Offset%alignment != 0 {
		return nil, dberr.Corrupt(src.Name(), loc.Offset, "deaths are not aligned")
	}
	r := binfmt.NewReader(img[:deathsHeader], src.Name(), loc.Offset)
	m, crc := decodeDeaths(r, img, loc.Length)
	r.Check(r.Err() != nil || m.rows == rows, "the deaths of a part of %d rows, not of %d", m.rows, rows)
	if r.Err() != nil {
		return nil, r.Err()
	}
	sums := img[deathsHeader : deathsHeader+m.sumsSize()]
	if checksum(sums) != crc {
		return nil, dberr.Corrupt(src.Name(), loc.Offset+deathsHeader, "the table of checksums is damaged")
	}
	at := padded(deathsHeader + m.sumsSize())
	for i, c := range img[deathsHeader+m.sumsSize() : at] {
		if c != 0 {
			return nil, dberr.Corrupt(src.Name(), loc.Offset+int64(deathsHeader+m.sumsSize()+i), "a padding byte is %#x, not zero", c)
		}
	}
	d := NewDeaths(rows)
	d.base = storedDeaths{
		deathsMeta: m,
		region:     newRegion(img[at:], sums, src.Name(), loc.Offset+int64(at), "deaths"),
		check:      uint64(checksum(img[:deathsHeader-4])) | uint64(m.count)<<32,
	}
	if m.count > 0 {
		last, err := d.base.seq(m.count - 1)
		if err != nil {
			return nil, err
		}
		d.lastSeq = last
	}
	return d, nil
}

// seq returns the seq of death i.
func (s *storedDeaths) seq(i int) (uint64, error) {
	at := i * s.width
	if err := s.touch(at, at+s.width); err != nil {
		return 0, err
	}
	if s.width == 4 {
		return s.baseSeq + uint64(binary.LittleEndian.Uint32(s.data[at:])), nil
	}
	return s.baseSeq + binary.LittleEndian.Uint64(s.data[at:]), nil
}

// rowAt returns the row of death i.
func (s *storedDeaths) rowAt(i int) (uint32, error) {
	at := s.seqsSize() + 4*i
	if err := s.touch(at, at+4); err != nil {
		return 0, err
	}
	row := binary.LittleEndian.Uint32(s.data[at:])
	if int(row) >= s.rows {
		return 0, s.corrupt(at, "the death of row %d in a part of %d rows", row, s.rows)
	}
	return row, nil
}

func (s *storedDeaths) corrupt(at int, format string, args ...any) error {
	return dberr.Corrupt(s.file, s.off+int64(at), format, args...)
}

// frame returns keyframe i as a bitmap over the image, checked so that it can be expanded.
func (s *storedDeaths) frame(i int) (*roaring.Bitmap, error) {
	at := s.framesOff() + i*keyframeEntry
	if err := s.touch(at, at+keyframeEntry); err != nil {
		return nil, err
	}
	off, size := binary.LittleEndian.Uint64(s.data[at:]), binary.LittleEndian.Uint64(s.data[at+8:])
	if off > uint64(s.body) || size > uint64(s.body)-off {
		return nil, s.corrupt(at, "a keyframe of %d bytes does not fit", size)
	}
	if err := s.touch(int(off), int(off+size)); err != nil {
		return nil, err
	}
	data := s.data[off : off+size]
	if !validRoaring(data, (s.rows+pageRows-1)/pageRows) {
		return nil, s.corrupt(int(off), "a keyframe is not a bitmap of the part's rows")
	}
	bitmap := roaring.New()
	if _, err := bitmap.FromBuffer(data); err != nil {
		return nil, s.corrupt(int(off), "a keyframe cannot be read: %v", err)
	}
	return bitmap, nil
}
