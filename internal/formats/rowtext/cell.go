package rowtext

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

// appendCell appends the text of row i of v, which is not NULL, as PostgreSQL writes it.
func appendCell(dst []byte, ctx types.Context, v *vec.Vec, i int) []byte {
	switch v.Type.Class() {
	case types.Bits, types.I16, types.I32, types.I64:
		return ctx.AppendInt(dst, v.Type, v.Int(i))
	case types.F32, types.F64:
		return types.AppendFloat(dst, v.Float(i), v.Type.ID == types.Float32)
	case types.Bytes:
		if v.Type.ID != types.Numeric && v.Type.ID != types.Bpchar && v.Type.ID != types.Bytea && v.Type.ID != types.UUID && !v.Type.IsArray() {
			return append(dst, v.Bytes(i)...)
		}
	}
	return ctx.Append(dst, v.Value(i))
}

// appendJSONCell appends row i of v, which is not NULL, as a JSON value.
func appendJSONCell(dst []byte, ctx types.Context, v *vec.Vec, i int) []byte {
	if v.Type.IsArray() {
		return appendJSONArray(dst, ctx, v.Value(i))
	}
	switch v.Type.ID {
	case types.Bool:
		return strconv.AppendBool(dst, v.Int(i) != 0)
	case types.Text, types.Varchar, types.JSONPath, types.Unknown:
		return AppendJSONString(dst, v.Bytes(i))
	case types.JSON, types.JSONB:
		return appendOneLine(dst, v.Bytes(i))
	}
	start := len(dst)
	dst = appendCell(append(dst, '"'), ctx, v, i)
	return quoteUnlessNumber(dst, start, v.Type)
}

// AppendJSONValue appends a value as JSON, as the json forms write it.
func AppendJSONValue(dst []byte, ctx types.Context, v types.Value) []byte {
	switch {
	case !v.Valid:
		return append(dst, "null"...)
	case v.Type.IsArray():
		return appendJSONArray(dst, ctx, v)
	case v.Type.ID == types.Bool:
		return strconv.AppendBool(dst, v.I != 0)
	case v.Type.ID == types.JSON || v.Type.ID == types.JSONB:
		return appendOneLine(dst, []byte(v.S))
	case v.Type.IsString() && v.Type.ID != types.Bpchar:
		return AppendJSONString(dst, []byte(v.S))
	}
	start := len(dst)
	return quoteUnlessNumber(ctx.Append(append(dst, '"'), v), start, v.Type)
}

// quoteUnlessNumber ends the text that begins with a quote at start: finite numbers lose the quote,
// all else gets a second one.
func quoteUnlessNumber(dst []byte, start int, t types.Type) []byte {
	if last := dst[len(dst)-1]; t.IsNumber() && last >= '0' && last <= '9' {
		return append(dst[:start], dst[start+1:]...)
	}
	if text := dst[start+1:]; hasAny(text, &escapedJSON) {
		return AppendJSONString(dst[:start], bytes.Clone(text))
	}
	return append(dst, '"')
}

// escapedJSON are the bytes that cannot stand in a JSON string as they are.
var escapedJSON = func() (which [256]bool) {
	for c := range ' ' {
		which[c] = true
	}
	which['"'], which['\\'] = true, true
	return which
}()

// appendOneLine appends JSON text with its line breaks, which stand between tokens only, as spaces.
func appendOneLine(dst, s []byte) []byte {
	start := len(dst)
	dst = append(dst, s...)
	for k := start; k < len(dst); k++ {
		if dst[k] == '\n' || dst[k] == '\r' {
			dst[k] = ' '
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD, which is
// the one thing JSON can say about them.
func AppendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		dst = appendJSONEscape(append(dst, s[from:i]...), c)
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// Texts calls fn with the texts of every row of b, as PostgreSQL writes them; null says which are NULL. Both
// are valid until fn returns.
func Texts(b *vec.Batch, ctx types.Context, fn func(row []string, null []bool) error) error {
	row, null := make([]string, len(b.Cols)), make([]bool, len(b.Cols))
	var buf []byte
	return eachRow(b, func(r int) error {
		for c := range b.Cols {
			v := &b.Cols[c]
			if null[c] = v.IsNull(r); null[c] {
				row[c] = ""
				continue
			}
			buf = appendCell(buf[:0], ctx, v, r)
			row[c] = string(buf)
		}
		return fn(row, null)
	})
}
