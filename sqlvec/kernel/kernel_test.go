package kernel

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawInts draws integers with many equal and extreme ones.
func drawInts[T Signed](t *rapid.T, n int, lo, hi T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(int64(lo), int64(hi)),
			rapid.SampledFrom([]int64{int64(lo), int64(hi), int64(hi / 2), int64(hi)/4 + 1})).Draw(t, "x"))
	}
	return out
}

func testCompare[T Signed](t *rapid.T, lo, hi T) {
	n := rapid.IntRange(0, 200).Draw(t, "n")
	a, b := drawInts(t, n, lo, hi), drawInts(t, n, lo, hi)
	c := drawInts(t, 1, lo, hi)[0]
	out, outConst := make([]uint64, Words(n)), make([]uint64, Words(n))
	for op := Eq; op <= Ge; op++ {
		Compare(op, a, b, out)
		CompareConst(op, a, c, outConst)
		for i := range 64 * len(out) {
			want, wantConst := false, false
			if i < n {
				want, wantConst = holds(op, a[i], b[i]), holds(op, a[i], c)
			}
			if out[i>>6]>>(i&63)&1 != 0 != want || outConst[i>>6]>>(i&63)&1 != 0 != wantConst {
				t.Fatalf("op %d, row %d of %d is wrong", op, i, n)
			}
		}
	}
}

// holds is the comparison as Go spells it.
func holds[T Int](op Op, a, b T) bool {
	return [...]bool{Eq: a == b, Ne: a != b, Lt: a < b, Le: a <= b, Gt: a > b, Ge: a >= b}[op]
}

func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testCompare[int16](t, math.MinInt16, math.MaxInt16)
		testCompare[int32](t, math.MinInt32, math.MaxInt32)
		testCompare[int64](t, math.MinInt64, math.MaxInt64)
	})
}

func TestCompareFloatOrdersNaNLast(t *testing.T) {
	vals := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1}
	rank := func(f float64) float64 {
		if f != f {
			return math.MaxFloat64
		}
		return max(min(f, 1e300), -1e300)
	}
	var a, b []float64
	for _, x := range vals {
		for _, y := range vals {
			a, b = append(a, x), append(b, y)
		}
	}
	out := make([]uint64, Words(len(a)))
	one := make([]uint64, 1)
	for op := Eq; op <= Ge; op++ {
		CompareFloat(op, a, b, out)
		for i := range a {
			x, y := rank(a[i]), rank(b[i])
			want := [...]bool{Eq: x == y, Ne: x != y, Lt: x < y, Le: x <= y, Gt: x > y, Ge: x >= y}[op]
			CompareFloatConst(op, a[i:i+1], b[i], one)
			if out[i>>6]>>(i&63)&1 != 0 != want || one[0] != bit(want) {
				t.Errorf("op %d: %v and %v: want %v", op, a[i], b[i], want)
			}
		}
	}
}

func testArith[T Signed](t *rapid.T, lo, hi T) {
	n := rapid.IntRange(1, 100).Draw(t, "n")
	a, b := drawInts(t, n, lo, hi), drawInts(t, n, lo, hi)
	dst := make([]T, n)
	check := func(name string, over bool, a, b []T, fn func(z, x, y *big.Int) *big.Int, overflows func(x, y T) bool) {
		want := false
		for i := range a {
			z := fn(new(big.Int), big.NewInt(int64(a[i])), big.NewInt(int64(b[i])))
			fits := z.IsInt64() && z.Int64() >= int64(lo) && z.Int64() <= int64(hi)
			want = want || !fits
			if overflows(a[i], b[i]) == fits {
				t.Fatalf("%s of %d and %d: overflow is not %v", name, a[i], b[i], !fits)
			}
			if fits && int64(dst[i]) != z.Int64() {
				t.Fatalf("%s of %d and %d is %d, want %s", name, a[i], b[i], dst[i], z)
			}
		}
		if over != want {
			t.Fatalf("%s: overflow %v, want %v (%v, %v)", name, over, want, a, b)
		}
	}
	add, sub, mul := (*big.Int).Add, (*big.Int).Sub, (*big.Int).Mul
	check("add", Add(dst, a, b), a, b, add, AddOverflows[T])
	check("sub", Sub(dst, a, b), a, b, sub, SubOverflows[T])
	check("mul", Mul(dst, a, b, Magnitude(a), Magnitude(b)), a, b, mul, MulOverflows[T])
	c := make([]T, n)
	for i := range c {
		c[i] = b[0]
	}
	check("add const", AddConst(dst, a, b[0]), a, c, add, AddOverflows[T])
	check("mul const", MulConst(dst, a, b[0]), a, c, mul, MulOverflows[T])
	check("sub from const", SubFrom(dst, b[0], a), c, a, sub, SubOverflows[T])
}

func TestArithmeticAgreesWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testArith[int16](t, math.MinInt16, math.MaxInt16)
		testArith[int32](t, math.MinInt32, math.MaxInt32)
		testArith[int64](t, math.MinInt64, math.MaxInt64)
	})
}

func TestSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		a := drawInts[int64](t, n, math.MinInt64, math.MaxInt64)
		mask := rapid.SliceOfN(rapid.OneOf(rapid.Uint64(), rapid.Just(^uint64(0))), Words(n), Words(n)).Draw(t, "mask")
		Trim(mask, n)
		all, some, count := new(big.Int), new(big.Int), 0
		for i, x := range a {
			all.Add(all, big.NewInt(x))
			if mask[i>>6]>>(i&63)&1 != 0 {
				some.Add(some, big.NewInt(x))
				count++
			}
		}
		masked, k := SumMask(a, mask)
		if toBig(Sum(a)).Cmp(all) != 0 || toBig(masked).Cmp(some) != 0 || k != count || k != Count(mask) {
			t.Fatalf("sums are %s and %s of %d, want %s and %s of %d", toBig(Sum(a)), toBig(masked), k, all, some, count)
		}
	})
}

func toBig(s Int128) *big.Int {
	z := new(big.Int).Lsh(big.NewInt(s.Hi), 64)
	return z.Add(z, new(big.Int).SetUint64(s.Lo))
}

func TestIndexesListTheSetBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mask := rapid.SliceOf(rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, ^uint64(0)}))).Draw(t, "mask")
		dst := make([]uint32, Count(mask))
		if n := Indexes(dst, mask); n != len(dst) {
			t.Fatalf("%d indexes, want %d", n, len(dst))
		}
		k := 0
		for i := range 64 * len(mask) {
			if mask[i>>6]>>(i&63)&1 != 0 {
				if dst[k] != uint32(i) {
					t.Fatalf("index %d is %d, want %d", k, dst[k], i)
				}
				k++
			}
		}
	})
}

func TestLikeAgreesWithRegexp(t *testing.T) {
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("ab%_é\\")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := letters.Draw(t, "pattern"), letters.Draw(t, "text")
		l, ok := NewLike(pattern, "\\")
		var re strings.Builder
		re.WriteString("(?s)^")
		escaped := false
		for _, r := range pattern {
			switch {
			case escaped:
				re.WriteString(regexp.QuoteMeta(string(r)))
				escaped = false
			case r == '\\':
				escaped = true
			case r == '%':
				re.WriteString(".*")
			case r == '_':
				re.WriteByte('.')
			default:
				re.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		if ok == escaped {
			t.Fatalf("pattern %q: ok is %v", pattern, ok)
		}
		if !ok {
			return
		}
		want := regexp.MustCompile(re.String() + "$").MatchString(text)
		if got := l.Match([]byte(text)); got != want {
			t.Fatalf("%q LIKE %q is %v, want %v", text, pattern, got, want)
		}
		if exact, is := l.Exact(); is && want != (string(exact) == text) {
			t.Fatalf("%q is not the exact text of %q", exact, pattern)
		}
		if want && !strings.HasPrefix(text, string(l.Prefix())) {
			t.Fatalf("%q LIKE %q, but %q is no prefix", text, pattern, l.Prefix())
		}
		if needle, is := l.Contains(); is && want != strings.Contains(text, string(needle)) {
			t.Fatalf("%q LIKE %q is not containing %q", text, pattern, needle)
		}
	})
}

func TestContainsMaskRespectsRows(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(word, 0, 130).Draw(t, "rows")
		needle := word.Draw(t, "needle")
		heap, offs := []byte("xx"), []int32{2}
		for _, r := range rows {
			heap = append(heap, r...)
			offs = append(offs, int32(len(heap)))
		}
		out := make([]uint64, Words(len(rows)))
		ContainsMask(append(heap, needle...), offs, []byte(needle), out)
		for i, r := range rows {
			if out[i>>6]>>(i&63)&1 != 0 != strings.Contains(r, needle) {
				t.Fatalf("row %d, %q contains %q: wrong", i, r, needle)
			}
		}
	})
}

func TestEqualValuesHashAlike(t *testing.T) {
	a, b := make([]uint64, 3), make([]uint64, 3)
	Hash(a, []int16{-1, 0, 7})
	Hash(b, []int64{-1, 0, 7})
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("row %d hashes by its width", i)
		}
	}
	f := make([]uint64, 4)
	HashFloat(f, []float64{0, math.Copysign(0, -1), math.NaN(), -math.NaN()})
	if f[0] != f[1] || f[2] != f[3] || f[0] == f[2] {
		t.Errorf("hashes of 0, -0, NaN, -NaN: %x", f)
	}
}

// benchRows is a batch of the executor.
const benchRows = 2048

// perRow reports the time of one row.
func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkKernels(b *testing.B) {
	x, y, dst := make([]int64, benchRows), make([]int64, benchRows), make([]int64, benchRows)
	narrow, out, full := make([]uint8, benchRows), make([]uint64, Words(benchRows)), make([]uint64, Words(benchRows))
	for i := range x {
		x[i], y[i] = int64(Mix(uint64(i))>>40), int64(Mix(uint64(i+7))>>40)
		narrow[i] = uint8(x[i])
		full[i>>6] |= uint64(x[i]) & 1 << (i & 63)
	}
	codes, wide, table := make([]uint16, benchRows), make([]uint32, benchRows), []uint64{0x90A}
	few := make([]uint8, benchRows)
	for i := range x {
		codes[i], wide[i], few[i] = uint16(x[i]), uint32(x[i]), uint8(x[i])&15
	}
	hashes, idx := make([]uint64, benchRows), make([]uint32, benchRows)
	for name, fn := range map[string]func(){
		"less const int64":   func() { CompareConst(Lt, x, 1<<23, out) },
		"less const uint8":   func() { CompareConst(Lt, narrow, 77, out) },
		"less const uint16":  func() { CompareConst(Lt, codes, 7777, out) },
		"less const uint32":  func() { CompareConst(Lt, wide, 1<<23, out) },
		"look up uint8":      func() { Lookup(few, table, out) },
		"sum uint32, masked": func() { SumNarrowMask(wide, full) },
		"less int64":         func() { Compare(Lt, x, y, out) },
		"add int64":          func() { Add(dst, x, y) },
		"multiply int64":     func() { Mul(dst, x, y, Magnitude(x), Magnitude(y)) },
		"sum int64":          func() { Sum(x) },
		"sum int64, masked":  func() { SumMask(x, full) },
		"sum uint8":          func() { SumNarrow(narrow) },
		"hash int64":         func() { Hash(hashes, x) },
		"indexes, half":      func() { Indexes(idx, full) },
		"widen uint8":        func() { Widen(dst, narrow, 5) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fn()
			}
			perRow(b)
		})
	}
}
