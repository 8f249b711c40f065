package copytext

import (
	"bufio"
	"io"

	"driftdb/internal/dberr"
)

// Options are the details of the two formats.
type Options struct {
	CSV    bool
	Delim  byte
	Null   string
	Quote  byte // CSV
	Escape byte // CSV
}

// Field is one field of a row. Its text is valid until the next row.
type Field struct {
	Text   []byte
	Null   bool
	Quoted bool
}

// maxRecord is the most bytes of a row.
const maxRecord = 1 << 30

// ending is how the lines end. The first line decides for all.
type ending uint8

const (
	unknownEnd ending = iota
	lineFeed
	both // carriage return, line feed
)

// Reader reads rows.
type Reader struct {
	in     *bufio.Reader
	opts   Options
	line   int
	ends   ending
	raw    []byte // the row as it stands, without its end
	whole  bool   // raw is a whole row, which an error may show
	fields []Field
	heap   []byte // text of fields that differs from raw
	done   bool
}

// NewReader returns a Reader of in.
func NewReader(in io.Reader, opts Options) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10), opts: opts}
}

// Line is the line of the last row, from 1, as PostgreSQL counts it: line breaks inside a row count
// in CSV only, and not in the first row.
func (r *Reader) Line() int { return r.line }

// Raw is the last row as it stands; ok is false when reading it failed half-way.
func (r *Reader) Raw() (raw []byte, ok bool) { return r.raw, r.whole }

// Next returns the fields of the next row, or io.EOF after the last.
func (r *Reader) Next() ([]Field, error) {
	if r.done {
		return nil, io.EOF
	}
	r.line++
	r.whole = true
	err := r.readRecord()
	if err != nil {
		r.done = true
		return nil, err
	}
	if string(r.raw) == `\.` {
		r.done = true
		return nil, io.EOF
	}
	r.fields, r.heap = r.fields[:0], r.heap[:0]
	if r.opts.CSV {
		err = r.splitCSV()
		return r.fields, err
	}
	err = r.splitText()
	return r.fields, err
}

// readRecord reads a row, which in CSV may have several lines.
func (r *Reader) readRecord() error {
	r.raw = r.raw[:0]
	quoted, last := false, byte(0)
	for {
		c, err := r.in.ReadByte()
		if err == io.EOF {
			switch {
			case quoted:
				return bad("unterminated CSV quoted field")
			case len(r.raw) == 0:
				return io.EOF
			}
			return nil
		}
		if err != nil {
			return dberr.IO("could not read COPY data", err)
		}
		if r.opts.CSV {
			if quoted && c == r.opts.Escape && r.opts.Escape != r.opts.Quote {
				last = flip(last, c)
			} else if c == r.opts.Quote && !(quoted && last == r.opts.Escape && r.opts.Escape != r.opts.Quote) {
				quoted, last = !quoted, 0
			} else {
				last = 0
			}
		} else if c == '\\' { // what follows belongs to it, a line break too
			r.raw = append(r.raw, c)
			if c, err = r.in.ReadByte(); err != nil {
				continue
			}
			r.raw = append(r.raw, c)
			continue
		}
		if len(r.raw) >= maxRecord {
			return dberr.New(dberr.ProgramLimitExceeded, "a row of COPY data is longer than 1 GiB")
		}
		end := false
		if c, end, err = r.breakAt(c, quoted); err != nil {
			return err
		}
		if end {
			return nil
		}
		r.raw = append(r.raw, c)
	}
}

// flip is the escape character that now counts: one after an escape is plain.
func flip(last, c byte) byte {
	if last == c {
		return 0
	}
	return c
}

// breakAt reports whether c ends the row.
func (r *Reader) breakAt(c byte, quoted bool) (byte, bool, error) {
	if c != '\n' && c != '\r' {
		return c, false, nil
	}
	if quoted {
		if r.ends == lineFeed && c == '\n' || r.ends == both && c == '\r' {
			r.line++
		}
		return c, false, nil
	}
	if c == '\r' {
		if next, err := r.in.Peek(1); err == nil && next[0] == '\n' && r.ends != lineFeed {
			r.in.Discard(1)
			r.ends = both
			return c, true, nil
		}
		return c, false, r.stray("carriage return", `\r`)
	}
	if r.ends == both {
		return c, false, r.stray("newline", `\n`)
	}
	r.ends = lineFeed
	return c, true, nil
}

// stray is the error of a line break where there is none to be.
func (r *Reader) stray(name, escape string) error {
	r.whole = false
	if r.opts.CSV {
		return bad("unquoted %s found in data", name).WithHint("Use quoted CSV field to represent %s.", name)
	}
	return bad("literal %s found in data", name).WithHint("Use \"%s\" to represent %s.", escape, name)
}

// bad is an error of the file's form.
func bad(format string, args ...any) *dberr.Error {
	return dberr.Newf(dberr.BadCopyFileFormat, format, args...)
}

// splitText takes the row's fields apart.
func (r *Reader) splitText() error {
	raw := r.raw
	for start := 0; ; {
		at, escaped := start, false
		for at < len(raw) && raw[at] != r.opts.Delim {
			if raw[at] == '\\' && at+1 < len(raw) {
				escaped = true
				at++
			}
			at++
		}
		text := raw[start:min(at, len(raw))]
		f := Field{Text: text, Null: string(text) == r.opts.Null}
		if escaped && !f.Null {
			from := len(r.heap)
			r.heap = Unescape(r.heap, text)
			f.Text = r.heap[from:len(r.heap):len(r.heap)]
		}
		r.fields = append(r.fields, f)
		if at >= len(raw) {
			return nil
		}
		start = at + 1
	}
}

// escapes are the characters that a backslash makes of letters.
var escapes = [256]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// Unescape appends text of format text, its escapes resolved.
func Unescape(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			dst = append(dst, c)
			continue
		}
		i++
		c = text[i]
		switch {
		case c >= '0' && c <= '7':
			v := 0
			end := min(i+3, len(text))
			for ; i < end && text[i] >= '0' && text[i] <= '7'; i++ {
				v = v<<3 + int(text[i]-'0')
			}
			i--
			c = byte(v)
		case c == 'x' && i+1 < len(text) && hex(text[i+1]) >= 0:
			v := hex(text[i+1])
			i++
			if i+1 < len(text) && hex(text[i+1]) >= 0 {
				v = v<<4 + hex(text[i+1])
				i++
			}
			c = byte(v)
		case escapes[c] != 0:
			c = escapes[c]
		}
		dst = append(dst, c)
	}
	return dst
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// splitCSV takes the row's fields apart. Quotes may begin and end anywhere in a field.
func (r *Reader) splitCSV() error {
	raw, o := r.raw, &r.opts
	for at := 0; ; at++ {
		start, from, inside, saw := at, len(r.heap), false, false
		for ; at < len(raw) && (inside || raw[at] != o.Delim); at++ {
			c := raw[at]
			switch {
			case !inside && c == o.Quote:
				inside, saw = true, true
				continue
			case inside && c == o.Escape && at+1 < len(raw) && (raw[at+1] == o.Quote || raw[at+1] == o.Escape):
				at++
				c = raw[at]
			case inside && c == o.Quote:
				inside = false
				continue
			}
			r.heap = append(r.heap, c)
		}
		if inside {
			return bad("unterminated CSV quoted field")
		}
		f := Field{Text: r.heap[from:len(r.heap):len(r.heap)], Quoted: saw}
		f.Null = !saw && string(raw[start:at]) == o.Null
		r.fields = append(r.fields, f)
		if at >= len(raw) {
			return nil
		}
	}
}
