package plan

import "driftdb/sqlvec/expr"

// Expand repeats every row of its input for every grouping set. Its columns are the
// input's, then Out: the keys, NULL where the set leaves them out, and the number of the
// set, an INTEGER.
type Expand struct {
	Estimate
	Input Node
	Keys  []expr.Expr
	Sets  [][]bool // [set][key]: the set has the key
	Out   []Column
}

// Columns implements Node.
func (n *Expand) Columns() []Column {
	c := n.Input.Columns()
	return append(c[:len(c):len(c)], n.Out...)
}

// Children implements Node.
func (n *Expand) Children() []Node { return []Node{n.Input} }
