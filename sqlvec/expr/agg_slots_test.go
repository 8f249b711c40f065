package expr

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// slotRows is one batch of integers with NULLs, and slots of groups.
type slotRows struct {
	slot  []uint32
	x     []int64
	valid []uint64
	v     vec.Vec // of x and valid
}

func drawSlotRows(t *rapid.T, groups int) (r slotRows) {
	n := rapid.OneOf(rapid.IntRange(1, 150), rapid.SampledFrom([]int{512, 1000, vec.BatchRows})).Draw(t, "n")
	r = slotRows{x: make([]int64, n), slot: make([]uint32, n)}
	size := rapid.SampledFrom([]int64{10, 1 << 40, 1 << 55, math.MaxInt64}).Draw(t, "size")
	width := rapid.SampledFrom([]int{0, 1, 2, 4}).Draw(t, "width")
	base := rapid.Int64Range(-size/2, size/2).Draw(t, "base")
	codes := make([]byte, n*width)
	seed := rapid.Uint64().Draw(t, "seed")
	next := func() uint64 { // as many numbers as a batch has would take rapid long
		seed = seed*6364136223846793005 + 1442695040888963407
		return seed>>32 ^ seed<<32
	}
	for i := range n {
		r.slot[i] = uint32(next() % uint64(groups+1))
		if r.x[i] = int64(next()) % size; next()%4 == 0 {
			r.x[i] = size
		}
		if next()%4 == 0 {
			r.x[i] = -r.x[i]
		}
		if width > 0 {
			var code [8]byte
			binary.LittleEndian.PutUint64(code[:], next())
			copy(codes[i*width:(i+1)*width], code[:])
			clear(code[width:])
			r.x[i] = base + int64(binary.LittleEndian.Uint64(code[:]))
		}
	}
	defer func() {
		if r.v = vec.FromFixed(types.T(types.Int64), r.x, r.valid); width > 0 {
			r.v.Form, r.v.Width, r.v.Base, r.v.Data = vec.Narrow, uint8(width), base, codes
		}
	}()
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
		groups := rapid.SampledFrom([]int{3, 40, 700}).Draw(t, "groups")
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
				s.Grow(groups)
				states[k] = append(states[k], s)
			}
			rows[k].Grow(groups)
		}
		want := make([]slotWant, groups)
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			k, r := rapid.IntRange(0, 1).Draw(t, "side"), drawSlotRows(t, groups)
			for i, s := range r.slot {
				if s > 0 && has(r.valid, i) {
					want[s-1].add(r.x[i])
				}
			}
			rows[k].Begin(r.slot)
			for _, s := range states[k] {
				if err := s.UpdateSlots(r.slot, []vec.Vec{r.v}); err != nil {
					t.Fatal(err)
				}
			}
			rows[k].End()
		}
		to := make([]uint32, groups)
		for g := range to {
			to[g] = uint32(g)
		}
		for i, s := range states[0] {
			if err := states[1][i].Merge(s, to); err != nil {
				t.Fatal(err)
			}
		}
		rows[1].Merge(&rows[0], nil, to)
		checkSlotted(t, states[1], want, a)
	})
}

func checkSlotted(t *rapid.T, states []Slotted, want []slotWant, a *arena.Arena) {
	var got [][]string
	for _, s := range states {
		v, err := s.Final(0, len(want), a)
		if err != nil {
			t.Fatal(err)
		}
		var col []string
		for g := range want {
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
