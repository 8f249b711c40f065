package logictest

import "context"

// Engine is an open database under test.
type Engine interface {
	// Name is what skipif, onlyif and require call the engine: "driftdb",
	// "postgres".
	Name() string
	// Connect starts a session.
	Connect(ctx context.Context) (Conn, error)
	// Reopen closes the database and opens it again. Sessions have been closed.
	Reopen() error
	// Close closes the database.
	Close() error
}

// Conn is one session.
type Conn interface {
	// Exec runs the statements of sql and returns a result for each. An error is
	// a *dberr.Error where it has a SQLSTATE.
	Exec(ctx context.Context, sql string) ([]Result, error)
	// Close ends the session and rolls back what is open.
	Close() error
}

// Result is what one statement answered.
type Result struct {
	Columns []string // names; nil for a statement without rows
	Types   []string // type names as PostgreSQL writes them, or nil if unknown
	Rows    [][]string
	Nulls   [][]bool // of the same shape as Rows; a row of nil has no NULLs
	Tag     string   // the command tag: INSERT 0 1
}

// null reports whether a value of r is NULL.
func (r *Result) null(row, col int) bool {
	return row < len(r.Nulls) && r.Nulls[row] != nil && r.Nulls[row][col]
}

// Config is one way of running the files.
type Config struct {
	Name           string
	BatchRows      int  // the most rows of a batch, 0 for the engine's own choice
	Threads        int  // workers, 0 for the engine's own choice
	CheckpointEach bool // a checkpoint after every statement
	ReopenEach     bool // a reopen after every statement
	SpillAlways    bool // queries write to temporary files whatever can be
	Kept           bool // plans of statements are kept from their first run on
	Prepared       bool // statements are prepared, their quoted literals being parameters
}

// Configs are the configurations that every file is run under. The first is the
// plain one.
var Configs = []Config{
	{Name: "default"},
	{Name: "batch3", BatchRows: 3},
	{Name: "single", Threads: 1, Kept: true},
	{Name: "checkpoint", CheckpointEach: true},
	{Name: "reopen", ReopenEach: true},
	{Name: "spill", SpillAlways: true, Threads: 2},
	{Name: "prepared", Prepared: true},
}
