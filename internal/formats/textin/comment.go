package textin

import (
	"bytes"
	"io"
)

// commentLine stands for a line that is a comment alone: no other line of a text file can be that.
const commentLine = '\x00'

// commentReader reads CSV without its comments: what follows the comment's character outside quotes, up to the
// end of the line. Lines keep their numbers.
type commentReader struct {
	src            io.Reader
	comment, quote byte

	buf     []byte
	out     []byte // read, not handed out yet
	err     error
	inside  bool // quotes
	dropped bool // in a comment
	blank   bool // the line has had nothing but blanks
}

func withoutComments(src io.Reader, comment, quote byte) io.Reader {
	return &commentReader{src: src, comment: comment, quote: quote, blank: true, buf: make([]byte, 64<<10)}
}

// Read implements io.Reader.
func (r *commentReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var n int
		n, r.err = r.src.Read(r.buf)
		r.out = r.strip(r.buf[:n])
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// strip takes the comments out of what follows, in its place.
func (r *commentReader) strip(data []byte) []byte {
	out := data[:0]
	for _, c := range data {
		switch {
		case c == '\n' && !r.inside:
			r.dropped, r.blank = false, true
		case r.dropped:
			continue
		case c == r.comment && !r.inside:
			r.dropped = true
			if r.blank {
				c = commentLine
				break
			}
			continue
		case c == r.quote:
			r.inside, r.blank = !r.inside, false
		case c != ' ' && c != '\t':
			r.blank = false
		}
		out = append(out, c)
	}
	return out
}

// commentEnd returns the length of the comment's line that data begin with, 0 for none.
func commentEnd(data []byte) int {
	rest := bytes.TrimLeft(data, " \t")
	if len(rest) == 0 || rest[0] != commentLine {
		return 0
	}
	return lineEnd(data, 0)
}
