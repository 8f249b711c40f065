package bind

import (
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/parse"
)

// maxPivotColumns is how many columns a PIVOT may make.
const maxPivotColumns = 10000

// pivoting is a PIVOT while it is bound. It becomes two aggregations: one by the groups and what
// the columns are made of, one by the groups alone that puts each row of the first into its column.
type pivoting struct {
	b      *Binder
	def    *parse.Pivot
	pos    parse.Pos
	using  []parse.SelectItem
	groups []parse.SelectItem
	values [][]pivotValue // of each ON
	inner  *parse.Select
	outer  *parse.Select
}

// pivotValue is what one column, or a part of it, is made of: a constant for each expression of ON.
type pivotValue struct {
	name   string
	consts []parse.Expr
}

// boundItem is a FROM item that has been bound already, in a parse.SourceRef.
type boundItem struct{ from }

func sourceOf(f from, pos parse.Pos) *parse.SourceRef {
	return &parse.SourceRef{Pos: pos, Source: boundItem{f}}
}

// bindPivot binds t PIVOT (…).
func (b *Binder) bindPivot(t *parse.Pivot, left, parent *scope) (from, error) {
	src, err := b.bindTable(t.Source, left, parent)
	if err != nil {
		return from{}, err
	}
	p := &pivoting{b: b, def: t, pos: t.Pos, using: t.Using}
	if len(p.using) == 0 {
		count := &parse.FuncCall{Pos: t.Pos, Name: parse.Name{Pos: t.Pos, Parts: []string{"count"}}, Args: []parse.Expr{&parse.Star{Pos: t.Pos}}}
		p.using = []parse.SelectItem{{Pos: t.Pos, Expr: count}}
	}
	p.findGroups(src.scope)
	for _, on := range t.On {
		list, err := p.valuesOf(on)
		if err != nil {
			return from{}, err
		}
		p.values = append(p.values, list)
	}
	if err := p.makeQuery(src); err != nil {
		return from{}, err
	}
	node, err := b.bindQuery(&parse.Query{Pos: t.Pos, Body: p.outer}, parent)
	if err != nil {
		return from{}, err
	}
	return b.named(node, t.Alias, parent)
}

// findGroups takes the columns of GROUP BY, else all that ON and USING do not name.
func (p *pivoting) findGroups(sc *scope) {
	for _, e := range p.def.GroupBy {
		p.groups = append(p.groups, parse.SelectItem{Pos: e.Position(), Expr: e, Alias: outputName(e)})
	}
	if p.def.GroupBy != nil {
		return
	}
	var used []parse.Expr
	for _, on := range p.def.On {
		used = append(used, on.Exprs...)
	}
	for _, item := range p.def.Using {
		used = append(used, item.Expr)
	}
	for _, c := range unnamed(sc, used) {
		p.groups = append(p.groups, parse.SelectItem{Pos: p.pos, Expr: refTo(c, p.pos), Alias: c.Name})
	}
}

// unnamed are the columns of * that no expression names.
func unnamed(sc *scope, exprs []parse.Expr) []column {
	used := map[int]bool{}
	for _, e := range exprs {
		parse.ColumnRefs(e, func(ref *parse.ColumnRef) {
			schema, table, name, err := splitRef(ref)
			if err != nil {
				return
			}
			if c, _ := sc.findHere(schema, table, name); c != nil {
				used[c.ID] = true
			}
		})
	}
	var rest []column
	for _, c := range sc.star("", "") {
		if !used[c.ID] {
			rest = append(rest, c)
		}
	}
	return rest
}

// refTo names a column of a scope.
func refTo(c column, pos parse.Pos) parse.Expr {
	if c.table == "" {
		return &parse.ColumnRef{Pos: pos, Parts: []string{c.Name}}
	}
	return &parse.ColumnRef{Pos: pos, Parts: []string{c.table, c.Name}}
}

// valuesOf are the values of ON that become columns: those of IN, else all that there are.
func (p *pivoting) valuesOf(on parse.PivotOn) ([]pivotValue, error) {
	if on.Values == nil {
		return p.valuesFound(on)
	}
	var list []pivotValue
	seen := map[string]bool{}
	for _, v := range on.Values {
		var names []string
		for _, e := range v.Exprs {
			c, err := p.b.constantOf(e)
			if err != nil {
				return nil, err
			}
			names = append(names, p.b.nameOfValue(c))
		}
		name := strings.Join(names, "_")
		if seen[name] {
			return nil, dberr.Newf(dberr.DuplicateColumn, "the value \"%s\" is specified more than once in the IN list of PIVOT", name).At(int(v.Pos))
		}
		seen[name] = true
		if v.Alias != "" {
			name = v.Alias
		}
		list = append(list, pivotValue{name, v.Exprs})
	}
	return list, nil
}

// nameOfValue is the name of the column of a value.
func (b *Binder) nameOfValue(v types.Value) string {
	if !v.Valid {
		return "NULL"
	}
	if v.Type.ID == types.Bool {
		return map[bool]string{true: "true", false: "false"}[v.I != 0]
	}
	return types.Context{Zone: b.env.Expr.Zone}.Format(v)
}

// valuesFound runs a query for the values of ON; NULL is not one of them.
func (p *pivoting) valuesFound(on parse.PivotOn) ([]pivotValue, error) {
	b, pos := p.b, on.Pos
	if b.env.Rows == nil || b.record != nil {
		return nil, dberr.New(dberr.FeatureNotSupported, "the values of PIVOT cannot come from the data here").At(int(pos)).
			WithHint("Give them: ON … IN (value, …).")
	}
	sel := &parse.Select{Pos: pos, Distinct: true, From: []parse.TableExpr{p.def.Source}}
	var order []parse.OrderItem
	var set []parse.Expr
	for i, e := range on.Exprs {
		sel.Items = append(sel.Items, parse.SelectItem{Pos: pos, Expr: e})
		order = append(order, parse.OrderItem{Pos: pos, Expr: &parse.Literal{Pos: pos, Kind: parse.LitInt, Text: itoa(i + 1)}})
		set = append(set, &parse.IsExpr{Pos: pos, X: e, Not: true})
	}
	sel.Where = allOf(set, pos)
	limit := &parse.Literal{Pos: pos, Kind: parse.LitInt, Text: itoa(maxPivotColumns + 1)}
	node, err := b.bindQuery(&parse.Query{Pos: pos, Body: sel, OrderBy: order, Limit: limit}, nil)
	if err != nil {
		return nil, err
	}
	if node, err = b.resolveUnknown(node); err != nil {
		return nil, err
	}
	rows, err := b.env.Rows(node)
	if err != nil {
		return nil, err
	}
	var list []pivotValue
	for _, row := range rows {
		var v pivotValue
		var names []string
		for _, x := range row {
			names = append(names, b.nameOfValue(x))
			v.consts = append(v.consts, &parse.Literal{Pos: pos, Kind: parse.LitString, Text: names[len(names)-1]})
		}
		v.name = strings.Join(names, "_")
		list = append(list, v)
	}
	return list, nil
}

// allOf is the AND of conditions.
func allOf(list []parse.Expr, pos parse.Pos) parse.Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &parse.BoolExpr{Pos: pos, Args: list}
}

// makeQuery writes the two aggregations.
func (p *pivoting) makeQuery(src from) error {
	p.inner = &parse.Select{Pos: p.pos, From: []parse.TableExpr{sourceOf(src, p.pos)}, GroupBy: &parse.GroupBy{Pos: p.pos}}
	const table = "pivoted"
	p.outer = &parse.Select{Pos: p.pos, From: []parse.TableExpr{&parse.SubqueryRef{Pos: p.pos,
		Query: &parse.Query{Pos: p.pos, Body: p.inner}, Alias: &parse.Alias{Pos: p.pos, Name: table}}}}
	ref := func(kind string, i int) parse.Expr {
		return &parse.ColumnRef{Pos: p.pos, Parts: []string{table, kind + itoa(i)}}
	}
	for i, g := range p.groups {
		p.inner.Items = append(p.inner.Items, parse.SelectItem{Pos: g.Pos, Expr: g.Expr, Alias: "g" + itoa(i)})
		p.inner.GroupBy.Items = append(p.inner.GroupBy.Items, g.Expr)
		p.outer.Items = append(p.outer.Items, parse.SelectItem{Pos: g.Pos, Expr: ref("g", i), Alias: g.Alias})
	}
	if len(p.groups) > 0 {
		p.outer.GroupBy = &parse.GroupBy{Pos: p.pos}
		for i := range p.groups {
			p.outer.GroupBy.Items = append(p.outer.GroupBy.Items, ref("g", i))
		}
	}
	var keys [][]parse.Expr // of each ON
	n := 0
	for _, on := range p.def.On {
		var list []parse.Expr
		for _, e := range on.Exprs {
			p.inner.Items = append(p.inner.Items, parse.SelectItem{Pos: on.Pos, Expr: e, Alias: "p" + itoa(n)})
			p.inner.GroupBy.Items = append(p.inner.GroupBy.Items, e)
			list = append(list, ref("p", n))
			n++
		}
		keys = append(keys, list)
	}
	for i, item := range p.using {
		p.inner.Items = append(p.inner.Items, parse.SelectItem{Pos: item.Pos, Expr: item.Expr, Alias: "a" + itoa(i)})
	}
	return p.addColumns(keys, ref)
}

// addColumns adds a column for every combination of values and aggregate.
func (p *pivoting) addColumns(keys [][]parse.Expr, ref func(string, int) parse.Expr) error {
	total := len(p.using)
	for _, list := range p.values {
		if total *= len(list); total > maxPivotColumns {
			return dberr.Newf(dberr.TooManyColumns, "PIVOT would make more than %d columns", maxPivotColumns).At(int(p.pos))
		}
	}
	if total == 0 {
		return nil
	}
	at := make([]int, len(p.values))
	for {
		var names []string
		var conds []parse.Expr
		for i, k := range at {
			v := p.values[i][k]
			names = append(names, v.name)
			for j, c := range v.consts {
				conds = append(conds, &parse.DistinctExpr{Pos: p.pos, L: keys[i][j], R: c, Not: true})
			}
		}
		for i, item := range p.using {
			x := &parse.FuncCall{Pos: item.Pos, Name: parse.Name{Pos: item.Pos, Parts: []string{"any_value"}},
				Args: []parse.Expr{ref("a", i)}, Filter: allOf(conds, p.pos)}
			p.outer.Items = append(p.outer.Items, parse.SelectItem{Pos: item.Pos, Expr: orZero(item.Expr, x),
				Alias: p.columnName(strings.Join(names, "_"), item)})
		}
		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(p.values[i]) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// columnName is the name of a value's column, with that of the aggregate where it takes one.
func (p *pivoting) columnName(value string, item parse.SelectItem) string {
	switch {
	case item.Alias != "":
		return value + "_" + item.Alias
	case len(p.using) > 1:
		return value + "_" + parse.Format(item.Expr)
	}
	return value
}

// orZero makes a count of no rows 0.
func orZero(aggregate parse.Expr, x parse.Expr) parse.Expr {
	f, ok := aggregate.(*parse.FuncCall)
	if !ok || f.Name.Last() != "count" {
		return x
	}
	return &parse.FuncCall{Pos: f.Pos, Name: parse.Name{Pos: f.Pos, Parts: []string{"coalesce"}},
		Args: []parse.Expr{x, &parse.Literal{Pos: f.Pos, Kind: parse.LitInt, Text: "0"}}}
}

// bindUnpivot binds t UNPIVOT (…): each row is joined to arrays of what it becomes.
func (b *Binder) bindUnpivot(t *parse.Unpivot, left, parent *scope) (from, error) {
	src, err := b.bindTable(t.Source, left, parent)
	if err != nil {
		return from{}, err
	}
	items, err := b.unpivotItems(t, src.scope)
	if err != nil {
		return from{}, err
	}
	pos := t.Pos
	names := &parse.ArrayExpr{Pos: pos}
	arrays := make([]*parse.ArrayExpr, len(t.Values))
	args, used := []parse.Expr{names}, []parse.Expr{}
	for i := range arrays {
		arrays[i] = &parse.ArrayExpr{Pos: pos}
		args = append(args, arrays[i])
	}
	for _, item := range items {
		names.Elems = append(names.Elems, &parse.Literal{Pos: item.Pos, Kind: parse.LitString, Text: item.Alias})
		used = append(used, item.Exprs...)
		for i, e := range item.Exprs {
			arrays[i].Elems = append(arrays[i].Elems, e)
		}
	}
	rest := unnamed(src.scope, used)
	const table = "unpivoted"
	sel := &parse.Select{Pos: pos, From: []parse.TableExpr{sourceOf(src, pos)}}
	for _, c := range rest {
		sel.Items = append(sel.Items, parse.SelectItem{Pos: pos, Expr: refTo(c, pos), Alias: c.Name})
	}
	alias := &parse.Alias{Pos: pos, Name: table}
	var set []parse.Expr
	for i, name := range append([]parse.Ident{t.Name}, t.Values...) {
		alias.Columns = append(alias.Columns, parse.Ident{Pos: pos, Name: "u" + itoa(i)})
		ref := &parse.ColumnRef{Pos: pos, Parts: []string{table, "u" + itoa(i)}}
		sel.Items = append(sel.Items, parse.SelectItem{Pos: pos, Expr: ref, Alias: name.Name})
		if i > 0 {
			set = append(set, &parse.IsExpr{Pos: pos, X: ref, Not: true})
		}
	}
	unnest := &parse.FuncCall{Pos: pos, Name: parse.Name{Pos: pos, Parts: []string{"unnest"}}, Args: args}
	sel.From = append(sel.From, &parse.FuncRef{Pos: pos, Calls: []*parse.FuncCall{unnest}, Alias: alias})
	if !t.IncludeNulls {
		sel.Where = allOf(set, pos)
	}
	node, err := b.bindQuery(&parse.Query{Pos: pos, Body: sel}, parent)
	if err != nil {
		return from{}, err
	}
	return b.named(node, t.Alias, parent)
}

// unpivotItems writes stars out and gives every item its name.
func (b *Binder) unpivotItems(t *parse.Unpivot, sc *scope) ([]parse.UnpivotItem, error) {
	var list []parse.UnpivotItem
	for _, item := range t.Items {
		star, ok := item.Exprs[0].(*parse.Star)
		if !ok {
			if item.Alias == "" {
				item.Alias = itemName(item.Exprs)
			}
			list = append(list, item)
			continue
		}
		cols, err := excluded(sc.star("", ""), star.Exclude)
		if err != nil {
			return nil, err
		}
		if len(star.Replace) > 0 || len(t.Values) > 1 {
			return nil, dberr.New(dberr.FeatureNotSupported, "this use of * in UNPIVOT is not supported").At(int(item.Pos))
		}
		for _, c := range cols {
			list = append(list, parse.UnpivotItem{Pos: item.Pos, Exprs: []parse.Expr{refTo(c, item.Pos)}, Alias: c.Name})
		}
	}
	if len(list) == 0 {
		return nil, dberr.New(dberr.SyntaxError, "UNPIVOT needs at least one column").At(int(t.Pos))
	}
	for _, item := range list {
		for _, e := range item.Exprs {
			x, err := b.bindExpr(e, &exprContext{scope: sc, clause: "UNPIVOT", applies: &applies{}})
			if err != nil {
				return nil, err
			}
			if x.Type().IsArray() {
				return nil, dberr.New(dberr.FeatureNotSupported, "UNPIVOT of arrays is not supported").At(int(e.Position()))
			}
		}
	}
	return list, nil
}

// itemName is the name of the row that expressions become.
func itemName(exprs []parse.Expr) string {
	var names []string
	for _, e := range exprs {
		if ref, ok := e.(*parse.ColumnRef); ok {
			names = append(names, ref.Parts[len(ref.Parts)-1])
		} else {
			names = append(names, parse.Format(e))
		}
	}
	return strings.Join(names, "_")
}
