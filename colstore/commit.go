package colstore

import (
	"context"
	"crypto/sha256"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/roaring64"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vfs"
)

const (
	maxFrameBytes  = 960 << 10 // of a payload; the log takes 1 MiB
	maxFitBytes    = 8 << 20   // of a payload that is made smaller op by op
	minSpillRows   = 64        // rows of an op that are worth a part
	minSpillBytes  = 4 << 10   // of an op's rows that are worth a part when the frame is full
	minBitmapRIDs  = 1024      // rids that are stored as a bitmap
	maxBitmapBytes = 128 << 10 // of a bitmap in a frame; a larger one goes to a file
)

// Commit validates and logs the transaction: 40001 when a row it ended was ended meanwhile or
// a table it wrote has another schema now, 23505 when a key it wrote was taken. After an error
// the transaction is rolled back. A transaction without writes returns the zero Commit.
func (tx *Tx) Commit(ctx context.Context) (eventlog.Commit, error) {
	if tx.done {
		return eventlog.Commit{}, dberr.New(dberr.NoActiveTransaction, "the transaction has ended")
	}
	defer tx.Rollback()
	if err := tx.EndStatement(ctx); err != nil {
		return eventlog.Commit{}, err
	}
	if err := tx.CheckDeferred(ctx); err != nil {
		return eventlog.Commit{}, err
	}
	tx.logPositions()
	if len(tx.ops) == 0 {
		return eventlog.Commit{}, nil
	}
	var c eventlog.Commit
	err := vfs.Guard(func() (err error) {
		c, err = tx.submit(ctx)
		return err
	})
	if failed := tx.db.log.Failed(); err != nil && failed != nil {
		err = failed // a conflict with what may never have happened is none
	}
	return c, err
}

func (tx *Tx) submit(ctx context.Context) (eventlog.Commit, error) {
	if err := tx.db.admit(ctx); err != nil {
		return eventlog.Commit{}, err
	}
	if err := tx.spill(ctx); err != nil {
		return eventlog.Commit{}, err
	}
	s, err := tx.fit(ctx)
	if err != nil {
		return eventlog.Commit{}, err
	}
	// The bulk of the validation is done outside the queue; inside, only against what came since.
	since, err := tx.validate(tx.since)
	if err != nil {
		return eventlog.Commit{}, err
	}
	durability := eventlog.Sync
	if !tx.SynchronousCommit {
		durability = eventlog.Async
	}
	c, err := tx.db.log.Submit(ctx, s.builder, func(c eventlog.Commit, bases eventlog.Bases) error {
		return s.order(c, bases, since)
	}, durability)
	if c.CSN != 0 { // ordered: if the log failed then, the frame may be on the disk all the same
		tx.keepFiles()
	}
	if err != nil {
		return c, err
	}
	tx.committed = true
	tx.csn.Store(c.CSN)
	tx.db.afterCommit()
	return c, nil
}

// keepFiles gives the part files to the log and removes those that were rolled back.
func (tx *Tx) keepFiles() {
	used := map[uint64]bool{}
	for i := range tx.ops {
		if p := tx.ops[i].part; p != nil {
			used[p.place.file.id] = true
		}
	}
	for _, id := range tx.spilled {
		used[id] = true
	}
	tx.files = slices.DeleteFunc(tx.files, func(id uint64) bool { return used[id] })
}

// submission is a transaction as it goes to the log.
type submission struct {
	tx      *Tx
	builder *eventlog.Builder
	rows    []*eventlog.RowBuf // by op; nil for none
}

// build encodes the ops.
func (tx *Tx) build() (*submission, error) {
	tx.spilled = nil // what an earlier attempt put there is removed with the transaction
	s := &submission{tx: tx, builder: eventlog.NewBuilder(), rows: make([]*eventlog.RowBuf, len(tx.ops))}
	for i, typ := range []uint16{eventlog.AttrUser, eventlog.AttrApplication, eventlog.AttrReason} {
		if tx.attrs[i] != "" {
			s.builder.SetAttr(typ, []byte(tx.attrs[i]))
		}
	}
	for i := range tx.ops {
		if err := s.add(i, &tx.ops[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fit encodes the ops so that they fit into a frame. While they do not, the op that takes
// most of it goes to a part of its own, be it a single row with one large value; many small ones
// go to a file together.
func (tx *Tx) fit(ctx context.Context) (*submission, error) {
	for {
		s, err := tx.build()
		if err != nil {
			return nil, err
		}
		size := s.builder.Size()
		if size <= maxFrameBytes {
			return s, nil
		}
		if big := s.largest(); big >= 0 && size < maxFitBytes {
			if err := tx.spillOp(ctx, &tx.ops[big]); err != nil {
				return nil, err
			}
			continue
		}
		if err := s.moveRuns(); err != nil {
			return nil, err
		}
		if size = s.builder.Size(); size > maxFrameBytes {
			return nil, dberr.Newf(dberr.ProgramLimitExceeded, "transaction is too large: its changes of tables take %d bytes", size)
		}
		return s, nil
	}
}

// moveRuns writes the changes of rows to a file, which the frame names.
func (s *submission) moveRuns() error {
	data, n := s.builder.TakeRuns()
	ref, err := s.tx.writeLogFile(data, n)
	if err == nil {
		s.builder.AddRunsRef(ref)
	}
	return err
}

// largest is the op whose rows take most of the frame, or -1 when none is worth a part.
func (s *submission) largest() int {
	best, most := -1, minSpillBytes
	for i, rows := range s.rows {
		if rows != nil && rows.Size() > most && !s.tx.ops[i].endsItself() {
			best, most = i, rows.Size()
		}
	}
	return best
}

func (s *submission) add(i int, op *txOp) error {
	b := s.builder
	if op.edit != nil {
		b.AddDDL(op.edit.encode())
		return nil
	}
	id := op.tt.store.id
	most := maxBitmapBytes
	if b.Size() > maxFrameBytes/2 {
		most = 0
	}
	rids, err := s.tx.ridsOf(op, most)
	if err != nil {
		return err
	}
	switch op.kind {
	case eventlog.RunInsert, eventlog.RunUpdate:
		s.rows[i] = op.encode()
		if op.kind == eventlog.RunInsert {
			b.AddInsert(id, op.table.Version, s.rows[i])
		} else {
			b.AddUpdate(id, op.table.Version, rids, s.rows[i])
		}
	case eventlog.RunDelete:
		b.AddDelete(id, rids)
	case eventlog.RunInsertRef:
		b.AddInsertRef(id, op.table.Version, op.ref())
	case eventlog.RunUpdateRef:
		b.AddUpdateRef(id, op.table.Version, rids, op.ref())
	}
	return nil
}

func (op *txOp) ref() eventlog.Ref {
	p := op.part.place
	return eventlog.Ref{FileID: p.file.id, Offset: uint64(p.offset), Length: uint64(p.length), Rows: uint32(op.n), Hash: op.hash}
}

// encode encodes the rows of an op in a chunk.
func (op *txOp) encode() *eventlog.RowBuf {
	buf, cols := &eventlog.RowBuf{}, op.vectors()
	for i := range op.n {
		buf.Extend(func(dst []byte) []byte { return op.chunk.layout.encode(dst, cols, i) })
	}
	return buf
}

// ridsOf stores the rids that an op ends: a list, a bitmap when they are many and ascend,
// and the bitmap in a file of its own when it has more than most bytes.
func (tx *Tx) ridsOf(op *txOp, most int) (eventlog.RIDs, error) {
	if len(op.ended) < minBitmapRIDs || !slices.IsSorted(op.ended) {
		return eventlog.ListRIDs(op.ended), nil
	}
	b := roaring64.New()
	b.AddMany(op.ended)
	rids, err := eventlog.BitmapRIDs(b)
	if err != nil || b.GetSerializedSizeInBytes() <= uint64(most) {
		return rids, err
	}
	data, err := b.ToBytes()
	if err != nil {
		return rids, err
	}
	ref, err := tx.writeLogFile(data, len(op.ended))
	return eventlog.RefRIDs(ref), err
}

// writeLogFile makes a file of data, of n rids or runs, that the frame names.
func (tx *Tx) writeLogFile(data []byte, n int) (ref eventlog.Ref, err error) {
	f, err := tx.db.createFile(logPart)
	if err != nil {
		return ref, err
	}
	tx.files = append(tx.files, f.ref.id)
	if _, err := f.buf.Write(data); err != nil {
		f.abandon(tx.db)
		return ref, vfs.Wrap("write log file", err)
	}
	if err := f.finish(tx.db); err != nil {
		return ref, err
	}
	tx.spilled = append(tx.spilled, f.ref.id)
	return eventlog.Ref{FileID: f.ref.id, Length: uint64(len(data)), Rows: uint32(n), Hash: sha256Of(data)}, nil
}

func sha256Of(data []byte) [32]byte { return sha256.Sum256(data) }

// spill moves rows from chunks into parts until the frame is small enough.
func (tx *Tx) spill(ctx context.Context) error {
	size := 0
	for i := range tx.ops {
		size += tx.ops[i].inlineSize()
	}
	for size > tx.db.opts.InlineBytes {
		big := -1
		for i := range tx.ops {
			if op := &tx.ops[i]; op.chunk != nil && op.n >= minSpillRows && !op.endsItself() && (big < 0 || op.inlineSize() > tx.ops[big].inlineSize()) {
				big = i
			}
		}
		if big < 0 {
			return nil
		}
		size -= tx.ops[big].inlineSize()
		if err := tx.spillOp(ctx, &tx.ops[big]); err != nil {
			return err
		}
	}
	return nil
}

// endsItself reports whether a row of the op replaces another one of it. Such rows stay out of parts,
// whose indexes would find all versions of a key again and again.
func (op *txOp) endsItself() bool { return op.chunk != nil && op.newest >= op.chunk.ridOf(op.row) }

// inlineSize is about what the rows of an op take in the frame.
func (op *txOp) inlineSize() int {
	if op.chunk == nil || op.n == 0 {
		return 0
	}
	rows := max(int(op.chunk.rows.Load()), 1)
	return op.n*4 + op.chunk.encodedSize()*op.n/rows
}

// spillOp writes the rows of one op as a part. Its keys have been checked.
func (tx *Tx) spillOp(ctx context.Context, op *txOp) error {
	b := &bulk{table: op.table, first: op.first, rids: op.chunk.ridOf(op.row), rows: op.n}
	if err := tx.openWriter(b); err != nil {
		return err
	}
	defer b.writer.Close()
	if err := b.writer.Append(op.vectors(), nil, nil); err != nil {
		return err
	}
	info, err := b.writer.Finish()
	if err != nil {
		return err
	}
	if err := b.file.finish(tx.db); err != nil {
		return err
	}
	p, err := tx.db.openPart(partPlace{file: b.file.ref, length: info.Bytes})
	if err != nil {
		return err
	}
	p.rids, p.births = b.rids, b.first
	op.part, op.hash, op.chunk = p, info.SHA256, nil
	op.kind = map[eventlog.RunKind]eventlog.RunKind{eventlog.RunInsert: eventlog.RunInsertRef,
		eventlog.RunUpdate: eventlog.RunUpdateRef}[op.kind]
	return nil
}

func conflict(format string, args ...any) error {
	return dberr.Newf(dberr.SerializationFailure, "could not serialize access due to "+format, args...)
}

// validate checks the transaction against everything ordered after event since, and returns
// the newest event it has looked at. It may run outside of the ordering lock.
func (tx *Tx) validate(since uint64) (upTo uint64, err error) {
	upTo = tx.db.apply.ordered.Load().Point().Seq
	for _, tt := range tx.tables {
		if tt.store.changed.Load() <= since {
			continue
		}
		s := tt.store.pinned()
		err := tx.validateTable(tt, s, since)
		s.unpin()
		if err != nil {
			return 0, err
		}
	}
	return upTo, tx.validateForeign(since)
}

// validateTable looks for keys first and for ended rows then: a commit that is applied
// meanwhile ends rows before it adds their new versions, so that an update of the same row is
// told as such and not as a key that was taken.
func (tx *Tx) validateTable(tt *txTable, s *state, since uint64) error {
	var taken error
	for _, rs := range s.sets {
		rows := rs.bornBy(^uint64(0))
		if rows == 0 || rs.birthOf(rows-1) <= since {
			continue
		}
		if taken = tx.validateKeys(tt, rs, rs.bornBy(since), rows); taken != nil {
			break
		}
	}
	if err := tt.checkEnds(s, since); err != nil {
		return err
	}
	return taken
}

// fewEnds of a transaction are looked up without a look at how many others there are.
const fewEnds = 64

// checkEnds refuses the transaction when a row that it ends has ended after event since: it goes through
// the ends of the table since then, or through those of the transaction when they are fewer.
func (tt *txTable) checkEnds(s *state, since uint64) error {
	if len(tt.ends) <= fewEnds {
		return tt.checkOwnEnds(s)
	}
	ended := 0
	for _, rs := range s.sets {
		before, err := rs.deaths().CountBy(since)
		if err != nil {
			return err
		}
		if ended += rs.deaths().Len() - before; ended >= len(tt.ends) {
			return tt.checkOwnEnds(s)
		}
	}
	clash := false
	for _, rs := range s.sets {
		err := rs.deaths().Between(since, math.MaxUint64, func(d part.Death) bool {
			_, clash = tt.dead[rs.ridOf(int(d.Row))]
			return !clash
		})
		if err != nil {
			return err
		}
		if clash {
			return conflict("concurrent update")
		}
	}
	return nil
}

// checkOwnEnds refuses the transaction when a row that it ends has ended.
func (tt *txTable) checkOwnEnds(s *state) error {
	live := newLiveCheck(s)
	for _, e := range tt.ends {
		if err := live.row(e.rid); err != nil {
			return err
		}
	}
	return nil
}

// liveCheck refuses rows that have ended in a state. It remembers where it found the row
// before, since rows that follow each other mostly lie together.
type liveCheck struct {
	state *state
	hint  int
}

func newLiveCheck(s *state) liveCheck { return liveCheck{s, -1} }

// row returns 40001 when the row has ended. Rows of the transaction itself are its own.
func (c *liveCheck) row(rid uint64) error {
	if rid&eventlog.Relative != 0 {
		return nil
	}
	set, alive, err := c.state.alive(rid, c.hint)
	if err != nil {
		return err
	}
	if !alive {
		return conflict("concurrent update")
	}
	c.hint = set
	return nil
}

// validateKeys looks for the unique keys of rows [from, to) of a rowset among the rows that
// the transaction wrote.
func (tx *Tx) validateKeys(tt *txTable, rs rowset, from, to int) error {
	t := tx.definition(tt)
	if t == nil {
		return nil
	}
	if c, ok := rs.(*chunk); ok && int(tt.rows) < to-from && tt.inChunks(t) {
		return tx.validateOwn(tt, t, c, from)
	}
	size := rs.groupSize()
	return t.unique(func(x *Index, _ []int) error {
		for start := from / size * size; start < to; start += size {
			cols, err := keyColumns(rs, t, x, start, min(size, to-start))
			if err != nil {
				return err
			}
			for row := max(from, start); row < min(start+size, to); row++ {
				if err := tx.validateRow(tt, t, x, rs, row, keyOf(nil, cols, row-start)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// validateOwn is validateKeys the other way round: it looks for the few rows that the
// transaction wrote, all in chunks, among the rows of a chunk from row from on.
func (tx *Tx) validateOwn(tt *txTable, t *Table, c *chunk, from int) error {
	return t.unique(func(x *Index, pos []int) error {
		index, err := indexFor(c, t, x)
		if err != nil {
			return err
		}
		for _, rs := range tt.sets {
			own := rs.(*chunk)
			for row := range int(own.rows.Load()) {
				key := own.keyAt(nil, pos, row)
				if err := tx.validateOwnRow(tt, t, x, c, index, from, key, own.ridOf(row)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// inChunks reports whether all rows that were written are in chunks, under definition t.
func (tt *txTable) inChunks(t *Table) bool {
	for _, rs := range tt.sets {
		if c, ok := rs.(*chunk); !ok || c.table != t {
			return false
		}
	}
	return true
}

func (tx *Tx) validateOwnRow(tt *txTable, t *Table, x *Index, c *chunk, index keyIndex, from int, key []types.Value, rid uint64) error {
	if _, ended := tt.dead[rid]; ended || hasNull(key) {
		return nil
	}
	var inner error
	err := index.lookup(key, part.HashKey(key), func(row int) bool {
		if row < from {
			return false // older ones were seen already
		}
		if _, dead, err := c.dead.DeathOf(uint32(row)); err != nil || dead {
			inner = err
			return err == nil
		}
		if _, ended := tt.dead[c.ridOf(row)]; !ended {
			inner = duplicateError(t, x, key)
		}
		return inner == nil
	})
	if err == nil {
		err = inner
	}
	return err
}

func (tx *Tx) validateRow(tt *txTable, t *Table, x *Index, rs rowset, row int, key []types.Value) error {
	if hasNull(key) {
		return nil
	}
	if _, dead, err := rs.deaths().DeathOf(uint32(row)); err != nil || dead {
		return err
	}
	if _, ended := tt.dead[rs.ridOf(row)]; ended {
		return nil
	}
	for _, own := range tt.sets {
		if _, taken, err := tx.findIn(t, tt, own, x, key, part.HashKey(key), 0, true); err != nil {
			return err
		} else if taken {
			return duplicateError(t, x, key)
		}
	}
	return nil
}

// definition returns the newest definition of a table that the transaction knows.
func (tx *Tx) definition(tt *txTable) *Table {
	if tx.overlay != nil {
		if t, ok := tx.overlay.tables[tt.store.id]; ok {
			return t
		}
	}
	return tt.base
}

// order is the ordering step: it validates against what came since, places the new rows and
// applies the transaction. Before it changes anything it has found that nothing can fail.
func (s *submission) order(c eventlog.Commit, bases eventlog.Bases, since uint64) error {
	a := &s.tx.db.apply
	a.Lock()
	defer a.Unlock()
	if a.broken != nil {
		return a.broken
	}
	if _, err := s.tx.validate(since); err != nil {
		return err
	}
	if err := s.tx.validateCatalog(); err != nil {
		return err
	}
	rids := map[uint32]uint64{}
	for i := range bases.Len() {
		id, _ := bases.Table(i)
		rids[id] = s.tx.tables[id].store.nextRID
		bases.Set(i, rids[id])
	}
	if err := s.apply(c, rids); err != nil {
		a.broken = dberr.Bug("a commit could not be applied; the database must be opened again: %v", err)
		return a.broken
	}
	a.ordered.Store(&c)
	return nil
}

// validateCatalog checks that the definitions that the transaction built on are still there.
func (tx *Tx) validateCatalog() error {
	now := &Catalog{history: &tx.db.history, csn: ^uint64(0)}
	for _, tt := range tx.tables {
		t, ok := now.TableByID(tt.store.id)
		if tt.base != nil && (!ok || t.Version != tt.base.Version) {
			return conflict("concurrent schema change of table \"%s\"", tt.base.Name)
		}
	}
	seen := map[uint32]bool{}
	for i := range tx.ops {
		e := tx.ops[i].edit
		if e == nil || e.position != nil || seen[e.id] {
			continue
		}
		seen[e.id] = true
		t, ok := now.TableByID(e.id)
		if ok != (e.base != 0) || ok && t.Version != e.base {
			return conflict("concurrent schema change")
		}
	}
	if tx.overlay == nil {
		return nil
	}
	for name, o := range tx.overlay.names {
		taken, ok := now.owner(name)
		switch {
		case !ok || o.kind == ownsNothing || taken == o || tx.overlay.frees(name, taken):
		case name.schema == schemaNames:
			return schemaTaken(name.name)
		default:
			return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists", name.name)
		}
	}
	return tx.validateSchemas(now)
}

// frees reports whether the transaction takes a name away from a table that has it now.
func (o *overlay) frees(name qualified, owner nameOwner) bool {
	t, changed := o.tables[owner.id]
	if !changed {
		return false
	}
	for _, n := range namesOf(t) {
		if n.qualified == name {
			return false
		}
	}
	return true
}

// apply brings the ops into memory, as replay will do from the log.
func (s *submission) apply(c eventlog.Commit, rids map[uint32]uint64) error {
	for i := range s.tx.ops {
		op := &s.tx.ops[i]
		if op.edit != nil {
			s.tx.db.history.apply(c.CSN, op.edit)
			continue
		}
		base := rids[op.tt.store.id]
		ch := &change{kind: op.kind, store: op.tt.store, table: op.table, firstSeq: c.FirstSeq + op.first - 1,
			base: base, ended: make([]uint64, len(op.ended)), part: op.part}
		for k, rid := range op.ended {
			ch.ended[k] = rid
			if rid&eventlog.Relative != 0 {
				ch.ended[k] = base + rid&^eventlog.Relative
			}
		}
		if s.rows[i] != nil {
			ch.rows = s.rows[i]
			ch.firstRID = base + op.chunk.ridOf(op.row)&^eventlog.Relative
		}
		if op.part != nil {
			ch.firstRID = base + op.part.rids&^eventlog.Relative
		}
		if err := ch.apply(); err != nil {
			return err
		}
	}
	return nil
}
