package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/internal/formats/parquetio"
	"driftdb/sqlvec"
	"driftdb/sqlvec/files"
)

var exportFormats = []string{"arrow", "arrows", "parquet", "csv", "ndjson", "tsv", "json"}

// exportFlags are the flags of `driftdb export`.
type exportFlags struct {
	database
	table  string
	query  string
	asOf   string
	format string
	file   string

	compression string
}

func newExport(std streams) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export --data DIR (--table T | --query SQL) -o FILE|-",
		Short: "Write a table or a query's rows to a file",
		Long: `Writes a table or a query's rows as Parquet, Arrow (file or stream), CSV, TSV, NDJSON or JSON.
Without --format the form follows from the ending of the file's name. A name that ends in .gz or .zst
is compressed.`,
		Example: `  driftdb export --data shop --table users -o users.arrow
  driftdb export --data shop --table users --as-of @SEQ:100 --format csv -o -
  driftdb export --data shop --query "SELECT id FROM users" --format arrows -o - | python3 read.py`,
		Args: exactArgs(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, std) },
	}
	f.flags(cmd)
	f.queryFlags(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.table, "table", "t", "", "table to export")
	flags.StringVar(&f.query, "query", "", "query whose rows to export")
	flags.StringVar(&f.asOf, "as-of", "", "point in the past: @SEQ:N, @TX:N or a timestamp")
	flags.StringVar(&f.format, "format", "", "form: "+strings.Join(exportFormats, ", "))
	flags.StringVar(&f.compression, "compression", "", "compression of Parquet: snappy (default), zstd, gzip, lz4, none")
	flags.StringVarP(&f.file, "output", "o", "", "file to write, - for standard output")
	return cmd
}

func (f *exportFlags) run(cmd *cobra.Command, std streams) error {
	if err := required(cmd, "output"); err != nil {
		return err
	}
	if err := given(cmd, "as-of"); err != nil {
		return err
	}
	if (f.table == "") == (f.query == "") {
		return usageError{errors.New("export needs either --table or --query")}
	}
	if f.format == "" {
		var err error
		if f.format, err = formatOf(f.file, exportFormats, "csv"); err != nil {
			return err
		}
	}
	if err := checkFormat(f.format, exportFormats); err != nil {
		return err
	}
	if err := parquetio.CheckCompression(f.compression); err != nil {
		return usageError{err}
	}
	if f.compression != "" && f.format != "parquet" {
		return usageError{errors.New("--compression is for --format parquet")}
	}
	return f.with(cmd, true, func(ctx context.Context, db *sqlvec.DB) error {
		rows := int64(0)
		err := writeTo(f.file, std.out, func(w io.Writer) (err error) {
			rows, err = f.write(ctx, db, std, w)
			return err
		})
		if err == nil && f.file != "-" {
			fmt.Fprintf(std.err, "Exported %d rows to %s\n", rows, f.file)
		}
		return err
	})
}

// foreign are endings of files that are surely not text in rows: guessing csv would be wrong.
var foreign = []string{"parquet", "arrow", "arrows", "feather", "xlsx", "xls", "ods", "zip", "gz", "zst", "bz2", "xz", "db", "sqlite", "avro", "orc"}

// textFormats are the formats whose files may be compressed as a whole.
var textFormats = []string{"csv", "tsv", "ndjson", "json"}

// formatOf takes the format from the ending of a file's name, as far as formats has it. An ending
// that says nothing means other; one that means something else is a usage error. A file of text may end in .gz or
// .zst, too.
func formatOf(file string, formats []string, other string) (string, error) {
	plain := file
	if files.ByName.Packed(file) {
		plain = strings.TrimSuffix(file, filepath.Ext(file))
	}
	dot := strings.LastIndexByte(plain, '.')
	ending := strings.ToLower(plain[dot+1:])
	switch {
	case dot < 0:
		return other, nil
	case ending == "jsonl", ending == "json" && !slices.Contains(formats, "json"):
		ending = "ndjson"
	}
	if slices.Contains(formats, ending) && (plain == file || slices.Contains(textFormats, ending)) {
		return ending, nil
	}
	if slices.Contains(formats, ending) {
		return "", usageError{fmt.Errorf("%s: files of %s are compressed inside, not as a whole", file, ending)}
	}
	if slices.Contains(foreign, ending) {
		return "", usageError{fmt.Errorf("%s: files that end in .%s are not supported here; --format says what it is, one of %s", file, ending, strings.Join(formats, ", "))}
	}
	return other, nil
}

// write runs the query, writes its one result and returns the number of its rows.
func (f *exportFlags) write(ctx context.Context, db *sqlvec.DB, std streams, w io.Writer) (int64, error) {
	session := db.Session()
	defer session.Close()
	if f.asOf != "" {
		if err := moveTo(ctx, session, f.asOf); err != nil {
			return 0, err
		}
	}
	query := f.query
	if f.table != "" {
		query = "SELECT * FROM " + quoteTable(f.table)
	}
	out := newOutput(f.format, w)
	out.bar, out.compression, out.threads = newProgress(std.err, "export", 0), f.compression, f.threads
	rows := int64(0)
	err := session.Run(ctx, query, func(r *sqlvec.Result) error {
		if !r.HasRows() || out.sets > 0 {
			return usageError{errors.New("--query must be one query with rows")}
		}
		out.opts.Types = session.Zone()
		err := out.write(r)
		rows += r.RowsAffected()
		return err
	})
	out.bar.done()
	if err != nil {
		return 0, &statementError{err: err, text: query, line: 1}
	}
	return rows, out.w.Flush()
}
