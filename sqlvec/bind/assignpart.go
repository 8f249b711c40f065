package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// assignPart assigns to an element or a slice of an array column, or to a member of a JSONB column, number i of the table. Several
// parts of a column may be assigned, one after another.
func (u *updating) assignPart(t parse.Target, i int, x expr.Expr) error {
	pos, col := int(t.Position()), &u.table.Columns[i]
	if col.Generated != "" {
		return dberr.Newf(GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", col.Name).
			WithDetail("Column \"%s\" is a generated column.", col.Name)
	}
	json := col.Type.ID == types.JSONB
	if !col.Type.IsArray() && !json || t.Path[0].Field != "" {
		return notSubscripted(t, col.Type)
	}
	if len(t.Path) > types.MaxDims && !json {
		return dberr.Newf(dberr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(t.Path), types.MaxDims).At(pos)
	}
	base := u.values[i]
	if base != nil && !u.partly[i] {
		return dberr.Newf(dberr.SyntaxError, "multiple assignments to same column \"%s\"", t.Name).At(pos)
	}
	if base == nil {
		base = colExpr(u.current[i])
	}
	list, slice, err := u.subscripts(t, col.Type)
	if err != nil {
		return err
	}
	if slice && json {
		return dberr.New(dberr.DatatypeMismatch, "jsonb subscript does not support slices").At(pos)
	}
	to := col.Type
	if !slice && !json {
		to = to.Elem()
	}
	value, err := expr.Assign(x, to, col.Name)
	if err != nil && x.Type().ID == types.Unknown {
		return err
	}
	if err != nil {
		return dberr.Newf(dberr.DatatypeMismatch, "subscripted assignment to \"%s\" requires type %s but expression is of type %s",
			t.Name, to.Base(), x.Type().Base()).At(x.Pos()).WithHint("You will need to rewrite or cast the expression.")
	}
	switch {
	case json:
		base, err = expr.NewJSONBSet(pos, base, value, list)
	case slice:
		base, err = expr.NewArraySetSlice(pos, base, value, list)
	default:
		base, err = expr.NewArraySet(pos, base, value, list)
	}
	if u.partly == nil {
		u.partly = map[int]bool{}
	}
	u.values[i], u.partly[i] = base, true
	return err
}

// notSubscripted is the error of a part of a column that is no array.
func notSubscripted(t parse.Target, typ types.Type) error {
	if t.Path[0].Field != "" {
		return dberr.Newf(dberr.DatatypeMismatch, "cannot assign to field \"%s\" of column \"%s\" because its type %s is not a composite type",
			t.Path[0].Field, t.Name, typ.Base()).At(int(t.Position()))
	}
	return dberr.Newf(dberr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", typ.Base()).At(int(t.Position()))
}

// subscripts binds the steps into an array: subscripts or, for a slice, pairs of bounds.
func (u *updating) subscripts(t parse.Target, typ types.Type) (list []expr.Expr, slice bool, err error) {
	for _, step := range t.Path {
		if step.Field != "" {
			return nil, false, notSubscripted(parse.Target{Pos: t.Pos, Name: t.Name, Path: []parse.PathStep{step}}, typ)
		}
		slice = slice || step.Slice
	}
	for _, step := range t.Path {
		lo, err := u.b.bindBound(step.Lo, u.context)
		if err != nil {
			return nil, false, err
		}
		hi, err := u.b.bindBound(step.Hi, u.context)
		if err != nil {
			return nil, false, err
		}
		switch {
		case !slice:
			list = append(list, lo)
		case !step.Slice: // a[1:2][3] means a[1:2][1:3]
			list = append(list, &expr.Const{At: expr.At(t.Position()), Value: types.IntValue(types.T(types.Int32), 1)}, lo)
		default:
			list = append(list, lo, hi)
		}
	}
	return list, slice, nil
}
