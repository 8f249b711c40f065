package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// importCSV measures a CSV file of 16 typed columns into a table that is there: the whole process
// of each command line, DuckDB's with INSERT … SELECT from read_csv and a checkpoint behind it, so
// that both leave a durable, closed table. Without DuckDB's command it is measured within Python's
// process. What was loaded is compared by counts and sums.
func (r *run) importCSV(ctx context.Context) error {
	dir, err := r.scratch("import")
	if err != nil {
		return err
	}
	csv := filepath.Join(dir, "lines.csv")
	size, err := writeLines(csv, r.CSVRows, 1)
	if err != nil {
		return err
	}
	r.say("%d rows, %.0f MB of CSV", r.CSVRows, float64(size)/1e6)
	took := Row{Workload: "Import", Name: fmt.Sprintf("CSV of %.0f MB, %d rows, 16 columns", float64(size)/1e6, r.CSVRows), Unit: "s", PeerName: "DuckDB", Note: r.importNote()}
	mem := Row{Workload: "Import", Name: "peak anonymous memory", Unit: "MB", PeerName: "DuckDB", Note: "heap and arenas; mapped files not counted"}
	disk := Row{Workload: "Import", Name: "bytes on disk", Unit: "MB", PeerName: "DuckDB"}
	for k := range r.Repeats {
		if err := r.importOnce(ctx, dir, csv, k, &took, &mem, &disk); err != nil {
			return err
		}
	}
	r.row(took)
	r.row(mem)
	r.row(disk)
	return nil
}

// importOnce is one pair.
func (r *run) importOnce(ctx context.Context, dir, csv string, k int, took, mem, disk *Row) error {
	db := filepath.Join(dir, fmt.Sprintf("db-%d", k))
	if err := r.command(ctx, "init", db); err != nil {
		return err
	}
	if err := r.command(ctx, "sql", "--data", db, "-e", "CREATE TABLE lines ("+lineColumns+")"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, r.Binary, "import", "--data", db, "--table", "lines", csv)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("driftdb import: %w", err)
	}
	memory := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	took.Ours.Add(time.Since(start))
	mem.Ours = append(mem.Ours, memory.end())
	if err != nil {
		return fmt.Errorf("driftdb import: %w", err)
	}
	n, err := diskBytes(db)
	if err != nil {
		return err
	}
	disk.Ours = append(disk.Ours, float64(n)/1e6)
	file := filepath.Join(dir, fmt.Sprintf("peer-%d.duckdb", k))
	switch {
	case r.DuckDBCLI != "":
		err = r.duckCommandImport(ctx, file, csv, took, mem)
	case r.Python != "":
		err = r.duckImport(dir, file, csv, took, mem)
	default:
		return os.RemoveAll(db)
	}
	if err != nil {
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	disk.Peer = append(disk.Peer, float64(st.Size())/1e6)
	if r.DuckDBCLI != "" && k == 0 {
		if err := r.compareImports(ctx, db, file); err != nil {
			r.fail(took, err)
		}
	}
	return errors.Join(os.Remove(file), os.RemoveAll(db))
}

// importNote says how the two processes are measured.
func (r *run) importNote() string {
	if r.DuckDBCLI != "" {
		return "whole processes"
	}
	return "our whole process, DuckDB within Python's"
}

// compareImports compares what both systems have loaded.
func (r *run) compareImports(ctx context.Context, db, file string) error {
	const sums = "SELECT count(*) AS n, sum(l_orderkey) AS a, sum(l_extendedprice) AS b, sum(l_quantity * l_tax) AS c, max(l_comment) AS d, min(l_shipdate) AS e FROM lines"
	_, ours, err := timed(ctx, r.Binary, "sql", "--data", db, "--format", "csv", "-q", "-e", sums)
	if err != nil {
		return err
	}
	_, theirs, err := timed(ctx, r.DuckDBCLI, "-readonly", "-csv", file, "-c", sums)
	if err != nil {
		return err
	}
	return sameOutput(ours, theirs)
}

// sameOutput compares two outputs as CSV, but for their first lines.
func sameOutput(ours, theirs []byte) error {
	_, a, _ := strings.Cut(strings.ReplaceAll(string(ours), "\r", ""), "\n")
	_, b, _ := strings.Cut(strings.ReplaceAll(string(theirs), "\r", ""), "\n")
	x, y := strings.Split(strings.TrimSpace(a), ","), strings.Split(strings.TrimSpace(b), ",")
	if !slices.EqualFunc(x, y, sameValue) {
		return fmt.Errorf("the answer is %q, the peer's %q", strings.TrimSpace(a), strings.TrimSpace(b))
	}
	return nil
}

// duckCommandImport is the peer's half of a pair, as a whole process.
func (r *run) duckCommandImport(ctx context.Context, file, csv string, took, mem *Row) error {
	if _, _, err := timed(ctx, r.DuckDBCLI, file, "-c", "CREATE TABLE lines ("+lineColumns+")"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, r.DuckDBCLI, file, "-c", fmt.Sprintf("SET threads=%d", r.Threads),
		"-c", fmt.Sprintf("INSERT INTO lines SELECT * FROM read_csv('%s')", csv), "-c", "CHECKPOINT")
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	memory := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	took.Peer.Add(time.Since(start))
	mem.Peer = append(mem.Peer, memory.end())
	return err
}

// duckImport is the peer's half of a pair, within Python's process.
func (r *run) duckImport(dir, file, csv string, took, mem *Row) error {
	peer, err := startDuckDB(r.Python, dir, file, r.Threads)
	if err != nil {
		return err
	}
	r.version("DuckDB %s", peer.Version)
	if _, _, err := peer.sql("CREATE TABLE lines (" + lineColumns + ")"); err != nil {
		return err
	}
	memory := watchMemory(peer.cmd.Process.Pid)
	load, _, err := peer.sql(fmt.Sprintf("INSERT INTO lines SELECT * FROM read_csv('%s')", csv))
	if err != nil {
		return err
	}
	check, _, err := peer.sql("CHECKPOINT")
	mem.Peer = append(mem.Peer, memory.end())
	if err != nil {
		return err
	}
	took.Peer.Add(load + check)
	return peer.close()
}

// command runs the driftdb command and waits for it.
func (r *run) command(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, r.Binary, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("driftdb %s: %w\n%s", args[0], err, out)
	}
	return nil
}
