package bind

import (
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// The schemas of the system's own views.
const (
	CatalogSchema     = "pg_catalog"
	InformationSchema = "information_schema"
)

// DuckFunctions stands for the schema of DuckDB's functions that list what there is: duckdb_tables() and its kin.
const DuckFunctions = "duckdb()"

// SystemView is one of the system's own tables, computed from the catalog of a view.
type SystemView struct {
	Table *colstore.Table // its name and columns
	// Rows are what the catalog of a view holds: columns in the table's order.
	Rows func(view *colstore.View) plan.Source
}

// bindSystem binds a reference to one of the system's views; ok is false when it is none.
// An unqualified name is one of pg_catalog's before it is a table's, as in PostgreSQL, unless the path says otherwise.
func (b *Binder) bindSystem(t *parse.TableRef, parent *scope) (f from, ok bool, err error) {
	if b.env.System == nil {
		return from{}, false, nil
	}
	var v *SystemView
	schema := ""
	for _, schema = range b.names().SystemSchemas(t.Name) {
		if v = b.env.System(schema, t.Name.Last()); v != nil {
			break
		}
	}
	if v == nil {
		return from{}, false, nil
	}
	if err := b.moment(); err != nil {
		return from{}, true, err
	}
	view, err := b.systemViewAt(t)
	if err != nil {
		return from{}, true, err
	}
	f = b.rowsOf(v.Table, v.Table.Name, v.Rows(view))
	f.scope.parent = parent
	if t.Alias == nil {
		f.scope.inSchema(schema)
	}
	if t.Alias != nil && t.Alias.Name != "" {
		f.scope.tables = []string{t.Alias.Name}
		for i := range f.scope.cols {
			f.scope.cols[i].table = t.Alias.Name
		}
	}
	return f, true, renameColumns(f.scope, t.Alias)
}

// bindSystemFunction binds a call of a function that lists what there is; ok is false for other functions.
func (b *Binder) bindSystemFunction(t *parse.FuncRef, parent *scope) (f from, ok bool, err error) {
	call := t.Calls[0]
	if b.env.System == nil || len(t.Calls) > 1 || len(call.Args) > 0 || t.Ordinality || t.RowsFrom || len(call.Name.Parts) > 1 {
		return from{}, false, nil
	}
	v := b.env.System(DuckFunctions, call.Name.Last())
	if v == nil {
		return from{}, false, nil
	}
	if err := b.moment(); err != nil {
		return from{}, true, err
	}
	name := call.Name.Last()
	if t.Alias != nil && t.Alias.Name != "" {
		name = t.Alias.Name
	}
	f = b.rowsOf(v.Table, name, v.Rows(b.env.Points.Present()))
	f.scope.parent = parent
	return f, true, renameColumns(f.scope, t.Alias)
}

// systemViewAt opens the view whose catalog a reference shows, nil for that of the statement.
func (b *Binder) systemViewAt(t *parse.TableRef) (*colstore.View, error) {
	p, err := b.periodOf(t.SystemTime)
	if err != nil || p == nil {
		return b.env.Points.Present(), err
	}
	if p.ranged() {
		return nil, dberr.New(dberr.FeatureNotSupported, "the versions of a system view cannot be asked for").At(p.pos)
	}
	v, err := b.viewAt(p.from)
	return v, at(err, p.pos)
}

// systemType are the types that systemCast knows.
var systemType = map[string]bool{"name": true, "oid": true, "char": true, "regclass": true, "regtype": true, "regnamespace": true,
	"regproc": true, "regprocedure": true, "regrole": true}

// nameOfReg are the functions that check a name that is cast to one of these types.
var nameOfReg = map[string]string{"regproc": "pg_function_name", "regprocedure": "pg_function_signature", "regrole": "pg_role_name"}

// systemCast binds a cast to one of the types of the system's views, which are no types of
// columns: names and "char" are texts, oids are numbers, and regclass is the name of a relation.
func (b *Binder) systemCast(e *parse.Cast, c *exprContext) (x expr.Expr, ok bool, err error) {
	if s := e.Type.Name.Schema(); s != "" && s != CatalogSchema || len(e.Type.Dims) > 0 {
		return nil, false, nil
	}
	pos := int(e.Position())
	switch e.Type.Name.Last() {
	case "name":
		if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCast(pos, x, types.T(types.Text), e.Try)
		}
	case "oid":
		if inner, ok := isObjectName(e.X); ok {
			x, err = b.objectOID(inner, c)
		} else if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCast(pos, x, types.T(types.Int64), e.Try)
		}
	case "regclass":
		if x, err = b.regclassText(e.X, c); err != nil {
			return nil, true, err
		}
		if x.Type().IsInteger() {
			x, err = expr.NewCall(pos, "pg_relation_name", []expr.Expr{x})
			break
		}
		if x, err = b.objectOID(e, c); err == nil {
			x, err = expr.NewCall(pos, "pg_relation_name", []expr.Expr{x})
		}
	case "regtype":
		if x, err = b.bindExpr(e.X, c); err == nil && x.Type().IsInteger() {
			x, err = expr.NewCall(pos, "format_type", []expr.Expr{x, &expr.Const{Value: types.NullOf(types.T(types.Int32))}})
		} else if err == nil {
			x, err = expr.NewCall(int(e.X.Position()), "pg_type_name", []expr.Expr{x})
		}
	case "regnamespace":
		if x, err = b.bindExpr(e.X, c); err == nil && x.Type().IsInteger() {
			x, err = expr.NewCall(pos, "pg_schema_named", []expr.Expr{x})
		} else if err == nil {
			x, err = expr.NewCall(int(e.X.Position()), "pg_schema_name", []expr.Expr{x})
		}
	case "regproc", "regprocedure", "regrole":
		if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCall(int(e.X.Position()), nameOfReg[e.Type.Name.Last()], []expr.Expr{x})
		}
	case "char":
		if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCall(pos, "$char", []expr.Expr{x})
		}
	default:
		return nil, false, nil
	}
	return x, true, err
}

// oidOfName are the functions that find the number of a name that is cast to one of these types.
var oidOfName = map[string]string{"regnamespace": "pg_schema_oid", "regtype": "pg_type_oid"}

// objectOID binds the name in a cast to regclass, regtype or regnamespace as the number of what has it.
func (b *Binder) objectOID(e *parse.Cast, c *exprContext) (expr.Expr, error) {
	if fn := oidOfName[e.Type.Name.Last()]; fn != "" {
		x, err := b.bindExpr(e.X, c)
		if err != nil || x.Type().IsInteger() {
			return x, err
		}
		return expr.NewCall(int(e.X.Position()), fn, []expr.Expr{x})
	}
	x, err := b.regclassText(e.X, c)
	if err != nil || x.Type().IsInteger() {
		return x, err
	}
	return expr.NewCall(int(e.X.Position()), "pg_relation_oid", []expr.Expr{x})
}

// isObjectName reports whether an expression is a cast of a text to regclass, regtype or regnamespace, which
// compares with numbers as the number of what has the name.
func isObjectName(e parse.Expr) (*parse.Cast, bool) {
	c, ok := e.(*parse.Cast)
	return c, ok && (c.Type.Name.Last() == "regclass" || oidOfName[c.Type.Name.Last()] != "") && len(c.Type.Dims) == 0
}

// compareWithOID binds the side of a comparison that is such a cast as a number, where the other
// side is one.
func (b *Binder) compareWithOID(e parse.Expr, bound, other expr.Expr, c *exprContext) (expr.Expr, error) {
	cast, ok := isObjectName(e)
	if !ok || !other.Type().IsInteger() {
		return bound, nil
	}
	return b.objectOID(cast, c)
}

// takesRegclass are the functions whose first argument is a regclass, so that a text in quotes is a relation's name.
var takesRegclass = map[string]bool{"pg_relation_size": true, "pg_table_size": true, "pg_indexes_size": true, "pg_total_relation_size": true}

// oidArguments binds the arguments that name a relation as its number, in calls of functions of
// the catalog.
func (b *Binder) oidArguments(name string, list []parse.Expr, bound []expr.Expr, c *exprContext) error {
	if !strings.HasPrefix(name, "pg_") && !strings.HasPrefix(name, "has_") && !strings.HasSuffix(name, "_description") {
		return nil
	}
	for i, e := range list {
		cast, ok := isObjectName(e)
		if lit, isText := e.(*parse.Literal); isText && i == 0 && lit.Kind == parse.LitString && takesRegclass[name] {
			cast, ok = &parse.Cast{Pos: lit.Pos, X: lit, Type: &parse.TypeName{Pos: lit.Pos, Name: parse.Name{Pos: lit.Pos, Parts: []string{"regclass"}}}}, true
		}
		if !ok {
			continue
		}
		x, err := b.objectOID(cast, c)
		if err != nil {
			return err
		}
		bound[i] = x
	}
	return nil
}
