package expr

import (
	"slices"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// jsonbInsert is jsonb_insert(target, path, value [, after]).
func jsonbInsert(_ *Env, a []types.Value) (types.Value, error) {
	after := len(a) > 3 && a[3].I != 0
	return editAt(a, func(at *types.JSONTree, key string, v types.JSONTree) error {
		if _, there := at.Member(key); there {
			return dberr.New(dberr.InvalidParameterValue, "cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value.")
		}
		setMember(at, key, v)
		return nil
	}, func(at *types.JSONTree, i int64, v types.JSONTree) { insertElement(at, i, v, after) })
}

// insertElement puts an element before or after another; where that is not there, at the nearest
// end.
func insertElement(t *types.JSONTree, i int64, v types.JSONTree, after bool) {
	at, ok := element(t, i)
	switch {
	case !ok && i < 0:
		at = 0
	case !ok:
		at = len(t.Members)
	case after:
		at++
	}
	t.Members = slices.Insert(t.Members, at, v)
}

// jsonbSetLax is jsonb_set_lax(target, path, value [, create [, what to do for NULL]]).
func jsonbSetLax(env *Env, a []types.Value) (types.Value, error) {
	null := types.NullOf(types.T(types.JSONB))
	if !a[0].Valid || !a[1].Valid || len(a) > 3 && !a[3].Valid {
		return null, nil
	}
	if a[2].Valid {
		return jsonbSet(env, a[:min(len(a), 4)])
	}
	treatment := types.Value{S: "use_json_null"}
	if len(a) > 4 {
		treatment = a[4]
	}
	switch treatment.S {
	case "raise_exception":
		return null, dberr.New(dberr.NullValueNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		args := slices.Clone(a[:min(len(a), 4)])
		args[2] = jsonbValue("null")
		return jsonbSet(env, args)
	case "delete_key":
		return jsonbWithoutPath(env, a[:2])
	case "return_target":
		return a[0], nil
	}
	return null, dberr.New(dberr.InvalidParameterValue,
		"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
}
