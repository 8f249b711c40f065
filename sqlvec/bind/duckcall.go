package bind

import (
	"regexp"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// duckNames are functions that DuckDB has under other names than PostgreSQL, with the same arguments.
var duckNames = map[string]string{
	"ucase": "upper", "lcase": "lower", "ord": "ascii", "unicode": "ascii", "datepart": "date_part", "datetrunc": "date_trunc",
	"ifnull": "coalesce", "typeof": "$typeof", "uuid": "gen_random_uuid", "get_current_timestamp": "now",
	"list_concat": "array_cat", "list_cat": "array_cat", "array_concat": "array_cat", "list_append": "array_append", "list_prepend": "array_prepend",
	"list_position": "array_position", "list_indexof": "array_position", "array_indexof": "array_position",
	"string_split_regex": "regexp_split_to_array", "str_split_regex": "regexp_split_to_array",
}

// listAggregates are DuckDB's functions that aggregate the elements of a list.
var listAggregates = map[string]string{"list_sum": "sum", "list_avg": "avg", "list_min": "min", "list_max": "max", "list_count": "count",
	"list_first": "first", "list_last": "last", "list_any_value": "any_value", "list_bool_and": "bool_and", "list_bool_or": "bool_or",
	"list_stddev_samp": "stddev_samp", "list_var_samp": "var_samp", "list_median": "median", "list_mode": "mode", "list_string_agg": "group_concat",
	"list_product": "product", "list_skewness": "skewness", "list_kurtosis": "kurtosis", "list_kurtosis_pop": "kurtosis_pop", "list_entropy": "entropy", "list_mad": "mad",
	"list_sem": "sem", "list_stddev_pop": "stddev_pop", "list_var_pop": "var_pop", "list_bit_and": "bit_and", "list_bit_or": "bit_or", "list_bit_xor": "bit_xor",
	"list_approx_count_distinct": "approx_count_distinct", "list_histogram": "histogram"}

// duckCall writes a function of DuckDB's as what it means here; ok is false for others.
func duckCall(e *parse.FuncCall, name string) (out parse.Expr, ok bool) {
	d := duckRewrite{e.Pos}
	n := len(e.Args)
	if to, found := duckNames[name]; found && (n == 0) == (name == "uuid" || name == "get_current_timestamp") {
		return d.call(to, e.Args...), true
	}
	if agg, found := listAggregates[name]; found && n > 0 {
		return d.overList(agg, e.Args[0], e.Args[1:]), true
	}
	switch {
	case name == "today" && n == 0:
		call := d.call("current_date")
		call.Bare = true
		return call, true
	case name == "if" && n == 3:
		return &parse.CaseExpr{Pos: e.Pos, Whens: []parse.When{{Pos: e.Pos, Cond: e.Args[0], Result: e.Args[1]}}, Else: e.Args[2]}, true
	case (name == "list_aggregate" || name == "list_aggr" || name == "array_aggregate" || name == "array_aggr" || name == "aggregate") && n >= 2:
		if lit, isText := e.Args[1].(*parse.Literal); isText && lit.Kind == parse.LitString {
			return d.overList(lit.Text, e.Args[0], e.Args[2:]), true
		}
	case (name == "list_unique" || name == "array_unique") && n == 1:
		agg := d.overList("count", e.Args[0], nil).(*parse.SubqueryExpr)
		agg.Query.Body.(*parse.Select).Items[0].Expr.(*parse.FuncCall).Distinct = true
		return agg, true
	case (name == "list_value" || name == "list_pack") && n > 0:
		return &parse.ArrayExpr{Pos: e.Pos, Elems: e.Args}, true
	case (name == "list_extract" || name == "list_element" || name == "array_extract") && n == 2:
		return &parse.Subscript{Pos: e.Pos, Apart: true, X: e.Args[0], Lo: d.fromEnd(e, 1)}, true
	case (name == "list_slice" || name == "array_slice") && n == 3:
		return &parse.Subscript{Pos: e.Pos, Apart: true, X: e.Args[0], Lo: d.fromEnd(e, 1), Hi: d.fromEnd(e, 2), Slice: true}, true
	case (name == "list_sort" || name == "array_sort" || name == "list_reverse_sort" || name == "array_reverse_sort") && n > 1:
		return sortedList(e, strings.HasSuffix(name, "reverse_sort"))
	}
	return d.operators(e, name)
}

// duckRewrite makes expressions at the place of a call.
type duckRewrite struct{ pos parse.Pos }

func (d duckRewrite) call(name string, args ...parse.Expr) *parse.FuncCall {
	return &parse.FuncCall{Pos: d.pos, Name: parse.Name{Pos: d.pos, Parts: []string{name}}, Args: args}
}

func (d duckRewrite) text(s string) parse.Expr {
	return &parse.Literal{Pos: d.pos, Kind: parse.LitString, Text: s}
}

func (d duckRewrite) cast(x parse.Expr, name string) parse.Expr {
	return &parse.Cast{Pos: d.pos, X: x, Type: &parse.TypeName{Pos: d.pos, Name: parse.Name{Pos: d.pos, Parts: []string{name}}}}
}

// overList is (SELECT agg(element, …) FROM unnest(list)).
func (d duckRewrite) overList(agg string, list parse.Expr, more []parse.Expr) parse.Expr {
	element := &parse.ColumnRef{Pos: d.pos, Parts: []string{"$elements", "$element"}}
	from := &parse.FuncRef{Pos: d.pos, Calls: []*parse.FuncCall{d.call("unnest", list)},
		Alias: &parse.Alias{Pos: d.pos, Name: "$elements", Columns: []parse.Ident{{Pos: d.pos, Name: "$element"}}}}
	call := d.call(agg, append([]parse.Expr{element}, more...)...)
	return &parse.SubqueryExpr{Pos: d.pos, Query: &parse.Query{Pos: d.pos, Body: &parse.Select{Pos: d.pos,
		Items: []parse.SelectItem{{Pos: d.pos, Expr: call}}, From: []parse.TableExpr{from}}}}
}

// operators writes functions that are operators, or calls with a constant.
func (d duckRewrite) operators(e *parse.FuncCall, name string) (parse.Expr, bool) {
	binary := map[string]string{"list_has_any": "&&", "array_has_any": "&&", "list_has_all": "@>", "array_has_all": "@>", "xor": "#"}
	n := len(e.Args)
	switch {
	case binary[name] != "" && n == 2:
		return &parse.BinaryExpr{Pos: e.Pos, Op: binary[name], L: e.Args[0], R: e.Args[1]}, true
	case (name == "base64" || name == "to_base64") && n == 1: // without PostgreSQL's line breaks
		return d.call("replace", d.call("encode", e.Args[0], d.text("base64")), d.text("\n"), d.text("")), true
	case name == "from_base64" && n == 1:
		return d.call("decode", e.Args[0], d.text("base64")), true
	case name == "json_extract_string" && n == 2 && findsSeveral(e.Args[1]):
		return parse.Expand(macros()["$json_strings/2"], e.Pos, e.Args), true
	case name == "json_extract_string" && n == 2:
		found := d.call("jsonb_path_query_first", d.cast(e.Args[0], "jsonb"), d.cast(e.Args[1], "jsonpath"))
		return &parse.BinaryExpr{Pos: e.Pos, Op: "#>>", L: found, R: d.text("{}")}, true
	}
	return nil, false
}

// fromEnd is argument i of a call that counts places in its first from the end where they are negative.
func (d duckRewrite) fromEnd(e *parse.FuncCall, i int) parse.Expr {
	if lit, ok := e.Args[i].(*parse.Literal); ok && lit.Kind == parse.LitInt {
		return lit
	}
	return d.call(expr.FromEnd, e.Args[0], e.Args[i])
}

// sortedList writes list_sort with an order, and with the place of NULLs, where these are constants.
func sortedList(e *parse.FuncCall, reverse bool) (parse.Expr, bool) {
	words := []string{"asc", "nulls last"} // given are those of them that arguments replace
	given := words
	if reverse {
		words[0], given = "desc", words[1:]
	}
	if len(e.Args)-1 > len(given) {
		return nil, false
	}
	for i, arg := range e.Args[1:] {
		lit, ok := arg.(*parse.Literal)
		if !ok || lit.Kind != parse.LitString {
			return nil, false
		}
		given[i] = strings.ToLower(lit.Text)
	}
	template, ok := macros()["$sorted "+words[0]+" "+words[1]+"/1"]
	if !ok {
		return nil, false
	}
	return parse.Expand(template, e.Pos, e.Args), true
}

// quotedKey is a key of a path in quotes.
var quotedKey = regexp.MustCompile(`"[^"]*"`)

// findsSeveral reports whether a path is a constant that may find several values: DuckDB then answers a list.
func findsSeveral(e parse.Expr) bool {
	lit, ok := e.(*parse.Literal)
	return ok && lit.Kind == parse.LitString && strings.Contains(quotedKey.ReplaceAllString(lit.Text, ""), "*")
}

// duckOverload is the name under which DuckDB's variant of a function is kept: one that would change which of
// PostgreSQL's is chosen for other arguments.
func duckOverload(name string, args []expr.Expr) string {
	if len(args) == 0 {
		return name
	}
	switch t := args[0].Type(); {
	case name == "round" && len(args) == 2 && (t.ID == types.Float64 || t.ID == types.Float32):
		return "$round"
	case name == "range" && len(args) == 3 && t.ID == types.Date:
		return "$range"
	case name == "epoch_ms" && len(args) == 1 && t.IsInteger():
		return "$time_of_ms"
	}
	return name
}

// objects is what there is instead of structs and maps.
const objects = "JSONB holds names and values: jsonb_build_object('a', 1) makes an object, and j->>'a' reads it."

// instead are functions of DuckDB that mean something else in PostgreSQL, and what to write.
var instead = map[string]string{
	"printf": "format('%s', x) is PostgreSQL's.", "struct_pack": objects, "struct_extract": objects, "struct_insert": objects, "struct_concat": objects,
	"map": objects, "map_keys": objects, "map_values": objects, "map_entries": objects, "map_extract": objects, "map_from_entries": objects, "map_contains": objects,
	"map_concat": objects, "element_at": objects, "list_zip": objects, "array_zip": objects, "union_value": objects,
}

// otherWords is the error of a function that has no equal here, nil for all others.
func otherWords(name string, pos int) error {
	if hint := instead[name]; hint != "" {
		return dberr.Newf(dberr.FeatureNotSupported, "function %s is not supported", name).WithHint("%s", hint).At(pos)
	}
	return nil
}
