// Package files reads files as tables: what FROM 'path', read_csv and their kin, COPY FROM and
// the import of Parquet and Arrow stand on.
//
// A Table is one or several files of one format under one list of columns. Open decides the
// columns: those of the first file, or of all with Options.UnionByName. It is a plan.Source
// like a stored table, so the optimizer leaves out columns and hands down conditions: a Parquet
// file decodes only the columns asked for and skips row groups by their statistics.
//
// A scan has a unit for each row group of a Parquet file and one for any other file. Units are
// read by any worker, each as a stream of batches of at most 32,768 rows, so memory is
// bounded whatever a file's size. Text is parsed by goroutines of its own (internal/formats/textin).
//
// Types of text files are found from the whole file up to 64 MiB, else from its first megabyte;
// a value further down that does not fit is an error that names file, line and column.
//
// Files are opened anew for each scan and closed with it. A Table may be used by any goroutine.
package files
