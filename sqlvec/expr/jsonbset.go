package expr

import (
	"slices"
	"strconv"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// NewJSONBSet builds the JSONB x with the part at the subscripts replaced by value.
func NewJSONBSet(pos int, x, value Expr, subscripts []Expr) (Expr, error) {
	c := &Call{At: At(pos), Fn: jsonbSetPart, Args: []Expr{x, value}, Typ: x.Type()}
	for _, s := range subscripts {
		to := types.T(types.Text)
		if s.Type().IsInteger() {
			to = types.T(types.Int32)
		}
		e, err := Coerce(s, to)
		if err != nil {
			return nil, dberr.Newf(dberr.DatatypeMismatch, "subscript type %s is not supported", s.Type().Base()).
				WithHint("jsonb subscript must be coercible to either integer or text.").At(s.Pos())
		}
		c.Args = append(c.Args, e)
	}
	return c, nil
}

var jsonbSetPart = &Function{Name: "jsonb_set_part", Params: ids(types.JSONB, types.JSONB, anyType), Variadic: true, Ret: types.JSONB,
	NullCall: true, row: jsonbWithPart}

// jsonbWithPart is document, value, subscripts. What is missing on the way is made.
func jsonbWithPart(_ *Env, a []types.Value) (types.Value, error) {
	text := "{}"
	if a[2].Type.IsInteger() {
		text = "[]"
	}
	if a[0].Valid {
		text = a[0].S
	}
	tree, err := types.ParseJSON(text)
	if err != nil {
		return types.Value{}, err
	}
	value := types.Value{S: "null"}
	if a[1].Valid {
		value = a[1]
	}
	leaf, err := types.ParseJSON(value.S)
	if err != nil {
		return types.Value{}, err
	}
	path := make([]string, len(a)-2)
	for i, s := range a[2:] {
		if !s.Valid {
			return types.Value{}, dberr.New(dberr.NullValueNotAllowed, "jsonb subscript in assignment must not be null")
		}
		if path[i] = s.S; s.Type.IsInteger() {
			path[i] = strconv.FormatInt(s.I, 10)
		}
	}
	if err := setPart(&tree, path, 0, leaf); err != nil {
		return types.Value{}, err
	}
	return treeValue(&tree), nil
}

// setPart puts a leaf at the path from level on.
func setPart(t *types.JSONTree, path []string, level int, leaf types.JSONTree) error {
	step, last := path[level], level == len(path)-1
	switch t.Kind {
	case '{':
		at, ok := t.Member(step)
		switch {
		case ok && !last:
			return setPart(&t.Members[at], path, level+1, leaf)
		case last:
			setMember(t, step, leaf)
			return nil
		}
		made, err := newPart(path[level+1:], leaf)
		setMember(t, step, made)
		return err
	case '[':
		return setPartOfArray(t, path, level, leaf)
	}
	return dberr.New(dberr.InvalidParameterValue, "cannot replace existing key").
		WithDetail("The path assumes key is a composite object, but it is a scalar value.")
}

func setPartOfArray(t *types.JSONTree, path []string, level int, leaf types.JSONTree) error {
	i, err := strconv.ParseInt(path[level], 10, 32)
	if err != nil {
		return dberr.Newf(dberr.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, path[level])
	}
	n := int64(len(t.Members))
	if i < -n {
		return dberr.Newf(dberr.InvalidParameterValue, "path element at position %d is out of range: %d", level+1, i)
	}
	if i < 0 {
		i += n
	}
	last := level == len(path)-1
	if i < n && !last {
		return setPart(&t.Members[i], path, level+1, leaf)
	}
	if !last {
		if leaf, err = newPart(path[level+1:], leaf); err != nil {
			return err
		}
	}
	if i < n {
		t.Members[i] = leaf
		return nil
	}
	if t.Members, err = withNulls(t.Members, i); err != nil {
		return err
	}
	t.Members = append(t.Members, leaf)
	return nil
}

// withNulls fills a list up to n members.
func withNulls(list []types.JSONTree, n int64) ([]types.JSONTree, error) {
	if n > maxAssigned {
		return nil, dberr.Newf(dberr.ProgramLimitExceeded, "an assignment may extend an array to at most %d elements", maxAssigned)
	}
	null, err := types.ParseJSON("null")
	for int64(len(list)) < n {
		list = append(list, null)
	}
	return list, err
}

// newPart makes the arrays and objects of a path around a leaf: a number makes an array.
func newPart(path []string, leaf types.JSONTree) (types.JSONTree, error) {
	for _, step := range slices.Backward(path) {
		around := types.JSONTree{Kind: '{'}
		if i, err := strconv.ParseInt(step, 10, 32); err == nil {
			around.Kind = '['
			if around.Members, err = withNulls(nil, i); err != nil {
				return around, err
			}
			around.Members = append(around.Members, leaf)
		} else {
			setMember(&around, step, leaf)
		}
		leaf = around
	}
	return leaf, nil
}
