package colstore

import (
	"context"
	"errors"
	"iter"
	"slices"

	"driftdb/eventlog"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// EventOp is what an event did.
type EventOp uint8

// The operations.
const (
	OpInsert EventOp = iota + 1
	OpUpdate
	OpDelete
	OpDDL
)

// Event is one row change, or one catalog edit.
type Event struct {
	Op                        EventOp
	Seq                       uint64 // 0 for OpDDL
	CSN                       uint64
	TimeMicros                int64
	Table                     *Table        // as of then; the definition before when OpDDL dropped it
	RID                       uint64        // new version; 0 for OpDelete
	Replaced                  uint64        // version that ended; 0 for OpInsert
	Values                    []types.Value // of Table.Columns: the new row, or the one that OpDelete ended
	Text                      string        // OpDDL: what changed
	User, Application, Reason string
}

// EventRange says which events Events yields. The zero value is all of them.
type EventRange struct {
	FromCSN, ToCSN uint64 // inclusive; 0 open
	FromSeq, ToSeq uint64 // inclusive; 0 open; they leave catalog edits out
	Table          string // "" all; any table that had the name at some time
	Follow         bool   // wait for more until the context ends
}

// eventRows is how many rows of a run are read at once.
const eventRows = 1024

// errEnough ends a walk over the log.
var errEnough = errors.New("enough events")

// Events yields the events of the log in order, up to what is durable when it is called,
// or for ever with Follow. It stops after the first error, which it yields.
func (db *DB) Events(ctx context.Context, r EventRange) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		w := &eventWalk{db: db, ctx: ctx, r: r, yield: yield}
		err := w.run()
		if err != nil && !errors.Is(err, errEnough) {
			yield(Event{}, err)
		}
	}
}

// eventWalk is one walk over the events.
type eventWalk struct {
	db    *DB
	ctx   context.Context
	r     EventRange
	yield func(Event, error) bool
	txn   *eventlog.Txn
	last  Event // what the events of one transaction share
}

func (w *eventWalk) run() error {
	from := max(w.r.FromCSN, 1)
	if w.r.FromSeq > 1 {
		last := w.db.log.Durable()
		if w.r.FromSeq > last.Point().Seq && !w.r.Follow {
			return nil
		}
		if w.r.FromSeq <= last.Point().Seq {
			c, err := w.db.log.CommitOfSeq(w.r.FromSeq)
			if err != nil {
				return err
			}
			from = max(from, c.CSN)
		}
	}
	if w.r.Follow {
		for t, err := range w.db.log.Follow(w.ctx, from) {
			if err != nil {
				return err
			}
			if err := w.visit(t); err != nil {
				return err
			}
		}
		return nil
	}
	last := w.db.log.Durable()
	if from > last.CSN {
		return nil
	}
	first, err := w.db.log.CommitAt(from)
	if err != nil {
		return err
	}
	return w.db.log.Replay(first.Offset, w.visit)
}

// visit yields the events of one transaction.
func (w *eventWalk) visit(t *eventlog.Txn) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.r.ToCSN > 0 && t.CSN > w.r.ToCSN || w.r.ToSeq > 0 && t.FirstSeq > w.r.ToSeq {
		return errEnough
	}
	w.txn = t
	w.last = Event{CSN: t.CSN, TimeMicros: t.TimeMicros, User: attrText(t, eventlog.AttrUser),
		Application: attrText(t, eventlog.AttrApplication), Reason: attrText(t, eventlog.AttrReason)}
	return w.db.eachRun(t, func(run *eventlog.Run) error {
		if run.Kind == eventlog.RunDDL {
			return w.definition(run)
		}
		return w.rows(run)
	})
}

func attrText(t *eventlog.Txn, typ uint16) string {
	v, _ := t.Attr(typ)
	return string(v)
}

func (w *eventWalk) emit(e Event) error {
	if !w.yield(e, nil) {
		return errEnough
	}
	return nil
}

// definition yields a catalog edit.
func (w *eventWalk) definition(run *eventlog.Run) error {
	if w.r.FromSeq > 0 || w.r.ToSeq > 0 {
		return nil
	}
	ed, err := decodeEdit(run.DDL, w.db.logDir(), int64(w.txn.Offset))
	if err != nil {
		return err
	}
	if ed.position != nil {
		return nil // where a sequence stands is no definition
	}
	before := w.db.history.versionOf(ed.id, ed.base)
	e := w.last
	e.Op, e.Table, e.Text = OpDDL, ed.table, describeEdit(before, ed.table)
	if e.Table == nil {
		e.Table = before
	}
	if e.Table == nil || !w.wanted(e.Table) && (before == nil || !w.wanted(before)) {
		return nil
	}
	return w.emit(e)
}

func (w *eventWalk) wanted(t *Table) bool { return w.r.Table == "" || w.r.Table == t.Name }

// rows yields the events of a run of row changes.
func (w *eventWalk) rows(run *eventlog.Run) error {
	t := w.db.history.versionOf(run.Table, run.SchemaVersion)
	if t == nil { // a delete names no version
		t = w.db.history.tableAt(run.Table, w.txn.CSN)
	}
	if t == nil { // and its transaction dropped the table
		t = w.db.history.tableAt(run.Table, w.txn.CSN-1)
	}
	if t == nil || !w.wanted(t) {
		return nil
	}
	ended, err := w.db.readRIDs(run.Ended)
	if err != nil {
		return err
	}
	for lo := 0; lo < run.Events; lo += eventRows {
		if err := w.slice(t, run, ended, lo, min(lo+eventRows, run.Events)); err != nil {
			return err
		}
	}
	return nil
}

// slice yields the events lo to hi of a run.
func (w *eventWalk) slice(t *Table, run *eventlog.Run, ended []uint64, lo, hi int) error {
	first, last := run.FirstSeq+uint64(lo), run.FirstSeq+uint64(hi)-1
	if last < w.r.FromSeq || w.r.ToSeq > 0 && first > w.r.ToSeq {
		return nil
	}
	op := opOf(run.Kind)
	rids := make([]uint64, hi-lo)
	for i := range rids {
		if op == OpDelete {
			rids[i] = ended[lo+i]
		} else {
			rids[i] = run.FirstRID + uint64(lo+i)
		}
	}
	cols, err := w.fetch(t, rids)
	if err != nil {
		return err
	}
	for i := range rids {
		e := w.last
		e.Op, e.Table, e.Seq = op, t, first+uint64(i)
		if e.Seq < w.r.FromSeq || w.r.ToSeq > 0 && e.Seq > w.r.ToSeq {
			continue
		}
		if op != OpDelete {
			e.RID = rids[i]
		}
		if op != OpInsert {
			e.Replaced = ended[lo+i]
		}
		for c := range cols {
			e.Values = append(e.Values, cols[c].Value(i))
		}
		if err := w.emit(e); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads all columns of the rows, which may have ended long ago.
func (w *eventWalk) fetch(t *Table, rids []uint64) ([]vec.Vec, error) {
	ids := make([]uint32, len(t.Columns))
	for i := range t.Columns {
		ids[i] = t.Columns[i].ID
	}
	v := w.db.View()
	defer v.Release()
	return v.Fetch(t, rids, ids, nil)
}

func opOf(k eventlog.RunKind) EventOp {
	switch k {
	case eventlog.RunInsert, eventlog.RunInsertRef:
		return OpInsert
	case eventlog.RunUpdate, eventlog.RunUpdateRef:
		return OpUpdate
	}
	return OpDelete
}

// describeEdit says what a catalog edit changed.
func describeEdit(before, after *Table) string {
	switch {
	case before == nil && after == nil:
		return "DROP TABLE"
	case before == nil:
		return "CREATE " + after.KindName() + " " + after.Name
	case after == nil:
		return "DROP " + before.KindName() + " " + before.Name
	case before.Name != after.Name:
		return "ALTER " + after.KindName() + " " + before.Name + " RENAME TO " + after.Name
	case after.Kind == KindView && before.Query != after.Query:
		return "CREATE OR REPLACE VIEW " + after.Name
	case before.Unpopulated != after.Unpopulated:
		return "REFRESH MATERIALIZED VIEW " + after.Name
	case after.Kind != KindTable:
		return "ALTER " + after.Kind.String() + " " + after.Name
	}
	if text := describeConstraints(before, after); text != "" {
		return text
	}
	for _, x := range after.Indexes {
		if !slices.ContainsFunc(before.Indexes, func(o Index) bool { return o.ID == x.ID }) {
			return "CREATE INDEX " + x.Name + " ON " + after.Name
		}
	}
	for _, x := range before.Indexes {
		if !slices.ContainsFunc(after.Indexes, func(o Index) bool { return o.ID == x.ID }) {
			return "DROP INDEX " + x.Name
		}
	}
	return describeColumns(before, after)
}

// describeConstraints says which constraint a catalog edit added or removed, "" for none.
func describeConstraints(before, after *Table) string {
	had, has := before.ConstraintNames(), after.ConstraintNames()
	for _, name := range has {
		if !slices.Contains(had, name) {
			return "ALTER TABLE " + after.Name + " ADD CONSTRAINT " + name
		}
	}
	for _, name := range had {
		if !slices.Contains(has, name) {
			return "ALTER TABLE " + after.Name + " DROP CONSTRAINT " + name
		}
	}
	return ""
}

// describeColumns says which column a catalog edit changed.
func describeColumns(before, after *Table) string {
	alter := "ALTER TABLE " + after.Name
	for _, c := range after.Columns {
		old, ok := before.Column(c.ID)
		switch {
		case !ok:
			return alter + " ADD COLUMN " + c.Name + " " + c.Type.Definition()
		case old.Name != c.Name:
			return alter + " RENAME COLUMN " + old.Name + " TO " + c.Name
		case old.Type != c.Type:
			return alter + " ALTER COLUMN " + c.Name + " TYPE " + c.Type.Definition()
		case old.NotNull && !c.NotNull:
			return alter + " ALTER COLUMN " + c.Name + " DROP NOT NULL"
		case !old.NotNull && c.NotNull:
			return alter + " ALTER COLUMN " + c.Name + " SET NOT NULL"
		case old.Default != c.Default:
			return alter + " ALTER COLUMN " + c.Name + " SET DEFAULT " + c.Default
		}
	}
	for _, c := range before.Columns {
		if _, ok := after.Column(c.ID); !ok {
			return alter + " DROP COLUMN " + c.Name
		}
	}
	return alter
}
