// Package bench measures DriftDB against peers on the same data in the same run.
//
// Every figure is the median of paired runs (ours, peer, ours, peer …) with the
// smallest and largest beside it, and a ratio ours / peer. DuckDB runs in a Python
// process that times itself, so no process start or pipe is in its figures; SQLite
// commits from threads of a Python process, which release the interpreter lock
// inside SQLite. Peers that are missing are left out with a message, never guessed.
//
// Workloads: commits (durable single-row commits), points (SELECT and UPDATE of one row by
// its key), import (CSV to a durable table), history (scans, groups, joins and orders over a
// table, and at points of its past), cold (a new process on a large database), tpch (the 22
// queries on data made elsewhere), and with them bytes on disk and peak memory. Answers are
// compared with the peer's before anything is timed.
package bench
