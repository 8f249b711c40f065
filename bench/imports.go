package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// fileForm is a form of file that tables are loaded from and written to.
type fileForm struct {
	name, ending string
	load, store  string // DuckDB's statements, %s is the file; "" where Python reads and writes for it
}

var fileForms = []fileForm{
	{"CSV", "csv", "INSERT INTO lines SELECT * FROM read_csv('%s')", "COPY lines TO '%s' (FORMAT csv, HEADER)"},
	{"NDJSON", "ndjson", "COPY lines FROM '%s' (FORMAT json)", "COPY lines TO '%s' (FORMAT json)"},
	{"Parquet", "parquet", "COPY lines FROM '%s' (FORMAT parquet)", "COPY lines TO '%s' (FORMAT parquet, COMPRESSION snappy)"},
	{"Arrow", "arrow", "", ""},
}

// lineSums are what loaded tables and written files are compared by; %s is the table or file.
const lineSums = `SELECT count(*) AS n, sum(l_orderkey) AS a, sum(l_extendedprice) AS b, sum(l_quantity * l_tax) AS c, max(l_comment) AS d,
	CAST(min(l_shipdate) AS VARCHAR) AS e, sum(l_partkey + l_suppkey) AS f, count(l_shipmode) AS g, CAST(max(l_receiptdate) AS VARCHAR) AS h FROM %s`

// imports measures files of 16 typed columns into a table that is there: the whole process of each
// command line, with a checkpoint behind DuckDB's load, so that both leave a durable, closed table.
// Both read the same file: the CSV file is the generator's, the others are made of it by driftdb export.
// DuckDB reads Arrow within Python's process. What was loaded is compared by counts and sums.
func (r *run) imports(ctx context.Context) error {
	dir, err := r.scratch("import")
	if err != nil {
		return err
	}
	if err := r.makeFiles(ctx, dir); err != nil {
		return err
	}
	for i, f := range fileForms {
		repeats := r.Repeats
		if i > 0 {
			repeats = r.few()
		}
		if err := r.importForm(ctx, dir, f, repeats); err != nil {
			return err
		}
	}
	return nil
}

// few is the number of pairs of figures whose single runs take seconds.
func (r *run) few() int { return (r.Repeats + 1) / 2 }

// makeFiles writes the lines in all forms.
func (r *run) makeFiles(ctx context.Context, dir string) error {
	csv := filepath.Join(dir, "lines.csv")
	if _, err := writeLines(csv, r.CSVRows, 1); err != nil {
		return err
	}
	db := filepath.Join(dir, "db")
	if err := r.loadLines(ctx, db, csv); err != nil {
		return err
	}
	for _, f := range fileForms[1:] {
		if err := r.command(ctx, "export", "--data", db, "--table", "lines", "-o", filepath.Join(dir, "lines."+f.ending)); err != nil {
			return err
		}
	}
	return os.RemoveAll(db)
}

// loadLines makes a database of the lines.
func (r *run) loadLines(ctx context.Context, db, file string) error {
	if err := r.makeLines(ctx, db); err != nil {
		return err
	}
	return r.command(ctx, "import", "--data", db, "--table", "lines", file)
}

// makeLines makes a database with the empty table.
func (r *run) makeLines(ctx context.Context, db string) error {
	if err := r.command(ctx, "init", db); err != nil {
		return err
	}
	return r.command(ctx, "sql", "--data", db, "-e", "CREATE TABLE lines ("+lineColumns+")")
}

// importForm measures one form.
func (r *run) importForm(ctx context.Context, dir string, f fileForm, repeats int) error {
	st, err := os.Stat(filepath.Join(dir, "lines."+f.ending))
	if err != nil {
		return err
	}
	took := Row{Workload: "Import", Name: fmt.Sprintf("%s of %.0f MB, %d rows, 16 columns", f.name, float64(st.Size())/1e6, r.CSVRows), Unit: "s", PeerName: "DuckDB", Note: r.processNote(f)}
	mem := Row{Workload: "Import", Name: f.name + ": peak anonymous memory", Unit: "MB", PeerName: "DuckDB", Note: "heap and arenas; mapped files not counted"}
	disk := Row{Workload: "Import", Name: f.name + ": bytes on disk", Unit: "MB", PeerName: "DuckDB"}
	for k := range repeats {
		if err := r.importOnce(ctx, dir, f, k == 0, &took, &mem, &disk); err != nil {
			return err
		}
	}
	r.row(took)
	r.row(mem)
	r.row(disk)
	if f.ending != "csv" {
		return nil
	}
	return r.compressedBytes(ctx, dir, f, disk.Peer)
}

// compressedBytes measures the bytes of the same rows stored compressed.
func (r *run) compressedBytes(ctx context.Context, dir string, f fileForm, peer Sample) error {
	db := filepath.Join(dir, "db")
	if err := r.makeLines(ctx, db); err != nil {
		return err
	}
	if err := r.command(ctx, "import", "--compress", "--data", db, "--table", "lines", filepath.Join(dir, "lines."+f.ending)); err != nil {
		return err
	}
	n, err := diskBytes(db)
	if err != nil {
		return err
	}
	r.row(Row{Workload: "Import", Name: f.name + ": bytes on disk, compressed", Unit: "MB", PeerName: "DuckDB", Note: "import --compress",
		Ours: Sample{float64(n) / 1e6}, Peer: peer})
	return os.RemoveAll(db)
}

// importOnce is one pair.
func (r *run) importOnce(ctx context.Context, dir string, f fileForm, first bool, took, mem, disk *Row) error {
	source, db, file := filepath.Join(dir, "lines."+f.ending), filepath.Join(dir, "db"), filepath.Join(dir, "peer.duckdb")
	if err := r.makeLines(ctx, db); err != nil {
		return err
	}
	if err := watched(ctx, took, mem, false, r.Binary, "import", "--data", db, "--table", "lines", source); err != nil {
		return err
	}
	n, err := diskBytes(db)
	if err != nil {
		return err
	}
	disk.Ours = append(disk.Ours, float64(n)/1e6)
	if r.peerless(f) {
		return os.RemoveAll(db)
	}
	if err := r.duckImport(ctx, dir, file, source, f, took, mem); err != nil {
		return err
	}
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	disk.Peer = append(disk.Peer, float64(st.Size())/1e6)
	if first {
		if err := r.compareImports(ctx, dir, db, file); err != nil {
			r.fail(took, err)
		}
	}
	return errors.Join(os.Remove(file), os.RemoveAll(db))
}

// peerless says whether no DuckDB is there for a form.
func (r *run) peerless(f fileForm) bool {
	return r.Python == "" && (f.load == "" || r.DuckDBCLI == "")
}

// byCommand says whether DuckDB's command runs a form; else it runs within Python's process.
func (r *run) byCommand(f fileForm) bool { return r.DuckDBCLI != "" && f.load != "" }

// processNote says how the two processes are measured.
func (r *run) processNote(f fileForm) string {
	if r.byCommand(f) {
		return "whole processes"
	}
	return "our whole process, DuckDB within Python's"
}

// watched runs a command and adds its time from start to exit, and its peak memory, to one side of
// the rows.
func watched(ctx context.Context, took, mem *Row, peer bool, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	memory := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	d, peak := time.Since(start), memory.end()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, said.Bytes())
	}
	if peer {
		took.Peer.Add(d)
		mem.Peer = append(mem.Peer, peak)
	} else {
		took.Ours.Add(d)
		mem.Ours = append(mem.Ours, peak)
	}
	return nil
}

// compareImports compares what both systems have loaded.
func (r *run) compareImports(ctx context.Context, dir, db, file string) error {
	sums := fmt.Sprintf(lineSums, "lines")
	ours, err := r.oursOnce(ctx, db, sums)
	if err != nil {
		return err
	}
	theirs, err := r.duckOnce(ctx, dir, file, sums)
	if err != nil {
		return err
	}
	return sameAnswer(ours, theirs)
}

// oursOnce opens a database for one query.
func (r *run) oursOnce(ctx context.Context, path, q string) ([][]string, error) {
	db, err := r.open(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	return answerOf(ctx, s, q)
}

// duckOnce opens a database file of DuckDB for one query: with its command, or else in Python. The
// two programs may have different versions, and then cannot read each other's files.
func (r *run) duckOnce(ctx context.Context, dir, file, q string) (peerAnswer, error) {
	if r.DuckDBCLI != "" {
		_, out, err := timed(ctx, r.DuckDBCLI, "-csv", file, "-c", q)
		if err == nil {
			return csvAnswer(out)
		}
		if r.Python == "" {
			return peerAnswer{}, err
		}
	}
	peer, err := startDuckDB(r.Python, dir, file, r.Threads)
	if err != nil {
		return peerAnswer{}, err
	}
	defer peer.close()
	return peer.rows(q)
}

// duckImport is the peer's half of a pair.
func (r *run) duckImport(ctx context.Context, dir, file, source string, f fileForm, took, mem *Row) error {
	const create = "CREATE TABLE lines (" + lineColumns + ")"
	if r.byCommand(f) {
		if _, _, err := timed(ctx, r.DuckDBCLI, file, "-c", create); err != nil {
			return err
		}
		return watched(ctx, took, mem, true, r.DuckDBCLI, file, "-c", fmt.Sprintf("SET threads=%d", r.Threads), "-c", fmt.Sprintf(f.load, source), "-c", "CHECKPOINT")
	}
	return r.inPython(dir, file, took, mem, func(peer *duckDB) (time.Duration, error) {
		if _, _, err := peer.sql(create); err != nil {
			return 0, err
		}
		var opened time.Duration
		load := fmt.Sprintf(f.load, source)
		if f.load == "" {
			a, err := peer.ask(map[string]any{"op": "arrow_file", "path": source, "name": "arrow_file"})
			if err != nil {
				return 0, err
			}
			opened, load = seconds(a.Seconds), "INSERT INTO lines SELECT * FROM arrow_file"
		}
		loaded, _, err := peer.sql(load)
		if err != nil {
			return 0, err
		}
		checkpoint, _, err := peer.sql("CHECKPOINT")
		return opened + loaded + checkpoint, err
	})
}

// inPython runs the peer's half of a pair in a Python process of its own, which tells the time.
func (r *run) inPython(dir, file string, took, mem *Row, work func(*duckDB) (time.Duration, error)) error {
	peer, err := startDuckDB(r.Python, dir, file, r.Threads)
	if err != nil {
		return err
	}
	r.version("DuckDB %s", peer.Version)
	memory := watchMemory(peer.cmd.Process.Pid)
	d, err := work(peer)
	peak := memory.end()
	if err != nil {
		return errors.Join(err, peer.close())
	}
	took.Peer.Add(d)
	mem.Peer = append(mem.Peer, peak)
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
