package bind

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// bindScalarRef binds a function in FROM that returns one value: a row of one column, which has the
// name of the alias or of the function. sc is what the arguments see.
func (b *Binder) bindScalarRef(call *parse.FuncCall, alias *parse.Alias, sc, parent *scope) (from, error) {
	c := &exprContext{scope: sc, clause: "functions in FROM", applies: &applies{}}
	x, err := b.bindExpr(call, c)
	if err != nil {
		return from{}, err
	}
	if x.Type().ID == types.Unknown {
		if x, err = expr.Coerce(x, types.T(types.Text)); err != nil {
			return from{}, err
		}
	}
	name := call.Name.Last()
	if alias == nil {
		alias = &parse.Alias{Pos: call.Pos, Name: name}
	} else if alias.Name != "" {
		name = alias.Name
	}
	node, err := b.attach(&plan.Values{Rows: [][]expr.Expr{{}}}, c.applies)
	if err != nil {
		return from{}, err
	}
	return b.namedValues(&plan.Project{Input: node, Exprs: []expr.Expr{x}, Out: []plan.Column{b.newColumn(name, x.Type())}}, alias, parent)
}
