package sqlvec

import (
	"strings"
	"time"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// The views of what is fixed, and of what other systems have and this one has none of.

func init() {
	nothing := func(*systemContext) {}
	for name, t := range map[string]*systemTable{
		"pg_collation": {columnsOf("oid oid, collname, collnamespace oid, collowner oid, collprovider, collisdeterministic boolean, collencoding integer, collcollate, collctype, " +
			"colliculocale, collversion"), fillCollations},
		"pg_timezone_names":   {columnsOf("name, abbrev, utc_offset interval, is_dst boolean"), fillZoneNames},
		"pg_timezone_abbrevs": {columnsOf("abbrev, utc_offset interval, is_dst boolean"), fillZoneAbbrevs},
		"pg_user":             {columnsOf("usename, usesysid oid, usecreatedb boolean, usesuper boolean, userepl boolean, usebypassrls boolean, passwd, valuntil timestamptz, useconfig text[]"), fillUser},
		"pg_roles": {columnsOf("rolname, rolsuper boolean, rolinherit boolean, rolcreaterole boolean, rolcreatedb boolean, rolcanlogin boolean, rolreplication boolean, " +
			"rolconnlimit integer, rolpassword, rolvaliduntil timestamptz, rolbypassrls boolean, rolconfig text[], oid oid"), fillRoles},
		"pg_sequence":              {columnsOf("seqrelid oid, seqtypid oid, seqstart bigint, seqincrement bigint, seqmax bigint, seqmin bigint, seqcache bigint, seqcycle boolean"), fillSequence},
		"pg_extension":             {columnsOf("oid oid, extname, extowner oid, extnamespace oid, extrelocatable boolean, extversion, extconfig oid[], extcondition text[]"), nothing},
		"pg_available_extensions":  {columnsOf("name, default_version, installed_version, comment"), nothing},
		"pg_auth_members":          {columnsOf("roleid oid, member oid, grantor oid, admin_option boolean"), nothing},
		"pg_group":                 {columnsOf("groname, grosysid oid, grolist oid[]"), nothing},
		"pg_range":                 {columnsOf("rngtypid oid, rngsubtype oid, rngmultitypid oid, rngcollation oid, rngsubopc oid, rngcanonical, rngsubdiff"), nothing},
		"pg_inherits":              {columnsOf("inhrelid oid, inhparent oid, inhseqno integer, inhdetachpending boolean"), nothing},
		"pg_language":              {columnsOf("oid oid, lanname, lanowner oid, lanispl boolean, lanpltrusted boolean, lanplcallfoid oid, laninline oid, lanvalidator oid, lanacl text[]"), nothing},
		"pg_statistic_ext":         {columnsOf("oid oid, stxrelid oid, stxname, stxnamespace oid, stxowner oid, stxstattarget integer, stxkeys, stxkind text[], stxexprs"), nothing},
		"pg_policy":                {columnsOf("oid oid, polname, polrelid oid, polcmd, polpermissive boolean, polroles oid[], polqual, polwithcheck"), nothing},
		"pg_policies":              {columnsOf("schemaname, tablename, policyname, permissive, roles text[], cmd, qual, with_check"), nothing},
		"pg_publication":           {columnsOf("oid oid, pubname, pubowner oid, puballtables boolean, pubinsert boolean, pubupdate boolean, pubdelete boolean, pubtruncate boolean, pubviaroot boolean"), nothing},
		"pg_publication_rel":       {columnsOf("oid oid, prpubid oid, prrelid oid, prqual, prattrs smallint[]"), nothing},
		"pg_publication_namespace": {columnsOf("oid oid, pnpubid oid, pnnspid oid"), nothing},
		"pg_publication_tables":    {columnsOf("pubname, schemaname, tablename, attnames text[], rowfilter"), nothing},
		"pg_foreign_table":         {columnsOf("ftrelid oid, ftserver oid, ftoptions text[]"), nothing},
		"pg_foreign_server":        {columnsOf("oid oid, srvname, srvowner oid, srvfdw oid, srvtype, srvversion, srvacl text[], srvoptions text[]"), nothing},
		"pg_foreign_data_wrapper":  {columnsOf("oid oid, fdwname, fdwowner oid, fdwhandler oid, fdwvalidator oid, fdwacl text[], fdwoptions text[]"), nothing},
		"pg_shdescription":         {columnsOf("objoid oid, classoid oid, description"), nothing},
		"pg_rules":                 {columnsOf("schemaname, tablename, rulename, definition"), nothing},
		"pg_partitioned_table":     {columnsOf("partrelid oid, partstrat, partnatts smallint, partdefid oid, partattrs, partclass, partcollation, partexprs"), nothing},
		"pg_event_trigger":         {columnsOf("oid oid, evtname, evtevent, evtowner oid, evtfoid oid, evtenabled, evttags text[]"), nothing},
		"pg_trigger": {columnsOf("oid oid, tgrelid oid, tgparentid oid, tgname, tgfoid oid, tgtype smallint, tgenabled, tgisinternal boolean, tgconstrrelid oid, tgconstrindid oid, " +
			"tgconstraint oid, tgdeferrable boolean, tginitdeferred boolean, tgnargs smallint, tgattr, tgargs, tgqual, tgoldtable, tgnewtable"), nothing},
		"pg_tablespace":     {columnsOf("oid oid, spcname, spcowner oid, spcacl text[], spcoptions text[]"), nothing},
		"pg_prepared_xacts": {columnsOf("transaction xid, gid, prepared timestamptz, owner, database"), nothing},
		"pg_subscription": {columnsOf("oid oid, subdbid oid, subskiplsn, subname, subowner oid, subenabled boolean, subbinary boolean, substream boolean, subtwophasestate, " +
			"subdisableonerr boolean, subconninfo, subslotname, subsynccommit, subpublications text[]"), nothing},
		"pg_user_mappings": {columnsOf("umid oid, srvid oid, srvname, umuser oid, usename, umoptions text[]"), nothing},
		"pg_shdepend":      {columnsOf("dbid oid, classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, deptype"), nothing},
	} {
		systemTables[bind.CatalogSchema][name] = t
	}
	for name, t := range map[string]*systemTable{
		"routines": {columnsOf("specific_catalog, specific_schema, specific_name, routine_catalog, routine_schema, routine_name, routine_type, module_catalog, module_schema, " +
			"module_name, udt_catalog, udt_schema, udt_name, data_type, character_maximum_length integer, character_octet_length integer, character_set_catalog, " +
			"character_set_schema, character_set_name, collation_catalog, collation_schema, collation_name, numeric_precision integer, " +
			"numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, interval_type, interval_precision integer, type_udt_catalog, " +
			"type_udt_schema, type_udt_name, scope_catalog, scope_schema, scope_name, maximum_cardinality integer, dtd_identifier, routine_body, " +
			"routine_definition, external_name, external_language, parameter_style, is_deterministic, sql_data_access, is_null_call, sql_path, " +
			"schema_level_routine, max_dynamic_result_sets integer, is_user_defined_cast, is_implicitly_invocable, security_type, to_sql_specific_catalog, " +
			"to_sql_specific_schema, to_sql_specific_name, as_locator, created timestamptz, last_altered timestamptz, new_savepoint_level, is_udt_dependent, " +
			"result_cast_from_data_type, result_cast_as_locator, result_cast_char_max_length integer, result_cast_char_octet_length integer, " +
			"result_cast_char_set_catalog, result_cast_char_set_schema, result_cast_char_set_name, result_cast_collation_catalog, result_cast_collation_schema, " +
			"result_cast_collation_name, result_cast_numeric_precision integer, result_cast_numeric_precision_radix integer, result_cast_numeric_scale integer, " +
			"result_cast_datetime_precision integer, result_cast_interval_type, result_cast_interval_precision integer, result_cast_type_udt_catalog, " +
			"result_cast_type_udt_schema, result_cast_type_udt_name, result_cast_scope_catalog, result_cast_scope_schema, result_cast_scope_name, " +
			"result_cast_maximum_cardinality integer, result_cast_dtd_identifier"), fillRoutines},
		"parameters": {columnsOf("specific_catalog, specific_schema, specific_name, ordinal_position integer, parameter_mode, is_result, as_locator, parameter_name, data_type, " +
			"character_maximum_length integer, character_octet_length integer, character_set_catalog, character_set_schema, character_set_name, collation_catalog, " +
			"collation_schema, collation_name, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, " +
			"interval_type, interval_precision integer, udt_catalog, udt_schema, udt_name, scope_catalog, scope_schema, scope_name, maximum_cardinality integer, " +
			"dtd_identifier, parameter_default"), fillParameters},
		"table_privileges":   {columnsOf("grantor, grantee, table_catalog, table_schema, table_name, privilege_type, is_grantable, with_hierarchy"), fillTablePrivileges},
		"role_table_grants":  {columnsOf("grantor, grantee, table_catalog, table_schema, table_name, privilege_type, is_grantable, with_hierarchy"), fillTablePrivileges},
		"column_privileges":  {columnsOf("grantor, grantee, table_catalog, table_schema, table_name, column_name, privilege_type, is_grantable"), fillColumnPrivileges},
		"role_column_grants": {columnsOf("grantor, grantee, table_catalog, table_schema, table_name, column_name, privilege_type, is_grantable"), fillColumnPrivileges},
		"enabled_roles":      {columnsOf("role_name"), func(c *systemContext) { c.add(c.session.user) }},
		"character_sets": {columnsOf("character_set_catalog, character_set_schema, character_set_name, character_repertoire, form_of_use, default_collate_catalog, default_collate_schema, " +
			"default_collate_name"), fillCharacterSets},
		"collations":                        {columnsOf("collation_catalog, collation_schema, collation_name, pad_attribute"), fillStandardCollations},
		"information_schema_catalog_name":   {columnsOf("catalog_name"), func(c *systemContext) { c.add(databaseName) }},
		"applicable_roles":                  {columnsOf("grantee, role_name, is_grantable"), nothing},
		"administrable_role_authorizations": {columnsOf("grantee, role_name, is_grantable"), nothing},
		"triggers": {columnsOf("trigger_catalog, trigger_schema, trigger_name, event_manipulation, event_object_catalog, event_object_schema, event_object_table, " +
			"action_order integer, action_condition, action_statement, action_orientation, action_timing, action_reference_old_table, action_reference_new_table, " +
			"action_reference_old_row, action_reference_new_row, created timestamptz"), nothing},
		"triggered_update_columns": {columnsOf("trigger_catalog, trigger_schema, trigger_name, event_object_catalog, event_object_schema, event_object_table, event_object_column"), nothing},
		"domains": {columnsOf("domain_catalog, domain_schema, domain_name, data_type, character_maximum_length integer, character_octet_length integer, character_set_catalog, " +
			"character_set_schema, character_set_name, collation_catalog, collation_schema, collation_name, numeric_precision integer, " +
			"numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, interval_type, interval_precision integer, domain_default, " +
			"udt_catalog, udt_schema, udt_name, scope_catalog, scope_schema, scope_name, maximum_cardinality integer, dtd_identifier"), fillDomains},
		"domain_constraints": {columnsOf("constraint_catalog, constraint_schema, constraint_name, domain_catalog, domain_schema, domain_name, is_deferrable, initially_deferred"), fillDomainConstraints},
		"foreign_tables":     {columnsOf("foreign_table_catalog, foreign_table_schema, foreign_table_name, foreign_server_catalog, foreign_server_name"), nothing},
		"column_options":     {columnsOf("table_catalog, table_schema, table_name, column_name, option_name, option_value"), nothing},
		"attributes": {columnsOf("udt_catalog, udt_schema, udt_name, attribute_name, ordinal_position integer, attribute_default, is_nullable, data_type, " +
			"character_maximum_length integer, character_octet_length integer, character_set_catalog, character_set_schema, character_set_name, collation_catalog, " +
			"collation_schema, collation_name, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, " +
			"interval_type, interval_precision integer, attribute_udt_catalog, attribute_udt_schema, attribute_udt_name, scope_catalog, scope_schema, scope_name, " +
			"maximum_cardinality integer, dtd_identifier, is_derived_reference_attribute"), nothing},
		"user_defined_types": {columnsOf("user_defined_type_catalog, user_defined_type_schema, user_defined_type_name, user_defined_type_category, is_instantiable, is_final, ordering_form, " +
			"ordering_category, ordering_routine_catalog, ordering_routine_schema, ordering_routine_name, reference_type, data_type, " +
			"character_maximum_length integer, character_octet_length integer, character_set_catalog, character_set_schema, character_set_name, collation_catalog, " +
			"collation_schema, collation_name, numeric_precision integer, numeric_precision_radix integer, numeric_scale integer, datetime_precision integer, " +
			"interval_type, interval_precision integer, source_dtd_identifier, ref_dtd_identifier"), nothing},
	} {
		systemTables[bind.InformationSchema][name] = t
	}
}

func fillCollations(c *systemContext) {
	c.add(100, "default", catalogOID, ownerOID, "d", true, -1, nil, nil, nil, nil)
	c.add(950, "C", catalogOID, ownerOID, "c", true, -1, "C", "C", nil, nil)
	c.add(951, "POSIX", catalogOID, ownerOID, "c", true, -1, "POSIX", "POSIX", nil, nil)
	c.add(12340, "ucs_basic", catalogOID, ownerOID, "c", true, 6, "C", "C", nil, nil)
}

func fillStandardCollations(c *systemContext) {
	for _, name := range []string{"default", "C", "POSIX", "ucs_basic"} {
		c.add(databaseName, bind.CatalogSchema, name, "NO PAD")
	}
}

func fillCharacterSets(c *systemContext) {
	c.add(nil, nil, "UTF8", "UCS", "UTF8", databaseName, nil, nil)
}

// span is an interval of so many seconds.
func span(seconds int) types.Value {
	return types.SpanValue(types.IntervalValue{Micros: int64(seconds) * types.MicrosPerSecond})
}

// fillZoneNames lists the time zones as they are now.
func fillZoneNames(c *systemContext) {
	now := time.UnixMicro(c.session.db.now())
	for _, name := range types.ZoneNames() {
		zone, err := types.LoadZone(name, false)
		if err != nil {
			c.err = err
			return
		}
		at := now.In(zone)
		abbrev, seconds := at.Zone()
		c.add(name, abbrev, span(seconds), at.IsDST())
	}
}

func fillZoneAbbrevs(c *systemContext) {
	all := types.ZoneAbbrevs()
	for _, abbrev := range sortedKeys(all) {
		c.add(abbrev, span(all[abbrev]), types.IsSummerAbbrev(abbrev))
	}
}

func fillUser(c *systemContext) {
	c.add(c.session.user, ownerOID, true, true, false, false, nil, nil, nil)
}

func fillRoles(c *systemContext) {
	c.add(c.session.user, true, true, true, true, true, false, -1, nil, nil, false, nil, ownerOID)
}

func fillSequence(c *systemContext) {
	for _, t := range c.relations() {
		if s := t.Sequence; s != nil {
			oid, _ := expr.TypeOID(s.Type)
			c.add(relationOID(t), oid, s.Start, s.Increment, s.Max, s.Min, s.Cache, s.Cycle)
		}
	}
}

// internalTypeNames are PostgreSQL's internal names of types by the names that SQL has.
var internalTypeNames = func() map[string]string {
	all := map[string]string{}
	for id := types.Bool; id <= types.LastID; id++ {
		all[types.T(id).String()] = internalName(types.T(id))
	}
	return all
}()

// internalTypeName is the internal name of a type that a function has.
func internalTypeName(name string) string {
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		return "_" + internalTypeName(elem)
	}
	if known, ok := internalTypeNames[name]; ok {
		return known
	}
	return strings.Trim(name, "\"")
}

// standardType is the type as the information schema names it.
func standardType(name string) string {
	if strings.HasSuffix(name, "[]") {
		return "ARRAY"
	}
	return name
}

// specificName tells the overloads of a function apart.
func specificName(i int, f expr.FunctionInfo) string {
	return f.Name + "_" + number(expr.FunctionOID(i))
}

func fillRoutines(c *systemContext) {
	for i, f := range expr.Functions() {
		row := map[string]any{"specific_name": specificName(i, f), "routine_name": f.Name, "data_type": standardType(f.Result), "type_udt_name": internalTypeName(f.Result),
			"dtd_identifier": "0", "routine_body": "EXTERNAL", "external_language": "INTERNAL", "parameter_style": "GENERAL", "is_deterministic": yesNo(f.Volatility == expr.Immutable),
			"sql_data_access": "MODIFIES", "is_null_call": yesNo(f.Strict), "schema_level_routine": "YES", "max_dynamic_result_sets": 0, "security_type": "INVOKER", "as_locator": "NO",
			"is_udt_dependent": "NO"}
		for _, prefix := range []string{"specific", "routine", "type_udt"} {
			row[prefix+"_catalog"], row[prefix+"_schema"] = databaseName, bind.CatalogSchema
		}
		if !f.Aggregate {
			row["routine_type"] = "FUNCTION"
		}
		c.addNamed(row)
	}
}

func fillParameters(c *systemContext) {
	for i, f := range expr.Functions() {
		for k, t := range f.Types {
			c.addNamed(map[string]any{"specific_catalog": databaseName, "specific_schema": bind.CatalogSchema, "specific_name": specificName(i, f), "ordinal_position": k + 1,
				"parameter_mode": "IN", "is_result": "NO", "as_locator": "NO", "data_type": standardType(t), "udt_catalog": databaseName, "udt_schema": bind.CatalogSchema,
				"udt_name": internalTypeName(t), "dtd_identifier": number(int64(k + 1))})
		}
	}
}

// fillTablePrivileges says that the session's user may do everything.
func fillTablePrivileges(c *systemContext) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindSequence || t.Materialized() {
			continue
		}
		for _, word := range []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"} {
			c.add(c.session.user, c.session.user, databaseName, c.schema(t), t.Name, word, "YES", yesNo(word == "SELECT"))
		}
	}
}

func fillColumnPrivileges(c *systemContext) {
	for _, t := range c.relations() {
		if t.Kind == colstore.KindSequence || t.Materialized() {
			continue
		}
		for _, col := range t.Shown() {
			for _, word := range []string{"INSERT", "SELECT", "UPDATE", "REFERENCES"} {
				c.add(c.session.user, c.session.user, databaseName, c.schema(t), t.Name, col.Name, word, "YES")
			}
		}
	}
}
