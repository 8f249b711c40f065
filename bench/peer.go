package bench

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"driftdb/sqlvec"
)

//go:embed peers/duckdb_peer.py
var duckdbPeer string

//go:embed peers/sqlite_peer.py
var sqlitePeer string

//go:embed peers/sqlite_sql.py
var sqliteSQL string

//go:embed peers/ycsb_sqlite.py
var ycsbSQLite string

// process is a peer's process that answers one request at a time. It is not safe for
// concurrent use.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// duckDB is a process of DuckDB.
type duckDB struct {
	*process
	Version string
}

// peerAnswer is one line of a peer's output.
type peerAnswer struct {
	OK      bool    `json:"ok"`
	Error   string  `json:"error"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"processor"` // seconds of processor time
	Rows    [][]any `json:"rows"`
	Count   int64   `json:"count"` // of all rows
	Version string  `json:"version"`
	Digest  string  `json:"digest"`
}

// startDuckDB starts the peer with the Python interpreter at python, which must have
// the package duckdb, and opens the database file path with the given threads.
func startDuckDB(python, dir, path string, threads int) (*duckDB, error) {
	p, err := startProcess(python, dir, "duckdb_peer.py", duckdbPeer)
	if err != nil {
		return nil, err
	}
	d := &duckDB{process: p}
	v, err := d.ask(map[string]any{"op": "version"})
	if err != nil {
		return nil, fmt.Errorf("DuckDB peer (is the package duckdb installed for %s?): %w", python, err)
	}
	d.Version = v.Version
	_, err = d.ask(map[string]any{"op": "open", "path": path, "threads": threads})
	return d, err
}

// startProcess writes the program into dir under the given name and starts it with Python.
func startProcess(python, dir, name, program string) (*process, error) {
	script := filepath.Join(dir, name)
	if err := os.WriteFile(script, []byte(program), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(python, script)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a peer with %s: %w", python, err)
	}
	return &process{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)}, nil
}

// ask sends one request and waits for its answer.
func (d *process) ask(req map[string]any) (peerAnswer, error) {
	var a peerAnswer
	b, err := json.Marshal(req)
	if err != nil {
		return a, err
	}
	if _, err := d.in.Write(append(b, '\n')); err != nil {
		return a, err
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("peer ended: %w", err)
	}
	if a, err = decodeAnswer(line); err != nil {
		return a, err
	}
	if !a.OK {
		return a, fmt.Errorf("peer: %s", a.Error)
	}
	return a, nil
}

// decodeAnswer reads an answer, with numbers as they were written.
func decodeAnswer(line []byte) (a peerAnswer, err error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	err = dec.Decode(&a)
	return a, err
}

// sql runs a statement and returns its time as the peer's own clock saw it, and the number of
// its rows, which are fetched as columns.
func (d *duckDB) sql(q string) (time.Duration, int64, error) {
	a, err := d.ask(map[string]any{"op": "run", "sql": q})
	return seconds(a.Seconds), a.Count, err
}

// seconds returns a time in seconds as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// rows returns all rows of a query.
func (d *duckDB) rows(q string) (peerAnswer, error) {
	return d.ask(map[string]any{"op": "rows", "sql": q})
}

// close ends the process.
func (d *process) close() error {
	d.in.Close()
	return d.cmd.Wait()
}

// sqliteCommits returns the durable single-row commits a second of SQLite (WAL,
// synchronous=FULL) with the given writers over the given time, and its version.
func sqliteCommits(python, dir string, writers int, d time.Duration) (float64, string, error) {
	script := filepath.Join(dir, "sqlite_peer.py")
	if err := os.WriteFile(script, []byte(sqlitePeer), 0o644); err != nil {
		return 0, "", err
	}
	db := filepath.Join(dir, fmt.Sprintf("peer-%d-%d.sqlite", writers, time.Now().UnixNano()))
	out, err := exec.Command(python, script, db, fmt.Sprint(writers), fmt.Sprint(d.Seconds())).Output()
	if err != nil {
		return 0, "", fmt.Errorf("SQLite peer: %w", err)
	}
	var a struct {
		Commits float64 `json:"commits"`
		Seconds float64 `json:"seconds"`
		CPU     float64 `json:"processor"` // seconds of processor time
		Version string  `json:"version"`
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return 0, "", err
	}
	return a.Commits / a.Seconds, a.Version, nil
}

// startPeer starts DuckDB on a file of its own in dir; it returns nil where there is no Python.
func (r *run) startPeer(dir string) (*duckDB, error) {
	if r.Python == "" {
		return nil, nil
	}
	peer, err := startDuckDB(r.Python, dir, filepath.Join(dir, "peer.duckdb"), r.Threads)
	if err != nil {
		return nil, err
	}
	r.version("DuckDB %s", peer.Version)
	return peer, nil
}

// bothWith makes a database in both systems by the statements and calls fn.
func (r *run) bothWith(ctx context.Context, dir string, statements []string, fn func(*sqlvec.Session, *duckDB) error) error {
	db, err := r.create(filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	peer, err := r.startPeer(dir)
	if err != nil {
		return err
	}
	if peer != nil {
		defer peer.close()
	}
	for _, q := range statements {
		if _, _, err := query(ctx, s, q); err != nil {
			return fmt.Errorf("%w in %.200s", err, q)
		}
		if peer == nil {
			continue
		}
		if _, _, err := peer.sql(q); err != nil {
			return err
		}
	}
	return fn(s, peer)
}
