package files

import (
	"bufio"
	"io"

	"driftdb/internal/dberr"
)

// arrayReader turns the text of a JSON array into its elements, one a line: the commas between
// them become line breaks, and line breaks inside them spaces. Lines are then counted by
// element; what is wrong inside an element is found by its reader.
type arrayReader struct {
	in     *bufio.Reader
	depth  int  // of brackets, the array's own included
	quoted bool // inside a string
	escape bool // after a backslash in one
	begun  bool
	ended  bool
}

// Read implements io.Reader.
func (r *arrayReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c, err := r.in.ReadByte()
		if err == io.EOF && !r.ended {
			return n, dberr.New(dberr.InvalidTextRepresentation, "the JSON array does not end")
		}
		if err != nil {
			return n, err
		}
		out, ok, bad := r.step(c)
		if bad {
			return n, dberr.Newf(dberr.InvalidTextRepresentation, "unexpected %q in or after the JSON array", c)
		}
		if ok {
			p[n] = out
			n++
		}
	}
	return n, nil
}

// step returns what stands for c, if anything.
func (r *arrayReader) step(c byte) (out byte, ok, bad bool) {
	space := c == ' ' || c == '\t' || c == '\r' || c == '\n'
	switch {
	case r.ended:
		return 0, false, !space
	case r.quoted:
		r.quoted = r.escape || c != '"'
		r.escape = !r.escape && c == '\\'
		return c, true, false
	case !r.begun:
		r.begun, r.depth = true, 1
		return 0, false, c != '['
	case space:
		return ' ', r.depth > 1, false
	case c == '"':
		r.quoted = true
	case c == '[' || c == '{':
		r.depth++
	case c == ']' || c == '}':
		if r.depth--; r.depth == 0 {
			r.ended = true
			return '\n', true, c != ']'
		}
	case c == ',' && r.depth == 1:
		return '\n', true, false
	}
	return c, true, false
}
