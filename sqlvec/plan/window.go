package plan

import "driftdb/sqlvec/expr"

// WindowFunc says what a WindowCall computes.
type WindowFunc uint8

// The window functions. WindowAgg is an aggregate over the frame.
const (
	WindowAgg WindowFunc = iota
	RowNumber
	Rank
	DenseRank
	PercentRank
	CumeDist
	Ntile
	Lag
	Lead
	FirstValue
	LastValue
	NthValue
)

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

// FrameExclude is what a frame leaves out.
type FrameExclude uint8

// What a frame leaves out.
const (
	ExcludeNothing FrameExclude = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// FrameBound is one end of a frame. Offset, of Preceding and Following, sees no columns;
// it has type BIGINT for ROWS and GROUPS.
type FrameBound struct {
	Kind   BoundKind
	Offset expr.Expr
	// Limit, for RANGE over a key that is neither an integer nor a float, is the key plus
	// or minus the offset, in the type of Frame.Key.
	Limit expr.Expr
}

// Frame is the rows around a row that a function sees.
type Frame struct {
	Mode       FrameMode
	Start, End FrameBound
	Exclude    FrameExclude
	// Key is the only key of the order, for RANGE with an offset. Integers are BIGINT,
	// floats DOUBLE PRECISION.
	Key expr.Expr
}

// WindowCall is one function of a Window. Args are the function's; lag and lead have
// their offset (INTEGER) and default (nil: NULL) too, ntile and nth_value a count.
type WindowCall struct {
	Func   WindowFunc
	Agg    *expr.Aggregate // of WindowAgg
	Args   []expr.Expr
	Filter expr.Expr // of WindowAgg; nil: all rows
	// IgnoreNulls makes the functions that pick a row pass over those whose value is NULL.
	IgnoreNulls bool
	Frame       Frame
}

// Window computes functions over the partitions of its input, ordered by Order. Its
// columns are the input's, then Out, one of each call.
type Window struct {
	Estimate
	Input     Node
	Partition []expr.Expr
	Order     []SortKey
	Calls     []WindowCall
	Out       []Column
	// Leading, unless 0, says that of each partition only the rows are wanted that have fewer
	// than Leading rows before them in the order. Others may be left out.
	Leading int64
	// Dead says which of the input's columns nobody reads: they may hold anything. nil: none.
	Dead []bool
}

// Columns implements Node.
func (n *Window) Columns() []Column {
	c := n.Input.Columns()
	return append(c[:len(c):len(c)], n.Out...)
}

// Children implements Node.
func (n *Window) Children() []Node { return []Node{n.Input} }

// exprs returns the places of the expressions of the call.
func (c *WindowCall) exprs() []*expr.Expr {
	var list []*expr.Expr
	for i := range c.Args {
		list = append(list, &c.Args[i])
	}
	f := &c.Frame
	return append(list, &c.Filter, &f.Key, &f.Start.Offset, &f.Start.Limit, &f.End.Offset, &f.End.Limit)
}
