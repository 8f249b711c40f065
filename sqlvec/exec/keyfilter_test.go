package exec

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// TestKeySet asks sets of drawn integers for the values of vectors of every type and form.
func TestKeySet(t *testing.T) {
	ints := []types.Type{types.T(types.Int16), types.T(types.Int32), types.T(types.Int64), types.T(types.Date)}
	rapid.Check(t, func(r *rapid.T) {
		a := arena.New(nil)
		defer a.Free()
		typ := rapid.SampledFrom(ints).Draw(r, "type")
		n := rapid.IntRange(1, 300).Draw(r, "n")
		vals, v := drawColumn(r, typ, n)
		rows := newStore(nil, a)
		rows.stride = 1
		have := map[int64]bool{}
		for _, x := range vals {
			if x.Valid && rapid.Bool().Draw(r, "keep") {
				have[x.I] = true
				rows.add([]uint64{uint64(x.I)}, nil, 1, nil)
			}
		}
		s := newKeySet(rows, 0, 1000, a)
		if s == nil {
			return
		}
		mask := maskOf(a, n)
		fillMask(mask, n)
		if rapid.Bool().Draw(r, "few") {
			for i := range n {
				if i%7 != 0 {
					mask[i>>6] &^= 1 << (uint(i) & 63)
				}
			}
		}
		before := append([]uint64(nil), mask...)
		s.among(&v, mask, n, a)
		for i, x := range vals {
			want := bit(before, i) == 1 && x.Valid && have[x.I]
			if (bit(mask, i) == 1) != want {
				t.Fatalf("row %d: %v: got %v", i, show(x), !want)
			}
		}
	})
}

// TestKeySetEnds asks for the integers farthest from the set's.
func TestKeySetEnds(t *testing.T) {
	a := arena.New(nil)
	defer a.Free()
	rows := newStore(nil, a)
	rows.stride = 1
	for _, k := range []int64{math.MaxInt64 - 62, math.MaxInt64} {
		rows.add([]uint64{uint64(k)}, nil, 1, nil)
	}
	s := newKeySet(rows, 0, 1000, a)
	v := vec.FromFixed(types.T(types.Int64), []int64{math.MinInt64, -1, 0, math.MaxInt64 - 63, math.MaxInt64 - 62, math.MaxInt64 - 1, math.MaxInt64}, nil)
	mask := []uint64{1<<7 - 1}
	s.among(&v, mask, 7, a)
	if mask[0] != 1<<4|1<<6 {
		t.Fatalf("mask %b", mask[0])
	}
}

// TestKeysFilterTheScan looks at how many rows of a scan come to the joins above it: those
// with a partner in both.
func TestKeysFilterTheScan(t *testing.T) {
	n := 50000
	table := func(step int64) *plan.Scan {
		x := make([]int64, n)
		for i := range x {
			x[i] = int64(i) * step
		}
		cols := []vec.Vec{vec.FromFixed(types.T(types.Int64), x, nil)}
		return (&memTable{cols: bigintColumn, groups: []colstore.Group{{N: n, Cols: cols}}}).scan()
	}
	all, fifth, tenth := table(1), table(5), table(10)
	key := []expr.Expr{seriesCol()}
	lower := &plan.HashJoin{Kind: plan.Left, Left: all, Right: fifth, LeftKeys: key, RightKeys: key}
	upper := &plan.HashJoin{Kind: plan.Inner, Left: lower, Right: tenth, LeftKeys: key, RightKeys: key}
	var st Stats
	rows := mustRows(t, upper, Options{Stats: &st})
	if len(rows) != n/10 {
		t.Fatalf("%d rows", len(rows))
	}
	if got := st.Of(all); got.Rows != int64(n/10) || got.Removed != int64(n-n/10) {
		t.Fatalf("the scan left %d rows and removed %d", got.Rows, got.Removed)
	}
	// A LEFT JOIN keeps what has no partner.
	var outer Stats
	mustRows(t, lower, Options{Stats: &outer})
	if got := outer.Of(all); got.Rows != int64(n) {
		t.Fatalf("the scan below a LEFT JOIN left %d rows", got.Rows)
	}
}
