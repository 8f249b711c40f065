// Package eventlog is the log of a database: transactions in one order, numbered, timed and
// durable, each of them exactly one frame of mmapseg.
//
// It promises: an acknowledged transaction survives every crash, whole; no half transaction
// is ever seen; numbers are dense; commit times rise with them, even when the clock steps
// back; a time that has been closed never gets another commit.
//
// # How it works
//
// Submit encodes a transaction outside every lock, takes its numbers and time under the
// ordering lock, where the caller validates it and places its new rows (Bases), and queues it.
// The first in the queue leads: it writes all that is queued with one pwrite and one
// fdatasync, publishes, and wakes the others. There are two heads: Ordered, what validators
// look at, and Durable, what readers look at.
//
// Offsets of frames per table are kept in memory for unsealed segments and in the footer of
// sealed ones, so ReplayTable reads only the frames of its table.
//
// # Payload of a transaction
//
//	offset  size  field
//	     0     2  format, 1
//	     2     2  zero
//	     4     4  T, tables
//	     8     4  R, runs
//	    12     4  zero
//	    16    16  salt, random
//	    32  24·T  per table: u32 id, u32 zero, u64 rid of the first new row, u64 new rows
//	             R runs, each from a multiple of 8
//
// A run is a header of 16 bytes and a body:
//
//	 0     1  kind: 1 insert, 2 update, 3 delete, 4 insert by reference, 5 update by reference, 6 catalog edit,
//	          7 runs by reference
//	 1     1  zero
//	 2     2  index of the table among the T; 0xFFFF for a catalog edit and runs by reference
//	 4     4  schema version of the new rows
//	 8     4  N, events; 0 for a catalog edit
//	12     4  bytes of the body; zeros follow to a multiple of 8
//
// Bodies: insert: rows. Update: rids, rows. Delete: rids. Insert by reference: reference.
// Update by reference: rids, reference. Catalog edit: opaque bytes. Runs by reference: reference
// to a file that holds all runs of the transaction but its catalog edits, where they do not fit into
// a frame; the reference's rows are the number of runs, its bytes are runs as above, each from a
// multiple of 8. There is at most one such run in a transaction. Parts of bodies:
//
//   - rows: u32 end of each of the N rows in what follows, zeros to a multiple of 8, the bytes
//     of the rows.
//   - rids: u8 form, 3 zero, u32 count, u32 bytes, u32 zero, then by form 0 a u64 each, 1 a
//     64-bit roaring bitmap, 2 a reference to a file range that holds such a bitmap; zeros to a
//     multiple of 8.
//   - reference: u64 file id, u64 offset, u64 bytes, u32 rows, u32 zero, SHA-256 of the bytes.
//
// Events are numbered in the order of the runs and, in a run, of the rows or rids. The new
// rows of a table take consecutive rids from its base in the same order. A rid with bit 63
// set counts from the base of its table in this frame: it names a row of the same transaction.
//
// # Footer of a sealed segment
//
// Section 1, tables: u32 count, u32 zero, u64 log offset of the segment; per table, by
// ascending id, 80 bytes: u32 id, u32 frames F, u64 place of its list in the section, and for
// the first and the last commit that touch it u64 csn, u64 first seq, u32 events, u32 zero,
// i64 time; then the lists: F times u32, the offset of a frame in the segment divided by 8.
// Catalog edits are under the id 0xFFFFFFFF. Section 2, leaves: u64 first csn, u64 count,
// 32 bytes for each commit.
//
// # Leaves
//
// The leaf of a commit is SHA-256 of: byte 0; u8 kind, u64 csn, u64 first seq, u32 events, i64
// time, u64 epoch, u32 key id; SHA-256 of the attribute block; SHA-256 of the skeleton; the
// chunk hashes in order. The skeleton is u32 T; per table u32 id, u64 base, u64 new rows; u32
// R; per run u8 kind, u32 table id, u32 schema version, u32 events, its rids as stored (an
// empty list if none), u32 length and bytes of the catalog edit. A chunk is a row, hashed as
// salt followed by its bytes, where the salt is the first 16 bytes of SHA-256(frame salt, u32
// run, u32 row); or a reference, hashed as its 64 bytes.
//
// # Head page, file head
//
// What a writer shows to processes beside it, 128 bytes, written after each group and synced
// only on open: magic "DRIFTHED", u32 version 1, u32 CRC-32C of bytes 16 to 127, database id, u64
// counter, u64 csn, u64 first seq, u32 events, u32 clean, i64 commit time and u64 offset of the
// newest durable commit, i64 closed time, u64 log offset behind everything durable, u64 process
// id, zeros. Nothing is recovered from it. But it is written only after what it shows is
// durable, so a log that ends before it has lost commits, and says so.
// The clean flag is set by Close alone and taken back, synced, by the next writer's Open: when
// the log ends where it says, nothing behind is searched.
//
// # Invariants
//
//   - L1: csn, seq and log offset are dense: each frame begins where the last one ended, in
//     all three (recovery.step checks, on every open).
//   - L2: commit time rises strictly with csn; a mark's is not below it (orderer).
//   - L3: order runs exactly once for a transaction, in log order; a refused one uses no number.
//   - L4: Durable never passes what has been synced (leadOnce, publish).
//   - L5: a closed time stays closed: the floor rises before it is answered, marks keep it.
//
// # Errors
//
// Bad points in time are user errors: 22H01, 22H02, 22H03. A full disk is 53100. Damage is a
// corruption error with file and offset. A failed write or sync is final for the open log;
// with it, a Submit that was ordered returns an error although the commit may survive.
// With Async a crash may lose the last commits, and their numbers are given again.
//
// # Concurrency and lock order
//
// All methods may be called from any goroutine. Locks, outermost first: Log.refresh,
// background.sealing, orderer.mu, headPage.mu, tableIndex.mu. order functions run under
// orderer.mu and must not call Submit, CloseTime or WaitDurable. OnDurable runs in the leader
// and must not wait for a commit.
package eventlog
