package bind

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindAsof binds L ASOF JOIN R: equalities and one inequality, which with USING is >= on
// the last column.
func (b *Binder) bindAsof(kind plan.JoinKind, l, r from, sc *scope, j *parse.Join) (from, error) {
	pos := int(j.Position())
	if kind != plan.Inner && kind != plan.Left {
		return from{}, dberr.New(dberr.FeatureNotSupported, "ASOF JOIN is only supported as an inner or left join").At(pos)
	}
	if plan.Touches(freeExpr(r.node), plan.IDs(l.node)) {
		return from{}, dberr.New(dberr.FeatureNotSupported, "ASOF JOIN with a LATERAL item is not supported").At(pos)
	}
	if len(j.Using) > 0 {
		conds, merge, err := b.usingConditions(kind, l, r, sc, j.Using, pos)
		if err != nil {
			return from{}, err
		}
		last := conds[len(conds)-1].(*expr.Call)
		if conds[len(conds)-1], err = expr.NewOp(pos, ">=", last.Args[0], last.Args[1]); err != nil {
			return from{}, err
		}
		node, err := asofJoin(kind, l.node, r.node, conds, pos)
		if err != nil {
			return from{}, err
		}
		return merge(node), nil
	}
	if j.On == nil {
		return from{}, dberr.New(dberr.SyntaxError, "ASOF JOIN needs a condition").At(pos)
	}
	cond, err := b.bindCondition(j.On, &exprContext{scope: sc, clause: "JOIN conditions"})
	if err != nil {
		return from{}, err
	}
	node, err := asofJoin(kind, l.node, r.node, plan.Conjuncts(cond), pos)
	return from{node, sc}, err
}

// mirrored are the inequalities with their sides exchanged.
var mirrored = map[string]string{">=": "<=", ">": "<", "<=": ">=", "<": ">"}

func asofJoin(kind plan.JoinKind, l, r plan.Node, conds []expr.Expr, pos int) (plan.Node, error) {
	n := &plan.AsofJoin{Kind: kind, Left: l, Right: r}
	left, right := plan.IDs(l), plan.IDs(r)
	for _, c := range conds {
		at := pos
		if c.Pos() > 0 {
			at = c.Pos()
		}
		call, ok := c.(*expr.Call)
		if !ok || len(call.Args) != 2 || call.Fn.Name != "=" && mirrored[call.Fn.Name] == "" {
			return nil, errAsof(at)
		}
		op, x, y := call.Fn.Name, call.Args[0], call.Args[1]
		if plan.Touches(x, right) {
			x, y = y, x
			if op != "=" {
				op = mirrored[op]
			}
		}
		if !plan.Touches(x, left) || !plan.Within(x, left) || !plan.Touches(y, right) || !plan.Within(y, right) || x.Type().ID != y.Type().ID {
			return nil, errAsof(at)
		}
		switch {
		case op == "=":
			n.LeftKeys, n.RightKeys = append(n.LeftKeys, x), append(n.RightKeys, y)
		case n.Op != "":
			return nil, dberr.New(dberr.SyntaxError, "ASOF JOIN has more than one inequality").At(at)
		default:
			var err error
			if n.LeftValue, err = orderedBy(x, at); err != nil {
				return nil, err
			}
			if n.RightValue, err = orderedBy(y, at); err != nil {
				return nil, err
			}
			n.Op = op
		}
	}
	if n.Op == "" {
		return nil, dberr.New(dberr.SyntaxError, "ASOF JOIN has no inequality").At(pos).
			WithHint("The condition needs one of >=, >, <= and < between a column of each side.")
	}
	return n, nil
}

func errAsof(pos int) error {
	return dberr.New(dberr.FeatureNotSupported,
		"the condition of an ASOF JOIN must be equalities and one inequality between the left side and the right one").At(pos)
}
