package exec

import (
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// runningEval computes sums and extremes of NUMERIC over frames that grow: each is the one before and some more rows. The values
// are read once, for all rows.
type runningEval struct {
	m     *windowMorselState
	frame *frameEval
	kept  *keptRows // those that FILTER keeps and whose value is not NULL
	run   *expr.Running
	runLo int // run is of the kept rows [runLo, runHi)
	runHi int
	slow  *aggEval // from where on a result does not fit
}

// newRunningEval returns nil for other aggregates, frames and values.
func (m *windowMorselState) newRunningEval(c *windowCall, ok func(rowID) bool) windowEval {
	if len(c.args) != 1 || c.Frame.Exclude != plan.ExcludeNothing || c.Frame.Start.Kind != plan.UnboundedPreceding {
		return nil
	}
	a := m.w.scratch
	mark := a.Mark()
	e := &runningEval{m: m, frame: m.newFrameEval(c), kept: m.keepValues(c, ok), runLo: -1}
	if e.run = expr.NewRunning(c.Agg, c.types[0], len(e.kept.ids), a); e.run == nil {
		a.Release(mark)
		return nil
	}
	fits := true
	e.kept.eachBatch(m, c.args[0], func(v *vec.Vec, lo, _ int) { fits = fits && e.run.Set(lo, v, a) })
	if !fits {
		a.Release(mark)
		return nil
	}
	e.slow = m.newStatesEval(c, ok)
	return e
}

func (e *runningEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	out := expr.NewRunningColumn(c.n, e.m.w.scratch)
	for i := range c.n {
		if e.frame.lo[i] >= e.frame.hi[i] {
			out.Null()
			continue
		}
		lo, hi := e.kept.place(e.frame.lo[i]), e.kept.place(e.frame.hi[i])
		if lo != e.runLo || hi < e.runHi {
			e.run.Reset()
			e.runLo, e.runHi = lo, lo
		}
		if !e.run.Add(e.runHi, hi) {
			e.runLo = -1
			return e.slow.eval(c)
		}
		e.runHi = hi
		out.Add(e.run)
	}
	return out.Finish()
}
