package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// importCSV measures a CSV file of 16 typed columns into a durable table: ours with the
// command line as a whole process, DuckDB's CREATE TABLE AS read_csv inside its process
// with a checkpoint behind it, so that both leave a durable, closed table.
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
	took := Row{Workload: "Import", Name: fmt.Sprintf("CSV of %.0f MB, %d rows, 16 columns", float64(size)/1e6, r.CSVRows), Unit: "s", PeerName: "DuckDB", Note: "whole process against in-process"}
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
	if err := os.RemoveAll(db); err != nil {
		return err
	}
	if r.Python == "" {
		return nil
	}
	return r.duckImport(dir, csv, k, took, mem, disk)
}

// duckImport is the peer's half of a pair.
func (r *run) duckImport(dir, csv string, k int, took, mem, disk *Row) error {
	file := filepath.Join(dir, fmt.Sprintf("peer-%d.duckdb", k))
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
	if err := peer.close(); err != nil {
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	disk.Peer = append(disk.Peer, float64(st.Size())/1e6)
	return os.Remove(file)
}

// command runs the driftdb command and waits for it.
func (r *run) command(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, r.Binary, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("driftdb %s: %w\n%s", args[0], err, out)
	}
	return nil
}
