package exec

import (
	"math"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
	"driftdb/sqlvec/plan"
)

// floatEval computes sums and averages of finite doubles over frames, which it adds up in the order in
// which aggEval does. A chunk with a sum out of range is left to that.
type floatEval struct {
	m     *windowMorselState
	frame *frameEval
	kept  *keptRows // those that FILTER keeps and whose value is not NULL
	avg   bool
	x     []float64   // the values of the kept rows
	sums  [][]float64 // of aligned runs of treeFan, treeFan², … of them
	slow  *aggEval

	run   float64 // the sum of the kept rows [runLo, runHi)
	runLo int
	runHi int
}

// newFloatEval returns nil for other aggregates and values.
func (m *windowMorselState) newFloatEval(c *windowCall, ok func(rowID) bool) *floatEval {
	name := c.Agg.Name
	if name != "sum" && name != "avg" || len(c.args) != 1 || c.types[0] != types.T(types.Float64) || c.Frame.Exclude != plan.ExcludeNothing {
		return nil
	}
	a := m.w.scratch
	mark := a.Mark()
	e := &floatEval{m: m, frame: m.newFrameEval(c), kept: m.keepValues(c, ok), avg: name == "avg", runLo: -1}
	e.x = arena.Make[float64](a, len(e.kept.ids))
	e.kept.eachBatch(m, c.args[0], func(v *vec.Vec, lo, hi int) { valuesInto(v, nil, e.x[lo:hi]) })
	if !kernel.AllFinite(e.x) {
		a.Release(mark)
		return nil
	}
	e.slow = m.newStatesEval(c, ok)
	return e
}

func (e *floatEval) eval(c *windowChunk) (vec.Vec, error) {
	e.frame.fill(c)
	a := e.m.w.scratch
	out, valid := arena.Make[float64](a, c.n), maskOf(a, c.n)
	clear(valid)
	for i := range out {
		out[i] = 0
		if e.frame.lo[i] >= e.frame.hi[i] {
			continue
		}
		lo, hi := e.kept.place(e.frame.lo[i]), e.kept.place(e.frame.hi[i])
		if lo == hi {
			continue
		}
		sum := e.sum(lo, hi)
		if math.IsInf(sum, 0) {
			return e.slow.eval(c)
		}
		if e.avg {
			sum /= float64(hi - lo)
		}
		out[i] = sum
		valid[i>>6] |= 1 << (uint(i) & 63)
	}
	return vec.FromFixed(types.T(types.Float64), out, valid), nil
}

// sum returns the sum of the kept rows [lo, hi).
func (e *floatEval) sum(lo, hi int) float64 {
	switch {
	case lo == e.runLo && hi >= e.runHi:
	case hi-lo <= fewFrameRows || e.slow.grows:
		e.run, e.runLo, e.runHi = 0, lo, lo
	default:
		return e.sumOfRuns(lo, hi)
	}
	sum := e.run
	for _, x := range e.x[e.runHi:hi] {
		sum += x
	}
	e.run, e.runHi = sum, hi
	return sum
}

// sumOfRuns is sum by the sums of runs.
func (e *floatEval) sumOfRuns(lo, hi int) float64 {
	if e.sums == nil {
		e.addRuns()
	}
	sum := 0.0
	for lo < hi {
		level, size := -1, 1
		for next := size * treeFan; level+1 < len(e.sums) && lo%next == 0 && lo+next <= hi; next *= treeFan {
			level, size = level+1, next
		}
		if level >= 0 {
			sum += e.sums[level][lo/size]
			lo += size
			continue
		}
		to := min(hi, (lo/treeFan+1)*treeFan)
		for _, x := range e.x[lo:to] {
			sum += x
		}
		lo = to
	}
	return sum
}

// addRuns makes the sums of the whole runs of all sizes.
func (e *floatEval) addRuns() {
	for below := e.x; len(below) >= treeFan; {
		level := arena.Make[float64](e.m.a, len(below)/treeFan)
		for i := range level {
			sum := 0.0
			for _, x := range below[i*treeFan : (i+1)*treeFan] {
				sum += x
			}
			level[i] = sum
		}
		e.sums = append(e.sums, level)
		below = level
	}
}
