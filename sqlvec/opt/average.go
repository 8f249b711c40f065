package opt

import (
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// fewAverages is how many groups have their averages divided one by one: an aggregate divides
// faster than the operator does.
const fewAverages = 10000

// shareSums computes avg(x) beside sum(x) as sum(x) / count(x), which is what it is, so that x is summed
// once.
func (o *optimizer) shareSums(node plan.Node) plan.Node {
	return plan.Transform(node, func(n plan.Node) plan.Node {
		a, ok := n.(*plan.Aggregate)
		if !ok {
			return n
		}
		sum := make([]int, len(a.Aggs)) // of each average, the call that sums its argument; -1 for none
		some := false
		for i, call := range a.Aggs {
			sum[i] = sumBeside(call, a.Aggs)
			some = some || sum[i] >= 0
		}
		if !some {
			return n
		}
		o.estimate(a)
		if a.Rows > fewAverages {
			return n
		}
		return o.withQuotients(a, sum)
	})
}

// sumBeside returns the call among calls that sums what call is the average of, -1 for none.
func sumBeside(call plan.AggCall, calls []plan.AggCall) int {
	if !plainCall(call, "avg") {
		return -1
	}
	for i, c := range calls {
		if plainCall(c, "sum") && plan.Same(c.Args[0], call.Args[0]) && plan.VolatilityOf(c.Args[0]) != expr.Volatile {
			return i
		}
	}
	return -1
}

// plainCall reports whether a call is of an aggregate of exact numbers, over all rows.
func plainCall(c plan.AggCall, name string) bool {
	return c.Agg.Name == name && !c.Distinct && c.Filter == nil && len(c.OrderBy) == 0 && len(c.Args) == 1 && exactNumber(c.Args[0].Type())
}

// withQuotients returns a projection with the columns of a that divides sums by counts.
func (o *optimizer) withQuotients(a *plan.Aggregate, sum []int) plan.Node {
	n, p := withoutCalls(a)
	keys := len(a.Keys)
	counts := map[int]expr.Expr{} // by the call of the sum
	for i, call := range a.Aggs {
		c := a.Out[keys+i]
		if sum[i] < 0 {
			n.Aggs, n.Out = append(n.Aggs, call), append(n.Out, c)
			p.Exprs = append(p.Exprs, column(c))
			continue
		}
		if counts[sum[i]] == nil {
			counts[sum[i]] = o.aggregate(n, "count", call.Args[0])
		}
		q, err := expr.NewOp(0, "/", numeric(column(a.Out[keys+sum[i]])), numeric(counts[sum[i]]))
		if err != nil {
			o.fail(err)
			return a
		}
		p.Exprs = append(p.Exprs, q)
	}
	return p
}

// numeric is e as NUMERIC.
func numeric(e expr.Expr) expr.Expr { return relabeled(e, types.T(types.Numeric)) }
