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
		for _, p := range s.CTE.Plans() {
			if err := resolve(p, done); err != nil {
				return err
			}
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
	if a, ok := node.(*plan.AsofJoin); ok {
		return resolveAsof(a, at)
	}
	if r, ok := node.(*plan.RangeJoin); ok {
		return resolveRange(r, at)
	}
	for _, e := range plan.Exprs(node) {
		if expr.IsConst(*e) {
			continue
		}
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
	if err := resolveKeys(h, h.LeftKeys, h.RightKeys, h.Right, at); err != nil || h.Residual == nil {
		return err
	}
	var err error
	h.Residual, err = resolved(h.Residual, at, h)
	return err
}

// resolveAsof does so for the keys and the values.
func resolveAsof(a *plan.AsofJoin, at map[int]int) error {
	left, right := append(a.LeftKeys, a.LeftValue), append(a.RightKeys, a.RightValue)
	if err := resolveKeys(a, left, right, a.Right, at); err != nil {
		return err
	}
	n := len(left) - 1
	a.LeftKeys, a.LeftValue, a.RightKeys, a.RightValue = left[:n], left[n], right[:n], right[n]
	return nil
}

// resolveRange does so for the keys and the range.
func resolveRange(r *plan.RangeJoin, at map[int]int) (err error) {
	if err = resolveKeys(r, r.LeftKeys, r.RightKeys, r.Right, at); err != nil {
		return err
	}
	left, right := []expr.Expr{r.Point, r.Point}, []expr.Expr{r.Start, r.End}
	if err = resolveKeys(r, left, right, r.Right, at); err != nil {
		return err
	}
	r.Point, r.Start, r.End = left[0], right[0], right[1]
	if r.Residual != nil {
		r.Residual, err = resolved(r.Residual, at, r)
	}
	return err
}

// resolveKeys resolves left keys among all columns, whose first are the left input's, and
// right keys among those of the right input.
func resolveKeys(node plan.Node, left, right []expr.Expr, input plan.Node, at map[int]int) (err error) {
	in := map[int]int{}
	for i, c := range input.Columns() {
		in[c.ID] = i
	}
	for i := range left {
		if left[i], err = resolved(left[i], at, node); err != nil {
			return err
		}
		if right[i], err = resolved(right[i], in, node); err != nil {
			return err
		}
	}
	return nil
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
