package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withPeers returns options of a tiny run, with the command built and the peers that make bench has
// found on this machine.
func withPeers(t *testing.T, workloads ...string) Options {
	t.Helper()
	t.Parallel() // most of the time goes to the start of servers
	binary := filepath.Join(t.TempDir(), "driftdb")
	if out, err := exec.Command("go", "build", "-o", binary, "driftdb/cmd/driftdb").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	opts := Options{Workloads: workloads, Dir: t.TempDir(), Rows: 2000, CSVRows: 2000, Repeats: 1, Duration: 20 * time.Millisecond, Binary: binary, Postgres: DebianPostgres, MariaDB: DebianMariaDB}
	python, _ := filepath.Abs("../.bench/venv/bin/python")
	if err := exec.Command(python, "-c", "import duckdb, pyarrow").Run(); err != nil {
		t.Log("DuckDB and SQLite are left out: make bench makes .bench/venv")
		return opts
	}
	opts.Python = python
	if list, _ := filepath.Glob("../.bench/venv/lib/python3*/site-packages/duckdb_cli/duckdb"); len(list) > 0 {
		opts.DuckDBCLI, _ = filepath.Abs(list[0])
	}
	return opts
}

// runTiny runs the workloads and looks for rows whose names begin as wanted, each measured in ours
// and, where its peer is there, in the peer.
func runTiny(t *testing.T, opts Options, want ...string) *Report {
	t.Helper()
	report, err := Run(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Failed {
		t.Error(f)
	}
	for _, name := range want {
		found := false
		for _, row := range report.Rows {
			if !strings.HasPrefix(row.Name, name) {
				continue
			}
			found = true
			if len(row.Ours) == 0 {
				t.Errorf("%s: not measured", row.Name)
			}
			if row.PeerName == "DuckDB" && opts.Python != "" && len(row.Peer) == 0 {
				t.Errorf("%s: DuckDB was not measured", row.Name)
			}
		}
		if !found {
			t.Errorf("the report has no %q", name)
		}
	}
	return report
}

func TestFiles(t *testing.T) {
	opts := withPeers(t, "import", "export")
	runTiny(t, opts, "CSV of", "NDJSON of", "Parquet of", "Arrow of", "CSV, 2000 rows", "NDJSON, 2000 rows", "Parquet, 2000 rows", "Arrow, 2000 rows", "Arrow: bytes of the file")
	left, err := os.ReadDir(filepath.Join(opts.Dir, "export"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), "ours.") || strings.HasPrefix(e.Name(), "peer.") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestYCSB(t *testing.T) {
	opts := withPeers(t, "ycsb")
	report := runTiny(t, opts, "A (half reads, half updates), 1 clients", "B (", "C (", "D (", "E (", "F (half reads, half reads with an update), 8 clients")
	for _, row := range report.Rows {
		if row.PeerName == "SQLite" && opts.Python != "" && len(row.Peer) == 0 {
			t.Errorf("%s: SQLite was not measured", row.Name)
		}
	}
}

func TestSmall(t *testing.T) {
	names := []string{"AS OF after 50 of 150 events"}
	for _, c := range smallCases() {
		names = append(names, c.name)
	}
	opts := withPeers(t, "small")
	for _, row := range runTiny(t, opts, names...).Rows {
		if row.PeerName == "SQLite" && row.Note != "" && opts.Python != "" && len(row.Peer) == 0 {
			t.Errorf("%s: SQLite was not measured", row.Name)
		}
	}
}

func TestTPCB(t *testing.T) {
	runTiny(t, withPeers(t, "tpcb"), "1 clients, 100000 accounts", "8 clients, 100000 accounts")
}

func TestTemporal(t *testing.T) {
	opts := withPeers(t, "temporal")
	report := runTiny(t, opts, "sum AS OF the middle, 1 versions", "one row AS OF the middle, 100 versions", "blame", "diff", "sum at 20 points, 1000 rows, one query", "sum at 20 points, 1000 rows, a query each", "as-of join")
	if _, err := os.Stat(opts.MariaDB); err != nil {
		t.Log("MariaDB is left out")
		return
	}
	for _, row := range report.Rows {
		if row.PeerName == "MariaDB" && len(row.Peer) == 0 {
			t.Errorf("%s: MariaDB was not measured", row.Name)
		}
	}
}

func TestHits(t *testing.T) {
	var names []string
	for _, q := range hitsQueries {
		names = append(names, q.name)
	}
	runTiny(t, withPeers(t, "hits"), names...)
}

func TestTPCH(t *testing.T) {
	if testing.Short() {
		t.Skip("60,000 order lines are the fewest whose keys the generator keeps unique")
	}
	opts := withPeers(t, "tpch", "everyday")
	generator, _ := filepath.Abs("../.bench/venv/bin/tpchgen-cli")
	if _, err := os.Stat(generator); err != nil {
		t.Skip("make bench makes .bench/venv with tpchgen-cli")
	}
	opts.TPCH = t.TempDir()
	if out, err := exec.Command(generator, "csv", "-s", "0.01", "--output-dir", opts.TPCH).CombinedOutput(); err != nil {
		t.Fatalf("tpchgen-cli: %v\n%s", err, out)
	}
	names := []string{"query 1, 1 threads", "query 22, 1 threads", "peak anonymous memory of all of them", "processor time of all of them", "bytes on disk"}
	for _, q := range everydayQueries {
		names = append(names, q.name)
	}
	report := runTiny(t, opts, names...)
	for _, row := range report.Rows {
		if row.Name == "processor time of all of them" && (row.Ours.Median() <= 0 || row.PeerName == "DuckDB" && row.Peer.Median() <= 0) {
			t.Errorf("processor time is %v, DuckDB's %v", row.Ours, row.Peer)
		}
	}
}
