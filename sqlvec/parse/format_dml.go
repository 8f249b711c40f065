package parse

// stmt writes a statement.
func (f *formatter) stmt(s Stmt) {
	switch s := s.(type) {
	case *Query:
		f.query(s)
	case *Insert:
		f.insert(s)
	case *Update:
		f.update(s)
	case *Delete:
		f.delete(s)
	case *Merge:
		f.merge(s)
	case *Truncate:
		f.w("TRUNCATE TABLE ")
		f.names(s.Tables)
		f.opt(s.RestartIdentity, " RESTART IDENTITY")
		f.opt(s.Cascade, " CASCADE")
	case *Copy:
		f.copy(s)
	default:
		if !f.definition(s) && !f.cursorStmt(s) {
			f.session(s)
		}
	}
}

func (f *formatter) insert(s *Insert) {
	f.with(s.With)
	f.w("INSERT ")
	replaces := s.OnConflict != nil && s.OnConflict.Replace
	f.opt(replaces, "OR REPLACE ")
	f.w("INTO ")
	f.name(s.Table)
	if s.Alias != "" {
		f.w(" AS ")
		f.ident(s.Alias)
	}
	if s.Columns != nil {
		f.w(" (")
		f.targets(s.Columns)
		f.w(")")
	}
	f.opt(s.ByName, " BY NAME")
	f.w(" ")
	f.overriding(s.Overriding)
	switch {
	case s.DefaultValues:
		f.w("DEFAULT VALUES")
	case s.Docs != nil:
		f.list(len(s.Docs), func(i int) { f.w(s.Docs[i].Text) })
	default:
		f.query(s.Query)
	}
	if !replaces {
		f.onConflict(s.OnConflict)
	}
	f.returning(s.Returning)
}

func (f *formatter) overriding(o Overriding) {
	f.w([]string{OverridingNone: "", OverridingSystem: "OVERRIDING SYSTEM VALUE ", OverridingUser: "OVERRIDING USER VALUE "}[o])
}

func (f *formatter) targets(list []Target) {
	f.list(len(list), func(i int) {
		f.ident(list[i].Name)
		for _, step := range list[i].Path {
			if step.Field != "" {
				f.w(".")
				f.ident(step.Field)
				continue
			}
			f.bounds(step.Lo, step.Hi, step.Slice)
		}
	})
}

func (f *formatter) onConflict(c *OnConflict) {
	if c == nil {
		return
	}
	f.w(" ON CONFLICT")
	switch {
	case c.Constraint != "":
		f.w(" ON CONSTRAINT ")
		f.ident(c.Constraint)
	case c.Items != nil:
		f.w(" ")
		f.indexItems(c.Items)
		f.clause(" WHERE ", c.IndexWhere)
	}
	if !c.DoUpdate {
		f.w(" DO NOTHING")
		return
	}
	f.w(" DO UPDATE SET ")
	f.setClauses(c.Set)
	f.clause(" WHERE ", c.UpdateWhere)
}

func (f *formatter) setClauses(list []SetClause) {
	f.list(len(list), func(i int) {
		f.opt(list[i].Multi, "(")
		f.targets(list[i].Targets)
		f.opt(list[i].Multi, ")")
		f.w(" = ")
		f.expr(list[i].Value, precOr)
	})
}

func (f *formatter) returning(list []SelectItem) {
	if list != nil {
		f.w(" RETURNING ")
		f.items(list)
	}
}

func (f *formatter) update(s *Update) {
	f.with(s.With)
	f.w("UPDATE ")
	f.tableRef(s.Table)
	f.w(" SET ")
	f.setClauses(s.Set)
	f.tables(" FROM ", s.From)
	f.clause(" WHERE ", s.Where)
	f.returning(s.Returning)
}

func (f *formatter) delete(s *Delete) {
	f.with(s.With)
	f.w("DELETE FROM ")
	f.tableRef(s.Table)
	f.tables(" USING ", s.Using)
	f.clause(" WHERE ", s.Where)
	f.returning(s.Returning)
}

func (f *formatter) copy(s *Copy) {
	f.w("COPY ")
	if s.Table != nil {
		f.name(*s.Table)
		f.idents(" ", s.Columns)
	} else {
		f.w("(")
		f.stmt(s.Query)
		f.w(")")
	}
	if s.From {
		f.w(" FROM ")
	} else {
		f.w(" TO ")
	}
	switch {
	case s.Stdio && s.From:
		f.w("STDIN")
	case s.Stdio:
		f.w("STDOUT")
	default:
		f.opt(s.Program, "PROGRAM ")
		f.str(s.File)
	}
	f.options(" WITH ", s.Options)
	f.clause(" WHERE ", s.Where)
}
