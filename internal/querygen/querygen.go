// Package querygen makes random tables and random queries over them, from a grammar
// that PostgreSQL and DriftDB share.
//
// The answers are for others to judge: another database, or the engine itself asked the
// same in another way. So queries have one answer as a multiset: no LIMIT without a
// total order, no volatile function, and DOUBLE PRECISION values that add up exactly in
// any order. The same seed makes the same queries.
package querygen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// kind is the type of an expression.
type kind int

const (
	integer kind = iota
	numeric
	text
	boolean
	date
	double
	kinds = int(double) + 1
)

// sqlTypes are the names of the kinds.
var sqlTypes = [kinds]string{"INTEGER", "NUMERIC(10,2)", "TEXT", "BOOLEAN", "DATE", "DOUBLE PRECISION"}

// column is a column in scope: how a query names it, and its kind.
type column struct {
	name string
	kind kind
}

// table is a table of the schema.
type table struct {
	name string
	cols []column
}

// Gen makes queries. It is for one goroutine.
type Gen struct {
	r      *rand.Rand
	tables []table
	names  int // aliases given so far
}

// New returns a generator that begins at seed.
func New(seed uint64) *Gen {
	g := &Gen{r: rand.New(rand.NewPCG(seed, seed))}
	for i := range 3 {
		t := table{name: fmt.Sprintf("t%d", i), cols: []column{{"id", integer}}}
		for k := range kinds {
			t.cols = append(t.cols, column{fmt.Sprintf("c%d", k), kind(k)})
		}
		g.tables = append(g.tables, t)
	}
	return g
}

// Schema returns the statements that make and fill the tables: about rows rows each, with
// few distinct values and many NULLs, so that joins and groups meet.
func (g *Gen) Schema(rows int) []string {
	var out []string
	for _, t := range g.tables {
		out = append(out, "CREATE TABLE "+t.name+" ("+g.columns(t)+")")
		n := g.r.IntN(rows + 1)
		if n == 0 {
			continue // an empty table is worth having
		}
		out = append(out, "INSERT INTO "+t.name+" VALUES "+g.rows(t, 1, n))
	}
	return out
}

// Change returns a statement that inserts, updates or deletes rows. Its rows have ids
// above all others' when from is.
func (g *Gen) Change(from int) string {
	t := g.tables[g.r.IntN(len(g.tables))]
	switch g.r.IntN(5) {
	case 3:
		return g.merge(t, from)
	case 4:
		return g.writing(t, from)
	case 0:
		return "INSERT INTO " + t.name + " VALUES " + g.rows(t, from, 1+g.r.IntN(5))
	case 1:
		c := t.cols[1+g.r.IntN(kinds)]
		return fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", t.name, c.name, g.literal(c.kind), g.Predicate(t.name, 1))
	}
	return fmt.Sprintf("DELETE FROM %s WHERE %s AND id %% 4 = 0", t.name, g.Predicate(t.name, 1))
}

func (g *Gen) columns(t table) string {
	parts := []string{"id INTEGER PRIMARY KEY"}
	for _, c := range t.cols[1:] {
		parts = append(parts, c.name+" "+sqlTypes[c.kind])
	}
	return strings.Join(parts, ", ")
}

func (g *Gen) rows(t table, from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d", from+i)
		for _, c := range t.cols[1:] {
			b.WriteString(", " + g.nullable(c.kind))
		}
		b.WriteString(")")
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
		return g.pick("'a'", "'b'", "'abc'", "''", "'Ab'", "'b%'", "'x_y'", "'zebra'")
	case boolean:
		return g.pick("TRUE", "FALSE")
	case date:
		return fmt.Sprintf("DATE '2024-0%d-%02d'", 1+g.r.IntN(3), 1+g.r.IntN(28))
	}
	return g.pick("0.5", "-1.25", "2", "3.75", "0", "-2") + "::DOUBLE PRECISION"
}

func (g *Gen) pick(of ...string) string { return of[g.r.IntN(len(of))] }

// alias returns a name that no other table reference has.
func (g *Gen) alias() string {
	g.names++
	return fmt.Sprintf("q%d", g.names)
}

// Tables returns the tables' names.
func (g *Gen) Tables() []string {
	var out []string
	for _, t := range g.tables {
		out = append(out, t.name)
	}
	return out
}

// scopeOf returns the columns of the named table under an alias.
func (g *Gen) scopeOf(name, alias string) []column {
	var out []column
	for _, t := range g.tables {
		if t.name == name {
			for _, c := range t.cols {
				out = append(out, column{alias + "." + c.name, c.kind})
			}
		}
	}
	return out
}

// Predicate returns a random predicate over the columns of a table, named as such.
func (g *Gen) Predicate(table string, depth int) string {
	return g.predicate(g.scopeOf(table, table), depth)
}
