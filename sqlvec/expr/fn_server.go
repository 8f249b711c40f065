package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Server is what functions ask of the database around a session, and do to it. It is safe for concurrent use.
type Server interface {
	// RelationSize is what a part of a relation takes in files, in bytes; ok is false when there is no relation
	// with that number.
	RelationSize(oid int64, part SizePart) (bytes int64, ok bool, err error)
	// DatabaseSize is the bytes of all files.
	DatabaseSize() (int64, error)
	// Backend is the number of the session among those of the process.
	Backend() int64
	// Cancel ends the statement that a session runs, and reports whether there is that session. The error is of
	// the statement that calls it, where that is the one.
	Cancel(backend int64) (bool, error)
	// Terminate ends a session, and waits so long for it to have ended, which it reports; not at all for 0.
	Terminate(backend, waitMillis int64) (bool, error)
	// Blocking lists the sessions that one waits for.
	Blocking(backend int64) []int64
	// Lock takes an advisory lock, and reports whether the session has it.
	Lock(l AdvisoryLock) (bool, error)
	// Unlock gives back a lock that Lock took and that does not end with the transaction, and reports
	// whether the session had it.
	Unlock(l AdvisoryLock) bool
	UnlockAll()
	// Query is the text of the statement that runs.
	Query() string
	// Sleep waits, unless the statement is canceled before.
	Sleep(micros int64) error
	// TemporarySchema is the number of the schema of the session's temporary tables, 0 for none.
	TemporarySchema() int64
}

// SizePart is what of a relation is measured.
type SizePart uint8

// The parts, each with those before it in it but for SizeIndexes.
const (
	SizeOwn     SizePart = iota // the rows of a table, or an index
	SizeTable                   // the same
	SizeIndexes                 // the indexes of a table
	SizeTotal                   // rows and indexes
)

// AdvisoryLock is a lock of numbers that sessions agree on.
type AdvisoryLock struct {
	N           int64 // of a pair the first number in the upper 32 bits
	Pair        bool
	Shared      bool
	Transaction bool // until the transaction ends
	NoWait      bool
}

// serverFn makes a function that asks the server.
func serverFn(name string, params []types.ID, ret types.ID, fn func(s Server, a []types.Value) (types.Value, error)) *Function {
	return &Function{Name: name, Params: params, Ret: ret, Volatility: Volatile,
		row: func(env *Env, a []types.Value) (types.Value, error) {
			if env == nil || env.Server == nil {
				return types.NullOf(types.T(ret)), unavailable(name)
			}
			return fn(env.Server, a)
		}}
}

// ofDatabase makes a function look whether its first argument names the database before anything else.
func ofDatabase(f *Function) *Function {
	answer := f.row
	f.row = func(env *Env, a []types.Value) (types.Value, error) {
		if env != nil && env.Server != nil {
			if err := databaseThere(env, a[0].S); err != nil {
				return a[0], err
			}
		}
		return answer(env, a)
	}
	return f
}

// noValue is what functions answer that PostgreSQL calls void.
var noValue = textValue("")

func init() {
	big, whole, text := types.Int64, types.Int32, types.Text
	number := func(n int64) types.Value { return types.IntValue(types.T(types.Int64), n) }
	for name, part := range map[string]SizePart{"pg_relation_size": SizeOwn, "pg_table_size": SizeTable, "pg_indexes_size": SizeIndexes, "pg_total_relation_size": SizeTotal} {
		register(serverFn(name, ids(big), big, func(s Server, a []types.Value) (types.Value, error) {
			n, ok, err := s.RelationSize(a[0].I, part)
			if !ok || err != nil {
				return types.NullOf(types.T(types.Int64)), err
			}
			return number(n), nil
		}))
	}
	register(
		serverFn("pg_relation_size", ids(big, text), big, forkSize),
		ofDatabase(serverFn("pg_database_size", ids(text), big, func(s Server, _ []types.Value) (types.Value, error) {
			n, err := s.DatabaseSize()
			return number(n), err
		})),
		serverFn("pg_blocking_pids", ids(whole), types.ArrayOf(whole), func(s Server, a []types.Value) (types.Value, error) {
			var list []types.Value
			for _, pid := range s.Blocking(a[0].I) {
				list = append(list, types.IntValue(types.T(types.Int32), pid))
			}
			return types.List(list).Value(types.T(types.Int32).Array())
		}),
		serverFn("pg_cancel_backend", ids(whole), types.Bool, func(s Server, a []types.Value) (types.Value, error) {
			ok, err := s.Cancel(a[0].I)
			return types.BoolValue(ok), err
		}),
		serverFn("pg_terminate_backend", ids(whole), types.Bool, terminate), serverFn("pg_terminate_backend", ids(whole, big), types.Bool, terminate),
		serverFn("pg_sleep", ids(types.Float64), text, func(s Server, a []types.Value) (types.Value, error) {
			return noValue, s.Sleep(int64(a[0].F * 1e6))
		}),
		serverFn("pg_advisory_unlock_all", nil, text, func(s Server, _ []types.Value) (types.Value, error) {
			s.UnlockAll()
			return noValue, nil
		}),
	)
	stable := []*Function{
		serverFn("pg_backend_pid", nil, whole, func(s Server, _ []types.Value) (types.Value, error) {
			return types.IntValue(types.T(types.Int32), s.Backend()), nil
		}),
		serverFn("pg_my_temp_schema", nil, big, func(s Server, _ []types.Value) (types.Value, error) { return number(s.TemporarySchema()), nil }),
		serverFn("current_query", nil, text, func(s Server, _ []types.Value) (types.Value, error) { return textValue(s.Query()), nil }),
	}
	for _, f := range stable {
		f.Volatility = Stable
	}
	register(stable...)
	registerAdvisory()
}

// terminate is pg_terminate_backend.
func terminate(s Server, a []types.Value) (types.Value, error) {
	var wait int64
	if len(a) > 1 {
		wait = a[1].I
	}
	if wait < 0 {
		return a[0], dberr.New(dberr.NumericValueOutOfRange, "\"timeout\" must not be negative")
	}
	ok, err := s.Terminate(a[0].I, wait)
	return types.BoolValue(ok), err
}

// forkSize is the size of one of the files that PostgreSQL would have for a relation. Here all are one.
func forkSize(s Server, a []types.Value) (types.Value, error) {
	n, ok, err := s.RelationSize(a[0].I, SizeOwn)
	switch a[1].S {
	case "main":
	case "fsm", "vm", "init":
		n = 0
	default:
		return a[0], dberr.New(dberr.InvalidParameterValue, "invalid fork name").WithHint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")
	}
	if !ok {
		return types.NullOf(types.T(types.Int64)), err
	}
	return types.IntValue(types.T(types.Int64), n), err
}

// registerAdvisory registers pg_advisory_lock and its kin.
func registerAdvisory() {
	for name, l := range map[string]AdvisoryLock{
		"pg_advisory_lock": {}, "pg_advisory_lock_shared": {Shared: true},
		"pg_try_advisory_lock": {NoWait: true}, "pg_try_advisory_lock_shared": {NoWait: true, Shared: true},
		"pg_advisory_xact_lock": {Transaction: true}, "pg_advisory_xact_lock_shared": {Transaction: true, Shared: true},
		"pg_try_advisory_xact_lock": {Transaction: true, NoWait: true}, "pg_try_advisory_xact_lock_shared": {Transaction: true, NoWait: true, Shared: true},
	} {
		ret := types.Text
		if l.NoWait {
			ret = types.Bool
		}
		registerLock(name, ret, func(s Server, a []types.Value) (types.Value, error) {
			ok, err := s.Lock(l.of(a))
			if l.NoWait {
				return types.BoolValue(ok), err
			}
			return noValue, err
		})
	}
	for name, l := range map[string]AdvisoryLock{"pg_advisory_unlock": {}, "pg_advisory_unlock_shared": {Shared: true}} {
		registerLock(name, types.Bool, func(s Server, a []types.Value) (types.Value, error) {
			return types.BoolValue(s.Unlock(l.of(a))), nil
		})
	}
}

// registerLock registers a function of one number and of two.
func registerLock(name string, ret types.ID, fn func(s Server, a []types.Value) (types.Value, error)) {
	register(serverFn(name, ids(types.Int64), ret, fn), serverFn(name, ids(types.Int32, types.Int32), ret, fn))
}

// of is the lock of the numbers that a function was called with.
func (l AdvisoryLock) of(a []types.Value) AdvisoryLock {
	l.N = a[0].I
	if len(a) > 1 {
		l.N, l.Pair = a[0].I<<32|a[1].I&0xFFFFFFFF, true
	}
	return l
}
