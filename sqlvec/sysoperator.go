package sqlvec

import (
	"maps"
	"slices"
	"strings"

	"driftdb/internal/types"
	"driftdb/sqlvec/bind"
	"driftdb/sqlvec/expr"
)

// The views of operators, casts and classes of indexes, and of what the session has prepared and opened.

// btreeOID is the number of the one access method that indexes have.
const btreeOID = 403

// operatorClass is a class of an index's keys, with PostgreSQL's numbers and names.
type operatorClass struct {
	oid, family, input int64
	name               string
	other              bool // the type has another one, which is its default
}

var operatorClasses = []operatorClass{
	{1978, 1976, 23, "int4_ops", false}, {1979, 1976, 21, "int2_ops", false}, {3122, 434, 1082, "date_ops", false},
	{3123, 1970, 701, "float8_ops", false}, {3124, 1976, 20, "int8_ops", false}, {3125, 1988, 1700, "numeric_ops", false},
	{3126, 1994, 25, "text_ops", false}, {3127, 434, 1184, "timestamptz_ops", false}, {3128, 434, 1114, "timestamp_ops", false},
	{10000, 397, 2277, "array_ops", false}, {10003, 424, 16, "bool_ops", false}, {10004, 426, 1042, "bpchar_ops", false},
	{10006, 428, 17, "bytea_ops", false}, {10012, 1970, 700, "float4_ops", false}, {10022, 1982, 1186, "interval_ops", false},
	{10038, 1996, 1083, "time_ops", false}, {10041, 2000, 1266, "timetz_ops", false}, {10044, 1994, 25, "varchar_ops", true},
	{10065, 2968, 2950, "uuid_ops", false}, {10069, 3522, 3500, "enum_ops", false}, {10088, 4033, 3802, "jsonb_ops", false},
}

var operatorFamilies = map[int64]string{397: "array_ops", 424: "bool_ops", 426: "bpchar_ops", 428: "bytea_ops", 434: "datetime_ops", 1970: "float_ops", 1976: "integer_ops",
	1982: "interval_ops", 1988: "numeric_ops", 1994: "text_ops", 1996: "time_ops", 2000: "timetz_ops", 2968: "uuid_ops", 3522: "enum_ops", 4033: "jsonb_ops"}

// classOf is the number of the class that an index has for a column of a type.
func classOf(t types.Type) int64 {
	oid, _ := expr.TypeOID(t.Base())
	switch {
	case t.IsArray():
		oid = 2277
	case t.IsEnum():
		oid = 3500
	case t.ID == types.Varchar:
		oid = 25
	}
	i := slices.IndexFunc(operatorClasses, func(c operatorClass) bool { return c.input == oid && !c.other })
	if i < 0 {
		return 0
	}
	return operatorClasses[i].oid
}

func init() {
	for name, t := range map[string]*systemTable{
		"pg_operator": {columnsOf("oid oid, oprname, oprnamespace oid, oprowner oid, oprkind, oprcanmerge boolean, oprcanhash boolean, oprleft oid, oprright oid, oprresult oid, " +
			"oprcom oid, oprnegate oid, oprcode, oprrest, oprjoin"), fillOperators},
		"pg_cast":    {columnsOf("oid oid, castsource oid, casttarget oid, castfunc oid, castcontext, castmethod"), fillCasts},
		"pg_opclass": {columnsOf("oid oid, opcmethod oid, opcname, opcnamespace oid, opcowner oid, opcfamily oid, opcintype oid, opcdefault boolean, opckeytype oid"), fillOperatorClasses},
		"pg_opfamily": {columnsOf("oid oid, opfmethod oid, opfname, opfnamespace oid, opfowner oid"), func(c *systemContext) {
			for _, oid := range slices.Sorted(maps.Keys(operatorFamilies)) {
				c.add(oid, btreeOID, operatorFamilies[oid], catalogOID, ownerOID)
			}
		}},
		"pg_cursors": {columnsOf("name, statement, is_holdable boolean, is_binary boolean, is_scrollable boolean, creation_time timestamptz"), fillCursors},
		"pg_prepared_statements": {append(append(columnsOf("name, statement, prepare_time timestamptz"), systemColumn{"parameter_types", types.ArrayOf(types.Text)}),
			columnsOf("from_sql boolean, generic_plans bigint, custom_plans bigint")...), fillPrepared},
	} {
		systemTables[bind.CatalogSchema][name] = t
	}
}

func fillOperators(c *systemContext) {
	for _, o := range expr.Operators() {
		kind := "b"
		if o.Left == 0 {
			kind = "l"
		}
		equal := o.Name == "=" && o.Left == o.Right
		c.add(o.OID, o.Name, catalogOID, ownerOID, kind, equal, equal, o.Left, o.Right, o.Result, o.Commutator, o.Negator, "-", "-", "-")
	}
}

// firstCastOID is the number of the first cast, behind those of operators.
const firstCastOID = 9500

func fillCasts(c *systemContext) {
	for i, k := range expr.Casts() {
		method := "f"
		if k.Binary {
			method = "b"
		}
		if k.Source == 114 || k.Target == 114 { // json: through the text
			method = "i"
		}
		c.add(firstCastOID+i, k.Source, k.Target, 0, string(k.Context), method)
	}
}

func fillOperatorClasses(c *systemContext) {
	for _, k := range operatorClasses {
		c.add(k.oid, btreeOID, k.name, catalogOID, ownerOID, k.family, k.input, !k.other, 0)
	}
}

// fillCursors lists the cursors of the session. Each goes backwards but one with NO SCROLL.
func fillCursors(c *systemContext) {
	for _, open := range []map[string]*cursor{c.session.held, c.session.tx.cursors} {
		for _, name := range sortedKeys(open) {
			k := open[name]
			c.add(name, k.statement, k.hold, false, !k.noScroll, timestamp(k.made))
		}
	}
}

// fillPrepared lists the statements of PREPARE. A plan is generic where it was kept for any values.
func fillPrepared(c *systemContext) {
	for _, name := range sortedKeys(c.session.prepared) {
		p := c.session.prepared[name]
		names := make([]string, len(p.types))
		for i, t := range p.types {
			names[i] = t.NameFor(catalogCalls{c.session}.enumName)
		}
		c.add(name, p.source, timestamp(p.made), listOf(types.Text, names), true, p.generic, p.custom)
	}
}

// timestamp is a time in microseconds.
func timestamp(micros int64) types.Value { return types.IntValue(types.T(types.TimestampTZ), micros) }

// zeros is a list of n numbers that are 0, as vectors of numbers are shown.
func zeros(n int) string { return strings.TrimSuffix(strings.Repeat("0 ", n), " ") }
