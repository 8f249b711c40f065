package exec

import (
	"slices"
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
