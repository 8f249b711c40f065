package sqlvec

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/exec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/opt"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// run is one statement while it runs. It gives the binder its views.
type run struct {
	s      *Session
	ctx    context.Context
	stmt   parse.Stmt
	params []types.Value
	// prepared is the statement that runs, of PREPARE or of a text that is kept; nil for none.
	prepared *prepared
	shaped   *shapedRun // set where it is a shape's
	fn       func(*Result) error
	result   *Result
	views    []*colstore.View
	// restarts says that the statement may begin anew; began is what the transaction had written when it did.
	restarts bool
	began    uint64
	locks    bool // the statement locks rows of its queries
	advisory advisoryLocks
	env      *expr.Env
	// creating is the table whose columns are being defined, for messages.
	creating  string
	generated map[string]parse.Expr      // of generated columns being defined
	rules     map[*colstore.Table]*rules // of the tables written to
	through   *colstore.Table            // the view that a statement writes through, nil for none
	options   *checkOptions              // what its rows must meet
	multi     *multi                     // set for the parts of a statement whose WITH clause writes
	with      *parse.With                // what a part sees of that clause
	trace     *trace                     // of EXPLAIN ANALYZE, nil otherwise
}

// execute runs the statement and hands its result to the caller.
func (r *run) execute() error {
	if r.ctx.Err() != nil {
		return expr.Canceled(r.ctx)
	}
	if done, err := r.control(); done || err != nil {
		return err
	}
	if r.s.tx.failed {
		return dberr.New(dberr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if done, err := r.sessionCommand(); done || err != nil {
		return err
	}
	return r.inTransaction()
}

// answer hands the result to the caller.
func (r *run) answer() error {
	r.result.Notices = r.s.notices
	if r.fn == nil {
		return nil
	}
	if err := r.fn(r.result); err != nil {
		return err
	}
	return nil
}

// done answers a statement without rows.
func (r *run) done(tag string) error {
	r.result.tag = tag
	return r.answer()
}

// inTransaction runs the statement in the session's transaction, or in one of its own.
func (r *run) inTransaction() error {
	s := r.s
	if maintenance(r.stmt) {
		return r.maintain()
	}
	if err := s.ensureTransaction(); err != nil {
		return err
	}
	if err := s.newStatement(r.ctx); err != nil {
		return err
	}
	r.env = s.newEnv(r)
	if q, ok := readOnlyQuery(r.stmt); ok && !writesInWith(q) {
		err := r.query(q)
		if err == nil {
			return s.endStatement(r.ctx, s.tx.open.MovedSequences())
		}
		if err != errLocks {
			return err
		}
	}
	if ex, ok := r.stmt.(*parse.Explain); ok {
		if err := r.explain(ex); err != nil {
			return err
		}
		if err := s.endStatement(r.ctx, true); err != nil {
			return err
		}
		return r.answer()
	}
	if v, ok := r.stmt.(*parse.SetVariable); ok {
		if err := r.setVariable(v); err != nil {
			return err
		}
		if err := s.endStatement(r.ctx, s.tx.open.MovedSequences()); err != nil {
			return err
		}
		return r.done("SET")
	}
	if c, ok := r.stmt.(*parse.DeclareCursor); ok {
		if err := r.writeAndEnd(func() error { return r.declareCursor(c) }); err != nil {
			return err
		}
		return r.done("DECLARE CURSOR")
	}
	if cp, ok := r.stmt.(*parse.Copy); ok {
		if err := r.copyStatement(cp); err != nil {
			return err
		}
		if err := s.endStatement(r.ctx, cp.From || s.tx.open.MovedSequences()); err != nil {
			return err
		}
		return r.answer()
	}
	if err := r.mayWrite(); err != nil {
		return err
	}
	if err := r.writeAndEnd(r.write); err != nil {
		return err
	}
	if s.db.opts.CheckpointEach && !s.tx.explicit {
		if _, err := s.db.store.Checkpoint(r.ctx, colstore.Name{}); err != nil {
			return err
		}
	}
	return r.answer()
}

func readOnlyQuery(st parse.Stmt) (*parse.Query, bool) {
	q, ok := st.(*parse.Query)
	return q, ok
}

// mayWrite refuses writing statements where nothing may be written.
func (r *run) mayWrite() error {
	tx := r.s.tx
	if tx.open.ReadOnly() || tx.readOnly || r.s.set.systemTime != nil {
		e := dberr.Newf(dberr.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", commandName(r.stmt))
		if r.s.set.systemTime != nil {
			e = e.WithHint("The session is in the past. SET system_time = DEFAULT brings it back to the present.")
		}
		return e
	}
	return nil
}

// write runs a statement that changes data or definitions.
func (r *run) write() error {
	if writesInWith(r.stmt) {
		return r.writeMulti()
	}
	return r.writeOne()
}

func (r *run) writeOne() error {
	switch st := r.stmt.(type) {
	case *parse.Query:
		return r.queryAtOnce(st)
	case *parse.Insert:
		return r.insert(st)
	case *parse.Update:
		return r.update(st)
	case *parse.Delete:
		return r.delete(st)
	case *parse.Merge:
		return r.merge(st)
	case *parse.Truncate:
		return r.truncate(st)
	}
	return r.define()
}

// Present implements bind.Points.
func (r *run) Present() *colstore.View {
	if r.multi != nil && !r.multi.live {
		return r.multi.snapshot
	}
	return r.s.tx.open.View()
}

// AtSeq implements bind.Points.
func (r *run) AtSeq(seq uint64) (*colstore.View, error) {
	return r.hold(r.s.db.store.ViewAtSeq(seq))
}

// AtTX implements bind.Points.
func (r *run) AtTX(csn uint64) (*colstore.View, error) {
	return r.hold(r.s.db.store.ViewAtTX(csn))
}

// AtTime implements bind.Points.
func (r *run) AtTime(micros int64) (*colstore.View, error) {
	return r.hold(r.s.db.store.ViewAtTime(r.ctx, micros))
}

// SeqAt implements bind.Points.
func (r *run) SeqAt(micros int64) (uint64, error) {
	return r.s.db.store.SeqAtTime(r.ctx, micros)
}

// hold keeps a view until the statement ends.
func (r *run) hold(v *colstore.View, err error) (*colstore.View, error) {
	if err != nil {
		return nil, err
	}
	r.views = append(r.views, v)
	return v, nil
}

func (r *run) releaseViews() {
	for _, v := range r.views {
		v.Release()
	}
	r.views = nil
}

// binder returns a binder for the statement.
func (r *run) binder() *bind.Binder {
	return bind.New(bind.Env{
		Ctx: r.ctx, Points: r, Expr: r.env, Params: r.params,
		Path: r.s.searchPath().whole, SystemTime: r.s.set.systemTime, Scalar: r.scalar, Rows: r.rows, Written: r.written, With: r.with, Sequence: r.s.sequencePosition, System: r.system, Rejects: r.s.rejects,
		Locker: r.locker, Variable: r.s.variable,
	})
}

// scalar runs a query of one column for its one value.
func (r *run) scalar(node plan.Node) (types.Value, error) {
	t := node.Columns()[0].Type
	set, err := r.collect(node, []types.Type{t})
	if err != nil {
		return types.Value{}, err
	}
	switch set.n {
	case 0:
		return types.NullOf(t), nil
	case 1:
		v := set.cols[0].vector(1)
		return v.Value(0), nil
	}
	return types.Value{}, dberr.New(dberr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// rows runs a query for all its values.
func (r *run) rows(node plan.Node) ([][]types.Value, error) {
	set, err := r.collect(node, typesOf(resultColumns(node)))
	if err != nil {
		return nil, err
	}
	all := set.batch()
	rows := make([][]types.Value, set.n)
	for i := range rows {
		for c := range all.Cols {
			v := all.Cols[c].Value(i)
			v.S = strings.Clone(v.S)
			rows[i] = append(rows[i], v)
		}
	}
	return rows, nil
}

// collect optimizes and runs a bound plan and keeps its rows.
func (r *run) collect(node plan.Node, ts []types.Type) (*rowSet, error) {
	set := newRowSet(ts)
	return set, r.stream(node, set.appendBatch)
}

// stream optimizes and runs a bound plan.
func (r *run) stream(node plan.Node, fn func(*vec.Batch) error) error {
	start := time.Now()
	node, err := opt.Optimize(node, r.env)
	if err != nil {
		return err
	}
	if r.trace != nil {
		r.trace.planning += time.Since(start)
	}
	return r.streamPlanned(node, fn)
}

// streamChange runs the query of a statement that writes.
func (r *run) streamChange(change *bind.Change, fn func(*vec.Batch) error) error {
	if change.Planned {
		return r.streamPlanned(change.Plan, fn)
	}
	return r.stream(change.Plan, fn)
}

// streamPlanned runs a plan that is optimized.
func (r *run) streamPlanned(node plan.Node, fn func(*vec.Batch) error) error {
	if r.trace != nil {
		r.trace.plans = append(r.trace.plans, node)
	}
	return exec.Run(r.ctx, node, r.execOptions(), fn)
}

func (r *run) execOptions() exec.Options {
	o := exec.Options{
		Workers: r.s.set.threads, BatchRows: r.s.db.opts.BatchRows,
		MemoryLimit: r.s.set.memoryLimit, Env: r.env, Logger: r.s.db.opts.Logger,
		Temp: r.s.tempSpace(), SpillAlways: r.s.db.opts.SpillAlways,
	}
	if !r.s.set.ownMemory {
		o.Memory = r.s.db.memory
	}
	if r.s.random.Seeded() {
		o.Workers = 1 // so that the numbers come in the order of the rows
	}
	if r.trace != nil {
		o.Stats = r.trace.stats
	}
	return o
}

// query runs a SELECT: its rows flow to the caller while it runs. It returns errLocks when the query
// locks rows.
func (r *run) query(q *parse.Query) error {
	node, cols, err := r.planned(q)
	if err != nil {
		return err
	}
	if r.locks {
		return errLocks
	}
	r.result.Columns = cols
	r.result.tag = "SELECT 0"
	r.result.each = func(fn func(*vec.Batch) error) error {
		err := exec.Run(r.ctx, node, r.execOptions(), func(b *vec.Batch) error {
			n := b.Count()
			if n == 0 {
				return nil
			}
			r.result.rows += int64(n)
			return fn(b)
		})
		r.result.tag = "SELECT " + strconv.FormatInt(r.result.rows, 10)
		return err
	}
	return r.answer()
}

// queryAtOnce runs a SELECT to its end before the caller sees a row of it.
func (r *run) queryAtOnce(q *parse.Query) error {
	node, err := r.binder().Query(q)
	if err != nil {
		return err
	}
	cols := resultColumns(node)
	set, err := r.collect(node, typesOf(cols))
	if err != nil {
		return err
	}
	r.answerRows(cols, set)
	r.result.rows = int64(set.n)
	r.result.tag = fmt.Sprintf("SELECT %d", set.n)
	return nil
}

// planned makes the plan of a query, or takes that of a prepared statement, and returns it with the
// columns of the answer.
func (r *run) planned(q *parse.Query) (plan.Node, []Column, error) {
	node, err := r.kept()
	if node != nil || err != nil {
		return node, r.prepared.columns, err
	}
	if node, err = r.binder().Query(q); err != nil {
		return nil, nil, err
	}
	cols := resultColumns(node)
	if err := r.prepared.checkColumns(cols); err != nil {
		return nil, nil, err
	}
	node, err = opt.Optimize(node, r.env)
	return node, cols, err
}

func resultColumns(node plan.Node) []Column {
	cols := node.Columns()
	out := make([]Column, len(cols))
	for i, c := range cols {
		out[i] = Column{c.Name, c.Type}
	}
	return out
}

// answerRows makes a rowSet the result's rows.
func (r *run) answerRows(cols []Column, set *rowSet) {
	r.result.Columns = cols
	r.result.each = set.each
}

// sharedEnv is what the expressions of all statements see of the session.
func (s *Session) sharedEnv() expr.Env {
	return expr.Env{
		Clock: s.db.now, Database: bind.DatabaseName, Schemas: s.schemas, Version: Version, Setting: s.Setting, SetConfig: s.setConfig,
		Catalog: catalogCalls{s}, Random: &s.random,
	}
}

// newEnv is what the expressions of a statement see of the session.
func (s *Session) newEnv(r *run) *expr.Env {
	env := s.env
	env.Ctx = r.ctx
	env.Now, env.Statement, env.Zone, env.Params = s.tx.start, s.db.now(), s.set.zone, r.params
	env.User, env.SessionUser = s.user, s.user
	env.Sequences, env.History = &sequenceCalls{Session: s}, historyCalls{r}
	env.Server = serverCalls{r}
	return &env
}

// historyCalls is a run as the functions of points in time see it.
type historyCalls struct{ *run }

// CurrentSeq implements expr.History.
func (h historyCalls) CurrentSeq() int64 { return int64(h.Present().Point().Seq) }

// CurrentTX implements expr.History.
func (h historyCalls) CurrentTX() int64 { return int64(h.Present().Point().CSN) }

// SeqAt implements expr.History.
func (h historyCalls) SeqAt(micros int64) (int64, error) {
	seq, err := h.run.SeqAt(micros)
	return int64(seq), err
}

// CommitAt implements expr.History.
func (h historyCalls) CommitAt(csn int64) (seq, micros int64, err error) {
	if csn < 0 {
		return 0, 0, dberr.Newf(dberr.TemporalOutOfRange, "there is no transaction %d", csn)
	}
	v, err := h.s.db.store.ViewAtTX(uint64(csn))
	if err != nil {
		return 0, 0, err
	}
	micros, err = h.s.db.store.CommitTimeOf(uint64(csn))
	return int64(v.Point().Seq), micros, err
}

// TimeAt implements expr.History.
func (h historyCalls) TimeAt(seq int64) (int64, error) {
	if seq < 1 {
		return 0, dberr.Newf(dberr.TemporalOutOfRange, "there is no event %d, the first is 1", seq)
	}
	return h.s.db.store.TimeOfSeq(uint64(seq))
}

// Version is what version() answers after the product's name.
const Version = "DriftDB 1.0 (speaks PostgreSQL 17 SQL)"
