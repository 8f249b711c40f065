package colstore

import (
	"driftdb/eventlog"
)

// reading is the state of a process that reads beside a writer.
type reading struct{}

func (db *DB) takeLease() error    { return nil }
func (db *DB) releaseLease() error { return nil }

func (db *DB) refreshed() eventlog.Commit { return db.log.Durable() }

func (db *DB) timeClosed(micros int64) error { return nil }

// replayEnd is the commit up to which a table is replayed when it is loaded, 0 for all.
func (db *DB) replayEnd() uint64 { return 0 }
