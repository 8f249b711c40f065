package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func compile(e Expr, env *Env) (node, error) {
	return nil, dberr.New(dberr.FeatureNotSupported, "this expression cannot be evaluated yet").At(e.Pos())
}

func strict(f *frame, v vec.Vec, t types.Type) vec.Vec { return v }

func truthMask(f *frame, v *vec.Vec, sel, out []uint64) {}

func roundedType(c *Call) types.Type { return c.Fn.returns(typesOf(c.Args)) }
