package sqlvec_test

import (
	"errors"
	"fmt"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// thrice runs one query three times, so that its plan is kept, and compares each answer.
func thrice(t *testing.T, s *sqlvec.Session, sql, want string) {
	t.Helper()
	for range 3 {
		query(t, s, sql, want)
	}
}

// TestTextsAgain runs the same texts again and again while what they mean changes.
func TestTextsAgain(t *testing.T) {
	db := open(t, sqlvec.Options{})
	s, other := db.Session(), db.Session()
	defer s.Close()
	defer other.Close()
	must(t, s, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER); INSERT INTO t VALUES (1, 10), (2, 20)")
	all, count, sum := "SELECT * FROM t ORDER BY id", "SELECT count(*) FROM t", "SELECT sum(a) FROM t"
	thrice(t, s, all, "1|10\n2|20")
	thrice(t, s, count, "2")
	thrice(t, s, sum, "30")
	must(t, other, "INSERT INTO t VALUES (3, 30)")
	query(t, s, all, "1|10\n2|20\n3|30")
	query(t, s, count, "3")
	query(t, s, sum, "60")
	must(t, other, "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'")
	thrice(t, s, all, "1|10|x\n2|20|x\n3|30|x")
	must(t, other, "ALTER TABLE t ALTER COLUMN a TYPE text; DELETE FROM t WHERE id = 3")
	thrice(t, s, all, "1|10|x\n2|20|x")
	thrice(t, s, count, "2")
	if _, err := script(s, sum); dberr.CodeOf(err) != dberr.UndefinedFunction {
		t.Errorf("sum of texts: %v", err)
	}
	must(t, s, "CREATE TEMPORARY TABLE t (n INTEGER); INSERT INTO t VALUES (7)")
	thrice(t, s, count, "1")
	must(t, s, "DROP TABLE t")
	thrice(t, s, count, "2")
	must(t, s, "BEGIN; ALTER TABLE t ADD COLUMN c INTEGER; INSERT INTO t VALUES (9, '90', 'y', 1)")
	thrice(t, s, all, "1|10|x|∅\n2|20|x|∅\n9|90|y|1")
	thrice(t, s, count, "3")
	must(t, s, "ROLLBACK")
	thrice(t, s, all, "1|10|x\n2|20|x")
	must(t, s, "SET system_time = '@SEQ:1'")
	thrice(t, s, count, "1")
	must(t, s, "RESET system_time")
	thrice(t, s, count, "2")
	must(t, s, "DROP TABLE t")
	if _, err := script(s, count); dberr.CodeOf(err) != dberr.UndefinedTable {
		t.Errorf("count of a dropped table: %v", err)
	}
}

// TestTextsOfTheMoment runs texts again whose answers differ from one moment, setting or session
// variable to the next.
func TestTextsOfTheMoment(t *testing.T) {
	s := session(t)
	must(t, s, "CREATE SEQUENCE q; CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMPTZ); INSERT INTO t VALUES (1, '2026-01-01 00:00:00+00')")
	for i := 1; i < 5; i++ {
		query(t, s, "SELECT nextval('q')", fmt.Sprint(i))
		query(t, s, "SELECT current_seq(), (SELECT count(*) FROM t)", fmt.Sprintf("%d|%d", i, i))
		must(t, s, fmt.Sprintf("INSERT INTO t VALUES (%d, now())", i+1))
	}
	for _, zone := range []string{"UTC", "Asia/Tokyo", "UTC"} {
		must(t, s, "SET TimeZone = '"+zone+"'")
		query(t, s, "SELECT at = '2026-01-01 00:00:00', current_setting('TimeZone') FROM t WHERE id = 1", map[string]string{"UTC": "t|UTC", "Asia/Tokyo": "f|Asia/Tokyo"}[zone])
	}
	for range 4 {
		must(t, s, "BEGIN")
		query(t, s, "SELECT now() = transaction_timestamp() AND now() > (SELECT max(at) FROM t)", "t")
		must(t, s, "INSERT INTO t SELECT max(id) + 1, now() FROM t")
		must(t, s, "COMMIT")
	}
}

// TestTextsThatWrite runs statements again that write, fail and return rows.
func TestTextsThatWrite(t *testing.T) {
	s := session(t)
	must(t, s, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n < 4)); INSERT INTO t VALUES (1, 0)")
	for i := 1; i < 4; i++ {
		query(t, s, "UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n", fmt.Sprint(i))
	}
	for range 3 {
		_, err := script(s, "UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n")
		if dberr.CodeOf(err) != dberr.CheckViolation {
			t.Errorf("%v", err)
		}
		_, err = script(s, "INSERT INTO t VALUES (1, 1)")
		if dberr.CodeOf(err) != dberr.UniqueViolation {
			t.Errorf("%v", err)
		}
		query(t, s, "INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n RETURNING n", "1")
		must(t, s, "UPDATE t SET n = 3")
		_, err = script(s, "SELECT 1 / (n - 3) FROM t")
		if dberr.CodeOf(err) != dberr.DivisionByZero {
			t.Errorf("%v", err)
		}
		_, err = script(s, "SELECT n, 'x'::int FROM t")
		var e *dberr.Error
		if !errors.As(err, &e) || e.Code != dberr.InvalidTextRepresentation || e.Pos != 11 {
			t.Errorf("%v at %d", err, e.Pos)
		}
		must(t, s, "INSERT INTO t VALUES (2, 2)")
		must(t, s, "DELETE FROM t WHERE id = 2")
	}
}

// TestTextsOfGrownTables has a plan that was made for an empty table meet many rows.
func TestTextsOfGrownTables(t *testing.T) {
	s := session(t)
	must(t, s, "CREATE TABLE big (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE small (id INTEGER PRIMARY KEY)")
	join := "SELECT count(*), sum(v) FROM big JOIN small ON big.v = small.id"
	thrice(t, s, join, "0|∅")
	must(t, s, "INSERT INTO big SELECT g, g % 100 FROM generate_series(1, 20000) g; INSERT INTO small SELECT g FROM generate_series(1, 3) g")
	thrice(t, s, join, "600|1200")
}
