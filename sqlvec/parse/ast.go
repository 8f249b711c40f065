package parse

// Pos is the 1-based byte position of a token in the SQL text handed to the
// parser, 0 when a node was made by a rewrite and stands nowhere. It has the
// meaning of dberr.Error.Pos, so errors are placed with At(int(node.Position())).
type Pos int

// Position returns p itself. Nodes embed a Pos and get this method from it.
func (p Pos) Position() Pos { return p }

// Node is any part of the tree. A tree is never changed after the parser has
// returned it, so it may be shared by goroutines.
type Node interface {
	// Position is where the node's first token stands; for an operator, where
	// the operator itself stands, which is what PostgreSQL points at.
	Position() Pos
}

// Stmt is one SQL statement.
type Stmt interface {
	Node
	stmt()
}

// Expr is a value expression.
type Expr interface {
	Node
	expr()
}

// TableExpr is an item of a FROM list.
type TableExpr interface {
	Node
	tableExpr()
}

// QueryBody is what WITH, ORDER BY and LIMIT wrap: *Select, *SetOp, *Values, or
// a parenthesised *Query.
type QueryBody interface {
	Node
	queryBody()
}

// Statement is a statement and the half-open byte range sql[Start:End] it was
// parsed from, without the semicolon and the blanks around it.
type Statement struct {
	Stmt       Stmt
	Start, End int
	Warnings   []string // of what was read otherwise than it is written
}

// Ident is one name after folding, or as it stands between double quotes.
type Ident struct {
	Pos
	Name string
}

// Name is a possibly qualified name of an object: Parts holds one to three
// names, outermost first (catalog, schema, object).
type Name struct {
	Pos
	Parts []string
}

// Last returns the unqualified name.
func (n Name) Last() string {
	if len(n.Parts) == 0 {
		return ""
	}
	return n.Parts[len(n.Parts)-1]
}

// Schema returns the qualifier before the last name, or "".
func (n Name) Schema() string {
	if len(n.Parts) < 2 {
		return ""
	}
	return n.Parts[len(n.Parts)-2]
}

// TypeName is a type as written. Names that are part of the grammar are given
// PostgreSQL's internal name (int becomes int4, double precision float8,
// boolean bool, char bpchar, timestamp with time zone timestamptz); every other
// name stands as written, folded.
type TypeName struct {
	Pos
	Name Name
	// Mods are the numbers in parentheses: length, or precision and scale.
	// CHAR without a length has Mods {1}.
	Mods []int
	// Fields restricts an interval: "", "year", "day to second", …, in lower case.
	Fields string
	// Dims has an element per array dimension: its declared size, or -1.
	Dims []int
	// Setof is set for SETOF type, which only functions can have.
	Setof bool
}

// Option is one name and value of a parenthesised or WITH option list. Value is
// nil where only the name was given.
type Option struct {
	Pos
	Name  string
	Value Expr
}

// SystemTimeKind says which form of the temporal clause was written.
type SystemTimeKind uint8

// The forms of FOR SYSTEM_TIME.
const (
	SystemTimeAsOf    SystemTimeKind = iota // AS OF From
	SystemTimeBetween                       // BETWEEN From AND To, both ends in
	SystemTimeFromTo                        // FROM From TO To, the end out
	SystemTimeAll                           // ALL
)

// SystemTime is a FOR SYSTEM_TIME clause, or its short form AS OF. From and To
// are a *PointLit or any expression; To is nil for AS OF, both are for ALL.
type SystemTime struct {
	Pos
	Kind     SystemTimeKind
	From, To Expr
}

// NullsOrder says where NULLs sort.
type NullsOrder uint8

// NULLs sort last when ascending and first when descending, unless told.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// OrderItem is one key of an ORDER BY list.
type OrderItem struct {
	Pos
	Expr  Expr
	Desc  bool
	Nulls NullsOrder
	Using string // the operator of USING, or ""
}
