package colstore

import (
	"context"

	"driftdb/internal/dberr"
)

var errPending = dberr.New(dberr.FeatureNotSupported, "this part of the store is not complete yet")

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
