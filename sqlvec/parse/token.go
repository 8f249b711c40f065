package parse

// tokKind is the kind of a token.
type tokKind uint8

// Kinds up to tokOp are compared by their text; no two of them can have the same
// text and mean different things.
const (
	tokEOF tokKind = iota
	tokIdent
	tokKeyword
	tokOp // operator or punctuation

	tokQuoted  // "name"
	tokString  // any quoted text, escapes resolved
	tokBits    // B'01'
	tokHexBits // X'1F'
	tokInt     // decimal digits
	tokNumeric
	tokParam // $1; text holds the digits
	tokSeq   // @SEQ:N; text holds the digits
	tokTx    // @TX:N
	tokJSON  // {…}, braces included
	tokError // what the lexer refused; the parser reports it when it gets there
)

// token is one token; sql[start:end] is how it was written.
type token struct {
	kind       tokKind
	class      kwClass // of a keyword
	start, end int32
	text       string
}

// word reports whether the token is an unquoted name or keyword.
func (t *token) word() bool { return t.kind == tokIdent || t.kind == tokKeyword }
