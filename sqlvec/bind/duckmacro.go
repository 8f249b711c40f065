package bind

import (
	"fmt"
	"sync"

	"driftdb/sqlvec/expr"
	"driftdb/sqlvec/parse"
)

// macroTexts are functions that DuckDB has and PostgreSQL has not, as what they mean here: by name and number of
// arguments, which are $1, $2 …. What an aggregate among them is called with (DISTINCT, FILTER, ORDER BY, OVER) goes to
// all aggregates of its text.
var macroTexts = map[string]string{
	// Aggregates.
	"mean/1": "avg($1)", "favg/1": "avg($1::float8)", "fsum/1": "sum($1::float8)", "kahan_sum/1": "sum($1::float8)", "sumkahan/1": "sum($1::float8)",
	"geomean/1": "exp(avg(ln($1::float8)))", "geometric_mean/1": "exp(avg(ln($1::float8)))", "count_star/0": "count(*)",
	"sem/1":          "stddev_pop($1::float8) / sqrt(count($1))",
	"weighted_avg/2": "sum(($1)::float8 * ($2)::float8) / nullif(sum(CASE WHEN $1 IS NOT NULL THEN ($2)::float8 END), 0)",
	"wavg/2":         "sum(($1)::float8 * ($2)::float8) / nullif(sum(CASE WHEN $1 IS NOT NULL THEN ($2)::float8 END), 0)",
	"product/1":      "\"$product\"(array_agg($1::float8))", "skewness/1": "\"$skewness\"(array_agg($1::float8))",
	"kurtosis/1": "\"$kurtosis\"(array_agg($1::float8))", "kurtosis_pop/1": "\"$kurtosis_pop\"(array_agg($1::float8))",
	"mode/1": "\"$mode\"(array_agg($1))", // OVER; otherwise it is PostgreSQL's
	"mad/1":  "\"$mad\"(array_agg($1::float8))", "entropy/1": "coalesce(\"$entropy\"(array_agg($1)), 0)",
	"max/2": "(list_reverse_sort(\"$known\"(array_agg($1))))[1:$2]", "min/2": "(list_sort(\"$known\"(array_agg($1))))[1:$2]",
	"json_group_array/1": "json_agg($1)", "json_group_object/2": "json_object_agg($1, $2)",
	// Lists.
	"array_push_back/2": "array_append($1, $2)", "array_push_front/2": "array_prepend($2, $1)",
	"array_pop_back/1": "($1)[1:cardinality($1) - 1]", "array_pop_front/1": "($1)[2:cardinality($1)]",
	"array_intersect/2":        "list_intersect($1, $2)",
	"$sorted asc nulls last/1": sortedText("ASC NULLS LAST"), "$sorted asc nulls first/1": sortedText("ASC NULLS FIRST"),
	"$sorted desc nulls last/1": sortedText("DESC NULLS LAST"), "$sorted desc nulls first/1": sortedText("DESC NULLS FIRST"),
	// Texts.
	"unhex/1": "decode($1, 'hex')", "from_hex/1": "decode($1, 'hex')", "bin/1": "to_base($1, 2)", "editdist3/2": "levenshtein($1, $2)",
	"formatreadablesize/1": "format_bytes($1)", "mismatches/2": "hamming($1, $2)",
	// Dates and times.
	"days_in_month/1": "extract(day FROM date_trunc('month', $1) + INTERVAL '1 month' - INTERVAL '1 day')::bigint",
	"julian/1":        "extract(julian FROM $1)::float8", "era/1": "(extract(year FROM $1) > 0)::integer::bigint",
	"yearweek/1":        "(extract(isoyear FROM $1) * 100 + sign(extract(isoyear FROM $1)) * extract(week FROM $1))::bigint",
	"nanosecond/1":      "(extract(microsecond FROM $1) * 1000)::bigint",
	"timezone_hour/1":   "extract(timezone_hour FROM $1)::bigint",
	"timezone_minute/1": "extract(timezone_minute FROM $1)::bigint", "make_timestamp_ms/1": "epoch_ms(($1)::bigint)",
	"current_localtimestamp/0": "localtimestamp", "current_localtime/0": "localtime",
	// Numbers.
	"fmod/2": "\"$fmod\"(($1)::float8, ($2)::float8)", "fdiv/2": "floor(($1)::float8 / ($2)::float8)", "greatest_common_divisor/2": "gcd($1, $2)", "least_common_multiple/2": "lcm($1, $2)",
	"add/2": "$1 + $2", "subtract/2": "$1 - $2", "multiply/2": "$1 * $2", "divide/2": "$1 // $2",
	// JSON.
	"json_pretty/1": "jsonb_pretty(($1)::jsonb)", "json_quote/1": "to_json($1)",
	"json_contains/2": `CASE WHEN ($1)::jsonb IS NOT NULL AND ($2)::jsonb IS NOT NULL THEN
		EXISTS (SELECT FROM jsonb_path_query(($1)::jsonb, 'strict $.**') AS "$node"("$part") WHERE "$node"."$part" @> ($2)::jsonb) END`,
	"json_extract/2": `CASE WHEN strpos(regexp_replace(($2)::text, '"[^"]*"', '', 'g'), '*') > 0 THEN jsonb_path_query_array(($1)::jsonb, ($2)::jsonpath)
		ELSE jsonb_path_query_first(($1)::jsonb, ($2)::jsonpath) END`,
	"$json_strings/2": `ARRAY(SELECT "$node"."$part" #>> '{}' FROM jsonb_path_query(($1)::jsonb, ($2)::jsonpath) AS "$node"("$part"))`,
	"json_exists/2":   "jsonb_path_exists(($1)::jsonb, ($2)::jsonpath)", "json_value/2": "json_extract_string($1, $2)",
	"uuidv4/0": "gen_random_uuid()",
}

// sortedText is a list in an order.
func sortedText(order string) string {
	return `CASE WHEN $1 IS NOT NULL THEN ARRAY(SELECT "$list"."$element" FROM unnest($1) AS "$list"("$element") ORDER BY "$list"."$element" ` + order + `) END`
}

// macros are the parsed texts.
var macros = sync.OnceValue(func() map[string]parse.Expr {
	all := map[string]parse.Expr{}
	for name, text := range macroTexts {
		e, err := parse.ParseExpr(text)
		if err != nil {
			panic(fmt.Sprintf("the text of %s: %v", name, err))
		}
		all[name] = e
	}
	return all
})

// duckMacro writes a call of one of DuckDB's functions as what it means here; ok is false for others.
func duckMacro(e *parse.FuncCall, name string) (out parse.Expr, ok bool) {
	if e.Variadic || len(e.WithinGroup) > 0 || name == "mode" && e.Over == nil {
		return nil, false
	}
	template, ok := macros()[fmt.Sprintf("%s/%d", name, len(e.Args))]
	if !ok || len(e.Args) == 1 && isStar(e.Args[0]) {
		return nil, false
	}
	if !hasAggregate(template) {
		return parse.Expand(template, e.Pos, e.Args), plainCall(e, name) == nil && e.Over == nil
	}
	out = parse.Expand(template, e.Pos, e.Args)
	parse.Calls(out, func(f *parse.FuncCall) {
		if f.Pos == e.Pos && expr.IsAggregate(f.Name.Last()) {
			f.Distinct, f.Filter, f.OrderBy, f.Over = e.Distinct, e.Filter, e.OrderBy, e.Over
		}
	})
	return out, true
}

func hasAggregate(template parse.Expr) (found bool) {
	parse.Calls(template, func(f *parse.FuncCall) { found = found || expr.IsAggregate(f.Name.Last()) })
	return found
}
