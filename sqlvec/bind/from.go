package bind

import (
	"context"
	"fmt"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/files"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// viewSource reads a table at a view. It implements plan.Source.
type viewSource struct {
	view  *colstore.View
	table *colstore.Table
}

// Open implements plan.Source.
func (s viewSource) Open(ctx context.Context, spec colstore.ScanSpec) (plan.Rows, error) {
	if spec.Order != nil {
		rows, err := s.view.OrderedScan(ctx, s.table, spec)
		if err != nil {
			return nil, err
		}
		return rows, nil
	}
	rows, err := s.view.Scan(ctx, s.table, spec)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// Fetch implements plan.Fetcher.
func (s viewSource) Fetch(rids []uint64, cols []uint32) ([]vec.Vec, error) {
	return s.view.Fetch(s.table, rids, cols, nil)
}

// Stats implements the interface by which the optimizer asks for statistics.
func (s viewSource) Stats() colstore.TableStats { return s.view.Stats(s.table) }

// Keyed implements the interface by which the optimizer asks whether the keys are unique.
func (s viewSource) Keyed() bool { return s.view.Whole() }

// Ordered implements the interface by which the optimizer asks whether rows can be read in the
// order of an index.
func (s viewSource) Ordered(x *colstore.Index) bool { return s.view.Ordered(s.table, x) }

// CountRows implements the interface by which the optimizer asks how many rows there are.
func (s viewSource) CountRows() (int64, error) { return s.view.CountRows(s.table) }

// Versions implements the interface by which the optimizer asks how large the table is about.
func (s viewSource) Versions() uint64 { return s.view.Versions(s.table) }

// systemColumns are the extra columns of a temporal table reference.
var systemColumns = []struct {
	name string
	id   uint32
}{
	{"system_seq_start", colstore.ColSeqStart},
	{"system_seq_end", colstore.ColSeqEnd},
	{"system_time_start", colstore.ColTimeStart},
	{"system_time_end", colstore.ColTimeEnd},
}

// from is a bound FROM item.
type from struct {
	node  plan.Node
	scope *scope
}

// bindFrom binds a FROM list; without one there is a single row without columns.
func (b *Binder) bindFrom(items []parse.TableExpr, parent *scope) (from, error) {
	if len(items) == 0 {
		return from{&plan.Values{Rows: [][]expr.Expr{{}}}, &scope{parent: parent}}, nil
	}
	all, err := b.bindTable(items[0], nil, parent)
	if err != nil {
		return from{}, err
	}
	for _, item := range items[1:] {
		right, err := b.bindTable(item, all.scope, parent)
		if err != nil {
			return from{}, err
		}
		if all, err = b.cross(all, right, plan.Inner, int(item.Position())); err != nil {
			return from{}, err
		}
	}
	return all, nil
}

// cross joins two items without a condition. The right one may be lateral.
func (b *Binder) cross(l, r from, kind plan.JoinKind, pos int) (from, error) {
	if err := distinctTables(l.scope, r.scope, pos); err != nil {
		return from{}, err
	}
	node, err := b.lateral(kind, l.node, r.node, nil, pos)
	return from{node, l.scope.join(r.scope)}, err
}

func distinctTables(l, r *scope, pos int) error {
	for _, t := range r.tables {
		if l.hasTable(t) && !l.tellsApart(r, t) {
			return dberr.Newf(dberr.DuplicateAlias, "table name \"%s\" specified more than once", t).At(pos)
		}
	}
	return nil
}

// bindTable binds one FROM item. left is what stands before it, for LATERAL.
func (b *Binder) bindTable(t parse.TableExpr, left, parent *scope) (from, error) {
	f, err := b.bindTableAlone(t, left, parent)
	if err != nil || len(b.present) == 0 && !b.allPresent {
		return f, err
	}
	return b.withPresent(t, f), nil
}

// bindTableAlone is bindTable without a column for the presence of a row.
func (b *Binder) bindTableAlone(t parse.TableExpr, left, parent *scope) (from, error) {
	switch t := t.(type) {
	case *parse.TableRef:
		return b.bindTableRef(t, left, parent)
	case *parse.SubqueryRef:
		return b.bindDerived(t, left, parent)
	case *parse.FuncRef:
		return b.bindFuncRef(t, left, parent)
	case *parse.Join:
		return b.bindJoin(t, left, parent)
	case *parse.FileRef:
		return b.bindFileRef(t, parent)
	case *parse.SourceRef:
		return b.bindSource(t, parent)
	case *parse.Pivot:
		return b.bindPivot(t, left, parent)
	case *parse.Unpivot:
		return b.bindUnpivot(t, left, parent)
	}
	return from{}, dberr.Bug("unknown FROM item %T", t)
}

func (b *Binder) bindTableRef(t *parse.TableRef, left, parent *scope) (from, error) {
	if t.Sample != nil {
		whole := *t
		whole.Sample = nil
		if locks := b.locks.items[t]; locks != nil {
			b.locks.items[&whole] = locks
		}
		f, err := b.bindTableRef(&whole, left, parent)
		if err != nil {
			return f, err
		}
		return b.sampled(f, t.Sample)
	}
	pos := int(t.Position())
	if cte := b.findCTE(t.Name); cte != nil {
		return b.bindCTERef(cte, t, parent)
	}
	if f, ok, err := b.bindTemporary(t, parent); ok || err != nil {
		return f, err
	}
	if f, ok, err := b.bindSystem(t, parent); ok || err != nil {
		return f, err
	}
	if err := CheckDatabase(t.Name); err != nil {
		return from{}, err
	}
	rt, err := b.bindRowTime(t.SystemTime, left, parent)
	if err != nil {
		return from{}, err
	}
	if rt != nil {
		if err := b.unlockable(t, "the past of"); err != nil {
			return from{}, err
		}
		return b.scanAtRow(rt, t, left, parent)
	}
	ref, err := b.lookup(t.Name, t.SystemTime, pos)
	if dberr.CodeOf(err) == dberr.UndefinedTable && t.SystemTime == nil && len(t.Name.Parts) == 1 {
		if _, ok := files.FormatOf(t.Name.Last()); ok { // "file.csv", as DuckDB has it too
			return b.bindFileRef(&parse.FileRef{Pos: t.Pos, Path: t.Name.Last(), Alias: t.Alias}, parent)
		}
	}
	if err != nil {
		return from{}, err
	}
	b.record.noteTable(t, ref)
	if ref.table.Kind != colstore.KindTable {
		return b.bindRelation(ref, t, parent)
	}
	if ref.table.Unpopulated && !ref.ranged {
		return from{}, dberr.Newf(dberr.ObjectNotInPrerequisite, "materialized view \"%s\" has not been populated", ref.table.Name).
			WithHint("Use the REFRESH MATERIALIZED VIEW command.")
	}
	f, err := b.scan(ref, t.Alias, parent)
	if err != nil {
		return f, err
	}
	return b.lockScan(t, ref, f)
}

// scan makes the operator and the scope of a table. All columns are read; the
// optimizer leaves out those that nobody uses.
func (b *Binder) scan(ref tableAt, alias *parse.Alias, parent *scope) (from, error) {
	name := ref.table.Name
	if alias != nil && alias.Name != "" {
		name = alias.Name
	}
	n := &plan.Scan{Table: ref.table, Alias: name, Source: viewSource{ref.view, ref.table}, Point: ref.words}
	n.Spec.Versions = ref.versions
	sc := &scope{tables: []string{name}, parent: parent}
	for _, c := range ref.table.Columns {
		n.Spec.Columns = append(n.Spec.Columns, c.ID)
		col := column{Column: b.newColumn(c.Name, c.Type), table: name, notNull: c.NotNull && !ref.temporal, promised: c.NotNull && !ref.temporal, hidden: c.Hidden()}
		if ref.period == nil {
			col.relation, col.attribute = ref.table.ID, c.ID
		}
		n.Out, sc.cols = append(n.Out, col.Column), append(sc.cols, col)
	}
	if ref.temporal {
		for _, s := range systemColumns {
			t, _ := colstore.PseudoType(s.id)
			n.Spec.Columns = append(n.Spec.Columns, s.id)
			col := column{Column: b.newColumn(s.name, t), table: name, hidden: !ref.ranged}
			n.Out, sc.cols = append(n.Out, col.Column), append(sc.cols, col)
		}
	}
	if err := renameColumns(sc, alias); err != nil {
		return from{}, err
	}
	if name != ref.table.Name {
		sc.renamed = []renamedTable{{ref.table.Name, name}}
	}
	if alias == nil {
		sc.inSchema(SchemaOf(ref.catalog(), ref.table))
	}
	b.remember(sc)
	b.record.note(ref.table, sc.cols)
	return from{n, sc}, nil
}

// remember keeps the columns of a FROM item for messages.
func (b *Binder) remember(sc *scope) {
	for _, c := range sc.cols {
		b.columns[c.ID] = c
	}
}

// renameColumns applies the column list of an alias.
func renameColumns(sc *scope, alias *parse.Alias) error {
	if alias == nil {
		return nil
	}
	n := 0
	for i := range sc.cols {
		if n == len(alias.Columns) {
			return nil
		}
		if !sc.cols[i].hidden {
			sc.cols[i].Name = alias.Columns[n].Name
			n++
		}
	}
	if n < len(alias.Columns) {
		return dberr.Newf(dberr.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified",
			alias.Name, n, len(alias.Columns)).At(int(alias.Position()))
	}
	return nil
}

// bindDerived binds a query in FROM.
func (b *Binder) bindDerived(t *parse.SubqueryRef, left, parent *scope) (from, error) {
	outer := parent
	if t.Lateral && left != nil {
		outer = leftScope(left, parent)
	}
	var node plan.Node
	err := b.withTime(t.SystemTime, func() (err error) {
		node, err = b.bindQuery(t.Query, outer)
		return err
	})
	if err != nil {
		return from{}, err
	}
	if t.OneColumn && len(node.Columns()) != 1 {
		return from{}, dberr.New(dberr.SyntaxError, "subquery must return only one column").At(int(t.Position()))
	}
	if node, err = b.resolveUnknown(node); err != nil {
		return from{}, err
	}
	return b.named(node, t.Alias, parent)
}

// named makes the scope of a derived table.
func (b *Binder) named(node plan.Node, alias *parse.Alias, parent *scope) (from, error) {
	sc := &scope{parent: parent}
	name := ""
	if alias != nil && alias.Name != "" {
		name = alias.Name
		sc.tables = []string{name}
	}
	for _, c := range node.Columns() {
		sc.cols = append(sc.cols, column{Column: c, table: name})
	}
	if err := renameColumns(sc, alias); err != nil {
		return from{}, err
	}
	b.remember(sc)
	return from{node, sc}, nil
}

// bindFuncRef binds a function in FROM; generate_series or one that reads files.
func (b *Binder) bindFuncRef(t *parse.FuncRef, left, parent *scope) (from, error) {
	call := t.Calls[0]
	if fn, ok := lookFunctions[call.Name.Last()]; ok && len(t.Calls) == 1 && !t.RowsFrom && !t.Ordinality {
		return b.bindLookFunction(fn, call, t.Alias, parent)
	}
	if f, ok, err := b.bindSystemFunction(t, parent); ok || err != nil {
		return f, err
	}
	if _, ok := fileFunctions[call.Name.Last()]; ok && len(t.Calls) == 1 && !t.RowsFrom && !t.Ordinality {
		return b.bindFileFunction(call, t.Alias, parent)
	}
	if fn, ok := recordFunctions[call.Name.Last()]; ok && len(t.Calls) == 1 && !t.RowsFrom && !t.Ordinality {
		return b.bindRecordRef(t, fn, left, parent)
	}
	if derived, ok := queriedArguments(t); ok {
		return b.bindDerived(derived, left, parent)
	}
	t, err := b.positionalCalls(t, &exprContext{scope: leftScope(left, parent), clause: "FROM"})
	if err != nil {
		return from{}, err
	}
	call = t.Calls[0]
	if isSeries := call.Name.Last() == "generate_series" || call.Name.Last() == "generate_subscripts"; isSeries && len(t.Calls) == 1 && t.Ordinality {
		return b.bindDerived(numberedSeries(t), left, parent)
	}
	if len(t.Calls) != 1 || t.RowsFrom || t.Ordinality {
		if !slices.ContainsFunc(t.Calls, func(e *parse.FuncCall) bool { return setFunctions[e.Name.Last()].names == nil }) {
			return b.bindSetRef(t, left, parent)
		}
		return b.bindRowsFrom(t, left, parent)
	}
	if name := call.Name.Last(); setFunctions[name].names != nil {
		return b.bindSetRef(t, left, parent)
	}
	own := call.Name.Last()
	if call, err = subscriptsCall(call); err != nil {
		return from{}, err
	}
	if call, err = b.rangeOfTimes(call, leftScope(left, parent)); err != nil {
		return from{}, err
	}
	if call = rangeCall(call); call.Name.Last() != "generate_series" {
		return b.bindScalarRef(call, t.Alias, leftScope(left, parent), parent)
	}
	node, err := b.bindSeries(call, leftScope(left, parent))
	if err != nil {
		return from{}, err
	}
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: call.Pos, Name: own}
		node.Out[0].Name = own
	} else if len(alias.Columns) == 0 && alias.Name != "" {
		node.Out[0].Name = alias.Name
	}
	return b.namedValues(node, alias, parent)
}

// queriedArguments writes a function in FROM some of whose arguments have subqueries as a query that has the values of
// these arguments in a row, and calls the function with that. Those that give arrays of rows can do without.
func queriedArguments(t *parse.FuncRef) (derived *parse.SubqueryRef, ok bool) {
	args := &parse.Select{Pos: t.Pos}
	name := "?arguments?" // no name that can be written without quotes
	inner := *t
	inner.Lateral, inner.Calls = true, nil
	for _, call := range t.Calls {
		c := *call
		c.Args = slices.Clone(call.Args)
		for i, arg := range c.Args {
			if setFunctions[call.Name.Last()].names != nil || !hasSubquery(arg) {
				continue
			}
			col := fmt.Sprintf("argument %d", len(args.Items)+1)
			args.Items = append(args.Items, parse.SelectItem{Pos: t.Pos, Expr: arg, Alias: col})
			c.Args[i] = &parse.ColumnRef{Pos: t.Pos, Parts: []string{name, col}}
		}
		inner.Calls = append(inner.Calls, &c)
	}
	if len(args.Items) == 0 {
		return nil, false
	}
	own := t.Calls[0].Name.Last()
	if t.Alias == nil {
		inner.Alias = &parse.Alias{Pos: t.Calls[0].Pos, Name: own}
	} else if own = t.Alias.Name; own == "" {
		return nil, false
	}
	body := &parse.Select{Pos: t.Pos, Items: []parse.SelectItem{{Pos: t.Pos, Expr: &parse.Star{Pos: t.Pos, Table: []string{own}}}}, From: []parse.TableExpr{
		&parse.SubqueryRef{Pos: t.Pos, Lateral: true, Query: &parse.Query{Pos: t.Pos, Body: args}, Alias: &parse.Alias{Pos: t.Pos, Name: name}}, &inner}}
	return &parse.SubqueryRef{Pos: t.Pos, Lateral: true, Query: &parse.Query{Pos: t.Pos, Body: body}, Alias: &parse.Alias{Pos: t.Pos, Name: own}}, true
}

// hasSubquery reports whether there is a query inside an expression.
func hasSubquery(e parse.Expr) (has bool) {
	parse.Visit(e, func(x any) {
		switch x := x.(type) {
		case *parse.SubqueryExpr, *parse.ExistsExpr:
			has = true
		case *parse.InExpr:
			has = has || x.Query != nil
		case *parse.QuantifiedExpr:
			has = has || x.Query != nil
		}
	})
	return has
}

// numberedSeries writes a series WITH ORDINALITY as a query that numbers its rows.
func numberedSeries(t *parse.FuncRef) *parse.SubqueryRef {
	own := t.Calls[0].Name.Last()
	alias := t.Alias
	if alias == nil {
		alias = &parse.Alias{Pos: t.Pos, Name: own}
	} else if alias.Name != "" {
		own = alias.Name
	}
	series := &parse.FuncRef{Pos: t.Pos, Lateral: true, Calls: t.Calls, Alias: &parse.Alias{Pos: t.Pos, Name: own, Columns: []parse.Ident{{Pos: t.Pos, Name: own}}}}
	number := duckRewrite{t.Pos}.call("row_number")
	number.Over = &parse.WindowDef{Pos: t.Pos}
	body := &parse.Select{Pos: t.Pos, From: []parse.TableExpr{series}, Items: []parse.SelectItem{
		{Pos: t.Pos, Expr: &parse.ColumnRef{Pos: t.Pos, Parts: []string{own}}, Alias: own},
		{Pos: t.Pos, Expr: number, Alias: "ordinality"},
	}}
	return &parse.SubqueryRef{Pos: t.Pos, Lateral: true, Query: &parse.Query{Pos: t.Pos, Body: body}, Alias: alias}
}

// rangeOfTimes writes DuckDB's range over dates and times as a generate_series of times that ends a microsecond before;
// others come back as they are.
func (b *Binder) rangeOfTimes(e *parse.FuncCall, sc *scope) (*parse.FuncCall, error) {
	if e.Name.Last() != "range" || len(e.Args) != 3 {
		return e, nil
	}
	args, err := b.bindExprs(e.Args, &exprContext{scope: sc, clause: "FROM"})
	if err != nil || args[2].Type().ID != types.Interval {
		return e, err
	}
	t := "timestamp"
	for _, x := range args[:2] {
		if x.Type().ID == types.TimestampTZ {
			t = "timestamptz"
		}
	}
	d := duckRewrite{e.Pos}
	step := e.Args[2]
	tick := &parse.CaseExpr{Pos: e.Pos, Whens: []parse.When{{Pos: e.Pos, Cond: &parse.BinaryExpr{Pos: e.Pos, Op: "<", L: step, R: d.cast(d.text("0"), "interval")},
		Result: d.cast(d.text("-1 microsecond"), "interval")}}, Else: d.cast(d.text("1 microsecond"), "interval")}
	last := &parse.BinaryExpr{Pos: e.Pos, Op: "-", L: d.cast(e.Args[1], t), R: tick}
	return d.call("generate_series", d.cast(e.Args[0], t), last, step), nil
}

// leftScope is what a lateral item sees: the items before it, then the queries around.
func leftScope(left, parent *scope) *scope {
	if left == nil {
		return &scope{parent: parent}
	}
	return &scope{cols: left.cols, tables: left.tables, parent: parent, renamed: left.renamed}
}

func (b *Binder) bindSeries(call *parse.FuncCall, sc *scope) (*plan.GenerateSeries, error) {
	pos := int(call.Position())
	args, err := b.bindExprs(call.Args, &exprContext{scope: sc, clause: "FROM"})
	if err != nil {
		return nil, err
	}
	return b.newSeries(args, pos)
}

// newSeries makes the series of bound arguments.
func (b *Binder) newSeries(args []expr.Expr, pos int) (*plan.GenerateSeries, error) {
	t, step := seriesType(args)
	if len(args) < 2 || len(args) > 3 || t.ID == types.Unknown || step.ID == types.Interval && len(args) != 3 {
		return nil, dberr.Newf(dberr.UndefinedFunction, "function generate_series(%s) does not exist", typeList(args)).At(pos).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	n := &plan.GenerateSeries{Out: []plan.Column{b.newColumn("generate_series", t)}}
	for i, to := range []types.Type{t, t, step} {
		if i >= len(args) {
			break
		}
		x, err := expr.Coerce(args[i], to)
		if err != nil {
			return nil, err
		}
		*[]*expr.Expr{&n.Start, &n.Stop, &n.Step}[i] = x
	}
	return n, nil
}

// seriesType returns the type of a series and of its step.
func seriesType(args []expr.Expr) (series, step types.Type) {
	for _, a := range args[:min(2, len(args))] {
		switch t := a.Type(); t.ID {
		case types.Date:
			series = types.T(types.TimestampTZ)
		case types.Timestamp, types.TimestampTZ:
			series = t.Base()
		}
	}
	if series.ID != 0 {
		return series, types.T(types.Interval)
	}
	rank := map[types.ID]int{types.Int16: 1, types.Int32: 1, types.Int64: 2, types.Numeric: 3}
	best := 0
	for _, a := range args {
		if a.Type().ID == types.Unknown {
			continue
		}
		r := rank[a.Type().ID]
		if r == 0 {
			return types.Type{}, types.Type{}
		}
		best = max(best, r)
	}
	series = types.T([]types.ID{types.Unknown, types.Int32, types.Int64, types.Numeric}[best])
	return series, series
}
