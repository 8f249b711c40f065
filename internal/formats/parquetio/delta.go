package parquetio

import (
	"encoding/binary"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// checkDelta reports whether the counts and lengths of a page's values in one of the delta encodings hold together:
// the library takes memory for what they declare, and copies values as long as they declare. There are at most
// so many values; those of a fixed length have fixed bytes, else 0.
func checkDelta(data []byte, encoding format.Encoding, values, fixed int) bool {
	d := &deltaReader{b: data, most: int64(values)}
	switch encoding {
	case format.DeltaBinaryPacked:
		return d.count() >= 0
	case format.DeltaLengthByteArray:
		lengths, ok := d.lengths()
		sum := sumOf(lengths)
		return ok && sum >= 0 && sum <= int64(len(d.b))
	}
	prefixes, ok := d.lengths()
	suffixes, also := d.lengths()
	return ok && also && prefixesFit(prefixes, suffixes, len(d.b), len(data), fixed)
}

// deltaReader reads lists of integers that are written as packed differences.
type deltaReader struct {
	b    []byte
	most int64 // integers of a list
}

// mostDelta is how many integers one byte may stand for: a block of equal ones has its least difference, a width
// and up to 65,536 of them.
const mostDelta = 1 << 16

// header reads what a list begins with. ok is false for what the library would not read, or take too much for.
func (d *deltaReader) header() (block, minis, total uint64, first int64, ok bool) {
	block, minis, total = d.uvarint(), d.uvarint(), d.uvarint()
	first = d.varint()
	ok = d.b != nil && block > 0 && block <= mostDelta && block%128 == 0 && minis > 0 && minis <= block/32 && block/minis%32 == 0 &&
		total <= uint64(d.most) && total <= 1+mostDelta*uint64(len(d.b))
	return block, minis, total, first, ok
}

// count returns the length of the list at the beginning, -1 for damage.
func (d *deltaReader) count() int64 {
	if _, _, total, _, ok := d.header(); ok {
		return int64(total)
	}
	return -1
}

// lengths reads a list of lengths.
func (d *deltaReader) lengths() (list []int32, ok bool) {
	block, minis, total, first, ok := d.header()
	if !ok || total == 0 {
		return nil, ok
	}
	each := int(block / minis)
	list = append(make([]int32, 0, total), int32(first))
	for uint64(len(list)) < total {
		least := d.varint()
		if d.b == nil || uint64(len(d.b)) < minis {
			return nil, false
		}
		widths := d.b[:minis]
		d.b = d.b[minis:]
		for _, width := range widths {
			if list, ok = d.mini(list, each, int(width), int32(least), int(total)); !ok {
				return nil, false
			}
			if uint64(len(list)) == total {
				break
			}
		}
	}
	return list, first >= 0 && first <= math.MaxInt32
}

// mini adds a run of up to n integers whose differences have so many bits each; the last one may be cut.
func (d *deltaReader) mini(list []int32, n, width int, least int32, total int) ([]int32, bool) {
	if width > 32 {
		return nil, false
	}
	size := min(n*width/8, len(d.b))
	packed := d.b[:size]
	d.b = d.b[size:]
	last := list[len(list)-1]
	for i := range min(n, total-len(list)) {
		delta := uint32(0)
		if end := (i+1)*width + 7; width > 0 {
			if end/8 > len(packed) {
				return nil, false
			}
			var word [8]byte
			copy(word[:], packed[i*width/8:])
			delta = uint32(binary.LittleEndian.Uint64(word[:]) >> (i * width % 8) & (1<<width - 1))
		}
		last += least + int32(delta)
		list = append(list, last)
	}
	return list, true
}

func (d *deltaReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	return v & d.passed(n)
}

func (d *deltaReader) varint() int64 {
	v, n := binary.Varint(d.b)
	return v & int64(d.passed(n))
}

// passed goes on behind a number of n bytes; without one there are no more bytes, and the result is 0 instead of
// all ones.
func (d *deltaReader) passed(n int) uint64 {
	if n <= 0 {
		d.b = nil
		return 0
	}
	d.b = d.b[n:len(d.b):len(d.b)]
	return math.MaxUint64
}

// sumOf adds lengths; -1 when one is none.
func sumOf(lengths []int32) (sum int64) {
	for _, n := range lengths {
		if n < 0 {
			return -1
		}
		sum += int64(n)
	}
	return sum
}

// prefixesFit reports whether texts that begin with so many bytes of the one before, and go on with so many of the
// have bytes that there are, can be: all of them, and in the memory that a page of a size may become.
func prefixesFit(prefixes, suffixes []int32, have, size, fixed int) bool {
	if len(prefixes) != len(suffixes) {
		return false
	}
	last, own, all := int32(0), int64(0), int64(0)
	for i, p := range prefixes {
		n := suffixes[i]
		if p < 0 || n < 0 || p > last || int64(p)+int64(n) > math.MaxInt32 || fixed > 0 && p+n != int32(fixed) {
			return false
		}
		last = p + n
		own, all = own+int64(n), all+int64(last)
	}
	return own <= int64(have) && all <= math.MaxInt32 && (all <= maxPage || all/maxExpansion <= int64(size))
}
