package sqlvec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// TestOrderedAccess asks for the first rows in the order of keys, of tables in all states of parts,
// tails, deletions and open transactions, now and in the past. The same rows must come as from a
// query whose order no index has.
func TestOrderedAccess(t *testing.T) {
	var total, served int
	for seed := range seeds(t, 25) {
		opts := sqlvec.Options{}
		opts.Store.SegmentMin, opts.Store.SegmentMax = 64<<10, 1<<20
		opts.Store.InlineRows, opts.Store.PartRows, opts.Store.GroupRows = 64, 256, 64
		o := &orderedAccess{t: t, rng: rand.New(rand.NewPCG(seed, 5)), engine: &engine{dir: t.TempDir() + "/db", opts: opts}}
		o.run()
		total, served = total+o.total, served+o.served
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(o.log, ";\n"))
		}
	}
	if served*2 < total {
		t.Errorf("an index gave the order of %d of %d queries", served, total)
	}
}

type orderedAccess struct {
	t      *testing.T
	rng    *rand.Rand
	engine *engine
	s      *sqlvec.Session
	log    []string
	open   bool

	total, served int
}

func (o *orderedAccess) run() {
	if err := colstore.Init(o.engine.dir, o.engine.opts.Store); err != nil {
		o.t.Fatal(err)
	}
	o.connect()
	defer func() { o.s.Close(); o.engine.Close() }()
	o.do("CREATE TABLE k (a INTEGER, b VARCHAR(8), c BIGINT, d TEXT, PRIMARY KEY (a, b))")
	o.do("CREATE INDEX k_c ON k (c)")
	o.insert(200 + o.rng.IntN(400))
	for range 25 {
		o.step()
		for range 4 {
			o.compare()
		}
		if o.t.Failed() {
			return
		}
	}
}

func (o *orderedAccess) connect() {
	if err := o.engine.open(); err != nil {
		o.t.Fatal(err)
	}
	o.s = o.engine.db.Session()
}

func (o *orderedAccess) do(sql string) {
	o.log = append(o.log, sql)
	must(o.t, o.s, sql)
}

// insert adds rows with keys that may be there.
func (o *orderedAccess) insert(n int) {
	rows := make([]string, n)
	for i := range rows {
		c := "NULL"
		if o.rng.IntN(8) > 0 {
			c = fmt.Sprint(o.rng.IntN(200) - 50)
		}
		rows[i] = fmt.Sprintf("(%d, '%c%d', %s, 'd%d')", o.rng.IntN(12)-3, 'a'+rune(o.rng.IntN(3)), o.rng.IntN(60), c, o.rng.IntN(1000))
	}
	o.do("INSERT INTO k VALUES " + strings.Join(rows, ", ") + " ON CONFLICT DO NOTHING")
}

// step changes the table, or what it is stored in.
func (o *orderedAccess) step() {
	a := o.rng.IntN(12) - 3
	switch k := o.rng.IntN(14); {
	case k < 4:
		o.insert(1 + o.rng.IntN(60))
	case k < 6:
		o.do(fmt.Sprintf("UPDATE k SET d = d || 'x', c = c + 1 WHERE a = %d AND c > %d", a, o.rng.IntN(150)-50))
	case k < 7:
		o.do(fmt.Sprintf("UPDATE k SET b = b || 'z' WHERE a = %d AND b LIKE 'a%%' AND length(b) < 6 AND (a, b || 'z') NOT IN (SELECT a, b FROM k)", a))
	case k < 8:
		o.do(fmt.Sprintf("DELETE FROM k WHERE a = %d AND c %% 3 = %d", a, o.rng.IntN(3)))
	case k < 10 && !o.open:
		o.do("BEGIN")
		o.open = true
	case k < 10:
		o.do("SAVEPOINT s")
		o.insert(1 + o.rng.IntN(100))
		o.do(fmt.Sprintf("DELETE FROM k WHERE a = %d", a))
		if o.rng.IntN(2) == 0 {
			o.do("ROLLBACK TO s")
		}
	case o.open:
		o.do([]string{"COMMIT", "ROLLBACK"}[o.rng.IntN(2)])
		o.open = false
	case k < 12:
		o.do([]string{"CHECKPOINT", "VACUUM"}[o.rng.IntN(2)])
	default:
		o.log = append(o.log, "-- restart")
		o.s.Close()
		if err := o.engine.Close(); err != nil {
			o.t.Fatal(err)
		}
		o.connect()
	}
}

// compare asks a query whose order an index may have, and the same with an order that none has.
func (o *orderedAccess) compare() {
	from := "k"
	if o.rng.IntN(3) == 0 {
		last := must(o.t, o.s, "SELECT current_seq()")[0]
		from += " FOR SYSTEM_TIME AS OF @SEQ:" + must(o.t, o.s, "SELECT (random() * "+last+")::bigint")[0]
	}
	a, b, c := o.rng.IntN(12)-3, fmt.Sprintf("%c%d", 'a'+rune(o.rng.IntN(3)), o.rng.IntN(60)), o.rng.IntN(200)-50
	desc := []string{"", " DESC"}[o.rng.IntN(2)]
	compare := []string{"<", "<=", ">", ">=", "="}
	op := compare[o.rng.IntN(len(compare))]
	var where, order, other string
	switch o.rng.IntN(7) {
	case 0:
		order, other = "a"+desc+", b"+desc, "a + 0"+desc+", b || ''"+desc
	case 1:
		where, order, other = fmt.Sprintf("a %s %d", op, a), "a"+desc+", b"+desc, "a + 0"+desc+", b || ''"+desc
	case 2:
		where, order, other = fmt.Sprintf("a = %d AND b %s '%s'", a, op, b), "b"+desc, "b || ''"+desc
	case 3:
		where, order, other = fmt.Sprintf("a = %d AND b >= '%s' AND b < 'c'", a, b), "a, b"+desc, "b || ''"+desc
	case 4:
		where, order, other = fmt.Sprintf("c %s %d AND c < 120", compare[2+o.rng.IntN(2)], c), "c"+desc, "c + 0"+desc
	case 5:
		order, other = "c"+desc, "c + 0"+desc
	default:
		o.extreme(from, []string{"min", "max"}[o.rng.IntN(2)], op, a)
		return
	}
	if where != "" {
		where = " WHERE " + where
	}
	columns := "a, b, c, d"
	if strings.HasPrefix(order, "c") {
		columns = "c" // rows with equal keys come in any order
	}
	limit := fmt.Sprintf(" LIMIT %d OFFSET %d", 1+o.rng.IntN(8), o.rng.IntN(3))
	o.same("SELECT "+columns+" FROM "+from+where+" ORDER BY ", order+limit, other+limit)
}

func (o *orderedAccess) extreme(from, fn, op string, a int) {
	q := fmt.Sprintf(" FROM %s WHERE a %s %d", from, op, a)
	o.same("SELECT "+fn, "(a)"+q, "(a + 0)"+q)
}

func (o *orderedAccess) same(head, served, naive string) {
	got, err := script(o.s, head+served)
	want, errWant := script(o.s, head+naive)
	if err != nil || errWant != nil {
		if fmt.Sprint(err) != fmt.Sprint(errWant) {
			o.t.Errorf("%s: %v and %v", head+served, err, errWant)
		}
		if o.open {
			o.s.Run(o.t.Context(), "ROLLBACK", nil)
			o.open = false
		}
		return
	}
	if o.total++; strings.Contains(must(o.t, o.s, "EXPLAIN "+head+served)[0], "Index Scan") {
		o.served++
	}
	if got[0] != want[0] {
		o.t.Errorf("%s\n got: %q\nwant: %q", head+served, got[0], want[0])
	}
}
