package expr

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Env is what expressions see of their session. It is read-only while a statement
// runs, and shared by its workers: the functions must be safe for concurrent use.
// Nil functions and interfaces answer with SQLSTATE 0A000. The zero value evaluates everything
// that does not depend on a session, in UTC.
type Env struct {
	// Ctx ends when the statement is to end; nil: it runs to its end.
	Ctx       context.Context
	Now       int64          // start of the transaction, µs since 1970 UTC
	Statement int64          // start of the statement, µs since 1970 UTC
	Clock     func() int64   // the clock, µs since 1970 UTC
	Zone      *time.Location // nil: UTC
	Params    []types.Value  // $1 is Params[0], already of the Param's type

	User, SessionUser, Database, Version string

	// Schemas are those of the search path that there are, with those that are looked into without being
	// named where implied is set.
	Schemas func(implied bool) []string

	Setting   func(name string) (string, bool)                             // current_setting
	SetConfig func(name string, value *string, local bool) (string, error) // set_config; nil is the default
	Sequences Sequences                                                    // nextval and its kin
	Catalog   Catalog                                                      // what the functions of the system's views ask
	Server    Server                                                       // sizes, sessions and advisory locks
	History   History                                                      // what the functions of points in time ask
	Random    *Generator                                                   // of the session's random()
	Rand      *rand.Rand                                                   // nil: the process's generator; not shared between workers
}

// History is the history of the database, and where in it a statement is.
type History interface {
	CurrentSeq() int64 // the last durable event of the statement's view
	CurrentTX() int64  // its commit
	SeqAt(micros int64) (int64, error)
	TimeAt(seq int64) (int64, error)
	// CommitAt returns the last event and the time of a commit.
	CommitAt(csn int64) (seq, micros int64, err error)
}

// mayEnd reports whether the statement can be told to end.
func (e *Env) mayEnd() bool { return e != nil && e.Ctx != nil }

// ended is the error of a statement that is to end, nil while it is not.
func (e *Env) ended() error {
	if e.mayEnd() && e.Ctx.Err() != nil {
		return Canceled(e.Ctx)
	}
	return nil
}

// Canceled is the error of a statement whose context has ended.
func Canceled(ctx context.Context) error {
	if e, ok := errors.AsType[*dberr.Error](context.Cause(ctx)); ok {
		return e
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return dberr.New(dberr.QueryCanceled, "canceling statement due to statement timeout")
	}
	return dberr.New(dberr.QueryCanceled, "canceling statement due to user request")
}

// zone returns the session's time zone.
func (e *Env) zone() *time.Location {
	if e == nil || e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// context returns what reading and printing values needs to know.
func (e *Env) context() types.Context {
	if e == nil {
		return types.Context{}
	}
	return types.Context{Zone: e.Zone, Now: e.Now, HasNow: e.Now != 0}
}
