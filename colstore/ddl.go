package colstore

import (
	"context"
	"slices"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vfs"
)

// TableDef defines a new table. Of its columns Name, Type, NotNull, Default and Undeclared count.
type TableDef struct {
	Schema     uint32 // id
	Name       string
	Columns    []Column
	PrimaryKey []string // column names; they become NOT NULL
	PrimaryIdx string   // name of the constraint; default <table>_pkey
	Indexes    []IndexDef
	Checks     []Check // over columns numbered from 1, in order
}

// IndexDef defines a new index.
type IndexDef struct {
	Name    string // "": <table>_<columns>_idx, with a number if that is taken
	Columns []string
	Unique  bool
	// Constraint says that the index belongs to a UNIQUE constraint.
	Constraint bool
}

// Catalog returns the definitions as the transaction sees them.
func (tx *Tx) Catalog() *Catalog {
	c := *tx.view.catalog
	c.own = tx.overlay
	return &c
}

// edit records one catalog edit. before is nil for a new table, after for a dropped one.
func (tx *Tx) edit(before, after *Table) {
	e := &edit{table: after}
	if after != nil {
		after.seal()
	}
	if before != nil {
		e.id, e.base = before.ID, before.Version
	} else {
		e.id = after.ID
	}
	tx.ops = append(tx.ops, txOp{kind: eventlog.RunDDL, edit: e, first: tx.events + 1})
	tx.overlay = tx.overlay.with(e.id, before, after)
	if tt, ok := tx.tables[e.id]; ok {
		tt.active = nil
	}
}

// ddl checks that the transaction may change definitions, and ends open parts, since their
// rows were written under the definitions before.
func (tx *Tx) ddl() error {
	if err := tx.writable(); err != nil {
		return err
	}
	return tx.finishBulk(context.Background())
}

// present returns the newest definition of a table, or error 42P01.
func (tx *Tx) present(t *Table) (*Table, error) {
	now, ok := tx.Catalog().TableByID(t.ID)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", t.Name)
	}
	return now, nil
}

// alter applies a change to a copy of a table's definition.
func (tx *Tx) alter(t *Table, change func(n *Table) error) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	now, err := tx.present(t)
	if err != nil {
		return nil, err
	}
	n := now.clone()
	n.Version++
	if err := change(n); err != nil {
		return nil, err
	}
	tx.edit(now, n)
	return n, nil
}

// checkName refuses names that are no names.
func checkName(name string) error {
	if len(name) > maxNameBytes || name == "" {
		return dberr.Newf(dberr.SyntaxError, "name \"%s\" is empty or longer than %d bytes", name, maxNameBytes)
	}
	return nil
}

// checkFree refuses a name that something in the schema has.
func (tx *Tx) checkFree(schema uint32, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	owner, taken := tx.Catalog().owner(qualified{schema, name})
	if !taken {
		return nil
	}
	if t, ok := tx.Catalog().TableByID(owner.id); ok && t.Kind.IsType() {
		return dberr.Newf(dberr.DuplicateObject, "type \"%s\" already exists", name).
			WithHint("A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.")
	}
	return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
}

// freeName returns name, or name with the least number that makes it free.
func (tx *Tx) freeName(schema uint32, name string, also map[string]bool) string {
	c := tx.Catalog()
	for i := uint64(0); ; i++ {
		try := name
		if i > 0 {
			try += itoa(i)
		}
		if _, taken := c.owner(qualified{schema, try}); !taken && !also[try] {
			return try
		}
	}
}

// CreateTable makes a table: 42P07 if the name is taken.
func (tx *Tx) CreateTable(def TableDef) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFree(def.Schema, def.Name); err != nil {
		return nil, err
	}
	t := &Table{Schema: def.Schema, Name: def.Name, Version: 1, NextColumn: 1, NextIndex: 1}
	if err := t.addColumns(def.Columns); err != nil {
		return nil, err
	}
	names := map[string]bool{def.Name: true}
	if len(def.PrimaryKey) > 0 {
		if err := tx.addPrimaryKey(t, &def, names); err != nil {
			return nil, err
		}
	}
	for _, x := range def.Indexes {
		if err := tx.addIndex(t, x, names); err != nil {
			return nil, err
		}
	}
	for _, c := range def.Checks {
		if err := t.checkConstraintName(c.Name); err != nil {
			return nil, err
		}
		t.Checks = append(t.Checks, c)
	}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

func (tx *Tx) addPrimaryKey(t *Table, def *TableDef, names map[string]bool) error {
	ids, err := t.keyColumns(def.PrimaryKey, "primary key")
	if err != nil {
		return err
	}
	t.PrimaryKey = ids
	for i := range t.Columns {
		if slices.Contains(ids, t.Columns[i].ID) {
			t.Columns[i].NotNull = true
		}
	}
	t.PrimaryIdx = def.PrimaryIdx
	if t.PrimaryIdx == "" {
		t.PrimaryIdx = tx.freeName(t.Schema, t.Name+"_pkey", names)
	} else if err := tx.checkFree(t.Schema, t.PrimaryIdx); err != nil {
		return err
	}
	names[t.PrimaryIdx] = true
	return nil
}

// keyColumns returns the ids of the columns of a key. What messages call a constraint, "" for an index
// that is none, may not name one twice.
func (t *Table) keyColumns(names []string, constraint string) ([]uint32, error) {
	if len(names) > maxKeyColumns {
		return nil, dberr.Newf(dberr.TooManyColumns, "cannot use more than %d columns in an index", maxKeyColumns)
	}
	var ids []uint32
	for _, name := range names {
		c, ok := t.ColumnByName(name)
		if !ok {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" named in key does not exist", name)
		}
		if constraint != "" && slices.Contains(ids, c.ID) {
			return nil, dberr.Newf(dberr.DuplicateColumn, "column \"%s\" appears twice in %s constraint", name, constraint)
		}
		ids = append(ids, c.ID)
	}
	return ids, nil
}

// addColumns adds columns to a definition under new ids.
func (t *Table) addColumns(cols []Column) error {
	for _, c := range cols {
		if _, ok := t.ColumnByName(c.Name); ok {
			if t.Version == 1 {
				return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" specified more than once", c.Name)
			}
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", c.Name, t.Name)
		}
		if c.Name == "" || len(c.Name) > maxNameBytes {
			return dberr.Newf(dberr.SyntaxError, "name \"%s\" is empty or longer than %d bytes", c.Name, maxNameBytes)
		}
		if len(c.Default) > maxTextBytes || len(c.Missing.S) > maxTextBytes {
			return dberr.Newf(dberr.ProgramLimitExceeded, "default of column \"%s\" is longer than %d bytes", c.Name, maxTextBytes)
		}
		c.ID, c.TypeVersion = t.NextColumn, 1
		if !c.Missing.Valid {
			c.Missing = types.NullOf(c.Type)
		}
		t.NextColumn++
		t.Columns = append(t.Columns, c)
	}
	switch n := len(t.Columns); {
	case n > maxColumns:
		return dberr.Newf(dberr.TooManyColumns, "tables can have at most %d columns", maxColumns)
	case n == 0:
		return dberr.New(dberr.FeatureNotSupported, "tables without columns are not supported")
	}
	return nil
}

// DropTable removes a table from the catalog; its past stays.
func (tx *Tx) DropTable(t *Table) error {
	if err := tx.ddl(); err != nil {
		return err
	}
	now, err := tx.present(t)
	if err != nil {
		return err
	}
	if len(now.ForeignKeys) > 0 {
		if now, err = tx.dropForeignKeys(now, func(*ForeignKey) bool { return true }); err != nil {
			return err
		}
	}
	tx.edit(now, nil)
	return nil
}

// AddColumns adds columns: 42701 if a name is taken. Missing is what existing rows read as.
func (tx *Tx) AddColumns(t *Table, cols []Column) (*Table, error) {
	for _, c := range cols {
		if !c.NotNull || c.Missing.Valid {
			continue
		}
		if n, err := tx.countRows(t); err != nil {
			return nil, err
		} else if n > 0 {
			return nil, nullsError(t, c.Name)
		}
	}
	return tx.alter(t, func(n *Table) error { return n.addColumns(cols) })
}

func nullsError(t *Table, column string) error {
	e := dberr.Newf(dberr.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", column, t.Name)
	e.Table, e.Column = t.Name, column
	return e
}

func (tx *Tx) countRows(t *Table) (n int, err error) {
	err = tx.eachGroup(context.Background(), t, ScanSpec{}, func(g *Group) error {
		n += g.Count()
		return nil
	})
	return n, err
}

// eachGroup scans a table as the transaction sees it.
func (tx *Tx) eachGroup(ctx context.Context, t *Table, spec ScanSpec, fn func(g *Group) error) error {
	s, err := tx.View().Scan(ctx, t, spec)
	if err != nil {
		return err
	}
	defer s.Close()
	var g Group
	for i := range s.Groups() {
		if err := s.Load(i, &g); err != nil {
			return err
		}
		if g.N == 0 {
			continue
		}
		if err := vfs.Guard(func() error { return fn(&g) }); err != nil {
			return err
		}
	}
	return nil
}

// column returns a column of a definition by name, or error 42703.
func (t *Table) column(name string) (*Column, error) {
	c, ok := t.ColumnByName(name)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, t.Name)
	}
	return c, nil
}

// DropColumn removes a column, and the indexes and constraints over it: 42703.
func (tx *Tx) DropColumn(t *Table, name string) (*Table, error) {
	if c, ok := t.ColumnByName(name); ok && slices.ContainsFunc(t.ForeignKeys, func(f ForeignKey) bool { return slices.Contains(f.Columns, c.ID) }) {
		n, err := tx.dropForeignKeys(t, func(f *ForeignKey) bool { return slices.Contains(f.Columns, c.ID) })
		if err != nil {
			return nil, err
		}
		t = n
	}
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err != nil {
			return err
		}
		if len(n.Columns) == 1 {
			return dberr.New(dberr.FeatureNotSupported, "tables without columns are not supported")
		}
		id := c.ID
		n.Columns = slices.DeleteFunc(n.Columns, func(c Column) bool { return c.ID == id })
		n.Indexes = slices.DeleteFunc(n.Indexes, func(x Index) bool { return slices.Contains(x.Columns, id) })
		n.Checks = slices.DeleteFunc(n.Checks, func(c Check) bool { return slices.Contains(c.Columns, id) })
		n.dropUnusedKeys()
		n.dropComments(id, "")
		if slices.Contains(n.PrimaryKey, id) {
			n.PrimaryKey, n.PrimaryIdx = nil, ""
		}
		return nil
	})
}

// RenameColumn renames a column.
func (tx *Tx) RenameColumn(t *Table, name, newName string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err != nil {
			return err
		}
		if _, taken := n.ColumnByName(newName); taken {
			return dberr.Newf(dberr.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", newName, n.Name)
		}
		if newName == "" || len(newName) > maxNameBytes {
			return dberr.Newf(dberr.SyntaxError, "name \"%s\" is empty or longer than %d bytes", newName, maxNameBytes)
		}
		c.Name = newName
		return nil
	})
}

// RenameTable renames a table.
func (tx *Tx) RenameTable(t *Table, newName string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if err := tx.checkFree(n.Schema, newName); err != nil {
			return err
		}
		n.Name = newName
		return nil
	})
}

// WidenColumn changes a column's type to one that holds every value of the old one. BIGINT
// may become DOUBLE PRECISION when all values, past ones too, are exact: 22003 otherwise.
func (tx *Tx) WidenColumn(t *Table, name string, to types.Type) (*Table, error) {
	old, err := t.column(name)
	if err != nil {
		return nil, err
	}
	if !canWiden(old.Type, to) {
		return nil, dberr.Newf(dberr.FeatureNotSupported, "type of column \"%s\" cannot be changed from %s to %s: a value could be lost", name, old.Type, to)
	}
	if old.Type.ID == types.Int64 && to.ID == types.Float64 {
		if err := tx.checkExact(t, old); err != nil {
			return nil, err
		}
	}
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err != nil || c.Type == to {
			return err
		}
		c.Missing, err = castValue(c.Missing, to)
		c.Type, c.TypeVersion = to, c.TypeVersion+1
		return err
	})
}

const maxExactInt = 1 << 53 // integers up to it are exact as DOUBLE PRECISION

// checkExact looks at all versions of all rows.
func (tx *Tx) checkExact(t *Table, c *Column) error {
	spec := ScanSpec{Columns: []uint32{c.ID}, Versions: &VersionRange{To: ^uint64(0)}}
	return tx.eachGroup(context.Background(), t, spec, func(g *Group) error {
		for i := range g.N {
			if g.Cols[0].IsNull(i) {
				continue
			}
			if v := g.Cols[0].Int(i); v > maxExactInt || v < -maxExactInt {
				return dberr.Newf(dberr.NumericValueOutOfRange, "value %d of column \"%s\" is not exact as double precision", v, c.Name)
			}
		}
		return nil
	})
}

// SetNotNull sets or drops NOT NULL: 23502 if a visible row has a NULL.
func (tx *Tx) SetNotNull(ctx context.Context, t *Table, name string, notNull bool) (*Table, error) {
	c, err := t.column(name)
	if err != nil {
		return nil, err
	}
	if !notNull && slices.Contains(t.PrimaryKey, c.ID) {
		return nil, dberr.Newf(dberr.InvalidTableDefinition, "column \"%s\" is in a primary key", name)
	}
	if notNull && !c.NotNull {
		if err := tx.checkNoNulls(ctx, t, c); err != nil {
			return nil, err
		}
	}
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err == nil {
			c.NotNull = notNull
		}
		return err
	})
}

func (tx *Tx) checkNoNulls(ctx context.Context, t *Table, c *Column) error {
	spec := ScanSpec{Columns: []uint32{c.ID}, Filters: []Filter{{Column: c.ID, Op: IsNull}}}
	return tx.eachGroup(ctx, t, spec, func(g *Group) error {
		for i := range g.N {
			if g.IsLive(i) && g.Cols[0].IsNull(i) {
				return nullsError(t, c.Name)
			}
		}
		return nil
	})
}

// SetDefault sets a column's default, "" drops it.
func (tx *Tx) SetDefault(t *Table, name, sql string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err != nil {
			return err
		}
		if len(sql) > maxTextBytes {
			return dberr.Newf(dberr.ProgramLimitExceeded, "default of column \"%s\" is longer than %d bytes", name, maxTextBytes)
		}
		c.Default = sql
		return nil
	})
}

// addIndex adds an index to a definition.
func (tx *Tx) addIndex(t *Table, def IndexDef, names map[string]bool) error {
	constraint := ""
	if def.Constraint {
		constraint = "unique"
	}
	ids, err := t.keyColumns(def.Columns, constraint)
	if err != nil {
		return err
	}
	if len(ids) == 0 || len(t.Indexes) >= maxIndexes {
		return dberr.Newf(dberr.ProgramLimitExceeded, "an index needs a column, and a table has at most %d indexes", maxIndexes)
	}
	name := def.Name
	if name == "" {
		name = t.Name
		for _, c := range def.Columns {
			name += "_" + c
		}
		name = tx.freeName(t.Schema, name+map[bool]string{true: "_key", false: "_idx"}[def.Unique], names)
	} else if err := tx.checkFree(t.Schema, name); err != nil {
		return err
	}
	if names[name] {
		return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name)
	}
	names[name] = true
	t.Indexes = append(t.Indexes, Index{ID: t.NextIndex, Name: name, Columns: ids, Unique: def.Unique, Constraint: def.Constraint})
	t.NextIndex++
	return nil
}

// CreateIndex makes an index over existing rows and new ones: 23505 if it is unique and two
// visible rows have the same key.
func (tx *Tx) CreateIndex(ctx context.Context, t *Table, def IndexDef) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if err := tx.addIndex(n, def, map[string]bool{}); err != nil {
			return err
		}
		if !def.Unique {
			return nil
		}
		return tx.checkUnique(ctx, n, &n.Indexes[len(n.Indexes)-1])
	})
}

// DropIndex removes an index: 42704.
func (tx *Tx) DropIndex(name Name) (*Table, error) {
	t, x, ok := tx.Catalog().Index(name)
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedObject, "index \"%s\" does not exist", name)
	}
	if x.Constraint {
		return nil, dberr.Newf("2BP01", "cannot drop index %s because constraint %s on table %s requires it", name, name, t.Name)
	}
	id := x.ID
	return tx.alter(t, func(n *Table) error {
		n.Indexes = slices.DeleteFunc(n.Indexes, func(x Index) bool { return x.ID == id })
		n.dropUnusedKeys()
		return nil
	})
}
