// Package cli is the driftdb command: its subcommands, flags, messages and shell.
//
// # What scripts depend on
//
// Data go to standard output, everything else to standard error. The exit status is 0 for
// success, 1 when a statement or an operation failed, 2 for wrong usage, 3 when stored data
// are damaged. Errors are written as psql writes them:
//
//	ERROR:  column "nope" does not exist
//	LINE 1: SELECT nope FROM users
//	               ^
//	HINT:  …
//	SQLSTATE:  42703
//
// Every flag --some-flag has an environment variable DRIFTDB_SOME_FLAG, which the flag on the
// command line overrides.
//
// # Interrupts
//
// The first interrupt (Ctrl-C) or SIGTERM cancels the statement at work, which answers 57014
// and leaves the data as they were. A second one ends the process at once, which is safe too:
// what was acknowledged is durable.
//
// # Files
//
// main.go has the entry point, flags.go what all commands share, errors.go the messages. A file
// <name>cmd.go holds one subcommand. output.go writes results, script.go finds statements,
// shell.go reads them from a person. Progress is shown on a terminal only.
package cli
