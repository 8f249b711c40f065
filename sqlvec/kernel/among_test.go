package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// testAmong asks for keys in ascending order, more or less, within the set and around it.
func testAmong[T Int](t *rapid.T) {
	lo := rapid.OneOf(rapid.Int64Range(-1<<33, 1<<33), rapid.Int64Range(-2000, 2000), rapid.Int64()).Draw(t, "lo")
	span := uint64(rapid.SampledFrom([]int{1, 63, 64, 500, 700, 5000, 100000}).Draw(t, "span"))
	hi := int64(uint64(lo) + span - 1)
	if hi < lo {
		hi = math.MaxInt64
		span = uint64(hi) - uint64(lo) + 1
	}
	words := make([]uint64, span/64+1)
	seed := rapid.Uint64().Draw(t, "seed")
	draw := func(n uint64) uint64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return seed >> 16 % n
	}
	for d := range span {
		if draw(3) == 0 {
			words[d>>6] |= 1 << (d & 63)
		}
	}
	n := rapid.IntRange(1, 700).Draw(t, "n")
	x, mask := make([]T, n), make([]uint64, Words(n))
	// Keys lie about a place in the set, or anywhere.
	base := rapid.OneOf(rapid.Just(lo), rapid.Just(hi), rapid.Int64Range(-1<<33, 1<<33), rapid.Just(int64(0))).Draw(t, "base")
	at, step := uint64(lo)-uint64(base)-draw(200), rapid.SampledFrom([]uint64{0, 1, 3, 9, 1 << 20}).Draw(t, "step")
	jitter, down := 1+rapid.Uint64Range(0, 80).Draw(t, "jitter"), rapid.Bool().Draw(t, "down")
	for i := range x {
		k := i
		if down {
			k = n - 1 - i
		}
		x[i] = T(at + uint64(k)*step + draw(jitter))
	}
	full := rapid.Bool().Draw(t, "full")
	for w := range mask {
		if mask[w] = ^uint64(0); !full {
			mask[w] = draw(1<<48) << draw(40)
		}
	}
	Trim(mask, n)
	before := append([]uint64(nil), mask...)
	Among(words, lo, hi, x, base, mask)
	for i, k := range x {
		d := uint64(int64(k)) + uint64(base) - uint64(lo)
		want := before[i>>6]>>(i&63)&1 == 1 && d < span && words[d>>6]>>(d&63)&1 == 1
		if got := mask[i>>6]>>(i&63)&1 == 1; got != want {
			t.Fatalf("row %d of %d: %d + %d in [%d, %d]: %v", i, n, base, k, lo, hi, got)
		}
	}
}

func TestAmong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testAmong[uint8](t)
		testAmong[uint16](t)
		testAmong[uint32](t)
		testAmong[int16](t)
		testAmong[int32](t)
		testAmong[int64](t)
	})
}

func BenchmarkAmong(b *testing.B) {
	words := make([]uint64, 151000/64)
	for i := range words {
		words[i] = uint64(i) * 0x9E3779B97F4A7C15
	}
	bench := func(name string, key func(i int) uint32) {
		x, mask := make([]uint32, 2048), make([]uint64, 2048/64)
		for i := range x {
			x[i] = key(i)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for w := range mask {
					mask[w] = ^uint64(0)
				}
				Among(words, 0, 150000, x, 0, mask)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/row")
		})
	}
	bench("ascending", func(i int) uint32 { return uint32(i) })
	bench("spread", func(i int) uint32 { return uint32(i) * 48271 % 150000 })
}
