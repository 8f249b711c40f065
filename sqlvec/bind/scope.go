package bind

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/edits"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// column is a column that names may find.
type column struct {
	plan.Column
	table string // the table's name or alias; "" for a column merged by USING
	// schema is that of the table, which may stand before its name; "" where it has an alias or is none.
	schema string
	// alone says that no other table of the name is in scope; what find returns has it.
	alone bool
	// hidden columns are found by name but are not part of *.
	hidden bool
	// merged columns stand behind a column of USING: only t.x finds them.
	merged bool
	// scalar columns are what a function in FROM returns: the name of its row means the column.
	scalar bool
	// notNull says that the storage promises a value; outer joins clear it.
	notNull bool
	// promised says that a row of the column's table has a value in it, whether the row is there
	// or not; nullable that an outer join may leave the row out.
	promised, nullable bool
	// anyCase columns, those of files, are found by a name in lower case whatever their own case is.
	anyCase bool
	// relation and attribute are the table or view of the present that the column is of, and its id
	// there; 0 for others.
	relation, attribute uint32
}

// scope is what names mean at one place of a query: the columns of its FROM, then
// those of the queries around it.
type scope struct {
	cols   []column
	tables []string // names that may qualify a column, in order
	parent *scope
	// renamed are the names of tables that only their aliases find.
	renamed []renamedTable
}

// renamedTable is a table with an alias.
type renamedTable struct{ name, alias string }

// missing is the error of a table that no item of FROM is called.
func (s *scope) missing(schema, table string, pos int) error {
	for level := s; level != nil; level = level.parent {
		for _, r := range level.renamed {
			if r.name == table && schema == "" {
				return dberr.Newf(dberr.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", table).
					WithHint("Perhaps you meant to reference the table alias \"%s\".", r.alias).At(pos)
			}
		}
	}
	return dberr.Newf(dberr.UndefinedTable, "missing FROM-clause entry for table \"%s\"", table).At(pos)
}

// join returns the scope of l and r side by side.
func (s *scope) join(r *scope) *scope {
	return &scope{
		cols:   append(s.cols[:len(s.cols):len(s.cols)], r.cols...),
		tables: append(s.tables[:len(s.tables):len(s.tables)], r.tables...),
		parent: s.parent, renamed: append(s.renamed[:len(s.renamed):len(s.renamed)], r.renamed...),
	}
}

func (s *scope) hasTable(name string) bool {
	for _, t := range s.tables {
		if t == name {
			return true
		}
	}
	return false
}

// find returns the column that ref names, looking outwards.
func (s *scope) find(ref *parse.ColumnRef) (*column, error) {
	pos := int(ref.Position())
	schema, table, name, err := splitRef(ref)
	if err != nil {
		return nil, err
	}
	for level := s; level != nil; level = level.parent {
		if err := level.ambiguous(schema, table); err != nil {
			return nil, err.At(pos)
		}
		c, err := level.findHere(schema, table, name)
		if err != nil {
			return nil, err.At(pos)
		}
		if c != nil {
			c.alone = level.count(table) < 2
			return c, nil
		}
		if table != "" && level.hasTableIn(schema, table) {
			e := dberr.Newf(dberr.UndefinedColumn, "column %s.%s does not exist", table, name)
			return nil, level.hint(e, table, name).At(pos)
		}
	}
	if table != "" {
		return nil, s.missing(schema, table, pos)
	}
	e := dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", name)
	return nil, s.hint(e, "", name).At(pos)
}

// splitRef takes a reference apart into a schema and a table, which may be "", and a column.
func splitRef(ref *parse.ColumnRef) (schema, table, name string, err error) {
	n := len(ref.Parts)
	name = ref.Parts[n-1]
	if n >= 2 {
		schema, table, err = splitTable(ref.Parts[:n-1], ref.Pos)
	}
	return schema, table, name, err
}

// splitTable takes the name of a table in an expression apart.
func splitTable(parts []string, pos parse.Pos) (schema, table string, err error) {
	n := parse.Name{Pos: pos, Parts: parts}
	return n.Schema(), n.Last(), CheckDatabase(n)
}

// inSchema says that the columns are those of a table of a schema without an alias.
func (s *scope) inSchema(schema string) {
	for i := range s.cols {
		s.cols[i].schema = schema
	}
}

// of reports whether a column is one of a table, "" for any. schema is "" where only the name counts.
func (c *column) of(schema, table string) bool {
	if table == "" {
		return !c.merged
	}
	return c.table == table && (schema == "" || c.schema == schema)
}

// hasTableIn is hasTable for a table of a schema, "" for any.
func (s *scope) hasTableIn(schema, table string) bool {
	if schema == "" {
		return s.hasTable(table)
	}
	return slices.ContainsFunc(s.cols, func(c column) bool { return c.of(schema, table) })
}

// tellsApart reports whether tables of one name on both sides are of different schemas, so that a
// qualified name finds one of them.
func (s *scope) tellsApart(r *scope, table string) bool {
	for _, c := range s.cols {
		if c.table == table && (c.schema == "" || r.hasTableIn(c.schema, table)) {
			return false
		}
	}
	return !slices.ContainsFunc(r.cols, func(c column) bool { return c.table == table && c.schema == "" })
}

// count returns how many tables of a name there are.
func (s *scope) count(table string) (n int) {
	for _, t := range s.tables {
		if t == table {
			n++
		}
	}
	return n
}

// ambiguous refuses the name of a table without a schema where tables of several are meant.
func (s *scope) ambiguous(schema, table string) *dberr.Error {
	if schema != "" || table == "" || s.count(table) < 2 {
		return nil
	}
	return dberr.Newf(dberr.AmbiguousAlias, "table reference \"%s\" is ambiguous", table)
}

// findHere looks at one level only; no column is (nil, nil).
func (s *scope) findHere(schema, table, name string) (*column, *dberr.Error) {
	var found *column
	for i := range s.cols {
		c := &s.cols[i]
		if c.Name != name || !c.of(schema, table) {
			continue
		}
		if found != nil && found.ID != c.ID {
			return nil, dberr.Newf(dberr.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
		}
		found = c
	}
	if found == nil {
		return s.findAnyCase(schema, table, name)
	}
	return found, nil
}

// findAnyCase looks for a column of a file, whose name may have capitals that the statement's
// folded name has not.
func (s *scope) findAnyCase(schema, table, name string) (found *column, _ *dberr.Error) {
	for i := range s.cols {
		c := &s.cols[i]
		if !c.anyCase || !c.of(schema, table) || strings.ToLower(c.Name) != name {
			continue
		}
		if found != nil && found.ID != c.ID {
			return nil, dberr.Newf(dberr.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
		}
		found = c
	}
	return found, nil
}

// hint adds PostgreSQL's advice of a similar name, where one is close.
func (s *scope) hint(e *dberr.Error, table, name string) *dberr.Error {
	best, bestDist := []string(nil), 4
	for level := s; level != nil; level = level.parent {
		for _, c := range level.cols {
			if c.hidden || c.table == "" || table != "" && c.table != table {
				continue
			}
			d := edits.Names(name, c.Name)
			if d > len(name)/2 || d > bestDist {
				continue
			}
			full := c.table + "." + c.Name
			if d < bestDist {
				best, bestDist = best[:0], d
			}
			best = append(best, full)
		}
	}
	switch len(best) {
	case 1:
		return e.WithHint("Perhaps you meant to reference the column \"%s\".", best[0])
	case 2:
		return e.WithHint("Perhaps you meant to reference the column \"%s\" or the column \"%s\".", best[0], best[1])
	}
	return e
}

// star returns the columns of *, or of table.* when table is not "".
func (s *scope) star(schema, table string) []column {
	var out []column
	for _, c := range s.cols {
		if c.hidden || !c.of(schema, table) {
			continue
		}
		out = append(out, c)
	}
	return out
}
