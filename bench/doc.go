// Package bench measures DriftDB against peers on the same data in the same run.
//
// Every figure is the median of paired runs (ours, peer, ours, peer …) with the
// smallest and largest beside it, and a ratio ours / peer. DuckDB runs in a Python
// process that times itself, so no process start or pipe is in its figures; SQLite
// commits from threads of a Python process, which release the interpreter lock
// inside SQLite. Peers that are missing are left out with a message, never guessed.
//
// Workloads: commits (durable single-row commits), import (CSV to a durable table),
// history (filter, sum and GROUP BY now and at points of the past), cold (a new
// process on a large database), and the bytes on disk of each.
package bench
