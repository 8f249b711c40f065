package parquetio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/bitpacked"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// pageReader reads the pages of a column chunk. The library has the decoders of levels and values; what they
// would believe is proved before: that a page becomes as large as it declares and no larger, and that what stands for
// levels, codes and lengths is as many as there are values.
type pageReader struct {
	in       io.ReaderAt
	at, left int64 // of the chunk
	values   int64 // of the chunk, with NULLs
	codec    format.CompressionCodec
	typ      parquet.Type
	maxRep   byte
	maxDef   byte

	dictionary   encoding.Values // the last one that was read
	dictionaries int             // how many were
	page         page
	mem          *pageMemory
}

// page is a data page. Its memory is valid until the next.
type page struct {
	entries    int    // rows, or elements and what stands for lists without them
	values     int    // entries that are not NULL
	reps, defs []byte // a level of each entry, nil where all are 0, or all full
	codes      []int32
	raw        encoding.Values // of a page without codes; may be more than values
}

// pageMemory is what pages are read into.
type pageMemory struct {
	header, packed, plain []byte
	reps, defs            []byte
	codes                 []int32
	raw                   []byte
	offs                  []uint32
}

// oldDictionary is what writers of old call the encodings of a dictionary and of codes.
const oldDictionary format.Encoding = 2

var pageMemories = sync.Pool{New: func() any { return new(pageMemory) }}

// pagesOf returns a reader of a chunk, given by its place in its row group.
func (f *File) pagesOf(leaf int, m *format.ColumnMetaData) *pageReader {
	c := f.leaves[leaf]
	p := &pageReader{in: f.in, values: m.NumValues, codec: m.Codec, typ: c.Type(), maxRep: byte(c.MaxRepetitionLevel()), maxDef: byte(c.MaxDefinitionLevel())}
	p.at, p.left = chunkRange(m)
	p.mem = pageMemories.Get().(*pageMemory)
	return p
}

// close ends the reading.
func (p *pageReader) close() {
	if p.mem != nil {
		pageMemories.Put(p.mem)
		p.mem = nil
	}
}

// next returns the next data page, or io.EOF.
func (p *pageReader) next() (*page, error) {
	for p.left > 0 {
		h, err := headerAt(p.in, p.at, p.left, &p.mem.header)
		if err != nil {
			return nil, err
		}
		at := p.at
		if err := h.check(at, p.left-int64(h.size), p.values); err != nil {
			return nil, err
		}
		body := at + int64(h.size)
		p.at, p.left = body+h.packed, p.left-int64(h.size)-h.packed
		if h.kind != dataPage && h.kind != dataPage2 && h.kind != dictionaryPage {
			continue
		}
		data, err := p.read(&h, body)
		if err != nil {
			return nil, err
		}
		if h.kind == dictionaryPage {
			err = p.readDictionary(&h, data)
		} else if err = p.readData(&h, data, at); err == nil {
			return &p.page, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

// read returns the bytes of a page, decompressed.
func (p *pageReader) read(h *pageHeader, at int64) ([]byte, error) {
	data := sized(&p.mem.packed, int(h.packed))
	if n, err := p.in.ReadAt(data, at); n < len(data) {
		return nil, damaged("a page at byte %d lies outside the file: %v", at, err)
	}
	if h.checksum != 0 && h.checksum != crc32.ChecksumIEEE(data) {
		return nil, damaged("a page at byte %d does not have its checksum", at)
	}
	if p.codec == format.Uncompressed || h.uncompressed {
		return data, nil
	}
	plain := sized(&p.mem.plain, int(h.plain))
	levels := copy(plain, data[:h.levels()])
	if err := decompress(p.codec, plain[levels:], data[levels:]); err != nil {
		return nil, damaged("a page at byte %d does not become the %d bytes that it declares: %v", at, h.plain, err)
	}
	return plain, nil
}

// padding is readable memory behind a page: runs are read eight and sixteen bytes at a time.
const padding = 64

// sized returns n bytes of memory that is used again.
func sized(mem *[]byte, n int) []byte {
	if cap(*mem) < n+padding {
		*mem = make([]byte, n+padding)
	}
	return (*mem)[:n]
}

// readDictionary keeps the values of a dictionary, in memory of its own.
func (p *pageReader) readDictionary(h *pageHeader, data []byte) (err error) {
	if h.encoding != format.Plain && h.encoding != oldDictionary {
		return damaged("a dictionary in the encoding %s", h.encoding)
	}
	data = append(make([]byte, 0, len(data)+padding), data...)
	p.dictionary, err = p.typ.Decode(p.typ.NewValues(data, nil), data, &parquet.Plain)
	p.dictionaries++
	return err
}

// readData finds the levels and values of a data page at byte at.
func (p *pageReader) readData(h *pageHeader, data []byte, at int64) (err error) {
	p.page = page{entries: int(h.values), values: int(h.values)}
	if p.page.reps, data, err = p.levels(h, data, p.maxRep, h.repLevels, h.repEncoding, &p.mem.reps); err != nil {
		return err
	}
	if p.page.defs, data, err = p.levels(h, data, p.maxDef, h.defLevels, h.defEncoding, &p.mem.defs); err != nil {
		return err
	}
	if p.page.defs != nil {
		p.page.values = bytes.Count(p.page.defs, []byte{p.maxDef})
	}
	if h.encoding == oldDictionary || h.encoding == format.RLEDictionary {
		return p.readCodes(data, at)
	}
	if !p.holds(h.encoding, data) {
		return damaged("the lengths of the values of a page at byte %d do not hold together", at)
	}
	enc, raw := parquet.LookupEncoding(h.encoding), data
	if !enc.CanDecodeInPlace() {
		raw = p.mem.raw[:0]
	}
	p.page.raw, err = p.typ.Decode(p.typ.NewValues(raw, p.mem.offs[:0]), data, enc)
	if err == nil && !enc.CanDecodeInPlace() {
		p.mem.raw, _ = p.page.raw.Data()
	}
	return err
}

// levels reads the levels of one kind, before the values of a page.
func (p *pageReader) levels(h *pageHeader, data []byte, most byte, size int64, enc format.Encoding, mem *[]byte) (levels, rest []byte, err error) {
	if h.kind == dataPage {
		if most == 0 {
			return nil, data, nil
		}
		if enc == format.BitPacked {
			size = (int64(bits.Len8(most))*h.values + 7) / 8
		} else if len(data) < 4 {
			return nil, nil, damaged("a page has no levels")
		} else {
			size, data = int64(binary.LittleEndian.Uint32(data)), data[4:]
		}
	} else {
		enc = format.RLE
	}
	if size > int64(len(data)) {
		return nil, nil, damaged("levels of %d bytes in a page that has %d", size, len(data))
	}
	packed, rest := data[:size], data[size:]
	if most == 0 || h.kind == dataPage2 && size == 0 {
		return nil, rest, nil
	}
	width := bits.Len8(most)
	switch {
	case enc == format.BitPacked:
		levels, err = (&bitpacked.Encoding{BitWidth: width}).DecodeLevels((*mem)[:0], packed)
	case enc == format.RLE && runsHold(packed, width, int(h.values)):
		levels, err = (&rle.Encoding{BitWidth: width}).DecodeLevels((*mem)[:0], packed)
	default:
		return nil, nil, damaged("the levels of a page do not hold together")
	}
	if err != nil {
		return nil, nil, err
	}
	if *mem = levels; int64(len(levels)) < h.values {
		return nil, nil, damaged("%d levels for %d values", len(levels), h.values)
	}
	return levels[:h.values], rest, nil
}

// readCodes reads the codes of a page of a column with a dictionary.
func (p *pageReader) readCodes(data []byte, at int64) (err error) {
	p.page.codes = p.mem.codes[:0]
	if p.dictionaries == 0 {
		return damaged("a page at byte %d has codes, and there is no dictionary", at)
	}
	if len(data) > 0 {
		if data[0] > 32 || !runsHold(data[1:], int(data[0]), p.page.values) {
			return damaged("the codes of a page at byte %d do not hold together", at)
		}
		if p.page.codes, err = (&rle.DictionaryEncoding{}).DecodeInt32(p.page.codes, data); err != nil {
			return err
		}
	}
	if p.mem.codes = p.page.codes; len(p.page.codes) < p.page.values {
		return damaged("a page at byte %d has %d codes for %d values", at, len(p.page.codes), p.page.values)
	}
	if p.page.codes == nil {
		p.page.codes = []int32{}
	}
	p.page.codes = p.page.codes[:p.page.values]
	return nil
}

// holds reports whether values are no more than there may be, in the encodings in which they may be more than there
// are bytes for.
func (p *pageReader) holds(enc format.Encoding, data []byte) bool {
	switch enc {
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray:
		fixed := 0
		if p.typ.Kind() == parquet.FixedLenByteArray {
			fixed = p.typ.Length()
		}
		return checkDelta(data, enc, p.page.values, fixed)
	case format.RLE:
		if len(data) < 4 {
			return false
		}
		size := int(binary.LittleEndian.Uint32(data))
		return size <= len(data)-4 && runsHold(data[4:4+size], 1, p.page.values)
	}
	return true
}

// spareValues is how many values runs may have more than there are: the last ones are filled up.
const spareValues = 512

// runsHold reports whether runs of integers of so many bits lie within b, and are as many as the values, or few more.
func runsHold(b []byte, width, values int) bool {
	for left := values + spareValues; len(b) > 0; {
		head, n := binary.Uvarint(b)
		if n <= 0 || head>>1 > uint64(left) {
			return false
		}
		b = b[n:]
		count, size := int(head>>1), (width+7)/8
		if head&1 != 0 {
			count, size = 8*count, count*width
		}
		if size > len(b) || count > left {
			return false
		}
		b, left = b[size:], left-count
	}
	return true
}
