package vec

import (
	"driftdb/internal/bitpack"
	"driftdb/internal/types"
)

// unpacked returns the integer of row i of a Packed vector.
func (v *Vec) unpacked(i int) uint64 {
	return v.Pack.Add + v.Pack.Mul*bitpack.Get(v.Data, i, v.Pack.Bits)
}

// IsPackedText reports whether v is Packed and has strings of its own.
func (v *Vec) IsPackedText() bool {
	return v.Form == Packed && v.Dict == nil && v.Type.Class() == types.Bytes
}

// UnpackedSize returns the bytes that Unpack needs for a vector, 0 for one that is not Packed.
func (v *Vec) UnpackedSize() int {
	switch {
	case v.Form != Packed:
		return 0
	case v.IsPackedText():
		return 4 * (bitpack.Rounded(v.N) + 1)
	}
	return bitpack.Rounded(v.N) * int(v.Width)
}

// HeapRange returns where in Heap the string of row i of a Packed vector of strings lies: those before it in
// its block say where it begins.
func (v *Vec) HeapRange(i int) (lo, hi int) {
	lo = int(v.Offs[i/bitpack.BlockRows])
	for k := i &^ (bitpack.BlockRows - 1); k < i; k++ {
		lo += int(v.unpacked(k))
	}
	return lo, lo + int(v.unpacked(i))
}

// unpackText is Unpack of strings: lengths become offsets.
func (v *Vec) unpackText(buf []byte) {
	offs := Cast[int32](buf[:v.UnpackedSize()])
	lengths := offs[1:]
	bitpack.Unpack(BytesOf(lengths), v.Data, v.N, v.Pack.Bits, 4, v.Pack.Mul, v.Pack.Add)
	copy(offs[:1], v.Offs) // of no rows there may be none
	for lo := 0; lo < len(lengths); lo += bitpack.BlockRows {
		at, block := v.Offs[lo/bitpack.BlockRows], (*[bitpack.BlockRows]int32)(lengths[lo:])
		for i, n := range block {
			at += n
			block[i] = at
		}
	}
	v.Form, v.Width, v.Data, v.Pack, v.Offs = Flat, 0, nil, nil, offs[:v.N+1]
}

// TakePacked sets v to the given rows of from, which is Packed and no strings: as Unpack does, with len(rows) times Width
// bytes in buf. Validity and N are not changed.
func (v *Vec) TakePacked(from *Vec, rows []int32, buf []byte) {
	switch from.Width {
	case 1:
		takePacked(buf, from, rows)
	case 2:
		takePacked(Cast[uint16](buf), from, rows)
	case 4:
		takePacked(Cast[uint32](buf), from, rows)
	default:
		takePacked(Cast[uint64](buf), from, rows)
	}
	v.unpackedTo(buf)
}

func takePacked[T uint8 | uint16 | uint32 | uint64](dst []T, from *Vec, rows []int32) {
	for i, row := range rows {
		dst[i] = T(from.unpacked(int(row)))
	}
}

// Unpack turns a Packed vector into one of another form, whose integers or offsets are in buf: UnpackedSize
// bytes, aligned to 8.
func (v *Vec) Unpack(buf []byte) {
	if v.IsPackedText() {
		v.unpackText(buf)
		return
	}
	bitpack.Unpack(buf, v.Data, v.N, v.Pack.Bits, int(v.Width), v.Pack.Mul, v.Pack.Add)
	v.unpackedTo(buf[:v.N*int(v.Width)])
}

// unpackedTo gives v the form of its unpacked integers, which are data.
func (v *Vec) unpackedTo(data []byte) {
	v.Data, v.Pack = data, nil
	switch {
	case v.Dict != nil:
		v.Form = Dict
	case int(v.Width) < v.Type.Class().Size():
		v.Form = Narrow
	default:
		v.Form, v.Width = Flat, 0
	}
}
