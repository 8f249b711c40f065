package colstore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/vfs"
)

// Isolation is a transaction's isolation level.
type Isolation uint8

// The isolation levels. Serializable is refused for now.
const (
	ReadCommitted Isolation = iota
	RepeatableRead
	Serializable
)

// TxOptions of Begin.
type TxOptions struct {
	ReadOnly  bool
	Isolation Isolation
	At        *View  // a session moved to the past: the transaction reads this view, read-only
	After     uint64 // csn that the transaction must see, though it may not be durable yet; 0 for none
	// Owner is the session whose transaction it is, nil for one that has no other locks.
	Owner *LockOwner
}

// Tx is a transaction: a view with private writes on top, which get their numbers at Commit.
// It belongs to one goroutine at a time, but for LockRows; its views may be read by many.
//
// Event numbers inside a transaction count from 1; rids of its rows are eventlog.Relative plus
// their number within the table.
type Tx struct {
	SynchronousCommit bool // Commit waits until the commit is durable; true at first
	Compress          bool // parts that are begun from now on are compressed

	db        *DB
	opts      TxOptions
	view      *View  // of the statement, without own writes
	since     uint64 // event up to which the writes have been compared with those of others
	overlay   *overlay
	tables    map[uint32]*txTable
	ops       []txOp
	events    uint64
	barrier   int // ops before it must stay as they are, for a savepoint
	unchecked int // ops behind it are to be checked at the end of the statement
	// checkedRows of the op before them have been checked: it may have grown since.
	checkedRows int
	checkedTo   uint64   // last event that has been checked
	files       []uint64 // part files written, which nobody owns before the commit
	spilled     []uint64 // files of rids among them that the frame names
	attrs       [3]string
	sequences   usedSequences
	relies      []relied
	known       map[reliedID]int // where in relies a row is
	reliedOn    map[*store]int   // how many of relies are of a table
	releases    []released
	deferral    deferral
	putOff      bool // a check waits for the commit
	done        bool
	committed   bool

	// LockTimeout is the longest wait for a lock, 0 for any.
	LockTimeout time.Duration
	locked      []uint32        // tables of which it has locks
	advisory    []*advisoryHold // the advisory locks it has, one for each time that it took one. Under locks.mu
	csn         atomic.Uint64   // of its commit
	after       uint64          // commit that a statement begun anew must see
	lockedKeys  int             // rows whose keys were locked
	lockingRows sync.Mutex      // LockRows is called by one goroutine at a time
	saves       bool            // it has had a savepoint. Under locks.mu
	lockSteps   []lockStep      // since then, in order. Under locks.mu
}

// txOp is one run of the transaction's log frame to be.
type txOp struct {
	kind  eventlog.RunKind
	tt    *txTable // nil for a catalog edit
	table *Table   // definition the rows were written under
	first uint64   // number of its first event within the transaction, from 1
	n     int      // events
	ended []uint64
	// newest of ended in an update; rows of the transaction itself are newer than all others.
	newest uint64
	// keysStay says of an update that rows which have not been checked have the unique keys of those
	// that they replace.
	keysStay bool
	chunk    *chunk // rows [row, row+n) of it, or
	row      int
	part     *storedPart
	hash     [32]byte // of the part's image
	edit     *edit
}

// txTable is what a transaction wrote into one table.
type txTable struct {
	store  *store
	base   *Table // definition at the first write; its version must be current at the commit, nil for a new table
	sets   []rowset
	rows   uint64 // row versions written
	active *chunk
	bulk   *bulk
	inline int // rows in chunks
	dead   map[uint64]uint64
	ends   []ownEnd // in the order of events
	runs   []endRun // of ends; see sortedEnds
}

// ownEnd is the end of a row by the transaction itself.
type ownEnd struct {
	rid uint64
	seq uint64 // within the transaction
}

// Begin starts a transaction.
func (db *DB) Begin(opts TxOptions) (*Tx, error) {
	if opts.Isolation == Serializable {
		return nil, dberr.New(dberr.FeatureNotSupported, "isolation level SERIALIZABLE is not supported").
			WithHint("Use REPEATABLE READ.")
	}
	if db.opts.ReadOnly || opts.At != nil {
		opts.ReadOnly = true
	}
	if opts.Owner == nil {
		opts.Owner = &LockOwner{}
	}
	tx := &Tx{SynchronousCommit: true, db: db, opts: opts, tables: map[uint32]*txTable{}}
	tx.view = opts.At
	if tx.view == nil {
		tx.view = db.viewAt(tx.newest().Point())
	}
	tx.since = tx.view.point.Seq
	return tx, nil
}

// newest is the commit of the present, which holds the one that the caller has been told of even when
// it is not durable yet.
func (tx *Tx) newest() eventlog.Commit {
	c := tx.db.head()
	if c.CSN < tx.opts.After {
		c = *tx.db.apply.ordered.Load()
	}
	return c
}

// NewStatement begins a statement: under READ COMMITTED it takes a new snapshot. It returns
// the error of Commit when what came meanwhile contradicts what the transaction has written,
// since the two together are a state that never was.
func (tx *Tx) NewStatement(ctx context.Context) error {
	if tx.opts.At != nil || tx.opts.Isolation != ReadCommitted {
		return nil
	}
	c := tx.newest()
	if c.Point() == tx.view.point {
		return nil
	}
	next := tx.db.viewAt(c.Point())
	if !tx.Writes() {
		tx.view, tx.since = next, next.point.Seq
		return nil
	}
	if err := tx.finishBulk(ctx); err != nil {
		return err
	}
	err := vfs.Guard(func() error {
		upTo, err := tx.validate(tx.since)
		if err == nil {
			tx.since = upTo
		}
		return err
	})
	if err == nil {
		tx.view = next
	}
	return err
}

// ReadOnly reports whether the transaction may not write.
func (tx *Tx) ReadOnly() bool { return tx.opts.ReadOnly }

// Writes reports whether the transaction has written anything.
func (tx *Tx) Writes() bool { return len(tx.ops) > 0 || tx.hasBulk() }

// SetAttr says who commits, from where and why; "" leaves one out.
func (tx *Tx) SetAttr(user, application, reason string) {
	tx.attrs = [3]string{user, application, reason}
}

// View is what the transaction sees now, its own writes so far included. It lives until the
// transaction ends or is rolled back to an earlier savepoint; releasing it is not needed.
func (tx *Tx) View() *View {
	if len(tx.ops) == 0 && !tx.hasBulk() {
		return tx.view
	}
	// Rows that wait in a part's writer are finished, so that they can be read.
	err := tx.finishBulk(context.Background())
	v := *tx.view
	v.own = &ownCut{tx: tx, seq: tx.events, err: err}
	if tx.overlay != nil {
		v.catalog = &Catalog{history: &tx.db.history, csn: v.catalog.csn, own: tx.overlay}
	}
	return &v
}

// writable refuses writes of read-only and ended transactions.
func (tx *Tx) writable() error {
	switch {
	case tx.done:
		return dberr.New(dberr.NoActiveTransaction, "the transaction has ended")
	case tx.opts.At != nil:
		return dberr.New(dberr.ReadOnlyTransaction, "cannot write: the session is moved to the past")
	case tx.opts.ReadOnly:
		return dberr.New(dberr.ReadOnlyTransaction, "cannot write in a read-only transaction")
	}
	return tx.db.log.Failed()
}

// table returns the place for writes to t.
func (tx *Tx) table(t *Table) (*txTable, error) {
	if tt, ok := tx.tables[t.ID]; ok {
		return tt, nil
	}
	st, err := tx.db.store(t.ID)
	if err != nil {
		return nil, err
	}
	tt := &txTable{store: st, base: tx.db.history.tableAt(t.ID, tx.view.point.CSN), dead: map[uint64]uint64{}}
	tx.tables[t.ID] = tt
	return tt, nil
}

// Savepoint is a place in a transaction to roll back to.
type Savepoint struct {
	ops     int
	events  uint64
	locks   lockMark
	relies  int
	overlay *overlay
	deferral
	err error
}

// Savepoint marks the present state.
func (tx *Tx) Savepoint() Savepoint {
	err := tx.finishBulk(context.Background())
	tx.barrier = len(tx.ops)
	return Savepoint{ops: len(tx.ops), events: tx.events, locks: tx.db.locks.mark(tx), relies: len(tx.relies), overlay: tx.overlay, deferral: tx.deferral, err: err}
}

// RollbackTo undoes everything since the savepoint, which stays valid.
func (tx *Tx) RollbackTo(sp Savepoint) error {
	if tx.done {
		return dberr.New(dberr.NoActiveTransaction, "the transaction has ended")
	}
	if sp.err != nil {
		return sp.err
	}
	tx.dropBulk()
	tx.overlay, tx.deferral = sp.overlay, sp.deferral
	for i := len(tx.ops) - 1; i >= sp.ops; i-- {
		tx.undo(&tx.ops[i])
	}
	tx.ops = tx.ops[:sp.ops]
	tx.events, tx.barrier = sp.events, sp.ops
	tx.markChecked(sp.ops)
	tx.checkedTo = min(tx.checkedTo, sp.events)
	tx.forgetRelied(sp.relies)
	tx.db.locks.undo(tx, sp.locks)
	return nil
}

// undo takes back an op, the last one of its table.
func (tx *Tx) undo(op *txOp) {
	tt := op.tt
	if tt == nil {
		return
	}
	tt.forgetEnds(tt.endsBefore(op.first))
	tt.active = nil
	switch {
	case op.chunk != nil:
		tt.rows -= uint64(op.n)
		tt.inline -= op.n
		op.chunk.truncate(op.row)
		if op.row == 0 {
			tt.dropSet(op.chunk)
		}
	case op.part != nil:
		tt.rows -= uint64(op.n)
		tt.dropSet(op.part)
		tx.db.files.put(op.part.file)
	}
}

func (tt *txTable) dropSet(rs rowset) {
	for i := range tt.sets {
		if tt.sets[i] == rs {
			tt.sets = append(tt.sets[:i:i], tt.sets[i+1:]...)
			return
		}
	}
}

// Rollback drops all writes. It may be called after Commit, when it does nothing.
func (tx *Tx) Rollback() {
	if tx.done {
		return
	}
	tx.done = true
	defer tx.db.locks.release(tx)
	if !tx.committed {
		tx.keepPositions()
	}
	tx.dropBulk()
	tx.releaseParts()
	for _, id := range tx.files {
		tx.db.removeFile(fileRef{logPart, id})
	}
	tx.ops, tx.tables, tx.files = nil, nil, nil
}

// releaseParts ends the references to the files of the transaction's parts.
func (tx *Tx) releaseParts() {
	for i := range tx.ops {
		if p := tx.ops[i].part; p != nil {
			tx.db.files.put(p.file)
		}
	}
}
