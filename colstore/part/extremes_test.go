package part

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"driftdb/internal/binfmt"
	"driftdb/internal/types"
)

// TestKeysAtTheEnds looks up and ranges over the least and the greatest values of types, where
// differences wrap.
func TestKeysAtTheEnds(t *testing.T) {
	big, text := types.T(types.Int64), types.T(types.Text)
	ends := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 200, math.MaxInt64 - 1, math.MaxInt64}
	sets := map[string][]types.Value{"null": {types.NullOf(big)}, "ends": nil, "high": nil, "low": nil}
	for _, v := range ends {
		sets["ends"] = append(sets["ends"], types.IntValue(big, v))
	}
	for i := range int64(100) {
		sets["high"] = append(sets["high"], types.IntValue(big, math.MaxInt64-i*2), types.NullOf(big))
		sets["low"] = append(sets["low"], types.IntValue(big, math.MinInt64+i*2), types.NullOf(big))
	}
	var keys [][]types.Value
	for _, v := range ends {
		keys = append(keys, []types.Value{types.IntValue(big, v)})
	}
	keys = append(keys, []types.Value{types.NullOf(big)})
	for _, values := range sets {
		checkAllRanges(t, values, keys)
	}

	long := strings.Repeat("prefix/", 12)
	var names, nameKeys = []types.Value{}, [][]types.Value{}
	for _, s := range []string{"", "a", long, long + "a", long + "b", long + "a\x01", "zz"} {
		nameKeys = append(nameKeys, []types.Value{types.BytesValue(text, s)})
	}
	for i := range 50 {
		names = append(names, types.BytesValue(text, fmt.Sprintf("%s%c%d", long, 'a'+i%3, i)))
	}
	checkAllRanges(t, names, nameKeys)
	checkAllRanges(t, append(names, types.BytesValue(text, ""), types.BytesValue(text, long)), nameKeys)
}

// checkAllRanges compares lookups of all keys, and ranges between any two, with the model.
func checkAllRanges(t *testing.T, values []types.Value, keys [][]types.Value) {
	t.Helper()
	cols := []column{{spec: ColumnSpec{ID: 1, Name: "k", Type: keys[0][0].Type}, values: values}}
	spec := IndexSpec{Columns: []uint32{1}}
	img, _ := writePart(t, WriteOptions{Columns: specsOf(cols), Indexes: []IndexSpec{spec}, GroupRows: 64}, cols, nil)
	p := openPart(t, img)
	x, _ := p.Index(0)
	model := modelIndex(spec, cols)
	for _, lo := range keys {
		checkLookup(t, x, model, lo)
		for _, hi := range keys {
			for flags := range 4 {
				checkRangeOf(t, x, model, &Bound{lo, flags&1 == 0}, &Bound{hi, flags&2 == 0})
			}
		}
	}
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
}

// TestLongTextBounds cuts long bounds so that they stay bounds.
func TestLongTextBounds(t *testing.T) {
	text := types.T(types.Text)
	long := strings.Repeat("x", 100)
	cols := []column{{spec: ColumnSpec{ID: 1, Name: "v", Type: text}, values: []types.Value{
		types.BytesValue(text, long+"b"), types.BytesValue(text, long+"a"), types.BytesValue(text, long)}}}
	img, info := writePart(t, WriteOptions{Columns: specsOf(cols)}, cols, nil)
	s := openPart(t, img).Stats(0, 0)
	if !s.Valid || s.Exact || s.Min.S > long || s.Max.S <= long+"b" || len(s.Max.S) > maxStatBytes || info.Stats[0].Exact {
		t.Fatalf("bounds %+v", s)
	}
	high := types.T(types.Bytea)
	cols = []column{{spec: ColumnSpec{ID: 1, Name: "v", Type: high}, values: []types.Value{
		types.BytesValue(high, strings.Repeat("\xFF", 100)), types.BytesValue(high, "a")}}}
	img, _ = writePart(t, WriteOptions{Columns: specsOf(cols), Indexes: []IndexSpec{{Columns: []uint32{1}}}}, cols, nil)
	p := openPart(t, img)
	if s := p.Stats(0, 0); s.Valid || s.Nulls != 0 {
		t.Fatalf("bounds %+v of what has no upper bound", s)
	}
	checkAllRanges(t, cols[0].values, [][]types.Value{{cols[0].values[0]}, {cols[0].values[1]}, {types.BytesValue(high, "b")}})
}

// TestDictionaryIsGivenUp changes from few to many distinct strings in the middle of a part.
func TestDictionaryIsGivenUp(t *testing.T) {
	text := types.T(types.Text)
	cols := []column{{spec: ColumnSpec{ID: 1, Name: "v", Type: text}}}
	for i := range 40_000 {
		s := fmt.Sprint(i % 10)
		if i > 9000 {
			s = fmt.Sprint("value ", i)
		}
		v := types.BytesValue(text, s)
		if i%11 == 0 {
			v = types.NullOf(text)
		}
		cols[0].values = append(cols[0].values, v)
	}
	img, _ := writePart(t, WriteOptions{Columns: specsOf(cols), GroupRows: 4096}, cols, nil)
	p := openPart(t, img)
	if enc, _ := p.Encoding(0); enc != PackedText {
		t.Fatalf("the column is %s", enc)
	}
	checkValues(t, p, cols)
	checkStats(t, p, cols)
}

// TestBoundsByBytesAreNotUsed reads what older writers left of a dictionary whose values are not in
// the order of their bytes: its bounds, which are by that order, are as if there were none.
func TestBoundsByBytesAreNotUsed(t *testing.T) {
	jsonb := types.T(types.JSONB)
	col := column{spec: ColumnSpec{ID: 1, Name: "j", Type: jsonb}}
	for i := range 1000 {
		col.values = append(col.values, types.BytesValue(jsonb, []string{"[]", "7", `{"a": 1}`}[i%3]))
	}
	img, _ := writePart(t, WriteOptions{Columns: specsOf([]column{col})}, []column{col}, nil)
	p := openPart(t, img)
	m, c := &p.footer.chunks[0], &p.footer.columns[0]
	if s := p.Stats(0, 0); c.form.enc != Coded || !s.Valid || s.Min.S != "[]" || s.Max.S != `{"a": 1}` {
		t.Fatalf("encoding %v, %s", c.form.enc, s.String())
	}
	var w binfmt.Writer
	m.encode(&w, c, false)
	old := w.B
	old[8] &^= statOrdered
	var back chunkMeta
	r := binfmt.NewReader(old, "", 0)
	back.decode(r, c, false, 1000)
	if r.Err() != nil || back.stats.Valid || back.stats.Sorted || back.off != m.off || back.crc != m.crc {
		t.Fatalf("%v; %s at %d", r.Err(), back.stats.String(), back.off)
	}
}
