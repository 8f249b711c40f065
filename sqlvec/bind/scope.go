package bind

import (
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
	// hidden columns are found by name but are not part of *.
	hidden bool
	// merged columns stand behind a column of USING: only t.x finds them.
	merged bool
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
}

// join returns the scope of l and r side by side.
func (s *scope) join(r *scope) *scope {
	return &scope{
		cols:   append(s.cols[:len(s.cols):len(s.cols)], r.cols...),
		tables: append(s.tables[:len(s.tables):len(s.tables)], r.tables...),
		parent: s.parent,
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
	table, name, err := splitRef(ref)
	if err != nil {
		return nil, err
	}
	for level := s; level != nil; level = level.parent {
		c, err := level.findHere(table, name)
		if err != nil {
			return nil, err.At(pos)
		}
		if c != nil {
			return c, nil
		}
		if table != "" && level.hasTable(table) {
			e := dberr.Newf(dberr.UndefinedColumn, "column %s.%s does not exist", table, name)
			return nil, level.hint(e, table, name).At(pos)
		}
	}
	if table != "" {
		return nil, dberr.Newf(dberr.UndefinedTable, "missing FROM-clause entry for table \"%s\"", table).At(pos)
	}
	e := dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", name)
	return nil, s.hint(e, "", name).At(pos)
}

// splitRef takes a reference apart into a table, which may be "", and a column.
func splitRef(ref *parse.ColumnRef) (table, name string, err error) {
	n := len(ref.Parts)
	name = ref.Parts[n-1]
	if n >= 2 {
		table = ref.Parts[n-2]
	}
	if n >= 3 && ref.Parts[n-3] != PublicSchema {
		return "", "", dberr.Newf(dberr.UndefinedTable, "missing FROM-clause entry for table \"%s\"", table).At(int(ref.Position()))
	}
	return table, name, nil
}

// findHere looks at one level only; no column is (nil, nil).
func (s *scope) findHere(table, name string) (*column, *dberr.Error) {
	var found *column
	for i := range s.cols {
		c := &s.cols[i]
		if c.Name != name || table == "" && c.merged || table != "" && c.table != table {
			continue
		}
		if found != nil && found.ID != c.ID {
			return nil, dberr.Newf(dberr.AmbiguousColumn, "column reference \"%s\" is ambiguous", name)
		}
		found = c
	}
	if found == nil {
		return s.findAnyCase(table, name)
	}
	return found, nil
}

// findAnyCase looks for a column of a file, whose name may have capitals that the statement's
// folded name has not.
func (s *scope) findAnyCase(table, name string) (found *column, _ *dberr.Error) {
	for i := range s.cols {
		c := &s.cols[i]
		if !c.anyCase || table == "" && c.merged || table != "" && c.table != table || strings.ToLower(c.Name) != name {
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
func (s *scope) star(table string) []column {
	var out []column
	for _, c := range s.cols {
		if c.hidden || table == "" && c.merged || table != "" && c.table != table {
			continue
		}
		out = append(out, c)
	}
	return out
}
