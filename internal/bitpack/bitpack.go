package bitpack

import "encoding/binary"

// Lane is a type that numbers are packed from.
type Lane interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int16 | ~int32 | ~int64
}

// Pack stores (x-base)/unit for each x of src in bits each. dst has Size bytes. No quotient needs more bits.
func Pack[T Lane](dst []byte, src []T, base, unit uint64, bits int) {
	if bits == 0 {
		return
	}
	var acc uint64
	used := 0
	for i := range Rounded(len(src)) {
		x := uint64(0)
		if i < len(src) {
			x = uint64(src[i]) - base
			if unit > 1 {
				x /= unit
			}
		}
		acc |= x << used
		if used += bits; used >= 64 {
			binary.LittleEndian.PutUint64(dst, acc)
			dst = dst[8:]
			used -= 64
			acc = x >> (bits - used)
		}
	}
}

// Get returns number i as it is stored.
func Get(src []byte, i, bits int) uint64 {
	if bits == 0 {
		return 0
	}
	at := i * bits
	word := at >> 6 << 3
	x := binary.LittleEndian.Uint64(src[word:]) >> (at & 63)
	if at&63+bits > 64 {
		x |= binary.LittleEndian.Uint64(src[word+8:]) << (64 - at&63)
	}
	return x & (1<<bits - 1)
}

// Unpack sets n lanes of width bytes, 1, 2, 4 or 8, to add + mul·x of the first n numbers of src, modulo the
// size of a lane. No mul·x is too great for a lane. dst has room for Rounded(n) lanes. src may go on behind
// the numbers, which is of use: whole registers are read.
func Unpack(dst, src []byte, n, bits, width int, mul, add uint64) {
	blocks := (n + BlockRows - 1) / BlockRows
	dst = dst[:blocks*BlockRows*width]
	if bits == 0 {
		fill(dst, width, add)
		return
	}
	size := bits * 8 // of a block
	done := unpackWide(dst, src, blocks, bits, width, mul, add)
	if whole := min(blocks, (len(src)-8)/size); done < whole {
		unpackBlocks(dst[done*BlockRows*width:], src[done*size:], whole-done, bits, width, mul, add)
		done = whole
	}
	if done < blocks { // words of 8 bytes reach behind the last block
		var last [8*MaxBits + 8]byte
		copy(last[:], src[done*size:][:size])
		unpackBlocks(dst[done*BlockRows*width:], last[:], 1, bits, width, mul, add)
	}
}

// fill sets all lanes to x.
func fill(dst []byte, width int, x uint64) {
	x = replicate(x, width)
	for ; len(dst) >= 8; dst = dst[8:] {
		binary.LittleEndian.PutUint64(dst, x)
	}
}

// replicate returns a word of lanes of the given width that all hold x.
func replicate(x uint64, width int) uint64 {
	switch width {
	case 1:
		return uint64(uint8(x)) * 0x0101010101010101
	case 2:
		return uint64(uint16(x)) * 0x0001000100010001
	case 4:
		return uint64(uint32(x)) * 0x0000000100000001
	}
	return x
}

// MaxBitsOf returns the most bits of numbers that Unpack puts into lanes of the given width.
func MaxBitsOf(width int) int {
	return [...]int{1: 8, 2: 16, 4: 29, 8: MaxBits}[width]
}
