package types

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"driftdb/internal/dberr"
)

// JSONTree is a JSON value taken apart. Kind is the first byte of its text: { [ " t f n,
// or 0 for a number.
type JSONTree struct {
	Kind    byte
	Text    string // of a string, unescaped; of a number, as NUMERIC prints it
	Keys    []string
	Members []JSONTree // of an object, beside Keys; of an array
}

// NormalJSON returns the one text of a JSONB: members ordered by the length of their keys,
// then bytewise, the last of several with one key; numbers as NUMERIC prints them; one
// blank after each comma and colon.
func NormalJSON(text string) (string, error) {
	if err := CheckJSON(text); err != nil {
		return "", err
	}
	t, err := ParseJSON(text)
	if err != nil {
		return "", err
	}
	return string(t.Append(nil)), nil
}

// ParseJSON takes apart JSON text that CheckJSON has accepted.
func ParseJSON(text string) (JSONTree, error) {
	p := jsonParser{s: text}
	t := p.value()
	return t, p.err
}

// jsonParser walks over valid JSON.
type jsonParser struct {
	s   string
	i   int
	err error
}

func (p *jsonParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *jsonParser) value() JSONTree {
	p.space()
	if p.i >= len(p.s) {
		return JSONTree{Kind: 'n'}
	}
	switch c := p.s[p.i]; c {
	case '{', '[':
		return p.list(c)
	case '"':
		return JSONTree{Kind: '"', Text: p.str()}
	case 't', 'n':
		p.i += 4
		return JSONTree{Kind: c}
	case 'f':
		p.i += 5
		return JSONTree{Kind: c}
	}
	return p.number()
}

func (p *jsonParser) number() JSONTree {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(",]} \t\r\n", p.s[p.i]) < 0 {
		p.i++
	}
	d, err := ParseDecimal(p.s[start:p.i])
	if err != nil && p.err == nil {
		p.err = err
	}
	return JSONTree{Text: string(d.Append(nil))}
}

// str reads a string. PostgreSQL has no way to store a NUL.
func (p *jsonParser) str() string {
	start := p.i
	for p.i++; p.i < len(p.s) && p.s[p.i] != '"'; p.i++ {
		if p.s[p.i] == '\\' {
			p.i++
		}
	}
	p.i = min(p.i+1, len(p.s))
	raw := p.s[start:p.i]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var out string
	if err := json.Unmarshal([]byte(raw), &out); err != nil && p.err == nil {
		p.err = dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type json")
	}
	if detail := badSurrogate(raw); detail != "" && p.err == nil {
		p.err = dberr.New(dberr.InvalidTextRepresentation, "invalid input syntax for type json").WithDetail("%s", detail)
	}
	if strings.IndexByte(out, 0) >= 0 && p.err == nil {
		p.err = dberr.New(dberr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text.")
	}
	return out
}

// badSurrogate says what is wrong with the halves of characters that the escapes of a string are, "" for nothing.
func badSurrogate(raw string) string {
	const low, high = "Unicode low surrogate must follow a high surrogate.", "Unicode high surrogate must not follow a high surrogate."
	wanted := false
	for i := 0; i < len(raw); i++ {
		n, err := uint64(0), error(nil)
		if raw[i] == '\\' {
			if i++; i+5 <= len(raw) && raw[i] == 'u' {
				n, err = strconv.ParseUint(raw[i+1:i+5], 16, 16)
				i += 4
			}
		}
		switch {
		case err != nil:
		case n >= 0xd800 && n < 0xdc00:
			if wanted {
				return high
			}
			wanted = true
			continue
		case n >= 0xdc00 && n < 0xe000:
			if !wanted {
				return low
			}
		case wanted:
			return low
		}
		wanted = false
	}
	return ""
}

func (p *jsonParser) list(open byte) JSONTree {
	t := JSONTree{Kind: open}
	p.i++
	for p.space(); p.i < len(p.s) && p.s[p.i] != ']' && p.s[p.i] != '}'; p.space() {
		if open == '{' {
			t.Keys = append(t.Keys, p.str())
			p.space()
			p.i++ // the colon
		}
		t.Members = append(t.Members, p.value())
		p.space()
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
		}
	}
	p.i++
	if open == '{' {
		t.sortKeys()
	}
	return t
}

// CompareJSONKeys orders keys as JSONB does: by length, then bytewise.
func CompareJSONKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// sortKeys orders the members by key and keeps the last of each.
func (t *JSONTree) sortKeys() {
	order := make([]int, len(t.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return CompareJSONKeys(t.Keys[a], t.Keys[b]) })
	keys, members := make([]string, 0, len(order)), make([]JSONTree, 0, len(order))
	for _, i := range order {
		if n := len(keys); n > 0 && keys[n-1] == t.Keys[i] {
			members[n-1] = t.Members[i]
			continue
		}
		keys, members = append(keys, t.Keys[i]), append(members, t.Members[i])
	}
	t.Keys, t.Members = keys, members
}

// Member returns the place of a key of an object.
func (t *JSONTree) Member(key string) (int, bool) {
	return slices.BinarySearchFunc(t.Keys, key, CompareJSONKeys)
}

// Append appends the normal text.
func (t *JSONTree) Append(dst []byte) []byte {
	switch t.Kind {
	case '{', '[':
		dst = append(dst, t.Kind)
		for i := range t.Members {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if t.Kind == '{' {
				dst = append(appendJSONText(dst, t.Keys[i]), ": "...)
			}
			dst = t.Members[i].Append(dst)
		}
		return append(dst, t.Kind+2) // ] and } are two after [ and {
	case '"':
		return appendJSONText(dst, t.Text)
	case 't':
		return append(dst, "true"...)
	case 'f':
		return append(dst, "false"...)
	case 'n':
		return append(dst, "null"...)
	}
	return append(dst, t.Text...)
}

// appendJSONText appends a JSON string, escaped as PostgreSQL does.
func appendJSONText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if j := strings.IndexByte("\"\\\b\f\n\r\t", c); j >= 0 {
			dst = append(dst, '\\', "\"\\bfnrt"[j])
		} else if c < ' ' {
			dst = append(dst, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// JSONKey appends bytes to dst that order as JSONB values do, and are equal for equal
// ones: 1.0 equals 1. Objects are greater than arrays, those than booleans, numbers,
// strings and null; more members are greater than fewer. Text that is no JSON has the
// least key.
func JSONKey(dst []byte, text string) []byte {
	if !utf8.ValidString(text) || CheckJSON(text) != nil {
		return dst
	}
	t, err := ParseJSON(text)
	if err != nil {
		return dst
	}
	// A value alone compares as an array of itself that is less than the true one.
	if t.Kind != '{' && t.Kind != '[' {
		return t.key(append(dst, keyArray, 0, 0, 0, 1, 0))
	}
	if t.Kind == '[' {
		dst = binary.BigEndian.AppendUint32(append(dst, keyArray), uint32(len(t.Members)))
		return t.memberKeys(append(dst, 1))
	}
	return t.key(dst)
}

// The first bytes of keys, in the order of the kinds.
const (
	keyNull = iota + 1
	keyString
	keyNumber
	keyFalse
	keyTrue
	keyArray
	keyObject
)

func (t *JSONTree) key(dst []byte) []byte {
	switch t.Kind {
	case 'n':
		return append(dst, keyNull)
	case '"':
		return appendKeyBytes(append(dst, keyString), t.Text)
	case 'f':
		return append(dst, keyFalse)
	case 't':
		return append(dst, keyTrue)
	case '[':
		return t.memberKeys(binary.BigEndian.AppendUint32(append(dst, keyArray), uint32(len(t.Members))))
	case '{':
		return t.memberKeys(binary.BigEndian.AppendUint32(append(dst, keyObject), uint32(len(t.Members))))
	}
	d, err := ParseDecimal(t.Text)
	if err != nil {
		return dst
	}
	return appendKeyBytes(append(dst, keyNumber), string(DecimalKey([]byte(d.Encode()))))
}

func (t *JSONTree) memberKeys(dst []byte) []byte {
	for i := range t.Members {
		if t.Kind == '{' {
			dst = appendKeyBytes(dst, t.Keys[i])
		}
		dst = t.Members[i].key(dst)
	}
	return dst
}

// appendKeyBytes appends s so that no key is the beginning of another: zeros are marked
// and two end it.
func appendKeyBytes(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if dst = append(dst, s[i]); s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// normalPath returns the one text of a JSONPATH; see SetPaths.
var normalPath = func(text string) (string, error) {
	return "", dberr.New(dberr.FeatureNotSupported, "type jsonpath is not supported")
}

// SetPaths makes fn what reads a text as a JSONPATH and returns its one text. The package that
// knows paths calls it when the program starts.
func SetPaths(fn func(text string) (string, error)) { normalPath = fn }

// castJSON converts between JSON and JSONB, and a JSONB boolean or number to its type.
func castJSON(v Value, t Type) (Value, error) {
	switch t.ID {
	case JSON:
		return BytesValue(t, v.S), nil
	case JSONB:
		s, err := NormalJSON(v.S)
		return BytesValue(t, s), err
	}
	tree, err := ParseJSON(v.S)
	if err != nil || v.Type.ID == JSON {
		return Value{}, dberr.Newf(dberr.CannotCoerce, "cannot cast type %s to %s", v.Type.Base(), t.Base())
	}
	switch {
	case t.ID == Bool && (tree.Kind == 't' || tree.Kind == 'f'):
		return BoolValue(tree.Kind == 't'), nil
	case t.IsNumber() && tree.Kind == 0:
		d, err := ParseDecimal(tree.Text)
		if err != nil {
			return Value{}, err
		}
		n, err := NumericValue(T(Numeric), d)
		if err != nil {
			return Value{}, err
		}
		return castNumber(n, t)
	}
	kind := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "boolean", 'f': "boolean", 'n': "null", 0: "numeric"}[tree.Kind]
	return Value{}, dberr.Newf(dberr.InvalidParameterValue, "cannot cast jsonb %s to type %s", kind, t.Base())
}
