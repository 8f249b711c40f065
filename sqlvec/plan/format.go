package plan

import (
	"strconv"
	"strings"

	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
)

// FormatKey prints a sort key as EXPLAIN shows it.
func FormatKey(k SortKey) string {
	s := Format(k.Expr)
	if k.Desc {
		s += " DESC"
	}
	if k.NullsFirst != k.Desc {
		if k.NullsFirst {
			return s + " NULLS FIRST"
		}
		return s + " NULLS LAST"
	}
	return s
}

// Format prints an expression as EXPLAIN shows it: like SQL, with parentheses around
// every operator.
func Format(e expr.Expr) string {
	switch e := e.(type) {
	case *expr.Col:
		if e.Name == "" {
			return "$" + strconv.Itoa(e.Index)
		}
		return e.Name
	case *expr.Const:
		return formatConst(e.Value)
	case *expr.Param:
		return "$" + strconv.Itoa(e.N)
	case *expr.Call:
		return formatCall(e)
	case *expr.Cast:
		return "(" + Format(e.Arg) + ")::" + e.To.String()
	case *expr.Logic:
		word := " AND "
		if e.Op == expr.Or {
			word = " OR "
		}
		return "(" + strings.Join(formatAll(e.Args), word) + ")"
	case *expr.Not:
		return "(NOT " + Format(e.Arg) + ")"
	case *expr.IsNull:
		return "(" + Format(e.Arg) + " IS " + not(e.Not) + "NULL)"
	case *expr.IsBool:
		return "(" + Format(e.Arg) + " IS " + not(e.Not) + [...]string{"TRUE", "FALSE", "UNKNOWN"}[e.Which] + ")"
	case *expr.IsDistinct:
		return "(" + Format(e.L) + " IS " + not(e.Not) + "DISTINCT FROM " + Format(e.R) + ")"
	case *expr.In:
		return "(" + Format(e.Arg) + " " + not(e.Not) + "IN (" + strings.Join(formatAll(e.List), ", ") + "))"
	}
	return formatForm(e)
}

func not(b bool) string {
	if b {
		return "NOT "
	}
	return ""
}

// formatForm prints the forms that are written like functions.
func formatForm(e expr.Expr) string {
	name := "expression"
	switch e := e.(type) {
	case *expr.Case:
		var b strings.Builder
		b.WriteString("CASE")
		for _, w := range e.Whens {
			b.WriteString(" WHEN " + Format(w.Cond) + " THEN " + Format(w.Then))
		}
		return b.String() + " ELSE " + Format(e.Else) + " END"
	case *expr.Coalesce:
		name = "COALESCE"
	case *expr.NullIf:
		return "NULLIF(" + Format(e.L) + ", " + Format(e.R) + ")"
	case *expr.MinMax:
		name = "GREATEST"
		if e.Least {
			name = "LEAST"
		}
	}
	return name + "(" + strings.Join(formatAll(expr.Children(e)), ", ") + ")"
}

func formatAll(list []expr.Expr) []string {
	s := make([]string, len(list))
	for i, e := range list {
		s[i] = Format(e)
	}
	return s
}

func formatCall(e *expr.Call) string {
	args := formatAll(e.Args)
	word := e.Fn.Name[0] >= 'a' && e.Fn.Name[0] <= 'z'
	switch {
	case !word && len(args) == 2:
		return "(" + args[0] + " " + e.Fn.Name + " " + args[1] + ")"
	case !word && len(args) == 1:
		return "(" + e.Fn.Name + " " + args[0] + ")"
	}
	return e.Fn.Name + "(" + strings.Join(args, ", ") + ")"
}

func formatConst(v types.Value) string {
	if !v.Valid {
		return "NULL"
	}
	s := types.Format(v)
	switch {
	case v.Type.IsInteger() || v.Type.ID == types.Numeric:
		return s
	case v.Type.ID == types.Bool:
		return strconv.FormatBool(v.I != 0)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'::" + v.Type.String()
}

// FormatAggregate prints a call of an aggregate as EXPLAIN shows it.
func FormatAggregate(a *AggCall) string {
	if a.Agg.IsKept() {
		return Format(a.Args[0])
	}
	var b strings.Builder
	b.WriteString(a.Agg.Name + "(")
	if a.Distinct {
		b.WriteString("DISTINCT ")
	}
	if len(a.Args) == 0 {
		b.WriteByte('*')
	}
	b.WriteString(strings.Join(formatAll(a.Args), ", "))
	for i, k := range a.OrderBy {
		b.WriteString([...]string{" ORDER BY ", ", "}[min(i, 1)] + FormatKey(k))
	}
	b.WriteByte(')')
	if a.Filter != nil {
		b.WriteString(" FILTER (WHERE " + Format(a.Filter) + ")")
	}
	return b.String()
}
