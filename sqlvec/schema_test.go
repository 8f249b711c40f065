package sqlvec_test

import (
	"testing"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// TestSchemasBesideEachOther: a schema is made and dropped in two sessions at once.
func TestSchemasBesideEachOther(t *testing.T) {
	db := open(t, sqlvec.Options{})
	a, b := db.Session(), db.Session()
	defer a.Close()
	defer b.Close()
	must(t, a, `BEGIN; CREATE SCHEMA s; CREATE TABLE s.t (x int); INSERT INTO s.t VALUES (1)`)
	if _, err := script(b, `SELECT * FROM s.t`); dberr.CodeOf(err) != dberr.UndefinedTable {
		t.Errorf("another session's open transaction shows: %v", err)
	}
	must(t, b, `BEGIN; CREATE SCHEMA s`)
	must(t, a, `COMMIT`)
	if _, err := script(b, `COMMIT`); dberr.CodeOf(err) != dberr.DuplicateSchema {
		t.Errorf("two schemas of one name: %v, want 42P06", err)
	}
	query(t, b, `SELECT x FROM s.t`, "1")

	must(t, a, `BEGIN; DROP SCHEMA s CASCADE`)
	must(t, b, `CREATE TABLE s.u (x int)`)
	if _, err := script(a, `COMMIT`); dberr.CodeOf(err) != dberr.SerializationFailure {
		t.Errorf("a schema is dropped into which something came: %v, want 40001", err)
	}
	must(t, a, `BEGIN; CREATE TABLE s.v (x int)`)
	must(t, b, `DROP SCHEMA s CASCADE`)
	if _, err := script(a, `COMMIT`); dberr.CodeOf(err) != dberr.SerializationFailure {
		t.Errorf("something is made in a schema that is gone: %v, want 40001", err)
	}
}

// TestPathOfKeptPlans: a plan that is kept is not one of another path.
func TestPathOfKeptPlans(t *testing.T) {
	s := session(t)
	must(t, s, `CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (x int); CREATE TABLE b.t (x int); INSERT INTO a.t VALUES (1); INSERT INTO b.t VALUES (2)`)
	for range 4 {
		must(t, s, `SET search_path = a`)
		query(t, s, `SELECT x FROM t`, "1")
		query(t, s, `SELECT current_schema`, "a")
		must(t, s, `SET search_path = b`)
		query(t, s, `SELECT x FROM t`, "2")
		query(t, s, `SELECT current_schema`, "b")
		query(t, s, `SELECT 't'::regclass`, "t")
		query(t, s, `SELECT 'a.t'::regclass`, "a.t")
	}
	must(t, s, `SET search_path = c, a`)
	query(t, s, `SELECT x FROM t`, "1")
	query(t, s, `SELECT x FROM t`, "1")
	must(t, s, `CREATE SCHEMA c; CREATE TABLE c.t (x int); INSERT INTO c.t VALUES (3)`)
	query(t, s, `SELECT x FROM t`, "3")
	must(t, s, `CREATE TEMP TABLE t (x int); INSERT INTO t VALUES (4)`)
	query(t, s, `SELECT x FROM t`, "4")
	must(t, s, `DROP TABLE t`)
	query(t, s, `SELECT x FROM t`, "3")
}
