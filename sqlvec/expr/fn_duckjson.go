package expr

import (
	"strings"

	"driftdb/internal/types"
)

// Functions of JSON that DuckDB has and PostgreSQL has not. They take text, JSON and JSONB.

func init() {
	for _, id := range []types.ID{types.Text, types.JSON, types.JSONB} {
		register(
			rowFn("json_valid", ids(id), types.Bool, func(_ *Env, a []types.Value) (types.Value, error) {
				return types.BoolValue(types.CheckJSON(a[0].S) == nil), nil
			}),
			rowFn("json_type", ids(id), types.Text, func(_ *Env, a []types.Value) (types.Value, error) {
				t, err := treeOf(a[0])
				return textValue(duckKind(&t)), err
			}),
			rowFn("json_keys", ids(id), types.ArrayOf(types.Text), func(_ *Env, a []types.Value) (types.Value, error) {
				t, err := treeOf(a[0])
				if err != nil {
					return a[0], err
				}
				return textList(t.Keys)
			}),
			rowFn("json_merge_patch", ids(id, id), types.JSON, func(_ *Env, a []types.Value) (types.Value, error) {
				t, err := treeOf(a[0])
				if err != nil {
					return a[0], err
				}
				patch, err := treeOf(a[1])
				if err != nil {
					return a[0], err
				}
				t = mergePatch(t, patch)
				return jsonText(string(t.Append(nil))), nil
			}),
		)
	}
}

// treeOf takes JSON apart; an error says what is wrong with it.
func treeOf(v types.Value) (types.JSONTree, error) {
	if err := types.CheckJSON(v.S); err != nil {
		return types.JSONTree{}, err
	}
	return types.ParseJSON(v.S)
}

// duckKind is DuckDB's name of the kind of a JSON value.
func duckKind(t *types.JSONTree) string {
	switch t.Kind {
	case '{':
		return "OBJECT"
	case '[':
		return "ARRAY"
	case '"':
		return "VARCHAR"
	case 't', 'f':
		return "BOOLEAN"
	case 'n':
		return "NULL"
	}
	switch {
	case strings.ContainsAny(t.Text, ".eE"):
		return "DOUBLE"
	case strings.HasPrefix(t.Text, "-"):
		return "BIGINT"
	}
	return "UBIGINT"
}

// mergePatch applies a patch as RFC 7396 says.
func mergePatch(t, patch types.JSONTree) types.JSONTree {
	if patch.Kind != '{' {
		return patch
	}
	out := types.JSONTree{Kind: '{'}
	if t.Kind == '{' {
		for i, key := range t.Keys {
			if _, changed := patch.Member(key); !changed {
				out.Keys, out.Members = append(out.Keys, key), append(out.Members, t.Members[i])
			}
		}
	}
	for i, key := range patch.Keys {
		if patch.Members[i].Kind == 'n' {
			continue
		}
		old := types.JSONTree{Kind: 'n'}
		if t.Kind == '{' {
			if at, ok := t.Member(key); ok {
				old = t.Members[at]
			}
		}
		out.Keys, out.Members = append(out.Keys, key), append(out.Members, mergePatch(old, patch.Members[i]))
	}
	return out
}
