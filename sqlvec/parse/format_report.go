package parse

func (f *formatter) describe(s *Describe) {
	if s.Summarize {
		f.w("SUMMARIZE ")
	} else {
		f.w("DESCRIBE ")
	}
	if s.Table != nil {
		f.table(s.Table)
	} else {
		f.parenQuery(s.Query)
	}
}

// row writes an expression, or several in parentheses.
func (f *formatter) row(list []Expr, prec int) {
	if len(list) == 1 {
		f.expr(list[0], prec)
		return
	}
	f.w("(")
	f.exprs(list)
	f.w(")")
}

func (f *formatter) labelled(list []Expr, alias string) {
	f.row(list, precOr)
	if alias != "" {
		f.w(" AS ")
		f.ident(alias)
	}
}

func (f *formatter) pivot(v *Pivot) {
	f.table(v.Source)
	f.w(" PIVOT (")
	f.items(v.Using)
	f.opt(len(v.Using) > 0, " ")
	f.w("FOR")
	for i, on := range v.On {
		f.opt(i > 0 && v.On[i-1].Values == nil, ",")
		f.w(" ")
		f.row(on.Exprs, precCompare)
		if on.Values == nil {
			continue
		}
		f.w(" IN (")
		f.list(len(on.Values), func(i int) { f.labelled(on.Values[i].Exprs, on.Values[i].Alias) })
		f.w(")")
	}
	if v.GroupBy != nil {
		f.w(" GROUP BY ")
		f.exprs(v.GroupBy)
	}
	f.w(")")
	f.alias(v.Alias)
}

func (f *formatter) unpivot(u *Unpivot) {
	f.table(u.Source)
	f.w(" UNPIVOT ")
	f.opt(u.IncludeNulls, "INCLUDE NULLS ")
	f.w("(")
	if len(u.Values) == 1 {
		f.ident(u.Values[0].Name)
	} else {
		f.idents("", u.Values)
	}
	f.w(" FOR ")
	f.ident(u.Name.Name)
	f.w(" IN (")
	f.list(len(u.Items), func(i int) { f.labelled(u.Items[i].Exprs, u.Items[i].Alias) })
	f.w("))")
	f.alias(u.Alias)
}
