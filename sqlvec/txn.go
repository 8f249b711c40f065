package sqlvec

import (
	"context"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// transaction is the session's transaction, if one is open.
type transaction struct {
	open      *colstore.Tx
	temp      *colstore.Tx // on the session's temporary tables, nil while there are none
	explicit  bool         // BEGIN, not a single statement
	failed    bool         // a statement failed: only ROLLBACK helps
	readOnly  bool
	isolation colstore.Isolation
	start     int64 // µs since 1970 UTC
	wrote     bool  // no SET TRANSACTION any more
	saved     []savepoint
	cursors   map[string]*cursor
	before    settings  // at BEGIN, for a rollback
	after     *settings // what holds after COMMIT, nil for what holds now
}

type savepoint struct {
	name  string
	point colstore.Savepoint
	temp  colstore.Savepoint
	set   savedSettings
}

// savepoint marks the present state under a name.
func (s *Session) savepoint(name string) savepoint {
	p := savepoint{name: name, point: s.tx.open.Savepoint(), set: s.saveSettings()}
	if s.tx.temp != nil {
		p.temp = s.tx.temp.Savepoint()
	}
	return p
}

// ensureTransaction opens a transaction for one statement where none is open.
func (s *Session) ensureTransaction() error {
	if s.tx.open != nil {
		return nil
	}
	return s.begin(parse.TxModes{})
}

// begin opens a transaction with the modes given, else the session's.
func (s *Session) begin(m parse.TxModes) error {
	tx := transaction{isolation: s.set.isolation, readOnly: s.set.readOnly || s.set.systemTime != nil, start: s.db.now()}
	tx.apply(m)
	open, err := s.db.store.Begin(colstore.TxOptions{ReadOnly: tx.readOnly, Isolation: tx.isolation, After: s.lastCSN, Owner: s.activity.owner})
	if err != nil {
		return err
	}
	open.SynchronousCommit, open.Compress = s.set.syncCommit, s.set.compressParts
	tx.open = open
	s.tx = tx
	s.activity.inTransactionSince(tx.start)
	return s.beginTemporary()
}

var isolations = map[parse.Isolation]colstore.Isolation{
	parse.ReadUncommitted: colstore.ReadCommitted, parse.ReadCommitted: colstore.ReadCommitted,
	parse.RepeatableRead: colstore.RepeatableRead, parse.Serializable: colstore.Serializable,
}

func (t *transaction) apply(m parse.TxModes) {
	if level, ok := isolations[m.Isolation]; ok {
		t.isolation = level
	}
	switch m.ReadOnly {
	case parse.Yes:
		t.readOnly = true
	case parse.No:
		t.readOnly = false
	}
}

// endStatement commits a statement that is its own transaction. write says that it may
// have changed something.
func (s *Session) endStatement(ctx context.Context, write bool) error {
	if s.tx.explicit {
		s.tx.wrote = true
		return nil
	}
	if !write {
		s.endTransaction()
		return nil
	}
	return s.commit(ctx)
}

// commit commits the open transaction; whatever happens, it is over afterwards.
func (s *Session) commit(ctx context.Context) error {
	tx := s.tx.open
	defer s.endTransaction()
	committed := false
	defer func() { s.endSettings(committed) }()
	tx.SetAttr(s.user, s.set.applicationName, "")
	temp := s.tx.temp
	if temp != nil {
		if err := temp.CheckDeferred(ctx); err != nil {
			return err
		}
	}
	c, err := tx.Commit(ctx)
	if err != nil {
		return err
	}
	if err := s.commitTemporary(ctx, temp); err != nil {
		return err
	}
	if c.CSN > s.lastCSN {
		s.lastCSN = c.CSN
	}
	committed = true
	s.holdCursors()
	return nil
}

// endTransaction rolls back what is open.
func (s *Session) endTransaction() {
	if s.tx.open != nil {
		s.tx.open.Rollback()
	}
	if s.tx.temp != nil {
		s.tx.temp.Rollback()
	}
	s.tx = transaction{}
}

// abort makes the open transaction one that has failed: only ROLLBACK helps. What it wrote since its newest
// savepoint is undone at once, so that others need not wait for what can no longer be committed.
func (s *Session) abort() {
	s.tx.failed = true
	if s.tx.open == nil {
		return
	}
	if n := len(s.tx.saved); n > 0 {
		if s.undoTo(&s.tx.saved[n-1]) == nil {
			return
		}
	}
	s.tx.open.Rollback()
	if s.tx.temp != nil {
		s.tx.temp.Rollback()
	}
}

// undoTo undoes what was written since a savepoint.
func (s *Session) undoTo(p *savepoint) error {
	if err := s.tx.open.RollbackTo(p.point); err != nil || s.tx.temp == nil {
		return err
	}
	return s.tx.temp.RollbackTo(p.temp)
}

// control runs the statements that begin and end transactions.
func (r *run) control() (done bool, err error) {
	s := r.s
	switch st := r.stmt.(type) {
	case *parse.Begin:
		return true, r.beginBlock(st.Modes)
	case *parse.Commit:
		return true, r.commitBlock(st.Chain)
	case *parse.Rollback:
		return true, r.rollbackBlock(st.Chain)
	case *parse.RollbackTo:
		return true, r.rollbackTo(st)
	case *parse.Savepoint:
		if err := s.needsBlock("SAVEPOINT"); err != nil {
			return true, err
		}
		s.tx.saved = append(s.tx.saved, s.savepoint(st.Name.Name))
		return true, r.done("SAVEPOINT")
	case *parse.Release:
		if err := s.needsBlock("RELEASE SAVEPOINT"); err != nil {
			return true, err
		}
		i, err := s.findSavepoint(st.Name)
		if err != nil {
			return true, err
		}
		s.tx.saved = s.tx.saved[:i]
		s.releaseCursors(i)
		return true, r.done("RELEASE")
	case *parse.SetTransaction:
		return true, r.setTransaction(st)
	}
	return false, nil
}

func (r *run) beginBlock(m parse.TxModes) error {
	s := r.s
	if s.tx.explicit {
		if s.tx.failed {
			return dberr.New(dberr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
		}
		s.notice("WARNING", dberr.ActiveTransaction, "there is already a transaction in progress")
		return r.done("BEGIN")
	}
	if m.ReadOnly == parse.No && s.set.systemTime != nil {
		return dberr.New(dberr.ReadOnlyTransaction, "a session in the past is read-only")
	}
	if err := s.begin(m); err != nil {
		return err
	}
	s.tx.explicit, s.tx.before = true, s.set
	return r.done("BEGIN")
}

func (r *run) commitBlock(chain bool) error {
	s := r.s
	if !s.tx.explicit && chain {
		return dberr.New(dberr.NoActiveTransaction, "COMMIT AND CHAIN can only be used in transaction blocks")
	}
	if !s.tx.explicit {
		s.notice("WARNING", dberr.NoActiveTransaction, "there is no transaction in progress")
		return r.done("COMMIT")
	}
	old, tag := s.tx, "COMMIT"
	if old.failed {
		s.endSettings(false)
		s.endTransaction()
		tag = "ROLLBACK"
	} else if err := s.commit(r.ctx); err != nil {
		return err
	}
	return r.chain(chain, old, tag)
}

func (r *run) rollbackBlock(chain bool) error {
	s := r.s
	if !s.tx.explicit && chain {
		return dberr.New(dberr.NoActiveTransaction, "ROLLBACK AND CHAIN can only be used in transaction blocks")
	}
	if !s.tx.explicit {
		s.notice("WARNING", dberr.NoActiveTransaction, "there is no transaction in progress")
		return r.done("ROLLBACK")
	}
	old := s.tx
	s.endSettings(false)
	s.endTransaction()
	return r.chain(chain, old, "ROLLBACK")
}

// chain begins the next transaction of AND CHAIN with the modes of the old one.
func (r *run) chain(chain bool, old transaction, tag string) error {
	if chain {
		if err := r.s.begin(parse.TxModes{}); err != nil {
			return err
		}
		r.s.tx.explicit, r.s.tx.before = true, r.s.set
		r.s.tx.readOnly, r.s.tx.isolation = old.readOnly, old.isolation
	}
	return r.done(tag)
}

func (s *Session) needsBlock(what string) error {
	switch {
	case !s.tx.explicit:
		return dberr.Newf(dberr.NoActiveTransaction, "%s can only be used in transaction blocks", what)
	case s.tx.failed:
		return dberr.New(dberr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	return nil
}

func (s *Session) findSavepoint(name parse.Ident) (int, error) {
	for i := len(s.tx.saved) - 1; i >= 0; i-- {
		if s.tx.saved[i].name == name.Name {
			return i, nil
		}
	}
	return 0, dberr.Newf(dberr.InvalidSavepoint, "savepoint \"%s\" does not exist", name.Name).At(int(name.Pos))
}

// rollbackTo undoes everything since a savepoint; it also ends the failed state.
func (r *run) rollbackTo(st *parse.RollbackTo) error {
	s := r.s
	if !s.tx.explicit {
		return dberr.New(dberr.NoActiveTransaction, "ROLLBACK TO SAVEPOINT can only be used in transaction blocks")
	}
	i, err := s.findSavepoint(st.Name)
	if err != nil {
		return err
	}
	if err := s.undoTo(&s.tx.saved[i]); err != nil {
		return err
	}
	s.restoreSettings(s.tx.saved[i].set)
	s.rollbackCursors(i)
	s.tx.saved, s.tx.failed = s.tx.saved[:i+1], false
	return r.done("ROLLBACK")
}

// setTransaction changes the modes of a transaction that has done nothing yet.
func (r *run) setTransaction(st *parse.SetTransaction) error {
	s := r.s
	if st.Session {
		t := transaction{isolation: s.set.isolation, readOnly: s.set.readOnly}
		t.apply(st.Modes)
		s.set.isolation, s.set.readOnly = t.isolation, t.readOnly
		return r.done("SET")
	}
	if !s.tx.explicit {
		s.notice("WARNING", dberr.NoActiveTransaction, "SET TRANSACTION can only be used in transaction blocks")
		return r.done("SET")
	}
	if s.tx.failed {
		return dberr.New(dberr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if s.tx.wrote && st.Modes.Isolation != parse.IsolationDefault {
		return dberr.New(dberr.ActiveTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
	}
	wasReadOnly := s.tx.readOnly
	s.tx.apply(st.Modes)
	if wasReadOnly && !s.tx.readOnly && s.tx.wrote {
		return dberr.New(dberr.ActiveTransaction, "transaction read-write mode must be set before any query")
	}
	if s.tx.wrote {
		return r.done("SET")
	}
	modes := s.tx
	s.tx.open.Rollback()
	open, err := s.db.store.Begin(colstore.TxOptions{ReadOnly: modes.readOnly, Isolation: modes.isolation, After: s.lastCSN, Owner: s.activity.owner})
	if err != nil {
		return err
	}
	open.SynchronousCommit, open.Compress = s.set.syncCommit, s.set.compressParts
	s.tx.open = open
	return r.done("SET")
}
