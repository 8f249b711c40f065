package opt

import (
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// inlineCTEs puts WITH queries in the place where they are read, when that is one place. seen are those that are read
// in several places, in whose plans that is done too.
func inlineCTEs(node plan.Node, seen map[*plan.CTE]bool) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		s, ok := n.(*plan.CTEScan)
		if !ok {
			return n
		}
		c := s.CTE
		if c.Always || c.Uses != 1 || c.Recursion != nil {
			if !seen[c] {
				seen[c] = true
				c.Plan = inlineCTEs(c.Plan, seen)
				if c.Recursion != nil {
					c.Recursion.Step = inlineCTEs(c.Recursion.Step, seen)
				}
			}
			return n
		}
		p := &plan.Project{Input: inlineCTEs(c.Plan, seen), Out: s.Out}
		for _, c := range c.Plan.Columns() {
			p.Exprs = append(p.Exprs, column(c))
		}
		return p
	})
}

// ctesOf returns the WITH queries that a plan reads.
func ctesOf(node plan.Node) []*plan.CTE {
	var list []*plan.CTE
	if s, ok := node.(*plan.CTEScan); ok {
		list = append(list, s.CTE)
	}
	for _, k := range node.Children() {
		list = append(list, ctesOf(k)...)
	}
	return list
}

// reader is who reads a WITH query: the plan of another one, or with nil the statement's.
type reader struct {
	cte     *plan.CTE
	several bool
}

// readersOf notes who reads the WITH queries that node reads, and those that these read. node is the plan of cte.
func readersOf(node plan.Node, cte *plan.CTE, readers map[*plan.CTE]reader) {
	for _, c := range ctesOf(node) {
		r, known := readers[c]
		if !known {
			readers[c] = reader{cte: cte}
			for _, p := range c.Plans() {
				readersOf(p, c, readers)
			}
		} else if r.cte != cte {
			readers[c] = reader{several: true}
		}
	}
}

// filterCTEs lets WITH queries that only node reads compute no rows but those that one of its scans asks for:
// where each stands below conditions, one of which holds for every row that is read. node is the plan of o.owner.
func (o *optimizer) filterCTEs(node plan.Node, done map[*plan.CTE]bool) {
	list := ctesOf(node)
	if len(list) == 0 || o.owner != nil && o.owner.Recursion != nil {
		return
	}
	asked := map[*plan.CTE][]expr.Expr{}
	askedOf(node, nil, asked)
	hidden := map[*plan.CTE]reader{} // read by WITH queries, some of which were made of parts of node
	for _, c := range list {
		for _, p := range c.Plans() {
			readersOf(p, c, hidden)
		}
	}
	for _, c := range list {
		by, known := o.readers[c]
		if _, ok := hidden[c]; ok || !known || by.several || by.cte != o.owner || done[c] || c.Always || c.Recursion != nil ||
			len(asked[c]) < count(list, c) {
			continue
		}
		cond := asked[c][0]
		for _, p := range asked[c][1:] {
			if !plan.Same(cond, p) {
				cond = &expr.Logic{Op: expr.Or, Args: append(alternatives(cond), p)}
			}
		}
		c.Plan = filtered(c.Plan, plan.Conjuncts(cond))
		asked[c] = nil // once
	}
}

// count returns how often c is in list.
func count(list []*plan.CTE, c *plan.CTE) (n int) {
	for _, x := range list {
		if x == c {
			n++
		}
	}
	return n
}

// alternatives returns the arguments of an OR, and another condition alone.
func alternatives(cond expr.Expr) []expr.Expr {
	if or, ok := cond.(*expr.Logic); ok && or.Op == expr.Or {
		return or.Args
	}
	return []expr.Expr{cond}
}

// askedOf collects what each scan of a WITH query below conditions asks for, in the columns of the query.
func askedOf(node plan.Node, conds []expr.Expr, asked map[*plan.CTE][]expr.Expr) {
	if s, ok := node.(*plan.CTEScan); ok {
		var columns, list []expr.Expr
		for _, c := range s.CTE.Plan.Columns() {
			columns = append(columns, column(c))
		}
		ids := plan.IDs(s)
		for _, p := range conds {
			if plan.Within(p, ids) && plan.Touches(p, ids) && plan.VolatilityOf(p) != expr.Volatile {
				list = append(list, substitute(p, s.Out, columns))
			}
		}
		if len(list) > 0 {
			asked[s.CTE] = append(asked[s.CTE], plan.Conjunction(list))
		}
		return
	}
	conds = nil
	if f, ok := node.(*plan.Filter); ok {
		conds = plan.Conjuncts(f.Predicate)
	}
	for _, k := range node.Children() {
		askedOf(k, conds, asked)
	}
}

// substitute replaces the columns of out by the expressions that compute them.
func substitute(e expr.Expr, out []plan.Column, exprs []expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Col)
		if !ok {
			return x
		}
		for i := range out {
			if out[i].ID == c.Index && i < len(exprs) {
				return exprs[i]
			}
		}
		return x
	})
}
