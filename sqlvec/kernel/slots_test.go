package kernel

import (
	"math"
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
