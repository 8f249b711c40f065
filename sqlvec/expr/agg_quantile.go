package expr

import (
	"slices"

	"driftdb/internal/arena"
	"driftdb/internal/types"
	"driftdb/internal/vec"
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
	registerAggregate(
		&Aggregate{Name: "quantile_cont", Params: ids(types.Float64, types.Float64), Ret: types.Float64, states: states(true)},
		&Aggregate{Name: "quantile_disc", Params: ids(anyType, types.Float64), Ret: anyType, returns: sameType, states: states(false)})
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
