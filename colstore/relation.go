package colstore

import "driftdb/internal/types"

// RelationKind says what a Table of the catalog is. Tables, views, sequences and enumerations
// share one space of names in a schema; schemas have one of their own. All share one numbering.
type RelationKind uint8

// The kinds of relations.
const (
	KindTable RelationKind = iota
	KindView
	KindSequence
	KindEnum   // a type; it is no relation in SQL
	KindSchema // what the others are in
	KindDomain // a type, as KindEnum
)

// IsType reports whether what has the kind is a type, and no relation.
func (k RelationKind) IsType() bool { return k == KindEnum || k == KindDomain }

// String is how SQL calls the kind.
func (k RelationKind) String() string {
	return [...]string{KindTable: "TABLE", KindView: "VIEW", KindSequence: "SEQUENCE", KindEnum: "TYPE", KindSchema: "SCHEMA", KindDomain: "DOMAIN"}[k]
}

// CheckOption says which conditions a row written through a view must meet.
type CheckOption uint8

// The check options of views.
const (
	NoCheckOption CheckOption = iota
	CheckLocal                // its own
	CheckCascaded             // its own, and those of the views that it reads
)

// Materialized reports whether a table is a materialized view: the rows of its Query, as of the
// last time that it was refreshed.
func (t *Table) Materialized() bool { return t.Kind == KindTable && t.Query != "" }

// KindName is how SQL calls what the table is.
func (t *Table) KindName() string {
	if t.Materialized() {
		return "MATERIALIZED VIEW"
	}
	return t.Kind.String()
}

// Check is a CHECK constraint: a condition over the columns of one row.
type Check struct {
	Name    string
	SQL     string   // canonical text of the condition
	Columns []uint32 // ids of the columns that it reads, ascending
	// NotValid says that rows written before the constraint were not looked at.
	NotValid bool
}

// RefAction is what a foreign key does when the row that it refers to goes or changes.
type RefAction uint8

// The actions of a foreign key.
const (
	NoAction RefAction = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

// ForeignKey is a constraint of the referencing table.
type ForeignKey struct {
	Name       string
	Columns    []uint32 // of the referencing table
	Table      uint32   // id of the table referred to
	RefColumns []uint32 // of that table: the columns of one of its unique keys
	OnDelete   RefAction
	OnUpdate   RefAction

	NotValid   bool // rows written before the constraint were not looked at
	MatchFull  bool // all columns are NULL, or none
	Deferrable bool // SET CONSTRAINTS may put the check off until the commit
	Deferred   bool // and it is put off at first
}

// Dependency is what a view reads: a relation and columns of it, ascending.
type Dependency struct {
	Table   uint32
	Columns []uint32
}

// SequenceDef is the definition of a sequence.
type SequenceDef struct {
	Type        types.Type // SMALLINT, INTEGER or BIGINT
	Increment   int64
	Min, Max    int64
	Start       int64
	Cache       int64
	Cycle       bool
	OwnerTable  uint32 // the column that it is dropped with; 0 for none
	OwnerColumn uint32
}

// Identity says how an identity column takes its values.
type Identity uint8

// The kinds of identity columns.
const (
	NoIdentity Identity = iota
	IdentityAlways
	IdentityByDefault
)

// Comment is what COMMENT ON says of a relation or of something in it.
type Comment struct {
	Column     uint32 // id of a column, 0 for none
	Constraint string // name of a constraint or index, "" for none
	Text       string
}

// Comment returns the comment on a relation, on its column with an id, or on a constraint.
func (t *Table) Comment(column uint32, constraint string) string {
	for _, c := range t.Comments {
		if c.Column == column && c.Constraint == constraint {
			return c.Text
		}
	}
	return ""
}

// ConstraintNames returns the names that constraints of the table have.
func (t *Table) ConstraintNames() []string {
	var names []string
	for _, x := range t.Keys() {
		if x.Constraint {
			names = append(names, x.Name)
		}
	}
	for _, c := range t.Checks {
		names = append(names, c.Name)
	}
	for _, f := range t.ForeignKeys {
		names = append(names, f.Name)
	}
	return names
}
