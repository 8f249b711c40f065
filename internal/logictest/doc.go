// Package logictest runs files of SQL with expected answers against an engine.
//
// # Promise
//
// A file is a list of records, separated by empty lines. Run executes each file
// under every configuration of Configs (small batches, one worker, a checkpoint
// or a reopen after every statement) and the answers must be the same. The engine
// is behind an interface, so the same files run against PostgreSQL, which is where
// the expectations come from.
//
// # Records
//
//	# text                            a comment
//	statement ok                      the SQL below must succeed
//	statement count 3                 … and change or answer 3 rows
//	statement error 23505 @8 regex    … must fail with this SQLSTATE; the position (1-based, in
//	                                  bytes) and a regular expression on the message are optional
//	query IRT rowsort label           … must answer the rows below ----
//	let $x = SELECT …                 keeps the one value of a query as ${x}
//	connection name                   the records that follow run in this session
//	checkpoint, vacuum, reopen        CHECKPOINT, VACUUM, close and open the database
//	skipif name, onlyif name          the next record does not, or does only, run under the
//	                                  configuration or engine of this name
//	require name                      the rest of the file runs only on the engine of this name
//	hash-threshold 20                 answers of more values may be given as a hash
//	include file                      records of another file
//	loop i 0 10, endloop              the records between, with ${i} from 0 to 9
//	halt                              the file ends here
//
// A query's letters say what each column holds: I integers, R other numbers,
// B booleans, T anything else, ? not checked. Sort modes are nosort (as answered),
// rowsort and valuesort. Rows are written one per line with tabs between values,
// or one value per line. NULL is NULL, an empty text (empty); a tab, newline,
// carriage return or backslash within a value is \t, \n, \r or \\; a row without
// columns is (). Queries with
// the same label must answer the same. A hash is written
// "30 values hashing to <md5>", over the values with a newline after each.
//
// # Configurations
//
// A reopen after every statement would end transactions and lose settings, so it
// waits while a session is in a transaction or has changed its state (SET,
// PREPARE). A checkpoint runs in a session of its own.
//
// # Concurrency
//
// A file is run by one goroutine, several files may run at once, each on an engine
// of its own.
package logictest
