package expr

import (
	"strconv"

	"driftdb/internal/types"
)

// rowName is the name of the function that makes a row of fields. Its first argument says
// whether there is a row, its second is the names of the fields, and the rest are the fields.
const rowName = "$row"

var makeRow = &Function{Name: rowName, Params: ids(types.Bool, types.ArrayOf(types.Text), anyType), Variadic: true,
	Ret: types.Record, NullCall: true, row: rowOf}

func init() {
	toJSON := func(env *Env, a []types.Value) (types.Value, error) {
		if len(a) > 1 && a[1].I != 0 {
			return jsonText(string(appendJSONRow(nil, env, a[0], ",\n "))), nil
		}
		return jsonText(string(appendJSON(nil, env, a[0]))), nil
	}
	deeper := func(_ *Env, a []types.Value) (types.Value, error) {
		row, err := a[0].Row()
		if err != nil || len(row.Fields) == 0 {
			return types.NullOf(types.T(types.Int64)), err
		}
		return types.IntValue(types.T(types.Int64), row.Fields[0].I+1), nil
	}
	register(
		&Function{Name: "$deeper", Params: ids(types.Record), Ret: types.Int64, row: deeper}, // of SEARCH BREADTH FIRST
		&Function{Name: "row_to_json", Params: ids(types.Record), Ret: types.JSON, Volatility: Stable, row: toJSON},
		&Function{Name: "row_to_json", Params: ids(types.Record, types.Bool), Ret: types.JSON, Volatility: Stable, row: toJSON},
	)
}

// NewRow builds a row value; present says whether there is a row, nil that there is always one,
// and names nil that the fields are called f1, f2, …
func NewRow(pos int, names []string, present Expr, fields []Expr) (Expr, error) {
	list := make([]types.Value, len(fields))
	for i := range fields {
		name := "f" + strconv.Itoa(i+1)
		if names != nil {
			name = names[i]
		}
		list[i] = textValue(name)
	}
	known, err := types.List(list).Value(types.T(types.Text).Array())
	if err != nil {
		return nil, err
	}
	if present == nil {
		present = &Const{At: At(pos), Value: types.BoolValue(true)}
	}
	c := &Call{At: At(pos), Fn: makeRow, Args: []Expr{present, &Const{At: At(pos), Value: known}}, Typ: types.T(types.Record)}
	c.Args = append(c.Args, fields...)
	return c, nil
}

// RowParts takes apart what NewRow made; ok is false for any other expression. present is nil
// where there always is a row.
func RowParts(e Expr) (names []string, present Expr, fields []Expr, ok bool) {
	c, ok := e.(*Call)
	if !ok || c.Fn != makeRow {
		return nil, nil, nil, false
	}
	list, err := c.Args[1].(*Const).Value.Array()
	if err != nil {
		return nil, nil, nil, false
	}
	for _, v := range list.Elems {
		names = append(names, v.S)
	}
	if _, always := c.Args[0].(*Const); !always {
		present = c.Args[0]
	}
	return names, present, c.Args[2:], true
}

func rowOf(_ *Env, a []types.Value) (types.Value, error) {
	if !a[0].Valid || a[0].I == 0 {
		return types.NullOf(types.T(types.Record)), nil
	}
	names, err := a[1].Array()
	if err != nil {
		return types.Value{}, err
	}
	row := types.Row{Fields: a[2:]}
	for _, v := range names.Elems {
		row.Names = append(row.Names, v.S)
	}
	return row.Value()
}

// appendJSONRow appends a row as a JSON object.
func appendJSONRow(dst []byte, env *Env, v types.Value, separator string) []byte {
	row, err := v.Row()
	if err != nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i, f := range row.Fields {
		if i > 0 {
			dst = append(dst, separator...)
		}
		dst = append(appendJSONString(dst, row.Names[i]), ':')
		dst = appendJSON(dst, env, f)
	}
	return append(dst, '}')
}
