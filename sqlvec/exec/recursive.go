package exec

import (
	"maps"

	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// recursiveSource computes a recursive CTE, step by step, and hands its rows on as they
// come: who needs no more rows ends the recursion. Every step runs in an execution of its
// own, whose memory is given back after the next.
type recursiveSource struct {
	cte *plan.CTE
	b   *builder
}

// recursive returns the part that computes a recursive CTE. The WITH queries that its
// plans read are computed before, once, but for those that read its steps.
func (b *builder) recursive(c *plan.CTE) ([]*part, error) {
	for _, p := range c.Plans() {
		if err := b.prepareCTEs(p); err != nil {
			return nil, err
		}
	}
	return []*part{{src: &recursiveSource{cte: c, b: b}}}, nil
}

func (b *builder) prepareCTEs(n plan.Node) error {
	if s, ok := n.(*plan.CTEScan); ok && !plan.Works(s) {
		_, err := b.cteScan(s)
		return err
	}
	for _, k := range n.Children() {
		if err := b.prepareCTEs(k); err != nil {
			return err
		}
	}
	return nil
}

func (s *recursiveSource) prepare(*execution) (int, error) { return 1, nil }

func (s *recursiveSource) open(w *worker) (reader, error) {
	return &recursiveReader{cte: s.cte, b: s.b, w: w}, nil
}

// recursiveReader is one recursion at work.
type recursiveReader struct {
	cte    *plan.CTE
	b      *builder // of the query around
	w      *worker
	seen   *groupTable // UNION: all rows so far
	builds map[plan.Node]*joinBuild
	cols   []vec.Vec
}

func (r *recursiveReader) run(_ int, next pusher) error {
	if r.cte.Recursion.Distinct {
		r.seen = newGroupTable(groupCodec(typesOf(r.cte.Plan)), r.w.ex.newArena())
	}
	r.builds = map[plan.Node]*joinBuild{}
	node := r.cte.Plan
	var before *execution
	var rows *stored
	defer func() {
		if before != nil {
			before.close()
		}
	}()
	for {
		ex := r.w.ex.child()
		got, err := r.step(ex, node, rows)
		if before != nil {
			before.close()
		}
		before, rows = ex, got
		if err != nil || rows.n == 0 {
			return err
		}
		if err := rows.each(r.w, &r.cols, next); err != nil {
			return err
		}
		if s, ok, err := r.steadyStep(rows); ok || err != nil {
			if err == nil {
				err = s.run(next)
			}
			return err
		}
		node = r.cte.Recursion.Step
	}
}

// step runs a plan over the rows of the step before, in ex.
func (r *recursiveReader) step(ex *execution, node plan.Node, work *stored) (*stored, error) {
	out := newStored(typesOf(r.cte.Plan))
	b := &builder{ex: ex, ctes: maps.Clone(r.b.ctes), work: maps.Clone(r.b.work), outer: r}
	if b.work == nil {
		b.work = map[*plan.CTE]*stored{}
	}
	b.work[r.cte] = work
	parts, err := b.build(node)
	if err != nil {
		return out, err
	}
	ex.pipes = append(ex.pipes, &pipeline{parts: parts, sink: out})
	for _, p := range ex.pipes {
		if err := ex.runPipeline(p); err != nil {
			return out, err
		}
	}
	if ex.stats != nil {
		ex.stats.collect(ex)
	}
	if r.seen != nil {
		return r.fresh(ex, out)
	}
	return out, nil
}

// fresh returns the rows that were not there before.
func (r *recursiveReader) fresh(ex *execution, all *stored) (*stored, error) {
	out := newStored(all.types)
	end, err := out.open(ex.newWorker(0))
	if err != nil {
		return out, err
	}
	err = all.each(r.w, &r.cols, pushFunc(func(b *vec.Batch) error {
		a := r.w.scratch
		mark := a.Mark()
		defer a.Release(mark)
		group := make([]uint32, b.N)
		known := r.seen.n
		r.seen.find(b.Cols, b.N, b.Sel, group, a)
		sel := newGroupsMask(group, known, b.Sel, b.N, r.w)
		if noBits(sel) {
			return nil
		}
		return end.push(&vec.Batch{N: b.N, Sel: sel, Cols: b.Cols})
	}))
	if err != nil {
		return out, err
	}
	return out, out.finish(ex)
}

// pushFunc is a pusher that is only a function.
type pushFunc func(*vec.Batch) error

func (f pushFunc) push(b *vec.Batch) error { return f(b) }

// child returns an execution for a part of the work of ex: it shares limits, and stops
// when ex does. The caller closes it.
func (ex *execution) child() *execution {
	return &execution{ctx: ex.ctx, opts: ex.opts, budget: ex.budget, stats: ex.stats, moved: ex.moved, temp: ex.temp, parent: ex}
}

// workScan reads the rows of the step before.
func (b *builder) workScan(n *plan.WorkScan) []*part {
	return []*part{{src: &storedSource{b.work[n.CTE]}}}
}

// kept returns the table of a join within a recursion whose right input is the same in
// every step. It is built in the first, and lives as long as the query.
func (b *builder) kept(n *plan.HashJoin) (*joinBuild, error) {
	if b.outer == nil || n.Kind.EndsRight() || plan.Works(n.Right) {
		return nil, nil
	}
	if build := b.outer.builds[n]; build != nil {
		return build, nil
	}
	ex := b.outer.w.ex.child()
	b.outer.w.ex.onClose(closeFunc(ex.close))
	inner := &builder{ex: ex, ctes: b.ctes, work: b.work}
	build := newJoinBuild(n)
	build.spill.able = false // its table serves every step
	if err := inner.breaker(n, n.Right, build, false); err != nil {
		return nil, err
	}
	for _, p := range ex.pipes {
		if err := ex.runPipeline(p); err != nil {
			return nil, err
		}
	}
	b.outer.builds[n] = build
	return build, nil
}
