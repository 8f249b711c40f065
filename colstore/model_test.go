package colstore

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// model is the naive truth: the list of all events, folded for every question.
type model struct {
	events []modelEvent
	ddl    []modelDDL // ascending by csn
	csns   []uint64   // csn of event i+1
	csn    uint64
}

type modelEvent struct {
	id    int64
	alive bool
	row   map[string]string
}

// modelDDL is the columns of table t from a commit on.
type modelDDL struct {
	csn     uint64
	columns []modelColumn
}

type modelColumn struct {
	id      int
	missing string
}

func (m *model) columnsAt(csn uint64) []modelColumn {
	var cols []modelColumn
	for _, d := range m.ddl {
		if d.csn <= csn {
			cols = d.columns
		}
	}
	return cols
}

// at renders the table right after event seq.
func (m *model) at(seq uint64) string {
	rows := map[int64]map[string]string{}
	for _, e := range m.events[:seq] {
		delete(rows, e.id)
		if e.alive {
			rows[e.id] = e.row
		}
	}
	csn := uint64(1)
	if seq > 0 {
		csn = m.csns[seq-1]
	} else if len(m.csns) > 0 {
		csn = m.csns[0] - 1
	} else {
		csn = m.csn
	}
	return render(rows, m.columnsAt(csn))
}

func render(rows map[int64]map[string]string, cols []modelColumn) string {
	var ids []int64
	for id := range rows {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	var lines []string
	for _, id := range ids {
		f := []string{fmt.Sprint(id)}
		for _, c := range cols {
			v, ok := rows[id][fmt.Sprint(c.id)]
			if !ok {
				v = c.missing
			}
			if v == "" {
				v = "-"
			}
			f = append(f, v)
		}
		lines = append(lines, strings.Join(f, "|"))
	}
	return strings.Join(lines, " ")
}

// machine drives a database and the model side by side.
type machine struct {
	k    *kit
	m    model
	live map[int64]bool
	next int // column names
}

func (mc *machine) table() *Table {
	t, err := mc.k.db.View().Table(InPublic("t"))
	mc.k.must(err)
	return t
}

// rowsOf makes a batch of full rows for the present columns, and what the model says of them.
func (mc *machine) rowsOf(t *rapid.T, tab *Table, ids []int64) (*vec.Batch, []map[string]string) {
	truth := make([]map[string]string, len(ids))
	b := &vec.Batch{N: len(ids)}
	for c := range tab.Columns {
		col := &tab.Columns[c]
		vc := newColumn(col.Type, len(ids))
		for i, id := range ids {
			if truth[i] == nil {
				truth[i] = map[string]string{}
			}
			if c == 0 {
				vc.set(i, intVal(id))
				continue
			}
			v := rapid.SampledFrom([]string{"", "a", "bb", "ccc", "7"}).Draw(t, "v")
			truth[i][col.Name] = v
			if v == "" {
				vc.setNull(i, len(ids))
			} else {
				vc.set(i, types.BytesValue(typText, v))
			}
		}
		b.Cols = append(b.Cols, vc.vector(len(ids)))
	}
	return b, truth
}

// write runs one transaction of a few statements, one of which may be rolled back.
func (mc *machine) write(t *rapid.T) {
	tx := mustTx(mc.k)
	defer tx.Rollback()
	live := map[int64]bool{}
	for id := range mc.live {
		live[id] = true
	}
	var events []modelEvent
	for range rapid.IntRange(1, 4).Draw(t, "statements") {
		sp := tx.Savepoint()
		before, n := copySet(live), len(events)
		events = mc.statement(t, tx, live, events)
		if rapid.IntRange(0, 5).Draw(t, "rollback") == 0 {
			mc.k.must(tx.RollbackTo(sp))
			live, events = before, events[:n]
		}
	}
	c, err := tx.Commit(bg)
	mc.k.must(err)
	if int(c.Events) != len(events) {
		t.Fatalf("commit has %d events, want %d", c.Events, len(events))
	}
	if len(events) == 0 {
		return
	}
	mc.live, mc.m.csn = live, c.CSN
	for _, e := range events {
		mc.m.events = append(mc.m.events, e)
		mc.m.csns = append(mc.m.csns, c.CSN)
	}
}

func copySet(s map[int64]bool) map[int64]bool {
	c := map[int64]bool{}
	for id := range s {
		c[id] = true
	}
	return c
}

func (mc *machine) statement(t *rapid.T, tx *Tx, live map[int64]bool, events []modelEvent) []modelEvent {
	tab, err := tx.View().Table(InPublic("t"))
	mc.k.must(err)
	most := rapid.SampledFrom([]int64{3, 20, 300}).Draw(t, "most")
	var ids []int64
	for range rapid.Int64Range(1, most).Draw(t, "rows") {
		ids = append(ids, rapid.Int64Range(0, 400).Draw(t, "id"))
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	kind := rapid.IntRange(0, 2).Draw(t, "kind")
	var chosen []int64
	for i, id := range ids {
		if (i == 0 || ids[i-1] != id) && live[id] == (kind != 0) {
			chosen = append(chosen, id)
		}
	}
	if len(chosen) == 0 {
		return events
	}
	if kind == 0 {
		b, truth := mc.rowsOf(t, tab, chosen)
		_, err := tx.Insert(bg, tab, tab.ColumnIDs(), b)
		mc.k.must(err)
		mc.k.must(tx.EndStatement(bg))
		for i, id := range chosen {
			live[id] = true
			events = append(events, modelEvent{id, true, truth[i]})
		}
		return events
	}
	var rids []uint64
	byRID := map[uint64]int{}
	for i, id := range chosen {
		_, rid, ok, err := upsertRID(tx, "t", id)
		mc.k.must(err)
		if !ok {
			t.Fatalf("row %d is not found", id)
		}
		rids = append(rids, rid)
		byRID[rid] = i
	}
	var truth []map[string]string
	if kind == 1 {
		var b *vec.Batch
		b, truth = mc.rowsOf(t, tab, chosen)
		mc.k.must(tx.Update(bg, tab, rids, b))
	} else {
		mc.k.must(tx.Delete(bg, tab, rids))
	}
	mc.k.must(tx.EndStatement(bg))
	// The store orders the events of a statement by rid.
	sort.Slice(rids, func(i, j int) bool { return rids[i] < rids[j] })
	for _, rid := range rids {
		e := modelEvent{id: chosen[byRID[rid]]}
		if kind == 1 {
			e.alive, e.row = true, truth[byRID[rid]]
		} else {
			delete(live, e.id)
		}
		events = append(events, e)
	}
	return events
}

// alter adds or drops a column.
func (mc *machine) alter(t *rapid.T) {
	cols := mc.m.columnsAt(mc.m.csn)
	tx := mustTx(mc.k)
	defer tx.Rollback()
	if len(cols) > 0 && rapid.Bool().Draw(t, "drop") {
		i := rapid.IntRange(0, len(cols)-1).Draw(t, "column")
		_, err := tx.DropColumn(mc.table(), fmt.Sprint(cols[i].id))
		mc.k.must(err)
		cols = append(cols[:i:i], cols[i+1:]...)
	} else if len(cols) < 4 {
		missing := rapid.SampledFrom([]string{"", "m"}).Draw(t, "missing")
		c := Column{Name: fmt.Sprint(mc.next), Type: typText}
		if missing != "" {
			c.Missing = types.BytesValue(typText, missing)
		}
		_, err := tx.AddColumns(mc.table(), []Column{c})
		mc.k.must(err)
		cols = append(cols[:len(cols):len(cols)], modelColumn{mc.next, missing})
		mc.next++
	}
	c, err := tx.Commit(bg)
	mc.k.must(err)
	if c.CSN > 0 {
		mc.m.csn = c.CSN
		mc.m.ddl = append(mc.m.ddl, modelDDL{c.CSN, cols})
	}
}

// check asks for the present and for some points of the past.
func (mc *machine) check(t *rapid.T) {
	mc.verify(t, rapid.SliceOfN(rapid.Uint64Range(0, uint64(len(mc.m.events))), 3, 3).Draw(t, "points"))
}

func (mc *machine) verify(t *rapid.T, points []uint64) {
	rows := map[int64]map[string]string{}
	for _, e := range mc.m.events {
		delete(rows, e.id)
		if e.alive {
			rows[e.id] = e.row
		}
	}
	got, err := dump(mc.k.db.View(), "t", ScanSpec{})
	mc.k.must(err)
	if want := render(rows, mc.m.columnsAt(mc.m.csn)); got != want {
		t.Fatalf("present: got %s\nwant %s", got, want)
	}
	if n := mc.k.db.View().Stats(mc.table()).Rows; n != int64(len(rows)) {
		t.Fatalf("statistics say %d rows, want %d", n, len(rows))
	}
	for _, seq := range points {
		v, err := mc.k.db.ViewAtSeq(seq)
		mc.k.must(err)
		got, err := dump(v, "t", ScanSpec{})
		mc.k.must(err)
		if want := mc.m.at(seq); got != want {
			t.Fatalf("@SEQ:%d: got %s\nwant %s", seq, got, want)
		}
	}
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := newKit(t, Options{InlineRows: 40, PartRows: 256, GroupRows: 64})
		mc := &machine{k: k, live: map[int64]bool{}}
		k.tx(func(tx *Tx) error {
			_, err := tx.CreateTable(TableDef{Name: "t", Columns: []Column{{Name: "id", Type: typInt}}, PrimaryKey: []string{"id"}})
			return err
		})
		mc.m.csn = 1
		rt.Repeat(map[string]func(*rapid.T){
			"write":  mc.write,
			"write2": mc.write,
			"alter":  mc.alter,
			"reopen": func(*rapid.T) { k.reopen() },
			"checkpoint": func(t *rapid.T) {
				_, err := k.db.Checkpoint(bg, rapid.SampledFrom([]Name{{}, InPublic("t")}).Draw(t, "table"))
				k.must(err)
			},
			"vacuum": func(t *rapid.T) {
				_, err := k.db.Vacuum(bg, Name{})
				k.must(err)
			},
			"": mc.check,
		})
		all := make([]uint64, len(mc.m.events)+1)
		for i := range all {
			all[i] = uint64(i)
		}
		mc.verify(rt, all)
	})
}
