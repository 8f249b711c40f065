package opt

import (
	"maps"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Columns that joins and aggregations only pass on to a Sort that keeps few rows are not read until
// these are known: the scan hands on the row's id in their place.
const (
	maxLate   = 1000 // rows that are worth being read one by one
	lateShare = 8    // of how many rows below the Sort one is
	lateWidth = 3    // least weight of the columns that are left out: a text has this weight, another column one
)

// late finds the Sorts that keep few rows and reads what it can above them.
func (o *optimizer) late(node plan.Node) plan.Node {
	changed := false
	node = plan.Transform(node, func(n plan.Node) plan.Node {
		s, ok := n.(*plan.Sort)
		if !ok || s.Limit <= 0 || s.Limit > maxLate {
			return n
		}
		o.estimate(s.Input)
		if s.Input.Estimated().Rows < float64(s.Limit*lateShare) {
			return n
		}
		out := o.fetchAbove(s)
		changed = changed || out != n
		return out
	})
	if changed {
		node = o.prune(node, plan.IDs(node))
	}
	return node
}

// fetchAbove returns s under what reads columns for its rows.
func (o *optimizer) fetchAbove(s *plan.Sort) plan.Node {
	passed := passedOn(s.Input)
	for _, k := range s.Keys {
		expr.Columns(k.Expr, func(id int) { delete(passed, id) })
	}
	fetches := map[*plan.Scan]*plan.Fetch{}
	var scans []*plan.Scan // in the order of their columns
	for _, c := range s.Input.Columns() {
		from, ok := passed[c.ID]
		if !ok || from.moved == 0 {
			continue
		}
		f := fetches[from.scan]
		if f == nil {
			f = &plan.Fetch{Table: from.scan.Table, Alias: from.scan.Alias, Source: from.scan.Source}
			fetches[from.scan] = f
			scans = append(scans, from.scan)
		}
		f.Stored, f.Made = append(f.Stored, from.column), append(f.Made, c)
	}
	out, before := plan.Node(s), slices.Clone(s.Columns())
	for _, scan := range scans {
		f := fetches[scan]
		if weight(f.Made) < lateWidth {
			continue
		}
		id := o.passRow(s.Input, scan)
		f.Input, f.Row = out, &expr.Col{Index: id, Typ: rowType(), Name: scan.Alias}
		out = f
	}
	return keepColumns(out, before)
}

// weight says what it costs to pass columns on.
func weight(cols []plan.Column) int {
	n := 0
	for _, c := range cols {
		if n++; c.Type.Class() == types.Bytes {
			n += lateWidth - 1
		}
	}
	return n
}

// rowType is the type of row ids.
func rowType() types.Type {
	t, _ := colstore.PseudoType(colstore.ColRID)
	return t
}

// stored is a column of a table that an operator has from a scan.
type stored struct {
	scan   *plan.Scan
	column uint32
	moved  int // joins and aggregations that have passed it on
}

// passedOn returns the columns of n, by ID, that are columns of tables and that no operator between
// looks at.
func passedOn(n plan.Node) map[int]stored {
	switch n := n.(type) {
	case *plan.Scan:
		return passedByScan(n)
	case *plan.Filter, *plan.Sort, *plan.Limit:
		return unused(n, passedOn(n.Children()[0]), 0)
	case *plan.HashJoin:
		return passedByJoin(n, n.Kind, n.Left, n.Right)
	case *plan.NestedLoop:
		return passedByJoin(n, n.Kind, n.Left, n.Right)
	case *plan.Project:
		return passedByProject(n)
	case *plan.Aggregate:
		return passedByAggregate(n)
	}
	return nil
}

// unused returns the columns that the expressions of n do not use.
func unused(n plan.Node, in map[int]stored, moved int) map[int]stored {
	plan.Used(n, func(id int) { delete(in, id) })
	if moved > 0 {
		for id, s := range in {
			s.moved += moved
			in[id] = s
		}
	}
	return in
}

func passedByScan(n *plan.Scan) map[int]stored {
	if _, ok := n.Source.(plan.Fetcher); !ok || n.Table == nil || n.Spec.Versions != nil || n.Spec.Order != nil {
		return nil
	}
	out := map[int]stored{}
	for i, c := range n.Out {
		if _, pseudo := colstore.PseudoType(n.Spec.Columns[i]); !pseudo {
			out[c.ID] = stored{scan: n, column: n.Spec.Columns[i]}
		}
	}
	return unused(n, out, 0)
}

// passedByJoin is passedOn for a join.
func passedByJoin(n plan.Node, kind plan.JoinKind, left, right plan.Node) map[int]stored {
	in := map[int]stored{}
	if !kind.RightOnly() {
		maps.Copy(in, passedOn(left))
	}
	if !kind.LeftOnly() {
		maps.Copy(in, passedOn(right))
	}
	return unused(n, in, 1)
}

// passedByProject is passedOn for a projection, which may give a column another ID.
func passedByProject(n *plan.Project) map[int]stored {
	in := passedOn(n.Input)
	for _, e := range n.Exprs {
		if _, ok := e.(*expr.Col); !ok {
			expr.Columns(e, func(id int) { delete(in, id) })
		}
	}
	out := map[int]stored{}
	for i, e := range n.Exprs {
		if c, ok := e.(*expr.Col); ok {
			if s, ok := in[c.Index]; ok {
				out[n.Out[i].ID] = s
			}
		}
	}
	return out
}

// passedByAggregate is passedOn for an aggregation, which keeps columns that its keys determine.
func passedByAggregate(n *plan.Aggregate) map[int]stored {
	in, kept := passedOn(n.Input), map[int]int{}
	for i, a := range n.Aggs {
		if c, ok := keptColumn(a); ok {
			kept[n.Out[len(n.Keys)+i].ID] = c.Index
		}
	}
	used := map[int]int{}
	plan.Used(n, func(id int) { used[id]++ })
	out := map[int]stored{}
	for id, from := range kept {
		if s, ok := in[from]; ok && used[from] == 1 {
			s.moved++
			out[id] = s
		}
	}
	return out
}

// keptColumn returns the column of which an aggregate keeps a value.
func keptColumn(a plan.AggCall) (*expr.Col, bool) {
	if !a.Agg.IsKept() || a.Filter != nil {
		return nil, false
	}
	c, ok := a.Args[0].(*expr.Col)
	return c, ok
}

// passRow makes n hand on the ids of the rows of a scan below it and returns the column's ID, 0 where
// the scan is not below n.
func (o *optimizer) passRow(n plan.Node, scan *plan.Scan) int {
	if n == plan.Node(scan) {
		c := o.rowColumn()
		scan.Spec.Columns, scan.Out = append(scan.Spec.Columns, colstore.ColRID), append(scan.Out, c)
		return c.ID
	}
	for _, k := range n.Children() {
		below := o.passRow(k, scan)
		if below == 0 {
			continue
		}
		row := &expr.Col{Index: below, Typ: rowType()}
		switch n := n.(type) {
		case *plan.Project:
			c := o.rowColumn()
			n.Exprs, n.Out = append(n.Exprs, row), append(n.Out, c)
			return c.ID
		case *plan.Aggregate:
			c := o.rowColumn()
			n.Aggs = append(n.Aggs, plan.AggCall{Agg: expr.Kept(rowType()), Args: []expr.Expr{row}})
			n.Out = append(n.Out, c)
			return c.ID
		}
		return below
	}
	return 0
}

// rowColumn returns a new column for row ids.
func (o *optimizer) rowColumn() plan.Column {
	return o.fresh(plan.Column{Name: "row", Type: rowType()})
}
