package expr

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// slotRows is one batch of integers with NULLs, and slots of three groups.
type slotRows struct {
	slot  []uint32
	x     []int64
	valid []uint64
}

func drawSlotRows(t *rapid.T) slotRows {
	n := rapid.IntRange(1, 150).Draw(t, "n")
	r := slotRows{x: make([]int64, n), slot: make([]uint32, n)}
	size := rapid.SampledFrom([]int64{10, 1 << 40, 1 << 55, math.MaxInt64}).Draw(t, "size")
	for i := range n {
		r.slot[i] = uint32(rapid.IntRange(0, 3).Draw(t, "slot"))
		r.x[i] = rapid.OneOf(rapid.Int64Range(-size, size), rapid.SampledFrom([]int64{-size, size})).Draw(t, "x")
	}
	if rapid.Bool().Draw(t, "nulls") {
		r.valid = make([]uint64, vec.Words(n))
		for i := range r.valid {
			r.valid[i] = rapid.Uint64().Draw(t, "valid")
		}
	}
	return r
}

// slotWant is what a group should have.
type slotWant struct {
	sum    big.Int
	n      int64
	lo, hi int64
}

func (w *slotWant) add(x int64) {
	if w.n == 0 {
		w.lo, w.hi = x, x
	}
	w.n++
	w.lo, w.hi = min(w.lo, x), max(w.hi, x)
	w.sum.Add(&w.sum, big.NewInt(x))
}

// TestSlottedStatesAgreeWithBigIntegers feeds sums, counts and extremes by slot, with
// counts of rows shared or not, merges two of them, and compares with exact arithmetic.
func TestSlottedStatesAgreeWithBigIntegers(t *testing.T) {
	bigint := types.T(types.Int64)
	rapid.Check(t, func(t *rapid.T) {
		a := arena.New(nil)
		defer a.Free()
		share := rapid.Bool().Draw(t, "share")
		names := []string{"sum", "count", "min", "max"}
		var states [2][]Slotted
		var rows [2]RowCounts
		for k := range states {
			for _, name := range names {
				g, _, err := ResolveAggregate(name, []types.Type{bigint})
				if err != nil {
					t.Fatal(err)
				}
				s := g.New([]types.Type{bigint}, a).(Slotted)
				if share {
					s.Share(&rows[k])
				}
				s.Grow(3)
				states[k] = append(states[k], s)
			}
			rows[k].Grow(3)
		}
		want := make([]slotWant, 3)
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			k, r := rapid.IntRange(0, 1).Draw(t, "side"), drawSlotRows(t)
			for i, s := range r.slot {
				if s > 0 && has(r.valid, i) {
					want[s-1].add(r.x[i])
				}
			}
			rows[k].Add(r.slot)
			for _, s := range states[k] {
				if err := s.UpdateSlots(r.slot, []vec.Vec{vec.FromFixed(bigint, r.x, r.valid)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, s := range states[0] {
			if err := states[1][i].Merge(s, []uint32{0, 1, 2}); err != nil {
				t.Fatal(err)
			}
		}
		rows[1].Merge(&rows[0], nil, []uint32{0, 1, 2})
		checkSlotted(t, states[1], want, a)
	})
}

func checkSlotted(t *rapid.T, states []Slotted, want []slotWant, a *arena.Arena) {
	var got [][]string
	for _, s := range states {
		v, err := s.Final(0, 3, a)
		if err != nil {
			t.Fatal(err)
		}
		var col []string
		for g := range 3 {
			col = append(col, types.Format(v.Value(g)))
		}
		got = append(got, col)
	}
	for g, w := range want {
		if got[1][g] != big.NewInt(w.n).String() {
			t.Fatalf("group %d has %s values, want %d", g, got[1][g], w.n)
		}
		if w.n == 0 {
			continue
		}
		for i, x := range []string{0: w.sum.String(), 2: big.NewInt(w.lo).String(), 3: big.NewInt(w.hi).String()} {
			if i != 1 && got[i][g] != x {
				t.Fatalf("group %d: aggregate %d is %s, want %s", g, i, got[i][g], x)
			}
		}
	}
}
