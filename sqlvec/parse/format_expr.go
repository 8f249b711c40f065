package parse

import "strconv"

// precOf is how tightly the printed form of e binds.
func precOf(e Expr) int {
	switch e := e.(type) {
	case *BoolExpr:
		if e.Or {
			return precOr
		}
		return precAnd
	case *NotExpr:
		return precNot
	case *IsExpr, *DistinctExpr:
		return precIs
	case *BetweenExpr, *LikeExpr, *InExpr:
		return precLike
	case *QuantifiedExpr:
		return operatorPrec(e.Op, e.Schema)
	case *BinaryExpr:
		return operatorPrec(e.Op, e.Schema)
	case *UnaryExpr:
		if isSign(e) {
			return precUnary
		}
		return precOp
	case *AtTimeZone:
		return precAt
	case *CollateExpr:
		return precCollate
	case *Cast:
		if !e.Try {
			return precCast
		}
	}
	return precPrimary
}

func isSign(e *UnaryExpr) bool { return e.Schema == "" && (e.Op == "-" || e.Op == "+") }

// operatorPrec is the precedence of a binary operator as it is printed.
func operatorPrec(op, schema string) int {
	if schema == "" {
		if prec := opPrec(op); prec != precNone {
			return prec
		}
	}
	return precOp
}

// operator writes an operator, with OPERATOR() if it cannot stand alone.
func (f *formatter) operator(op, schema string, alone bool) {
	if schema == "" && alone {
		f.w(op)
		return
	}
	f.w("OPERATOR(")
	if schema != "" {
		f.ident(schema)
		f.w(".")
	}
	f.w(op, ")")
}

// expr writes e, in parentheses if it binds less tightly than min.
func (f *formatter) expr(e Expr, min int) {
	if precOf(e) < min {
		f.w("(")
		f.expr(e, precOr)
		f.w(")")
		return
	}
	switch e := e.(type) {
	case *Literal:
		f.literal(e)
	case *PointLit:
		f.point(e)
	case *Param:
		f.w("$", strconv.Itoa(e.N))
	case *ColumnRef:
		if e.Means != nil {
			f.w("(")
			f.expr(e.Means, precOr)
			f.w(")")
			return
		}
		f.dotted(e.Parts)
	case *Star:
		f.star(e)
	case *DefaultExpr:
		f.w("DEFAULT")
	case *FuncCall:
		f.call(e)
	case *NamedArg:
		f.ident(e.Name)
		f.w(" => ")
		f.expr(e.X, precOr)
	case *Lambda:
		f.w("lambda ")
		f.list(len(e.Params), func(i int) { f.ident(e.Params[i].Name) })
		f.w(": ")
		f.expr(e.Body, precOr)
	case *UnaryExpr, *BinaryExpr, *BoolExpr, *NotExpr, *QuantifiedExpr:
		f.operation(e)
	case *IsExpr, *DistinctExpr, *BetweenExpr, *LikeExpr, *InExpr:
		f.predicate(e)
	default:
		f.composite(e)
	}
}

func (f *formatter) literal(e *Literal) {
	switch e.Kind {
	case LitNull:
		f.w("NULL")
	case LitBool:
		if e.Bool {
			f.w("TRUE")
		} else {
			f.w("FALSE")
		}
	case LitInt, LitNumeric:
		f.w(e.Text)
	case LitString:
		f.str(e.Text)
	case LitBits:
		f.w("B'", e.Text, "'")
	case LitHexBits:
		f.w("X'", e.Text, "'")
	}
}

func (f *formatter) point(e *PointLit) {
	if e.Kind == PointTx {
		f.w("@TX:")
	} else {
		f.w("@SEQ:")
	}
	switch v := e.Value.(type) {
	case nil:
		f.w(strconv.FormatUint(e.N, 10))
	case *ColumnRef, *Param:
		f.expr(v, 0)
	default:
		f.w("(")
		f.expr(v, 0)
		f.w(")")
	}
}

func (f *formatter) star(e *Star) {
	switch {
	case e.Of != nil:
		f.fieldBase(e.Of)
		f.w(".")
	case e.Table != nil:
		f.dotted(e.Table)
		f.w(".")
	}
	f.w("*")
	if e.Like != nil {
		f.likePattern(e.Like)
	}
	f.idents(" EXCLUDE ", e.Exclude)
	for _, part := range []struct {
		word  string
		items []SelectItem
	}{{" REPLACE (", e.Replace}, {" RENAME (", e.Rename}} {
		if len(part.items) > 0 {
			f.w(part.word)
			f.items(part.items)
			f.w(")")
		}
	}
}

// operation writes what is built of operators and connectives.
func (f *formatter) operation(e Expr) {
	switch e := e.(type) {
	case *UnaryExpr:
		f.unary(e)
	case *BinaryExpr:
		prec := precOf(e)
		left := prec
		if prec == precCompare {
			left++ // not associative
		}
		f.expr(e.L, left)
		f.w(" ")
		f.operator(e.Op, e.Schema, opPrec(e.Op) != precNone)
		f.w(" ")
		f.expr(e.R, prec+1)
	case *BoolExpr:
		word := " AND "
		if e.Or {
			word = " OR "
		}
		for i, a := range e.Args {
			f.opt(i > 0, word)
			f.expr(a, precOf(e)+1)
		}
	case *NotExpr:
		f.w("NOT ")
		f.expr(e.X, precNot)
	case *QuantifiedExpr:
		f.quantified(e)
	}
}

func (f *formatter) unary(e *UnaryExpr) {
	if isSign(e) {
		f.w(e.Op)
		if _, nested := e.X.(*UnaryExpr); nested {
			f.expr(e.X, precPrimary) // -(-1), not a comment
			return
		}
		f.expr(e.X, precUnary)
		return
	}
	f.operator(e.Op, e.Schema, opPrec(e.Op) == precOp)
	f.w(" ")
	f.expr(e.X, precOp+1)
}

func (f *formatter) quantified(e *QuantifiedExpr) {
	f.expr(e.X, precOf(e)+1)
	f.w(" ")
	f.operator(e.Op, e.Schema, opPrec(e.Op) != precNone)
	if e.All {
		f.w(" ALL (")
	} else {
		f.w(" ANY (")
	}
	if e.Query != nil {
		f.query(e.Query)
	} else {
		f.expr(e.Array, precOr)
	}
	f.w(")")
}

// predicate writes the tests that are words.
func (f *formatter) predicate(e Expr) {
	switch e := e.(type) {
	case *IsExpr:
		min := precIs
		if _, ok := e.X.(*DistinctExpr); ok {
			min++ // not associative
		}
		f.expr(e.X, min)
		f.w(" IS ")
		f.opt(e.Not, "NOT ")
		f.w([]string{IsNull: "NULL", IsTrue: "TRUE", IsFalse: "FALSE", IsUnknown: "UNKNOWN"}[e.Test])
	case *DistinctExpr:
		f.expr(e.L, precIs+1)
		f.w(" IS ")
		f.opt(e.Not, "NOT ")
		f.w("DISTINCT FROM ")
		f.expr(e.R, precIs+1)
	case *BetweenExpr:
		f.expr(e.X, precLike+1)
		f.opt(e.Not, " NOT")
		f.w(" BETWEEN ")
		f.opt(e.Symmetric, "SYMMETRIC ")
		f.expr(e.Lo, precLike+1)
		f.w(" AND ")
		f.expr(e.Hi, precLike+1)
	case *LikeExpr:
		f.like(e)
	case *InExpr:
		f.expr(e.X, precLike+1)
		f.opt(e.Not, " NOT")
		f.w(" IN (")
		if e.Query != nil {
			f.query(e.Query)
		} else {
			f.exprs(e.List)
		}
		f.w(")")
	}
}

func (f *formatter) like(e *LikeExpr) {
	f.expr(e.X, precLike+1)
	f.likePattern(e)
}

func (f *formatter) likePattern(e *LikeExpr) {
	f.opt(e.Not, " NOT")
	f.w([]string{Like: " LIKE ", ILike: " ILIKE ", SimilarTo: " SIMILAR TO "}[e.Kind])
	f.expr(e.Pattern, precLike+1)
	if e.Escape != nil {
		f.w(" ESCAPE ")
		f.expr(e.Escape, precLike+1)
	}
}

// composite writes casts, constructors and what reaches into values.
func (f *formatter) composite(e Expr) {
	switch e := e.(type) {
	case *Cast:
		f.cast(e)
	case *CollateExpr:
		f.expr(e.X, precCollate)
		f.w(" COLLATE ")
		f.name(e.Collation)
	case *AtTimeZone:
		f.expr(e.X, precAt)
		if e.Zone == nil {
			f.w(" AT LOCAL")
			return
		}
		f.w(" AT TIME ZONE ")
		f.expr(e.Zone, precAt+1)
	case *ExistsExpr:
		f.w("EXISTS ")
		f.parenQuery(e.Query)
	case *SubqueryExpr:
		f.parenQuery(e.Query)
	case *ArrayExpr:
		f.w("ARRAY")
		if e.Query != nil {
			f.parenQuery(e.Query)
			return
		}
		f.w("[")
		f.exprs(e.Elems)
		f.w("]")
	case *RowExpr:
		f.opt(e.Explicit, "ROW")
		f.w("(")
		f.exprs(e.Elems)
		f.w(")")
	case *FieldAccess:
		f.fieldBase(e.X)
		f.w(".")
		f.ident(e.Name)
	case *Subscript:
		if e.Apart {
			f.w("(")
			f.expr(e.X, precOr)
			f.w(")")
		} else {
			f.expr(e.X, precPrimary)
		}
		f.bounds(e.Lo, e.Hi, e.Slice)
	case *CaseExpr:
		f.caseExpr(e)
	case *GroupingSet:
		f.groupingSet(e)
	}
}

func (f *formatter) cast(e *Cast) {
	if e.Try {
		f.w("TRY_CAST(")
		f.expr(e.X, precOr)
		f.w(" AS ")
		f.typeName(e.Type)
		f.w(")")
		return
	}
	f.expr(e.X, precCast)
	f.w("::")
	f.typeName(e.Type)
}

// fieldBase writes what a dot and a field follow.
func (f *formatter) fieldBase(x Expr) {
	if hasFields(x) {
		f.expr(x, precPrimary)
		return
	}
	f.w("(")
	f.expr(x, precOr)
	f.w(")")
}

func (f *formatter) bounds(lo, hi Expr, slice bool) {
	f.w("[")
	if lo != nil {
		f.expr(lo, precOr)
	}
	f.opt(slice, ":")
	if hi != nil {
		f.expr(hi, precOr)
	}
	f.w("]")
}

func (f *formatter) exprs(list []Expr) { f.list(len(list), func(i int) { f.expr(list[i], precOr) }) }

func (f *formatter) caseExpr(e *CaseExpr) {
	f.w("CASE")
	if e.Arg != nil {
		f.w(" ")
		f.expr(e.Arg, precOr)
	}
	for _, w := range e.Whens {
		f.w(" WHEN ")
		f.expr(w.Cond, precOr)
		f.w(" THEN ")
		f.expr(w.Result, precOr)
	}
	if e.Else != nil {
		f.w(" ELSE ")
		f.expr(e.Else, precOr)
	}
	f.w(" END")
}

func (f *formatter) groupingSet(e *GroupingSet) {
	f.w([]string{GroupingEmpty: "(", GroupingRollup: "ROLLUP (", GroupingCube: "CUBE (", GroupingSets: "GROUPING SETS ("}[e.Kind])
	f.exprs(e.Items)
	f.w(")")
}
