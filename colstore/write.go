package colstore

import (
	"context"
	"math/bits"
	"slices"

	"driftdb/eventlog"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/internal/vfs"
)

// Insert adds rows. cols are the column ids of rows.Cols; other columns are NULL. It checks
// NOT NULL (23502), and unique keys (23505) against the view and the transaction's own
// writes; for rows in bulk the keys are checked no later than EndStatement.
func (tx *Tx) Insert(ctx context.Context, t *Table, cols []uint32, rows *vec.Batch) (n int, err error) {
	if err := tx.writable(); err != nil {
		return 0, err
	}
	err = vfs.Guard(func() error {
		tt, err := tx.table(t)
		if err != nil {
			return err
		}
		src, err := arrange(t, cols, rows)
		if err != nil {
			return err
		}
		picked := selected(rows)
		n = len(picked)
		if err := checkNotNull(t, src, picked); err != nil {
			return err
		}
		return tx.addRows(ctx, t, tt, &addition{src: src, picked: picked})
	})
	return n, err
}

// arrange puts the vectors of a batch into the order of the table; nil for a column not given.
func arrange(t *Table, cols []uint32, rows *vec.Batch) ([]*vec.Vec, error) {
	src := make([]*vec.Vec, len(t.Columns))
	for i, id := range cols {
		p := positions(t, cols[i:i+1])[0]
		if p < 0 {
			return nil, dberr.Bug("table \"%s\" has no column %d", t.Name, id)
		}
		if rows.Cols[i].Type.Class() != t.Columns[p].Type.Class() {
			return nil, dberr.Bug("column \"%s\" is %s, not %s", t.Columns[p].Name, t.Columns[p].Type, rows.Cols[i].Type)
		}
		src[p] = retyped(&rows.Cols[i], t.Columns[p].Type)
	}
	return src, nil
}

// retyped returns v with the column's own type, which keys are hashed and compared by.
func retyped(v *vec.Vec, t types.Type) *vec.Vec {
	if v.Type == t {
		return v
	}
	c := *v
	c.Type = t
	if v.Dict != nil {
		d := *v.Dict
		d.ID, d.Values.Type = 0, t
		c.Dict = &d
	}
	return &c
}

// selected lists the rows of a batch that are selected.
func selected(b *vec.Batch) []int32 {
	if b.Sel == nil {
		all := make([]int32, b.N)
		for i := range all {
			all[i] = int32(i)
		}
		return all
	}
	picked := make([]int32, 0, b.Count())
	for w, word := range b.Sel {
		for ; word != 0; word &= word - 1 {
			picked = append(picked, int32(w*64+bits.TrailingZeros64(word)))
		}
	}
	return picked
}

func checkNotNull(t *Table, src []*vec.Vec, picked []int32) error {
	for p := range t.Columns {
		if !t.Columns[p].NotNull {
			continue
		}
		if src[p] != nil && src[p].Valid == nil {
			continue
		}
		for _, i := range picked {
			if src[p] == nil || src[p].IsNull(int(i)) {
				return notNullError(t, p, src, int(i))
			}
		}
	}
	return nil
}

func notNullError(t *Table, p int, src []*vec.Vec, row int) error {
	e := dberr.Newf(dberr.NotNullViolation, "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
		t.Columns[p].Name, t.Name)
	e.Table, e.Column = t.Name, t.Columns[p].Name
	text := ""
	for c := range src {
		if t.Columns[c].Hidden() {
			continue
		}
		if text != "" {
			text += ", "
		}
		if src[c] == nil || src[c].IsNull(row) {
			text += "null"
		} else {
			text += types.Format(src[c].Value(row))
		}
	}
	return e.WithDetail("Failing row contains (%s).", text)
}

// addition is rows that are being written: the picked ones of src.
type addition struct {
	src    []*vec.Vec // in the order of the table, nil for NULL
	picked []int32
	ended  []uint64 // the rows that they replace, nil for new ones
	// keysStay says that every row has the unique keys of the one that it replaces.
	keysStay bool
	keys     []newKeys // of new rows, once they have been looked for
	done     int       // rows before picked, of those that have keys
}

// addRows adds rows.
func (tx *Tx) addRows(ctx context.Context, t *Table, tt *txTable, a *addition) error {
	if err := tx.finishOtherBulk(ctx, tt, t, a.ended != nil); err != nil {
		return err
	}
	if tt.bulk != nil {
		return tx.addBulk(ctx, tt, a.src, a.picked, a.ended)
	}
	newest := newestOf(a.ended)
	for len(a.picked) > 0 {
		if tx.worthPart(t, tt, len(a.picked), a.ended != nil, newest) {
			if err := tx.startBulk(t, tt, a.ended != nil, newest); err != nil {
				return err
			}
			return tx.addBulk(ctx, tt, a.src, a.picked, a.ended)
		}
		if a.ended == nil && a.keys == nil {
			a.keys = newKeysOf(t, a.src, a.picked)
			if err := tx.findTaken(t, tt, a.keys, false); err != nil {
				return err
			}
			if err := tx.awaitEnds(ctx, tt, a.keys); err != nil {
				return err
			}
		}
		n, err := tx.addInline(t, tt, a)
		if err != nil {
			return err
		}
		a.picked, a.done = a.picked[n:], a.done+n
		if a.ended != nil {
			a.ended = a.ended[n:]
		}
	}
	return nil
}

// worthPart reports whether n more rows are to go to a part: the table has many rows inline,
// and the part would not be tiny.
func (tx *Tx) worthPart(t *Table, tt *txTable, n int, update bool, newest uint64) bool {
	o := &tx.db.opts
	scale := tt.inlineScale(o.InlineRows)
	if tt.inline < scale*o.InlineRows && tx.inlineBytes(tt) < scale*o.InlineBytes {
		return false
	}
	for i := tx.movable(t, tt, update, newest); i < len(tx.ops); i++ {
		n += tx.ops[i].n
	}
	return n >= scale*o.InlineRows/partShare
}

// maxInlineScale bounds how much more a table keeps inline when it has written many rows already.
const maxInlineScale = 16

// inlineScale is how many times rows a table may keep inline: a quarter of those it has written, so
// that many small statements make few parts.
func (tt *txTable) inlineScale(rows int) int {
	return min(max(1, int(tt.rows)/(4*rows)), maxInlineScale)
}

// partShare of the rows that may stay inline are worth a part, as 1/n.
const partShare = 8

// inlineBytes is about what the table's rows in chunks take in the log.
func (tx *Tx) inlineBytes(tt *txTable) (n int) {
	for _, rs := range tt.sets {
		if c, ok := rs.(*chunk); ok {
			n += c.encodedSize()
		}
	}
	return n
}

// addInline adds rows to the active chunk until it is full, and returns how many.
func (tx *Tx) addInline(t *Table, tt *txTable, a *addition) (int, error) {
	c := tt.chunkFor(t)
	kind := eventlog.RunInsert
	if a.ended != nil {
		kind = eventlog.RunUpdate
	}
	op := tx.openOp(kind, t, tt, c, a.keysStay)
	for n, i := range a.picked {
		if c.full() || n > 0 && tt.inline >= tt.inlineScale(tx.db.opts.InlineRows)*tx.db.opts.InlineRows {
			return n, nil
		}
		if a.ended == nil {
			if err := tx.checkNewRow(t, tt, a.keys, a.done+n); err != nil {
				return n, err
			}
		} else {
			if err := tx.end(tt, a.ended[n], tx.events+1); err != nil {
				return n, err
			}
			op.ended, op.newest = append(op.ended, a.ended[n]), max(op.newest, a.ended[n])
		}
		tx.events++
		c.appendVectors(a.src, int(i), tx.events)
		op.n++
		tt.rows++
		tt.inline++
	}
	return len(a.picked), nil
}

func (tt *txTable) chunkFor(t *Table) *chunk {
	c := tt.active
	if c != nil && c.table == t && !c.full() {
		return c
	}
	limit := 0
	if c != nil && c.full() {
		limit = c.limit
	}
	tt.active = newChunk(t, eventlog.Relative|tt.rows, nextLimit(limit))
	tt.sets = append(tt.sets[:len(tt.sets):len(tt.sets)], tt.active)
	return tt.active
}

// openOp returns the op that takes the next row of a chunk: the last one, or a new one.
func (tx *Tx) openOp(kind eventlog.RunKind, t *Table, tt *txTable, c *chunk, keysStay bool) *txOp {
	if n := len(tx.ops); n > tx.barrier {
		if op := &tx.ops[n-1]; op.kind == kind && op.tt == tt && op.chunk == c {
			checked := tx.unchecked == n && tx.checkedRows == op.n
			op.keysStay = keysStay && (checked || op.keysStay)
			return op
		}
	}
	tx.ops = append(tx.ops, txOp{kind: kind, tt: tt, table: t, first: tx.events + 1, chunk: c, row: int(c.rows.Load()), keysStay: keysStay})
	return &tx.ops[len(tx.ops)-1]
}

// end records that event seq ends a row.
func (tx *Tx) end(tt *txTable, rid, seq uint64) error {
	if _, twice := tt.dead[rid]; twice {
		return dberr.New(dberr.CardinalityViolation, "command cannot affect row a second time")
	}
	tt.dead[rid] = seq
	tt.ends = append(tt.ends, ownEnd{rid, seq})
	if rid&eventlog.Relative != 0 {
		tt.endOwn(rid, tx.checkedTo)
	}
	return nil
}

// endOwn notes the end of a row of the transaction itself that was born behind event checked, so that
// no statement has ended with it.
func (tt *txTable) endOwn(rid, checked uint64) {
	for i := len(tt.sets) - 1; i >= 0; i-- {
		c, ok := tt.sets[i].(*chunk)
		if !ok {
			continue
		}
		if row, ok := c.rowOf(rid); ok {
			if c.birthOf(row) > checked {
				c.setBrief(row)
			}
			return
		}
	}
}

// Ended reports whether the transaction itself has ended a row.
func (tx *Tx) Ended(t *Table, rid uint64) bool {
	tt := tx.tables[t.ID]
	if tt == nil {
		return false
	}
	_, ended := tt.dead[rid]
	return ended
}

// Update replaces rows: the i-th selected row of rows, which has all columns of t in order,
// replaces rids[i]. NOT NULL is checked at once, unique keys by EndStatement.
func (tx *Tx) Update(ctx context.Context, t *Table, rids []uint64, rows *vec.Batch) error {
	return tx.update(ctx, t, rids, rows, false)
}

// UpdateNoKey is Update where every row has the unique keys of the row that it replaces, so that nobody
// looks for them.
func (tx *Tx) UpdateNoKey(ctx context.Context, t *Table, rids []uint64, rows *vec.Batch) error {
	return tx.update(ctx, t, rids, rows, true)
}

func (tx *Tx) update(ctx context.Context, t *Table, rids []uint64, rows *vec.Batch, keysStay bool) error {
	if err := tx.writable(); err != nil {
		return err
	}
	return vfs.Guard(func() error {
		tt, err := tx.table(t)
		if err != nil {
			return err
		}
		src, err := arrange(t, t.ColumnIDs(), rows)
		if err != nil {
			return err
		}
		picked := selected(rows)
		if len(picked) != len(rids) {
			return dberr.Bug("update of %d rows with %d new ones", len(rids), len(picked))
		}
		if err := checkNotNull(t, src, picked); err != nil {
			return err
		}
		rids, picked = byRID(rids, picked)
		if err := tx.checkAlive(tt.store, rids); err != nil {
			return err
		}
		return tx.addRows(ctx, t, tt, &addition{src: src, picked: picked, ended: rids, keysStay: keysStay})
	})
}

// checkAlive refuses rows that another transaction has ended since the view: the commit would
// be refused anyway.
func (tx *Tx) checkAlive(st *store, rids []uint64) error {
	if st.changed.Load() <= tx.view.point.Seq {
		return nil
	}
	s := st.pinned()
	defer s.unpin()
	live := newLiveCheck(s)
	for _, rid := range rids {
		if err := live.row(rid); err != nil {
			return err
		}
	}
	return nil
}

// byRID returns both lists in ascending order of rids, which the log stores best.
func byRID(rids []uint64, picked []int32) ([]uint64, []int32) {
	if slices.IsSorted(rids) {
		return rids, picked
	}
	order := make([]int, len(rids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if rids[a] < rids[b] {
			return -1
		}
		return 1
	})
	r, p := make([]uint64, len(rids)), make([]int32, len(rids))
	for i, at := range order {
		r[i], p[i] = rids[at], picked[at]
	}
	return r, p
}

// Delete ends rows. A rid that the transaction has ended already is left out.
func (tx *Tx) Delete(ctx context.Context, t *Table, rids []uint64) error {
	if err := tx.writable(); err != nil {
		return err
	}
	return vfs.Guard(func() error {
		tt, err := tx.table(t)
		if err != nil {
			return err
		}
		if err := tx.finishBulk(ctx); err != nil {
			return err
		}
		rids = slices.Clone(rids)
		slices.Sort(rids)
		if err := tx.checkAlive(tt.store, rids); err != nil {
			return err
		}
		return tx.deleteSorted(t, tt, slices.Compact(rids))
	})
}

func (tx *Tx) deleteSorted(t *Table, tt *txTable, rids []uint64) error {
	fresh := rids[:0]
	for _, rid := range rids {
		if _, dead := tt.dead[rid]; !dead {
			fresh = append(fresh, rid)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	op := tx.openDelete(t, tt)
	for _, rid := range fresh {
		tx.events++
		if err := tx.end(tt, rid, tx.events); err != nil {
			return err
		}
	}
	op.ended = append(op.ended, fresh...)
	op.n += len(fresh)
	return nil
}

// openDelete returns the op that takes more deletions.
func (tx *Tx) openDelete(t *Table, tt *txTable) *txOp {
	if n := len(tx.ops); n > tx.barrier {
		op := &tx.ops[n-1]
		if op.kind == eventlog.RunDelete && op.tt == tt {
			return op
		}
	}
	tx.ops = append(tx.ops, txOp{kind: eventlog.RunDelete, tt: tt, table: t, first: tx.events + 1})
	return &tx.ops[len(tx.ops)-1]
}

// Truncate ends all rows of a table that the transaction sees, and returns how many. It waits as
// Lock does.
func (tx *Tx) Truncate(ctx context.Context, t *Table) (total int64, err error) {
	if err := tx.writable(); err != nil {
		return 0, err
	}
	s, err := tx.View().Scan(ctx, t, ScanSpec{Columns: []uint32{ColRID}})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var g Group
	for i := range s.Groups() {
		if err := s.Load(i, &g); err != nil {
			return total, err
		}
		rids := liveRIDs(&g)
		if _, err := tx.Lock(ctx, t, rids, LockUpdate); err != nil {
			return total, err
		}
		if err := tx.Delete(ctx, t, rids); err != nil {
			return total, err
		}
		total += int64(len(rids))
	}
	return total, nil
}

// liveRIDs gathers the first column, ColRID, of the live rows.
func liveRIDs(g *Group) []uint64 {
	if g.N == 0 {
		return nil
	}
	all := vec.Of[uint64](&g.Cols[0])
	if g.Live == nil {
		return all
	}
	rids := make([]uint64, 0, g.Count())
	for w, word := range g.Live {
		for ; word != 0; word &= word - 1 {
			rids = append(rids, all[w*64+bits.TrailingZeros64(word)])
		}
	}
	return rids
}

// EndStatement makes the checks that wait for the end of a statement: keys of rows written by
// UPDATE and in bulk. The caller calls it after each writing statement; Commit does too.
func (tx *Tx) EndStatement(ctx context.Context) error {
	if tx.done || !tx.Writes() {
		return nil
	}
	return vfs.Guard(func() error {
		if err := tx.finishBulk(ctx); err != nil {
			return err
		}
		ops := tx.uncheckedOps()
		for i := range ops {
			if err := tx.checkOp(ctx, &ops[i]); err != nil {
				return err
			}
		}
		if err := tx.checkForeign(ctx, ops, tx.atOnce); err != nil {
			return err
		}
		tx.markChecked(len(tx.ops))
		tx.checkedTo = tx.events
		return nil
	})
}

// uncheckedOps are the ops since the last check, and what the op before them has grown by.
func (tx *Tx) uncheckedOps() []txOp {
	ops := tx.ops[tx.unchecked:]
	if tx.unchecked == 0 {
		return ops
	}
	grown := tx.ops[tx.unchecked-1]
	if grown.n == tx.checkedRows {
		return ops
	}
	if grown.chunk != nil {
		grown.row += tx.checkedRows
	}
	if len(grown.ended) > 0 {
		grown.ended = grown.ended[tx.checkedRows:]
	}
	grown.first += uint64(tx.checkedRows)
	grown.n -= tx.checkedRows
	return append([]txOp{grown}, ops...)
}

// markChecked notes that ops[:n] have been checked as they are.
func (tx *Tx) markChecked(n int) {
	tx.unchecked, tx.checkedRows = n, 0
	if n > 0 {
		tx.checkedRows = tx.ops[n-1].n
	}
}
