// Package querygen makes random tables, changes of them and queries over them, from a
// grammar that PostgreSQL and DriftDB share.
//
// The answers are for others to judge: another database, or the engine itself asked the
// same in another way. So queries have one answer as a multiset: no LIMIT without a
// total order, no volatile function, DOUBLE PRECISION values that add up exactly in any
// order, and keys of which equal ones look the same. The same seed makes the same queries.
package querygen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// kind is the type of an expression, of which columns may be of several types of SQL.
type kind int

const (
	integer kind = iota
	numeric
	text
	boolean
	date
	double
	stamp     // TIMESTAMP
	instant   // TIMESTAMP WITH TIME ZONE
	interval  // INTERVAL
	integers  // INTEGER[]
	texts     // TEXT[]
	document  // JSONB
	kinds     = int(document) + 1
	narrowest = int(double) + 1 // kinds of the columns that are indexed alone
)

// sqlTypes are the names of the kinds, by table: the same column has different types in
// different tables.
var sqlTypes = [kinds][3]string{
	{"INTEGER", "BIGINT", "SMALLINT"}, {"NUMERIC(10,2)", "NUMERIC", "NUMERIC(20,6)"}, {"TEXT", "VARCHAR(40)", "CHAR(8)"}, {"BOOLEAN", "BOOLEAN", "BOOLEAN"},
	{"DATE", "DATE", "DATE"}, {"DOUBLE PRECISION", "DOUBLE PRECISION", "REAL"}, {"TIMESTAMP", "TIMESTAMP", "TIMESTAMP"}, {"TIMESTAMPTZ", "TIMESTAMPTZ", "TIMESTAMPTZ"},
	{"INTERVAL", "INTERVAL", "INTERVAL"}, {"INTEGER[]", "INTEGER[]", "INTEGER[]"}, {"TEXT[]", "TEXT[]", "TEXT[]"}, {"JSONB", "JSONB", "JSONB"},
}

// name is the type that CAST makes an expression of the kind: one that has all values of it.
func (k kind) name() string {
	if k == numeric {
		return "NUMERIC"
	}
	return sqlTypes[k][0]
}

// column is a column in scope: how a query names it, and its kind.
type column struct {
	name string
	kind kind
}

// table is a table of the schema.
type table struct {
	name string
	cols []column
	n    int // place in the schema
}

// Gen makes queries. It is for one goroutine.
type Gen struct {
	r      *rand.Rand
	tables []table
	views  []table // over the tables
	names  int     // aliases given so far
	most   int     // tables that a FROM clause may name; 1: there are no subqueries of conditions either
}

// New returns a generator that begins at seed.
func New(seed uint64) *Gen {
	g := &Gen{r: rand.New(rand.NewPCG(seed, seed)), most: 3}
	for i := range 3 {
		t := table{name: fmt.Sprintf("t%d", i), cols: []column{{"id", integer}}, n: i}
		for k := range kinds {
			t.cols = append(t.cols, column{fmt.Sprintf("c%d", k), kind(k)})
		}
		t.cols = append(t.cols, column{"words", text})
		g.tables = append(g.tables, t)
	}
	return g
}

// Schema returns the statements that make and fill the tables: about rows rows each, with
// few distinct values and many NULLs, so that joins and groups meet. Queries over tables of
// many rows join few.
func (g *Gen) Schema(rows int) []string {
	var out []string
	if rows > 100 {
		g.most = 2
	}
	for _, t := range g.tables {
		out = append(out, "CREATE TABLE "+t.name+" ("+g.columns(t)+")")
		n := g.r.IntN(rows + 1)
		if n == 0 {
			continue // an empty table is worth having
		}
		out = append(out, "INSERT INTO "+t.name+" VALUES "+g.rows(t, 1, n))
	}
	for i := range 2 {
		sql, cols := g.derived()
		v := table{name: fmt.Sprintf("v%d", i), cols: cols}
		out = append(out, "CREATE VIEW "+v.name+" AS "+sql)
		g.views = append(g.views, v)
	}
	return out
}

// Grow returns statements that double the rows of each table, several times. Queries then are
// those whose time does not grow with the square of the rows.
func (g *Gen) Grow(times int) []string {
	g.most = 1
	var out []string
	for i := range times {
		for _, t := range g.tables {
			out = append(out, fmt.Sprintf("INSERT INTO %s SELECT id + %d%s FROM %s", t.name, 1000<<i, listOf(t.cols[1:]), t.name))
		}
	}
	return out
}

func (g *Gen) columns(t table) string {
	parts := []string{"id INTEGER PRIMARY KEY"}
	for _, c := range t.cols[1 : 1+kinds] {
		parts = append(parts, c.name+" "+sqlTypes[c.kind][t.n])
	}
	parts = append(parts, "words TEXT")
	return strings.Join(parts, ", ")
}

// Indexes returns statements that index some columns of the tables.
func (g *Gen) Indexes() []string {
	var out []string
	for _, t := range g.tables {
		i := g.r.IntN(narrowest)
		a, b := t.cols[1+i].name, t.cols[1+(i+1+g.r.IntN(kinds-1))%kinds].name
		out = append(out, fmt.Sprintf("CREATE INDEX ON %s (%s)", t.name, a), fmt.Sprintf("CREATE INDEX ON %s (%s, %s)", t.name, b, a),
			fmt.Sprintf("CREATE INDEX ON %s (words)", t.name))
	}
	return out
}

func (g *Gen) rows(t table, from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d%s)", from+i, g.values(t))
	}
	return b.String()
}

// values is a row's values, each behind a comma, without the id.
func (g *Gen) values(t table) string {
	var b strings.Builder
	for _, c := range t.cols[1:] {
		b.WriteString(", ")
		if c.name == "words" && g.r.IntN(5) > 0 {
			fmt.Fprintf(&b, "'w%d%s'", g.r.IntN(5000), strings.Repeat("xy ", g.r.IntN(8)))
			continue
		}
		b.WriteString(g.nullable(c.kind))
	}
	return b.String()
}

// nullable is a literal or, one time in five, NULL.
func (g *Gen) nullable(k kind) string {
	if g.r.IntN(5) == 0 {
		return "NULL"
	}
	return g.literal(k)
}

func (g *Gen) literal(k kind) string {
	switch k {
	case integer:
		return fmt.Sprint(g.r.IntN(12) - 3)
	case numeric:
		return fmt.Sprintf("%d.%02d", g.r.IntN(9)-2, 25*g.r.IntN(4))
	case text:
		return g.pick("'a'", "'b'", "'abc'", "''", "'Ab'", "'b%'", "'x_y'", "'zebra'", "'żółw'")
	case boolean:
		return g.pick("TRUE", "FALSE")
	case date:
		return fmt.Sprintf("DATE '2024-0%d-%02d'", 1+g.r.IntN(3), 1+g.r.IntN(28))
	case double:
		return g.pick("0.5", "-1.25", "2", "3.75", "0", "-2") + "::DOUBLE PRECISION"
	case stamp:
		return "TIMESTAMP " + g.moment()
	case instant:
		return "TIMESTAMPTZ " + strings.TrimSuffix(g.moment(), "'") + g.pick("+00'", "+02'", "-05:30'")
	case interval:
		return "INTERVAL " + g.pick("'1 month'", "'3 days'", "'36 hours'", "'-2 days 01:30:00'", "'1 year -10 days'", "'00:00:00.25'", "'0'")
	case integers:
		return g.pick("ARRAY[1, 2, 3]", "'{}'::INTEGER[]", "ARRAY[2]", "ARRAY[NULL, 1]", "ARRAY[3, 2, 1, 0]", "ARRAY[1, 2]")
	case texts:
		return g.pick("ARRAY['a', 'b']", "'{}'::TEXT[]", "ARRAY['abc', NULL]", "ARRAY['', 'a,b']", "ARRAY['b']")
	}
	return g.pick(`'{"a": 1, "b": "x"}'`, `'{"a": null, "d": [1, 2]}'`, `'{}'`, `'[1, "a", null]'`, `'{"a": 2, "e": {"b": true}}'`, `'"s"'`, `'7'`, `'null'`, `'[]'`) + "::JSONB"
}

// moment is a time of day of few days, among them those when the clocks of Europe change.
func (g *Gen) moment() string {
	return fmt.Sprintf("'2024-%s %02d:%s'", g.pick("01-01", "02-29", "03-31", "10-27", "12-31", "03-30"), g.r.IntN(24), g.pick("00:00", "30:00", "59:59.5", "15:30.000001"))
}

func (g *Gen) pick(of ...string) string { return of[g.r.IntN(len(of))] }

// anyKind draws a kind.
func (g *Gen) anyKind() kind { return kind(g.r.IntN(kinds)) }

// alias returns a name that no other table reference has.
func (g *Gen) alias() string {
	g.names++
	return fmt.Sprintf("q%d", g.names)
}

// some draws a table.
func (g *Gen) some() table { return g.tables[g.r.IntN(len(g.tables))] }

// Tables returns the tables' names.
func (g *Gen) Tables() []string {
	var out []string
	for _, t := range g.tables {
		out = append(out, t.name)
	}
	return out
}

// under returns the table's columns under an alias.
func (t table) under(alias string) []column {
	out := make([]column, len(t.cols))
	for i, c := range t.cols {
		out[i] = column{alias + "." + c.name, c.kind}
	}
	return out
}

// Predicate returns a random predicate over the columns of a table, named as such.
func (g *Gen) Predicate(table string, depth int) string {
	for _, t := range g.tables {
		if t.name == table {
			return g.predicate(t.under(table), depth)
		}
	}
	return "TRUE"
}
