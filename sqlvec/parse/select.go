package parse

// selectBody reads SELECT up to its temporal clause, which it leaves in
// p.trailing.
func (p *parser) selectBody() *Select {
	s := &Select{Pos: p.pos()}
	if p.is("from") {
		p.fromFirst(s)
	} else {
		p.selectList(s)
		if p.accept("from") {
			s.From = p.tableExprs()
		}
	}
	if p.accept("where") {
		s.Where = p.expr()
	}
	if p.is("group") {
		s.GroupBy = p.groupBy()
	}
	if p.accept("having") {
		s.Having = p.expr()
	}
	if p.accept("window") {
		s.Windows = p.windows()
	}
	if p.accept("qualify") {
		s.Qualify = p.expr()
	}
	if p.then("using", "sample") {
		p.usingSample(s)
	}
	if p.trailing = nil; p.atSystemTime() {
		p.trailing = p.systemTime()
	}
	return s
}

// selectList reads SELECT with its list and INTO.
func (p *parser) selectList(s *Select) {
	p.expect("select")
	p.distinct(s)
	if s.Distinct && len(s.DistinctOn) == 0 || !p.endsSelectList() {
		s.Items = p.selectItems()
	}
	if p.is("into") {
		p.selectInto(s)
	}
}

// fromFirst reads FROM t [SELECT …], DuckDB's order of the two; without SELECT it is SELECT *.
func (p *parser) fromFirst(s *Select) {
	p.expect("from")
	s.From = p.tableExprs()
	if p.is("select") {
		p.selectList(s)
		return
	}
	s.Items = []SelectItem{{Pos: s.Pos, Expr: &Star{Pos: s.Pos}}}
}

func (p *parser) distinct(s *Select) {
	if !p.accept("distinct") {
		p.accept("all")
		return
	}
	s.Distinct = true
	if p.accept("on") {
		s.DistinctOn = p.parenExprList(1)
	}
}

// endsSelectList reports whether the list of outputs is empty.
func (p *parser) endsSelectList() bool {
	return p.tok.kind == tokEOF && p.err == nil || p.isAny("from", "where", "group", "having", "window", "into", ")") || p.continuesQuery()
}

// selectItems reads item, …; as in DuckDB, a comma may stand behind the last one.
func (p *parser) selectItems() []SelectItem {
	list := []SelectItem{p.selectItem()}
	for p.accept(",") && !p.endsSelectList() {
		list = append(list, p.selectItem())
	}
	return list
}

func (p *parser) selectItem() SelectItem {
	item := SelectItem{Pos: p.pos()}
	if p.atPrefixAlias() {
		item.AliasPos = p.pos()
		item.Alias = p.ident().Name
		p.expect(":")
		item.Expr = p.expr()
		return item
	}
	if p.is("*") {
		item.Expr = &Star{Pos: p.pos()}
		p.next()
	} else {
		item.Expr = p.expr()
	}
	if star, ok := item.Expr.(*Star); ok {
		p.starOptions(star)
		return item
	}
	if p.accept("as") || p.tok.isBareLabel() {
		item.AliasPos = p.pos()
		item.Alias = p.label().Name
	}
	return item
}

// atPrefixAlias reports whether an alias stands before its expression, as DuckDB allows: name: expr.
func (p *parser) atPrefixAlias() bool {
	next := p.peek(1)
	return p.tok.isName() && next.kind == tokOp && next.text == ":"
}

// starOptions reads LIKE 'pattern' and its kin, or EXCLUDE (a, b), REPLACE (expr AS a) and RENAME (a AS b).
func (p *parser) starOptions(s *Star) {
	if p.isAny("like", "ilike", "not", "similar") {
		like, ok := p.likeOrIn(s, true).(*LikeExpr)
		if !ok {
			p.syntaxError()
			return
		}
		like.X = nil // the names, not the star
		s.Like = like
		return
	}
	if p.accept("exclude") {
		if p.is("(") {
			s.Exclude = p.identList()
		} else {
			s.Exclude = []Ident{p.ident()}
		}
	}
	if p.then("replace", "(") {
		p.expect("replace")
		s.Replace = p.starItems(p.expr)
	}
	if p.then("rename", "(") {
		p.expect("rename")
		s.Rename = p.starItems(func() Expr {
			id := p.ident()
			return &ColumnRef{Pos: id.Pos, Parts: []string{id.Name}}
		})
	}
}

// starItems reads (x AS name, …).
func (p *parser) starItems(x func() Expr) []SelectItem {
	var list []SelectItem
	p.expect("(")
	for {
		item := SelectItem{Pos: p.pos(), Expr: x()}
		p.expect("as")
		item.AliasPos = p.pos()
		item.Alias = p.label().Name
		list = append(list, item)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return list
}

// groupBy reads GROUP BY ALL, or [DISTINCT] item, ….
func (p *parser) groupBy() *GroupBy {
	g := &GroupBy{Pos: p.pos()}
	p.expect("group", "by")
	if p.accept("all") {
		if p.endsGroupBy() {
			g.All = true
			return g
		}
	} else {
		g.Distinct = p.accept("distinct")
	}
	g.Items = p.groupItems()
	return g
}

func (p *parser) endsGroupBy() bool {
	return p.tok.kind == tokEOF || p.isAny(")", "having", "window", "qualify", "as", "on", "returning", "with") || p.continuesQuery()
}

func (p *parser) groupItems() []Expr {
	list := []Expr{p.groupItem()}
	for p.accept(",") {
		list = append(list, p.groupItem())
	}
	return list
}

func (p *parser) groupItem() Expr {
	p.enter()
	defer p.leave()
	g := &GroupingSet{Pos: p.pos()}
	switch {
	case p.accept("(", ")"):
		return g
	case p.then("rollup", "("):
		g.Kind = GroupingRollup
		p.expect("rollup", "(")
	case p.then("cube", "("):
		g.Kind = GroupingCube
		p.expect("cube", "(")
	case p.then("grouping", "sets"):
		g.Kind = GroupingSets
		p.expect("grouping", "sets", "(")
	default:
		return p.expr()
	}
	g.Items = p.groupItems()
	p.expect(")")
	return g
}

// windows reads name AS (…), ….
func (p *parser) windows() []NamedWindow {
	var list []NamedWindow
	for {
		w := NamedWindow{Name: p.ident()}
		p.expect("as")
		w.Def = p.windowDef()
		list = append(list, w)
		if !p.accept(",") {
			return list
		}
	}
}

// windowDef reads ([name] [PARTITION BY …] [ORDER BY …] [frame]).
func (p *parser) windowDef() *WindowDef {
	w := &WindowDef{Pos: p.pos()}
	p.expect("(")
	if p.tok.isName() && !p.isAny("partition", "range", "rows", "groups") {
		w.Ref = p.ident().Name
	}
	if p.accept("partition") {
		p.expect("by")
		w.PartitionBy = p.exprList()
	}
	w.OrderBy = p.optOrderBy()
	if p.isAny("range", "rows", "groups") {
		w.Frame = p.frame()
	}
	p.expect(")")
	return w
}

func (p *parser) frame() *Frame {
	f := &Frame{Pos: p.pos()}
	switch p.acceptAny("range", "rows", "groups") {
	case "rows":
		f.Mode = FrameRows
	case "groups":
		f.Mode = FrameGroups
	}
	if p.accept("between") {
		f.Start = p.bound()
		p.expect("and")
		f.End = p.bound()
	} else {
		f.Start = p.bound()
		f.End = Bound{Pos: f.Start.Pos, Kind: CurrentRow}
	}
	p.checkFrame(f)
	if p.accept("exclude") {
		f.Exclude = p.exclusion()
	}
	return f
}

func (p *parser) bound() Bound {
	b := Bound{Pos: p.pos()}
	switch {
	case p.accept("current", "row"):
		b.Kind = CurrentRow
	case p.accept("unbounded", "preceding"):
		b.Kind = UnboundedPreceding
	case p.accept("unbounded", "following"):
		b.Kind = UnboundedFollowing
	default:
		b.Offset = p.expr()
		if p.accept("following") {
			b.Kind = Following
		} else {
			p.expect("preceding")
			b.Kind = Preceding
		}
	}
	return b
}

// checkFrame refuses frames whose end comes before their start.
func (p *parser) checkFrame(f *Frame) {
	switch {
	case f.Start.Kind == UnboundedFollowing:
		p.failAt(f.Start.Pos, windowingError, "frame start cannot be UNBOUNDED FOLLOWING")
	case f.End.Kind == UnboundedPreceding:
		p.failAt(f.End.Pos, windowingError, "frame end cannot be UNBOUNDED PRECEDING")
	case f.Start.Kind == CurrentRow && f.End.Kind == Preceding:
		p.failAt(f.End.Pos, windowingError, "frame starting from current row cannot have preceding rows")
	case f.Start.Kind == Following && f.End.Kind <= CurrentRow:
		p.failAt(f.End.Pos, windowingError, "frame starting from following row cannot have preceding rows")
	}
}

func (p *parser) exclusion() FrameExclude {
	switch {
	case p.accept("current", "row"):
		return ExcludeCurrentRow
	case p.accept("group"):
		return ExcludeGroup
	case p.accept("ties"):
		return ExcludeTies
	}
	p.expect("no", "others")
	return ExcludeNothing
}
