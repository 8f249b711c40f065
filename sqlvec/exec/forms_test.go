package exec

import (
	"math/rand/v2"
	"testing"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestKeepAllIsKeepingEachRow compares copies of whole vectors with copies row by row.
func TestKeepAllIsKeepingEachRow(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	a := arena.New(nil)
	defer a.Free()
	const n = 1000
	words, narrow, offs, heap := make([]uint64, n), make([]uint16, n), []int32{0}, []byte(nil)
	for i := range n {
		words[i], narrow[i] = r.Uint64(), uint16(r.Uint32())
		heap = append(heap, "abcdefgh"[:r.IntN(8)]...)
		offs = append(offs, int32(len(heap)))
	}
	valid := words[:vec.Words(n)]
	all := []vec.Vec{
		vec.FromFixed(types.T(types.Int64), words, valid),
		{Type: types.T(types.Bool), N: n, Data: vec.BytesOf(words[:vec.Words(n)])},
		{Type: types.T(types.Int32), N: n, Form: vec.Narrow, Width: 2, Base: -7, Data: vec.BytesOf(narrow), Valid: valid},
		vec.FromBytes(types.T(types.Text), offs, heap, valid),
	}
	for _, v := range all {
		for _, piece := range []vec.Vec{v, v.Slice(64, 64), v.Slice(64, 65), v.Slice(128, 999)} {
			idx := make([]int32, piece.N)
			for i := range idx {
				idx[i] = int32(i)
			}
			got, want := keepVec(&piece, nil, a), keepVec(&piece, idx, a)
			if got.N != want.N || got.Form != want.Form {
				t.Fatalf("%s: %d rows of form %v, want %d of %v", v.Type, got.N, got.Form, want.N, want.Form)
			}
			for i := range got.N {
				if g, w := got.Value(i), want.Value(i); g.Valid != w.Valid || g.I != w.I || g.S != w.S {
					t.Fatalf("%s row %d: got %v, want %v", v.Type, i, g, w)
				}
			}
		}
	}
}
