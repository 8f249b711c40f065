package expr

import (
	"slices"

	"driftdb/internal/types"
)

// Fold replaces the immutable parts of e that have no columns or parameters by
// their values, and simplifies AND, OR, NOT and CASE around constants. A part whose
// evaluation fails is left as it is, so that the error appears only if it is
// evaluated. NUMERIC constants get the tightest type.
func Fold(e Expr, env *Env) Expr {
	return Rewrite(e, func(x Expr) Expr {
		switch x := x.(type) {
		case *Logic:
			return foldLogic(x, env)
		case *Case:
			return FoldCase(x)
		case *Const, *Col, *Param, *OuterCol, *Subquery:
			return x
		case *Call:
			if null, ok := NullOfNull(x, env); ok {
				return null
			}
		}
		return foldConst(x, env)
	})
}

// IsConst reports whether e is a constant.
func IsConst(e Expr) bool { _, ok := e.(*Const); return ok }

// VolatilityOf returns the weakest promise of the functions in e. Columns count as
// immutable, parameters and conversions that depend on the session as stable.
func VolatilityOf(e Expr) Volatility {
	v := Immutable
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Call:
			v = max(v, x.Fn.Volatility)
		case *Param:
			v = max(v, Stable)
		case *Cast:
			if sessionCast(x) {
				v = max(v, Stable)
			}
		case *Subquery:
			v = Volatile
		}
		return true
	})
	return v
}

// sessionCast reports whether a conversion reads the clock or zone.
func sessionCast(c *Cast) bool {
	from, to := c.Arg.Type().ID, c.To.ID
	if from == to {
		return false
	}
	text := from == types.Text || from == types.Varchar || from == types.Unknown
	return from == types.TimestampTZ || to == types.TimestampTZ || to == types.TimeTZ || text && category(to) == 'D'
}

// foldConst evaluates e if all its operands are constant.
func foldConst(e Expr, env *Env) Expr {
	for _, c := range Children(e) {
		if !IsConst(c) {
			return e
		}
	}
	if VolatilityOf(e) != Immutable {
		return e
	}
	v, err := EvalConst(e, env)
	if err != nil {
		return e
	}
	v.Type = e.Type()
	return &Const{At(e.Pos()), v}
}

// NullOfNull is the NULL that a call with a constant NULL among its arguments gives whatever the others are; ok is
// false where it does not, or another fails.
func NullOfNull(c *Call, env *Env) (null Expr, ok bool) {
	if c.Fn.NullCall || !slices.ContainsFunc(c.Args, isNull) {
		return nil, false
	}
	for _, a := range c.Args {
		if Fails(a, env) {
			return nil, false
		}
	}
	return &Const{c.At, types.NullOf(c.Typ)}, true
}

// isNull reports whether e is a constant NULL.
func isNull(e Expr) bool {
	k, ok := e.(*Const)
	return ok && !k.Value.Valid
}

// Fails reports whether e, which has been folded, is constant but has no value.
func Fails(e Expr, env *Env) bool {
	if IsConst(e) || VolatilityOf(e) != Immutable {
		return false
	}
	constant := true
	Walk(e, func(x Expr) bool {
		switch x.(type) {
		case *Col, *OuterCol:
			constant = false
		}
		return constant
	})
	if !constant {
		return false
	}
	_, err := EvalConst(e, env)
	return err != nil
}

// foldLogic removes the constants of an AND or OR that decide nothing, and cuts it
// at the first that decides it. One that fails before that is the whole: as in PostgreSQL,
// which computes constants first.
func foldLogic(e *Logic, env *Env) Expr {
	var keep []Expr
	for _, a := range e.Args {
		c, ok := a.(*Const)
		if !ok && Fails(a, env) {
			return a
		}
		if !ok || !c.Value.Valid {
			keep = append(keep, a)
			continue
		}
		if (c.Value.I != 0) == (e.Op == Or) {
			keep = append(keep, a)
			break
		}
	}
	switch len(keep) {
	case 0:
		return &Const{e.At, types.BoolValue(e.Op == And)}
	case 1:
		return keep[0]
	case len(e.Args):
		return foldConst(e, env)
	}
	c := *e
	c.Args = keep
	return foldConst(&c, env)
}

// FoldCase removes branches that cannot be taken, and what follows one that always
// is.
func FoldCase(e *Case) Expr {
	out := *e
	out.Whens = nil
	for _, w := range e.Whens {
		c, ok := w.Cond.(*Const)
		switch {
		case !ok:
			out.Whens = append(out.Whens, w)
			continue
		case !c.Value.Valid || c.Value.I == 0:
			continue
		}
		out.Else = w.Then
		break
	}
	switch len(out.Whens) {
	case 0:
		return out.Else
	case len(e.Whens):
		return e
	}
	return &out
}
