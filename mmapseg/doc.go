// Package mmapseg keeps frames in append-only segment files that are read through mappings.
//
// It promises that a frame is read back exactly as written or not at all, that a torn end and
// damage are told apart, and that recovery overwrites nothing. It knows frames, not events.
//
// # How it works
//
// A log is a directory of numbered segments. Log offsets count bytes of frames from the start
// of the first segment and run on through all of them, so they do not depend on where segments
// end. The active segment is a file of fixed size, zeroed and synced ahead of its use, that
// only the appender writes: one pwrite for a group of frames, one fdatasync. Everybody reads
// through a read-only mapping. When a group does not fit, the segment is synced and the next
// one, made in the background, is begun; it begins at the log offset where the old one ends.
//
// A full segment is sealed: written as a new file whose frames are compressed in independent
// blocks, with a map and sections of the sealer's own, synced, renamed, put in the place of the
// old one in the list, and then the old file is removed. Who has pinned the old one keeps it.
//
// # Frame
//
// All numbers are little-endian. A frame begins at a multiple of 8.
//
//	offset  size  field
//	     0     4  magic "DFRM"
//	     4     4  CRC-32C of bytes 8 to 79
//	     8     4  CRC-32C of everything from byte 80 on, padding included
//	    12     1  version, 1
//	    13     1  kind: 1 transaction, 2 mark, from 16 on other users'
//	    14     2  reserved, zero
//	    16     8  log offset of this frame
//	    24     8  commit number; a mark repeats the last one
//	    32     8  number of the first event; the next one to be given if there is none
//	    40     4  events
//	    44     4  A, bytes of the attribute block, a multiple of 8, at most 64 KiB
//	    48     8  commit time, microseconds UTC
//	    56     8  synced: everything below this log offset was durable when the frame was written
//	    64     8  epoch, 0
//	    72     4  key id, 0: not encrypted
//	    76     4  P, bytes of the payload, at most 1 MiB
//	    80     A  attributes: u16 type, u16 zero, u32 length, value, zeros to a multiple of 8
//	  80+A     P  payload
//	             zeros to a multiple of 8
//
// Both checksums start from the CRC-32C of database id, segment number and log offset, so a
// frame that is stale, was moved, or lies inside a payload is never valid. An attribute whose
// type has bit 15 set is required: who does not know it refuses the frame.
//
// # Segment, NNNNNNNN.seg
//
//	offset  size  field
//	     0     8  magic "DRIFTSEG"
//	     8     4  version, 1
//	    12     4  CRC-32C of bytes 16 to 511
//	    16    16  database id
//	    32     8  segment number, from 1
//	    40     8  capacity, which is the size of the file
//	    48     8  time of creation, microseconds UTC
//	    56   456  zero
//	   512        frames, then zeros
//
// The header is durable before the segment is used, and has a sector of its own that is never
// written again. Where the segment begins in the log is not in it, because it is not known
// when the segment is made: the first frame says it, and that is also where the segment before
// it ends. What lies behind that end is dead.
//
// # Sealed segment, NNNNNNNN.sealed
//
//	offset  size  field
//	     0     8  magic "DRIFTSLD"
//	     8     4  version, 1
//	    12     4  CRC-32C of bytes 16 to 127
//	    16    16  database id
//	    32     8  segment number
//	    40     8  log offset of the first frame
//	    48     8  log offset behind the last frame
//	    56     4  plain bytes of a block, 262144; the last block may be shorter
//	    60     4  B, number of blocks
//	    64     4  S, number of sections, at most 16
//	    68     4  reserved, zero
//	    72     8  place of the map in the file
//	    80     8  size of the file
//	    88     4  bytes of the map
//	    92     4  CRC-32C of the map
//	    96    32  zero
//	   128        blocks, then sections, then the map
//
// The map has B entries of 56 bytes: u64 place, u32 stored bytes and u32 CRC-32C of the stored
// block; u64 log offset, u64 commit number, u64 first event and i64 time of the first frame
// that begins in it (offset all ones if none does); u32 codec (0 plain, 1 zstd), u32 zero. S
// entries of 24 bytes follow: u32 id, u32 CRC-32C, u64 place, u64 bytes of a section.
//
// Searches by commit number, event or time go by binary search over the map, or over keys
// kept in memory at least 4 KiB apart for an unsealed segment, and read on from there.
//
// # Recovery
//
// The frames of unsealed segments are checked in order. A bad one at log offset X is damage if
// a later segment has begun behind X, or a good frame at any 8-byte position behind X says
// that more than X was synced, or the opener knows of durable data behind X
// (Options.Durable). Otherwise X is a torn end: what is behind was never acknowledged. The log
// ends at X. It goes on in the same segment only if nothing but zeros follow, else in a new one.
//
// A bad frame is a hole, and the log goes on behind it, when a good frame follows in the segment
// and its commit number shows that none is lost but those the opener holds elsewhere
// (Options.Held). Who asks for a frame in a hole gets the damage.
//
// # Invariants
//
//   - S1: no byte of a segment is written twice, but for the zeros it was made with.
//   - S2: a segment is begun only after the one before it has been synced to its end.
//   - S3: a file is under its final name only when it is whole and synced.
//   - S4: bytes below the end of a segment never change, and stay mapped while pinned.
//   - S5: after a failed write or sync nothing more is written (Store.fail).
//
// # Errors
//
// Damage is a *dberr.Error with file and offset. Errors of the system are wrapped with the
// step. When the disk is full, Room says so before numbers are given out.
//
// # Concurrency
//
// One appender at a time calls Write and Sync, one goroutine at a time Seal, one Refresh; all
// else is free. Store.mu guards the exchange of the segment list, preparer.mu the segment made
// ahead, segment.mu its keys; no two of them are held together.
package mmapseg
