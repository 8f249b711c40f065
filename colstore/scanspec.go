package colstore

import (
	"math"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Pseudo columns: what the store knows about a row version besides its values. They may
// stand in ScanSpec.Columns.
const (
	ColRID       uint32 = 0xFFFFFFF0 + iota // BIGINT: row id; bit 63 set for an uncommitted row
	ColSeqStart                             // BIGINT: event that wrote the version
	ColSeqEnd                               // BIGINT: event that ended it, or LiveSeq
	ColTimeStart                            // TIMESTAMPTZ: commit time of the start
	ColTimeEnd                              // TIMESTAMPTZ: commit time of the end, or infinity
	ColSign                                 // SMALLINT: +1 born, -1 died; only in Changes
)

// LiveSeq is the system_seq_end of a version that has not ended.
const LiveSeq = math.MaxInt64

// PseudoType returns the type of a pseudo column.
func PseudoType(id uint32) (t types.Type, ok bool) {
	switch id {
	case ColRID, ColSeqStart, ColSeqEnd:
		return types.T(types.Int64), true
	case ColTimeStart, ColTimeEnd:
		return types.T(types.TimestampTZ), true
	case ColSign:
		return types.T(types.Int16), true
	}
	return types.Type{}, false
}

// FilterOp is the operator of a Filter.
type FilterOp uint8

// The operators. Eq to Ge and In compare with Values; NULLs never match them.
const (
	Eq FilterOp = iota
	Ne
	Lt
	Le
	Gt
	Ge
	In
	IsNull
	IsNotNull
)

// Filter is one conjunct: column op constants. The values have the column's type. A scan
// uses filters to skip rows that cannot match; rows that do not match may still come.
type Filter struct {
	Column uint32
	Op     FilterOp
	Values []types.Value // one for Eq to Ge, any number for In
}

// VersionRange asks for all row versions visible at some point p with From <= p <= To, both
// event numbers. To may lie behind the view's horizon: it is cut there.
type VersionRange struct{ From, To uint64 }

// ScanSpec says what a scan delivers. The zero value counts rows.
type ScanSpec struct {
	Columns  []uint32      // column ids, or pseudo columns
	Filters  []Filter      // conjuncts; hints
	Versions *VersionRange // nil: rows visible at the view's point
	Order    *KeyOrder     // nil: in any order; see View.OrderedScan
}

// KeyOrder is an order of rows: that of the keys of an index.
type KeyOrder struct {
	Index uint32 // Index.ID
	Desc  bool   // from the greatest key to the least
	First int    // rows that are wanted at first, 0 when it is not known
}

// Group is up to 65,536 row versions of a scan. Cols are in the order of ScanSpec.Columns,
// in any form of vec. Live has a set bit for every row that the scan delivers, nil for all;
// bits past N are zero. The memory is valid until the scan is closed, and read-only.
type Group struct {
	N    int
	Live []uint64
	Cols []vec.Vec
	// Mapped says of each column whether the bytes of its strings lie in a mapped file: then they stay
	// where they are until the scan is closed, whatever is loaded meanwhile, and take no memory of the
	// process. It may be shorter than Cols.
	Mapped []bool
}

// Count is the number of rows that the scan delivers of the group.
func (g *Group) Count() int {
	if g.Live == nil {
		return g.N
	}
	return vec.CountBits(g.Live)
}

// Explain is what a scan tells EXPLAIN ANALYZE.
type Explain struct {
	Point          Point
	Snapshot       uint64 // event number up to which parts hold the table's rows
	EventsReplayed int64  // row versions and ends that lie in the tail
	Parts          int    // parts read
	Groups         int    // row groups in all
	Skipped        int    // row groups skipped by statistics or because all their rows are dead
	Index          string // name of the index used, "" for none
}

// ColumnStats are the statistics of one column. Min and Max are bounds of all row versions,
// invalid (NULL) when unknown or when there is no value.
type ColumnStats struct {
	Min, Max types.Value
	Nulls    int64
	Distinct int64 // estimate
	Sorted   bool  // ascending in the order of the scan
}

// TableStats are the statistics of a table at a view.
type TableStats struct {
	Rows    int64 // visible rows, exact; not known when there is an Err
	Columns map[uint32]ColumnStats
	Err     error // why the table could not be looked at: a scan fails too
}

// IsLive reports whether the scan delivers row i.
func (g *Group) IsLive(i int) bool {
	return g.Live == nil || g.Live[i>>6]&(1<<(uint(i)&63)) != 0
}
