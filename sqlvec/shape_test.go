package sqlvec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/dberr"
	"driftdb/sqlvec"
)

// constants are what the statements of TestShapes differ in.
var constants = []string{
	"0", "1", "2", "17", "-1", "-17", "- 3", "007", "32767", "32768", "100000", "2147483647", "2147483648", "-2147483648", "-2147483649",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1_000", "0x1F", "1.5", "2.50", "-0.5", "12345.678", "1e3", "1e400", ".5",
	"99999999999999999999999999999999999999.5", "''", "'a'", "'it''s'", "'abcdef'", "'abc   '", "'12'", "'-7'", "' 3 '", "'1.5'", "'x'", "'t'", "'yes'",
	"'2024-02-29'", "'2023-02-29'", "'2024-02-29 12:00:00+02'", "'infinity'", "'epoch'", "'NaN'", "E'a\\tb'", "E'\\x41'", "$$a$$", "$q$it's$q$", "N'a'", "'{1,2}'", "'{\"a\": 1}'",
	"'a'\n'b'", "NULL", "TRUE", "DEFAULT", "DATE '2024-01-01'", "1 + 1", "1 / 0", "'a' || 'b'", "now()",
}

// shapedStatements are the statements, with % for a constant and @ for a column.
var shapedStatements = []string{
	"SELECT * FROM t WHERE @ = %", "SELECT id, @ FROM t WHERE % < @ ORDER BY id", "SELECT count(*) FROM t WHERE @ BETWEEN % AND %", "SELECT id FROM t WHERE NOT (@ = % OR @ >= %) ORDER BY 1",
	"SELECT @ + %, id FROM t WHERE @ <> % ORDER BY id LIMIT 3", "SELECT max(@) FROM t WHERE id > % AND @ <= %", "SELECT @, count(*) FROM t WHERE id < % GROUP BY @ ORDER BY 1",
	"SELECT id FROM t WHERE id = % AND @ = 1 / 0", "SELECT id, % FROM t WHERE id = %", "SELECT id FROM t WHERE @ = % AND nope = %", "SELECT id FROM t WHERE i4 + i2 = % ORDER BY id",
	"INSERT INTO t (id, @) VALUES (%, %)", "INSERT INTO t (id, @) VALUES (%, %), (%, %)", "INSERT INTO t (id, @) VALUES (%, %) RETURNING id, @", "INSERT INTO t VALUES (%, %, %, %, %)",
	"INSERT INTO t (id, @) VALUES (%, %) ON CONFLICT (id) DO UPDATE SET @ = excluded.@", "INSERT INTO t (id, @) VALUES (%, % + 1)",
	"UPDATE t SET @ = % WHERE id = %", "UPDATE t SET @ = @ + % WHERE id = % RETURNING @", "UPDATE t SET @ = @ - %", "UPDATE t SET @ = %, i4 = % WHERE @ = %", "DELETE FROM t WHERE id = % AND @ > %", "DELETE FROM t WHERE @ = % RETURNING *",
}

// outcome is all that a statement tells.
func outcome(s *sqlvec.Session, sql string) string {
	out, err := script(s, sql)
	var e *dberr.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("%v\n%s at %d: %s / %s / %s", out, e.Code, e.Pos, e.Message, e.Detail, e.Hint)
	}
	return fmt.Sprintf("%v %v", out, err)
}

// TestShapes has statements that differ in constants alone share plans, and compares all that they tell
// with what they tell when each is parsed and planned for itself.
func TestShapes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fresh, kept := open(t, sqlvec.Options{}), open(t, sqlvec.Options{KeepAtOnce: true})
		defer fresh.Close()
		defer kept.Close()
		k := kept.Session()
		defer k.Close()
		const schema = "SET TimeZone = 'UTC'; SET allow_undeclared_columns = off; CREATE TABLE t (id INTEGER PRIMARY KEY, i2 SMALLINT, i4 INTEGER CHECK (i4 < 1000), i8 BIGINT, n NUMERIC(6, 2), f FLOAT8, b BOOLEAN, c CHAR(4), v VARCHAR(5), s TEXT, d DATE, ts TIMESTAMP, tz TIMESTAMPTZ, j JSONB, a INTEGER[]);" +
			"CREATE INDEX t_v ON t (v); CREATE INDEX t_i4 ON t (i4);" +
			"INSERT INTO t SELECT g, g, g * 10, g, g / 2.0, g, g % 2 = 0, g, 'a', 'abc' || g, DATE '2024-02-28' + g, TIMESTAMP '2024-02-29' + INTERVAL '1 day' * g, NULL, NULL, ARRAY[1, g] FROM generate_series(-3, 5) g"
		run := func(sql string) {
			f := fresh.Session()
			defer f.Close()
			if strings.HasPrefix(sql, "SET") {
				must(t, f, sql)
				must(t, k, sql)
				return
			}
			must(t, f, "SET allow_undeclared_columns = off")
			if want, got := outcome(f, sql), outcome(k, sql); want != got {
				rt.Fatalf("%s\n for itself: %s\n     shared: %s", sql, want, got)
			}
		}
		run(schema)
		columns := rapid.SampledFrom([]string{"id", "i2", "i4", "i8", "n", "f", "b", "c", "v", "s", "d", "ts", "tz", "j", "a"})
		shape := rapid.Custom(func(rt *rapid.T) string {
			sql := rapid.SampledFrom(shapedStatements).Draw(rt, "statement")
			return strings.ReplaceAll(sql, "@", columns.Draw(rt, "column"))
		})
		constant := rapid.SampledFrom(constants)
		shapes := rapid.SliceOfN(shape, 1, 4).Draw(rt, "shapes")
		for range rapid.IntRange(5, 40).Draw(rt, "n") {
			sql := rapid.SampledFrom(shapes).Draw(rt, "shape")
			for strings.Contains(sql, "%") {
				c := constant.Draw(rt, "constant")
				if c == "now()" && !strings.HasPrefix(sql, "SELECT id FROM") {
					c = "3"
				}
				sql = strings.Replace(sql, "%", c, 1)
			}
			run(sql)
			if rapid.IntRange(0, 30).Draw(rt, "change") == 0 {
				run(rapid.SampledFrom([]string{"ALTER TABLE t ALTER COLUMN s TYPE VARCHAR(3) USING left(s, 3)", "ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 5", "DROP INDEX IF EXISTS t_v", "CHECKPOINT"}).Draw(rt, "ddl"))
			}
		}
		run("SELECT * FROM t ORDER BY id")
	})
}

// TestShapesOfPlaces finds an error's place in the text that was run, not in the one that was kept.
func TestShapesOfPlaces(t *testing.T) {
	s := session(t)
	must(t, s, "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE); SET allow_undeclared_columns = off")
	for _, n := range []string{"1", "22", "333333"} {
		must(t, s, "INSERT INTO t VALUES ("+n+", '2024-01-01')")
		for _, c := range []struct{ sql, at string }{
			{"SELECT * FROM t WHERE id = " + n + " AND d = 'nine'", "'nine'"},
			{"SELECT * FROM t WHERE id = " + n + " AND missing = " + n, "missing"},
			{"UPDATE t SET d = '2024-13-" + n + "' WHERE id = 1", "'2024-13"},
		} {
			_, err := script(s, c.sql)
			var e *dberr.Error
			if !errors.As(err, &e) || e.Pos != strings.Index(c.sql, c.at)+1 {
				t.Errorf("%s: %v at %d", c.sql, err, e.Pos)
			}
		}
	}
}
