// Package arrowio writes and reads Arrow IPC: the file format (".arrow") and the stream
// (".arrows").
//
// Rows are gathered into record batches of 65,536 rows, whose arrays lie over the gathered
// memory without a further copy. SQL types become plain logical Arrow types, whatever form
// a vector is stored in:
//
//	BOOLEAN                          bool
//	SMALLINT, INTEGER, BIGINT        int16, int32, int64
//	REAL, DOUBLE PRECISION           float32, float64
//	NUMERIC(p,s), p <= 38            decimal128(p, s)
//	NUMERIC without precision        utf8
//	TEXT, VARCHAR, unknown           utf8
//	BYTEA                            binary
//	DATE                             date32
//	TIMESTAMP, TIMESTAMPTZ           timestamp[µs], timestamp[µs, UTC]
//	INTERVAL                         month_day_nano
//	JSON                             utf8 with the extension name arrow.json
//
// Every field carries its SQL type in the metadata key driftdb.type, so that what Arrow cannot
// say is not lost. Infinite dates and timestamps keep their stored extremes (the greatest and
// the least int32 or int64). NUMERIC NaN and infinities, which decimal128 cannot hold, are an error (22003), as is an
// INTERVAL whose time part does not fit nanoseconds.
//
// Read back, arrays whose layout is ours become vectors over the memory of their record batch; the
// others are converted. A file without dictionaries lets its record batches be read apart.
//
// A Writer is used by one goroutine at a time, and so is a Reader but for its method Record.
package arrowio
