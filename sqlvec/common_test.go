package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCommonParts asks queries in which a part stands twice or more. The same rows must come as
// where each of the parts reads tables of its own, which hold the same rows.
func TestCommonParts(t *testing.T) {
	s := session(t)
	for n := 1; n <= 3; n++ {
		must(t, s, strings.ReplaceAll(`CREATE TABLE f# (id int, d int, g int, v numeric(10,2), w bigint, note text);
			INSERT INTO f# SELECT i, i * 7 % 500, i % 9, i % 1013, CASE WHEN i % 5 > 0 THEN i % 77 END, 'n' || i % 40 FROM generate_series(1, 20000) i;
			CREATE TABLE d# (k int, c int, name text);
			INSERT INTO d# SELECT i, i % 40, 'name ' || i % 30 FROM generate_series(0, 499) i`, "#", strconv.Itoa(n)))
	}
	rng := rand.New(rand.NewPCG(7, 11))
	common := 0
	const rounds = 300
	for range rounds {
		p := randomPart(rng)
		apart := p.query(rng)
		plain := strings.NewReplacer("f2", "f1", "d2", "d1", "f3", "f1", "d3", "d1").Replace(apart)
		got, err := script(s, plain)
		want, err2 := script(s, apart)
		if err != nil || err2 != nil {
			t.Fatalf("%s: %v, %v", plain, err, err2)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s:\n%d rows, want %d", plain, len(got), len(want))
		}
		if lines := must(t, s, "EXPLAIN "+plain); strings.Contains(strings.Join(lines, "\n"), "CTE Scan on common") {
			common++
		}
	}
	if common < rounds/2 {
		t.Errorf("%d of %d queries had a common part", common, rounds)
	}
}

// commonPart is a join, grouped or not, whose answers may have different columns.
type commonPart struct {
	from, where, group string
	cols               []string // names none; each an expression of numbers
}

func randomPart(rng *rand.Rand) commonPart {
	p := commonPart{
		from:  pickFrom(rng, "f# f JOIN d# d ON f.d = d.k", "f# f, d# d", "d# d JOIN f# f ON f.d = d.k", "f# f LEFT JOIN d# d ON f.d = d.k AND c < 3"),
		where: fmt.Sprintf("c %s %d", pickFrom(rng, "=", "<", "<="), rng.IntN(4)),
		cols:  []string{"f.id", "f.w", "f.g", "d.k", "f.v", "length(f.note)", "d.c + f.g"},
	}
	if p.from == "f# f, d# d" {
		p.where += " AND f.d = d.k"
	}
	if rng.IntN(2) == 0 {
		p.where += pickFrom(rng, " AND f.g < 5", " AND f.note <> 'n3'", " AND f.w IS NOT NULL", " AND d.name LIKE '%1%'")
	}
	if rng.IntN(2) == 0 {
		p.group = pickFrom(rng, "f.g", "d.c, f.g", "d.name")
		p.cols = []string{"count(*)", "sum(f.v)", "min(f.w)", "max(f.id)", "count(DISTINCT f.w)", "sum(f.v) FILTER (WHERE f.g = 2)", "avg(f.w)"}
	}
	return p
}

func pickFrom(rng *rand.Rand, list ...string) string { return list[rng.IntN(len(list))] }

// ask returns the part as a query of two columns, a and b, of the n-th tables.
func (p commonPart) ask(rng *rand.Rand, n int) string {
	sql := fmt.Sprintf("SELECT %s AS a, %s AS b FROM %s WHERE %s", pickFrom(rng, p.cols...), pickFrom(rng, p.cols...), strings.ReplaceAll(p.from, "#", strconv.Itoa(n)), p.where)
	if p.group != "" {
		sql += " GROUP BY " + p.group
	}
	return sql
}

// query returns a query with the part in it at least twice.
func (p commonPart) query(rng *rand.Rand) string {
	one, two, three := p.ask(rng, 1), p.ask(rng, 2), p.ask(rng, 3)
	switch rng.IntN(7) {
	case 0:
		return one + " UNION ALL " + two
	case 1:
		return fmt.Sprintf("SELECT count(*), sum(x.a), max(y.b) FROM (%s) x JOIN (%s) y ON x.a = y.a", one, two)
	case 2:
		return fmt.Sprintf("SELECT * FROM (%s) x WHERE a > (SELECT avg(b) FROM (%s) y)", one, two)
	case 3:
		return fmt.Sprintf("SELECT * FROM (%s) x WHERE a IN (SELECT b FROM (%s) y WHERE y.a > 3)", one, two)
	case 4:
		return fmt.Sprintf("%s UNION ALL %s UNION ALL SELECT sum(a), min(b) FROM (%s) z", one, two, three)
	case 5:
		return fmt.Sprintf("SELECT count(*), sum(a) FROM (%s) x UNION ALL (SELECT a, b FROM (%s) y ORDER BY a, b LIMIT 5) UNION ALL SELECT count(b), max(a) FROM (%s) z", one, two, three)
	default:
		return fmt.Sprintf("WITH q AS (%s) SELECT a, (SELECT count(*) FROM (%s) y WHERE y.a = q.a) FROM q UNION ALL SELECT b, 1 FROM q", one, two)
	}
}
