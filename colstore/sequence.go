package colstore

import (
	"context"
	"maps"
	"slices"
	"sync"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// sequenceLimit is the error of a sequence that has no more numbers.
const sequenceLimit = "2200H"

// SequencePosition is where a sequence stands. Positions are not transactional: a number that
// was handed out is not handed out again, whatever becomes of the transaction.
type SequencePosition struct {
	Last   int64
	Called bool // Last was handed out; otherwise it is the next
	Step   uint64
	// Step counts the changes of the position. Transactions log the newest position they know;
	// of several the one with the greatest Step holds, in whatever order they were committed.
}

// position is a sequence's position in memory, which is ahead of the log.
type position struct {
	mu struct {
		sync.Mutex
		SequencePosition
		known bool // false: it stands at the start
	}
}

func (h *history) position(id uint32) *position {
	v, _ := h.positions.LoadOrStore(id, &position{})
	return v.(*position)
}

// restore takes a position from the log.
func (p *position) restore(to SequencePosition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.mu.known || to.Step > p.mu.Step {
		p.mu.SequencePosition, p.mu.known = to, true
	}
}

// lockAt locks the position and makes sure that it is known.
func (p *position) lockAt(s *SequenceDef) {
	p.mu.Lock()
	if !p.mu.known {
		p.mu.SequencePosition, p.mu.known = SequencePosition{Last: s.Start, Step: p.mu.Step}, true
	}
}

// next is the number behind the position.
func (s *SequenceDef) next(name string, p SequencePosition) (int64, error) {
	if !p.Called {
		return p.Last, nil
	}
	n := p.Last + s.Increment
	switch {
	case s.Increment > 0 && (n > s.Max || n < p.Last):
		if !s.Cycle {
			return 0, dberr.Newf(sequenceLimit, "nextval: reached maximum value of sequence \"%s\" (%d)", name, s.Max)
		}
		return s.Min, nil
	case s.Increment < 0 && (n < s.Min || n > p.Last):
		if !s.Cycle {
			return 0, dberr.Newf(sequenceLimit, "nextval: reached minimum value of sequence \"%s\" (%d)", name, s.Min)
		}
		return s.Max, nil
	}
	return n, nil
}

// usedSequences are the sequences that a transaction moved. Workers of a query share it.
type usedSequences struct {
	sync.Mutex
	ids map[uint32]*SequencePosition // the position to go back to after a rollback, nil for none
}

func (u *usedSequences) note(id uint32, back *SequencePosition) {
	u.Lock()
	defer u.Unlock()
	if u.ids == nil {
		u.ids = map[uint32]*SequencePosition{}
	}
	if old, ok := u.ids[id]; !ok || old == nil {
		u.ids[id] = back
	}
}

func (u *usedSequences) list() []uint32 {
	u.Lock()
	defer u.Unlock()
	if len(u.ids) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(u.ids))
}

// MovedSequences reports whether the transaction took numbers that its commit must log.
func (tx *Tx) MovedSequences() bool { return len(tx.sequences.list()) > 0 }

// NextValue takes the next number of a sequence. It may be called by several goroutines.
func (tx *Tx) NextValue(t *Table) (int64, error) {
	if err := tx.mayMove("nextval"); err != nil {
		return 0, err
	}
	p := tx.db.history.position(t.ID)
	p.lockAt(t.Sequence)
	defer p.mu.Unlock()
	n, err := t.Sequence.next(t.Name, p.mu.SequencePosition)
	if err != nil {
		return 0, err
	}
	p.mu.SequencePosition = SequencePosition{Last: n, Called: true, Step: p.mu.Step + 1}
	tx.sequences.note(t.ID, nil)
	return n, nil
}

// SetValue moves a sequence: with called the next number is the one behind n, otherwise n.
func (tx *Tx) SetValue(t *Table, n int64, called bool) error {
	if err := tx.mayMove("setval"); err != nil {
		return err
	}
	if s := t.Sequence; n < s.Min || n > s.Max {
		return dberr.Newf(dberr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence \"%s\" (%d..%d)", n, t.Name, s.Min, s.Max)
	}
	tx.move(t, n, called, false)
	return nil
}

// Restart moves a sequence so that n is its next number. A rollback moves it back.
func (tx *Tx) Restart(t *Table, n int64) error {
	if err := tx.ddl(); err != nil {
		return err
	}
	tx.move(t, n, false, true)
	return nil
}

func (tx *Tx) move(t *Table, n int64, called, undo bool) {
	p := tx.db.history.position(t.ID)
	p.lockAt(t.Sequence)
	defer p.mu.Unlock()
	var back *SequencePosition
	if undo {
		old := p.mu.SequencePosition
		back = &old
	}
	p.mu.SequencePosition = SequencePosition{Last: n, Called: called, Step: p.mu.Step + 1}
	tx.sequences.note(t.ID, back)
}

func (tx *Tx) mayMove(function string) error {
	if tx.opts.ReadOnly || tx.opts.At != nil {
		return dberr.Newf(dberr.ReadOnlyTransaction, "cannot execute %s() in a read-only transaction", function)
	}
	return tx.writable()
}

// SequencePosition returns where a sequence stands now.
func (db *DB) SequencePosition(t *Table) SequencePosition {
	p := db.history.position(t.ID)
	p.lockAt(t.Sequence)
	defer p.mu.Unlock()
	return p.mu.SequencePosition
}

// logPositions adds the positions of the sequences that the transaction moved to its frame.
func (tx *Tx) logPositions() {
	for _, id := range tx.sequences.list() {
		p := tx.db.history.position(id)
		p.mu.Lock()
		at := p.mu.SequencePosition
		p.mu.Unlock()
		tx.ops = append(tx.ops, txOp{kind: eventlog.RunDDL, edit: &edit{id: id, position: &at}, first: tx.events + 1})
	}
}

// keepPositions logs, after a rollback, the numbers that the transaction took: they are gone.
// It need not wait: a crash before it is durable takes back only what nobody committed.
func (tx *Tx) keepPositions() {
	moved := tx.sequences.list()
	if len(moved) == 0 || tx.opts.ReadOnly {
		return
	}
	again := &Tx{db: tx.db, committed: true, view: tx.db.viewAt(tx.newest().Point()), tables: map[uint32]*txTable{}}
	for _, id := range moved {
		if tx.db.history.tableAt(id, ^uint64(0)) == nil {
			continue // it was created by the transaction
		}
		if back := tx.sequences.ids[id]; back != nil {
			tx.db.history.position(id).back(*back)
		}
		again.sequences.note(id, nil)
	}
	if again.MovedSequences() {
		// A log that fails here refuses all later commits: the error is theirs.
		_, _ = again.Commit(context.Background())
	}
}

// back undoes a RESTART.
func (p *position) back(to SequencePosition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to.Step = p.mu.Step + 1
	p.mu.SequencePosition = to
}

// CreateSequence makes a sequence.
func (tx *Tx) CreateSequence(schema uint32, name string, def SequenceDef) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFree(schema, name); err != nil {
		return nil, err
	}
	t := &Table{Schema: schema, Name: name, Kind: KindSequence, Version: 1, NextColumn: 1, NextIndex: 1, Sequence: &def}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

// AlterSequence changes the definition of a sequence.
func (tx *Tx) AlterSequence(t *Table, def SequenceDef) (*Table, error) {
	return tx.alter(t, func(n *Table) error { n.Sequence = &def; return nil })
}

// SequenceBounds are the least and greatest numbers of a sequence's type.
func SequenceBounds(t types.Type) (lowest, highest int64) {
	switch t.ID {
	case types.Int16:
		return -1 << 15, 1<<15 - 1
	case types.Int32:
		return -1 << 31, 1<<31 - 1
	}
	return -1 << 63, 1<<63 - 1
}
