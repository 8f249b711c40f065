package vec

import (
	"math/rand/v2"
	"testing"

	"driftdb/internal/bitpack"
	"driftdb/internal/types"
)

// TestPackedReadsAsItsUnpackedForm reads Packed vectors of all widths in place, after a slice, unpacked, and
// by single rows that were taken.
func TestPackedReadsAsItsUnpackedForm(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	text := FromBytes(types.T(types.Text), []int32{0, 1, 3, 6}, []byte("abbccc"), nil)
	for _, c := range []struct {
		typ             types.ID
		width           uint8
		bits            int
		base, add, unit int64
		form            Form
	}{
		{types.Int64, 1, 5, -70, 4, 3, Narrow}, {types.Int64, 2, 11, 1 << 40, 0, 7, Narrow}, {types.Int32, 2, 3, -9, 1, 1000, Narrow},
		{types.Int64, 4, 20, 0, 10, 1, Narrow}, {types.Int64, 8, 33, 0, -1 << 50, 1000, Flat}, {types.Int32, 4, 17, 0, -60_000, 1, Flat},
		{types.Int16, 2, 9, 0, -255, 1, Flat}, {types.Text, 1, 2, 0, 0, 1, Dict},
	} {
		const n = 1500
		want, codes := make([]int64, n), make([]uint64, n)
		for i := range codes {
			codes[i] = r.Uint64() & (1<<c.bits - 1)
			if c.form == Dict {
				codes[i] %= 3
			}
			want[i] = c.base + c.add + c.unit*int64(codes[i])
		}
		data := make([]byte, bitpack.Size(n, c.bits))
		bitpack.Pack(data, codes, 0, 1, c.bits)
		v := Vec{Type: types.T(c.typ), Form: Packed, Width: c.width, N: n, Base: c.base, Data: data,
			Pack: &Packing{Bits: c.bits, Mul: uint64(c.unit), Add: uint64(c.add)}}
		if c.form == Dict {
			v.Dict = &Dictionary{Values: text}
		}
		check := func(what string, v *Vec, row func(i int) int) {
			t.Helper()
			for i := range v.N {
				if c.form == Dict {
					if got := v.Value(i).S; got != text.Value(int(codes[row(i)])).S {
						t.Fatalf("%s: text %d is %q", what, i, got)
					}
				} else if got := v.Value(i).I; got != want[row(i)] {
					t.Fatalf("%s of width %d: row %d is %d, want %d", what, c.width, i, got, want[row(i)])
				}
			}
		}
		check("packed", &v, func(i int) int { return i })
		part := v.Slice(640, 1400)
		check("slice", &part, func(i int) int { return 640 + i })
		rows := []int32{759, 0, 64, 64, 700}
		taken := part
		taken.N = len(rows)
		taken.TakePacked(&part, rows, BytesOf(make([]uint64, len(rows)))[:len(rows)*int(c.width)])
		check("taken rows", &taken, func(i int) int { return 640 + int(rows[i]) })
		part.Unpack(BytesOf(make([]uint64, bitpack.Rounded(part.N)))[:part.UnpackedSize()])
		if part.Form != c.form || part.UnpackedSize() != 0 {
			t.Errorf("width %d is unpacked to form %d, want %d", c.width, part.Form, c.form)
		}
		check("unpacked", &part, func(i int) int { return 640 + i })
	}
}

// TestPackedTextReadsAsItsUnpackedForm reads packed strings in place, after a slice, and unpacked.
func TestPackedTextReadsAsItsUnpackedForm(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct{ n, least, bits int }{{1, 3, 0}, {64, 0, 1}, {1500, 5, 4}, {1536, 0, 9}} {
		lengths, starts := make([]uint32, c.n), []int32(nil)
		var texts []string
		var heap []byte
		for i := range c.n {
			if i%bitpack.BlockRows == 0 {
				starts = append(starts, int32(len(heap)))
			}
			lengths[i] = uint32(c.least + r.IntN(1<<c.bits))
			from := len(heap)
			for range lengths[i] {
				heap = append(heap, byte(r.Uint32()))
			}
			texts = append(texts, string(heap[from:]))
		}
		data := make([]byte, bitpack.Size(c.n, c.bits))
		bitpack.Pack(data, lengths, uint64(c.least), 1, c.bits)
		v := Vec{Type: types.T(types.Text), Form: Packed, Width: 4, N: c.n, Data: data, Offs: starts, Heap: heap,
			Pack: &Packing{Bits: c.bits, Mul: 1, Add: uint64(c.least)}}
		for _, lo := range []int{0, 64, 640, 1472, 1536} {
			if lo > c.n {
				continue
			}
			part := v.Slice(lo, min(lo+1000, c.n))
			flat := part
			flat.Unpack(BytesOf(make([]uint64, (part.UnpackedSize()+7)/8)))
			if flat.Form != Flat || len(flat.Offs) != part.N+1 || flat.UnpackedSize() != 0 {
				t.Fatalf("rows from %d are unpacked to form %d with %d offsets", lo, flat.Form, len(flat.Offs))
			}
			for i := range part.N {
				if want := texts[lo+i]; string(part.Bytes(i)) != want || string(flat.Bytes(i)) != want {
					t.Fatalf("text %d from %d is %q, unpacked %q, want %q", i, lo, part.Bytes(i), flat.Bytes(i), want)
				}
			}
		}
	}
}
