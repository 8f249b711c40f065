package plan

import "driftdb/sqlvec/expr"

// RangeJoin joins left rows to the right rows of equal keys in whose range the left row's
// point lies: Start <= Point and Point < End, or, as the flags say, Start < Point and
// Point <= End. Residual is over the left columns, then the right ones. NULLs match
// nothing. The kind is any but Right and Full. The right input is sorted by its keys,
// then Start. All points are of one type of a fixed width.
type RangeJoin struct {
	Estimate
	Kind                JoinKind
	Left, Right         Node
	LeftKeys, RightKeys []expr.Expr
	Point, Start, End   expr.Expr
	OpenStart           bool // Start < Point
	ClosedEnd           bool // Point <= End
	Residual            expr.Expr
	Mark                []Column
}

// Columns implements Node.
func (n *RangeJoin) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.Mark) }

// Children implements Node.
func (n *RangeJoin) Children() []Node { return []Node{n.Left, n.Right} }
