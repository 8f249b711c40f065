package parse

// Isolation is the isolation level of a transaction.
type Isolation uint8

// The isolation levels. READ UNCOMMITTED means READ COMMITTED, as in PostgreSQL,
// and is kept apart only to be shown.
const (
	IsolationDefault Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
)

// Tri is a switch that may have been left alone.
type Tri uint8

// The values of Tri.
const (
	Unset Tri = iota
	Yes
	No
)

// TxModes are the modes of BEGIN and SET TRANSACTION.
type TxModes struct {
	Isolation  Isolation
	ReadOnly   Tri
	Deferrable Tri
}

// Begin is BEGIN or START TRANSACTION.
type Begin struct {
	Pos
	Modes TxModes
}

// Commit is COMMIT or END.
type Commit struct {
	Pos
	Chain bool
}

// Rollback is ROLLBACK or ABORT.
type Rollback struct {
	Pos
	Chain bool
}

// Savepoint is SAVEPOINT name.
type Savepoint struct {
	Pos
	Name Ident
}

// Release is RELEASE [SAVEPOINT] name.
type Release struct {
	Pos
	Name Ident
}

// RollbackTo is ROLLBACK TO [SAVEPOINT] name.
type RollbackTo struct {
	Pos
	Name Ident
}

// SetTransaction is SET TRANSACTION, or SET SESSION CHARACTERISTICS AS
// TRANSACTION when Session is set.
type SetTransaction struct {
	Pos
	Session bool
	Modes   TxModes
}

// Set is SET [LOCAL] name TO value, …. The value is DEFAULT when Values is
// empty. SET TIME ZONE sets timezone; SET NAMES client_encoding; SET SCHEMA
// search_path. A bare word is a LitString literal.
type Set struct {
	Pos
	Local   bool
	Name    string // lower case; a custom setting has a dot
	NamePos Pos
	Values  []Expr
}

// SetVariable is DuckDB's SET VARIABLE name = x.
type SetVariable struct {
	Pos
	Name string
	X    Expr
}

// ResetVariable is RESET VARIABLE name.
type ResetVariable struct {
	Pos
	Name string
}

// Reset is RESET name; RESET ALL has All set.
type Reset struct {
	Pos
	All  bool
	Name string
}

// Show is SHOW name; SHOW ALL has All set. SHOW TABLES is name "tables",
// SHOW TIME ZONE "timezone", SHOW TRANSACTION ISOLATION LEVEL
// "transaction_isolation".
type Show struct {
	Pos
	All  bool
	Name string
}

// Explain is EXPLAIN [ANALYZE] [VERBOSE] or EXPLAIN (options). The two words
// stand in Options too, in order, without values.
type Explain struct {
	Pos
	Options []Option
	Stmt    Stmt
}

// MaintenanceTarget is a table, and some columns of it, of VACUUM or ANALYZE.
type MaintenanceTarget struct {
	Pos
	Table   Name
	Columns []Ident
}

// Analyze is ANALYZE; no targets means every table.
type Analyze struct {
	Pos
	Options []Option
	Targets []MaintenanceTarget
}

// Vacuum is VACUUM; no targets means every table. The bare words FULL, FREEZE,
// VERBOSE and ANALYZE are options without values.
type Vacuum struct {
	Pos
	Options []Option
	Targets []MaintenanceTarget
}

// Checkpoint is CHECKPOINT [TABLE t, …]; no tables means all.
type Checkpoint struct {
	Pos
	Tables []Name
}

// Prepare is PREPARE name [(types)] AS statement.
type Prepare struct {
	Pos
	Name  Ident
	Types []*TypeName
	Stmt  Stmt
}

// Execute is EXECUTE name [(values)].
type Execute struct {
	Pos
	Name Ident
	Args []Expr
}

// Deallocate is DEALLOCATE [PREPARE] name; All is DEALLOCATE ALL.
type Deallocate struct {
	Pos
	Name Ident
	All  bool
}

// SetConstraints is SET CONSTRAINTS; no Names are ALL.
type SetConstraints struct {
	Pos
	Names    []Name
	Deferred bool
}

// Discard is DISCARD ALL, PLANS, SEQUENCES or TEMP; What is in lower case.
type Discard struct {
	Pos
	What string
}

func (*Begin) stmt()          {}
func (*Commit) stmt()         {}
func (*Rollback) stmt()       {}
func (*Savepoint) stmt()      {}
func (*Release) stmt()        {}
func (*RollbackTo) stmt()     {}
func (*SetTransaction) stmt() {}
func (*SetConstraints) stmt() {}
func (*Set) stmt()            {}
func (*Reset) stmt()          {}
func (*SetVariable) stmt()    {}
func (*ResetVariable) stmt()  {}
func (*Show) stmt()           {}
func (*Explain) stmt()        {}
func (*Analyze) stmt()        {}
func (*Vacuum) stmt()         {}
func (*Checkpoint) stmt()     {}
func (*Prepare) stmt()        {}
func (*Execute) stmt()        {}
func (*Deallocate) stmt()     {}
func (*Discard) stmt()        {}
