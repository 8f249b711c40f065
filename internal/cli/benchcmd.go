package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"driftdb/bench"
)

// benchFlags are the flags of the benchmark suite.
type benchFlags struct {
	opts      bench.Options
	workloads []string
	json      string
	markdown  string
	svg       string
	keep      bool
}

func newBench(std streams) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [--workloads NAME,...]",
		Short: "Measure this machine against peers on the same data",
		Long: `Measures workloads in pairs with peers (ours, peer, ours, peer ...) and prints a report as Markdown.
Before anything is timed, all rows of both answers are compared; a figure whose answers differ is
marked as failed, and the command ends with an error.

  commits   durable single-row commits a second at 1, 8 and 64 writers; the disk's own rate
  points    SELECT and UPDATE of one row by its key
  small     inserts, updates, deletes and queries over tables of 100 to 10,000 rows
  ycsb      the mixes A to F of YCSB on --rows/40 records of 1 kB, with 1 and 8 clients
  tpcb      transfers like those of TPC-B, --rows/200,000 branches, with 1 and 8 clients
  import    CSV, NDJSON, Parquet and Arrow files into a durable table; bytes on disk, peak memory
  export    a table into such files; their bytes, peak memory
  history   scans, groups, joins and orders over --rows rows now; AS OF after 1, 50 and 99 % of
            changes to a tenth of them, at points asked for the first time and again
  temporal  one row, sums, blame and diff AS OF the middle of histories of 1, 10 and 100 versions a row, a
            series of 1,464 points, as-of join
  maintenance   the checkpoint of a tail, the vacuum of a history, opening after a crash; with their bytes
  h2o       the questions of the H2O.ai benchmark of groups and joins, windows, sorts, first rows
  hits      the questions of ClickBench over a wide table of --rows/2 page views
  growth    those of h2o at a sixteenth, a quarter and all of --rows: the power of the rows that the time goes with
  cold      a new process on a database of about 100 bytes a row: SELECT 1, one row, count(*), TPC-H Q6
  tpch      the 22 queries with one thread and with all, over the files in --tpch-data (made by: tpchgen-cli csv -s 1 --output-dir DIR)
  everyday  questions as they are asked of the same tables from day to day: dates, texts, CASE, subtotals, windows

DuckDB and SQLite run in the Python interpreter that --python names, which needs the packages duckdb and
pyarrow; --duckdb names DuckDB's program: of the package duckdb-cli the file duckdb in its directory
duckdb_cli, not the script in bin, which starts Python first. PostgreSQL and MariaDB are started as servers of
the benchmark's own on unix sockets. A peer that is missing is left out. The data are made below --dir; without --dir in a temporary directory that is
removed afterwards. Progress goes to stderr.`,
		Example: `  driftdb bench --workloads commits
  python3 -m venv VENV && VENV/bin/pip install duckdb duckdb-cli pyarrow tpchgen-cli
  driftdb bench --python VENV/bin/python --duckdb VENV/lib/python3*/site-packages/duckdb_cli/duckdb --tpch-data DIR --json bench.json >bench.md`,
		Args: exactArgs(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), std)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.workloads, "workloads", bench.Names, "what to measure: "+strings.Join(bench.Names, ", "))
	flags.StringVar(&f.opts.Dir, "dir", "", "directory on the disk to measure (default a temporary one)")
	flags.IntVar(&f.opts.Rows, "rows", 10_000_000, "rows of the scanned tables")
	flags.IntVar(&f.opts.CSVRows, "csv-rows", 6_000_000, "rows of the imported and exported files")
	flags.IntVar(&f.opts.Repeats, "repeats", 5, "paired runs of each figure")
	flags.DurationVar(&f.opts.Duration, "duration", 3*time.Second, "length of one measurement of a rate: commits, points, ycsb, tpcb")
	flags.IntVar(&f.opts.Threads, "threads", 0, "threads of ours and the peers (default one per core)")
	flags.StringVar(&f.opts.Python, "python", "", "Python interpreter with the packages duckdb and pyarrow, for the peers")
	flags.StringVar(&f.opts.DuckDBCLI, "duckdb", "", "DuckDB's program, for cold starts, imports and exports")
	flags.StringVar(&f.opts.Postgres, "postgres", bench.DebianPostgres, "directory of PostgreSQL's programs, for commits, ycsb and tpcb; empty leaves it out")
	flags.StringVar(&f.opts.MariaDB, "mariadb", bench.DebianMariaDB, "MariaDB's server, for temporal, with mariadb and mariadb-install-db in PATH; empty leaves it out")
	flags.StringVar(&f.opts.TPCH, "tpch-data", "", "directory with the CSV files of TPC-H, for the workloads tpch and everyday")
	flags.StringVar(&f.json, "json", "", "also write every measurement to this file")
	flags.StringVar(&f.markdown, "markdown", "", "write the report to this file, not to standard output")
	flags.StringVar(&f.svg, "svg", "", "also draw the ratios of every workload, into this directory")
	flags.BoolVar(&f.keep, "keep", false, "keep the databases and data")
	return cmd
}

// run measures and prints the report.
func (f *benchFlags) run(ctx context.Context, std streams) (err error) {
	for _, w := range f.workloads {
		if !slices.Contains(bench.Names, w) {
			return usageError{fmt.Errorf("workload %q is none of %s", w, strings.Join(bench.Names, ", "))}
		}
	}
	f.opts.Workloads = f.workloads
	if f.opts.Dir == "" {
		if f.opts.Dir, err = os.MkdirTemp("", "driftdb-bench-"); err != nil {
			return err
		}
		if !f.keep {
			defer os.RemoveAll(f.opts.Dir)
		}
	}
	if f.opts.Binary, err = os.Executable(); err != nil {
		return err
	}
	f.opts.Progress = std.err
	report, err := bench.Run(ctx, f.opts)
	if err != nil {
		return err
	}
	defer func() {
		if len(report.Failed) > 0 && err == nil {
			err = fmt.Errorf("%d figures failed:\n  %s", len(report.Failed), strings.Join(report.Failed, "\n  "))
		}
	}()
	report.Command = strings.Join(append([]string{"driftdb"}, os.Args[1:]...), " ")
	if f.json != "" {
		if err := writeFile(f.json, report.WriteJSON); err != nil {
			return err
		}
	}
	if err := f.plot(report); err != nil {
		return err
	}
	if f.markdown != "" {
		return writeFile(f.markdown, report.WriteMarkdown)
	}
	return report.WriteMarkdown(std.out)
}

// plot draws the workloads that have ratios.
func (f *benchFlags) plot(report *bench.Report) error {
	if f.svg == "" {
		return nil
	}
	for _, w := range report.Workloads() {
		name := filepath.Join(f.svg, bench.PlotName(w))
		drawn := false
		err := writeFile(name, func(out io.Writer) (err error) {
			drawn, err = report.WritePlot(out, w)
			return err
		})
		if err == nil && !drawn {
			err = os.Remove(name)
		}
		if err != nil {
			return err
		}
		if drawn {
			report.Plots = append(report.Plots, bench.PlotName(w))
		}
	}
	return nil
}

// writeFile makes a file of what fn writes.
func writeFile(name string, fn func(io.Writer) error) error {
	w, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := fn(w); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}
