package plan

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// Column is one output column of an operator.
type Column struct {
	ID   int // unique in the statement; see the package comment
	Name string
	Type types.Type
}

// Estimate is what the optimizer expects of an operator. Costs are in PostgreSQL's
// unit: one is about one sequential page read. The zero value means not estimated.
type Estimate struct {
	Rows    float64
	Startup float64 // cost until the first row
	Total   float64 // cost until the last row
	Width   int     // average bytes of a row
}

// Estimated returns e, so that an operator that embeds an Estimate has the method.
func (e *Estimate) Estimated() *Estimate { return e }

// Node is an operator with its inputs below it.
type Node interface {
	// Columns are the columns of the operator's output, in order. The slice is the
	// operator's and must not be changed.
	Columns() []Column
	// Children are the inputs, left to right.
	Children() []Node
	Estimated() *Estimate
}

// Source is one table at one point, as a Scan reads it. The session makes it from a
// colstore view; tests make it from memory. A Source may be opened several times.
type Source interface {
	// Open starts a scan. The rows stay valid until they are closed.
	Open(ctx context.Context, spec colstore.ScanSpec) (Rows, error)
}

// Rows is an open scan: numbered row groups, any of which may be loaded from any
// worker at any time. *colstore.Scan is one.
type Rows interface {
	Groups() int
	// GroupRows returns the rows of group i, 0 when nothing in it can match.
	GroupRows(i int) int
	// Load fills g with group i. Columns are in the order of ScanSpec.Columns. The
	// memory is valid until Close.
	Load(i int, g *colstore.Group) error
	Close()
}

// Bounded is Rows that may know between what values those of a column lie.
type Bounded interface {
	// GroupBounds returns bounds of the values of column c of ScanSpec.Columns in group i, and whether there are
	// NULLs among them. ok is false where the bounds are not known.
	GroupBounds(i, c int) (lo, hi types.Value, nulls, ok bool)
}

// Streamer is Rows whose groups come in pieces, because they are of any size or their size is
// not known. Load is then not called.
type Streamer interface {
	// Stream calls fn with the rows of group i, piece after piece. A piece is valid until fn
	// returns. An error of fn ends the stream and is returned as it is.
	Stream(i int, fn func(*colstore.Group) error) error
}

// Scan reads a table.
type Scan struct {
	Estimate
	Table  *colstore.Table
	Alias  string // as the statement calls it; for EXPLAIN
	Source Source
	Spec   colstore.ScanSpec // Spec.Columns[i] is Out[i]; Spec.Filters are hints (P3)
	Out    []Column
	// Predicate is over Out, nil for none.
	Predicate expr.Expr
	// Point says in words what the scan sees, "" for the present; for EXPLAIN.
	Point string
}

// Values makes rows of expressions, which see no columns. No columns and one row is
// the input of a SELECT without FROM.
type Values struct {
	Estimate
	Rows [][]expr.Expr
	Out  []Column
}

// GenerateSeries makes the rows from Start to Stop by Step, all of one type (INTEGER,
// BIGINT, NUMERIC or TIMESTAMP[TZ] with an INTERVAL step). Nil Step is 1. The
// expressions see no columns. A NULL argument makes no rows; a zero step is an error.
type GenerateSeries struct {
	Estimate
	Start, Stop, Step expr.Expr
	Out               []Column // one column
	Elements                   // when it has arrays, they are what makes the rows
}

// Elements are arrays whose elements are rows, all arrays side by side: a shorter one
// ends in NULLs. A NULL has no elements. Every array makes one column, of the type of its
// elements or, where these are stored forms of arrays, of those; Ordinality adds a
// BIGINT that counts the rows. A row (start, stop [, step]) in the place of an array stands
// for the series, which is not stored; it has no Ordinality beside it.
type Elements struct {
	Arrays     []expr.Expr
	Ordinality bool
}

// CTE is a query of a WITH clause that is computed once and read by several CTEScans.
type CTE struct {
	Name   string
	Plan   Node
	Uses   int  // how many CTEScans read it
	Always bool // computed once and in full: MATERIALIZED was written, or it has volatile functions

	Recursion *Recursion // nil: Plan is all
}

// CTEScan reads the rows of a CTE. Out has the columns of CTE.Plan, in order, under
// IDs of its own.
type CTEScan struct {
	Estimate
	CTE *CTE
	Out []Column
}

// Filter keeps the rows for which Predicate is true.
type Filter struct {
	Estimate
	Input     Node
	Predicate expr.Expr
}

// Project computes Exprs[i] as Out[i].
type Project struct {
	Estimate
	Input Node
	Exprs []expr.Expr
	Out   []Column
}

// AggCall is one aggregate of an Aggregate.
type AggCall struct {
	Agg      *expr.Aggregate
	Args     []expr.Expr // empty for count(*)
	Distinct bool
	Filter   expr.Expr  // nil: all rows
	OrderBy  []SortKey  // inside the call; nil: any order
	ArgStats []KeyStats // of the arguments of a DISTINCT call; may be missing
}

// Aggregate groups by Keys; without keys it makes exactly one row. Out is the keys,
// then the aggregates.
type Aggregate struct {
	Estimate
	Input Node
	Keys  []expr.Expr
	Aggs  []AggCall
	Out   []Column
	// EmptySets are the values of the last key for which there is a group, its other keys
	// NULL, even where there is no row: the numbers of grouping sets without keys.
	EmptySets []int32
	KeyStats  []KeyStats // of each key; may be missing
}

// KeyStats is what statistics say of the values of a key. They may be wrong.
type KeyStats struct {
	Bounded  bool // Min and Max are known: of integers, dates and times
	Min, Max int64
	Distinct int64 // 0: not known
}

// Distinct keeps one row of every set of equal rows, NULLs being equal. With On it
// keeps the first row in the input's order of every set with equal On.
type Distinct struct {
	Estimate
	Input    Node
	On       []expr.Expr
	KeyStats []KeyStats // of each column, without On; may be missing
}

// SortKey is one key of an order.
type SortKey struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool
}

// Sort orders rows. Rows with equal keys come in any order. Limit > 0 keeps only the
// first Limit rows.
type Sort struct {
	Estimate
	Input Node
	Keys  []SortKey
	Limit int64
	// Dead says which columns nobody reads: they may hold anything. nil: none.
	Dead []bool
}

// Limit skips Offset rows and passes at most Count. Both expressions see no columns
// and have type BIGINT; nil or NULL Count means all, nil or NULL Offset 0; negative
// values are the errors 2201W and 2201X.
type Limit struct {
	Estimate
	Input         Node
	Count, Offset expr.Expr
}

// JoinKind says which rows a join makes.
type JoinKind uint8

// The kinds of joins. Left and right are the inputs as they stand; none of them says
// which side is built.
const (
	Inner JoinKind = iota
	Left           // every left row, NULLs where there is no partner
	Right
	Full
	Semi   // left rows with a partner; columns of the left only
	Anti   // left rows without a partner; columns of the left only
	Mark   // left rows and one BOOLEAN: is there a partner (see HashJoin.NullAware)
	Single // as Left, and a second partner is error 21000

	// Only a HashJoin is of these kinds: Semi and Anti with the sides exchanged.
	RightSemi // right rows with a partner; columns of the right only
	RightAnti // right rows without a partner; columns of the right only
)

var joinNames = [...]string{"Inner", "Left", "Right", "Full", "Semi", "Anti", "Mark", "Single", "Right Semi", "Right Anti"}

// String returns the kind's name as EXPLAIN shows it.
func (k JoinKind) String() string { return joinNames[k] }

// RightOnly reports whether the join's output has no columns of the left input.
func (k JoinKind) RightOnly() bool { return k == RightSemi || k == RightAnti }

// EndsRight reports whether the join has to know which right rows found a partner when all
// left rows have been seen.
func (k JoinKind) EndsRight() bool { return k == Right || k == Full || k.RightOnly() }

// LeftOnly reports whether the join's output has no columns of the right input.
func (k JoinKind) LeftOnly() bool { return k == Semi || k == Anti || k == Mark }

// Join is a join without an algorithm yet. On is nil for a cross join.
type Join struct {
	Estimate
	Kind        JoinKind
	Left, Right Node
	On          expr.Expr
	NullAware   bool     // Mark, Anti: as of HashJoin
	Mark        []Column // Mark: the one BOOLEAN column
	// Dependent says that Right may use columns of Left: Right is asked anew for every
	// left row. The optimizer makes plain joins of such joins.
	Dependent bool
}

// HashJoin joins on LeftKeys[i] = RightKeys[i], and Residual over the left columns,
// then the right ones. The two sides of a key have the same type. The executor hashes
// the right input and streams the left one.
type HashJoin struct {
	Estimate
	Kind                JoinKind
	Left, Right         Node
	LeftKeys, RightKeys []expr.Expr
	Residual            expr.Expr // nil: none
	// NullAware gives Mark and Anti the meaning of IN and NOT IN: where no partner is
	// equal but one side has a NULL key, the mark is NULL and Anti drops the row.
	NullAware bool
	// NullSafe makes NULL keys equal to each other (IS NOT DISTINCT FROM).
	NullSafe bool
	// Compared, of a NullAware join, says that the keys only tell which right rows
	// belong to a left row, and that Residual is what IN compares: where it is true for
	// none of them but NULL for one, the mark is NULL and Anti drops the row.
	Compared bool
	Mark     []Column
	// Dead says which output columns nobody reads: they may hold anything. nil: none.
	Dead []bool
}

// NestedLoop joins on any Predicate over the left columns, then the right ones; nil
// is a cross join. The executor keeps the right input in memory.
type NestedLoop struct {
	Estimate
	Kind        JoinKind
	Left, Right Node
	Predicate   expr.Expr
	// NullAware makes the mark NULL where no partner is true but one is NULL, and
	// Anti drop such a row.
	NullAware bool
	Mark      []Column
}

// SetOpKind says which set operation a SetOp is.
type SetOpKind uint8

// The set operations.
const (
	Union SetOpKind = iota
	Intersect
	Except
)

// SetOp combines two inputs whose columns have the same types, NULLs being equal. All
// keeps duplicates as PostgreSQL does: UNION ALL concatenates, left before right;
// INTERSECT ALL gives min(l, r) copies, EXCEPT ALL max(l-r, 0).
type SetOp struct {
	Estimate
	Kind        SetOpKind
	All         bool
	Left, Right Node
	Out         []Column
}

// Columns implements Node.
func (n *Scan) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *Values) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *GenerateSeries) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *CTEScan) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *Filter) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Project) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *Aggregate) Columns() []Column { return n.Out }

// Columns implements Node.
func (n *Distinct) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Sort) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Limit) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Join) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.Mark) }

// Columns implements Node.
func (n *HashJoin) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.Mark) }

// Columns implements Node.
func (n *NestedLoop) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.Mark) }

// Columns implements Node.
func (n *SetOp) Columns() []Column { return n.Out }

func joinColumns(kind JoinKind, left, right Node, mark []Column) []Column {
	switch kind {
	case Semi, Anti:
		return left.Columns()
	case RightSemi, RightAnti:
		return right.Columns()
	case Mark:
		return append(left.Columns()[:len(left.Columns()):len(left.Columns())], mark...)
	}
	l := left.Columns()
	return append(l[:len(l):len(l)], right.Columns()...)
}

// Children implements Node.
func (n *Scan) Children() []Node { return nil }

// Children implements Node.
func (n *Values) Children() []Node { return nil }

// Children implements Node.
func (n *GenerateSeries) Children() []Node { return nil }

// Children implements Node. The plan of the CTE is not a child: it is shared.
func (n *CTEScan) Children() []Node { return nil }

// Children implements Node.
func (n *Filter) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Project) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Aggregate) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Distinct) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Sort) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Limit) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Join) Children() []Node { return []Node{n.Left, n.Right} }

// Children implements Node.
func (n *HashJoin) Children() []Node { return []Node{n.Left, n.Right} }

// Children implements Node.
func (n *NestedLoop) Children() []Node { return []Node{n.Left, n.Right} }

// Children implements Node.
func (n *SetOp) Children() []Node { return []Node{n.Left, n.Right} }
