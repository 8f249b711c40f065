package bind

import (
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// RelationName reads a name as regclass does: folded unless quoted, in the one schema.
func RelationName(text string) (string, error) {
	e, err := parse.ParseExpr(text)
	if err != nil {
		return "", dberr.New("42602", "invalid name syntax")
	}
	ref, ok := e.(*parse.ColumnRef)
	switch {
	case !ok:
		return "", dberr.New("42602", "invalid name syntax")
	case len(ref.Parts) > 1 && ref.Parts[len(ref.Parts)-2] != PublicSchema:
		return "", dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", strings.Join(ref.Parts, "."))
	}
	return ref.Parts[len(ref.Parts)-1], nil
}

// sequenceArgs are the arguments of a call; the functions of sequences take the name of one as
// text, so a cast of it to regclass is left out. A name that is written out must be there.
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
	pos := int(lit.Position())
	bare, temporary := strings.CutPrefix(lit.Text, TemporarySchema+".")
	relation, err := RelationName(bare)
	if err != nil {
		return nil, at(err, pos)
	}
	_, ok = b.env.Points.Present().Catalog().Relation(relation)
	if _, own := b.temporary(parse.Name{Parts: []string{relation}}); own || temporary {
		ok = own
	}
	if !ok {
		return nil, dberr.Newf(dberr.UndefinedTable, "relation \"%s\" does not exist", lit.Text).At(pos)
	}
	return args, nil
}
