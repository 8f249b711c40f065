package bitpack

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// lane returns lane i of a width.
func lane(b []byte, i, width int) uint64 {
	switch width {
	case 1:
		return uint64(b[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return binary.LittleEndian.Uint64(b[8*i:])
}

// TestUnpackGivesBackWhatWasPacked packs numbers of every count of bits and unpacks them into every lane
// they fit, with and without bytes behind them.
func TestUnpackGivesBackWhatWasPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for bits := range MaxBits + 1 {
		for _, n := range []int{1, 63, 64, 65, 700, 2048} {
			const base, unit = 1000, 7
			src, want := make([]uint64, n), make([]uint64, n)
			for i := range src {
				want[i] = r.Uint64() & (1<<bits - 1)
				src[i] = base + unit*want[i]
			}
			want[n-1] = 1<<bits - 1
			src[n-1] = base + unit*want[n-1]
			packed := make([]byte, Size(n, bits))
			Pack(packed, src, base, unit, bits)
			for i := range want {
				if got := Get(packed, i, bits); got != want[i] {
					t.Fatalf("%d bits: number %d of %d is %d, want %d", bits, i, n, got, want[i])
				}
			}
			for _, width := range []int{1, 2, 4, 8} {
				checkLanes(t, packed, want, bits, width)
			}
		}
	}
}

func checkLanes(t *testing.T, packed []byte, want []uint64, bits, width int) {
	t.Helper()
	if bits > MaxBitsOf(width) {
		return
	}
	mul, add := uint64(1), uint64(0)
	if bits+4 <= 8*width {
		mul, add = 11, 3
	}
	for _, more := range []int{0, 8, 64, 1000} {
		src := append(append([]byte(nil), packed...), make([]byte, more)...)
		for i := len(packed); i < len(src); i++ {
			src[i] = 0xA5
		}
		dst := make([]byte, Rounded(len(want))*width)
		Unpack(dst, src, len(want), bits, width, mul, add)
		for i, x := range want {
			if got := lane(dst, i, width); got != add+mul*x {
				t.Fatalf("%d bits in %d bytes, %d behind: number %d of %d is %d, want %d", bits, width, more, i, len(want), got, add+mul*x)
			}
		}
	}
}

// TestPackTakesAllLanes packs from lanes of all types.
func TestPackTakesAllLanes(t *testing.T) {
	check := func(packed []byte) {
		t.Helper()
		for i := range 100 {
			if got := Get(packed, i, 5); got != uint64(i%30) {
				t.Fatalf("number %d is %d", i, got)
			}
		}
	}
	u8, i64 := make([]uint8, 100), make([]int64, 100)
	for i := range u8 {
		u8[i], i64[i] = uint8(i%30), int64(i%30)*10-5000
	}
	packed := make([]byte, Size(100, 5))
	Pack(packed, u8, 0, 1, 5)
	check(packed)
	base := int64(-5000)
	Pack(packed, i64, uint64(base), 10, 5)
	check(packed)
}

func BenchmarkUnpack(b *testing.B) {
	for _, c := range [][2]int{{1, 1}, {4, 1}, {12, 2}, {18, 4}, {40, 8}} {
		b.Run(fmt.Sprintf("%d bits in %d bytes", c[0], c[1]), func(b *testing.B) {
			src, dst := make([]byte, Size(2048, c[0])+64), make([]byte, 2048*c[1])
			for b.Loop() {
				Unpack(dst, src, 2048, c[0], c[1], 1, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2048, "ns/row")
		})
	}
}
