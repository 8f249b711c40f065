// Package plan defines the operators of a query: what the binder makes, what the
// optimizer rewrites and what the executor runs.
//
// # How columns are named
//
// Every column that an operator makes has an ID, unique within one statement. An
// operator that only passes a column on keeps its ID. While a plan is bound and
// optimized, expr.Col.Index holds an ID, so predicates move freely between
// operators. Resolve is the last step: it turns every expr.Col.Index into the
// position of the column among the input's columns (for a join: the left input's
// columns, then the right one's). The executor sees only resolved plans.
//
// # Invariants
//
//	P1  IDs among the columns of one operator are distinct.
//	P2  After Resolve every expr.Col of an operator is within its inputs' columns,
//	    and has that column's type.
//	P3  Scan.Predicate is the whole condition of a scan. Scan.Filters repeat those
//	    of its conjuncts that storage can use to skip row groups or to choose an
//	    index; they never filter on their own.
//	P4  Join, the operator without an algorithm, is gone after optimization.
//
// A plan belongs to one execution at a time and is not synchronised; the executor
// does not change it.
package plan
