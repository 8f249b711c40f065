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
