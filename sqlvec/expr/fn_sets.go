package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"strings"
)

// The functions here make the arrays whose elements are the rows of set-returning
// functions. Those with a $ no query can write.
func init() {
	text := types.Text
	texts := types.ArrayOf(text)
	for _, j := range []types.ID{types.JSON, types.JSONB} {
		word := map[types.ID]string{types.JSON: "json", types.JSONB: "jsonb"}[j]
		register(
			rowFn("$"+word+"_elements", ids(j), types.ArrayOf(j), jsonElements(j, word+"_array_elements", false)),
			rowFn("$"+word+"_element_texts", ids(j), texts, jsonElements(text, word+"_array_elements_text", true)),
			rowFn("$"+word+"_keys", ids(j), texts, jsonMembers(text, word+"_object_keys", jsonKeyOf)),
			rowFn("$"+word+"_each_keys", ids(j), texts, jsonMembers(text, word+"_each", jsonKeyOf)),
			rowFn("$"+word+"_each_values", ids(j), types.ArrayOf(j), jsonMembers(j, word+"_each", func(_, value string) types.Value {
				return types.BytesValue(types.T(j), value)
			})),
			rowFn("$"+word+"_each_texts", ids(j), texts, jsonMembers(text, word+"_each_text", func(_, value string) types.Value {
				return jsonElementText(value)
			})),
		)
	}
	register(rowFn("regexp_split_to_array", ids(text, text), texts, regexpSplit),
		rowFn("regexp_split_to_array", ids(text, text, text), texts, regexpSplit))
}

func jsonKeyOf(key, _ string) types.Value { return textValue(key) }

// jsonElementText is the text of a member as ->> gives it.
func jsonElementText(value string) types.Value {
	switch {
	case value == "null":
		return nullText
	case value != "" && value[0] == '"':
		return textValue(jsonString(value))
	}
	return textValue(value)
}

// jsonElements returns the elements of an array.
func jsonElements(id types.ID, name string, asText bool) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		switch jsonKind(a[0].S) {
		case "array":
		case "object":
			if strings.HasPrefix(name, "jsonb") {
				return types.Value{}, dberr.New(dberr.InvalidParameterValue, "cannot extract elements from an object")
			}
			return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on a non-array", name)
		default:
			if strings.HasPrefix(name, "jsonb") {
				return types.Value{}, dberr.New(dberr.InvalidParameterValue, "cannot extract elements from a scalar")
			}
			return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on a scalar", name)
		}
		var list []types.Value
		members(a[0].S, func(_, value string) bool {
			if asText {
				list = append(list, jsonElementText(value))
			} else {
				list = append(list, types.BytesValue(types.T(id), value))
			}
			return true
		})
		return types.List(list).Value(types.T(id).Array())
	}
}

// jsonMembers returns what pick makes of the members of an object.
func jsonMembers(id types.ID, name string, pick func(key, value string) types.Value) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		switch jsonKind(a[0].S) {
		case "object":
		case "array":
			return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on an array", name)
		default:
			return types.Value{}, dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on a scalar", name)
		}
		var list []types.Value
		members(a[0].S, func(key, value string) bool {
			list = append(list, pick(key, value))
			return true
		})
		return types.List(list).Value(types.T(id).Array())
	}
}

// regexpSplit is regexp_split_to_array(text, pattern [, flags]). A match of no characters
// at an end, or right behind the match before, splits nothing.
func regexpSplit(env *Env, a []types.Value) (types.Value, error) {
	flags := argText(a, 2)
	if err := noGlobal("regexp_split_to_array()", flags, ""); err != nil {
		return a[0], err
	}
	re, err := compileRegex(a[1].S, flags)
	if err != nil {
		return a[0], err
	}
	s, from := a[0].S, 0
	found, err := re.all(env, s, -1)
	if err != nil {
		return a[0], err
	}
	var list []types.Value
	for _, m := range found {
		if m[0] == m[1] && (m[0] == from || m[0] == len(s)) {
			continue
		}
		list = append(list, textValue(s[from:m[0]]))
		from = m[1]
	}
	return types.List(append(list, textValue(s[from:]))).Value(types.T(types.Text).Array())
}
