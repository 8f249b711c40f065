package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// benchRows is the rows of the table that benchmarks run over.
const benchRows = 10_000_000

// Columns of the benchmarks' table.
const (
	benchID   = iota // 0 … benchRows-1, ascending
	benchK100        // 100 values, stored narrow
	benchK100k
	benchK5M // 5 million values
	benchFar // 5 million values, far apart
	benchV   // 0 … 9999
	benchDict
)

// benchTable is made once for all benchmarks.
var benchTable = sync.OnceValue(func() *memTable {
	bigint, text := types.T(types.Int64), types.T(types.Text)
	m := &memTable{}
	for i, name := range []string{"id", "k100", "k100k", "k5m", "far", "v"} {
		m.cols = append(m.cols, plan.Column{ID: i + 1, Name: name, Type: bigint})
	}
	m.cols[benchV].Type = types.T(types.Int32)
	m.cols = append(m.cols, plan.Column{ID: 7, Name: "d", Type: text})
	words := make([]types.Value, 100)
	for i := range words {
		words[i] = types.BytesValue(text, fmt.Sprintf("a longer word %03d", i))
	}
	a := arena.New(nil)
	dict := &vec.Dictionary{ID: 1 << 40, Values: vecOf(text, words, a)}
	rnd := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < benchRows; from += blockRows {
		n := min(blockRows, benchRows-from)
		var cols [6][]int64
		for c := range cols {
			cols[c] = arena.Make[int64](a, n)
		}
		k100, v := a.Alloc(n), arena.Make[int32](a, n)
		for i := range n {
			cols[benchID][i] = int64(from + i)
			k100[i] = byte(rnd.IntN(100))
			cols[benchK100k][i] = int64(rnd.IntN(100_000))
			k := int64(rnd.IntN(5_000_000))
			cols[benchK5M][i] = k
			cols[benchFar][i] = k * 7919 * 1_000_003
			v[i] = int32(rnd.IntN(10_000))
		}
		g := colstore.Group{N: n}
		for _, c := range cols {
			g.Cols = append(g.Cols, vec.FromFixed(bigint, c, nil))
		}
		g.Cols[benchV] = vec.FromFixed(m.cols[benchV].Type, v, nil)
		g.Cols[benchK100] = vec.Vec{Type: bigint, Form: vec.Narrow, Width: 1, N: n, Data: k100}
		g.Cols = append(g.Cols, vec.Vec{Type: text, Form: vec.Dict, Width: 1, N: n, Data: k100, Dict: dict})
		m.groups = append(m.groups, g)
	}
	return m
})

// columnsScan scans some columns of the table.
func (m *memTable) columnsScan(cols ...int) *plan.Scan {
	part := &memTable{}
	for _, c := range cols {
		part.cols = append(part.cols, m.cols[c])
	}
	for _, g := range m.groups {
		h := colstore.Group{N: g.N}
		for _, c := range cols {
			h.Cols = append(h.Cols, g.Cols[c])
		}
		part.groups = append(part.groups, h)
	}
	return part.scan()
}

// col returns column i of a node as an expression.
func col(n plan.Node, i int) expr.Expr {
	return &expr.Col{Index: i, Typ: n.Columns()[i].Type}
}

// benchPlan runs a plan over the whole table, with one worker and with two.
func benchPlan(b *testing.B, build func(m *memTable) plan.Node) {
	m := benchTable()
	node := build(m)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			for range b.N {
				err := Run(context.Background(), node, Options{Workers: workers}, func(*vec.Batch) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

func BenchmarkFilterSum(b *testing.B) {
	benchPlan(b, func(m *memTable) plan.Node {
		s := m.columnsScan(benchV)
		s.Predicate = mustOp(b, "<", col(s, 0), intConst(5000))
		return &plan.Aggregate{Input: s, Aggs: []plan.AggCall{mustAgg(b, "sum", col(s, 0))}}
	})
}

// benchGroup groups by one column and sums another.
func benchGroup(b *testing.B, key int) {
	benchPlan(b, func(m *memTable) plan.Node {
		s := m.columnsScan(key, benchV)
		return &plan.Aggregate{Input: s, Keys: []expr.Expr{col(s, 0)}, Aggs: []plan.AggCall{mustAgg(b, "sum", col(s, 1))}}
	})
}

func BenchmarkGroup100(b *testing.B)    { benchGroup(b, benchK100) }
func BenchmarkGroupDict(b *testing.B)   { benchGroup(b, benchDict) }
func BenchmarkGroup100k(b *testing.B)   { benchGroup(b, benchK100k) }
func BenchmarkGroup5M(b *testing.B)     { benchGroup(b, benchK5M) }
func BenchmarkGroup5MFar(b *testing.B)  { benchGroup(b, benchFar) }
func BenchmarkGroupSorted(b *testing.B) { benchGroup(b, benchID) }
func BenchmarkDistinctRows(b *testing.B) { // two columns
	benchPlan(b, func(m *memTable) plan.Node {
		return &plan.Distinct{Input: m.columnsScan(benchK100k, benchK100)}
	})
}

// benchJoin joins the table to its first million rows by one column.
func benchJoin(b *testing.B, key int) {
	benchPlan(b, func(m *memTable) plan.Node {
		left, right := m.columnsScan(key, benchV), m.columnsScan(key, benchID)
		src := right.Source.(*memTable)
		src.groups = src.groups[:16]
		join := &plan.HashJoin{
			Left: left, Right: right,
			LeftKeys: []expr.Expr{col(left, 0)}, RightKeys: []expr.Expr{col(right, 0)},
		}
		return &plan.Aggregate{Input: join, Aggs: []plan.AggCall{mustAgg(b, "sum", col(join, 1)), mustAgg(b, "sum", col(join, 3))}}
	})
}

func BenchmarkJoinDense(b *testing.B)  { benchJoin(b, benchID) }
func BenchmarkJoinHashed(b *testing.B) { benchJoin(b, benchFar) }

func BenchmarkSort(b *testing.B) {
	benchPlan(b, func(m *memTable) plan.Node {
		s := m.columnsScan(benchFar)
		return &plan.Sort{Input: s, Keys: []plan.SortKey{{Expr: col(s, 0)}}}
	})
}

func BenchmarkTop10(b *testing.B) {
	benchPlan(b, func(m *memTable) plan.Node {
		s := m.columnsScan(benchFar, benchID)
		return &plan.Sort{Input: s, Keys: []plan.SortKey{{Expr: col(s, 0), Desc: true}}, Limit: 10}
	})
}
