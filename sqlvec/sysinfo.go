package sqlvec

import (
	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
)

const databaseName = bind.DatabaseName

func init() {
	for name, t := range map[string]*systemTable{
		"schemata": {columnList(cols(types.Text, "catalog_name", "schema_name", "schema_owner", "default_character_set_catalog",
			"default_character_set_schema", "default_character_set_name", "sql_path")), fillSchemata},
		"tables": {cols(types.Text, "table_catalog", "table_schema", "table_name", "table_type", "self_referencing_column_name",
			"reference_generation", "user_defined_type_catalog", "user_defined_type_schema", "user_defined_type_name",
			"is_insertable_into", "is_typed", "commit_action"), fillTables},
		"views": {cols(types.Text, "table_catalog", "table_schema", "table_name", "view_definition", "check_option", "is_updatable",
			"is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into"), fillViews},
		"columns": {informationColumns, fillColumns},
		"sequences": {columnList(cols(types.Text, "sequence_catalog", "sequence_schema", "sequence_name", "data_type"),
			cols(types.Int32, "numeric_precision", "numeric_precision_radix", "numeric_scale"),
			cols(types.Text, "start_value", "minimum_value", "maximum_value", "increment", "cycle_option")), fillSequences},
		"table_constraints": {cols(types.Text, "constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema",
			"table_name", "constraint_type", "is_deferrable", "initially_deferred", "enforced", "nulls_distinct"), fillTableConstraints},
		"key_column_usage": {columnList(cols(types.Text, "constraint_catalog", "constraint_schema", "constraint_name", "table_catalog",
			"table_schema", "table_name", "column_name"), cols(types.Int32, "ordinal_position", "position_in_unique_constraint")), fillKeyColumns},
		"referential_constraints": {cols(types.Text, "constraint_catalog", "constraint_schema", "constraint_name", "unique_constraint_catalog",
			"unique_constraint_schema", "unique_constraint_name", "match_option", "update_rule", "delete_rule"), fillReferential},
		"check_constraints": {cols(types.Text, "constraint_catalog", "constraint_schema", "constraint_name", "check_clause"), fillCheckConstraints},
		"constraint_column_usage": {cols(types.Text, "table_catalog", "table_schema", "table_name", "column_name",
			"constraint_catalog", "constraint_schema", "constraint_name"), fillConstraintColumns},
	} {
		systemTables[bind.InformationSchema][name] = t
	}
}

var informationColumns = columnList(
	cols(types.Text, "table_catalog", "table_schema", "table_name", "column_name"), cols(types.Int32, "ordinal_position"),
	cols(types.Text, "column_default", "is_nullable", "data_type"),
	cols(types.Int32, "character_maximum_length", "character_octet_length", "numeric_precision", "numeric_precision_radix", "numeric_scale", "datetime_precision"),
	cols(types.Text, "interval_type"), cols(types.Int32, "interval_precision"),
	cols(types.Text, "character_set_catalog", "character_set_schema", "character_set_name", "collation_catalog", "collation_schema",
		"collation_name", "domain_catalog", "domain_schema", "domain_name", "udt_catalog", "udt_schema", "udt_name", "scope_catalog",
		"scope_schema", "scope_name"),
	cols(types.Int32, "maximum_cardinality"),
	cols(types.Text, "dtd_identifier", "is_self_referencing", "is_identity", "identity_generation", "identity_start", "identity_increment",
		"identity_maximum", "identity_minimum", "identity_cycle", "is_generated", "generation_expression", "is_updatable"))

func fillSchemata(c *systemContext) {
	for _, s := range []string{bind.InformationSchema, bind.CatalogSchema} {
		c.add(databaseName, s, c.session.user, nil, nil, nil, nil)
	}
	for _, s := range c.catalog.Schemas() {
		c.add(databaseName, s.Name, c.session.user, nil, nil, nil, nil)
	}
}

func fillTables(c *systemContext) {
	for _, t := range c.relations() {
		if t.Materialized() { // the standard does not know them
			continue
		}
		kind := "BASE TABLE"
		switch t.Kind {
		case colstore.KindSequence:
			continue
		case colstore.KindView:
			kind = "VIEW"
		}
		if isTemporary(t) {
			kind = "LOCAL TEMPORARY"
		}
		c.add(databaseName, c.schema(t), t.Name, kind, nil, nil, nil, nil, nil, yesNo(t.Kind == colstore.KindTable), "NO", nil)
	}
	for _, schema := range systemSchemas {
		for _, name := range sortedKeys(systemTables[schema]) {
			c.add(databaseName, schema, name, "VIEW", nil, nil, nil, nil, nil, "NO", "NO", nil)
		}
	}
}

func fillViews(c *systemContext) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindView {
			option := map[colstore.CheckOption]string{colstore.NoCheckOption: "NONE", colstore.CheckLocal: "LOCAL", colstore.CheckCascaded: "CASCADED"}[t.CheckOption]
			through := yesNo(bind.Updatable(t, c.names()) == "")
			c.add(databaseName, c.schema(t), t.Name, " "+t.Query+";", option, through, through, "NO", "NO", "NO")
		}
	}
}

func fillColumns(c *systemContext) {
	for _, t := range c.relations() {
		for i := range t.Columns {
			if t.Materialized() {
				break
			}
			if t.Columns[i].Hidden() {
				continue
			}
			c.addColumn(t, &t.Columns[i], i+1)
		}
	}
}

// addColumn adds a row of information_schema.columns.
func (c *systemContext) addColumn(t *colstore.Table, col *colstore.Column, n int) {
	row := make([]any, len(informationColumns))
	set := func(name string, v any) {
		for i, known := range informationColumns {
			if known.name == name {
				row[i] = v
			}
		}
	}
	for _, name := range []string{"table_catalog", "udt_catalog"} {
		set(name, databaseName)
	}
	set("table_schema", c.schema(t))
	set("table_name", t.Name)
	set("column_name", col.Name)
	set("ordinal_position", n)
	set("dtd_identifier", types.Format(types.IntValue(types.T(types.Int64), int64(n))))
	set("is_nullable", yesNo(!col.NotNull))
	set("data_type", col.Type.Base().String())
	if col.Type.IsArray() {
		set("data_type", "ARRAY")
	}
	set("udt_schema", bind.CatalogSchema)
	if col.Type.Enum != nil {
		if e, ok := c.catalog.TableByID(col.Type.Enum.ID); ok {
			set("udt_schema", c.schema(e))
		}
		if !col.Type.IsArray() {
			set("data_type", "USER-DEFINED")
		}
	}
	set("udt_name", internalName(col.Type))
	if d, ok := c.catalog.TableByID(col.Domain); ok && col.Domain != 0 {
		set("domain_catalog", databaseName)
		set("domain_schema", c.schema(d))
		set("domain_name", d.Name)
	}
	set("is_self_referencing", "NO")
	set("is_updatable", yesNo(t.Kind == colstore.KindTable))
	describeSize(set, col.Type)
	set("is_identity", yesNo(col.Identity != colstore.NoIdentity))
	set("identity_cycle", "NO")
	set("is_generated", "NEVER")
	switch {
	case col.Generated != "":
		set("is_generated", "ALWAYS")
		set("generation_expression", conditionDef(col.Generated))
	case col.Identity != colstore.NoIdentity:
		c.describeIdentity(set, t, col)
	case col.Default != "":
		set("column_default", defaultDef(col))
	}
	c.add(row...)
}

// describeSize sets what a type's size is.
func describeSize(set func(string, any), t types.Type) {
	bits := map[types.ID]int{types.Int16: 16, types.Int32: 32, types.Int64: 64, types.Float32: 24, types.Float64: 53}[t.ID]
	switch {
	case (t.ID == types.Varchar || t.ID == types.Bpchar) && t.Len > 0:
		set("character_maximum_length", int(t.Len))
		set("character_octet_length", int(t.Len)*4)
	case t.IsString():
		set("character_octet_length", 1<<30)
	case bits > 0:
		set("numeric_precision", bits)
		set("numeric_precision_radix", 2)
		if t.IsInteger() {
			set("numeric_scale", 0)
		}
	case t.ID == types.Numeric:
		set("numeric_precision_radix", 10)
		if t.Prec > 0 {
			set("numeric_precision", int(t.Prec))
			set("numeric_scale", int(t.Scale))
		}
	case t.ID == types.Date:
		set("datetime_precision", 0)
	case t.ID == types.Timestamp || t.ID == types.TimestampTZ || t.ID == types.Interval || t.ID == types.Time || t.ID == types.TimeTZ:
		digits, _ := t.Fraction()
		set("datetime_precision", digits)
	}
}

// describeIdentity sets what the sequence of an identity column is.
func (c *systemContext) describeIdentity(set func(string, any), t *colstore.Table, col *colstore.Column) {
	set("identity_generation", map[colstore.Identity]string{colstore.IdentityAlways: "ALWAYS", colstore.IdentityByDefault: "BY DEFAULT"}[col.Identity])
	for _, s := range c.catalogOf(t).Owned(t.ID, col.ID) {
		d := s.Sequence
		set("identity_start", number(d.Start))
		set("identity_increment", number(d.Increment))
		set("identity_maximum", number(d.Max))
		set("identity_minimum", number(d.Min))
		set("identity_cycle", yesNo(d.Cycle))
	}
}

func number(n int64) string { return types.Format(types.IntValue(types.T(types.Int64), n)) }

func fillSequences(c *systemContext) {
	for _, t := range c.relations() {
		s := t.Sequence
		if s == nil || c.isIdentity(s) {
			continue
		}
		bits := map[types.ID]int{types.Int16: 16, types.Int32: 32, types.Int64: 64}[s.Type.ID]
		c.add(databaseName, c.schema(t), t.Name, s.Type.String(), bits, 2, 0, number(s.Start), number(s.Min), number(s.Max), number(s.Increment), yesNo(s.Cycle))
	}
}

// isIdentity reports whether a sequence belongs to an identity column.
func (c *systemContext) isIdentity(s *colstore.SequenceDef) bool {
	t, ok := c.catalogOf(&colstore.Table{ID: s.OwnerTable}).TableByID(s.OwnerTable)
	if !ok {
		return false
	}
	col, ok := t.Column(s.OwnerColumn)
	return ok && col.Identity != colstore.NoIdentity
}

var constraintTypes = map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE", "c": "CHECK", "f": "FOREIGN KEY"}

// eachConstraint calls fn with all constraints of all tables.
func (c *systemContext) eachConstraint(fn func(k *constraint)) {
	for _, t := range c.tables() {
		list := constraintsOf(c.names(), t)
		for i := range list {
			fn(&list[i])
		}
	}
}

func fillTableConstraints(c *systemContext) {
	c.eachConstraint(func(k *constraint) {
		var distinct any
		if k.kind == "u" {
			distinct = "YES"
		}
		c.add(databaseName, c.schema(k.table), k.name, databaseName, c.schema(k.table), k.table.Name, constraintTypes[k.kind], yesNo(k.deferrable()), yesNo(k.deferred()), "YES", distinct)
	})
	for _, t := range c.tables() { // PostgreSQL lists NOT NULL as a check
		for i := range t.Columns {
			if t.Columns[i].NotNull {
				c.add(databaseName, c.schema(t), notNullName(t, i), databaseName, c.schema(t), t.Name, "CHECK", "NO", "NO", "YES", nil)
			}
		}
	}
}

// notNullName is PostgreSQL's name of the check that NOT NULL is.
func notNullName(t *colstore.Table, i int) string {
	return number(schemaOID(t)) + "_" + number(relationOID(t)) + "_" + number(int64(i+1)) + "_not_null"
}

func fillKeyColumns(c *systemContext) {
	c.eachConstraint(func(k *constraint) {
		if k.kind == "c" {
			return
		}
		for i, id := range k.columns {
			col, _ := k.table.Column(id)
			var place any
			if k.foreign != nil {
				place = placeInKey(k, i)
			}
			c.add(databaseName, c.schema(k.table), k.name, databaseName, c.schema(k.table), k.table.Name, col.Name, i+1, place)
		}
	})
}

// placeInKey is where the i-th column of a foreign key stands in the key that it refers to.
func placeInKey(k *constraint, i int) int {
	for _, x := range k.parent.Keys() {
		if x.Unique && sameColumns(x.Columns, k.foreign.RefColumns) {
			for n, id := range x.Columns {
				if id == k.foreign.RefColumns[i] {
					return n + 1
				}
			}
		}
	}
	return i + 1
}

func fillReferential(c *systemContext) {
	rules := map[colstore.RefAction]string{colstore.NoAction: "NO ACTION", colstore.Restrict: "RESTRICT", colstore.Cascade: "CASCADE",
		colstore.SetNull: "SET NULL", colstore.SetDefault: "SET DEFAULT"}
	c.eachConstraint(func(k *constraint) {
		if k.foreign == nil {
			return
		}
		var key any
		match := "NONE"
		if k.foreign.MatchFull {
			match = "FULL"
		}
		for _, x := range k.parent.Keys() {
			if x.Unique && x.Constraint && key == nil && sameColumns(x.Columns, k.foreign.RefColumns) {
				key = x.Name
			}
		}
		c.add(databaseName, c.schema(k.table), k.name, databaseName, c.schema(k.parent), key, match, rules[k.foreign.OnUpdate], rules[k.foreign.OnDelete])
	})
}

func fillCheckConstraints(c *systemContext) {
	c.eachConstraint(func(k *constraint) {
		if k.kind == "c" {
			c.add(databaseName, c.schema(k.table), k.name, k.def[len("CHECK "):])
		}
	})
	c.eachDomainCheck(func(d *colstore.Table, k *constraint) {
		c.add(databaseName, c.schema(d), k.name, k.def[len("CHECK "):])
	})
	for _, t := range c.tables() {
		for i := range t.Columns {
			if t.Columns[i].NotNull {
				c.add(databaseName, c.schema(t), notNullName(t, i), t.Columns[i].Name+" IS NOT NULL")
			}
		}
	}
}

func fillConstraintColumns(c *systemContext) {
	c.eachConstraint(func(k *constraint) {
		t, ids := k.table, k.columns
		if k.foreign != nil {
			t, ids = k.parent, k.foreign.RefColumns
		}
		for _, id := range ids {
			col, _ := t.Column(id)
			c.add(databaseName, c.schema(t), t.Name, col.Name, databaseName, c.schema(k.table), k.name)
		}
	})
}
