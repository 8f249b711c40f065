package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// castToDomain binds a cast to a domain: to its type, whose values then have to meet its constraints.
func (b *Binder) castToDomain(e *parse.Cast, d *colstore.Table, c *exprContext) (expr.Expr, error) {
	if e.Try {
		return nil, dberr.New(dberr.FeatureNotSupported, "TRY_CAST to a domain is not supported").At(int(e.Position()))
	}
	x, err := b.bindExpr(e.X, c)
	if err != nil {
		return nil, err
	}
	if x, err = expr.NewCast(int(e.Position()), x, d.Columns[0].Type, false); err != nil {
		return nil, err
	}
	if len(d.Checks) > 0 && plan.VolatilityOf(x) == expr.Volatile {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "a cast of a volatile expression to domain %s, which has a CHECK constraint, is not supported", d.Name).
			WithHint("Compute the expression in a subquery WITH … AS MATERIALIZED.").At(int(e.Position()))
	}
	return b.DomainValue(x, d)
}

// DomainValue returns x, which has the type of a domain, as one of its values: an error where it is none.
func (b *Binder) DomainValue(x expr.Expr, d *colstore.Table) (expr.Expr, error) {
	value := x
	if d.Columns[0].NotNull {
		x = expr.NewDomainNotNull(x, d.Name)
	}
	for _, check := range d.Checks {
		cond, err := b.StoredCheck(d, check.SQL)
		if err != nil {
			return nil, err
		}
		cond = expr.Rewrite(cond, func(e expr.Expr) expr.Expr {
			if _, ok := e.(*expr.Col); ok {
				return value
			}
			return e
		})
		x = expr.NewDomainCheck(x, cond, d.Name, check.Name)
	}
	return x, nil
}
