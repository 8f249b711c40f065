package part

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"

	"driftdb/internal/dberr"
)

// lengthPrefix is the bytes of the length that stands before a compressed Arrow buffer.
const lengthPrefix = 8

// storedRaw as a length says that the buffer was not worth compressing.
const storedRaw = ^uint64(0)

func updateChecksum(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }

// zstdBound returns the most bytes that n bytes compress to.
func zstdBound(n int) int { return n + n>>7 + 1024 }

var encoders = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(0), zstd.WithEncoderLevel(zstd.SpeedDefault))
})

var decoders = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxHeapBytes),
		zstd.WithDecodeAllCapLimit(true))
})

// compressBuffer compresses b into dst, behind the length of b; dst has room for zstdBound.
func compressBuffer(dst, b []byte) ([]byte, error) {
	enc, err := encoders()
	if err != nil {
		return nil, dberr.Bug("part: zstd: %v", err)
	}
	out := enc.EncodeAll(b, dst[:lengthPrefix])
	if len(out) >= lengthPrefix+len(b) {
		binary.LittleEndian.PutUint64(out, storedRaw)
		return append(out[:lengthPrefix], b...), nil
	}
	binary.LittleEndian.PutUint64(out, uint64(len(b)))
	return out, nil
}

// expandBuffer returns the size bytes that were compressed to b, or what is wrong.
func expandBuffer(b []byte, size int) ([]byte, string) {
	if size == 0 {
		if len(b) != 0 {
			return nil, "a compressed buffer of nothing"
		}
		return nil, ""
	}
	if len(b) < lengthPrefix {
		return nil, "a compressed buffer without a length"
	}
	n, b := binary.LittleEndian.Uint64(b), b[lengthPrefix:]
	if n == storedRaw {
		if len(b) != size {
			return nil, "a stored buffer of the wrong length"
		}
		return b, ""
	}
	var head zstd.Header
	if err := head.Decode(b); err != nil || n != uint64(size) || head.HasFCS && head.FrameContentSize != n {
		return nil, "a compressed buffer of the wrong length"
	}
	dec, err := decoders()
	if err != nil {
		return nil, "no zstd decoder"
	}
	out, err := dec.DecodeAll(b, make([]byte, 0, size))
	if err != nil || len(out) != size {
		return nil, "a compressed buffer that does not decompress"
	}
	return out, ""
}
