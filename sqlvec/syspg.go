package sqlvec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func init() {
	oid, text, truth, texts := types.Int64, types.Text, types.Bool, types.ArrayOf(types.Text)
	for name, t := range map[string]*systemTable{
		"pg_namespace": {columnList(cols(oid, "oid"), cols(text, "nspname"), cols(oid, "nspowner"), cols(texts, "nspacl")), fillNamespace},
		"pg_class": {columnList(cols(oid, "oid"), cols(text, "relname"), cols(oid, "relnamespace", "reltype", "reloftype", "relowner", "relam", "relfilenode", "reltablespace"),
			cols(types.Int32, "relpages"), cols(types.Float32, "reltuples"), cols(types.Int32, "relallvisible"), cols(oid, "reltoastrelid"),
			cols(truth, "relhasindex", "relisshared"), cols(text, "relpersistence", "relkind"), cols(types.Int16, "relnatts", "relchecks"),
			cols(truth, "relhasrules", "relhastriggers", "relhassubclass", "relrowsecurity", "relforcerowsecurity", "relispopulated"),
			cols(text, "relreplident"), cols(truth, "relispartition"), cols(texts, "relacl", "reloptions"), cols(text, "relpartbound")), fillClass},
		"pg_attribute": {columnList(cols(oid, "attrelid"), cols(text, "attname"), cols(oid, "atttypid"), cols(types.Int16, "attlen", "attnum"),
			cols(types.Int32, "attndims", "atttypmod"), cols(truth, "attnotnull", "atthasdef", "atthasmissing"), cols(text, "attidentity", "attgenerated"),
			cols(truth, "attisdropped", "attislocal"), cols(types.Int32, "attinhcount"), cols(oid, "attcollation"), cols(text, "attstorage", "attcompression"),
			cols(types.Int32, "attstattarget"), cols(texts, "attacl", "attoptions", "attfdwoptions"), cols(text, "attmissingval")), fillAttribute},
		"pg_attrdef": {columnList(cols(oid, "oid", "adrelid"), cols(types.Int16, "adnum"), cols(text, "adbin")), fillAttrdef},
		"pg_type": {columnList(cols(oid, "oid"), cols(text, "typname"), cols(oid, "typnamespace", "typowner"), cols(types.Int16, "typlen"), cols(truth, "typbyval"),
			cols(text, "typtype", "typcategory"), cols(truth, "typispreferred", "typisdefined"), cols(text, "typdelim"),
			cols(oid, "typrelid", "typelem", "typarray", "typbasetype"), cols(types.Int32, "typtypmod"), cols(oid, "typcollation"), cols(truth, "typnotnull"),
			cols(text, "typdefault", "typdefaultbin"), cols(types.Int32, "typndims"), cols(texts, "typacl")), fillType},
		"pg_index": {columnList(cols(oid, "indexrelid", "indrelid"), cols(types.Int16, "indnatts", "indnkeyatts"),
			cols(truth, "indisunique", "indnullsnotdistinct", "indisprimary", "indisexclusion", "indimmediate", "indisclustered", "indisvalid", "indcheckxmin", "indisready",
				"indislive", "indisreplident"),
			cols(text, "indkey", "indcollation", "indclass", "indoption", "indexprs", "indpred")), fillIndex},
		"pg_constraint": {columnList(cols(oid, "oid"), cols(text, "conname"), cols(oid, "connamespace"), cols(text, "contype"),
			cols(truth, "condeferrable", "condeferred", "convalidated"), cols(oid, "conrelid", "contypid", "conindid", "conparentid", "confrelid"),
			cols(text, "confupdtype", "confdeltype", "confmatchtype"), cols(truth, "conislocal"), cols(types.Int32, "coninhcount"), cols(truth, "connoinherit"),
			cols(types.ArrayOf(types.Int16), "conkey", "confkey"), cols(text, "conbin")), fillConstraint},
		"pg_tables":   {columnList(cols(text, "schemaname", "tablename", "tableowner", "tablespace"), cols(truth, "hasindexes", "hasrules", "hastriggers", "rowsecurity")), fillPgTables},
		"pg_matviews": {columnList(cols(text, "schemaname", "matviewname", "matviewowner", "tablespace"), cols(truth, "hasindexes", "ispopulated"), cols(text, "definition")), fillMatviews},
		"pg_views":    {cols(text, "schemaname", "viewname", "viewowner", "definition"), fillPgViews},
		"pg_indexes":  {cols(text, "schemaname", "tablename", "indexname", "tablespace", "indexdef"), fillPgIndexes},
		"pg_sequences": {columnList(cols(text, "schemaname", "sequencename", "sequenceowner", "data_type"),
			cols(types.Int64, "start_value", "min_value", "max_value", "increment_by"), cols(truth, "cycle"), cols(types.Int64, "cache_size", "last_value")), fillPgSequences},
		"pg_settings": {cols(text, "name", "setting", "unit", "category", "short_desc"), fillSettings},
		"pg_database": {columnList(cols(oid, "oid"), cols(text, "datname"), cols(oid, "datdba"), cols(types.Int32, "encoding"), cols(text, "datlocprovider", "datcollate", "datctype", "daticulocale"),
			cols(truth, "datistemplate", "datallowconn"), cols(types.Int32, "datconnlimit"), cols(texts, "datacl")), fillDatabase},
		"pg_am":          {columnList(cols(oid, "oid"), cols(text, "amname", "amtype")), fillAm},
		"pg_description": {columnList(cols(oid, "objoid", "classoid"), cols(types.Int32, "objsubid"), cols(text, "description")), fillDescription},
		"pg_enum":        {columnList(cols(oid, "oid", "enumtypid"), cols(types.Float32, "enumsortorder"), cols(text, "enumlabel")), fillEnum},
		"pg_proc": {columnList(cols(oid, "oid"), cols(text, "proname"), cols(oid, "pronamespace"), cols(text, "prokind"), cols(truth, "proretset"),
			cols(text, "provolatile"), cols(types.Int16, "pronargs"), cols(oid, "prorettype")), fillProc},
	} {
		systemTables[bind.CatalogSchema][name] = t
	}
}

func fillNamespace(c *systemContext) {
	c.add(catalogOID, bind.CatalogSchema, ownerOID, nil)
	for _, s := range c.catalog.Schemas() {
		c.add(namespaceOID(s), s.Name, ownerOID, nil)
	}
	if c.temporary != nil {
		c.add(temporaryOID, bind.TemporarySchema, ownerOID, nil)
	}
	c.add(informationID, bind.InformationSchema, ownerOID, nil)
}

var relationLetters = map[colstore.RelationKind]string{colstore.KindTable: "r", colstore.KindView: "v", colstore.KindSequence: "S"}

// relationLetter is the kind of a relation in pg_class.
func relationLetter(t *colstore.Table) string {
	if t.Materialized() {
		return "m"
	}
	return relationLetters[t.Kind]
}

func fillMatviews(c *systemContext) {
	for _, t := range c.relations() {
		if t.Materialized() {
			c.add(c.schema(t), t.Name, c.session.user, nil, len(t.Keys()) > 0, !t.Unpopulated, " "+t.Query+";")
		}
	}
}

func fillClass(c *systemContext) {
	for _, t := range c.relations() {
		rows, am := -1.0, 0
		if t.Kind == colstore.KindTable {
			rows, am = float64(c.viewOf(t).Stats(t).Rows), 2
		}
		keys := t.Keys()
		c.add(relationOID(t), t.Name, schemaOID(t), 0, 0, ownerOID, am, relationOID(t), 0, 0, rows, 0, 0, len(keys) > 0, false, persistence(t),
			relationLetter(t), len(t.Columns), len(t.Checks), t.Kind == colstore.KindView, len(t.ForeignKeys)+len(t.ReferencedBy) > 0, false,
			false, false, true, "d", false, nil, nil, nil)
		for i := range keys {
			x := &keys[i]
			c.add(indexOID(t, x), x.Name, schemaOID(t), 0, 0, ownerOID, 403, indexOID(t, x), 0, 0, rows, 0, 0, false, false, persistence(t),
				"i", len(x.Columns), 0, false, false, false, false, false, true, "n", false, nil, nil, nil)
		}
	}
}

func fillAttribute(c *systemContext) {
	for _, t := range c.relations() {
		for i := range t.Columns {
			col := &t.Columns[i]
			if col.Hidden() {
				continue
			}
			oid, mod := expr.TypeOID(col.Type)
			if col.Domain != 0 {
				oid, mod = expr.CatalogOID(col.Domain), -1
			}
			identity := map[colstore.Identity]string{colstore.IdentityAlways: "a", colstore.IdentityByDefault: "d"}[col.Identity]
			generated := map[bool]string{true: "s"}[col.Generated != ""]
			hasDefault := col.Generated != "" || col.Default != "" && col.Identity == colstore.NoIdentity
			c.add(relationOID(t), col.Name, oid, typeLength(col.Type), i+1, 0, mod, col.NotNull, hasDefault, false, identity, generated,
				false, true, 0, 0, "p", "", -1, nil, nil, nil, nil)
		}
	}
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		for i, id := range x.Columns {
			col, _ := t.Column(id)
			name := col.Name
			if col.Hidden() {
				name = "expr"
			}
			oid, mod := expr.TypeOID(col.Type)
			c.add(indexOID(t, x), name, oid, typeLength(col.Type), i+1, 0, mod, false, false, false, "", "", false, true, 0, 0, "p", "", -1, nil, nil, nil, nil)
		}
	})
}

func fillAttrdef(c *systemContext) {
	for _, t := range c.relations() {
		for i := range t.Columns {
			col := &t.Columns[i]
			if !col.Hidden() && (col.Generated != "" || col.Default != "" && col.Identity == colstore.NoIdentity) {
				c.add(relationOID(t)+int64(i)+1, relationOID(t), i+1, defaultDef(col))
			}
		}
	}
}

// typeLength is PostgreSQL's length of a type in bytes, -1 for a variable one.
func typeLength(t types.Type) int {
	if n, ok := map[types.ID]int{types.Enum: 4, types.Bool: 1, types.Int16: 2, types.Int32: 4, types.Int64: 8, types.Float32: 4, types.Float64: 8,
		types.Date: 4, types.Time: 8, types.TimeTZ: 12, types.UUID: 16, types.Timestamp: 8, types.TimestampTZ: 8, types.Interval: 16}[t.ID]; ok {
		return n
	}
	return -1
}

// internalNames are PostgreSQL's internal names of types.
var internalNames = map[types.ID]string{types.Bool: "bool", types.Bytea: "bytea", types.Int64: "int8", types.Int16: "int2", types.Int32: "int4",
	types.Text: "text", types.JSON: "json", types.Float32: "float4", types.Float64: "float8", types.Varchar: "varchar", types.Bpchar: "bpchar", types.Date: "date",
	types.Timestamp: "timestamp", types.TimestampTZ: "timestamptz", types.Interval: "interval", types.Numeric: "numeric",
	types.Time: "time", types.TimeTZ: "timetz", types.UUID: "uuid", types.JSONB: "jsonb", types.JSONPath: "jsonpath"}

func internalName(t types.Type) string {
	if t.IsArray() {
		return "_" + internalName(t.Elem())
	}
	if t.Enum != nil {
		return t.Enum.Name
	}
	if n, ok := internalNames[t.ID]; ok {
		return n
	}
	return t.String()
}

func fillType(c *systemContext) {
	categories := map[types.ID]string{types.Bool: "B", types.Bytea: "U", types.JSON: "U", types.JSONB: "U", types.JSONPath: "U", types.UUID: "U", types.Time: "D", types.TimeTZ: "D", types.Text: "S", types.Varchar: "S", types.Bpchar: "S",
		types.Date: "D", types.Timestamp: "D", types.TimestampTZ: "D", types.Interval: "T"}
	category := func(t types.Type) string {
		switch {
		case t.IsArray():
			return "A"
		case t.IsEnum():
			return "E"
		case t.IsNumber():
			return "N"
		}
		return categories[t.ID]
	}
	fillDomainTypes(c, category)
	preferred := map[types.ID]bool{types.Bool: true, types.Text: true, types.Float64: true, types.TimestampTZ: true, types.Interval: true}
	for id := types.Bool; id <= types.LastID; id++ {
		t := types.T(id)
		oid, _ := expr.TypeOID(t)
		if oid == 0 {
			continue
		}
		n := typeLength(t)
		c.add(oid, internalName(t), catalogOID, ownerOID, n, n > 0 && n <= 8, "b", category(t), preferred[id], true, ",", 0, 0, 0, 0, -1, 0, false, nil, nil, 0, nil)
	}
	for _, e := range c.catalog.Enums() {
		t := e.EnumType()
		oid, _ := expr.TypeOID(t)
		array, _ := expr.TypeOID(t.Array())
		c.add(oid, internalName(t), schemaOID(e), ownerOID, 4, true, "e", "E", false, true, ",", 0, 0, array, 0, -1, 0, false, nil, nil, 0, nil)
		c.add(array, internalName(t.Array()), schemaOID(e), ownerOID, -1, false, "b", "A", false, true, ",", 0, oid, 0, 0, -1, 0, false, nil, nil, 0, nil)
	}
}

// fillDomainTypes lists the domains among the types.
func fillDomainTypes(c *systemContext, category func(t types.Type) string) {
	for _, d := range c.catalog.Domains() {
		v := &d.Columns[0]
		oid, mod := expr.TypeOID(v.Type)
		n := typeLength(v.Type)
		c.add(relationOID(d), d.Name, schemaOID(d), ownerOID, n, n > 0 && n <= 8, "d", category(v.Type), false, true, ",", 0, 0, 0, oid, mod, 0, v.NotNull, orNull(v.Default), nil, 0, nil)
	}
}

// fillEnum lists the labels of enumerations.
func fillEnum(c *systemContext) {
	for _, e := range c.catalog.Enums() {
		oid, _ := expr.TypeOID(e.EnumType())
		for i, l := range e.Labels {
			c.add(oid+int64(i)+2, oid, float64(i+1), l)
		}
	}
}

// eachIndex calls fn with all indexes of all tables.
func (c *systemContext) eachIndex(fn func(t *colstore.Table, x *colstore.Index)) {
	for _, t := range c.tables() {
		keys := t.Keys()
		for i := range keys {
			fn(t, &keys[i])
		}
	}
}

func fillIndex(c *systemContext) {
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		n := len(x.Columns)
		collations, classes := make([]string, n), make([]string, n)
		for i, id := range x.Columns {
			col, _ := t.Column(id)
			classes[i], collations[i] = number(classOf(col.Type)), "0"
			if col.Type.Elem().IsString() {
				collations[i] = "100"
			}
		}
		c.add(indexOID(t, x), relationOID(t), n, n, x.Unique, false, x.ID == 0, false, true, false, true, false, true, true, false,
			strings.Join(numbers(t, x.Columns), " "), strings.Join(collations, " "), strings.Join(classes, " "), zeros(n), orNull(expressions(t, x)), orNull(where(t, x)))
	})
}

// numbers are the places of columns in their table.
func numbers(t *colstore.Table, ids []uint32) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.Itoa(attributeNumber(t, id))
	}
	return list
}

func fillConstraint(c *systemContext) {
	letters := map[colstore.RefAction]string{colstore.NoAction: "a", colstore.Restrict: "r", colstore.Cascade: "c", colstore.SetNull: "n", colstore.SetDefault: "d"}
	c.eachConstraint(func(k *constraint) {
		var index, parent int64
		up, del, match := " ", " ", " "
		var refs, condition any
		switch {
		case k.index != nil:
			index = indexOID(k.table, k.index)
		case k.foreign != nil:
			parent, up, del, match = relationOID(k.parent), letters[k.foreign.OnUpdate], letters[k.foreign.OnDelete], "s"
			if k.foreign.MatchFull {
				match = "f"
			}
			refs = "{" + strings.Join(numbers(k.parent, k.foreign.RefColumns), ",") + "}"
			if x := k.parentKey(); x != nil {
				index = indexOID(k.parent, x)
			}
		default:
			condition = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(k.def, " NOT VALID"), "CHECK ("), ")")
		}
		c.add(k.oid, k.name, schemaOID(k.table), k.kind, k.deferrable(), k.deferred(), !k.notValid, relationOID(k.table), 0, index, 0, parent, up, del, match, true, 0, k.kind != "c",
			"{"+strings.Join(numbers(k.table, k.columns), ",")+"}", refs, condition)
	})
	c.eachDomainCheck(func(d *colstore.Table, k *constraint) {
		c.add(k.oid, k.name, schemaOID(d), "c", false, false, true, 0, relationOID(d), 0, 0, 0, " ", " ", " ", true, 0, false, nil, nil, conditionDef(k.check))
	})
}

func fillPgTables(c *systemContext) {
	for _, t := range c.tables() {
		if t.Materialized() {
			continue
		}
		c.add(c.schema(t), t.Name, c.session.user, nil, len(t.Keys()) > 0, false, len(t.ForeignKeys)+len(t.ReferencedBy) > 0, false)
	}
}

func fillPgViews(c *systemContext) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindView {
			c.add(c.schema(t), t.Name, c.session.user, " "+t.Query+";")
		}
	}
}

func fillPgIndexes(c *systemContext) {
	c.eachIndex(func(t *colstore.Table, x *colstore.Index) {
		c.add(c.schema(t), t.Name, x.Name, nil, indexDef(c.catalogOf(t), t, x))
	})
}

func fillPgSequences(c *systemContext) {
	for _, t := range c.relations() {
		s := t.Sequence
		if s == nil {
			continue
		}
		var last any
		if at := c.session.sequencePosition(t); at.Called {
			last = at.Last
		}
		c.add(c.schema(t), t.Name, c.session.user, s.Type.String(), s.Start, s.Min, s.Max, s.Increment, s.Cycle, s.Cache, last)
	}
}

func fillSettings(c *systemContext) {
	for _, n := range settingNames() {
		def := allSettings[n]
		c.add(n, def.show(c.session), nil, nil, def.what)
	}
}

func fillDatabase(c *systemContext) {
	c.add(databaseOID, databaseName, ownerOID, 6, "c", "C", "C.UTF-8", nil, false, true, -1, nil)
}

func fillAm(c *systemContext) {
	c.add(2, "heap", "t")
	c.add(403, "btree", "i")
}

func fillDescription(c *systemContext) {
	for _, s := range c.catalog.Schemas() {
		if text := s.Comment(0, ""); text != "" {
			c.add(namespaceOID(s), namespaceClassOID, 0, text)
		}
	}
	for _, e := range c.catalog.Enums() {
		if text := e.Comment(0, ""); text != "" {
			c.add(relationOID(e), typeClassOID, 0, text)
		}
	}
	for _, d := range c.catalog.Domains() {
		if text := d.Comment(0, ""); text != "" {
			c.add(relationOID(d), typeClassOID, 0, text)
		}
	}
	for _, t := range c.relations() {
		for _, comment := range t.Comments {
			switch {
			case comment.Constraint != "":
				if x, ok := keyNamed(t, comment.Constraint); ok {
					c.add(indexOID(t, x), classOID, 0, comment.Text)
				}
			default:
				c.add(relationOID(t), classOID, attributeNumber(t, comment.Column), comment.Text)
			}
		}
	}
}

func keyNamed(t *colstore.Table, name string) (*colstore.Index, bool) {
	keys := t.Keys()
	for i := range keys {
		if keys[i].Name == name {
			return &keys[i], true
		}
	}
	return nil, false
}

func fillProc(c *systemContext) {
	kinds := map[bool]string{true: "a", false: "f"}
	letters := map[expr.Volatility]string{expr.Immutable: "i", expr.Stable: "s", expr.Volatile: "v"}
	for i, f := range expr.Functions() {
		oid, _ := expr.TypeOID(types.T(f.Returns))
		c.add(expr.FunctionOID(i), f.Name, catalogOID, kinds[f.Aggregate], false, letters[f.Volatility], f.Args, oid)
	}
}
