package types

import (
	"strconv"
	"strings"

	"driftdb/internal/dberr"
)

// appendArray appends the text of an array.
func (c Context) appendArray(dst []byte, v Value) []byte {
	a, err := v.Array()
	if err != nil {
		return append(dst, "(damaged)"...)
	}
	if len(a.Elems) == 0 {
		return append(dst, "{}"...)
	}
	for _, d := range a.Dims {
		if d.Lower != 1 {
			dst = append(appendBounds(dst, a.Dims), '=')
			break
		}
	}
	dst, _ = c.appendLevel(dst, a.Dims, a.Elems)
	return dst
}

// appendBounds appends [1:2][0:3].
func appendBounds(dst []byte, dims []Dim) []byte {
	for _, d := range dims {
		dst = strconv.AppendInt(append(dst, '['), int64(d.Lower), 10)
		dst = strconv.AppendInt(append(dst, ':'), int64(d.Lower)+int64(d.Len)-1, 10)
		dst = append(dst, ']')
	}
	return dst
}

// BoundsText returns the dimensions as array_dims shows them.
func BoundsText(dims []Dim) string { return string(appendBounds(nil, dims)) }

// appendLevel appends the elements of the first dimension and returns those after them.
func (c Context) appendLevel(dst []byte, dims []Dim, elems []Value) ([]byte, []Value) {
	dst = append(dst, '{')
	for i := range dims[0].Len {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dims) > 1 {
			dst, elems = c.appendLevel(dst, dims[1:], elems)
			continue
		}
		dst = c.appendItem(dst, elems[0])
		elems = elems[1:]
	}
	return append(dst, '}'), elems
}

// appendItem appends one element, quoted where it needs to be.
func (c Context) appendItem(dst []byte, v Value) []byte {
	if !v.Valid {
		return append(dst, "NULL"...)
	}
	start := len(dst)
	dst = c.Append(dst, v)
	s := string(dst[start:])
	if s != "" && !strings.EqualFold(s, "null") && !strings.ContainsAny(s, "\"\\{}, \t\n\r\v\f") {
		return dst
	}
	dst = append(dst[:start], '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// arrayParser reads the text of an array.
type arrayParser struct {
	ctx   Context
	typ   Type
	text  string
	at    int
	lens  []int32 // of the dimensions, -1 until the first end of one
	elems []Value
	deep  int // the depth of elements, 0 until there is one
}

// parseArray reads an array, as PostgreSQL's input function does.
func (c Context) parseArray(text string, t Type) (Value, error) {
	p := &arrayParser{ctx: c, typ: t, text: text}
	dims, err := p.bounds()
	if err != nil {
		return Value{}, err
	}
	p.space()
	if p.peek() != '{' {
		if dims != nil {
			return Value{}, p.malformed("Array contents must start with \"{\".")
		}
		return Value{}, p.malformed("Array value must start with \"{\" or dimension information.")
	}
	if err := p.level(1); err != nil {
		return Value{}, err
	}
	if p.space(); p.at < len(text) {
		return Value{}, p.malformed("Junk after closing right brace.")
	}
	a := Array{Elems: p.elems}
	for _, n := range p.lens {
		a.Dims = append(a.Dims, Dim{n, 1})
	}
	if dims != nil {
		if len(dims) != len(a.Dims) {
			return Value{}, p.malformed("Specified array dimensions do not match array contents.")
		}
		for i := range dims {
			if dims[i].Len != a.Dims[i].Len {
				return Value{}, p.malformed("Specified array dimensions do not match array contents.")
			}
		}
		a.Dims = dims
	}
	return a.Value(t)
}

func (p *arrayParser) malformed(detail string) error {
	return dberr.Newf(dberr.InvalidTextRepresentation, "malformed array literal: \"%s\"", p.text).WithDetail("%s", detail)
}

func (p *arrayParser) unexpected() error {
	if p.at >= len(p.text) {
		return p.malformed("Unexpected end of input.")
	}
	return p.malformed("Unexpected \"" + p.text[p.at:p.at+1] + "\" character.")
}

// peek returns the next character, 0 at the end.
func (p *arrayParser) peek() byte {
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func isArraySpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func (p *arrayParser) space() {
	for p.at < len(p.text) && isArraySpace(p.text[p.at]) {
		p.at++
	}
}

// bounds reads [1:2][0:3]=, nil when there are none.
func (p *arrayParser) bounds() (dims []Dim, err error) {
	for p.space(); p.peek() == '['; p.space() {
		if len(dims) == MaxDims {
			return nil, tooManyDims(len(dims) + 1)
		}
		p.at++
		lower := int64(1)
		upper, ok := p.bound()
		if !ok {
			return nil, p.malformed("\"[\" must introduce explicitly-specified array dimensions.")
		}
		if p.peek() == ':' {
			p.at++
			lower = upper
			if upper, ok = p.bound(); !ok {
				return nil, p.malformed("Missing array dimension value.")
			}
		}
		if p.peek() != ']' {
			return nil, p.malformed("Missing \"]\" after array dimensions.")
		}
		p.at++
		if upper < lower {
			return nil, dberr.New(dberr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		if upper-lower >= maxArray {
			return nil, dberr.Newf(dberr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArray)
		}
		dims = append(dims, Dim{int32(upper - lower + 1), int32(lower)})
	}
	if dims != nil {
		if p.peek() != '=' {
			return nil, p.malformed("Missing \"=\" after array dimensions.")
		}
		p.at++
	}
	return dims, nil
}

// bound reads an integer of a dimension.
func (p *arrayParser) bound() (int64, bool) {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9' || c == '-' || c == '+'; c = p.peek() {
		p.at++
	}
	n, err := strconv.ParseInt(p.text[start:p.at], 10, 32)
	return n, err == nil
}

func tooManyDims(n int) error {
	return dberr.Newf(dberr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, MaxDims)
}

// level reads {…} at a depth from 1.
func (p *arrayParser) level(depth int) error {
	if depth > MaxDims {
		return tooManyDims(depth)
	}
	if p.deep > 0 && depth > p.deep {
		return p.unexpected()
	}
	for len(p.lens) < depth {
		p.lens = append(p.lens, -1)
	}
	p.at++
	n := int32(0)
	for p.space(); p.peek() != '}' || n > 0; p.space() {
		if err := p.item(depth); err != nil {
			return err
		}
		n++
		if p.space(); p.peek() == '}' {
			break
		}
		if p.peek() != ',' {
			return p.unexpected()
		}
		p.at++
	}
	p.at++
	if p.lens[depth-1] >= 0 && p.lens[depth-1] != n {
		return p.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	p.lens[depth-1] = n
	return nil
}

// item reads an element or a level.
func (p *arrayParser) item(depth int) error {
	if p.peek() == '{' {
		return p.level(depth + 1)
	}
	if p.deep == 0 && len(p.lens) > depth || p.deep > 0 && p.deep != depth {
		return p.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	p.deep = depth
	s, quoted, err := p.token()
	if err != nil {
		return err
	}
	v := NullOf(p.typ.Elem())
	if quoted || !strings.EqualFold(s, "null") {
		if v, err = p.ctx.Parse(s, p.typ.Elem()); err != nil {
			return err
		}
	}
	p.elems = append(p.elems, v)
	return nil
}

// token reads the text of an element.
func (p *arrayParser) token() (s string, quoted bool, err error) {
	if p.peek() == '"' {
		s, err = p.quoted()
		return s, true, err
	}
	var b []byte
	end := 0 // blanks at the end do not count, unless they were escaped
	for {
		c := p.peek()
		switch {
		case p.at >= len(p.text), c == '"', c == '{':
			return "", false, p.unexpected()
		case c == ',' || c == '}':
			if end == 0 {
				return "", false, p.unexpected()
			}
			return string(b[:end]), quoted, nil
		case c == '\\':
			p.at++
			if p.at >= len(p.text) {
				return "", false, p.unexpected()
			}
			b, quoted = append(b, p.text[p.at]), true
			end = len(b)
		default:
			if b = append(b, c); !isArraySpace(c) {
				end = len(b)
			}
		}
		p.at++
	}
}

// quoted reads "…".
func (p *arrayParser) quoted() (string, error) {
	var b []byte
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case '"':
			p.at++
			return string(b), nil
		case '\\':
			if p.at++; p.at >= len(p.text) {
				return "", p.unexpected()
			}
			b = append(b, p.text[p.at])
		default:
			b = append(b, c)
		}
	}
	return "", p.unexpected()
}
