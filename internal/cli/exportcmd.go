package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/sqlvec"
)

var exportFormats = []string{"arrow", "arrows", "csv", "ndjson", "tsv", "json"}

// exportFlags are the flags of `driftdb export`.
type exportFlags struct {
	database
	table  string
	query  string
	asOf   string
	format string
	file   string
}

func newExport(std streams) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export --data DIR (--table T | --query SQL) -o FILE|-",
		Short: "Write a table or a query's rows to a file",
		Long: `Writes a table or a query's rows as Arrow (file or stream), CSV, TSV, NDJSON or JSON.
Without --format the form follows from the ending of the file's name.`,
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
	flags.StringVarP(&f.file, "output", "o", "", "file to write, - for standard output")
	return cmd
}

func (f *exportFlags) run(cmd *cobra.Command, std streams) error {
	if err := required(cmd, "output"); err != nil {
		return err
	}
	if (f.table == "") == (f.query == "") {
		return usageError{errors.New("export needs either --table or --query")}
	}
	if f.format == "" {
		f.format = formatOf(f.file, exportFormats, "csv")
	}
	if err := checkFormat(f.format, exportFormats); err != nil {
		return err
	}
	return f.with(cmd, true, func(ctx context.Context, db *sqlvec.DB) error {
		return writeTo(f.file, std.out, func(w io.Writer) error { return f.write(ctx, db, std, w) })
	})
}

// formatOf takes the format from the ending of a file's name, as far as formats has it.
func formatOf(file string, formats []string, other string) string {
	dot := strings.LastIndexByte(file, '.')
	ending := strings.ToLower(file[dot+1:])
	if ending == "jsonl" {
		ending = "ndjson"
	}
	if dot >= 0 && slices.Contains(formats, ending) {
		return ending
	}
	return other
}

// write runs the query and writes its one result.
func (f *exportFlags) write(ctx context.Context, db *sqlvec.DB, std streams, w io.Writer) error {
	session := db.Session()
	defer session.Close()
	if f.asOf != "" {
		if err := moveTo(ctx, session, f.asOf); err != nil {
			return err
		}
	}
	query := f.query
	if f.table != "" {
		query = "SELECT * FROM " + quoteName(f.table)
	}
	out := newOutput(f.format, w)
	out.bar = newProgress(std.err, "export", 0)
	rows := int64(0)
	err := session.Run(ctx, query, func(r *sqlvec.Result) error {
		if !r.HasRows() || out.sets > 0 {
			return usageError{errors.New("--query must be one query with rows")}
		}
		out.types = session.Zone()
		err := out.write(r)
		rows += r.RowsAffected()
		return err
	})
	out.bar.done()
	if err != nil {
		return &statementError{err: err, text: query, line: 1}
	}
	if f.file != "-" {
		fmt.Fprintf(std.err, "Exported %d rows to %s\n", rows, f.file)
	}
	return out.w.Flush()
}
