package parse

// Query is a whole query: a body with what may stand around it.
type Query struct {
	Pos
	With    *With
	Body    QueryBody
	OrderBy []OrderItem
	// Limit is nil where there is none; LIMIT ALL is a LitNull literal.
	// FETCH FIRST n ROWS is Limit n (1 when n is left out).
	Limit    Expr
	Offset   Expr
	WithTies bool // FETCH … WITH TIES
	Percent  bool // DuckDB's LIMIT n%: Limit is a part of the rows in hundredths
	Locks    []Lock
	// SystemTime is the trailing temporal clause: the default for every table
	// below that has none of its own. At the end of a set operation it belongs to
	// the whole, as ORDER BY does; after an earlier operand, that operand is a
	// *Query that holds it.
	SystemTime *SystemTime
}

// With is a WITH clause.
type With struct {
	Pos
	Recursive bool
	CTEs      []*CTE
}

// Materialize is the hint of a CTE.
type Materialize uint8

// The hints of a CTE.
const (
	MaterializeDefault Materialize = iota
	MaterializeAlways
	MaterializeNever
)

// CTE is one named query of a WITH clause. Stmt is a *Query, *Insert, *Update or
// *Delete.
type CTE struct {
	Pos
	Name        Ident
	Columns     []Ident
	Materialize Materialize
	Stmt        Stmt
	Search      *Search // or nil
	Cycle       *Cycle  // or nil
}

// Search is SEARCH DEPTH|BREADTH FIRST BY By SET Set of a recursive query: a column to sort by.
type Search struct {
	Pos
	Breadth bool
	By      []Ident
	Set     Ident
}

// Cycle is CYCLE Columns SET Mark [TO Value DEFAULT Default] USING Path of a recursive query: rows that
// the path to them has already are marked, and not gone on from. Value and Default are true and
// false where they were left out.
type Cycle struct {
	Pos
	Columns        []Ident
	Mark           Ident
	Value, Default Expr
	Path           Ident
}

// Select is one SELECT up to HAVING and WINDOW.
type Select struct {
	Pos
	Distinct   bool
	DistinctOn []Expr // DISTINCT ON (…); Distinct is set too
	Items      []SelectItem
	From       []TableExpr // comma-separated; cross joined
	Where      Expr
	GroupBy    *GroupBy
	Having     Expr
	Windows    []NamedWindow
	Qualify    Expr
}

// SelectItem is one output of a SELECT or RETURNING list. Expr may be a *Star.
// Alias is "" where none was given; AliasPos is then 0.
type SelectItem struct {
	Pos
	Expr     Expr
	Alias    string
	AliasPos Pos
}

// GroupBy is a GROUP BY clause. All is GROUP BY ALL of DuckDB: group by every
// item of the list without an aggregate; Items is then empty. Distinct removes
// duplicate grouping sets.
type GroupBy struct {
	Pos
	All      bool
	Distinct bool
	Items    []Expr
}

// SetOpKind says which set operation a SetOp is.
type SetOpKind uint8

// The set operations.
const (
	Union SetOpKind = iota
	Intersect
	Except
)

// SetOp is L UNION|INTERSECT|EXCEPT [ALL] R. ByName is DuckDB's UNION [ALL] BY NAME: columns of one
// name belong together, and those that one side lacks are NULL there.
type SetOp struct {
	Pos
	Kind   SetOpKind
	All    bool
	ByName bool
	L, R   QueryBody
}

// Values is VALUES (…), (…). All rows have the same number of values. An item
// may be a *DefaultExpr where the query is the source of an INSERT.
type Values struct {
	Pos
	Rows [][]Expr
}

// LockStrength is the strength of FOR UPDATE and its kin.
type LockStrength uint8

// The strengths of row locks, weakest first.
const (
	LockKeyShare LockStrength = iota
	LockShare
	LockNoKeyUpdate
	LockUpdate
)

// LockWait is what a lock does where the row is taken.
type LockWait uint8

// The waits of row locks.
const (
	LockBlock LockWait = iota
	LockNoWait
	LockSkip
)

// Lock is one FOR UPDATE|SHARE [OF t, …] [NOWAIT|SKIP LOCKED].
type Lock struct {
	Pos
	Strength LockStrength
	Of       []Name
	Wait     LockWait
}

// Alias is [AS] name [(column, …)]. Name is "" for the form AS (column type, …)
// of a function. Types has an element per column in that form and is nil
// otherwise.
type Alias struct {
	Pos
	Name    string
	Columns []Ident
	Types   []*TypeName
}

// TableRef is a table, view or CTE by name.
type TableRef struct {
	Pos
	Name       Name
	Only       bool
	Alias      *Alias // or nil
	SystemTime *SystemTime
	Sample     *Sample
}

// Sample is TABLESAMPLE method (args) [REPEATABLE (seed)]. With Rows set the method is
// reservoir and the size a number of rows, else it is a percentage.
type Sample struct {
	Pos
	Method     string
	Args       []Expr
	Rows       bool
	Repeatable Expr
}

// FileRef is FROM 'path': a file read as a table.
type FileRef struct {
	Pos
	Path  string
	Alias *Alias
}

// SourceRef is rows that a statement brings along, as COPY FROM does. The parser never makes one;
// the binder knows what Source is.
type SourceRef struct {
	Pos
	Name   string
	Source any
}

// SubqueryRef is a derived table. Alias is nil where none was given.
type SubqueryRef struct {
	Pos
	Lateral bool
	Query   *Query
	Alias   *Alias
	// SystemTime is the default for the tables inside.
	SystemTime *SystemTime
	// OneColumn is set where the query stands for a value, as in ARRAY(query).
	OneColumn bool
}

// FuncRef is a function as a table: one call, or several of ROWS FROM (…).
type FuncRef struct {
	Pos
	Lateral    bool
	Calls      []*FuncCall
	RowsFrom   bool
	Defs       []*Alias // of ROWS FROM (f(…) AS (column type, …)): one of each call, or nil; nil for none
	Ordinality bool
	Alias      *Alias
}

// JoinKind says which rows without a partner a join keeps.
type JoinKind uint8

// The kinds of joins.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
	SemiJoin // DuckDB's: left rows that have a partner, once
	AntiJoin // left rows that have none
)

// Join is L JOIN R. At most one of On, Using and Natural is set; none is for a
// cross join.
type Join struct {
	Pos        // of the word JOIN or the first word before it
	Kind       JoinKind
	Asof       bool // ASOF JOIN: the nearest row at or before
	Positional bool // POSITIONAL JOIN of DuckDB: rows of the same place; Kind is FullJoin
	Natural    bool
	L, R       TableExpr
	On         Expr
	Using      []Ident
	UsingAlias string // of USING (…) AS alias
	Alias      *Alias // of (a JOIN b …) AS alias
}

// WindowDef is a window: OVER name when Bare is set, else the definition in
// parentheses, which may start from the named window Ref.
type WindowDef struct {
	Pos
	Ref         string
	Bare        bool
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame // nil where none was given
}

// NamedWindow is one definition of a WINDOW clause.
type NamedWindow struct {
	Name Ident
	Def  *WindowDef
}

// FrameMode is the unit of a frame.
type FrameMode uint8

// The units of a frame.
const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// BoundKind is one end of a frame, in the order in which ends may follow.
type BoundKind uint8

// The ends of a frame.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Bound is one end of a frame; Offset is set for Preceding and Following.
type Bound struct {
	Pos
	Kind   BoundKind
	Offset Expr
}

// FrameExclude is the EXCLUDE of a frame.
type FrameExclude uint8

// What a frame leaves out.
const (
	ExcludeNothing FrameExclude = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is ROWS|RANGE|GROUPS BETWEEN Start AND End [EXCLUDE …]. The short form
// with one bound has End CURRENT ROW.
type Frame struct {
	Pos
	Mode       FrameMode
	Start, End Bound
	Exclude    FrameExclude
}

func (*Query) stmt()            {}
func (*Query) queryBody()       {}
func (*Select) queryBody()      {}
func (*SetOp) queryBody()       {}
func (*Values) queryBody()      {}
func (*TableRef) tableExpr()    {}
func (*FileRef) tableExpr()     {}
func (*SourceRef) tableExpr()   {}
func (*SubqueryRef) tableExpr() {}
func (*FuncRef) tableExpr()     {}
func (*Join) tableExpr()        {}
