package exec

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

func nan() float64     { return math.NaN() }
func inf() float64     { return math.Inf(1) }
func negZero() float64 { return math.Copysign(0, -1) }

// intConst returns a BIGINT constant.
func intConst(i int64) expr.Expr {
	return &expr.Const{Value: types.IntValue(types.T(types.Int64), i)}
}

// notNull returns the predicate that column i is not NULL.
func (m *memTable) notNull(i int) expr.Expr { return expr.NewIsNull(0, m.col(i), true) }

func TestScanDeliversLiveRowsInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 0, 4), 150)
		sameRows(r, mustRows(r, m.scan(), drawOptions(r)), m.rows, true)
		if m.closed != 1 {
			r.Fatalf("the scan was closed %d times", m.closed)
		}
	})
}

func TestFilterAndProject(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 2, 4), 150)
		var node plan.Node = m.scan()
		if rapid.Bool().Draw(r, "in scan") {
			node.(*plan.Scan).Predicate = m.notNull(0)
		} else {
			node = &plan.Filter{Input: node, Predicate: m.notNull(0)}
		}
		node = &plan.Project{Input: node, Exprs: []expr.Expr{m.col(1), m.col(0)}, Out: []plan.Column{m.cols[1], m.cols[0]}}
		var want [][]types.Value
		for _, row := range m.rows {
			if row[0].Valid {
				want = append(want, []types.Value{row[1], row[0]})
			}
		}
		sameRows(r, mustRows(r, node, drawOptions(r)), want, true)
	})
}

func TestLimit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := drawTable(r, drawTypes(r, 1, 2), 150)
		count := rapid.IntRange(-1, 200).Draw(r, "count")
		offset := rapid.IntRange(0, 200).Draw(r, "offset")
		l := &plan.Limit{Input: m.scan(), Offset: intConst(int64(offset))}
		end := len(m.rows)
		if count >= 0 {
			l.Count = intConst(int64(count))
			end = min(end, offset+count)
		}
		var node plan.Node = l
		if rapid.Bool().Draw(r, "below") {
			node = &plan.Project{Input: l, Exprs: columnsOf(l), Out: m.cols}
		}
		sameRows(r, mustRows(r, node, drawOptions(r)), m.rows[min(offset, len(m.rows)):max(min(offset, len(m.rows)), end)], true)
	})
}

func TestValuesAndUnionAll(t *testing.T) {
	out := []plan.Column{{ID: 1, Name: "x", Type: types.T(types.Int64)}}
	for _, batch := range []int{1, 3, 2048} {
		for _, workers := range []int{1, 4} {
			v := &plan.Values{Out: out}
			var want [][]types.Value
			for i := range int64(10) {
				v.Rows = append(v.Rows, []expr.Expr{intConst(i)})
				want = append(want, []types.Value{types.IntValue(types.T(types.Int64), i)})
			}
			series := &plan.GenerateSeries{Start: intConst(10), Stop: intConst(12), Out: out}
			for i := int64(10); i <= 12; i++ {
				want = append(want, []types.Value{types.IntValue(types.T(types.Int64), i)})
			}
			all := &plan.SetOp{Kind: plan.Union, All: true, Left: v, Right: series, Out: out}
			sameRows(t, mustRows(t, all, Options{Workers: workers, BatchRows: batch}), want, true)
		}
	}
	one := mustRows(t, &plan.Values{Rows: [][]expr.Expr{{}}}, Options{})
	if len(one) != 1 {
		t.Fatalf("a SELECT without FROM has %d rows", len(one))
	}
}

func TestGenerateSeriesEnds(t *testing.T) {
	out := []plan.Column{{ID: 1, Type: types.T(types.Int64)}}
	for _, c := range []struct{ from, to, step, rows, last int64 }{
		{1, 10, 1, 10, 10}, {1, 10, 4, 3, 9}, {10, 1, -4, 3, 2}, {1, 0, 1, 0, 0}, {0, 1, -1, 0, 0},
		{math.MaxInt64 - 2, math.MaxInt64, 1, 3, math.MaxInt64}, {math.MinInt64 + 1, math.MinInt64, -1, 2, math.MinInt64},
		{0, 200000, 1, 200001, 200000}, {math.MinInt64, math.MaxInt64, math.MaxInt64, 3, math.MaxInt64 - 1},
	} {
		n := &plan.GenerateSeries{Start: intConst(c.from), Stop: intConst(c.to), Step: intConst(c.step), Out: out}
		rows := mustRows(t, n, Options{Workers: 2})
		if int64(len(rows)) != c.rows || c.rows > 0 && rows[c.rows-1][0].I != c.last {
			t.Errorf("series %d..%d by %d: %d rows", c.from, c.to, c.step, len(rows))
		}
	}
	n := &plan.GenerateSeries{Start: intConst(1), Stop: intConst(2), Step: intConst(0), Out: out}
	if _, err := rowsOf(t, n, Options{}); err == nil {
		t.Error("a step of zero is accepted")
	}
}
