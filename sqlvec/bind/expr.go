package bind

import (
	"math"
	"strconv"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// exprContext is what an expression may use where it stands.
type exprContext struct {
	scope   *scope
	clause  string      // for messages: "WHERE", "GROUP BY", …
	aggs    *aggs       // nil: aggregates are not allowed
	applies *applies    // nil: subqueries are not allowed
	inAgg   bool        // inside the arguments of an aggregate
	guard   []expr.Expr // the conditions of the CASE branches around

	aliases  *aliases // nil: names of outputs are not looked for
	sets     *sets    // nil: set-returning functions are not allowed
	noSets   string   // what to say then, "" for the clause's own message
	windows  *windows // nil: window functions are not allowed
	inWindow bool     // inside the arguments of a window function
}

// bindExprs binds a list.
func (b *Binder) bindExprs(list []parse.Expr, c *exprContext) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		x, err := b.bindExpr(e, c)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// bindCondition binds a BOOLEAN expression.
func (b *Binder) bindCondition(e parse.Expr, c *exprContext) (expr.Expr, error) {
	x, err := b.bindExpr(e, c)
	if err != nil {
		return nil, err
	}
	name := c.clause
	if name == "JOIN conditions" {
		name = "JOIN/ON"
	}
	return expr.Boolean(x, name)
}

// bindExpr binds one expression. A quoted literal keeps the unknown type until its
// surroundings decide.
func (b *Binder) bindExpr(e parse.Expr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch e := e.(type) {
	case *parse.Literal:
		return bindLiteral(e)
	case *parse.ColumnRef:
		return b.bindColumn(e, c)
	case *parse.Param:
		return b.bindParam(e)
	case *parse.FuncCall:
		return b.bindCall(e, c)
	case *parse.UnaryExpr:
		return b.bindUnary(e, c)
	case *parse.BinaryExpr:
		return b.bindBinary(e, c)
	case *parse.Cast:
		return b.bindCast(e, c)
	case *parse.CaseExpr:
		return b.bindCase(e, c)
	case *parse.InExpr, *parse.ExistsExpr, *parse.SubqueryExpr, *parse.QuantifiedExpr:
		return b.bindQueryExpr(e, c)
	case *parse.PointLit:
		return nil, dberr.New(dberr.SyntaxError, "@SEQ and @TX stand only in FOR SYSTEM_TIME").At(pos)
	case *parse.DefaultExpr:
		return nil, dberr.New(dberr.SyntaxError, "DEFAULT is not allowed in this context").At(pos)
	case *parse.Star:
		return b.bindStarRow(e, c)
	}
	return b.bindPredicate(e, c)
}

// bindPredicate binds what gives a BOOLEAN.
func (b *Binder) bindPredicate(e parse.Expr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch e := e.(type) {
	case *parse.BoolExpr:
		args, err := b.bindExprs(e.Args, c)
		if err != nil {
			return nil, err
		}
		op := expr.And
		if e.Or {
			op = expr.Or
		}
		return expr.NewLogic(pos, op, args)
	case *parse.NotExpr:
		x, err := b.bindExpr(e.X, c)
		if err != nil {
			return nil, err
		}
		return expr.NewNot(pos, x)
	case *parse.IsExpr:
		return b.bindIs(e, c)
	case *parse.DistinctExpr:
		args, err := b.bindExprs([]parse.Expr{e.L, e.R}, c)
		if err != nil {
			return nil, err
		}
		if !unlikeRows(e, args) {
			if x, ok, err := rowsDistinct(pos, args[0], args[1], e.Not); ok {
				return x, err
			}
		}
		return expr.NewIsDistinct(pos, args[0], args[1], e.Not)
	case *parse.BetweenExpr:
		args, err := b.bindExprs([]parse.Expr{e.X, e.Lo, e.Hi}, c)
		if err != nil {
			return nil, err
		}
		return expr.NewBetween(pos, args[0], args[1], args[2], e.Not, e.Symmetric)
	case *parse.LikeExpr:
		return b.bindLike(e, c)
	}
	return b.bindRest(e, c)
}

// bindRest binds the rare forms and refuses those that have no meaning here yet.
func (b *Binder) bindRest(e parse.Expr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	switch e := e.(type) {
	case *parse.AtTimeZone:
		return b.bindAtTimeZone(e, c)
	case *parse.CollateExpr:
		switch e.Collation.Last() {
		case "C", "POSIX", "default", "ucs_basic":
			x, err := b.bindExpr(e.X, c)
			if err != nil {
				return nil, err
			}
			if t := x.Type(); !t.IsString() && t.ID != types.Unknown && !(t.IsArray() && t.Elem().IsString()) {
				return nil, dberr.Newf(dberr.DatatypeMismatch, "collations are not supported by type %s", types.T(t.ID)).At(pos)
			}
			return x, nil
		}
		return nil, dberr.Newf(dberr.UndefinedObject, "collation \"%s\" does not exist", e.Collation.Last()).At(pos).
			WithHint("Text is ordered by the collation C.")
	case *parse.RowExpr:
		if len(e.Elems) == 1 && !e.Explicit {
			return b.bindExpr(e.Elems[0], c)
		}
		return b.bindRow(e, c)
	case *parse.ArrayExpr:
		return b.bindArray(e, c)
	case *parse.Subscript:
		return b.bindSubscript(e, c)
	case *parse.FieldAccess:
		return b.bindField(e, c)
	case *parse.Lambda:
		return nil, dberr.New(dberr.SyntaxError, "a lambda stands only as an argument of list_transform, list_filter and their kin").At(pos)
	case *parse.NamedArg:
		return nil, dberr.New(dberr.FeatureNotSupported, "named arguments are not supported").At(pos)
	case *parse.GroupingSet:
		return nil, dberr.New(dberr.FeatureNotSupported, "GROUPING SETS, CUBE and ROLLUP are not supported").At(pos)
	}
	return nil, dberr.Bug("unknown expression %T", e).At(pos)
}

// bindLiteral gives a number the smallest of INTEGER, BIGINT and NUMERIC.
func bindLiteral(e *parse.Literal) (expr.Expr, error) {
	pos := expr.At(e.Position())
	switch e.Kind {
	case parse.LitNull:
		return &expr.Const{At: pos}, nil
	case parse.LitBool:
		return &expr.Const{At: pos, Value: types.BoolValue(e.Bool)}, nil
	case parse.LitString:
		return &expr.Const{At: pos, Value: types.BytesValue(types.T(types.Unknown), e.Text)}, nil
	case parse.LitInt, parse.LitNumeric:
		return bindNumber(pos, e.Kind, e.Text)
	}
	return nil, dberr.New(dberr.FeatureNotSupported, "bit strings are not supported").At(int(pos))
}

// Literal binds an expression that is a literal alone, nil for any other.
func Literal(e parse.Expr) (expr.Expr, error) {
	if lit, ok := e.(*parse.Literal); ok {
		return bindLiteral(lit)
	}
	return nil, nil
}

// ConstantValue is the value of a number or a string as it stands in a text, or of a number behind a minus
// sign: what an expression of it alone is bound to. A string is of the unknown type.
func ConstantValue(kind parse.LitKind, text string, negated bool) (types.Value, error) {
	if kind == parse.LitString {
		return types.BytesValue(types.T(types.Unknown), text), nil
	}
	if negated {
		text = "-" + text
	}
	x, err := bindNumber(0, kind, text)
	if err != nil {
		return types.Value{}, err
	}
	c, ok := x.(*expr.Const)
	if !ok {
		return types.Value{}, dberr.Bug("the number %s is not a constant", text)
	}
	return c.Value, nil
}

func bindNumber(pos expr.At, kind parse.LitKind, text string) (expr.Expr, error) {
	if kind == parse.LitInt {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			t := types.T(types.Int64)
			if n >= math.MinInt32 && n <= math.MaxInt32 {
				t = types.T(types.Int32)
			}
			return &expr.Const{At: pos, Value: types.IntValue(t, n)}, nil
		}
	}
	unknown := &expr.Const{At: pos, Value: types.BytesValue(types.T(types.Unknown), text)}
	return expr.Coerce(unknown, numberType(text))
}

// numberType is the NUMERIC with the literal's own digits, or one without a precision
// when they do not fit the scaled form.
func numberType(text string) types.Type {
	digits, scale, point := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '.':
			point = true
		case c >= '0' && c <= '9':
			digits++
			if point {
				scale++
			}
		case c == '-' && i == 0:
		default:
			return types.T(types.Numeric)
		}
	}
	if digits == 0 || digits > types.MaxScaledPrec {
		return types.T(types.Numeric)
	}
	return types.Dec(digits, scale)
}

func (b *Binder) bindColumn(e *parse.ColumnRef, c *exprContext) (expr.Expr, error) {
	col, err := c.scope.find(e)
	if err != nil && len(e.Parts) == 1 && dberr.CodeOf(err) == dberr.UndefinedColumn {
		if value := c.scope.scalarNamed(e.Parts[0]); value != nil {
			return &expr.Col{At: expr.At(e.Position()), Index: value.ID, Typ: value.Type, Name: value.Name}, nil
		}
		if row, rowErr := b.wholeRow("", e.Parts[0], int(e.Position()), c); row != nil || rowErr != nil {
			return row, rowErr
		}
	}
	if err != nil {
		return b.bindAlias(e, c, err)
	}
	b.record.noteColumn(e, col)
	name := col.Name
	if len(c.scope.tables) > 1 && col.table != "" {
		name = col.table + "." + name
	}
	return &expr.Col{At: expr.At(e.Position()), Index: col.ID, Typ: col.Type, Name: name}, nil
}

func (b *Binder) bindParam(e *parse.Param) (expr.Expr, error) {
	if b.env.Generic != nil && e.N <= len(b.env.Generic) {
		p := b.env.Generic[e.N-1]
		if p.At == 0 {
			p.At = expr.At(e.Position())
		}
		return p, nil
	}
	if e.N > len(b.env.Params) {
		return nil, dberr.Newf(dberr.UndefinedParameter, "there is no parameter $%d", e.N).At(int(e.Position()))
	}
	return &expr.Const{At: expr.At(e.Position()), Value: b.env.Params[e.N-1]}, nil
}

// signedNumber returns the number behind one or more minus signs, nil for other expressions, and whether they
// are odd. Such a number has the type of what is left: -(-2147483648) is a BIGINT.
func signedNumber(e *parse.UnaryExpr) (lit *parse.Literal, negated bool) {
	if e.Op != "-" || e.Schema != "" {
		return nil, false
	}
	switch x := e.X.(type) {
	case *parse.Literal:
		if x.Kind == parse.LitInt || x.Kind == parse.LitNumeric {
			return x, true
		}
	case *parse.UnaryExpr:
		lit, negated = signedNumber(x)
		return lit, !negated
	}
	return nil, false
}

func (b *Binder) bindUnary(e *parse.UnaryExpr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if lit, negated := signedNumber(e); lit != nil {
		text := lit.Text
		if negated {
			text = "-" + text
		}
		return bindNumber(expr.At(pos), lit.Kind, text)
	}
	x, err := b.bindExpr(e.X, c)
	if err != nil {
		return nil, err
	}
	return expr.NewUnary(pos, e.Op, x)
}

// bindBinary binds l op r. Long chains of one operator lean to the left, so the left
// spine is walked without recursion.
func (b *Binder) bindBinary(e *parse.BinaryExpr, c *exprContext) (expr.Expr, error) {
	spine := []*parse.BinaryExpr{e}
	for {
		l, ok := spine[len(spine)-1].L.(*parse.BinaryExpr)
		if !ok {
			break
		}
		spine = append(spine, l)
	}
	n := len(spine)
	last := spine[n-1]
	acc, isRows, err := b.bindRowCompare(last, c)
	if isRows {
		n--
	} else if err == nil {
		acc, err = b.bindExpr(last.L, c)
	}
	if err != nil {
		return nil, err
	}
	for i := n - 1; i >= 0; i-- {
		r, err := b.bindExpr(spine[i].R, c)
		if err != nil {
			return nil, err
		}
		if r, err = b.compareWithOID(spine[i].R, r, acc, c); err != nil {
			return nil, err
		}
		if i == len(spine)-1 {
			if acc, err = b.compareWithOID(last.L, acc, r, c); err != nil {
				return nil, err
			}
		}
		op := binaryOp(spine[i].Op, acc, r)
		if acc, err = compared(int(spine[i].Position()), op, acc, r); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// binaryOp is the operator that is meant: DuckDB's // of integers is what / is here.
func binaryOp(op string, l, r expr.Expr) string {
	if op == "//" && l.Type().IsInteger() && r.Type().IsInteger() {
		return "/"
	}
	return op
}

// compared builds l op r, which may be rows.
func compared(pos int, op string, l, r expr.Expr) (expr.Expr, error) {
	if x, ok, err := compareRecords(op, l, r, pos); ok {
		return x, err
	}
	return expr.NewOp(pos, op, l, r)
}

// fails reports whether e is constant but has no value.
func (b *Binder) fails(e expr.Expr) bool { return expr.Fails(expr.Fold(e, b.env.Expr), b.env.Expr) }

// starless is a row with the columns that t.* stands for in it.
func starless(row *parse.RowExpr, c *exprContext) *parse.RowExpr {
	out := *row
	out.Elems = nil
	for _, e := range row.Elems {
		star, ok := e.(*parse.Star)
		if !ok || len(star.Table) != 1 || len(star.Exclude)+len(star.Replace) > 0 {
			out.Elems = append(out.Elems, e)
			continue
		}
		level := c.scope
		for level != nil && !level.hasTable(star.Table[0]) {
			level = level.parent
		}
		if level == nil {
			return row // whose error names the table
		}
		for _, col := range level.star("", star.Table[0]) {
			out.Elems = append(out.Elems, &parse.ColumnRef{Pos: star.Pos, Parts: []string{star.Table[0], col.Name}})
		}
	}
	return &out
}

// bindRowCompare binds (a, b) = (c, d) and <>; ok is false when e is none.
func (b *Binder) bindRowCompare(e *parse.BinaryExpr, c *exprContext) (x expr.Expr, ok bool, err error) {
	l, isRow := e.L.(*parse.RowExpr)
	if q, isQuery := e.R.(*parse.SubqueryExpr); isRow && isQuery {
		x, err = b.bindRowQuery(e, l, q, c)
		return x, true, err
	}
	r, isRow2 := e.R.(*parse.RowExpr)
	if !isRow || !isRow2 {
		return nil, false, nil
	}
	pos := int(e.Position())
	if len(l.Elems)+len(r.Elems) == 0 {
		return nil, true, dberr.New(dberr.FeatureNotSupported, "cannot compare rows of zero length").At(pos)
	}
	l, r = starless(l, c), starless(r, c)
	if len(l.Elems) != len(r.Elems) {
		return nil, true, dberr.New(dberr.SyntaxError, "unequal number of entries in row expressions").At(pos)
	}
	left, err := b.bindExprs(l.Elems, c)
	if err != nil {
		return nil, true, err
	}
	right, err := b.bindExprs(r.Elems, c)
	if err != nil {
		return nil, true, err
	}
	for i := range left { // constants that fail do so whatever decides
		if b.fails(left[i]) || b.fails(right[i]) {
			x, err = compareRows(e.Op, left[i:i+1], right[i:i+1], pos)
			return x, true, err
		}
	}
	x, err = compareRows(e.Op, left, right, pos)
	return x, true, err
}

// compareRows compares rows column by column; an order is decided by the first pair
// that differs.
func compareRows(op string, l, r []expr.Expr, pos int) (expr.Expr, error) {
	switch op {
	case "=", "<>":
		eqs := make([]expr.Expr, len(l))
		for i := range eqs {
			x, err := expr.NewOp(pos, "=", l[i], r[i])
			if err != nil {
				return nil, err
			}
			eqs[i] = x
		}
		x, err := expr.NewLogic(pos, expr.And, eqs)
		if err == nil && op == "<>" {
			x, err = expr.NewNot(pos, x)
		}
		return x, err
	case "<", "<=", ">", ">=":
	default:
		return nil, dberr.Newf(dberr.FeatureNotSupported, "row values cannot be compared with %s", op).At(pos)
	}
	if len(l) == 1 {
		return expr.NewOp(pos, op, l[0], r[0])
	}
	first, err := expr.NewOp(pos, op[:1], l[0], r[0])
	if err != nil {
		return nil, err
	}
	same, err := expr.NewOp(pos, "=", l[0], r[0])
	if err != nil {
		return nil, err
	}
	rest, err := compareRows(op, l[1:], r[1:], pos)
	if err != nil {
		return nil, err
	}
	if rest, err = expr.NewLogic(pos, expr.And, []expr.Expr{same, rest}); err != nil {
		return nil, err
	}
	return expr.NewLogic(pos, expr.Or, []expr.Expr{first, rest})
}

func (b *Binder) bindCast(e *parse.Cast, c *exprContext) (expr.Expr, error) {
	if x, ok, err := b.systemCast(e, c); ok || err != nil {
		return x, err
	}
	if _, ok := e.X.(*parse.Literal); ok && e.Type.Fields != "" {
		return intervalFields(e)
	}
	t, d, err := b.typeOrDomain(e.Type)
	if err != nil {
		return nil, err
	}
	if d != nil {
		return b.castToDomain(e, d, c)
	}
	if x, ok, err := emptyArray(e, t); ok || err != nil {
		return x, err
	}
	if a, ok := e.X.(*parse.ArrayExpr); ok && a.Query == nil && t.IsArray() {
		return b.castElements(e, a, t, c)
	}
	of := e.X
	if t.IsArray() {
		of = vector(of)
	}
	x, err := b.bindExpr(of, c)
	if err != nil {
		return nil, err
	}
	return expr.NewCast(int(e.Position()), x, t, e.Try)
}

func (b *Binder) bindCase(e *parse.CaseExpr, c *exprContext) (expr.Expr, error) {
	var arg, els expr.Expr
	var err error
	if e.Arg != nil {
		if arg, err = b.bindExpr(e.Arg, c); err != nil {
			return nil, err
		}
	}
	whens := make([]expr.When, len(e.Whens))
	for i, w := range e.Whens {
		cond, err := b.bindExpr(w.Cond, c)
		if err != nil {
			return nil, err
		}
		if arg != nil {
			if cond, err = expr.NewOp(int(w.Cond.Position()), "=", arg, cond); err != nil {
				return nil, err
			}
		}
		then, err := b.bindExpr(w.Result, c.guarded(cond, false))
		if err != nil {
			return nil, err
		}
		whens[i] = expr.When{Cond: cond, Then: then}
		c = c.guarded(cond, true)
	}
	if e.Else != nil {
		if els, err = b.bindExpr(e.Else, c); err != nil {
			return nil, err
		}
	}
	return expr.NewCase(int(e.Position()), whens, els)
}

func (b *Binder) bindIs(e *parse.IsExpr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	if row, ok := e.X.(*parse.RowExpr); ok && e.Test == parse.IsNull && len(row.Elems) > 0 {
		list, err := b.bindExprs(row.Elems, c)
		if err != nil {
			return nil, err
		}
		for i, x := range list {
			list[i] = expr.NewIsNull(pos, x, e.Not)
		}
		return expr.NewLogic(pos, expr.And, list)
	}
	x, err := b.bindExpr(e.X, c)
	if err != nil {
		return nil, err
	}
	switch e.Test {
	case parse.IsNull:
		if row, ok, err := rowIsNull(pos, x, e.Not); ok {
			return row, err
		}
		return expr.NewIsNull(pos, x, e.Not), nil
	case parse.IsTrue:
		return expr.NewIsBool(pos, x, expr.True, e.Not)
	case parse.IsFalse:
		return expr.NewIsBool(pos, x, expr.False, e.Not)
	}
	return expr.NewIsBool(pos, x, expr.UnknownTruth, e.Not)
}

var likeOps = [...]string{parse.Like: "~~", parse.ILike: "~~*", parse.SimilarTo: "~"}

func (b *Binder) bindLike(e *parse.LikeExpr, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	args, err := b.bindExprs([]parse.Expr{e.X, e.Pattern}, c)
	if err != nil {
		return nil, err
	}
	pattern := args[1:]
	if e.Escape != nil {
		esc, err := b.bindExpr(e.Escape, c)
		if err != nil {
			return nil, err
		}
		pattern = append(pattern, esc)
	}
	switch {
	case e.Kind == parse.SimilarTo:
		args[1], err = expr.NewCall(pos, "similar_to_escape", pattern)
	case e.Escape != nil:
		args[1], err = expr.NewCall(pos, "like_escape", pattern)
	}
	if err != nil {
		return nil, err
	}
	x, err := expr.NewOp(pos, likeOps[e.Kind], args[0], args[1])
	if err == nil && e.Not {
		x, err = expr.NewNot(pos, x)
	}
	return x, err
}

func (b *Binder) bindAtTimeZone(e *parse.AtTimeZone, c *exprContext) (expr.Expr, error) {
	pos := int(e.Position())
	x, err := b.bindExpr(e.X, c)
	if err != nil {
		return nil, err
	}
	if e.Zone == nil {
		to := types.Timestamp
		if x.Type().ID == types.Timestamp {
			to = types.TimestampTZ
		}
		return expr.NewCast(pos, x, types.T(to), false)
	}
	zone, err := b.bindExpr(e.Zone, c)
	if err != nil {
		return nil, err
	}
	return expr.NewCall(pos, "timezone", []expr.Expr{zone, x})
}
