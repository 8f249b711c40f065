package colstore

import "slices"

// DomainValue is the name of the one column of a domain: what its conditions call VALUE.
const DomainValue = "value"

// Domains returns the domains in the order of their names. The only column of a domain has its type, its default
// and whether it may be NULL; its checks are conditions on that column.
func (c *Catalog) Domains() []*Table {
	return slices.DeleteFunc(c.everything(), func(t *Table) bool { return t.Kind != KindDomain })
}

// Domain returns the domain with a name.
func (c *Catalog) Domain(n Name) (*Table, bool) {
	t, _, ok := c.find(n, func(t *Table, _ nameOwner) bool { return t.Kind == KindDomain })
	return t, ok
}

// DomainUsers returns the tables that have columns of a domain.
func (c *Catalog) DomainUsers(id uint32) []*Table {
	return slices.DeleteFunc(c.Relations(), func(t *Table) bool {
		return !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Domain == id })
	})
}

// CreateDomain makes a domain: 42710 if the name is taken.
func (tx *Tx) CreateDomain(schema uint32, name string, value Column, checks []Check) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFreeType(schema, name); err != nil {
		return nil, err
	}
	value.ID, value.Name, value.TypeVersion = 1, DomainValue, 1
	t := &Table{Schema: schema, Name: name, Kind: KindDomain, Version: 1, NextColumn: 2, NextIndex: 1, Columns: []Column{value}, Checks: checks}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

// RenameDomain gives a domain another name: 42710 if it is taken.
func (tx *Tx) RenameDomain(t *Table, name string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if name == n.Name {
			return nil
		}
		n.Name = name
		return tx.checkFreeType(n.Schema, name)
	})
}

// SetDomain makes a column one of a domain, or with 0 of none.
func (tx *Tx) SetDomain(t *Table, name string, domain uint32) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		for i := range n.Columns {
			if n.Columns[i].Name == name {
				n.Columns[i].Domain = domain
			}
		}
		return nil
	})
}
