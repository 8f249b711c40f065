package sqlvec

import (
	"fmt"
	"math"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// cursor is the rows of a DECLARE, as they were then, and a place among them.
type cursor struct {
	cols     []Column
	rows     *rowSet
	noScroll bool
	hold     bool // it outlives the transaction once that has committed
	// statement is the DECLARE that made it, made when, in µs since 1970 UTC.
	statement string
	made      int64
	// at is the row it stands on, from 1; 0 is before the first, rows.n+1 behind the last.
	at int
	// depth is how many savepoints there were when it was made: a rollback to one of them ends it.
	depth int
}

// findCursor returns an open cursor.
func (s *Session) findCursor(name parse.Ident) (*cursor, error) {
	c := s.tx.cursors[name.Name]
	if c == nil {
		c = s.held[name.Name]
	}
	if c == nil {
		return nil, dberr.Newf(dberr.InvalidCursorName, "cursor \"%s\" does not exist", name.Name).At(int(name.Pos))
	}
	return c, nil
}

// declareCursor runs DECLARE: the query runs now, and its rows are kept.
func (r *run) declareCursor(st *parse.DeclareCursor) error {
	s, name := r.s, st.Name.Name
	if !s.tx.explicit && !st.Hold {
		return dberr.New(dberr.NoActiveTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if c, _ := s.findCursor(st.Name); c != nil {
		return dberr.Newf(dberr.DuplicateCursor, "cursor \"%s\" already exists", name).At(int(st.Name.Pos))
	}
	if writesInWith(st.Query) {
		return dberr.New(dberr.FeatureNotSupported, "DECLARE CURSOR must not contain data-modifying statements in WITH").At(int(st.Query.Position()))
	}
	if locking := bind.LockingName(st.Query); locking != "" && (st.Hold || st.Scroll) {
		what, are := "SCROLL CURSOR", "Scrollable"
		if st.Hold {
			what, are = "CURSOR WITH HOLD", "Holdable"
		}
		return dberr.Newf(dberr.FeatureNotSupported, "DECLARE %s ... %s is not supported", what, locking).
			WithDetail("%s cursors must be READ ONLY.", are)
	}
	node, err := r.binder().Query(st.Query)
	if err != nil {
		return err
	}
	c := &cursor{cols: resultColumns(node), noScroll: st.NoScroll, hold: st.Hold, depth: len(s.tx.saved), statement: r.result.Text, made: s.db.now()}
	c.rows = newRowSet(typesOf(c.cols))
	err = r.stream(node, func(b *vec.Batch) error {
		if err := c.rows.appendBatch(b); err != nil {
			return err
		}
		if c.rows.size() > s.set.memoryLimit {
			return dberr.Newf(dberr.OutOfMemory, "the rows of cursor \"%s\" need more than memory_limit (%s)", name, formatSize(s.set.memoryLimit)).
				WithHint("A cursor keeps its rows in memory. Raise memory_limit, or read the rows of the query itself as they come.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.tx.cursors == nil {
		s.tx.cursors = map[string]*cursor{}
	}
	s.tx.cursors[name] = c
	return nil
}

// holdCursors keeps the cursors WITH HOLD of a transaction that has committed.
func (s *Session) holdCursors() {
	for name, c := range s.tx.cursors {
		if !c.hold {
			continue
		}
		if s.held == nil {
			s.held = map[string]*cursor{}
		}
		s.held[name] = c
	}
}

// rollbackCursors ends the cursors that were made after savepoint i.
func (s *Session) rollbackCursors(i int) {
	for name, c := range s.tx.cursors {
		if c.depth > i {
			delete(s.tx.cursors, name)
		}
	}
}

// releaseCursors makes the cursors made after savepoint i those of what is around it.
func (s *Session) releaseCursors(i int) {
	for _, c := range s.tx.cursors {
		c.depth = min(c.depth, i)
	}
}

// closeCursor runs CLOSE.
func (r *run) closeCursor(st *parse.CloseCursor) error {
	if st.All {
		r.s.tx.cursors, r.s.held = nil, nil
		return r.done("CLOSE CURSOR ALL")
	}
	if _, err := r.s.findCursor(st.Name); err != nil {
		return err
	}
	delete(r.s.tx.cursors, st.Name.Name)
	delete(r.s.held, st.Name.Name)
	return r.done("CLOSE CURSOR")
}

// fetch runs FETCH and MOVE.
func (r *run) fetch(st *parse.Fetch) error {
	c, err := r.s.findCursor(st.Name)
	if err != nil {
		return err
	}
	from := c.at
	first, n, step := c.move(st)
	if c.noScroll && c.backwards(st, from) {
		c.at = from
		return dberr.New(dberr.ObjectNotInPrerequisite, "cursor can only scan forward").
			WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	if st.Move {
		return r.done(fmt.Sprintf("MOVE %d", n))
	}
	r.result.Columns, r.result.rows = c.cols, int64(n)
	r.result.tag = fmt.Sprintf("FETCH %d", n)
	r.result.each = func(fn func(*vec.Batch) error) error { return c.each(first, n, step, fn) }
	return r.answer()
}

// backwards reports whether a FETCH from a place needs rows again.
func (c *cursor) backwards(st *parse.Fetch, from int) bool {
	switch st.How {
	case parse.FetchForward, parse.FetchRelative:
		return !st.All && (st.Count < 0 || st.Count == 0 && from >= 1 && from <= c.rows.n)
	case parse.FetchBackward:
		return st.All || st.Count >= 0
	}
	return st.Count <= int64(from)
}

// move changes the place, and returns the rows that are passed: n of them from first (0-based) on,
// one after the other in direction step.
func (c *cursor) move(st *parse.Fetch) (first, n, step int) {
	count := st.Count
	if st.All {
		count = math.MaxInt32
	}
	switch st.How {
	case parse.FetchAbsolute:
		if count < 0 {
			count += int64(c.rows.n) + 1
		}
		return c.one(count)
	case parse.FetchRelative:
		return c.one(int64(c.at) + count)
	case parse.FetchBackward:
		count = -count
	}
	switch {
	case count == 0:
		return c.one(int64(c.at))
	case count < 0:
		return c.backward(-count)
	}
	return c.forward(count)
}

// one goes to a row, or to the end that is nearest to where it would be.
func (c *cursor) one(row int64) (first, n, step int) {
	c.at = int(min(max(row, 0), int64(c.rows.n)+1))
	if c.at == 0 || c.at > c.rows.n {
		return 0, 0, 1
	}
	return c.at - 1, 1, 1
}

func (c *cursor) forward(count int64) (first, n, step int) {
	first = min(c.at, c.rows.n)
	n = int(min(count, int64(c.rows.n-first)))
	if int64(n) < count {
		c.at = c.rows.n + 1
	} else {
		c.at = first + n
	}
	return first, n, 1
}

func (c *cursor) backward(count int64) (first, n, step int) {
	before := max(c.at-1, 0) // rows before the place
	n = int(min(count, int64(before)))
	if int64(n) < count {
		c.at = 0
	} else {
		c.at = before + 1 - n
	}
	return before - 1, n, -1
}

// each runs fn on n rows from first on.
func (c *cursor) each(first, n, step int, fn func(*vec.Batch) error) error {
	all := c.rows.batch()
	for n > 0 {
		k := min(n, vec.BatchRows)
		var b *vec.Batch
		if step > 0 {
			b = slice(all, first, first+k)
		} else {
			turned := newRowSet(c.rows.types())
			for i := range k {
				if err := turned.appendBatch(slice(all, first-i, first-i+1)); err != nil {
					return err
				}
			}
			b = turned.batch()
		}
		if err := fn(b); err != nil {
			return err
		}
		first, n = first+k*step, n-k
	}
	return nil
}

// size is about how many bytes the rows hold.
func (r *rowSet) size() int64 {
	var size int64
	for i := range r.cols {
		c := &r.cols[i]
		size += int64(len(c.heap)) + int64(len(c.offs))*4 + int64(len(c.valid))*8
		switch class := c.typ.Class(); class {
		case types.Bits:
			size += int64(len(c.bits)) * 8
		case types.Bytes:
		default:
			size += int64(r.n) * int64(class.Size())
		}
	}
	return size
}
