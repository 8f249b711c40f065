package part

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// compareSQL orders two values as SQL does, NULLs last: the oracle of the tests.
func compareSQL(a, b types.Value) int {
	if !a.Valid || !b.Valid {
		return cmp.Compare(bool2int(!a.Valid), bool2int(!b.Valid))
	}
	return types.Compare(a, b)
}

func compareKeys(a, b []types.Value) int {
	for i := range min(len(a), len(b)) {
		if c := compareSQL(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// appendPieces appends the rows in pieces of random sizes and forms, some through a selection.
func appendPieces(t *rapid.T, r *rand.Rand, w *Writer, cols []column) {
	n := len(cols[0].values)
	for row := 0; row < n; {
		k := min(n-row, 1+r.IntN(300))
		selected := r.IntN(3) == 0
		var sel []uint64
		var picked []int // positions in the vector
		total := k
		if selected {
			total = k + r.IntN(k+1)
			picked = r.Perm(total)[:k]
			slices.Sort(picked)
			sel = make([]uint64, vec.Words(total))
			for _, i := range picked {
				sel[i>>6] |= 1 << (i & 63)
			}
		}
		vecs := make([]vec.Vec, len(cols))
		for c, col := range cols {
			values := col.values[row : row+k]
			if selected {
				spread := make([]types.Value, total)
				for i := range spread {
					spread[i] = col.values[r.IntN(n)]
				}
				for i, at := range picked {
					spread[at] = values[i]
				}
				values = spread
			}
			form := []vec.Form{vec.Flat, vec.Dict, vec.Narrow}[r.IntN(3)]
			if !slices.ContainsFunc(values, func(v types.Value) bool { return !sameValue(v, values[0]) }) {
				form = vec.Const
			}
			vecs[c] = vectorOf(col.spec.Type, values, form)
		}
		if err := w.Append(vecs, sel, nil); err != nil {
			t.Fatal(err)
		}
		row += k
	}
}

// TestPartEqualsModel writes random columns of all types in pieces of all forms, and compares
// values, statistics and every kind of lookup with what the plain values say.
func TestPartEqualsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		n := rapid.IntRange(0, 1500).Draw(t, "rows")
		nulls := rapid.SampledFrom([]float64{0, 0, 0.05, 0.9, 1}).Draw(t, "nulls")
		spread := rapid.SampledFrom([]int64{1, 3, 100, 30000}).Draw(t, "spread")
		cols := randomColumns(r, n, nulls, spread)
		opt := WriteOptions{Columns: specsOf(cols), Compress: r.IntN(4) == 0, GroupRows: 64 << r.IntN(5)}
		for i := range 4 {
			keys := r.Perm(len(cols))[:1+r.IntN(3)]
			x := IndexSpec{ID: uint32(i), Unique: i == 0}
			for _, k := range keys {
				x.Columns = append(x.Columns, cols[k].spec.ID)
			}
			opt.Indexes = append(opt.Indexes, x)
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, opt)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		appendPieces(t, r, w, cols)
		info, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		p := openPart(t, out.Bytes())
		checkValues(t, p, cols)
		checkStats(t, p, cols)
		checkDuplicates(t, info, opt.Indexes[0], cols)
		for _, x := range opt.Indexes {
			checkIndex(t, r, p, x, cols)
		}
		if err := p.Verify(); err != nil {
			t.Fatal(err)
		}
	})
}

// checkStats compares bounds and counts of all groups and of the part with the values.
func checkStats(t tb, p *Part, cols []column) {
	t.Helper()
	for c, col := range cols {
		for g := range p.Groups() {
			lo := g * p.GroupSize()
			checkStat(t, fmt.Sprintf("column %d group %d", c, g), p.Stats(g, c), col.values[lo:lo+p.GroupRows(g)])
		}
		checkStat(t, fmt.Sprintf("column %d", c), p.ColumnStats(c), col.values)
	}
}

func checkStat(t tb, what string, s Stats, values []types.Value) {
	t.Helper()
	var sorted []types.Value
	nan, distinct := false, map[string]bool{}
	for _, v := range values {
		if v.Valid && v.F != v.F {
			nan = true
		} else if v.Valid {
			sorted = append(sorted, v)
		}
		if v.Valid {
			distinct[fmt.Sprint(v.I, v.F, v.S, v.Iv)] = true
		}
	}
	nulls := 0
	for _, v := range values {
		nulls += bool2int(!v.Valid)
	}
	if s.Rows != len(values) || s.Nulls != nulls || s.HasNaN != nan || s.Valid != (len(sorted) > 0) {
		t.Fatalf("%s: %s; %d rows, %d NULLs, NaN %t", what, s.String(), len(values), nulls, nan)
	}
	if inOrder := slices.IsSortedFunc(values, compareSQL); s.Sorted && (!inOrder || nulls > 0) {
		t.Fatalf("%s: %s, but the values are not", what, s.String())
	}
	if d := len(distinct); s.Distinct > 2*d+1 || 2*s.Distinct+1 < d {
		t.Fatalf("%s: %s, but %d distinct", what, s.String(), d)
	}
	if !s.Valid {
		return
	}
	slices.SortFunc(sorted, compareSQL)
	if !s.Exact || compareSQL(s.Min, sorted[0]) != 0 || compareSQL(s.Max, sorted[len(sorted)-1]) != 0 {
		t.Fatalf("%s: %s; bounds are %v, %v", what, s.String(), sorted[0], sorted[len(sorted)-1])
	}
}

func checkDuplicates(t tb, info Info, x IndexSpec, cols []column) {
	t.Helper()
	has := false
	model := modelIndex(x, cols)
	for i := 1; i < len(model); i++ {
		has = has || compareKeys(model[i-1].key, model[i].key) == 0 && !model[i].null
	}
	if has != (len(info.Duplicates) > 0) {
		t.Fatalf("duplicates %v, the model has some: %t", info.Duplicates, has)
	}
	for _, d := range info.Duplicates {
		a, b := keyOfRow(x, cols, int(d.First)), keyOfRow(x, cols, int(d.Second))
		if d.First >= d.Second || compareKeys(a, b) != 0 {
			t.Fatalf("rows %d and %d are no duplicates: %v, %v", d.First, d.Second, a, b)
		}
	}
}

type modelEntry struct {
	key  []types.Value
	row  uint32
	null bool
}

func keyOfRow(x IndexSpec, cols []column, row int) []types.Value {
	var key []types.Value
	for _, id := range x.Columns {
		key = append(key, cols[id-1].values[row])
	}
	return key
}

// modelIndex returns all keys in (key, row) order.
func modelIndex(x IndexSpec, cols []column) []modelEntry {
	var m []modelEntry
	for row := range cols[0].values {
		key := keyOfRow(x, cols, row)
		null := slices.ContainsFunc(key, func(v types.Value) bool { return !v.Valid })
		m = append(m, modelEntry{key, uint32(row), null})
	}
	slices.SortStableFunc(m, func(a, b modelEntry) int { return compareKeys(a.key, b.key) })
	return m
}

// checkIndex compares lookups and ranges of keys that are there and of others with the model.
func checkIndex(t tb, r *rand.Rand, p *Part, spec IndexSpec, cols []column) {
	t.Helper()
	x, ok := p.Index(spec.ID)
	if !ok {
		t.Fatalf("no index %d", spec.ID)
	}
	model := modelIndex(spec, cols)
	var keys [][]types.Value
	for range 40 {
		key := make([]types.Value, len(spec.Columns))
		for i, id := range spec.Columns {
			col := cols[id-1]
			switch {
			case len(col.values) > 0 && r.IntN(4) > 0:
				key[i] = col.values[r.IntN(len(col.values))]
			case r.IntN(6) == 0:
				key[i] = types.NullOf(col.spec.Type)
			default:
				key[i] = randomValue(r, col.spec.Type, 40000)
			}
		}
		if len(model) > 0 && r.IntN(2) == 0 {
			key = model[r.IntN(len(model))].key
		}
		keys = append(keys, key)
		checkLookup(t, x, model, key)
	}
	checkBatch(t, x, model, keys, cols, spec)
	for range 40 {
		lo, hi := randomBound(r, keys), randomBound(r, keys)
		checkRangeOf(t, x, model, lo, hi)
	}
}

func randomBound(r *rand.Rand, keys [][]types.Value) *Bound {
	if r.IntN(5) == 0 {
		return nil
	}
	key := keys[r.IntN(len(keys))]
	return &Bound{Key: key[:1+r.IntN(len(key))], Inclusive: r.IntN(2) == 0}
}

func rowsEqual(model []modelEntry, key []types.Value) []uint32 {
	var want []uint32
	for _, e := range model {
		if !e.null && compareKeys(e.key, key) == 0 {
			want = append(want, e.row)
		}
	}
	return want
}

func checkLookup(t tb, x *Index, model []modelEntry, key []types.Value) {
	t.Helper()
	var got []uint32
	if err := x.Lookup(key, func(row uint32) bool { got = append(got, row); return true }); err != nil {
		t.Fatal(err)
	}
	want := rowsEqual(model, key)
	if !slices.Equal(got, want) {
		t.Fatalf("index %+v: lookup of %v gives rows %v, want %v", x.Spec(), key, got, want)
	}
	if len(want) > 0 && (!x.MayContain(key) || !x.MayContainHash(HashKey(key))) {
		t.Fatalf("index %+v: the filter denies %v", x.Spec(), key)
	}
}

func checkBatch(t tb, x *Index, model []modelEntry, keys [][]types.Value, cols []column, spec IndexSpec) {
	t.Helper()
	vecs := make([]vec.Vec, len(spec.Columns))
	for c, id := range spec.Columns {
		var values []types.Value
		for _, key := range keys {
			values = append(values, key[c])
		}
		vecs[c] = vectorOf(cols[id-1].spec.Type, values, vec.Flat)
	}
	got := make([][]uint32, len(keys))
	sel := []uint64{0xFFFF_FFFF_FFFF_FF7F}
	err := x.LookupBatch(vecs, sel, func(i int, row uint32) bool { got[i] = append(got[i], row); return true })
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		want := rowsEqual(model, key)
		if i == 7 {
			want = nil
		}
		if !slices.Equal(got[i], want) {
			t.Fatalf("batch lookup of %v gives rows %v, want %v", key, got[i], want)
		}
	}
}

func checkRangeOf(t tb, x *Index, model []modelEntry, lo, hi *Bound) {
	t.Helper()
	var got, want []uint32
	for _, e := range model {
		if lo != nil {
			if c := compareKeys(e.key, lo.Key); c < 0 || c == 0 && !lo.Inclusive {
				continue
			}
		}
		if hi != nil {
			if c := compareKeys(e.key, hi.Key); c > 0 || c == 0 && !hi.Inclusive {
				continue
			}
		}
		want = append(want, e.row)
	}
	if err := x.Range(lo, hi, func(row uint32) bool { got = append(got, row); return true }); err != nil {
		t.Fatal(err)
	}
	n, err := x.CountRange(lo, hi)
	if err != nil || n != len(want) || !slices.Equal(got, want) {
		t.Fatalf("index %+v: range %+v to %+v gives %v (%d, %v), want %v", x.Spec(), lo, hi, got, n, err, want)
	}
}
