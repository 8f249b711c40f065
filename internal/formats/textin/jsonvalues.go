package textin

import (
	"bufio"
	"bytes"
	"io"

	"driftdb/internal/dberr"
)

// jsonLines returns JSON as one object a line: the text itself, or the elements of an array, or objects that have
// several lines.
func jsonLines(src io.Reader) io.Reader {
	in := bufio.NewReaderSize(src, 64<<10)
	if mark, _ := in.Peek(3); string(mark) == byteOrderMark {
		in.Discard(3) //nolint:errcheck // they were peeked at
	}
	for {
		head, err := in.Peek(1)
		switch {
		case err != nil: // empty, which is found again
			return in
		case isSpace(head[0]):
			in.Discard(1) //nolint:errcheck // it was peeked at
			continue
		case head[0] == '[':
			return &valuesReader{in: in, array: true}
		case head[0] == '{' && openLine(in):
			return &valuesReader{in: in, begun: true}
		}
		return in
	}
}

// openLine reports whether the first line is the beginning of an object and nothing else: the others follow it.
func openLine(in *bufio.Reader) bool {
	head, _ := in.Peek(in.Size())
	line, _, ok := bytes.Cut(head, []byte{'\n'})
	return ok && string(bytes.TrimSpace(line)) == "{"
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// valuesReader writes JSON values one a line: the elements of an array, the commas between which become line breaks,
// or objects that follow one another. Line breaks inside them become spaces. Lines are then counted by
// value; what is wrong inside a value is found by its reader.
type valuesReader struct {
	in     *bufio.Reader
	array  bool
	depth  int  // of brackets, the array's own included
	quoted bool // inside a string
	escape bool // after a backslash in one
	begun  bool
	ended  bool // the array
}

// Read implements io.Reader.
func (r *valuesReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c, err := r.in.ReadByte()
		if err == io.EOF && (r.array && !r.ended || r.depth > 0) {
			return n, dberr.Newf(dberr.InvalidTextRepresentation, "the JSON %s does not end", r.kind())
		}
		if err != nil {
			return n, err
		}
		out, ok, bad := r.step(c)
		if bad {
			return n, dberr.Newf(dberr.InvalidTextRepresentation, "unexpected %q in or after the JSON %s", c, r.kind())
		}
		if ok {
			p[n] = out
			n++
		}
	}
	return n, nil
}

func (r *valuesReader) kind() string {
	if r.array {
		return "array"
	}
	return "object"
}

// step returns what stands for c, if anything.
func (r *valuesReader) step(c byte) (out byte, ok, bad bool) {
	top := 0
	if r.array {
		top = 1
	}
	switch {
	case r.ended:
		return 0, false, !isSpace(c)
	case r.quoted:
		r.quoted = r.escape || c != '"'
		r.escape = !r.escape && c == '\\'
		return c, true, false
	case !r.begun:
		r.begun, r.depth = true, 1
		return 0, false, c != '['
	case isSpace(c) && r.depth == 0:
		return '\n', true, false
	case isSpace(c):
		return ' ', r.depth > top, false
	case c == '[' || c == '{':
		r.depth++
	case c == ']' || c == '}':
		return r.close(c)
	case c == ',' && r.depth == 1 && r.array:
		return '\n', true, false
	case r.depth == 0:
		return 0, false, true // between objects
	case c == '"':
		r.quoted = true
	}
	return c, true, false
}

// close is step of a closing bracket.
func (r *valuesReader) close(c byte) (out byte, ok, bad bool) {
	r.depth--
	switch {
	case r.depth > 0 || r.depth == 0 && !r.array:
		return c, true, false
	case r.depth == 0:
		r.ended = true
		return '\n', true, c != ']'
	}
	return 0, false, true
}
