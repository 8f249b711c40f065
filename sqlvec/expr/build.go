package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// isForm reports whether name is written like a function but has rules of its own.
func isForm(name string) bool {
	switch name {
	case "coalesce", "nullif", "greatest", "least":
		return true
	}
	return false
}

// typesOf returns the types of the expressions.
func typesOf(args []Expr) []types.Type {
	out := make([]types.Type, len(args))
	for i, a := range args {
		out[i] = a.Type()
	}
	return out
}

// NewCall builds the call of the function name, in lower case, COALESCE, NULLIF,
// GREATEST and LEAST included, converting arguments as PostgreSQL does.
func NewCall(pos int, name string, args []Expr) (Expr, error) {
	if isForm(name) && len(args) > 0 {
		return newForm(At(pos), name, args)
	}
	fn, casts, err := Resolve(name, typesOf(args))
	if err != nil {
		return nil, at(err, pos)
	}
	return apply(At(pos), fn, args, casts)
}

// NewOp builds l op r.
func NewOp(pos int, op string, l, r Expr) (Expr, error) {
	fn, casts, err := ResolveOperator(op, l.Type(), r.Type())
	if err != nil {
		return nil, at(err, pos)
	}
	return apply(At(pos), fn, []Expr{l, r}, casts)
}

// NewUnary builds the prefix operator op before x. A minus before a number constant
// gives a constant.
func NewUnary(pos int, op string, x Expr) (Expr, error) {
	fn, casts, err := ResolveOperator(op, x.Type())
	if err != nil {
		return nil, at(err, pos)
	}
	return apply(At(pos), fn, []Expr{x}, casts)
}

// apply builds the call of fn with converted arguments.
func apply(pos At, fn *Function, args []Expr, casts []types.Type) (Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		c, err := argument(fn, a, casts[i])
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	if fn.ofText != nil {
		fn = fn.ofText
	}
	c := &Call{At: pos, Fn: fn, Args: out}
	c.Typ = refinedType(c)
	return c, nil
}

// argument converts an argument of fn to type t: one of a comparison of CHAR to its characters.
func argument(fn *Function, a Expr, t types.Type) (Expr, error) {
	if fn.ofText == nil {
		return Coerce(a, t)
	}
	return Characters(a)
}

// Characters is a text as a CHAR whose blanks at the end do not count, as TEXT without them.
func Characters(a Expr) (Expr, error) {
	if a.Type().ID != types.Bpchar {
		var err error
		if a, err = Coerce(a, types.T(types.Bpchar)); err != nil {
			return nil, err
		}
	}
	return Coerce(a, types.T(types.Text))
}

// newForm builds COALESCE, NULLIF, GREATEST or LEAST.
func newForm(pos At, name string, args []Expr) (Expr, error) {
	if name == "nullif" {
		return newNullIf(pos, args)
	}
	word := map[string]string{"coalesce": "COALESCE", "greatest": "GREATEST", "least": "LEAST"}[name]
	out, typ, err := Unify(word, args)
	if err != nil {
		return nil, err
	}
	if name == "coalesce" {
		return &Coalesce{At: pos, Args: out, Typ: typ}, nil
	}
	if typ.ID == types.JSON {
		return nil, dberr.Newf(dberr.UndefinedFunction, "could not identify a comparison function for type %s", typ).At(int(pos))
	}
	return &MinMax{At: pos, Least: name == "least", Args: out, Typ: typ}, nil
}

// newNullIf builds NULLIF(a, b).
func newNullIf(pos At, args []Expr) (Expr, error) {
	if len(args) != 2 {
		return nil, dberr.New(dberr.SyntaxError, "NULLIF takes two arguments").At(int(pos))
	}
	eq, l, r, err := equality(pos, args[0], args[1])
	if err != nil {
		return nil, err
	}
	// The result is the first operand of the implied =.
	_, casts, err := ResolveOperator("=", args[0].Type(), args[1].Type())
	if err != nil {
		return nil, err
	}
	value := args[0]
	if value.Type().ID != casts[0].ID {
		if value, err = Coerce(value, casts[0]); err != nil {
			return nil, err
		}
	}
	return &NullIf{At: pos, Value: value, L: l, R: r, Eq: eq}, nil
}

// equality resolves l = r.
func equality(pos At, l, r Expr) (*Function, Expr, Expr, error) {
	e, err := NewOp(int(pos), "=", l, r)
	if err != nil {
		return nil, nil, nil, err
	}
	c := e.(*Call)
	return c.Fn, c.Args[0], c.Args[1], nil
}

// Unify converts expressions to their common type; word names the construct in
// errors (CASE, UNION, VALUES …).
func Unify(word string, args []Expr) ([]Expr, types.Type, error) {
	typ, bad, err := CommonType(word, typesOf(args))
	if err != nil {
		return nil, typ, at(err, args[bad].Pos())
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		c, err := Coerce(a, typ)
		if err != nil {
			return nil, typ, err
		}
		out[i] = c
	}
	return out, typ, nil
}

// CommonType returns the type that values of all the given types become in CASE,
// UNION, VALUES, COALESCE and the like. word names the construct in the error; bad
// is the index of the argument that does not fit.
func CommonType(word string, list []types.Type) (typ types.Type, bad int, err error) {
	if allEqual(list) && list[0].ID != types.Unknown {
		return list[0], 0, nil
	}
	id := types.Unknown
	for i, t := range list {
		switch {
		case t.ID == types.Unknown || t.ID == id && !otherEnum(named(id, list), t):
		case id == types.Unknown:
			id = t.ID
		case t.ID == id:
			if word == "CASE" {
				word = "CASE/WHEN"
			}
			return types.Type{}, i, dberr.Newf(dberr.CannotCoerce, "%s could not convert type %s to %s", word, t.Base(), named(id, list))
		case category(t.ID) != category(id):
			return types.Type{}, i, dberr.Newf(dberr.DatatypeMismatch, "%s types %s and %s cannot be matched",
				word, named(id, list), t.Base())
		case !preferred(id) && castFor(id, t.ID) == implicitCast && castFor(t.ID, id) != implicitCast:
			id = t.ID
		}
	}
	if id == types.Unknown {
		return types.T(types.Text), 0, nil
	}
	return commonModifiers(id, list), 0, nil
}

// named returns the first type of list that has an ID.
func named(id types.ID, list []types.Type) types.Type {
	for _, t := range list {
		if t.ID == id {
			return t.Base()
		}
	}
	return types.T(id)
}

// allEqual reports whether all types are one.
func allEqual(list []types.Type) bool {
	for _, t := range list {
		if t != list[0] {
			return false
		}
	}
	return len(list) > 0
}

// commonModifiers returns type id with the modifiers that all of list share. A
// NUMERIC of one scale keeps it.
func commonModifiers(id types.ID, list []types.Type) types.Type {
	out := types.Type{}
	for _, t := range list {
		switch {
		case t.ID == types.Unknown && hasLength(id):
			return types.T(id) // which may be longer
		case t.ID == types.Unknown && id != types.Numeric:
		case t.ID != id:
			return types.T(id)
		case out.ID == types.Unknown:
			out = t
		case id == types.Numeric && t.Prec > 0 && out.Prec > 0 && t.Scale == out.Scale:
			out.Prec = max(out.Prec, t.Prec)
		case types.SameEnum(t, out):
			out = types.NewerEnum(out, t)
		case t != out:
			return types.T(id)
		}
	}
	return out
}

// Boolean converts e to BOOLEAN; clause names where it stands (WHERE, AND …).
func Boolean(e Expr, clause string) (Expr, error) {
	if id := e.Type().ID; id != types.Bool && id != types.Unknown {
		return nil, dberr.Newf(dberr.DatatypeMismatch, "argument of %s must be type boolean, not type %s",
			clause, e.Type().Base()).At(e.Pos())
	}
	return Coerce(e, boolean)
}

// NewLogic builds args[0] AND args[1] AND …, or OR.
func NewLogic(pos int, op LogicOp, args []Expr) (Expr, error) {
	word := "AND"
	if op == Or {
		word = "OR"
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		c, err := Boolean(a, word)
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return &Logic{At: At(pos), Op: op, Args: out}, nil
}

// NewNot builds NOT e.
func NewNot(pos int, e Expr) (Expr, error) {
	b, err := Boolean(e, "NOT")
	if err != nil {
		return nil, err
	}
	return &Not{At: At(pos), Arg: b}, nil
}

// NewIsNull builds e IS [NOT] NULL.
func NewIsNull(pos int, e Expr, not bool) Expr {
	if _, ok := e.(*Param); !ok && e.Type().ID == types.Unknown { // a parameter may be of any type
		if c, err := Coerce(e, types.T(types.Text)); err == nil {
			e = c
		}
	}
	return &IsNull{At: At(pos), Arg: e, Not: not}
}

// NewIsBool builds e IS [NOT] TRUE, FALSE or UNKNOWN.
func NewIsBool(pos int, e Expr, which Truth, not bool) (Expr, error) {
	word := [...]string{"IS TRUE", "IS FALSE", "IS UNKNOWN"}[which]
	if not {
		word = "IS NOT" + word[2:]
	}
	b, err := Boolean(e, word)
	if err != nil {
		return nil, err
	}
	return &IsBool{At: At(pos), Arg: b, Which: which, Not: not}, nil
}

// NewIsDistinct builds l IS [NOT] DISTINCT FROM r.
func NewIsDistinct(pos int, l, r Expr, not bool) (Expr, error) {
	eq, l, r, err := equality(At(pos), l, r)
	if err != nil {
		return nil, err
	}
	return &IsDistinct{At: At(pos), L: l, R: r, Not: not, Eq: eq}, nil
}

// NewIn builds arg [NOT] IN (list).
func NewIn(pos int, arg Expr, list []Expr, not bool) (Expr, error) {
	all, _, err := Unify("IN", append([]Expr{arg}, list...))
	if err != nil {
		// PostgreSQL reports the missing operator of the first pair that does not fit.
		return newInChain(pos, arg, list, not)
	}
	eq, _, _, err := equality(At(pos), all[0], all[1])
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Type().ID == types.Bpchar {
			if all[i], err = Characters(all[i]); err != nil {
				return nil, err
			}
		}
	}
	return &In{At: At(pos), Arg: all[0], List: all[1:], Not: not, Eq: eq}, nil
}

// newInChain builds an IN whose values have no common type as a chain of =.
func newInChain(pos int, arg Expr, list []Expr, not bool) (Expr, error) {
	eqs := make([]Expr, len(list))
	for i, x := range list {
		e, err := NewOp(pos, "=", arg, x)
		if err != nil {
			return nil, err
		}
		eqs[i] = e
	}
	e, err := NewLogic(pos, Or, eqs)
	if err != nil || !not {
		return e, err
	}
	return NewNot(pos, e)
}

// NewBetween builds x [NOT] BETWEEN [SYMMETRIC] lo AND hi.
func NewBetween(pos int, x, lo, hi Expr, not, symmetric bool) (Expr, error) {
	e, err := between(pos, x, lo, hi)
	if err == nil && symmetric {
		var swapped Expr
		if swapped, err = between(pos, x, hi, lo); err == nil {
			e, err = NewLogic(pos, Or, []Expr{e, swapped})
		}
	}
	if err != nil || !not {
		return e, err
	}
	return NewNot(pos, e)
}

// between builds x >= lo AND x <= hi.
func between(pos int, x, lo, hi Expr) (Expr, error) {
	l, err := NewOp(pos, ">=", x, lo)
	if err != nil {
		return nil, err
	}
	h, err := NewOp(pos, "<=", x, hi)
	if err != nil {
		return nil, err
	}
	return NewLogic(pos, And, []Expr{l, h})
}

// NewCase builds CASE WHEN … END; els may be nil.
func NewCase(pos int, whens []When, els Expr) (Expr, error) {
	if els == nil {
		els = &Const{At(pos), types.Value{}}
	}
	conds := make([]Expr, len(whens))
	values := []Expr{els} // PostgreSQL lets ELSE speak first
	for i, w := range whens {
		c, err := Boolean(w.Cond, "CASE/WHEN")
		if err != nil {
			return nil, err
		}
		conds[i] = c
		values = append(values, w.Then)
	}
	values, typ, err := Unify("CASE", values)
	if err != nil {
		return nil, err
	}
	e := &Case{At: At(pos), Else: values[0], Typ: typ}
	for i, c := range conds {
		e.Whens = append(e.Whens, When{c, values[i+1]})
	}
	return e, nil
}

// NewAggregate resolves the aggregate name for the arguments and converts them.
func NewAggregate(pos int, name string, args []Expr) (*Aggregate, []Expr, error) {
	g, casts, err := ResolveAggregate(name, typesOf(args))
	if err != nil {
		return nil, nil, at(err, pos)
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		if out[i], err = Coerce(a, casts[i]); err != nil {
			return nil, nil, err
		}
	}
	return g, out, nil
}
