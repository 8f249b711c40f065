// Package bench measures DriftDB against peers on the same data in the same run.
//
// Every figure is the median of paired runs (ours, peer, ours, peer …) with the
// smallest and largest beside it, and a ratio ours / peer. DuckDB runs in a Python
// process that times itself, so no process start or pipe is in its figures; SQLite
// commits from threads of a Python process, which release the interpreter lock
// inside SQLite. Peers that are missing are left out with a message, never guessed.
//
// PostgreSQL and MariaDB are servers of the benchmark's own, each asked by its own client.
//
// Workloads: commits, points, small, ycsb and tpcb (statements on few rows), import and export
// (whole processes), history and temporal (the past), maintenance (checkpoint, vacuum, recovery),
// h2o, hits, growth, tpch and everyday (questions over many rows), cold (a new process on a large database),
// and with them bytes on disk, peak memory and processor time. Answers are compared with the
// peer's before anything is timed.
package bench
