package colstore

import (
	"context"
	"sync"
	"sync/atomic"

	"driftdb/internal/dberr"
)

// upkeep is the background work of a writer, and what only one maintenance job at a time may
// do. Lock order: one, apply, manifestMu.
type upkeep struct {
	one        sync.Mutex // held by the one maintenance job that runs
	manifestMu sync.Mutex // guards the manifest's contents
	onProgress atomic.Pointer[func(step string, done, total int64)]
}

func (db *DB) startUpkeep() error { return nil }

func (db *DB) stopUpkeep() {}

// admit lets a commit wait while the tails are far above their limit.
func (db *DB) admit(ctx context.Context) error {
	if db.opts.ReadOnly {
		return dberr.New(dberr.ReadOnlyTransaction, "the database is open read-only")
	}
	return nil
}

func (db *DB) afterCommit() {}

// OnProgress sets a callback that maintenance calls with what it does and how far it is. It
// runs on the goroutine of the maintenance job.
func (db *DB) OnProgress(fn func(step string, done, total int64)) { db.upkeep.onProgress.Store(&fn) }

func (db *DB) progress(step string, done, total int64) {
	if fn := db.upkeep.onProgress.Load(); fn != nil && *fn != nil {
		(*fn)(step, done, total)
	}
}
