package proof

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// database is an open database with one session.
type database struct {
	dir  string
	opts sqlvec.Options
	db   *sqlvec.DB
	s    *sqlvec.Session
}

// create makes an empty database in dir and opens it.
func create(dir string, opts sqlvec.Options) (*database, error) {
	if err := colstore.Init(dir, opts.Store); err != nil {
		return nil, err
	}
	return open(dir, opts)
}

// open opens the database in dir with one session.
func open(dir string, opts sqlvec.Options) (*database, error) {
	db, err := sqlvec.Open(dir, opts)
	if err != nil {
		return nil, err
	}
	return &database{dir, opts, db, db.Session()}, nil
}

// close ends the session and the database.
func (d *database) close() error {
	d.s.Close()
	return d.db.Close()
}

// reopen closes and opens the database.
func (d *database) reopen() error {
	if err := d.close(); err != nil {
		return err
	}
	n, err := open(d.dir, d.opts)
	if err == nil {
		*d = *n
	}
	return err
}

// rows runs statements and returns the rows of the last query, a line each, values
// separated by "|" and NULL as "∅".
func (d *database) rows(sql string) ([]string, error) { return rowsOf(d.s, sql) }

func rowsOf(s *sqlvec.Session, sql string) ([]string, error) {
	var out []string
	err := s.Run(context.Background(), sql, func(r *sqlvec.Result) error {
		out = nil
		return r.Each(func(b *vec.Batch) error {
			for i := range b.N {
				if b.Sel == nil || b.Sel[i>>6]>>(uint(i)&63)&1 == 1 {
					out = append(out, line(b, i))
				}
			}
			return nil
		})
	})
	return out, err
}

// line prints row i of a batch.
func line(b *vec.Batch, i int) string {
	var sb strings.Builder
	for c := range b.Cols {
		if c > 0 {
			sb.WriteByte('|')
		}
		if b.Cols[c].IsNull(i) {
			sb.WriteString("∅")
			continue
		}
		sb.WriteString(types.Format(b.Cols[c].Value(i)))
	}
	return sb.String()
}

// must runs statements that may not fail.
func (d *database) must(t testing.TB, sql string) []string {
	t.Helper()
	rows, err := d.rows(sql)
	if err != nil {
		t.Fatalf("%s: %s", sql, describe(err))
	}
	return rows
}

// describe prints an error with its SQLSTATE.
func describe(err error) string {
	var e *dberr.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%s (%s) %s", e.Error(), e.Code, e.Detail)
	}
	return err.Error()
}
