package parse

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"driftdb/internal/dberr"
)

// describe shows an error with its code and position.
func describe(err error) string {
	var e *dberr.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("%T %v", err, err)
	}
	return fmt.Sprintf("%s at %d: %s", e.Code, e.Pos, e.Message)
}

// refused lists texts that are no SQL, with the code, position and message they
// must get. All but the last group are what PostgreSQL 15 answers.
var refused = []struct {
	sql, code string
	pos       int
	message   string
}{
	{`SELEC 1`, "42601", 1, `syntax error at or near "SELEC"`},
	{`SELECT 1 FROM`, "42601", 14, `syntax error at end of input`},
	{`SELECT FROM WHERE`, "42601", 13, `syntax error at or near "WHERE"`},
	{`SELECT 1 + `, "42601", 12, `syntax error at end of input`},
	{`SELECT (1`, "42601", 10, `syntax error at end of input`},
	{`SELECT 1)`, "42601", 9, `syntax error at or near ")"`},
	{`SELECT 'abc`, "42601", 8, `unterminated quoted string at or near "'abc"`},
	{`SELECT "abc`, "42601", 8, `unterminated quoted identifier at or near ""abc"`},
	{`SELECT ""`, "42601", 8, `zero-length delimited identifier at or near """"`},
	{`SELECT $$abc`, "42601", 8, `unterminated dollar-quoted string at or near "$$abc"`},
	{`SELECT /* abc`, "42601", 8, `unterminated /* comment at or near "/* abc"`},
	{`SELECT 1 /* a /* b */`, "42601", 10, `unterminated /* comment at or near "/* a /* b */"`},
	{`SELECT a b c`, "42601", 12, `syntax error at or near "c"`},
	{`SELECT a year FROM t`, "42601", 10, `syntax error at or near "year"`},
	{`SELECT * FROM t WHERE`, "42601", 22, `syntax error at end of input`},
	{`SELECT * FROM t GROUP a`, "42601", 23, `syntax error at or near "a"`},
	{`SELECT * FROM (a)`, "42601", 17, `syntax error at or near ")"`},
	{`SELECT * FROM a JOIN b`, "42601", 23, `syntax error at end of input`},
	{`SELECT * FROM a CROSS JOIN b ON true`, "42601", 30, `syntax error at or near "ON"`},
	{`SELECT a < b < c`, "42601", 14, `syntax error at or near "<"`},
	{`SELECT a = b = c`, "42601", 14, `syntax error at or near "="`},
	{`SELECT a BETWEEN 1`, "42601", 19, `syntax error at end of input`},
	{`SELECT a IN ()`, "42601", 14, `syntax error at or near ")"`},
	{`SELECT a IS 5`, "42601", 13, `syntax error at or near "5"`},
	{`SELECT a IS DISTINCT FROM b IS TRUE`, "42601", 29, `syntax error at or near "IS"`},
	{`SELECT CASE END`, "42601", 13, `syntax error at or near "END"`},
	{`SELECT CASE WHEN 1 THEN 2`, "42601", 26, `syntax error at end of input`},
	{`SELECT CAST(1 AS)`, "42601", 17, `syntax error at or near ")"`},
	{`SELECT CAST(1, int)`, "42601", 14, `syntax error at or near ","`},
	{`SELECT 1::`, "42601", 11, `syntax error at end of input`},
	{`SELECT a.`, "42601", 10, `syntax error at end of input`},
	{`SELECT .a`, "42601", 8, `syntax error at or near "."`},
	{`SELECT 123abc`, "42601", 8, `trailing junk after numeric literal at or near "123abc"`},
	{`SELECT 1e`, "42601", 8, `trailing junk after numeric literal at or near "1e"`},
	{`SELECT $1a`, "42601", 8, `trailing junk after parameter at or near "$1a"`},
	{`SELECT left FROM t`, "42601", 13, `syntax error at or near "FROM"`},
	{`SELECT select FROM t`, "42601", 8, `syntax error at or near "select"`},
	{`SELECT * FROM select`, "42601", 15, `syntax error at or near "select"`},
	{`SELECT 1 LIMIT 1, 2`, "42601", 10, `LIMIT #,# syntax is not supported`},
	{`SELECT 1 LIMIT 1 LIMIT 2`, "42601", 18, `syntax error at or near "LIMIT"`},
	{`SELECT 1 ORDER BY`, "42601", 18, `syntax error at end of input`},
	{`SELECT 1 UNION`, "42601", 15, `syntax error at end of input`},
	{`SELECT 1 ORDER BY 1 UNION SELECT 2`, "42601", 21, `syntax error at or near "UNION"`},
	{`VALUES (1), (1, 2)`, "42601", 14, `VALUES lists must all be the same length`},
	{`VALUES ()`, "42601", 9, `syntax error at or near ")"`},
	{`WITH a AS SELECT 1 SELECT 2`, "42601", 11, `syntax error at or near "SELECT"`},
	{`WITH a AS (SELECT 1)`, "42601", 21, `syntax error at end of input`},
	{`SELECT * FROM t WHERE a = = 1`, "42601", 27, `syntax error at or near "="`},
	{`SELECT f(a,)`, "42601", 12, `syntax error at or near ")"`},
	{`SELECT f(,a)`, "42601", 10, `syntax error at or near ","`},
	{`SELECT f(a b)`, "42601", 12, `syntax error at or near "b"`},
	{`SELECT sum(a) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)`, "42P20", 34, `frame start cannot be UNBOUNDED FOLLOWING`},
	{`SELECT sum(a) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)`, "42P20", 50, `frame starting from current row cannot have preceding rows`},
	{`SELECT sum(a) OVER (ROWS UNBOUNDED FOLLOWING)`, "42P20", 26, `frame start cannot be UNBOUNDED FOLLOWING`},
	{`SELECT sum(a) OVER (ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW)`, "42P20", 50, `frame starting from following row cannot have preceding rows`},
	{`SELECT E'\u12'`, "22025", 10, `invalid Unicode escape`},
	{`SELECT U&'\12'`, "42601", 11, `invalid Unicode escape`},
	{`SELECT 'a' 'b'`, "42601", 12, `syntax error at or near "'b'"`},
	{`INSERT INTO`, "42601", 12, `syntax error at end of input`},
	{`INSERT INTO t`, "42601", 14, `syntax error at end of input`},
	{`INSERT INTO t (a VALUES (1)`, "42601", 18, `syntax error at or near "VALUES"`},
	{`INSERT INTO t VALUES`, "42601", 21, `syntax error at end of input`},
	{`UPDATE t`, "42601", 9, `syntax error at end of input`},
	{`UPDATE t SET`, "42601", 13, `syntax error at end of input`},
	{`UPDATE t SET a 1`, "42601", 16, `syntax error at or near "1"`},
	{`UPDATE t SET a = 1,`, "42601", 20, `syntax error at end of input`},
	{`DELETE t`, "42601", 8, `syntax error at or near "t"`},
	{`DELETE FROM`, "42601", 12, `syntax error at end of input`},
	{`CREATE`, "42601", 7, `syntax error at end of input`},
	{`CREATE TABLE`, "42601", 13, `syntax error at end of input`},
	{`CREATE TABLE t`, "42601", 15, `syntax error at end of input`},
	{`CREATE TABLE t (`, "42601", 17, `syntax error at end of input`},
	{`CREATE TABLE t (a)`, "42601", 19, `syntax error at end of input`},
	{`CREATE TABLE t (a int,)`, "42601", 23, `syntax error at or near ")"`},
	{`CREATE TABLE t (a int b)`, "42601", 23, `syntax error at or near "b"`},
	{`CREATE TABLE t (a int NOT)`, "42601", 26, `syntax error at or near ")"`},
	{`CREATE TABLE t (a float(0))`, "22023", 25, `precision for type float must be at least 1 bit`},
	{`CREATE TABLE t (a float(99))`, "22023", 25, `precision for type float must be less than 54 bits`},
	{`CREATE TABLE t (a int CONSTRAINT x)`, "42601", 35, `syntax error at or near ")"`},
	{`CREATE TABLE t (PRIMARY KEY)`, "42601", 28, `syntax error at or near ")"`},
	{`CREATE TEMP INDEX i ON t (a)`, "42601", 13, `syntax error at or near "INDEX"`},
	{`CREATE INDEX ON t`, "42601", 18, `syntax error at end of input`},
	{`CREATE UNIQUE TABLE t (a int)`, "42601", 15, `syntax error at or near "TABLE"`},
	{`CREATE FOO`, "42601", 8, `syntax error at or near "FOO"`},
	{`CREATE VIEW v`, "42601", 14, `syntax error at end of input`},
	{`ALTER TABLE`, "42601", 12, `syntax error at end of input`},
	{`ALTER TABLE t`, "42601", 14, `syntax error at end of input`},
	{`ALTER TABLE t ADD`, "42601", 18, `syntax error at end of input`},
	{`ALTER TABLE t DROP`, "42601", 19, `syntax error at end of input`},
	{`ALTER TABLE t RENAME a`, "42601", 23, `syntax error at end of input`},
	{`ALTER TABLE t ALTER a`, "42601", 22, `syntax error at end of input`},
	{`DROP`, "42601", 5, `syntax error at end of input`},
	{`DROP TABLE`, "42601", 11, `syntax error at end of input`},
	{`DROP FOO x`, "42601", 6, `syntax error at or near "FOO"`},
	{`BEGIN FOO`, "42601", 7, `syntax error at or near "FOO"`},
	{`COMMIT FOO`, "42601", 8, `syntax error at or near "FOO"`},
	{`ROLLBACK TO`, "42601", 12, `syntax error at end of input`},
	{`SET`, "42601", 4, `syntax error at end of input`},
	{`SET a`, "42601", 6, `syntax error at end of input`},
	{`SET a =`, "42601", 8, `syntax error at end of input`},
	{`SET TRANSACTION`, "42601", 16, `syntax error at end of input`},
	{`SHOW`, "42601", 5, `syntax error at end of input`},
	{`EXPLAIN`, "42601", 8, `syntax error at end of input`},
	{`PREPARE p`, "42601", 10, `syntax error at end of input`},
	{`COPY t`, "42601", 7, `syntax error at end of input`},
	{`COPY t FROM 5`, "42601", 13, `syntax error at or near "5"`},
	{`TRUNCATE`, "42601", 9, `syntax error at end of input`},
	{`SELECT 1; SELEC 2`, "42601", 11, `syntax error at or near "SELEC"`},
	{`SELECT 1 SELECT 2`, "42601", 17, `syntax error at or near "2"`},
	{`SELECT INTERVAL '1' MONTH TO YEAR`, "42601", 27, `syntax error at or near "TO"`},
	{`SELECT 'x' AS`, "42601", 14, `syntax error at end of input`},
	{`SELECT , FROM t`, "42601", 8, `syntax error at or near ","`},
	{`SELECT a, , b FROM t`, "42601", 11, `syntax error at or near ","`},
	{`SELECT a FROM t FOR UPDATE OF`, "42601", 30, `syntax error at end of input`},
	{`SELECT a[1`, "42601", 11, `syntax error at end of input`},
	{`SELECT ARRAY[1,`, "42601", 16, `syntax error at end of input`},
	{`SELECT ROW(1,`, "42601", 14, `syntax error at end of input`},
	{`SELECT EXISTS 1`, "42601", 15, `syntax error at or near "1"`},
	{`SELECT EXTRACT(year d)`, "42601", 21, `syntax error at or near "d"`},
	{`SELECT a NOT b`, "42601", 14, `syntax error at or near "b"`},
	{`SELECT NOT`, "42601", 11, `syntax error at end of input`},
	{`SELECT DISTINCT ON FROM t`, "42601", 20, `syntax error at or near "FROM"`},
	{`SELECT a FROM t TABLESAMPLE`, "42601", 28, `syntax error at end of input`},
	{`SELECT a AS 'x'`, "42601", 13, `syntax error at or near "'x'"`},
	{`SELECT * FROM t AS`, "42601", 19, `syntax error at end of input`},
	{`SELECT * FROM f() AS`, "42601", 21, `syntax error at end of input`},
	{`SELECT * FROM ROWS FROM ()`, "42601", 26, `syntax error at or near ")"`},
	{`FOO BAR`, "42601", 1, `syntax error at or near "FOO"`},
	{`SELECT \x`, "42601", 8, `syntax error at or near "\"`},
	// what only this dialect has, and what is PostgreSQL's but not here
	{`INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1`, "42601", 26, `ON CONFLICT DO UPDATE requires inference specification or constraint name`},
	{`UPDATE t SET (a, b) = (1, 2, 3)`, "42601", 23, `number of columns does not match number of values`},
	{`SELECT a COLLATE`, "42601", 17, `syntax error at end of input`},
	{`SELECT coalesce()`, "42601", 17, `syntax error at or near ")"`},
	{`SELECT nullif(1)`, "42601", 16, `syntax error at or near ")"`},
	{`SELECT nullif(1, 2, 3)`, "42601", 19, `syntax error at or near ","`},
	{`SELECT a.b.c.d.e FROM t`, "42601", 8, `improper qualified name (too many dotted names)`},
	{`SELECT * FROM a.b.c.d`, "42601", 15, `improper qualified name (too many dotted names): a.b.c.d`},
	{`SELECT * FROM t FOR SYSTEM_TIME`, "42601", 32, `syntax error at end of input`},
	{`SELECT * FROM t FOR SYSTEM_TIME AS @SEQ:1`, "42601", 36, `syntax error at or near "@SEQ:1"`},
	{`SELECT * FROM t FOR SYSTEM_TIME BETWEEN @SEQ:1`, "42601", 47, `syntax error at end of input`},
	{`SELECT * FROM t FOR SYSTEM_TIME FROM 1 AND 2`, "42601", 40, `syntax error at or near "AND"`},
	{`SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:1 FOR SYSTEM_TIME AS OF @SEQ:2 FOR SYSTEM_TIME AS OF @SEQ:3`, "42601", 79, `syntax error at or near "SYSTEM_TIME"`},
	{`SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:99999999999999999999`, "22003", 39, `@SEQ:99999999999999999999 is out of range`},
	{`SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:-x`, "42601", 43, `syntax error at or near ":"`},
	{`INSERT INTO t {"a": 1`, "42601", 15, `unterminated JSON document at or near "{"a": 1"`},
	{`INSERT INTO t {"a": 1},`, "42601", 24, `syntax error at end of input`},
	{`INSERT INTO t (a) {"a": 1}`, "42601", 19, `syntax error at or near "{"a": 1}"`},
	{`INSERT INTO t {"a": 1} {"b": 2}`, "42601", 24, `syntax error at or near "{"b": 2}"`},
	{`SELECT 0x`, "42601", 8, `invalid hexadecimal integer at or near "0x"`},
	{`SELECT {`, "42601", 8, `unterminated JSON document at or near "{"`},
	{`SELECT U&'\d800'`, "42601", 11, `invalid Unicode surrogate pair`},
	{`SELECT (1, 2) OVERLAPS (3)`, "42601", 15, `wrong number of parameters on right side of OVERLAPS expression`},
	{`SELECT 0xZZ`, "42601", 8, `invalid hexadecimal integer at or near "0xZZ"`},
	{`SELECT 1_`, "42601", 8, `trailing junk after numeric literal at or near "1_"`},
	{`SELECT B'012'`, "22P02", 12, `"2" is not a valid binary digit`},
	{`SELECT X'1G'`, "22P02", 11, `"G" is not a valid hexadecimal digit`},
	{`SELECT $0`, "42P02", 8, `there is no parameter $0`},
	{`SELECT $70000`, "42601", 8, `parameter number too large at or near "$70000"`},
	{`SELECT a::numeric(99999999999)`, "22003", 19, `value "99999999999" is out of range for type integer`},
	{"SELECT 'a\xff'", "22021", 10, `invalid byte sequence for encoding "UTF8": 0xff`},
	{"SELECT \x00", "22021", 8, `invalid byte sequence for encoding "UTF8": 0x00`},
	{`SELECT E'\xff'`, "22021", 10, `invalid byte sequence for encoding "UTF8": 0xff`},
	{`SELECT E'\0'`, "22021", 10, `invalid byte sequence for encoding "UTF8": 0x00`},
	{`SELECT U&'d!0061' UESCAPE 'ab'`, "42601", 27, `invalid Unicode escape character`},
	{`GRANT SELECT ON t TO u`, "0A000", 1, `GRANT is not supported`},
	{`CREATE FUNCTION f() RETURNS int`, "0A000", 1, `CREATE FUNCTION is not supported`},
	{`DROP ROLE r`, "0A000", 1, `DROP ROLE is not supported`},
	{`MERGE INTO t USING u ON true`, "42601", 29, `syntax error at end of input`},
	{`SELECT (SELECT 1 INTO x)`, "42601", 18, `SELECT ... INTO is not allowed here`},
	{`CHECKPOINT TABLE`, "42601", 17, `syntax error at end of input`},
	{`CHECKPOINT users`, "42601", 12, `syntax error at or near "users"`},
	{`EXPLAIN CREATE TABLE t (a int)`, "42601", 9, `only CREATE TABLE ... AS can be explained`},
	{`SUMMARIZE`, "42601", 10, `syntax error at end of input`},
	{"SELECT 1;\n\nSELECT x y z", "42601", 23, `syntax error at or near "z"`},
}

func TestRefused(t *testing.T) {
	for _, c := range refused {
		_, err := Parse(c.sql)
		if err == nil {
			t.Errorf("%q is accepted", c.sql)
			continue
		}
		if got, want := describe(err), fmt.Sprintf("%s at %d: %s", c.code, c.pos, c.message); got != want {
			t.Errorf("%q\n got %s\nwant %s", c.sql, got, want)
		}
	}
}

// TestDepth holds the limits of nesting and of chains: beyond them is an error,
// below them is a tree, and neither takes a stack of any size.
func TestDepth(t *testing.T) {
	forms := []struct{ name, before, core, after string }{
		{"parentheses", "(", "1", ")"}, {"queries", "(SELECT ", "1", ")"}, {"NOT", "NOT ", "true", ""}, {"signs", "- ", "1", ""},
		{"CASE", "CASE WHEN ", "true", " THEN 1 END"}, {"calls", "f(", "1", ")"}, {"arrays", "ARRAY[", "1", "]"}, {"nested arrays", "[", "", "]"},
		{"casts", "CAST(", "1", " AS int)"}, {"subscripts", "a[", "1", "]"}, {"IN", "1 IN (", "1", ")"}, {"EXISTS", "EXISTS (SELECT ", "1", ")"},
	}
	for _, f := range forms {
		prefix := "SELECT "
		if f.name == "nested arrays" {
			prefix = "SELECT ARRAY"
		}
		if _, err := Parse(prefix + strings.Repeat(f.before, 200) + f.core + strings.Repeat(f.after, 200)); err != nil {
			t.Errorf("%s, 200 deep: %s", f.name, describe(err))
		}
		_, err := Parse(prefix + strings.Repeat(f.before, 20000) + f.core + strings.Repeat(f.after, 20000))
		if err == nil || dberr.CodeOf(err) != dberr.StatementTooComplex {
			t.Errorf("%s, 20000 deep: %v, want 54001", f.name, err)
		}
	}
	for name, link := range map[string]string{"+": " + 1", "||": " || 1", "::": "::int", "IS": " IS NULL", "COLLATE": ` COLLATE "C"`, "subscript": "[1]",
		"UNION": " UNION ALL SELECT 1", "JOIN": " FROM t CROSS JOIN t"} {
		text := "SELECT a" + strings.Repeat(link, 20000)
		if name == "JOIN" {
			text = "SELECT 1 FROM t" + strings.Repeat(" CROSS JOIN t", 20000)
		}
		if _, err := Parse(text); err == nil || dberr.CodeOf(err) != dberr.StatementTooComplex {
			t.Errorf("%s, 20000 times: %v, want 54001", name, err)
		}
	}
	for name, text := range map[string]string{
		"OR": "SELECT a" + strings.Repeat(" OR a", 20000), "list": "SELECT 1" + strings.Repeat(", 1", 20000),
		"IN": "SELECT a IN (1" + strings.Repeat(", 1 + 1", 20000) + ")", "VALUES": "VALUES (1)" + strings.Repeat(", (1)", 20000),
		"+": "SELECT 1" + strings.Repeat(" + 1", 5000), "UNION": "SELECT 1" + strings.Repeat(" UNION SELECT 1", 2000),
	} {
		stmts, err := Parse(text)
		if err != nil {
			t.Errorf("long %s: %s", name, describe(err))
			continue
		}
		roundTrip(t, stmts[0].Stmt)
	}
}
