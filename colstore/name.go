package colstore

import (
	"cmp"
	"slices"

	"driftdb/internal/dberr"
)

// PublicSchema is the id of the schema "public", which every database begins with. The ids of other
// schemas are taken from the same numbers as those of tables.
const PublicSchema = 0

// PublicName is the name of that schema.
const PublicName = "public"

// Name is the name of a relation, an index or an enumeration as a statement has it: one in a schema or,
// when Schema is "", one in the first schema of Path that has it. The zero value names nothing.
type Name struct {
	Schema, Name string
	Path         []string // names of schemas; those that do not exist are passed over
}

var publicPath = []string{PublicName}

// InPublic is a name in the schema "public".
func InPublic(name string) Name { return Name{Name: name, Path: publicPath} }

// String is the name as messages have it.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// schemas are the schemas to look into, in order.
func (n Name) schemas() []string {
	if n.Schema != "" {
		return []string{n.Schema}
	}
	return n.Path
}

// qualified is a name in a schema, which no two objects have at a time.
type qualified struct {
	schema uint32
	name   string
}

// schemaNames stands for the schema of the names of schemas.
const schemaNames = ^uint32(0)

// find returns the owner of a name in the first schema where wanted is true of it. This is the one
// place where a name that may have a schema is looked up.
func (c *Catalog) find(n Name, wanted func(*Table, nameOwner) bool) (t *Table, owner nameOwner, ok bool) {
	for _, s := range n.schemas() {
		schema, ok := c.Schema(s)
		if !ok {
			continue
		}
		owner, ok := c.owner(qualified{schema.ID, n.Name})
		if !ok {
			continue
		}
		if t, ok := c.TableByID(owner.id); ok && wanted(t, owner) {
			return t, owner, true
		}
	}
	return nil, nameOwner{}, false
}

// isRelation says of what has a name whether it is a relation or an index, which hide those of the
// same name in later schemas, as opposed to a type.
func isRelation(t *Table, _ nameOwner) bool { return !t.Kind.IsType() }

// Relation returns the table, view or sequence with a name.
func (c *Catalog) Relation(n Name) (*Table, bool) {
	t, owner, ok := c.find(n, isRelation)
	if !ok || owner.kind != ownsName {
		return nil, false
	}
	return t, true
}

// Table returns the table with a name.
func (c *Catalog) Table(n Name) (*Table, bool) {
	t, ok := c.Relation(n)
	return t, ok && t.Kind == KindTable
}

// Index returns an index by its name, with its table. Constraints of primary keys count.
func (c *Catalog) Index(n Name) (*Table, *Index, bool) {
	t, owner, ok := c.find(n, isRelation)
	if !ok || owner.kind != ownsIndex {
		return nil, nil, false
	}
	keys := t.Keys()
	for i := range keys {
		if keys[i].Name == n.Name {
			return t, &keys[i], true
		}
	}
	return nil, nil, false
}

// Enum returns the enumeration with a name.
func (c *Catalog) Enum(n Name) (*Table, bool) {
	t, _, ok := c.find(n, func(t *Table, _ nameOwner) bool { return t.Kind == KindEnum })
	return t, ok
}

// Taken reports whether a relation or an index in a schema has the name.
func (c *Catalog) Taken(schema uint32, name string) bool {
	owner, ok := c.owner(qualified{schema, name})
	if !ok {
		return false
	}
	t, ok := c.TableByID(owner.id)
	return ok && isRelation(t, owner)
}

// Schema returns the schema with a name.
func (c *Catalog) Schema(name string) (*Table, bool) {
	owner, ok := c.owner(qualified{schemaNames, name})
	if !ok {
		return nil, false
	}
	return c.TableByID(owner.id)
}

// Schemas returns all schemas in the order of their names.
func (c *Catalog) Schemas() []*Table {
	return slices.DeleteFunc(c.everything(), func(t *Table) bool { return t.Kind != KindSchema })
}

// SchemaOf returns the name of the schema that a relation or an enumeration is in.
func (c *Catalog) SchemaOf(t *Table) string {
	if s, ok := c.TableByID(t.Schema); ok {
		return s.Name
	}
	return ""
}

// InSchema returns the relations and enumerations of a schema in the order of their ids.
func (c *Catalog) InSchema(id uint32) []*Table {
	list := slices.DeleteFunc(c.everything(), func(t *Table) bool { return t.Kind == KindSchema || t.Schema != id })
	slices.SortFunc(list, func(a, b *Table) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// CreateSchema makes a schema: 42P06 if the name is taken.
func (tx *Tx) CreateSchema(name string) (*Table, error) {
	if err := tx.ddl(); err != nil {
		return nil, err
	}
	if err := tx.checkFreeSchema(name); err != nil {
		return nil, err
	}
	t := &Table{Name: name, Kind: KindSchema, Version: 1, NextColumn: 1, NextIndex: 1}
	t.ID = tx.db.history.newTableID()
	tx.edit(nil, t)
	return t, nil
}

// RenameSchema renames a schema: 42P06 if the name is taken.
func (tx *Tx) RenameSchema(s *Table, name string) (*Table, error) {
	return tx.alter(s, func(n *Table) error {
		if err := tx.checkFreeSchema(name); err != nil {
			return err
		}
		n.Name = name
		return nil
	})
}

func (tx *Tx) checkFreeSchema(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, taken := tx.Catalog().Schema(name); taken {
		return schemaTaken(name)
	}
	return nil
}

func schemaTaken(name string) error {
	return dberr.Newf(dberr.DuplicateSchema, "schema \"%s\" already exists", name)
}

// SetSchema moves a relation, with its indexes, or an enumeration into another schema: 42P07 or 42710
// if a name is taken there.
func (tx *Tx) SetSchema(t *Table, schema *Table) (*Table, error) {
	return tx.alter(t, func(n *Table) error {
		if n.Schema == schema.ID {
			return nil
		}
		n.Schema = schema.ID
		for _, own := range namesOf(n) {
			if _, taken := tx.Catalog().owner(own.qualified); !taken {
				continue
			}
			if n.Kind.IsType() {
				return dberr.Newf(dberr.DuplicateObject, "type \"%s\" already exists in schema \"%s\"", own.name, schema.Name)
			}
			return dberr.Newf(dberr.DuplicateTable, "relation \"%s\" already exists in schema \"%s\"", own.name, schema.Name)
		}
		return nil
	})
}

// validateSchemas checks that the schemas that a transaction put something into are still there, and
// that nothing came into those that it dropped.
func (tx *Tx) validateSchemas(now *Catalog) error {
	dropped := map[uint32]bool{}
	for id, t := range tx.overlay.tables {
		switch before, ok := now.TableByID(id); {
		case t == nil && ok && before.Kind == KindSchema:
			dropped[id] = true
		case t != nil && t.Kind != KindSchema:
			_, made := tx.overlay.tables[t.Schema]
			if _, ok := now.TableByID(t.Schema); !ok && !made {
				return conflict("concurrent schema change")
			}
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	for _, t := range now.everything() {
		if _, changed := tx.overlay.tables[t.ID]; t.Kind != KindSchema && dropped[t.Schema] && !changed {
			return conflict("concurrent schema change")
		}
	}
	return nil
}
