// Package textin reads text files of rows (CSV, TSV, NDJSON) into typed vectors.
//
// A File is read in blocks of about a quarter of a megabyte (the first is a whole one) that end at the end of a record. A reader
// goroutine cuts the blocks, workers parse them at the same time, and Next hands out one
// batch a block, in the order of the file. A worker works in two steps: a Scanner of the
// format finds where each field begins and ends (spans), then a loop per column turns spans
// into values of the column's type.
//
// # The forms
//
// CSV is RFC 4180: fields may stand between double quotes, inside which a doubled quote is
// one quote and line breaks are data. A field without quotes that is empty, or equal to
// Options.Null, is NULL; a quoted one never is. A quote inside a field that does not begin
// with one is a character like any other, as in 5" disk.
//
// TSV is COPY's text form: no quotes; \N is NULL, and \t \n \r \\ stand for their
// characters; any other backslash is itself. An empty field is NULL unless its column is text.
//
// NDJSON is one JSON object a line. Its members are the columns; a missing member is NULL.
// Members may come in any order; those in the order of the columns are found by comparing, without a look-up. The same name twice in one object is an error.
//
// JSON may also be an array of objects, or objects of several lines one after another: see jsonLines.
//
// Lines end with \n or \r\n, or all with \r; lines without characters are skipped (where there is one column,
// an empty line is a NULL row). A UTF-8 byte order mark at the beginning is skipped.
//
// # Types
//
// Guess proposes columns from the first block, Infer from the whole file; both use the same
// rules: BIGINT, DOUBLE PRECISION where every value has at most 15 digits, else NUMERIC;
// BOOLEAN (true, false); DATE, TIME, TIMESTAMP, TIMESTAMP WITH TIME ZONE in their ISO forms; JSON for
// objects and arrays; TEXT for all else. NaN and infinities are numbers. Numbers with leading zeros or a plus sign are text, since
// they are codes more often than quantities.
//
// # Errors
//
// Every error about the data is a *dberr.Error with Line, the line of the file (from 1, that
// a record begins on), and Column, the column's name, where one is concerned. When several
// blocks have errors the one of the earliest line is reported.
//
// # Concurrency
//
// A File is used by one goroutine. The batches it hands out belong to the caller until
// Release; their memory is then used again.
package textin
