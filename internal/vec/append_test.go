package vec

import (
	"fmt"
	"testing"

	"driftdb/internal/types"
)

// forms are vectors of 70 rows in every form, every third row NULL.
func forms() map[string]Vec {
	valid := make([]uint64, 2)
	for i := range 128 { // the bits behind the last row say nothing
		if i%3 != 0 || i >= 70 {
			valid[i>>6] |= 1 << (i & 63)
		}
	}
	ints, bytes, texts, offs := make([]int16, 70), make([]byte, 70), []byte{}, []int32{0}
	for i := range ints {
		ints[i], bytes[i] = int16(-i), byte(i%4)
		texts = fmt.Append(texts, "t", i)
		offs = append(offs, int32(len(texts)))
	}
	values := FromFixed(types.T(types.Float64), []float64{1, 2, 3, 4.5}, nil)
	return map[string]Vec{
		"flat":     FromFixed(types.T(types.Int16), ints, valid),
		"narrow":   {Type: types.T(types.Int64), Form: Narrow, Width: 1, N: 70, Base: -1, Data: bytes, Valid: valid},
		"dict":     {Type: values.Type, Form: Dict, Width: 1, N: 70, Data: bytes, Dict: &Dictionary{Values: values}, Valid: valid},
		"constant": Repeat(types.IntValue(types.T(types.Int32), 7), 70),
		"null":     Repeat(types.NullOf(types.T(types.Int32)), 70),
		"text":     FromBytes(types.T(types.Text), offs, texts, valid),
		"repeated": Repeat(types.BytesValue(types.T(types.Text), "x"), 70),
	}
}

// TestAppend compares what is appended with the rows one by one.
func TestAppend(t *testing.T) {
	sel := []uint64{0x0ff0ff00ff00f0f0, 0b101010}
	for name, v := range forms() {
		for _, mask := range [][]uint64{nil, sel} {
			present := v.Present(mask, nil)
			want := ""
			EachRow(v.N, mask, func(i int) error {
				if !v.IsNull(i) {
					want += types.Format(v.Value(i)) + ","
				}
				return nil
			})
			got := ""
			if v.Type.Class() == types.Bytes {
				offs, heap := AppendBytes([]int{0, 1}, []byte("-"), &v, present)
				for i := range len(offs) - 2 {
					got += string(heap[offs[i+1]:offs[i+2]]) + ","
				}
			} else {
				for _, x := range AppendFixed([]float64{99}, &v, present)[1:] {
					got += fmt.Sprint(x, ",")
				}
			}
			if got != want {
				t.Errorf("%s, mask %v:\n got %s\nwant %s", name, mask != nil, got, want)
			}
		}
	}
}
