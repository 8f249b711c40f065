package jsonpath

import (
	"errors"
	"math"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// maxDepth bounds the nesting of a path.
const maxDepth = 2000

// Parse returns the path that text says: 42601 where it is none.
func Parse(text string) (*Path, error) {
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return nil, dberr.New(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	p := &parser{lex: lexer{s: text}}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	return path, nil
}

func init() {
	types.SetPaths(func(text string) (string, error) {
		p, err := Parse(text)
		if err != nil {
			return "", err
		}
		return p.String(), nil
	})
}

// parser reads a path by the rules of PostgreSQL's grammar.
type parser struct {
	lex   lexer
	t     token // the next word
	depth int
	// inFilter and inSubscript count the filters and subscripts around.
	inFilter, inSubscript int
}

// failure carries an error through the parser.
type failure struct{ err error }

// fail ends the parsing.
func (p *parser) fail(err error) { panic(failure{err}) }

// unexpected ends the parsing at the next word.
func (p *parser) unexpected() {
	if p.t.kind == tEnd {
		p.fail(syntaxError("syntax error at end"))
	}
	p.fail(near("syntax error", p.t.raw))
}

// advance reads the next word.
func (p *parser) advance() {
	var err error
	if p.t, err = p.lex.next(); err != nil {
		p.fail(err)
	}
}

// sign takes a sign if it is next.
func (p *parser) sign(s string) bool {
	if p.t.kind != tSign || p.t.text != s {
		return false
	}
	p.advance()
	return true
}

// expect takes a sign that must be next.
func (p *parser) expect(s string) {
	if !p.sign(s) {
		p.unexpected()
	}
}

// isWord reports whether the next word is a keyword. true, false and null are written small,
// the others in any case.
func (p *parser) isWord(w string) bool {
	if p.t.kind != tName || p.t.raw != p.t.text {
		return false
	}
	switch w {
	case "true", "false", "null":
		return p.t.text == w
	}
	return strings.EqualFold(p.t.text, w)
}

// word takes a keyword if it is next.
func (p *parser) word(w string) bool {
	if !p.isWord(w) {
		return false
	}
	p.advance()
	return true
}

// deeper guards against paths that nest too deeply.
func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxDepth {
		p.fail(dberr.New(dberr.StatementTooComplex, "jsonpath is nested too deeply"))
	}
	return func() { p.depth-- }
}

func (p *parser) path() (path *Path, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			path, err = nil, f.err
		}
	}()
	p.advance()
	if p.t.kind == tEnd {
		return nil, dberr.Newf(dberr.InvalidTextRepresentation, "invalid input syntax for type jsonpath: \"%s\"", p.lex.s)
	}
	out := &Path{}
	if p.isWord("strict") {
		out.strict = true
		p.advance()
	} else if p.isWord("lax") {
		p.advance()
	}
	out.root = p.or().node
	if p.t.kind != tEnd {
		p.unexpected()
	}
	return out, nil
}

// parsed is an expression: cond says that it is a condition, closed that it stands in brackets
// or is exists().
type parsed struct {
	*node
	cond, closed bool
}

// needItem ends the parsing unless x is an item.
func (p *parser) needItem(x parsed) *node {
	if x.cond {
		p.unexpected()
	}
	return x.node
}

// needCond ends the parsing unless x is a condition.
func (p *parser) needCond(x parsed) *node {
	if !x.cond {
		p.unexpected()
	}
	return x.node
}

func (p *parser) or() parsed {
	x := p.and()
	for x.cond && p.t.kind == tSign && p.t.text == "||" {
		p.advance()
		x = parsed{node: &node{kind: kOr, a: x.node, b: p.needCond(p.and())}, cond: true}
	}
	return x
}

func (p *parser) and() parsed {
	x := p.condition()
	for x.cond && p.t.kind == tSign && p.t.text == "&&" {
		p.advance()
		x = parsed{node: &node{kind: kAnd, a: x.node, b: p.needCond(p.condition())}, cond: true}
	}
	return x
}

// comparisons are the signs of comparisons.
var comparisons = map[string]kind{"==": kEqual, "!=": kNotEqual, "<>": kNotEqual, "<": kLess, "<=": kLessEqual, ">": kGreater, ">=": kGreaterEqual}

// condition reads a condition without && and ||, or an item.
func (p *parser) condition() parsed {
	defer p.deeper()()
	if p.sign("!") {
		x := p.primary()
		if !x.cond || !x.closed {
			p.unexpected()
		}
		return parsed{node: &node{kind: kNot, a: x.node}, cond: true}
	}
	x := p.sum()
	if x.cond {
		return x
	}
	switch {
	case p.t.kind == tSign && comparisons[p.t.text] != 0:
		k := comparisons[p.t.text]
		p.advance()
		return parsed{node: &node{kind: k, a: x.node, b: p.needItem(p.sum())}, cond: true}
	case p.word("starts"):
		if !p.word("with") {
			p.unexpected()
		}
		n := &node{kind: kStartsWith, a: x.node}
		switch p.t.kind {
		case tString:
			n.b = &node{kind: kString, text: p.t.text}
		case tVar:
			n.b = &node{kind: kVar, text: p.t.text}
		default:
			p.unexpected()
		}
		p.advance()
		return parsed{node: n, cond: true}
	case p.word("like_regex"):
		return parsed{node: p.likeRegex(x.node), cond: true}
	}
	return x
}

// likeRegex reads what follows like_regex.
func (p *parser) likeRegex(x *node) *node {
	n := &node{kind: kLikeRegex, a: x, text: p.t.text}
	if p.t.kind != tString {
		p.unexpected()
	}
	p.advance()
	if p.word("flag") {
		if p.t.kind != tString {
			p.unexpected()
		}
		for _, f := range p.t.text {
			switch {
			case !strings.ContainsRune("ismxq", f):
				p.fail(dberr.New(dberr.SyntaxError, "invalid input syntax for type jsonpath").
					WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", f))
			case !strings.ContainsRune(n.flags, f):
				n.flags += string(f)
			}
		}
		if strings.Contains(n.flags, "x") && !strings.Contains(n.flags, "q") {
			p.fail(dberr.New(dberr.FeatureNotSupported, "XQuery \"x\" flag (expanded regular expressions) is not implemented"))
		}
		n.flags = inOrder(n.flags)
		p.advance()
	}
	var err error
	if n.re, err = compileRegex(n.text, n.flags); err != nil {
		reason := err.Error()
		var bad *syntax.Error
		if errors.As(err, &bad) {
			reason = reasonOf(bad)
		}
		p.fail(dberr.Newf(dberr.InvalidRegularExpression, "invalid regular expression: %s", reason))
	}
	return n
}

// inOrder returns flags in the order in which PostgreSQL prints them.
func inOrder(flags string) string {
	var out []byte
	for _, f := range []byte("ismxq") {
		if strings.IndexByte(flags, f) >= 0 {
			out = append(out, f)
		}
	}
	return string(out)
}

func (p *parser) sum() parsed {
	x := p.product()
	for !x.cond {
		switch {
		case p.sign("+"):
			x.node = &node{kind: kAdd, a: x.node, b: p.needItem(p.product())}
		case p.sign("-"):
			x.node = &node{kind: kSub, a: x.node, b: p.needItem(p.product())}
		default:
			return x
		}
	}
	return x
}

func (p *parser) product() parsed {
	x := p.unary()
	for !x.cond {
		switch {
		case p.sign("*"):
			x.node = &node{kind: kMul, a: x.node, b: p.needItem(p.unary())}
		case p.sign("/"):
			x.node = &node{kind: kDiv, a: x.node, b: p.needItem(p.unary())}
		case p.sign("%"):
			x.node = &node{kind: kMod, a: x.node, b: p.needItem(p.unary())}
		default:
			return x
		}
	}
	return x
}

func (p *parser) unary() parsed {
	defer p.deeper()()
	switch {
	case p.sign("+"):
		return parsed{node: signed(kPlus, p.needItem(p.unary()))}
	case p.sign("-"):
		return parsed{node: signed(kMinus, p.needItem(p.unary()))}
	}
	return p.primary()
}

// signed puts a sign before an item; a number takes it up.
func signed(k kind, x *node) *node {
	if x.kind == kNumber && x.next == nil {
		if k == kMinus {
			if d, err := types.ParseDecimal(x.text); err == nil {
				return &node{kind: kNumber, text: d.Neg().String()}
			}
		}
		return x
	}
	return &node{kind: k, a: x}
}

// primary reads an item with its steps, a condition in brackets, or exists().
func (p *parser) primary() parsed {
	if p.isWord("exists") {
		p.advance()
		p.expect("(")
		x := &node{kind: kExists, a: p.needItem(p.or())}
		p.expect(")")
		return parsed{node: x, cond: true, closed: true}
	}
	var x *node
	switch {
	case p.sign("("):
		y := p.or()
		p.expect(")")
		steps := p.t.kind == tSign && strings.Contains(".[?", p.t.text)
		if y.cond && p.isWord("is") {
			p.advance()
			if !p.word("unknown") {
				p.unexpected()
			}
			return parsed{node: &node{kind: kUnknown, a: y.node}, cond: true}
		}
		if y.cond && !steps {
			return parsed{node: y.node, cond: true, closed: true}
		}
		x = y.node
		if !steps {
			return parsed{node: x}
		}
		if x.next != nil { // a chain goes on
			p.steps(end(x))
			return parsed{node: x}
		}
	default:
		x = p.item()
	}
	p.steps(x)
	return parsed{node: x}
}

// end returns the last step of a chain.
func end(n *node) *node {
	for n.next != nil {
		n = n.next
	}
	return n
}

// item reads the beginning of a chain of steps.
func (p *parser) item() *node {
	n := &node{text: p.t.text}
	switch p.t.kind {
	case tString:
		n.kind = kString
	case tVar:
		n.kind = kVar
	case tNumber, tInt:
		d, err := types.ParseDecimal(p.t.text)
		if err != nil {
			p.fail(err)
		}
		n.kind, n.text = kNumber, d.String()
	case tSign:
		switch p.t.text {
		case "$":
			n.kind = kRoot
		case "@":
			if p.inFilter == 0 {
				p.fail(dberr.New(dberr.SyntaxError, "@ is not allowed in root expressions"))
			}
			n.kind = kCurrent
		default:
			p.unexpected()
		}
	case tName:
		switch {
		case p.isWord("null"):
			n.kind = kNull
		case p.isWord("true"):
			n.kind = kTrue
		case p.isWord("false"):
			n.kind = kFalse
		case p.isWord("last"):
			if p.inSubscript == 0 {
				p.fail(dberr.New(dberr.SyntaxError, "LAST is allowed only in array subscripts"))
			}
			n.kind = kLast
		default:
			p.unexpected()
		}
	default:
		p.unexpected()
	}
	p.advance()
	return n
}

// methods are the names of methods without arguments.
var methods = map[string]bool{"abs": true, "size": true, "type": true, "floor": true, "double": true, "ceiling": true, "keyvalue": true}

// steps reads the steps behind n.
func (p *parser) steps(n *node) {
	for {
		var step *node
		switch {
		case p.sign("."):
			step = p.member()
		case p.sign("["):
			step = p.subscript()
		case p.sign("?"):
			p.expect("(")
			p.inFilter++
			step = &node{kind: kFilter, a: p.needCond(p.or())}
			p.inFilter--
			p.expect(")")
		default:
			return
		}
		n.next = step
		n = step
	}
}

// member reads what follows a point.
func (p *parser) member() *node {
	switch {
	case p.sign("**"):
		return p.levels()
	case p.sign("*"):
		return &node{kind: kAnyKey}
	case p.t.kind == tString:
		n := &node{kind: kKey, text: p.t.text}
		p.advance()
		return n
	case p.t.kind != tName:
		p.unexpected()
	}
	n := &node{kind: kKey, text: p.t.text}
	plain := p.t.raw == p.t.text
	p.advance()
	method := strings.ToLower(n.text)
	if !plain || !methods[method] && method != "datetime" || p.t.kind != tSign || p.t.text != "(" {
		return n
	}
	p.advance()
	n.kind, n.text = kMethod, method
	if method == "datetime" && p.t.kind == tString {
		n.a = &node{kind: kString, text: p.t.text}
		p.advance()
	}
	p.expect(")")
	return n
}

// levels reads what follows .**
func (p *parser) levels() *node {
	n := &node{kind: kAny, last: anyDepth}
	if !p.sign("{") {
		return n
	}
	n.first = p.level()
	n.last = n.first
	if p.word("to") {
		n.last = p.level()
	}
	p.expect("}")
	return n
}

func (p *parser) level() uint32 {
	if p.word("last") {
		return anyDepth
	}
	if p.t.kind != tInt {
		p.unexpected()
	}
	x, err := strconv.ParseInt(p.t.text, 10, 32)
	if err != nil || x > math.MaxInt32 {
		p.fail(dberr.Newf(dberr.NumericValueOutOfRange, "value \"%s\" is out of range for type integer", p.t.text))
	}
	p.advance()
	return uint32(x)
}

// subscript reads what follows [.
func (p *parser) subscript() *node {
	if p.t.kind == tSign && p.t.text == "*" {
		p.advance()
		p.expect("]")
		return &node{kind: kAnyElem}
	}
	n := &node{kind: kIndex}
	p.inSubscript++
	for {
		s := subscript{from: p.needItem(p.sum())}
		if p.word("to") {
			s.to = p.needItem(p.sum())
		}
		n.subs = append(n.subs, s)
		if !p.sign(",") {
			break
		}
	}
	p.inSubscript--
	p.expect("]")
	return n
}

// reasonOf says what is wrong with a pattern, as PostgreSQL does where it has words for it.
func reasonOf(e *syntax.Error) string {
	switch e.Code {
	case syntax.ErrMissingParen, syntax.ErrUnexpectedParen:
		return "parentheses () not balanced"
	case syntax.ErrMissingBracket:
		return "brackets [] not balanced"
	case syntax.ErrMissingRepeatArgument, syntax.ErrInvalidRepeatOp:
		return "quantifier operand invalid"
	case syntax.ErrInvalidCharRange:
		return "invalid character range"
	case syntax.ErrTrailingBackslash, syntax.ErrInvalidEscape:
		return `invalid escape \ sequence`
	}
	return string(e.Code)
}
