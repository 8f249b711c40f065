package bitpack

import (
	"encoding/binary"
	"unsafe"
)

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
	for done := unpackWide(dst, src, blocks, bits, width, mul, add); done < blocks; done++ {
		in := src[done*bits*8:]
		if len(in) < bits*8+8 { // words of 8 bytes reach behind the block
			var last [8*MaxBits + 8]byte
			copy(last[:], in[:bits*8])
			in = last[:]
		}
		unpackBlock(unsafe.Pointer(&dst[done*BlockRows*width]), unsafe.Pointer(&in[0]), bits, width, mul, add)
	}
}

// unpackBlock unpacks a block. The word behind it can be read, too.
func unpackBlock(dst, src unsafe.Pointer, bits, width int, mul, add uint64) {
	switch width {
	case 1:
		unpack8(dst, src, bits, mul, add)
	case 2:
		unpack16(dst, src, bits, mul, add)
	case 4:
		unpack32(dst, src, bits, mul, add)
	default:
		unpack64(dst, src, bits, mul, add)
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

// The highest bits of lanes.
const (
	high8  = 0x8080808080808080
	high16 = 0x8000800080008000
	high32 = 0x8000000080000000
)

// addLanes adds lanes of which high are the highest bits, each modulo its size.
func addLanes(x, y, high uint64) uint64 { return (x&^high + y&^high) ^ (x^y)&high }

// The loops below spread several numbers over the lanes of a word: they move the upper half of the numbers,
// then the upper half of each half, and so on. Counts of shifts are below 64, and masked so that the compiler
// sees it.

// unpack8 unpacks a block of numbers of at most 8 bits, eight at a time.
func unpack8(dst, src unsafe.Pointer, bits int, mul, add uint64) {
	w := uint(bits)
	all, half := ^uint64(0)>>(64-8*w), ^uint64(0)>>(64-4*w)
	quarter := (uint64(1)<<(2*w) - 1) * 0x0000000100000001
	one := (uint64(1)<<w - 1) * 0x0001000100010001
	s1, s2, s3 := 32-4*w, 16-2*w, 8-w
	add = replicate(add, 1)
	for i := range uint(BlockRows / 8) {
		x := word(src, i*w) & all
		x = x&half | x&^half<<(s1&63)
		x = x&quarter | x&^quarter<<(s2&63)
		x = x&one | x&^one<<(s3&63)
		if mul != 1 {
			x *= mul
		}
		if add != 0 {
			x = addLanes(x, add, high8)
		}
		setWord(dst, i, x)
	}
}

// unpack16 unpacks a block into lanes of two bytes, four numbers at a time.
func unpack16(dst, src unsafe.Pointer, bits int, mul, add uint64) {
	w := uint(bits)
	all, half := ^uint64(0)>>(64-4*w), ^uint64(0)>>(64-2*w)
	one := (uint64(1)<<w - 1) * 0x0000000100000001
	s1, s2 := 32-2*w, 16-w
	add = replicate(add, 2)
	for i := range uint(BlockRows / 4) {
		at := 4 * w * i
		x := word(src, at>>3) >> (at & 7) & all
		x = x&half | x&^half<<(s1&63)
		x = x&one | x&^one<<(s2&63)
		if mul != 1 {
			x *= mul
		}
		if add != 0 {
			x = addLanes(x, add, high16)
		}
		setWord(dst, i, x)
	}
}

// unpack32 unpacks a block of numbers of at most 29 bits into lanes of four bytes, two at a time.
func unpack32(dst, src unsafe.Pointer, bits int, mul, add uint64) {
	w := uint(bits)
	all, one := ^uint64(0)>>(64-2*w), ^uint64(0)>>(64-w)
	s1 := 32 - w
	add = replicate(add, 4)
	for i := range uint(BlockRows / 2) {
		at := 2 * w * i
		x := word(src, at>>3) >> (at & 7) & all
		x = x&one | x&^one<<(s1&63)
		if mul != 1 {
			x *= mul
		}
		setWord(dst, i, addLanes(x, add, high32))
	}
}

// unpack64 unpacks a block of numbers of at most 56 bits one by one.
func unpack64(dst, src unsafe.Pointer, bits int, mul, add uint64) {
	w := uint(bits)
	all := ^uint64(0) >> (64 - w)
	for i := range uint(BlockRows) {
		at := i * w
		setWord(dst, i, word(src, at>>3)>>(at&7)&all*mul+add)
	}
}

// word returns the 8 bytes at an offset.
func word(src unsafe.Pointer, off uint) uint64 { return *(*uint64)(unsafe.Add(src, off)) }

// setWord sets word i.
func setWord(dst unsafe.Pointer, i uint, x uint64) { *(*uint64)(unsafe.Add(dst, 8*i)) = x }

// MaxBitsOf returns the most bits of numbers that Unpack puts into lanes of the given width.
func MaxBitsOf(width int) int {
	return [...]int{1: 8, 2: 16, 4: 29, 8: MaxBits}[width]
}
