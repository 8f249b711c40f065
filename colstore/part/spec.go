package part

import (
	"driftdb/internal/types"
)

// Limits of a part.
const (
	MaxRows        = 1 << 20 // most rows of a part
	MaxColumns     = 4096    // most columns of a part
	MaxIndexes     = 256     // most indexes of a part
	MaxKeyColumns  = 32      // most columns of an index
	MaxGroupRows   = 1 << 16 // most rows of a row group, and the default
	MinGroupRows   = 64      // fewest rows of a full row group
	maxHeapBytes   = 1 << 30 // most string bytes of one column in one row group
	fullBytes      = 1 << 28 // buffered bytes at which Writer.Full asks for a new part
	maxDictBytes   = 1 << 26 // most bytes of a dictionary's values
	maxDictValues  = 1 << 16 // most distinct values of a dictionary
	minDictRows    = 256     // rows below which no dictionary is made
	alignment      = 64      // of an image in its file, and of every body in an image
	maxStatBytes   = 64      // string bounds are cut to this many bytes
	maxNameBytes   = 1 << 10 // most bytes of a column's name
	runsPerFile    = MaxRows // most entries of a run table
	pageRows       = 1 << 16 // rows of one page of a Mask
	keyframeDeaths = 1 << 16 // deaths between two keyframes
)

// ColumnSpec names one column of a part. A part holds a column by (ID, TypeVersion).
type ColumnSpec struct {
	ID          uint32 // the catalog's column id, unique in the part
	TypeVersion uint32 // the version of the type the values were written with
	Name        string // for exports and dumps only
	Type        types.Type
}

// IndexSpec names one index of a part.
type IndexSpec struct {
	ID      uint32   // 0 is the primary key
	Columns []uint32 // column ids, most significant first
	Unique  bool     // Finish reports the first two rows with equal keys
}

// Run says that rows [Row, the next run's Row) have consecutive rids from RID and
// consecutive births from Seq. RID and Seq count from the bases given to Open.
type Run struct {
	Row uint32
	RID uint64
	Seq uint64
}

// WriteOptions says what a Writer writes.
type WriteOptions struct {
	Columns   []ColumnSpec // at least one
	Indexes   []IndexSpec
	Compress  bool // zstd for every chunk: for cold parts
	GroupRows int  // rows of a row group, a power of two in [MinGroupRows, MaxGroupRows]; 0: MaxGroupRows
	Workers   int  // goroutines that encode columns; 0: the caller's alone
	// Stop is asked now and then by Finish, which ends with its error; nil for never.
	Stop func() error
}

// Info describes a written part.
type Info struct {
	Rows       int
	Bytes      int64       // length of the image
	SHA256     [32]byte    // of the image
	Check      uint64      // fingerprint that Part.Check returns: covers every byte of the image
	Stats      []Stats     // per column, over the whole part, in the order of WriteOptions.Columns
	Duplicates []Duplicate // per unique index at most one
}

// Duplicate is two rows of one part with equal keys (no part of them NULL) in a unique
// index. The rows may be versions of one row: whoever knows their deaths decides.
type Duplicate struct {
	Index         uint32 // IndexSpec.ID
	First, Second uint32 // rows, First < Second
}

// Stats is what is known of the values of one column, in one row group or in a part.
type Stats struct {
	Valid    bool        // Min and Max are set: there is a value that is neither NULL nor NaN
	Exact    bool        // Min and Max are values of the column; otherwise (long strings) bounds
	Min, Max types.Value // over values that are neither NULL nor NaN, in the type's SQL order
	Nulls    int         // rows that are NULL
	Rows     int         // all rows
	Distinct int         // distinct values: an estimate, exact for dictionary columns of a part
	HasNaN   bool        // some value is NaN
	Sorted   bool        // no NULL, and every value >= the one before
}

// Bound is one end of a Range: the values of the first len(Key) columns of the index.
type Bound struct {
	Key       []types.Value
	Inclusive bool
}

// Source is the mapped file a part lies in.
type Source interface {
	// Bytes is the whole file. It must stay readable while any Part or vector over it is used.
	Bytes() []byte
	// Name is the file's name, for errors.
	Name() string
}

// Location says where in a Source an image lies, and what its numbers count from.
type Location struct {
	Offset  int64  // in bytes, a multiple of 64
	Length  int64  // in bytes
	BaseRID uint64 // added to every Run.RID
	BaseSeq uint64 // added to every Run.Seq
}

// Death is the end of one row version of a part.
type Death struct {
	Seq uint64 // the event that replaced or deleted it
	Row uint32
}
