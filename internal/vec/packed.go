package vec

import "driftdb/internal/bitpack"

// unpacked returns the integer of row i of a Packed vector.
func (v *Vec) unpacked(i int) uint64 {
	return v.Pack.Add + v.Pack.Mul*bitpack.Get(v.Data, i, v.Pack.Bits)
}

// UnpackedSize returns the bytes that Unpack needs for a vector, 0 for one that is not Packed.
func (v *Vec) UnpackedSize() int {
	if v.Form != Packed {
		return 0
	}
	return bitpack.Rounded(v.N) * int(v.Width)
}

// TakePacked sets v to the given rows of from, which is Packed: as Unpack does, with len(rows) times Width
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

// Unpack turns a Packed vector into one of another form, whose integers are in buf: UnpackedSize bytes,
// aligned to 8.
func (v *Vec) Unpack(buf []byte) {
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
