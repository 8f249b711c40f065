package eventlog

import (
	"encoding/binary"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/mmapseg"
)

// RunKind says what a run of a transaction does.
type RunKind uint8

// The kinds of runs, as stored.
const (
	RunInsert    RunKind = 1 // new rows, inline
	RunUpdate    RunKind = 2 // row i replaces rid i of Ended, inline
	RunDelete    RunKind = 3 // ends rows
	RunInsertRef RunKind = 4 // new rows in a part
	RunUpdateRef RunKind = 5 // row i of the part replaces rid i of Ended
	RunDDL       RunKind = 6 // an edit of the catalog; takes no sequence number
	RunRunsRef   RunKind = 7 // all runs of the transaction but those of the catalog, in a file
)

// String names the kind.
func (k RunKind) String() string {
	names := [...]string{"none", "insert", "update", "delete", "insert by reference", "update by reference", "ddl", "runs by reference"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// MaxTables is the largest number of tables that one transaction can change.
const MaxTables = 1<<16 - 1

const (
	payloadFormat     = 1
	payloadHeaderSize = 32
	saltSize          = 16
	tableEntrySize    = 24
	runHeaderSize     = 16
	noTable           = 0xFFFF // table index of a run that is of no single table
)

// Attribute types of transactions. A value is text unless said otherwise.
const (
	AttrUser        uint16 = 1
	AttrApplication uint16 = 2
	AttrReason      uint16 = 3
	AttrOrigin      uint16 = 4 // where the transaction was first committed
	AttrOriginTime  uint16 = 5 // microseconds UTC, 8 bytes
	AttrToken       uint16 = 6 // idempotency token
)

// Builder collects one transaction. Events are numbered in the order of the calls. The zero
// value is not ready; use NewBuilder. It may be used again after Reset, but not before the
// Submit it was given to has returned. It is not safe for concurrent use.
type Builder struct {
	runs   binfmt.Writer
	count  uint32 // runs
	events uint64
	ddl    bool // a catalog edit is among the runs
	tables []tableUse
	attrs  []byte
	salt   [saltSize]byte
	err    error // first misuse, reported by Submit
}

// tableUse is what a transaction takes from one table.
type tableUse struct {
	id      uint32
	base    uint64 // rid of the first new row
	newRows uint64
	taken   uint64 // rows that the runs decoded so far have taken
}

// NewBuilder returns an empty transaction.
func NewBuilder() *Builder { return &Builder{} }

// Reset empties the builder and keeps its memory.
func (b *Builder) Reset() {
	*b = Builder{runs: binfmt.Writer{B: b.runs.B[:0]}, tables: b.tables[:0], attrs: b.attrs[:0]}
}

// Events is the number of sequence numbers the transaction will take.
func (b *Builder) Events() int { return int(b.events) }

// Empty reports whether the transaction has neither an event nor a catalog edit.
func (b *Builder) Empty() bool { return b.count == 0 }

// Size is the size of the payload in bytes; Submit refuses more than mmapseg.MaxPayloadSize.
func (b *Builder) Size() int {
	return payloadHeaderSize + tableEntrySize*len(b.tables) + len(b.runs.B)
}

// NewRows is the number of row versions the transaction adds to a table so far.
func (b *Builder) NewRows(table uint32) uint64 {
	for i := range b.tables {
		if b.tables[i].id == table {
			return b.tables[i].newRows
		}
	}
	return 0
}

// SetAttr adds an attribute, for example AttrReason. The same type twice is stored twice.
func (b *Builder) SetAttr(typ uint16, value []byte) {
	b.attrs = mmapseg.AppendAttr(b.attrs, typ, value)
}

// AddInsert adds new rows of a table, encoded under its schema version. It returns the
// Relative rid of the first; the others follow.
func (b *Builder) AddInsert(table, schemaVersion uint32, rows *RowBuf) uint64 {
	at := b.begin(RunInsert, table, schemaVersion, rows.Len())
	rows.appendTo(&b.runs)
	b.finish(at)
	return b.takeRIDs(table, rows.Len())
}

// AddUpdate adds rows that replace rows: row i replaces the i-th rid. It returns the Relative
// rid of the first new row.
func (b *Builder) AddUpdate(table, schemaVersion uint32, replaces RIDs, rows *RowBuf) uint64 {
	b.check(replaces.Len() == rows.Len(), "update of %d rows with %d new ones", replaces.Len(), rows.Len())
	at := b.begin(RunUpdate, table, schemaVersion, rows.Len())
	replaces.appendTo(&b.runs)
	rows.appendTo(&b.runs)
	b.finish(at)
	return b.takeRIDs(table, rows.Len())
}

// AddDelete ends rows of a table.
func (b *Builder) AddDelete(table uint32, rids RIDs) {
	at := b.begin(RunDelete, table, 0, rids.Len())
	rids.appendTo(&b.runs)
	b.finish(at)
}

// AddInsertRef adds the rows of a durable part as new rows.
func (b *Builder) AddInsertRef(table, schemaVersion uint32, ref Ref) uint64 {
	at := b.begin(RunInsertRef, table, schemaVersion, int(ref.Rows))
	ref.appendTo(&b.runs)
	b.finish(at)
	return b.takeRIDs(table, int(ref.Rows))
}

// AddUpdateRef adds the rows of a durable part; row i replaces the i-th rid.
func (b *Builder) AddUpdateRef(table, schemaVersion uint32, replaces RIDs, ref Ref) uint64 {
	b.check(replaces.Len() == int(ref.Rows), "update of %d rows with %d new ones", replaces.Len(), ref.Rows)
	at := b.begin(RunUpdateRef, table, schemaVersion, int(ref.Rows))
	replaces.appendTo(&b.runs)
	ref.appendTo(&b.runs)
	b.finish(at)
	return b.takeRIDs(table, int(ref.Rows))
}

// AddDDL adds an edit of the catalog, opaque to the log.
func (b *Builder) AddDDL(edit []byte) {
	at := b.beginAt(RunDDL, noTable, 0, 0)
	b.runs.Bytes(edit)
	b.ddl = true
	b.finish(at)
}

// TakeRuns takes all runs but edits of the catalog out of the transaction, for a file that AddRunsRef
// names, and returns how many there are. Nothing else may be added in between.
func (b *Builder) TakeRuns() (runs []byte, n int) {
	all := b.runs.B
	var rest []byte
	for at := 0; at < len(all); {
		end := at + binfmt.AlignUp(runHeaderSize+int(binary.LittleEndian.Uint32(all[at+12:])), 8)
		if RunKind(all[at]) == RunDDL {
			rest = append(rest, all[at:end]...)
		} else {
			runs = append(runs, all[at:end]...)
			n++
		}
		at = end
	}
	b.runs.B = rest
	b.count -= uint32(n)
	return runs, n
}

// AddRunsRef names the file that holds what TakeRuns returned; ref.Rows is the number of runs.
func (b *Builder) AddRunsRef(ref Ref) {
	at := b.beginAt(RunRunsRef, noTable, 0, uint32(b.events))
	ref.appendTo(&b.runs)
	b.finish(at)
}

// begin starts a run that takes events sequence numbers, and returns where its header is.
func (b *Builder) begin(kind RunKind, table, schemaVersion uint32, events int) int {
	b.check(events > 0, "run without rows")
	b.events += uint64(events)
	return b.beginAt(kind, b.tableIndex(table), schemaVersion, uint32(events))
}

func (b *Builder) beginAt(kind RunKind, table uint16, schemaVersion, events uint32) int {
	at := len(b.runs.B)
	b.count++
	b.runs.U8(uint8(kind))
	b.runs.U8(0)
	b.runs.U16(table)
	b.runs.U32(schemaVersion)
	b.runs.U32(events)
	b.runs.U32(0) // length of the body, by finish
	return at
}

func (b *Builder) finish(at int) {
	b.runs.PutU32(at+12, uint32(len(b.runs.B)-at-runHeaderSize))
	b.runs.Align(8)
}

// tableIndex finds or adds the entry of a table.
func (b *Builder) tableIndex(id uint32) uint16 {
	for i := range b.tables {
		if b.tables[i].id == id {
			return uint16(i)
		}
	}
	b.check(len(b.tables) < MaxTables, "transaction changes more than %d tables", MaxTables)
	b.tables = append(b.tables, tableUse{id: id})
	return uint16(len(b.tables) - 1)
}

func (b *Builder) takeRIDs(table uint32, n int) uint64 {
	use := &b.tables[b.tableIndex(table)]
	first := use.newRows
	use.newRows += uint64(n)
	return Relative | first
}

func (b *Builder) check(ok bool, format string, args ...any) {
	if !ok && b.err == nil {
		b.err = dberr.Bug(format, args...)
	}
}

// appendPayload appends the finished payload: header, table bases, runs.
func (b *Builder) appendPayload(dst []byte) []byte {
	w := binfmt.Writer{B: dst}
	w.U16(payloadFormat)
	w.U16(0)
	w.U32(uint32(len(b.tables)))
	w.U32(b.count)
	w.U32(0)
	w.Bytes(b.salt[:])
	for _, t := range b.tables {
		w.U32(t.id)
		w.U32(0)
		w.U64(t.base)
		w.U64(t.newRows)
	}
	w.Bytes(b.runs.B)
	return w.B
}

// Bases lets the ordering step place the new rows of a transaction.
type Bases struct{ tables []tableUse }

// Len is the number of tables that the transaction changes.
func (s Bases) Len() int { return len(s.tables) }

// Table returns a table's id and how many row versions the transaction adds to it.
func (s Bases) Table(i int) (id uint32, newRows uint64) {
	return s.tables[i].id, s.tables[i].newRows
}

// Set says which rid the first new row of table i gets; the others follow.
func (s Bases) Set(i int, rid uint64) { s.tables[i].base = rid }
