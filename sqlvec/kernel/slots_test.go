package kernel

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawSlots draws slots below k, and a mask of the rows.
func drawSlots(t *rapid.T, n, k int) (slot []uint32, mask []uint64) {
	slot = make([]uint32, n)
	for i := range slot {
		slot[i] = uint32(rapid.IntRange(0, k-1).Draw(t, "slot"))
	}
	mask = make([]uint64, Words(n))
	for i := range mask {
		mask[i] = rapid.OneOf(rapid.Just(uint64(0)), rapid.Just(^uint64(0)), rapid.Uint64()).Draw(t, "mask")
	}
	return slot, mask
}

func testSlots[T Int](t *rapid.T, base int64) {
	groups := rapid.SampledFrom([]int{7, 40}).Draw(t, "groups") // few and not
	n := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(200, 400)).Draw(t, "n")
	slot, _ := drawSlots(t, n, groups)
	x := make([]T, n)
	for i := range x {
		x[i] = T(rapid.Int64().Draw(t, "x"))
	}
	counts, sums, wide := make([]int64, groups), make([]int64, groups), make([]Int128, groups)
	lo, hi := make([]int64, groups), make([]int64, groups)
	for g := range groups {
		lo[g], hi[g] = math.MaxInt64, math.MinInt64
	}
	CountSlots(counts, slot)
	SumSlots(sums, slot, x, base)
	SumSlotsWide(wide, slot, x, base)
	MinSlots(lo, slot, x, base)
	MaxSlots(hi, slot, x, base)
	for g := range groups {
		var count, sum int64
		var exact Int128
		least, most := int64(math.MaxInt64), int64(math.MinInt64)
		for i, s := range slot {
			if int(s) == g {
				v := base + int64(x[i])
				count, sum, least, most = count+1, sum+v, min(least, v), max(most, v)
				exact.Add(v)
			}
		}
		if counts[g] != count || sums[g] != sum || wide[g] != exact || lo[g] != least || hi[g] != most {
			t.Fatalf("slot %d of %v is wrong", g, slot)
		}
	}
}

func TestSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testSlots[uint8](t, -100)
		testSlots[uint16](t, 1<<40)
		testSlots[uint32](t, -1<<40)
		testSlots[int16](t, 0)
		testSlots[int32](t, 0)
		testSlots[int64](t, 0)
	})
}

func TestMaskedSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		slot, mask := drawSlots(t, n, 3)
		got := make([]uint32, n)
		MaskSlots(got, slot, mask)
		zero := false
		for i, s := range slot {
			in := mask[i>>6]>>(i&63)&1 != 0
			zero = zero || in && s == 0
			if !in {
				s = 0
			}
			if got[i] != s {
				t.Fatalf("row %d has slot %d, want %d", i, got[i], s)
			}
		}
		if AnyZero(slot, mask) != zero {
			t.Fatalf("AnyZero is %v, want %v", !zero, zero)
		}
	})
}

func testLookupSlots[C ~uint8 | ~uint16 | ~uint32](t *rapid.T) {
	n, size := rapid.IntRange(0, 700).Draw(t, "n"), rapid.IntRange(1, 256).Draw(t, "size")
	table, _ := drawSlots(t, size, rapid.SampledFrom([]int{50, 300}).Draw(t, "slots"))
	codes, seed := make([]C, n), rapid.Uint64().Draw(t, "seed")
	for i := range codes {
		codes[i] = C(Mix(seed+uint64(i)) % uint64(size))
	}
	slot := make([]uint32, n)
	zero := LookupSlots(slot, table, codes)
	number := make([]uint32, n)
	AddCodes(number, 0, codes)
	AddCodes(number, 1000, codes)
	want := false
	for i, c := range codes {
		want = want || table[c] == 0
		if slot[i] != table[c] || number[i] != 1001*uint32(c) {
			t.Fatalf("row %d: slot %d, number %d", i, slot[i], number[i])
		}
	}
	if zero != want {
		t.Fatalf("zero is %v, want %v", zero, want)
	}
}

func TestLookupSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testLookupSlots[uint8](t)
		testLookupSlots[uint16](t)
		testLookupSlots[uint32](t)
	})
}

func TestGreatestSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Float64(), 0, 200).Draw(t, "a")
		if len(a) > 0 && rapid.Bool().Draw(t, "special") {
			a[rapid.IntRange(0, len(a)-1).Draw(t, "at")] = rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)}).Draw(t, "x")
		}
		want := 0.0
		for _, x := range a {
			if math.IsNaN(x) {
				x = math.Inf(1)
			}
			want = max(want, math.Abs(x))
		}
		if got := GreatestSize(a); got != want {
			t.Fatalf("%v, want %v, of %v", got, want, a)
		}
	})
}

func TestAllFinite(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if AllFinite([]float64{1, x, 2}) {
			t.Errorf("%v is finite", x)
		}
	}
	if !AllFinite([]float64{0, -0.5, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}) || !AllFinite(nil) {
		t.Error("finite numbers are not")
	}
}

func BenchmarkSlots(b *testing.B) {
	const n = 2048
	slot, table, codes, x := make([]uint32, n), make([]uint32, 257), make([]uint8, n), make([]uint32, n)
	for i := range slot {
		codes[i], x[i] = uint8(uint64(i)*7919%100), uint32(i)
	}
	for i := range table {
		table[i] = uint32(i + 1)
	}
	LookupSlots(slot, table, codes)
	acc := make([]int64, 258)
	for name, f := range map[string]func(){
		"lookup": func() { LookupSlots(slot, table, codes) },
		"count":  func() { CountSlots(acc, slot) },
		"sum":    func() { SumSlots(acc, slot, x, 5) },
		"max":    func() { MaxSlots(acc, slot, x, 5) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}

// TestPackedSumsAgreeWithSlotSums holds packed sums, and those by masks, against sums row by row.
func TestPackedSumsAgreeWithSlotSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, groups := rapid.IntRange(leastPacked, mostPacked).Draw(t, "n"), rapid.SampledFrom([]int{1, 3, maxMasks, maxMasks + 1, packedSlots - 1}).Draw(t, "groups")
		r := rapid.Uint64().Draw(t, "seed")
		next := func() uint64 { r = r*6364136223846793005 + 1442695040888963407; return r >> 33 * (r >> 40) }
		slot, a, b, c, d, e, f := make([]uint32, n), make([]uint8, n), make([]uint16, n), make([]uint32, n), make([]int64, n), make([]int32, n), make([]int16, n)
		top := rapid.Bool().Draw(t, "greatest values")
		for i := range slot {
			slot[i], a[i], b[i], c[i], d[i] = uint32(next()%uint64(groups+1)), uint8(next()), uint16(next()), uint32(next()), int64(next()<<20)-1<<40
			e[i], f[i] = int32(next()), int16(next())
			if top {
				slot[i], a[i], b[i], c[i] = 1, 0xFF, 0xFFFF, 0xFFFFFFFF
			}
		}
		base := rapid.Int64Range(-1000, 1000).Draw(t, "base")
		want := [6][]int64{}
		for k := range want {
			want[k] = make([]int64, groups+1)
		}
		counts := make([]int64, groups+1)
		CountSlots(counts, slot)
		SumSlots(want[0], slot, a, base)
		SumSlots(want[1], slot, b, base)
		SumSlots(want[2], slot, c, base)
		SumSlots(want[3], slot, d, base)
		SumSlots(want[4], slot, e, base)
		SumSlots(want[5], slot, f, base)
		check := func(k int, what string, got []int64) {
			if !slices.Equal(got[1:], want[k][1:]) {
				t.Fatalf("%s of column %d: %v, want %v", what, k, got, want[k])
			}
		}
		var m SlotMasks
		if m.Set(slot, groups); m.Rows() != nil {
			for g, rows := range m.Rows() {
				if int64(rows) != counts[g+1] {
					t.Fatalf("group %d has %d rows by its mask, want %d", g, rows, counts[g+1])
				}
			}
			got := [6][]int64{}
			for k := range got {
				got[k] = make([]int64, groups+1)
			}
			SumMasks(got[0], &m, a, base)
			SumMasks(got[1], &m, b, base)
			SumMasks(got[2], &m, c, base)
			SumMasks(got[3], &m, d, base)
			SumMasks(got[4], &m, e, base)
			SumMasks(got[5], &m, f, base)
			for k := range got {
				check(k, "masks", got[k])
			}
		}
		if !CanPack(n, groups+1) {
			return
		}
		var p PackedSums
		batch := make([]int64, groups+1)
		for first, left := true, []int{0, 1, 2}; len(left) > 0; first = false {
			p.Reset(first)
			var taken, rest []int
			for _, k := range rapid.Permutation(left).Draw(t, "order") {
				if k == 0 && p.Pack8(a) || k == 1 && p.Pack16(b) || k == 2 && p.Pack32(c) {
					taken = append(taken, k)
				} else {
					rest = append(rest, k)
				}
			}
			left = rest
			p.Add(slot, groups+1)
			if first {
				p.Count(batch)
				if !slices.Equal(batch, counts) {
					t.Fatalf("counts are %v, want %v", batch, counts)
				}
			}
			for n, k := range taken {
				got := make([]int64, groups+1)
				p.Sum(n, got, batch, base)
				check(k, "packed sums", got)
			}
		}
	})
}

func testOffsets[T Int](t *rapid.T) {
	n := rapid.IntRange(0, 200).Draw(t, "n")
	base, top, size := rapid.Int64Range(-1000, 1000).Draw(t, "base"), rapid.Uint32Range(1, 300).Draw(t, "top"), rapid.SampledFrom([]uint32{0, 1, 301}).Draw(t, "size")
	x, out, want := make([]T, n), make([]uint32, n), make([]uint32, n)
	for i := range x {
		x[i] = T(rapid.OneOf(rapid.Int64Range(-1000, 2000), rapid.Int64()).Draw(t, "x"))
		out[i] = rapid.Uint32Range(0, 300).Draw(t, "out")
		code := uint64(int64(x[i]) - base)
		want[i] = out[i]*size + uint32(min(code, uint64(top)))
	}
	AddOffsets(out, size, x, base, top)
	if !slices.Equal(out, want) {
		t.Fatalf("offsets of %v from %d: %v, want %v", x, base, out, want)
	}
}

func TestAddOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		testOffsets[int16](t)
		testOffsets[int32](t)
		testOffsets[uint32](t)
		testOffsets[int64](t)
	})
}

// TestDivConst holds quotients and remainders by a constant against those of the language.
func TestDivConst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		c := rapid.OneOf(rapid.Int64Range(1, 2000), rapid.Int64Range(1, 1<<53), rapid.Int64(), rapid.SampledFrom([]int64{1<<52 - 1, 1 << 52, -7})).Draw(t, "c")
		if c == 0 || c == -1 {
			return
		}
		x := make([]int64, n)
		for i := range x {
			k := rapid.Int64Range(0, 1<<20).Draw(t, "k")
			x[i] = rapid.OneOf(rapid.Int64Range(0, 1<<52-1), rapid.SampledFrom([]int64{k*c - 1, k * c, k*c + 1, 1<<52 - 1, 1 << 52}), rapid.Int64()).Draw(t, "x")
			if rapid.Bool().Draw(t, "small") {
				x[i] &= 1<<52 - 1
			}
		}
		q, r := make([]int64, n), make([]int64, n)
		DivConst(q, x, c)
		ModConst(r, x, c)
		for i, v := range x {
			if q[i] != v/c || r[i] != v%c {
				t.Fatalf("%d by %d: %d, remainder %d; want %d, %d", v, c, q[i], r[i], v/c, v%c)
			}
		}
	})
}
