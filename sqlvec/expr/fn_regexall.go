package expr

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// The functions of regular expressions that look for more than the first match, or from a
// place in the text.
func init() {
	text, num := types.Text, types.Int32
	forms := func(name string, ret types.ID, fn rowFunc, least int, params ...types.ID) {
		for n := least; n <= len(params); n++ {
			register(rowFn(name, params[:n:n], ret, fn))
		}
	}
	for n := 3; n <= 4; n++ {
		register(&Function{Name: "regexp_replace", Params: []types.ID{text, text, text, text}[:n:n], Ret: text, Volatility: Immutable, eval: evalRegexpReplace})
	}
	forms("regexp_count", num, regexpCount, 2, text, text, num, text)
	forms("regexp_instr", num, regexpInstr, 2, text, text, num, num, num, text, num)
	forms("regexp_substr", text, regexpSubstr, 2, text, text, num, num, text, num)
	forms("$regexp_matches", types.ArrayOf(types.Bytea), regexpMatches, 2, text, text, text)
	forms("regexp_replace", text, regexpReplaceFrom, 4, text, text, text, num, num, text)
}

// regexFrom returns the expression that finds the first match of re behind the first
// character of a text, which is what stands before the place of the search. The match is
// its first group.
func regexFrom(re *regex) *regex {
	key := "\x00/" + re.String()
	from := keptRegex(key)
	if from == nil {
		from = &regex{Regexp: regexp.MustCompile(`\A(?s:.)(?s:.*?)(` + re.String() + `)`)}
		keepRegex(key, from)
	}
	return from
}

// findFrom returns the first match in a text at or behind an offset, nil for none. What is before the
// offset is seen by ^ and \b.
func findFrom(t *searchedText, re *regex, off int) ([]int, error) {
	env, s := t.env, t.s
	switch {
	case re.places != nil:
		return re.placed(t, off)
	case off == 0:
		return re.first(env, s)
	case re.longest != nil:
		m := re.groups(t, re.longest.find(t, off))
		return m, env.ended()
	}
	_, w := utf8.DecodeLastRuneInString(s[:off])
	m, err := regexFrom(re).firstPlain(env, s[off-w:])
	if m == nil || err != nil {
		return nil, err
	}
	m = m[2:]
	for i := range m {
		if m[i] >= 0 {
			m[i] += off - w
		}
	}
	return re.groups(t, m), env.ended()
}

// findAll returns the matches from an offset on, at most limit of them (-1: all). Other than in
// package regexp, an empty match may stand right behind another match.
func findAll(env *Env, re *regex, s string, off, limit int) ([][]int, error) {
	if off == 0 && !re.maybeEmpty {
		return re.all(env, s, limit)
	}
	var list [][]int
	t := newSearchedText(env, s)
	for off <= len(s) && len(list) != limit {
		m, err := findFrom(t, re, off)
		if err != nil {
			return nil, err
		}
		if m == nil {
			break
		}
		list = append(list, m)
		if off = m[1]; m[0] == m[1] {
			_, w := utf8.DecodeRuneInString(s[off:])
			off += max(w, 1)
		}
	}
	return list, nil
}

// maybeEmpty reports whether a pattern may match nothing.
func maybeEmpty(pattern string) bool {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	return err != nil || emptyTree(tree)
}

func emptyTree(t *syntax.Regexp) bool {
	switch t.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return emptyTree(t.Sub[0])
	case syntax.OpRepeat:
		return t.Min == 0 || emptyTree(t.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(t.Sub, func(sub *syntax.Regexp) bool { return !emptyTree(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(t.Sub, emptyTree)
	}
	return true
}

// regexSearch is a text, and the place where the search in it begins.
type regexSearch struct {
	re  *regex
	s   string
	off int // -1: behind the end
}

// searchArg reads the start of a search, argument i if there is one, and compiles the pattern.
func searchArg(args []types.Value, i int, flags, fn string) (regexSearch, error) {
	r := regexSearch{s: args[0].S}
	if err := noGlobal(fn, flags, ""); err != nil {
		return r, err
	}
	if err := atLeast(args, i, 1, "start"); err != nil {
		return r, err
	}
	if i < len(args) {
		r.off = searchOffset(r.s, args[i].I-1)
	}
	var err error
	r.re, err = compileRegex(args[1].S, flags)
	return r, err
}

// searchOffset is the byte offset of the character behind n others, -1 if there are fewer than n.
func searchOffset(s string, n int64) int {
	if n > int64(len(s)) {
		return -1
	}
	off := 0
	for ; n > 0; n-- {
		if off >= len(s) {
			return -1
		}
		_, w := utf8.DecodeRuneInString(s[off:])
		off += w
	}
	return off
}

// atLeast checks a whole-number argument that may be left out.
func atLeast(args []types.Value, i int, least int64, name string) error {
	if i < len(args) && args[i].I < least {
		return dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, args[i].I)
	}
	return nil
}

// argInt is whole-number argument i, or a default.
func argInt(args []types.Value, i int, without int64) int64 {
	if i < len(args) {
		return args[i].I
	}
	return without
}

// nth returns the n-th match, nil for none.
func (r *regexSearch) nth(env *Env, n int64) ([]int, error) {
	if r.off < 0 || n > int64(len(r.s))+1 {
		return nil, nil
	}
	list, err := findAll(env, r.re, r.s, r.off, int(n))
	if err != nil || int64(len(list)) < n {
		return nil, err
	}
	return list[n-1], nil
}

// group cuts a match down to one of its groups; nil when there is none.
func group(m []int, n int64) []int {
	if m == nil || n < 0 || n >= int64(len(m)/2) || m[2*n] < 0 {
		return nil
	}
	return m[2*n : 2*n+2]
}

func regexpCount(env *Env, args []types.Value) (types.Value, error) {
	r, err := searchArg(args, 2, argText(args, 3), "regexp_count()")
	if err != nil || r.off < 0 {
		return intValue(0), err
	}
	list, err := findAll(env, r.re, r.s, r.off, -1)
	return intValue(len(list)), err
}

func regexpSubstr(env *Env, args []types.Value) (types.Value, error) {
	r, err := searchArg(args, 2, argText(args, 4), "regexp_substr()")
	if err == nil {
		err = atLeast(args, 3, 1, "n")
	}
	if err == nil {
		err = atLeast(args, 5, 0, "subexpr")
	}
	if err != nil {
		return nullText, err
	}
	found, err := r.nth(env, argInt(args, 3, 1))
	m := group(found, argInt(args, 5, 0))
	if err != nil {
		return nullText, err
	}
	if m == nil {
		return nullText, nil
	}
	return textValue(r.s[m[0]:m[1]]), nil
}

func regexpInstr(env *Env, args []types.Value) (types.Value, error) {
	r, err := searchArg(args, 2, argText(args, 5), "regexp_instr()")
	end := argInt(args, 4, 0)
	if err == nil {
		err = atLeast(args, 3, 1, "n")
	}
	if err == nil && end != 0 && end != 1 {
		err = dberr.Newf(dberr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", "endoption", end)
	}
	if err == nil {
		err = atLeast(args, 6, 0, "subexpr")
	}
	if err != nil {
		return intValue(0), err
	}
	found, err := r.nth(env, argInt(args, 3, 1))
	m := group(found, argInt(args, 6, 0))
	if err != nil {
		return intValue(0), err
	}
	if m == nil {
		return intValue(0), nil
	}
	return intValue(runeCount(r.s[:m[end]]) + 1), nil
}

// regexpMatches returns the stored forms of the arrays that regexp_matches has as its rows:
// that of the first match, or with flag g of all.
func regexpMatches(env *Env, args []types.Value) (types.Value, error) {
	flags, n := argText(args, 2), 1
	if strings.Contains(flags, "g") {
		flags, n = strings.ReplaceAll(flags, "g", ""), -1
	}
	re, err := compileRegex(args[1].S, flags)
	if err != nil {
		return args[0], err
	}
	found, err := findAll(env, re, args[0].S, 0, n)
	if err != nil {
		return args[0], err
	}
	var list []types.Value
	for _, m := range found {
		v, err := matchArray(args[0].S, m)
		if err != nil {
			return v, err
		}
		list = append(list, types.BytesValue(types.T(types.Bytea), v.S))
	}
	return types.List(list).Value(types.T(types.Bytea).Array())
}

// regexpReplace is regexp_replace(text, pattern, replacement [, flags]).
func regexpReplace(env *Env, args []types.Value) (types.Value, error) {
	re, limit, err := replaceOptions(args)
	if err != nil {
		return args[0], err
	}
	list, err := findAll(env, re, args[0].S, 0, limit)
	if err != nil {
		return args[0], err
	}
	return replaced(args[0].S, args[2].S, list), nil
}

// replaceOptions returns the pattern of regexp_replace and how many matches are replaced, -1 for all.
func replaceOptions(args []types.Value) (re *regex, limit int, err error) {
	flags, limit := argText(args, 3), 1
	if flags != "" && flags[0] >= '0' && flags[0] <= '9' {
		return nil, 0, dberr.Newf(dberr.InvalidParameterValue, "invalid regular expression option: \"%c\"", flags[0]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	if strings.Contains(flags, "g") {
		flags, limit = strings.ReplaceAll(flags, "g", ""), -1
	}
	re, err = compileRegex(args[1].S, flags)
	return re, limit, err
}

// evalRegexpReplace is regexpReplace of a batch: a constant pattern is looked up once.
func evalRegexpReplace(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
	constant := make([]types.Value, len(args))
	for i := 1; i < len(args); i++ {
		if args[i].Form != vec.Const || args[i].IsNull(0) {
			return eachRow(f, regexpReplace, c.Typ, args, sel)
		}
		constant[i] = args[i].Value(0)
	}
	re, limit, err := replaceOptions(constant)
	if err != nil || limit != 1 || args[0].Form == vec.Const {
		return eachRow(f, regexpReplace, c.Typ, args, sel) // which fails if there is a row
	}
	b, with := newBuilder(f, c.Typ), replacement(constant[2].S)
	var out []byte
	for i := range f.n {
		if !has(sel, i) || args[0].IsNull(i) {
			b.skip()
			continue
		}
		s := RowValue(&args[0], i).S
		m, err := re.first(f.env, s)
		if err != nil {
			return vec.Vec{}, err
		}
		if m == nil {
			b.str(s)
			continue
		}
		out = with.expand(append(out[:0], s[:m[0]]...), s, m)
		b.bytes(append(out, s[m[1]:]...))
	}
	return b.finish()
}

// regexpReplaceFrom is regexp_replace(text, pattern, replacement, start [, n [, flags]]).
func regexpReplaceFrom(env *Env, args []types.Value) (types.Value, error) {
	flags := argText(args, 5)
	n := argInt(args, 4, 1)
	if len(args) < 5 && strings.Contains(flags, "g") {
		n = 0
	}
	r, err := searchArg(args, 3, strings.ReplaceAll(flags, "g", ""), "regexp_replace()")
	if err == nil {
		err = atLeast(args, 4, 0, "n")
	}
	if err != nil || r.off < 0 {
		return args[0], err
	}
	limit := -1
	if n > 0 {
		limit = int(min(n, int64(len(r.s))+2))
	}
	list, err := findAll(env, r.re, r.s, r.off, limit)
	if err != nil {
		return args[0], err
	}
	if n == 0 {
		return replaced(r.s, args[2].S, list), nil
	}
	if int64(len(list)) < n {
		return args[0], nil
	}
	return replaced(r.s, args[2].S, list[n-1:]), nil
}

// replaced puts a replacement where the matches are.
func replaced(s, with string, list [][]int) types.Value {
	var out []byte
	last := 0
	for _, m := range list {
		out = append(out, s[last:m[0]]...)
		out = replacement(with).expand(out, s, m)
		last = m[1]
	}
	return textValue(string(append(out, s[last:]...)))
}
