package expr

import (
	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

// Running is the sum of NUMERICs that come one after another, or the least or the greatest of them, as long as all have at most
// 36 digits.
type Running struct {
	name string
	in   []kernel.Int128
	at   []uint8 // the scales of in
	w    wide
	some bool
}

// NewRunning returns a Running for an aggregate over n values of type t in a, which are to be set; nil for other aggregates and types.
func NewRunning(agg *Aggregate, t types.Type, n int, a *arena.Arena) *Running {
	if t != types.T(types.Numeric) || agg.Name != "sum" && agg.Name != "min" && agg.Name != "max" {
		return nil
	}
	return &Running{name: agg.Name, in: vec.Cast[kernel.Int128](a.Alloc(16 * n)), at: a.Alloc(n)}
}

// Set sets the values from number lo on to those of v, none of which is NULL. It reports whether all fit.
func (r *Running) Set(lo int, v *vec.Vec, a *arena.Arena) bool {
	f := frame{n: v.N, arena: a}
	from := newWideReader(&f, v)
	for i := range v.N {
		w, ok := from.at(i)
		if !ok {
			return false
		}
		r.in[lo+i], r.at[lo+i] = w.x, uint8(w.scale)
	}
	return true
}

// Reset forgets what came.
func (r *Running) Reset() { r.some = false }

// Add takes the values [lo, hi). It reports whether the result fits.
func (r *Running) Add(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		w := wide{r.in[i], int(r.at[i])}
		switch {
		case !r.some:
			r.w, r.some = w, true
		case r.name == "sum":
			x, y, ok := atOneScale(r.w, w)
			if !ok {
				return false
			}
			x.x.Add128(y.x)
			if r.w = x; !x.fits() {
				return false
			}
		case r.w.scale == w.scale:
			if kernel.Beyond(w.x, r.w.x, r.name == "max") {
				r.w = w
			}
		default:
			order, ok := w.compare(r.w)
			if !ok {
				return false
			}
			if order == 0 || order > 0 == (r.name == "max") { // of equal ones the last, as in PostgreSQL
				r.w = w
			}
		}
	}
	return true
}

// RunningColumn is a vector of results.
type RunningColumn struct{ b *builder }

// NewRunningColumn returns a column for n results in a.
func NewRunningColumn(n int, a *arena.Arena) RunningColumn {
	return RunningColumn{newBuilder(&frame{n: n, arena: a}, types.T(types.Numeric))}
}

// Add appends the result at hand, NULL where no value came.
func (c RunningColumn) Add(r *Running) {
	if !r.some {
		c.b.null()
		return
	}
	c.b.wide(r.w)
}

// Null appends a NULL.
func (c RunningColumn) Null() { c.b.null() }

// Finish returns the vector.
func (c RunningColumn) Finish() (vec.Vec, error) { return c.b.finish() }
