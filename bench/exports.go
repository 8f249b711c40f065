package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// exports measures a table of 16 columns into files: the whole process of each command line, DuckDB's
// with COPY TO. DuckDB writes Arrow within Python's process. What was written is compared: our
// files as DuckDB reads them with DuckDB's files as we read them.
func (r *run) exports(ctx context.Context) error {
	dir, err := r.scratch("export")
	if err != nil {
		return err
	}
	csv, db := filepath.Join(dir, "lines.csv"), filepath.Join(dir, "db")
	if _, err := writeLines(csv, r.CSVRows, 1); err != nil {
		return err
	}
	if err := r.loadLines(ctx, db, csv); err != nil {
		return err
	}
	if err := r.duckLines(ctx, dir, csv); err != nil {
		return err
	}
	for _, f := range fileForms {
		if err := r.exportForm(ctx, dir, db, f); err != nil {
			return err
		}
	}
	return nil
}

// The peer's databases: the command and Python's library may have different versions.
const (
	commandLines = "command.duckdb"
	pythonLines  = "python.duckdb"
)

// duckLines loads the peers.
func (r *run) duckLines(ctx context.Context, dir, csv string) error {
	statements := []string{"CREATE TABLE lines (" + lineColumns + ")", fmt.Sprintf(fileForms[0].load, csv), "CHECKPOINT"}
	if r.DuckDBCLI != "" {
		args := []string{filepath.Join(dir, commandLines)}
		for _, q := range statements {
			args = append(args, "-c", q)
		}
		if _, _, err := timed(ctx, r.DuckDBCLI, args...); err != nil {
			return err
		}
	}
	if r.Python == "" {
		return nil
	}
	peer, err := startDuckDB(r.Python, dir, filepath.Join(dir, pythonLines), r.Threads)
	if err != nil {
		return err
	}
	r.version("DuckDB %s", peer.Version)
	for _, q := range statements {
		if _, _, err := peer.sql(q); err != nil {
			return errors.Join(err, peer.close())
		}
	}
	return peer.close()
}

// exportForm measures one form.
func (r *run) exportForm(ctx context.Context, dir, db string, f fileForm) error {
	took := Row{Workload: "Export", Name: fmt.Sprintf("%s, %d rows, 16 columns", f.name, r.CSVRows), Unit: "s", PeerName: "DuckDB", Note: r.processNote(f)}
	mem := Row{Workload: "Export", Name: f.name + ": peak anonymous memory", Unit: "MB", PeerName: "DuckDB", Note: "heap and arenas; mapped files not counted"}
	size := Row{Workload: "Export", Name: f.name + ": bytes of the file", Unit: "MB", PeerName: "DuckDB"}
	ours, theirs := filepath.Join(dir, "ours."+f.ending), filepath.Join(dir, "peer."+f.ending)
	for k := range r.few() {
		if err := errors.Join(os.RemoveAll(ours), os.RemoveAll(theirs)); err != nil { // replacing a file takes longer
			return err
		}
		if err := watched(ctx, &took, &mem, false, r.Binary, "export", "--data", db, "--table", "lines", "-o", ours); err != nil {
			return err
		}
		if err := size.Ours.addFile(ours); err != nil {
			return err
		}
		if r.peerless(f) {
			continue
		}
		if err := r.duckExport(ctx, dir, theirs, f, &took, &mem); err != nil {
			return err
		}
		if err := size.Peer.addFile(theirs); err != nil {
			return err
		}
		if k > 0 {
			continue
		}
		if err := r.compareExports(ctx, dir, db, ours, theirs, f); err != nil {
			r.fail(&took, err)
		}
	}
	r.row(took)
	r.row(mem)
	r.row(size)
	return errors.Join(os.RemoveAll(ours), os.RemoveAll(theirs))
}

// duckExport is the peer's half of a pair.
func (r *run) duckExport(ctx context.Context, dir, to string, f fileForm, took, mem *Row) error {
	if r.byCommand(f) {
		return watched(ctx, took, mem, true, r.DuckDBCLI, filepath.Join(dir, commandLines), "-c", fmt.Sprintf("SET threads=%d", r.Threads), "-c", fmt.Sprintf(f.store, to))
	}
	return r.inPython(dir, filepath.Join(dir, pythonLines), took, mem, func(peer *duckDB) (time.Duration, error) {
		if f.store != "" {
			d, _, err := peer.sql(fmt.Sprintf(f.store, to))
			return d, err
		}
		a, err := peer.ask(map[string]any{"op": "write_arrow", "sql": "SELECT * FROM lines", "path": to})
		return seconds(a.Seconds), err
	})
}

// compareExports compares the two files, each read by the other system where it can.
func (r *run) compareExports(ctx context.Context, dir, db, ours, theirs string, f fileForm) error {
	sums := func(file string) string { return fmt.Sprintf(lineSums, "'"+file+"'") }
	b, err := r.oursOnce(ctx, db, sums(theirs))
	if err != nil {
		return err
	}
	var a peerAnswer
	if f.store == "" {
		var peer *duckDB
		if peer, err = startDuckDB(r.Python, dir, ":memory:", r.Threads); err != nil {
			return err
		}
		defer peer.close()
		if _, err = peer.ask(map[string]any{"op": "arrow_file", "path": ours, "name": "arrow_file"}); err != nil {
			return err
		}
		a, err = peer.rows(fmt.Sprintf(lineSums, "arrow_file"))
	} else {
		a, err = r.duckOnce(ctx, dir, ":memory:", sums(ours))
	}
	if err != nil {
		return err
	}
	return sameAnswer(b, a)
}

// addFile appends the size of a file in megabytes.
func (s *Sample) addFile(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	*s = append(*s, float64(st.Size())/1e6)
	return nil
}
