package parquetio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"driftdb/internal/dberr"
)

// chunkBytes is an encoded column chunk. The offsets in meta count from its beginning.
type chunkBytes struct {
	bytes      []byte
	dictionary int // bytes of the dictionary's page, 0 for none
	meta       format.ColumnMetaData
}

// pages is the memory with which one goroutine encodes pages.
type pages struct {
	plain, packed []byte
	codec         compress.Codec
	chunk         *chunkBytes
}

// codedValues is the most values of a page of codes.
const codedValues = 1 << 20

// encode encodes the gathered values as a column chunk.
func (l *leaf) encode(codec compress.Codec, p *pages) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = dberr.Bug("column \"%s\" cannot be encoded as Parquet: %v", l.Name, r)
		}
	}()
	c := &l.chunk
	c.bytes, c.dictionary = c.bytes[:0], 0
	c.meta = format.ColumnMetaData{
		Type: *l.form.typ.PhysicalType(), PathInSchema: l.path(), Codec: codec.CompressionCodec(), NumValues: int64(l.count),
	}
	p.codec, p.chunk = codec, c
	n := l.store.count()
	dictionary, distinct, codes := l.store.dictionary()
	if codes != nil {
		p.plain = append(p.plain[:0], dictionary...)
		if err := p.page(format.PageHeader{
			Type:                 format.DictionaryPage,
			DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(distinct), Encoding: format.Plain}),
		}); err != nil {
			return err
		}
		c.dictionary = len(c.bytes)
	}
	if err := l.dataPages(p, n, codes); err != nil {
		return err
	}
	c.meta.Encoding = []format.Encoding{format.RLE, format.Plain}
	if codes != nil {
		c.meta.Encoding = append(c.meta.Encoding, format.RLEDictionary)
	}
	c.meta.TotalCompressedSize = int64(len(c.bytes))
	least, greatest := l.store.bounds()
	c.meta.Statistics = format.Statistics{NullCount: int64(l.count - n), DistinctCount: int64(distinct), MinValue: bytes.Clone(least), MaxValue: bytes.Clone(greatest)}
	return nil
}

// dataPages encodes the n values, or their codes, and their levels.
func (l *leaf) dataPages(p *pages, n int, codes []int32) error {
	for value, level := 0, 0; level < l.count; {
		end := min(n, value+codedValues)
		if codes == nil && value < n {
			end = l.store.pageEnd(value)
		}
		to, end := l.cut(level, value, end)
		p.plain = l.appendLevels(p.plain[:0], level, to)
		encoding := format.Plain
		if codes != nil {
			encoding = format.RLEDictionary
			p.plain = appendCoded(p.plain, codes[value:end])
		} else {
			p.plain = l.store.appendPlain(p.plain, value, end)
		}
		if err := p.page(format.PageHeader{
			Type: format.DataPage,
			DataPageHeader: thrift.New(format.DataPageHeader{
				NumValues: int32(to - level), Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
			}),
		}); err != nil {
			return err
		}
		value, level = end, to
	}
	return nil
}

// cut returns how many levels and values a page has that begins with the given ones and shall end
// with the value end: a list is not cut, and NULLs go with what is before them.
func (l *leaf) cut(level, value, end int) (to, last int) {
	if len(l.defs) == 0 && !l.lists {
		return level + end - value, end
	}
	for to = level; to < l.count; to++ {
		if len(l.defs) > 0 && l.defs[to] != l.full {
			continue
		}
		if value >= end && (!l.lists || l.reps[to] == 0) {
			break
		}
		value++
	}
	return to, value
}

// appendLevels appends the levels [lo, hi), as a page of the first version has them.
func (l *leaf) appendLevels(dst []byte, lo, hi int) []byte {
	if l.lists {
		dst = appendSized(dst, func(dst []byte) []byte { return appendRuns(dst, l.reps[lo:hi], 1) })
	}
	return appendSized(dst, func(dst []byte) []byte {
		if len(l.defs) > 0 {
			return appendRuns(dst, l.defs[lo:hi], bits.Len8(l.full))
		}
		return append(binary.AppendUvarint(dst, uint64(hi-lo)<<1), l.full)
	})
}

// appendSized appends what fn appends, behind its size.
func appendSized(dst []byte, fn func(dst []byte) []byte) []byte {
	at := len(dst)
	dst = fn(append(dst, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// appendRuns appends levels of so many bits. The library begins anew with the slice it is given.
func appendRuns(dst, levels []byte, width int) []byte {
	e := rle.Encoding{BitWidth: width}
	runs, err := e.EncodeLevels(dst[len(dst):], levels)
	if err != nil {
		panic(err) // of a level with more bits
	}
	return append(dst, runs...)
}

// appendCoded appends codes and, in front, their width.
func appendCoded(dst []byte, codes []int32) []byte {
	runs, err := new(rle.DictionaryEncoding).EncodeInt32(dst[len(dst):], codes)
	if err != nil {
		panic(err) // of a width above 32
	}
	return append(dst, runs...)
}

// page adds the page whose contents are p.plain to the chunk.
func (p *pages) page(h format.PageHeader) (err error) {
	body := p.plain
	if p.chunk.meta.Codec != format.Uncompressed {
		if p.packed, err = p.codec.Encode(p.packed, p.plain); err != nil {
			return err
		}
		body = p.packed
	}
	h.UncompressedPageSize, h.CompressedPageSize, h.CRC = int32(len(p.plain)), int32(len(body)), int32(crc32.ChecksumIEEE(body))
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		return err
	}
	p.chunk.bytes = append(append(p.chunk.bytes, header...), body...)
	p.chunk.meta.TotalUncompressedSize += int64(len(header) + len(p.plain))
	return nil
}
