package colstore

import (
	"slices"

	"driftdb/internal/dberr"
)

// ViewDef defines a view. Of its columns Name and Type count.
type ViewDef struct {
	Schema  uint32 // id
	Name    string
	Columns []Column
	Query   string
	Depends []Dependency
	Check   CheckOption
}

// CreateView makes a view: 42P07 if the name is taken.
func (tx *Tx) CreateView(def ViewDef) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFree(def.Schema, def.Name); err != nil {
		return nil, err
	}
	t := &Table{Schema: def.Schema, Name: def.Name, Kind: KindView, Version: 1, NextColumn: 1, NextIndex: 1, Query: def.Query, Depends: def.Depends, CheckOption: def.Check}
	if err := t.addColumns(def.Columns); err != nil {
		return nil, err
	}
	if len(t.Query) > maxQueryBytes {
		return nil, viewTooLong(t.Name)
	}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

// CreateMaterialized makes a materialized view, without its rows: 42P07 if the name is taken.
func (tx *Tx) CreateMaterialized(def ViewDef, populated bool) (*Table, error) {
	if len(def.Query) > maxQueryBytes {
		return nil, viewTooLong(def.Name)
	}
	t, err := tx.CreateTable(TableDef{Schema: def.Schema, Name: def.Name, Columns: def.Columns})
	if err != nil {
		return nil, err
	}
	return tx.alter(t, func(n *Table) error {
		n.Query, n.Depends, n.Unpopulated = def.Query, def.Depends, !populated
		return nil
	})
}

// SetPopulated says whether a materialized view may be read.
func (tx *Tx) SetPopulated(t *Table, populated bool) (*Table, error) {
	return tx.alter(t, func(n *Table) error { n.Unpopulated = !populated; return nil })
}

func viewTooLong(name string) error {
	return dberr.Newf(dberr.ProgramLimitExceeded, "query of view \"%s\" is longer than %d bytes", name, maxQueryBytes)
}

// ReplaceView gives a view another query; its columns stay, and more may follow them.
func (tx *Tx) ReplaceView(t *Table, def ViewDef) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if len(def.Query) > maxQueryBytes {
			return viewTooLong(t.Name)
		}
		n.Query, n.Depends, n.CheckOption = def.Query, def.Depends, def.Check
		return n.addColumns(def.Columns[len(n.Columns):])
	})
}

// SetQuery gives a view its query in other words.
func (tx *Tx) SetQuery(t *Table, query string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if len(query) > maxQueryBytes {
			return viewTooLong(t.Name)
		}
		n.Query = query
		return nil
	})
}

// Dependents returns the views that read a relation, or one column of it when column is not 0,
// in the order of their ids.
func (c *Catalog) Dependents(id, column uint32) []*Table {
	var list []*Table
	for _, t := range c.Relations() {
		for _, d := range t.Depends {
			if d.Table == id && (column == 0 || slices.Contains(d.Columns, column)) {
				list = append(list, t)
			}
		}
	}
	slices.SortFunc(list, func(a, b *Table) int { return int(a.ID) - int(b.ID) })
	return list
}

// Owned returns the sequences that go with a table, or with one column of it when column is
// not 0.
func (c *Catalog) Owned(id, column uint32) []*Table {
	var list []*Table
	for _, t := range c.Relations() {
		if s := t.Sequence; s != nil && s.OwnerTable == id && (column == 0 || s.OwnerColumn == column) {
			list = append(list, t)
		}
	}
	return list
}

// SetComment sets the comment on a relation, on its column with an id, or on a constraint; ""
// removes it.
func (tx *Tx) SetComment(t *Table, column uint32, constraint, text string) (*Table, error) {
	if len(text) > maxTextBytes {
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "comment is longer than %d bytes", maxTextBytes)
	}
	return tx.alter(t, func(n *Table) error {
		n.Comments = slices.DeleteFunc(n.Comments, func(c Comment) bool { return c.Column == column && c.Constraint == constraint })
		if text != "" {
			n.Comments = append(n.Comments, Comment{column, constraint, text})
		}
		return nil
	})
}
