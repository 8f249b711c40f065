package exec

import (
	"fmt"
	"strings"
	"testing"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// TestGatheredStringsBecomeCodes gathers the same rows of a store of several blocks until it
// answers with a dictionary, and expects the same values, NULLs and holes included.
func TestGatheredStringsBecomeCodes(t *testing.T) {
	a := arena.New(nil)
	defer a.Free()
	const rows = 3000
	text := types.T(types.Text)
	s := newStore([]types.Type{text}, a)
	for lo := 0; lo < rows; lo += 500 {
		vals := make([]types.Value, 500)
		for i := range vals {
			vals[i] = types.BytesValue(text, fmt.Sprintf("%d %s", (lo+i)%7, strings.Repeat("x", (lo+i)%40)))
			if (lo+i)%11 == 0 {
				vals[i] = types.NullOf(text)
			}
		}
		v := vecOf(text, vals, a)
		s.add(nil, []vec.Vec{v}, v.N, nil)
	}
	s.seal()
	if len(s.blocks) < 2 {
		t.Fatal("the store has one block")
	}
	var ids []rowID
	for b := range s.blocks {
		for i := 0; i < s.blocks[b].n; i += 3 {
			ids = append(ids, rowID(b)<<blockShift|rowID(i))
		}
		ids = append(ids, noRow)
	}
	first := s.gatherAny(0, ids, true, a)
	var last vec.Vec
	for range 4 {
		last = s.gatherAny(0, ids, true, a)
	}
	if first.Form != vec.Flat || last.Form != vec.Dict {
		t.Fatalf("forms %d and %d", first.Form, last.Form)
	}
	for i := range ids {
		if x, y := first.Value(i), last.Value(i); x != y {
			t.Fatalf("row %d is %v, and with codes %v", i, x, y)
		}
	}
}
