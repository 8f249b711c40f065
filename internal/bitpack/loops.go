package bitpack

import "unsafe"

// The loops here are written once, and made for every count of bits by the compiler: a type of as many bytes
// as a number has bits is their parameter, whose size is a constant in each. So are all shifts, masks and
// places, then. Each turn takes eight numbers, which begin at a whole byte. Places are counted from the
// first, so that no pointer is made behind what is packed.

// unpacker unpacks blocks. The word behind them can be read, too.
type unpacker func(dst, src unsafe.Pointer, blocks int, mul, add uint64)

// The loops by bits, for lanes of one, two, four and eight bytes.
var to8 = [...]unpacker{
	nil, unpack8[[1]byte], unpack8[[2]byte], unpack8[[3]byte], unpack8[[4]byte], unpack8[[5]byte], unpack8[[6]byte],
	unpack8[[7]byte], unpack8[[8]byte],
}
var to16 = [...]unpacker{
	nil, unpack16[[1]byte], unpack16[[2]byte], unpack16[[3]byte], unpack16[[4]byte], unpack16[[5]byte],
	unpack16[[6]byte], unpack16[[7]byte], unpack16[[8]byte], unpack16[[9]byte], unpack16[[10]byte], unpack16[[11]byte],
	unpack16[[12]byte], unpack16[[13]byte], unpack16[[14]byte], unpack16[[15]byte], unpack16[[16]byte],
}
var to32 = [...]unpacker{
	nil, unpack32[[1]byte], unpack32[[2]byte], unpack32[[3]byte], unpack32[[4]byte], unpack32[[5]byte],
	unpack32[[6]byte], unpack32[[7]byte], unpack32[[8]byte], unpack32[[9]byte], unpack32[[10]byte], unpack32[[11]byte],
	unpack32[[12]byte], unpack32[[13]byte], unpack32[[14]byte], unpack32[[15]byte], unpack32[[16]byte],
	unpack32[[17]byte], unpack32[[18]byte], unpack32[[19]byte], unpack32[[20]byte], unpack32[[21]byte],
	unpack32[[22]byte], unpack32[[23]byte], unpack32[[24]byte], unpack32[[25]byte], unpack32[[26]byte],
	unpack32[[27]byte], unpack32[[28]byte], unpack32[[29]byte],
}

var to64 = [...]unpacker{
	nil, unpack64[[1]byte], unpack64[[2]byte], unpack64[[3]byte], unpack64[[4]byte], unpack64[[5]byte],
	unpack64[[6]byte], unpack64[[7]byte], unpack64[[8]byte], unpack64[[9]byte], unpack64[[10]byte], unpack64[[11]byte],
	unpack64[[12]byte], unpack64[[13]byte], unpack64[[14]byte], unpack64[[15]byte], unpack64[[16]byte],
	unpack64[[17]byte], unpack64[[18]byte], unpack64[[19]byte], unpack64[[20]byte], unpack64[[21]byte],
	unpack64[[22]byte], unpack64[[23]byte], unpack64[[24]byte], unpack64[[25]byte], unpack64[[26]byte],
	unpack64[[27]byte], unpack64[[28]byte], unpack64[[29]byte], unpack64[[30]byte], unpack64[[31]byte],
	unpack64[[32]byte], unpack64[[33]byte], unpack64[[34]byte], unpack64[[35]byte], unpack64[[36]byte],
	unpack64[[37]byte], unpack64[[38]byte], unpack64[[39]byte], unpack64[[40]byte], unpack64[[41]byte],
	unpack64[[42]byte], unpack64[[43]byte], unpack64[[44]byte], unpack64[[45]byte], unpack64[[46]byte],
	unpack64[[47]byte], unpack64[[48]byte], unpack64[[49]byte], unpack64[[50]byte], unpack64[[51]byte],
	unpack64[[52]byte], unpack64[[53]byte], unpack64[[54]byte], unpack64[[55]byte], unpack64[[56]byte],
}

// unpackBlocks unpacks so many blocks of src, which has at least 8 bytes more.
func unpackBlocks(dst, src []byte, blocks, bits, width int, mul, add uint64) {
	to, from := unsafe.Pointer(&dst[:blocks*BlockRows*width][0]), unsafe.Pointer(&src[:blocks*bits*8+8][0])
	switch width {
	case 1:
		to8[bits](to, from, blocks, mul, replicate(add, 1))
	case 2:
		to16[bits](to, from, blocks, mul, replicate(add, 2))
	case 4:
		to32[bits](to, from, blocks, mul, add)
	default:
		to64[bits](to, from, blocks, mul, add)
	}
}

// bitsOf returns the bits that W stands for.
func bitsOf[W any]() uint {
	var z W
	return uint(unsafe.Sizeof(z))
}

// word returns the 8 bytes at an offset.
func word(src unsafe.Pointer, off uint) uint64 { return *(*uint64)(unsafe.Add(src, off)) }

// setWord sets word i.
func setWord(dst unsafe.Pointer, i uint, x uint64) { *(*uint64)(unsafe.Add(dst, 8*i)) = x }

// The lowest bits of lanes of one, two and four bytes.
const (
	each8  = 0x0101010101010101
	each16 = 0x0001000100010001
	each32 = 0x0000000100000001
)

// addLanes adds lanes, of which each has the lowest bits, each modulo its size.
func addLanes(x, y, each uint64, lane uint) uint64 {
	high := each << (lane - 1)
	return (x&^high + y&^high) ^ (x^y)&high
}

// apart moves the numbers of more than w bits of each lane up to the next lane.
func apart(x, each uint64, w, lane uint) uint64 {
	low := (1<<w - 1) * each
	if 2*w <= lane {
		return (x | x<<(lane-w)) & (low | low<<lane)
	}
	stay := x & low
	return stay | (x^stay)<<(lane-w)
}

// unpack8 unpacks numbers of at most 8 bits, eight of a word at once: their upper half is moved, then the
// upper half of each half, and so on.
func unpack8[W any](dst, src unsafe.Pointer, blocks int, mul, add uint64) {
	w := bitsOf[W]()
	for i := range uint(blocks) * BlockRows / 8 {
		x := word(src, i*w) & (^uint64(0) >> (64 - 8*w))
		x = apart(x, 1, 4*w, 32)
		x = apart(x, each32, 2*w, 16)
		x = apart(x, each16, w, 8) * mul
		if add != 0 {
			x = addLanes(x, add, each8, 8)
		}
		setWord(dst, i, x)
	}
}

// unpack16 unpacks into lanes of two bytes, four numbers of a word at once.
func unpack16[W any](dst, src unsafe.Pointer, blocks int, mul, add uint64) {
	w := bitsOf[W]()
	for i := range uint(blocks) * BlockRows / 8 {
		four := ^uint64(0) >> (64 - 4*w)
		x, y := word(src, i*w)&four, word(src, i*w+w/2)>>(4*w&7)&four
		x, y = apart(x, 1, 2*w, 32), apart(y, 1, 2*w, 32)
		x, y = apart(x, each32, w, 16)*mul, apart(y, each32, w, 16)*mul
		if add != 0 {
			x, y = addLanes(x, add, each16, 16), addLanes(y, add, each16, 16)
		}
		setWord(dst, 2*i, x)
		setWord(dst, 2*i+1, y)
	}
}

// unpack32 unpacks numbers of at most 29 bits into lanes of four bytes.
func unpack32[W any](dst, src unsafe.Pointer, blocks int, mul, add uint64) {
	w, m, a := bitsOf[W](), uint32(mul), uint32(add)
	if m != 1 {
		for i := range uint(blocks) * BlockRows / 8 {
			to, off := (*[8]uint32)(unsafe.Add(dst, 32*i)), i*w
			to[0] = number(src, off, 0, w)*m + a
			to[1] = number(src, off, 1, w)*m + a
			to[2] = number(src, off, 2, w)*m + a
			to[3] = number(src, off, 3, w)*m + a
			to[4] = number(src, off, 4, w)*m + a
			to[5] = number(src, off, 5, w)*m + a
			to[6] = number(src, off, 6, w)*m + a
			to[7] = number(src, off, 7, w)*m + a
		}
		return
	}
	for i := range uint(blocks) * BlockRows / 8 { // without products, which take most of the time
		to, off := (*[8]uint32)(unsafe.Add(dst, 32*i)), i*w
		to[0] = number(src, off, 0, w) + a
		to[1] = number(src, off, 1, w) + a
		to[2] = number(src, off, 2, w) + a
		to[3] = number(src, off, 3, w) + a
		to[4] = number(src, off, 4, w) + a
		to[5] = number(src, off, 5, w) + a
		to[6] = number(src, off, 6, w) + a
		to[7] = number(src, off, 7, w) + a
	}
}

// number returns number k of the eight of w bits that begin at an offset.
func number(src unsafe.Pointer, off, k, w uint) uint32 {
	return uint32(word(src, off+k*w>>3)>>(k*w&7)) & (1<<w - 1)
}

// unpack64 unpacks numbers of at most 56 bits.
func unpack64[W any](dst, src unsafe.Pointer, blocks int, mul, add uint64) {
	w := bitsOf[W]()
	all := ^uint64(0) >> (64 - w)
	for i := range uint(blocks) * BlockRows / 8 {
		to, off := (*[8]uint64)(unsafe.Add(dst, 64*i)), i*w
		to[0] = word(src, off)&all*mul + add
		to[1] = word(src, off+w>>3)>>(w&7)&all*mul + add
		to[2] = word(src, off+2*w>>3)>>(2*w&7)&all*mul + add
		to[3] = word(src, off+3*w>>3)>>(3*w&7)&all*mul + add
		to[4] = word(src, off+4*w>>3)>>(4*w&7)&all*mul + add
		to[5] = word(src, off+5*w>>3)>>(5*w&7)&all*mul + add
		to[6] = word(src, off+6*w>>3)>>(6*w&7)&all*mul + add
		to[7] = word(src, off+7*w>>3)>>(7*w&7)&all*mul + add
	}
}
