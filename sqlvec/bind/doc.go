// Package bind turns syntax trees into plans: it finds what names mean, gives every
// expression its type, and says what is wrong with PostgreSQL's words and the place.
//
// # How it works
//
// A Binder lives for one statement. It walks a query from the inside out: FROM makes
// an operator and a scope (the names that are visible), WHERE, GROUP BY, the select
// list and ORDER BY are bound in that scope, and each adds its operator on top. Every
// column has an ID (package plan), so operators can be put between others later.
//
// A subquery inside an expression becomes a join of the operator below: a scalar
// subquery a Single join, EXISTS and IN a Mark join, whose new column stands for the
// subquery in the expression. Where the subquery uses columns of the query around it,
// decorrelate first moves those conditions up into the join (Neumann and Kemper,
// "Unnesting Arbitrary Queries", BTW 2015, in its simple cases). What cannot be moved
// becomes a dependent join, which the optimizer unnests in general.
//
// Every table reference has its own point in time: that of its FOR SYSTEM_TIME
// clause, else that of the nearest clause around it, else the session's.
//
// # Files
//
//	binder.go      the Binder and what it asks of the session
//	scope.go       names of columns; names.go the names of outputs
//	from.go        FROM: tables, joins, functions; temporal.go points in time
//	query.go       WITH, ORDER BY, LIMIT; select.go; group.go; setop.go
//	expr.go        expressions; call.go functions; build.go types and casts
//	subquery.go    subqueries; decorrelate.go
//	target.go      columns that INSERT and UPDATE assign to
//
// A Binder is not synchronised.
package bind
