package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// Options say what to measure. The zero value measures nothing: name Workloads.
type Options struct {
	Workloads []string      // of Names
	Dir       string        // where databases and data are made; on the disk to measure
	Rows      int           // rows of the scanned tables; 10 million at scale 1
	CSVRows   int           // rows of the imported CSV file
	Repeats   int           // paired runs of a figure
	Duration  time.Duration // of one commit measurement
	Threads   int           // of ours and the peers
	Python    string        // interpreter with the package duckdb; "" leaves DuckDB and SQLite out
	DuckDBCLI string        // DuckDB's command line for cold starts; "" leaves it out
	Postgres  string        // directory of PostgreSQL's programs; "" leaves it out
	MariaDB   string        // MariaDB's server; "" leaves it out
	Binary    string        // the driftdb command, for imports and cold starts
	TPCH      string        // directory with the CSV files of TPC-H; "" leaves out what is asked of its tables
	Progress  io.Writer     // what is being done; nil is silent
}

// Names are the workloads in the order they run.
var Names = []string{"commits", "points", "small", "ycsb", "tpcb", "import", "export", "history", "temporal", "maintenance", "h2o", "hits", "growth", "cold", "tpch", "everyday"}

// run is the state of one run.
type run struct {
	Options
	report  Report
	asked   []Row  // of h2o over Rows rows: growth need not ask again
	tpchDir string // where the databases of TPC-H are, once they are made
}

// Run measures the workloads and returns the report. It stops at the first error, and
// between figures when ctx ends.
func Run(ctx context.Context, opts Options) (*Report, error) {
	if opts.Progress == nil {
		opts.Progress = io.Discard
	}
	if opts.Threads <= 0 {
		opts.Threads = runtime.GOMAXPROCS(0)
	}
	if err := checkProgram(opts.DuckDBCLI); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(opts.Dir) // peers have other working directories
	if err != nil {
		return nil, err
	}
	opts.Dir = dir
	r := &run{Options: opts}
	r.report.Date = time.Now().UTC().Format("2006-01-02")
	r.report.Machine = machine()
	r.version("%s, %d threads", runtime.Version(), opts.Threads)
	steps := map[string]func(context.Context) error{
		"commits": r.commits, "points": r.points, "small": r.small, "ycsb": r.ycsb, "tpcb": r.tpcb, "import": r.imports, "export": r.exports, "history": r.history, "temporal": r.temporal, "maintenance": r.maintenance,
		"h2o": r.h2o, "hits": r.hits, "growth": r.growth, "cold": r.cold, "tpch": r.tpch, "everyday": r.everyday,
	}
	for _, name := range Names {
		if !slices.Contains(opts.Workloads, name) {
			continue
		}
		r.say("== %s", name)
		start := time.Now()
		if err := steps[name](ctx); err != nil {
			return nil, fmt.Errorf("workload %s: %w", name, err)
		}
		r.say("== %s took %.0f s", name, time.Since(start).Seconds())
	}
	return &r.report, nil
}

// checkProgram refuses a script in the place of DuckDB's program: the package duckdb-cli installs
// one that starts Python first, which would be measured, too.
func checkProgram(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("DuckDB's command: %w", err)
	}
	defer f.Close()
	var head [2]byte
	if _, err := f.Read(head[:]); err == nil && string(head[:]) == "#!" {
		return fmt.Errorf("%s is a script that starts DuckDB, and would be measured with it; name the program itself: the file duckdb in the package's directory duckdb_cli", path)
	}
	return nil
}

// say prints what is being done.
func (r *run) say(format string, args ...any) { fmt.Fprintf(r.Progress, format+"\n", args...) }

// version adds a line to the report's versions once.
func (r *run) version(format string, args ...any) {
	if v := fmt.Sprintf(format, args...); !slices.Contains(r.report.Versions, v) {
		r.report.Versions = append(r.report.Versions, v)
	}
}

// fail makes a figure one that failed: the run goes on, and ends with an error.
func (r *run) fail(row *Row, err error) {
	row.Note, row.Ours, row.Peer, row.OursCPU, row.PeerCPU = "FAILED: "+err.Error(), nil, nil, nil, nil
	r.report.Failed = append(r.report.Failed, row.Workload+", "+row.Name+": "+err.Error())
}

// row adds a figure to the report and prints it.
func (r *run) row(row Row) {
	r.report.Rows = append(r.report.Rows, row)
	if len(row.Peer) == 0 {
		r.say("%-40s %s %s", row.Name, row.Ours.format(), row.Unit)
		return
	}
	r.say("%-40s %s %s | %s %s | ratio %.2f", row.Name, row.Ours.format(), row.Unit, row.PeerName, row.Peer.format(), row.Ratio())
}

// scratch makes an empty directory below Dir.
func (r *run) scratch(name string) (string, error) {
	d := filepath.Join(r.Dir, name)
	if err := os.RemoveAll(d); err != nil {
		return "", err
	}
	return d, os.MkdirAll(d, 0o755)
}

// create makes and opens an empty database.
func (r *run) create(dir string) (*sqlvec.DB, error) {
	if err := colstore.Init(dir, colstore.Options{}); err != nil {
		return nil, err
	}
	return r.open(dir)
}

// open opens a database.
func (r *run) open(dir string) (*sqlvec.DB, error) {
	return sqlvec.Open(dir, sqlvec.Options{Threads: r.Threads, Store: colstore.Options{AutoCheckpoint: true}})
}

// query runs a statement, drains its rows and returns the time and the number of rows.
func query(ctx context.Context, s *sqlvec.Session, q string) (time.Duration, int64, error) {
	var rows int64
	start := time.Now()
	err := s.Run(ctx, q, func(res *sqlvec.Result) error {
		return res.Each(func(b *vec.Batch) error {
			rows += int64(b.Count())
			return nil
		})
	})
	return time.Since(start), rows, err
}

// firstRow runs a query and returns its first row as text, comma-separated.
func firstRow(ctx context.Context, s *sqlvec.Session, q string) (string, error) {
	var parts []string
	err := s.Run(ctx, q, func(res *sqlvec.Result) error {
		return res.Each(func(b *vec.Batch) error {
			for i := 0; i < b.N && parts == nil; i++ {
				if b.Sel != nil && b.Sel[i>>6]>>(uint(i)&63)&1 == 0 {
					continue
				}
				for c := range b.Cols {
					parts = append(parts, textOf(b.Cols[c].Value(i)))
				}
			}
			return nil
		})
	})
	return strings.Join(parts, ","), err
}

// diskBytes returns the bytes of the files below dir.
func diskBytes(dir string) (int64, error) {
	var n int64
	err := filepath.Walk(dir, func(_ string, st os.FileInfo, err error) error {
		if err == nil && st.Mode().IsRegular() {
			n += st.Size()
		}
		return err
	})
	return n, err
}

// machine describes the machine in one line.
func machine() string {
	model := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
				model = strings.TrimSpace(v)
				break
			}
		}
	}
	mem := ""
	if n := arena.InstalledMemory(); n > 0 {
		mem = fmt.Sprintf(", %d GiB", (n+1<<29)>>30)
	}
	kernel := ""
	if b, err := exec.Command("uname", "-sr").Output(); err == nil {
		kernel = ", " + strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("%s, %d cores%s%s", model, runtime.NumCPU(), mem, kernel)
}
