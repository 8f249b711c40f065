package sqlvec_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// open makes an empty database in a temporary directory.
func open(t *testing.T, opts sqlvec.Options) *sqlvec.DB {
	t.Helper()
	dir := t.TempDir() + "/db"
	if err := colstore.Init(dir, opts.Store); err != nil {
		t.Fatalf("init: %v", err)
	}
	db, err := sqlvec.Open(dir, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// session opens an empty database and a session on it.
func session(t *testing.T) *sqlvec.Session {
	t.Helper()
	s := open(t, sqlvec.Options{}).Session()
	t.Cleanup(func() { s.Close() })
	return s
}

// script runs sql and returns, per statement, its rows as "a|b" lines (NULL as ∅), or
// its tag.
func script(s *sqlvec.Session, sql string) ([]string, error) {
	var out []string
	err := s.Run(context.Background(), sql, func(r *sqlvec.Result) error {
		if !r.HasRows() {
			out = append(out, r.Tag())
			return nil
		}
		var lines []string
		err := r.Each(func(b *vec.Batch) error {
			for i := 0; i < b.N; i++ {
				if b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0 {
					lines = append(lines, row(s.Zone(), b, i))
				}
			}
			return nil
		})
		out = append(out, strings.Join(lines, "\n"))
		return err
	})
	return out, err
}

func row(ctx types.Context, b *vec.Batch, i int) string {
	vals := make([]string, len(b.Cols))
	for c := range b.Cols {
		v := b.Cols[c].Value(i)
		vals[c] = "∅"
		if v.Valid {
			vals[c] = ctx.Format(v)
		}
	}
	return strings.Join(vals, "|")
}

// must runs sql and fails the test on an error.
func must(t *testing.T, s *sqlvec.Session, sql string) []string {
	t.Helper()
	out, err := script(s, sql)
	if err != nil {
		t.Fatalf("%s\n%v", sql, describe(err))
	}
	return out
}

// query runs one query and compares its rows, one a line.
func query(t *testing.T, s *sqlvec.Session, sql, want string) {
	t.Helper()
	out := must(t, s, sql)
	got := out[len(out)-1]
	if got != strings.TrimSpace(want) {
		t.Errorf("%s\n got: %s\nwant: %s", sql, strings.ReplaceAll(got, "\n", "\n      "), want)
	}
}

func describe(err error) string { return fmt.Sprintf("%v (%+v)", err, err) }
