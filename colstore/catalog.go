package colstore

import (
	"cmp"
	"slices"
)

// Catalog is the definitions at one commit, with the edits of one transaction over them where
// a transaction asked for it. It is a cheap value over the shared history and immutable.
type Catalog struct {
	history *history
	csn     uint64
	own     *overlay // nil outside of a transaction that made DDL
}

// CSN is the commit that the catalog is of.
func (c *Catalog) CSN() uint64 { return c.csn }

// LastChange returns the newest commit that changed a definition: the catalogs of two presents
// with the same are equal. ok is false for one with the edits of an open transaction.
func (c *Catalog) LastChange() (csn uint64, ok bool) {
	return c.history.lastChange(c.csn), c.own == nil
}

// TableByID returns the table with an id.
func (c *Catalog) TableByID(id uint32) (*Table, bool) {
	if c.own != nil {
		if t, ok := c.own.tables[id]; ok {
			return t, t != nil
		}
	}
	t := c.history.tableAt(id, c.csn)
	return t, t != nil
}

// Tables returns all tables in the order of their names.
func (c *Catalog) Tables() []*Table {
	return slices.DeleteFunc(c.Relations(), func(t *Table) bool { return t.Kind != KindTable })
}

// Relations returns all tables, views and sequences in the order of their names.
func (c *Catalog) Relations() []*Table {
	return slices.DeleteFunc(c.everything(), func(t *Table) bool { return t.Kind.IsType() || t.Kind == KindSchema })
}

// everything returns all that has a name but indexes, in the order of the names.
func (c *Catalog) everything() []*Table {
	var all []*Table
	c.history.eachTable(func(id uint32) {
		if t, ok := c.TableByID(id); ok {
			all = append(all, t)
		}
	})
	if c.own != nil {
		for id, t := range c.own.tables {
			if t != nil && c.history.tableAt(id, c.csn) == nil {
				all = append(all, t)
			}
		}
	}
	slices.SortFunc(all, func(a, b *Table) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(all, func(a, b *Table) bool { return a.ID == b.ID })
}

// owner finds what a name in a schema stands for; tables, indexes and enumerations share one space of names.
func (c *Catalog) owner(name qualified) (nameOwner, bool) {
	if c.own != nil {
		if o, ok := c.own.names[name]; ok {
			return o, o.kind != ownsNothing
		}
	}
	o := c.history.ownerAt(name, c.csn)
	return o, o.kind != ownsNothing
}

// overlay is the catalog edits of one transaction that is not committed.
type overlay struct {
	tables map[uint32]*Table // nil: dropped
	names  map[qualified]nameOwner
}

func newOverlay() *overlay {
	return &overlay{tables: map[uint32]*Table{}, names: map[qualified]nameOwner{}}
}

// with returns the overlay after one more edit; the old one stays as it was.
func (o *overlay) with(id uint32, before, after *Table) *overlay {
	n := newOverlay()
	if o != nil {
		for k, v := range o.tables {
			n.tables[k] = v
		}
		for k, v := range o.names {
			n.names[k] = v
		}
	}
	n.tables[id] = after
	for _, name := range namesOf(before) {
		n.names[name.qualified] = nameOwner{}
	}
	for _, name := range namesOf(after) {
		n.names[name.qualified] = name.nameOwner
	}
	return n
}

// nameOwner says what a name stands for. The zero value: nothing.
type nameOwner struct {
	id   uint32
	kind ownerKind
}

type ownerKind uint8

const (
	ownsNothing ownerKind = iota
	ownsName              // the name is that of the table itself
	ownsIndex             // of an index of the table
)

type ownedName struct {
	qualified
	nameOwner
}

// namesOf lists the names that a table definition takes: its own and its indexes'.
func namesOf(t *Table) []ownedName {
	if t == nil {
		return nil
	}
	if t.Kind == KindSchema {
		return []ownedName{{qualified{schemaNames, t.Name}, nameOwner{t.ID, ownsName}}}
	}
	names := []ownedName{{qualified{t.Schema, t.Name}, nameOwner{t.ID, ownsName}}}
	for _, x := range t.Keys() {
		names = append(names, ownedName{qualified{t.Schema, x.Name}, nameOwner{t.ID, ownsIndex}})
	}
	return names
}
