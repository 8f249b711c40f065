package bind

import (
	"errors"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// ErrMoment says that a statement, bound with Env.Generic, has a part that means something else
// from one moment to the next: it has to be bound each time.
var ErrMoment = errors.New("the statement has to be bound each time it runs")

// moment refuses what holds for one moment only.
func (b *Binder) moment() error {
	if b.env.Generic != nil {
		return ErrMoment
	}
	return nil
}

// constant computes an expression without columns whose value the plan is made for.
func (b *Binder) constant(x expr.Expr) (types.Value, error) {
	if b.env.Generic != nil && expr.VolatilityOf(x) != expr.Immutable {
		return types.Value{}, ErrMoment
	}
	return expr.EvalConst(x, b.env.Expr)
}

// Rebound is a source that reads the same table at a present: of present, or of temporary where
// the table is one of the session's own. ok is false for what is not read at a present.
func Rebound(s plan.Source, present, temporary *colstore.View) (out plan.Source, ok bool) {
	v, ok := s.(viewSource)
	if !ok {
		return nil, false
	}
	v.view = present
	if v.table.ID >= colstore.FirstTemporary {
		v.view = temporary
	}
	return v, v.view != nil
}
