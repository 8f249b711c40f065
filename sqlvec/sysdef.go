package sqlvec

import (
	"errors"
	"fmt"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// quoted is a name as SQL has to write it.
func quoted(name string) string { return parse.QuoteIdent(name) }

// quotedColumns lists columns of a table.
func quotedColumns(t *colstore.Table, ids []uint32) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		if c, ok := t.Column(id); ok {
			list[i] = quoted(c.Name)
		}
	}
	return strings.Join(list, ", ")
}

// defaultDef is the default of a column as PostgreSQL shows it: a text has its type with it.
func defaultDef(c *colstore.Column) string {
	text := c.Default
	if c.Generated != "" {
		return conditionDef(c.Generated)
	}
	e, err := parse.ParseExpr(text)
	if err != nil {
		return text
	}
	lit, ok := e.(*parse.Literal)
	switch {
	case ok && lit.Kind == parse.LitString:
		return text + "::" + c.Type.Base().String()
	case ok && lit.Kind == parse.LitBool:
		return strings.ToLower(text)
	}
	return text
}

// conditionDef puts an operator's expression into parentheses, as PostgreSQL does.
func conditionDef(text string) string {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return text
	}
	switch e.(type) {
	case *parse.FuncCall, *parse.Literal, *parse.ColumnRef, *parse.CaseExpr, *parse.Cast:
		return text
	}
	return "(" + text + ")"
}

var actionWords = map[colstore.RefAction]string{
	colstore.Restrict: "RESTRICT", colstore.Cascade: "CASCADE", colstore.SetNull: "SET NULL", colstore.SetDefault: "SET DEFAULT",
}

// constraint is a constraint of any kind as the system's views show it.
type constraint struct {
	oid     int64
	table   *colstore.Table
	name    string
	kind    string // p, u, c or f
	columns []uint32
	index   *colstore.Index      // p and u
	foreign *colstore.ForeignKey // f
	parent  *colstore.Table      // f
	def     string

	notValid bool
}

// constraintsOf lists the constraints of a table.
func constraintsOf(c *colstore.Catalog, t *colstore.Table) (list []constraint) {
	for i, x := range t.Keys() {
		if !x.Constraint {
			continue
		}
		k := constraint{oid: relationOID(t) + oidOfKey + int64(i), table: t, name: x.Name, kind: "u", columns: x.Columns, index: &t.Keys()[i]}
		k.def = "UNIQUE (" + quotedColumns(t, x.Columns) + ")"
		if x.ID == 0 {
			k.kind, k.def = "p", "PRIMARY KEY ("+quotedColumns(t, x.Columns)+")"
		}
		list = append(list, k)
	}
	for i, check := range t.Checks {
		list = append(list, constraint{oid: relationOID(t) + oidOfCheck + int64(i), table: t, name: check.Name, kind: "c",
			columns: check.Columns, notValid: check.NotValid,
			def: "CHECK (" + conditionDef(check.SQL) + ")" + markIf(check.NotValid, " NOT VALID")})
	}
	for i := range t.ForeignKeys {
		f := &t.ForeignKeys[i]
		parent, ok := c.TableByID(f.Table)
		if !ok {
			continue
		}
		k := constraint{oid: relationOID(t) + oidOfForeign + int64(i), table: t, name: f.Name, kind: "f", columns: f.Columns, foreign: f, parent: parent}
		k.def = fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s(%s)", quotedColumns(t, f.Columns), quoted(parent.Name), quotedColumns(parent, f.RefColumns))
		k.notValid = f.NotValid
		k.def += markIf(f.MatchFull, " MATCH FULL")
		if w := actionWords[f.OnUpdate]; w != "" {
			k.def += " ON UPDATE " + w
		}
		if w := actionWords[f.OnDelete]; w != "" {
			k.def += " ON DELETE " + w
		}
		k.def += markIf(f.Deferrable, " DEFERRABLE") + markIf(f.Deferred, " INITIALLY DEFERRED") + markIf(f.NotValid, " NOT VALID")
		list = append(list, k)
	}
	return list
}

// deferrable and deferred are the marks of a foreign key.
func (k *constraint) deferrable() bool { return k.foreign != nil && k.foreign.Deferrable }
func (k *constraint) deferred() bool   { return k.foreign != nil && k.foreign.Deferred }

// markIf is text where a constraint has a mark.
func markIf(has bool, text string) string {
	if has {
		return text
	}
	return ""
}

// indexDef is the statement that makes an index.
func indexDef(t *colstore.Table, x *colstore.Index) string {
	unique := ""
	if x.Unique {
		unique = "UNIQUE "
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON public.%s USING btree (%s)", unique, quoted(x.Name), quoted(t.Name), quotedColumns(t, x.Columns))
}

// catalogCalls is a session as the functions of the system's views see it.
type catalogCalls struct{ session *Session }

func (c catalogCalls) catalog() *colstore.Catalog {
	if c.session.tx.open == nil {
		return c.session.db.store.View().Catalog()
	}
	return c.session.tx.open.Catalog()
}

// owned finds what a number of an object stands for, with the catalog that it is of.
func (c catalogCalls) owned(oid int64) (*colstore.Catalog, *colstore.Table, int64, bool) {
	catalog := c.catalog()
	if tx := c.session.tx.temp; tx != nil && oid >= firstOID+colstore.FirstTemporary*oidBlock {
		catalog = tx.Catalog()
	}
	t, at, ok := ownedOID(catalog, oid)
	return catalog, t, at, ok
}

// named finds the catalog of a relation or an index; temporary ones come first.
func (c catalogCalls) named(text, name string) *colstore.Catalog {
	tx := c.session.tx.temp
	if tx != nil && !strings.Contains(text, ".") && tx.Catalog().Taken(name) {
		return tx.Catalog()
	}
	return c.catalog()
}

// RelationOID implements expr.Catalog.
func (c catalogCalls) RelationOID(name string) (int64, error) {
	for schema, list := range systemTables {
		n := int64(1000)
		if schema == bind.InformationSchema {
			n += 500
		}
		for i, known := range sortedKeys(list) {
			if name == known && schema == bind.CatalogSchema || name == schema+"."+known {
				return n + int64(i), nil
			}
		}
	}
	relation, err := bind.RelationName(name)
	if err != nil {
		return 0, err
	}
	catalog := c.named(name, relation)
	if t, ok := catalog.Relation(relation); ok {
		return relationOID(t), nil
	}
	if t, x, ok := catalog.Index(relation); ok {
		return indexOID(t, x), nil
	}
	return 0, dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", name)
}

// RelationName implements expr.Catalog.
func (c catalogCalls) RelationName(oid int64) (string, bool) {
	_, t, at, ok := c.owned(oid)
	switch {
	case !ok:
		return "", false
	case at == 0:
		return quoted(t.Name), true
	}
	if x := indexAt(t, at); x != nil {
		return quoted(x.Name), true
	}
	return "", false
}

// indexAt is the index at a place of its table's block of numbers, nil for none.
func indexAt(t *colstore.Table, place int64) *colstore.Index {
	keys := t.Keys()
	for i := range keys {
		if int64(i)+oidOfIndex == place {
			return &keys[i]
		}
	}
	return nil
}

// ConstraintDef implements expr.Catalog.
func (c catalogCalls) ConstraintDef(oid int64) (string, bool) {
	catalog, t, _, ok := c.owned(oid)
	if !ok {
		return "", false
	}
	for _, k := range constraintsOf(catalog, t) {
		if k.oid == oid {
			return k.def, true
		}
	}
	return "", false
}

// IndexDef implements expr.Catalog. With a column it is that column's name.
func (c catalogCalls) IndexDef(oid, column int64) (string, bool) {
	_, t, at, ok := c.owned(oid)
	if !ok {
		return "", false
	}
	x := indexAt(t, at)
	switch {
	case x == nil:
		return "", false
	case column == 0:
		return indexDef(t, x), true
	case column > int64(len(x.Columns)):
		return "", true
	}
	return quotedColumns(t, x.Columns[column-1:column]), true
}

// ViewDef implements expr.Catalog.
func (c catalogCalls) ViewDef(oid int64) (string, bool) {
	_, t, at, ok := c.owned(oid)
	if !ok || at != 0 || t.Kind != colstore.KindView && !t.Materialized() {
		return "", false
	}
	return " " + t.Query + ";", true
}

// EnumType implements expr.Catalog.
func (c catalogCalls) EnumType(oid int64) (types.Type, bool) {
	t, at, ok := ownedOID(c.catalog(), oid)
	if !ok || t.Kind != colstore.KindEnum || at > 1 {
		return types.Type{}, false
	}
	if at == 1 {
		return t.EnumType().Array(), true
	}
	return t.EnumType(), true
}

// TypeNamed implements expr.Catalog.
func (c catalogCalls) TypeNamed(name string) (types.Type, error) {
	e, err := parse.ParseExpr("NULL::" + name)
	if err != nil {
		return types.Type{}, err
	}
	cast, ok := e.(*parse.Cast)
	if !ok {
		return types.Type{}, dberr.Newf(dberr.SyntaxError, "invalid type name \"%s\"", name)
	}
	t, err := bind.TypeOf(cast.Type, c.catalog())
	if e, ok := errors.AsType[*dberr.Error](err); ok { // whose position is one in the name
		here := *e
		here.Pos = 0
		return t, &here
	}
	return t, err
}

// Comment implements expr.Catalog.
func (c catalogCalls) Comment(oid, column int64) (string, bool) {
	catalog, t, at, ok := c.owned(oid)
	if !ok {
		return "", false
	}
	text := ""
	switch {
	case column > 0 && at == 0 && int(column) <= len(t.Columns):
		text = t.Comment(t.Columns[column-1].ID, "")
	case at == 0:
		text = t.Comment(0, "")
	default:
		if x := indexAt(t, at); x != nil {
			text = t.Comment(0, x.Name)
		}
		for _, k := range constraintsOf(catalog, t) {
			if k.oid == oid {
				text = t.Comment(0, k.name)
			}
		}
	}
	return text, text != ""
}

// SerialSequence implements expr.Catalog.
func (c catalogCalls) SerialSequence(table, column string) (string, bool, error) {
	name, err := bind.RelationName(table)
	if err != nil {
		return "", false, err
	}
	catalog := c.named(table, name)
	t, ok := catalog.Relation(name)
	if !ok {
		return "", false, dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", table)
	}
	col, ok := t.ColumnByName(column)
	if !ok {
		return "", false, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, t.Name)
	}
	if list := catalog.Owned(t.ID, col.ID); len(list) > 0 {
		schema := bind.PublicSchema
		if isTemporary(t) {
			schema = bind.TemporarySchema
		}
		return schema + "." + quoted(list[0].Name), true, nil
	}
	return "", false, nil
}

var _ expr.Catalog = catalogCalls{}
