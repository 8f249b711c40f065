package sqlvec

import (
	"io"
	"log/slog"
	"runtime"
	"time"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/vfs"
)

// Options say how a database is opened. The zero value is usable.
type Options struct {
	// Store is handed to the column store as it is.
	Store colstore.Options
	// Threads is how many workers a query uses, and the store unless it says otherwise; 0 means one per processor.
	Threads int
	// BatchRows is the most rows of a batch, 0 for vec.BatchRows; a test option.
	BatchRows int
	// MemoryLimit is the most bytes that the operators of all queries hold together whose sessions
	// have not set memory_limit; 0 means half of the memory that the process may use.
	MemoryLimit int64
	// SpillAlways makes queries write to temporary files whatever can be; a test option.
	SpillAlways bool
	// Logger gets internal errors; nil is silent.
	Logger *slog.Logger
	// KeepAtOnce keeps the plans of statements from the first time on that they are run, not from the
	// second one; a test option.
	KeepAtOnce bool
	// CheckpointEach writes a checkpoint after every statement that changed
	// something; a test option.
	CheckpointEach bool
}

// DB is an open database. Its methods may be called by any goroutine.
type DB struct {
	store    *colstore.DB
	opts     Options
	sessions sessions
	memory   *arena.Budget // of the queries of sessions that have not set memory_limit

	tempFS  vfs.FS // where queries write temporary files unless a session says otherwise
	tempDir string
}

// unknownMemory is the memory_limit where the system does not say how much memory there is.
const unknownMemory = 1 << 30

// defaultMemoryLimit returns the memory_limit of a session that sets none, in bytes. The other half of
// the memory is for the files that are mapped, and for what is not counted.
func defaultMemoryLimit() int64 {
	const unit = 1 << 20
	if half := arena.MachineMemory() / 2 / unit * unit; half > 0 {
		return half
	}
	return unknownMemory
}

// Open opens the database in dir.
func Open(dir string, opts Options) (*DB, error) {
	if opts.Store.FS == nil {
		opts.Store.FS = vfs.OS
	}
	if opts.Store.Workers <= 0 {
		opts.Store.Workers = opts.Threads
	}
	store, err := colstore.Open(dir, opts.Store)
	if err != nil {
		return nil, err
	}
	return Over(store, opts), nil
}

// Over makes a DB of a store that is open already. Closing the DB closes the store.
func Over(store *colstore.DB, opts Options) *DB {
	if opts.Threads <= 0 {
		opts.Threads = runtime.GOMAXPROCS(0)
	}
	if opts.MemoryLimit <= 0 {
		opts.MemoryLimit = defaultMemoryLimit()
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	db := &DB{store: store, opts: opts, memory: arena.NewBudget(opts.MemoryLimit)}
	db.tempFS, db.tempDir = store.Temp()
	return db
}

// Store returns the column store below.
func (db *DB) Store() *colstore.DB { return db.store }

// Close closes the database. Sessions must be closed before.
func (db *DB) Close() error { return db.store.Close() }

// now returns the store's clock in microseconds since 1970.
func (db *DB) now() int64 {
	if c := db.opts.Store.Clock; c != nil {
		return c()
	}
	return time.Now().UnixMicro()
}
