package eventlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/roaring64"
)

// minBitmapEntry is the least that one of the 32-bit bitmaps in a 64-bit one takes: its key,
// its cookie, and one container's descriptor and value.
const minBitmapEntry = 14

var errBitmap = errors.New("roaring bitmap is not valid")

// bitmapOf decodes a 64-bit roaring bitmap that must fill data exactly. The library trusts
// its input: so the count is checked before it allocates, a panic becomes an error, and the
// values are walked once, because an unsorted container would lose rids in silence.
func bitmapOf(data []byte) (b *roaring64.Bitmap, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("%w: %v", errBitmap, p)
		}
	}()
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)/minBitmapEntry) {
		return nil, errBitmap
	}
	b = roaring64.New()
	n, err := b.ReadFrom(bytes.NewReader(data))
	if err != nil || n != int64(len(data)) || !ascends(b) {
		return nil, errBitmap
	}
	return b, nil
}

// ascends reports whether the values of b ascend and are as many as it says.
func ascends(b *roaring64.Bitmap) bool {
	var buf [512]uint64
	left, last, first := b.GetCardinality(), uint64(0), true
	for it := b.ManyIterator(); ; {
		n := it.NextMany(buf[:])
		if n == 0 {
			return left == 0
		}
		if uint64(n) > left {
			return false
		}
		for _, v := range buf[:n] {
			if v <= last && !first {
				return false
			}
			last, first = v, false
		}
		left -= uint64(n)
	}
}
