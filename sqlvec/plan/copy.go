package plan

import "slices"

// Copy returns a copy of an operator whose expressions and inputs can be replaced without a change
// to the operator itself. ok is false for operators that share more than that with others.
func Copy(n Node) (out Node, ok bool) {
	switch n := n.(type) {
	case *Scan:
		c := *n
		return &c, true
	case *Values:
		c := *n
		c.Rows = slices.Clone(n.Rows)
		for i := range c.Rows {
			c.Rows[i] = slices.Clone(c.Rows[i])
		}
		return &c, true
	case *Filter:
		c := *n
		return &c, true
	case *Project:
		c := *n
		c.Exprs = slices.Clone(n.Exprs)
		return &c, true
	case *Limit:
		c := *n
		return &c, true
	case *Sort:
		c := *n
		c.Keys = slices.Clone(n.Keys)
		return &c, true
	case *Distinct:
		c := *n
		c.On = slices.Clone(n.On)
		return &c, true
	case *Aggregate:
		c := *n
		c.Keys, c.Aggs = slices.Clone(n.Keys), slices.Clone(n.Aggs)
		for i := range c.Aggs {
			c.Aggs[i].Args, c.Aggs[i].OrderBy = slices.Clone(c.Aggs[i].Args), slices.Clone(c.Aggs[i].OrderBy)
		}
		return &c, true
	case *Fetch:
		c := *n
		return &c, true
	case *HashJoin:
		c := *n
		c.LeftKeys, c.RightKeys = slices.Clone(n.LeftKeys), slices.Clone(n.RightKeys)
		return &c, true
	case *NestedLoop:
		c := *n
		return &c, true
	case *SetOp:
		c := *n
		return &c, true
	}
	return nil, false
}
