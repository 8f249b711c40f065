// Package expr is bound expressions: their nodes, the functions, operators and
// aggregates they call, and their evaluation over batches.
//
// # What it promises
//
// An expression means what PostgreSQL 15 makes it mean: overloads, conversions, NULLs,
// result types and scales, texts and SQLSTATEs of errors. testdata/pg holds thousands
// of its answers, and known.txt the deliberate differences. There is one evaluator: a
// constant is folded by the code that runs over columns.
//
// # How it works
//
// The binder makes nodes with NewCall, NewOp and their kin, which choose overloads
// (resolve.go), insert conversions (coerce.go) and give literals their types. Fold
// computes what is constant. Compile turns the tree into a Program of evaluators,
// one per node, which compute whole vectors; AND, OR, CASE and COALESCE evaluate
// later operands only for the rows that still need them.
//
// A function is either vectorised (eval) or computed row by row (row); the second is
// for those that are rare. What has few values (a dictionary, days and other integers close
// together, or a combination of such) is not computed row by row: a memo computes it once for each
// value and keeps the results, and rows are given codes of them. Comparisons run on narrow codes.
//
// NUMERIC is computed loosely: vectors of scaled integers whose own type says their
// scale, as long as nothing overflows; Wide vectors, of 128-bit integers and a scale a row, where
// that is too narrow, as for quotients; and vectors of decimals after that. An expression whose type is scaled
// gives scaled integers. Program.Eval gives the memory form of the expression's type unless the program is Loose.
//
// # Invariants
//
//   - E1: an error is raised only for a row that is selected and whose arguments are not NULL.
//   - E2: the result for a row depends neither on the forms of the vectors nor on other rows.
//   - E3: values of rows that are not selected, and of NULL rows, are unspecified but safe to read.
//   - E4: a vector's memory lives in the arena given to Eval, in its batch, or in the program.
//   - E5: States give the same result whether rows come at once, by group or by merging, but
//     for the rounding of floats and for aggregates that depend on order.
//
// TestFunctionsOnVectors, TestTreesOnVectors and TestAggregatesAgreeWithThemselves hold
// E1, E2 and E5.
//
// # Concurrency
//
// Nodes, functions and aggregates are immutable. A Program and States belong to one
// goroutine at a time. An Env is shared and read-only.
package expr
