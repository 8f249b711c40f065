package bind

import (
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
	"driftdb/sqlvec/plan"
)

// setFunction is a set-returning function: functions that make the arrays whose elements
// are its rows, and the names of its columns, "" for its own.
type setFunction struct{ arrays, names []string }

// rowArrays are the set-returning functions whose rows are arrays: their array holds the
// stored forms of those.
var rowArrays = map[string]types.Type{"regexp_matches": types.T(types.Text).Array()}

var setFunctions = map[string]setFunction{
	"unnest":                    {nil, []string{""}},
	"string_to_table":           {[]string{"string_to_array"}, []string{""}},
	"regexp_split_to_table":     {[]string{"regexp_split_to_array"}, []string{""}},
	"regexp_matches":            {[]string{"$regexp_matches"}, []string{""}},
	"json_array_elements":       {[]string{"$json_elements"}, []string{"value"}},
	"jsonb_array_elements":      {[]string{"$jsonb_elements"}, []string{"value"}},
	"json_array_elements_text":  {[]string{"$json_element_texts"}, []string{"value"}},
	"jsonb_array_elements_text": {[]string{"$jsonb_element_texts"}, []string{"value"}},
	"json_object_keys":          {[]string{"$json_keys"}, []string{""}},
	"jsonb_object_keys":         {[]string{"$jsonb_keys"}, []string{""}},
	"json_each":                 {[]string{"$json_each_keys", "$json_each_values"}, []string{"key", "value"}},
	"jsonb_each":                {[]string{"$jsonb_each_keys", "$jsonb_each_values"}, []string{"key", "value"}},
	"json_each_text":            {[]string{"$json_each_keys", "$json_each_texts"}, []string{"key", "value"}},
	"jsonb_path_query":          {[]string{"$jsonb_path_query"}, []string{""}},
	"jsonb_path_query_tz":       {[]string{"$jsonb_path_query_tz"}, []string{""}},
	"pg_partition_ancestors":    {[]string{"$partition_ancestors"}, []string{""}},
	"jsonb_each_text":           {[]string{"$jsonb_each_keys", "$jsonb_each_texts"}, []string{"key", "value"}},
}

// returnsSet reports whether a name is that of a set-returning function.
func returnsSet(name string) bool {
	return setFunctions[name].names != nil || name == "generate_series" || name == "generate_subscripts"
}

// subscriptsCall writes generate_subscripts(a, dim [, reverse]) as a generate_series.
func subscriptsCall(e *parse.FuncCall) (*parse.FuncCall, error) {
	if e.Name.Last() != "generate_subscripts" {
		return e, nil
	}
	reverse := false
	switch len(e.Args) {
	case 2:
	case 3:
		lit, ok := e.Args[2].(*parse.Literal)
		if !ok || lit.Kind != parse.LitBool {
			return nil, dberr.New(dberr.FeatureNotSupported, "the order of generate_subscripts must be true or false").At(int(e.Position()))
		}
		reverse = lit.Bool
	default:
		return nil, dberr.New(dberr.UndefinedFunction, "function generate_subscripts takes an array, a dimension and the order").At(int(e.Position()))
	}
	bound := func(name string) parse.Expr {
		return &parse.FuncCall{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{name}}, Args: e.Args[:2]}
	}
	args := []parse.Expr{bound("array_lower"), bound("array_upper")}
	if reverse {
		args = []parse.Expr{args[1], args[0], &parse.Literal{Pos: e.Pos, Kind: parse.LitInt, Text: "-1"}}
	}
	return &parse.FuncCall{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{"generate_series"}}, Args: args}, nil
}

// rangeCall writes DuckDB's range, whose end is not part of it, and generate_series with one argument as a
// generate_series; others come back as they are.
func rangeCall(e *parse.FuncCall) *parse.FuncCall {
	name, n := e.Name.Last(), len(e.Args)
	if n == 0 || n > 3 || name != "range" && (name != "generate_series" || n > 1) {
		return e
	}
	number := func(s string) parse.Expr { return &parse.Literal{Pos: e.Pos, Kind: parse.LitInt, Text: s} }
	call := func(name string, args ...parse.Expr) *parse.FuncCall {
		return &parse.FuncCall{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{name}}, Args: args}
	}
	wide := func(x parse.Expr) parse.Expr {
		return &parse.Cast{Pos: e.Pos, X: x, Type: &parse.TypeName{Pos: e.Pos, Name: parse.Name{Pos: e.Pos, Parts: []string{"int8"}}}}
	}
	start, stop, step := number("0"), e.Args[0], number("1")
	if n > 1 {
		start, stop = e.Args[0], e.Args[1]
	}
	if n > 2 {
		step = e.Args[2]
	}
	last := wide(stop)
	if name == "range" {
		last = &parse.BinaryExpr{Pos: e.Pos, Op: "-", L: last, R: wide(call("sign", step))}
	}
	return call("generate_series", wide(start), last, wide(step))
}

// setArrays binds the arrays of a set-returning function, and makes their columns.
func (b *Binder) setArrays(e *parse.FuncCall, c *exprContext) ([]expr.Expr, []plan.Column, error) {
	name, pos := e.Name.Last(), int(e.Position())
	if err := plainCall(e, name); err != nil {
		return nil, nil, err
	}
	args, err := b.bindExprs(withVector(e, name).Args, c)
	if err != nil {
		return nil, nil, err
	}
	fn := setFunctions[name]
	arrays := args
	if fn.arrays == nil {
		for _, x := range args {
			if !x.Type().IsArray() {
				return nil, nil, noFunction(name, args).At(pos)
			}
		}
	} else {
		arrays = nil
		for _, array := range fn.arrays {
			x, err := expr.NewCall(pos, array, args)
			if dberr.CodeOf(err) == dberr.UndefinedFunction {
				return nil, nil, noFunction(name, args).At(pos)
			}
			if err != nil {
				return nil, nil, err
			}
			arrays = append(arrays, x)
		}
	}
	if len(arrays) == 0 {
		return nil, nil, noFunction(name, args).At(pos)
	}
	var out []plan.Column
	for i, x := range arrays {
		column := fn.names[min(i, len(fn.names)-1)]
		if column == "" {
			column = name
		}
		t := x.Type().Elem()
		if array, ok := rowArrays[name]; ok {
			t = array
		}
		out = append(out, b.newColumn(column, t))
	}
	return arrays, out, nil
}

// bindSetRef binds set-returning functions in FROM, side by side.
func (b *Binder) bindSetRef(t *parse.FuncRef, left, parent *scope) (from, error) {
	c := &exprContext{scope: leftScope(left, parent), clause: "FROM", applies: &applies{}}
	n := &plan.GenerateSeries{Elements: plan.Elements{Ordinality: t.Ordinality}}
	for _, call := range t.Calls {
		if name := call.Name.Last(); setFunctions[name].names == nil {
			return from{}, dberr.Newf(dberr.UndefinedFunction, "function %s does not exist as a table", name).At(int(call.Position()))
		}
		arrays, out, err := b.setArrays(call, c)
		if err != nil {
			return from{}, err
		}
		n.Arrays, n.Out = append(n.Arrays, arrays...), append(n.Out, out...)
	}
	alias := t.Alias
	switch first := t.Calls[0].Name.Last(); {
	case alias == nil:
		alias = &parse.Alias{Pos: t.Calls[0].Pos, Name: first}
	case len(n.Out) == 1 && alias.Name != "" && n.Out[0].Name == first:
		n.Out[0].Name = alias.Name
	}
	if t.Ordinality {
		n.Out = append(n.Out, b.newColumn("ordinality", types.T(types.Int64)))
	}
	if len(c.applies.list) == 0 {
		return b.namedValues(n, alias, parent)
	}
	one, err := b.attach(&plan.Values{Rows: [][]expr.Expr{{}}}, c.applies)
	if err != nil {
		return from{}, err
	}
	u := &plan.Unroll{Input: one, Series: n.Out, Elements: n.Elements}
	return b.namedValues(strip(u, n.Out), alias, parent)
}

// unrolled joins the elements of arrays of l's own rows to them.
func unrolled(l plan.Node, g *plan.GenerateSeries, on expr.Expr) plan.Node {
	u := &plan.Unroll{Input: l, Series: g.Out, Elements: g.Elements}
	if on == nil {
		return u
	}
	return &plan.Filter{Input: u, Predicate: on}
}
