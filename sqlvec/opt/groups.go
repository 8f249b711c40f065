package opt

import (
	"math"
	"slices"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// found is what conditions say of the columns that scans read, by their IDs.
type found struct {
	values map[int]float64    // the most values of a column that a condition compares with constants
	tables map[int]*tableRows // the table that a column is of
}

// tableRows are the rows of a scan: how many of the table's can be in the rows above it, which may repeat them.
type tableRows struct{ most float64 }

func newFound() found { return found{map[int]float64{}, map[int]*tableRows{}} }

// groups is the expected number of groups: the product of the values of each key, where columns of one table have no
// more combinations than that has rows.
func (o *optimizer) groups(keys []expr.Expr, rows float64) float64 {
	n := 1.0
	var tables []*tableRows
	of := map[*tableRows]float64{}
	for _, k := range keys {
		d := o.distinctIn(k, rows)
		t := o.tableOf(k)
		if t == nil {
			n *= d
			continue
		}
		if _, ok := of[t]; !ok {
			tables, of[t] = append(tables, t), 1
		}
		of[t] *= d
	}
	for _, t := range tables {
		n *= math.Max(1, math.Min(of[t], t.most))
	}
	return atLeastOne(math.Min(n, rows))
}

// tableOf returns the table whose column e is, nil for none.
func (o *optimizer) tableOf(e expr.Expr) *tableRows {
	if c, ok := expr.Uncast(e).(*expr.Col); ok {
		return o.found.tables[c.Index]
	}
	return nil
}

func (o *optimizer) distinct(e expr.Expr, input plan.Node) float64 {
	return o.distinctIn(e, input.Estimated().Rows)
}

// distinctIn is the expected number of values of e among rows.
func (o *optimizer) distinctIn(e expr.Expr, rows float64) float64 {
	d := math.Min(rows, 200)
	c, ok := expr.Uncast(e).(*expr.Col)
	if !ok {
		return math.Max(1, d)
	}
	if s, ok := o.stats[c.Index]; ok && s.Distinct > 0 {
		d = math.Min(rows, float64(s.Distinct))
	}
	if few, ok := o.found.values[c.Index]; ok {
		d = math.Min(d, few)
	}
	return math.Max(1, d)
}

// noteValues notes how many rows of a scan there are, and how many values its columns can have.
func (o *optimizer) noteValues(n *plan.Scan) {
	if len(n.Out) == 0 {
		return
	}
	t := o.found.tables[n.Out[0].ID]
	if t == nil {
		t = &tableRows{n.Estimate.Rows}
	}
	t.most = math.Min(t.most, n.Estimate.Rows)
	for _, c := range n.Out {
		o.found.tables[c.ID] = t
	}
	if n.Predicate == nil {
		return
	}
	for _, p := range plan.Conjuncts(n.Predicate) {
		if id, values, ok := valuesOf(p); ok {
			if few, known := o.found.values[id]; !known || values < few {
				o.found.values[id] = values
			}
		}
	}
}

// valuesOf returns the column that e compares with constants, and the most values that it has where e is true.
func valuesOf(e expr.Expr) (id int, values float64, ok bool) {
	var arg expr.Expr
	switch e := e.(type) {
	case *expr.Call:
		if e.Fn.Name != "=" || len(e.Args) != 2 {
			return 0, 0, false
		}
		if arg, values = e.Args[0], 1; isConstant(arg) {
			arg = e.Args[1]
		} else if !isConstant(e.Args[1]) {
			return 0, 0, false
		}
	case *expr.In:
		arg, values = e.Arg, float64(len(e.List))
		if e.Not {
			return 0, 0, false
		}
	case *expr.Logic:
		return valuesOfAny(e)
	default:
		return 0, 0, false
	}
	c, ok := expr.Uncast(arg).(*expr.Col)
	if !ok {
		return 0, 0, false
	}
	return c.Index, values, true
}

// valuesOfAny is valuesOf for an OR of such conditions of one column.
func valuesOfAny(e *expr.Logic) (id int, values float64, ok bool) {
	if e.Op != expr.Or {
		return 0, 0, false
	}
	for i, a := range e.Args {
		column, n, ok := valuesOf(a)
		if !ok || i > 0 && column != id {
			return 0, 0, false
		}
		id, values = column, values+n
	}
	return id, values, true
}

// noteJoined notes how many rows of a table can have a partner in a join by its unique key: one of each value of the
// other side's.
func (o *optimizer) noteJoined(kind plan.JoinKind, left, right plan.Node, on []expr.Expr) {
	if kind != plan.Inner {
		return
	}
	l, r := plan.IDs(left), plan.IDs(right)
	for _, p := range on {
		a, b, ok := equiKey(p, l, r)
		if !ok {
			continue
		}
		o.noteUnique(a, o.distinct(b, right))
		o.noteUnique(b, o.distinct(a, left))
	}
}

// uniqueShare is the share of the rows of a table from which on the values of a column, which are not counted
// exactly, are taken for a unique key.
const uniqueShare = 0.9

func (o *optimizer) noteUnique(key expr.Expr, values float64) {
	if t := o.tableOf(key); t != nil && o.likelyUnique(key) {
		t.most = math.Max(1, math.Min(t.most, values))
	}
}

// likelyUnique reports whether about every row of its table has a value of its own in column e.
func (o *optimizer) likelyUnique(e expr.Expr) bool {
	s, known := o.columnOf(e)
	return known && s.rows > 0 && float64(s.Distinct) >= uniqueShare*s.rows
}

// uniqueRight reports whether left rows have one partner at most, as far as statistics say.
func (o *optimizer) uniqueRight(on []expr.Expr, l, r map[int]bool) bool {
	return slices.ContainsFunc(on, func(p expr.Expr) bool {
		_, b, ok := equiKey(p, l, r)
		return ok && o.likelyUnique(b)
	})
}

// unionStats notes what is known of the columns of a set operation: of UNION by both inputs, of the others by the left one.
// Inputs with the same values in part are taken to have the same in all.
func (o *optimizer) unionStats(n *plan.SetOp) {
	left, right := n.Left.Columns(), n.Right.Columns()
	for i, out := range n.Out {
		s, ok := o.stats[left[i].ID]
		if n.Kind == plan.Union {
			r, known := o.stats[right[i].ID]
			ok = ok && known
			s = both(s, r)
		}
		if ok && out.ID != left[i].ID {
			o.stats[out.ID] = s
		}
	}
}

// both are the statistics of two columns one after another.
func both(a, b columnStats) columnStats {
	out := columnStats{rows: a.rows + b.rows}
	out.Nulls, out.Distinct = a.Nulls+b.Nulls, max(a.Distinct, b.Distinct)
	for _, v := range []types.Value{a.Min, a.Max, b.Min, b.Max} {
		if !v.Valid || v.Type != a.Min.Type {
			return out
		}
	}
	if types.Compare(a.Max, b.Min) < 0 || types.Compare(b.Max, a.Min) < 0 {
		out.Distinct = a.Distinct + b.Distinct
	}
	out.Min, out.Max = a.Min, a.Max
	if types.Compare(b.Min, out.Min) < 0 {
		out.Min = b.Min
	}
	if types.Compare(b.Max, out.Max) > 0 {
		out.Max = b.Max
	}
	return out
}
