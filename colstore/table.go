package colstore

import (
	"slices"

	"driftdb/internal/types"
)

// Table is one version of a table's definition. It is immutable: an ALTER makes a new one
// under the same ID.
type Table struct {
	ID         uint32
	Schema     uint32 // id of the schema that it is in
	Name       string
	Columns    []Column // in order
	PrimaryKey []uint32 // column ids; nil for none
	PrimaryIdx string   // name of the primary key's constraint, "" for none
	Indexes    []Index  // secondary ones
	Version    uint32   // 1, 2, 3, … within the table
	CreatedCSN uint64   // commit that created the table
	NextColumn uint32   // id of the next column added
	NextIndex  uint32   // id of the next index

	Kind        RelationKind
	Query       string       // of a view, materialized or not: its canonical text
	Depends     []Dependency // of a view: what it reads
	CheckOption CheckOption  // of a view
	Unpopulated bool         // a materialized view that holds no rows yet, and may not be read
	Sequence    *SequenceDef // of a sequence
	Labels      []string     // of an enumeration, in order
	Checks      []Check
	ForeignKeys []ForeignKey
	// ReferencedBy are the tables with a foreign key to this one, ascending. It is part of the
	// definition so that a new key meets a concurrent change of the rows it refers to.
	ReferencedBy []uint32
	Comments     []Comment

	keys []tableKey // set once by seal, before the table is shared
}

// tableKey is an index with the positions of its columns.
type tableKey struct {
	Index
	pos []int
}

// seal works out what is asked for often. Nothing changes the definition afterwards, but for
// CreatedCSN when the table's commit is ordered.
func (t *Table) seal() *Table {
	t.keys = nil
	for _, x := range t.Keys() {
		t.keys = append(t.keys, tableKey{x, positions(t, x.Columns)})
	}
	return t
}

// unique calls fn with the unique indexes and the positions of their columns until it fails.
func (t *Table) unique(fn func(x *Index, pos []int) error) error {
	for i := range t.keys {
		if !t.keys[i].Unique {
			continue
		}
		if err := fn(&t.keys[i].Index, t.keys[i].pos); err != nil {
			return err
		}
	}
	return nil
}

// Column is a column of a table. Column ids are unique within a table and never reused.
type Column struct {
	ID          uint32
	Name        string
	Type        types.Type
	TypeVersion uint32 // counts the changes of Type; 1 at first
	NotNull     bool
	Default     string      // canonical SQL, "" for none
	Missing     types.Value // what rows written before ADD COLUMN read as
	Domain      uint32      // id of the domain that the column is of, whose type Type is; 0 for none
	Undeclared  bool        // came from a document, not from DDL
	Identity    Identity
	Generated   string // canonical SQL of GENERATED ALWAYS AS … STORED, "" for none
	// Key is what a key of an index is computed of, as messages show it, "" for other columns. The column is the index's
	// alone: Generated computes it, statements do not see it, and it goes with the index.
	Key string
}

// Hidden reports whether the column is that of an index alone; see Key.
func (c *Column) Hidden() bool { return c.Key != "" }

// KeyPrefix begins the names of hidden columns: no statement can write it.
const KeyPrefix = "\x00"

// KeyColumn is the name of a hidden column with an id.
func KeyColumn(id uint32) string { return KeyPrefix + "key " + itoa(uint64(id)) }

// Shown are the columns that statements see, in order.
func (t *Table) Shown() []Column {
	if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Hidden() }) {
		return t.Columns
	}
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column) bool { return c.Hidden() })
}

// dropUnusedKeys removes the hidden columns of indexes that are gone.
func (t *Table) dropUnusedKeys() {
	t.Columns = slices.DeleteFunc(t.Columns, func(c Column) bool {
		return c.Hidden() && !slices.ContainsFunc(t.Indexes, func(x Index) bool { return slices.Contains(x.Columns, c.ID) })
	})
}

// Index is a secondary index. Its entries cover all row versions, so it serves the past too.
type Index struct {
	ID      uint32 // unique within the table; 0 is the primary key's
	Name    string
	Columns []uint32 // column ids
	Unique  bool
	// Constraint is set for the index of a PRIMARY KEY or UNIQUE constraint, which goes with
	// DROP CONSTRAINT and not with DROP INDEX.
	Constraint bool
}

// Column returns the column with an id.
func (t *Table) Column(id uint32) (*Column, bool) {
	for i := range t.Columns {
		if t.Columns[i].ID == id {
			return &t.Columns[i], true
		}
	}
	return nil, false
}

// ColumnByName returns the column with a name.
func (t *Table) ColumnByName(name string) (*Column, bool) {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i], true
		}
	}
	return nil, false
}

// ColumnIDs returns the ids of all columns, in order.
func (t *Table) ColumnIDs() []uint32 {
	ids := make([]uint32, len(t.Columns))
	for i := range t.Columns {
		ids[i] = t.Columns[i].ID
	}
	return ids
}

// Keys returns all indexes of the table, the primary key first as index 0.
func (t *Table) Keys() []Index {
	all := make([]Index, 0, len(t.Indexes)+1)
	if len(t.PrimaryKey) > 0 {
		all = append(all, Index{ID: 0, Name: t.PrimaryIdx, Columns: t.PrimaryKey, Unique: true, Constraint: true})
	}
	return append(all, t.Indexes...)
}

// clone returns a copy whose slices may be changed.
func (t *Table) clone() *Table {
	c := *t
	c.keys = nil
	c.Columns = append([]Column(nil), t.Columns...)
	c.Indexes = append([]Index(nil), t.Indexes...)
	c.Checks = append([]Check(nil), t.Checks...)
	c.ForeignKeys = append([]ForeignKey(nil), t.ForeignKeys...)
	c.ReferencedBy = append([]uint32(nil), t.ReferencedBy...)
	c.Comments = append([]Comment(nil), t.Comments...)
	if t.Sequence != nil {
		s := *t.Sequence
		c.Sequence = &s
	}
	return &c
}
