package bind

import (
	"cmp"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// starColumns leaves the columns that a * with EXCLUDE or LIKE stands for.
func (b *Binder) starColumns(cols []column, star *parse.Star) ([]column, error) {
	if star.Like == nil {
		return excluded(cols, star.Exclude)
	}
	return b.matching(cols, int(star.Like.Position()), func(name parse.Expr) parse.Expr {
		like := *star.Like
		like.X = name
		return &like
	})
}

// matching leaves the columns whose names fit a condition, which test makes of a name.
func (b *Binder) matching(cols []column, pos int, test func(name parse.Expr) parse.Expr) ([]column, error) {
	var kept []column
	for _, c := range cols {
		v, err := b.constantOf(test(&parse.Literal{Pos: parse.Pos(pos), Kind: parse.LitString, Text: c.Name}))
		if err != nil {
			return nil, err
		}
		if v.Type.ID == types.Bool && v.Valid && v.I != 0 {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return nil, dberr.New(dberr.UndefinedColumn, "no column has a name that matches the pattern").At(pos)
	}
	return kept, nil
}

func excluded(cols []column, names []parse.Ident) ([]column, error) {
	for _, n := range names {
		var kept []column
		for _, c := range cols {
			if c.Name != n.Name {
				kept = append(kept, c)
			}
		}
		if len(kept) == len(cols) {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" in EXCLUDE list does not exist", n.Name).At(int(n.Pos))
		}
		cols = kept
	}
	return cols, nil
}

// renames are the new names of RENAME by the old ones.
func renames(cols []column, items []parse.SelectItem) (map[string]string, error) {
	to := map[string]string{}
	for _, item := range items {
		name := item.Expr.(*parse.ColumnRef).Parts[0]
		found := false
		for _, c := range cols {
			found = found || c.Name == name
		}
		if !found {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" in RENAME list does not exist", name).At(int(item.Position()))
		}
		to[name] = item.Alias
	}
	return to, nil
}

func (s *selection) replacements(cols []column, items []parse.SelectItem) (map[string]expr.Expr, error) {
	out := map[string]expr.Expr{}
	for _, item := range items {
		found := false
		for _, c := range cols {
			found = found || c.Name == item.Alias
		}
		if !found {
			return nil, dberr.Newf(dberr.UndefinedColumn, "column \"%s\" in REPLACE list does not exist", item.Alias).At(int(item.Position()))
		}
		x, err := s.b.bindExpr(item.Expr, s.context(cmp.Or(s.clause, "SELECT")))
		if err != nil {
			return nil, err
		}
		out[item.Alias] = x
	}
	return out, nil
}

// expandColumns writes out the items of the list that hold COLUMNS(…): one item for every column.
func (s *selection) expandColumns() ([]parse.SelectItem, error) {
	var out []parse.SelectItem
	for i, item := range s.sel.Items {
		call := columnsCall(item.Expr)
		if call == nil {
			if out != nil {
				out = append(out, item)
			}
			continue
		}
		if out == nil {
			out = append(make([]parse.SelectItem, 0, len(s.sel.Items)), s.sel.Items[:i]...)
		}
		cols, err := s.b.columnsOf(s.scope, call)
		if err != nil {
			return nil, err
		}
		for _, c := range cols {
			e := parse.Replaced(item.Expr, func(e parse.Expr) parse.Expr {
				if f, ok := e.(*parse.FuncCall); ok && isColumns(f) {
					return refTo(c, call.Pos)
				}
				return nil
			})
			out = append(out, parse.SelectItem{Pos: item.Pos, Expr: e, Alias: cmp.Or(item.Alias, c.Name), AliasPos: cmp.Or(item.AliasPos, call.Pos)})
		}
	}
	if out == nil {
		return s.sel.Items, nil
	}
	if s.b.record != nil { // the text of a view names its columns
		s.sel.Items = out
	}
	return out, nil
}

func isColumns(e *parse.FuncCall) bool {
	return len(e.Name.Parts) == 1 && e.Name.Parts[0] == "columns" && len(e.Args) == 1
}

// columnsCall finds COLUMNS(…) in an expression, nil for none. All of one expression stand for the same column.
func columnsCall(e parse.Expr) (found *parse.FuncCall) {
	parse.Calls(e, func(f *parse.FuncCall) {
		if found == nil && isColumns(f) {
			found = f
		}
	})
	return found
}

// columnsOf are the columns of COLUMNS(* …), COLUMNS('regular expression') or COLUMNS(['a', 'b']).
func (b *Binder) columnsOf(sc *scope, call *parse.FuncCall) ([]column, error) {
	pos := int(call.Position())
	switch arg := call.Args[0].(type) {
	case *parse.Star:
		schema, table := "", ""
		if len(arg.Table) > 0 {
			var err error
			if schema, table, err = splitTable(arg.Table, arg.Pos); err != nil {
				return nil, err
			}
		}
		if len(arg.Replace)+len(arg.Rename) > 0 {
			return nil, dberr.New(dberr.FeatureNotSupported, "REPLACE and RENAME in COLUMNS are not supported").At(pos)
		}
		return b.starColumns(sc.star(schema, table), arg)
	case *parse.Literal:
		if arg.Kind == parse.LitString {
			return b.matching(sc.star("", ""), int(arg.Pos), func(name parse.Expr) parse.Expr {
				return &parse.BinaryExpr{Pos: arg.Pos, Op: "~", L: name, R: arg}
			})
		}
	case *parse.ArrayExpr:
		return namedColumns(sc, arg)
	case *parse.Lambda:
		if len(arg.Params) == 1 {
			return b.matching(sc.star("", ""), pos, func(name parse.Expr) parse.Expr {
				return parse.Replaced(arg.Body, func(e parse.Expr) parse.Expr {
					if ref, ok := e.(*parse.ColumnRef); ok && len(ref.Parts) == 1 && ref.Parts[0] == arg.Params[0].Name {
						return name
					}
					return nil
				})
			})
		}
	}
	return nil, dberr.New(dberr.FeatureNotSupported, "COLUMNS takes *, a regular expression, a list of names or a lambda").At(pos)
}

// namedColumns are the columns that a list of texts names.
func namedColumns(sc *scope, list *parse.ArrayExpr) ([]column, error) {
	var cols []column
	for _, e := range list.Elems {
		lit, ok := e.(*parse.Literal)
		if !ok || lit.Kind != parse.LitString {
			return nil, dberr.New(dberr.FeatureNotSupported, "the names in COLUMNS must be texts").At(int(e.Position()))
		}
		c, err := sc.findHere("", "", lit.Text)
		if err == nil && c == nil {
			c, err = sc.findHere("", "", strings.ToLower(lit.Text))
		}
		if err != nil {
			return nil, err.At(int(lit.Pos))
		}
		if c == nil {
			return nil, sc.hint(dberr.Newf(dberr.UndefinedColumn, "column \"%s\" does not exist", lit.Text), "", lit.Text).At(int(lit.Pos))
		}
		cols = append(cols, *c)
	}
	return cols, nil
}
