package binfmt

import (
	"encoding/binary"

	"driftdb/internal/dberr"
)

// Reader reads fields from a byte slice. Make one with NewReader. What it returns aliases
// the slice.
type Reader struct {
	data []byte
	off  int    // of the next byte, in data
	file string // for errors
	base int64  // offset of data[0] in file
	err  error
}

// NewReader reads data, which lies at the byte offset base of file; both are for errors only.
func NewReader(data []byte, file string, base int64) *Reader {
	return &Reader{data: data, file: file, base: base}
}

// Err is the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Offset is the offset of the next byte, counted from the start of the input.
func (r *Reader) Offset() int { return r.off }

// Len is the number of bytes left; zero after an error.
func (r *Reader) Len() int {
	if r.err != nil {
		return 0
	}
	return len(r.data) - r.off
}

// Fail makes the reader fail with a corruption error at the current offset, unless it has failed.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = dberr.Corrupt(r.file, r.base+int64(r.off), format, args...)
	}
}

// Check fails with the message unless ok.
func (r *Reader) Check(ok bool, format string, args ...any) {
	if !ok {
		r.Fail(format, args...)
	}
}

// Bytes returns the next n bytes, or nil after an error.
func (r *Reader) Bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.data)-r.off {
		r.Fail("%d bytes expected, %d are left", n, len(r.data)-r.off)
		return nil
	}
	b := r.data[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// Array returns the next n items of the given size, checked so that n × size cannot overflow.
func (r *Reader) Array(n uint64, size int) []byte {
	if r.err == nil && n > uint64(r.Len()/size) {
		r.Fail("%d items of %d bytes expected, %d bytes are left", n, size, r.Len())
	}
	return r.Bytes(int(n) * size)
}

// Rest returns all bytes that are left.
func (r *Reader) Rest() []byte { return r.Bytes(r.Len()) }

// U8 reads one byte.
func (r *Reader) U8() uint8 {
	if b := r.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads two bytes.
func (r *Reader) U16() uint16 {
	if b := r.Bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U32 reads four bytes.
func (r *Reader) U32() uint32 {
	if b := r.Bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 reads eight bytes.
func (r *Reader) U64() uint64 {
	if b := r.Bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// I64 reads eight bytes as a signed number.
func (r *Reader) I64() int64 { return int64(r.U64()) }

// Zero reads n reserved bytes and fails unless they are zero.
func (r *Reader) Zero(n int) {
	start := r.off
	for i, c := range r.Bytes(n) {
		if c != 0 {
			r.off = start + i
			r.Fail("a reserved byte is %#x, not zero", c)
			return
		}
	}
}

// Align skips zero bytes up to the next multiple of n from the start of the input.
func (r *Reader) Align(n int) {
	if rest := r.off % n; rest != 0 {
		r.Zero(n - rest)
	}
}

// End fails unless all input has been read.
func (r *Reader) End() {
	if r.err == nil && r.off != len(r.data) {
		r.Fail("%d bytes too many", len(r.data)-r.off)
	}
}
