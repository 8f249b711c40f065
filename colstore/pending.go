package colstore

import (
	"context"
	"iter"

	"driftdb/eventlog"
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

var errPending = dberr.New(dberr.FeatureNotSupported, "this part of the store is not complete yet")

// Point is a place in history: csn picks the catalog, seq cuts the rows.
type Point = eventlog.Point

// Init makes an empty database in dir, which must not exist or be empty.
func Init(dir string, opts Options) error { return errPending }

// DB is an open database. It is safe for concurrent use.
type DB struct{}

// Open opens the database in dir. One writer and any number of readers may have it open.
func Open(dir string, opts Options) (*DB, error) { return nil, errPending }

// Close waits for maintenance to end and closes the database.
func (db *DB) Close() error { return errPending }

// ID is the database's 128-bit id.
func (db *DB) ID() [16]byte { return [16]byte{} }

// Info describes an open database.
type Info struct {
	ID       [16]byte
	Dir      string
	ReadOnly bool
	Point    Point // newest durable commit
	Tables   int
	Tail     int64 // bytes of tails in memory
}

// Info returns what the database is now.
func (db *DB) Info() Info { return Info{} }

// Now is max(clock, last commit time), microseconds UTC.
func (db *DB) Now() int64 { return 0 }

// Catalog is the definitions at one csn. It is immutable.
type Catalog struct{}

// CSN is the commit that the catalog is of.
func (c *Catalog) CSN() uint64 { return 0 }

// Table returns the table with a name.
func (c *Catalog) Table(name string) (*Table, bool) { return nil, false }

// TableByID returns the table with an id.
func (c *Catalog) TableByID(id uint32) (*Table, bool) { return nil, false }

// Tables returns all tables in the order of their names.
func (c *Catalog) Tables() []*Table { return nil }

// Index returns an index by its name, with its table.
func (c *Catalog) Index(name string) (*Table, *Index, bool) { return nil, nil, false }

// View is what a reader holds: catalog and rows at one point. It is immutable and safe for
// concurrent use. Release it.
type View struct{}

// View returns the present: everything durable.
func (db *DB) View() *View { return nil }

// ViewAtSeq is the state right after event seq, under the catalog of its transaction.
func (db *DB) ViewAtSeq(seq uint64) (*View, error) { return nil, errPending }

// ViewAtTX is the state after commit csn.
func (db *DB) ViewAtTX(csn uint64) (*View, error) { return nil, errPending }

// ViewAtTime is the state after the last commit at or before micros; it closes that time.
func (db *DB) ViewAtTime(ctx context.Context, micros int64) (*View, error) { return nil, errPending }

// CommitTimeOf returns the time of a commit, microseconds UTC.
func (db *DB) CommitTimeOf(csn uint64) (int64, error) { return 0, errPending }

// TimeOfSeq returns the commit time of the transaction that holds an event.
func (db *DB) TimeOfSeq(seq uint64) (int64, error) { return 0, errPending }

// SeqAtTime returns the last event committed at or before micros, 0 for none.
func (db *DB) SeqAtTime(micros int64) (uint64, error) { return 0, errPending }

// Point is where the view is taken.
func (v *View) Point() Point { return Point{} }

// Catalog is the view's catalog.
func (v *View) Catalog() *Catalog { return nil }

// Table returns a table by name, or error 42P01. For a view at an event it follows the
// two-catalog rule: a name not found is looked up just before the next event.
func (v *View) Table(name string) (*Table, error) { return nil, errPending }

// Release ends the view. Scans made from it stay valid until they are closed.
func (v *View) Release() {}

// Stats returns statistics for the optimizer.
func (v *View) Stats(t *Table) TableStats { return TableStats{} }

// Scan reads a table.
func (v *View) Scan(ctx context.Context, t *Table, spec ScanSpec) (*Scan, error) {
	return nil, errPending
}

// Changes reads the row versions that were born or died after from and up to v, signed.
func (v *View) Changes(ctx context.Context, t *Table, from *View, spec ScanSpec) (*Scan, error) {
	return nil, errPending
}

// Fetch gathers the columns of a few rows, in the order of rids. The vectors live in a.
func (v *View) Fetch(t *Table, rids []uint64, cols []uint32, a *arena.Arena) ([]vec.Vec, error) {
	return nil, errPending
}

// LookupKey returns the row visible at the view whose primary key is key.
func (v *View) LookupKey(t *Table, key []types.Value) (rid uint64, ok bool, err error) {
	return 0, false, errPending
}

// KeyHistory returns the rids of all versions with a primary key up to the view, oldest first.
func (v *View) KeyHistory(t *Table, key []types.Value) ([]uint64, error) { return nil, errPending }

// Scan is an open scan. Load may be called from many goroutines.
type Scan struct{}

// Groups is the number of row groups.
func (s *Scan) Groups() int { return 0 }

// GroupRows returns the rows of group i, 0 when nothing in it can match.
func (s *Scan) GroupRows(i int) int { return 0 }

// Load fills g with group i. The memory is valid until Close.
func (s *Scan) Load(i int, g *Group) error { return errPending }

// Skipped is the number of groups that need not be read.
func (s *Scan) Skipped() int { return 0 }

// Explain says what the scan does.
func (s *Scan) Explain() Explain { return Explain{} }

// Close ends the life of all loaded groups.
func (s *Scan) Close() {}

// Isolation is a transaction's isolation level.
type Isolation uint8

// The isolation levels.
const (
	ReadCommitted Isolation = iota
	RepeatableRead
	Serializable
)

// TxOptions of Begin.
type TxOptions struct {
	ReadOnly  bool
	Isolation Isolation
	At        *View  // a session moved to the past: the transaction reads this view, read-only
	After     uint64 // csn that the transaction must see, though it may not be durable yet; 0 for none
}

// Tx is a transaction. It belongs to one goroutine at a time.
type Tx struct {
	SynchronousCommit bool // Commit waits until the commit is durable; true at first
}

// Savepoint is a place in a transaction to roll back to.
type Savepoint struct{}

// Begin starts a transaction.
func (db *DB) Begin(opts TxOptions) (*Tx, error) { return nil, errPending }

// View is what the transaction sees now, its own writes so far included. It lives until the
// transaction ends; releasing it is not needed.
func (tx *Tx) View() *View { return nil }

// NewStatement begins a statement: under READ COMMITTED it takes a new snapshot.
func (tx *Tx) NewStatement() {}

// ReadOnly reports whether the transaction may not write.
func (tx *Tx) ReadOnly() bool { return false }

// SetAttr says who commits, from where and why; "" leaves one out.
func (tx *Tx) SetAttr(user, application, reason string) {}

// Insert adds rows. cols are the column ids of rows.Cols; other columns are NULL. It checks
// NOT NULL (23502) and unique keys (23505) against the view and the transaction's own writes.
func (tx *Tx) Insert(ctx context.Context, t *Table, cols []uint32, rows *vec.Batch) (int, error) {
	return 0, errPending
}

// Update replaces rows: the i-th selected row of rows (all columns of t, in order) replaces rids[i].
func (tx *Tx) Update(ctx context.Context, t *Table, rids []uint64, rows *vec.Batch) error {
	return errPending
}

// Delete ends rows.
func (tx *Tx) Delete(ctx context.Context, t *Table, rids []uint64) error { return errPending }

// Truncate ends all rows of a table.
func (tx *Tx) Truncate(ctx context.Context, t *Table) (int64, error) { return 0, errPending }

// EndStatement makes the checks that wait for the end of a statement (unique keys of an
// UPDATE) and is called after each writing statement.
func (tx *Tx) EndStatement(ctx context.Context) error { return errPending }

// TableDef defines a new table. Columns need Name, Type, NotNull and Default only.
type TableDef struct {
	Name       string
	Columns    []Column
	PrimaryKey []string // column names; they become NOT NULL
	PrimaryIdx string   // name of the constraint; default <table>_pkey
	Indexes    []IndexDef
}

// IndexDef defines a new index.
type IndexDef struct {
	Name    string
	Columns []string
	Unique  bool
}

// CreateTable makes a table: 42P07 if the name is taken.
func (tx *Tx) CreateTable(def TableDef) (*Table, error) { return nil, errPending }

// DropTable removes a table from the catalog; its past stays.
func (tx *Tx) DropTable(t *Table) error { return errPending }

// AddColumns adds columns: 42701 if a name is taken. Missing is what existing rows read as.
func (tx *Tx) AddColumns(t *Table, cols []Column) (*Table, error) { return nil, errPending }

// DropColumn removes a column: 42703.
func (tx *Tx) DropColumn(t *Table, name string) (*Table, error) { return nil, errPending }

// RenameColumn renames a column.
func (tx *Tx) RenameColumn(t *Table, name, newName string) (*Table, error) { return nil, errPending }

// RenameTable renames a table.
func (tx *Tx) RenameTable(t *Table, newName string) (*Table, error) { return nil, errPending }

// WidenColumn changes a column's type to one that holds every value of the old one.
func (tx *Tx) WidenColumn(t *Table, name string, to types.Type) (*Table, error) {
	return nil, errPending
}

// SetNotNull sets or drops NOT NULL: 23502 if a visible row has a NULL.
func (tx *Tx) SetNotNull(ctx context.Context, t *Table, name string, notNull bool) (*Table, error) {
	return nil, errPending
}

// SetDefault sets a column's default, "" drops it.
func (tx *Tx) SetDefault(t *Table, name, sql string) (*Table, error) { return nil, errPending }

// CreateIndex makes an index over existing rows and new ones.
func (tx *Tx) CreateIndex(ctx context.Context, t *Table, def IndexDef) (*Table, error) {
	return nil, errPending
}

// DropIndex removes an index: 42704.
func (tx *Tx) DropIndex(name string) (*Table, error) { return nil, errPending }

// Savepoint marks the present state.
func (tx *Tx) Savepoint() Savepoint { return Savepoint{} }

// RollbackTo undoes everything since the savepoint, which stays valid.
func (tx *Tx) RollbackTo(sp Savepoint) error { return errPending }

// Commit validates and logs the transaction: 40001 when a row it ended was ended meanwhile,
// 23505 when a key it wrote was taken. After an error the transaction is rolled back.
func (tx *Tx) Commit(ctx context.Context) (eventlog.Commit, error) {
	return eventlog.Commit{}, errPending
}

// Rollback drops all writes. It may be called after Commit, when it does nothing.
func (tx *Tx) Rollback() {}

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
