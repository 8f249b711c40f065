package parse

// CommentOn is COMMENT ON object IS text. Column is set for a column, and Constraint for a
// constraint, whose table is Name.
type CommentOn struct {
	Pos
	Object     ObjectKind
	Name       Name
	Column     string
	Constraint string
	Text       string
	Null       bool // IS NULL: the comment goes
}

func (*CommentOn) stmt() {}

// comment reads COMMENT ON.
func (p *parser) comment(pos Pos) Stmt {
	start := p.i
	p.expect("comment", "on")
	s := &CommentOn{Pos: pos}
	switch {
	case p.accept("column"):
		s.Name = p.name()
		if n := len(s.Name.Parts); n > 1 {
			s.Column, s.Name.Parts = s.Name.Parts[n-1], s.Name.Parts[:n-1]
		} else {
			p.failAt(s.Name.Pos, "42601", "column name must be qualified")
		}
	case p.accept("constraint"):
		s.Constraint = p.ident().Name
		p.expect("on")
		s.Name = p.name()
	default:
		kind, ok := p.object()
		if !ok || kind == ObjectMaterializedView {
			if p.err == nil {
				p.unsupported(Pos(p.toks[start].start+1), "COMMENT ON this kind of object")
			}
			return nil
		}
		s.Object, s.Name = kind, p.name()
	}
	p.expect("is")
	if s.Null = p.accept("null"); !s.Null {
		s.Text = p.str()
	}
	return s
}

// commentOn prints COMMENT ON.
func (f *formatter) commentOn(s *CommentOn) {
	f.w("COMMENT ON ")
	switch {
	case s.Column != "":
		f.w("COLUMN ")
		f.name(s.Name)
		f.w(".")
		f.ident(s.Column)
	case s.Constraint != "":
		f.w("CONSTRAINT ")
		f.ident(s.Constraint)
		f.w(" ON ")
		f.name(s.Name)
	default:
		f.w(objectText(s.Object), " ")
		f.name(s.Name)
	}
	f.w(" IS ")
	if s.Null {
		f.w("NULL")
		return
	}
	f.str(s.Text)
}
