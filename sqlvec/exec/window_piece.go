package exec

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// A large partition is dealt into pieces, so that several workers compute it, where every call
// looks at a few rows beside the one at hand only.

const (
	windowPiece   = 1 << 15 // rows of a piece
	maxWindowSide = 1 << 12 // rows before the first of a piece, or behind the last, that calls may look at
)

// margins returns how many rows before and behind a row the calls look at; ok is false where
// that is not known, or too many.
func (w *windowing) margins() (before, after int, ok bool) {
	for _, c := range w.calls {
		b, a, ok := c.margins()
		if !ok || b > maxWindowSide || a > maxWindowSide {
			return 0, 0, false
		}
		before, after = max(before, b), max(after, a)
	}
	return before, after, true
}

// margins is margins of one call.
func (c *windowCall) margins() (before, after int, ok bool) {
	switch c.Func {
	case plan.RowNumber, plan.Rank, plan.PercentRank, plan.CumeDist:
		return 0, 0, true
	case plan.DenseRank, plan.Ntile:
		return 0, 0, false
	case plan.Lag, plan.Lead:
		return c.shiftMargins()
	}
	if c.IgnoreNulls || c.Frame.Mode != plan.FrameRows {
		return 0, 0, false
	}
	b, okStart := c.reach(c.Frame.Start, c.start)
	a, okEnd := c.reach(c.Frame.End, c.end)
	if !okStart || !okEnd {
		return 0, 0, false
	}
	if c.Func == plan.WindowAgg && a-b >= fewFrameRows && !c.inAnyPieces() {
		return 0, 0, false // other pieces would add up floats in another order
	}
	return max(0, -b), max(0, a), true
}

// inAnyPieces reports whether the aggregate is computed from running totals of integers, or is one of its values.
func (c *windowCall) inAnyPieces() bool {
	if c.Agg.Name == "count" && len(c.args) <= 1 || c.isExtreme() {
		return true
	}
	if len(c.args) != 1 {
		return false
	}
	_, ok := expr.NewIntSums(c.Agg, c.types[0])
	return ok
}

// shiftMargins is margins of lag and lead.
func (c *windowCall) shiftMargins() (before, after int, ok bool) {
	if c.IgnoreNulls {
		return 0, 0, false
	}
	off := int64(1)
	if len(c.Args) > 1 {
		n, ok := c.Args[1].(*expr.Const)
		if !ok {
			return 0, 0, false
		}
		if off = n.Value.I; !n.Value.Valid {
			off = 0
		}
	}
	if off < -maxWindowSide || off > maxWindowSide {
		return 0, 0, false
	}
	if c.Func == plan.Lag {
		off = -off
	}
	return int(max(0, -off)), int(max(0, off)), true
}

// reach returns the distance of a bound of ROWS from the row at hand.
func (c *windowCall) reach(b plan.FrameBound, off offset) (int, bool) {
	switch {
	case b.Kind == plan.CurrentRow:
		return 0, true
	case off.i > maxWindowSide:
		return 0, false
	case b.Kind == plan.Preceding:
		return -int(off.i), true
	case b.Kind == plan.Following:
		return int(off.i), true
	}
	return 0, false
}

// addPieces deals the partition [lo, hi) into morsels.
func (w *windowing) addPieces(lo, hi, before, after int) {
	peerLo, peerHi := lo, w.peer.next(lo, hi)
	for at := lo; at < hi; {
		end := min(at+windowPiece, hi)
		if hi-end < windowPiece/2 {
			end = hi
		}
		if at >= peerHi {
			peerLo = w.peer.last(at)
			peerHi = w.peer.next(at, hi)
		}
		w.morsels = append(w.morsels, windowRows{
			lo: at, hi: end, first: windowPlace{lo, hi, peerLo, peerHi},
			from: max(lo, at-before), to: min(hi, end+after),
		})
		at = end
	}
}
