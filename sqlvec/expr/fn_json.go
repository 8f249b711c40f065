package expr

import (
	"strconv"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"encoding/json"
)

func init() {
	j, t, i := types.JSON, types.Text, types.Int32
	register(
		rowFn("->", ids(j, t), j, jsonStep(false)), rowFn("->", ids(j, i), j, jsonStep(false)),
		rowFn("->>", ids(j, t), t, jsonStep(true)), rowFn("->>", ids(j, i), t, jsonStep(true)),
		rowFn("#>", ids(j, t), j, jsonPathText(false)), rowFn("#>>", ids(j, t), t, jsonPathText(true)),
		&Function{Name: "json_extract_path", Params: ids(j, t), Variadic: true, Ret: j, row: jsonPath(false)},
		&Function{Name: "json_extract_path_text", Params: ids(j, t), Variadic: true, Ret: t, row: jsonPath(true)},
		textOf("json_typeof", ids(j), func(a []types.Value) string { return jsonKind(a[0].S) }),
		rowFn("json_array_length", ids(j), i, jsonArrayLength),
		rowFn("json_strip_nulls", ids(j), j, jsonStripNulls),
		&Function{Name: "to_json", Params: ids(anyType), Ret: j, Volatility: Stable, row: func(env *Env, a []types.Value) (types.Value, error) {
			return jsonText(string(appendJSON(nil, env, a[0]))), nil
		}},
		&Function{Name: "json_build_object", Ret: j, NullCall: true, Volatility: Stable, row: jsonBuildObject},
		&Function{Name: "json_build_object", Params: ids(anyType), Variadic: true, Ret: j, NullCall: true, Volatility: Stable, row: jsonBuildObject},
		&Function{Name: "json_build_array", Ret: j, NullCall: true, Volatility: Stable, row: jsonBuildArray},
		&Function{Name: "json_build_array", Params: ids(anyType), Variadic: true, Ret: j, NullCall: true, Volatility: Stable, row: jsonBuildArray},
	)
	for _, name := range []string{"json_agg", "json_object_agg"} {
		p := ids(anyType, anyType)[:1]
		if name == "json_object_agg" {
			p = ids(anyType, anyType)
		}
		registerAggregate(&Aggregate{Name: name, Params: p, Ret: j, Ordered: true, states: newJSONAgg(name == "json_object_agg")})
	}
}

// jsonText returns a JSON value.
func jsonText(s string) types.Value { return types.BytesValue(types.T(types.JSON), s) }

// jsonCursor walks over JSON text that is known to be valid.
type jsonCursor struct {
	s string
	i int
}

// space skips blanks.
func (c *jsonCursor) space() {
	for c.i < len(c.s) && strings.IndexByte(" \t\r\n", c.s[c.i]) >= 0 {
		c.i++
	}
}

// value skips one value and returns its text.
func (c *jsonCursor) value() string {
	c.space()
	start := c.i
	if c.i >= len(c.s) {
		return ""
	}
	switch c.s[c.i] {
	case '"':
		c.str()
	case '{', '[':
		c.nested()
	default:
		for c.i < len(c.s) && strings.IndexByte(",]} \t\r\n", c.s[c.i]) < 0 {
			c.i++
		}
	}
	return c.s[start:c.i]
}

// str skips a string.
func (c *jsonCursor) str() {
	for c.i++; c.i < len(c.s); c.i++ {
		switch c.s[c.i] {
		case '\\':
			c.i++
		case '"':
			c.i++
			return
		}
	}
}

// nested skips an object or array, by counting brackets outside of strings.
func (c *jsonCursor) nested() {
	depth := 0
	for c.i < len(c.s) {
		switch c.s[c.i] {
		case '"':
			c.str()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.i++
		if depth == 0 {
			return
		}
	}
}

// members calls fn for every member of an object, or element of an array with an
// empty key, until fn returns false.
func members(s string, fn func(key, value string) bool) {
	c := jsonCursor{s: s}
	c.space()
	if c.i >= len(s) || s[c.i] != '{' && s[c.i] != '[' {
		return
	}
	object := s[c.i] == '{'
	c.i++
	for {
		c.space()
		if c.i >= len(s) || s[c.i] == '}' || s[c.i] == ']' {
			return
		}
		key := ""
		if object {
			key = jsonString(c.value())
			c.space()
			c.i++ // the colon
		}
		if !fn(key, c.value()) {
			return
		}
		c.space()
		if c.i < len(s) && s[c.i] == ',' {
			c.i++
		}
	}
}

// jsonString returns the text of a JSON string.
func jsonString(s string) string {
	if len(s) >= 2 && strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1]
	}
	var out string
	if json.Unmarshal([]byte(s), &out) != nil {
		return s
	}
	return out
}

// jsonKind returns what json_typeof says.
func jsonKind(s string) string {
	s = strings.TrimLeft(s, " \t\r\n")
	switch s[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// jsonMember returns a member of an object: the last of that name.
func jsonMember(s, key string) (value string, ok bool) {
	if jsonKind(s) != "object" {
		return "", false
	}
	members(s, func(k, v string) bool {
		if k == key {
			value, ok = v, true
		}
		return true
	})
	return value, ok
}

// jsonElement returns an element of an array; a negative index counts from the end.
func jsonElement(s string, i int64) (value string, ok bool) {
	if jsonKind(s) != "array" {
		return "", false
	}
	if i < 0 {
		i += jsonLength(s)
	}
	n := int64(0)
	members(s, func(_, v string) bool {
		if n == i {
			value, ok = v, true
		}
		n++
		return !ok
	})
	return value, ok
}

// jsonLength returns the number of elements.
func jsonLength(s string) (n int64) {
	members(s, func(string, string) bool { n++; return true })
	return n
}

// jsonResult returns a found value as JSON, or as text, in which a JSON null is NULL.
func jsonResult(s string, ok, text bool) types.Value {
	switch {
	case !ok && text:
		return nullText
	case !ok:
		return types.NullOf(types.T(types.JSON))
	case !text:
		return jsonText(s)
	case s == "null":
		return nullText
	case s[0] == '"':
		return textValue(jsonString(s))
	}
	return textValue(s)
}

// jsonStep returns -> or ->>.
func jsonStep(text bool) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		if a[1].Type.ID == types.Int32 {
			v, ok := jsonElement(a[0].S, a[1].I)
			return jsonResult(v, ok, text), nil
		}
		v, ok := jsonMember(a[0].S, a[1].S)
		return jsonResult(v, ok, text), nil
	}
}

// follow walks down a path of names and indexes.
func follow(s string, path []string) (string, bool) {
	for _, p := range path {
		var ok bool
		if jsonKind(s) == "array" {
			i, err := strconv.ParseInt(p, 10, 64)
			if err != nil {
				return "", false
			}
			s, ok = jsonElement(s, i)
		} else {
			s, ok = jsonMember(s, p)
		}
		if !ok {
			return "", false
		}
	}
	return strings.Trim(s, " \t\r\n"), true
}

// jsonPathText returns #> or #>>, whose path is the text of an array.
func jsonPathText(text bool) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		path, err := splitArray(a[1].S)
		if err != nil {
			return a[0], err
		}
		v, ok := follow(a[0].S, path)
		return jsonResult(v, ok, text), nil
	}
}

// jsonPath returns json_extract_path and its text form.
func jsonPath(text bool) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		path := make([]string, len(a)-1)
		for i := range path {
			path[i] = a[i+1].S
		}
		v, ok := follow(a[0].S, path)
		return jsonResult(v, ok, text), nil
	}
}

// splitArray reads the text of an array of texts: {a,"b c",d}.
func splitArray(s string) ([]string, error) {
	t := strings.TrimSpace(s)
	bad := dberr.Newf(dberr.InvalidTextRepresentation, "malformed array literal: \"%s\"", s)
	if len(t) < 2 || t[0] != '{' || t[len(t)-1] != '}' {
		return nil, bad
	}
	t = t[1 : len(t)-1]
	var out []string
	for strings.TrimSpace(t) != "" {
		t = strings.TrimLeft(t, " ")
		var item strings.Builder
		i, quoted := 0, t[0] == '"'
		if quoted {
			for i = 1; i < len(t) && t[i] != '"'; i++ {
				if t[i] == '\\' && i+1 < len(t) {
					i++
				}
				item.WriteByte(t[i])
			}
			i++
		} else {
			for ; i < len(t) && t[i] != ','; i++ {
				item.WriteByte(t[i])
			}
		}
		if i > len(t) {
			return nil, bad
		}
		text := item.String()
		if !quoted {
			text = strings.TrimSpace(text)
		}
		out = append(out, text)
		t = strings.TrimLeft(t[i:], " ")
		if t != "" && t[0] != ',' {
			return nil, bad
		}
		t = strings.TrimPrefix(t, ",")
	}
	return out, nil
}

func jsonArrayLength(_ *Env, a []types.Value) (types.Value, error) {
	switch jsonKind(a[0].S) {
	case "array":
		return intValue(int(jsonLength(a[0].S))), nil
	case "object":
		return a[0], dberr.New(dberr.InvalidParameterValue, "cannot get array length of a non-array")
	}
	return a[0], dberr.New(dberr.InvalidParameterValue, "cannot get array length of a scalar")
}

func jsonStripNulls(_ *Env, a []types.Value) (types.Value, error) {
	return jsonText(string(stripNulls(nil, a[0].S))), nil
}

// stripNulls appends a value without the members that are null.
func stripNulls(dst []byte, s string) []byte {
	s = strings.Trim(s, " \t\r\n")
	kind := jsonKind(s)
	switch kind {
	case "string":
		return appendJSONString(dst, jsonString(s))
	case "object", "array":
	default:
		return append(dst, s...)
	}
	dst = append(dst, s[0])
	first := true
	members(s, func(k, v string) bool {
		if kind == "object" && v == "null" {
			return true
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if kind == "object" {
			dst = append(appendJSONString(dst, k), ':')
		}
		dst = stripNulls(dst, v)
		return true
	})
	return append(dst, s[len(s)-1])
}

// appendJSONString appends a text as a JSON string, as PostgreSQL escapes it.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendJSON appends a value as JSON, as to_json does.
func appendJSON(dst []byte, env *Env, v types.Value) []byte {
	if !v.Valid {
		return append(dst, "null"...)
	}
	if v.Type.IsArray() {
		return appendJSONArray(dst, env, v)
	}
	switch v.Type.ID {
	case types.Bool:
		return strconv.AppendBool(dst, v.I != 0)
	case types.JSON, types.JSONB:
		return append(dst, v.S...)
	case types.Record:
		return appendJSONRow(dst, env, v, ",")
	case types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric:
		text := env.context().Format(v)
		if strings.ContainsAny(text, "Ny") { // NaN, Infinity
			return appendJSONString(dst, text)
		}
		return append(dst, text...)
	case types.Timestamp, types.TimestampTZ:
		return appendJSONString(dst, isoTime(env, v))
	}
	return appendJSONString(dst, env.context().Format(v))
}

// isoTime prints a time with a T, as JSON wants it, and a zone with minutes.
func isoTime(env *Env, v types.Value) string {
	s := strings.Replace(env.context().Format(v), " ", "T", 1)
	if v.Type.ID == types.TimestampTZ && len(s) > 3 && (s[len(s)-3] == '+' || s[len(s)-3] == '-') {
		s += ":00"
	}
	return s
}

func jsonBuildObject(env *Env, a []types.Value) (types.Value, error) {
	if len(a)%2 != 0 {
		return types.Value{}, dberr.New(dberr.InvalidParameterValue, "argument list must have even number of elements").
			WithHint("The arguments of json_build_object() must consist of alternating keys and values.")
	}
	dst := []byte{'{'}
	for i := 0; i < len(a); i += 2 {
		if !a[i].Valid {
			return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "argument %d cannot be null", i+1).
				WithHint("Object keys should be text.")
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendJSONString(dst, env.context().TextOf(a[i]))
		dst = appendJSON(append(dst, " : "...), env, a[i+1])
	}
	return jsonText(string(append(dst, '}'))), nil
}

func jsonBuildArray(env *Env, a []types.Value) (types.Value, error) {
	dst := []byte{'['}
	for i, v := range a {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendJSON(dst, env, v)
	}
	return jsonText(string(append(dst, ']'))), nil
}
