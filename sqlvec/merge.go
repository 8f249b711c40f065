package sqlvec

import (
	"fmt"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/vec"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/parse"
)

// merging is a MERGE at work: the rows of each WHEN clause.
type merging struct {
	run   *run
	merge *bind.Merge
	st    *parse.Merge
	rows  []*rowSet
	taken map[uint64]bool // target rows that are changed
}

// merge runs a MERGE: every row of the source is given to the clause that takes it before anything
// is written; then rows are deleted, updated and inserted.
func (r *run) merge(st *parse.Merge) error {
	m := &merging{run: r, st: st, rows: make([]*rowSet, len(st.Whens)), taken: map[uint64]bool{}}
	var err error
	if m.merge, err = r.binder().Merge(st); err != nil {
		return err
	}
	ts := typesOf(resultColumns(m.merge.Plan))
	for i := range m.rows {
		m.rows[i] = newRowSet(ts)
		if _, err := m.merge.Action(i, m.rows[i]); err != nil {
			return err
		}
	}
	if err := r.stream(m.merge.Plan, m.take); err != nil {
		return err
	}
	for _, action := range []parse.MergeAction{parse.MergeDelete, parse.MergeUpdate, parse.MergeInsert} {
		for i, w := range st.Whens {
			if w.Action != action || m.rows[i].n == 0 {
				continue
			}
			if err := m.write(i); err != nil {
				return err
			}
		}
	}
	if err := r.endWrites(); err != nil {
		return err
	}
	r.result.tag = fmt.Sprintf("MERGE %d", r.result.rows)
	return nil
}

// take gives rows to their clauses. A target row may be changed once.
func (m *merging) take(b *vec.Batch) error {
	all := vec.Batch{N: b.N, Cols: b.Cols}
	for k := range m.rows {
		all.Sel = make([]uint64, vec.Words(b.N))
		action := m.st.Whens[k].Action
		for i := range b.N {
			selected := b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0
			if !selected || action == parse.MergeNothing || b.Cols[1].Int(i) != int64(k) {
				continue
			}
			all.Sel[i>>6] |= 1 << (uint(i) & 63)
			if action == parse.MergeInsert {
				continue
			}
			rid := uint64(b.Cols[0].Int(i))
			if m.taken[rid] {
				return dberr.New(dberr.CardinalityViolation, "MERGE command cannot affect row a second time").
					WithHint("Ensure that not more than one source row matches any one target row.")
			}
			m.taken[rid] = true
		}
		if err := m.rows[k].appendBatch(&all); err != nil {
			return err
		}
	}
	return nil
}

// write does what clause i says with its rows.
func (m *merging) write(i int) error {
	r, t := m.run, m.merge.Table
	change, err := m.merge.Action(i, m.rows[i])
	if err != nil {
		return err
	}
	action := m.st.Whens[i].Action
	if action == parse.MergeInsert {
		r.result.rows += int64(m.rows[i].n)
		return r.stream(change.Plan, func(b *vec.Batch) error {
			_, _, err := r.insertBatch(t, b)
			return err
		})
	}
	rids, rows, err := r.changedRows(change)
	if err == nil {
		rids, rows, err = r.once(t, rids, rows)
	}
	if err != nil {
		return err
	}
	r.result.rows += int64(len(rids))
	after, before := halves(rows, len(t.Columns), 0)
	if action == parse.MergeDelete {
		return r.deleteRows(t, rids, after, 0)
	}
	_, err = r.updateRows(t, rids, colstore.LockUpdate, before, after, 0)
	return err
}
