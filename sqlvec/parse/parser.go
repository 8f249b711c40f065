package parse

import (
	"strings"
	"sync"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// Limits of one text. They keep every recursion over a tree, here and in later
// stages, far from the end of a goroutine's stack.
const (
	maxNesting = 1500    // parentheses, subqueries, CASEs within each other
	maxHeight  = 10000   // operators on the path from the root to a leaf
	maxBytes   = 1 << 30 // of text
)

// parser reads the tokens of one statement. Its first error sticks: from then on
// the current token is the end of input, so that every rule falls through, and
// what they return is dropped.
type parser struct {
	lex   lexer
	toks  []token
	used  int   // the most tokens that a statement had
	i     int   // index of tok in toks
	tok   token // the current token
	err   *dberr.Error
	depth int // of nested calls
	// trailing is a temporal clause that ended a SELECT and waits for the query
	// or set operation around it.
	trailing *SystemTime
	// into is the table of a SELECT INTO, and intoOf the SELECT that names it.
	into   *CreateTable
	intoOf *Select
	// fileCall is set among the arguments of a function that reads files.
	fileCall bool
	height   int // of the tallest expression finished since the enclosing one began
	warnings []string
	literals []Literal // memory for the next ones
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

// withParser runs f with a parser at the start of sql and returns its error. The
// text is checked to be UTF-8 first.
func withParser(sql string, f func(p *parser)) error {
	if len(sql) > maxBytes {
		return dberr.New(dberr.ProgramLimitExceeded, "SQL text is longer than 1 GiB")
	}
	if !utf8.ValidString(sql) || strings.IndexByte(sql, 0) >= 0 {
		i, _ := invalidByte(sql)
		return invalidEncoding(sql).At(i + 1)
	}
	p := parsers.Get().(*parser)
	*p = parser{lex: lexer{sql: sql}, toks: p.toks[:0]}
	f(p)
	err := p.err
	p.release()
	if err != nil {
		return err
	}
	return nil
}

// release gives the parser back, without the text it held and without a token
// buffer that is larger than most need.
func (p *parser) release() {
	if cap(p.toks) > 16384 {
		p.toks, p.used = nil, 0
	}
	clear(p.toks[:p.used])
	*p = parser{toks: p.toks[:0]}
	parsers.Put(p)
}

// Parse parses a list of statements separated by semicolons. Empty ones are left
// out. Errors are *dberr.Error with a position in sql: 42601 for a syntax error,
// 54001 for nesting too deep, 22021 for text that is not UTF-8. Parse may be
// called by several goroutines at once.
func Parse(sql string) ([]Statement, error) {
	var list []Statement
	err := withParser(sql, func(p *parser) { list = p.statements() })
	if err != nil {
		return nil, err
	}
	return list, nil
}

// ParseExpr parses one value expression, such as a stored default or check.
func ParseExpr(sql string) (Expr, error) {
	var e Expr
	err := withParser(sql, func(p *parser) {
		p.load()
		e = p.expr()
		p.expectEnd()
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ParseType parses a type name such as numeric(10,2)[].
func ParseType(sql string) (*TypeName, error) {
	var t *TypeName
	err := withParser(sql, func(p *parser) {
		p.load()
		t = p.typeName()
		p.expectEnd()
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// expectEnd fails unless the text ends here.
func (p *parser) expectEnd() {
	if p.tok.kind != tokEOF || int(p.tok.start) < len(p.lex.sql) {
		p.syntaxError()
	}
}

func (p *parser) statements() []Statement {
	var list []Statement
	for p.err == nil {
		p.load()
		first := p.tok
		if first.kind != tokEOF {
			s := p.statement()
			if p.tok.kind != tokEOF {
				p.syntaxError()
			}
			if p.err == nil {
				list = append(list, Statement{Stmt: s, Start: int(first.start), End: int(p.toks[p.i-1].end), Warnings: p.warnings})
				p.warnings = nil
			}
		}
		if p.err == nil && p.tok.start == p.tok.end {
			break // the end of the text, not a semicolon
		}
	}
	return list
}

// load reads the tokens of the next statement.
func (p *parser) load() {
	p.toks = p.lex.statement(p.toks[:0])
	p.used = max(p.used, len(p.toks))
	p.i, p.depth, p.height = 0, 0, 0
	p.setTok()
}

// setTok makes toks[i] current. A token that the lexer refused is an error once
// it is reached.
func (p *parser) setTok() {
	p.tok = p.toks[p.i]
	if p.tok.kind == tokError {
		p.fail(p.lex.err)
	}
}

// next moves to the following token.
func (p *parser) next() {
	if p.err != nil || p.tok.kind == tokEOF {
		return
	}
	p.i++
	p.setTok()
}

// noToken is what lies beyond the last token. It is never written.
var noToken token

// peek returns the n-th token after the current one, an end of input beyond the
// last.
func (p *parser) peek(n int) *token {
	if p.err != nil || p.i+n >= len(p.toks) {
		return &noToken
	}
	return &p.toks[p.i+n]
}

// fail records the first error.
func (p *parser) fail(err *dberr.Error) {
	if p.err == nil {
		p.err = err
		p.tok = token{kind: tokEOF, start: p.tok.start, end: p.tok.start}
	}
}

// failAt records an error with its place.
func (p *parser) failAt(pos Pos, code, format string, args ...any) {
	if p.err == nil {
		p.fail(dberr.Newf(code, format, args...).At(int(pos)))
	}
}

// syntaxError refuses the current token.
func (p *parser) syntaxError() {
	if p.err != nil {
		return
	}
	start, end := int(p.tok.start), int(p.tok.end)
	if start == end { // the end of the text, not a semicolon
		start = len(p.lex.sql)
	}
	p.failAt(Pos(start+1), dberr.SyntaxError, "syntax error%s", near(p.lex.sql, start, end))
}

// unsupported refuses a construct that is understood but not to be had.
func (p *parser) unsupported(pos Pos, what string) {
	p.failAt(pos, dberr.FeatureNotSupported, "%s is not supported", what)
}

// enter counts one level of nesting; every enter is paired with a leave.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxNesting {
		p.tooDeep()
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tooDeep() {
	if p.err == nil {
		p.fail(dberr.New(dberr.StatementTooComplex, "stack depth limit exceeded").
			WithDetail("An SQL text may nest %d levels and chain %d operators.", maxNesting, maxHeight).
			At(int(p.tok.start) + 1))
	}
}

// grow counts one more operator above an expression of height h.
func (p *parser) grow(h int) int {
	if h >= maxHeight {
		p.tooDeep()
	}
	return h + 1
}

// pos is the position of the current token.
func (p *parser) pos() Pos { return Pos(p.tok.start + 1) }

// is reports whether the current token is the given word or punctuation. Quoted
// names and strings never are.
func (p *parser) is(text string) bool { return p.tok.kind <= tokOp && p.tok.text == text }

// isAny is is for several texts.
func (p *parser) isAny(texts ...string) bool {
	for _, t := range texts {
		if p.is(t) {
			return true
		}
	}
	return false
}

// then reports whether the current token and those after it are the given texts.
func (p *parser) then(texts ...string) bool {
	for i, text := range texts {
		t := p.peek(i)
		if t.kind > tokOp || t.text != text {
			return false
		}
	}
	return p.err == nil
}

// accept moves over the given texts if all of them come next.
func (p *parser) accept(texts ...string) bool {
	if !p.is(texts[0]) || len(texts) > 1 && !p.then(texts...) {
		return false
	}
	for range texts {
		p.next()
	}
	return true
}

// acceptAny moves over the current token and returns it if it is one of texts,
// else "".
func (p *parser) acceptAny(texts ...string) string {
	for _, t := range texts {
		if p.is(t) {
			p.next()
			return t
		}
	}
	return ""
}

// expect moves over the given texts, each of which must come next.
func (p *parser) expect(texts ...string) {
	for _, t := range texts {
		if !p.is(t) {
			p.syntaxError()
			return
		}
		p.next()
	}
}

// isName reports whether t may name a column, a table or an alias.
func (t *token) isName() bool {
	switch t.kind {
	case tokIdent, tokQuoted:
		return true
	case tokKeyword:
		c := t.class.class()
		return c == unreserved || c == columnName
	}
	return false
}

// isTypeOrFunction reports whether t may name a type or a function.
func (t *token) isTypeOrFunction() bool {
	switch t.kind {
	case tokIdent, tokQuoted:
		return true
	case tokKeyword:
		c := t.class.class()
		return c == unreserved || c == typeOrFunction
	}
	return false
}

// isLabel reports whether t may be a label after AS, or a name after a dot.
func (t *token) isLabel() bool { return t.word() || t.kind == tokQuoted }

// isBareLabel reports whether t may be a label without AS.
func (t *token) isBareLabel() bool {
	return t.kind == tokIdent || t.kind == tokQuoted || t.kind == tokKeyword && t.class&needsAs == 0
}

// ident reads a name that is no reserved word.
func (p *parser) ident() Ident {
	if !p.tok.isName() {
		p.syntaxError()
		return Ident{}
	}
	return p.takeIdent()
}

// label reads any word as a name.
func (p *parser) label() Ident {
	if !p.tok.isLabel() {
		p.syntaxError()
		return Ident{}
	}
	return p.takeIdent()
}

func (p *parser) takeIdent() Ident {
	id := Ident{p.pos(), p.tok.text}
	p.next()
	return id
}

// name reads a possibly qualified name of at most three parts.
func (p *parser) name() Name {
	first := p.ident()
	n := Name{Pos: first.Pos, Parts: []string{first.Name}}
	for p.accept(".") {
		n.Parts = append(n.Parts, p.label().Name)
	}
	if len(n.Parts) > 3 {
		p.failAt(n.Pos, dberr.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(n.Parts, "."))
	}
	return n
}

// names reads name, ….
func (p *parser) names() []Name {
	list := []Name{p.name()}
	for p.accept(",") {
		list = append(list, p.name())
	}
	return list
}

// identList reads (a, b, …).
func (p *parser) identList() []Ident {
	p.expect("(")
	list := p.idents()
	p.expect(")")
	return list
}

// idents reads name, ….
func (p *parser) idents() []Ident {
	list := []Ident{p.ident()}
	for p.accept(",") {
		list = append(list, p.ident())
	}
	return list
}

// optIdentList reads (a, b, …) if there is a parenthesis.
func (p *parser) optIdentList() []Ident {
	if !p.is("(") {
		return nil
	}
	return p.identList()
}

// str reads a string literal.
func (p *parser) str() string {
	if p.tok.kind != tokString {
		p.syntaxError()
		return ""
	}
	s := p.tok.text
	p.next()
	return s
}

// ifExists and ifNotExists read the optional words.
func (p *parser) ifExists() bool    { return p.accept("if", "exists") }
func (p *parser) ifNotExists() bool { return p.accept("if", "not", "exists") }
