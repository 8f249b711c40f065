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

// TestFewTextsGetNumbers gathers from stores whose rows came as codes: few texts are a dictionary at once, whose
// values all differ; many are not.
func TestFewTextsGetNumbers(t *testing.T) {
	text := types.T(types.Text)
	for _, differ := range []int{1, 7, 1000, 6000} {
		a := arena.New(nil)
		const rows = 6000
		vals := make([]types.Value, rows)
		for i := range vals {
			vals[i] = types.BytesValue(text, fmt.Sprintf("number %d of all", i%differ))
			if i%11 == 0 {
				vals[i] = types.NullOf(text)
			}
		}
		v := vecOf(text, vals, a)
		codes := make([]uint32, rows)
		for i := range codes {
			codes[i] = uint32(i)
		}
		coded := vec.Vec{Type: text, Form: vec.Dict, Width: 4, N: rows, Data: vec.BytesOf(codes), Dict: &vec.Dictionary{Values: v}, Valid: v.Valid}
		s := newStore([]types.Type{text}, a)
		s.add(nil, []vec.Vec{coded}, rows, nil)
		s.seal()
		var ids []rowID
		for b := range s.blocks {
			for i := range s.blocks[b].n {
				ids = append(ids, rowID(b)<<blockShift|rowID(i))
			}
		}
		out := s.gatherAny(0, ids, false, a)
		if few := differ*textShare <= sampledTexts; few && (out.Form != vec.Dict || out.Dict.Values.N != differ) {
			t.Errorf("%d texts: form %d", differ, out.Form)
		}
		for i := range ids {
			if x := out.Value(i); x != vals[i] {
				t.Fatalf("%d texts: row %d is %v, want %v", differ, i, x, vals[i])
			}
		}
		a.Free()
	}
}

// TestNumericsGetNoNumbers gathers NUMERICs of any scale that came as codes: equal ones have several forms.
func TestNumericsGetNoNumbers(t *testing.T) {
	a := arena.New(nil)
	defer a.Free()
	numeric := types.T(types.Numeric)
	var vals []types.Value
	for i := range 3 {
		vals = append(vals, types.BytesValue(numeric, types.DecimalFromInt(int64(i), 1).Encode()))
	}
	coded := vec.Vec{Type: numeric, Form: vec.Dict, Width: 1, N: 9, Data: []byte{0, 1, 2, 2, 1, 0, 0, 0, 1}, Dict: &vec.Dictionary{Values: vecOf(numeric, vals, a)}}
	s := newStore([]types.Type{numeric}, a)
	s.add(nil, []vec.Vec{coded}, coded.N, nil)
	s.seal()
	ids := []rowID{8, 2, 0}
	for range 5 {
		out := s.gatherAny(0, ids, false, a)
		for i, id := range ids {
			if x := out.Value(i); x != coded.Value(int(id)) {
				t.Fatalf("row %d is %v, want %v", id, x, coded.Value(int(id)))
			}
		}
	}
}
