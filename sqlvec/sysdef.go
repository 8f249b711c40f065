package sqlvec

import (
	"errors"
	"fmt"
	"slices"
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
			list[i] = keyDef(c)
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
	if call, ok := e.(*parse.FuncCall); ok && call.Name.Last() == "nextval" && len(call.Args) == 1 {
		if name, ok := call.Args[0].(*parse.Literal); ok && name.Kind == parse.LitString {
			return strings.TrimSuffix(text, ")") + "::regclass)"
		}
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
	check   string // c: the condition

	notValid bool
}

// constraintsOf lists the constraints of a table; names say how the tables that they refer to are shown.
func constraintsOf(names bind.Lookup, t *colstore.Table) (list []constraint) {
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
		list = append(list, constraint{oid: relationOID(t) + oidOfCheck + int64(i), table: t, name: check.Name, kind: "c", check: check.SQL,
			columns: check.Columns, notValid: check.NotValid,
			def: "CHECK (" + conditionDef(check.SQL) + ")" + markIf(check.NotValid, " NOT VALID")})
	}
	for i := range t.ForeignKeys {
		f := &t.ForeignKeys[i]
		parent, ok := names.CatalogOf(t).TableByID(f.Table)
		if !ok {
			continue
		}
		k := constraint{oid: relationOID(t) + oidOfForeign + int64(i), table: t, name: f.Name, kind: "f", columns: f.Columns, foreign: f, parent: parent}
		k.def = fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s(%s)", quotedColumns(t, f.Columns), names.Display(parent), quotedColumns(parent, f.RefColumns))
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
func indexDef(c *colstore.Catalog, t *colstore.Table, x *colstore.Index) string {
	unique := ""
	if x.Unique {
		unique = "UNIQUE "
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s USING btree (%s)%s", unique, quoted(x.Name), bind.QuotedName(c, t), quotedColumns(t, x.Columns), markIf(where(t, x) != "", " WHERE "+where(t, x)))
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

// names is what names mean in the session.
func (c catalogCalls) names() bind.Lookup {
	l := bind.Lookup{Catalog: c.catalog(), Path: c.session.searchPath().whole}
	if tx := c.session.tx.temp; tx != nil {
		l.Temporary = tx.Catalog()
	}
	return l
}

// systemOID is the number of one of the system's views.
func systemOID(schema, name string) (int64, bool) {
	n := int64(1000)
	if schema == bind.InformationSchema {
		n += 500
	}
	if known, ok := catalogueOIDs[name]; ok && schema == bind.CatalogSchema {
		return known, true
	}
	place, ok := slices.BinarySearch(sortedKeys(systemTables[schema]), name)
	return n + int64(place), ok
}

// RelationOID implements expr.Catalog.
func (c catalogCalls) RelationOID(name string) (int64, error) {
	n, err := bind.RelationName(name)
	if err != nil {
		return 0, err
	}
	names := c.names()
	for _, schema := range names.SystemSchemas(n) {
		if oid, ok := systemOID(schema, n.Last()); ok {
			return oid, nil
		}
	}
	if t, ok := names.Relation(n); ok {
		return relationOID(t), nil
	}
	if t, x, ok := names.Index(n); ok {
		return indexOID(t, x), nil
	}
	return 0, names.NotFound(n)
}

// RelationName implements expr.Catalog.
func (c catalogCalls) RelationName(oid int64) (string, bool) {
	_, t, at, ok := c.owned(oid)
	switch {
	case !ok:
		return c.systemView(oid)
	case at == 0:
		return c.names().Display(t), true
	}
	if x := indexAt(t, at); x != nil {
		return c.names().DisplayIndex(t, x.Name), true
	}
	return "", false
}

// systemView is the name of one of the system's views.
func (c catalogCalls) systemView(oid int64) (string, bool) {
	for _, schema := range systemSchemas {
		for name := range systemTables[schema] {
			if n, _ := systemOID(schema, name); n == oid {
				return markIf(schema != bind.CatalogSchema, schema+".") + name, true
			}
		}
	}
	return "", false
}

// HasColumn implements expr.Catalog.
func (c catalogCalls) HasColumn(oid int64, name string, place int64) bool {
	_, t, at, ok := c.owned(oid)
	if !ok || at != 0 {
		return false
	}
	if name == "" {
		return place > 0 && place <= int64(len(t.Columns))
	}
	_, ok = t.ColumnByName(name)
	return ok
}

// IsSequence implements expr.Catalog.
func (c catalogCalls) IsSequence(oid int64) bool {
	_, t, at, ok := c.owned(oid)
	return ok && at == 0 && t.Kind == colstore.KindSequence
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
	_, t, _, ok := c.owned(oid)
	if !ok {
		return "", false
	}
	for _, k := range constraintsOf(c.names(), t) {
		if k.oid == oid {
			return k.def, true
		}
	}
	return "", false
}

// IndexDef implements expr.Catalog. With a column it is that column's name.
func (c catalogCalls) IndexDef(oid, column int64) (string, bool) {
	catalog, t, at, ok := c.owned(oid)
	if !ok {
		return "", false
	}
	x := indexAt(t, at)
	switch {
	case x == nil:
		return "", false
	case column == 0:
		return indexDef(catalog, t, x), true
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

// EnumName implements expr.Catalog.
func (c catalogCalls) EnumName(t types.Type) string {
	return t.NameFor(c.enumName)
}

// enumName is the name of an enumeration as the session writes it, "" where there is none.
func (c catalogCalls) enumName(id uint32) string {
	e, ok := c.catalog().TableByID(id)
	if !ok || e.Kind != colstore.KindEnum {
		return ""
	}
	return c.names().Display(e)
}

// DomainName implements expr.Catalog.
func (c catalogCalls) DomainName(oid int64) (string, bool) {
	t, at, ok := ownedOID(c.catalog(), oid)
	if !ok || t.Kind != colstore.KindDomain || at != 0 {
		return "", false
	}
	return c.names().Display(t), true
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
	t, err := bind.TypeOf(cast.Type, c.catalog(), c.session.searchPath().whole)
	if e, ok := errors.AsType[*dberr.Error](err); ok { // whose position is one in the name
		here := *e
		here.Pos = 0
		return t, &here
	}
	return t, err
}

// Comment implements expr.Catalog.
func (c catalogCalls) Comment(oid, column int64) (string, bool) {
	if s, ok := c.schemaByOID(oid); ok && column == 0 {
		text := s.Comment(0, "")
		return text, text != ""
	}
	_, t, at, ok := c.owned(oid)
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
		for _, k := range constraintsOf(c.names(), t) {
			if k.oid == oid {
				text = t.Comment(0, k.name)
			}
		}
	}
	return text, text != ""
}

// SerialSequence implements expr.Catalog.
func (c catalogCalls) SerialSequence(table, column string) (string, bool, error) {
	n, err := bind.RelationName(table)
	if err != nil {
		return "", false, err
	}
	names := c.names()
	t, ok := names.Relation(n)
	if !ok {
		return "", false, names.NotFound(n)
	}
	catalog := names.CatalogOf(t)
	col, ok := t.ColumnByName(column)
	if !ok {
		return "", false, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, t.Name)
	}
	if list := catalog.Owned(t.ID, col.ID); len(list) > 0 {
		return bind.QuotedName(catalog, list[0]), true, nil
	}
	return "", false, nil
}

// schemaByOID is the schema with a number.
func (c catalogCalls) schemaByOID(oid int64) (*colstore.Table, bool) {
	for _, s := range c.catalog().Schemas() {
		if namespaceOID(s) == oid {
			return s, true
		}
	}
	return nil, false
}

// SchemaOID implements expr.Catalog.
func (c catalogCalls) SchemaOID(name string) (int64, bool) {
	switch s, ok := c.catalog().Schema(name); {
	case ok:
		return namespaceOID(s), true
	case name == bind.CatalogSchema:
		return catalogOID, true
	case name == bind.InformationSchema:
		return informationID, true
	case name == bind.TemporarySchema && c.session.temp != nil:
		return temporaryOID, true
	}
	return 0, false
}

// SchemaName implements expr.Catalog.
func (c catalogCalls) SchemaName(oid int64) (string, bool) {
	if s, ok := c.schemaByOID(oid); ok {
		return quoted(s.Name), true
	}
	name, ok := map[int64]string{catalogOID: bind.CatalogSchema, informationID: bind.InformationSchema, temporaryOID: bind.TemporarySchema}[oid]
	return name, ok
}

// Visible implements expr.Catalog.
func (c catalogCalls) Visible(oid int64) bool {
	_, t, at, ok := c.owned(oid)
	if !ok {
		return true // one of the system's own
	}
	x := indexAt(t, at)
	if x == nil {
		return c.names().Visible(t)
	}
	found, _, ok := c.names().Index(parse.Name{Parts: []string{x.Name}})
	return ok && found.ID == t.ID
}

var _ expr.Catalog = catalogCalls{}
