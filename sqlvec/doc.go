// Package sqlvec is DriftDB's SQL: databases, sessions and the results of
// statements.
//
// A DB is one open directory. A Session is one conversation with it: its settings,
// its transaction, its prepared statements. Run executes every statement of a text in
// order and hands each Result to the caller as it comes; the first error stops it.
//
// A statement is parsed (package parse), bound to the catalog of its view (bind),
// rewritten (opt), and run in vectors (exec). INSERT, UPDATE and DELETE are queries
// whose rows the session gives to the storage's transaction.
//
// # Errors
//
// Everything that a statement can do wrong is a *dberr.Error with a SQLSTATE and the
// byte position in the text handed to Run. A panic inside a statement is caught,
// logged and answered as XX000; the session goes on.
//
// # Concurrency
//
// A DB may be used by any number of goroutines, a Session by one at a time. A
// statement is cancelled through its context and answers 57014.
package sqlvec
