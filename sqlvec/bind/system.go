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

// SystemView is one of the system's own tables, computed from the catalog of a view.
type SystemView struct {
	Table *colstore.Table // its name and columns
	// Rows are what the catalog of a view holds: columns in the table's order.
	Rows func(view *colstore.View) plan.Source
}

// bindSystem binds a reference to one of the system's views; ok is false when it is none.
// An unqualified name is one of pg_catalog's before it is a table's, as in PostgreSQL.
func (b *Binder) bindSystem(t *parse.TableRef, parent *scope) (f from, ok bool, err error) {
	schema := t.Name.Schema()
	if b.env.System == nil || schema == PublicSchema {
		return from{}, false, nil
	}
	pos := int(t.Position())
	v := b.env.System(schema, t.Name.Last())
	switch {
	case v == nil && (schema == CatalogSchema || schema == InformationSchema):
		return from{}, true, dberr.Newf(dberr.UndefinedTable, "relation \"%s.%s\" does not exist", schema, t.Name.Last()).At(pos)
	case v == nil:
		return from{}, false, nil
	}
	if err := b.moment(); err != nil {
		return from{}, true, err
	}
	if err := b.unlockable(t, "system table"); err != nil {
		return from{}, true, err
	}
	view, err := b.systemViewAt(t)
	if err != nil {
		return from{}, true, err
	}
	f = b.rowsOf(v.Table, v.Table.Name, v.Rows(view))
	f.scope.parent = parent
	if t.Alias != nil && t.Alias.Name != "" {
		f.scope.tables = []string{t.Alias.Name}
		for i := range f.scope.cols {
			f.scope.cols[i].table = t.Alias.Name
		}
	}
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

// systemCast binds a cast to one of the types of the system's views, which are no types of
// columns: names are texts, oids are numbers, and regclass is the name of a relation.
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
		if inner, isCast := e.X.(*parse.Cast); isCast && inner.Type.Name.Last() == "regclass" {
			x, err = b.relationOID(inner, c)
		} else if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCast(pos, x, types.T(types.Int64), e.Try)
		}
	case "regclass":
		if x, err = b.bindExpr(e.X, c); err != nil {
			return nil, true, err
		}
		if x.Type().IsInteger() {
			x, err = expr.NewCall(pos, "pg_relation_name", []expr.Expr{x})
			break
		}
		if x, err = b.relationOID(e, c); err == nil {
			x, err = expr.NewCall(pos, "pg_relation_name", []expr.Expr{x})
		}
	case "regtype":
		if x, err = b.bindExpr(e.X, c); err == nil && x.Type().IsInteger() {
			x, err = expr.NewCall(pos, "format_type", []expr.Expr{x, &expr.Const{Value: types.NullOf(types.T(types.Int32))}})
		} else if err == nil {
			x, err = expr.NewCall(int(e.X.Position()), "pg_type_name", []expr.Expr{x})
		}
	case "regnamespace":
		if x, err = b.bindExpr(e.X, c); err == nil {
			x, err = expr.NewCall(int(e.X.Position()), "pg_schema_name", []expr.Expr{x})
		}
	default:
		return nil, false, nil
	}
	return x, true, err
}

// relationOID binds the name in a cast to regclass as the relation's number.
func (b *Binder) relationOID(e *parse.Cast, c *exprContext) (expr.Expr, error) {
	x, err := b.bindExpr(e.X, c)
	if err != nil || x.Type().IsInteger() {
		return x, err
	}
	return expr.NewCall(int(e.X.Position()), "pg_relation_oid", []expr.Expr{x})
}

// isRegclass reports whether an expression is a cast of a text to regclass, which compares with
// numbers as the relation's number.
func isRegclass(e parse.Expr) (*parse.Cast, bool) {
	c, ok := e.(*parse.Cast)
	return c, ok && c.Type.Name.Last() == "regclass" && len(c.Type.Dims) == 0
}

// compareWithOID binds the side of a comparison that is a regclass as a number, where the other
// side is one.
func (b *Binder) compareWithOID(e parse.Expr, bound, other expr.Expr, c *exprContext) (expr.Expr, error) {
	cast, ok := isRegclass(e)
	if !ok || !other.Type().IsInteger() {
		return bound, nil
	}
	return b.relationOID(cast, c)
}

// oidArguments binds the arguments that name a relation as its number, in calls of functions of
// the catalog.
func (b *Binder) oidArguments(name string, list []parse.Expr, bound []expr.Expr, c *exprContext) error {
	if !strings.HasPrefix(name, "pg_") && !strings.HasSuffix(name, "_description") {
		return nil
	}
	for i, e := range list {
		cast, ok := isRegclass(e)
		if !ok {
			continue
		}
		x, err := b.relationOID(cast, c)
		if err != nil {
			return err
		}
		bound[i] = x
	}
	return nil
}
