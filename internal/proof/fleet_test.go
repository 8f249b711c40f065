package proof

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/logictest"
	"driftdb/internal/querygen"
	"driftdb/sqlvec"
)

// ship is one of several databases that hold the same rows in different ways.
type ship struct {
	*database
	name string
	keep bool // checkpoint after every change
}

// fleet is databases that must agree, and a PostgreSQL they must agree with if there is one.
type fleet struct {
	t     *testing.T
	ships []*ship
	pg    logictest.Conn
}

// tiny is a store of small groups and parts, so that few rows fill several.
var tiny = colstore.Options{GroupRows: 64, PartRows: 256, InlineRows: 4}

// launch makes and fills the databases.
func launch(t *testing.T, g *querygen.Gen, rows int) *fleet {
	f := &fleet{t: t, pg: dial(t)}
	for _, s := range []struct {
		name    string
		opts    sqlvec.Options
		keep    bool
		indexed bool
	}{
		{"plain", sqlvec.Options{}, false, false},
		{"parts", sqlvec.Options{Store: tiny, Threads: 4}, true, false},
		{"spilling", sqlvec.Options{SpillAlways: true, Threads: 2}, false, false},
		{"narrow", sqlvec.Options{Store: tiny, BatchRows: 3, Threads: 1}, false, true},
		{"indexed", sqlvec.Options{Store: colstore.Options{GroupRows: 128}, Threads: 2}, true, true},
	} {
		s.opts.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
		d, err := create(filepath.Join(t.TempDir(), s.name), s.opts)
		if err != nil {
			t.Fatal(err)
		}
		f.ships = append(f.ships, &ship{d, s.name, s.keep})
		t.Cleanup(func() { d.close() })
	}
	for _, sql := range g.Schema(rows) {
		f.change(sql)
	}
	for _, sql := range g.Indexes() {
		f.ships[3].must(t, sql)
		f.ships[4].must(t, sql)
	}
	return f
}

// dial connects to the PostgreSQL that DRIFTDB_POSTGRES names, if it names one.
func dial(t *testing.T) logictest.Conn {
	socket := os.Getenv("DRIFTDB_POSTGRES")
	if socket == "" {
		return nil
	}
	e, err := logictest.NewPostgres(socket)
	if err != nil {
		t.Fatal(err)
	}
	pg, err := e.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Close(); e.Close() })
	if _, err := pg.Exec(context.Background(), "SET statement_timeout = '20s'"); err != nil {
		t.Fatal(err)
	}
	return pg
}

// reference asks PostgreSQL, or the first of the databases where there is none.
func (f *fleet) reference(sql string) ([]string, error) {
	if f.pg == nil {
		return f.ships[0].rows(sql)
	}
	res, err := f.pg.Exec(context.Background(), sql)
	if err != nil || len(res) == 0 {
		return nil, err
	}
	return lines(res[0]), nil
}

// agree asks all databases the same. An error of a value may depend on the order of evaluation.
func (f *fleet) agree(sql string) {
	f.t.Helper()
	want, wantErr := f.reference(sql)
	for _, s := range f.ships {
		got, err := s.rows(sql)
		switch {
		case excused(wantErr) && (err == nil || excused(err)):
		case (err == nil) != (wantErr == nil):
			f.t.Errorf("%s: %s\nfails with %v, should with %v", s.name, sql, err, wantErr)
			return
		case err == nil && !sameRows(got, want):
			f.t.Errorf("%s: %s\n%s", s.name, sql, differing(got, want))
			return
		}
	}
}

// excused tells the errors of values, and of time, from others.
func excused(err error) bool {
	if err == nil {
		return false
	}
	code := dberr.CodeOf(err)
	return strings.HasPrefix(code, "22") || code == "57014" || strings.HasPrefix(code, "23")
}

// differing lists the rows that one of two sorted lists has alone, the first few of them.
func differing(got, want []string) string {
	var b strings.Builder
	some := func(what string, list, other []string) {
		n := map[string]int{}
		for _, r := range other {
			n[r]++
		}
		shown := 0
		for _, r := range list {
			if n[r]--; n[r] < 0 {
				if shown++; shown <= 4 {
					fmt.Fprintf(&b, "%s %s\n", what, r)
				}
			}
		}
		fmt.Fprintf(&b, "%s %d of %d rows\n", what, shown, len(list))
	}
	some("is     ", got, want)
	some("should ", want, got)
	return b.String()
}

// change runs a statement everywhere: all succeed, or all fail and none changes anything.
func (f *fleet) change(sql string) {
	f.t.Helper()
	var wantErr error
	if f.pg != nil {
		_, wantErr = f.pg.Exec(context.Background(), sql)
	}
	for i, s := range f.ships {
		_, err := s.rows(sql)
		if i == 0 && f.pg == nil {
			wantErr = err
		}
		if (err == nil) != (wantErr == nil) {
			f.t.Fatalf("%s: %s\nfails with %v, should with %v", s.name, sql, err, wantErr)
		}
		if err != nil && !excused(err) {
			f.t.Fatalf("%s: %s\n%s", s.name, sql, describe(err))
		}
		if s.keep {
			s.must(f.t, "CHECKPOINT")
		}
	}
}

// TestQueriesAgree asks random queries of databases that hold the same rows in different ways:
// in the tail or in parts, under indexes or not, in batches of three rows, with temporary files.
// With DRIFTDB_POSTGRES (make check-pg, make queries) a PostgreSQL says what is right.
func TestQueriesAgree(t *testing.T) {
	n := count("DRIFTDB_QUERIES", 300)
	for i, size := range []struct{ rows, doubled, share int }{{40, 0, 1}, {700, 0, 10}, {700, 5, 10}} {
		t.Run(fmt.Sprint(size.rows<<size.doubled, " rows"), func(t *testing.T) {
			g := querygen.New(seed() + uint64(i))
			f := launch(t, g, size.rows)
			if size.doubled > 0 {
				for _, sql := range g.Grow(size.doubled) {
					f.change(sql)
				}
			}
			for range n / size.share {
				f.agree(g.Query())
			}
		})
	}
}

// TestChangesAgree changes the tables at random, asks all of them after each change, and then
// asks for every state again: of the past, after a checkpoint, a vacuum and a restart.
func TestChangesAgree(t *testing.T) {
	g := querygen.New(seed() + 7)
	f := launch(t, g, 40)
	type state struct {
		seq  []string // of each database
		rows map[string][]string
	}
	var past []state
	for i := range count("DRIFTDB_QUERIES", 300) / 5 {
		f.change(g.Change(1000 + 100*i))
		f.agree(g.Query())
		now := state{rows: map[string][]string{}}
		for _, s := range f.ships {
			now.seq = append(now.seq, s.must(t, "SELECT current_seq()")[0])
		}
		for _, table := range g.Tables() {
			f.agree("SELECT * FROM " + table)
			if t.Failed() {
				t.FailNow()
			}
			rows, err := f.reference("SELECT * FROM " + table)
			if err != nil {
				t.Fatal(err)
			}
			now.rows[table] = rows
		}
		past = append(past, now)
	}
	again := func(when string) {
		for _, p := range past {
			for i, s := range f.ships {
				for table, want := range p.rows {
					sql := fmt.Sprintf("SELECT * FROM %s FOR SYSTEM_TIME AS OF @SEQ:%s", table, p.seq[i])
					if got, err := s.rows(sql); err != nil || !sameRows(got, want) {
						t.Errorf("%s, %s: %s\n%v %s", s.name, when, sql, err, differing(got, want))
					}
				}
			}
		}
	}
	again("of the past")
	for _, s := range f.ships {
		s.must(t, "CHECKPOINT; VACUUM")
	}
	again("after a checkpoint and a vacuum")
	for _, s := range f.ships {
		if err := s.reopen(); err != nil {
			t.Fatal(err)
		}
	}
	again("after a restart")
}

// lines prints rows as database.rows does.
func lines(r logictest.Result) []string {
	out := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		values := slices.Clone(row)
		for c := range values {
			if r.Nulls[i] != nil && r.Nulls[i][c] {
				values[c] = "∅"
			}
		}
		out[i] = strings.Join(values, "|")
	}
	slices.Sort(out)
	return out
}
