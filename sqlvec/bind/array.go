package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// bindArray binds ARRAY[…] and ARRAY(query).
func (b *Binder) bindArray(e *parse.ArrayExpr, c *exprContext) (expr.Expr, error) {
	if e.Query != nil {
		return b.bindExpr(arrayOfQuery(e), c)
	}
	elems, err := b.bindExprs(e.Elems, c)
	if err != nil {
		return nil, err
	}
	return expr.NewArray(int(e.Position()), elems)
}

// arrayOfQuery writes ARRAY(query) as what it means: the array_agg of its column, or an
// empty array.
func arrayOfQuery(e *parse.ArrayExpr) parse.Expr {
	const name = "array"
	call := func(fn string, args ...parse.Expr) parse.Expr {
		return &parse.FuncCall{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{fn}}, Args: args}
	}
	item := call("array_agg", &parse.ColumnRef{Pos: e.Pos, Parts: []string{name}})
	table := &parse.SubqueryRef{Pos: e.Pos, Query: e.Query, OneColumn: true,
		Alias: &parse.Alias{Pos: e.Pos, Name: name, Columns: []parse.Ident{{Pos: e.Pos, Name: name}}}}
	return call("coalesce",
		&parse.SubqueryExpr{Pos: e.Pos, Query: &parse.Query{Pos: e.Pos, Body: &parse.Select{Pos: e.Pos,
			Items: []parse.SelectItem{{Pos: e.Pos, Expr: item}}, From: []parse.TableExpr{table}}}},
		&parse.Literal{Pos: e.Pos, Kind: parse.LitString, Text: "{}"})
}

// emptyArray binds the cast of an ARRAY[], whose type only the cast can tell; ok is false
// for anything else.
func emptyArray(e *parse.Cast, t types.Type) (x expr.Expr, ok bool, err error) {
	a, isArray := e.X.(*parse.ArrayExpr)
	if !isArray || a.Query != nil || len(a.Elems) > 0 || !t.IsArray() {
		return nil, false, nil
	}
	x, err = expr.EmptyArray(int(e.Position()), t)
	return x, true, err
}

// castElements binds the cast of ARRAY[…]: what is cast are its elements.
func (b *Binder) castElements(e *parse.Cast, a *parse.ArrayExpr, t types.Type, c *exprContext) (expr.Expr, error) {
	elems := make([]expr.Expr, len(a.Elems))
	for i, el := range a.Elems {
		pos := int(el.Position())
		var err error
		if inner, ok := el.(*parse.ArrayExpr); ok {
			elems[i], err = b.bindCast(&parse.Cast{Pos: inner.Pos, X: inner, Type: e.Type, Try: e.Try}, c)
		} else if elems[i], err = b.bindExpr(el, c); err == nil {
			to := t
			if !elems[i].Type().IsArray() {
				to = t.Elem()
			}
			elems[i], err = expr.NewCast(pos, elems[i], to, e.Try)
		}
		if err != nil {
			return nil, err
		}
	}
	return expr.NewArray(int(e.Position()), elems)
}

// bindSubscript binds x[i], x[lo:hi] and chains of them.
func (b *Binder) bindSubscript(e *parse.Subscript, c *exprContext) (expr.Expr, error) {
	chain := []*parse.Subscript{e}
	for !chain[0].Apart {
		inner, ok := chain[0].X.(*parse.Subscript)
		if !ok {
			break
		}
		chain = append([]*parse.Subscript{inner}, chain...)
	}
	x, err := b.bindExpr(vector(chain[0].X), c)
	if err != nil {
		return nil, err
	}
	pos, slice := int(chain[0].Position()), false
	for _, s := range chain {
		slice = slice || s.Slice
	}
	switch t := x.Type(); {
	case t.ID == types.JSONB:
		return b.subscriptJSON(x, chain, c)
	case (t.IsString() || t.ID == types.Unknown && isText(x)) && len(chain) == 1:
		return b.sliceText(x, chain[0], c)
	case !t.IsArray():
		return nil, dberr.Newf(dberr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", t.Base()).At(subscripted(chain[0], x))
	case len(chain) > types.MaxDims:
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(chain), types.MaxDims).At(pos)
	}
	var list []expr.Expr
	for _, s := range chain {
		lo, err := b.bindBound(s.Lo, c)
		if err != nil {
			return nil, err
		}
		hi, err := b.bindBound(s.Hi, c)
		if err != nil {
			return nil, err
		}
		switch {
		case !slice:
			list = append(list, lo)
		case !s.Slice: // x[1:2][3] means x[1:2][1:3]
			list = append(list, &expr.Const{At: expr.At(pos), Value: types.IntValue(types.T(types.Int32), 1)}, lo)
		default:
			list = append(list, lo, hi)
		}
	}
	if slice {
		return expr.NewSlice(pos, x, list)
	}
	return expr.NewSubscript(pos, x, list)
}

// subscripted is where the expression stands that e, and what is within its parentheses, is a
// subscript of; x is e.X.
func subscripted(e *parse.Subscript, x expr.Expr) int {
	inner, ok := e.X.(*parse.Subscript)
	if !ok {
		return x.Pos()
	}
	for {
		next, ok := inner.X.(*parse.Subscript)
		if !ok {
			return int(inner.X.Position())
		}
		inner = next
	}
}

// isText reports whether an expression of unknown type is a text, not NULL.
func isText(x expr.Expr) bool {
	c, ok := x.(*expr.Const)
	return ok && c.Value.Valid
}

// sliceText binds s[i] and s[lo:hi] of a text: characters counted from 1, from the end where negative.
func (b *Binder) sliceText(x expr.Expr, s *parse.Subscript, c *exprContext) (expr.Expr, error) {
	pos := s.Pos
	args := []expr.Expr{x}
	hi := s.Hi
	if !s.Slice {
		hi = s.Lo
	} else if hi == nil {
		hi = &parse.Literal{Pos: pos, Kind: parse.LitInt, Text: "9223372036854775807"}
	}
	lo := s.Lo
	if lo == nil {
		lo = &parse.Literal{Pos: pos, Kind: parse.LitInt, Text: "1"}
	}
	for _, e := range []parse.Expr{lo, hi} {
		bound, err := b.bindExpr(e, c)
		if err != nil {
			return nil, err
		}
		args = append(args, bound)
	}
	return expr.NewCall(int(pos), "$text_slice", args)
}

// bindBound binds a bound, nil where there is none.
func (b *Binder) bindBound(e parse.Expr, c *exprContext) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	return b.bindExpr(e, c)
}

// subscriptJSON binds j['a'][0] of a JSONB, a chain of ->.
func (b *Binder) subscriptJSON(x expr.Expr, chain []*parse.Subscript, c *exprContext) (expr.Expr, error) {
	for _, s := range chain {
		if s.Slice {
			return nil, dberr.New(dberr.DatatypeMismatch, "jsonb subscript does not support slices").At(int(s.Position()))
		}
		i, err := b.bindExpr(s.Lo, c)
		if err != nil {
			return nil, err
		}
		if x, err = expr.NewOp(int(s.Position()), "->", x, i); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// bindQuantifiedArray binds x op ANY(array) and x op ALL(array).
func (b *Binder) bindQuantifiedArray(e *parse.QuantifiedExpr, c *exprContext) (expr.Expr, error) {
	args, err := b.bindExprs([]parse.Expr{e.X, vector(e.Array)}, c)
	if err != nil {
		return nil, err
	}
	return expr.NewQuantified(int(e.Position()), e.Op, args[0], args[1], e.All)
}
