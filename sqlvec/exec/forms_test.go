package exec

import (
	"math/rand/v2"
	"testing"

	"driftdb/internal/arena"
	"driftdb/internal/bitpack"
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

// TestTakeOfPackedTextIsTakingEachRow takes few and many rows of packed strings.
func TestTakeOfPackedTextIsTakingEachRow(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	a := arena.New(nil)
	defer a.Free()
	const n, least, bits = 1000, 2, 3
	lengths, starts, heap := make([]uint8, n), []int32(nil), []byte(nil)
	for i := range lengths {
		if i%bitpack.BlockRows == 0 {
			starts = append(starts, int32(len(heap)))
		}
		lengths[i] = uint8(least + r.IntN(1<<bits))
		for range lengths[i] {
			heap = append(heap, byte('a'+r.IntN(26)))
		}
	}
	data := make([]byte, bitpack.Size(n, bits))
	bitpack.Pack(data, lengths, least, 1, bits)
	v := vec.Vec{Type: types.T(types.Text), Form: vec.Packed, Width: 4, N: n, Data: data, Offs: starts, Heap: heap,
		Pack: &vec.Packing{Bits: bits, Mul: 1, Add: least}}
	for _, count := range []int{0, 1, 5, 31, 32, 500} {
		idx := make([]int32, count)
		for i := range idx {
			idx[i] = int32(r.IntN(n))
		}
		got := take(&v, idx, a)
		if got.N != count || got.Form != vec.Flat {
			t.Fatalf("%d rows of form %d, want %d", got.N, got.Form, count)
		}
		for i, row := range idx {
			if string(got.Bytes(i)) != string(v.Bytes(int(row))) {
				t.Fatalf("row %d of %d: got %q, want %q", row, count, got.Bytes(i), v.Bytes(int(row)))
			}
		}
	}
}
