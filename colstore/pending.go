package colstore

import (
	"context"
	"iter"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

var errPending = dberr.New(dberr.FeatureNotSupported, "this part of the store is not complete yet")

// CheckpointStats say what a checkpoint did.
type CheckpointStats struct {
	Point   Point
	Tables  int // tables written
	Parts   int
	Rows    int64
	Bytes   int64
	Skipped int // tables that had nothing new
}

// Checkpoint writes the tail of a table, "" for all, as parts.
func (db *DB) Checkpoint(ctx context.Context, table string) (CheckpointStats, error) {
	return CheckpointStats{}, errPending
}

// VacuumStats say what a vacuum did.
type VacuumStats struct {
	Tables      int
	PartsBefore int
	PartsAfter  int
	RowsMoved   int64
	FilesFreed  int
	BytesFreed  int64
}

// Vacuum merges small parts and moves the dead of a table, "" for all, aside.
func (db *DB) Vacuum(ctx context.Context, table string) (VacuumStats, error) {
	return VacuumStats{}, errPending
}

// OnProgress sets a callback that maintenance calls with what it does and how far it is.
func (db *DB) OnProgress(fn func(step string, done, total int64)) {}

// EventOp is what an event did.
type EventOp uint8

// The operations.
const (
	OpInsert EventOp = iota + 1
	OpUpdate
	OpDelete
	OpDDL
)

// Event is one row change, or one catalog edit.
type Event struct {
	Op                        EventOp
	Seq                       uint64 // 0 for OpDDL
	CSN                       uint64
	TimeMicros                int64
	Table                     *Table        // as of then
	RID                       uint64        // new version; 0 for OpDelete
	Replaced                  uint64        // version that ended; 0 for OpInsert
	Values                    []types.Value // OpInsert, OpUpdate: the new row; OpDelete: the row that ended
	Text                      string        // OpDDL: what changed
	User, Application, Reason string
}

// EventRange says which events Events yields. The zero value is all of them.
type EventRange struct {
	FromCSN, ToCSN uint64 // inclusive; 0 open
	FromSeq, ToSeq uint64 // inclusive; 0 open
	Table          string // "" all
	Follow         bool   // wait for more until the context ends
}

// Events yields the events of the log in order.
func (db *DB) Events(ctx context.Context, r EventRange) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) { yield(Event{}, errPending) }
}

// Report is what Doctor found.
type Report struct {
	Problems []Problem
	Files    int
	Bytes    int64
	Tables   int
	Rows     int64
	Commits  uint64
	Repaired []string // what was repaired
}

// Problem is one finding.
type Problem struct {
	File   string
	Offset int64 // -1 when no offset applies
	Table  string
	What   string
	Remedy string
}

// Doctor verifies every byte of the database in dir. With repair it fixes what is provably
// fixable and destroys nothing.
func Doctor(dir string, opts Options, repair bool) (Report, error) { return Report{}, errPending }
