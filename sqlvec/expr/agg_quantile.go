package expr

import (
	"math"
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Median and QuantileCont are DuckDB's median and quantile_cont without OVER, of times: of numbers and intervals they
// are percentile_cont, and the median of a text is percentile_disc.
const (
	Median       = "$median"
	QuantileCont = "$quantile_cont"
)

// DuckDB's quantiles take their rows in any order, so they can have OVER. Without it the binder writes them as
// ordered-set aggregates.
func init() {
	states := func(cont bool) func([]types.Type, types.Type, *arena.Arena) States {
		return func(args []types.Type, ret types.Type, a *arena.Arena) States {
			if selects(args[0]) {
				return newPercentile(cont)(args, ret, a)
			}
			return &quantile{percentile{typ: ret, cont: cont}}
		}
	}
	for _, id := range ids(types.Timestamp, types.TimestampTZ, types.Time) {
		registerAggregate(&Aggregate{Name: "quantile_cont", Params: ids(id, types.Float64), Ret: id, states: states(true)})
		for _, name := range []string{Median, QuantileCont} {
			registerAggregate(&Aggregate{Name: name, Params: ids(id, types.Float64), Ret: id, Ordered: true, OrderedSet: true, states: newPercentile(true)},
				&Aggregate{Name: name, Params: ids(id, types.ArrayOf(types.Float64)), Ret: types.ArrayOf(id), Ordered: true, OrderedSet: true, states: newPercentiles(true)})
		}
	}
	registerAggregate(
		&Aggregate{Name: "quantile_cont", Params: ids(types.Float64, types.Float64), Ret: types.Float64, states: states(true)},
		&Aggregate{Name: "quantile_disc", Params: ids(anyType, types.Float64), Ret: anyType, returns: sameType, states: states(false)})
}

// TimeBetween is the time that is part of the way from x to y, in the units of both. Beside an infinite one there is none
// but the two.
func TimeBetween(x, y int64, part float64) int64 {
	switch {
	case types.IsInfTime(x):
		return x
	case types.IsInfTime(y):
		return y
	}
	return x + int64(math.RoundToEven(part*float64(y-x)))
}

// quantile is percentile of values in any order.
type quantile struct{ percentile }

func (s *quantile) Merge(src States, to []uint32) error {
	return s.percentile.Merge(&src.(*quantile).percentile, to)
}

func (s *quantile) Final(lo, hi int, a *arena.Arena) (vec.Vec, error) {
	for i := lo; i < hi; i++ {
		slices.SortFunc(s.groups[i].values, types.Compare)
	}
	return s.percentile.Final(lo, hi, a)
}
