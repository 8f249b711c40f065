package exec

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// drawIntBatch draws a batch of integers, some NULL, some not selected.
func drawIntBatch(t *rapid.T, near int64) (v vec.Vec, sel []uint64) {
	n := rapid.IntRange(1, 200).Draw(t, "n")
	x := make([]int64, n)
	for i := range x {
		x[i] = near + rapid.Int64Range(-1000, 1000).Draw(t, "x")
	}
	mask := func(name string) []uint64 {
		if rapid.Bool().Draw(t, name) {
			return nil
		}
		m := make([]uint64, vec.Words(n))
		for i := range n {
			m[i>>6] |= uint64(rapid.IntRange(0, 1).Draw(t, "bit")) << (i & 63)
		}
		return m
	}
	return vec.FromFixed(types.T(types.Int64), x, mask("valid")), mask("sel")
}

// TestIntSetAgreesWithAMap adds batches to two sets, merges them, and compares what they
// hold with a map. A set that gives up must be one whose values lie far apart.
func TestIntSetAgreesWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, scratch := arena.New(nil), arena.New(nil)
		defer a.Free()
		defer scratch.Free()
		sets := []*intSet{newIntSet(types.T(types.Int64), a), newIntSet(types.T(types.Int64), a)}
		want, null := map[int64]bool{}, false
		centre := rapid.SampledFrom([]int64{0, -5000, 1 << 40, math.MaxInt64 - 1000, math.MinInt64 + 1000}).Draw(t, "centre")
		for range rapid.IntRange(0, 6).Draw(t, "batches") {
			near := centre
			if centre < 1<<41 && centre > math.MinInt64+1000 {
				near += rapid.SampledFrom([]int64{0, 3000, -3000, 1 << 20, -1 << 20, 1 << 30}).Draw(t, "near")
			}
			v, sel := drawIntBatch(t, near)
			mark := scratch.Mark()
			ok := sets[rapid.IntRange(0, 1).Draw(t, "set")].add(&v, v.N, sel, scratch)
			scratch.Release(mark)
			if !ok {
				if near == centre+1<<30 || near > math.MaxInt64-1<<23 || len(want) > 0 {
					return
				}
				t.Fatal("a set gave up values that lie close together")
			}
			for i := range v.N {
				switch {
				case sel != nil && bit(sel, i) == 0:
				case v.IsNull(i):
					null = true
				default:
					want[v.Int(i)] = true
				}
			}
		}
		if !sets[0].merge(sets[1]) {
			return
		}
		var got []int64
		gotNull := false
		_ = sets[0].each(scratch, func(v vec.Vec) error {
			for i := range v.N {
				if v.IsNull(i) {
					gotNull = true
				} else {
					got = append(got, v.Int(i))
				}
			}
			return nil
		})
		if gotNull != null || len(got) != len(want) || !slices.IsSorted(got) {
			t.Fatalf("%d values, NULL %v; want %d, %v", len(got), gotNull, len(want), null)
		}
		for _, x := range got {
			if !want[x] {
				t.Fatalf("%d was never added", x)
			}
		}
	})
}

// TestThresholdOfEveryForm compares the comparison of stored integers with that of words.
func TestThresholdOfEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := arena.New(nil)
		defer a.Free()
		n := rapid.IntRange(1, 150).Draw(t, "n")
		base := rapid.SampledFrom([]int64{0, -100, 1 << 40, math.MinInt64, math.MaxInt64 - 255}).Draw(t, "base")
		codes := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "codes")
		v := vec.Vec{Type: types.T(types.Int64), Form: vec.Narrow, Width: 1, N: n, Base: base, Data: codes}
		if rapid.Bool().Draw(t, "flat") {
			x := make([]int64, n)
			for i := range x {
				x[i] = v.Int(i)
			}
			v = vec.FromFixed(v.Type, x, nil)
		}
		last := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-300, 300), rapid.Just(v.Int(0))).Draw(t, "last")
		th := threshold{specs: []orderSpec{{desc: rapid.Bool().Draw(t, "desc")}}, last: &lastRow{orderInt(last)}}
		if th.specs[0].desc {
			(*th.last)[0] ^= ^uint64(0)
		}
		got, want := make([]uint64, vec.Words(n)), make([]uint64, vec.Words(n))
		if !th.intsBefore(&v, n, got) {
			t.Fatal("integers are not compared as they are")
		}
		th.wordsBefore(&v, n, want, a)
		if !slices.Equal(got, want) {
			t.Fatalf("rows %x, want %x", got, want)
		}
	})
}
