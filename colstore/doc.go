// Package colstore keeps tables as versioned columns over one event log, and answers for any
// point of the past as for the present.
//
// # What it promises
//
// A commit that was acknowledged is there after any crash, and half a commit never is. A view
// at a point gives the same answer for ever: checkpoints, vacuums, restarts and later commits
// do not change it. A table whose files are damaged fails alone, with the file and the offset.
//
// # How it works
//
// Every transaction is one frame of the log (package eventlog). A table is an ordered list of
// rowsets: parts, which are immutable images in mapped files (package part), and the chunks of
// its tail, which are columns in memory. Each row version has a row id, the event of its birth
// and, when it has ended, the event of its death. Births ascend within a rowset and deaths are a
// list by event, so any rowset alone answers for any event: a prefix of its rows, without those
// that a prefix of its deaths names. A View is therefore only a point and a catalog; it takes no
// lock and copies nothing. A checkpoint turns chunks into parts, and says in the manifest which
// parts a table has and from where the log is to be replayed. A table is loaded, its tail
// replayed, when it is first used.
//
// A transaction writes into private chunks with provisional numbers; many rows go at once to a
// part in a file, which the frame names. Commit validates against what was ordered since the
// view, in the ordering step of the log, which also gives the numbers and applies the rows.
//
// # Directory
//
//	DRIFTDB             identity, written last by Init; see identity
//	LOCK                locked by the writer
//	log/                the event log; see package eventlog
//	manifest/CURRENT    eight digits and a newline: the generation that counts
//	manifest/NNNNNNNN/  a generation: frames of package mmapseg; see manifest
//	data/NNNNNNNN.pack  parts and deaths that a checkpoint or vacuum wrote
//	parts/NNNNNNNN.part one part, one set of rids, or the runs of one transaction, that a frame of
//	                    the log names
//	leases/PID-N        locked by a reader in another process
//
// The identity is 64 bytes, little-endian:
//
//	offset  size  field
//	0       8     magic "1DRIFTDB"
//	8       4     format version, 1
//	12      16    database id
//	28      16    id of the database this one is a branch of, or zero
//	44      8     commit of the branch, or zero
//	52      8     creation time, microseconds UTC
//	60      4     CRC-32C of the bytes before
//
// An edit of the manifest is one or more frames of the kinds KindOther (more follow) and
// KindOther+1 (the last), with the edit's number as CSN and the piece's number in the field of
// events; it counts when its last piece is there. Its payload is records:
//
//	byte 0  name      then
//	1       catalog   csn u64, length u32, a catalog edit
//	2       snapshot  table u32; csn, seq, log offset, next rid u64; parts u32, each: id u64,
//	                  place of the image, place of its deaths, base of rids and of births u64
//	3       floor     csn, seq, log offset, next file id, next part id u64
//	4       log file  id u64 of a file in parts/ that a frame before the floor names
//
// A place is a kind (0 none, 1 data/, 2 parts/) u8, a file id u64, an offset and a length i64.
// A snapshot replaces the one before it: the table's parts hold all events up to its seq, and
// the table is replayed from its log offset. The floor says the same for the catalog. A pack
// file holds part images at multiples of 4096 bytes and images of deaths at multiples of 64.
//
// A catalog edit is format u8 (1 or 2), operation u8 (1 define, 2 drop, 3 position of a
// sequence), two zero bytes, relation id u32, version of the definition it replaces u32 (0 for
// none), and for operation 1 the whole definition, for operation 3 the last number i64, whether
// it was handed out u8, and a count u64: of several positions that with the greatest count
// holds. In format 2 records follow the definition to the end of the edit, each a tag u8, a
// length u32 and a body, in the order of their tags:
//
//	tag  body
//	1    kind u8 (1 view, 2 sequence, 3 enumeration, 4 schema, 5 domain); query string
//	2    relation u32, columns: what a view reads
//	3    sequence: type; increment, least, greatest, first, cache i64; cycle u8; owning table and column u32
//	4    column u32; identity u8 (1 always, 2 by default); text of a generated column
//	5    CHECK: name; text; columns
//	6    FOREIGN KEY: name; columns; table u32; columns there; on delete u8, on update u8
//	7    table u32 with a foreign key to this one
//	8    comment: column u32 (0 for none); name of a constraint or index; text
//	9    name of a check or foreign key; flags u8
//	10   label of an enumeration, in their order
//	11   column u32 that is an enumeration or an array of one; name; labels
//	12   id u32 of the schema; without it the relation is in the schema 0, "public"
//	13   column u32 that an index of an expression, or with a condition, has to itself; text of the key
//	14   column u32; id u32 of the domain that it is of
//
// A domain is a relation of kind 5 with one column, its value, and the conditions on it.
// A schema is a relation of kind 4 with a name, and no more than comments. Schema 0 is there before the first
// edit: its id appears in edits only when it is renamed, dropped or commented on.
//
// A string is a length u32 and its bytes, columns are a count u32 and ids u32. A definition that
// needs no record is written in format 1. The form of an encoded row is told at rowLayout.
//
// # Invariants
//
//   - C1: rids and births of a rowset ascend; a rid is in one rowset of a state. (apply, install)
//   - C2: any state of a table answers for every event up to the newest applied one. (state)
//   - C3: a file counts only after it and its folder are synced and an edit or a frame that names
//     it is durable; it is removed only when neither names it and nobody has it mapped or leased.
//   - C4: nothing is applied to memory before it is validated, and only in the order of the log.
//   - C5: readers see nothing above the durable point; validators see everything ordered.
//   - C6: files in parts/ that a frame names are never removed: they are the log's.
//
// TestModel checks C1, C2 and C5 against a naive model, TestCrashAtEveryWrite C3 and C4,
// TestReaderBesideWriter C3 and C6.
//
// # Errors
//
// User errors are *dberr.Error with PostgreSQL's codes and words: 23502, 23505, 40001, 42P01,
// 42P07, 42701, 42703, 25006, and 22H01 to 22H03 for points of time. Damage is XX001 with file
// and offset. When a commit or the swap after a maintenance job fails half-way, memory cannot
// be trusted for writing: all later commits are refused until the database is opened again.
//
// # Concurrency
//
// A DB, its views and scans are safe for all goroutines; a Tx belongs to one at a time. There
// is one writer process, held by LOCK. Within it, lock order is: Tx.held, upkeep.one, store.loading,
// reading, the log's ordering lock, applying, upkeep.manifestMu, fileSet.mu; locks.mu is a leaf. A chunk has one
// appender, under applying; readers find its rows by atomics. States are replaced by one atomic
// store and pinned by who reads them.
//
// # Limits
//
// 1,600 columns and 255 indexes a table, 32 columns a key, names of 255 bytes. A transaction's
// frame holds 1 MiB: rows beyond the inline limits go to parts, and changes that are too many for
// the frame to a file that it names.
package colstore
