package binfmt

import "encoding/binary"

// Writer appends fields to B. The zero value is an empty writer.
type Writer struct {
	B []byte
}

// U8 appends one byte.
func (w *Writer) U8(v uint8) { w.B = append(w.B, v) }

// U16 appends two bytes.
func (w *Writer) U16(v uint16) { w.B = binary.LittleEndian.AppendUint16(w.B, v) }

// U32 appends four bytes.
func (w *Writer) U32(v uint32) { w.B = binary.LittleEndian.AppendUint32(w.B, v) }

// U64 appends eight bytes.
func (w *Writer) U64(v uint64) { w.B = binary.LittleEndian.AppendUint64(w.B, v) }

// I64 appends a signed number in eight bytes.
func (w *Writer) I64(v int64) { w.U64(uint64(v)) }

// Bytes appends b.
func (w *Writer) Bytes(b []byte) { w.B = append(w.B, b...) }

// Zero appends n zero bytes.
func (w *Writer) Zero(n int) {
	for range n {
		w.B = append(w.B, 0)
	}
}

// Align appends zero bytes up to the next multiple of n.
func (w *Writer) Align(n int) {
	if rest := len(w.B) % n; rest != 0 {
		w.Zero(n - rest)
	}
}

// PutU32 overwrites four bytes at off.
func (w *Writer) PutU32(off int, v uint32) { binary.LittleEndian.PutUint32(w.B[off:], v) }

// PutU64 overwrites eight bytes at off.
func (w *Writer) PutU64(off int, v uint64) { binary.LittleEndian.PutUint64(w.B[off:], v) }

// AlignUp returns the smallest multiple of n that is at least size; n is a power of two.
func AlignUp[T ~int | ~int64 | ~uint64](size, n T) T { return (size + n - 1) &^ (n - 1) }
