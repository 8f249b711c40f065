package arrowio

import (
	"driftdb/internal/types"
)

// recorded are the types that our files hold as text and give back by the names that they record.
var recorded = map[string]types.Type{}

func init() {
	for _, id := range []types.ID{types.Numeric, types.JSON, types.JSONB, types.JSONPath, types.UUID, types.TimeTZ} {
		recorded[types.T(id).String()] = types.T(id)
	}
	for id := types.Bool; id <= types.LastID; id++ {
		if id != types.Enum && id != types.Bpchar {
			recorded[types.T(id).Array().String()] = types.T(id).Array()
		}
	}
}
