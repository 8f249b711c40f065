package bind

import (
	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// FOR UPDATE and its kin lock the rows that a SELECT answers. Each table of its FROM that is to be
// locked gives its row ids, which the query carries up to where the rows are decided; there, below
// LIMIT or just above it, they are locked. For a view or query of FROM its own query does that.

// LockingName is what messages call the locking of a query, "" for one that locks nothing.
func LockingName(q *parse.Query) string {
	if len(q.Locks) == 0 {
		return ""
	}
	return lockName(q.Locks[0])
}

func lockName(l parse.Lock) string {
	return [...]string{parse.LockKeyShare: "FOR KEY SHARE", parse.LockShare: "FOR SHARE",
		parse.LockNoKeyUpdate: "FOR NO KEY UPDATE", parse.LockUpdate: "FOR UPDATE"}[l.Strength]
}

var (
	lockStrengths = [...]colstore.LockStrength{parse.LockKeyShare: colstore.LockKeyShare, parse.LockShare: colstore.LockShare,
		parse.LockNoKeyUpdate: colstore.LockNoKeyUpdate, parse.LockUpdate: colstore.LockUpdate}
	lockWaits = [...]colstore.LockWait{parse.LockBlock: colstore.LockBlock, parse.LockNoWait: colstore.LockNoWait, parse.LockSkip: colstore.LockSkip}
)

// lockings are the locks of one statement while it is bound.
type lockings struct {
	items   map[parse.TableExpr][]parse.Lock // of a FROM, which are to be locked
	queries map[*parse.Query][]parse.Lock    // of queries in a FROM that is to be locked
	selects map[*parse.Select]parse.Lock     // the first of each that locks
	rows    []lockedTable                    // of the FROM that is bound
	done    map[*parse.Select][]lockedTable
}

// lockedTable is a table of a FROM that is to be locked.
type lockedTable struct {
	lock colstore.RowLock
	rid  plan.Column
}

// lockQuery notes what the body of a query is to lock.
func (b *Binder) lockQuery(q *parse.Query) error {
	locks := append(q.Locks[:len(q.Locks):len(q.Locks)], b.locks.queries[q]...)
	if len(locks) == 0 {
		return nil
	}
	if err := b.moment(); err != nil {
		return err
	}
	if b.env.Locker == nil {
		return dberr.Newf(dberr.FeatureNotSupported, "%s is not allowed here", lockName(locks[0])).At(int(q.Position()))
	}
	if q.WithTies {
		for _, l := range locks {
			if l.Wait == parse.LockSkip {
				return dberr.New(dberr.SyntaxError, "SKIP LOCKED and WITH TIES options cannot be used together")
			}
		}
	}
	if b.locks.items == nil {
		b.locks.items, b.locks.queries = map[parse.TableExpr][]parse.Lock{}, map[*parse.Query][]parse.Lock{}
		b.locks.selects, b.locks.done = map[*parse.Select]parse.Lock{}, map[*parse.Select][]lockedTable{}
	}
	switch body := q.Body.(type) {
	case *parse.Select:
		b.locks.selects[body] = locks[0]
		return b.lockSelect(body, locks)
	case *parse.Query:
		b.locks.queries[body] = locks
		return nil
	case *parse.SetOp:
		return dberr.Newf(dberr.FeatureNotSupported, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(locks[0]))
	}
	return dberr.Newf(dberr.FeatureNotSupported, "%s cannot be applied to VALUES", lockName(locks[0]))
}

// lockSelect notes what each item of a FROM is to lock.
func (b *Binder) lockSelect(sel *parse.Select, locks []parse.Lock) error {
	if what := lockRefused(sel); what != "" {
		return dberr.Newf(dberr.FeatureNotSupported, "%s is not allowed with %s", lockName(locks[0]), what)
	}
	for _, l := range locks {
		if len(l.Of) == 0 {
			for _, t := range sel.From {
				if err := b.lockItem(t, l, false); err != nil {
					return err
				}
			}
		}
		for _, name := range l.Of {
			if err := b.lockNamed(sel.From, name, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockRefused names the clause of a SELECT that leaves no rows of tables to lock, "" for none.
func lockRefused(sel *parse.Select) string {
	switch {
	case sel.Distinct:
		return "DISTINCT clause"
	case sel.GroupBy != nil:
		return "GROUP BY clause"
	case sel.Having != nil:
		return "HAVING clause"
	}
	return ""
}

// checkLocked refuses what only a bound SELECT shows.
func (s *selection) checkLocked() error {
	l, ok := s.b.locks.selects[s.sel]
	if !ok {
		return nil
	}
	what := ""
	switch {
	case len(s.aggs.calls) > 0:
		what = "aggregate functions"
	case len(s.windows.nodes) > 0:
		what = "window functions"
	case len(s.rowSets.calls) > 0:
		what = "set-returning functions in the target list"
	default:
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "%s is not allowed with %s", lockName(l), what)
}

// lockItem notes a lock of all that is in an item of FROM. WITH queries, functions and files have no
// rows to lock.
func (b *Binder) lockItem(t parse.TableExpr, l parse.Lock, nullable bool) error {
	switch t := t.(type) {
	case *parse.TableRef:
		if b.findCTE(t.Name) != nil {
			return nil
		}
	case *parse.SubqueryRef:
		if _, ok := t.Query.Body.(*parse.Values); ok {
			return nil
		}
	case *parse.Join:
		left := nullable || t.Kind == parse.RightJoin || t.Kind == parse.FullJoin
		if err := b.lockItem(t.L, l, left); err != nil {
			return err
		}
		return b.lockItem(t.R, l, nullable || t.Kind == parse.LeftJoin || t.Kind == parse.FullJoin)
	case *parse.FuncRef, *parse.FileRef, *parse.SourceRef:
		return nil
	default:
		return dberr.Newf(dberr.FeatureNotSupported, "%s cannot be applied to PIVOT and UNPIVOT", lockName(l)).At(int(t.Position()))
	}
	if nullable {
		return dberr.Newf(dberr.FeatureNotSupported, "%s cannot be applied to the nullable side of an outer join", lockName(l))
	}
	b.locks.items[t] = append(b.locks.items[t], l)
	if sub, ok := t.(*parse.SubqueryRef); ok {
		b.locks.queries[sub.Query] = append(b.locks.queries[sub.Query], inherited(l))
	}
	return nil
}

// inherited is a lock as a view or query below has it.
func inherited(l parse.Lock) parse.Lock {
	l.Of = nil
	return l
}

// lockNamed notes a lock of the item of FROM that OF names.
func (b *Binder) lockNamed(items []parse.TableExpr, name parse.Name, l parse.Lock) error {
	pos := int(name.Position())
	if name.Schema() != "" {
		return dberr.Newf(dberr.SyntaxError, "%s must specify unqualified relation names", lockName(l)).At(pos)
	}
	t, nullable := itemNamed(items, name.Last(), false)
	what := ""
	switch t := t.(type) {
	case nil:
		return dberr.Newf(dberr.UndefinedTable, "relation \"%s\" in %s clause not found in FROM clause", name.Last(), lockName(l)).At(pos)
	case *parse.TableRef:
		if b.findCTE(t.Name) != nil {
			what = "a WITH query"
		}
	case *parse.Join:
		what = "a join"
	case *parse.FuncRef:
		what = "a function"
	case *parse.FileRef, *parse.SourceRef:
		what = "a file"
	}
	if what != "" {
		return dberr.Newf(dberr.FeatureNotSupported, "%s cannot be applied to %s", lockName(l), what).At(pos)
	}
	return b.lockItem(t, l, nullable)
}

// itemNamed finds an item of FROM by its name, and whether an outer join may leave it out; nil for none.
func itemNamed(items []parse.TableExpr, name string, nullable bool) (parse.TableExpr, bool) {
	for _, t := range items {
		own, alias := "", (*parse.Alias)(nil)
		switch t := t.(type) {
		case *parse.TableRef:
			own, alias = t.Name.Last(), t.Alias
		case *parse.SubqueryRef:
			alias = t.Alias
		case *parse.FuncRef:
			own, alias = t.Calls[0].Name.Last(), t.Alias
		case *parse.FileRef:
			alias = t.Alias
		case *parse.Join:
			if alias = t.Alias; alias == nil {
				left := nullable || t.Kind == parse.RightJoin || t.Kind == parse.FullJoin
				if found, null := itemNamed([]parse.TableExpr{t.L}, name, left); found != nil {
					return found, null
				}
				right := nullable || t.Kind == parse.LeftJoin || t.Kind == parse.FullJoin
				if found, null := itemNamed([]parse.TableExpr{t.R}, name, right); found != nil {
					return found, null
				}
			}
		}
		if alias != nil && alias.Name != "" {
			own = alias.Name
		}
		if own == name {
			return t, nullable
		}
	}
	return nil, false
}

// lockOf joins the locks of a table reference; ok is false where there are none.
func (b *Binder) lockOf(t parse.TableExpr) (lock colstore.RowLock, first parse.Lock, ok bool) {
	for i, l := range b.locks.items[t] {
		if i == 0 {
			first = l
		}
		lock.Strength, lock.Wait = max(lock.Strength, lockStrengths[l.Strength]), max(lock.Wait, lockWaits[l.Wait])
		ok = true
	}
	return lock, first, ok
}

// lockScan adds the row ids to the scan of a table that is to be locked.
func (b *Binder) lockScan(t *parse.TableRef, ref tableAt, f from) (from, error) {
	lock, first, ok := b.lockOf(t)
	if !ok {
		return f, nil
	}
	switch {
	case ref.period != nil || ref.temporal:
		return f, dberr.Newf(dberr.FeatureNotSupported, "%s cannot be applied to the past of a table", lockName(first)).At(int(t.Position()))
	case ref.table.Materialized():
		return f, dberr.Newf(dberr.WrongObjectType, "cannot lock rows in materialized view \"%s\"", ref.table.Name)
	}
	lock.Table = ref.table
	scan := f.node.(*plan.Scan)
	rid := b.newColumn("rid", types.T(types.Int64))
	scan.Spec.Columns = append(scan.Spec.Columns, colstore.ColRID)
	scan.Out = append(scan.Out[:len(scan.Out):len(scan.Out)], rid)
	b.locks.rows = append(b.locks.rows, lockedTable{lock, rid})
	return f, nil
}

// lockRelation hands the locks of a reference to a view to the view's query q.
func (b *Binder) lockRelation(t *parse.TableRef, q *parse.Query) {
	for _, l := range b.locks.items[t] {
		b.locks.queries[q] = append(b.locks.queries[q], inherited(l))
	}
}

// unlockable refuses the locks of what has no rows of its own.
func (b *Binder) unlockable(t *parse.TableRef, what string) error {
	if _, _, ok := b.lockOf(t); ok {
		return dberr.Newf(dberr.WrongObjectType, "cannot lock rows in %s \"%s\"", what, t.Name.Last())
	}
	return nil
}

// keepLocked adds the row ids of the tables to be locked to the outputs of a SELECT.
func (s *selection) keepLocked() error {
	if len(s.locked) == 0 {
		return nil
	}
	s.b.locks.done[s.sel] = nil
	for _, t := range s.locked {
		if !hasID(s.input.Columns(), t.rid.ID) {
			return dberr.Newf(dberr.FeatureNotSupported, "%s of table \"%s\" is not supported in this place",
				lockName(s.b.locks.selects[s.sel]), t.lock.Table.Name)
		}
		t.rid = s.addItem(colExpr(t.rid), t.rid.Name)
		s.b.locks.done[s.sel] = append(s.b.locks.done[s.sel], t)
	}
	return nil
}

// lockRows puts the locking of a SELECT below the projection that leaves out the row ids. What skips
// no row is locked above LIMIT, the rest below it, where it ends when enough rows have been locked.
func (b *Binder) lockRows(node plan.Node, q *parse.Query) (plan.Node, error) {
	sel, ok := q.Body.(*parse.Select)
	if !ok || len(b.locks.done[sel]) == 0 {
		return node, nil
	}
	n := &plan.LockRows{Locker: b.env.Locker()}
	for _, t := range b.locks.done[sel] {
		n.Rows, n.Locks = append(n.Rows, colExpr(t.rid)), append(n.Locks, t.lock)
	}
	limit, _ := node.(*plan.Limit)
	top := node
	if limit != nil {
		top = limit.Input
	}
	visible, ok := top.(*plan.Project)
	if !ok {
		return nil, dberr.Bug("no projection leaves out the row ids")
	}
	n.Input = visible.Input
	visible.Input = n
	if limit == nil {
		return node, nil
	}
	if n.Skips() {
		n.Count, n.Offset = limit.Count, limit.Offset
		return limit, nil
	}
	limit.Input, n.Input = n.Input, limit
	return visible, nil
}
