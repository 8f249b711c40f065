package exec

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// compareBy orders rows as the keys, which are columns, say.
func compareBy(keys []plan.SortKey, a, b []types.Value) int {
	for _, k := range keys {
		c := k.Expr.(*expr.Col).Index
		x, y := a[c], b[c]
		switch {
		case !x.Valid && !y.Valid:
			continue
		case !x.Valid || !y.Valid:
			if x.Valid != k.NullsFirst {
				return -1
			}
			return 1
		}
		if o := types.Compare(x, y); o != 0 {
			if k.Desc {
				return -o
			}
			return o
		}
	}
	return 0
}

func drawKeys(r *rapid.T, m *memTable) []plan.SortKey {
	var keys []plan.SortKey
	for range rapid.IntRange(1, 3).Draw(r, "keys") {
		keys = append(keys, plan.SortKey{
			Expr: m.col(rapid.IntRange(0, len(m.cols)-1).Draw(r, "key")),
			Desc: rapid.Bool().Draw(r, "desc"), NullsFirst: rapid.Bool().Draw(r, "nulls first"),
		})
	}
	return keys
}

func TestSortIsStable(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 1, 4), 400)
		keys := drawKeys(r, m)
		want := slices.Clone(m.rows)
		slices.SortStableFunc(want, func(a, b []types.Value) int { return compareBy(keys, a, b) })
		sameRows(r, mustRows(r, &plan.Sort{Input: m.scan(), Keys: keys}, drawOptions(r)), want, true)
	})
}

func TestTopRows(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 1, 3), 200)
		keys := drawKeys(r, m)
		limit := rapid.IntRange(1, 50).Draw(r, "limit")
		want := slices.Clone(m.rows)
		slices.SortStableFunc(want, func(a, b []types.Value) int { return compareBy(keys, a, b) })
		want = want[:min(limit, len(want))]
		got := mustRows(r, &plan.Sort{Input: m.scan(), Keys: keys, Limit: int64(limit)}, drawOptions(r))
		sameRows(r, got, want, true)
	})
}

// TestTopPrunes runs a top-N over enough rows that the sort prunes, in every order.
func TestTopPrunes(t *testing.T) {
	series := &plan.GenerateSeries{Start: intConst(1), Stop: intConst(300000), Out: []plan.Column{{ID: 1, Type: types.T(types.Int64)}}}
	col := &expr.Col{Typ: types.T(types.Int64)}
	mixed, err := expr.NewOp(0, "%", col, intConst(7919))
	if err != nil {
		t.Fatal(err)
	}
	text, err := expr.NewCast(0, mixed, types.T(types.Text), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []expr.Expr{col, mixed, text} {
		for _, desc := range []bool{false, true} {
			keys := []plan.SortKey{{Expr: e, Desc: desc}}
			all := mustRows(t, &plan.Sort{Input: series, Keys: keys}, Options{Workers: 2})
			top := mustRows(t, &plan.Sort{Input: series, Keys: keys, Limit: 10}, Options{Workers: 2})
			sameRows(t, top, all[:10], true)
		}
	}
}

// TestTopPrunesByAllKeys runs a top-N over rows whose first keys are mostly the same, some NULL.
func TestTopPrunesByAllKeys(t *testing.T) {
	in := series(100000)
	some := func(factor, n int64) expr.Expr { // n values and NULL
		e := mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(factor)), intConst(n))
		return &expr.NullIf{Value: e, L: e, R: intConst(0), Eq: mustOp(t, "=", e, e).(*expr.Call).Fn}
	}
	text, err := expr.NewCast(0, some(7919, 1000), types.T(types.Text), false)
	if err != nil {
		t.Fatal(err)
	}
	for order := range 32 {
		keys := []plan.SortKey{{Expr: some(31, 2)}, {Expr: some(101, 4)}, {Expr: text}, {Expr: seriesCol()}}
		if order&16 != 0 {
			keys = []plan.SortKey{keys[0], keys[1], keys[3]}
		}
		for k := range keys[:2] {
			keys[k].Desc, keys[k].NullsFirst = order>>k&1 != 0, order>>(2+k)&1 != 0
		}
		all := mustRows(t, &plan.Sort{Input: in, Keys: keys}, Options{Workers: 2})
		for _, limit := range []int{1, 100, 30000} {
			top := mustRows(t, &plan.Sort{Input: in, Keys: keys, Limit: int64(limit)}, Options{Workers: 4})
			sameRows(t, top, all[:limit], true)
		}
	}
}

// TestSortTextsWithPrefix sorts enough texts that begin alike to be dealt into buckets.
func TestSortTextsWithPrefix(t *testing.T) {
	in := series(200000)
	prefix := &expr.Const{Value: types.BytesValue(types.T(types.Text), "id")}
	number, err := expr.NewCast(0, mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(7919)), intConst(20011)), types.T(types.Text), false)
	if err != nil {
		t.Fatal(err)
	}
	keys := []plan.SortKey{{Expr: mustOp(t, "||", prefix, number)}, {Expr: seriesCol(), Desc: true}}
	want := mustRows(t, &plan.Sort{Input: in, Keys: keys}, Options{Workers: 1})
	sameRows(t, mustRows(t, &plan.Sort{Input: in, Keys: keys}, Options{Workers: 4}), want, true)
}

// TestSortTexts sorts texts that begin alike and go on in few bytes or many, with and without a key behind.
func TestSortTexts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		prefix := rapid.SampledFrom([]string{"", "id", "four", "eleven byte", "more than twelve bytes "}).Draw(r, "prefix")
		ends := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("09aZ\x00é")), 0, 10, 10), 1, 12).Draw(r, "ends")
		m := drawTable(r, []types.Type{types.T(types.Text), rapid.SampledFrom(testTypes).Draw(r, "type")}, 300)
		at := 0
		for k, g := range m.groups {
			vals := make([]types.Value, g.N)
			for i := range vals {
				vals[i] = types.BytesValue(types.T(types.Text), prefix+rapid.SampledFrom(ends).Draw(r, "end"))
				if g.Live == nil || bit(g.Live, i) == 1 {
					m.rows[at][0] = vals[i]
					at++
				}
			}
			m.groups[k].Cols[0] = vecOf(types.T(types.Text), vals, testArena)
		}
		keys := []plan.SortKey{{Expr: m.col(0), Desc: rapid.Bool().Draw(r, "desc")}, {Expr: m.col(1), Desc: rapid.Bool().Draw(r, "desc")}}
		keys = keys[:rapid.IntRange(1, 2).Draw(r, "keys")]
		if rapid.Bool().Draw(r, "turn") {
			slices.Reverse(keys)
		}
		want := slices.Clone(m.rows)
		slices.SortStableFunc(want, func(a, b []types.Value) int { return compareBy(keys, a, b) })
		sameRows(r, mustRows(r, &plan.Sort{Input: m.scan(), Keys: keys}, drawOptions(r)), want, true)
	})
}

// TestSortReadsKeys sorts by all columns, which are read from the keys then.
func TestSortReadsKeys(t *testing.T) {
	const n = 5000
	mod := func(factor, by int64) expr.Expr {
		return mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(factor)), intConst(by))
	}
	number, err := expr.NewCast(0, mod(7919, 1009), types.T(types.Text), false)
	if err != nil {
		t.Fatal(err)
	}
	small, err := expr.NewCast(0, mustOp(t, "-", mod(31, 11), intConst(5)), types.T(types.Int16), false)
	if err != nil {
		t.Fatal(err)
	}
	null := &expr.NullIf{Value: small, L: mod(31, 11), R: intConst(3), Eq: mustOp(t, "=", seriesCol(), seriesCol()).(*expr.Call).Fn}
	for _, prefix := range []string{"", "id", "more than twelve bytes "} {
		text := mustOp(t, "||", &expr.Const{Value: types.BytesValue(types.T(types.Text), prefix)}, number)
		rare := &expr.NullIf{Value: text, L: mod(7919, 1009), R: intConst(77), Eq: null.Eq}
		in := &plan.Project{Input: series(n), Exprs: []expr.Expr{rare, null, seriesCol()}}
		var want [][]types.Value
		for i := range int64(n) {
			i++
			row := []types.Value{
				types.BytesValue(types.T(types.Text), prefix+strconv.FormatInt(i*7919%1009, 10)),
				types.IntValue(types.T(types.Int16), i*31%11-5), types.IntValue(types.T(types.Int64), i),
			}
			if i*7919%1009 == 77 {
				row[0] = types.NullOf(types.T(types.Text))
			}
			if i*31%11 == 3 {
				row[1] = types.NullOf(types.T(types.Int16))
			}
			want = append(want, row)
		}
		for order := range 8 {
			var keys []plan.SortKey
			for i, x := range in.Exprs {
				if order == 0 {
					in.Out = append(in.Out, plan.Column{ID: 10 + i, Type: x.Type()})
				}
				keys = append(keys, plan.SortKey{Expr: &expr.Col{Index: i, Typ: x.Type()}, Desc: order>>i&1 != 0, NullsFirst: order&2 != 0})
			}
			slices.SortFunc(want, func(a, b []types.Value) int { return compareBy(keys, a, b) })
			sameRows(t, mustRows(t, &plan.Sort{Input: in, Keys: keys}, Options{Workers: 2}), want, true)
		}
	}
}

// TestWindowStarts finds partitions and peers of every type.
func TestWindowStarts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 1, 4), 300)
		keys := drawKeys(r, m)
		parts := rapid.IntRange(0, len(keys)).Draw(r, "parts")
		w := &plan.Window{Input: m.scan(), Order: keys[parts:], Calls: []plan.WindowCall{{Func: plan.RowNumber}, {Func: plan.Rank}, {Func: plan.DenseRank}}}
		for i := range keys[:parts] {
			keys[i].Desc, keys[i].NullsFirst = false, false
			w.Partition = append(w.Partition, keys[i].Expr)
		}
		for i := range w.Calls {
			w.Out = append(w.Out, plan.Column{ID: 100 + i, Type: types.T(types.Int64)})
		}
		want := slices.Clone(m.rows)
		slices.SortStableFunc(want, func(a, b []types.Value) int { return compareBy(keys, a, b) })
		var number, rank, dense int64
		for i, row := range want {
			switch {
			case i == 0 || compareBy(keys[:parts], want[i-1], row) != 0:
				number, rank, dense = 1, 1, 1
			case compareBy(keys, want[i-1], row) != 0:
				number, dense = number+1, dense+1
				rank = number
			default:
				number++
			}
			want[i] = slices.Clone(row)
			for _, n := range []int64{number, rank, dense} {
				want[i] = append(want[i], types.IntValue(types.T(types.Int64), n))
			}
		}
		sameRows(r, mustRows(r, w, drawOptions(r)), want, true)
	})
}

// TestWindowOfManyRows ranks enough rows to be sorted by several workers: in order already, nearly so,
// and by keys that take more than 64 bits.
func TestWindowOfManyRows(t *testing.T) {
	const n = 200000
	wide := mustOp(t, "*", mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(7919)), intConst(50021)), intConst(1<<45))
	for _, x := range []struct{ part, key expr.Expr }{
		{intConst(0), mustOp(t, "/", seriesCol(), intConst(2))},
		{intConst(0), mustOp(t, "/", mustOp(t, "%", seriesCol(), intConst(n)), intConst(2))},
		{mustOp(t, "/", seriesCol(), intConst(1000)), mustOp(t, "/", seriesCol(), intConst(2))},
		{mustOp(t, "%", seriesCol(), intConst(10)), wide},
		{wide, mustOp(t, "*", wide, intConst(3))},
	} {
		in := &plan.Project{Input: series(n), Exprs: []expr.Expr{seriesCol(), x.part, x.key}}
		for i := range 3 {
			in.Out = append(in.Out, plan.Column{ID: 10 + i, Type: types.T(types.Int64)})
		}
		col := func(i int) expr.Expr { return &expr.Col{Index: i, Typ: types.T(types.Int64)} }
		w := &plan.Window{
			Input: in, Partition: []expr.Expr{col(1)}, Order: []plan.SortKey{{Expr: col(2)}},
			Calls: []plan.WindowCall{{Func: plan.Rank}}, Out: bigintColumn,
		}
		rows := mustRows(t, w, Options{Workers: 3})
		if len(rows) != n {
			t.Fatalf("%d rows", len(rows))
		}
		rank, first := int64(0), 0
		for i, row := range rows {
			before := -1
			if i > 0 {
				before = cmp.Or(cmp.Compare(rows[i-1][1].I, row[1].I), cmp.Compare(rows[i-1][2].I, row[2].I), cmp.Compare(rows[i-1][0].I, row[0].I))
			}
			if before >= 0 {
				t.Fatalf("row %d: %v behind %v", i, row, rows[i-1])
			}
			if i == 0 || rows[i-1][1].I != row[1].I {
				first, rank = i, 1
			} else if rows[i-1][2].I != row[2].I {
				rank = int64(i-first) + 1
			}
			if row[3].I != rank {
				t.Fatalf("row %d, %v: rank %d, want %d", i, row, row[3].I, rank)
			}
		}
	}
}

// TestSortManyRows sorts enough rows to be dealt into buckets by several workers.
func TestSortManyRows(t *testing.T) {
	series := &plan.GenerateSeries{Start: intConst(1), Stop: intConst(200000), Out: []plan.Column{{ID: 1, Type: types.T(types.Int64)}}}
	mixed, err := expr.NewOp(0, "%", &expr.Col{Typ: types.T(types.Int64)}, intConst(1013))
	if err != nil {
		t.Fatal(err)
	}
	rows := mustRows(t, &plan.Sort{Input: series, Keys: []plan.SortKey{{Expr: mixed, Desc: true}}}, Options{Workers: 4})
	if len(rows) != 200000 {
		t.Fatalf("%d rows", len(rows))
	}
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1][0].I, rows[i][0].I
		if a%1013 < b%1013 || a%1013 == b%1013 && a > b {
			t.Fatalf("row %d: %d before %d", i, a, b)
		}
	}
}
