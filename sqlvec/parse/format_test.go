package parse

import (
	"errors"
	"reflect"
	"testing"

	"driftdb/internal/dberr"
)

var posType = reflect.TypeFor[Pos]()

// visit calls f with every position in a tree.
func visit(v reflect.Value, f func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			visit(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			visit(v.Field(i), f)
		}
	default:
		if v.Type() == posType {
			f(v)
		}
	}
}

// strip clears every position of a tree.
func strip(n any) {
	visit(reflect.ValueOf(n), func(v reflect.Value) {
		if v.CanSet() {
			v.SetInt(0)
		}
	})
}

// roundTrip checks that a statement's printed form parses to the same tree, and
// prints the same again.
func roundTrip(t *testing.T, s Stmt) {
	t.Helper()
	text := Format(s)
	again, err := Parse(text)
	var e *dberr.Error
	if errors.As(err, &e) && e.Code == dberr.StatementTooComplex {
		return // parentheses made it deeper
	}
	if err != nil {
		t.Fatalf("%s\n\tdoes not parse: %s", text, describe(err))
	}
	if len(again) != 1 {
		t.Fatalf("%s\n\tparses to %d statements", text, len(again))
	}
	if text2 := Format(again[0].Stmt); text2 != text {
		t.Fatalf("%s\n\tprints differently the second time:\n%s", text, text2)
	}
	strip(s)
	strip(again[0].Stmt)
	if !reflect.DeepEqual(s, again[0].Stmt) {
		t.Fatalf("%s\n\tparses to another tree", text)
	}
}

func TestFormatRoundTrip(t *testing.T) {
	for _, sql := range accepted {
		stmts, err := Parse(sql)
		if err != nil {
			t.Fatalf("%s: %s", sql, describe(err))
		}
		for _, s := range stmts {
			roundTrip(t, s.Stmt)
		}
	}
}

func TestPositionsAreTokens(t *testing.T) {
	for _, sql := range accepted {
		stmts, err := Parse(sql)
		if err != nil {
			t.Fatalf("%s: %s", sql, describe(err))
		}
		starts := map[int]bool{0: true}
		for l := (lexer{sql: sql}); ; {
			tok := l.next()
			starts[int(tok.start)+1] = true
			if tok.kind == tokEOF {
				break
			}
		}
		for _, s := range stmts {
			visit(reflect.ValueOf(s.Stmt), func(v reflect.Value) {
				if !starts[int(v.Int())] {
					t.Errorf("%s\n\tposition %d is no token", sql, v.Int())
				}
			})
		}
	}
}

func TestFormatText(t *testing.T) {
	cases := []struct{ sql, want string }{
		{"select A, \"B\" from T where not a=1 and (b or c)", `SELECT a, "B" FROM t WHERE NOT a = 1 AND (b OR c)`},
		{"select (a+b)*c, a+(b*c), a-(b-c), (a-b)-c", `SELECT (a + b) * c, a + b * c, a - (b - c), a - b - c`},
		{"select cast(a as int), date '2020-01-01', interval '1' day, a::varchar(3)[]", `SELECT a::integer, '2020-01-01'::date, '1'::interval day, a::varchar(3)[]`},
		{"select trim(both 'x' from a), extract(year from d), position('a' in b), coalesce(a,b)", `SELECT btrim(a, 'x'), extract(year FROM d), "position"(b, 'a'), coalesce(a, b)`},
		{"select - -1, -a^2, 'it''s', \"select\", \"a b\"", `SELECT -(-1), -a ^ 2, 'it''s', "select", "a b"`},
		{"select * from a join b join c on x on y, (d cross join e) as f", `SELECT * FROM a JOIN (b JOIN c ON x) ON y, (d CROSS JOIN e) AS f`},
		{"select 1 union (select 2 union select 3) intersect select 4", `SELECT 1 UNION (SELECT 2 UNION SELECT 3) INTERSECT SELECT 4`},
		{"select * from t as of @seq:2 x where a as of '2024-01-01'", `SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:2 AS x WHERE a FOR SYSTEM_TIME AS OF '2024-01-01'`},
		{"table t order by 1 fetch first row only", `SELECT * FROM t ORDER BY 1 LIMIT 1`},
		{"insert into t {\"a\": 1}", `INSERT INTO t {"a": 1}`},
	}
	for _, c := range cases {
		stmts, err := Parse(c.sql)
		if err != nil {
			t.Errorf("%s: %s", c.sql, describe(err))
			continue
		}
		if got := Format(stmts[0].Stmt); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}
