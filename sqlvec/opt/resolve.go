package opt

import (
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/plan"
)

// resolve turns column IDs into positions among the inputs' columns.
func resolve(node plan.Node, done map[*plan.CTE]bool) error {
	if s, ok := node.(*plan.CTEScan); ok && !done[s.CTE] {
		done[s.CTE] = true
		if err := resolve(s.CTE.Plan, done); err != nil {
			return err
		}
	}
	for _, k := range node.Children() {
		if err := resolve(k, done); err != nil {
			return err
		}
	}
	at := map[int]int{}
	for _, c := range inputColumns(node) {
		if _, ok := at[c.ID]; !ok {
			at[c.ID] = len(at)
		} else {
			return dberr.Bug("column %d (%s) occurs twice below %T", c.ID, c.Name, node)
		}
	}
	return resolveExprs(node, at)
}

// inputColumns are the columns that the operator's own expressions see.
func inputColumns(node plan.Node) []plan.Column {
	if s, ok := node.(*plan.Scan); ok {
		return s.Out
	}
	var cols []plan.Column
	for _, k := range node.Children() {
		cols = append(cols, k.Columns()...)
	}
	return cols
}

func resolveExprs(node plan.Node, at map[int]int) error {
	if h, ok := node.(*plan.HashJoin); ok {
		return resolveHashJoin(h, at)
	}
	for _, e := range plan.Exprs(node) {
		x, err := resolved(*e, at, node)
		if err != nil {
			return err
		}
		*e = x
	}
	return nil
}

// resolveHashJoin resolves right keys among the right input's columns alone.
func resolveHashJoin(h *plan.HashJoin, at map[int]int) error {
	right := map[int]int{}
	for i, c := range h.Right.Columns() {
		right[c.ID] = i
	}
	var err error
	for i := range h.LeftKeys {
		if h.LeftKeys[i], err = resolved(h.LeftKeys[i], at, h); err != nil {
			return err
		}
		if h.RightKeys[i], err = resolved(h.RightKeys[i], right, h); err != nil {
			return err
		}
	}
	if h.Residual != nil {
		h.Residual, err = resolved(h.Residual, at, h)
	}
	return err
}

func resolved(e expr.Expr, at map[int]int, node plan.Node) (expr.Expr, error) {
	var err error
	e = expr.Remap(e, func(id int) int {
		i, ok := at[id]
		if !ok && err == nil {
			err = dberr.Bug("column %d is not among the inputs of %T", id, node)
		}
		return i
	})
	return e, err
}
