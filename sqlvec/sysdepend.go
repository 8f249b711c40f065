package sqlvec

import (
	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// Numbers of the catalogues of what has numbers.
const (
	typeClassOID       = 1247
	classOID           = 1259
	attrdefClassOID    = 2604
	constraintClassOID = 2606
	namespaceClassOID  = 2615
	rewriteClassOID    = 2618
)

// catalogueOIDs are those of the catalogues that PostgreSQL's queries join by.
var catalogueOIDs = map[string]int64{"pg_class": classOID, "pg_namespace": namespaceClassOID, "pg_type": typeClassOID, "pg_attrdef": attrdefClassOID,
	"pg_constraint": constraintClassOID, "pg_rewrite": rewriteClassOID, "pg_proc": 1255, "pg_database": 1262, "pg_attribute": 1249, "pg_index": 2610, "pg_description": 2609}

// oidOfRule is where a view's rule stands in the block of its numbers.
const oidOfRule = 4095

func init() {
	for name, t := range map[string]*systemTable{
		"pg_depend": {columnsOf("classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, refobjsubid integer, deptype"), fillDepend},
		"pg_rewrite": {columnsOf("oid oid, rulename, ev_class oid, ev_type, ev_enabled, is_instead boolean, ev_qual, ev_action"), func(c *systemContext) {
			c.eachView(func(v *colstore.Table) {
				c.add(relationOID(v)+oidOfRule, "_RETURN", relationOID(v), "1", "O", true, nil, nil)
			})
		}},
	} {
		systemTables[bind.CatalogSchema][name] = t
	}
	for name, t := range map[string]*systemTable{
		"view_table_usage": {columnsOf("view_catalog, view_schema, view_name, table_catalog, table_schema, table_name"), func(c *systemContext) {
			c.eachRead(func(v, t *colstore.Table, _ []uint32) {
				c.add(databaseName, c.schema(v), v.Name, databaseName, c.schema(t), t.Name)
			})
		}},
		"view_column_usage": {columnsOf("view_catalog, view_schema, view_name, table_catalog, table_schema, table_name, column_name"), func(c *systemContext) {
			c.eachRead(func(v, t *colstore.Table, columns []uint32) {
				for _, id := range columns {
					if col, ok := t.Column(id); ok {
						c.add(databaseName, c.schema(v), v.Name, databaseName, c.schema(t), t.Name, col.Name)
					}
				}
			})
		}},
		"constraint_table_usage": {columnsOf("table_catalog, table_schema, table_name, constraint_catalog, constraint_schema, constraint_name"), func(c *systemContext) {
			c.eachConstraint(func(k *constraint) {
				if t := k.on(); k.kind != "c" {
					c.add(databaseName, c.schema(t), t.Name, databaseName, c.schema(k.table), k.name)
				}
			})
		}},
		"column_udt_usage": {columnsOf("udt_catalog, udt_schema, udt_name, table_catalog, table_schema, table_name, column_name"), func(c *systemContext) {
			for _, t := range c.relations() {
				for i := range t.Columns {
					if !t.Materialized() && !t.Columns[i].Hidden() {
						c.add(databaseName, c.typeSchema(t.Columns[i].Type), internalName(t.Columns[i].Type), databaseName, c.schema(t), t.Name, t.Columns[i].Name)
					}
				}
			}
		}},
	} {
		systemTables[bind.InformationSchema][name] = t
	}
}

// on is the table that a constraint's key is of: of a foreign key the one that it refers to.
func (k *constraint) on() *colstore.Table {
	if k.foreign != nil {
		return k.parent
	}
	return k.table
}

// typeSchema is the schema that a type is in.
func (c *systemContext) typeSchema(t types.Type) string {
	if t.Enum != nil {
		if e, ok := c.catalog.TableByID(t.Enum.ID); ok {
			return c.schema(e)
		}
	}
	return bind.CatalogSchema
}

// eachView calls fn with all views.
func (c *systemContext) eachView(fn func(v *colstore.Table)) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindView || t.Materialized() {
			fn(t)
		}
	}
}

// eachRead calls fn with the relations that plain views read and the columns that they read of them.
func (c *systemContext) eachRead(fn func(v, t *colstore.Table, columns []uint32)) {
	c.eachView(func(v *colstore.Table) {
		for _, d := range v.Depends {
			if t, ok := c.byID(d.Table); ok && !v.Materialized() && !t.Kind.IsType() && t.Kind != colstore.KindSequence {
				fn(v, t, d.Columns)
			}
		}
	})
}

// fillDepend lists which object needs which: "n" for what it uses, "a" for what it goes with, "i" for what it
// is a part of.
func fillDepend(c *systemContext) {
	for _, e := range c.catalog.Enums() {
		oid, _ := expr.TypeOID(e.EnumType())
		c.add(typeClassOID, oid, 0, namespaceClassOID, schemaOID(e), 0, "n")
		c.add(typeClassOID, oid+1, 0, typeClassOID, oid, 0, "i")
	}
	for _, d := range c.catalog.Domains() {
		c.add(typeClassOID, relationOID(d), 0, namespaceClassOID, schemaOID(d), 0, "n")
	}
	c.eachDomainCheck(func(d *colstore.Table, k *constraint) {
		c.add(constraintClassOID, k.oid, 0, typeClassOID, relationOID(d), 0, "a")
	})
	for _, t := range c.relations() {
		c.add(classOID, relationOID(t), 0, namespaceClassOID, schemaOID(t), 0, "n")
		for i := range t.Columns {
			if !t.Columns[i].Hidden() {
				c.columnDepends(t, &t.Columns[i], i+1)
			}
		}
		if s := t.Sequence; s != nil && s.OwnerTable != 0 {
			if owner, ok := c.byID(s.OwnerTable); ok {
				kind := "a"
				if c.isIdentity(s) {
					kind = "i"
				}
				c.add(classOID, relationOID(t), 0, classOID, relationOID(owner), attributeNumber(owner, s.OwnerColumn), kind)
			}
		}
	}
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		if x.Constraint {
			c.add(classOID, indexOID(t, x), 0, constraintClassOID, relationOID(t)+oidOfKey+keyPlace(t, x), 0, "i")
			return
		}
		c.columnsDepend(classOID, indexOID(t, x), t, x.Columns, "a")
	})
	c.eachConstraint(func(k *constraint) {
		c.columnsDepend(constraintClassOID, k.oid, k.table, k.columns, "a")
		switch {
		case k.kind == "c":
			c.columnsDepend(constraintClassOID, k.oid, k.table, k.columns, "n")
		case k.foreign != nil:
			c.columnsDepend(constraintClassOID, k.oid, k.parent, k.foreign.RefColumns, "n")
			if x := k.parentKey(); x != nil {
				c.add(constraintClassOID, k.oid, 0, classOID, indexOID(k.parent, x), 0, "n")
			}
		}
	})
	c.viewsDepend()
}

// parentKey is the unique index that a foreign key refers to.
func (k *constraint) parentKey() *colstore.Index {
	keys := k.parent.Keys()
	for i := range keys {
		if x := &keys[i]; x.Unique && sameColumns(x.Columns, k.foreign.RefColumns) {
			return x
		}
	}
	return nil
}

// columnDepends lists what a column needs: its type, and its default a sequence.
func (c *systemContext) columnDepends(t *colstore.Table, col *colstore.Column, place int) {
	switch {
	case col.Domain != 0:
		c.add(classOID, relationOID(t), place, typeClassOID, expr.CatalogOID(col.Domain), 0, "n")
	case col.Type.Enum != nil && t.Kind == colstore.KindTable:
		oid, _ := expr.TypeOID(col.Type)
		c.add(classOID, relationOID(t), place, typeClassOID, oid, 0, "n")
	}
	if col.Generated == "" && (col.Default == "" || col.Identity != colstore.NoIdentity) {
		return
	}
	oid := relationOID(t) + int64(place)
	c.add(attrdefClassOID, oid, 0, classOID, relationOID(t), place, "a")
	for _, s := range c.catalogOf(t).Relations() {
		if s.Kind == colstore.KindSequence && c.names().UsesSequence(col.Default, s) {
			c.add(attrdefClassOID, oid, 0, classOID, relationOID(s), 0, "n")
		}
	}
}

// columnsDepend lists that an object needs columns of a table.
func (c *systemContext) columnsDepend(class, oid int64, t *colstore.Table, columns []uint32, kind string) {
	for _, id := range columns {
		c.add(class, oid, 0, classOID, relationOID(t), attributeNumber(t, id), kind)
	}
}

// viewsDepend lists what views read.
func (c *systemContext) viewsDepend() {
	c.eachView(func(v *colstore.Table) {
		rule := relationOID(v) + oidOfRule
		c.add(rewriteClassOID, rule, 0, classOID, relationOID(v), 0, "i")
		c.add(rewriteClassOID, rule, 0, classOID, relationOID(v), 0, "n")
		for _, d := range v.Depends {
			t, ok := c.byID(d.Table)
			switch {
			case !ok:
			case t.Kind.IsType():
				c.add(rewriteClassOID, rule, 0, typeClassOID, relationOID(t), 0, "n")
			case len(d.Columns) == 0:
				c.add(rewriteClassOID, rule, 0, classOID, relationOID(t), 0, "n")
			default:
				c.columnsDepend(rewriteClassOID, rule, t, d.Columns, "n")
			}
		}
	})
}
