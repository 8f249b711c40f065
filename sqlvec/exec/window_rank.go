package exec

import (
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/plan"
)

// rankEval computes the functions that only depend on where a row stands.
type rankEval struct {
	m *windowMorselState
	c *windowCall

	first int   // the group of the first row of the partition at hand
	tiles int64 // its number of buckets, 0 for NULL
}

func (e *rankEval) eval(c *windowChunk) (vec.Vec, error) {
	a := e.m.w.scratch
	switch e.c.Func {
	case plan.PercentRank, plan.CumeDist:
		out := arena.Make[float64](a, c.n)
		for i := range out {
			out[i] = e.share(c, i)
		}
		return vec.FromFixed(types.T(types.Float64), out, nil), nil
	case plan.Ntile:
		return e.ntile(c)
	}
	out := arena.Make[int64](a, c.n)
	for i := range out {
		switch e.c.Func {
		case plan.RowNumber:
			out[i] = int64(c.lo + i - c.partLo[i] + 1)
		case plan.Rank:
			out[i] = int64(c.peerLo[i] - c.partLo[i] + 1)
		default:
			if c.lo+i == c.partLo[i] {
				e.first = c.group[i]
			}
			out[i] = int64(c.group[i] - e.first + 1)
		}
	}
	return vec.FromFixed(types.T(types.Int64), out, nil), nil
}

// share is percent_rank or cume_dist.
func (e *rankEval) share(c *windowChunk, i int) float64 {
	rows := c.partHi[i] - c.partLo[i]
	if e.c.Func == plan.CumeDist {
		return float64(c.peerHi[i]-c.partLo[i]) / float64(rows)
	}
	if rows == 1 {
		return 0
	}
	return float64(c.peerLo[i]-c.partLo[i]) / float64(rows-1)
}

// ntile deals a partition into buckets as even as can be, the larger ones first. Their
// number is that of the first row.
func (e *rankEval) ntile(c *windowChunk) (vec.Vec, error) {
	a := e.m.w.scratch
	out := arena.Make[int32](a, c.n)
	valid := arena.MakeZero[uint64](a, vec.Words(c.n))
	arg := e.m.s.rows.gather(e.c.args[0], c.ids, false, a)
	for i := range out {
		if c.lo+i == c.partLo[i] {
			e.tiles = 0
			if !arg.IsNull(i) {
				if e.tiles = arg.Int(i); e.tiles <= 0 {
					return vec.Vec{}, dberr.New(dberr.InvalidArgumentForNtile, "argument of ntile must be greater than zero")
				}
			}
		}
		out[i] = 0
		if e.tiles == 0 {
			continue
		}
		valid[i>>6] |= 1 << (uint(i) & 63)
		at, rows := int64(c.lo+i-c.partLo[i]), int64(c.partHi[i]-c.partLo[i])
		size, larger := rows/e.tiles, rows%e.tiles
		if at < larger*(size+1) {
			out[i] = int32(at/(size+1) + 1)
		} else {
			out[i] = int32(larger + (at-larger*(size+1))/size + 1)
		}
	}
	return vec.FromFixed(types.T(types.Int32), out, valid), nil
}
