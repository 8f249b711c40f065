package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/internal/dberr"
	"driftdb/internal/formats/charset"
	"driftdb/internal/formats/textin"
	"driftdb/sqlvec"
	"driftdb/sqlvec/files"
)

var importFormats = []string{"csv", "tsv", "ndjson", "parquet", "arrow"}

// importFlags are the flags of `driftdb import`.
type importFlags struct {
	database
	table      string
	format     string
	create     bool
	primaryKey []string
	header     bool
	noHeader   bool
	delimiter  string
	null       string
	encoding   string
	file       string // of the old form --file
	onError    string // stop or skip
	rejectFile string
	maxErrors  int
	compress   bool
}

func newImport(std streams) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:     "import --data DIR --table T FILE|-",
		Aliases: []string{"ingest"},
		Short:   "Load a CSV, TSV, NDJSON, Parquet or Arrow file into a table",
		Long: `Loads a file into a table in one transaction: all of it or nothing. Text may be compressed: its name then
ends in .gz or .zst. Columns are matched by the
names in the header (or the members of the objects); missing ones get their defaults. With --create
the table is made, and the types of its columns are found from the data. Members of NDJSON objects
that the table lacks become new columns. An error names the line and column.

With --on-error skip, records that cannot be read as the table's columns are left out and counted;
--reject-file writes them to a CSV file with their line, column, SQLSTATE, reason and text. More than
--max-errors of them undo the import, as a row does that breaks a constraint.

With --compress the rows are stored compressed (zstd), for what is seldom read. Every query decompresses
what it reads.`,
		Example: `  driftdb import --data shop --table users --create --primary-key id users.csv
  driftdb import --data shop --table users more.ndjson
  driftdb import --data shop --table users --on-error skip --reject-file bad.csv users.csv
  generate | driftdb import --data shop --table users --format csv -`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, std, args) },
	}
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.table, "table", "t", "", "table to load into")
	flags.StringVar(&f.format, "format", "", "form of the file: "+strings.Join(importFormats, ", ")+" (default by its name's ending, else csv)")
	flags.BoolVar(&f.create, "create", false, "make the table, with column types found from the data")
	flags.StringSliceVar(&f.primaryKey, "primary-key", nil, "with --create: columns of the primary key, separated by commas")
	flags.BoolVar(&f.header, "header", true, "the first line has the names of the columns (with --create the default is what it looks like)")
	flags.BoolVar(&f.noHeader, "no-header", false, "the first line has values; columns are taken in order")
	flags.StringVar(&f.delimiter, "delimiter", "", "character between fields (default comma; tab for tsv)")
	flags.StringVar(&f.null, "null", "", `text that means NULL (default nothing; \N for tsv)`)
	flags.StringVar(&f.encoding, "encoding", "", "encoding of the text: "+charset.Known+" (default utf-8)")
	flags.StringVar(&f.onError, "on-error", "stop", "what a record that cannot be loaded does: stop, or skip")
	flags.StringVar(&f.rejectFile, "reject-file", "", "with --on-error skip: CSV file to write the skipped records to")
	flags.IntVar(&f.maxErrors, "max-errors", -1, "with --on-error skip: most records to skip (default any number)")
	flags.BoolVar(&f.compress, "compress", false, "store the rows compressed: fewer bytes, slower scans")
	flags.StringVarP(&f.file, "file", "f", "", "file to load, instead of the argument")
	return cmd
}

func (f *importFlags) run(cmd *cobra.Command, std streams, args []string) error {
	if f.file != "" {
		args = append(args, f.file)
	}
	if err := exactArgs(1, "one file to load, or - for standard input")(cmd, args); err != nil {
		return err
	}
	if err := required(cmd, "table"); err != nil {
		return err
	}
	f.file = args[0]
	opts, err := f.options(cmd)
	if err != nil {
		return err
	}
	return f.with(cmd, false, func(ctx context.Context, db *sqlvec.DB) (err error) {
		l := &loader{flags: f, opts: opts, db: db, std: std}
		if opts.Skip {
			if l.rejects, err = f.newRejects(); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, l.rejects.close()) }()
		}
		load := l.load
		if slices.Contains(binaryFormats, f.format) {
			load = l.loadBinary
		}
		rows, err := load(ctx)
		if err != nil {
			return &importError{err: err, file: f.file}
		}
		if _, err = fmt.Fprintf(std.out, "Ingested %d rows into table '%s'\n", rows, f.table); err == nil && opts.Skip {
			_, err = fmt.Fprintf(std.out, "Skipped %d records%s\n", l.rejects.n, f.rejectNote())
		}
		return err
	})
}

// begin are the statements that begin the import's transaction.
func (f *importFlags) begin() []string {
	if f.compress {
		return []string{"SET compress_parts = on", "BEGIN"}
	}
	return []string{"BEGIN"}
}

// rejectNote says where the skipped records are.
func (f *importFlags) rejectNote() string {
	if f.rejectFile == "" {
		return ""
	}
	return ", see " + f.rejectFile
}

// checkSkip checks the flags about records that cannot be loaded.
func (f *importFlags) checkSkip(cmd *cobra.Command) error {
	switch f.onError {
	case "stop":
		for _, name := range []string{"reject-file", "max-errors"} {
			if cmd.Flags().Changed(name) {
				return usageError{fmt.Errorf("--%s needs --on-error skip", name)}
			}
		}
	case "skip":
		if slices.Contains(binaryFormats, f.format) {
			return usageError{fmt.Errorf("--on-error skip is not for --format %s", f.format)}
		}
		if cmd.Flags().Changed("max-errors") && f.maxErrors < 0 {
			return usageError{errors.New("--max-errors must not be negative")}
		}
	default:
		return usageError{fmt.Errorf("--on-error must be stop or skip, not %q", f.onError)}
	}
	return nil
}

// options are what the flags say about the file.
func (f *importFlags) options(cmd *cobra.Command) (textin.Options, error) {
	if f.format == "" {
		var err error
		if f.format, err = formatOf(f.file, importFormats, "csv"); err != nil {
			return textin.Options{}, err
		}
	}
	if err := checkFormat(f.format, importFormats); err != nil {
		return textin.Options{}, err
	}
	if slices.Contains(binaryFormats, f.format) {
		for _, name := range []string{"header", "no-header", "delimiter", "null", "encoding"} {
			if cmd.Flags().Changed(name) {
				return textin.Options{}, usageError{fmt.Errorf("--%s is not for --format %s", name, f.format)}
			}
		}
	}
	if err := f.checkSkip(cmd); err != nil {
		return textin.Options{}, err
	}
	opts := textin.Options{Format: textin.Format(f.format), NoHeader: f.noHeader || !f.header, Skip: f.onError == "skip"}
	opts.FindHeader = f.create && !cmd.Flags().Changed("header")
	switch f.delimiter {
	case "":
	case `\t`:
		opts.Delim = '\t'
	default:
		opts.Delim = f.delimiter[0]
		if len(f.delimiter) > 1 || strings.ContainsAny(f.delimiter, "\"\r\n") || opts.Delim >= 0x80 {
			return opts, usageError{fmt.Errorf("--delimiter must be one ASCII character, and no quote or line break")}
		}
	}
	if f.encoding != "" {
		var ok bool
		if opts.Encoding, ok = charset.Name(f.encoding); !ok {
			return opts, usageError{fmt.Errorf("unknown encoding %q: the encodings are %s", f.encoding, charset.Known)}
		}
	}
	if cmd.Flags().Changed("null") {
		opts.Null = &f.null
	}
	if len(f.primaryKey) > 0 && !f.create {
		return opts, usageError{errors.New("--primary-key needs --create: the table has its key already")}
	}
	return opts, nil
}

// importError is an error about a file being imported.
type importError struct {
	err  error
	file string
}

func (e *importError) Error() string { return e.err.Error() }
func (e *importError) Unwrap() error { return e.err }

// openInput opens the file to load and returns its size, 0 when it is not known or not that of its text, and whether
// it can be read again from the beginning.
func (f *importFlags) openInput(std streams) (r io.ReadCloser, size int64, again bool, err error) {
	if f.file == "-" {
		return io.NopCloser(std.in), 0, false, nil
	}
	file, err := os.Open(f.file)
	if err != nil {
		return nil, 0, false, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, false, err
	}
	if info.IsDir() {
		file.Close()
		return nil, 0, false, &os.PathError{Op: "read", Path: f.file, Err: errors.New("is a directory")}
	}
	if again = info.Mode().IsRegular(); !files.ByName.Packed(f.file) {
		return file, info.Size(), again, nil
	}
	plain, err := files.ByName.Reader(file, f.file)
	if err != nil {
		file.Close()
		return nil, 0, false, err
	}
	return unpacked{plain, file}, 0, again, nil
}

// unpacked reads the text of a compressed file.
type unpacked struct {
	io.Reader
	io.Closer
}

// createTable is the statement that makes the table for the file's columns.
func (f *importFlags) createTable(cols []textin.Column) (string, error) {
	if len(cols) == 0 {
		return "", dberr.New(dberr.BadCopyFileFormat, "the file is empty: it has no columns to make a table of")
	}
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = quoteName(c.Name) + " " + c.Type.Definition()
	}
	if len(f.primaryKey) > 0 {
		names := make([]string, len(f.primaryKey))
		for i, k := range f.primaryKey {
			at := slices.IndexFunc(cols, func(c textin.Column) bool { return strings.EqualFold(c.Name, k) })
			if at < 0 {
				return "", usageError{fmt.Errorf("--primary-key %s is no column of %s", k, f.file)}
			}
			names[i] = quoteName(cols[at].Name)
		}
		parts = append(parts, "PRIMARY KEY ("+strings.Join(names, ", ")+")")
	}
	return "CREATE TABLE " + quoteTable(f.table) + " (" + strings.Join(parts, ", ") + ")", nil
}
