package expr

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func init() {
	register(rowFn("unistr", ids(types.Text), types.Text, unistr))
}

// unicodeEscapes are the forms of an escape after its backslash, and how many digits follow.
var unicodeEscapes = []struct {
	prefix string
	digits int
}{{"u", 4}, {"U", 8}, {"+", 6}, {"", 4}}

// unistr resolves the escapes \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX of a text; \\ is a backslash.
func unistr(_ *Env, a []types.Value) (types.Value, error) {
	var out strings.Builder
	high := rune(0) // the first of a pair of surrogates
	for s := a[0].S; s != ""; {
		before, rest, found := strings.Cut(s, `\`)
		literal := before
		if found && strings.HasPrefix(rest, `\`) {
			literal, rest, found = before+`\`, rest[1:], false
		}
		if high != 0 && literal != "" {
			return a[0], badSurrogates()
		}
		out.WriteString(literal)
		if s = rest; !found {
			continue
		}
		r, size, err := unicodeEscape(rest)
		if err != nil {
			return a[0], err
		}
		s = rest[size:]
		switch {
		case high != 0:
			if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
				return a[0], badSurrogates()
			}
			high = 0
		case utf16.IsSurrogate(r) && r < 0xDC00:
			high = r
			continue
		case utf16.IsSurrogate(r):
			return a[0], badSurrogates()
		}
		out.WriteRune(r)
	}
	if high != 0 {
		return a[0], badSurrogates()
	}
	return textValue(out.String()), nil
}

func badSurrogates() error { return dberr.New(dberr.SyntaxError, "invalid Unicode surrogate pair") }

// unicodeEscape reads an escape after its backslash, and returns how long it is.
func unicodeEscape(s string) (rune, int, error) {
	for _, e := range unicodeEscapes {
		end := len(e.prefix) + e.digits
		if !strings.HasPrefix(s, e.prefix) || len(s) < end {
			continue
		}
		n, err := strconv.ParseUint(s[len(e.prefix):end], 16, 32)
		if err != nil {
			continue
		}
		if n == 0 || n > utf8.MaxRune {
			return 0, 0, dberr.Newf(dberr.InvalidParameterValue, "invalid Unicode code point: %04X", n)
		}
		return rune(n), end, nil
	}
	return 0, 0, dberr.New(dberr.SyntaxError, "invalid Unicode escape").
		WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}
