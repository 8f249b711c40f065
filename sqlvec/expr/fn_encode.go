package expr

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// byteaValue returns a BYTEA.
func byteaValue(b []byte) types.Value { return types.BytesValue(types.T(types.Bytea), string(b)) }

func init() {
	t, b := types.Text, types.Bytea
	md5Of := func(_ *Env, dst []byte, a []types.Value) ([]byte, error) {
		sum := md5.Sum(unsafe.Slice(unsafe.StringData(a[0].S), len(a[0].S)))
		return hex.AppendEncode(dst, sum[:]), nil
	}
	digest := func(name string, fn func([]byte) []byte) *Function {
		return rowFn(name, ids(b), b, func(_ *Env, args []types.Value) (types.Value, error) {
			return byteaValue(fn([]byte(args[0].S))), nil
		})
	}
	register(
		appending("md5", ids(t), md5Of), appending("md5", ids(b), md5Of),
		digest("sha224", func(x []byte) []byte { s := sha256.Sum224(x); return s[:] }),
		digest("sha256", func(x []byte) []byte { s := sha256.Sum256(x); return s[:] }),
		digest("sha384", func(x []byte) []byte { s := sha512.Sum384(x); return s[:] }),
		digest("sha512", func(x []byte) []byte { s := sha512.Sum512(x); return s[:] }),
		rowFn("encode", ids(b, t), t, encode), rowFn("decode", ids(t, t), b, decode),
		textFn("quote_literal", quoteLiteral), textFn("quote_ident", QuoteIdent),
		stableFn("quote_literal", ids(anyElement), t, func(env *Env, args []types.Value) (types.Value, error) {
			return textValue(quoteLiteral(env.context().TextOf(args[0]))), nil
		}),
		&Function{Name: "quote_nullable", Params: ids(anyElement), Ret: t, NullCall: true, Volatility: Stable, row: func(env *Env, args []types.Value) (types.Value, error) {
			if !args[0].Valid {
				return textValue("NULL"), nil
			}
			return textValue(quoteLiteral(env.context().TextOf(args[0]))), nil
		}},
		&Function{Name: "quote_nullable", Params: ids(t), Ret: t, NullCall: true, row: func(_ *Env, args []types.Value) (types.Value, error) {
			if !args[0].Valid {
				return textValue("NULL"), nil
			}
			return textValue(quoteLiteral(args[0].S)), nil
		}},
		textOf("to_hex", ids(types.Int32), func(a []types.Value) string { return strconv.FormatUint(uint64(uint32(a[0].I)), 16) }),
		textOf("to_hex", ids(types.Int64), func(a []types.Value) string { return strconv.FormatUint(uint64(a[0].I), 16) }),
		&Function{Name: "format", Params: ids(t), Ret: t, NullCall: true, Volatility: Stable, row: format},
		&Function{Name: "format", Params: ids(t, anyType), Variadic: true, Ret: t, NullCall: true, Volatility: Stable, row: format},
		stableFn("convert_to", ids(t, t), b, func(_ *Env, args []types.Value) (types.Value, error) {
			return types.BytesValue(types.T(b), args[0].S), onlyUTF8(args[1].S)
		}),
		stableFn("convert_from", ids(b, t), t, func(_ *Env, args []types.Value) (types.Value, error) {
			if err := onlyUTF8(args[1].S); err != nil {
				return args[0], err
			}
			if err := checkUTF8(args[0].S); err != nil {
				return args[0], err
			}
			return textValue(args[0].S), nil
		}),
	)
}

// checkUTF8 names the bytes that are no character.
func checkUTF8(s string) error {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			bad := dberr.Textf("0x%02x", s[i])
			for k := i + 1; k < min(len(s), i+sequenceLength(s[i])); k++ {
				bad = dberr.Textf("%s 0x%02x", bad, s[k])
			}
			return dberr.Newf(dberr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", bad)
		}
		i += n
	}
	return nil
}

// sequenceLength is how many bytes a character has that begins with b.
func sequenceLength(b byte) int {
	switch {
	case b >= 0xf0 && b < 0xf8:
		return 4
	case b >= 0xe0 && b < 0xf0:
		return 3
	case b >= 0xc0 && b < 0xe0:
		return 2
	}
	return 1
}

// onlyUTF8 refuses other encodings.
func onlyUTF8(name string) error {
	switch strings.ToLower(strings.ReplaceAll(name, "-", "")) {
	case "utf8", "unicode":
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "encoding \"%s\" is not supported", name)
}

// encode prints bytes as base64, hex or escape.
func encode(_ *Env, args []types.Value) (types.Value, error) {
	s := args[0].S
	switch strings.ToLower(args[1].S) {
	case "base64":
		e := base64.StdEncoding.EncodeToString([]byte(s))
		var b strings.Builder
		for len(e) > 76 { // lines of 76 characters, as MIME has them
			b.WriteString(e[:76] + "\n")
			e = e[76:]
		}
		return textValue(b.String() + e), nil
	case "hex":
		return textValue(hex.EncodeToString([]byte(s))), nil
	case "escape":
		return textValue(escapeBytes(s)), nil
	}
	return args[0], dberr.Newf(dberr.InvalidParameterValue, "unrecognized encoding: \"%s\"", args[1].S)
}

// escapeBytes prints zero and bytes above 127 as \ooo, and doubles backslashes.
func escapeBytes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == 0 || c >= 128:
			b.WriteString("\\" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		case c == '\\':
			b.WriteString("\\\\")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decode reads what encode prints.
func decode(_ *Env, args []types.Value) (types.Value, error) {
	s := args[0].S
	switch strings.ToLower(args[1].S) {
	case "base64":
		clean := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \n\r\t", r) {
				return -1
			}
			return r
		}, s)
		out, err := base64.StdEncoding.DecodeString(clean)
		if err != nil {
			return args[0], dberr.New(dberr.InvalidParameterValue, "invalid base64 end sequence").
				WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
		}
		return byteaValue(out), nil
	case "hex":
		return types.Parse("\\x"+s, types.T(types.Bytea))
	case "escape":
		if strings.HasPrefix(s, "\\x") {
			s = "\\134" + s[1:]
		}
		return types.Parse(s, types.T(types.Bytea))
	}
	return args[0], dberr.Newf(dberr.InvalidParameterValue, "unrecognized encoding: \"%s\"", args[1].S)
}

// quoteLiteral quotes a text as a SQL string.
func quoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, "\\") {
		q = "E" + strings.ReplaceAll(q, "\\", "\\\\")
	}
	return q
}

// reserved are the words that cannot be names of columns without quotes.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`all analyse analyze and any array as asc asymmetric authorization between bigint binary
		bit boolean both case cast char character check coalesce collate collation column concurrently constraint create cross
		current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal
		default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full
		grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull
		join lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not
		notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary
		real references returning right row select session_user setof similar smallint some substring symmetric table
		tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic
		verbose when where window with xmlattributes xmlconcat xmlelement`) {
		m[w] = true
	}
	return m
}()

// QuoteIdent quotes a name where SQL needs that.
func QuoteIdent(s string) string {
	safe := s != "" && !reserved[s] && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z')
	for i := range len(s) {
		c := s[i]
		safe = safe && (c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}
	if safe {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// formatSpec is one %[n$][-][width]type of format.
type formatSpec struct {
	arg   int // 1-based, 0: the next one
	left  bool
	width int
	star  bool // the width is the next argument
	verb  byte
}

// readSpec reads a specifier after its %.
func readSpec(s string) (sp formatSpec, n int, err error) {
	number := func() (v int, ok bool) {
		for n < len(s) && s[n] >= '0' && s[n] <= '9' && v < 1<<20 {
			v = v*10 + int(s[n]-'0')
			n++
			ok = true
		}
		return v, ok
	}
	if v, ok := number(); ok {
		if n < len(s) && s[n] == '$' {
			sp.arg = v
			n++
			if v == 0 {
				return sp, n, dberr.New(dberr.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
			}
		} else {
			sp.width = v
		}
	}
	for n < len(s) && s[n] == '-' {
		sp.left = true
		n++
	}
	if n < len(s) && s[n] == '*' {
		sp.star = true
		n++
	} else if v, ok := number(); ok {
		sp.width = v
	}
	if n >= len(s) {
		return sp, n, dberr.New(dberr.InvalidParameterValue, "unterminated format() type specifier").
			WithHint("For a single \"%%\" use \"%%%%\".")
	}
	sp.verb = s[n]
	return sp, n + 1, nil
}

// format is PostgreSQL's format.
func format(env *Env, args []types.Value) (types.Value, error) {
	if !args[0].Valid {
		return nullText, nil
	}
	var b strings.Builder
	s, next := args[0].S, 1
	for i := 0; i < len(s); {
		if s[i] != '%' {
			b.WriteByte(s[i])
			i++
			continue
		}
		i++
		if i < len(s) && s[i] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		sp, n, err := readSpec(s[i:])
		if err != nil {
			return args[0], err
		}
		i += n
		text, err := formatOne(env, &sp, args, &next)
		if err != nil {
			return args[0], err
		}
		b.WriteString(text)
	}
	return textValue(b.String()), nil
}

// formatOne formats one argument.
func formatOne(env *Env, sp *formatSpec, args []types.Value, next *int) (string, error) {
	if !strings.ContainsRune("sIL", rune(sp.verb)) {
		return "", dberr.Newf(dberr.InvalidParameterValue, "unrecognized format() type specifier \"%c\"", sp.verb).
			WithHint("For a single \"%%\" use \"%%%%\".")
	}
	if sp.star {
		if *next < len(args) {
			w, err := env.context().Cast(args[*next], types.T(types.Int32), true)
			if err != nil {
				return "", err
			}
			sp.width = int(w.I)
		}
		*next++
		if sp.width < 0 {
			sp.width, sp.left = -sp.width, true
		}
	}
	at := sp.arg
	if at == 0 {
		at = *next
	}
	*next = at + 1
	if at >= len(args) {
		return "", dberr.New(dberr.InvalidParameterValue, "too few arguments for format()")
	}
	text, err := formatText(env, sp.verb, args[at])
	if gap := sp.width - runeCount(text); gap > 0 {
		if sp.left {
			return text + strings.Repeat(" ", gap), err
		}
		return strings.Repeat(" ", gap) + text, err
	}
	return text, err
}

// formatText returns an argument as text, name or literal.
func formatText(env *Env, verb byte, v types.Value) (string, error) {
	text := env.context().Format(v)
	switch {
	case verb == 'I' && !v.Valid:
		return "", dberr.New(dberr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
	case verb == 'I':
		return QuoteIdent(text), nil
	case verb == 'L' && !v.Valid:
		return "NULL", nil
	case verb == 'L':
		return quoteLiteral(text), nil
	}
	return text, nil
}
