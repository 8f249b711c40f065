package colstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// twoTables is a naive model of two tables of pairs.
type twoTables [2]map[int64]string

func (m *twoTables) text(table int) string {
	ids := make([]int64, 0, len(m[table]))
	for id := range m[table] {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	lines := make([]string, len(ids))
	for i, id := range ids {
		lines[i] = fmt.Sprintf("%d|%s", id, m[table][id])
	}
	return strings.Join(lines, " ")
}

var pairNames = [2]string{"t", "u"}

// changeOne makes one random change of one row, in the transaction and in the model, of a few rows
// that are changed again and again.
func changeOne(tx *Tx, m *twoTables, rng *rand.Rand, i int) error {
	table, id, v := i%2, rng.Int64N(300), fmt.Sprint("v", i)
	_, there := m[table][id]
	switch {
	case !there:
		m[table][id] = v
		return insert(tx, pairNames[table], row{id, v})
	case rng.IntN(4) == 0:
		delete(m[table], id)
		if err := remove(tx, pairNames[table], id); err != nil {
			return err
		}
		return tx.EndStatement(bg)
	}
	m[table][id] = v
	return update(tx, pairNames[table], row{id, v})
}

// manyChanges makes more single changes, in turn of two tables, than a frame of the log holds, with
// some taken back, and returns what the tables were behind some of the events.
func manyChanges(tx *Tx, m *twoTables, first uint64, n int) (map[uint64][2]string, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	want := map[uint64][2]string{}
	kept := 0
	for i := 0; kept < n; i++ {
		if err := changeOne(tx, m, rng, i); err != nil {
			return nil, fmt.Errorf("change %d: %w", i, err)
		}
		kept++
		if kept%(n/8) == 0 {
			want[first+uint64(kept)-1] = [2]string{m.text(0), m.text(1)}
			sp := tx.Savepoint()
			lost := twoTables{}
			for k := range lost {
				lost[k] = map[int64]string{}
				for id, v := range m[k] {
					lost[k][id] = v
				}
			}
			for j := range 50 {
				if err := changeOne(tx, &lost, rng, i+j); err != nil {
					return nil, fmt.Errorf("change %d to be taken back: %w", j, err)
				}
			}
			if err := tx.RollbackTo(sp); err != nil {
				return nil, err
			}
		}
	}
	return want, nil
}

// TestManySmallChanges commits a transaction whose changes do not fit into a frame and asks for the
// tables behind its events, in every state of the store.
func TestManySmallChanges(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.pairs("u")
	const n = 20_000
	m := twoTables{{}, {}}
	var want map[uint64][2]string
	k.tx(func(tx *Tx) (err error) {
		want, err = manyChanges(tx, &m, 1, n)
		return err
	})
	if k.db.log.Durable().Events != n {
		t.Fatalf("%d events, want %d", k.db.log.Durable().Events, n)
	}
	check := func(when string) {
		t.Helper()
		for seq, tables := range want {
			for i, name := range pairNames {
				if got, err := dump(k.atSeq(seq), name, ScanSpec{}); err != nil || got != tables[i] {
					t.Fatalf("%s: %s at event %d is not what it was: %v", when, name, seq, err)
				}
			}
		}
		for i, name := range pairNames {
			k.want(k.db.View(), name, m.text(i))
		}
	}
	check("at once")
	events := 0
	for e, err := range k.db.Events(bg, EventRange{}) {
		k.must(err)
		if e.Op != OpDDL {
			if events++; e.Seq != uint64(events) {
				t.Fatalf("event %d comes where %d is next", e.Seq, events)
			}
		}
	}
	if events != n {
		t.Errorf("%d events in the log, want %d", events, n)
	}
	k.reopen()
	check("opened again")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1000, "more"}) })
	m[0][1000] = "more"
	_, err := k.db.Checkpoint(bg, Name{})
	k.must(err)
	check("after a checkpoint")
	k.reopen()
	_, err = k.db.Vacuum(bg, Name{})
	k.must(err)
	check("after a vacuum")
	k.must(k.db.Close())
	report, err := Doctor("db", k.opts, false)
	k.must(err)
	k.open()
	if len(report.Problems) > 0 {
		t.Errorf("doctor finds %v", report.Problems)
	}
}

// TestManySmallChangesCrash crashes before every change of the disk that such a commit makes.
func TestManySmallChangesCrash(t *testing.T) {
	lab := &crashLab{mem: vfs.NewMem(), rng: rand.New(rand.NewPCG(5, 6))}
	k := newKit(t, Options{FS: vfs.NewFault(lab.mem, lab.step), SegmentMin: 1 << 20, SegmentMax: 1 << 20})
	k.pairs("t")
	k.pairs("u")
	states := []string{"", "", ""}
	lab.arm(2)
	m := twoTables{{}, {}}
	lab.commit(k, &states, func(tx *Tx) error {
		_, err := manyChanges(tx, &m, 1, 16_000)
		return err
	})
	lab.commit(k, &states, func(tx *Tx) error { return insert(tx, "t", row{1000, "more"}) })
	asked := 0
	for i, im := range lab.disarm() {
		if _, err := im.fs.Stat("db/log/00000002.seg.tmp"); err == nil {
			continue // a segment was being made, which doctor tells
		}
		if fault := survives(k, im, states); fault != "" {
			t.Fatalf("image %d before %s, policy %v, %d of %d commits acknowledged: %s", i, im.what, im.policy, im.acked, im.begun, fault)
		}
		asked++
	}
	if asked < 5 {
		t.Errorf("only %d images were asked", asked)
	}
}

// TestKeyOfPassingVersion changes the key of a row twice within a statement, through one that
// another row has: that row is still found by it.
func TestKeyOfPassingVersion(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}, row{5, "five"}) })
	tx, err := k.db.Begin(TxOptions{})
	k.must(err)
	defer tx.Rollback()
	change := func(from, to int64) {
		t.Helper()
		tab, rid, ok, err := upsertRID(tx, "t", from)
		k.must(err)
		if !ok {
			t.Fatalf("no row %d", from)
		}
		k.must(tx.Update(bg, tab, []uint64{rid}, batchOfRows([]row{{to, "a"}})))
	}
	five := func(v *View, when string) {
		t.Helper()
		tab, err := v.Table(InPublic("t"))
		k.must(err)
		rid, ok, err := v.LookupKey(tab, vals(5))
		k.must(err)
		if !ok {
			t.Fatalf("%s: key 5 is not found", when)
		}
		s, err := v.Scan(bg, tab, ScanSpec{Columns: tab.ColumnIDs(), Filters: []Filter{{Column: tab.Columns[0].ID, Op: Eq, Values: vals(5)}}})
		k.must(err)
		defer s.Close()
		if text, err := dumpScan(s); err != nil || !strings.Contains(text, "5|five") {
			t.Fatalf("%s: a scan for key 5 (row %d) finds %q, %v", when, rid, text, err)
		}
	}
	change(5, 4) // the transaction's own row will be the one that is found
	k.must(tx.EndStatement(bg))
	tab, rid, _, err := upsertRID(tx, "t", 4)
	k.must(err)
	k.must(tx.Update(bg, tab, []uint64{rid}, batchOfRows([]row{{5, "five"}})))
	k.must(tx.EndStatement(bg))
	passing := tx.Written()
	change(1, 5)
	rids, err := tx.View().KeyHistory(tab, vals(5))
	k.must(err)
	if len(rids) != 1 || tx.Written() == passing {
		t.Fatalf("%d committed versions of key 5, want 1", len(rids))
	}
	own := tx.tables[tab.ID].active
	last := own.ridOf(int(own.rows.Load()) - 1)
	k.must(tx.Update(bg, tab, []uint64{last}, batchOfRows([]row{{6, "a"}})))
	k.must(tx.EndStatement(bg))
	five(tx.View(), "in the transaction")
	sp := tx.Savepoint()
	k.wantCode(insert(tx, "t", row{5, "twice"}), "23505")
	k.must(tx.RollbackTo(sp))
	_, err = tx.Commit(bg)
	k.must(err)
	five(k.db.View(), "after the commit")
	k.wantCode(k.do(func(tx *Tx) error { return insert(tx, "t", row{5, "twice"}) }), "23505")
	k.reopen()
	five(k.db.View(), "opened again")
	k.want(k.atSeq(5), "t", "5|a 5|five")
	k.want(k.db.View(), "t", "5|five 6|a")
	tab, err = k.db.View().Table(InPublic("t"))
	k.must(err)
	if rids, err := k.db.View().KeyHistory(tab, vals(5)); err != nil || len(rids) != 3 {
		t.Errorf("%d versions of key 5, want 3: %v", len(rids), err)
	}
}

// TestHotKeyVersions asks how many versions of a key a lookup meets when it has had many.
func TestHotKeyVersions(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{1, "a"}) })
	const n = 500
	for range n {
		k.tx(func(tx *Tx) error { return update(tx, "t", row{1, "b"}) })
	}
	k.tx(func(tx *Tx) error {
		for range n {
			if err := update(tx, "t", row{1, "c"}); err != nil {
				return err
			}
		}
		met, err := metVersions(tx.View(), tx.tables[1].sets, true)
		if met > len(tx.tables[1].sets) {
			t.Errorf("a lookup meets %d own versions in %d pieces", met, len(tx.tables[1].sets))
		}
		return err
	})
	v := k.db.View()
	st, err := k.db.store(1)
	k.must(err)
	met, err := metVersions(v, st.current.Load().sets, false)
	k.must(err)
	if sets := len(st.current.Load().sets); met > sets {
		t.Errorf("a lookup meets %d versions in %d pieces", met, sets)
	}
}

// metVersions counts the versions of key 1 that a lookup of its present row has to look at.
func metVersions(v *View, sets []rowset, own bool) (n int, err error) {
	t, err := v.Table(InPublic("t"))
	if err != nil {
		return 0, err
	}
	p := &probe{table: t, index: &t.Keys()[0], state: true, whole: true}
	p.keys = append(p.keys, vals(1))
	for _, rs := range sets {
		found, err := p.rows(rs, rs.bornBy(^uint64(0)), own)
		if err != nil {
			return 0, err
		}
		if found == nil {
			continue
		}
		for group := range (rs.bornBy(^uint64(0)) + found.size - 1) / found.size {
			g := found.of(group)
			if g == nil {
				continue
			}
			for _, w := range g.mask {
				for ; w != 0; w &= w - 1 {
					n++
				}
			}
		}
	}
	return n, nil
}

// TestFirstDuplicate inserts rows some of whose keys are taken and some of which are there twice: the
// first one that cannot be is told.
func TestFirstDuplicate(t *testing.T) {
	k := newKit(t, Options{})
	k.pairs("t")
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{5, "a"}, row{6, "b"}) })
	k.tx(func(tx *Tx) error { return remove(tx, "t", 6) })
	for _, c := range []struct {
		ids  []int64
		want string
	}{
		{[]int64{7, 7, 5}, "(7)"},
		{[]int64{8, 5, 8}, "(5)"},
		{[]int64{6, 9, 6}, "(6)"},
	} {
		var rows []row
		for _, id := range c.ids {
			rows = append(rows, row{id, "x"})
		}
		err := k.do(func(tx *Tx) error { return insert(tx, "t", rows...) })
		k.wantCode(err, "23505")
		if e, _ := errors.AsType[*dberr.Error](err); !strings.Contains(e.Detail, c.want) {
			t.Errorf("%v: %s, want the key %s", c.ids, e.Detail, c.want)
		}
	}
	k.tx(func(tx *Tx) error { return insert(tx, "t", row{6, "again"}, row{7, "c"}) })
	k.want(k.db.View(), "t", "5|a 6|again 7|c")
}

// TestEndedMeanwhile has a transaction end many rows while others end one of them, or rows besides, few
// or more than the transaction itself. It learns of it with its next statement, and no later than at the
// commit.
func TestEndedMeanwhile(t *testing.T) {
	const mine = 3 * fewEnds
	for _, c := range []struct {
		name     string
		from, to int64 // rows that others end
		want     string
	}{
		{"one of them", 7, 8, "40001"},
		{"the last of them", mine - 1, mine, "40001"},
		{"others", mine, mine + 5, ""},
		{"more others", mine, 2*mine + 10, ""},
		{"all", 0, 2*mine + 10, "40001"},
	} {
		for _, checkpoint := range []bool{false, true} {
			k := newKit(t, Options{})
			k.pairs("t")
			k.tx(func(tx *Tx) error {
				for id := range int64(2*mine + 10) {
					if err := insert(tx, "t", row{id, "a"}); err != nil {
						return err
					}
				}
				return nil
			})
			tx, err := k.db.Begin(TxOptions{})
			k.must(err)
			for id := range int64(mine) {
				k.must(update(tx, "t", row{id, "b"}))
			}
			k.tx(func(tx *Tx) error {
				var ids []int64
				for id := c.from; id < c.to; id++ {
					ids = append(ids, id)
				}
				return remove(tx, "t", ids...)
			})
			if checkpoint {
				_, err := k.db.Checkpoint(bg, Name{})
				k.must(err)
			}
			if err = tx.NewStatement(bg); err == nil {
				_, err = tx.Commit(bg)
			}
			if (c.want == "") != (err == nil) || err != nil && dberr.CodeOf(err) != c.want {
				t.Errorf("%s, checkpoint %t: %v, want %q", c.name, checkpoint, err, c.want)
			}
			tx.Rollback()
		}
	}
}
