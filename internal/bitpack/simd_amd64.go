//go:build goexperiment.simd && amd64

package bitpack

import (
	"simd/archsimd"
	"unsafe"
)

// wide says that the processor permutes the bytes of a register of 64.
var wide = archsimd.X86.AVX512() && archsimd.X86.AVX512VBMI()

// The loops take a register of 64 bytes of packed numbers, give each lane the bytes that its number lies
// in, and shift it down to the first bit. lanes16 to lanes64 say which bytes and by how many bits, for
// lanes of two, four and eight bytes, which hold numbers of at most 9, 25 and 57 bits wherever they begin.
type lanes[S any] struct {
	bytes  [64]uint8
	shifts S
}

var (
	lanes16 [10]lanes[[32]uint16]
	lanes32 [26]lanes[[16]uint32]
	lanes64 [MaxBits + 1]lanes[[8]uint64]
)

func init() {
	if !wide {
		return
	}
	for w := range lanes16 {
		for i := range 32 {
			for b := range 2 {
				lanes16[w].bytes[i*2+b] = uint8(i*w>>3 + b)
			}
			lanes16[w].shifts[i] = uint16(i * w & 7)
		}
	}
	for w := range lanes32 {
		for i := range 16 {
			for b := range 4 {
				lanes32[w].bytes[i*4+b] = uint8(i*w>>3 + b)
			}
			lanes32[w].shifts[i] = uint32(i * w & 7)
		}
	}
	for w := range lanes64 {
		for i := range 8 {
			for b := range 8 {
				lanes64[w].bytes[i*8+b] = uint8(i*w>>3 + b)
			}
			lanes64[w].shifts[i] = uint64(i * w & 7)
		}
	}
}

// unpackWide unpacks the blocks from which a register does not reach behind src, and returns how many.
func unpackWide(dst, src []byte, blocks, bits, width int, mul, add uint64) int {
	if !wide || len(src) < 64 || width == 4 && bits >= len(lanes32) {
		return 0
	}
	n := min(blocks, (len(src)-64)/(bits*8))
	if n == 0 {
		return 0
	}
	to, from := unsafe.Pointer(&dst[:n*BlockRows*width][0]), unsafe.Pointer(&src[0])
	switch {
	case width == 1:
		wide8(to, from, n, bits, mul, add)
	case width == 2 && bits < len(lanes16):
		wide16few(to, from, n, bits, mul, add)
	case width == 2:
		wide16(to, from, n, bits, mul, add)
	case width == 4:
		wide32(to, from, n, bits, mul, add)
	default:
		wide64(to, from, n, bits, mul, add)
	}
	archsimd.ClearAVXUpperBits() // what is left there slows the floating-point code that comes next
	return n
}

// register loads 64 bytes.
func register(src unsafe.Pointer) archsimd.Uint8x64 {
	return archsimd.LoadUint8x64((*[64]uint8)(src))
}

// The loops step with pointers: unpackWide has compared the lengths. Those without a product are for the
// common case.

// wide8 unpacks n blocks of numbers of at most 8 bits into bytes.
func wide8(to, from unsafe.Pointer, n, bits int, mul, add uint64) {
	table := &lanes16[bits]
	pick, down := archsimd.LoadUint8x64(&table.bytes), archsimd.LoadUint16x32(&table.shifts)
	mask := archsimd.BroadcastUint16x32(1<<bits - 1)
	m, a := archsimd.BroadcastUint16x32(uint16(mul)), archsimd.BroadcastUint16x32(uint16(add))
	for i := range n {
		dst, src := unsafe.Add(to, i*BlockRows), unsafe.Add(from, i*bits*8)
		x := register(src).Permute(pick).AsUint16x32().ShiftRight(down).And(mask)
		y := register(unsafe.Add(src, bits*4)).Permute(pick).AsUint16x32().ShiftRight(down).And(mask)
		if mul != 1 {
			x, y = x.Mul(m), y.Mul(m)
		}
		x.Add(a).TruncateToUint8().Store((*[32]uint8)(dst))
		y.Add(a).TruncateToUint8().Store((*[32]uint8)(unsafe.Add(dst, 32)))
	}
}

// wide16few unpacks n blocks of numbers of at most 9 bits into lanes of two bytes.
func wide16few(to, from unsafe.Pointer, n, bits int, mul, add uint64) {
	table := &lanes16[bits]
	pick, down := archsimd.LoadUint8x64(&table.bytes), archsimd.LoadUint16x32(&table.shifts)
	mask := archsimd.BroadcastUint16x32(1<<bits - 1)
	m, a := archsimd.BroadcastUint16x32(uint16(mul)), archsimd.BroadcastUint16x32(uint16(add))
	for i := range n {
		dst, src := unsafe.Add(to, i*2*BlockRows), unsafe.Add(from, i*bits*8)
		x := register(src).Permute(pick).AsUint16x32().ShiftRight(down).And(mask)
		y := register(unsafe.Add(src, bits*4)).Permute(pick).AsUint16x32().ShiftRight(down).And(mask)
		if mul != 1 {
			x, y = x.Mul(m), y.Mul(m)
		}
		x.Add(a).Store((*[32]uint16)(dst))
		y.Add(a).Store((*[32]uint16)(unsafe.Add(dst, 64)))
	}
}

// wide16 unpacks n blocks of numbers of at most 16 bits into lanes of two bytes.
func wide16(to, from unsafe.Pointer, n, bits int, mul, add uint64) {
	table := &lanes32[bits]
	pick, down := archsimd.LoadUint8x64(&table.bytes), archsimd.LoadUint32x16(&table.shifts)
	mask := archsimd.BroadcastUint32x16(1<<bits - 1)
	m, a := archsimd.BroadcastUint32x16(uint32(mul)), archsimd.BroadcastUint32x16(uint32(add))
	for i := range n * BlockRows / 32 {
		dst, src := unsafe.Add(to, i*64), unsafe.Add(from, i*bits*4)
		x := register(src).Permute(pick).AsUint32x16().ShiftRight(down).And(mask)
		y := register(unsafe.Add(src, bits*2)).Permute(pick).AsUint32x16().ShiftRight(down).And(mask)
		if mul != 1 {
			x, y = x.Mul(m), y.Mul(m)
		}
		x.Add(a).TruncateToUint16().Store((*[16]uint16)(dst))
		y.Add(a).TruncateToUint16().Store((*[16]uint16)(unsafe.Add(dst, 32)))
	}
}

// wide32 unpacks n blocks of numbers of at most 25 bits into lanes of four bytes.
func wide32(to, from unsafe.Pointer, n, bits int, mul, add uint64) {
	table := &lanes32[bits]
	pick, down := archsimd.LoadUint8x64(&table.bytes), archsimd.LoadUint32x16(&table.shifts)
	mask := archsimd.BroadcastUint32x16(1<<bits - 1)
	m, a := archsimd.BroadcastUint32x16(uint32(mul)), archsimd.BroadcastUint32x16(uint32(add))
	for i := range n * BlockRows / 32 {
		dst, src := unsafe.Add(to, i*128), unsafe.Add(from, i*bits*4)
		x := register(src).Permute(pick).AsUint32x16().ShiftRight(down).And(mask)
		y := register(unsafe.Add(src, bits*2)).Permute(pick).AsUint32x16().ShiftRight(down).And(mask)
		if mul != 1 {
			x, y = x.Mul(m), y.Mul(m)
		}
		x.Add(a).Store((*[16]uint32)(dst))
		y.Add(a).Store((*[16]uint32)(unsafe.Add(dst, 64)))
	}
}

// wide64 unpacks n blocks of numbers of at most 56 bits into lanes of eight bytes.
func wide64(to, from unsafe.Pointer, n, bits int, mul, add uint64) {
	table := &lanes64[bits]
	pick, down := archsimd.LoadUint8x64(&table.bytes), archsimd.LoadUint64x8(&table.shifts)
	mask := archsimd.BroadcastUint64x8(1<<bits - 1)
	m, a := archsimd.BroadcastUint64x8(mul), archsimd.BroadcastUint64x8(add)
	for i := range n * BlockRows / 16 {
		dst, src := unsafe.Add(to, i*128), unsafe.Add(from, i*bits*2)
		x := register(src).Permute(pick).AsUint64x8().ShiftRight(down).And(mask)
		y := register(unsafe.Add(src, bits)).Permute(pick).AsUint64x8().ShiftRight(down).And(mask)
		if mul != 1 {
			x, y = x.Mul(m), y.Mul(m)
		}
		x.Add(a).Store((*[8]uint64)(dst))
		y.Add(a).Store((*[8]uint64)(unsafe.Add(dst, 64)))
	}
}
