package plan

import "driftdb/sqlvec/expr"

// LimitBy is Limit within every set of rows with equal By, NULLs being equal: it skips
// Offset rows of each set and passes at most Count, in the input's order. It is how LIMIT
// in a subquery is kept apart for the rows around the subquery.
type LimitBy struct {
	Estimate
	Input         Node
	By            []expr.Expr
	Count, Offset expr.Expr // as of Limit
}

// Unroll joins every row of the input to the series that its arguments make; the
// expressions see the input's columns. It is a GenerateSeries with arguments of another
// row, and follows the same rules.
type Unroll struct {
	Estimate
	Input             Node
	Start, Stop, Step expr.Expr
	Series            []Column // behind the input's
	Elements
	Dead []bool // columns of the input that nobody reads above; nil: none. They may be NULL
}

// Columns implements Node.
func (n *LimitBy) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Unroll) Columns() []Column {
	in := n.Input.Columns()
	return append(in[:len(in):len(in)], n.Series...)
}

// Children implements Node.
func (n *LimitBy) Children() []Node { return []Node{n.Input} }

// Children implements Node.
func (n *Unroll) Children() []Node { return []Node{n.Input} }
