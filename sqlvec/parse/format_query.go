package parse

func (f *formatter) parenQuery(q *Query) {
	f.w("(")
	f.query(q)
	f.w(")")
}

func (f *formatter) query(q *Query) {
	f.with(q.With)
	if q.SystemTime != nil && !keepsTrailing(q) {
		f.w("(")
		f.body(q.Body)
		f.w(")")
	} else {
		f.body(q.Body)
	}
	f.orderBy(q.OrderBy)
	if q.Limit != nil && !q.WithTies {
		f.limit(q.Limit)
		f.opt(q.Percent, " PERCENT")
	}
	if q.Offset != nil {
		f.w(" OFFSET ")
		f.expr(q.Offset, precOr)
	}
	if q.WithTies {
		f.w(" FETCH FIRST ")
		f.expr(q.Limit, precCompare)
		f.w(" ROWS WITH TIES")
	}
	for _, l := range q.Locks {
		f.lock(l)
	}
	if q.SystemTime != nil {
		f.w(" ")
		f.systemTime(q.SystemTime)
	}
}

// keepsTrailing reports whether a temporal clause printed after q belongs to q,
// not to the last table of its FROM.
func keepsTrailing(q *Query) bool {
	if q.OrderBy != nil || q.Limit != nil || q.Offset != nil || q.Locks != nil {
		return true
	}
	s, ok := q.Body.(*Select)
	return ok && (s.Where != nil || s.GroupBy != nil || s.Having != nil || s.Windows != nil || s.Qualify != nil)
}

func (f *formatter) limit(e Expr) {
	if lit, ok := e.(*Literal); ok && lit.Kind == LitNull {
		f.w(" LIMIT ALL")
		return
	}
	f.w(" LIMIT ")
	f.expr(e, precOr)
}

func (f *formatter) lock(l Lock) {
	f.w([]string{LockKeyShare: " FOR KEY SHARE", LockShare: " FOR SHARE", LockNoKeyUpdate: " FOR NO KEY UPDATE", LockUpdate: " FOR UPDATE"}[l.Strength])
	if l.Of != nil {
		f.w(" OF ")
		f.names(l.Of)
	}
	f.w([]string{LockBlock: "", LockNoWait: " NOWAIT", LockSkip: " SKIP LOCKED"}[l.Wait])
}

func (f *formatter) systemTime(s *SystemTime) {
	f.w("FOR SYSTEM_TIME ")
	switch s.Kind {
	case SystemTimeAsOf:
		f.w("AS OF ")
		f.expr(s.From, precCompare)
	case SystemTimeBetween:
		f.w("BETWEEN ")
		f.expr(s.From, precCompare)
		f.w(" AND ")
		f.expr(s.To, precCompare)
	case SystemTimeFromTo:
		f.w("FROM ")
		f.expr(s.From, precCompare)
		f.w(" TO ")
		f.expr(s.To, precCompare)
	case SystemTimeAll:
		f.w("ALL")
	}
}

func (f *formatter) with(w *With) {
	if w == nil {
		return
	}
	f.w("WITH ")
	f.opt(w.Recursive, "RECURSIVE ")
	f.list(len(w.CTEs), func(i int) {
		c := w.CTEs[i]
		f.ident(c.Name.Name)
		f.idents(" ", c.Columns)
		f.w([]string{MaterializeDefault: " AS (", MaterializeAlways: " AS MATERIALIZED (", MaterializeNever: " AS NOT MATERIALIZED ("}[c.Materialize])
		f.stmt(c.Stmt)
		f.w(")")
		f.searchAndCycle(c)
	})
	f.w(" ")
}

func (f *formatter) searchAndCycle(c *CTE) {
	if s := c.Search; s != nil {
		f.w(map[bool]string{false: " SEARCH DEPTH FIRST BY ", true: " SEARCH BREADTH FIRST BY "}[s.Breadth])
		f.list(len(s.By), func(i int) { f.ident(s.By[i].Name) })
		f.w(" SET ")
		f.ident(s.Set.Name)
	}
	if y := c.Cycle; y != nil {
		f.w(" CYCLE ")
		f.list(len(y.Columns), func(i int) { f.ident(y.Columns[i].Name) })
		f.w(" SET ")
		f.ident(y.Mark.Name)
		f.w(" TO ")
		f.exprs([]Expr{y.Value})
		f.w(" DEFAULT ")
		f.exprs([]Expr{y.Default})
		f.w(" USING ")
		f.ident(y.Path.Name)
	}
}

func (f *formatter) body(b QueryBody) {
	switch b := b.(type) {
	case *Query:
		f.parenQuery(b)
	case *Values:
		f.w("VALUES ")
		f.list(len(b.Rows), func(i int) {
			f.w("(")
			f.exprs(b.Rows[i])
			f.w(")")
		})
	case *SetOp:
		f.setOp(b)
	case *Select:
		f.selectBody(b)
	case *Describe:
		f.describe(b)
	}
}

func (f *formatter) setOp(s *SetOp) {
	f.operand(s.L, s.Kind, true)
	f.w([]string{Union: " UNION ", Intersect: " INTERSECT ", Except: " EXCEPT "}[s.Kind])
	f.opt(s.All, "ALL ")
	f.opt(s.ByName, "BY NAME ")
	f.operand(s.R, s.Kind, false)
}

// operand writes one side of a set operation; the parentheses it needs follow
// from INTERSECT binding tighter and all of them grouping to the left.
func (f *formatter) operand(b QueryBody, outer SetOpKind, left bool) {
	inner, ok := b.(*SetOp)
	tighter := ok && inner.Kind == Intersect && outer != Intersect
	same := ok && left && (inner.Kind == Intersect) == (outer == Intersect)
	if !ok || tighter || same {
		f.body(b)
		return
	}
	f.w("(")
	f.body(b)
	f.w(")")
}

func (f *formatter) selectBody(s *Select) {
	f.w("SELECT")
	f.opt(s.Distinct, " DISTINCT")
	if s.DistinctOn != nil {
		f.w(" ON (")
		f.exprs(s.DistinctOn)
		f.w(")")
	}
	f.opt(len(s.Items) > 0, " ")
	f.items(s.Items)
	f.tables(" FROM ", s.From)
	f.clause(" WHERE ", s.Where)
	f.groupBy(s.GroupBy)
	f.clause(" HAVING ", s.Having)
	if s.Windows != nil {
		f.w(" WINDOW ")
		f.list(len(s.Windows), func(i int) {
			f.ident(s.Windows[i].Name.Name)
			f.w(" AS ")
			f.window(s.Windows[i].Def)
		})
	}
	f.clause(" QUALIFY ", s.Qualify)
}

// clause writes a word and an expression, if there is one.
func (f *formatter) clause(word string, e Expr) {
	if e != nil {
		f.w(word)
		f.expr(e, precOr)
	}
}

func (f *formatter) items(list []SelectItem) {
	f.list(len(list), func(i int) {
		f.expr(list[i].Expr, precOr)
		if list[i].AliasPos != 0 || list[i].Alias != "" {
			f.w(" AS ")
			f.ident(list[i].Alias)
		}
	})
}

func (f *formatter) groupBy(g *GroupBy) {
	if g == nil {
		return
	}
	f.w(" GROUP BY ")
	f.opt(g.All, "ALL")
	f.opt(g.Distinct, "DISTINCT ")
	f.exprs(g.Items)
}

func (f *formatter) orderBy(list []OrderItem) {
	if list != nil {
		f.w(" ORDER BY ")
		f.orderItems(list)
	}
}

func (f *formatter) orderItems(list []OrderItem) {
	f.list(len(list), func(i int) {
		o := list[i]
		if _, all := o.Expr.(*Star); all {
			f.w("ALL")
		} else {
			f.expr(o.Expr, precOr)
		}
		if o.Using != "" {
			f.w(" USING ")
			f.operator(o.Using, "", opPrec(o.Using) != precNone)
		}
		f.opt(o.Desc, " DESC")
		f.nulls(o.Nulls)
	})
}

func (f *formatter) nulls(n NullsOrder) {
	f.w([]string{NullsDefault: "", NullsFirst: " NULLS FIRST", NullsLast: " NULLS LAST"}[n])
}

// window writes a definition in parentheses.
func (f *formatter) window(w *WindowDef) {
	f.w("(")
	sep := ""
	if w.Ref != "" {
		f.ident(w.Ref)
		sep = " "
	}
	if w.PartitionBy != nil {
		f.w(sep, "PARTITION BY ")
		f.exprs(w.PartitionBy)
		sep = " "
	}
	if w.OrderBy != nil {
		f.w(sep, "ORDER BY ")
		f.orderItems(w.OrderBy)
		sep = " "
	}
	if w.Frame != nil {
		f.w(sep)
		f.frame(w.Frame)
	}
	f.w(")")
}

func (f *formatter) frame(fr *Frame) {
	f.w([]string{FrameRange: "RANGE", FrameRows: "ROWS", FrameGroups: "GROUPS"}[fr.Mode], " BETWEEN ")
	f.bound(fr.Start)
	f.w(" AND ")
	f.bound(fr.End)
	f.w([]string{ExcludeNothing: "", ExcludeCurrentRow: " EXCLUDE CURRENT ROW", ExcludeGroup: " EXCLUDE GROUP", ExcludeTies: " EXCLUDE TIES"}[fr.Exclude])
}

func (f *formatter) bound(b Bound) {
	if b.Offset != nil {
		f.expr(b.Offset, precOr)
		f.w(" ")
	}
	f.w([]string{UnboundedPreceding: "UNBOUNDED PRECEDING", Preceding: "PRECEDING", CurrentRow: "CURRENT ROW",
		Following: "FOLLOWING", UnboundedFollowing: "UNBOUNDED FOLLOWING"}[b.Kind])
}

// tables writes a FROM list.
func (f *formatter) tables(word string, list []TableExpr) {
	if list == nil {
		return
	}
	f.w(word)
	f.list(len(list), func(i int) { f.table(list[i]) })
}

func (f *formatter) table(t TableExpr) {
	switch t := t.(type) {
	case *TableRef:
		f.tableRef(t)
	case *FileRef:
		f.str(t.Path)
		f.alias(t.Alias)
	case *SubqueryRef:
		f.opt(t.Lateral, "LATERAL ")
		f.parenQuery(t.Query)
		f.ownTime(t.SystemTime)
		f.alias(t.Alias)
	case *FuncRef:
		f.funcRef(t)
	case *Pivot:
		f.pivot(t)
	case *Unpivot:
		f.unpivot(t)
	case *Join:
		f.opt(t.Alias != nil, "(")
		f.join(t)
		if t.Alias != nil {
			f.w(")")
			f.alias(t.Alias)
		}
	}
}

func (f *formatter) ownTime(s *SystemTime) {
	if s != nil {
		f.w(" ")
		f.systemTime(s)
	}
}

func (f *formatter) tableRef(t *TableRef) {
	f.opt(t.Only, "ONLY ")
	f.name(t.Name)
	f.ownTime(t.SystemTime)
	f.alias(t.Alias)
	if t.Sample == nil {
		return
	}
	f.w(" TABLESAMPLE ")
	f.ident(t.Sample.Method)
	f.w(" (")
	f.exprs(t.Sample.Args)
	f.opt(t.Sample.Rows, " ROWS")
	f.w(")")
	if t.Sample.Repeatable != nil {
		f.w(" REPEATABLE (")
		f.expr(t.Sample.Repeatable, precOr)
		f.w(")")
	}
}

func (f *formatter) funcRef(t *FuncRef) {
	f.opt(t.Lateral, "LATERAL ")
	f.opt(t.RowsFrom, "ROWS FROM (")
	f.list(len(t.Calls), func(i int) {
		f.call(t.Calls[i])
		if t.Defs != nil {
			f.alias(t.Defs[i])
		}
	})
	f.opt(t.RowsFrom, ")")
	f.opt(t.Ordinality, " WITH ORDINALITY")
	f.alias(t.Alias)
}

func (f *formatter) alias(a *Alias) {
	if a == nil {
		return
	}
	f.w(" AS ")
	if a.Name != "" {
		f.ident(a.Name)
		f.opt(a.Columns != nil, " ")
	}
	if a.Columns == nil {
		return
	}
	f.w("(")
	f.list(len(a.Columns), func(i int) {
		f.ident(a.Columns[i].Name)
		if a.Types != nil {
			f.w(" ")
			f.typeName(a.Types[i])
		}
	})
	f.w(")")
}

func (f *formatter) join(j *Join) {
	f.table(j.L)
	f.w(" ")
	f.opt(j.Natural, "NATURAL ")
	f.opt(j.Asof, "ASOF ")
	if j.Positional {
		f.w("POSITIONAL JOIN ")
		f.table(j.R)
		return
	}
	f.w([]string{InnerJoin: "JOIN ", LeftJoin: "LEFT JOIN ", RightJoin: "RIGHT JOIN ", FullJoin: "FULL JOIN ", CrossJoin: "CROSS JOIN ",
		SemiJoin: "SEMI JOIN ", AntiJoin: "ANTI JOIN "}[j.Kind])
	if r, ok := j.R.(*Join); ok && r.Alias == nil {
		f.w("(")
		f.join(r)
		f.w(")")
	} else {
		f.table(j.R)
	}
	f.clause(" ON ", j.On)
	f.idents(" USING ", j.Using)
	if j.UsingAlias != "" {
		f.w(" AS ")
		f.ident(j.UsingAlias)
	}
}
