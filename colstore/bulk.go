package colstore

import (
	"bufio"
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"slices"

	"driftdb/colstore/part"
	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// bulk is rows of a transaction on their way into a part: so a statement of any size holds at
// most two parts in memory, of which one is being written. Its rows have their numbers already, but are in no rowset yet.
type bulk struct {
	table  *Table
	kind   eventlog.RunKind // RunInsertRef or RunUpdateRef
	first  uint64           // number of the first event
	rids   uint64           // rid of the first row
	rows   int
	ended  []uint64
	writer *part.Writer
	file   *partFile

	before  *bulk         // the one that is being written while this one fills
	written chan struct{} // closed when info and err are set; nil until it is being written
	info    part.Info
	err     error
}

// partFile is a new file in parts/.
type partFile struct {
	ref  fileRef
	file vfs.File
	buf  *bufio.Writer
	off  int64
	back int64 // the disk has been told to write what stands before it
}

// Write appends to the file.
func (f *partFile) Write(p []byte) (int, error) {
	n, err := f.file.WriteAt(p, f.off)
	f.off += int64(n)
	if w, ok := f.file.(vfs.WriteBacker); ok && f.off-f.back >= backBytes {
		w.WriteBack(f.back, f.off-f.back)
		f.back = f.off
	}
	return n, err
}

const (
	partBuffer = 1 << 20 // bytes written at a time
	backBytes  = 8 << 20 // bytes that the disk begins to write at a time
)

// createFile makes a new file of a kind, under an id that was never used.
func (db *DB) createFile(kind fileKind) (*partFile, error) {
	ref := fileRef{kind, db.nextFile.Add(1) - 1}
	f, err := db.opts.FS.Create(ref.path(db.dir))
	if err != nil {
		return nil, vfs.Wrap("create part", err)
	}
	p := &partFile{ref: ref, file: f}
	p.buf = bufio.NewWriterSize(p, partBuffer)
	return p, nil
}

// finish makes the file durable and closes it.
func (f *partFile) finish(db *DB) error {
	err := f.buf.Flush()
	if err == nil {
		err = f.file.Sync()
	}
	err = errors.Join(err, f.file.Close())
	if err == nil {
		err = db.opts.FS.SyncDir(filepath.Dir(f.ref.path(db.dir)))
	}
	return vfs.Wrap("write part", err)
}

// abandon closes and removes the file.
func (f *partFile) abandon(db *DB) {
	_ = f.file.Close() // it is removed
	db.removeFile(f.ref)
}

// removeFile removes a file that nobody refers to. If that fails the next Open does it.
func (db *DB) removeFile(ref fileRef) {
	if err := db.opts.FS.Remove(ref.path(db.dir)); err != nil {
		db.opts.Logger.Warn("cannot remove file", "file", ref.path(db.dir), "error", err)
	}
}

// partColumns are the columns of a part written under a definition.
func partColumns(t *Table) []part.ColumnSpec {
	specs := make([]part.ColumnSpec, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		specs[i] = part.ColumnSpec{ID: c.ID, TypeVersion: c.TypeVersion, Name: c.Name, Type: c.Type}
	}
	return specs
}

func partIndexes(t *Table) []part.IndexSpec {
	keys := t.Keys()
	specs := make([]part.IndexSpec, len(keys))
	for i, x := range keys {
		specs[i] = part.IndexSpec{ID: x.ID, Columns: x.Columns, Unique: x.Unique}
	}
	return specs
}

func (tx *Tx) hasBulk() bool {
	for _, tt := range tx.tables {
		if tt.bulk != nil {
			return true
		}
	}
	return false
}

// startBulk opens a part and moves the rows of the last ops into it that may be together with more,
// which end rows up to newest.
func (tx *Tx) startBulk(t *Table, tt *txTable, update bool, newest uint64) error {
	b := &bulk{table: t, kind: eventlog.RunInsertRef, first: tx.events + 1, rids: eventlog.Relative | tt.rows}
	if update {
		b.kind = eventlog.RunUpdateRef
	}
	if err := tx.openWriter(b); err != nil {
		return err
	}
	tt.bulk = b
	return tx.moveToBulk(tt, tx.movable(t, tt, update, newest))
}

// movable returns the first of the last ops whose rows, all of one kind and table, may go to
// a part together with what comes next, which ends rows up to newest: none of them has been
// replaced itself, so that the part can be checked for keys.
func (tx *Tx) movable(t *Table, tt *txTable, update bool, newest uint64) int {
	kind := eventlog.RunInsert
	if update {
		kind = eventlog.RunUpdate
	}
	from := len(tx.ops)
	for from > tx.barrier {
		op := &tx.ops[from-1]
		newest = max(newest, op.newest)
		if op.kind != kind || op.tt != tt || op.table != t || newest >= op.chunk.ridOf(op.row) {
			break
		}
		from--
	}
	return from
}

// newestOf returns the greatest of the rids, 0 for none. Rows of the transaction itself are
// greater than all others.
func newestOf(rids []uint64) uint64 {
	if len(rids) == 0 {
		return 0
	}
	return slices.Max(rids)
}

func (tx *Tx) openWriter(b *bulk) (err error) {
	if b.file, err = tx.db.createFile(logPart); err != nil {
		return err
	}
	tx.files = append(tx.files, b.file.ref.id)
	b.writer, err = part.NewWriter(b.file.buf, part.WriteOptions{Columns: partColumns(b.table),
		Indexes: partIndexes(b.table), GroupRows: tx.db.opts.GroupRows, Workers: tx.db.opts.Workers, Compress: tx.Compress})
	if err != nil {
		_ = b.file.file.Close() // Rollback removes it
	}
	return err
}

// moveToBulk moves the rows of ops[from:], all in chunks of one table, into its open part.
func (tx *Tx) moveToBulk(tt *txTable, from int) error {
	b := tt.bulk
	for i := from; i < len(tx.ops); i++ {
		op := &tx.ops[i]
		if i == from {
			b.first, b.rids = op.first, op.chunk.ridOf(op.row)
		}
		if err := b.writer.Append(op.vectors(), nil, nil); err != nil {
			return err
		}
		b.rows += op.n
		b.ended = append(b.ended, op.ended...)
		tt.inline -= op.n
		op.chunk.truncate(op.row)
		if op.row == 0 {
			tt.dropSet(op.chunk)
		}
	}
	tt.active = nil
	tx.ops = tx.ops[:from]
	if tx.unchecked > from {
		tx.markChecked(from)
	}
	return nil
}

// vectors returns the rows of an op in a chunk, in table order.
func (op *txOp) vectors() []vec.Vec {
	cols := make([]vec.Vec, len(op.chunk.cols))
	for i, c := range op.chunk.cols {
		cols[i] = c.rowsFrom(op.row, op.n)
	}
	return cols
}

// addBulk adds rows to the open part, which is finished when it is full, or when the rids that
// its rows replace would not ascend.
func (tx *Tx) addBulk(ctx context.Context, tt *txTable, src []*vec.Vec, picked []int32, ended []uint64) error {
	newest := newestOf(ended)
	for len(picked) > 0 {
		b := tt.bulk
		room := min(b.writer.Room(), tx.db.opts.PartRows-b.rows)
		back := len(ended) > 0 && len(b.ended) > 0 && ended[0] < b.ended[len(b.ended)-1]
		if room <= 0 || back || newest >= b.rids || b.writer.Full() {
			if err := tx.nextBulk(ctx, tt); err != nil {
				return err
			}
			continue
		}
		n := min(room, len(picked))
		for i, rid := range ended[:min(n, len(ended))] {
			if err := tx.end(tt, rid, tx.events+uint64(i)+1); err != nil {
				return err
			}
		}
		cols, sel := batchOf(b.table, src, picked[:n])
		if err := b.writer.Append(cols, sel, nil); err != nil {
			return err
		}
		b.rows += n
		tt.rows += uint64(n)
		tx.events += uint64(n)
		if ended != nil {
			b.ended, ended = append(b.ended, ended[:n]...), ended[n:]
		}
		picked = picked[n:]
	}
	return nil
}

// nextBulk goes on with a new part; the open one is written meanwhile. Of a table two parts at most
// are in memory.
func (tx *Tx) nextBulk(ctx context.Context, tt *txTable) error {
	full := tt.bulk
	if err := tx.settle(ctx, tt); err != nil {
		return err
	}
	next := &bulk{table: full.table, kind: full.kind, first: tx.events + 1, rids: eventlog.Relative | tt.rows, before: full}
	if err := tx.openWriter(next); err != nil {
		return err
	}
	full.written = make(chan struct{})
	go full.write(tx.db)
	tt.bulk = next
	return nil
}

// write finishes the part and makes it durable.
func (b *bulk) write(db *DB) {
	defer close(b.written)
	defer func() {
		if p := recover(); p != nil {
			db.opts.Logger.Error("panic while a part was written", "panic", p, "table", b.table.Name, "stack", string(debug.Stack()))
			b.err = dberr.Bug("internal error: %v", p)
		}
	}()
	if b.info, b.err = b.writer.Finish(); b.err == nil {
		b.err = b.file.finish(db)
	} else {
		_ = b.file.file.Close() // Rollback removes it
	}
	b.writer.Close()
}

// settle adds the part that was written while the open one was filled, if there is one, to the
// transaction.
func (tx *Tx) settle(ctx context.Context, tt *txTable) error {
	b := tt.bulk.before
	if b == nil {
		return nil
	}
	if <-b.written; b.err != nil {
		return b.err
	}
	tt.bulk.before = nil
	return tx.addWritten(ctx, tt, b)
}

// batchOf returns the picked rows as vectors of one length and a selection. Rows that are not
// picked in order are gathered.
func batchOf(t *Table, src []*vec.Vec, picked []int32) (cols []vec.Vec, sel []uint64) {
	n := 0
	for _, v := range src {
		if v != nil {
			n = v.N
		}
	}
	if n == 0 || !slices.IsSorted(picked) {
		return gatherRows(t, src, picked), nil
	}
	cols = make([]vec.Vec, len(src))
	for i, v := range src {
		if v == nil {
			cols[i] = constant(types.NullOf(t.Columns[i].Type), t.Columns[i].Type, n)
		} else {
			cols[i] = *v
		}
	}
	if len(picked) == n {
		return cols, nil
	}
	sel = make([]uint64, vec.Words(n))
	for _, i := range picked {
		sel[i>>6] |= 1 << (uint(i) & 63)
	}
	return cols, sel
}

func gatherRows(t *Table, src []*vec.Vec, picked []int32) []vec.Vec {
	cols := make([]vec.Vec, len(src))
	for p, v := range src {
		c := newColumn(t.Columns[p].Type, len(picked))
		for i, j := range picked {
			if v == nil {
				c.setNull(i, len(picked))
			} else {
				c.setFrom(i, len(picked), v, int(j))
			}
		}
		cols[p] = c.vector(len(picked))
	}
	return cols
}

// finishBulk finishes all open parts, so that their rows can be read.
func (tx *Tx) finishBulk(ctx context.Context) error {
	for _, tt := range tx.tables {
		if tt.bulk == nil {
			continue
		}
		if err := tx.finishTable(ctx, tt); err != nil {
			return err
		}
	}
	return nil
}

// finishOtherBulk finishes open parts that the next rows of tt do not go to, since events are
// numbered in the order of the log's runs.
func (tx *Tx) finishOtherBulk(ctx context.Context, tt *txTable, t *Table, update bool) error {
	for _, other := range tx.tables {
		b := other.bulk
		if b == nil || other == tt && b.table == t && (b.kind == eventlog.RunUpdateRef) == update {
			continue
		}
		if err := tx.finishTable(ctx, other); err != nil {
			return err
		}
	}
	return nil
}

// dropBulk forgets the rows in open parts.
func (tx *Tx) dropBulk() {
	for _, tt := range tx.tables {
		if b := tt.bulk; b != nil {
			b.writer.Close()
			_ = b.file.file.Close() // Rollback removes it
			if b.before != nil {
				b = b.before
				<-b.written
			}
			tt.forgetEnds(tt.endsBefore(b.first))
			tt.rows = b.rids &^ eventlog.Relative
			tt.bulk = nil
		}
	}
}

// finishTable makes the open part durable, checks its keys, and adds it to the transaction.
func (tx *Tx) finishTable(ctx context.Context, tt *txTable) error {
	if err := tx.settle(ctx, tt); err != nil {
		return err
	}
	b := tt.bulk
	defer b.writer.Close()
	if b.info, b.err = b.writer.Finish(); b.err != nil {
		err := b.err
		tx.dropBulk()
		return err
	}
	tt.bulk = nil
	if err := b.file.finish(tx.db); err != nil {
		return err
	}
	return tx.addWritten(ctx, tt, b)
}

// addWritten checks the keys of a part and adds it to the transaction.
func (tx *Tx) addWritten(ctx context.Context, tt *txTable, b *bulk) error {
	place := partPlace{file: b.file.ref, length: b.info.Bytes}
	p, err := tx.db.openPart(place)
	if err != nil {
		return err
	}
	p.rids, p.births = b.rids, b.first
	op := txOp{kind: b.kind, tt: tt, table: b.table, first: b.first, n: b.rows, ended: b.ended, part: p, hash: b.info.SHA256}
	tx.ops = append(tx.ops, op)
	tt.sets = append(tt.sets[:len(tt.sets):len(tt.sets)], p)
	return tx.checkPart(ctx, tt, &op, b.info.Duplicates)
}
