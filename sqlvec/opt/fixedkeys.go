package opt

import (
	"math/bits"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// fixedKeys groups by sums, differences and products of decimals, and by ones of more digits, as scaled integers, where statistics say that all values
// fit: the types of the columns alone promise that of few. Such a key shows the same number of digits in all rows.
func (o *optimizer) fixedKeys(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok || len(a.EmptySets) > 0 {
			return n
		}
		for i, c := range a.Aggs {
			if c.Distinct && c.Agg.Name == "count" && len(c.Args) == 1 && len(c.OrderBy) == 0 {
				if t, ok := o.fixedType(c.Args[0]); ok && !extracts(c.Args[0]) {
					a.Aggs[i].Args = []expr.Expr{relabeled(c.Args[0], t)}
				}
			}
		}
		o.fixedArgs(a)
		p := &plan.Project{Input: a, Out: a.Out}
		out := append([]plan.Column(nil), a.Out...)
		some := false
		for i, c := range a.Out {
			p.Exprs = append(p.Exprs, column(c))
			if i >= len(a.Keys) || extracts(a.Keys[i]) && o.groups(without(a.Keys, i), a.Input.Estimated().Rows) < manyOthers {
				continue
			}
			if t, ok := o.fixedType(a.Keys[i]); ok {
				some = true
				a.Keys[i] = relabeled(a.Keys[i], t)
				out[i] = o.fresh(plan.Column{Name: c.Name, Type: t})
				p.Exprs[i] = relabeled(column(out[i]), c.Type)
			}
		}
		if !some {
			return n
		}
		a.Out = out
		return p
	})
}

// manyGroups is from how many groups on the arguments of aggregates may wait in columns until the rows go to their groups.
const manyGroups = 20000

// fixedArgs makes the arguments of sums and means over many groups scaled integers where these hold all values: they wait as such.
func (o *optimizer) fixedArgs(a *plan.Aggregate) {
	if len(a.Keys) == 0 || o.groups(a.Keys, a.Input.Estimated().Rows) < manyGroups {
		return
	}
	for i, c := range a.Aggs {
		if c.Distinct || len(c.Args) != 1 || len(c.OrderBy) > 0 || c.Agg.Name != "sum" && c.Agg.Name != "avg" {
			continue
		}
		if t, ok := o.fixedType(c.Args[0]); ok {
			a.Aggs[i].Args = []expr.Expr{relabeled(c.Args[0], t)}
		}
	}
}

// fixedType returns the scaled type that holds all values of a NUMERIC expression whose type says nothing of them.
func (o *optimizer) fixedType(e expr.Expr) (types.Type, bool) {
	if _, isColumn := e.(*expr.Col); isColumn || expr.IsConst(e) || e.Type().ID != types.Numeric || e.Type().IsScaled() {
		return types.Type{}, false
	}
	whole, scale, ok := o.digits(e)
	if !ok || whole+scale > types.MaxScaledPrec {
		return types.Type{}, false
	}
	if o.generic { // nobody knows the values
		o.momentary = true
		return types.Type{}, false
	}
	return types.Dec(types.MaxScaledPrec, scale), true
}

// digits returns the most digits that values of e have before the point, and how many all of them show after it. ok is
// false where that is not known.
func (o *optimizer) digits(e expr.Expr) (whole, scale int, ok bool) {
	switch e := e.(type) {
	case *expr.Col:
		return o.columnDigits(e)
	case *expr.Cast:
		from := e.Arg.Type()
		if e.To.ID == types.Numeric && e.To.Prec > 0 && e.To.Scale >= 0 && !e.To.IsScaled() && !e.Try {
			w, _, ok := o.digits(e.Arg)
			return w + 1, int(e.To.Scale), ok // it may be rounded up
		}
		if e.To != types.T(types.Numeric) || !from.IsScaled() && !from.IsInteger() && from != e.To {
			break
		}
		return o.digits(e.Arg)
	case *expr.Call:
		if e.Fn.Name == "extract" {
			return o.extractDigits(e)
		}
		if len(e.Args) != 2 || e.Type().ID != types.Numeric && !e.Type().IsInteger() {
			break
		}
		w, s, ok1 := o.digits(e.Args[0])
		v, r, ok2 := o.digits(e.Args[1])
		if !ok1 || !ok2 {
			break
		}
		switch e.Fn.Name {
		case "+", "-":
			return max(w, v) + 1, max(s, r), true
		case "*":
			return w + v, s + r, true
		}
	}
	return expr.DigitsOf(e)
}

// manyOthers is from how many groups of the other keys on a field of a date is taken as an integer. With fewer the keys come as
// small codes, the field as codes of the few values that it has.
const manyOthers = 1000

// extracts reports whether e is a field of a date or time.
func extracts(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	return ok && c.Fn.Name == "extract"
}

// without returns the keys but one.
func without(keys []expr.Expr, i int) []expr.Expr {
	return append(keys[:i:i], keys[i+1:]...)
}

// wholeFields are the fields of a date or time that extract gives as whole numbers, and their digits.
var wholeFields = map[string]int{"year": 6, "decade": 5, "quarter": 1, "month": 2, "week": 2, "day": 2, "doy": 3, "dow": 1, "isodow": 1, "hour": 2, "minute": 2}

// extractDigits is digits of a field of a column without infinite dates or times, whose fields are infinite.
func (o *optimizer) extractDigits(e *expr.Call) (whole, scale int, ok bool) {
	field, ok1 := e.Args[0].(*expr.Const)
	c, ok2 := e.Args[1].(*expr.Col)
	if !ok1 || !ok2 || !field.Value.Valid {
		return 0, 0, false
	}
	whole, ok = wholeFields[field.Value.S]
	s, known := o.stats[c.Index]
	if !ok || !known || !s.Min.Valid || !s.Max.Valid || s.Min.Type != c.Typ || s.Max.Type != c.Typ {
		return 0, 0, false
	}
	infinite := types.IsInfTime
	switch c.Typ.ID {
	case types.Date:
		infinite = types.IsInfDate
	case types.Timestamp, types.TimestampTZ:
	default:
		return 0, 0, false
	}
	return whole, 0, !infinite(s.Min.I) && !infinite(s.Max.I)
}

// columnDigits is digits of a column: by the statistics of its values, or by its type.
func (o *optimizer) columnDigits(c *expr.Col) (whole, scale int, ok bool) {
	s, known := o.stats[c.Index]
	if !known || !c.Typ.IsScaled() && !c.Typ.IsInteger() || !s.Min.Valid || !s.Max.Valid || s.Min.Type != c.Typ || s.Max.Type != c.Typ {
		return expr.DigitsOf(c)
	}
	most := max(uint64(max(s.Max.I, -s.Max.I)), uint64(max(s.Min.I, -s.Min.I)))
	digits := (bits.Len64(most)*1233)>>12 + 1 // log10 2 is 1233/4096
	return max(0, digits-int(c.Typ.Scale)), int(c.Typ.Scale), true
}
