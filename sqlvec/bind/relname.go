package bind

import (
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// RelationName reads a name as regclass does: folded unless quoted, with or without a schema.
func RelationName(text string) (parse.Name, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return parse.Name{}, dberr.New("42602", "invalid name syntax")
	}
	ref, ok := e.(*parse.ColumnRef)
	switch {
	case !ok:
		return parse.Name{}, dberr.New("42602", "invalid name syntax")
	case len(ref.Parts) > 3:
		return parse.Name{}, dberr.Newf(dberr.SyntaxError, "improper relation name (too many dotted names): %s", strings.Join(ref.Parts, "."))
	}
	n := parse.Name{Parts: ref.Parts}
	return n, withoutPlace(CheckDatabase(n))
}

// withoutPlace is an error whose place is one in another text.
func withoutPlace(err error) error {
	if e, ok := err.(*dberr.Error); ok && e != nil {
		moved := *e
		moved.Pos = 0
		return &moved
	}
	return err
}

// sequenceArgs are the arguments of a call; the functions of sequences take the name of one as
// text, so a cast of it to regclass is left out. A name that is written out must be there, and means
// the sequence that it means now.
func (b *Binder) sequenceArgs(e *parse.FuncCall, name string) ([]parse.Expr, error) {
	if (name != "nextval" && name != "currval" && name != "setval") || len(e.Args) == 0 {
		return e.Args, nil
	}
	args := e.Args
	if c, ok := args[0].(*parse.Cast); ok && c.Type.Name.Last() == "regclass" {
		args = append([]parse.Expr{c.X}, args[1:]...)
	}
	lit, ok := args[0].(*parse.Literal)
	if !ok || lit.Kind != parse.LitString || b.env.Points == nil {
		return args, nil
	}
	t, err := b.relationLiteral(lit)
	if err != nil {
		return nil, at(err, int(lit.Position()))
	}
	whole := *lit
	whole.Text = QuotedName(b.viewOf(t).Catalog(), t)
	return append([]parse.Expr{&whole}, args[1:]...), nil
}

// relationLiteral finds the relation that a literal names.
func (b *Binder) relationLiteral(lit *parse.Literal) (*colstore.Table, error) {
	n, err := RelationName(lit.Text)
	if err != nil {
		return nil, err
	}
	t, ok := b.relation(n)
	if !ok {
		return nil, b.names().NotFound(n)
	}
	b.record.note(t, nil)
	b.record.noteLiteral(lit, t)
	return t, nil
}

// regclassText binds what is cast to regclass. In the text of a definition a literal means the relation
// that it means when it is defined, whatever the path is later.
func (b *Binder) regclassText(e parse.Expr, c *exprContext) (expr.Expr, error) {
	lit, ok := e.(*parse.Literal)
	defined := b.record != nil || len(b.path) == len(definitionPath) && &b.path[0] == &definitionPath[0]
	if !ok || lit.Kind != parse.LitString || !defined {
		return b.bindExpr(e, c)
	}
	t, err := b.relationLiteral(lit)
	if err != nil {
		return b.bindExpr(e, c) // an index, or one of the system's own
	}
	whole := *lit
	whole.Text = QuotedName(b.viewOf(t).Catalog(), t)
	return b.bindExpr(&whole, c)
}
