package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// castContext says when a conversion may be applied without being asked for.
type castContext uint8

// The contexts, each allowing what those before it allow.
const (
	noCast castContext = iota
	explicitCast
	assignmentCast
	implicitCast
)

// castTable holds PostgreSQL's casts between different types, but those through
// text, which castFor adds.
var castTable = map[[2]types.ID]castContext{
	{types.Int16, types.Int32}: implicitCast, {types.Int16, types.Int64}: implicitCast,
	{types.Int16, types.Float32}: implicitCast, {types.Int16, types.Float64}: implicitCast,
	{types.Int16, types.Numeric}: implicitCast,
	{types.Int32, types.Int16}:   assignmentCast, {types.Int32, types.Int64}: implicitCast,
	{types.Int32, types.Float32}: implicitCast, {types.Int32, types.Float64}: implicitCast,
	{types.Int32, types.Numeric}: implicitCast, {types.Int32, types.Bool}: explicitCast,
	{types.Int64, types.Int16}: assignmentCast, {types.Int64, types.Int32}: assignmentCast,
	{types.Int64, types.Float32}: implicitCast, {types.Int64, types.Float64}: implicitCast,
	{types.Int64, types.Numeric}: implicitCast,
	{types.Numeric, types.Int16}: assignmentCast, {types.Numeric, types.Int32}: assignmentCast,
	{types.Numeric, types.Int64}: assignmentCast, {types.Numeric, types.Float32}: implicitCast,
	{types.Numeric, types.Float64}: implicitCast,
	{types.Float32, types.Int16}:   assignmentCast, {types.Float32, types.Int32}: assignmentCast,
	{types.Float32, types.Int64}: assignmentCast, {types.Float32, types.Float64}: implicitCast,
	{types.Float32, types.Numeric}: assignmentCast,
	{types.Float64, types.Int16}:   assignmentCast, {types.Float64, types.Int32}: assignmentCast,
	{types.Float64, types.Int64}: assignmentCast, {types.Float64, types.Float32}: assignmentCast,
	{types.Float64, types.Numeric}: assignmentCast,
	{types.Bool, types.Int32}:      explicitCast,
	{types.Text, types.Varchar}:    implicitCast, {types.Varchar, types.Text}: implicitCast,
	{types.Text, types.Bpchar}: implicitCast, {types.Bpchar, types.Text}: implicitCast,
	{types.Varchar, types.Bpchar}: implicitCast, {types.Bpchar, types.Varchar}: implicitCast,
	{types.Date, types.Timestamp}: implicitCast, {types.Date, types.TimestampTZ}: implicitCast,
	{types.Timestamp, types.Date}: assignmentCast, {types.Timestamp, types.TimestampTZ}: implicitCast,
	{types.TimestampTZ, types.Date}: assignmentCast, {types.TimestampTZ, types.Timestamp}: assignmentCast,
	{types.Time, types.Interval}: implicitCast, {types.Interval, types.Time}: assignmentCast,
	{types.Time, types.TimeTZ}: implicitCast, {types.TimeTZ, types.Time}: assignmentCast, {types.TimestampTZ, types.TimeTZ}: assignmentCast,
	{types.Timestamp, types.Time}: assignmentCast, {types.TimestampTZ, types.Time}: assignmentCast,
	{types.JSON, types.JSONB}: assignmentCast, {types.JSONB, types.JSON}: assignmentCast,
	{types.JSONB, types.Bool}: explicitCast, {types.JSONB, types.Numeric}: explicitCast,
	{types.JSONB, types.Int16}: explicitCast, {types.JSONB, types.Int32}: explicitCast, {types.JSONB, types.Int64}: explicitCast,
	{types.JSONB, types.Float32}: explicitCast, {types.JSONB, types.Float64}: explicitCast,
}

// castFor returns when from may become to.
func castFor(from, to types.ID) castContext {
	if from.IsArray() && to.IsArray() {
		return castFor(from.Elem(), to.Elem())
	}
	if from == to || from == types.Unknown {
		return implicitCast
	}
	if c := castTable[[2]types.ID{from, to}]; c != noCast {
		return c
	}
	switch {
	case to == types.Text || to == types.Varchar || to == types.Bpchar:
		return assignmentCast
	case from == types.Text || from == types.Varchar || from == types.Bpchar:
		return explicitCast
	}
	return noCast
}

// category is PostgreSQL's category of a type.
func category(id types.ID) byte {
	if id.IsArray() || id == anyArray || id == likeArray {
		return 'A'
	}
	switch id {
	case types.Enum, anyEnum:
		return 'E'
	case types.Bool:
		return 'B'
	case types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric:
		return 'N'
	case types.Text, types.Varchar, types.Bpchar:
		return 'S'
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ:
		return 'D'
	case types.Interval:
		return 'T'
	case types.Unknown:
		return 'X'
	}
	return 'U'
}

// preferred reports whether id is the preferred type of its category.
func preferred(id types.ID) bool {
	switch id {
	case types.Bool, types.Float64, types.Text, types.TimestampTZ, types.Interval:
		return true
	}
	return false
}

// numericFor returns the NUMERIC that holds every value of t.
func numericFor(t types.Type) types.Type {
	switch t.ID {
	case types.Numeric:
		return t
	case types.Int16:
		return types.Dec(5, 0)
	case types.Int32:
		return types.Dec(10, 0)
	}
	return types.T(types.Numeric)
}

// argumentType returns the type that an argument of type t is converted to where a
// function wants id. Modifiers are kept where the type stays.
func argumentType(t types.Type, id types.ID) types.Type {
	switch {
	case id == anyType || id == anyElement || id == anyArray:
		if t.ID == types.Unknown {
			return types.T(types.Text)
		}
		return t
	case t.ID == id && id != types.Bpchar: // a function that takes CHAR gets it with its blanks
		return t
	case id == types.Numeric:
		return numericFor(t)
	}
	return types.T(id)
}

// Coerce converts e to a type it may become without being asked, or says why not.
// Literals and parameters of the unknown type take the type.
func Coerce(e Expr, to types.Type) (Expr, error) {
	return convert(e, to, implicitCast, At(e.Pos()))
}

// Assign converts e for storing into a column.
func Assign(e Expr, to types.Type, column string) (Expr, error) {
	if castFor(e.Type().ID, to.ID) < assignmentCast || otherEnum(e.Type(), to) {
		return nil, dberr.Newf(dberr.DatatypeMismatch, "column \"%s\" is of type %s but expression is of type %s",
			column, to.Base(), e.Type().Base()).
			WithHint("You will need to rewrite or cast the expression.").At(e.Pos())
	}
	return convert(e, to, assignmentCast, At(e.Pos()))
}

// NewCast builds CAST(e AS to) at pos; try makes it NULL where it fails.
func NewCast(pos int, e Expr, to types.Type, try bool) (Expr, error) {
	out, err := convert(e, to, explicitCast, At(pos))
	if err != nil && try && isLiteral(e) {
		return &Const{At(pos), types.NullOf(to)}, nil
	}
	if c, ok := out.(*Cast); ok && try {
		c.Try = true
	}
	return out, err
}

// isLiteral reports whether e is a literal whose type was not decided.
func isLiteral(e Expr) bool {
	c, ok := e.(*Const)
	return ok && c.Value.Type.ID == types.Unknown
}

// convert makes e a value of type to, if the context allows it.
func convert(e Expr, to types.Type, context castContext, pos At) (Expr, error) {
	from := e.Type()
	if from == to {
		return e, nil
	}
	if from.ID == types.Unknown {
		return decide(e, to, context)
	}
	if castFor(from.ID, to.ID) < context || otherEnum(from, to) {
		return nil, cannotCast(from, to, int(pos))
	}
	if from.ID == to.ID && to.Enum == nil && from.Elem().ID != types.Bpchar && unconstrained(to) && (to.ID != types.Numeric || !from.IsScaled()) {
		return relabel(e, to), nil
	}
	if (from.ID == types.Varchar || from.ID == types.Bpchar && !from.KeepsBlanks()) && to.ID == types.Text {
		return relabel(e, to), nil
	}
	return &Cast{At: pos, Arg: e, To: to, Explicit: context == explicitCast}, nil
}

// otherEnum reports whether both are enumerations, or arrays of some, but not of one type.
func otherEnum(a, b types.Type) bool { return a.ID == b.ID && a.Enum != nil && !types.SameEnum(a, b) }

// unconstrained reports whether t has no modifiers.
func unconstrained(t types.Type) bool { return t == t.Base() }

// relabel gives e a type of the same memory form.
func relabel(e Expr, to types.Type) Expr {
	if c, ok := e.(*Const); ok {
		v := c.Value
		v.Type = to
		return &Const{c.At, v}
	}
	return &Cast{At: At(e.Pos()), Arg: e, To: to}
}

// decide gives a literal, parameter or NULL of the unknown type its type.
func decide(e Expr, to types.Type, context castContext) (Expr, error) {
	switch e := e.(type) {
	case *Const:
		if !e.Value.Valid {
			return &Const{e.At, types.NullOf(to)}, nil
		}
		return decideLiteral(e, to, context)
	case *Param:
		if e.Typ = to.Base(); unconstrained(to) {
			return e, nil
		}
	}
	return &Cast{At: At(e.Pos()), Arg: e, To: to, Explicit: context == explicitCast}, nil
}

// decideLiteral reads the text of a literal as a value of type to. What depends on
// the session (a zone, 'now') is left to be read when the statement runs.
func decideLiteral(e *Const, to types.Type, context castContext) (Expr, error) {
	if sessionBound(e.Value.S, to.ID) {
		text := &Const{e.At, types.BytesValue(types.T(types.Text), e.Value.S)}
		return &Cast{At: e.At, Arg: text, To: to, Explicit: true}, nil
	}
	v, err := types.Parse(e.Value.S, to.Base())
	if err == nil && v.Type != to {
		v, err = types.Context{}.Cast(v, to, context == explicitCast)
	}
	if err != nil {
		return nil, at(err, e.Pos())
	}
	return &Const{e.At, v}, nil
}

// sessionBound reports whether the value of the text depends on the session.
func sessionBound(text string, id types.ID) bool {
	if id.IsArray() { // whose elements may each be
		id, text = id.Elem(), "now"
	}
	switch id {
	case types.TimestampTZ, types.TimeTZ:
		return true
	case types.Date, types.Time, types.Timestamp:
		return types.IsRelativeTime(text)
	}
	return false
}

// cannotCast returns the error of a conversion that does not exist.
func cannotCast(from, to types.Type, pos int) error {
	return dberr.Newf(dberr.CannotCoerce, "cannot cast type %s to %s", from.Base(), to.Base()).At(pos)
}

// at adds a position to a user error that has none.
func at(err error, pos int) error {
	if e, ok := err.(*dberr.Error); ok {
		return e.At(pos)
	}
	return err
}
