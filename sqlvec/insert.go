package sqlvec

import (
	"fmt"
	"math"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// insert runs an INSERT.
func (r *run) insert(st *parse.Insert) error {
	if len(st.Docs) > 0 {
		if err := r.errInWith("INSERT of documents"); err != nil {
			return err
		}
		return r.insertDocuments(st)
	}
	change, err := r.bindInsert(st)
	if err == nil {
		err = r.writeThrough(change)
	}
	if err != nil {
		return err
	}
	if st.OnConflict != nil {
		set := newRowSet(columnTypes(change.Table))
		if err := r.streamChange(change, set.appendBatch); err != nil {
			return err
		}
		return r.upsert(st, change.Table, set)
	}
	var returned *rowSet
	if st.Returning != nil {
		returned = newRowSet(columnTypes(change.Table))
	}
	err = r.streamChange(change, func(b *vec.Batch) error {
		b, n, err := r.insertBatch(change.Table, b)
		if err != nil {
			return err
		}
		r.result.rows += int64(n)
		if returned != nil {
			return returned.appendBatch(b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.finishInsert(st, change.Table, returned)
}

// bindInsert binds an INSERT, adding undeclared columns where it names some.
func (r *run) bindInsert(st *parse.Insert) (*bind.Change, error) {
	change, err := r.keptChange()
	if change != nil || err != nil {
		return change, err
	}
	change, err = r.binder().Insert(st, r.undeclared())
	if err != nil || len(change.Undeclared) == 0 {
		return change, err
	}
	if err := r.addUndeclared(change.Table, change.Undeclared); err != nil {
		return nil, err
	}
	return r.binder().Insert(st, false)
}

// undeclared reports whether a statement may name columns that its table does not have.
func (r *run) undeclared() bool { return r.s.set.allowUndeclared && r.multi == nil }

// addUndeclared adds the columns that a statement named and the table does not have.
func (r *run) addUndeclared(t *colstore.Table, cols []bind.NewColumn) error {
	var list []colstore.Column
	for _, c := range cols {
		if c.Type.ID == types.Unknown {
			c.Type = types.T(types.Text)
		}
		list = append(list, colstore.Column{Name: c.Name, Type: c.Type, Missing: types.NullOf(c.Type), Undeclared: true})
	}
	_, err := r.s.txOf(t).AddColumns(t, list)
	return err
}

// finishInsert makes the checks at the end of the statement and the result.
func (r *run) finishInsert(st *parse.Insert, t *colstore.Table, returned plan.Source) error {
	if err := r.endWrites(); err != nil {
		return err
	}
	r.result.tag = fmt.Sprintf("INSERT 0 %d", r.result.rows)
	return r.returning(st.Returning, t, st.Alias, returned, nil)
}

// returning computes a RETURNING list over the rows written.
func (r *run) returning(items []parse.SelectItem, t *colstore.Table, alias string, rows plan.Source, joined *bind.Joined) error {
	if items == nil {
		return nil
	}
	node, err := r.boundReturning(items, t, alias, rows, joined)
	if err != nil {
		return err
	}
	cols := resultColumns(node)
	if err := r.prepared.checkColumns(cols); err != nil {
		return err
	}
	out, err := r.collect(node, typesOf(cols))
	if err != nil {
		return err
	}
	r.answerRows(cols, out)
	return nil
}

// boundReturning binds a RETURNING list.
func (r *run) boundReturning(items []parse.SelectItem, t *colstore.Table, alias string, rows plan.Source, joined *bind.Joined) (plan.Node, error) {
	b := r.binder()
	if err := b.Declare(withOf(r.stmt)); err != nil {
		return nil, err
	}
	return b.Returning(items, t, r.through, alias, rows, joined)
}

func typesOf(cols []Column) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}

func columnTypes(t *colstore.Table) []types.Type {
	ts := make([]types.Type, len(t.Columns))
	for i, c := range t.Columns {
		ts[i] = c.Type
	}
	return ts
}

// upsert runs INSERT … ON CONFLICT over the rows proposed.
func (r *run) upsert(st *parse.Insert, t *colstore.Table, proposed *rowSet) error {
	b := r.binder()
	replacing := *st
	replacing.OnConflict = bind.Replacing(t, st.OnConflict)
	st = &replacing
	key, err := b.ConflictKey(t, st.OnConflict)
	if err != nil {
		return err
	}
	if proposed, err = r.ruled(t, proposed); err != nil {
		return err
	}
	if key == nil {
		return r.insertUntaken(st, t, proposed)
	}
	if proposed, err = firstOfKey(proposed, key, st.OnConflict); err != nil {
		return err
	}
	node, err := b.Upsert(t, st.Alias, st.OnConflict, key, proposed, fewKeys(proposed, key))
	if err != nil {
		return err
	}
	up := &upserted{run: r, table: t, inserts: newRowSet(columnTypes(t)), updates: newRowSet(columnTypes(t)), old: newRowSet(columnTypes(t)), update: st.OnConflict.DoUpdate}
	if err := r.stream(node, up.take); err != nil {
		return err
	}
	return up.write(st)
}

// maxKeysLookedUp is how many keys an upsert looks up, the columns of a key taken each for itself; of more
// it joins the table.
const maxKeysLookedUp = 1024

// fewKeys are the values that rows have in the columns of a key, nil where they are many.
func fewKeys(rows *rowSet, key []int) [][]types.Value {
	if n := len(key); rows.n > maxKeysLookedUp || math.Pow(float64(rows.n), float64(n)) > maxKeysLookedUp {
		return nil
	}
	all := rows.batch()
	out := make([][]types.Value, len(key))
	for k, c := range key {
		for i := range rows.n {
			if v := all.Cols[c].Value(i); v.Valid {
				out[k] = append(out[k], v)
			}
		}
	}
	return out
}

// upserted sorts the rows of an upsert by what is to be done with them.
type upserted struct {
	run     *run
	table   *colstore.Table
	inserts *rowSet
	updates *rowSet
	old     *rowSet
	rids    []uint64
	update  bool
}

// take reads rows as bind.Upsert makes them: rid, write, proposed…, updated….
func (u *upserted) take(b *vec.Batch) error {
	n := len(u.table.Columns)
	fresh := &vec.Batch{N: b.N, Sel: make([]uint64, vec.Words(b.N)), Cols: b.Cols[2 : 2+n]}
	changed := &vec.Batch{N: b.N, Sel: make([]uint64, vec.Words(b.N))}
	for i := 0; i < b.N; i++ {
		selected := b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0
		if !selected || b.Cols[1].IsNull(i) || b.Cols[1].Int(i) == 0 {
			continue
		}
		if b.Cols[0].IsNull(i) {
			fresh.Sel[i>>6] |= 1 << (uint(i) & 63)
			continue
		}
		changed.Sel[i>>6] |= 1 << (uint(i) & 63)
		u.rids = append(u.rids, uint64(b.Cols[0].Int(i)))
	}
	if err := u.inserts.appendBatch(fresh); err != nil || !u.update {
		return err
	}
	changed.Cols = b.Cols[2+n : 2+2*n]
	if err := u.updates.appendBatch(changed); err != nil {
		return err
	}
	changed.Cols = b.Cols[2+2*n : 2+3*n]
	return u.old.appendBatch(changed)
}

func (u *upserted) write(st *parse.Insert) error {
	r := u.run
	returned := newRowSet(columnTypes(u.table))
	if u.updates.n > 0 {
		written, err := r.updateRows(u.table, u.rids, colstore.LockUpdate, u.old.batch(), u.updates.batch(), 0)
		if err != nil {
			return err
		}
		if err := returned.appendBatch(written); err != nil {
			return err
		}
		r.result.rows += int64(u.updates.n)
	}
	if u.inserts.n > 0 {
		written, n, err := r.insertBatch(u.table, u.inserts.batch())
		if err != nil {
			return err
		}
		if err := returned.appendBatch(written); err != nil {
			return err
		}
		r.result.rows += int64(n)
	}
	return r.finishInsert(st, u.table, returned)
}

// firstOfKey keeps the first proposed row of every key. DO UPDATE refuses a second one.
func firstOfKey(rows *rowSet, key []int, oc *parse.OnConflict) (*rowSet, error) {
	seen := make(map[string]bool, rows.n)
	all := rows.batch()
	all.Sel = make([]uint64, vec.Words(rows.n))
	var buf []byte
	for i := 0; i < rows.n; i++ {
		buf = buf[:0]
		null := false
		for _, k := range key {
			v := all.Cols[k].Value(i)
			null = null || !v.Valid
			buf = appendKey(buf, v)
		}
		if !null && seen[string(buf)] {
			if oc.DoUpdate {
				return nil, dberr.New(dberr.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
					WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
			}
			continue
		}
		seen[string(buf)] = true
		all.Sel[i>>6] |= 1 << (uint(i) & 63)
	}
	out := newRowSet(rows.types())
	return out, out.appendBatch(all)
}

// insertRows writes rows that are all columns of t in order.
func (r *run) insertRows(st *parse.Insert, t *colstore.Table, rows *rowSet) error {
	written, n, err := r.insertBatch(t, rows.batch())
	if err != nil {
		return err
	}
	r.result.rows += int64(n)
	return r.finishInsert(st, t, &batchSource{written})
}

// bindUpdate binds an UPDATE, adding undeclared columns where it names some.
func (r *run) bindUpdate(st *parse.Update) (*bind.Change, error) {
	change, err := r.keptChange()
	if change != nil || err != nil {
		return change, err
	}
	change, err = r.binder().Update(st, r.undeclared())
	if err != nil || len(change.Undeclared) == 0 {
		return change, err
	}
	if err := r.addUndeclared(change.Table, change.Undeclared); err != nil {
		return nil, err
	}
	return r.binder().Update(st, false)
}

// bindDelete binds a DELETE.
func (r *run) bindDelete(st *parse.Delete) (*bind.Change, error) {
	change, err := r.keptChange()
	if change != nil || err != nil {
		return change, err
	}
	return r.binder().Delete(st, st.Returning != nil)
}

// update runs an UPDATE.
func (r *run) update(st *parse.Update) error {
	change, err := r.bindUpdate(st)
	if err != nil {
		return err
	}
	t := change.Table
	if err := r.writeThrough(change); err != nil {
		return err
	}
	rids, rows, err := r.changedRows(change)
	if err == nil {
		rids, rows, err = r.once(t, rids, rows)
	}
	if err != nil {
		return err
	}
	joined := len(change.Joined.Types())
	after, before := halves(rows, len(t.Columns), joined)
	written, err := r.updateRows(t, rids, change.Lock, before, after, 0)
	if err != nil {
		return err
	}
	if err := r.endWrites(); err != nil {
		return err
	}
	r.result.rows = int64(len(rids))
	r.result.tag = fmt.Sprintf("UPDATE %d", len(rids))
	return r.returning(st.Returning, t, aliasOf(st.Table), &batchSource{withLast(written, rows, joined)}, change.Joined)
}

// halves are the new and the old rows of an UPDATE; the old ones are nil where they were not asked for.
// The columns of joined tables behind them are left out.
func halves(rows *rowSet, n, joined int) (after, before *vec.Batch) {
	all := rows.batch()
	all.Cols = all.Cols[:len(all.Cols)-joined]
	after = &vec.Batch{N: all.N, Cols: all.Cols[:n]}
	if len(all.Cols) > n {
		before = &vec.Batch{N: all.N, Cols: all.Cols[n:]}
	}
	return after, before
}

// withLast returns rows with the last n columns of a set behind them.
func withLast(b *vec.Batch, rows *rowSet, n int) *vec.Batch {
	if n == 0 {
		return b
	}
	all := rows.batch()
	return &vec.Batch{N: b.N, Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], all.Cols[len(all.Cols)-n:]...)}
}

// delete runs a DELETE.
func (r *run) delete(st *parse.Delete) error {
	change, err := r.bindDelete(st)
	if err != nil {
		return err
	}
	r.through = change.View
	rids, rows, err := r.changedRows(change)
	if err == nil {
		rids, rows, err = r.once(change.Table, rids, rows)
	}
	if err != nil {
		return err
	}
	old, _ := halves(rows, min(len(change.Table.Columns), len(rows.cols)), len(change.Joined.Types()))
	if err := r.deleteRows(change.Table, rids, old, 0); err != nil {
		return err
	}
	if err := r.endWrites(); err != nil {
		return err
	}
	r.result.rows = int64(len(rids))
	r.result.tag = fmt.Sprintf("DELETE %d", len(rids))
	return r.returning(st.Returning, change.Table, aliasOf(st.Table), rows, change.Joined)
}

func aliasOf(ref *parse.TableRef) string {
	if ref.Alias != nil {
		return ref.Alias.Name
	}
	return ""
}

// changedRows runs the query of an UPDATE or DELETE to its end before anything is
// written: the row ids, and the rows behind them.
func (r *run) changedRows(change *bind.Change) ([]uint64, *rowSet, error) {
	var rids []uint64
	var ts []types.Type
	for _, c := range change.Plan.Columns()[1:] {
		ts = append(ts, c.Type)
	}
	rows := newRowSet(ts)
	err := r.streamChange(change, func(b *vec.Batch) error {
		for i := 0; i < b.N; i++ {
			if b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0 {
				rids = append(rids, uint64(b.Cols[0].Int(i)))
			}
		}
		rest := *b
		rest.Cols = b.Cols[1:]
		return rows.appendBatch(&rest)
	})
	return rids, rows, err
}

// table finds a table of the present by its name.
func (r *run) table(n parse.Name) (*colstore.Table, error) {
	if t, ok := r.relation(n); ok && isTemporary(t) {
		if t.Kind != colstore.KindTable {
			return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a table", t.Name).At(int(n.Position()))
		}
		return t, nil
	}
	names := r.names()
	t, err := r.Present().Table(names.Name(n))
	if dberr.CodeOf(err) == dberr.UndefinedTable {
		err = names.NotFound(n)
	}
	if err == nil && t.Materialized() {
		return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a table", t.Name)
	}
	if e, ok := err.(*dberr.Error); ok && e != nil {
		return nil, e.At(int(n.Position()))
	}
	return t, err
}

var _ plan.Source = (*rowSet)(nil)
