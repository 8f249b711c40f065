// Package opt rewrites a bound plan into one that is quick to run and gives the same
// rows.
//
// # Steps
//
//	cte.go       a WITH query that is used once is put in its place
//	ctecolumns.go of the others, columns that nobody reads are left out
//	factor.go    what every alternative of an OR demands stands beside it
//	orparts.go   what an OR demands of one input of a join alone is asked there too
//	push.go      conditions move down to where their columns are made; joins that
//	             keep rows only to have them filtered out become inner or semi joins; tighten.go:
//	             by the conditions of joins above, too; lowered.go: scalar subqueries go to the
//	             relation that is compared with them
//	unnest.go    dependent joins (correlated subqueries, LATERAL) become plain ones;
//	             domain.go, domain_join.go: how each operator works for all outer rows
//	sift.go      aggregations group only the keys that the other side of a join can ask for
//	common.go    joins and groups that stand in a plan twice are computed once
//	joinorder.go chains of up to nine inner joins are put into the cheapest order, longer ones
//	             by order.go into one with small intermediate results; the smaller side is
//	             hashed; equalities.go: by equalities that follow from others, too
//	once.go      joins become semi joins where it does not matter how often a row is there
//	sink.go      semi and anti joins come before inner joins that have more rows
//	shiftedsum.go sums of a column and constants are made of one sum and one count
//	average.go   an average beside a sum of the same is made of that and a count
//	choices.go   sums of several CASE over columns of few values are made of one sum for each of
//	             these values
//	determined.go keys that others determine are not grouped by, or computed of each group
//	distinctfirst.go where all calls of an aggregation are DISTINCT over one argument, another
//	             below finds what is distinct
//	eager.go     rows are grouped before a join that repeats them, or whose texts they are
//	             grouped by, and what was made of them is put together above it; harmless.go:
//	             what may be computed of rows that the join leaves out
//	algorithm.go equalities become hash keys; rangejoin.go: a value between two others
//	             of the other side is searched for in sorted ranges
//	physical.go  Sort under Limit keeps only the first rows, conditions of a scan become
//	             hints for storage
//	late.go      columns that joins only pass on to the first rows of an order are read when
//	             these are known
//	prune.go     columns that nobody uses are not read
//	estimate.go  rows and costs, from the statistics of the views that are read; groups.go: how
//	             many groups there will be, by what conditions and joins leave of the tables
//	resolve.go   column IDs become positions
//
// # Invariants
//
//	O1  A rewrite never changes rows, nor which errors a row can raise: a condition
//	    is not moved below an operator that decides whether it is evaluated at all,
//	    except below joins and filters, as in PostgreSQL.
//	O2  Constraints (keys, NOT NULL) are not used to remove work where they need not
//	    hold: between the events of a transaction.
//	O3  The columns of the plan's root stay, in order.
package opt
