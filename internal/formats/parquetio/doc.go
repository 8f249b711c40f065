// Package parquetio writes results as Parquet files and reads Parquet files as batches, by
// the columns' pages: no value passes through a Go struct.
//
// The mapping of types is one table for each direction, in types.go:
//
//	SQL type                          written as                     read from
//	BOOLEAN                           BOOLEAN                        BOOLEAN
//	SMALLINT, INTEGER, BIGINT         INT32 (INT 16), INT32, INT64   signed and unsigned integers; UINT64 is NUMERIC(20,0)
//	REAL, DOUBLE PRECISION            FLOAT, DOUBLE                  FLOAT16, FLOAT, DOUBLE
//	NUMERIC(p,s), p <= 38             DECIMAL in INT32, INT64, FIXED DECIMAL in any physical type
//	TEXT, VARCHAR, unknown            STRING                         STRING, ENUM, UUID, TIME
//	BYTEA                             BYTE_ARRAY                     BYTE_ARRAY, FIXED, BSON
//	DATE                              DATE                           DATE
//	TIMESTAMP                         TIMESTAMP(µs, local)           TIMESTAMP of any unit, INT96
//	TIMESTAMPTZ                       TIMESTAMP(µs, UTC)             TIMESTAMP of any unit
//	JSON                              JSON                           JSON
//	other NUMERIC, INTERVAL           STRING                         (INTERVAL)
//
// The key driftdb.types in the file's metadata names the SQL type of every column, so that
// our own files give back the types that Parquet has no form for. Infinite dates and
// timestamps are kept as the extremes of their integers. NUMERIC NaN and infinities, which
// a DECIMAL cannot hold, are an error (22003).
//
// A file has row groups of 131,072 rows or 128 MiB of text, with statistics of every column. A
// column whose values repeat has a dictionary, else it is PLAIN.
//
// # Writing
//
// A rowGroup gathers the values of batches, a store for each column: typed slices, or codes where
// vectors come with dictionaries. A whole row group is encoded by several goroutines, a column each
// at a time, while the next is gathered; then its chunks are written in order. The same rows make
// the same file, however many goroutines there are. The library gives the structures of the footer
// and of the page headers, the runs of levels and codes, and the compressions.
//
// # Damage
//
// Any bytes may stand in a file. The footer and the headers of the pages are checked by our
// own reader of their encoding before the library sees them, so that a length that the file
// cannot back allocates nothing. A page is decompressed into as much memory as it declares and no more, and
// the runs of levels and codes, and the lengths of values that are written as differences, are proved to be as many as
// there are values before the library decodes them. What it still stumbles over is caught. Each is
// an error (22P04) that names row group and column. Values are checked for what our types
// promise: UTF-8 without zero bytes, digits, ranges.
//
// # Concurrency
//
// A Writer is used by one goroutine, and has others. A File may be used by many; a Rows by one at a time.
package parquetio
