// Package exec runs resolved plans (package plan): it is the vectorised, parallel executor.
//
// # How it works
//
// A plan becomes pipelines. A pipeline is a source, streaming operators (filter, project,
// join probe, limit) and a sink; an operator that needs all its rows first (aggregate,
// sort, the build side of a join) is the sink of one pipeline and the source of another.
// The source hands out morsels, about a row group each, by one counter; each worker takes
// a morsel, pushes its batches through its own instances of the operators into its own
// end of the sink, and takes the next. When no morsel is left, the sink merges its ends.
// Pipelines run one after another, inputs first.
//
// A batch is up to vec.BatchRows rows with a selection mask. Filters clear bits of the
// mask and move no rows, unless few are left. Operators that move rows (sort, join,
// aggregate) make dense batches. Batches and what hangs on them are valid until push
// returns; who keeps rows copies them into a store.
//
// # Keys and groups
//
// Keys of grouping and joining are rows of 64-bit words (keyCodec); a group table or a
// join table is open addressing over stored hashes with the keys compared. Keys of few
// small codes (dictionaries, narrow integers, integers close together) find their groups
// through an array (memo), and joins on integers that lie close together use an array too.
// A semi or anti join with one comparison beside its keys makes no pairs: it looks at the least and the greatest
// value of a key (comparison).
// A key of several columns becomes one word where bounds of integers and numbers of texts fit
// into its fields (keyFields). Keys that come in ascending order are numbered as they come, without an array or a hash.
// Groupings of many keys are cut into partitions by hash. Where a sort with a LIMIT wants the groups whose keys
// come first, rows behind the keys known by then are left out before they are grouped (firstGroups). Sums, counts and extremes take
// rows by slots: of up to eight groups by a mask for each, of up to 511 several narrow sums in one word (expr.RowCounts). DISTINCT in
// an aggregate is a grouping by the keys and the arguments, whose groups make the states. Sort keys are cut to the bits
// that the exact range of each column needs (of short strings, to those in which they differ), packed
// into 64-bit numbers and sorted by radix, the following keys only where those are equal. Partitions
// and peers of windows begin where the sorted numbers differ. Windows over whole partitions come here as
// joins with groups. Of a window of which only the leading rows of each partition are wanted, the sink keeps no others.
//
// # Invariants
//
//   - E1: the scratch arena of a worker holds only what belongs to the batch being pushed;
//     whoever allocates from it releases its mark before push returns.
//   - E2: stages of a serial part may keep state in the stage; stages of other parts keep
//     it per worker.
//   - E3: parts of a higher phase start when all parts of lower phases have ended.
//   - E4: rows reach the caller in the order of their morsels, and a store's rows are
//     put into that order before anyone reads them; so an answer does not depend on the
//     number of workers, but for the order of groups and the rounding of float sums.
//
// # Errors
//
// An expression's error ends the run. Exceeding MemoryLimit is 53200, the end of the
// context 57014. A fault on mapped memory is a corruption error, any other panic XX000
// with its stack in the log.
//
// # Concurrency
//
// Run may be called by any number of goroutines, each with a plan of its own. Within a
// run the only locks are execution.mu and result.mu, both leaves.
package exec
