package sqlvec_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

func TestCancel(t *testing.T) {
	s := session(t)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := s.Run(ctx, `SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b`, drain)
	if dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("got %v, want 57014", err)
	}
	query(t, s, `SELECT 1`, "1")
}

func TestStatementTimeout(t *testing.T) {
	s := session(t)
	must(t, s, `SET statement_timeout = '30ms'`)
	_, err := script(s, `SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b`)
	if dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("got %v, want 57014", err)
	}
}

func drain(r *sqlvec.Result) error { return r.Each(func(*vec.Batch) error { return nil }) }

// TestPanicIsAnswered has the caller panic in the middle of a statement: the error is
// XX000 and the session goes on.
func TestPanicIsAnswered(t *testing.T) {
	s := session(t)
	err := s.Run(context.Background(), `SELECT 1`, func(*sqlvec.Result) error { panic("no") })
	if dberr.CodeOf(err) != dberr.InternalError {
		t.Errorf("got %v, want XX000", err)
	}
	query(t, s, `SELECT 2`, "2")
}

// TestInsertReadsWhatWasThere: a statement does not see its own rows.
func TestInsertReadsWhatWasThere(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (a int); INSERT INTO t SELECT * FROM generate_series(1, 5000)`)
	must(t, s, `INSERT INTO t SELECT a FROM t; INSERT INTO t SELECT a FROM t`)
	query(t, s, `SELECT count(*), sum(a) FROM t`, "20000|50010000")
}

func TestUpsert(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE r (k text PRIMARY KEY, v numeric(8,2)); INSERT INTO r VALUES ('a', 1), ('b', 2)`)
	must(t, s, `INSERT INTO r VALUES ('b', 3), ('c', 4) ON CONFLICT (k) DO UPDATE SET v = excluded.v WHERE r.v <> excluded.v`)
	query(t, s, `SELECT * FROM r ORDER BY k`, "a|1.00\nb|3.00\nc|4.00")
	must(t, s, `INSERT INTO r VALUES ('c', 5), ('d', 6), ('d', 7) ON CONFLICT DO NOTHING`)
	query(t, s, `SELECT * FROM r WHERE k > 'b' ORDER BY k`, "c|4.00\nd|6.00")
	_, err := script(s, `INSERT INTO r VALUES ('e', 1), ('e', 2) ON CONFLICT (k) DO UPDATE SET v = 0`)
	if dberr.CodeOf(err) != dberr.CardinalityViolation {
		t.Errorf("got %v, want 21000", err)
	}
	query(t, s, `SELECT count(*) FROM r FOR SYSTEM_TIME AS OF @SEQ:2`, "2")
}

// TestDocumentsWiden: no value of a document is lost when a column changes its type.
func TestDocumentsWiden(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE d (id int PRIMARY KEY)`)
	must(t, s, `INSERT INTO d {"id": 1, "n": 7, "b": true, "j": {"x": 1}}`)
	must(t, s, `INSERT INTO d {"id": 2, "n": 1.5, "b": "no"}, {"id": 3, "n": null}`)
	query(t, s, `SELECT id, n, b, j FROM d ORDER BY id`, "1|7|true|{\"x\": 1}\n2|1.5|no|∅\n3|∅|∅|∅")
	must(t, s, `INSERT INTO d {"id": 4, "n": 9007199254740993}`)
	query(t, s, `SELECT n FROM d WHERE id IN (2, 4) ORDER BY id`, "1.5\n9007199254740993")
	must(t, s, `INSERT INTO d {"id": 5, "n": "many"}`)
	query(t, s, `SELECT n FROM d ORDER BY id`, "7\n1.5\n∅\n9007199254740993\nmany")
	query(t, s, `SELECT n FROM d FOR SYSTEM_TIME AS OF @SEQ:1`, "7")
	_, err := script(s, `INSERT INTO d {"id": "six"}`)
	if dberr.CodeOf(err) != dberr.InvalidTextRepresentation {
		t.Errorf("got %v, want 22P02", err)
	}
}

func TestSessionInThePast(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (a int); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SET system_time = '@SEQ:1'`)
	query(t, s, `SELECT a FROM t`, "1")
	query(t, s, `SELECT a FROM t FOR SYSTEM_TIME AS OF @SEQ:2 ORDER BY a`, "1\n2")
	_, err := script(s, `DELETE FROM t`)
	if dberr.CodeOf(err) != dberr.ReadOnlyTransaction {
		t.Errorf("got %v, want 25006", err)
	}
	must(t, s, `RESET system_time`)
	query(t, s, `SELECT count(*) FROM t`, "2")
}

// TestEveryReferenceHasItsOwnPoint: the trailing clause is the default, an inner one
// wins, and a transaction's own writes are not in its past.
func TestEveryReferenceHasItsOwnPoint(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE TABLE t (a int); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)`)
	query(t, s, `SELECT (SELECT count(*) FROM t), count(*) FROM t x FOR SYSTEM_TIME AS OF @SEQ:2`, "2|2")
	query(t, s, `SELECT x.a, y.a FROM t x JOIN t FOR SYSTEM_TIME AS OF @SEQ:1 y ON x.a = y.a`, "1|1")
	query(t, s, `SELECT n FROM (SELECT count(*) n FROM t FOR SYSTEM_TIME AS OF @SEQ:1) q`, "1")
	query(t, s, `WITH w AS (SELECT count(*) n FROM t FOR SYSTEM_TIME AS OF @SEQ:0) SELECT n FROM w`, "0")
	must(t, s, `BEGIN; INSERT INTO t VALUES (3)`)
	query(t, s, `SELECT count(*) FROM t`, "3")
	query(t, s, `SELECT count(*) FROM t FOR SYSTEM_TIME AS OF @TX:3`, "2")
	must(t, s, `ROLLBACK`)
}

func TestConflictIsTold(t *testing.T) {
	db := open(t, sqlvec.Options{})
	a, b := db.Session(), db.Session()
	defer a.Close()
	defer b.Close()
	must(t, a, `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)`)
	must(t, a, `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t`)
	must(t, b, `UPDATE t SET v = 1`)
	_, err := script(a, `UPDATE t SET v = 2; COMMIT`)
	if dberr.CodeOf(err) != dberr.SerializationFailure {
		t.Errorf("got %v, want 40001", err)
	}
	must(t, a, `ROLLBACK`)
	query(t, a, `SELECT v FROM t`, "1")
	must(t, a, `BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT v FROM t`)
	must(t, b, `INSERT INTO t VALUES (2, 1)`)
	_, err = script(a, `INSERT INTO t VALUES (2, 0); COMMIT`)
	var e *dberr.Error
	if !errors.As(err, &e) || e.Code != dberr.UniqueViolation {
		t.Errorf("got %v, want 23505", err)
	}
}
