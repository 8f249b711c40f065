package colstore

import (
	"context"
	"math"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
)

// View is what a reader holds: catalog and rows at one point. It is immutable and safe for
// concurrent use. It is cheap: rows are found when they are read, and any later state of the
// store answers the same.
type View struct {
	db      *DB
	point   Point
	horizon uint64   // newest event that ends of versions are told of
	catalog *Catalog // present, or that of a transaction that changes definitions
	present Catalog  // at the point
	next    *Catalog // just before the next event, for a name that catalog has not; nil for none
	past    bool     // taken at a point that was asked for
	within  bool     // the point lies between the events of a transaction
	own     *ownCut  // writes of a transaction on top; nil
}

func (db *DB) viewAt(p Point) *View {
	v := &View{db: db, point: p, horizon: p.Seq, present: Catalog{history: &db.history, csn: p.CSN}}
	v.catalog = &v.present
	return v
}

// View returns the present: everything durable.
func (db *DB) View() *View { return db.viewAt(db.head().Point()) }

// damaged returns an error when a part of the log cannot be read. What was committed before
// it can still be asked for; the present cannot, since nobody knows what it is.
func (db *DB) damaged() error {
	d := db.log.Damage()
	if d == nil {
		return nil
	}
	e := dberr.Corrupt(d.File, d.Offset, "the log is damaged: %s", d.What)
	return e.WithDetail("Commits up to @TX:%d can be read with FOR SYSTEM_TIME AS OF.", d.FirstCSN-1).
		WithHint("driftdb doctor says what can be done.")
}

// head is the newest commit that readers may see.
func (db *DB) head() eventlog.Commit {
	if db.opts.ReadOnly {
		return db.refreshed()
	}
	return db.log.Durable()
}

// pastView makes a view at a point that was asked for. Ends of versions are told up to now.
func (db *DB) pastView(p Point, head Point) *View {
	v := db.viewAt(p)
	v.past, v.horizon = true, max(head.Seq, p.Seq)
	return v
}

// ViewAtSeq is the state right after event seq, under the catalog of its transaction.
func (db *DB) ViewAtSeq(seq uint64) (*View, error) {
	head := db.head().Point()
	if seq > head.Seq {
		if err := db.damaged(); err != nil {
			return nil, err
		}
		return nil, dberr.Newf(dberr.TemporalOutOfRange, "event @SEQ:%d does not exist, the last is %d", seq, head.Seq)
	}
	p, next := Point{Seq: seq}, head.CSN
	if seq > 0 {
		c, err := db.log.CommitOfSeq(seq)
		if err != nil {
			return nil, err
		}
		p.CSN = c.CSN
	}
	if seq < head.Seq {
		c, err := db.log.CommitOfSeq(seq + 1)
		if err != nil {
			return nil, err
		}
		next = c.CSN - 1
	}
	v := db.pastView(p, head)
	v.within = next < p.CSN
	v.next = &Catalog{history: &db.history, csn: max(next, p.CSN)}
	return v, nil
}

// ViewAtTX is the state after commit csn.
func (db *DB) ViewAtTX(csn uint64) (*View, error) {
	head := db.head().Point()
	if csn > head.CSN {
		if err := db.damaged(); err != nil {
			return nil, err
		}
		return nil, dberr.Newf(dberr.TemporalOutOfRange, "transaction @TX:%d does not exist, the last is %d", csn, head.CSN)
	}
	if csn == 0 {
		return db.pastView(Point{}, head), nil
	}
	c, err := db.log.CommitAt(csn)
	if err != nil {
		return nil, err
	}
	return db.pastView(c.Point(), head), nil
}

// ViewAtTime is the state after the last commit at or before micros. It closes that time:
// no later commit gets a time at or before it.
func (db *DB) ViewAtTime(ctx context.Context, micros int64) (*View, error) {
	if err := db.log.CloseTime(ctx, micros); err != nil {
		return nil, err
	}
	head := db.head()
	if micros >= head.TimeMicros {
		if err := db.damaged(); err != nil {
			return nil, err
		}
	}
	c, err := db.log.CommitAtTime(micros)
	if err != nil {
		return nil, err
	}
	return db.pastView(c.Point(), head.Point()), nil
}

// CommitTimeOf returns the time of a commit, microseconds UTC.
func (db *DB) CommitTimeOf(csn uint64) (int64, error) {
	c, err := db.log.CommitAt(csn)
	return c.TimeMicros, err
}

// TimeOfSeq returns the commit time of the transaction that holds an event.
func (db *DB) TimeOfSeq(seq uint64) (int64, error) {
	c, err := db.log.CommitOfSeq(seq)
	return c.TimeMicros, err
}

// SeqAtTime returns the last event committed at or before micros, 0 for none. It closes that
// time, so that the answer is the same for ever.
func (db *DB) SeqAtTime(ctx context.Context, micros int64) (uint64, error) {
	if err := db.log.CloseTime(ctx, micros); err != nil {
		return 0, err
	}
	c, err := db.log.CommitAtTime(micros)
	return c.Point().Seq, err
}

// Point is where the view is taken.
func (v *View) Point() Point { return v.point }

// Whole reports whether the view shows whole transactions, so that every constraint holds in
// it. Between the events of one, a key may be there twice.
func (v *View) Whole() bool { return !v.within }

// Catalog is the view's catalog.
func (v *View) Catalog() *Catalog { return v.catalog }

// Frozen returns the view of somebody who lives at its point: versions that ended later have
// not ended.
func (v *View) Frozen() *View {
	f := *v
	f.horizon = v.point.Seq
	return &f
}

// Table returns a table by name, or error 42P01. For a view at an event it follows the
// two-catalog rule: a name not found is looked up just before the next event. A table that
// exists only later is error 22H02, which says since when. In a damaged database the present
// has no tables: the error is the damage.
func (v *View) Table(name Name) (*Table, error) {
	t, err := v.Relation(name)
	if err == nil && t.Kind != KindTable {
		return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a table", name)
	}
	return t, err
}

// Relation is Table for tables, views and sequences.
func (v *View) Relation(name Name) (*Table, error) {
	if !v.past {
		if err := v.db.damaged(); err != nil {
			return nil, err
		}
	}
	if t, ok := v.catalog.Relation(name); ok {
		return t, nil
	}
	if v.next != nil {
		if t, ok := v.next.Relation(name); ok {
			return t, nil
		}
	}
	missing := dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", name)
	if !v.past {
		return nil, missing
	}
	now := Catalog{history: &v.db.history, csn: math.MaxUint64}
	t, ok := now.Relation(name)
	if !ok || t.CreatedCSN <= v.point.CSN {
		return nil, missing
	}
	return nil, v.beforeTable(t)
}

func (v *View) beforeTable(t *Table) error {
	e := dberr.Newf(dberr.BeforeHistory, "table \"%s\" did not exist at that point", t.Name)
	since := "transaction " + itoa(t.CreatedCSN)
	if c, err := v.db.log.CommitAt(t.CreatedCSN); err == nil {
		since = "@TX:" + itoa(t.CreatedCSN) + ", " + timeText(c.TimeMicros)
	}
	return e.WithDetail("It exists since %s.", since)
}

// Release ends the view. Scans made from it stay valid until they are closed.
func (v *View) Release() {}
