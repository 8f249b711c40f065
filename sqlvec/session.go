package sqlvec

import (
	"context"
	"errors"
	"io"
	"runtime/debug"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
)

// Session is one conversation: settings, a transaction, prepared statements. It
// belongs to one goroutine at a time. Make one with DB.Session.
type Session struct {
	db          *DB
	set         settings
	tx          transaction
	prepared    map[string]*prepared
	texts       *texts
	held        map[string]*cursor     // WITH HOLD, of transactions that have committed
	variables   map[string]types.Value // of SET VARIABLE, by name in lower case
	customNames map[string]bool        // the settings with a dot in their names that were set
	user        string
	lastCSN     uint64 // the session's newest commit, which may not be durable yet
	notices     []Notice

	env       expr.Env // as sharedEnv makes it
	random    expr.Generator
	sequences sessionSequences
	path      *sessionPath // the search path taken apart, nil before it is asked for
	temp      *temporary   // tables of the session alone, nil while it has made none
	activity  *activity    // what others see of it

	rejects *files.RejectLog // records that store_rejects kept

	copyIn  io.Reader // of COPY … FROM STDIN, nil for none
	copyOut io.Writer // of COPY … TO STDOUT, nil for none
}

// Session starts a session.
func (db *DB) Session() *Session {
	s := &Session{db: db, set: defaultSettings(db), prepared: map[string]*prepared{}, texts: newTexts(), user: "driftdb", activity: db.enter(), rejects: new(files.RejectLog)}
	s.env = s.sharedEnv()
	s.activity.rollback = s.rollBackOpen
	return s
}

// SetUser names the user who is recorded with commits and answered by current_user.
func (s *Session) SetUser(name string) { s.user = name }

// Close rolls back what is open.
func (s *Session) Close() error {
	s.db.leave(s.activity)
	s.endTransaction()
	s.closeTemporary()
	return nil
}

// InTransaction reports whether a BEGIN is open, and whether it has failed.
func (s *Session) InTransaction() (open, failed bool) { return s.tx.explicit, s.tx.failed }

// Set changes a setting, as SET does.
func (s *Session) Set(name, value string) error {
	st, err := s.lookupSetting(name, true)
	if err != nil {
		return err
	}
	if st.set == nil {
		return dberr.Newf(dberr.InvalidParameterValue, "parameter \"%s\" cannot be changed", name)
	}
	return st.set(s, value, false)
}

// Setting returns the value of a setting, as SHOW does.
func (s *Session) Setting(name string) (string, bool) {
	st, err := s.lookupSetting(name, false)
	if err != nil {
		return "", false
	}
	return st.show(s), true
}

// Zone is what values of the session are printed with.
func (s *Session) Zone() types.Context {
	return types.Context{Zone: s.set.zone, Now: s.db.now(), HasNow: true}
}

// Run runs the statements of sql in order and calls fn with each result. The first
// error stops it and is returned; its position is one in sql. Statements outside a
// transaction block commit one by one.
func (s *Session) Run(ctx context.Context, sql string, fn func(*Result) error) error {
	if k := s.texts.find(sql); k != nil {
		return s.runStatement(ctx, k.stmt, sql, k.prepared, fn)
	}
	text, taken := s.texts.shapeOf(sql)
	repeated := false // a text whose shape is kept
	if taken {
		if k, values := s.texts.like(text); k != nil {
			if repeated = s.texts.again(k, sql); !repeated {
				return s.runShape(ctx, text, k, values, fn)
			}
		}
	}
	list, err := parse.Parse(sql)
	if err != nil {
		if s.tx.explicit {
			s.abort()
		}
		return err
	}
	if taken && !repeated && s.texts.seenShape(text, list, s.db.opts.KeepAtOnce) {
		if k, values := s.texts.like(text); k != nil {
			return s.runShape(ctx, text, k, values, fn)
		}
	}
	if k := s.texts.seen(sql, list, repeated, s.db.opts.KeepAtOnce); k != nil {
		return s.runStatement(ctx, k.stmt, sql, k.prepared, fn)
	}
	for _, st := range list {
		if err := s.runStatement(ctx, st, sql, nil, fn); err != nil {
			return err
		}
	}
	return nil
}

// runStatement runs one statement. kept is what is kept of its text, nil for
// nothing.
func (s *Session) runStatement(ctx context.Context, st parse.Statement, sql string, kept *prepared, fn func(*Result) error) error {
	return s.runOne(ctx, &run{s: s, stmt: st.Stmt, prepared: kept, fn: fn, result: &Result{}}, st, sql)
}

// runShape runs a text of a shape that is kept.
func (s *Session) runShape(ctx context.Context, text shaped, k *keptShape, values []types.Value, fn func(*Result) error) error {
	s.texts.list = nil // a statement that fn runs takes another
	defer func() { s.texts.list = text.list }()
	r := &run{s: s, stmt: k.stmt, prepared: k.prepared, params: values, shaped: &shapedRun{shape: k, text: text}, fn: fn, result: &Result{}}
	return s.runOne(ctx, r, parse.Statement{Stmt: k.stmt, Start: text.start, End: text.end}, text.sql)
}

// runOne runs st of the text sql by r, whatever happens in it.
func (s *Session) runOne(ctx context.Context, r *run, st parse.Statement, sql string) (err error) {
	if sql != "" {
		r.result.Text, r.result.Pos = sql[st.Start:st.End], st.Start+1
	}
	var cancel context.CancelCauseFunc
	r.ctx, cancel = context.WithCancelCause(ctx)
	defer cancel(nil)
	if s.set.statementTimeout > 0 {
		var stop context.CancelFunc
		r.ctx, stop = context.WithTimeout(r.ctx, s.set.statementTimeout)
		defer stop()
	}
	if err := s.begins(r.result.Text, cancel); err != nil {
		return err
	}
	defer s.ends()
	s.notices = nil
	for _, text := range st.Warnings {
		s.notice("WARNING", dberr.InvalidParameterValue, text)
	}
	defer func() {
		if p := recover(); p != nil {
			s.db.opts.Logger.Error("panic in a statement", "panic", p, "statement", r.result.Text, "stack", string(debug.Stack()))
			err = dberr.Bug("internal error: %v", p)
		}
		r.releaseViews()
		err = s.finishStatement(r, err)
	}()
	return r.execute()
}

// finishStatement decides about the transaction after a statement.
func (s *Session) finishStatement(r *run, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*dberr.Error); ok && e != nil {
		err = e.NamedFor(catalogCalls{s}.enumName)
	}
	if r.prepared != nil && !r.prepared.text {
		err = withoutPosition(err)
	}
	if r.shaped != nil {
		err = r.shaped.placed(err)
	}
	if s.tx.explicit {
		s.abort()
	} else {
		s.endTransaction()
	}
	if r.ctx.Err() != nil {
		var e *dberr.Error
		if !errors.As(err, &e) || e.Code == dberr.QueryCanceled || e.Code == errTerminated.Code || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return expr.Canceled(r.ctx)
		}
	}
	return err
}

// notice adds a notice to the current statement's result.
func (s *Session) notice(severity, code, message string) {
	if s.shows(severity) {
		s.notices = append(s.notices, Notice{Severity: severity, Code: code, Message: message})
	}
}

// viewAt opens a view at a point.
func (s *Session) viewAt(p bind.Point) (*colstore.View, error) {
	switch p.Kind {
	case bind.AtSeq:
		return s.db.store.ViewAtSeq(uint64(p.N))
	case bind.AtTX:
		return s.db.store.ViewAtTX(uint64(p.N))
	}
	return s.db.store.ViewAtTime(context.Background(), p.N)
}
