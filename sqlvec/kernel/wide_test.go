package kernel

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// These tests run against the loops in Go, and with GOEXPERIMENT=simd against their twins.

// drawMasked draws up to 700 values and a mask of them without bits past the last.
func drawMasked[T Int](t *rapid.T) (x []T, mask []uint64) {
	n := rapid.IntRange(0, 700).Draw(t, "n")
	x, mask = make([]T, n), make([]uint64, Words(n))
	fill := rapid.SampledFrom([]uint64{0, 3, 1 << 40, ^uint64(0)}).Draw(t, "fill")
	seed := rapid.Uint64().Draw(t, "seed")
	for i := range x {
		seed = seed*6364136223846793005 + 1442695040888963407
		x[i] = T(seed >> 8 & fill)
		if fill == 3 {
			x[i] -= 2
		}
	}
	for i := range mask {
		mask[i] = rapid.OneOf(rapid.Just(uint64(0)), rapid.Just(^uint64(0)), rapid.Uint64()).Draw(t, "mask")
	}
	Trim(mask, n)
	return x, mask
}

func testCompareConst[T Int](t *rapid.T) {
	x, mask := drawMasked[T](t)
	c := T(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()).Draw(t, "c"))
	if len(x) > 0 && rapid.Bool().Draw(t, "hit") {
		c = x[len(x)/2]
	}
	out := make([]uint64, len(mask))
	for op := Eq; op <= Ge; op++ {
		CompareConst(op, x, c, out)
		for i := range 64 * len(out) {
			if want := i < len(x) && holds(op, x[i], c); out[i>>6]>>(i&63)&1 != 0 != want {
				t.Fatalf("op %d with %d: row %d of %d is not %v", op, c, i, len(x), want)
			}
		}
	}
}

func TestCompareConstOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testCompareConst[uint8](t)
		testCompareConst[uint16](t)
		testCompareConst[uint32](t)
		testCompareConst[uint64](t)
		testCompareConst[int8](t)
		testCompareConst[int16](t)
		testCompareConst[int32](t)
		testCompareConst[int64](t)
	})
}

func testMul[T Signed](t *rapid.T) {
	x, _ := drawMasked[T](t)
	y := make([]T, len(x))
	small := rapid.Bool().Draw(t, "small")
	for i := range y {
		if y[i] = x[len(x)-1-i]; small {
			y[i] &= 7
		}
	}
	var or uint64
	over := false
	for i := range x {
		or |= uint64(int64(x[i]) ^ int64(x[i])>>63)
		over = over || MulOverflows(x[i], y[i])
	}
	if got := Magnitude(x); got != or+1 {
		t.Fatalf("magnitude %d, not %d", got, or+1)
	}
	dst := make([]T, len(x))
	if got := Mul(dst, x, y, Magnitude(x), Magnitude(y)); got != over {
		t.Fatalf("overflow %v", got)
	}
	for i := range dst {
		if !over && dst[i] != x[i]*y[i] {
			t.Fatalf("row %d: %d × %d is %d", i, x[i], y[i], dst[i])
		}
	}
}

func testCodes[T Signed, C uint8 | uint16 | uint32](t *rapid.T) {
	x, _ := drawMasked[C](t)
	c, y, got := T(rapid.Int64().Draw(t, "c")), make([]T, len(x)), make([]T, len(x))
	for i := range y {
		y[i] = T(x[len(x)-1-i]) - c
	}
	MulCodes(got, c, x, y)
	for i := range got {
		if want := (c + T(x[i])) * y[i]; got[i] != want {
			t.Fatalf("row %d: (%d + %d) × %d is %d, want %d", i, c, x[i], y[i], got[i], want)
		}
	}
	bytes := make([]uint8, len(x))
	for i := range bytes {
		bytes[i] = uint8(x[i] >> 3)
	}
	MulNarrow(got, c, x, c/3, bytes)
	for i := range got {
		if want := (c + T(x[i])) * (c/3 + T(bytes[i])); got[i] != want {
			t.Fatalf("row %d: (%d + %d) × (%d + %d) is %d, want %d", i, c, x[i], c/3, bytes[i], got[i], want)
		}
	}
}

func testDivConst[T Signed](t *rapid.T) {
	x, _ := drawMasked[T](t)
	c := T(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(1, 1<<33), rapid.Int64()).Draw(t, "c"))
	if c == 0 || c == -1 {
		c = 2
	}
	if len(x) > 0 && rapid.Bool().Draw(t, "multiple") {
		x[0] = x[len(x)/2] / c * c
	}
	q, r := make([]T, len(x)), make([]T, len(x))
	DivConst(q, x, c)
	ModConst(r, x, c)
	for i := range x {
		if q[i] != x[i]/c || r[i] != x[i]%c {
			t.Fatalf("row %d: %d / %d is %d, remainder %d", i, x[i], c, q[i], r[i])
		}
	}
}

func TestDivConstOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testDivConst[int16](t)
		testDivConst[int32](t)
		testDivConst[int64](t)
	})
}

func TestArithmeticOfCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testCodes[int64, uint8](t)
		testCodes[int64, uint16](t)
		testCodes[int64, uint32](t)
		testCodes[int16, uint8](t)
		testCodes[int32, uint16](t)
	})
}

func TestMulOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testMul[int16](t)
		testMul[int32](t)
		testMul[int64](t)
	})
}

func testWiden[D Signed, S Int](t *rapid.T) {
	x := rapid.SliceOfN(rapid.Uint32(), 0, 60).Draw(t, "x")
	base := rapid.Int64().Draw(t, "base")
	codes, got := make([]S, len(x)), make([]D, len(x))
	for i, c := range x {
		codes[i] = S(c)
	}
	Widen(got, codes, base)
	for i, c := range codes {
		if want := D(base) + D(c); got[i] != want {
			t.Fatalf("row %d: %d + %d is %d, want %d", i, base, c, got[i], want)
		}
	}
}

func TestWidenOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testWiden[int64, uint8](t)
		testWiden[int64, uint16](t)
		testWiden[int64, uint32](t)
		testWiden[int64, int16](t)
		testWiden[int32, uint16](t)
	})
}

// TestWideIntegers compares sums of integers of 128 bits and their order with those of big integers.
func TestWideIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) Int128 {
			return Int128{rapid.Int64Range(-1<<50, 1<<50).Draw(t, "high") >> rapid.IntRange(0, 50).Draw(t, "shift"), rapid.Uint64().Draw(t, "low")}
		})
		x, limit := rapid.SliceOfN(draw, 1, 70).Draw(t, "x"), draw.Draw(t, "limit")
		sum, squares, above, below := new(big.Int), new(big.Int), false, false
		for _, v := range x {
			order := bigOf(v).Cmp(bigOf(limit))
			above, below = above || order > 0, below || order < 0
			if Compare128(v, limit) != order || Beyond(v, limit, true) != (order > 0) || Beyond(v, limit, false) != (order < 0) {
				t.Fatalf("%v is compared with %v wrongly", v, limit)
			}
			sum.Add(sum, bigOf(v))
			squares.Add(squares, new(big.Int).Mul(bigOf(v), bigOf(v)))
		}
		got := new(big.Int)
		for i, w := range SumSquares128(x) {
			got.Add(got, new(big.Int).Lsh(new(big.Int).SetUint64(w), uint(64*i)))
		}
		if len(x) <= 64 && got.Cmp(squares) != 0 {
			t.Fatalf("the sum of squares is %s, want %s", got, squares)
		}
		if got := bigOf(Sum128(x)); got.Cmp(sum) != 0 {
			t.Fatalf("the sum is %s, want %s", got, sum)
		}
		for i, v := range x[:min(64, len(x))] {
			more, less := BeyondMask(x[:min(64, len(x))], limit, true), BeyondMask(x[:min(64, len(x))], limit, false)
			if more>>i&1 != 0 != Beyond(v, limit, true) || less>>i&1 != 0 != Beyond(v, limit, false) {
				t.Fatalf("the masks of %v beyond %v are %b and %b", x, limit, more, less)
			}
		}
		if AnyBeyond(x, limit, true) != above || AnyBeyond(x, limit, false) != below {
			t.Fatalf("%v are compared with %v wrongly", x, limit)
		}
	})
}

// sums returns the sum of all values and of those in mask.
func sums[T Int](x []T, mask []uint64) (all, masked *big.Int) {
	all, masked = new(big.Int), new(big.Int)
	for i, v := range x {
		y := new(big.Int).SetInt64(int64(v))
		all.Add(all, y)
		if mask[i>>6]>>(i&63)&1 != 0 {
			masked.Add(masked, y)
		}
	}
	return all, masked
}

// bigOf returns s as a big integer.
func bigOf(s Int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(s.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(s.Lo))
}

func testSum[T Signed](t *rapid.T) {
	x, mask := drawMasked[T](t)
	all, masked := sums(x, mask)
	if got := Sum(x); bigOf(got).Cmp(all) != 0 {
		t.Fatalf("sum is %s, want %s", bigOf(got), all)
	}
	if got, n := SumMask(x, mask); bigOf(got).Cmp(masked) != 0 || n != Count(mask) {
		t.Fatalf("sum of %d rows is %s, want %s of %d", n, bigOf(got), masked, Count(mask))
	}
}

func testSumNarrow[T ~uint8 | ~uint16 | ~uint32](t *rapid.T) {
	x, mask := drawMasked[T](t)
	all, masked := sums(x, mask)
	if got := SumNarrow(x); new(big.Int).SetUint64(got).Cmp(all) != 0 {
		t.Fatalf("sum is %d, want %s", got, all)
	}
	if got, n := SumNarrowMask(x, mask); new(big.Int).SetUint64(got).Cmp(masked) != 0 || n != Count(mask) {
		t.Fatalf("sum of %d rows is %d, want %s of %d", n, got, masked, Count(mask))
	}
}

func TestSumsOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testSum[int16](t)
		testSum[int32](t)
		testSum[int64](t)
		testSumNarrow[uint8](t)
		testSumNarrow[uint16](t)
		testSumNarrow[uint32](t)
	})
}

// TestSumOfManyShorts fills lanes that are narrower than the sum.
func TestSumOfManyShorts(t *testing.T) {
	x := make([]uint16, 1<<20+100)
	for i := range x {
		x[i] = 0xFFFF
	}
	if got := SumNarrow(x); got != uint64(len(x))*0xFFFF {
		t.Fatalf("sum is %d", got)
	}
}

// testLookup draws tables of any bits, and of few runs of them.
func testLookup[T uint8 | uint16](t *rapid.T) {
	words := []uint64{0, 1, 0xFF0, 0x5555, 1 << 63, ^uint64(0), 0xFFFFFFFFFFFFFF00, rapid.Uint64().Draw(t, "word")}
	table := rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, "table")
	codes := make([]T, rapid.IntRange(0, 700).Draw(t, "n"))
	seed := rapid.Uint64().Draw(t, "seed")
	for i := range codes {
		codes[i] = T(Mix(seed+uint64(i)) % uint64(64*len(table)))
	}
	out := make([]uint64, Words(len(codes)))
	Lookup(codes, table, out)
	for i := range 64 * len(out) {
		if want := i < len(codes) && table[codes[i]>>6]>>(codes[i]&63)&1 != 0; out[i>>6]>>(i&63)&1 != 0 != want {
			t.Fatalf("row %d of %d is not %v", i, len(codes), want)
		}
	}
}

func TestLookup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testLookup[uint8](t)
		testLookup[uint16](t)
	})
}

func testCompareShifted[C uint8 | uint16 | uint32](t *rapid.T) {
	x, mask := drawMasked[C](t)
	y := make([]C, len(x))
	for i := range y {
		y[i] = x[len(x)-1-i]
	}
	d := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1<<62, 1<<62)).Draw(t, "d")
	for op := Eq; op <= Ge; op++ {
		out := make([]uint64, len(mask))
		CompareShifted(op, x, y, d, out)
		for i := range 64 * len(out) {
			if want := i < len(x) && holds(op, int64(x[i])+d, int64(y[i])); out[i>>6]>>(i&63)&1 != 0 != want {
				t.Fatalf("op %d with a distance of %d: row %d of %d is not %v", op, d, i, len(x), want)
			}
		}
	}
}

func TestCompareShiftedOfEveryWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testCompareShifted[uint8](t)
		testCompareShifted[uint16](t)
		testCompareShifted[uint32](t)
	})
}

func BenchmarkWide(b *testing.B) {
	const n = 2048
	x8, x32, x64, out := make([]uint8, n), make([]uint32, n), make([]int64, n), make([]uint64, n/64)
	mask := make([]uint64, n/64)
	for i := range x8 {
		x8[i], x32[i], x64[i] = uint8(i*7), uint32(i*7919), int64(i)*7919
		mask[i>>6] |= uint64(i*7>>3&1) << (i & 63)
	}
	for name, f := range map[string]func(){
		"less 8 bits":       func() { CompareConst(Lt, x8, 100, out) },
		"less 32 bits":      func() { CompareConst(Lt, x32, 1000000, out) },
		"less 64 bits":      func() { CompareConst(Lt, x64, 1000000, out) },
		"masked sum 8 bits": func() { SumNarrowMask(x8, mask) },
		"masked sum 32":     func() { SumNarrowMask(x32, mask) },
		"masked sum 64":     func() { SumMask(x64, mask) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}

func TestMinMaxMask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, mask := drawMasked[int32](t)
		lo, hi, ok := MinMaxMask(x, mask)
		found := false
		var least, most int32
		for i, v := range x {
			if mask[i>>6]>>(i&63)&1 == 0 {
				continue
			}
			if !found {
				least, most, found = v, v, true
			}
			least, most = min(least, v), max(most, v)
		}
		if ok != found || lo != least || hi != most {
			t.Fatalf("%d to %d, %v; want %d to %d, %v", lo, hi, ok, least, most, found)
		}
	})
}

func TestMinMax(t *testing.T) {
	t.Run("uint8", checkMinMax[uint8])
	t.Run("uint16", checkMinMax[uint16])
	t.Run("uint32", checkMinMax[uint32])
	t.Run("int16", checkMinMax[int16])
	t.Run("int32", checkMinMax[int32])
	t.Run("int64", checkMinMax[int64])
}

// checkMinMax compares MinMax with a loop, over the ends of the type and what lies between.
func checkMinMax[T Int](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := make([]T, rapid.IntRange(1, 300).Draw(t, "rows"))
		bits := rapid.Uint64().Draw(t, "bits")
		for i := range x {
			bits = bits*6364136223846793005 + 1442695040888963407
			x[i] = T(bits >> 24)
		}
		least, most := x[0], x[0]
		for _, v := range x {
			least, most = min(least, v), max(most, v)
		}
		if lo, hi := MinMax(x); lo != least || hi != most {
			t.Fatalf("%d to %d, want %d to %d", lo, hi, least, most)
		}
	})
}

// TestNarrowExtremes sums the greatest values of so many rows that lanes would overflow, and bounds bytes of many rows.
func TestNarrowExtremes(t *testing.T) {
	for _, n := range []int{7, 8, 255, 256, 257, 1 << 10, 1<<18 + 5} {
		a, b := make([]uint8, n), make([]uint16, n)
		for i := range a {
			a[i], b[i] = 0xFF, 0xFFFF
		}
		if s := SumNarrow(a); s != uint64(n)*0xFF {
			t.Errorf("sum of %d bytes is %d", n, s)
		}
		if s := SumNarrow(b); s != uint64(n)*0xFFFF {
			t.Errorf("sum of %d integers of 16 bits is %d", n, s)
		}
		if lo, hi := MinMax(a); lo != 0xFF || hi != 0xFF {
			t.Errorf("bounds of %d bytes are %d and %d", n, lo, hi)
		}
		a[n/2], a[n-1] = 3, 9
		signed := make([]int8, n)
		for i := range signed {
			signed[i] = int8(i%200 - 100)
		}
		if lo, hi := MinMax(a[:n-1]); lo != 3 || hi != 0xFF {
			t.Errorf("bounds of %d bytes are %d and %d", n-1, lo, hi)
		}
		if lo, hi := MinMax(signed); lo != -100 || int(hi) != min(n-1, 199)-100 {
			t.Errorf("bounds of %d signed bytes are %d and %d", n, lo, hi)
		}
	}
}

func testDoubles[S Int](t *rapid.T) {
	n := rapid.IntRange(0, 150).Draw(t, "n")
	base, by := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "base"), rapid.SampledFrom([]float64{1, 10, 100, 1e15}).Draw(t, "by")
	a, got := make([]S, n), make([]float64, n)
	for i := range a {
		a[i] = S(rapid.Int64().Draw(t, "a"))
	}
	Doubles(got, a, base, by)
	for i, x := range got {
		if want := float64(base+int64(a[i])) / by; x != want {
			t.Fatalf("(%d + %d) / %v is %v, want %v", base, a[i], by, x, want)
		}
	}
}

func TestDoubles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testDoubles[uint8](t)
		testDoubles[uint16](t)
		testDoubles[uint32](t)
		testDoubles[int16](t)
		testDoubles[int32](t)
		testDoubles[int64](t)
	})
}

func TestDistances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(0, 150).Draw(t, "n"), rapid.Int32Range(-1<<20, 1<<20).Draw(t, "d")
		a, b, c, e := make([]uint16, n), make([]uint16, n), make([]int32, n), make([]int32, n)
		for i := range a {
			a[i], b[i] = rapid.Uint16().Draw(t, "a"), rapid.Uint16().Draw(t, "b")
			c[i], e[i] = rapid.Int32Range(-1<<29, 1<<29).Draw(t, "c"), rapid.Int32Range(-1<<29, 1<<29).Draw(t, "e")
		}
		short, long := make([]int32, n), make([]int32, n)
		Distances(short, a, b, d)
		Distances(long, c, e, d)
		for i := range a {
			if short[i] != int32(a[i])-int32(b[i])+d || long[i] != c[i]-e[i]+d {
				t.Fatalf("row %d: %d, %d", i, short[i], long[i])
			}
		}
	})
}

func TestSqrt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1e300), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 2, math.MaxFloat64})), 0, 150).Draw(t, "a")
		odd := rapid.Bool().Draw(t, "odd") && len(a) > 0
		if odd {
			a[rapid.IntRange(0, len(a)-1).Draw(t, "at")] = rapid.SampledFrom([]float64{-1, math.Inf(1), math.NaN()}).Draw(t, "value")
		}
		got := make([]float64, len(a))
		if look := Sqrt(got, a); look != odd {
			t.Fatalf("look is %v for %v", look, a)
		}
		for i, x := range a {
			if math.Float64bits(got[i]) != math.Float64bits(math.Sqrt(x)) && !(x < 0 || math.IsNaN(x)) {
				t.Fatalf("root of %v is %v, want %v", x, got[i], math.Sqrt(x))
			}
		}
	})
}
