package opt

import (
	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// Reading the rows in the order of an index costs a search and about a microsecond for each row.
// Reading them all and keeping the first costs some nanoseconds for every row of the table.
const (
	maxOrdered   = 2000 // rows that are worth being read one by one
	orderedShare = 20   // of how many rows of the table one is
)

// orderedSource is a plan.Source that may read rows in the order of an index.
type orderedSource interface {
	Ordered(x *colstore.Index) bool
	countSource
	Keyed() bool // the constraints hold
}

// ordered reads in the order of an index what only the first rows of are wanted. The plan is
// resolved: columns are known by their positions.
func ordered(node plan.Node) plan.Node {
	kids := node.Children()
	for i, k := range kids {
		kids[i] = ordered(k)
	}
	if len(kids) > 0 {
		plan.SetChildren(node, kids)
	}
	switch n := node.(type) {
	case *plan.Limit:
		orderLimit(n)
	case *plan.Aggregate:
		orderExtreme(n)
	}
	return node
}

// orderLimit takes the Sort below a LIMIT away where an index has the order.
func orderLimit(n *plan.Limit) {
	holder := plan.Node(n)
	for {
		p, ok := holder.Children()[0].(*plan.Project)
		if !ok {
			break
		}
		holder = p
	}
	s, ok := holder.Children()[0].(*plan.Sort)
	if !ok || s.Limit <= 0 || s.Limit > maxOrdered {
		return
	}
	scan, keys := belowSort(s)
	if scan == nil {
		return
	}
	order := orderFor(scan, keys, s.Limit)
	if order == nil {
		return
	}
	order.First = int(s.Limit)
	scan.Spec.Order = order
	plan.SetChildren(holder, []plan.Node{s.Input})
}

// orderKey is a key of an order as a column of a scan.
type orderKey struct {
	column           uint32
	desc, nullsFirst bool
}

// belowSort returns the scan below a Sort and the keys as its columns, nil where it is not so simple.
func belowSort(s *plan.Sort) (*plan.Scan, []orderKey) {
	exprs := make([]expr.Expr, len(s.Keys))
	for i := range s.Keys {
		exprs[i] = s.Keys[i].Expr
	}
	node := s.Input
	for {
		p, ok := node.(*plan.Project)
		if !ok {
			break
		}
		for _, e := range p.Exprs {
			if plan.VolatilityOf(e) == expr.Volatile {
				return nil, nil
			}
		}
		for i, e := range exprs {
			c, ok := e.(*expr.Col)
			if !ok {
				return nil, nil
			}
			exprs[i] = p.Exprs[c.Index]
		}
		node = p.Input
	}
	scan, ok := node.(*plan.Scan)
	if !ok {
		return nil, nil
	}
	keys := make([]orderKey, len(exprs))
	for i, e := range exprs {
		c, ok := e.(*expr.Col)
		if !ok {
			return nil, nil
		}
		keys[i] = orderKey{scan.Spec.Columns[c.Index], s.Keys[i].Desc, s.Keys[i].NullsFirst}
	}
	return scan, keys
}

// orderFor returns the order of an index that gives the rows of a scan by keys, where reading want
// rows that way is worth it; nil for none.
func orderFor(scan *plan.Scan, keys []orderKey, want int64) *colstore.KeyOrder {
	src, ok := scan.Source.(orderedSource)
	if !ok || scan.Spec.Versions != nil || scan.Spec.Order != nil || scan.Table == nil {
		return nil
	}
	for _, id := range scan.Spec.Columns {
		if _, pseudo := colstore.PseudoType(id); pseudo && id != colstore.ColRID {
			return nil
		}
	}
	if rows, err := src.CountRows(); err != nil || want*orderedShare > rows {
		return nil
	}
	list := scan.Table.Keys()
	for i := range list {
		x := &list[i]
		if order := servedBy(scan, x, keys, src.Keyed()); order != nil && src.Ordered(x) {
			return order
		}
	}
	return nil
}

// servedBy returns the order of an index for keys, nil where they are not its own or a condition is
// left that the range of the index does not say. keyed says that the table's constraints hold.
func servedBy(scan *plan.Scan, x *colstore.Index, keys []orderKey, keyed bool) *colstore.KeyOrder {
	equal, ok := boundBy(scan, x)
	if !ok {
		return nil
	}
	order := &colstore.KeyOrder{Index: x.ID, Desc: keys[0].desc}
	at := 0
	for _, k := range keys {
		for at < len(x.Columns) && at < equal && x.Columns[at] != k.column {
			at++
		}
		switch {
		case at == len(x.Columns) && x.Unique && keyed && notNull(scan.Table, x):
			continue // rows with an equal key are one
		case at == len(x.Columns) || x.Columns[at] != k.column:
			return nil
		case k.desc != order.Desc || k.nullsFirst != k.desc && !(keyed && columnNotNull(scan.Table, k.column)):
			return nil
		}
		at++
	}
	return order
}

func notNull(t *colstore.Table, x *colstore.Index) bool {
	for _, id := range x.Columns {
		if !columnNotNull(t, id) {
			return false
		}
	}
	return true
}

func columnNotNull(t *colstore.Table, id uint32) bool {
	c, ok := t.Column(id)
	return ok && c.NotNull
}

// boundBy returns how many of an index's first columns the conditions of a scan give one value; ok is
// false where a condition says more than a range of the index.
func boundBy(scan *plan.Scan, x *colstore.Index) (equal int, ok bool) {
	filters := scan.Spec.Filters
	if len(filters) != len(plan.Conjuncts(scan.Predicate)) {
		return 0, false
	}
	said := make([]bool, len(filters))
	for ; equal < len(x.Columns); equal++ {
		found := false
		for i, f := range filters {
			if f.Column == x.Columns[equal] && f.Op == colstore.Eq && !found {
				said[i], found = true, true
			}
		}
		if !found {
			break
		}
	}
	var low, high bool
	for i, f := range filters {
		if equal == len(x.Columns) || f.Column != x.Columns[equal] {
			continue
		}
		switch f.Op {
		case colstore.Gt, colstore.Ge:
			said[i], low = !low, true
		case colstore.Lt, colstore.Le:
			said[i], high = !high, true
		case colstore.IsNotNull:
			said[i] = true
		}
	}
	for _, s := range said {
		if !s {
			return 0, false
		}
	}
	return equal, true
}

// orderExtreme reads the one row that min or max of an index's column needs.
func orderExtreme(n *plan.Aggregate) {
	scan, ok := n.Input.(*plan.Scan)
	if !ok || len(n.Keys) > 0 || len(n.Aggs) != 1 || len(n.EmptySets) > 0 {
		return
	}
	a := &n.Aggs[0]
	if a.Agg.Name != "min" && a.Agg.Name != "max" || len(a.Args) != 1 || a.Filter != nil {
		return
	}
	c, ok := a.Args[0].(*expr.Col)
	if !ok {
		return
	}
	desc := a.Agg.Name == "max"
	key := orderKey{scan.Spec.Columns[c.Index], desc, desc}
	if src, ok := scan.Source.(orderedSource); !ok || !src.Keyed() || !columnNotNull(scan.Table, key.column) {
		return // a NULL may come first
	}
	order := orderFor(scan, []orderKey{key}, 1)
	if order == nil {
		return
	}
	order.First = 1
	scan.Spec.Order = order
	one := &plan.Limit{Input: scan, Count: &expr.Const{Value: types.IntValue(types.T(types.Int64), 1)}}
	one.Estimate = scan.Estimate
	one.Rows = 1
	n.Input = one
}
