package colstore

import (
	"slices"

	"driftdb/internal/binfmt"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// maxLabels is the most labels of an enumeration.
const maxLabels = 1 << 15

// Enums returns the enumerations in the order of their names.
func (c *Catalog) Enums() []*Table {
	return slices.DeleteFunc(c.everything(), func(t *Table) bool { return t.Kind != KindEnum })
}

// EnumType is the type that an enumeration defines.
func (t *Table) EnumType() types.Type { return types.EnumOf(t.ID, t.Name, t.Labels) }

// EnumUsers returns the tables and views that have columns of an enumeration or of its arrays.
func (c *Catalog) EnumUsers(id uint32) []*Table {
	return slices.DeleteFunc(c.Relations(), func(t *Table) bool { return !t.usesEnum(id) })
}

func (t *Table) usesEnum(id uint32) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Type.Enum != nil && c.Type.Enum.ID == id })
}

// CreateEnum makes an enumeration: 42710 if the name is taken.
func (tx *Tx) CreateEnum(schema uint32, name string, labels []string) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFreeType(schema, name); err != nil {
		return nil, err
	}
	t := &Table{Schema: schema, Name: name, Kind: KindEnum, Version: 1, NextColumn: 1, NextIndex: 1, Labels: labels}
	if err := t.checkLabels(); err != nil {
		return nil, err
	}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

func (tx *Tx) checkFreeType(schema uint32, name string) error {
	err := tx.checkFree(schema, name)
	if dberr.CodeOf(err) == dberr.DuplicateTable {
		return dberr.Newf(dberr.DuplicateObject, "type \"%s\" already exists", name)
	}
	return err
}

func (t *Table) checkLabels() error {
	if len(t.Labels) > maxLabels {
		return dberr.Newf(dberr.ProgramLimitExceeded, "an enumeration can have at most %d labels", maxLabels)
	}
	for _, l := range t.Labels {
		if len(l) > types.MaxLabelBytes {
			return dberr.Newf("42602", "invalid enum label \"%s\"", l).WithDetail("Labels must be %d bytes or less.", types.MaxLabelBytes)
		}
	}
	return nil
}

// AlterEnum gives an enumeration other labels, or another name, and its columns the new type.
// What rows hold stays: a label that goes must be in none of them.
func (tx *Tx) AlterEnum(t *Table, name string, labels []string) (*Table, error) {
	n, err := tx.alter(t, func(n *Table) error {
		if name != n.Name {
			if err := tx.checkFreeType(n.Schema, name); err != nil {
				return err
			}
		}
		n.Name, n.Labels = name, labels
		return n.checkLabels()
	})
	if err != nil {
		return nil, err
	}
	typ := n.EnumType()
	for _, user := range tx.Catalog().EnumUsers(t.ID) {
		if _, err := tx.alter(user, func(u *Table) error { u.setEnum(typ); return nil }); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// setEnum gives the columns of an enumeration its new definition.
func (t *Table) setEnum(typ types.Type) {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Type.Enum == nil || c.Type.Enum.ID != typ.Enum.ID {
			continue
		}
		if c.Type.IsArray() {
			c.Type = typ.Array()
		} else {
			c.Type = typ
		}
		c.Missing.Type = c.Type
	}
}

// putEnums adds the records of columns of enumerations.
func (t *Table) putEnums(add func(uint8, func(*binfmt.Writer))) {
	for _, l := range t.Labels {
		add(moreLabel, func(w *binfmt.Writer) { putString(w, l) })
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Type.Enum == nil {
			continue
		}
		add(moreEnum, func(w *binfmt.Writer) {
			w.U32(c.ID)
			putString(w, c.Type.Enum.Name)
			w.U32(uint32(len(c.Type.Enum.Labels)))
			for _, l := range c.Type.Enum.Labels {
				putString(w, l)
			}
		})
	}
}

// readEnum reads the record of a column.
func (t *Table) readEnum(r *binfmt.Reader) {
	id := r.U32()
	c, ok := t.Column(id)
	name, n := readString(r, maxNameBytes), r.U32()
	r.Check(n <= maxLabels, "%d labels", n)
	var labels []string
	for i := uint32(0); i < n && r.Err() == nil; i++ {
		labels = append(labels, readString(r, types.MaxLabelBytes))
	}
	r.Check(ok && (c.Type.IsEnum() || c.Type.IsArray() && c.Type.Elem().IsEnum()), "column %d is no enumeration", id)
	if r.Err() != nil {
		return
	}
	r.Check(c.Type.Enum == nil, "two records of column %d", id)
	typ := types.EnumOf(uint32(c.Type.Len), name, labels)
	if c.Type.IsArray() {
		typ = typ.Array()
	}
	c.Type, c.Missing.Type = typ, typ
}
