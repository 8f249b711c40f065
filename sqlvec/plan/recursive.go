package plan

// Recursion makes a CTE recursive: its rows are those of its Plan, and those of Step over
// the rows that came last, again and again until there are none. Step has columns of the
// same types.
type Recursion struct {
	Step     Node
	Distinct bool // UNION: a row that was there before is dropped, and not gone on from
}

// WorkScan reads, within the Step of a recursive CTE, the rows that came last. Out has the
// columns of CTE.Plan under IDs of its own.
type WorkScan struct {
	Estimate
	CTE *CTE
	Out []Column
}

// Columns implements Node.
func (n *WorkScan) Columns() []Column { return n.Out }

// Children implements Node.
func (n *WorkScan) Children() []Node { return nil }

// Plans returns the plans that make the CTE: one, or that and the step of a recursion.
func (c *CTE) Plans() []Node {
	if c.Recursion == nil {
		return []Node{c.Plan}
	}
	return []Node{c.Plan, c.Recursion.Step}
}

// Works reports whether a plan reads the rows that a recursion is at, other than those of
// recursive CTEs within.
func Works(n Node) bool { return works(n, map[*CTE]bool{}) }

func works(n Node, within map[*CTE]bool) bool {
	switch n := n.(type) {
	case *WorkScan:
		return !within[n.CTE]
	case *CTEScan:
		if within[n.CTE] {
			return false
		}
		within[n.CTE] = true
		for _, p := range n.CTE.Plans() {
			if works(p, within) {
				return true
			}
		}
	}
	for _, k := range n.Children() {
		if works(k, within) {
			return true
		}
	}
	return false
}
