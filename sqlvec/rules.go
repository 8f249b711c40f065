package sqlvec

import (
	"strings"

	"driftdb/colstore"
	"driftdb/internal/arena"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
)

// rules are what rows of a table have to pass before they are written: generated columns are
// computed, then the CHECK constraints are asked. Nil rules pass every row.
type rules struct {
	table     *colstore.Table
	arena     *arena.Arena
	generated []generatedColumn
	domains   []*expr.Program // of columns of domains
	checks    []rowCheck
}

type generatedColumn struct {
	at   int // place in a row
	prog *expr.Program
}

type rowCheck struct {
	name string
	prog *expr.Program
}

// rulesOf returns the rules of a table, nil when it has none.
func (r *run) rulesOf(t *colstore.Table) (*rules, error) {
	if old := r.rules[t]; old != nil {
		return old, nil
	}
	u := &rules{table: t, arena: arena.New(nil)}
	for i := range t.Columns {
		c := &t.Columns[i]
		if r.constrained(c) {
			prog, err := r.domainRule(c, i)
			if err != nil {
				return nil, err
			}
			u.domains = append(u.domains, prog)
		}
		if c.Generated == "" {
			continue
		}
		x, err := r.binder().StoredGenerated(t, c)
		if err != nil {
			return nil, err
		}
		prog, err := expr.Compile(x, r.env)
		if err != nil {
			return nil, err
		}
		u.generated = append(u.generated, generatedColumn{i, prog})
	}
	for _, c := range t.Checks {
		x, err := r.binder().StoredCheck(t, c.SQL)
		if err != nil {
			return nil, err
		}
		prog, err := expr.Compile(x, r.env)
		if err != nil {
			return nil, err
		}
		u.checks = append(u.checks, rowCheck{c.Name, prog})
	}
	if len(u.generated)+len(u.domains)+len(u.checks) == 0 {
		return nil, nil
	}
	if r.rules == nil {
		r.rules = map[*colstore.Table]*rules{}
	}
	r.rules[t] = u
	return u, nil
}

// apply passes rows, which have all columns of the table in order. The batch that it returns is
// good until it is called again.
func (u *rules) apply(b *vec.Batch) (*vec.Batch, error) {
	if u == nil {
		return b, nil
	}
	u.arena.Reset()
	if len(u.generated) > 0 {
		all := *b
		all.Cols = append([]vec.Vec(nil), b.Cols...)
		for _, g := range u.generated {
			v, err := g.prog.Eval(b, u.arena)
			if err != nil {
				return nil, err
			}
			v.Type = u.table.Columns[g.at].Type
			all.Cols[g.at] = v
		}
		b = &all
	}
	for _, d := range u.domains {
		if _, err := d.Eval(b, u.arena); err != nil {
			return nil, err
		}
	}
	for _, c := range u.checks {
		if err := u.check(c, b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// ruled passes rows that are proposed, and returns them with their generated columns.
func (r *run) ruled(t *colstore.Table, rows *rowSet) (*rowSet, error) {
	u, err := r.rulesOf(t)
	if u == nil || err != nil {
		return rows, err
	}
	b, err := u.apply(rows.batch())
	if err != nil {
		return nil, err
	}
	out := newRowSet(columnTypes(t))
	return out, out.appendBatch(b)
}

// check refuses the first row for which a condition is false. A row with a NULL where there
// must be none is left to the storage, whose error comes first in PostgreSQL.
func (u *rules) check(c rowCheck, b *vec.Batch) error {
	v, err := c.prog.Eval(b, u.arena)
	if err != nil {
		return err
	}
	for i := range b.N {
		selected := b.Sel == nil || b.Sel[i>>6]&(1<<(uint(i)&63)) != 0
		if !selected || v.IsNull(i) || v.Int(i) != 0 {
			continue
		}
		if u.lacksValue(b, i) {
			return nil
		}
		e := dberr.Newf(dberr.CheckViolation, "new row for relation \"%s\" violates check constraint \"%s\"", u.table.Name, c.name)
		e.Table, e.Constraint = u.table.Name, c.name
		return e.WithDetail("Failing row contains (%s).", failingRow(u.table, b, i))
	}
	return nil
}

// lacksValue reports whether a row up to the i-th has a NULL in a NOT NULL column.
func (u *rules) lacksValue(b *vec.Batch, i int) bool {
	for p := range u.table.Columns {
		for row := 0; row <= i && u.table.Columns[p].NotNull; row++ {
			selected := b.Sel == nil || b.Sel[row>>6]&(1<<(uint(row)&63)) != 0
			if selected && b.Cols[p].IsNull(row) {
				return true
			}
		}
	}
	return false
}

// failingRow is a row as messages show it.
func failingRow(t *colstore.Table, b *vec.Batch, i int) string {
	var list []string
	for c := range b.Cols {
		switch {
		case t.Columns[c].Hidden():
		case b.Cols[c].IsNull(i):
			list = append(list, "null")
		default:
			list = append(list, types.Format(b.Cols[c].Value(i)))
		}
	}
	return strings.Join(list, ", ")
}

// insertBatch writes new rows, which have all columns of t in order, and returns them as they
// were written.
func (r *run) insertBatch(t *colstore.Table, b *vec.Batch) (*vec.Batch, int, error) {
	u, err := r.rulesOf(t)
	if err != nil {
		return nil, 0, err
	}
	if b, err = u.apply(b); err != nil {
		return nil, 0, err
	}
	if err := r.lockKeys(t, b); err != nil {
		return nil, 0, err
	}
	n, err := r.s.txOf(t).Insert(r.ctx, t, t.ColumnIDs(), b)
	if err == nil {
		err = r.options.check(t, b)
	}
	return b, n, err
}

// updateBatch replaces rows by others, which have all columns of t in order, and returns them
// as they were written. strength is how they are locked: it tells whether unique keys change.
func (r *run) updateBatch(t *colstore.Table, rids []uint64, strength colstore.LockStrength, b *vec.Batch) (*vec.Batch, error) {
	u, err := r.rulesOf(t)
	if err != nil {
		return nil, err
	}
	if b, err = u.apply(b); err != nil {
		return nil, err
	}
	update := r.s.txOf(t).Update
	if strength == colstore.LockNoKeyUpdate {
		update = r.s.txOf(t).UpdateNoKey
	} else if err := r.lockKeys(t, b); err != nil {
		return nil, err
	}
	if err := update(r.ctx, t, rids, b); err != nil {
		return nil, err
	}
	return b, r.options.check(t, b)
}
