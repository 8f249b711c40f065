package sqlvec

import (
	"strings"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// DuckDB's functions that list what there is. Their columns are DuckDB's but for tags, of which there are none;
// lists are arrays, and types have PostgreSQL's names.

func init() {
	systemTypes["text[]"], systemTypes["bigint[]"] = types.ArrayOf(types.Text), types.ArrayOf(types.Int64)
	const place = "database_name, database_oid bigint, schema_name, schema_oid bigint, "
	systemTables[bind.DuckFunctions] = map[string]*systemTable{
		"duckdb_tables": {columnsOf(place + "table_name, table_oid bigint, comment, internal boolean, temporary boolean, has_primary_key boolean, estimated_size bigint, " +
			"column_count bigint, index_count bigint, check_constraint_count bigint, sql"), fillDuckTables},
		"duckdb_views": {columnsOf(place + "view_name, view_oid bigint, comment, internal boolean, temporary boolean, column_count bigint, sql"), fillDuckViews},
		"duckdb_columns": {columnsOf(place + "table_name, table_oid bigint, column_name, column_index integer, comment, internal boolean, column_default, is_nullable boolean, data_type, " +
			"data_type_id bigint, character_maximum_length integer, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer, is_generated boolean, " +
			"generation_expression"), fillDuckColumns},
		"duckdb_indexes": {columnsOf(place + "index_name, index_oid bigint, table_name, table_oid bigint, comment, is_unique boolean, is_primary boolean, expressions, sql"), fillDuckIndexes},
		"duckdb_constraints": {columnsOf(place + "table_name, table_oid bigint, constraint_index bigint, constraint_type, constraint_text, expression, " +
			"constraint_column_indexes bigint[], constraint_column_names text[], constraint_name, referenced_table, referenced_column_names text[]"), fillDuckConstraints},
		"duckdb_sequences": {columnsOf(place + "sequence_name, sequence_oid bigint, comment, temporary boolean, start_value bigint, min_value bigint, max_value bigint, " +
			"increment_by bigint, cycle boolean, last_value bigint, sql"), fillDuckSequences},
		"duckdb_functions": {columnsOf("database_name, schema_name, function_name, function_type, return_type, parameter_types text[], has_side_effects boolean, internal boolean, " +
			"function_oid bigint, stability"), fillDuckFunctions},
		"duckdb_settings":  {columnsOf("name, value, description, input_type, scope"), fillDuckSettings},
		"duckdb_types":     {columnsOf(place + "type_oid bigint, type_name, type_size bigint, logical_type, type_category, comment, internal boolean, labels text[]"), fillDuckTypes},
		"duckdb_schemas":   {columnsOf("oid bigint, database_name, database_oid bigint, schema_name, comment, internal boolean, sql"), fillDuckSchemas},
		"duckdb_databases": {columnsOf("database_name, database_oid bigint, path, comment, internal boolean, type, readonly boolean"), fillDuckDatabases},
		"duckdb_variables": {columnsOf("name, value, type"), fillDuckVariables},
		"duckdb_extensions": {columnsOf("extension_name, loaded boolean, installed boolean, install_path, description, aliases text[], extension_version"),
			func(*systemContext) {}},
	}
}

// listOf is an array of texts or numbers.
func listOf[T string | int64](typ types.ID, list []T) types.Value {
	var elems []types.Value
	for _, x := range list {
		switch x := any(x).(type) {
		case string:
			elems = append(elems, types.BytesValue(types.T(typ), x))
		case int64:
			elems = append(elems, types.IntValue(types.T(typ), x))
		}
	}
	v, err := types.List(elems).Value(types.T(typ).Array())
	if err != nil {
		return types.NullOf(types.T(typ).Array())
	}
	return v
}

// commentOf is a comment, or NULL.
func commentOf(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// placed adds a row of an object of a schema: row is what is known of it besides.
func (c *systemContext) placed(t *colstore.Table, row map[string]any) {
	row["database_name"], row["database_oid"], row["schema_name"], row["schema_oid"] = databaseName, databaseOID, c.schema(t), schemaOID(t)
	for _, def := range c.def.columns {
		switch def.name {
		case "internal":
			row["internal"] = false
		case "temporary":
			row["temporary"] = isTemporary(t)
		}
	}
	c.addNamed(row)
}

func fillDuckTables(c *systemContext) {
	for _, t := range c.tables() {
		primary := false
		for _, x := range t.Keys() {
			primary = primary || x.ID == 0 && x.Constraint
		}
		c.placed(t, map[string]any{"table_name": t.Name, "table_oid": relationOID(t), "comment": commentOf(t.Comment(0, "")), "has_primary_key": primary,
			"estimated_size": c.viewOf(t).Stats(t).Rows, "column_count": len(t.Columns), "index_count": len(t.Keys()), "check_constraint_count": len(t.Checks), "sql": c.tableDef(t)})
	}
}

// tableDef is the statement that makes a table.
func (c *systemContext) tableDef(t *colstore.Table) string {
	name := bind.QuotedName(c.catalogOf(t), t)
	if t.Materialized() {
		return "CREATE MATERIALIZED VIEW " + name + " AS " + t.Query + ";"
	}
	var parts []string
	for _, col := range t.Shown() {
		parts = append(parts, columnDef(&col, c.typeText(&col)))
	}
	for _, k := range constraintsOf(c.names(), t) {
		parts = append(parts, "CONSTRAINT "+quoted(k.name)+" "+k.def)
	}
	return "CREATE " + markIf(isTemporary(t), "TEMPORARY ") + "TABLE " + name + " (" + strings.Join(parts, ", ") + ");"
}

// columnDef is a column with a type as CREATE TABLE has it.
func columnDef(col *colstore.Column, typ string) string {
	def := quoted(col.Name) + " " + typ
	switch {
	case col.Generated != "":
		def += " GENERATED ALWAYS AS (" + col.Generated + ") STORED"
	case col.Identity == colstore.IdentityAlways:
		def += " GENERATED ALWAYS AS IDENTITY"
	case col.Identity == colstore.IdentityByDefault:
		def += " GENERATED BY DEFAULT AS IDENTITY"
	case col.Default != "":
		def += " DEFAULT " + col.Default
	}
	return def + markIf(col.NotNull && col.Identity == colstore.NoIdentity, " NOT NULL")
}

func fillDuckViews(c *systemContext) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindView {
			c.placed(t, map[string]any{"view_name": t.Name, "view_oid": relationOID(t), "comment": commentOf(t.Comment(0, "")), "column_count": len(t.Columns),
				"sql": "CREATE VIEW " + bind.QuotedName(c.catalogOf(t), t) + " AS " + t.Query + ";"})
		}
	}
}

func fillDuckColumns(c *systemContext) {
	for _, t := range c.relations() {
		for i := range t.Columns {
			if t.Kind == colstore.KindSequence {
				break
			}
			col := &t.Columns[i]
			if col.Hidden() {
				continue
			}
			oid, _ := expr.TypeOID(col.Type)
			row := map[string]any{"table_name": t.Name, "table_oid": relationOID(t), "column_name": col.Name, "column_index": i + 1, "comment": commentOf(t.Comment(col.ID, "")),
				"is_nullable": !col.NotNull, "data_type": col.Type.Definition(), "data_type_id": oid, "is_generated": col.Generated != ""}
			describeSize(func(name string, v any) { row[name] = v }, col.Type)
			switch {
			case col.Generated != "":
				row["generation_expression"] = conditionDef(col.Generated)
			case col.Default != "" && col.Identity == colstore.NoIdentity:
				row["column_default"] = defaultDef(col)
			}
			c.placed(t, row)
		}
	}
}

func fillDuckIndexes(c *systemContext) {
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		c.placed(t, map[string]any{"index_name": x.Name, "index_oid": indexOID(t, x), "table_name": t.Name, "table_oid": relationOID(t), "comment": commentOf(t.Comment(0, x.Name)),
			"is_unique": x.Unique, "is_primary": x.ID == 0, "expressions": "[" + quotedColumns(t, x.Columns) + "]", "sql": indexDef(c.catalogOf(t), t, x) + ";"})
	})
}

func fillDuckConstraints(c *systemContext) {
	for _, t := range c.tables() {
		index := 0
		add := func(kind, text string, columns []uint32, more map[string]any) {
			var places []int64
			for _, id := range columns {
				places = append(places, int64(attributeNumber(t, id)-1))
			}
			row := map[string]any{"table_name": t.Name, "table_oid": relationOID(t), "constraint_index": index, "constraint_type": kind, "constraint_text": text,
				"constraint_column_indexes": listOf(types.Int64, places), "constraint_column_names": listOf(types.Text, columnNames(t, columns)),
				"referenced_column_names": listOf[string](types.Text, nil)}
			for name, v := range more {
				row[name] = v
			}
			c.placed(t, row)
			index++
		}
		for _, k := range constraintsOf(c.names(), t) {
			more := map[string]any{"constraint_name": k.name}
			switch {
			case k.kind == "c":
				more["expression"] = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(k.def, " NOT VALID"), "CHECK ("), ")")
			case k.foreign != nil:
				more["referenced_table"], more["referenced_column_names"] = k.parent.Name, listOf(types.Text, columnNames(k.parent, k.foreign.RefColumns))
			}
			add(constraintTypes[k.kind], k.def, k.columns, more)
		}
		for i := range t.Columns {
			if t.Columns[i].NotNull {
				add("NOT NULL", "NOT NULL", []uint32{t.Columns[i].ID}, map[string]any{"constraint_name": t.Name + "_" + t.Columns[i].Name + "_not_null"})
			}
		}
	}
}

// columnNames are the names of columns of a table.
func columnNames(t *colstore.Table, ids []uint32) (names []string) {
	for _, id := range ids {
		if col, ok := t.Column(id); ok {
			names = append(names, col.Name)
		}
	}
	return names
}

func fillDuckSequences(c *systemContext) {
	for _, t := range c.relations() {
		s := t.Sequence
		if s == nil {
			continue
		}
		row := map[string]any{"sequence_name": t.Name, "sequence_oid": relationOID(t), "comment": commentOf(t.Comment(0, "")), "start_value": s.Start, "min_value": s.Min,
			"max_value": s.Max, "increment_by": s.Increment, "cycle": s.Cycle, "sql": "CREATE SEQUENCE " + bind.QuotedName(c.catalogOf(t), t) + " AS " + s.Type.String() +
				" INCREMENT BY " + number(s.Increment) + " MINVALUE " + number(s.Min) + " MAXVALUE " + number(s.Max) + " START WITH " + number(s.Start) + markIf(!s.Cycle, " NO") + " CYCLE;"}
		if at := c.session.sequencePosition(t); at.Called {
			row["last_value"] = at.Last
		}
		c.placed(t, row)
	}
}

func fillDuckFunctions(c *systemContext) {
	stability := map[expr.Volatility]string{expr.Immutable: "CONSISTENT", expr.Stable: "CONSISTENT_WITHIN_QUERY", expr.Volatile: "VOLATILE"}
	kinds := map[bool]string{true: "aggregate", false: "scalar"}
	for i, f := range expr.Functions() {
		c.add(databaseName, bind.CatalogSchema, f.Name, kinds[f.Aggregate], f.Result, listOf(types.Text, f.Types), f.Volatility == expr.Volatile, true, expr.FunctionOID(i), stability[f.Volatility])
	}
}

func fillDuckSettings(c *systemContext) {
	for _, n := range settingNames() {
		def := allSettings[n]
		c.add(n, def.show(c.session), def.what, "VARCHAR", "LOCAL")
	}
}

func fillDuckTypes(c *systemContext) {
	for id := types.Bool; id <= types.LastID; id++ {
		t := types.T(id)
		oid, _ := expr.TypeOID(t)
		if oid == 0 {
			continue
		}
		var category, size any
		switch {
		case t.IsNumber():
			category = "NUMERIC"
		case t.IsString():
			category = "STRING"
		case id == types.Bool:
			category = "BOOLEAN"
		case id == types.Date || id == types.Time || id == types.TimeTZ || id == types.Timestamp || id == types.TimestampTZ || id == types.Interval:
			category = "DATETIME"
		}
		if n := typeLength(t); n > 0 {
			size = n
		}
		c.add(databaseName, databaseOID, bind.CatalogSchema, catalogOID, oid, internalName(t), size, strings.ToUpper(t.String()), category, nil, true, nil)
	}
	for _, e := range c.catalog.Enums() {
		oid, _ := expr.TypeOID(e.EnumType())
		c.add(databaseName, databaseOID, c.schema(e), schemaOID(e), oid, e.Name, 4, "ENUM", "STRING", nil, false, listOf(types.Text, e.Labels))
	}
}

func fillDuckSchemas(c *systemContext) {
	for _, s := range c.catalog.Schemas() {
		c.add(namespaceOID(s), databaseName, databaseOID, s.Name, commentOf(s.Comment(0, "")), false, "CREATE SCHEMA "+quoted(s.Name)+";")
	}
	c.add(catalogOID, databaseName, databaseOID, bind.CatalogSchema, nil, true, nil)
	c.add(informationID, databaseName, databaseOID, bind.InformationSchema, nil, true, nil)
}

func fillDuckDatabases(c *systemContext) {
	info := c.session.db.store.Info()
	c.add(databaseName, databaseOID, info.Dir, nil, false, "driftdb", info.ReadOnly)
}

func fillDuckVariables(c *systemContext) {
	for _, name := range sortedKeys(c.session.variables) {
		v := c.session.variables[name]
		var text any
		if v.Valid {
			text = c.session.Zone().Format(v)
		}
		c.add(name, text, v.Type.String())
	}
}
