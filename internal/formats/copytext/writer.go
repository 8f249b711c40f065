package copytext

import (
	"bufio"
	"bytes"
	"io"
)

// Writer writes rows.
type Writer struct {
	out  *bufio.Writer
	opts Options
	buf  []byte
	n    int // fields of the row
	only bool
}

// NewWriter returns a Writer to out of rows of the given number of fields.
func NewWriter(out io.Writer, opts Options, fields int) *Writer {
	return &Writer{out: bufio.NewWriterSize(out, 64<<10), opts: opts, only: fields == 1}
}

// Field adds a field to the row; force quotes it where CSV would not.
func (w *Writer) Field(text []byte, force bool) {
	w.delimit()
	switch {
	case !w.opts.CSV:
		w.buf = w.escapeText(w.buf, text)
	case force || w.needsQuotes(text):
		w.buf = append(w.buf, w.opts.Quote)
		for _, c := range text {
			if c == w.opts.Quote || c == w.opts.Escape {
				w.buf = append(w.buf, w.opts.Escape)
			}
			w.buf = append(w.buf, c)
		}
		w.buf = append(w.buf, w.opts.Quote)
	default:
		w.buf = append(w.buf, text...)
	}
}

// Null adds a NULL to the row.
func (w *Writer) Null() {
	w.delimit()
	w.buf = append(w.buf, w.opts.Null...)
}

func (w *Writer) delimit() {
	if w.n > 0 {
		w.buf = append(w.buf, w.opts.Delim)
	}
	w.n++
}

// End ends the row.
func (w *Writer) End() error {
	w.buf = append(w.buf, '\n')
	_, err := w.out.Write(w.buf)
	w.buf, w.n = w.buf[:0], 0
	return err
}

// Flush writes what is buffered.
func (w *Writer) Flush() error { return w.out.Flush() }

// needsQuotes reports whether a field would be read as something else without quotes.
func (w *Writer) needsQuotes(text []byte) bool {
	if string(text) == w.opts.Null || w.only && string(text) == `\.` {
		return true
	}
	for _, c := range text {
		if c == w.opts.Delim || c == w.opts.Quote || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

var letters = [256]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\\': '\\'}

// escapeText appends text with the escapes of the text format.
func (w *Writer) escapeText(dst, text []byte) []byte {
	if bytes.IndexByte(text, w.opts.Delim) < 0 && plain(text) {
		return append(dst, text...)
	}
	for _, c := range text {
		switch {
		case letters[c] != 0:
			dst = append(dst, '\\', letters[c])
		case c == w.opts.Delim:
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// plain reports whether text has nothing to escape but perhaps the delimiter.
func plain(text []byte) bool {
	for _, c := range text {
		if letters[c] != 0 {
			return false
		}
	}
	return true
}
