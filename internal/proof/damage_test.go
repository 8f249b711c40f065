package proof

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// small makes a little database with tables, history, a checkpoint, a tail and a part of
// its own, and closes it.
func small(t *testing.T, dir, salt string) {
	t.Helper()
	d, err := create(dir, sqlvec.Options{Store: colstore.Options{InlineRows: 40}})
	if err != nil {
		t.Fatal(describe(err))
	}
	for _, sql := range []string{
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a BIGINT, b TEXT)",
		"INSERT INTO t SELECT i, i * 10, 'row ' || i::text || '" + salt + "' FROM generate_series(1, 20) AS g(i)",
		"CREATE INDEX ON t (a)",
		"UPDATE t SET a = a + 1 WHERE id % 3 = 0",
		"DELETE FROM t WHERE id % 5 = 0",
		"CREATE TABLE u (x DOUBLE PRECISION, y DATE, z NUMERIC(8,2))",
		"INSERT INTO u SELECT i / 4.0, DATE '2024-01-01' + i, i * 1.25 FROM generate_series(1, 90) AS g(i)",
		"CHECKPOINT",
		"UPDATE t SET b = 'changed' WHERE id < 5",
		"DELETE FROM u WHERE x < 3",
		"INSERT INTO t VALUES (100, NULL, 'last" + salt + "')",
	} {
		d.must(t, sql)
	}
	if err := d.close(); err != nil {
		t.Fatal(describe(err))
	}
}

// questions are asked of a damaged database; every one has the same answer for ever.
func questions(last int) []string {
	q := []string{"SELECT * FROM t ORDER BY id", "SELECT * FROM u ORDER BY x", "SELECT b FROM t WHERE id = 7", "SELECT count(*) FROM t", "SELECT count(*) FROM u",
		"SELECT count(*), min(x), max(z) FROM u WHERE y > '2024-02-01'", "SELECT count(*) FROM t FOR SYSTEM_TIME AS OF @SEQ:21", "SELECT sum(u.z) FROM t JOIN u ON u.x = t.id", "SELECT id FROM t WHERE a = 31",
		"SELECT id, a, system_seq_start, system_seq_end FROM t FOR SYSTEM_TIME ALL ORDER BY 3, 1"}
	for _, seq := range []int{5, 20, 24, 27, last - 1, last} {
		q = append(q, fmt.Sprintf("SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:%d ORDER BY id", seq))
	}
	return q
}

// answers asks all questions; an error stands in for an answer.
func answers(d *database, qs []string) ([][]string, []error) {
	rows, errs := make([][]string, len(qs)), make([]error, len(qs))
	for i, q := range qs {
		rows[i], errs[i] = d.rows(q)
	}
	return rows, errs
}

// truth opens an undamaged database and returns the questions and their answers.
func truth(t *testing.T, dir string) ([]string, [][]string) {
	t.Helper()
	d, err := open(dir, sqlvec.Options{})
	if err != nil {
		t.Fatal(describe(err))
	}
	defer d.close()
	last, err := strconv.Atoi(d.must(t, "SELECT current_seq()")[0])
	if err != nil {
		t.Fatal(err)
	}
	qs := questions(last)
	rows, errs := answers(d, qs)
	for i, err := range errs {
		if err != nil {
			t.Fatalf("%s: %s", qs[i], describe(err))
		}
	}
	return qs, rows
}

// files lists the files of a database, by path below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// judge opens a damaged copy: every question gets its right answer or an error of kind
// data corruption or I/O.
func judge(t *testing.T, dir, what string, qs []string, want [][]string) {
	t.Helper()
	d, err := open(dir, sqlvec.Options{Store: colstore.Options{ReadOnly: true}})
	if err != nil {
		if !honest(err) {
			t.Errorf("%s: open: %s", what, describe(err))
		}
		return
	}
	defer d.close()
	rows, errs := answers(d, qs)
	for i := range qs {
		switch {
		case errs[i] != nil && !honest(errs[i]):
			t.Errorf("%s: %s: %s", what, qs[i], describe(errs[i]))
		case errs[i] == nil && !slices.Equal(rows[i], want[i]):
			t.Errorf("%s: %s answers\n%v\nwhich is wrong, it was\n%v", what, qs[i], rows[i], want[i])
		}
	}
}

// honest reports whether err says that the data are damaged or cannot be read, and where.
func honest(err error) bool {
	switch dberr.CodeOf(err) {
	case dberr.DataCorrupted, dberr.IndexCorrupted:
		e, ok := errors.AsType[*dberr.Error](err)
		return ok && e.File != ""
	case dberr.IOError, dberr.UndefinedFile:
		path, ok := errors.AsType[*fs.PathError](err)
		return ok && path.Path != ""
	}
	return false
}

// TestFlippedBytes flips one byte after the other of every file of a small database.
// The test takes a sample; DRIFTDB_DAMAGE=all takes every byte.
func TestFlippedBytes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	small(t, dir, "")
	qs, want := truth(t, dir)
	for _, name := range files(t, dir) {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		used := len(data)
		for used > 0 && data[used-1] == 0 {
			used--
		}
		step := max(1, used/150)
		if os.Getenv("DRIFTDB_DAMAGE") == "all" {
			step = 1
		}
		for off := 0; off < min(len(data), used+64); off += step {
			flip(t, path, int64(off), data[off]^(1<<(off%8)))
			judge(t, dir, fmt.Sprintf("%s byte %d flipped", name, off), qs, want)
			flip(t, path, int64(off), data[off])
			if t.Failed() {
				return
			}
		}
	}
}

func flip(t *testing.T, path string, off int64, b byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{b}, off); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedFiles truncates and removes every file, and replaces it by the file of the
// same name of another database.
func TestDamagedFiles(t *testing.T) {
	base := t.TempDir()
	dir, other := filepath.Join(base, "db"), filepath.Join(base, "other")
	small(t, dir, "")
	small(t, other, " of the other")
	qs, want := truth(t, dir)
	for _, name := range files(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, len(data) / 3, len(data) * 2 / 3, len(data) - 1} {
			if size >= 0 && size < len(data) {
				damaged(t, dir, name, data[:size], fmt.Sprintf("%s cut to %d of %d bytes", name, size, len(data)), qs, want)
			}
		}
		damaged(t, dir, name, nil, name+" removed", qs, want)
		if theirs, err := os.ReadFile(filepath.Join(other, name)); err == nil {
			damaged(t, dir, name, theirs, name+" replaced by another database's", qs, want)
		}
	}
}

// damaged judges a copy of the database in which one file has other contents; nil removes it.
func damaged(t *testing.T, dir, name string, data []byte, what string, qs []string, want [][]string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(copied, name)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if data != nil {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	judge(t, copied, what, qs, want)
}
