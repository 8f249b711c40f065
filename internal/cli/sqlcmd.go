package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"driftdb/sqlvec"
)

// sqlFlags are the flags of `driftdb sql`.
type sqlFlags struct {
	database
	sources  []source
	format   string
	file     string
	asOf     string
	readOnly bool
	timing   bool
	quiet    bool
	vars     variables
}

func newSQL(std streams) *cobra.Command {
	f := sqlFlags{vars: make(variables)}
	cmd := &cobra.Command{
		Use:   "sql [--data DIR | DIR] [-e SQL]... [-f FILE]...",
		Short: "Run SQL statements, or a shell",
		Long: `Runs SQL statements in one session, one after another, and stops at the first error.
Statements come from -e and -f in the order given; without them from standard input, and on a
terminal from a shell (\? lists its commands). Without a directory they run in a temporary
database, which is gone when the command ends.`,
		Example: `  driftdb sql --data shop -e "SELECT * FROM users"
  driftdb sql --data shop --as-of 2025-06-30 --format csv -e "SELECT * FROM users" > then.csv
  driftdb sql -e "SELECT count(*) FROM 'logs/*.csv'"
  driftdb sql --data shop -f schema.sql -f load.sql
  driftdb sql --data shop --format arrow -o users.arrow -e "SELECT * FROM users"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s takes one directory, and statements by -e or -f", cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if err := f.positional(cmd, args[0]); err != nil {
					return err
				}
			}
			return f.run(cmd, std)
		},
	}
	f.flags(cmd)
	f.queryFlags(cmd)
	flags := cmd.Flags()
	flags.VarP(sourceFlag{all: &f.sources}, "execute", "e", "statements to run; may be repeated")
	flags.VarP(sourceFlag{all: &f.sources}, "command", "c", "the same as -e")
	flags.VarP(sourceFlag{all: &f.sources, file: true}, "file", "f", "file of statements to run, - for standard input; may be repeated")
	flags.StringVar(&f.format, "format", "table", "form of results: "+strings.Join(outputFormats, ", "))
	flags.StringVarP(&f.file, "output", "o", "", "file to write results to (default standard output)")
	flags.StringVar(&f.asOf, "as-of", "", "read everything as of a point: @SEQ:N, @TX:N or a timestamp")
	flags.BoolVar(&f.readOnly, "read-only", false, "refuse to write; another process may have the database open")
	flags.BoolVar(&f.timing, "timing", false, "say how long each statement took")
	flags.VarP(variableFlag{f.vars}, "variable", "v", "set a variable that statements use as :name, :'name' or :\"name\"; may be repeated")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no command tags on standard error")
	return cmd
}

func (f *sqlFlags) run(cmd *cobra.Command, std streams) error {
	if err := checkFormat(f.format, outputFormats); err != nil {
		return err
	}
	if err := given(cmd, "as-of"); err != nil {
		return err
	}
	shell := len(f.sources) == 0 && isTerminal(std.in)
	if len(f.sources) == 0 {
		f.sources = []source{{file: "-"}}
	}
	work := func(ctx context.Context, db *sqlvec.DB) error {
		return writeTo(f.file, std.out, func(w io.Writer) error {
			return f.inSession(ctx, db, std, w, shell)
		})
	}
	if f.dir == "" {
		return f.withTemporary(cmd, std, shell, work)
	}
	return f.with(cmd, f.readOnly, work)
}

// positional takes the directory from the argument, the place where psql and duckdb have it.
func (f *sqlFlags) positional(cmd *cobra.Command, dir string) error {
	if cmd.Flags().Changed("data") && f.dir != dir {
		return usageError{fmt.Errorf("two databases, %q and %q: give one", f.dir, dir)}
	}
	return cmd.Flags().Set("data", dir)
}

// writeTo calls fn with the target of -o and keeps what it wrote only if it succeeds.
func writeTo(name string, stdout io.Writer, fn func(w io.Writer) error) error {
	t, err := openTarget(name, stdout)
	if err != nil {
		return err
	}
	defer t.discard()
	if err := fn(t.Writer); err != nil {
		return err
	}
	return t.commit()
}

// inSession runs the sources, or the shell, in a session.
func (f *sqlFlags) inSession(ctx context.Context, db *sqlvec.DB, std streams, w io.Writer, shell bool) error {
	session := db.Session()
	defer session.Close()
	if f.asOf != "" {
		if err := moveTo(ctx, session, f.asOf); err != nil {
			return err
		}
	}
	out := newOutput(f.format, w)
	out.threads = f.threads
	s := &script{std: std, session: session, out: out, dir: f.dir, timing: f.timing, tags: f.format == "table" && !f.quiet,
		color: wantColor(std.err), vars: f.vars}
	sh := newShell(s, db)
	if shell {
		return sh.converse(ctx)
	}
	defer sh.closeOutput()
	for _, src := range f.sources {
		if err := s.runSource(ctx, src); err != nil {
			out.w.Flush() // what earlier statements answered
			return err
		}
		if sh.quit {
			break
		}
	}
	return out.w.Flush()
}

// moveTo moves a session to a point in the past.
func moveTo(ctx context.Context, session *sqlvec.Session, point string) error {
	err := session.Run(ctx, "SET system_time = "+quoteText(point), func(*sqlvec.Result) error { return nil })
	if err != nil {
		return fmt.Errorf("--as-of %s: %w", point, err)
	}
	return nil
}

// quoteText returns s as a SQL string.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteName returns s as a quoted SQL name.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
