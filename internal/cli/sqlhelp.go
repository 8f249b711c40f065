package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// sqlTopic is what \h and `driftdb help sql STATEMENT` say about a statement.
type sqlTopic struct {
	name    string
	what    string
	syntax  string
	example string // runs in the database of the tests
}

// sqlHelp is the statements, by name. Every kind of statement that runs has a topic, and every
// example runs as a test.
var sqlHelp = []sqlTopic{
	{"ALTER DOMAIN", "rename or move a domain", `
ALTER DOMAIN name { RENAME TO new_name | SET SCHEMA schema | OWNER TO CURRENT_USER }`,
		"CREATE DOMAIN whole AS integer; ALTER DOMAIN whole RENAME TO natural_number"},
	{"ALTER INDEX", "rename an index", `
ALTER INDEX [ IF EXISTS ] name RENAME TO new_name`,
		"CREATE INDEX by_price ON goods (price); ALTER INDEX by_price RENAME TO goods_by_price"},
	{"ALTER SCHEMA", "rename a schema", `
ALTER SCHEMA name { RENAME TO new_name | OWNER TO CURRENT_USER }`,
		"CREATE SCHEMA spring; ALTER SCHEMA spring RENAME TO summer"},
	{"ALTER SEQUENCE", "change a sequence", `
ALTER SEQUENCE [ IF EXISTS ] name
    [ INCREMENT [ BY ] n ] [ MINVALUE n | NO MINVALUE ] [ MAXVALUE n | NO MAXVALUE ]
    [ START [ WITH ] n ] [ RESTART [ [ WITH ] n ] ] [ [ NO ] CYCLE ]
ALTER SEQUENCE [ IF EXISTS ] name { RENAME TO new_name | SET SCHEMA schema | OWNER TO CURRENT_USER }`,
		"ALTER SEQUENCE counter RESTART WITH 100"},
	{"ALTER TABLE", "change a table's definition", `
ALTER TABLE [ IF EXISTS ] name action [, ...]
ALTER TABLE [ IF EXISTS ] name RENAME [ COLUMN ] column TO new_name
ALTER TABLE [ IF EXISTS ] name { RENAME TO new_name | SET SCHEMA schema }
where action is one of:
    ADD [ COLUMN ] [ IF NOT EXISTS ] column type [ constraint ... ]
    DROP [ COLUMN ] [ IF EXISTS ] column [ CASCADE ]
    ALTER [ COLUMN ] column [ SET DATA ] TYPE type [ USING expression ]
    ALTER [ COLUMN ] column SET DEFAULT expression | DROP DEFAULT
    ALTER [ COLUMN ] column SET NOT NULL | DROP NOT NULL
    ALTER [ COLUMN ] column ADD GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY [ ( sequence_option ... ) ]
    ALTER [ COLUMN ] column { SET GENERATED { ALWAYS | BY DEFAULT } | SET sequence_option | RESTART [ WITH n ] } ...
    OWNER TO CURRENT_USER
    ALTER [ COLUMN ] column DROP IDENTITY [ IF EXISTS ] | DROP EXPRESSION [ IF EXISTS ]
    ADD [ CONSTRAINT name ] table_constraint [ NOT VALID ]
    VALIDATE CONSTRAINT name
    DROP CONSTRAINT [ IF EXISTS ] name [ CASCADE ]`,
		"ALTER TABLE goods ADD COLUMN color TEXT DEFAULT 'none'"},
	{"ALTER TYPE", "add a label to an enumeration, or rename one", `
ALTER TYPE name ADD VALUE [ IF NOT EXISTS ] 'label' [ { BEFORE | AFTER } 'label' ]
ALTER TYPE name RENAME VALUE 'label' TO 'label'
ALTER TYPE name { RENAME TO new_name | SET SCHEMA schema | OWNER TO CURRENT_USER }`,
		"CREATE TYPE size AS ENUM ('small', 'large'); ALTER TYPE size ADD VALUE 'middle' BEFORE 'large'"},
	{"ALTER VIEW", "change a view's definition", `
ALTER VIEW [ IF EXISTS ] name { RENAME TO new_name | SET SCHEMA schema | OWNER TO CURRENT_USER }
ALTER VIEW [ IF EXISTS ] name RENAME [ COLUMN ] column TO new_name
ALTER MATERIALIZED VIEW [ IF EXISTS ] name { RENAME TO new_name | SET SCHEMA schema | RENAME [ COLUMN ] column TO new_name }`,
		"ALTER VIEW cheap RENAME TO bargains"},
	{"ANALYZE", "collect statistics for the optimizer", `
ANALYZE [ table [, ...] ]`,
		"ANALYZE goods"},
	{"BEGIN", "start a transaction", `
BEGIN [ WORK | TRANSACTION ] [ ISOLATION LEVEL level ] [ READ WRITE | READ ONLY ]
START TRANSACTION [ ISOLATION LEVEL level ] [ READ WRITE | READ ONLY ]
where level is READ COMMITTED or REPEATABLE READ`,
		"BEGIN ISOLATION LEVEL REPEATABLE READ; COMMIT"},
	{"CHECKPOINT", "write what is only in the log as columns", `
CHECKPOINT [ TABLE table [, ...] ]`,
		"CHECKPOINT TABLE goods"},
	{"CLOSE", "close a cursor", `
CLOSE { name | ALL }`,
		"BEGIN; DECLARE c CURSOR FOR SELECT 1; CLOSE c; COMMIT"},
	{"COMMENT", "say what something is for", `
COMMENT ON { TABLE | VIEW | SEQUENCE | INDEX | SCHEMA | TYPE } name IS { 'text' | NULL }
COMMENT ON COLUMN table.column IS { 'text' | NULL }
COMMENT ON CONSTRAINT name ON table IS { 'text' | NULL }`,
		"COMMENT ON COLUMN goods.price IS 'in euros'"},
	{"COMMIT", "end a transaction and keep what it did", `
COMMIT [ WORK | TRANSACTION ] [ AND [ NO ] CHAIN ]
END [ WORK | TRANSACTION ]`,
		"BEGIN; COMMIT"},
	{"COPY", "load a table from a file, or write one", `
COPY table [ ( column [, ...] ) ] FROM { 'file' | STDIN } [ [ WITH ] ( option [, ...] ) ]
COPY { table [ ( column [, ...] ) ] | ( query ) } TO { 'file' | STDOUT } [ [ WITH ] ( option [, ...] ) ]
where option is one of:
    FORMAT { text | csv | json | parquet | arrow } | HEADER [ true | false | match ] | DELIMITER 'character' | NULL 'text'
    QUOTE 'character' | ESCAPE 'character' | ENCODING 'name' | COMPRESSION name | PARTITION_BY ( column [, ...] )`,
		"COPY goods TO 'goods.csv' (FORMAT csv, HEADER)"},
	{"CREATE DOMAIN", "make a type of another one, with constraints", `
CREATE DOMAIN name [ AS ] type [ DEFAULT expression | [ CONSTRAINT name ] { NOT NULL | NULL | CHECK ( condition on VALUE ) } ] [ ... ]`,
		"CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100)"},
	{"CREATE INDEX", "make an index; it serves the past too", `
CREATE [ UNIQUE ] INDEX [ IF NOT EXISTS ] [ name ] ON table ( column [, ...] )
CREATE UNIQUE INDEX [ IF NOT EXISTS ] [ name ] ON table ( { column | function(...) | ( expression ) } [, ...] ) [ WHERE condition ]`,
		"CREATE INDEX ON goods (price)"},
	{"CREATE MATERIALIZED VIEW", "keep the rows of a query", `
CREATE MATERIALIZED VIEW [ IF NOT EXISTS ] name [ ( column [, ...] ) ] AS query [ WITH [ NO ] DATA ]`,
		"CREATE MATERIALIZED VIEW dearest AS SELECT max(price) AS price FROM goods"},
	{"CREATE SCHEMA", "make a schema, and tables, views, indexes and sequences in it", `
CREATE SCHEMA [ IF NOT EXISTS ] { name [ AUTHORIZATION user ] | AUTHORIZATION user }
    [ { CREATE TABLE | CREATE VIEW | CREATE INDEX | CREATE SEQUENCE } ... ]`,
		"CREATE SCHEMA archive CREATE TABLE years (y INTEGER)"},
	{"CREATE SEQUENCE", "make a sequence", `
CREATE [ TEMP ] SEQUENCE [ IF NOT EXISTS ] name [ AS type ]
    [ INCREMENT [ BY ] n ] [ MINVALUE n | NO MINVALUE ] [ MAXVALUE n | NO MAXVALUE ]
    [ START [ WITH ] n ] [ [ NO ] CYCLE ] [ OWNED BY table.column | OWNED BY NONE ]`,
		"CREATE SEQUENCE tickets START 10"},
	{"CREATE TABLE", "make a table", `
CREATE [ OR REPLACE ] [ TEMP ] TABLE [ IF NOT EXISTS ] name ( [ {
    column type [ column_constraint ... ]
    | [ CONSTRAINT name ] table_constraint
    | LIKE table [ INCLUDING ALL ] } [, ...] ] ) [ ON COMMIT { PRESERVE ROWS | DELETE ROWS | DROP } ]
where column_constraint is one of:
    NOT NULL | NULL | CHECK ( expression ) | DEFAULT expression | UNIQUE | PRIMARY KEY
    GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY | GENERATED ALWAYS AS ( expression ) STORED
    REFERENCES table [ ( column ) ] [ ON DELETE action ] [ ON UPDATE action ] [ DEFERRABLE ] [ INITIALLY DEFERRED ]
and table_constraint is one of:
    CHECK ( expression ) | UNIQUE ( column [, ...] ) | PRIMARY KEY ( column [, ...] )
    FOREIGN KEY ( column [, ...] ) REFERENCES table [ ( column [, ...] ) ]
        [ MATCH FULL ] [ ON DELETE action ] [ ON UPDATE action ] [ DEFERRABLE ] [ INITIALLY DEFERRED ]`,
		"CREATE TABLE orders (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku TEXT REFERENCES goods (sku), n INTEGER CHECK (n > 0))"},
	{"CREATE TABLE AS", "make a table of a query's rows", `
CREATE [ OR REPLACE ] [ TEMP ] TABLE [ IF NOT EXISTS ] name [ ( column [, ...] ) ] AS query [ WITH [ NO ] DATA ]`,
		"CREATE TABLE few AS SELECT * FROM goods LIMIT 1"},
	{"CREATE TYPE", "make an enumeration: a type whose values are a few labels, in order", `
CREATE TYPE name AS ENUM ( [ 'label' [, ...] ] )`,
		"CREATE TYPE fit AS ENUM ('tight', 'loose')"},
	{"CREATE VIEW", "give a query a name", `
CREATE [ OR REPLACE ] [ TEMP ] VIEW name [ ( column [, ...] ) ] AS query [ WITH [ CASCADED | LOCAL ] CHECK OPTION ]
CREATE [ OR REPLACE ] [ TEMP ] RECURSIVE VIEW name ( column [, ...] ) AS query`,
		"CREATE OR REPLACE VIEW dear AS SELECT * FROM goods WHERE price > 10"},
	{"DEALLOCATE", "forget a prepared statement", `
DEALLOCATE [ PREPARE ] { name | ALL }`,
		"PREPARE p AS SELECT 1; DEALLOCATE p"},
	{"DECLARE", "keep the rows of a query, to fetch a few at a time", `
DECLARE name [ INSENSITIVE ] [ [ NO ] SCROLL ] CURSOR [ { WITH | WITHOUT } HOLD ] FOR query`,
		"BEGIN; DECLARE c CURSOR FOR SELECT * FROM goods; COMMIT"},
	{"DELETE", "delete rows; the past keeps them", `
[ WITH name AS ( statement ) [, ...] ]
DELETE FROM table [ [ AS ] alias ]
    [ USING from_item [, ...] ]
    [ WHERE condition ]
    [ RETURNING * | expression [ [ AS ] name ] [, ...] ]`,
		"DELETE FROM goods WHERE price < 0 RETURNING sku"},
	{"DESCRIBE", "show the columns of a table or a query; it is a query itself", `
DESCRIBE { table | 'file' | query }`,
		"DESCRIBE goods; SELECT column_name FROM (DESCRIBE goods)"},
	{"DISCARD", "reset a session", `
DISCARD { ALL | PLANS | SEQUENCES | TEMP }`,
		"DISCARD ALL"},
	{"DROP DOMAIN", "remove a domain", `
DROP DOMAIN [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP DOMAIN IF EXISTS nothing"},
	{"DROP INDEX", "remove an index", `
DROP INDEX [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP INDEX IF EXISTS nothing"},
	{"DROP MATERIALIZED VIEW", "remove a materialized view", `
DROP MATERIALIZED VIEW [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP MATERIALIZED VIEW IF EXISTS nothing"},
	{"DROP SCHEMA", "remove a schema; with CASCADE all that is in it", `
DROP SCHEMA [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP SCHEMA IF EXISTS nothing"},
	{"DROP SEQUENCE", "remove a sequence", `
DROP SEQUENCE [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP SEQUENCE IF EXISTS nothing"},
	{"DROP TABLE", "remove a table; AS OF a point before, it is still there", `
DROP TABLE [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP TABLE IF EXISTS nothing"},
	{"DROP TYPE", "remove an enumeration", `
DROP TYPE [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP TYPE IF EXISTS nothing"},
	{"DROP VIEW", "remove a view", `
DROP VIEW [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]`,
		"DROP VIEW IF EXISTS nothing"},
	{"EXECUTE", "run a prepared statement", `
EXECUTE name [ ( value [, ...] ) ]`,
		"PREPARE q (INTEGER) AS SELECT $1 + 1; EXECUTE q (41); DEALLOCATE q"},
	{"EXPLAIN", "show how a statement is run", `
EXPLAIN [ ANALYZE ] [ VERBOSE ] statement
EXPLAIN ( option [, ...] ) statement

where option is ANALYZE, VERBOSE, COSTS, TIMING or SUMMARY, each [ boolean ], or FORMAT { TEXT | JSON }
and statement a query, INSERT, UPDATE, DELETE, CREATE TABLE AS or EXECUTE`,
		"EXPLAIN SELECT * FROM goods"},
	{"FETCH", "read rows of a cursor", `
FETCH [ direction ] [ FROM | IN ] name

where direction is one of:
    NEXT | PRIOR | FIRST | LAST | ABSOLUTE n | RELATIVE n | n | ALL
    FORWARD | FORWARD n | FORWARD ALL | BACKWARD | BACKWARD n | BACKWARD ALL`,
		"BEGIN; DECLARE c CURSOR FOR SELECT * FROM goods; FETCH 2 FROM c; COMMIT"},
	{"INSERT", "add rows", `
[ WITH name AS ( statement ) [, ...] ]
INSERT [ OR REPLACE | OR IGNORE ] INTO table [ ( column [, ...] ) | BY NAME ]
    { VALUES ( { value | DEFAULT } [, ...] ) [, ...] | query | DEFAULT VALUES }
    [ ON CONFLICT [ ( column [, ...] ) ] { DO NOTHING | DO UPDATE SET column = value [, ...] [ WHERE condition ] } ]
    [ RETURNING * | expression [ [ AS ] name ] [, ...] ]
INSERT INTO table { json document } [, ...]`,
		`INSERT INTO goods {"sku": "C-3", "price": 7, "weight": 1.5}`},
	{"MERGE", "insert, update and delete rows as a source says", `
[ WITH name AS ( statement ) [, ...] ]
MERGE INTO table [ [ AS ] alias ] USING from_item ON condition
    { WHEN MATCHED [ AND condition ] THEN { UPDATE SET column = { value | DEFAULT } [, ...] | DELETE | DO NOTHING }
    | WHEN NOT MATCHED [ AND condition ] THEN
        { INSERT [ ( column [, ...] ) ] { VALUES ( { value | DEFAULT } [, ...] ) | DEFAULT VALUES } | DO NOTHING } } [ ... ]`,
		"MERGE INTO goods g USING (VALUES ('B-2', 13), ('D-4', 4)) v(sku, price) ON g.sku = v.sku WHEN MATCHED THEN UPDATE SET price = v.price WHEN NOT MATCHED THEN INSERT (sku, price) VALUES (v.sku, v.price)"},
	{"MOVE", "go to another row of a cursor", `
MOVE [ direction ] [ FROM | IN ] name

where direction is as in FETCH.`,
		"BEGIN; DECLARE c CURSOR FOR SELECT * FROM goods; MOVE LAST IN c; FETCH PRIOR FROM c; COMMIT"},
	{"PIVOT", "make columns of the values of a column", `
PIVOT from_item ON expression [ IN ( value [ AS name ] [, ...] ) ] [, ...]
    [ USING aggregate [ AS name ] [, ...] ]
    [ GROUP BY column [, ...] ]
    [ ORDER BY ... ] [ LIMIT n ]
from_item PIVOT ( aggregate [ AS name ] [, ...] FOR expression IN ( value [ AS name ] [, ...] ) ...
    [ GROUP BY column [, ...] ] ) [ [ AS ] alias ]`,
		"PIVOT goods ON sku USING max(price)"},
	{"PREPARE", "name a statement with parameters", `
PREPARE name [ ( type [, ...] ) ] AS statement`,
		"PREPARE r AS SELECT $1::int; DEALLOCATE r"},
	{"REFRESH MATERIALIZED VIEW", "bring a materialized view up to date", `
REFRESH MATERIALIZED VIEW [ CONCURRENTLY ] name [ WITH [ NO ] DATA ]`,
		"REFRESH MATERIALIZED VIEW dearest"},
	{"RELEASE SAVEPOINT", "forget a savepoint", `
RELEASE [ SAVEPOINT ] name`,
		"BEGIN; SAVEPOINT s; RELEASE s; COMMIT"},
	{"RESET", "set a setting back", `
RESET { name | ALL }`,
		"RESET timezone"},
	{"ROLLBACK", "end a transaction and undo what it did", `
ROLLBACK [ WORK | TRANSACTION ] [ AND [ NO ] CHAIN ]
ABORT [ WORK | TRANSACTION ] [ AND [ NO ] CHAIN ]`,
		"BEGIN; ROLLBACK"},
	{"ROLLBACK TO SAVEPOINT", "undo what came after a savepoint", `
ROLLBACK [ WORK | TRANSACTION ] TO [ SAVEPOINT ] name`,
		"BEGIN; SAVEPOINT s; ROLLBACK TO s; COMMIT"},
	{"SAVEPOINT", "mark a point of a transaction to go back to", `
SAVEPOINT name`,
		"BEGIN; SAVEPOINT s; COMMIT"},
	{"SELECT", "ask for rows, of now or of the past", `
[ WITH [ RECURSIVE ] name [ ( column [, ...] ) ] AS ( statement ) [, ...] ]
SELECT [ ALL | DISTINCT [ ON ( expression [, ...] ) ] ] { * [ star_option ... ] | expression [ [ AS ] name ] } [, ...]
    [ FROM from_item [, ...] ]
    [ WHERE condition ]
    [ GROUP BY { ALL | expression [, ...] } ]
    [ HAVING condition ]
    [ WINDOW name AS ( [ PARTITION BY ... ] [ ORDER BY ... ] [ frame ] ) [, ...] ]
    [ QUALIFY condition ]
    [ { UNION | INTERSECT | EXCEPT } [ ALL | DISTINCT ] [ BY NAME ] query ]
    [ ORDER BY { ALL | expression } [ ASC | DESC ] [ NULLS { FIRST | LAST } ] [, ...] ]
    [ LIMIT n ] [ OFFSET n ] [ FETCH FIRST n ROWS { ONLY | WITH TIES } ]
    [ FOR { UPDATE | NO KEY UPDATE | SHARE | KEY SHARE } [ OF table [, ...] ] [ NOWAIT | SKIP LOCKED ] ]
    [ FOR SYSTEM_TIME point ]
TABLE name
FROM from_item [, ...] [ SELECT ... ] [ WHERE ... ] ...
where from_item is one of:
    table [ FOR SYSTEM_TIME point ] [ [ AS ] alias [ ( column [, ...] ) ] ] [ TABLESAMPLE method ( size ) ]
    'file' [ [ AS ] alias ]                    (or read_csv, read_json, read_parquet, read_arrow)
    [ LATERAL ] ( query ) [ AS ] alias
    [ LATERAL ] function ( argument [, ...] ) [ [ AS ] alias ]
    from_item [ NATURAL ] { [ INNER ] | { LEFT | RIGHT | FULL } [ OUTER ] } JOIN from_item [ ON condition | USING ( column [, ...] ) ]
    from_item { SEMI | ANTI | ASOF [ LEFT ] } JOIN from_item { ON condition | USING ( column [, ...] ) }
    from_item { CROSS | POSITIONAL } JOIN from_item
star_option is one of:
    EXCLUDE ( column [, ...] ) | REPLACE ( expression AS column [, ...] ) | RENAME ( column AS name [, ...] ) | [ NOT ] LIKE 'pattern'
and point is one of:
    AS OF { @SEQ:n | @TX:n | timestamp }
    BETWEEN a AND b | FROM a TO b | ALL        (row versions, with the columns system_seq_start, system_seq_end,
                                                system_time_start and system_time_end)`,
		"SELECT sku, price FROM goods FOR SYSTEM_TIME AS OF @SEQ:1 ORDER BY price DESC NULLS LAST LIMIT 3"},
	{"SET", "change a setting of the session", `
SET [ SESSION | LOCAL ] name { TO | = } { value | DEFAULT }
SET TIME ZONE { value | LOCAL | DEFAULT }
SET system_time = { '@SEQ:n' | '@TX:n' | 'timestamp' | DEFAULT }      (moves the session to the past)`,
		"SET system_time = '@SEQ:1'; RESET system_time"},
	{"SET CONSTRAINTS", "put the checks of foreign keys off until the commit, or not any more", `
SET CONSTRAINTS { ALL | name [, ...] } { DEFERRED | IMMEDIATE }`,
		"BEGIN; SET CONSTRAINTS ALL DEFERRED; COMMIT"},
	{"SET TRANSACTION", "change the transaction", `
SET TRANSACTION [ ISOLATION LEVEL level ] [ READ WRITE | READ ONLY ]`,
		"BEGIN; SET TRANSACTION READ ONLY; COMMIT"},
	{"SET VARIABLE", "keep a value in the session, which getvariable('name') gives", `
SET VARIABLE name { TO | = } expression
RESET VARIABLE name`,
		"SET VARIABLE least = (SELECT min(price) FROM goods); RESET VARIABLE least"},
	{"SHOW", "show a setting", `
SHOW { name | ALL }`,
		"SHOW timezone"},
	{"SUMMARIZE", "show what is in the columns of a table or a query; it is a query itself", `
SUMMARIZE { table | 'file' | query }`,
		"SUMMARIZE goods; SELECT column_name, max FROM (SUMMARIZE goods)"},
	{"TRUNCATE", "delete all rows; the past keeps them", `
TRUNCATE [ TABLE ] name [, ...] [ RESTART IDENTITY | CONTINUE IDENTITY ] [ CASCADE | RESTRICT ]`,
		"TRUNCATE few"},
	{"UNPIVOT", "make rows of columns", `
UNPIVOT from_item ON { column [ AS name ] | ( column [, ...] ) [ AS name ] | * [ EXCLUDE ( column [, ...] ) ] } [, ...]
    [ INTO NAME name VALUE column [, ...] ]
    [ ORDER BY ... ] [ LIMIT n ]
from_item UNPIVOT [ INCLUDE NULLS ] ( column FOR name IN ( column [ AS name ] [, ...] ) ) [ [ AS ] alias ]`,
		"UNPIVOT (SELECT sku, price, price * 2 AS twice FROM goods) ON price, twice INTO NAME kind VALUE price"},
	{"UPDATE", "change rows; the past keeps what they were", `
[ WITH name AS ( statement ) [, ...] ]
UPDATE table [ [ AS ] alias ] SET column = { value | DEFAULT } [, ...]
    [ FROM from_item [, ...] ]
    [ WHERE condition ]
    [ RETURNING * | expression [ [ AS ] name ] [, ...] ]`,
		"UPDATE goods SET price = price * 2 WHERE sku = 'A-1'"},
	{"VACUUM", "merge small parts and move dead rows aside; no answer changes", `
VACUUM [ table [, ...] ]`,
		"VACUUM goods"},
	{"VALUES", "rows of constants", `
VALUES ( expression [, ...] ) [, ...] [ ORDER BY ... ] [ LIMIT n ]`,
		"VALUES (1, 'a'), (2, 'b')"},
}

// topicsOf are the topics of what has none of its own name.
var topicsOf = map[string]string{"ABORT": "ROLLBACK", "ALTER MATERIALIZED VIEW": "ALTER VIEW", "ASOF JOIN": "SELECT", "CREATE RECURSIVE VIEW": "CREATE VIEW",
	"END": "COMMIT", "FROM": "SELECT", "JOIN": "SELECT", "SELECT INTO": "CREATE TABLE AS", "START TRANSACTION": "BEGIN", "TABLE": "SELECT", "WITH": "SELECT"}

// topics are the topics whose names begin with what was asked for; an exact one comes alone.
func topics(asked string) []sqlTopic {
	asked = strings.ToUpper(strings.Join(strings.Fields(strings.TrimRight(asked, "; ")), " "))
	if name, ok := topicsOf[asked]; ok {
		asked = name
	}
	if at := slices.IndexFunc(sqlHelp, func(t sqlTopic) bool { return t.name == asked }); at >= 0 {
		return sqlHelp[at : at+1]
	}
	var found []sqlTopic
	for _, t := range sqlHelp {
		if strings.HasPrefix(t.name, asked) {
			found = append(found, t)
		}
	}
	return found
}

// writeTopics writes the help of a statement, or a list of all when asked is empty. It reports whether there was any.
func writeTopics(w io.Writer, asked string) bool {
	if strings.TrimSpace(asked) == "" {
		for _, t := range sqlHelp {
			fmt.Fprintf(w, "  %-22s %s\n", t.name, t.what)
		}
		return true
	}
	found := topics(asked)
	for _, t := range found {
		fmt.Fprintf(w, "%s: %s\n%s\n\nExample:\n    %s;\n\n", t.name, t.what, t.syntax, t.example)
	}
	return len(found) > 0
}

// maxMentioning is how many topics are named for a word.
const maxMentioning = 4

// mentioning are the names of the first topics whose syntax has a word, as a keyword.
func mentioning(word string) []string {
	word = strings.ToUpper(strings.TrimRight(strings.TrimSpace(word), ";"))
	var names []string
	for _, t := range sqlHelp {
		words := strings.FieldsFunc(t.syntax, func(r rune) bool { return r < 'A' || r > 'Z' })
		if len(names) < maxMentioning && slices.Contains(words, word) {
			names = append(names, t.name)
		}
	}
	return names
}

// syntax is \h.
func (sh *shell) syntax(c call) error {
	if !writeTopics(sh.out.w, c.text) {
		if names := mentioning(c.text); len(names) > 0 {
			return fmt.Errorf("there is no help for %q alone; see \\h %s", clean(c.text), strings.Join(names, ", \\h "))
		}
		return fmt.Errorf("there is no help for %q; \\h lists the statements", clean(c.text))
	}
	if strings.TrimSpace(c.text) == "" {
		_, err := io.WriteString(sh.out.w, "\\h NAME shows the syntax of one.\n")
		return err
	}
	return nil
}
