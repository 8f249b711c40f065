// Package part is the immutable part: up to 2^20 row versions of one table, in columns, with
// statistics, births, indexes and, in an image of their own, deaths.
//
// A part's image is a valid Arrow IPC file, readable by any Arrow library as file or stream, with
// the columns that are stored as Arrow lays them out; it names those that are packed. It is read
// here without Arrow: a part footer of our own says where every buffer lies, so that opening decodes
// some kilobytes and a scan hands out the mapped bytes themselves. Packed columns are handed out
// mapped, too, as vectors of the form Packed, which a scan unpacks window by window: integers and codes
// in bits, and strings of which only the lengths are.
//
// # How it works
//
// A Writer stages rows flat. A full row group is encoded as small as its own bounds allow;
// when the part is finished every column gets one form for all groups (Encoding), chosen
// from exact bounds and distinct values, and is written once, front to back. Integers, codes and lengths
// of strings are packed where that saves three eighths of their bytes, unless the part is compressed or an index is
// over them, which looks for single rows. The fingerprint
// of an image (Info.Check) is made of two checksums that, through the footer, cover every
// byte; whoever refers to a part stores it, and a swapped or stale part is noticed on opening.
//
// Each part alone answers any point in time: births ascend with the row number, so what was
// born by seq S is a prefix (Part.RowsBornBy), and deaths are sorted by seq, so what died by S is
// a prefix too, whose bits are a Mask. Masks are kept, and extended by copying the pages in which
// something died; old ones start from the nearest keyframe.
//
// # The image of a part
//
// All numbers are little-endian. The image begins at a multiple of 64 bytes of its file;
// offsets count from its start. Everything between two pieces is zero.
//
//	piece                size   contents
//	magic                8      "ARROW1", two zero bytes
//	schema               var    Arrow message, ends at a multiple of 64
//	dictionaries         var    one message and body per Coded column: offsets, bytes
//	record batches       var    one message and body per row group; all buffers at multiples of 64;
//	                            behind those of a body the chunks of packed columns
//	end of stream        64     0xFFFFFFFF, zeros
//	packed dictionaries  var    per PackedCodes column: offsets, bytes, each padded to 64
//	run table            var    rows u32[], rids, births (u32[] or u64[]), each padded to 64
//	indexes              var    per index: directory u32[], row numbers u32[], Bloom filter, each padded
//	part footer          var    below; padded to 64
//	trailer              64     below
//	Arrow footer         var    flatbuffer
//	end                  10     length of the Arrow footer u32, "ARROW1"
//
// The trailer:
//
//	offset  size  field       meaning
//	0       8     magic       "DRIFTPRT"
//	8       4     version     1, or 2 where a column is packed, or 3 where one is PackedText
//	12      4     reserved    zero
//	16      8     footer off  of the part footer
//	24      4     footer len  bytes, without padding
//	28      4     footer crc  CRC-32C of the part footer
//	32      8     length      of the image
//	40      4     arrow len   bytes of the Arrow footer
//	44      4     arrow crc   CRC-32C of the Arrow footer
//	48      12    reserved    zero
//	60      4     crc         CRC-32C of bytes 0 to 59
//
// The part footer, without padding between its fields:
//
//	u32 rows, u32 rows of a full group, u16 columns, u16 indexes, u32 flags (1: compressed)
//	u32 n, then n pieces of Arrow metadata: i64 off, u32 len, u32 crc
//	per column:
//	    u32 id, u32 type version, u8 type, u8 encoding, u8 width, u8 zero, i16 precision, i16 scale,
//	    i32 length, i64 base, u16 n, n bytes of name
//	    Coded, PackedCodes: i64 off, u32 values, u32 bytes of their text, u32 crc over the padded body
//	    sketch: u16 registers in use; up to 128 of them as (u16 number, u8 rank), else all 512 as u8
//	per group, per column:
//	    u32 NULLs, u32 distinct, u8 flags (1 bounds, 2 exact, 4 NaN, 8 sorted, 16 in the order of the
//	    type: Coded columns whose values are not in the order of their bytes; without it, what older
//	    writers left, the bounds say nothing)
//	    bounds: least, greatest; integers i64, floats f64, intervals i32 i32 i64, text u8 n and n bytes
//	    unless AllNull: i64 off, u32 crc over all padded buffers
//	    Plain text, PackedText: u32 bytes of text
//	    Packed, PackedCodes, PackedText: u8 bits; Packed: i64 least, u64 unit; PackedText: u32 least
//	    compressed: u32 stored bytes of each of three buffers
//	run table: i64 off, u32 runs, u32 crc, u32 bytes of a number (4 or 8)
//	per index:
//	    u32 id, u16 columns, u8 unique, u8 rows in key order, u32 shift, u32 buckets, u32 filter bytes, i64 off
//	    per column: u32 column id, u64 least ordinal, u64 spread, u8 shift, u8 bits,
//	        u8 flags (1 exact, 2 known), u8 n, n bytes that all values begin with
//	    u32 n, then n × u32 crc of the blocks of 16 KiB of its data
//
// A chunk, the part of a column in one group, is up to three buffers: validity (only when there
// are NULLs), data or offsets, text. Their sizes follow from the footer; in a compressed part each
// is what Arrow's ZSTD body compression says: i64 length (-1: stored as it is), then the frame.
//
//	encoding  Arrow type                              stored
//	AllNull   Null                                    nothing
//	Plain     Bool, Int, Float, Date32, Timestamp,    values; INTERVAL as FixedSizeBinary(16): months i32,
//	          Utf8, Binary, FixedSizeBinary(16)       days i32, µs i64; NUMERIC of up to 18 digits as Int(64)
//	Offset    UInt 8, 16, 32                          value - base, the base in metadata "driftdb.base"
//	Coded     Dictionary(UInt 8 or 16)                codes into the part's sorted dictionary
//
//	Packed, PackedCodes and PackedText, which the schema leaves out and names in its metadata "driftdb.packed"
//	by their ids: validity, then numbers of the group's count of bits, in blocks of 64 (package bitpack).
//	PackedText has behind the numbers, in the same buffer, an i32 for each block: where its strings begin in the
//	third buffer, the text. A value is least + unit × number, a length is least + number; a code is a number.
//	The width and base of the column are those of the unpacked integers, as in Offset, or Plain where the width
//	is that of the type; lengths have a width of 4.
//
// Field metadata "driftdb.column", "driftdb.type_version" and "driftdb.type" name the column id,
// the version of its type and the SQL type.
//
// # Indexes
//
// A key prefix of at most 44 bits orders as the keys do: per column the ordinal less the least
// one, in as many bits as the spread has; a NULL is one more than the greatest. Text gives the
// eight bytes behind what all values begin with. The directory says where each range of prefixes
// begins; within it rows are in key order, and compared with the columns. Row numbers are left
// out where the rows are in key order as they lie. The Bloom filter has about ten bits a key,
// in blocks of 32 bytes; there is none when the keys are all the integers of a range.
//
// # The image of deaths
//
// It too begins at a multiple of 64 bytes. Behind a header and a table of checksums lies the
// body, in blocks of 16 KiB with a checksum each.
//
//	offset  size  field       meaning
//	0       8     magic       "DRIFTDTH"
//	8       4     version     1
//	12      4     rows        of the part
//	16      4     deaths
//	20      4     width       bytes of a seq: 4 or 8
//	24      8     base        added to every stored seq
//	32      4     keyframes   one after every 65,536 deaths
//	36      4     table crc   CRC-32C of the table of checksums
//	40      8     body        bytes
//	48      12    reserved    zero
//	60      4     crc         CRC-32C of bytes 0 to 59
//	64      var   table       u32 per block of the body; padded to 64
//
// The body: seqs (ascending), rows u32 (each padded to 64), per keyframe u64 offset in the body
// and u64 bytes, then the keyframes: portable roaring bitmaps of all rows dead by then.
//
// # Invariants
//
//   - P1: an image is never changed once written. Its fingerprint covers every byte.
//   - P2: no value is handed out before the checksum over it was compared. The first touch of a chunk
//     also checks that offsets and codes stay inside (Part.loadChunk).
//   - P3: bounds contain every value that is neither NULL nor NaN; Sorted is never wrong
//     (Part.Verify compares; TestPartEqualsModel).
//   - P4: rids and births ascend with the row number (runList.addRun, openBirths).
//   - P5: an index names every row once, in (key, row) order; a row it gives was compared.
//   - P6: a row dies at most once; deaths ascend by seq; a keyframe is the sum of those before it.
//
// # Errors
//
// Damage is dberr.Corrupt with file and offset (indexes: SQLSTATE XX002), at the latest when the
// damaged bytes are touched; Verify touches all. No bytes make this package panic, nor allocate
// more than they justify. Wrong use is dberr.Bug. A faulting page panics as everywhere: callers
// are inside vfs.Guard.
//
// # Concurrency
//
// Part, Index, Mask and Cache are safe for all. A Deaths has one appender and many readers.
// A Writer belongs to one goroutine, and lets WriteOptions.Workers of them encode columns within a call.
// Locks: sharedArena.mu, Deaths.mu, deathIndex.mu and Cache.mu are leaves.
//
// # Limits and versions
//
// 2^20 rows, 4096 columns, 256 indexes of 32 columns, 2^30 bytes of text in a chunk, 65,536
// values in a dictionary. Version 1 has no packed columns, version 2 no PackedText; a part is written as the
// least version that has what is in it. Other versions than 1 to 3 are refused.
package part
