package colstore

import (
	"context"
	"sync"

	"driftdb/internal/dberr"
)

// upkeep is the background work of a writer, and what only one maintenance job at a time may
// do. Lock order: one, apply, manifestMu.
type upkeep struct {
	one        sync.Mutex // held by the one maintenance job that runs
	manifestMu sync.Mutex // guards the manifest's contents
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
