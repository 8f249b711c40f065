package plan

import "driftdb/sqlvec/expr"

// AsofJoin joins every left row to the one nearest right row: of those with equal keys and
// LeftValue Op RightValue, the one with the greatest RightValue for >= and >, the least
// for <= and <. NULLs match nothing. The kind is Inner or Left. The right input is sorted
// by its keys, then its value; of right rows with the same value any one is taken.
type AsofJoin struct {
	Estimate
	Kind                  JoinKind
	Left, Right           Node
	LeftKeys, RightKeys   []expr.Expr
	LeftValue, RightValue expr.Expr // of one type
	Op                    string    // >=, >, <= or <
}

// Columns implements Node.
func (n *AsofJoin) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, nil) }

// Children implements Node.
func (n *AsofJoin) Children() []Node { return []Node{n.Left, n.Right} }
