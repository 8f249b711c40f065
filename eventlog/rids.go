package eventlog

import (
	"encoding/binary"

	"github.com/RoaringBitmap/roaring/roaring64"

	"driftdb/internal/binfmt"
)

// Relative marks the rid of a row that the same transaction writes: the low bits count from
// the base rid of its table, which is known only when the transaction is ordered.
const Relative = uint64(1) << 63

// Ref names an immutable range of a file that the log owns from the commit on.
type Ref struct {
	FileID uint64   // ids are never reused
	Offset uint64   // of the first byte in the file
	Length uint64   // bytes
	Rows   uint32   // rows, or rids, in it
	Hash   [32]byte // SHA-256 of the bytes
}

const refSize = 64

func (f *Ref) appendTo(w *binfmt.Writer) {
	w.U64(f.FileID)
	w.U64(f.Offset)
	w.U64(f.Length)
	w.U32(f.Rows)
	w.U32(0)
	w.Bytes(f.Hash[:])
}

func readRef(r *binfmt.Reader) (f Ref) {
	f.FileID, f.Offset, f.Length, f.Rows = r.U64(), r.U64(), r.U64(), r.U32()
	r.Zero(4)
	copy(f.Hash[:], r.Bytes(len(f.Hash)))
	r.Check(f.Offset+f.Length >= f.Offset, "reference to %d bytes from %d", f.Length, f.Offset)
	return f
}

// ridForm says how a set of rids is stored.
type ridForm uint8

const (
	ridList   ridForm = iota // u64 each, in the order of the events
	ridBitmap                // 64-bit roaring bitmap, the events ascend
	ridRef                   // a Ref to a 64-bit roaring bitmap, the events ascend
)

// RIDs is the set of rows that a run ends. The zero value is the empty list. One that was
// read aliases the frame.
type RIDs struct {
	form ridForm
	n    uint32
	base uint64 // what Relative rids count from
	data []byte
	ref  Ref
}

// ListRIDs makes a set of rids in the given order. Relative ones name rows of the same transaction.
func ListRIDs(rids []uint64) RIDs {
	data := make([]byte, 0, 8*len(rids))
	for _, rid := range rids {
		data = binary.LittleEndian.AppendUint64(data, rid)
	}
	return RIDs{form: ridList, n: uint32(len(rids)), data: data}
}

// BitmapRIDs makes a set of a bitmap, for bulk work; the events come in ascending order.
// The bitmap is run-optimised.
func BitmapRIDs(rids *roaring64.Bitmap) (RIDs, error) {
	rids.RunOptimize()
	data, err := rids.ToBytes()
	if err != nil {
		return RIDs{}, err
	}
	return RIDs{form: ridBitmap, n: uint32(rids.GetCardinality()), data: data}, nil
}

// RefRIDs names a file range that holds the serialised bitmap, for a set that does not fit
// into a frame. ref.Rows is the number of rids.
func RefRIDs(ref Ref) RIDs { return RIDs{form: ridRef, n: ref.Rows, ref: ref} }

// Len is the number of rids.
func (s RIDs) Len() int { return int(s.n) }

// Ref returns the file range that holds the set, when it is not inline.
func (s RIDs) Ref() (Ref, bool) { return s.ref, s.form == ridRef }

// Resolve turns a rid as stored into a permanent one.
func (s RIDs) Resolve(rid uint64) uint64 {
	if rid&Relative != 0 {
		return s.base + rid&^Relative
	}
	return rid
}

// AppendTo appends the rids, resolved, in the order of their events. A set that is a Ref
// adds nothing: its owner reads the file.
func (s RIDs) AppendTo(dst []uint64) []uint64 {
	switch s.form {
	case ridList:
		for i := 0; i < len(s.data); i += 8 {
			dst = append(dst, s.Resolve(binary.LittleEndian.Uint64(s.data[i:])))
		}
	case ridBitmap:
		b, err := bitmapOf(s.data)
		if err != nil {
			return dst // cannot be: readRIDs has decoded the same bytes
		}
		for it := b.Iterator(); it.HasNext(); {
			dst = append(dst, s.Resolve(it.Next()))
		}
	}
	return dst
}

func (s *RIDs) appendTo(w *binfmt.Writer) {
	w.U8(uint8(s.form))
	w.Zero(3)
	w.U32(s.n)
	if s.form == ridRef {
		w.U32(refSize)
		w.Zero(4)
		s.ref.appendTo(w)
		return
	}
	w.U32(uint32(len(s.data)))
	w.Zero(4)
	w.Bytes(s.data)
	w.Align(8)
}

// readRIDs takes a set and checks that it holds as many rids as it says.
func readRIDs(r *binfmt.Reader, base uint64) RIDs {
	s := RIDs{form: ridForm(r.U8()), base: base}
	r.Zero(3)
	s.n = r.U32()
	size := r.U32()
	r.Zero(4)
	switch s.form {
	case ridList:
		r.Check(uint64(size) == 8*uint64(s.n), "list of %d rids has %d bytes", s.n, size)
		s.data = r.Array(uint64(s.n), 8)
	case ridBitmap:
		s.data = r.Bytes(int(size))
		if r.Err() == nil {
			b, err := bitmapOf(s.data)
			r.Check(err == nil && b.GetCardinality() == uint64(s.n), "bitmap of %d rids is not valid", s.n)
		}
		r.Align(8)
	case ridRef:
		r.Check(size == refSize, "reference of %d bytes", size)
		s.ref = readRef(r)
		r.Check(s.ref.Rows == s.n, "reference to %d rids, %d expected", s.ref.Rows, s.n)
	default:
		r.Fail("rid set form %d is not known", s.form)
	}
	return s
}
