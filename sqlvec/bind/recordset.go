package bind

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// recordFunction is a function in FROM that makes rows of JSON objects.
type recordFunction struct {
	json     string // json or jsonb
	set      bool   // a row for each element of an array
	populate bool   // the columns are those of the first argument, not of the alias
}

var recordFunctions = map[string]recordFunction{
	"json_to_record": {"json", false, false}, "jsonb_to_record": {"jsonb", false, false},
	"json_to_recordset": {"json", true, false}, "jsonb_to_recordset": {"jsonb", true, false},
	"json_populate_record": {"json", false, true}, "jsonb_populate_record": {"jsonb", false, true},
	"json_populate_recordset": {"json", true, true}, "jsonb_populate_recordset": {"jsonb", true, true},
}

// recordField is a column of such a function: its name, and what it is where an object has no
// member of that name, whose type it has.
type recordField struct {
	name     parse.Ident
	fallback parse.Expr
}

// bindRecordRef binds a function that makes rows of JSON objects, as the query
//
//	SELECT $json_field(value, 'a', NULL::integer) AS a, … FROM $json_record(argument) AS s(value)
func (b *Binder) bindRecordRef(t *parse.FuncRef, fn recordFunction, left, parent *scope) (from, error) {
	call, pos := t.Calls[0], t.Calls[0].Pos
	name := call.Name.Last()
	want := 1
	if fn.populate {
		want = 2
	}
	if len(call.Args) != want {
		return from{}, dberr.Newf(dberr.UndefinedFunction, "function %s takes %d arguments", name, want).At(int(pos))
	}
	alias := parse.Alias{Pos: pos, Name: name}
	if t.Alias != nil {
		alias = *t.Alias
	}
	fields, err := declaredFields(&alias, int(pos))
	if fn.populate {
		fields, err = b.baseFields(call.Args[0], &exprContext{scope: leftScope(left, parent), clause: "FROM"})
	}
	if err != nil {
		return from{}, err
	}
	at := duckRewrite{pos}
	rows := at.call("$"+fn.json+"_record", call.Args[want-1])
	if fn.set {
		rows = at.call("unnest", at.call("$"+name, call.Args[want-1]))
	}
	sel := &parse.Select{Pos: pos, From: []parse.TableExpr{&parse.FuncRef{Pos: pos, Calls: []*parse.FuncCall{rows},
		Alias: &parse.Alias{Pos: pos, Name: "$objects", Columns: []parse.Ident{{Pos: pos, Name: "$object"}}}}}}
	object := &parse.ColumnRef{Pos: pos, Parts: []string{"$objects", "$object"}}
	for _, f := range fields {
		name := f.name
		x := at.call("$"+fn.json+"_field", object, at.text(name.Name), f.fallback)
		sel.Items = append(sel.Items, parse.SelectItem{Pos: pos, Expr: x, Alias: name.Name})
	}
	return b.bindTable(&parse.SubqueryRef{Pos: t.Pos, Lateral: true, Alias: &alias, Query: &parse.Query{Pos: pos, Body: sel}}, left, parent)
}

// declaredFields takes the columns with types from an alias.
func declaredFields(alias *parse.Alias, pos int) ([]recordField, error) {
	if len(alias.Types) == 0 {
		return nil, dberr.New(dberr.SyntaxError, "a column definition list is required for functions returning \"record\"").At(pos)
	}
	var fields []recordField
	for i, c := range alias.Columns {
		if slices.ContainsFunc(fields, func(f recordField) bool { return f.name.Name == c.Name }) {
			return nil, dberr.Newf(dberr.DuplicateColumn, "column name \"%s\" specified more than once", c.Name)
		}
		null := &parse.Cast{Pos: alias.Types[i].Pos, X: &parse.Literal{Pos: c.Pos, Kind: parse.LitNull}, Type: alias.Types[i]}
		fields = append(fields, recordField{c, null})
	}
	alias.Columns, alias.Types = nil, nil
	return fields, nil
}

// baseFields are the columns of a row: of a table in FROM, or NULL or ROW(…) cast to that of a table.
func (b *Binder) baseFields(base parse.Expr, c *exprContext) ([]recordField, error) {
	pos := base.Position()
	cast, ok := base.(*parse.Cast)
	if !ok {
		x, err := b.bindExpr(base, c)
		if err != nil {
			return nil, err
		}
		names, _, _, ok := expr.RowParts(x)
		if !ok || names == nil {
			return nil, dberr.New(dberr.DatatypeMismatch, "could not determine row type for result of the function").At(int(pos)).
				WithHint("Provide a row of a table, or NULL cast to the name of one.")
		}
		var fields []recordField
		for _, n := range names {
			fields = append(fields, recordField{parse.Ident{Pos: pos, Name: n}, &parse.FieldAccess{Pos: pos, X: base, Name: n}})
		}
		return fields, nil
	}
	if len(cast.Type.Dims) > 0 {
		return nil, dberr.New(dberr.DatatypeMismatch, "first argument of the function must be a row type").At(int(pos))
	}
	ref, err := b.lookup(cast.Type.Name, nil, int(cast.Type.Pos))
	if err != nil {
		return nil, dberr.Newf(dberr.UndefinedObject, "type \"%s\" does not exist", strings.Join(cast.Type.Name.Parts, ".")).At(int(cast.Type.Pos))
	}
	row, isRow := cast.X.(*parse.RowExpr)
	lit, isLiteral := cast.X.(*parse.Literal)
	switch {
	case isRow && len(row.Elems) != len(ref.table.Shown()):
		return nil, dberr.Newf(dberr.CannotCoerce, "cannot cast type record to %s", ref.table.Name).At(int(pos))
	case !isRow && !(isLiteral && lit.Kind == parse.LitNull):
		return nil, dberr.New(dberr.FeatureNotSupported, "a row type can be cast to from NULL and ROW(…) only").At(int(pos))
	}
	var fields []recordField
	for i, col := range ref.table.Shown() {
		typ, err := typeNamed(col.Type)
		if err != nil {
			return nil, err
		}
		var x parse.Expr = &parse.Literal{Pos: pos, Kind: parse.LitNull}
		if isRow {
			x = row.Elems[i]
		}
		fields = append(fields, recordField{parse.Ident{Pos: pos, Name: col.Name}, &parse.Cast{Pos: pos, X: x, Type: typ}})
	}
	return fields, nil
}

// typeNamed returns a type as it is written.
func typeNamed(t types.Type) (*parse.TypeName, error) {
	e, err := parse.ParseExpr("NULL::" + t.Definition())
	if err != nil {
		return nil, err
	}
	return e.(*parse.Cast).Type, nil
}
