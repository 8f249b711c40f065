package sqlvec

import (
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// Column is one column of a result.
type Column struct {
	Name string
	Type types.Type
}

// Notice is what a statement says beside its result.
type Notice struct {
	Severity string // "NOTICE" or "WARNING"
	Code     string // SQLSTATE
	Message  string
	Detail   string // "" for none
}

// Result is what one statement answers. It is valid inside the callback it was
// handed to.
type Result struct {
	// Columns is nil for a statement without rows.
	Columns []Column
	Notices []Notice
	// Text is the statement as it was written.
	Text string
	// Pos is the 1-based byte position of Text in what was handed to Run.
	Pos int

	tag  string
	rows int64
	each func(func(*vec.Batch) error) error
	done bool
}

// Each runs fn on every batch of rows, in order, on the caller's goroutine. A batch
// and its memory are valid until fn returns; rows that its mask leaves out are not part
// of the result. An error of fn ends the statement and is returned. Each may be called
// once; a caller that never calls it discards the rows.
func (r *Result) Each(fn func(*vec.Batch) error) error {
	if r.done || r.each == nil {
		return nil
	}
	r.done = true
	return r.each(fn)
}

// HasRows reports whether the statement answers rows, be they none.
func (r *Result) HasRows() bool { return r.Columns != nil }

// Tag is PostgreSQL's command tag ("INSERT 0 3"). The tag of a query has its number of
// rows once Each has returned.
func (r *Result) Tag() string { return r.tag }

// RowsAffected is the number of rows inserted, updated, deleted or, once Each has
// returned, answered.
func (r *Result) RowsAffected() int64 { return r.rows }
