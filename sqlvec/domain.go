package sqlvec

import (
	"cmp"
	"fmt"
	"slices"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// createDomain runs CREATE DOMAIN.
func (r *run) createDomain(st *parse.CreateDomain) error {
	r.result.tag = "CREATE DOMAIN"
	schema, err := r.newIn(st.Name)
	if err != nil {
		return err
	}
	if st.Collation != nil && st.Collation.Last() != "C" {
		return notSupported(st.Collation, "collations other than \"C\" are")
	}
	typ, err := bind.TypeOf(st.Type, r.Present().Catalog(), r.names().Path)
	if err != nil {
		return err
	}
	value := colstore.Column{ID: 1, Name: colstore.DomainValue, Type: typ, TypeVersion: 1, Missing: types.NullOf(typ)}
	t := &colstore.Table{Name: st.Name.Last(), Columns: []colstore.Column{value}}
	null, hasDefault := false, false
	for _, k := range st.Constraints {
		switch k.Kind {
		case parse.ConstraintNotNull:
			t.Columns[0].NotNull = true
		case parse.ConstraintNull:
			null = true
		case parse.ConstraintDefault:
			if hasDefault {
				return dberr.New(dberr.SyntaxError, "multiple default expressions").At(int(k.Position()))
			}
			hasDefault = true
			if t.Columns[0].Default, err = r.defaultText(k.Expr, value); err != nil {
				return err
			}
		case parse.ConstraintCheck:
			check, err := r.bindCheck(t, pendingCheck{at: unnamedCheck(t, k)})
			if err != nil {
				return err
			}
			t.Checks = append(t.Checks, check)
		default:
			return dberr.Newf(dberr.SyntaxError, "%s constraints not possible for domains", domainRefused[k.Kind]).At(int(k.Position()))
		}
	}
	if null && t.Columns[0].NotNull {
		return dberr.New(dberr.SyntaxError, "conflicting NULL/NOT NULL constraints").At(int(st.Position()))
	}
	if err := r.refuseDomain(st, t); err != nil {
		return err
	}
	slices.SortFunc(t.Checks, func(a, b colstore.Check) int { return cmp.Compare(a.Name, b.Name) }) // the order in which they are asked
	_, err = r.s.tx.open.CreateDomain(schema.ID, t.Name, t.Columns[0], t.Checks)
	return err
}

// refuseDomain refuses a domain that depends on something that may be renamed or dropped.
func (r *run) refuseDomain(st *parse.CreateDomain, t *colstore.Table) error {
	if t.Columns[0].Type.Enum != nil {
		return notSupported(st.Type, "domains of enumerations are")
	}
	named := r.names().NamesObjects(t.Columns[0].Default)
	for _, c := range t.Checks {
		named = named || r.names().NamesObjects(c.SQL)
	}
	if named {
		return notSupported(st, "domains whose definition names relations or types that were created are")
	}
	return nil
}

// domainRefused are constraints that domains cannot have.
var domainRefused = map[parse.ConstraintKind]string{parse.ConstraintUnique: "unique", parse.ConstraintPrimaryKey: "primary key",
	parse.ConstraintForeignKey: "foreign key", parse.ConstraintGenerated: "generated", parse.ConstraintIdentity: "identity", parse.ConstraintIndex: "index"}

// unnamedCheck is a CHECK with the name that it has in a domain.
func unnamedCheck(t *colstore.Table, k *parse.Constraint) *parse.Constraint {
	if k.Name != "" {
		return k
	}
	named := *k
	named.Name = freeName(t.Name+"_check", t.ConstraintNames())
	return &named
}

// domainNamed finds the domain that a statement names.
func (r *run) domainNamed(n parse.Name) (*colstore.Table, error) {
	names := r.names()
	if t, ok := names.Domain(n); ok {
		return t, nil
	}
	if err := bind.CheckDatabase(n); err != nil {
		return nil, err
	}
	if err := names.CheckSchema(n); err != nil {
		return nil, err
	}
	if _, ok := names.Enum(n); ok {
		return nil, dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a domain", n.Last())
	}
	return nil, dberr.Newf(dberr.UndefinedObject, "type \"%s\" does not exist", names.Name(n))
}

// typeFor finds the enumeration or the domain that a statement names. TYPE stands for both.
func (r *run) typeFor(object parse.ObjectKind, n parse.Name) (*colstore.Table, error) {
	if t, ok := r.names().Domain(n); ok && object == parse.ObjectType {
		return t, nil
	}
	if object == parse.ObjectDomain {
		return r.domainNamed(n)
	}
	return r.enumNamed(n)
}

// domainOf is the domain of a column, nil for none.
func (r *run) domainOf(c *colstore.Column) *colstore.Table {
	if c.Domain == 0 {
		return nil
	}
	d, _ := r.Present().Catalog().TableByID(c.Domain)
	return d
}

// constrained reports whether a column is of a domain that not every value of its type is one of.
func (r *run) constrained(c *colstore.Column) bool {
	d := r.domainOf(c)
	return d != nil && (d.Columns[0].NotNull || len(d.Checks) > 0)
}

// domainRule is the check of the values of a column of a domain.
func (r *run) domainRule(c *colstore.Column, at int) (*expr.Program, error) {
	x, err := r.binder().DomainValue(&expr.Col{Index: at, Typ: c.Type}, r.domainOf(c))
	if err != nil {
		return nil, err
	}
	return expr.Compile(x, r.env)
}

// domainColumns looks for the columns of a domain, and for definitions that name it.
func (d *dropping) domainColumns(domain *colstore.Table) {
	on := d.run.describe(domain)
	tables := d.run.Present().Catalog().Tables()
	if v := d.run.Temporary(); v != nil {
		tables = append(tables, v.Catalog().Tables()...)
	}
	for _, t := range tables {
		if d.gone[t.ID] {
			continue
		}
		for i := range t.Columns {
			switch c := &t.Columns[i]; {
			case c.Domain == domain.ID || d.run.names().UsesType(c.Generated, domain):
				d.column(t, c, on)
			case d.run.names().UsesType(c.Default, domain):
				d.depend(fmt.Sprintf("default value for column %s of table %s", c.Name, d.run.display(t)), on)
				d.change(t, func(now *colstore.Table) error { _, err := d.run.s.txOf(now).SetDefault(now, c.Name, ""); return err })
			}
		}
		for _, check := range t.Checks {
			if d.run.names().UsesType(check.SQL, domain) {
				d.depend(fmt.Sprintf("constraint %s on table %s", check.Name, d.run.display(t)), on)
				d.change(t, func(now *colstore.Table) error {
					_, err := d.run.s.txOf(now).DropConstraint(now, check.Name)
					return err
				})
			}
		}
	}
}

// change does something to a table, as it is by then, before the types go.
func (d *dropping) change(t *colstore.Table, fn func(now *colstore.Table) error) {
	d.actions = append(d.actions, func() error {
		now, ok := d.run.catalogOf(t).TableByID(t.ID)
		if !ok {
			return nil
		}
		return fn(now)
	})
}

// column drops a column, with the views that read it, because of a type.
func (d *dropping) column(t *colstore.Table, c *colstore.Column, on string) {
	what := fmt.Sprintf("column %s of table %s", c.Name, d.run.display(t))
	d.depend(what, on)
	for _, v := range d.run.dependentViews(t.ID, c.ID) {
		if !d.gone[v.ID] {
			d.depend(d.run.describe(v), what)
			d.add(v)
		}
	}
	name := c.Name
	d.change(t, func(now *colstore.Table) error { _, err := d.run.s.txOf(now).DropColumn(now, name); return err })
}
