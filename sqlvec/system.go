package sqlvec

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// systemTable is one of the system's views: its columns, and how its rows are computed from
// the catalog of a view.
type systemTable struct {
	columns []systemColumn
	fill    func(c *systemContext)
}

type systemColumn struct {
	name string
	typ  types.ID
}

// systemSchemas are the schemas of the system's views.
var systemSchemas = []string{bind.CatalogSchema, bind.InformationSchema}

// systemTables are the system's views by schema and name; those of bind.DuckFunctions are called. It is read-only
// after init.
var systemTables = map[string]map[string]*systemTable{bind.CatalogSchema: {}, bind.InformationSchema: {}}

// cols makes a list of columns of name and type in turn.
func cols(typ types.ID, names ...string) []systemColumn {
	list := make([]systemColumn, len(names))
	for i, n := range names {
		list[i] = systemColumn{n, typ}
	}
	return list
}

func columnList(lists ...[]systemColumn) (all []systemColumn) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// systemContext is one of the system's views while it is computed.
type systemContext struct {
	session *Session
	def     *systemTable
	catalog *colstore.Catalog
	view    *colstore.View
	rows    *rowSet
	err     error

	temporary *colstore.View // of the session's temporary tables, nil for none
}

// add adds a row: texts, integers and truth values in the columns' order; nil is NULL.
func (c *systemContext) add(values ...any) {
	if c.err != nil {
		return
	}
	row := make([]types.Value, len(values))
	for i, v := range values {
		t := c.rows.cols[i].typ
		switch v := v.(type) {
		case string:
			if t.IsArray() {
				row[i], c.err = types.Parse(v, t)
				continue
			}
			row[i] = types.BytesValue(t, v)
		case int:
			row[i] = types.IntValue(t, int64(v))
		case int64:
			row[i] = types.IntValue(t, v)
		case bool:
			row[i] = types.BoolValue(v)
		case types.Value:
			row[i] = v
		case float64:
			row[i] = types.FloatValue(t, v)
		default:
			row[i] = types.NullOf(t)
		}
	}
	c.err = c.rows.appendValues(row)
}

// system finds one of the system's views and makes a source of its rows, which are computed
// when they are read.
func (r *run) system(schema, name string) *bind.SystemView {
	def, ok := systemTables[schema][name]
	if !ok && schema == bind.CatalogSchema && !r.s.rejects.Empty() {
		def, ok = rejectTables[name]
	}
	if !ok {
		return nil
	}
	t := &colstore.Table{Name: name, Version: 1}
	for i, c := range def.columns {
		t.Columns = append(t.Columns, colstore.Column{ID: uint32(i + 1), Name: c.name, Type: types.T(c.typ), TypeVersion: 1})
	}
	return &bind.SystemView{Table: t, Rows: func(view *colstore.View) plan.Source {
		return &systemSource{run: r, def: def, table: t, view: view}
	}}
}

// systemSource computes the rows of a system view.
type systemSource struct {
	run   *run
	def   *systemTable
	table *colstore.Table
	view  *colstore.View
}

// Open implements plan.Source.
func (s *systemSource) Open(ctx context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	c := &systemContext{session: s.run.s, def: s.def, view: s.view, catalog: s.view.Catalog(), rows: newRowSet(columnTypes(s.table))}
	if s.run.s.set.systemTime == nil && s.view.Point() == s.run.Present().Point() {
		c.temporary = s.run.Temporary()
	}
	s.def.fill(c)
	if c.err != nil {
		return nil, c.err
	}
	return c.rows.Open(ctx, spec)
}

// yesNo is how the information schema says a truth value.
func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// Numbers of objects: a relation has a block of numbers, in which its indexes and constraints
// are numbered.
const (
	firstOID      = expr.FirstOID
	oidBlock      = expr.BlockOID
	oidOfIndex    = 1
	oidOfCheck    = 300
	oidOfForeign  = 2000
	oidOfKey      = 3500 // the constraint of a key
	publicOID     = 2200
	temporaryOID  = 2201
	catalogOID    = 11
	informationID = 13000
	databaseOID   = 16383
	ownerOID      = 10
)

func relationOID(t *colstore.Table) int64 { return expr.CatalogOID(t.ID) }

func indexOID(t *colstore.Table, x *colstore.Index) int64 {
	return relationOID(t) + oidOfIndex + keyPlace(t, x)
}

// keyPlace is the place of an index among those of its table.
func keyPlace(t *colstore.Table, x *colstore.Index) int64 {
	for i, k := range t.Keys() {
		if k.ID == x.ID {
			return int64(i)
		}
	}
	return 0
}

// ownedOID takes a number apart: the relation and the place in its block.
func ownedOID(c *colstore.Catalog, oid int64) (t *colstore.Table, place int64, ok bool) {
	n := oid - firstOID
	if n < 0 || n/oidBlock > 1<<32-1 {
		return nil, 0, false
	}
	t, ok = c.TableByID(uint32(n / oidBlock))
	return t, n % oidBlock, ok
}

// attributeNumber is the place of a column, counted from 1, and 0 for an expression of an index.
func attributeNumber(t *colstore.Table, id uint32) int {
	for i := range t.Columns {
		if t.Columns[i].ID != id {
			continue
		}
		if !t.Columns[i].Hidden() {
			return i + 1
		}
		if own, ok := bind.ColumnOf(t, &t.Columns[i]); ok {
			return attributeNumber(t, own.ID)
		}
	}
	return 0
}
