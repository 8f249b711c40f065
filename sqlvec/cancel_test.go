package sqlvec_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec"
)

// canceledQueries are of all kinds of operators over the table of TestCancelAtRandom.
var canceledQueries = []string{
	"SELECT * FROM t",
	"SELECT id, c || 'x', b * 2 FROM t WHERE a % 3 = 1",
	"SELECT * FROM t LIMIT 100000",
	"SELECT * FROM t LIMIT 10 OFFSET 90000",
	"SELECT * FROM t UNION ALL SELECT * FROM t",
	"SELECT 100 / (id - 100000) FROM t",
	"SELECT * FROM t ORDER BY c, id DESC",
	"SELECT * FROM t ORDER BY b LIMIT 50000",
	"SELECT a, count(*), sum(b), max(c) FROM t GROUP BY a",
	"SELECT c, count(*), array_agg(id) FROM t GROUP BY c",
	"SELECT id, c, count(DISTINCT b) FROM t GROUP BY GROUPING SETS ((id, c), (c), ())",
	"SELECT count(DISTINCT c), count(DISTINCT b) FROM t",
	"SELECT a, percentile_cont(0.5) WITHIN GROUP (ORDER BY h), string_agg(c, ',' ORDER BY id) FROM t GROUP BY a",
	"SELECT DISTINCT b, c FROM t",
	"SELECT DISTINCT ON (a) * FROM t ORDER BY a, id DESC",
	"SELECT x.id, y.c FROM t x JOIN t y ON x.id = y.id + 7",
	"SELECT x.id, y.c FROM t x LEFT JOIN t y ON x.c = y.c AND x.id < y.id",
	"SELECT x.id, y.id FROM t x FULL JOIN t y ON x.a = y.id",
	"SELECT x.id FROM t x WHERE NOT EXISTS (SELECT FROM t y WHERE y.b = x.b AND y.id <> x.id)",
	"SELECT x.id, y.id FROM t x, t y WHERE x.id < y.id AND y.id < x.id + 5",
	"SELECT count(*) FROM t x, t y WHERE x.b < y.h",
	"SELECT x.id, (SELECT max(y.b) FROM t y WHERE y.a = x.a AND y.id < x.id) FROM t x",
	"SELECT *, row_number() OVER (PARTITION BY a ORDER BY b), sum(h) OVER (ORDER BY id ROWS 100 PRECEDING) FROM t",
	"SELECT id, lag(c) OVER (ORDER BY c, id), median(h) OVER (PARTITION BY a) FROM t",
	"SELECT b, c FROM t WHERE id > 1000 INTERSECT SELECT b, c FROM t WHERE id < 90000",
	"SELECT b, c FROM t EXCEPT ALL SELECT b, c FROM t WHERE a % 2 = 0",
	"SELECT b, c FROM t UNION SELECT b + 1, c FROM t",
	"WITH x AS MATERIALIZED (SELECT * FROM t) SELECT * FROM x JOIN x y USING (id) WHERE x.a < y.b",
	"WITH RECURSIVE r AS (SELECT id, 0 AS n FROM t WHERE id < 1000 UNION ALL SELECT t.id, n + 1 FROM r JOIN t ON t.id = r.id + 1000) SELECT * FROM r",
	"WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r WHERE n < 10000000) SELECT count(*) FROM r",
	"SELECT * FROM generate_series(1, 100000000) g WHERE g % 7 = 0",
	"SELECT id, unnest(string_to_array(c, 'x')) FROM t",
	"SELECT * FROM t, LATERAL (SELECT * FROM t y WHERE y.id = t.a LIMIT 3) l",
	"SELECT * FROM t ASOF JOIN t y ON t.a = y.a AND t.b >= y.b",
	"SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:60000",
	"SELECT * FROM t FOR SYSTEM_TIME ALL ORDER BY h, id",
	"SELECT * FROM 'FILE.parquet' ORDER BY c",
	"SELECT * FROM 'FILE.parquet'",
	"SELECT * FROM 'FILE.csv'",
	"SELECT a, count(*) FROM 'FILE.csv' GROUP BY a",
	"SELECT * FROM 'FILE.json'",
	"SELECT * FROM 'FILE.arrow'",
	"SELECT * FROM 'FILE.csv' x JOIN 'FILE.parquet' y USING (id)",
	"COPY t TO 'OUT.parquet'",
	"COPY t TO 'OUT.csv' CSV HEADER",
	"COPY (SELECT * FROM t ORDER BY c) TO 'OUT.json' (FORMAT json)",
	"COPY (SELECT * FROM t WHERE id % 3 = 0) TO 'OUT.arrow'",
	"DROP TABLE IF EXISTS n; CREATE TEMP TABLE n AS SELECT * FROM t",
	"INSERT INTO u SELECT * FROM t",
	"UPDATE u SET c = c || 'y'",
	"DELETE FROM u WHERE id % 2 = 0",
	"COPY u FROM 'FILE.csv' CSV HEADER",
	"COPY u FROM 'FILE.parquet'",
	"INSERT INTO u SELECT * FROM t RETURNING *",
	"MERGE INTO u USING t ON u.id = t.id WHEN MATCHED THEN UPDATE SET c = t.c WHEN NOT MATCHED THEN INSERT VALUES (t.id, t.a, t.b, t.c, t.h)",
	"CREATE INDEX ON u (c)",
	"SUMMARIZE t",
	"EXPLAIN ANALYZE SELECT c, count(*) FROM t GROUP BY c ORDER BY c",
	"CHECKPOINT",
	"VACUUM",
	"ANALYZE t",
}

// TestCancelAtRandom ends statements of all kinds at random moments: by their context, a timeout,
// the caller's error, a bound of the temporary files and one of memory. Each ends soon after.
// DRIFTDB_CANCELS says for how long it does so.
func TestCancelAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	lasts := 4 * time.Second
	if d, err := time.ParseDuration(os.Getenv("DRIFTDB_CANCELS")); err == nil {
		lasts = d
	}
	all := []sqlvec.Options{{Threads: 4}, {Threads: 1}, {Threads: 2, SpillAlways: true}, {Threads: 8, BatchRows: 100}}
	for i, o := range all {
		t.Run(fmt.Sprintf("%d threads", o.Threads), func(t *testing.T) {
			c := &canceler{db: open(t, o), dir: t.TempDir(), until: time.Now().Add(lasts / time.Duration(len(all)))}
			c.load(t)
			var both sync.WaitGroup
			for k := range 2 {
				rnd := rand.New(rand.NewPCG(seed, uint64(2*i+k)))
				both.Go(func() { c.run(t, rnd) })
			}
			both.Wait()
			t.Log(c.codes)
			for _, sql := range slices.SortedFunc(maps.Keys(c.late), func(a, b string) int { return cmp.Compare(c.late[b], c.late[a]) })[:min(5, len(c.late))] {
				t.Logf("at most %s late: %s", c.late[sql].Round(time.Millisecond), sql)
			}
		})
	}
}

// canceler runs statements that do not reach their end.
type canceler struct {
	db    *sqlvec.DB
	dir   string
	until time.Time
	mu    sync.Mutex
	codes map[string]int // how statements ended
	late  map[string]time.Duration
}

// load makes the tables and the files.
func (c *canceler) load(t *testing.T) {
	c.codes, c.late = map[string]int{}, map[string]time.Duration{}
	s := c.db.Session()
	defer s.Close()
	must(t, s, `CREATE TABLE t AS SELECT g AS id, CASE WHEN g % 11 > 0 THEN g % 5003 END AS a, (g * 7919 % 100003)::NUMERIC(10, 2) / 8 AS b,
		CASE WHEN g % 7 > 0 THEN repeat('x', g % 23) || g * 31 % 20011 END AS c, CASE WHEN g % 5 > 0 THEN (g * 13 % 50021)::FLOAT8 END AS h
		FROM generate_series(1, 100000) g; CREATE TABLE u (id BIGINT, a BIGINT, b NUMERIC, c TEXT, h FLOAT8)`)
	must(t, s, "CHECKPOINT; UPDATE t SET a = a + 1 WHERE id % 10 = 0; INSERT INTO u SELECT * FROM t WHERE id < 20000")
	for _, to := range []string{"parquet'", "csv' CSV HEADER", "json' (FORMAT json)", "arrow'"} {
		must(t, s, fmt.Sprintf("COPY t TO '%s/in.%s", c.dir, to))
	}
}

var errEnough = errors.New("enough")

// run runs statements until the time is over.
func (c *canceler) run(t *testing.T, rnd *rand.Rand) {
	s := c.db.Session()
	defer s.Close()
	for time.Now().Before(c.until) && !t.Failed() {
		kind := canceledQueries[rnd.IntN(len(canceledQueries))]
		sql := strings.NewReplacer("FILE.", c.dir+"/in.", "OUT.", fmt.Sprintf("%s/%p.", c.dir, rnd)).Replace(kind)
		limit := []string{"1GB", "1GB", "2MB", "4MB", "8MB", "16MB", "32MB"}[rnd.IntN(7)]
		setup := fmt.Sprintf("SET memory_limit = '%s'; SET temp_file_limit = -1", limit)
		after := time.Duration(math.Pow(10, rnd.Float64()*3.3) * 100 * float64(time.Microsecond))
		batches, how := math.MaxInt, rnd.IntN(6)
		ctx, cancel := context.WithCancel(context.Background())
		switch how {
		case 0:
			setup += fmt.Sprintf("; SET statement_timeout = %d", after.Milliseconds()+1)
		case 1, 2:
			batches = rnd.IntN(4)
		case 3:
			setup += fmt.Sprintf("; SET temp_file_limit = '%dkB'", 1+rnd.IntN(10000))
		}
		if _, err := script(s, setup); err != nil {
			t.Errorf("%s: %v", setup, err)
		}
		if how == 0 || how == 3 {
			after += time.Second
		}
		stop := time.AfterFunc(after, cancel)
		hung := time.AfterFunc(after+30*time.Second, func() {
			buf := make([]byte, 1<<20)
			panic(fmt.Sprintf("%s\n%s\nhas not ended\n%s", setup, sql, buf[:runtime.Stack(buf, true)]))
		})
		begun := time.Now()
		err := s.Run(ctx, sql, func(r *sqlvec.Result) error {
			return r.Each(func(*vec.Batch) error {
				if batches--; batches < 0 {
					if how == 1 {
						return errEnough
					}
					cancel()
				}
				return nil
			})
		})
		hung.Stop()
		stop.Stop()
		cancel()
		late := time.Since(begun) - after
		if c.mu.Lock(); how >= 4 {
			c.late[kind] = max(c.late[kind], late)
		}
		c.mu.Unlock()
		if late > 20*time.Second {
			t.Errorf("%s\n%s\nended %v late: %v", setup, sql, late, err)
		}
		c.note(t, setup+"\n"+sql, err)
		if _, err := script(s, "SET statement_timeout = 0; SELECT 1"); err != nil {
			t.Errorf("after %s: %v", sql, err)
		}
	}
}

// note counts how a statement ended, which is not by an internal error.
func (c *canceler) note(t *testing.T, sql string, err error) {
	code := "done"
	switch {
	case errors.Is(err, errEnough):
		code = "enough"
	case err != nil:
		code = string(dberr.CodeOf(err))
	}
	switch code {
	case "done", "enough", "57014", "53200", "53400", "22012", "40001":
	default:
		t.Errorf("%s\n%v", sql, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codes[code]++
}
