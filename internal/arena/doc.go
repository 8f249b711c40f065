// Package arena hands out short-lived memory outside the Go heap.
//
// An Arena is a bump allocator over chunks of anonymous memory. Chunks are
// multiples of 2 MiB, aligned to 2 MiB and advised to be huge pages, because the
// first touch of small pages costs more than the work done on them. Under a budget of less
// than 512 MiB chunks may be smaller, so that many arenas fit. Freed chunks go
// to a pool of the process, so only the first query pays for the first touch.
// The pool halves and joins them for other sizes. When it must map memory although
// there is free memory, in pieces that are too small, it gives as much of those back
// to the system: the process holds about what its largest query did, not the sum of
// what each size was once needed for.
//
// Arena memory holds no Go pointers: the garbage collector does not scan it.
//
// # Invariants
//
//   - A1: every allocation is aligned to 64 bytes and does not overlap another live one.
//   - A2: memory is not moved before the Reset, Release or Free that ends its life.
//   - A3: a chunk is owned by one arena or by the pool, never by both.
//
// # Errors
//
// An allocation that would exceed the budget panics with an Exhausted value, since
// kernels have no error result. Catch turns that panic into its *dberr.Error
// (SQLSTATE 53200); whoever runs a query's work calls it once around the work.
//
// # Concurrency
//
// An Arena belongs to one goroutine at a time. A Budget and the pool are safe for
// all. The pool's mutex is a leaf lock.
package arena
