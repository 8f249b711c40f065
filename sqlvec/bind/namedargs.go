package bind

import (
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// argumentNames are the arguments of the functions that take them by name, in order; those
// with a default, written behind =, may be left out.
var argumentNames = map[string]string{
	"jsonb_insert":     "jsonb_in path replacement insert_after=false",
	"jsonb_set":        "jsonb_in path replacement create_if_missing=true",
	"jsonb_set_lax":    "jsonb_in path replacement create_if_missing=true null_value_treatment='use_json_null'",
	"make_date":        "year month day",
	"make_interval":    "years=0 months=0 weeks=0 days=0 hours=0 mins=0 secs=0.0",
	"make_time":        "hour min sec",
	"make_timestamp":   "year month mday hour min sec",
	"make_timestamptz": "year month mday hour min sec timezone=?",
	"parse_ident":      "str strict=true",
}

func init() {
	for _, name := range []string{"exists", "match", "query", "query_array", "query_first"} {
		for _, zone := range []string{"", "_tz"} {
			argumentNames["jsonb_path_"+name+zone] = "target path vars='{}' silent=false"
		}
	}
	for _, t := range []string{"json_", "jsonb_"} {
		for _, name := range []string{"array_elements", "array_elements_text", "each", "each_text"} {
			argumentNames[t+name] = "from_json"
		}
		for _, name := range []string{"extract_path", "extract_path_text"} {
			argumentNames[t+name] = "from_json path_elems"
		}
	}
}

// positional puts arguments that are given by name in their places, and defaults where one
// before them is left out.
func (b *Binder) positional(e *parse.FuncCall, c *exprContext) (*parse.FuncCall, error) {
	first := slices.IndexFunc(e.Args, isNamed)
	if first < 0 {
		return e, nil
	}
	words := strings.Fields(argumentNames[e.Name.Last()])
	out := *e
	out.Args = append(e.Args[:first:first], make([]parse.Expr, max(0, len(words)-first))...)
	last := 0
	for i, arg := range e.Args[first:] {
		named, ok := arg.(*parse.NamedArg)
		if !ok {
			return nil, dberr.New(dberr.SyntaxError, "positional argument cannot follow named argument").At(int(arg.Position()))
		}
		if slices.ContainsFunc(e.Args[first:first+i], func(o parse.Expr) bool { return o.(*parse.NamedArg).Name == named.Name }) {
			return nil, dberr.Newf(dberr.SyntaxError, "argument name \"%s\" used more than once", named.Name).At(int(arg.Position()))
		}
		at := slices.IndexFunc(words, func(w string) bool { return w == named.Name || strings.HasPrefix(w, named.Name+"=") })
		if at < first {
			return nil, b.noNamedFunction(e, c)
		}
		out.Args[at], last = named.X, max(last, at)
	}
	for i, arg := range out.Args {
		if arg != nil {
			continue
		}
		_, without, ok := strings.Cut(words[i], "=")
		if !ok {
			return nil, b.noNamedFunction(e, c)
		}
		if i > last {
			out.Args = out.Args[:i]
			break
		}
		x, err := parse.ParseExpr(without)
		if err != nil {
			return nil, err
		}
		out.Args[i] = x
	}
	return &out, nil
}

func isNamed(e parse.Expr) bool {
	_, ok := e.(*parse.NamedArg)
	return ok
}

// noNamedFunction is the error of names that no function has.
func (b *Binder) noNamedFunction(e *parse.FuncCall, c *exprContext) error {
	list := dberr.Textf("")
	for i, arg := range e.Args {
		name := ""
		if named, ok := arg.(*parse.NamedArg); ok {
			name, arg = named.Name+" => ", named.X
		}
		x, err := b.bindExpr(arg, c)
		if err != nil {
			return err
		}
		if i > 0 {
			list = dberr.Textf("%s, ", list)
		}
		list = dberr.Textf("%s%s%s", list, name, x.Type().Base())
	}
	return dberr.Newf(dberr.UndefinedFunction, "function %s(%s) does not exist", e.Name.Last(), list).At(int(e.Position())).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// positionalCalls is positional for the functions of an item of FROM.
func (b *Binder) positionalCalls(t *parse.FuncRef, c *exprContext) (*parse.FuncRef, error) {
	out := *t
	out.Calls = slices.Clone(t.Calls)
	for i, call := range t.Calls {
		var err error
		if out.Calls[i], err = b.positional(call, c); err != nil {
			return nil, err
		}
	}
	return &out, nil
}
