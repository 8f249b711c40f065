package sqlvec

import (
	"context"
	"errors"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// A statement that writes waits for other transactions that have changed the same rows or written the
// same keys. Under READ COMMITTED it then begins anew, and sees what they have committed.

// errRestart says that a statement that has written nothing yet is to begin anew.
var errRestart = errors.New("the statement begins anew")

// writeAndEnd runs a statement that writes, as often as others come in its way, and commits it where it
// is a transaction of its own.
func (r *run) writeAndEnd(write func() error) error {
	r.restarts = true
	for {
		r.began = r.s.written()
		err := write()
		if err == nil {
			err = r.s.endStatement(r.ctx, true)
		}
		if err == nil || !r.mayRestart(err) {
			return err
		}
		if err := r.restart(); err != nil {
			return err
		}
	}
}

// mayRestart reports whether err is the work of another transaction and nothing stands in the way of
// beginning anew: the statement has written nothing, or is a transaction of its own, of which nobody
// knows yet.
func (r *run) mayRestart(err error) bool {
	switch r.stmt.(type) {
	case *parse.Query, *parse.DeclareCursor, *parse.Insert, *parse.Update, *parse.Delete, *parse.Merge, *parse.Truncate:
	default:
		return false
	}
	s := r.s
	if !r.restarts || r.ctx.Err() != nil || s.set.isolation != colstore.ReadCommitted && !s.tx.explicit || !r.met(err) {
		return false
	}
	return !s.tx.explicit || s.tx.isolation == colstore.ReadCommitted && s.written() == r.began
}

// written is a number that grows with everything that the open transaction writes.
func (s *Session) written() uint64 {
	n := s.tx.open.Written()
	if s.tx.temp != nil {
		n += s.tx.temp.Written()
	}
	return n
}

// met reports whether err says that the statement met another transaction.
func (r *run) met(err error) bool {
	if errors.Is(err, errRestart) {
		return true
	}
	switch dberr.CodeOf(err) {
	case dberr.SerializationFailure:
		return true
	case dberr.UniqueViolation: // of a key that was taken before the commit
		ins, ok := r.stmt.(*parse.Insert)
		return ok && ins.OnConflict != nil && r.s.tx.open == nil
	}
	return false
}

// restart brings the statement back to where it began, on the newest state.
func (r *run) restart() error {
	s := r.s
	if s.tx.explicit {
		if err := s.tx.open.Refresh(r.ctx); err != nil {
			return err
		}
	} else {
		s.endTransaction()
		s.lastCSN = max(s.lastCSN, s.db.store.Ordered())
		if err := s.ensureTransaction(); err != nil {
			return err
		}
	}
	r.releaseViews()
	r.advisory.restart()
	r.result = &Result{Text: r.result.Text, Pos: r.result.Pos}
	s.notices = nil
	r.rules, r.through, r.options, r.multi = nil, nil, nil, nil
	r.env = s.newEnv(r)
	return nil
}

// errLocks says that a query locks rows: it is run as a statement that writes is.
var errLocks = errors.New("the query locks rows")

// rowLocker locks rows for the statement's transaction. It implements plan.Locker.
type rowLocker struct{ r *run }

// LockRows implements plan.Locker.
func (l rowLocker) LockRows(ctx context.Context, lock colstore.RowLock, rids []uint64) (bool, error) {
	return l.r.s.txOf(lock.Table).LockRows(ctx, lock, rids)
}

// locker is what locks the rows of FOR UPDATE.
func (r *run) locker() plan.Locker {
	r.locks = true
	return rowLocker{r}
}

// lock waits for those who have changed the rows, which the statement is to change.
func (r *run) lock(t *colstore.Table, rids []uint64, strength colstore.LockStrength) error {
	waited, err := r.s.txOf(t).Lock(r.ctx, t, rids, strength)
	if err == nil && waited && strength == colstore.LockUpdate && len(t.ReferencedBy) > 0 && r.mayRestart(errRestart) {
		return errRestart // for the rows that refer to them now
	}
	return err
}

// lockKeys waits for those who have written the unique keys of rows to be written.
func (r *run) lockKeys(t *colstore.Table, b *vec.Batch) error {
	waited, err := r.s.txOf(t).LockKeys(r.ctx, t, b)
	if err == nil && waited && r.mayRestart(errRestart) {
		return errRestart
	}
	return err
}
