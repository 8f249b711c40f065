package parse

// ConstraintKind says what a Constraint demands or sets.
type ConstraintKind uint8

// The kinds of constraints. The first group stands at columns and tables, the
// second only at columns.
const (
	ConstraintCheck ConstraintKind = iota
	ConstraintUnique
	ConstraintPrimaryKey
	ConstraintForeignKey
	ConstraintIndex // INDEX: a plain secondary index made with the table

	ConstraintNotNull
	ConstraintNull
	ConstraintDefault
	ConstraintGenerated // GENERATED ALWAYS AS (expr) STORED
	ConstraintIdentity  // GENERATED … AS IDENTITY
	ConstraintSerial    // never written: what a serial type stands for
)

// Constraint is a column or table constraint. At a column Columns is nil.
type Constraint struct {
	Pos
	Kind             ConstraintKind
	Name             string // of CONSTRAINT name, or ""
	Columns          []Ident
	Expr             Expr // of CHECK, DEFAULT, GENERATED
	Ref              *Reference
	Include          []Ident
	NullsNotDistinct bool
	NoInherit        bool
	NotValid         bool
	Always           bool             // identity: ALWAYS, not BY DEFAULT
	Sequence         *SequenceOptions // identity
	// Deferrable and Deferred are DEFERRABLE and INITIALLY DEFERRED.
	Deferrable, Deferred bool
}

// RefAction is what a foreign key does when the referenced row goes or changes.
type RefAction uint8

// The actions of a foreign key.
const (
	NoAction RefAction = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

// Reference is REFERENCES table [(columns)] with its actions.
type Reference struct {
	Pos
	Table              Name
	Columns            []Ident
	Match              string // "", "full", "partial" or "simple"
	OnDelete, OnUpdate RefAction
}

// ColumnDef is one column of CREATE TABLE or ADD COLUMN.
type ColumnDef struct {
	Pos
	Name        string
	Type        *TypeName
	Collation   *Name
	Constraints []*Constraint
}

// TableLike is LIKE table [INCLUDING|EXCLUDING what]….
type TableLike struct {
	Pos
	Table     Name
	Including []string // lower case; "all" among them
	Excluding []string
}

// CreateTable is CREATE TABLE. With AS, Query is set, Columns is nil and
// AsColumns may name the result.
type CreateTable struct {
	Pos
	OrReplace   bool // DuckDB's: the table of that name is dropped before
	Temp        bool
	Unlogged    bool
	IfNotExists bool
	Name        Name
	Columns     []*ColumnDef
	Constraints []*Constraint
	Likes       []TableLike
	Options     []Option // WITH (…)
	OnCommit    string   // "", "drop", "delete rows" or "preserve rows"
	Query       *Query
	AsColumns   []Ident
	NoData      bool
}

// ObjectKind says what a DROP or ALTER names.
type ObjectKind uint8

// The kinds of catalog objects.
const (
	ObjectTable ObjectKind = iota
	ObjectView
	ObjectMaterializedView
	ObjectIndex
	ObjectSequence
	ObjectType
	ObjectDomain
	ObjectSchema
)

// AlterKind says what an AlterAction does.
type AlterKind uint8

// The actions of ALTER TABLE.
const (
	AddColumn AlterKind = iota
	DropColumn
	RenameColumn
	RenameObject
	RenameConstraint
	AlterColumnType
	AlterSetDefault
	AlterDropDefault
	AlterSetNotNull
	AlterDropNotNull
	AddConstraint
	DropConstraint
	ValidateConstraint
	SetSchema
	SetOwner
	AlterAddIdentity // ADD GENERATED … AS IDENTITY
	AlterSetIdentity // SET GENERATED …, SET option, RESTART
	AlterDropIdentity
	AlterDropExpression
)

// AlterAction is one action of ALTER TABLE. Which fields are set follows from
// Kind.
type AlterAction struct {
	Pos
	Kind       AlterKind
	IfExists   bool // DROP … IF EXISTS
	IfNotExist bool // ADD COLUMN IF NOT EXISTS
	Cascade    bool
	Column     *ColumnDef // AddColumn
	Name       Ident      // the column or constraint concerned
	NewName    Ident      // of RENAME … TO, SET SCHEMA, OWNER TO
	IsUser     bool       // NewName is CURRENT_USER or another word for the user
	Type       *TypeName
	Collation  *Name
	Using      Expr // AlterColumnType
	Default    Expr // AlterSetDefault
	Constraint *Constraint
	Generated  string          // of AlterSetIdentity: "always", "by default" or "" for none
	Sequence   SequenceOptions // of AlterSetIdentity
}

// AlterTable is ALTER TABLE, and the forms ALTER VIEW, INDEX and SEQUENCE share
// with it (Object says which).
type AlterTable struct {
	Pos
	Object   ObjectKind
	IfExists bool
	Only     bool
	Name     Name
	Actions  []AlterAction
}

// IndexItem is one key of an index: a *ColumnRef with one name, or an expression.
type IndexItem struct {
	Pos
	Expr      Expr
	Collation *Name
	OpClass   *Name
	Desc      bool
	Nulls     NullsOrder
}

// CreateIndex is CREATE [UNIQUE] INDEX. Name is "" where none was given.
type CreateIndex struct {
	Pos
	Unique           bool
	Concurrently     bool
	IfNotExists      bool
	Name             string
	Table            Name
	Method           string // of USING, or ""
	Items            []IndexItem
	Include          []Ident
	NullsNotDistinct bool
	Options          []Option
	Where            Expr
}

// Drop is DROP TABLE, VIEW, INDEX, SEQUENCE, TYPE or SCHEMA.
type Drop struct {
	Pos
	Object       ObjectKind
	Concurrently bool
	IfExists     bool
	Names        []Name
	Cascade      bool
}

// CreateView is CREATE [OR REPLACE] [MATERIALIZED] VIEW.
type CreateView struct {
	Pos
	OrReplace    bool
	Temp         bool
	Recursive    bool
	Materialized bool
	IfNotExists  bool
	Name         Name
	Columns      []Ident
	Options      []Option
	Query        *Query
	CheckOption  string // "", "local" or "cascaded"
	NoData       bool
}

// RefreshView is REFRESH MATERIALIZED VIEW.
type RefreshView struct {
	Pos
	Concurrently bool
	Name         Name
	NoData       bool
}

// SequenceOptions are the options of a sequence; nil and zero fields were not
// given.
type SequenceOptions struct {
	Pos
	Type                   *TypeName
	Increment, Start       Expr
	MinValue, MaxValue     Expr
	NoMinValue, NoMaxValue bool
	Cache                  Expr
	Cycle, NoCycle         bool
	OwnedBy                *Name // Parts {"none"} for OWNED BY NONE
	Name                   *Name // SEQUENCE NAME of an identity column
	Restart                bool
	RestartWith            Expr
}

// CreateSequence is CREATE SEQUENCE.
type CreateSequence struct {
	Pos
	Temp        bool
	IfNotExists bool
	Name        Name
	Options     SequenceOptions
}

// AlterSequence is ALTER SEQUENCE with options.
type AlterSequence struct {
	Pos
	IfExists bool
	Name     Name
	Options  SequenceOptions
}

// CreateEnum is CREATE TYPE name AS ENUM (…).
type CreateEnum struct {
	Pos
	Name   Name
	Labels []Ident
}

// CreateDomain is CREATE DOMAIN name AS type with constraints: NOT NULL, NULL, DEFAULT and CHECK.
type CreateDomain struct {
	Pos
	Name        Name
	Type        *TypeName
	Collation   *Name
	Constraints []*Constraint
}

// AlterEnum is ALTER TYPE name ADD VALUE label [BEFORE|AFTER other], or RENAME
// VALUE label TO NewLabel when Rename is set.
type AlterEnum struct {
	Pos
	Name          Name
	IfNotExists   bool
	Label         string
	Before, After string
	HasPlace      bool // BEFORE or AFTER was given
	Rename        bool
	NewLabel      string
}

// CreateSchema is CREATE SCHEMA [IF NOT EXISTS] [name] [AUTHORIZATION owner] with the statements in it.
// It has a name, an owner or both.
type CreateSchema struct {
	Pos
	IfNotExists bool
	Name        Ident
	Owner       Ident
	OwnerIsUser bool   // the owner is CURRENT_USER or another word for the user
	Elements    []Stmt // CREATE TABLE, VIEW, INDEX and SEQUENCE
}

func (*CreateTable) stmt()    {}
func (*AlterTable) stmt()     {}
func (*CreateIndex) stmt()    {}
func (*Drop) stmt()           {}
func (*CreateView) stmt()     {}
func (*RefreshView) stmt()    {}
func (*CreateSequence) stmt() {}
func (*AlterSequence) stmt()  {}
func (*CreateEnum) stmt()     {}
func (*CreateDomain) stmt()   {}
func (*AlterEnum) stmt()      {}
func (*CreateSchema) stmt()   {}
