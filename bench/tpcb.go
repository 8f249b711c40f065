package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"

	"driftdb/sqlvec"
)

// tpcbTables are those of pgbench, with VARCHAR for CHAR: nothing but blanks is in it.
var tpcbTables = []string{
	"CREATE TABLE pgbench_branches (bid INTEGER PRIMARY KEY, bbalance INTEGER, filler VARCHAR(88))",
	"CREATE TABLE pgbench_tellers (tid INTEGER PRIMARY KEY, bid INTEGER, tbalance INTEGER, filler VARCHAR(84))",
	"CREATE TABLE pgbench_accounts (aid INTEGER PRIMARY KEY, bid INTEGER, abalance INTEGER, filler VARCHAR(84))",
	"CREATE TABLE pgbench_history (tid INTEGER, bid INTEGER, aid INTEGER, delta INTEGER, mtime TIMESTAMP, filler VARCHAR(22))",
}

// Numbers of rows for a scale of 1.
const (
	tpcbTellers  = 10
	tpcbAccounts = 100_000
)

// tpcb measures transfers like those of TPC-B: five statements a transaction over four tables, of which
// that of the branches is so small that clients meet in it. Ours is the library in process, PostgreSQL
// runs pgbench's own script. Before, the same fifty transfers are made in both and compared; after,
// the sums of all four tables must be equal in each.
func (r *run) tpcb(ctx context.Context) error {
	dir, err := r.scratch("tpcb")
	if err != nil {
		return err
	}
	t := &tpcbRun{scale: max(1, r.Rows/200_000)}
	if t.db, err = r.create(filepath.Join(dir, "db")); err != nil {
		return err
	}
	defer t.db.Close()
	if err := t.load(ctx); err != nil {
		return err
	}
	if t.pg, err = r.postgresPeer(ctx); err != nil {
		return err
	}
	var differ error
	if t.pg != nil {
		defer t.pg.close()
		if _, err := t.pg.run(ctx, "pgbench", "-h", t.pg.dir, "-U", "postgres", "-q", "-i", "-s", fmt.Sprint(t.scale), "postgres"); err != nil {
			return err
		}
		differ = t.compare(ctx)
	}
	for _, clients := range []int{1, 8} {
		row := Row{Workload: "TPC-B", Name: fmt.Sprintf("%d clients, %d accounts", clients, t.scale*tpcbAccounts), Unit: "transactions/s", PeerName: "PostgreSQL", More: true}
		if err := t.measure(ctx, r, &row, clients); err != nil {
			return err
		}
		if differ != nil {
			r.fail(&row, differ)
		}
		r.row(row)
	}
	return nil
}

// tpcbRun is the two systems.
type tpcbRun struct {
	scale int
	db    *sqlvec.DB
	pg    *postgres
	again atomic.Int64 // transactions that met another's change and ran again
}

// load makes our tables.
func (t *tpcbRun) load(ctx context.Context) error {
	s := t.db.Session()
	defer s.Close()
	series := func(n int) string { return fmt.Sprintf("generate_series(1, %d) AS g(i)", n) }
	statements := append(append([]string(nil), tpcbTables...),
		"INSERT INTO pgbench_branches SELECT i, 0, NULL FROM "+series(t.scale),
		fmt.Sprintf("INSERT INTO pgbench_tellers SELECT i, (i - 1) / %d + 1, 0, NULL FROM %s", tpcbTellers, series(t.scale*tpcbTellers)),
		fmt.Sprintf("INSERT INTO pgbench_accounts SELECT i, (i - 1) / %d + 1, 0, repeat(' ', 84) FROM %s", tpcbAccounts, series(t.scale*tpcbAccounts)),
		"CHECKPOINT")
	for _, q := range statements {
		if _, _, err := query(ctx, s, q); err != nil {
			return err
		}
	}
	return nil
}

// transfer is one transaction.
type transfer struct{ aid, bid, tid, delta int }

// draw draws a transfer as pgbench does.
func (t *tpcbRun) draw(rng *rand.Rand) transfer {
	return transfer{1 + rng.IntN(t.scale*tpcbAccounts), 1 + rng.IntN(t.scale), 1 + rng.IntN(t.scale*tpcbTellers), rng.IntN(10001) - 5000}
}

// statements are those of a transfer as text.
func (x transfer) statements() []string {
	return []string{
		"BEGIN",
		fmt.Sprintf("UPDATE pgbench_accounts SET abalance = abalance + %d WHERE aid = %d", x.delta, x.aid),
		fmt.Sprintf("SELECT abalance FROM pgbench_accounts WHERE aid = %d", x.aid),
		fmt.Sprintf("UPDATE pgbench_tellers SET tbalance = tbalance + %d WHERE tid = %d", x.delta, x.tid),
		fmt.Sprintf("UPDATE pgbench_branches SET bbalance = bbalance + %d WHERE bid = %d", x.delta, x.bid),
		fmt.Sprintf("INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (%d, %d, %d, %d, CURRENT_TIMESTAMP)", x.tid, x.bid, x.aid, x.delta),
		"COMMIT",
	}
}

// executed are the statements with those of tpcbPrepared.
func (x transfer) executed() []string {
	return []string{
		"BEGIN",
		fmt.Sprintf("EXECUTE account (%d, %d)", x.delta, x.aid),
		fmt.Sprintf("EXECUTE balance (%d)", x.aid),
		fmt.Sprintf("EXECUTE teller (%d, %d)", x.delta, x.tid),
		fmt.Sprintf("EXECUTE branch (%d, %d)", x.delta, x.bid),
		fmt.Sprintf("EXECUTE history (%d, %d, %d, %d)", x.tid, x.bid, x.aid, x.delta),
		"COMMIT",
	}
}

var tpcbPrepared = []string{
	"PREPARE account (INTEGER, INTEGER) AS UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2",
	"PREPARE balance (INTEGER) AS SELECT abalance FROM pgbench_accounts WHERE aid = $1",
	"PREPARE teller (INTEGER, INTEGER) AS UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2",
	"PREPARE branch (INTEGER, INTEGER) AS UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2",
	"PREPARE history (INTEGER, INTEGER, INTEGER, INTEGER) AS INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)",
}

// inTransaction runs the statements of a transaction, again when it met another's change.
func (t *tpcbRun) inTransaction(ctx context.Context, s *sqlvec.Session, statements []string) error {
	tries := int64(-1)
	err := again(func() error {
		tries++
		for _, q := range statements {
			if _, _, err := query(ctx, s, q); err != nil {
				if open, _ := s.InTransaction(); open {
					query(ctx, s, "ROLLBACK")
				}
				return err
			}
		}
		return nil
	})
	t.again.Add(tries)
	return err
}

// compare makes the same transfers in both systems, and compares all that is not as it was.
func (t *tpcbRun) compare(ctx context.Context) error {
	s, rng := t.db.Session(), rand.New(rand.NewPCG(4, 4))
	defer s.Close()
	var all []string
	for range 50 {
		x := t.draw(rng)
		if err := t.inTransaction(ctx, s, x.statements()); err != nil {
			return err
		}
		all = append(all, x.statements()...)
	}
	if _, err := t.pg.sql(ctx, strings.Join(all, ";")); err != nil {
		return err
	}
	for _, q := range []string{
		"SELECT count(*), md5(string_agg(aid || ':' || abalance, ',' ORDER BY aid)) FROM pgbench_accounts WHERE abalance <> 0",
		"SELECT count(*), md5(string_agg(tid || ':' || tbalance, ',' ORDER BY tid)) FROM pgbench_tellers WHERE tbalance <> 0",
		"SELECT count(*), md5(string_agg(bid || ':' || bbalance, ',' ORDER BY bid)) FROM pgbench_branches WHERE bbalance <> 0",
		"SELECT count(*), sum(tid), sum(bid), sum(aid), sum(delta) FROM pgbench_history",
		"SELECT count(*), sum(bid) FROM pgbench_accounts",
	} {
		if err := sameText(ctx, s, t.pg, q); err != nil {
			return err
		}
	}
	return nil
}

// tpcbSums are equal in a table that no transfer got lost in.
const tpcbSums = `SELECT a = t AND t = b AND b = h FROM (SELECT sum(abalance) FROM pgbench_accounts) AS x(a), (SELECT sum(tbalance) FROM pgbench_tellers) AS y(t),
	(SELECT sum(bbalance) FROM pgbench_branches) AS z(b), (SELECT coalesce(sum(delta), 0) FROM pgbench_history) AS w(h)`

// measure times a number of clients.
func (t *tpcbRun) measure(ctx context.Context, r *run, row *Row, clients int) error {
	t.again.Store(0)
	var failed error // of PostgreSQL
	for k := range r.few() {
		tps, err := rate(clients, r.Duration, func(c int, more func() bool) (int64, error) {
			return t.client(ctx, uint64(k*100+c), more)
		})
		if err != nil {
			return err
		}
		row.Ours = append(row.Ours, tps)
		if t.pg == nil || failed != nil {
			continue
		}
		tps, failed = t.pg.bench(ctx, clients, r.Duration)
		row.Peer = append(row.Peer, tps)
	}
	if failed != nil {
		r.fail(row, failed)
		return nil
	}
	row.Note = fmt.Sprintf("ours in process, EXECUTE as text, %d transactions ran again; PostgreSQL: pgbench over a unix socket, prepared", t.again.Load())
	s := t.db.Session()
	defer s.Close()
	equal, err := firstRow(ctx, s, tpcbSums)
	if err != nil {
		return err
	}
	if equal != "t" {
		return fmt.Errorf("transfers got lost: the sums of the four tables differ (%s)", equal)
	}
	if t.pg == nil {
		return nil
	}
	if sums, err := t.pg.sql(ctx, tpcbSums); err != nil || strings.TrimSpace(sums) != "t" {
		return fmt.Errorf("PostgreSQL lost transfers: %s, %w", sums, err)
	}
	return nil
}

// client makes transfers.
func (t *tpcbRun) client(ctx context.Context, seed uint64, more func() bool) (n int64, err error) {
	s, rng := t.db.Session(), rand.New(rand.NewPCG(seed, 17))
	defer s.Close()
	for _, q := range tpcbPrepared {
		if _, _, err := query(ctx, s, q); err != nil {
			return 0, err
		}
	}
	for ; more(); n++ {
		if err := t.inTransaction(ctx, s, t.draw(rng).executed()); err != nil {
			return n, err
		}
	}
	return n, nil
}
