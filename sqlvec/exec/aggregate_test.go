package exec

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// mustAgg returns the call of an aggregate over column args.
func mustAgg(t fataler, name string, args ...expr.Expr) plan.AggCall {
	agg, args, err := expr.NewAggregate(0, name, args)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return plan.AggCall{Agg: agg, Args: args}
}

// naiveGroups groups rows by the first keys columns, in the order of their first rows.
func naiveGroups(rows [][]types.Value, keys int) [][][]types.Value {
	var groups [][][]types.Value
next:
	for _, row := range rows {
		for i, g := range groups {
			same := true
			for k := range keys {
				same = same && equalKeys(g[0][k], row[k])
			}
			if same {
				groups[i] = append(g, row)
				continue next
			}
		}
		groups = append(groups, [][]types.Value{row})
	}
	return groups
}

// naiveCalls computes count(*), count, count(distinct), min and max of column c, and
// count(*) of those rows where it is not NULL.
func naiveCalls(rows [][]types.Value, c int) []types.Value {
	bigint := types.T(types.Int64)
	count, distinct := int64(0), int64(0)
	var least, greatest types.Value
	var seen []types.Value
	for _, row := range rows {
		v := row[c]
		if !v.Valid {
			continue
		}
		if count++; count == 1 || types.Compare(v, least) < 0 {
			least = v
		}
		if count == 1 || types.Compare(v, greatest) > 0 {
			greatest = v
		}
		fresh := true
		for _, s := range seen {
			fresh = fresh && !equalKeys(s, v)
		}
		if fresh {
			seen, distinct = append(seen, v), distinct+1
		}
	}
	return []types.Value{
		types.IntValue(bigint, int64(len(rows))), types.IntValue(bigint, count), types.IntValue(bigint, distinct),
		types.IntValue(bigint, count), least, greatest,
	}
}

// drawAggregate draws a GROUP BY of the first keys columns over aggregates of the last.
func drawAggregate(r *rapid.T, m *memTable, keys int) *plan.Aggregate {
	last := m.col(len(m.cols) - 1)
	n := &plan.Aggregate{Input: m.scan()}
	for k := range keys {
		n.Keys = append(n.Keys, m.col(k))
	}
	distinct := mustAgg(r, "count", last)
	distinct.Distinct = true
	filtered := mustAgg(r, "count")
	filtered.Filter = expr.NewIsNull(0, last, true)
	n.Aggs = []plan.AggCall{mustAgg(r, "count"), mustAgg(r, "count", last), distinct, filtered, mustAgg(r, "min", last), mustAgg(r, "max", last)}
	return n
}

func TestAggregate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.IntRange(0, 3).Draw(r, "keys")
		ts := drawTypes(r, keys, keys)
		ts = append(ts, rapid.SampledFrom(testTypes[1:]).Draw(r, "last"))
		m := drawTable(r, ts, 200)
		n := drawAggregate(r, m, keys)
		plain := rapid.Bool().Draw(r, "plain")
		if plain { // without DISTINCT and FILTER other ways of grouping are taken
			n.Aggs = []plan.AggCall{n.Aggs[0], n.Aggs[1], n.Aggs[4], n.Aggs[5]}
		}
		groups := naiveGroups(m.rows, keys)
		if keys == 0 && len(groups) == 0 {
			groups = [][][]types.Value{nil}
		}
		var want, got [][]types.Value
		for _, g := range groups {
			calls := naiveCalls(g, keys)
			if plain {
				calls = []types.Value{calls[0], calls[1], calls[4], calls[5]}
			}
			want = append(want, append(firstKeys(g, keys), keyed(calls)...))
		}
		for _, row := range mustRows(r, n, drawOptions(r)) {
			got = append(got, append(keyed(row[:keys]), keyed(row[keys:])...))
		}
		sameRows(r, got, want, false)
	})
}

// firstKeys returns the keys of a group in the form of keyed.
func firstKeys(g [][]types.Value, keys int) []types.Value {
	if keys == 0 {
		return nil
	}
	return keyed(g[0][:keys])
}

// keyed returns values with one form for those that are equal: any of them may stand for
// a group.
func keyed(vals []types.Value) []types.Value {
	out := make([]types.Value, len(vals))
	for i, v := range vals {
		switch {
		case !v.Valid:
			v = types.NullOf(types.T(types.Text))
		case v.Type.Class() == types.Span:
			days, micros := spanWords(v.Iv)
			v = types.BytesValue(types.T(types.Text), fmt.Sprint(days, micros))
		case v.Type.ID == types.Numeric && v.Type.Class() == types.Bytes:
			v = types.BytesValue(types.T(types.Text), string(types.DecimalKey([]byte(v.S))))
		case v.Type.Class() == types.F32 || v.Type.Class() == types.F64:
			v.F += 0 // -0 becomes 0
		}
		out[i] = v
	}
	return out
}

// TestAggregateManyGroups has enough keys that the rows go to partitions, with NULLs among
// them, and enough rows that the decision is taken, early where statistics know of many keys.
func TestAggregateManyGroups(t *testing.T) {
	const n = 300000
	bigint := types.T(types.Int64)
	series := &plan.GenerateSeries{Start: intConst(0), Stop: intConst(n - 1), Out: []plan.Column{{ID: 1, Type: bigint}}}
	col := &expr.Col{Typ: bigint}
	op := func(op string, l, r expr.Expr) expr.Expr {
		e, err := expr.NewOp(0, op, l, r)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	// Keys are spread too widely for an array; one in 100,000 is NULL.
	const groups = 100000
	mod := op("%", col, intConst(groups))
	key := op("*", mod, intConst(1<<40))
	nullable := &expr.NullIf{Value: key, L: key, R: intConst(7 << 40), Eq: op("=", key, key).(*expr.Call).Fn}
	text, err := expr.NewCast(0, key, types.T(types.Text), false)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string][]expr.Expr{
		"word": {key}, "nullable": {nullable}, "row": {nullable, mod}, "text": {text},
	} {
		for i, workers := range []int{1, 4, 1, 4} {
			node := &plan.Aggregate{Input: series, Keys: keys, Aggs: []plan.AggCall{mustAgg(t, "count"), mustAgg(t, "max", col)}}
			if i >= 2 {
				node.KeyStats = slices.Repeat([]plan.KeyStats{{Distinct: 10 * groups}}, len(keys))
			}
			got := mustRows(t, node, Options{Workers: workers})
			if len(got) != groups {
				t.Fatalf("%s: %d groups", name, len(got))
			}
			seen := make(map[int64]bool)
			for _, row := range got {
				count, most := row[len(row)-2].I, row[len(row)-1].I
				if count != n/groups || most < n-groups || seen[most] {
					t.Fatalf("%s: group %s", name, showRow(row))
				}
				seen[most] = true
				if null := most%groups == 7 && name != "word" && name != "text"; row[0].Valid == null {
					t.Fatalf("%s: key of group %s", name, showRow(row))
				}
			}
		}
	}
}

// TestAggregateMergesInParts groups integers that lie close together, which each worker does in a
// table of its own, by every aggregate whose states are merged part by part.
func TestAggregateMergesInParts(t *testing.T) {
	const n, groups = 400000, 160000
	in := series(n)
	mod := mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(7919)), intConst(groups))
	back := mustOp(t, "-", intConst(0), mod)
	key := &expr.NullIf{Value: back, L: back, R: intConst(-7), Eq: mustOp(t, "=", back, back).(*expr.Call).Fn}
	cast := func(id types.ID) expr.Expr {
		e, err := expr.NewCast(0, seriesCol(), types.T(id), false)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	var calls []plan.AggCall
	for _, name := range []string{"sum", "avg", "min", "max", "count"} {
		calls = append(calls, mustAgg(t, name, seriesCol()), mustAgg(t, name, cast(types.Float64)))
	}
	calls = append(calls, mustAgg(t, "sum", cast(types.Numeric)), mustAgg(t, "max", cast(types.Text)), mustAgg(t, "variance", seriesCol()),
		mustAgg(t, "bit_or", seriesCol()), mustAgg(t, "regr_count", cast(types.Float64), cast(types.Float64)), mustAgg(t, "count"))
	node := &plan.Aggregate{Input: in, Keys: []expr.Expr{key}, Aggs: calls}
	want := mustRows(t, node, Options{Workers: 1})
	if len(want) != groups {
		t.Fatalf("%d groups", len(want))
	}
	sameRows(t, mustRows(t, node, Options{Workers: 4}), want, false)
}

// TestAggregateOfAscendingKeys groups keys that come in ascending order, of one column or two, so
// that the workers' tables are merged by ranges, and keys that begin so and then do not.
func TestAggregateOfAscendingKeys(t *testing.T) {
	const n = 280000
	half := mustOp(t, "/", mustOp(t, "-", seriesCol(), intConst(1)), intConst(2))
	third := mustOp(t, "%", seriesCol(), intConst(3))
	back := mustOp(t, "%", half, intConst(n/2-n/40))
	number, err := expr.NewCast(0, seriesCol(), types.T(types.Numeric), false)
	if err != nil {
		t.Fatal(err)
	}
	calls := []plan.AggCall{mustAgg(t, "count"), mustAgg(t, "sum", seriesCol()), mustAgg(t, "avg", third), mustAgg(t, "sum", number)}
	for name, c := range map[string]struct {
		keys   []expr.Expr
		groups int
	}{
		"one": {[]expr.Expr{half}, n / 2}, "two": {[]expr.Expr{third, half}, n}, "same": {[]expr.Expr{half, half}, n / 2},
		"one, back": {[]expr.Expr{back}, n/2 - n/40}, "two, back": {[]expr.Expr{back, third}, n - n/40},
	} {
		node := &plan.Aggregate{Input: series(n), Keys: c.keys, Aggs: calls}
		for i := range len(c.keys) + len(calls) {
			node.Out = append(node.Out, plan.Column{ID: i + 2, Type: columnType(node, i)})
		}
		want := mustRows(t, node, Options{Workers: 1})
		if len(want) != c.groups {
			t.Fatalf("%s: %d groups", name, len(want))
		}
		sameRows(t, mustRows(t, node, Options{Workers: 4}), want, false)
		if len(c.keys) == 1 {
			checkLateResults(t, node, want)
		}
	}
}

// TestAggregateOfAscendingKeysAndTexts does so with a column of codes of a dictionary beside the keys that ascend.
func TestAggregateOfAscendingKeysAndTexts(t *testing.T) {
	const n = 300000
	text := types.T(types.Text)
	m := &memTable{cols: []plan.Column{{ID: 1, Type: types.T(types.Int64)}, {ID: 2, Type: text}}}
	dict := &vec.Dictionary{ID: dictionaries.Add(1), Values: vecOf(text, []types.Value{types.BytesValue(text, "even"), types.BytesValue(text, "odd")}, testArena)}
	for from := 0; from < n; from += blockRows {
		rows := min(blockRows, n-from)
		ids, codes := make([]int64, rows), make([]uint64, rows/8+1)
		for i := range ids {
			ids[i] = int64(from+i) / 2
			vec.BytesOf(codes)[i] = byte(ids[i] & 1)
		}
		m.groups = append(m.groups, colstore.Group{N: rows, Cols: []vec.Vec{
			vec.FromFixed(m.cols[0].Type, ids, nil), {Type: text, Form: vec.Dict, Width: 1, N: rows, Data: vec.BytesOf(codes), Dict: dict},
		}})
	}
	for _, workers := range []int{1, 4} {
		node := &plan.Aggregate{Input: m.scan(), Keys: []expr.Expr{m.col(1), m.col(0)}, Aggs: []plan.AggCall{mustAgg(t, "count")}}
		got := mustRows(t, node, Options{Workers: workers})
		if len(got) != n/2 {
			t.Fatalf("%d groups", len(got))
		}
		for _, row := range got {
			if odd := row[1].I&1 == 1; row[2].I != 2 || odd != (row[0].S == "odd") {
				t.Fatalf("group %s", showRow(row))
			}
		}
	}
}

// TestAggregateOfSmallKeys groups two columns of few values each that make many pairs, which an array finds, and rows
// behind them whose keys leave it.
func TestAggregateOfSmallKeys(t *testing.T) {
	const n, side, far = 400000, 300, 399000
	spread := func(factor int64) expr.Expr {
		return mustOp(t, "%", mustOp(t, "*", seriesCol(), intConst(factor)), intConst(side))
	}
	jump := mustOp(t, "*", mustOp(t, "/", seriesCol(), intConst(far)), intConst(1<<40))
	a := mustOp(t, "%", mustOp(t, "/", seriesCol(), intConst(side)), intConst(side))
	node := &plan.Aggregate{Input: series(n), Keys: []expr.Expr{mustOp(t, "+", a, jump), spread(7919)},
		Aggs: []plan.AggCall{mustAgg(t, "count"), mustAgg(t, "max", seriesCol())}}
	type pair struct{ a, b int64 }
	want := map[pair][2]int64{}
	for i := int64(1); i <= n; i++ {
		p := pair{i/side%side + i/far<<40, i * 7919 % side}
		want[p] = [2]int64{want[p][0] + 1, i}
	}
	for _, workers := range []int{1, 4} {
		got := mustRows(t, node, Options{Workers: workers})
		if len(got) != len(want) {
			t.Fatalf("%d groups, want %d", len(got), len(want))
		}
		for _, row := range got {
			if w := want[pair{row[0].I, row[1].I}]; row[2].I != w[0] || row[3].I != w[1] {
				t.Fatalf("group %s, want %v", showRow(row), w)
			}
		}
	}
}

// columnType returns the type of column i of an aggregation.
func columnType(n *plan.Aggregate, i int) types.Type {
	if i < len(n.Keys) {
		return n.Keys[i].Type()
	}
	return types.T(n.Aggs[i-len(n.Keys)].Agg.Ret)
}

// checkLateResults puts a HAVING, a LIMIT and both over an aggregation whose rows are all, and whose
// last column is a sum.
func checkLateResults(t *testing.T, node *plan.Aggregate, all [][]types.Value) {
	last := len(node.Out) - 1
	sums := make([]int64, len(all))
	for i, row := range all {
		sums[i] = mustDecimal(t, row[last])
	}
	slices.Sort(sums)
	bound := sums[len(sums)*9/10]
	limit, err := expr.NewCast(0, intConst(bound), types.T(types.Numeric), false)
	if err != nil {
		t.Fatal(err)
	}
	having := &plan.Filter{Input: node, Predicate: mustOp(t, ">", col(node, last), limit)}
	var kept [][]types.Value
	for _, row := range all {
		if mustDecimal(t, row[last]) > bound {
			kept = append(kept, row)
		}
	}
	sameRows(t, mustRows(t, having, Options{Workers: 2}), kept, false)
	for _, in := range []plan.Node{node, having} {
		keys := []plan.SortKey{{Expr: col(node, len(node.Keys)), Desc: true}}
		for k := range node.Keys {
			keys = append(keys, plan.SortKey{Expr: col(node, k)})
		}
		p := &plan.Project{Input: in, Out: node.Out}
		for i := range node.Out {
			p.Exprs = append(p.Exprs, col(node, i))
		}
		for _, under := range []plan.Node{in, p} {
			sorted := mustRows(t, &plan.Sort{Input: under, Keys: keys}, Options{Workers: 2})
			sameRows(t, mustRows(t, &plan.Sort{Input: under, Keys: keys, Limit: 50}, Options{Workers: 2}), sorted[:50], true)
		}
	}
}

// mustDecimal returns a NUMERIC that is an integer.
func mustDecimal(t *testing.T, v types.Value) int64 {
	d, err := v.Decimal()
	if err != nil {
		t.Fatal(err)
	}
	i, ok := d.Scaled(0)
	if !ok {
		t.Fatalf("%s is no integer", show(v))
	}
	return i
}

func TestDistinct(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 1, 3), 200)
		on := rapid.IntRange(0, len(m.cols)).Draw(r, "on")
		n := &plan.Distinct{Input: m.scan()}
		for i := range on {
			n.On = append(n.On, m.col(i))
		}
		keys := on
		if on == 0 {
			keys = len(m.cols)
		}
		var want, got [][]types.Value
		for _, g := range naiveGroups(m.rows, keys) {
			want = append(want, keyed(g[0]))
		}
		opts := drawOptions(r)
		for _, row := range mustRows(r, n, opts) {
			got = append(got, keyed(row))
		}
		sameRows(r, got, want, on > 0 && !opts.SpillAlways)
	})
}

// TestDistinctOfSorted keeps the first rows of a sort, in its order.
func TestDistinctOfSorted(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 2, 4), 300)
		keys := drawKeys(r, m)
		rows := slices.Clone(m.rows)
		slices.SortStableFunc(rows, func(a, b []types.Value) int { return compareBy(keys, a, b) })
		n := &plan.Distinct{Input: &plan.Sort{Input: m.scan(), Keys: keys}}
		for _, k := range keys[:rapid.IntRange(1, len(keys)).Draw(r, "on")] {
			n.On = append(n.On, k.Expr)
		}
		var want [][]types.Value
		for i, row := range rows {
			if i == 0 || compareBy(keys[:len(n.On)], rows[i-1], row) != 0 {
				want = append(want, row)
			}
		}
		sameRows(r, mustRows(r, n, drawOptions(r)), want, true)
	})
}

func TestOrderedAggregate(t *testing.T) {
	text, bigint := types.T(types.Text), types.T(types.Int64)
	var rows [][]expr.Expr
	str := func(s string) expr.Expr { return &expr.Const{Value: types.BytesValue(text, s)} }
	for i, s := range []string{"c", "a", "b", "a", "d"} {
		rows = append(rows, []expr.Expr{intConst(int64(i % 2)), str(s)})
	}
	v := &plan.Values{Rows: rows, Out: []plan.Column{{ID: 1, Type: bigint}, {ID: 2, Type: text}}}
	arg := &expr.Col{Index: 1, Typ: text}
	for _, c := range []struct {
		distinct bool
		desc     bool
		order    bool
		want     []string
	}{
		{want: []string{"c,b,d", "a,a"}},
		{order: true, want: []string{"b,c,d", "a,a"}},
		{order: true, desc: true, want: []string{"d,c,b", "a,a"}},
		{order: true, distinct: true, want: []string{"b,c,d", "a"}},
	} {
		call := mustAgg(t, "string_agg", arg, str(","))
		call.Distinct = c.distinct
		if c.order {
			call.OrderBy = []plan.SortKey{{Expr: arg, Desc: c.desc}}
		}
		n := &plan.Aggregate{Input: v, Keys: []expr.Expr{&expr.Col{Typ: bigint}}, Aggs: []plan.AggCall{call}}
		for _, batch := range []int{1, 2048} {
			got := mustRows(t, n, Options{Workers: 4, BatchRows: batch})
			if len(got) != 2 || got[0][1].S != c.want[0] || got[1][1].S != c.want[1] {
				t.Errorf("%+v: %q", c, showRows(got, true))
			}
		}
	}
}
