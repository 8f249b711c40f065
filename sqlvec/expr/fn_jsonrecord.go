package expr

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// The functions here make the columns of json_to_record, json_populate_record and their kin of
// objects. No query can write them.
func init() {
	for _, j := range []types.ID{types.JSON, types.JSONB} {
		word := map[types.ID]string{types.JSON: "json", types.JSONB: "jsonb"}[j]
		register(
			rowFn("$"+word+"_record", ids(j), j, jsonRecord),
			&Function{Name: "$" + word + "_field", Params: ids(j, types.Text, anyElement), Ret: anyElement, NullCall: true, Volatility: Stable,
				returns: func(args []types.Type) types.Type { return args[2] }, eval: jsonFieldEval},
		)
		for _, name := range []string{word + "_to_recordset", word + "_populate_recordset"} {
			register(rowFn("$"+name, ids(j), types.ArrayOf(j), jsonRecords(j, name)))
		}
	}
}

// jsonRecord checks that a value is an object.
func jsonRecord(_ *Env, a []types.Value) (types.Value, error) {
	switch jsonKind(a[0].S) {
	case "object":
		return a[0], nil
	case "array":
		return a[0], dberr.New(dberr.InvalidParameterValue, "cannot call populate_composite on an array")
	}
	return a[0], dberr.New(dberr.InvalidParameterValue, "cannot call populate_composite on a scalar")
}

// jsonRecords returns the objects of an array.
func jsonRecords(id types.ID, name string) rowFunc {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		switch jsonKind(a[0].S) {
		case "array":
		case "object":
			return a[0], dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on an object", name)
		default:
			return a[0], dberr.Newf(dberr.InvalidParameterValue, "cannot call %s on a scalar", name)
		}
		var list []types.Value
		objects := true
		members(a[0].S, func(_, value string) bool {
			objects = jsonKind(value) == "object"
			list = append(list, types.BytesValue(types.T(id), value))
			return objects
		})
		if !objects {
			return a[0], dberr.Newf(dberr.InvalidParameterValue, "argument of %s must be an array of objects", name)
		}
		return types.List(list).Value(types.T(id).Array())
	}
}

func jsonFieldEval(f *frame, c *Call, args []vec.Vec, rows []uint64) (vec.Vec, error) {
	return eachRow(f, func(env *Env, a []types.Value) (types.Value, error) { return jsonField(env, c.Typ, a) }, c.Typ, args, rows)
}

// jsonField is a member of an object as a value of the type of the third argument, which stands
// where there is no such member. Of several of one name the last counts.
func jsonField(env *Env, t types.Type, a []types.Value) (types.Value, error) {
	if !a[0].Valid {
		return a[2], nil
	}
	found, text := false, ""
	members(a[0].S, func(key, value string) bool {
		if key == a[1].S {
			found, text = true, value
		}
		return true
	})
	kind := "null"
	if found {
		kind = jsonKind(text)
	}
	switch {
	case !found:
		return a[2], nil
	case t.ID == types.JSON || t.ID == types.JSONB:
		if kind == "null" {
			return types.NullOf(t), nil
		}
		return env.context().Parse(text, t)
	case kind == "null":
		return types.NullOf(t), nil
	case t.IsArray() && kind == "array":
		return types.JSONArray(env.context(), text, t)
	case t.IsArray() && kind != "string":
		return a[2], dberr.New(dberr.InvalidTextRepresentation, "expected JSON array").WithHint("See the value of key \"%s\".", a[1].S)
	case kind == "string":
		text = jsonString(text)
	}
	return env.context().Cast(types.BytesValue(types.T(types.Text), text), t, false)
}
