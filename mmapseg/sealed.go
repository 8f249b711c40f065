package mmapseg

import (
	"hash/crc32"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

const (
	sealedMagic      = "DRIFTSLD"
	sealedVersion    = 1
	sealedHeaderSize = 128
	mapEntrySize     = 56
	sectionEntrySize = 24

	blockSize    = 256 << 10 // uncompressed bytes of a block, the last one is shorter
	maxSections  = 16
	codecPlain   = 0
	codecZstd    = 1
	noFrameBegun = unknownEnd // in a map entry: no frame begins in the block
)

// Section is data of the sealer's own in a sealed segment.
type Section struct {
	ID   uint32
	Data []byte
}

// sealedMap is what a sealed segment knows about itself, read from its header and map.
type sealedMap struct {
	base, end uint64
	path      string
	blocks    []sealedBlock
	keys      []Key // of the blocks in which a frame begins
	sections  []sealedSection
}

type sealedBlock struct {
	pos   int64 // in the file
	size  int   // stored bytes
	crc   uint32
	codec uint32
	key   Key // of the first frame that begins in the block
}

type sealedSection struct {
	id      uint32
	crc     uint32
	pos     int64
	size    int64
	checked *atomic.Bool
}

// openSealed reads header and map of a sealed segment from its file.
func openSealed(b []byte, id [16]byte, number uint64, path string) (*sealedMap, error) {
	if len(b) < sealedHeaderSize {
		return nil, dberr.Corrupt(path, int64(len(b)), "the header of a sealed segment is cut short")
	}
	r := binfmt.NewReader(b[:sealedHeaderSize], path, 0)
	magic, version, crc := string(r.Bytes(8)), r.U32(), r.U32()
	r.Check(magic == sealedMagic, "magic of a sealed segment is %q", magic)
	r.Check(version == sealedVersion, "version %d of a sealed segment is not known", version)
	got := crc32.Checksum(b[16:sealedHeaderSize], castagnoli)
	r.Check(got == crc, "header checksum is %#08x, stored is %#08x", got, crc)
	owner := r.Bytes(16)
	r.Check(string(owner) == string(id[:]), "the segment belongs to database %x, not to %x", owner, id)
	stored := r.U64()
	r.Check(stored == number, "the segment has number %d", stored)
	m := &sealedMap{base: r.U64(), end: r.U64(), path: path}
	size, blocks, sections := r.U32(), r.U32(), r.U32()
	r.Zero(4)
	mapPos, fileSize, mapSize, mapCRC := r.U64(), r.U64(), r.U32(), r.U32()
	r.Zero(sealedHeaderSize - r.Offset())
	r.Check(size == blockSize, "blocks of %d bytes", size)
	r.Check(fileSize == uint64(len(b)), "the segment was %d bytes, but the file is %d", fileSize, len(b))
	r.Check(m.end >= m.base && uint64(blocks) == (m.end-m.base+blockSize-1)/blockSize,
		"%d blocks for log offsets %d to %d", blocks, m.base, m.end)
	r.Check(sections <= maxSections, "%d sections", sections)
	r.Check(uint64(mapSize) == uint64(blocks)*mapEntrySize+uint64(sections)*sectionEntrySize &&
		mapPos <= fileSize && uint64(mapSize) <= fileSize-mapPos, "map of %d bytes at %d", mapSize, mapPos)
	if r.Err() != nil {
		return nil, r.Err()
	}
	body := b[mapPos : mapPos+uint64(mapSize)]
	if got := crc32.Checksum(body, castagnoli); got != mapCRC {
		return nil, dberr.Corrupt(path, int64(mapPos), "map checksum is %#08x, stored is %#08x", got, mapCRC)
	}
	return m, m.readMap(binfmt.NewReader(body, path, int64(mapPos)), blocks, sections, fileSize)
}

func (m *sealedMap) readMap(r *binfmt.Reader, blocks, sections uint32, fileSize uint64) error {
	for range blocks {
		e := sealedBlock{pos: r.I64(), size: int(r.U32()), crc: r.U32()}
		e.key = Key{Offset: r.U64(), CSN: r.U64(), FirstSeq: r.U64(), TimeMicros: r.I64()}
		e.codec = r.U32()
		r.Zero(4)
		r.Check(inFile(e.pos, int64(e.size), fileSize), "block of %d bytes at %d", e.size, e.pos)
		r.Check(e.codec <= codecZstd, "codec %d is not known", e.codec)
		m.blocks = append(m.blocks, e)
		if e.key.Offset != noFrameBegun {
			m.keys = append(m.keys, e.key)
		}
	}
	for range sections {
		e := sealedSection{id: r.U32(), crc: r.U32(), pos: r.I64(), size: r.I64(), checked: new(atomic.Bool)}
		r.Check(inFile(e.pos, e.size, fileSize), "section of %d bytes at %d", e.size, e.pos)
		m.sections = append(m.sections, e)
	}
	r.End()
	return r.Err()
}

func inFile(pos, size int64, fileSize uint64) bool {
	return pos >= sealedHeaderSize && size >= 0 && uint64(pos) <= fileSize && uint64(size) <= fileSize-uint64(pos)
}

// filePos is the place in the file of the block that holds a log offset.
func (m *sealedMap) filePos(offset uint64) int64 {
	if i := int((offset - m.base) / blockSize); i < len(m.blocks) {
		return m.blocks[i].pos
	}
	return -1
}

// plainSize is the number of bytes of block i when decompressed.
func (m *sealedMap) plainSize(i int) int {
	return int(min(blockSize, m.end-m.base-uint64(i)*blockSize))
}

var (
	blockDecoder = newDecoder()
	blockEncoder = newEncoder()
)

func newDecoder() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(blockSize))
	if err != nil {
		panic(err) // only wrong options can cause it
	}
	return d
}

func newEncoder() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		panic(err) // only wrong options can cause it
	}
	return e
}

// block returns the plain bytes of block i of a pinned sealed segment.
func (s *Store) block(g *segment, i int) ([]byte, error) {
	key := blockKey{g.number, i}
	if data, ok := s.cache.get(key); ok {
		return data, nil
	}
	data, err := g.sealed.load(g.mapping.Bytes(), i)
	if err == nil {
		s.cache.put(key, data)
	}
	return data, err
}

// load checks and decompresses block i from the bytes of the file.
func (m *sealedMap) load(file []byte, i int) ([]byte, error) {
	e := &m.blocks[i]
	stored := file[e.pos : e.pos+int64(e.size)]
	if got := crc32.Checksum(stored, castagnoli); got != e.crc {
		return nil, dberr.Corrupt(m.path, e.pos, "checksum of block %d is %#08x, stored is %#08x", i, got, e.crc)
	}
	plain := make([]byte, 0, m.plainSize(i))
	var err error
	if e.codec == codecZstd {
		plain, err = blockDecoder.DecodeAll(stored, plain)
	} else {
		plain = append(plain, stored...)
	}
	if err != nil || len(plain) != m.plainSize(i) {
		return nil, dberr.Corrupt(m.path, e.pos, "block %d does not decompress to %d bytes", i, m.plainSize(i))
	}
	return plain, nil
}

// section returns the bytes of a section, checked once.
func (m *sealedMap) section(file []byte, id uint32) ([]byte, error) {
	for i := range m.sections {
		e := &m.sections[i]
		if e.id != id {
			continue
		}
		data := file[e.pos : e.pos+e.size : e.pos+e.size]
		if !e.checked.Load() {
			if got := crc32.Checksum(data, castagnoli); got != e.crc {
				return nil, dberr.Corrupt(m.path, e.pos, "checksum of section %d is %#08x, stored is %#08x", id, got, e.crc)
			}
			e.checked.Store(true)
		}
		return data, nil
	}
	return nil, dberr.Corrupt(m.path, -1, "section %d is missing", id)
}

// SegmentInfo describes one segment. Offsets are log offsets.
type SegmentInfo struct {
	Number    uint64
	Path      string
	Base, End uint64
	FileSize  int64 // bytes
	Sealed    bool
}

// Segments lists the segments in order, as of now.
func (s *Store) Segments() []SegmentInfo {
	list := *s.list.Load()
	infos := make([]SegmentInfo, len(list))
	for i, g := range list {
		infos[i] = SegmentInfo{g.number, g.path, g.base, g.end.Load(), g.capacity, g.sealed != nil}
	}
	return infos
}

// Section passes a section of the sealed segment that begins at base to fn, which may use it
// during the call only; it runs inside vfs.Guard. ok is false when no sealed segment begins there.
func (s *Store) Section(base uint64, id uint32, fn func(data []byte) error) (ok bool, err error) {
	g := s.segmentAt(base)
	if g == nil {
		return false, nil
	}
	if g.sealed != nil && g.base == base {
		ok = true
		err = vfs.Guard(func() error {
			data, err := g.sealed.section(g.mapping.Bytes(), id)
			if err != nil {
				return err
			}
			return fn(data)
		})
	}
	if e := g.unpin(); err == nil {
		err = e
	}
	return ok, err
}
