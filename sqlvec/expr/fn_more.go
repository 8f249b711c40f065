package expr

import (
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	t, texts := types.Text, types.ArrayOf(types.Text)
	counted := func(name string, nulls bool) *Function {
		return &Function{Name: name, Params: ids(anyType), Variadic: true, Ret: types.Int32, NullCall: true, row: func(_ *Env, a []types.Value) (types.Value, error) {
			n := 0
			for _, v := range a {
				if v.Valid != nulls {
					n++
				}
			}
			return intValue(n), nil
		}}
	}
	register(
		counted("num_nulls", true), counted("num_nonnulls", false),
		rowFn("parse_ident", ids(t), texts, parseIdent), rowFn("parse_ident", ids(t, types.Bool), texts, parseIdent),
		rowFn("json_object", ids(texts), types.JSON, jsonObject), rowFn("json_object", ids(texts, texts), types.JSON, jsonObject),
		rowFn("jsonb_object", ids(texts), types.JSONB, asJSONB(jsonObject)), rowFn("jsonb_object", ids(texts, texts), types.JSONB, asJSONB(jsonObject)),
		rowFn("pg_size_pretty", ids(types.Int64), t, func(_ *Env, a []types.Value) (types.Value, error) { return textValue(prettySize(a[0].I)), nil }),
		rowFn("pg_size_pretty", ids(types.Numeric), t, prettyNumeric),
		&Function{Name: "pg_client_encoding", Ret: t, Volatility: Stable, row: func(*Env, []types.Value) (types.Value, error) { return textValue("UTF8"), nil }},
		&Function{Name: "pg_is_in_recovery", Ret: types.Bool, Volatility: Stable, row: func(*Env, []types.Value) (types.Value, error) { return types.BoolValue(false), nil }},
		&Function{Name: "current_schemas", Params: ids(types.Bool), Ret: texts, Volatility: Stable, row: currentSchemas},
	)
}

// schemasOf are the schemas of the search path.
func schemasOf(env *Env, implied bool) []string {
	switch {
	case env != nil && env.Schemas != nil:
		return env.Schemas(implied)
	case implied:
		return []string{"pg_catalog", "public"}
	}
	return []string{"public"}
}

// currentSchema is the first schema of the search path, NULL for none.
func currentSchema(env *Env, _ []types.Value) (types.Value, error) {
	if list := schemasOf(env, false); len(list) > 0 {
		return textValue(list[0]), nil
	}
	return nullText, nil
}

func currentSchemas(env *Env, a []types.Value) (types.Value, error) {
	var list []types.Value
	for _, s := range schemasOf(env, a[0].I != 0) {
		list = append(list, textValue(s))
	}
	return types.List(list).Value(types.T(types.Text).Array())
}

// prettySize is a number of bytes as pg_size_pretty writes it.
func prettySize(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	abs := func(i int64) uint64 {
		if i < 0 {
			return -uint64(i)
		}
		return uint64(i)
	}
	if abs(n) < 10*1024 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	n /= 512 // twice the number, for rounding
	for i := 1; ; i++ {
		if abs(n) < 20*1024-1 || i == len(units)-1 {
			half := int64(1)
			if n < 0 {
				half = -1
			}
			return strconv.FormatInt((n+half)/2, 10) + " " + units[i]
		}
		n /= 1024
	}
}

// prettyNumeric is pg_size_pretty of a number that may have a fraction, which only bytes keep.
func prettyNumeric(_ *Env, a []types.Value) (types.Value, error) {
	d, err := a[0].Decimal()
	if err != nil {
		return a[0], err
	}
	if !d.IsInteger() && d.Abs().Cmp(types.DecimalFromInt(10*1024, 0)) < 0 {
		return textValue(types.Format(types.BytesValue(types.T(types.Numeric), d.Encode())) + " bytes"), nil
	}
	n, ok := d.Trunc(0).Scaled(0)
	if !ok {
		return a[0], dberr.New(dberr.NumericValueOutOfRange, "bigint out of range")
	}
	return textValue(prettySize(n)), nil
}

// parseIdent is parse_ident(text [, strict]).
func parseIdent(_ *Env, a []types.Value) (types.Value, error) {
	strict := len(a) < 2 || a[1].I != 0
	bad := func(detail string) (types.Value, error) {
		e := dberr.Newf(dberr.InvalidParameterValue, "string is not a valid identifier: \"%s\"", a[0].S)
		if detail != "" {
			e = e.WithDetail("%s", detail)
		}
		return types.Value{}, e
	}
	const blanks = " \t\n\r\f"
	rest, after := strings.TrimLeft(a[0].S, blanks), false
	var list []types.Value
	for {
		name := ""
		switch {
		case strings.HasPrefix(rest, "\""):
			end := 1
			for end < len(rest) && (rest[end] != '"' || strings.HasPrefix(rest[end+1:], "\"")) {
				if rest[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return bad("String has unclosed double quotes.")
			}
			if name = strings.ReplaceAll(rest[1:end], `""`, `"`); name == "" {
				return bad("Quoted identifier must not be empty.")
			}
			rest = rest[end+1:]
		case rest != "" && startsIdent(rest[0]):
			end := 1
			for end < len(rest) && (startsIdent(rest[end]) || rest[end] == '$' || rest[end] >= '0' && rest[end] <= '9') {
				end++
			}
			name, rest = lowerASCII(rest[:end]), rest[end:]
		case strings.HasPrefix(rest, "."):
			return bad("No valid identifier before \".\".")
		case after:
			return bad("No valid identifier after \".\".")
		default:
			return bad("")
		}
		list = append(list, textValue(name))
		rest = strings.TrimLeft(rest, blanks)
		if !strings.HasPrefix(rest, ".") {
			break
		}
		rest, after = strings.TrimLeft(rest[1:], blanks), true
	}
	if rest != "" && strict {
		return bad("")
	}
	return types.List(list).Value(types.T(types.Text).Array())
}

// startsIdent reports whether a name may begin with c.
func startsIdent(c byte) bool { return c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' }

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// jsonObject is json_object(pairs) and json_object(keys, values).
func jsonObject(_ *Env, a []types.Value) (types.Value, error) {
	wrong := func(what string) (types.Value, error) {
		return types.Value{}, dberr.New(dberr.ArraySubscriptError, what)
	}
	keys, err := a[0].Array()
	if err != nil {
		return types.Value{}, err
	}
	var pairs []types.Value
	switch {
	case len(a) > 1:
		values, err := a[1].Array()
		if err != nil {
			return types.Value{}, err
		}
		if len(keys.Dims) > 1 || len(keys.Dims) != len(values.Dims) {
			return wrong("wrong number of array subscripts")
		}
		if len(keys.Elems) != len(values.Elems) {
			return wrong("mismatched array dimensions")
		}
		for i := range keys.Elems {
			pairs = append(pairs, keys.Elems[i], values.Elems[i])
		}
	case len(keys.Dims) > 2:
		return wrong("wrong number of array subscripts")
	case len(keys.Dims) == 2 && keys.Dims[1].Len != 2:
		return wrong("array must have two columns")
	case len(keys.Elems)%2 != 0:
		return wrong("array must have even number of elements")
	default:
		pairs = keys.Elems
	}
	dst := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		if !pairs[i].Valid {
			return types.Value{}, dberr.New(dberr.NullValueNotAllowed, "null value not allowed for object key")
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendJSONString(dst, pairs[i].S), " : "...)
		dst = appendJSON(dst, nil, pairs[i+1])
	}
	return jsonText(string(append(dst, '}'))), nil
}
