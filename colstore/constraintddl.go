package colstore

import (
	"context"
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// AddCheck adds a CHECK constraint, whose condition the caller has found to hold for all rows.
func (tx *Tx) AddCheck(t *Table, c Check) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if err := n.checkConstraintName(c.Name); err != nil {
			return err
		}
		if len(c.SQL) > maxTextBytes {
			return dberr.Newf(dberr.ProgramLimitExceeded, "constraint \"%s\" is longer than %d bytes", c.Name, maxTextBytes)
		}
		n.Checks = append(n.Checks, c)
		return nil
	})
}

// checkConstraintName refuses a name that a constraint of the table has: 42710.
func (t *Table) checkConstraintName(name string) error {
	if name == "" || len(name) > maxNameBytes {
		return dberr.Newf(dberr.SyntaxError, "name \"%s\" is empty or longer than %d bytes", name, maxNameBytes)
	}
	if slices.Contains(t.ConstraintNames(), name) {
		return dberr.Newf(dberr.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", name, t.Name)
	}
	return nil
}

// AddPrimaryKey makes columns the primary key: 23502 if a visible row has a NULL there, 23505
// if two have the same key.
func (tx *Tx) AddPrimaryKey(ctx context.Context, t *Table, name string, columns []string) (*Table, error) {
	for _, column := range columns {
		c, err := t.column(column)
		if err != nil {
			return nil, err
		}
		if err := tx.checkNoNulls(ctx, t, c); err != nil {
			return nil, err
		}
	}
	return tx.alter(t, func(n *Table) error {
		if err := tx.addPrimaryKey(n, &TableDef{PrimaryKey: columns, PrimaryIdx: name}, map[string]bool{}); err != nil {
			return err
		}
		keys := n.Keys()
		return tx.checkUnique(ctx, n, &keys[0])
	})
}

// AddForeignKey adds a foreign key, which the caller has found to hold for all rows. The table
// that it refers to learns of it.
func (tx *Tx) AddForeignKey(t *Table, f ForeignKey) (*Table, error) {
	n, err := tx.alter(t, func(n *Table) error {
		if err := n.checkConstraintName(f.Name); err != nil {
			return err
		}
		n.ForeignKeys = append(n.ForeignKeys, f)
		if f.Table == n.ID {
			n.addReferrer(n.ID)
		}
		return nil
	})
	if err != nil || f.Table == n.ID {
		return n, err
	}
	to, ok := tx.Catalog().TableByID(f.Table)
	if !ok {
		return nil, dberr.Bug("foreign key \"%s\" refers to table %d", f.Name, f.Table)
	}
	if slices.Contains(to.ReferencedBy, n.ID) {
		return n, nil
	}
	_, err = tx.alter(to, func(to *Table) error { to.addReferrer(n.ID); return nil })
	return n, err
}

func (t *Table) addReferrer(id uint32) {
	if i, found := slices.BinarySearch(t.ReferencedBy, id); !found {
		t.ReferencedBy = slices.Insert(t.ReferencedBy, i, id)
	}
}

// DropConstraint removes a constraint of any kind: 42704 if there is none of that name.
func (tx *Tx) DropConstraint(t *Table, name string) (*Table, error) {
	if i := slices.IndexFunc(t.ForeignKeys, func(f ForeignKey) bool { return f.Name == name }); i >= 0 {
		return tx.dropForeignKeys(t, func(f *ForeignKey) bool { return f.Name == name })
	}
	return tx.alter(t, func(n *Table) error {
		had := len(n.Checks) + len(n.Indexes)
		n.Checks = slices.DeleteFunc(n.Checks, func(c Check) bool { return c.Name == name })
		n.Indexes = slices.DeleteFunc(n.Indexes, func(x Index) bool { return x.Constraint && x.Name == name })
		switch {
		case len(n.Checks)+len(n.Indexes) < had:
		case n.PrimaryIdx != "" && n.PrimaryIdx == name:
			n.PrimaryKey, n.PrimaryIdx = nil, ""
		default:
			return dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", name, n.Name)
		}
		n.dropComments(0, name)
		return nil
	})
}

// dropForeignKeys removes foreign keys, and tells the tables that they refer to.
func (tx *Tx) dropForeignKeys(t *Table, drop func(f *ForeignKey) bool) (*Table, error) {
	var gone []uint32
	n, err := tx.alter(t, func(n *Table) error {
		n.ForeignKeys = slices.DeleteFunc(n.ForeignKeys, func(f ForeignKey) bool {
			if !drop(&f) {
				return false
			}
			gone = append(gone, f.Table)
			n.dropComments(0, f.Name)
			return true
		})
		if !slices.ContainsFunc(n.ForeignKeys, func(f ForeignKey) bool { return f.Table == n.ID }) {
			n.ReferencedBy = slices.DeleteFunc(n.ReferencedBy, func(id uint32) bool { return id == n.ID })
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range gone {
		if err := tx.forget(n, id); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// forget tells a table that another one has no foreign key to it any more, if that is so.
func (tx *Tx) forget(from *Table, id uint32) error {
	if id == from.ID || slices.ContainsFunc(from.ForeignKeys, func(f ForeignKey) bool { return f.Table == id }) {
		return nil
	}
	to, ok := tx.Catalog().TableByID(id)
	if !ok || !slices.Contains(to.ReferencedBy, from.ID) {
		return nil
	}
	_, err := tx.alter(to, func(to *Table) error {
		to.ReferencedBy = slices.DeleteFunc(to.ReferencedBy, func(id uint32) bool { return id == from.ID })
		return nil
	})
	return err
}

// ValidateConstraint notes that a check or a foreign key, whose rows the caller has looked at, holds
// for all of them.
func (tx *Tx) ValidateConstraint(t *Table, name string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		for i := range n.Checks {
			if n.Checks[i].Name == name {
				n.Checks[i].NotValid = false
			}
		}
		for i := range n.ForeignKeys {
			if n.ForeignKeys[i].Name == name {
				n.ForeignKeys[i].NotValid = false
			}
		}
		return nil
	})
}

// RenameConstraint renames a constraint of any kind.
func (tx *Tx) RenameConstraint(t *Table, name, newName string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if !slices.Contains(n.ConstraintNames(), name) {
			return dberr.Newf(dberr.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", name, n.Name)
		}
		if err := n.checkConstraintName(newName); err != nil {
			return err
		}
		for i := range n.Checks {
			if n.Checks[i].Name == name {
				n.Checks[i].Name = newName
				return nil
			}
		}
		for i := range n.ForeignKeys {
			if n.ForeignKeys[i].Name == name {
				n.ForeignKeys[i].Name = newName
				return nil
			}
		}
		return tx.renameIndex(n, name, newName)
	})
}

// RenameIndex renames an index, with the constraint that it belongs to.
func (tx *Tx) RenameIndex(t *Table, name, newName string) (*Table, error) {
	return tx.alter(t, func(n *Table) error { return tx.renameIndex(n, name, newName) })
}

func (tx *Tx) renameIndex(n *Table, name, newName string) error {
	if err := tx.checkFree(n.Schema, newName); err != nil {
		return err
	}
	if n.PrimaryIdx == name {
		n.PrimaryIdx = newName
	}
	for i := range n.Indexes {
		if n.Indexes[i].Name == name {
			n.Indexes[i].Name = newName
		}
	}
	return nil
}

// dropComments removes the comment on a column, or on a constraint or index.
func (t *Table) dropComments(column uint32, constraint string) {
	t.Comments = slices.DeleteFunc(t.Comments, func(c Comment) bool { return c.Column == column && c.Constraint == constraint })
}

// SetIdentity says how an identity column takes its values; NoIdentity makes it a plain one.
func (tx *Tx) SetIdentity(t *Table, name string, kind Identity) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err == nil {
			c.Identity = kind
		}
		return err
	})
}

// SetGenerated gives a generated column its expression in other words, or makes it a plain one,
// which keeps the values that it has, when text is "".
func (tx *Tx) SetGenerated(t *Table, name, text, key string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err == nil {
			c.Generated, c.Key = text, key
		}
		return err
	})
}

// SetCheckText replaces the text of a check, which a rename changes.
func (tx *Tx) SetCheckText(t *Table, texts []string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		for i := range n.Checks {
			n.Checks[i].SQL = texts[i]
		}
		return nil
	})
}

// Widens reports whether every value of a type is one of another, so that WidenColumn may be
// asked.
func Widens(from, to types.Type) bool { return canWiden(from, to) }

// ReplaceColumn puts a new column of another type in the place of an old one: it has its name,
// place, constraints and indexes, and no values. The caller writes all rows.
func (tx *Tx) ReplaceColumn(t *Table, name string, to types.Type, defaultSQL string) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		c, err := n.column(name)
		if err != nil {
			return err
		}
		old, id := c.ID, n.NextColumn
		n.NextColumn++
		*c = Column{ID: id, Name: c.Name, Type: to, TypeVersion: 1, NotNull: c.NotNull, Default: defaultSQL,
			Missing: types.NullOf(to), Identity: c.Identity, Generated: c.Generated}
		n.PrimaryKey = renumbered(n.PrimaryKey, old, id)
		for i := range n.Indexes {
			n.Indexes[i].Columns = renumbered(n.Indexes[i].Columns, old, id)
		}
		for i := range n.Checks {
			n.Checks[i].Columns = renumbered(n.Checks[i].Columns, old, id)
			slices.Sort(n.Checks[i].Columns)
		}
		for i := range n.Comments {
			if n.Comments[i].Column == old {
				n.Comments[i].Column = id
			}
		}
		return tx.ownAgain(n, old, id)
	})
}

// renumbered returns a list with one id in the place of another.
func renumbered(ids []uint32, old, id uint32) []uint32 {
	out := slices.Clone(ids)
	if i := slices.Index(out, old); i >= 0 {
		out[i] = id
	}
	return out
}

// ownAgain makes the sequences of a replaced column those of the new one.
func (tx *Tx) ownAgain(t *Table, old, id uint32) error {
	for _, s := range tx.Catalog().Owned(t.ID, old) {
		def := *s.Sequence
		def.OwnerColumn = id
		if _, err := tx.AlterSequence(s, def); err != nil {
			return err
		}
	}
	return nil
}
