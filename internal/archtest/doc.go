// Package archtest holds the import table of the module and the test that keeps it.
//
// Imports go down only:
//
//	cmd -> internal/cli, server -> sqlvec -> colstore -> eventlog -> mmapseg -> leaves
//
// The table names, for every package, what it may import from this module; a package that
// is not in the table fails the test, so a new one has to say where it stands. Two further rules:
// outside internal/vfs no storage package touches a file through os, and nobody links
// arrow/compute or arrow's parquet, which cost more than they give.
package archtest
