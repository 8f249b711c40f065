package parse

import "driftdb/internal/dberr"

// MergeAction is what a WHEN clause of MERGE does.
type MergeAction uint8

// The actions of MERGE.
const (
	MergeNothing MergeAction = iota
	MergeUpdate
	MergeDelete
	MergeInsert
)

// Merge is MERGE INTO table USING source ON condition WHEN ….
type Merge struct {
	Pos
	With  *With
	Table *TableRef
	Using TableExpr
	On    Expr
	Whens []MergeWhen
}

// MergeWhen is WHEN [NOT] MATCHED [AND condition] THEN action.
type MergeWhen struct {
	Pos
	Matched    bool
	Cond       Expr
	Action     MergeAction
	Set        []SetClause
	Columns    []Target // of INSERT; nil where no list was given
	Overriding Overriding
	Values     []Expr // nil for DEFAULT VALUES
}

func (*Merge) stmt() {}

func (p *parser) merge(w *With) Stmt {
	m := &Merge{Pos: p.pos(), With: w}
	p.expect("merge", "into")
	m.Table = p.changedTable()
	p.expect("using")
	m.Using = p.tableExpr()
	p.expect("on")
	m.On = p.expr()
	for {
		m.Whens = append(m.Whens, p.mergeWhen())
		if !p.is("when") {
			break
		}
	}
	p.checkWhens(m)
	return m
}

// checkWhens refuses clauses behind one of their kind that is always taken.
func (p *parser) checkWhens(m *Merge) {
	always := map[bool]bool{}
	for _, w := range m.Whens {
		if always[w.Matched] {
			p.fail(dberr.New(dberr.SyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause"))
		}
		always[w.Matched] = always[w.Matched] || w.Cond == nil
	}
}

func (p *parser) mergeWhen() MergeWhen {
	w := MergeWhen{Pos: p.pos()}
	p.expect("when")
	w.Matched = !p.accept("not")
	p.expect("matched")
	if p.accept("and") {
		w.Cond = p.expr()
	}
	p.expect("then")
	switch {
	case p.accept("do"):
		p.expect("nothing")
	case w.Matched && p.accept("update"):
		w.Action = MergeUpdate
		p.expect("set")
		w.Set = p.setClauses()
	case w.Matched && p.accept("delete"):
		w.Action = MergeDelete
	case !w.Matched && p.accept("insert"):
		w.Action = MergeInsert
		p.mergeInsert(&w)
	default:
		p.syntaxError()
	}
	return w
}

// mergeInsert reads [(columns)] [OVERRIDING …] VALUES (…) | DEFAULT VALUES.
func (p *parser) mergeInsert(w *MergeWhen) {
	if p.accept("default", "values") {
		return
	}
	if p.is("(") {
		w.Columns = p.insertColumns()
	}
	w.Overriding = p.overriding()
	p.expect("values")
	w.Values = p.parenExprList(1)
}

func (f *formatter) merge(m *Merge) {
	f.with(m.With)
	f.w("MERGE INTO ")
	f.tableRef(m.Table)
	f.w(" USING ")
	f.table(m.Using)
	f.w(" ON ")
	f.expr(m.On, precOr)
	for _, w := range m.Whens {
		f.w(" WHEN ")
		f.opt(!w.Matched, "NOT ")
		f.w("MATCHED")
		f.clause(" AND ", w.Cond)
		f.w(" THEN ")
		switch w.Action {
		case MergeNothing:
			f.w("DO NOTHING")
		case MergeUpdate:
			f.w("UPDATE SET ")
			f.setClauses(w.Set)
		case MergeDelete:
			f.w("DELETE")
		case MergeInsert:
			f.mergeInsert(w)
		}
	}
}

func (f *formatter) mergeInsert(w MergeWhen) {
	f.w("INSERT ")
	if w.Values == nil {
		f.w("DEFAULT VALUES")
		return
	}
	if w.Columns != nil {
		f.w("(")
		f.targets(w.Columns)
		f.w(") ")
	}
	f.overriding(w.Overriding)
	f.w("VALUES (")
	f.exprs(w.Values)
	f.w(")")
}
