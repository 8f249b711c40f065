package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"driftdb/colstore"
	"driftdb/internal/vfs"
	"driftdb/sqlvec"
)

// TestAnything runs inputs that may be anything: texts as values of every type, as format
// strings, patterns, paths and numbers, calls of every function with odd arguments, and files
// of every format that are damaged. Whatever they are, the answer is rows or an error with a
// code, in time and within memory (see runAnything). DRIFTDB_INPUTS is how many there are of
// each kind, DRIFTDB_KINDS which kinds, separated by commas, and DRIFTDB_SEED another beginning.
func TestAnything(t *testing.T) {
	inputs, seed := environmentInt(t, "DRIFTDB_INPUTS", 300), environmentInt(t, "DRIFTDB_SEED", 1)
	for i, kind := range kinds {
		if list := os.Getenv("DRIFTDB_KINDS"); list != "" && !strings.Contains(","+list+",", ","+kind.name+",") {
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			watch := watchMemory(t)
			a := &anything{rng: rand.New(rand.NewPCG(uint64(seed), uint64(i))), dir: t.TempDir()}
			if kind.prepare != nil {
				kind.prepare(t, a)
			}
			start := time.Now()
			db, session := withEverything(t)
			for n := range inputs {
				if kind.changes && n%1000 == 999 { // a text may commit
					session.Close()
					db.Close()
					db, session = withEverything(t)
				}
				sql := kind.make(a)
				watch.begin()
				if kind.changes {
					runRolledBack(t, session, sql)
				} else {
					runAnything(t, session, sql)
				}
				if most := watch.most.Load(); most > 1<<30 {
					t.Errorf("%d MiB of memory:\n%s", most>>20, sql)
				}
				if t.Failed() && a.seeds != nil {
					t.Fatalf("input %d of the files in %s", n, keep(a.dir))
				}
			}
			session.Close()
			db.Close()
			t.Logf("%d inputs in %s", inputs, time.Since(start).Round(time.Millisecond))
		})
	}
}

// withEverything makes a database with the tables of everything.
func withEverything(t *testing.T) (*sqlvec.DB, *sqlvec.Session) {
	db, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	s := db.Session()
	must(t, s, everything)
	return db, s
}

// runRolledBack is runAnything in a transaction that is rolled back.
func runRolledBack(t *testing.T, s *sqlvec.Session, sql string) {
	must(t, s, "BEGIN")
	runAnything(t, s, sql)
	if _, err := script(s, "ROLLBACK"); err != nil {
		t.Errorf("%v, after\n%s", err, sql)
	}
}

// keep copies the files of a folder that the test removes to where they stay.
func keep(dir string) string {
	to, err := os.MkdirTemp("", "driftdb-anything-")
	if err == nil {
		err = os.CopyFS(to, os.DirFS(dir))
	}
	if err != nil {
		return err.Error()
	}
	return to
}

// memoryDB makes an empty database that is not on disk, for statements that may be anything.
func memoryDB(t testing.TB) *sqlvec.DB {
	t.Helper()
	db, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openMemory() (*sqlvec.DB, error) {
	opts := sqlvec.Options{MemoryLimit: 64 << 20, Threads: 2}
	opts.Store = colstore.Options{FS: vfs.NewMem(), SegmentMin: 64 << 10, SegmentMax: 1 << 20}
	if err := colstore.Init("db", opts.Store); err != nil {
		return nil, err
	}
	return sqlvec.Open("db", opts)
}

// everything makes a table with a column of every type, and one to join with it.
const everything = `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE everything (id BIGINT PRIMARY KEY, b BOOLEAN, s SMALLINT, i INTEGER, f REAL, d DOUBLE PRECISION, n NUMERIC, m NUMERIC(9, 2), t TEXT, v VARCHAR(5),
	c CHAR(3), x BYTEA, dt DATE, tm TIME, tz TIMETZ, ts TIMESTAMP, tt TIMESTAMPTZ, iv INTERVAL, u UUID, j JSON, jb JSONB, a INTEGER[], ta TEXT[], e mood);
INSERT INTO everything VALUES
	(1, true, 1, 1, 1.5, 1.5, 1.5, 1.5, 'one', 'one', 'one', '\x01', '2024-01-31', '10:00', '10:00+02', '2024-01-31 10:00', '2024-01-31 10:00+02', '1 month 1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}', '{"a": [1, 2]}', '{1,2,NULL}', '{a,b}', 'ok'),
	(2, false, -32768, -2147483648, 'NaN', '-Infinity', 'NaN', -9999999.99, '', '', '', '', 'infinity', '24:00', '00:00-15:59', '-infinity', 'infinity', '-178000000 years', '00000000-0000-0000-0000-000000000000', 'null', '[]', '{}', '{}', 'sad'),
	(3, NULL, 32767, 2147483647, 3e38, 1e308, 1e1000, 0, 'äß€😀', 'äß€', 'ä', '\xff00', '4713-01-01 BC', '00:00', '23:59:60+15:59', '294246-12-31 23:59:59.999999', '4713-01-01 00:00 BC', '-1 month 31 days -25:00', NULL, '"x"', '{"": null}', '{{1,2},{3,4}}', '{NULL}', NULL),
	(9223372036854775807, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE other (id BIGINT REFERENCES everything, k TEXT, n INTEGER DEFAULT 7 CHECK (n < 100), UNIQUE (k, n));
INSERT INTO other VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3), (NULL, NULL, NULL)`

// memoryWatch samples the memory of the process.
type memoryWatch struct{ most atomic.Uint64 }

func (w *memoryWatch) begin() { w.most.Store(0) }

func watchMemory(t *testing.T) *memoryWatch {
	w := &memoryWatch{}
	tick := time.NewTicker(20 * time.Millisecond)
	done := make(chan struct{})
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-tick.C:
				metrics.Read(sample)
				w.most.Store(max(w.most.Load(), sample[0].Value.Uint64()))
			case <-done:
				return
			}
		}
	}()
	t.Cleanup(func() { tick.Stop(); close(done) })
	return w
}

// anything makes inputs.
type anything struct {
	rng   *rand.Rand
	dir   string
	seeds []seedFile
	words splicer // of the statements of the SQL files
}

// kinds are the kinds of inputs.
var kinds = []struct {
	name    string
	prepare func(*testing.T, *anything)
	make    func(*anything) string
	changes bool // inputs may be more than queries
}{
	{"cast", nil, (*anything).cast, false},
	{"format", nil, (*anything).format, false},
	{"pattern", nil, (*anything).pattern, false},
	{"path", nil, (*anything).path, false},
	{"call", nil, (*anything).call, false},
	{"file", prepareFiles, (*anything).file, false},
	{"statement", prepareStatements, (*anything).statement, true},
}

func pick[T any](a *anything, list []T) T { return list[a.rng.IntN(len(list))] }

// text returns one of the seeds, most often changed.
func (a *anything) text(seeds []string) string {
	b := []byte(pick(a, seeds))
	for range a.rng.IntN(4) {
		b = a.changeBytes(b, []byte(pick(a, seeds)))
	}
	if len(b) > 500 {
		b = b[:500]
	}
	if a.rng.IntN(10) > 0 && !utf8.Valid(b) { // most often what a client could send
		b = []byte(strings.ToValidUTF8(string(b), "é"))
	}
	return string(b)
}

// oddBytes are what changes put into a text.
var oddBytes = []string{
	"'", "\"", "\\", "\x00", "\xff", "é", "😀", " ", "\n", "\t", ",", ".", "-", "+", "(", ")", "[", "]", "{", "}", "*", "?", "%", "_", ":", ";", "/", "0", "9", "e", "E", "x", "T", "Z", "$", "@", "|", "&", "^",
	"infinity", "NaN", "null", "true", "99999999999999999999", "-9223372036854775808", "2147483648", "1e9999", "1e-9999", "BC", " 0000", "\u00a0", "\u2028", "\ufeff",
}

// changeBytes makes one change.
func (a *anything) changeBytes(b, other []byte) []byte {
	at := a.rng.IntN(len(b) + 1)
	end := min(at+a.rng.IntN(8), len(b))
	var put []byte
	switch a.rng.IntN(7) {
	case 0: // drop
	case 1: // repeat
		put = []byte(strings.Repeat(string(b[at:end]), 2+a.rng.IntN(20)))
	case 2: // put in
		put, end = []byte(pick(a, oddBytes)), at
	case 3: // exchange
		put = []byte(pick(a, oddBytes))
	case 4: // another's piece
		from := a.rng.IntN(len(other) + 1)
		put = other[from:min(from+1+a.rng.IntN(10), len(other))]
	case 5: // a bit
		if end = min(at+1, len(b)); end > at {
			put = []byte{b[at] ^ 1<<a.rng.IntN(8)}
		}
	case 6: // cut
		end = len(b)
	}
	return append(append(append([]byte(nil), b[:at]...), put...), b[end:]...)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// select1 evaluates an expression over two texts, as constants or as a column: these are
// computed in different ways.
func (a *anything) select1(expression string, text func() string) string {
	if a.rng.IntN(2) == 0 {
		return "SELECT " + strings.ReplaceAll(expression, "$$", quote(text()))
	}
	return fmt.Sprintf("SELECT %s FROM (VALUES (%s), (%s), (NULL)) v(v)", strings.ReplaceAll(expression, "$$", "v"), quote(text()), quote(text()))
}

var typeNames = []string{
	"boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric", "numeric(9,2)", "numeric(30,10)", "numeric(3,-2)", "numeric(2,5)", "text", "varchar(3)", "char(3)", `"char"`, "name", "bytea", "date",
	"time", "time(2)", "timetz", "timestamp", "timestamp(3)", "timestamptz", "interval", "interval day to second", "interval(2)", "interval year", "uuid", "json", "jsonb", "int[]", "text[]", "date[]", "numeric(5,2)[]",
	"mood", "regclass", "regtype", "oid", "tinyint", "uinteger", "ubigint", "jsonpath", "bit(3)", "varbit", "inet", "money", "point", "int4range", "xml", "tsvector", "regproc", "everything", "void", "record", "anyelement", "cstring",
}

var valueSeeds = []string{
	"1", "-0.0", "1e10", "NaN", "infinity", "-Infinity", "t", "yes", "\\x00ff", "a\\\\b\\001", "2020-02-29 12:34:56.789+05:30", "Jan 8 99 BC", "J2451187", "1 year 2 mons -3 days 04:05:06", "P1Y2M3DT4H5M6S", "-1-2",
	"@ 1 day ago", "P0001-02-03T04:05:06", `{"a":[1,"x",null,{"b":1e5}],"\u00e9":"\ud83d\ude00"}`, "[]", "20200101T101112Z", "epoch", "now", "today", "allballs", "1e-400", "4713-11-24 BC", "10:20:30.5 America/New_York", "10:00 PM EST",
	"{1,2,NULL}", `{{"a","b c"},{"\"",NULL}}`, "[2:3]={1,2}", "{}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "ok", "everything", "public.everything", "12345", "$1,234.50", "0x1F", "1_000", "1e3",
	"99999-12-31", "00:00:60", "24:00:00", "1.5 days", "1 century 2 decades", "1:2:3:4", "2024-W05-3", "2024.060", "y2024m06d01", "MMXXIV", "$.a[*] ? (@ > 1)", "(1,2)",
}

func (a *anything) cast() string {
	from, to := pick(a, typeNames), pick(a, typeNames)
	expression := "CAST($$ AS " + from + ")"
	if a.rng.IntN(3) == 0 {
		expression += "::" + to
	}
	switch a.rng.IntN(6) {
	case 0:
		expression += "::text"
	case 1:
		expression = fmt.Sprintf("to_jsonb(%s), to_char(%s, 'YYYY')", expression, expression)
	case 2:
		expression = fmt.Sprintf("min(%s), count(DISTINCT %s), sum(%s)", expression, expression, expression)
	case 3:
		expression = fmt.Sprintf("%s %s %s", expression, pick(a, []string{"=", "<", "+", "-", "*", "/", "%", "||", "@>", "->", "^", "&", "<<", "~", "AT TIME ZONE"}), pick(a, oddArguments))
	}
	return a.select1(expression, func() string { return a.text(valueSeeds) })
}

var formatSeeds = []string{
	"YYYY-MM-DD HH24:MI:SS.US TZ", "FMDay, DDth Month YYYY", "Y,YYY IYYY IW ID J Q RM W WW D DDD CC AD B.C. SSSS SSSSS MS FF3 TZH:TZM OF", "fmRN", "9,999.99", "S999D99PR", "L0G000MI", "9V99", "9.9EEEE", "FM9990th", "SG99PL",
	"\"text\" YYYY \\\" x", "TMMonth tmday", "FXYYYY  MM", "HH12 a.m. P.M.", "%Y-%m-%d %H:%M:%S.%f %z %Z", "%a %A %b %B %j %U %W %u %w %I %p %y %-d %e %G %V %n %g %% %q", "%s %I %L", "%1$s %2$s %-10s", "%*s %1$*2$s", "%d %5.2f %x %e %c %o",
	"2024-01-31 10:00", "31 January 2024", "1,234.56-", "<12>", "MMXXIV", "century", "decade", "isoyear", "timezone_hour", "microseconds", "julian", "epoch", "week", "dow",
}

var formatCalls = []string{
	"to_char(1234.5::numeric, $$)", "to_char(-7, $$)", "to_char(1e20::float8, $$)", "to_char('NaN'::real, $$)", "to_char(timestamptz '2024-01-31 10:00+02', $$)", "to_char(timestamp '4713-01-01 BC', $$)", "to_char(interval '-1 year 26:00', $$)", "to_char(date 'infinity', $$)",
	"to_date('2024-01-31', $$)", "to_timestamp('31 Jan 2024 10:00 PM', $$)", "to_number('-1,234.5', $$)", "to_date($$, $$)", "to_timestamp($$, $$)", "to_number($$, $$)", "to_date($$, 'YYYY-MM-DD')", "to_number($$, '9G999D99S')", "to_timestamp($$, 'YYYY Mon DD HH24 MI SS US')",
	"strftime(timestamp '2024-01-31 10:00:01.5', $$)", "strptime('2024-01-31', $$)", "strptime($$, '%Y-%m-%d')", "strptime($$, $$)", "format($$, 1, 'x', NULL)", "format($$, $$)", "printf($$, 1, 'x')", "date_trunc($$, timestamp '2024-01-31 10:00')", "date_trunc($$, interval '1 year 5 days')",
	"date_part($$, date '2024-01-31')", "date_part($$, interval '1 day')", "date_part($$, time '10:00')", "date_trunc('day', timestamptz '2024-01-31', $$)", "timestamptz '2024-01-31' AT TIME ZONE $$", "date_bin($$, timestamp '2024-01-31', timestamp '2000-01-01')", "date_diff($$, date '2024-01-31', date '2023-01-01')", "datesub($$, date '2024-01-31', date '2023-01-01')",
	"encode('\\x0102'::bytea, $$)", "decode($$, 'hex')", "decode($$, 'base64')", "decode($$, 'escape')", "convert_from($$::bytea, $$)", "quote_ident($$)", "quote_literal($$)", "unistr($$)", "normalize($$)", "parse_ident($$)", "make_interval(secs => $$)", "pg_size_bytes($$)",
}

func (a *anything) format() string {
	return a.select1(pick(a, formatCalls), func() string { return a.text(formatSeeds) })
}

var patternSeeds = []string{
	"a+b*c?", "(a|b)*c", "^[a-z[:alpha:]-]+$", "\\d\\w\\s\\m\\M\\y", "(?i)x", "(?=a)b", "(?!a)b", "a{2,5}", "a{1,255}{1,255}", "(a)(b)\\2\\1", "[^\\]]", "\\u00e9\\x41\\U0001F600", "***=a.b", "***:x", "(((((((((a)))))))))", "%a_b\\%", "a#%", "%(b|d)%", "[[.hyphen.]]", "[[=a=]]",
	"x*?y+?", "\\", "(", "[", "a**", "{,5}", "\\0\\1\\&", "äß€", "(?x) a b # c", "a(?:b|)c", "|", "()", ".*.*.*.*x", "\\bword\\B", "[a-\\d]", "\\cA\\e\\f",
}

var patternCalls = []string{
	"'aabbcc äß 12' ~ $$", "'aabbcc' ~* $$", "'aabbcc' !~ $$", "$$ ~ $$", "$$ LIKE $$", "$$ ILIKE $$", "'abcd' LIKE $$ ESCAPE '#'", "$$ LIKE $$ ESCAPE $$", "$$ SIMILAR TO $$", "'abcd' SIMILAR TO $$ ESCAPE '#'", "regexp_replace('aabbcc', $$, '<\\1\\&>', 'g')", "regexp_replace('aabbcc', 'b', $$)", "regexp_replace('aabbcc', 'b', 'x', $$)",
	"regexp_match('aabbcc', $$)", "regexp_matches('aabbcc', $$, 'gi')", "regexp_split_to_array('a b c', $$)", "regexp_split_to_table('a b c', $$)", "regexp_count('aabbcc', $$)", "regexp_instr('aabbcc', $$, 1, 1, 0, 'i', 1)", "regexp_substr('aabbcc', $$, 2, 1)", "regexp_like('aabbcc', $$, $$)", "substring('aabbcc' FROM $$)",
	"substring('aabbcc' SIMILAR $$ ESCAPE '#')", "substring($$ FROM $$ FOR '#')", "string_to_array($$, $$)", "split_part($$, $$, 2)", "split_part($$, $$, -1)", "translate($$, $$, $$)", "replace($$, $$, $$)", "overlay($$ PLACING $$ FROM 2 FOR 1)", "position($$ IN $$)", "trim(BOTH $$ FROM $$)", "lpad($$, 7, $$)", "rpad($$, 7, $$)", "strpos($$, $$)", "initcap($$)", "reverse($$)", "starts_with($$, $$)", "levenshtein($$, $$)", "to_hex(length($$))", "ascii($$)",
	"regexp_extract('aabbcc', $$)", "regexp_extract_all('aabbcc', $$)", "regexp_full_match('aabbcc', $$)",
}

func (a *anything) pattern() string {
	return a.select1(pick(a, patternCalls), func() string { return a.text(patternSeeds) })
}

var pathSeeds = []string{
	`$.a[*] ? (@.b > 1 && exists (@.c)).c`, `strict $.**{1 to last}.b + -(1)`, `$[0, last - 1 to $.size()].type()`, `$[*].datetime() ? (@ < "2025-01-01".datetime("YYYY-MM-DD"))`, `($.a.b == $x) is unknown || !($ starts with "a")`,
	`$ ? (@ like_regex "^a.*$" flag "is").keyvalue().value`, `"\u00e9\x41\u{1F600}" == $"v w"`, `lax $.double().ceiling().floor().abs() % 2`, `{"a": [{"b": 1, "c": "x"}, {"b": [2, 3]}], "d": {"e": [1.5, -2, null, true]}}`,
	`[1, "2024-02-29", [2, [3]], {}]`, `"12:34:56+3"`, `{"x": 1e1000}`, `{a,0,b}`, `{}`, `{"a":`, `[[[[[[]]]]]]`, `a`, `0`, `-1`, `null`,
}

var pathCalls = []string{
	`jsonb_path_query('{"a": [{"b": 1, "c": "x"}, {"b": [2, 3]}], "d": "2024-01-31 10:00"}', $$::jsonpath)`, `jsonb_path_exists('[1, "a", [2], {"b": null}]', $$::jsonpath, '{"x": 1}', true)`, `jsonb_path_match('[1, 2]', $$::jsonpath)`, `jsonb_path_query_array('[1, "a", [2]]', $$::jsonpath, '{"x": [1]}')`, `jsonb_path_query_first_tz('["2024-01-31"]', $$::jsonpath)`,
	`'{"a": [1, 2]}'::jsonb @? $$::jsonpath`, `'{"a": [1, 2]}'::jsonb @@ $$::jsonpath`, `$$::jsonb #> $$::text[]`, `$$::jsonb #>> $$::text[]`, `jsonb_set($$::jsonb, $$::text[], $$::jsonb)`, `jsonb_insert($$::jsonb, $$::text[], '1', true)`, `$$::jsonb || $$::jsonb`, `$$::jsonb - $$::text`, `$$::jsonb #- $$::text[]`, `$$::jsonb @> $$::jsonb`, `$$::json -> $$`,
	`$$::jsonb ? $$`, `jsonb_each($$::jsonb)`, `json_array_elements($$::json)`, `jsonb_pretty($$::jsonb)`, `json_typeof($$::json)`, `jsonb_strip_nulls($$::jsonb)`, `$$::jsonb < $$::jsonb`, `json_extract_path($$::json, $$)`, `json_populate_record(NULL::everything, $$::json)`, `(SELECT x FROM jsonb_to_record($$::jsonb) AS r(x int, a text[], d date))`,
	`$$::jsonpath::text`, `array_to_json($$::text[])`, `row_to_json(row($$))`, `$$::text[] || $$`, `array_position($$::text[], $$)`, `($$::text[])[1:2]`, `array_remove($$::text[], $$)`, `$$::int[] @> $$::int[]`, `$$ = ANY($$::text[])`, `array_to_string($$::text[], $$, $$)`, `unnest($$::int[])`,
}

func (a *anything) path() string {
	return a.select1(pick(a, pathCalls), func() string { return a.text(pathSeeds) })
}

// oddArguments are values at the edges of their types.
var oddArguments = []string{
	"NULL", "''", "'a'", "'äß€😀'", "0", "1", "-1", "2147483647", "-2147483648", "9223372036854775807", "(-9223372036854775808)", "1e400", "0.5", "-0.000001", "'NaN'::numeric", "'infinity'::float8", "'NaN'::float8", "1e308::float8", "5e-324::float8", "3e38::real", "32767::smallint", "(-32768)::smallint",
	"true", "'infinity'::timestamp", "'-infinity'::date", "date '4713-01-01 BC'", "date '5874897-12-31'", "timestamptz '294246-12-31 23:59:59.999999+00'", "timestamp '4713-01-01 BC'", "time '24:00'", "timetz '00:00+15:59'", "'178000000 years'::interval", "'-178000000 years 2147483647 days'::interval", "'1 month -1 day'::interval", "interval '0'",
	"'{}'::int[]", "ARRAY[1, NULL, 3]", "'{{1,2},{3,4}}'::int[]", "'[-5:-4]={1,2}'::int[]", "ARRAY['a', NULL]", "'{}'::jsonb", "'[1, [2, {\"a\": null}]]'::jsonb", "'null'::json", "'\\x'::bytea", "'\\xff00'::bytea", "'00000000-0000-0000-0000-000000000000'::uuid", "'$'::jsonpath", "row(1, NULL)", "'ok'::mood", "'everything'::regclass", "b'101'", "repeat('x', 1000)", "'a'::char(3)", "current_timestamp", "1.50::numeric(9,2)", "random()",
	"id", "b", "s", "i", "f", "d", "n", "m", "t", "v", "c", "x", "dt", "tm", "tz", "ts", "tt", "iv", "u", "j", "jb", "a", "ta", "e", "x.*", "everything",
}

// sleepers are functions that wait on purpose, or name files.
var sleepers = map[string]bool{"pg_sleep": true, "pg_sleep_for": true, "pg_sleep_until": true}

// call calls a function, as often as not with as many arguments as one of its forms takes.
func (a *anything) call() string {
	list := sqlvec.Functions()
	fn := pick(a, list)
	for sleepers[fn.Name] {
		fn = pick(a, list)
	}
	n := strings.Count(fn.Args, ",") + 1
	if fn.Args == "" {
		n = 0
	}
	if a.rng.IntN(8) == 0 {
		n = a.rng.IntN(6)
	}
	args := make([]string, n)
	for i := range args {
		args[i] = pick(a, oddArguments)
	}
	sql := fmt.Sprintf("%s(%s)", fn.Name, strings.Join(args, ", "))
	if fn.Aggregate && a.rng.IntN(2) == 0 {
		sql += pick(a, []string{" OVER ()", " OVER (ORDER BY id)", " OVER (PARTITION BY b ORDER BY id DESC ROWS 1 PRECEDING)", " FILTER (WHERE id > 1)", " WITHIN GROUP (ORDER BY i)"})
	}
	switch a.rng.IntN(6) {
	case 0:
		return "SELECT * FROM everything, LATERAL " + sql + " r LIMIT 100"
	case 1:
		return "SELECT id FROM everything WHERE " + sql + " IS NOT NULL"
	case 2:
		return "SELECT " + sql + " FROM everything GROUP BY 1"
	}
	return "SELECT " + sql + " FROM everything LIMIT 100"
}

// seedFile is a file that damaged ones are made of.
type seedFile struct {
	ext  string
	data []byte
}

// prepareFiles writes the table of all types in every format, and takes those of other programs.
func prepareFiles(t *testing.T, a *anything) {
	s := memoryDB(t).Session()
	defer s.Close()
	must(t, s, everything)
	for _, o := range []struct{ name, options string }{
		{"a.csv", "FORMAT csv, HEADER"}, {"b.tsv", "FORMAT csv, HEADER, DELIMITER E'\\t'"}, {"c.ndjson", "FORMAT json"}, {"d.parquet", "FORMAT parquet"}, {"e.arrow", "FORMAT arrow"},
	} {
		must(t, s, fmt.Sprintf("COPY (SELECT * EXCLUDE (e) FROM everything WHERE id <> 3) TO %s (%s)", quote(filepath.Join(a.dir, o.name)), o.options))
	}
	for _, dir := range []string{a.dir, "../testdata/interop"} {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if filepath.Ext(f.Name()) == ".zip" {
				continue // of sqlvec/files
			}
			data, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			a.seeds = append(a.seeds, seedFile{filepath.Ext(f.Name()), data})
		}
	}
	a.seeds = append(a.seeds, seedFile{".json", []byte(`[{"a": 1, "b": [1, {"c": null}]}, {"a": 1.5, "d": "é\u00e9"}]`)}, seedFile{".csv", []byte("a;b;c\n1;\"x \"\"y\"\"\nz\";2024-01-31\n;;\n")})
}

// file damages a file and reads it.
func (a *anything) file() string {
	from := pick(a, a.seeds)
	data := from.data
	for range 1 + a.rng.IntN(4) {
		other := pick(a, a.seeds).data
		if a.rng.IntN(3) == 0 && len(data) > 300 { // where the footer is
			data = append(data[:len(data)-300:len(data)-300], a.changeBytes(data[len(data)-300:], other)...)
		} else {
			data = a.changeBytes(data, other)
		}
	}
	path := filepath.Join(a.dir, "damaged"+from.ext)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		panic(err)
	}
	options := ""
	if a.rng.IntN(4) == 0 && strings.HasSuffix(from.ext, "sv") {
		options = pick(a, []string{", delim => ';'", ", header => false", ", skip => 1", ", nullstr => 'a'", ", quote => ''''", ", columns => {'a': 'int', 'b': 'text'}", ", all_varchar => true"})
	}
	reader := map[string]string{".csv": "read_csv", ".tsv": "read_csv", ".ndjson": "read_json", ".json": "read_json", ".parquet": "read_parquet", ".arrow": "read_arrow", ".arrows": "read_arrow"}[from.ext]
	return fmt.Sprintf("SELECT %s FROM %s(%s%s)", pick(a, []string{"*", "count(*)"}), reader, quote(path), options)
}

// prepareStatements reads the statements of the SQL files, the names of whose tables and columns become those of
// the tables that there are.
func prepareStatements(t *testing.T, a *anything) {
	files, err := filepath.Glob("../testdata/sql/*.slt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no SQL files: %v", err)
	}
	a.words.rng = a.rng
	for _, file := range files {
		for _, sql := range statementsOf(t, file) {
			a.words.corpus = append(a.words.corpus, words.FindAllString(sql, -1))
		}
	}
}

// ownNames are names that a statement can use.
var ownNames = []string{"everything", "other", "id", "b", "s", "i", "f", "d", "n", "m", "t", "v", "c", "x", "dt", "tm", "tz", "ts", "tt", "iv", "u", "j", "jb", "a", "ta", "e", "k"}

// shortName matches a word that may be the name of a table or column.
var shortName = regexp.MustCompile(`(?i)^[a-z]\w?\s*$`)

// statement changes a statement, after giving some of its names the meaning of others.
func (a *anything) statement() string {
	for {
		list := append([]string(nil), pick(a, a.words.corpus)...)
		for i, w := range list {
			if shortName.MatchString(w) && a.rng.IntN(2) == 0 || i > 0 && afterTable(list[i-1]) && a.rng.IntN(4) > 0 {
				list[i] = pick(a, ownNames) + " "
				if i > 0 && afterTable(list[i-1]) {
					list[i] = pick(a, ownNames[:2]) + " "
				}
			}
		}
		sql := ""
		if a.rng.IntN(4) == 0 {
			sql = a.words.change(list)
		} else {
			sql = a.exchange(list)
		}
		if !touchesFiles.MatchString(sql) {
			return sql
		}
	}
}

// exchange puts words of other statements in the place of some that begin alike: a number for a number, a text for a
// text, a sign for a sign, a name or word for one.
func (a *anything) exchange(list []string) string {
	for range 1 + a.rng.IntN(3) {
		if len(list) == 0 {
			break
		}
		at := a.rng.IntN(len(list))
		for range 50 {
			other := pick(a, pick(a, a.words.corpus))
			if class(other) == class(list[at]) {
				list[at] = other
				break
			}
		}
	}
	return strings.Join(list, "")
}

// class tells words by their first character.
func class(word string) byte {
	switch c := word[0]; {
	case c >= '0' && c <= '9':
		return '0'
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '"' || c == '_':
		return 'a'
	case c == '(' || c == ')' || c == '[' || c == ']' || c == ',' || c == ';' || c == '.' || c == '\'':
		return c
	}
	return '+'
}

// afterTable reports whether the name of a table follows a word.
func afterTable(word string) bool {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "from", "join", "into", "update", "table":
		return true
	}
	return false
}
