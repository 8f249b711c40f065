package expr

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// JSONKey is the name of the function from JSONB to bytes that order and are equal as
// the values do. No query can write it.
const JSONKey = "$jsonb_key"

func init() {
	j, t, i, b := types.JSONB, types.Text, types.Int32, types.Bool
	register(
		rowFn(JSONKey, ids(j), types.Bytea, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.BytesValue(types.T(types.Bytea), string(types.JSONKey(nil, a[0].S))), nil
		}),
		rowFn("->", ids(j, t), j, asJSONB(jsonStep(false))), rowFn("->", ids(j, i), j, asJSONB(jsonbElement(false))),
		rowFn("->>", ids(j, t), t, jsonStep(true)), rowFn("->>", ids(j, i), t, jsonbElement(true)),
		rowFn("#>", ids(j, t), j, asJSONB(jsonPathText(false))), rowFn("#>>", ids(j, t), t, jsonPathText(true)),
		&Function{Name: "jsonb_extract_path", Params: ids(j, t), Variadic: true, Ret: j, row: asJSONB(jsonPath(false))},
		&Function{Name: "jsonb_extract_path_text", Params: ids(j, t), Variadic: true, Ret: t, row: jsonPath(true)},
		textOf("jsonb_typeof", ids(j), func(a []types.Value) string { return jsonKind(a[0].S) }),
		rowFn("jsonb_array_length", ids(j), i, jsonArrayLength),
		rowFn("jsonb_strip_nulls", ids(j), j, asJSONB(jsonStripNulls)),
		rowFn("@>", ids(j, j), b, func(_ *Env, a []types.Value) (types.Value, error) { return jsonbHolds(a[0], a[1]) }),
		rowFn("<@", ids(j, j), b, func(_ *Env, a []types.Value) (types.Value, error) { return jsonbHolds(a[1], a[0]) }),
		rowFn("?", ids(j, t), b, jsonbHasKey),
		rowFn("?|", ids(j, t), b, jsonbHasKeys(false)), rowFn("?&", ids(j, t), b, jsonbHasKeys(true)),
		rowFn("||", ids(j, j), j, jsonbConcat),
		rowFn("-", ids(j, t), j, jsonbWithoutKey), rowFn("-", ids(j, types.ArrayOf(t)), j, jsonbWithoutKeys), rowFn("-", ids(j, i), j, jsonbWithoutElement),
		rowFn("#-", ids(j, t), j, jsonbWithoutPath),
		rowFn("jsonb_set", ids(j, t, j), j, jsonbSet), rowFn("jsonb_set", ids(j, t, j, b), j, jsonbSet),
		textOf("jsonb_pretty", ids(j), func(a []types.Value) string {
			tree, _ := types.ParseJSON(a[0].S)
			return string(appendPretty(nil, &tree, 0))
		}),
	)
	build := func(name string, params []types.ID, row rowFunc) {
		register(&Function{Name: name, Ret: j, NullCall: true, Volatility: Stable, row: asJSONB(row)},
			&Function{Name: name, Params: params, Variadic: true, Ret: j, NullCall: true, Volatility: Stable, row: asJSONB(row)})
	}
	build("jsonb_build_object", ids(anyType), jsonBuildObject)
	build("jsonb_build_array", ids(anyType), jsonBuildArray)
	register(&Function{Name: "to_jsonb", Params: ids(anyType), Ret: j, Volatility: Stable, row: asJSONB(func(env *Env, a []types.Value) (types.Value, error) {
		return jsonText(string(appendJSON(nil, env, a[0]))), nil
	})})
	registerAggregate(&Aggregate{Name: "jsonb_agg", Params: ids(anyType), Ret: j, Ordered: true, states: newJSONAgg(false)})
	registerAggregate(&Aggregate{Name: "jsonb_object_agg", Params: ids(anyType, anyType), Ret: j, Ordered: true, states: newJSONAgg(true)})
}

// asJSONB makes JSONB of the JSON that fn returns.
func asJSONB(fn rowFunc) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		v, err := fn(env, a)
		if err != nil || !v.Valid {
			return types.NullOf(types.T(types.JSONB)), err
		}
		s, err := types.NormalJSON(v.S)
		return jsonbValue(s), err
	}
}

// jsonbElement returns -> or ->> of a number. As in PostgreSQL, a scalar of JSONB has itself as
// its one element, where one of JSON has none.
func jsonbElement(text bool) rowFunc {
	step := jsonStep(text)
	return func(env *Env, a []types.Value) (types.Value, error) {
		if kind := jsonKind(a[0].S); kind == "array" || kind == "object" || a[1].I != 0 && a[1].I != -1 {
			return step(env, a)
		}
		return jsonResult(a[0].S, true, text), nil
	}
}

func jsonbValue(s string) types.Value { return types.BytesValue(types.T(types.JSONB), s) }

// treeValue returns a tree as JSONB.
func treeValue(t *types.JSONTree) types.Value { return jsonbValue(string(t.Append(nil))) }

// twoTrees takes apart two values.
func twoTrees(a, b types.Value) (x, y types.JSONTree, err error) {
	if x, err = types.ParseJSON(a.S); err == nil {
		y, err = types.ParseJSON(b.S)
	}
	return x, y, err
}

// jsonbHolds is whole @> part.
func jsonbHolds(whole, part types.Value) (types.Value, error) {
	x, y, err := twoTrees(whole, part)
	if err != nil {
		return types.Value{}, err
	}
	if x.Kind == '[' && y.Kind != '[' && y.Kind != '{' { // an array holds its elements
		y = types.JSONTree{Kind: '[', Members: []types.JSONTree{y}}
	}
	return types.BoolValue(holds(&x, &y)), nil
}

// holds reports whether x contains y: each member of y is contained in one of x.
func holds(x, y *types.JSONTree) bool {
	if x.Kind != y.Kind {
		return false
	}
	switch x.Kind {
	case '{':
		for i, key := range y.Keys {
			at, ok := x.Member(key)
			if !ok || !holds(&x.Members[at], &y.Members[i]) {
				return false
			}
		}
		return true
	case '[':
		for i := range y.Members {
			if !slices.ContainsFunc(x.Members, func(m types.JSONTree) bool { return holds(&m, &y.Members[i]) }) {
				return false
			}
		}
		return true
	case 0:
		return types.Compare(treeValue(x), treeValue(y)) == 0
	}
	return x.Text == y.Text
}

// jsonbHasKey is j ? key: a key of an object, or a string that is an element or all.
func jsonbHasKey(_ *Env, a []types.Value) (types.Value, error) {
	tree, err := types.ParseJSON(a[0].S)
	if err != nil {
		return types.Value{}, err
	}
	isKey := func(m types.JSONTree) bool { return m.Kind == '"' && m.Text == a[1].S }
	_, found := tree.Member(a[1].S)
	return types.BoolValue(tree.Kind == '{' && found || tree.Kind == '[' && slices.ContainsFunc(tree.Members, isKey) || isKey(tree)), nil
}

// jsonbHasKeys is j ?| keys and, with all, j ?& keys.
func jsonbHasKeys(all bool) rowFunc {
	return func(env *Env, a []types.Value) (types.Value, error) {
		keys, err := splitArray(a[1].S)
		for _, key := range keys {
			has, err := jsonbHasKey(env, []types.Value{a[0], types.BytesValue(types.T(types.Text), key)})
			if err != nil || (has.I != 0) != all {
				return has, err
			}
		}
		return types.BoolValue(all), err
	}
}

// jsonbConcat is a || b: objects are united, all else is joined as arrays.
func jsonbConcat(_ *Env, a []types.Value) (types.Value, error) {
	x, y, err := twoTrees(a[0], a[1])
	if err != nil {
		return types.Value{}, err
	}
	if x.Kind == '{' && y.Kind == '{' {
		for i, key := range y.Keys {
			setMember(&x, key, y.Members[i])
		}
		return treeValue(&x), nil
	}
	out := types.JSONTree{Kind: '['}
	for _, t := range []types.JSONTree{x, y} {
		if t.Kind == '[' {
			out.Members = append(out.Members, t.Members...)
		} else {
			out.Members = append(out.Members, t)
		}
	}
	return treeValue(&out), nil
}

// setMember sets a member of an object.
func setMember(t *types.JSONTree, key string, v types.JSONTree) {
	at, ok := t.Member(key)
	if ok {
		t.Members[at] = v
		return
	}
	t.Keys, t.Members = slices.Insert(t.Keys, at, key), slices.Insert(t.Members, at, v)
}

func jsonbWithoutKey(_ *Env, a []types.Value) (types.Value, error) { return jsonbWithout(a[0], a[1].S) }

func jsonbWithoutKeys(_ *Env, a []types.Value) (types.Value, error) {
	list, err := a[1].Array()
	if err != nil {
		return types.Value{}, err
	}
	var keys []string
	for _, e := range list.Elems {
		if e.Valid {
			keys = append(keys, e.S)
		}
	}
	return jsonbWithout(a[0], keys...)
}

// jsonbWithout removes members of these names, or texts from an array.
func jsonbWithout(v types.Value, keys ...string) (types.Value, error) {
	tree, err := types.ParseJSON(v.S)
	if err != nil {
		return types.Value{}, err
	}
	switch tree.Kind {
	case '{':
		for _, key := range keys {
			remove(&tree, key)
		}
	case '[':
		tree.Members = slices.DeleteFunc(tree.Members, func(m types.JSONTree) bool { return m.Kind == '"' && slices.Contains(keys, m.Text) })
	default:
		return types.Value{}, dberr.New(dberr.InvalidParameterValue, "cannot delete from scalar")
	}
	return treeValue(&tree), nil
}

func jsonbWithoutElement(_ *Env, a []types.Value) (types.Value, error) {
	tree, err := types.ParseJSON(a[0].S)
	switch {
	case err != nil:
		return types.Value{}, err
	case tree.Kind == '{':
		return types.Value{}, dberr.New(dberr.InvalidParameterValue, "cannot delete from object using integer index")
	case tree.Kind != '[':
		return types.Value{}, dberr.New(dberr.InvalidParameterValue, "cannot delete from scalar")
	}
	if at, ok := element(&tree, a[1].I); ok {
		tree.Members = slices.Delete(tree.Members, at, at+1)
	}
	return treeValue(&tree), nil
}

// element returns the place of element i of an array; negative ones count from the end.
func element(t *types.JSONTree, i int64) (int, bool) {
	n := int64(len(t.Members))
	if i < 0 {
		i += n
	}
	return int(i), i >= 0 && i < n
}

// remove takes the member of an object or element of an array away.
func remove(t *types.JSONTree, step string) {
	if t.Kind == '{' {
		if at, ok := t.Member(step); ok {
			t.Keys, t.Members = slices.Delete(t.Keys, at, at+1), slices.Delete(t.Members, at, at+1)
		}
		return
	}
	if i, ok := arrayStep(step); ok && t.Kind == '[' {
		if at, ok := element(t, i); ok {
			t.Members = slices.Delete(t.Members, at, at+1)
		}
	}
}

// arrayStep reads a step of a path as the number of an element.
func arrayStep(step string) (int64, bool) {
	v, err := types.Parse(step, types.T(types.Int32))
	return v.I, err == nil
}

// walk follows a path to the tree that holds its last step.
func walk(t *types.JSONTree, path []string) *types.JSONTree {
	for _, step := range path[:len(path)-1] {
		at, ok := 0, false
		switch t.Kind {
		case '{':
			at, ok = t.Member(step)
		case '[':
			if i, number := arrayStep(step); number {
				at, ok = element(t, i)
			}
		}
		if !ok {
			return nil
		}
		t = &t.Members[at]
	}
	return t
}

func jsonbWithoutPath(_ *Env, a []types.Value) (types.Value, error) {
	tree, path, err := treeAndPath(a, "delete path in")
	if err != nil || len(path) == 0 {
		return a[0], err
	}
	if at := walk(&tree, path); at != nil {
		remove(at, path[len(path)-1])
	}
	return treeValue(&tree), nil
}

// treeAndPath reads the first two arguments.
func treeAndPath(a []types.Value, what string) (types.JSONTree, []string, error) {
	tree, err := types.ParseJSON(a[0].S)
	if err != nil {
		return tree, nil, err
	}
	if tree.Kind != '{' && tree.Kind != '[' {
		return tree, nil, dberr.Newf(dberr.InvalidParameterValue, "cannot %s scalar", what)
	}
	path, err := splitArray(a[1].S)
	return tree, path, err
}

// editAt gives the object or array that holds the end of the path in a, and the value in a, to
// one of the functions; nothing changes where the path leads nowhere.
func editAt(a []types.Value, member func(at *types.JSONTree, key string, v types.JSONTree) error, elem func(at *types.JSONTree, i int64, v types.JSONTree)) (types.Value, error) {
	tree, path, err := treeAndPath(a, "set path in")
	if err != nil || len(path) == 0 {
		return a[0], err
	}
	value, err := types.ParseJSON(a[2].S)
	if err != nil {
		return types.Value{}, err
	}
	at := walk(&tree, path)
	if at == nil {
		return treeValue(&tree), nil
	}
	step := path[len(path)-1]
	switch at.Kind {
	case '{':
		if err := member(at, step, value); err != nil {
			return types.Value{}, err
		}
	case '[':
		i, ok := arrayStep(step)
		if !ok {
			return types.Value{}, dberr.Newf(dberr.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", len(path), step)
		}
		elem(at, i, value)
	}
	return treeValue(&tree), nil
}

// jsonbSet is jsonb_set(target, path, value [, create]).
func jsonbSet(_ *Env, a []types.Value) (types.Value, error) {
	create := len(a) < 4 || a[3].I != 0
	return editAt(a, func(at *types.JSONTree, key string, v types.JSONTree) error {
		if _, ok := at.Member(key); ok || create {
			setMember(at, key, v)
		}
		return nil
	}, func(at *types.JSONTree, i int64, v types.JSONTree) { setElement(at, i, v, create) })
}

// setElement sets an element; one that is not there goes to the nearest end.
func setElement(t *types.JSONTree, i int64, v types.JSONTree, create bool) {
	at, ok := element(t, i)
	switch {
	case ok:
		t.Members[at] = v
	case create && i < 0:
		t.Members = slices.Insert(t.Members, 0, v)
	case create:
		t.Members = append(t.Members, v)
	}
}

// appendPretty appends the form of jsonb_pretty, which indents by four blanks.
func appendPretty(dst []byte, t *types.JSONTree, depth int) []byte {
	if t.Kind != '{' && t.Kind != '[' {
		return t.Append(dst)
	}
	indent := func(n int) string { return "\n" + strings.Repeat("    ", n) }
	dst = append(dst, t.Kind)
	for i := range t.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, indent(depth+1)...)
		if t.Kind == '{' {
			key := types.JSONTree{Kind: '"', Text: t.Keys[i]}
			dst = append(key.Append(dst), ": "...)
		}
		dst = appendPretty(dst, &t.Members[i], depth+1)
	}
	return append(append(dst, indent(depth)...), t.Kind+2)
}
