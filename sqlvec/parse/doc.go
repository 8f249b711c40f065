// Package parse turns SQL text into a typed tree, and a tree back into text.
//
// # Promise
//
// Parse, ParseExpr and ParseType accept PostgreSQL's dialect with DriftDB's
// additions (FOR SYSTEM_TIME, @SEQ:N and @TX:N, INSERT of JSON documents, FROM
// 'file', GROUP BY ALL, EXCLUDE, ASOF JOIN, CHECKPOINT, DESCRIBE, SUMMARIZE).
// Whatever bytes they are given, they return a tree or one *dberr.Error with a
// SQLSTATE and the position of the offending token; they never panic. A construct
// may parse although no later stage executes it: refusing it is the binder's work.
//
// # How it works
//
// The lexer splits one statement at a time into tokens with byte offsets. What it
// cannot read becomes an error token, reported only when the parser arrives there,
// so that the leftmost error is the one shown. The parser is recursive descent for
// statements and precedence climbing for expressions, with PostgreSQL's four
// classes of keywords and its table of precedences. Its first error sticks: the
// current token becomes the end of input, every rule falls through, and the tree
// is dropped.
//
// Format prints a tree as canonical SQL. A Splitter cuts a script into statements
// while it is read, so that a script need not fit in memory.
//
// # Invariants
//
//	P1  Parse(Format(Parse(x))) equals Parse(x) but for positions.
//	P2  No tree is deeper than maxNesting calls and maxHeight operators, so later
//	    stages may recurse over it. Beyond that the error is 54001.
//	P3  Every position is 0 or points at a token of the text that was parsed.
//	P4  A list of statements has no empty statements, and each knows its text.
//
// FuzzParse checks P1 to P4.
//
// # Errors
//
// 42601 syntax error; 22021 text that is not UTF-8 or holds a zero byte; 22025
// and 22P02 malformed literals; 22003 a number too large where the grammar wants
// a small one; 42P20 a window frame that ends before it begins; 54000 text over
// 1 GiB; 54001 nesting; 0A000 statements of PostgreSQL's that this dialect does
// not have.
//
// # Concurrency
//
// All functions may be called by several goroutines at once. Trees are never
// changed after they are returned. A Splitter belongs to one goroutine.
package parse
