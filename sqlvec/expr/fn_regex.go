package expr

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"unsafe"

	"driftdb/internal/automaton"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
	"driftdb/internal/vec"
	"driftdb/sqlvec/kernel"
)

func init() {
	op := func(subject types.ID, name string, fold, not bool) *Function {
		return &Function{Name: name, Params: ids(subject, types.Text), Ret: types.Bool, eval: matchEval(fold, not), costly: true}
	}
	text := types.Text
	for _, id := range ids(text, types.Bpchar) { // the blanks of a CHAR count
		register(op(id, "~", false, false), op(id, "~*", true, false), op(id, "!~", false, true), op(id, "!~*", true, true))
	}
	register(
		rowFn("regexp_like", ids(text, text), types.Bool, regexpLike),
		rowFn("regexp_like", ids(text, text, text), types.Bool, regexpLike),
		rowFn("regexp_match", ids(text, text), types.ArrayOf(text), regexpMatch),
		rowFn("regexp_match", ids(text, text, text), types.ArrayOf(text), regexpMatch),
		rowFn("substring", ids(text, text), text, regexpSubstring),
		rowFn("substring", ids(text, text, text), text, similarSubstring),
		rowFn("similar_to_escape", ids(text), text, similarEscape),
		rowFn("similar_to_escape", ids(text, text), text, similarEscape),
	)
}

// regex is a compiled pattern.
type regex struct {
	*regexp.Regexp
	straight   *straightRegex     // finds the match from the beginning of a text, else nil
	maybeEmpty bool               // it may match nothing
	places     finder             // finds the matches where the pattern has constraints or back references, else nil
	longest    *wordRegex         // finds the longest matches from a place within a text, where there is a choice, else nil
	divided    *backRegex         // finds the groups of a match where they are ambiguous, else nil
	like       *kernel.Like       // matches the texts that hold a match, else nil
	part       *kernel.Needle     // what every match contains, nil: nothing is known
	automaton  *automaton.Program // says whether there is a match (see automatic), nil where it cannot
}

// matchEval returns the evaluation of text ~ pattern.
func matchEval(fold, not bool) evalFunc {
	flags := ""
	if fold {
		flags = "i"
	}
	row := interruptible(func(env *Env, args []types.Value) (types.Value, error) {
		re, err := compileRegex(args[1].S, flags)
		if err != nil {
			return args[0], err
		}
		ok, err := re.matches(env, args[0].S)
		return types.BoolValue(ok != not), err
	})
	return func(f *frame, c *Call, args []vec.Vec, sel []uint64) (vec.Vec, error) {
		if args[1].Form != vec.Const || args[0].Form == vec.Const {
			return eachRow(f, row, c.Typ, args, sel)
		}
		flat := flatten(f, &args[0])
		if int(flat.Offs[f.n]-flat.Offs[0]) >= longValue {
			return eachRow(f, row, c.Typ, args, sel)
		}
		re, err := compileRegex(string(args[1].Bytes(0)), flags)
		if err != nil {
			return vec.Vec{}, err
		}
		w := f.words()
		clear(w)
		if err := re.mask(f, &flat, sel, w); err != nil {
			return vec.Vec{}, err
		}
		if not {
			kernel.Not(w, w)
		}
		return f.bools(w, nil), nil
	}
}

// mask sets the bits of the rows that hold a match. The others that are not in sel may have any.
func (re *regex) mask(f *frame, flat *vec.Vec, sel, w []uint64) error {
	if re.like != nil {
		likeFlat(flat, re.like, w)
		return nil
	}
	kernel.Fill(w, f.n)
	offs := flat.Offs[:f.n+1]
	if re.part != nil && (!re.part.Folds() || vec.ASCII(flat.Heap[offs[0]:offs[f.n]])) {
		re.part.Mask(flat.Heap, offs, w)
	}
	if sel != nil {
		kernel.And(w, w, sel)
	}
	var m *automaton.Matcher
	if re.automaton != nil {
		m = re.automaton.Matcher()
		defer func() { re.automaton.Release(m) }()
	}
	var failed error
	eachSet(w, func(i int) {
		b := flat.Heap[offs[i]:offs[i+1]]
		s := unsafe.String(unsafe.SliceData(b), len(b))
		if m != nil {
			found, known := m.Match(s)
			switch {
			case known && !found:
				w[i>>6] &^= 1 << (uint(i) & 63)
				return
			case known && re.places == nil:
				return
			case !known:
				m = nil
			}
		}
		ok, err := re.matches(f.env, s)
		if err != nil {
			failed = err
		}
		if !ok {
			w[i>>6] &^= 1 << (uint(i) & 63)
		}
	})
	return failed
}

// regexCache keeps compiled expressions by flags and pattern; it is emptied when it
// has grown large.
var regexCache struct {
	sync.RWMutex
	m map[string]*regex
}

// maxRegexes is the most expressions the cache keeps.
const maxRegexes = 1000

// compileRegex compiles a pattern in PostgreSQL's syntax, with its flags.
func compileRegex(pattern, flags string) (*regex, error) {
	key := flags + "/" + pattern
	if re := keptRegex(key); re != nil {
		return re, nil
	}
	re, err := newRegex(strings.Clone(pattern), flags) // which is the function's only during the call
	if err != nil {
		return nil, err
	}
	keepRegex(key, re)
	return re, nil
}

func newRegex(pattern, flags string) (*regex, error) {
	var opts regexOptions
	if err := opts.set(flags); err != nil {
		return nil, err
	}
	pattern, err := opts.leading(pattern)
	if err != nil {
		return nil, err
	}
	if opts.literal {
		pattern, opts.expanded = regexp.QuoteMeta(pattern), false
	}
	plain := regexTranslator{s: pattern, opts: opts}
	text, err := plain.translate()
	if err != nil {
		return nil, err
	}
	text = opts.mode() + text
	re := &regex{}
	if re.Regexp, err = regexp.Compile(text); err != nil {
		return nil, invalidRegex(regexReason(err))
	}
	choice := plain.pref.branch.result()
	if plain.edges || plain.refers {
		err = re.place(pattern, &plain)
		re.maybeEmpty = true // so that matches are found one by one
	} else {
		re.maybeEmpty = maybeEmpty(text)
		if err = re.prefer(choice, text); err == nil && choice != 'l' {
			re.straight = newStraightRegex(text)
		}
		if err == nil && re.straight == nil {
			err = re.divide(pattern, text, &plain)
		}
	}
	if err != nil {
		return nil, invalidRegex(regexReason(err))
	}
	re.contents(re.Regexp.String(), re.places != nil)
	re.automaton = automaton.New(text)
	return re, nil
}

// place compiles what finds the matches of a pattern with constraints or back references, whose
// translation is plain.
func (re *regex) place(pattern string, plain *regexTranslator) error {
	if plain.refers {
		back, err := newDivided(pattern, plain)
		re.places = back
		return err
	}
	marked := regexTranslator{s: pattern, opts: plain.opts, marks: new(int)}
	text, err := marked.translate()
	if err != nil {
		return err
	}
	text = plain.opts.mode() + text
	if re.places, err = newWordRegex(text, plain.pref.branch.result(), marked.looks); err != nil {
		return err
	}
	return re.divide(pattern, text, plain)
}

// divide compiles what finds the groups of a match, if they are ambiguous.
func (re *regex) divide(pattern, text string, plain *regexTranslator) error {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err == nil && plain.groups > 0 && ambiguous(tree) {
		re.divided, err = newDivided(pattern, plain)
	}
	return err
}

func newDivided(pattern string, plain *regexTranslator) (*backRegex, error) {
	marked := regexTranslator{s: pattern, opts: plain.opts, marks: new(int), apart: true}
	text, err := marked.translate()
	if err != nil {
		return nil, err
	}
	return newBackRegex(plain.opts.mode()+text, plain.pref.branch.result(), plain.opts.fold, marked.looks)
}

// compileRE2 compiles a pattern in the syntax of RE2, which package regexp and DuckDB have.
func compileRE2(pattern string) (*regex, error) {
	key := "\x01/" + pattern
	if re := keptRegex(key); re != nil {
		return re, nil
	}
	pattern = strings.Clone(pattern)
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, invalidRegex(regexReason(err))
	}
	re := &regex{Regexp: compiled, straight: newStraightRegex(pattern), maybeEmpty: maybeEmpty(pattern), automaton: automaton.New(pattern)}
	keepRegex(key, re)
	return re, nil
}

func keptRegex(key string) *regex {
	regexCache.RLock()
	defer regexCache.RUnlock()
	return regexCache.m[key]
}

func keepRegex(key string, re *regex) {
	regexCache.Lock()
	defer regexCache.Unlock()
	if regexCache.m == nil || len(regexCache.m) >= maxRegexes {
		regexCache.m = map[string]*regex{}
	}
	regexCache.m[key] = re
}

// regexReason is PostgreSQL's word for what is wrong with a pattern.
func regexReason(err error) string {
	s := err.Error()
	for part, reason := range map[string]string{
		"missing closing )": "parentheses () not balanced", "unexpected )": "parentheses () not balanced",
		"missing closing ]": "brackets [] not balanced", "missing argument to repetition": "quantifier operand invalid",
		"invalid nested repetition": "quantifier operand invalid", "invalid character class range": "invalid character range",
		"trailing backslash": "invalid escape \\ sequence", "invalid escape": "invalid escape \\ sequence",
		"invalid repeat count": "invalid repetition count(s)", "expression nests too deeply": "regular expression is too complex",
		"expression too large": "regular expression is too complex",
	} {
		if strings.Contains(s, part) {
			return reason
		}
	}
	return strings.TrimPrefix(s, "error parsing regexp: ")
}

// textValue returns a TEXT.
func textValue(s string) types.Value { return types.BytesValue(types.T(types.Text), s) }

// nullText is NULL of type TEXT.
var nullText = types.NullOf(types.T(types.Text))

// intValue returns an INTEGER.
func intValue(i int) types.Value { return types.IntValue(types.T(types.Int32), int64(i)) }

// argText returns text argument i, or "" when there is none.
func argText(args []types.Value, i int) string {
	if i < len(args) {
		return args[i].S
	}
	return ""
}

// noGlobal is the error of a function that looks for one match and is given the option g.
func noGlobal(fn, flags, hint string) error {
	if !strings.Contains(flags, "g") {
		return nil
	}
	e := dberr.Newf(dberr.InvalidParameterValue, "%s does not support the \"global\" option", fn)
	if hint != "" {
		return e.WithHint("%s", hint)
	}
	return e
}

func regexpLike(env *Env, args []types.Value) (types.Value, error) {
	flags := argText(args, 2)
	if err := noGlobal("regexp_like()", flags, ""); err != nil {
		return args[0], err
	}
	re, err := compileRegex(args[1].S, flags)
	if err != nil {
		return args[0], err
	}
	ok, err := re.matches(env, args[0].S)
	return types.BoolValue(ok), err
}

// replacement is the text put for a match, with \1 to \9, \& and \\.
type replacement string

// expand appends the replacement for the match m in s.
func (r replacement) expand(out []byte, s string, m []int) []byte {
	for i := 0; i < len(r); i++ {
		if r[i] != '\\' || i+1 == len(r) {
			out = append(out, r[i])
			continue
		}
		i++
		switch c := r[i]; {
		case c >= '1' && c <= '9':
			if g := int(c-'0') * 2; g < len(m) && m[g] >= 0 {
				out = append(out, s[m[g]:m[g+1]]...)
			}
		case c == '&':
			out = append(out, s[m[0]:m[1]]...)
		case c == '\\':
			out = append(out, '\\')
		default:
			out = append(out, '\\', c)
		}
	}
	return out
}

// regexpMatch returns the groups of the first match.
func regexpMatch(env *Env, args []types.Value) (types.Value, error) {
	flags := argText(args, 2)
	if err := noGlobal("regexp_match()", flags, "Use the regexp_matches function instead."); err != nil {
		return args[0], err
	}
	re, err := compileRegex(args[1].S, flags)
	if err != nil {
		return args[0], err
	}
	m, err := re.first(env, args[0].S)
	if err != nil {
		return args[0], err
	}
	if m == nil {
		return types.NullOf(types.T(types.Text).Array()), nil
	}
	return matchArray(args[0].S, m)
}

// matchArray is the array of the groups of a match, or of the whole match.
func matchArray(s string, m []int) (types.Value, error) {
	if len(m) > 2 {
		m = m[2:]
	}
	var list []types.Value
	for i := 0; i < len(m); i += 2 {
		if m[i] < 0 {
			list = append(list, nullText)
			continue
		}
		list = append(list, textValue(s[m[i]:m[i+1]]))
	}
	return types.List(list).Value(types.T(types.Text).Array())
}

// regexpSubstring is substring(text from pattern): the first group, or the match.
func regexpSubstring(env *Env, args []types.Value) (types.Value, error) {
	re, err := compileRegex(args[1].S, "")
	if err != nil {
		return args[0], err
	}
	m, err := re.first(env, args[0].S)
	return groupOrMatch(m, args[0].S), err
}

// groupOrMatch returns the first group of a match, or the match if it has none.
func groupOrMatch(m []int, s string) types.Value {
	switch {
	case m == nil:
		return nullText
	case len(m) > 2 && m[2] < 0:
		return nullText
	case len(m) > 2:
		return textValue(s[m[2]:m[3]])
	}
	return textValue(s[m[0]:m[1]])
}

// similarSubstring is substring(text similar pattern escape e).
func similarSubstring(env *Env, args []types.Value) (types.Value, error) {
	p, err := similarPattern(args[1].S, args[2].S)
	if err != nil {
		return args[0], err
	}
	re, err := compileRegex(p, "")
	if err != nil {
		return args[0], err
	}
	m, err := re.first(env, args[0].S)
	return groupOrMatch(m, args[0].S), err
}

// similarEscape turns a SIMILAR TO pattern into a POSIX one.
func similarEscape(_ *Env, args []types.Value) (types.Value, error) {
	escape := "\\"
	if len(args) > 1 {
		escape = args[1].S
	}
	p, err := similarPattern(args[0].S, escape)
	return textValue(p), err
}

// similarPattern translates SQL's regular expressions: % and _ are wildcards, . ^ $
// stand for themselves, and escape-quote marks the part that substring returns.
func similarPattern(pattern, escape string) (string, error) {
	if runeCount(escape) > 1 {
		return "", dberr.New(dberr.InvalidEscapeSequence, "invalid escape string").
			WithHint("Escape string must be empty or one character.")
	}
	var b strings.Builder
	b.WriteString("^(?:")
	quotes, escaped, class := 0, false, false
	for _, r := range pattern {
		c := string(r)
		switch {
		case escaped && c == `"`:
			quotes++
			b.WriteString([]string{")(", ")(?:"}[(quotes-1)%2])
			escaped = false
		case escaped:
			b.WriteString(regexp.QuoteMeta(c))
			escaped = false
		case escape != "" && c == escape:
			escaped = true
		case class:
			class = r != ']'
			if r == '\\' {
				b.WriteByte('\\')
			}
			b.WriteString(c)
		case r == '[':
			class = true
			b.WriteString(c)
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteByte('.')
		case r == '(':
			b.WriteString("(?:")
		case strings.ContainsRune(`.^$\`, r):
			b.WriteString(`\` + c)
		default:
			b.WriteString(c)
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}
