package bind

import (
	"errors"
	"maps"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// A row of a table is there or, in an outer join, missing. Where the row itself is used and no
// column of it promises a value, a column of its own says so, which the join makes NULL like the
// others. That the row is used is known only after FROM was bound, so the query is bound once more.

// presenceColumn is the name of the column that is not NULL where its table's row is there.
const presenceColumn = "$present"

// needsPresence is the error of the row of a table whose presence is not known.
type needsPresence struct{ table string }

// Error implements error. No user sees it.
func (e *needsPresence) Error() string { return "the presence of \"" + e.table + "\" is not known" }

// withPresence runs bind, once more for each table whose row turns out to be used.
func (b *Binder) withPresence(bind func() (plan.Node, error)) (plan.Node, error) {
	before, views := *b, maps.Clone(b.views)
	b.rebinds++
	asked := map[string]bool{}
	for {
		node, err := bind()
		need, ok := errors.AsType[*needsPresence](err)
		if !ok {
			b.rebinds = before.rebinds
			return node, err
		}
		present := maps.Clone(b.present)
		if present == nil {
			present = map[string]bool{}
		}
		again := !asked[need.table]
		asked[need.table], present[need.table] = true, true
		nextID := b.nextID
		*b = before
		b.views, b.nextID, b.present = maps.Clone(views), nextID, present
		if !again {
			if b.rebinds > 0 { // the table is one of a query around
				return nil, err
			}
			b.guessed = true // of a statement that is no query
		}
		b.rebinds++
	}
}

// changeWithPresence is withPresence for a statement that writes.
func (b *Binder) changeWithPresence(bind func() (*Change, error)) (ch *Change, err error) {
	_, err = b.withPresence(func() (plan.Node, error) {
		ch, err = bind()
		return nil, err
	})
	return ch, err
}

// mayAsk reports whether a query around can be bound once more with a column for a table's presence.
func (b *Binder) mayAsk() bool { return b.rebinds > 0 && !b.guessed }

// withPresent adds the column of its presence to a table or query of FROM whose row is used.
func (b *Binder) withPresent(t parse.TableExpr, f from) from {
	switch t := t.(type) {
	case *parse.TableRef:
	case *parse.SubqueryRef:
		if t.Lateral {
			return f
		}
	default:
		return f
	}
	if f.scope == nil || len(f.scope.tables) != 1 || !b.allPresent && !b.present[f.scope.tables[0]] {
		return f
	}
	p := &plan.Project{Input: f.node}
	for _, c := range f.node.Columns() {
		p.Exprs, p.Out = append(p.Exprs, colExpr(c)), append(p.Out, c)
	}
	there := b.newColumn(presenceColumn, types.T(types.Bool))
	p.Exprs, p.Out = append(p.Exprs, &expr.Const{Value: types.BoolValue(true)}), append(p.Out, there)
	sc := *f.scope
	sc.cols = append(sc.cols[:len(sc.cols):len(sc.cols)], column{Column: there, table: sc.tables[0], hidden: true})
	return from{p, &sc}
}

// presenceOf returns the column that says whether the row of a table is there, nil for none.
func (s *scope) presenceOf(table string) *column {
	for i := range s.cols {
		if c := &s.cols[i]; c.hidden && c.table == table && c.Name == presenceColumn {
			return c
		}
	}
	return nil
}
