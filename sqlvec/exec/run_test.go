package exec

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

var bigintColumn = []plan.Column{{ID: 1, Name: "x", Type: types.T(types.Int64)}}

// series returns generate_series(1, n).
func series(n int64) *plan.GenerateSeries {
	return &plan.GenerateSeries{Start: intConst(1), Stop: intConst(n), Out: bigintColumn}
}

// seriesCol is the column of a series.
func seriesCol() expr.Expr { return &expr.Col{Typ: types.T(types.Int64)} }

// mustOp returns l op r.
func mustOp(t fataler, op string, l, r expr.Expr) expr.Expr {
	e, err := expr.NewOp(0, op, l, r)
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	return e
}

// TestResultOrder checks that rows come in the order of the input, from any number of
// workers, also where the caller is slow and morsels differ in size.
func TestResultOrder(t *testing.T) {
	const n = 1 << 20
	even := &plan.Filter{Input: series(n), Predicate: mustOp(t, "=", mustOp(t, "%", seriesCol(), intConst(2)), intConst(0))}
	for _, workers := range []int{1, 4} {
		next := int64(2)
		err := Run(context.Background(), even, Options{Workers: workers}, func(b *vec.Batch) error {
			for i := range b.N {
				if b.Sel != nil && bit(b.Sel, i) == 0 {
					continue
				}
				if got := b.Cols[0].Int(i); got != next {
					t.Fatalf("%d workers: %d instead of %d", workers, got, next)
				}
				next += 2
			}
			return nil
		})
		if err != nil || next != n+2 {
			t.Errorf("%d workers: %v at %d", workers, err, next)
		}
	}
}

// TestLimitStopsTheInput checks that a LIMIT ends a query over an input without end, and
// before an error that stands behind it.
func TestLimitStopsTheInput(t *testing.T) {
	endless := series(1 << 62)
	failing := &plan.Project{Input: endless, Out: bigintColumn, Exprs: []expr.Expr{
		mustOp(t, "/", intConst(1), mustOp(t, "-", intConst(1<<19), seriesCol())),
	}}
	for _, in := range []plan.Node{endless, failing} {
		for _, workers := range []int{1, 4} {
			rows := mustRows(t, &plan.Limit{Input: in, Count: intConst(5), Offset: intConst(100000)}, Options{Workers: workers})
			if len(rows) != 5 {
				t.Errorf("%d rows", len(rows))
			}
		}
	}
	if _, err := rowsOf(t, failing, Options{Workers: 4}); dberr.CodeOf(err) != dberr.DivisionByZero {
		t.Errorf("error %v", err)
	}
}

func TestNegativeBounds(t *testing.T) {
	for _, c := range []struct {
		l    *plan.Limit
		code string
	}{
		{&plan.Limit{Input: series(3), Count: intConst(-1)}, dberr.InvalidRowCountInLimit},
		{&plan.Limit{Input: series(3), Offset: intConst(-1)}, dberr.InvalidRowCountInOffset},
	} {
		if _, err := rowsOf(t, c.l, Options{}); dberr.CodeOf(err) != c.code {
			t.Errorf("error %v", err)
		}
	}
}

// breakers returns a plan of every kind that keeps rows, over an input that it wraps.
func breakers(t fataler, in func() plan.Node) map[string]plan.Node {
	far := mustOp(t, "*", seriesCol(), intConst(1<<33+1))
	join := &plan.HashJoin{Left: series(10), Right: in(), LeftKeys: []expr.Expr{far}, RightKeys: []expr.Expr{far}}
	return map[string]plan.Node{
		"result":    in(),
		"sort":      &plan.Sort{Input: in(), Keys: []plan.SortKey{{Expr: far, Desc: true}}},
		"aggregate": &plan.Aggregate{Input: in(), Keys: []expr.Expr{far}, Aggs: []plan.AggCall{mustAgg(t, "count")}, Out: append(bigintColumn, bigintColumn...)},
		"distinct":  &plan.Distinct{Input: in(), On: []expr.Expr{far}},
		"join":      join,
		"loop":      &plan.NestedLoop{Left: series(3), Right: in()},
		"except":    &plan.SetOp{Kind: plan.Except, All: true, Left: series(3), Right: in(), Out: bigintColumn},
		"cte":       &plan.CTEScan{CTE: &plan.CTE{Plan: in()}, Out: bigintColumn},
	}
}

func TestErrorsEndTheRun(t *testing.T) {
	boom := errors.New("boom")
	for name, node := range breakers(t, func() plan.Node {
		m := &memTable{cols: bigintColumn, fail: boom}
		for range 20 {
			v := vecOf(types.T(types.Int64), make([]types.Value, 100), testArena)
			m.groups = append(m.groups, colstore.Group{N: 100, Cols: []vec.Vec{v}})
		}
		return m.scan()
	}) {
		for _, workers := range []int{1, 4} {
			if _, err := rowsOf(t, node, Options{Workers: workers}); !errors.Is(err, boom) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	for _, workers := range []int{1, 4} {
		err := Run(context.Background(), series(1<<20), Options{Workers: workers}, func(*vec.Batch) error { return boom })
		if !errors.Is(err, boom) {
			t.Errorf("error of the caller: %v", err)
		}
	}
}

func TestCancel(t *testing.T) {
	for name, node := range breakers(t, func() plan.Node { return series(1 << 62) }) {
		for _, workers := range []int{1, 4} {
			ctx, cancel := context.WithTimeoutCause(context.Background(), 20*time.Millisecond, nil)
			err := Run(ctx, node, Options{Workers: workers, MemoryLimit: 1 << 32}, func(*vec.Batch) error { return nil })
			cancel()
			if dberr.CodeOf(err) != dberr.QueryCanceled {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
}

// TestCancelByCaller cancels while the caller has a batch: the next thing that its goroutine
// does is to ask for another.
func TestCancelByCaller(t *testing.T) {
	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		err := Run(ctx, series(1<<62), Options{Workers: 4}, func(*vec.Batch) error {
			cancel()
			return nil
		})
		if dberr.CodeOf(err) != dberr.QueryCanceled {
			t.Errorf("error %v", err)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	for name, node := range breakers(t, func() plan.Node { return series(10_000_000) }) {
		if name == "result" {
			continue // keeps no rows
		}
		_, err := rowsOf(t, node, Options{Workers: 2, MemoryLimit: 32 << 20})
		if dberr.CodeOf(err) != dberr.OutOfMemory {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestMemoryComesBack checks that a run returns all that it took, also after an error.
func TestMemoryComesBack(t *testing.T) {
	for name, node := range breakers(t, func() plan.Node { return series(100_000) }) {
		ex := newExecution(context.Background(), Options{Workers: 2}.withDefaults())
		if err := ex.run(node, func(*vec.Batch) error { return nil }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		ex.close()
		if left := ex.budget.Used(); left != 0 {
			t.Errorf("%s: %d bytes are left", name, left)
		}
	}
}

// panicTable panics when it is loaded.
type panicTable struct{ memTable }

func (p *panicTable) Open(context.Context, colstore.ScanSpec) (plan.Rows, error) { return p, nil }
func (p *panicTable) Load(int, *colstore.Group) error                            { panic("no such page") }

func TestPanicIsAnError(t *testing.T) {
	for _, workers := range []int{1, 4} {
		p := &panicTable{}
		p.groups = make([]colstore.Group, 8)
		for i := range p.groups {
			p.groups[i].N = 1
		}
		_, err := rowsOf(t, &plan.Scan{Source: p}, Options{Workers: workers})
		if dberr.CodeOf(err) != dberr.InternalError {
			t.Errorf("error %v", err)
		}
	}
}

// TestRunsAtOnce runs plans beside each other; it is for the race detector.
func TestRunsAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for name, node := range breakers(t, func() plan.Node { return series(100_000) }) {
				if _, err := rowsOf(t, node, Options{Workers: 2}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestStats(t *testing.T) {
	m := &memTable{cols: bigintColumn}
	for g := range 3 {
		vals := make([]types.Value, 100)
		for i := range vals {
			vals[i] = types.IntValue(types.T(types.Int64), int64(g*100+i))
		}
		m.groups = append(m.groups, colstore.Group{N: 100, Cols: []vec.Vec{vecOf(types.T(types.Int64), vals, testArena)}})
	}
	m.groups = append(m.groups, colstore.Group{N: 10, Live: []uint64{0}, Cols: m.groups[0].Cols})
	scan := m.scan()
	scan.Predicate = mustOp(t, "<", seriesCol(), intConst(150))
	agg := &plan.Aggregate{Input: scan, Aggs: []plan.AggCall{mustAgg(t, "count")}, Out: bigintColumn}
	for _, workers := range []int{1, 4} {
		var stats Stats
		if _, err := rowsOf(t, agg, Options{Workers: workers, Stats: &stats}); err != nil {
			t.Fatal(err)
		}
		s, a := stats.Of(scan), stats.Of(agg)
		if s.Rows != 150 || s.Groups != 4 || s.GroupsRead != 3 || a.Rows != 1 || a.Nanos <= 0 || s.Nanos <= 0 {
			t.Errorf("%d workers: scan %+v, aggregate %+v", workers, s, a)
		}
		if stats.MemoryBytes < arena.ChunkSize {
			t.Errorf("memory %d", stats.MemoryBytes)
		}
	}
}

// TestSkippedPart has a part that ends before its morsels do, and behind it more rows
// than may wait for their turn.
func TestSkippedPart(t *testing.T) {
	empty := &plan.HashJoin{
		Left: series(1 << 62), Right: &plan.Values{Out: bigintColumn},
		LeftKeys: []expr.Expr{seriesCol()}, RightKeys: []expr.Expr{seriesCol()},
	}
	none := &plan.Project{Input: empty, Exprs: []expr.Expr{seriesCol()}, Out: bigintColumn}
	const n = 1 << 24
	all := &plan.SetOp{Kind: plan.Union, All: true, Left: none, Right: series(n), Out: bigintColumn}
	for _, workers := range []int{1, 4} {
		rows := 0
		err := Run(context.Background(), all, Options{Workers: workers}, func(b *vec.Batch) error {
			rows += b.Count()
			return nil
		})
		if err != nil || rows != n {
			t.Errorf("%d workers: %d rows, %v", workers, rows, err)
		}
	}
}
