package expr

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// Catalog is what the functions of the system's views ask of the catalog. It is safe for
// concurrent use. An object is named by its oid; ok is false when there is none.
type Catalog interface {
	// RelationOID finds a relation by its name as written: 42P01 when there is none.
	RelationOID(name string) (int64, error)
	RelationName(oid int64) (name string, ok bool)
	ConstraintDef(oid int64) (def string, ok bool)
	IndexDef(oid, column int64) (def string, ok bool)
	ViewDef(oid int64) (def string, ok bool)
	Comment(oid int64, column int64) (text string, ok bool)
	// EnumType is the enumeration, or the arrays of one, with a number.
	EnumType(oid int64) (types.Type, bool)
	// EnumName is the name of an enumeration, or of arrays of one, with its schema where the name alone does
	// not find it.
	EnumName(t types.Type) string
	// DomainName is the name of the domain with a number, as EnumName has it.
	DomainName(oid int64) (name string, ok bool)
	// TypeNamed is the type that a name as written stands for: 42704 when there is none.
	TypeNamed(name string) (types.Type, error)
	// SchemaOID is the number of a schema.
	SchemaOID(name string) (int64, bool)
	SchemaName(oid int64) (string, bool)
	// Visible reports whether a relation or a type is found by its name alone.
	Visible(oid int64) bool
	// HasColumn reports whether a relation has a column with a name, or where that is empty at a place, from 1.
	HasColumn(oid int64, name string, place int64) bool
	IsSequence(oid int64) bool
	// SerialSequence is the sequence that belongs to a column.
	SerialSequence(table, column string) (name string, ok bool, err error)
}

// catalogText makes a function that answers with a text of the catalog, or NULL.
func catalogText(name string, params []types.ID, fn func(c Catalog, a []types.Value) (string, bool)) *Function {
	return &Function{Name: name, Params: params, Ret: types.Text, Volatility: Stable,
		row: func(env *Env, a []types.Value) (types.Value, error) {
			if env == nil || env.Catalog == nil {
				return nullText, unavailable(name)
			}
			if s, ok := fn(env.Catalog, a); ok {
				return textValue(s), nil
			}
			return nullText, nil
		}}
}

// Vector is the function that makes an array of the text of an int2vector or oidvector; an array stays what it is.
const Vector = "$vector"

// vectorArray is the array of numbers with blanks between them. It counts from 0.
func vectorArray(_ *Env, a []types.Value) (types.Value, error) {
	list := types.ArrayOf(types.Int64)
	text := "{" + strings.Join(strings.Fields(a[0].S), ",") + "}"
	if n := len(strings.Fields(a[0].S)); n > 0 {
		text = fmt.Sprintf("[0:%d]=%s", n-1, text)
	}
	return types.Parse(text, types.T(list))
}

// noAncestors are the tables that a table is a partition of.
func noAncestors(*Env, []types.Value) (types.Value, error) {
	return types.Parse("{}", types.T(types.ArrayOf(types.Int64)))
}

// catalogNothing makes a function of what there is nothing of: it is called for no row.
func catalogNothing(name string, params []types.ID) *Function {
	return catalogText(name, params, func(Catalog, []types.Value) (string, bool) { return "", false })
}

func init() {
	oid := types.Int64
	register(
		&Function{Name: Vector, Params: ids(types.Text), Ret: types.ArrayOf(types.Int64), row: vectorArray},
		&Function{Name: Vector, Params: ids(anyArray), returns: firstType, row: func(_ *Env, a []types.Value) (types.Value, error) { return a[0], nil }},
		rowFn("$partition_ancestors", ids(oid), types.ArrayOf(oid), noAncestors), rowFn("$partition_ancestors", ids(types.Text), types.ArrayOf(oid), noAncestors),
		rowFn("pg_relation_is_publishable", ids(oid), types.Bool, func(*Env, []types.Value) (types.Value, error) { return types.BoolValue(false), nil }),
		rowFn("pg_char_to_encoding", ids(types.Text), types.Int32, func(_ *Env, a []types.Value) (types.Value, error) {
			if name := strings.ToLower(a[0].S); name == "utf8" || name == "utf-8" || name == "unicode" {
				return intValue(6), nil
			}
			return intValue(-1), nil
		}),
		catalogNothing("pg_get_triggerdef", ids(oid)), catalogNothing("pg_get_triggerdef", ids(oid, types.Bool)),
		catalogNothing("pg_get_ruledef", ids(oid)), catalogNothing("pg_get_ruledef", ids(oid, types.Bool)),
		catalogNothing("pg_get_statisticsobjdef", ids(oid)), catalogNothing("pg_get_statisticsobjdef_columns", ids(oid)),
		sessionOf("getdatabaseencoding", nil, func(*Env) string { return "UTF8" }))
	def := func(c Catalog, a []types.Value) (string, bool) { return c.ConstraintDef(a[0].I) }
	view := func(c Catalog, a []types.Value) (string, bool) { return c.ViewDef(a[0].I) }
	index := func(c Catalog, a []types.Value) (string, bool) {
		if len(a) > 1 {
			return c.IndexDef(a[0].I, a[1].I)
		}
		return c.IndexDef(a[0].I, 0)
	}
	register(
		catalogText("pg_relation_name", ids(oid), func(c Catalog, a []types.Value) (string, bool) {
			if s, ok := c.RelationName(a[0].I); ok {
				return s, true
			}
			return types.Format(a[0]), true
		}),
		catalogText("pg_get_constraintdef", ids(oid), def),
		catalogText("pg_get_constraintdef", ids(oid, types.Bool), def),
		catalogText("pg_get_indexdef", ids(oid), index),
		catalogText("pg_get_indexdef", ids(oid, types.Int64, types.Bool), index),
		catalogText("pg_get_viewdef", ids(oid), view),
		catalogText("pg_get_viewdef", ids(oid, types.Bool), view),
		&Function{Name: "pg_get_viewdef", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: viewDefOfName},
		catalogText("shobj_description", ids(oid, types.Text), func(Catalog, []types.Value) (string, bool) { return "", false }),
		catalogText("pg_get_function_arguments", ids(oid), functionArguments),
		catalogText("pg_get_function_identity_arguments", ids(oid), functionArguments),
		catalogText("pg_get_function_result", ids(oid), func(_ Catalog, a []types.Value) (string, bool) {
			f, ok := FunctionByOID(a[0].I)
			return f.Result, ok
		}),
		catalogText("obj_description", ids(oid, types.Text), func(c Catalog, a []types.Value) (string, bool) { return c.Comment(a[0].I, 0) }),
		catalogText("obj_description", ids(oid), func(c Catalog, a []types.Value) (string, bool) { return c.Comment(a[0].I, 0) }),
		catalogText("col_description", ids(oid, types.Int64), func(c Catalog, a []types.Value) (string, bool) { return c.Comment(a[0].I, a[1].I) }),
		&Function{Name: "pg_relation_oid", Params: ids(types.Text), Ret: oid, Volatility: Stable, row: relationOID},
		&Function{Name: "to_regclass", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: toRegclass},
		&Function{Name: "pg_type_name", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: typeName},
		&Function{Name: "pg_type_oid", Params: ids(types.Text), Ret: oid, Volatility: Stable, row: typeOID},
		&Function{Name: "to_regtype", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: nullUnless(typeName, dberr.UndefinedObject, dberr.SyntaxError)},
		&Function{Name: "pg_schema_name", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: schemaName},
		&Function{Name: "pg_schema_oid", Params: ids(types.Text), Ret: oid, Volatility: Stable, row: schemaOID},
		catalogText("pg_schema_named", ids(oid), func(c Catalog, a []types.Value) (string, bool) {
			if s, ok := c.SchemaName(a[0].I); ok {
				return s, true
			}
			return types.Format(a[0]), true
		}),
		&Function{Name: "to_regnamespace", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: nullUnless(schemaName, dberr.UndefinedSchema)},
		&Function{Name: "pg_function_name", Params: ids(types.Text), Ret: types.Text, Volatility: Immutable, row: functionName},
		&Function{Name: "to_regproc", Params: ids(types.Text), Ret: types.Text, Volatility: Immutable, row: nullUnless(functionName, dberr.UndefinedFunction, "42725")},
		&Function{Name: "pg_function_signature", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: functionSignature},
		&Function{Name: "to_regprocedure", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: nullUnless(functionSignature, dberr.UndefinedFunction)},
		&Function{Name: "pg_role_name", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: roleName},
		&Function{Name: "to_regrole", Params: ids(types.Text), Ret: types.Text, Volatility: Stable, row: nullUnless(roleName, dberr.UndefinedObject)},
		rowFn("$char", ids(types.Text), types.Text, charOfText), rowFn("$char", ids(types.Int32), types.Text, charOfNumber),
		&Function{Name: "pg_get_serial_sequence", Params: ids(types.Text, types.Text), Ret: types.Text, Volatility: Stable, row: serialSequence},
		&Function{Name: "pg_get_expr", Params: ids(types.Text, oid), Ret: types.Text, Volatility: Immutable, row: firstArgument},
		&Function{Name: "pg_get_expr", Params: ids(types.Text, oid, types.Bool), Ret: types.Text, Volatility: Immutable, row: firstArgument},
		&Function{Name: "format_type", Params: ids(oid, types.Int64), Ret: types.Text, Volatility: Stable, NullCall: true, row: formatType},
		&Function{Name: "pg_table_is_visible", Params: ids(oid), Ret: types.Bool, Volatility: Stable, row: isVisible},
		&Function{Name: "pg_type_is_visible", Params: ids(oid), Ret: types.Bool, Volatility: Stable, row: isVisible},
		&Function{Name: "pg_function_is_visible", Params: ids(oid), Ret: types.Bool, Volatility: Immutable, row: alwaysTrue},
		sessionOf("pg_get_userbyid", ids(oid), func(e *Env) string { return e.User }),
		sessionOf("pg_encoding_to_char", ids(types.Int64), func(*Env) string { return "UTF8" }),
	)
}

func functionArguments(_ Catalog, a []types.Value) (string, bool) {
	f, ok := FunctionByOID(a[0].I)
	return f.Arguments, ok
}

// viewDefOfName is pg_get_viewdef of a view's name.
func viewDefOfName(env *Env, a []types.Value) (types.Value, error) {
	v, err := relationOID(env, a)
	if err != nil {
		return nullText, err
	}
	if s, ok := env.Catalog.ViewDef(v.I); ok {
		return textValue(s), nil
	}
	return nullText, nil
}

func sessionOf(name string, params []types.ID, fn func(*Env) string) *Function {
	return &Function{Name: name, Params: params, Ret: types.Text, Volatility: Stable, row: func(env *Env, _ []types.Value) (types.Value, error) {
		return textValue(fn(env)), nil
	}}
}

func firstArgument(_ *Env, a []types.Value) (types.Value, error) { return textValue(a[0].S), nil }

func isVisible(env *Env, a []types.Value) (types.Value, error) {
	return types.BoolValue(env == nil || env.Catalog == nil || env.Catalog.Visible(a[0].I)), nil
}

func alwaysTrue(*Env, []types.Value) (types.Value, error) { return types.BoolValue(true), nil }

func relationOID(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return types.Value{}, unavailable("regclass")
	}
	n, err := env.Catalog.RelationOID(a[0].S)
	return types.IntValue(types.T(types.Int64), n), err
}

// nullUnless is fn, but NULL where it fails with one of the codes.
func nullUnless(fn rowFunc, codes ...string) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		v, err := fn(env, a)
		if err != nil && slices.Contains(codes, dberr.CodeOf(err)) {
			return nullText, nil
		}
		return v, err
	}
}

// typeName is the name of a type that is written in any way, as regtype shows it.
func typeName(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return nullText, unavailable("regtype")
	}
	t, err := env.Catalog.TypeNamed(a[0].S)
	return textValue(typeText(env, t.Base())), err
}

// typeOID is the number of a type that is written in any way.
func typeOID(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return types.Value{}, unavailable("regtype")
	}
	t, err := env.Catalog.TypeNamed(a[0].S)
	n, _ := TypeOID(t.Base())
	return types.IntValue(types.T(types.Int64), n), err
}

// typeText is the name of a type as regtype shows it.
func typeText(env *Env, t types.Type) string {
	if t.Enum != nil && env != nil && env.Catalog != nil {
		return env.Catalog.EnumName(t)
	}
	return t.String()
}

// schemaName is the name of a schema that there is.
func schemaName(env *Env, a []types.Value) (types.Value, error) {
	if _, err := schemaOID(env, a); err != nil {
		return nullText, err
	}
	return a[0], nil
}

// schemaOID is the number of a schema that there is.
func schemaOID(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return types.Value{}, unavailable("regnamespace")
	}
	if oid, ok := env.Catalog.SchemaOID(a[0].S); ok {
		return types.IntValue(types.T(types.Int64), oid), nil
	}
	return types.Value{}, dberr.Newf(dberr.UndefinedSchema, "schema \"%s\" does not exist", a[0].S)
}

// namedFunctions lists the functions that a name as written stands for.
func namedFunctions(name string) []Signature {
	name = strings.TrimPrefix(strings.TrimSpace(name), "pg_catalog.")
	if inner, quoted := strings.CutPrefix(name, "\""); quoted {
		name = strings.TrimSuffix(inner, "\"")
	} else {
		name = strings.ToLower(name)
	}
	var found []Signature
	for _, s := range Signatures() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// functionName is the name of the one function of a name, as regproc shows it.
func functionName(_ *Env, a []types.Value) (types.Value, error) {
	switch found := namedFunctions(a[0].S); len(found) {
	case 0:
		return nullText, dberr.Newf(dberr.UndefinedFunction, "function \"%s\" does not exist", a[0].S)
	case 1:
		return textValue(found[0].Name), nil
	}
	return nullText, dberr.Newf("42725", "more than one function named \"%s\"", a[0].S)
}

// functionSignature is a function with the types of its arguments, as regprocedure shows it.
func functionSignature(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return nullText, unavailable("regprocedure")
	}
	name, rest, ok := strings.Cut(a[0].S, "(")
	args, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
	if !ok || !closed {
		return nullText, dberr.New(dberr.InvalidTextRepresentation, "expected a left parenthesis")
	}
	var list []string
	if strings.TrimSpace(args) != "" {
		for word := range strings.SplitSeq(args, ",") {
			t, err := env.Catalog.TypeNamed(strings.TrimSpace(word))
			if err != nil {
				return nullText, err
			}
			list = append(list, t.Base().String())
		}
	}
	for _, s := range namedFunctions(name) {
		if s.Args == strings.Join(list, ", ") {
			return textValue(s.Name + "(" + strings.Join(list, ",") + ")"), nil
		}
	}
	return nullText, dberr.Newf(dberr.UndefinedFunction, "function \"%s\" does not exist", a[0].S)
}

// roleName is the name of a role that there is: the session's user is the only one.
func roleName(env *Env, a []types.Value) (types.Value, error) {
	if env != nil && (a[0].S == env.User || a[0].S == env.SessionUser) {
		return a[0], nil
	}
	return nullText, dberr.Newf(dberr.UndefinedObject, "role \"%s\" does not exist", a[0].S)
}

// charOfText is the first byte of a text, as the type "char" has it.
func charOfText(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].S != "" && a[0].S[0] >= utf8.RuneSelf {
		return nullText, dberr.New(dberr.FeatureNotSupported, "\"char\" beyond ASCII is not supported")
	}
	return textValue(a[0].S[:min(1, len(a[0].S))]), nil
}

// charOfNumber is the "char" of a code.
func charOfNumber(_ *Env, a []types.Value) (types.Value, error) {
	switch n := a[0].I; {
	case n < -128 || n > 127:
		return nullText, dberr.New(dberr.NumericValueOutOfRange, "\"char\" out of range")
	case n < 0:
		return nullText, dberr.New(dberr.FeatureNotSupported, "\"char\" beyond ASCII is not supported")
	case n == 0:
		return textValue(""), nil
	default:
		return textValue(string(rune(n))), nil
	}
}

func toRegclass(env *Env, a []types.Value) (types.Value, error) {
	v, err := relationOID(env, a)
	if err != nil {
		if code := dberr.CodeOf(err); code == dberr.UndefinedTable || code == dberr.UndefinedSchema {
			return nullText, nil
		}
		return nullText, err
	}
	name, _ := env.Catalog.RelationName(v.I)
	return textValue(name), nil
}

func serialSequence(env *Env, a []types.Value) (types.Value, error) {
	if env == nil || env.Catalog == nil {
		return nullText, unavailable("pg_get_serial_sequence")
	}
	name, ok, err := env.Catalog.SerialSequence(a[0].S, a[1].S)
	if err != nil || !ok {
		return nullText, err
	}
	return textValue(name), nil
}

// typeOIDs are PostgreSQL's numbers of the types.
var typeOIDs = map[types.ID]int64{
	types.Bool: 16, types.Bytea: 17, types.Int64: 20, types.Int16: 21, types.Int32: 23, types.Text: 25, types.Bpchar: 1042, types.JSON: 114,
	types.Float32: 700, types.Float64: 701, types.Varchar: 1043, types.Date: 1082, types.Timestamp: 1114,
	types.TimestampTZ: 1184, types.Interval: 1186, types.Numeric: 1700, types.Time: 1083, types.TimeTZ: 1266, types.UUID: 2950, types.JSONB: 3802, types.JSONPath: 4072,
}

func init() {
	for id, oid := range map[types.ID]int64{types.Bool: 1000, types.Bytea: 1001, types.Int64: 1016, types.Int16: 1005, types.Int32: 1007, types.Text: 1009, types.Bpchar: 1014,
		types.JSON: 199, types.Float32: 1021, types.Float64: 1022, types.Varchar: 1015, types.Date: 1182, types.Timestamp: 1115,
		types.TimestampTZ: 1185, types.Interval: 1187, types.Numeric: 1231, types.Time: 1183, types.TimeTZ: 1270, types.UUID: 2951, types.JSONB: 3807, types.JSONPath: 4073} {
		typeOIDs[types.ArrayOf(id)] = oid
	}
}

// TypeOID returns PostgreSQL's number of a type, 0 for none, and its modifier, -1 for none.
func TypeOID(t types.Type) (oid, mod int64) {
	mod = -1
	switch {
	case hasLength(t.ID) && t.Len > 0:
		mod = int64(t.Len) + 4
	case (t.ID == types.Numeric || t.ID == types.ArrayOf(types.Numeric)) && t.Prec > 0:
		mod = int64(t.Prec)<<16 | int64(t.Scale)&0x7ff + 4
	}
	if digits, ok := t.Elem().Fraction(); ok {
		mod = int64(digits) | fullInterval(t.ID)
	}
	if t.Enum != nil {
		if t.IsArray() {
			return CatalogOID(t.Enum.ID) + 1, mod
		}
		return CatalogOID(t.Enum.ID), mod
	}
	return typeOIDs[t.ID], mod
}

// fullInterval is what the modifier of an INTERVAL has beside the digits of its seconds.
func fullInterval(id types.ID) int64 {
	if id.Elem() == types.Interval {
		return 0x7FFF << 16
	}
	return 0
}

// hasLength reports whether a type's modifier is a length.
func hasLength(id types.ID) bool { return id.Elem() == types.Varchar || id.Elem() == types.Bpchar }

// What the catalog defines has blocks of BlockOID numbers, by its ids.
const (
	FirstOID = 16384
	BlockOID = 4096
)

// CatalogOID is the number of what has an id in the catalog.
func CatalogOID(id uint32) int64 { return FirstOID + int64(id)*BlockOID }

// TypeOfOID is the type with a number, and whether there is one.
func TypeOfOID(oid, mod int64) (types.Type, bool) {
	for id, n := range typeOIDs {
		if n != oid {
			continue
		}
		t := types.T(id)
		switch {
		case hasLength(id) && mod >= 4:
			t.Len = int32(mod - 4)
		case id == types.Numeric && mod >= 4:
			t = types.Dec(int((mod-4)>>16), int((mod-4)&0x7ff^0x400)-0x400)
		case id == types.ArrayOf(types.Numeric) && mod >= 4:
			t = types.Dec(int((mod-4)>>16), int((mod-4)&0x7ff^0x400)-0x400).Array()
		case mod >= 0 && mod&0xFFFF <= 6 && mod&^0xFFFF == fullInterval(id):
			if timed := t.WithFraction(int(mod & 0xFFFF)); timed.Elem().String() != t.Elem().String() {
				t = timed
			}
		}
		return t, true
	}
	return types.Type{}, false
}

func formatType(env *Env, a []types.Value) (types.Value, error) {
	if !a[0].Valid {
		return nullText, nil
	}
	mod := int64(-1)
	if a[1].Valid {
		mod = a[1].I
	}
	if t, ok := TypeOfOID(a[0].I, mod); ok {
		if a[1].Valid {
			return textValue(t.Definition()), nil
		}
		return textValue(t.String()), nil
	}
	if env != nil && env.Catalog != nil {
		if t, ok := env.Catalog.EnumType(a[0].I); ok {
			return textValue(typeText(env, t)), nil
		}
		if name, ok := env.Catalog.DomainName(a[0].I); ok {
			return textValue(name), nil
		}
	}
	if a[0].I == 0 {
		return textValue("-"), nil
	}
	for id, oid := range pseudoOIDs {
		if oid == a[0].I {
			return textValue(pseudoName(id)), nil
		}
	}
	return textValue("???"), nil
}
