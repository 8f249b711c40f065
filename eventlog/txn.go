package eventlog

import (
	"math"

	"driftdb/internal/binfmt"
	"driftdb/mmapseg"
)

// Point is a place in history: csn picks the catalog, seq cuts the rows. The zero value is
// before everything.
type Point struct{ CSN, Seq uint64 }

// Commit is the place of one transaction in history.
type Commit struct {
	CSN        uint64
	FirstSeq   uint64 // number of its first event; the next one to be given when it has none
	Events     uint32
	TimeMicros int64  // commit time, microseconds UTC
	Offset     uint64 // of its frame in the log
}

// Point is the state right after the transaction.
func (c Commit) Point() Point { return Point{c.CSN, c.FirstSeq + uint64(c.Events) - 1} }

// Txn is one transaction as logged. Its memory aliases the log: see the method that
// returned it for how long it may be used.
type Txn struct {
	Commit
	End   uint64 // log offset behind the frame
	Epoch uint64
	Runs  []Run

	attrs   []byte
	salt    [saltSize]byte
	tables  []tableUse
	touched []uint32 // tables, and CatalogTable
}

// Run is a row of equal changes to one table, in the order of the events.
type Run struct {
	Kind          RunKind
	Table         uint32 // 0 for RunDDL
	SchemaVersion uint32 // of the new rows
	Events        int    // 0 for RunDDL; of all runs in the file for RunRunsRef
	FirstSeq      uint64 // of the first event
	FirstRID      uint64 // of the first new row; the others follow
	Base          uint64 // the transaction's first new row in the table
	Ended         RIDs   // rows that the events end: RunUpdate, RunUpdateRef, RunDelete
	Rows          Rows   // RunInsert, RunUpdate
	Ref           Ref    // RunInsertRef, RunUpdateRef; RunRunsRef, see EachRun
	DDL           []byte // RunDDL
}

// Attr returns the first attribute of a type.
func (t *Txn) Attr(typ uint16) (value []byte, ok bool) {
	mmapseg.EachAttr(t.attrs, func(at uint16, v []byte) {
		if at == typ && !ok {
			value, ok = v, true
		}
	})
	return value, ok
}

// EachAttr calls fn for all attributes in order.
func (t *Txn) EachAttr(fn func(typ uint16, value []byte)) { mmapseg.EachAttr(t.attrs, fn) }

// Tables calls fn for each table that the transaction changes, with the rid of its first new
// row there and their number.
func (t *Txn) Tables(fn func(id uint32, base, newRows uint64)) {
	for _, use := range t.tables {
		fn(use.id, use.base, use.newRows)
	}
}

func commitOf(h *mmapseg.Header) Commit {
	return Commit{CSN: h.CSN, FirstSeq: h.FirstSeq, Events: h.Events, TimeMicros: h.TimeMicros, Offset: h.Offset}
}

func knownAttr(typ uint16) bool { return typ >= AttrUser && typ <= AttrToken }

// decode fills t from a frame and checks everything that a later access relies on. The
// slices of t are reused. file and base place the payload, for errors.
func (t *Txn) decode(f *mmapseg.Frame, file string, base int64) error {
	t.Commit, t.End, t.Epoch, t.attrs = commitOf(&f.Header), f.End(), f.Epoch, f.Attrs
	r := binfmt.NewReader(f.Payload, file, base)
	fault := mmapseg.EachAttr(f.Attrs, func(uint16, []byte) {})
	r.Check(fault == "", "%s", fault)
	typ, unknown := mmapseg.UnknownRequired(f.Attrs, knownAttr)
	r.Check(!unknown, "required attribute %#x is not known to this version", typ)
	format := r.U16()
	r.Check(format == payloadFormat, "payload format %d is not known", format)
	r.Zero(2)
	tables, runs := r.U32(), r.U32()
	r.Zero(4)
	copy(t.salt[:], r.Bytes(saltSize))
	t.readTables(r, tables)
	t.readRuns(r, runs)
	r.End()
	t.noteTouched()
	return r.Err()
}

func (t *Txn) noteTouched() {
	t.touched = t.touched[:0]
	for _, use := range t.tables {
		t.touched = append(t.touched, use.id)
	}
	for i := range t.Runs {
		if t.Runs[i].Kind == RunDDL {
			t.touched = append(t.touched, CatalogTable)
			return
		}
	}
}

func (t *Txn) readTables(r *binfmt.Reader, n uint32) {
	t.tables = t.tables[:0]
	r.Check(n <= MaxTables, "%d tables", n)
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		use := tableUse{id: r.U32()}
		r.Zero(4)
		use.base, use.newRows = r.U64(), r.U64()
		r.Check(use.base < Relative && use.newRows <= math.MaxUint32 && use.base+use.newRows < Relative,
			"table %d gets %d rows from %d", use.id, use.newRows, use.base)
		t.tables = append(t.tables, use)
	}
}

// readRuns reads the runs and gives them their numbers and rids.
func (t *Txn) readRuns(r *binfmt.Reader, n uint32) {
	t.Runs = t.Runs[:0]
	seq := t.FirstSeq
	outside, inside := false, false
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		run := t.readRun(r, seq)
		seq += uint64(run.Events)
		t.Runs = append(t.Runs, run)
		r.Check(run.Kind != RunRunsRef || !outside, "two files of runs")
		outside = outside || run.Kind == RunRunsRef
		inside = inside || run.Kind != RunRunsRef && run.Kind != RunDDL
	}
	r.Check(!outside || !inside, "runs beside a file of runs")
	t.checkRuns(r, seq, !outside)
}

// checkRuns compares what the runs hold, up to event seq, with what is said of them; rows says
// that they tell all new rows.
func (t *Txn) checkRuns(r *binfmt.Reader, seq uint64, rows bool) {
	r.Check(seq-t.FirstSeq == uint64(t.Events), "runs hold %d events, the header says %d", seq-t.FirstSeq, t.Events)
	for i, use := range t.tables {
		r.Check(!rows || use.taken == use.newRows, "table entry %d says %d new rows, the runs have %d", i, use.newRows, use.taken)
	}
}

// EachRun calls fn with the runs in the file that a run of kind RunRunsRef names: data is what the
// Ref names of it, and begins at byte base. What a run refers to aliases data.
func (t *Txn) EachRun(ref Ref, data []byte, file string, base int64, fn func(*Run) error) error {
	for i := range t.tables {
		t.tables[i].taken = 0
	}
	r := binfmt.NewReader(data, file, base)
	seq := t.FirstSeq
	for range ref.Rows {
		run := t.readRun(r, seq)
		r.Check(run.Kind != RunDDL && run.Kind != RunRunsRef, "%s in a file of runs", run.Kind)
		if r.Err() != nil {
			return r.Err()
		}
		seq += uint64(run.Events)
		if err := fn(&run); err != nil {
			return err
		}
	}
	r.End()
	t.checkRuns(r, seq, true)
	return r.Err()
}

func (t *Txn) readRun(r *binfmt.Reader, seq uint64) Run {
	run := Run{Kind: RunKind(r.U8()), FirstSeq: seq}
	r.Zero(1)
	index := r.U16()
	run.SchemaVersion = r.U32()
	events := r.U32()
	run.Events = int(events)
	size := r.U32()
	start := r.Offset()
	base := t.placeRun(r, &run, index)
	run.readBody(r, int(size), base)
	r.Check(r.Offset()-start == int(size), "run body is %d bytes, its header says %d", r.Offset()-start, size)
	r.Align(8)
	return run
}

// placeRun gives the run its table and first rid, and returns the base of the table.
func (t *Txn) placeRun(r *binfmt.Reader, run *Run, index uint16) (base uint64) {
	switch run.Kind {
	case RunDDL:
		r.Check(index == noTable && run.Events == 0, "ddl run with a table or events")
		return 0
	case RunRunsRef:
		r.Check(index == noTable && run.Events > 0, "file of runs with a table or without events")
		return 0
	}
	r.Check(int(index) < len(t.tables), "table index %d of %d", index, len(t.tables))
	r.Check(run.Events > 0, "run without events")
	if r.Err() != nil {
		return 0
	}
	use := &t.tables[index]
	run.Table, run.Base = use.id, use.base
	if run.Kind != RunDelete {
		run.FirstRID = use.base + use.taken
		use.taken += uint64(run.Events)
	}
	return use.base
}

func (run *Run) readBody(r *binfmt.Reader, size int, base uint64) {
	n := uint32(run.Events)
	switch run.Kind {
	case RunInsert:
		run.Rows = readRows(r, n)
	case RunUpdate:
		run.Ended = readRIDs(r, base)
		run.Rows = readRows(r, n)
	case RunDelete:
		run.Ended = readRIDs(r, base)
	case RunInsertRef:
		run.Ref = readRef(r)
	case RunUpdateRef:
		run.Ended = readRIDs(r, base)
		run.Ref = readRef(r)
	case RunRunsRef:
		run.Ref = readRef(r)
		r.Check(run.Ref.Rows > 0, "file of no runs")
	case RunDDL:
		run.DDL = r.Bytes(size)
	default:
		r.Fail("run kind %d is not known", run.Kind)
	}
	ended := run.Kind == RunUpdate || run.Kind == RunUpdateRef || run.Kind == RunDelete
	r.Check(!ended || run.Ended.Len() == run.Events, "%d rids for %d events", run.Ended.Len(), run.Events)
	byRef := run.Kind == RunInsertRef || run.Kind == RunUpdateRef
	r.Check(!byRef || run.Ref.Rows == n, "reference to %d rows for %d events", run.Ref.Rows, n)
}
