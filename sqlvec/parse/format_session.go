package parse

// session writes the statements of a session and of maintenance.
func (f *formatter) session(s Stmt) {
	switch s := s.(type) {
	case *Begin:
		f.w("BEGIN")
		f.txModes(s.Modes)
	case *Commit:
		f.w("COMMIT")
		f.opt(s.Chain, " AND CHAIN")
	case *Rollback:
		f.w("ROLLBACK")
		f.opt(s.Chain, " AND CHAIN")
	case *Savepoint:
		f.w("SAVEPOINT ")
		f.ident(s.Name.Name)
	case *Release:
		f.w("RELEASE SAVEPOINT ")
		f.ident(s.Name.Name)
	case *RollbackTo:
		f.w("ROLLBACK TO SAVEPOINT ")
		f.ident(s.Name.Name)
	case *SetConstraints:
		f.w("SET CONSTRAINTS ")
		f.opt(len(s.Names) == 0, "ALL")
		f.names(s.Names)
		f.opt(s.Deferred, " DEFERRED")
		f.opt(!s.Deferred, " IMMEDIATE")
	case *SetTransaction:
		f.w("SET ")
		f.opt(s.Session, "SESSION CHARACTERISTICS AS ")
		f.w("TRANSACTION")
		f.txModes(s.Modes)
	case *Set:
		f.set(s)
	case *SetVariable:
		f.w("SET VARIABLE ", QuoteIdent(s.Name), " = ")
		f.expr(s.X, 0)
	case *ResetVariable:
		f.w("RESET VARIABLE ", QuoteIdent(s.Name))
	case *Reset:
		f.w("RESET ")
		f.settingOrAll(s.All, s.Name)
	case *Show:
		f.w("SHOW ")
		f.settingOrAll(s.All, s.Name)
	case *Discard:
		f.w("DISCARD ", s.What)
	default:
		f.maintenance(s)
	}
}

// maintenance writes the statements that look after tables and plans.
func (f *formatter) maintenance(s Stmt) {
	switch s := s.(type) {
	case *Explain:
		f.w("EXPLAIN ")
		f.options("", s.Options)
		f.opt(len(s.Options) > 0, " ")
		f.stmt(s.Stmt)
	case *Analyze:
		f.w("ANALYZE")
		f.options(" ", s.Options)
		f.maintenanceTargets(s.Targets)
	case *Vacuum:
		f.w("VACUUM")
		f.options(" ", s.Options)
		f.maintenanceTargets(s.Targets)
	case *Checkpoint:
		f.w("CHECKPOINT")
		f.opt(s.Tables != nil, " TABLE ")
		f.names(s.Tables)
	case *Prepare:
		f.prepare(s)
	case *Execute:
		f.w("EXECUTE ")
		f.ident(s.Name.Name)
		if s.Args != nil {
			f.w(" (")
			f.exprs(s.Args)
			f.w(")")
		}
	case *Deallocate:
		f.w("DEALLOCATE ")
		if s.All {
			f.w("ALL")
		} else {
			f.ident(s.Name.Name)
		}
	}
}

func (f *formatter) txModes(m TxModes) {
	sep := " "
	mode := func(cond bool, text string) {
		if cond {
			f.w(sep, text)
			sep = ", "
		}
	}
	mode(m.Isolation != IsolationDefault, []string{IsolationDefault: "", ReadUncommitted: "ISOLATION LEVEL READ UNCOMMITTED",
		ReadCommitted: "ISOLATION LEVEL READ COMMITTED", RepeatableRead: "ISOLATION LEVEL REPEATABLE READ",
		Serializable: "ISOLATION LEVEL SERIALIZABLE"}[m.Isolation])
	mode(m.ReadOnly == Yes, "READ ONLY")
	mode(m.ReadOnly == No, "READ WRITE")
	mode(m.Deferrable == Yes, "DEFERRABLE")
	mode(m.Deferrable == No, "NOT DEFERRABLE")
}

func (f *formatter) set(s *Set) {
	f.w("SET ")
	f.opt(s.Local, "LOCAL ")
	if len(s.Values) == 1 {
		if c, ok := s.Values[0].(*Cast); ok { // only SET TIME ZONE takes one
			f.w("TIME ZONE ")
			f.intervalLiteral(c)
			return
		}
	}
	f.setting(s.Name)
	f.w(" TO ")
	f.opt(len(s.Values) == 0, "DEFAULT")
	f.list(len(s.Values), func(i int) { f.optionValue(s.Values[i]) })
}

// intervalLiteral writes a cast of a literal in the form type 'text'.
func (f *formatter) intervalLiteral(c *Cast) {
	t := *c.Type
	fields := t.Fields
	if fields == "" {
		f.typeName(&t)
		f.w(" ")
		f.expr(c.X, precPrimary)
		return
	}
	f.w("INTERVAL ")
	f.expr(c.X, precPrimary)
	f.w(" ", fields)
	f.mods(t.Mods)
}

func (f *formatter) settingOrAll(all bool, name string) {
	if all {
		f.w("ALL")
		return
	}
	f.setting(name)
}

func (f *formatter) maintenanceTargets(list []MaintenanceTarget) {
	f.opt(list != nil, " ")
	f.list(len(list), func(i int) {
		f.name(list[i].Table)
		f.idents(" ", list[i].Columns)
	})
}

func (f *formatter) prepare(s *Prepare) {
	f.w("PREPARE ")
	f.ident(s.Name.Name)
	if s.Types != nil {
		f.w(" (")
		f.list(len(s.Types), func(i int) { f.typeName(s.Types[i]) })
		f.w(")")
	}
	f.w(" AS ")
	f.stmt(s.Stmt)
}
