package textin

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"driftdb/internal/dberr"
)

const (
	// firstBytes is how much of the file the first block holds, which the columns' types are guessed from.
	firstBytes = 1 << 20
	// blockBytes is how much every other block holds, when its records are not longer: it, its fields and its
	// values stay in the cache of a core.
	blockBytes = 1 << 18
	// maxRecord is the most bytes of one record. Spans have room for it and their flags.
	maxRecord = 128 << 20
	// maxBlocks is how many times the first block is read in search of the end of a record, where records that
	// cannot be read are left out.
	maxBlocks = 4
	// pad is how many readable bytes stand before a block's data, so that eight bytes that end
	// anywhere in it can be loaded at once.
	pad = 8
)

// block is a piece of the file that begins and ends at the border of a record.
type block struct {
	raw  []byte // pad bytes, then the data
	line int    // line of the file that the data begin on, from 1

	skip    bool // records that cannot be read are left out
	rejects []Reject
}

func (b *block) data() []byte { return b.raw[pad:] }

// cutter cuts a file into blocks.
type cutter struct {
	src   io.Reader
	quote byte // 0 when line breaks are never data
	delim byte // 0 while it is not known
	any   bool // quotes begin and end anywhere: see CopyRules
	inner bool // there are quotes inside fields without them
	size  int
	most  int    // bytes that are read in search of the end of a record, with skip
	rest  []byte // the beginning of a record whose end is not read yet
	line  int
	eof   bool
	skip  bool // see block
}

func newCutter(src io.Reader, quote byte, size int) *cutter {
	return &cutter{src: src, quote: quote, size: size, most: maxBlocks * size, line: 1}
}

// next fills b with the next block and reports io.EOF after the last. It reuses b's memory.
func (c *cutter) next(b *block) error {
	b.raw = append(append(b.raw[:0], make([]byte, pad)...), c.rest...)
	b.line, b.skip, b.rejects = c.line, c.skip, nil
	c.rest = c.rest[:0]
	for want := c.size; ; want *= 2 {
		if err := c.fill(b, want); err != nil {
			return err
		}
		data := b.data()
		if c.eof {
			if len(data) == 0 {
				return io.EOF
			}
			c.count(data)
			return nil
		}
		if end := c.lastEnd(data); end > 0 {
			c.cut(b, end)
			return nil
		}
		if n := bytes.IndexByte(data, '\n'); c.skip && n >= 0 && len(data) >= c.most {
			c.cut(b, n+1) // a quote that is never closed: its line is a block of its own
			return nil
		}
		if len(data) >= maxRecord {
			return &dberr.Error{Code: dberr.ProgramLimitExceeded, Offset: -1, Line: c.line,
				Message: "record is longer than 128 MiB", Hint: "A quote that is never closed makes one record of all that follows."}
		}
	}
}

// cut ends b at offset end and keeps what follows.
func (c *cutter) cut(b *block, end int) {
	c.rest = append(c.rest, b.data()[end:]...)
	b.raw = b.raw[:pad+end]
	c.count(b.data())
}

// count advances the line number over data.
func (c *cutter) count(data []byte) { c.line += bytes.Count(data, []byte{'\n'}) }

// leastRoom is the memory that a block begins with: most files are smaller than a whole block.
const leastRoom = 16 << 10

// fill reads until b has want bytes of data or the file ends. The memory grows with what there is to read.
func (c *cutter) fill(b *block, want int) error {
	for have := len(b.raw) - pad; have < want && !c.eof; {
		room := min(want, max(leastRoom, 8*have, cap(b.raw)-pad))
		if cap(b.raw) < pad+room {
			b.raw = append(make([]byte, 0, pad+room), b.raw...)
		}
		n, err := io.ReadFull(c.src, b.raw[pad+have:pad+room])
		have += n
		b.raw = b.raw[:pad+have]
		switch {
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			c.eof = true
		case err != nil:
			return err
		}
	}
	return nil
}

// lastEnd returns the offset behind the last line break that ends a record, 0 if there is none.
func (c *cutter) lastEnd(data []byte) int {
	if c.quote == 0 || c.any {
		return c.lastRecordEnd(data)
	}
	end := 0
	if !c.inner {
		end = c.lastRecordEnd(data)
	}
	if first := c.line == 1; c.inner || first || end == 0 {
		plain := c.lastPlainEnd(data)
		c.inner = c.inner || plain != end
		return plain
	}
	return end
}

// lastRecordEnd returns the offset behind the last line break that ends a record, 0 if there is
// none. Outside quotes the number of quotes before a place is even: doubled ones change nothing. Where
// quotes stand inside fields without them it may be none, and lastPlainEnd finds it, or, where the first block has
// no such quotes, one inside a field; the scanner then says that the field is not closed.
func (c *cutter) lastRecordEnd(data []byte) int {
	odd := false
	if c.quote != 0 {
		odd = bytes.Count(data, []byte{c.quote})&1 == 1
	}
	for end := len(data); ; {
		at := bytes.LastIndexByte(data[:end], '\n')
		if at < 0 {
			return 0
		}
		if c.quote != 0 && bytes.Count(data[at:end], []byte{c.quote})&1 == 1 {
			odd = !odd
		}
		if !odd {
			return at + 1
		}
		end = at
	}
}

// lastPlainEnd is lastRecordEnd by reading field after field: only a quote that a field begins with opens one.
func (c *cutter) lastPlainEnd(data []byte) (end int) {
	const fieldStart, plain, quoted = 0, 1, 2
	state := fieldStart
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case state == quoted:
			n := bytes.IndexByte(data[i:], c.quote)
			if n < 0 {
				return end
			}
			if i += n; i+1 < len(data) && data[i+1] == c.quote {
				i++
			} else {
				state = plain
			}
		case b == '\n':
			state, end = fieldStart, i+1
		case b == c.delim || c.delim == 0 && strings.IndexByte(separators, b) >= 0:
			state = fieldStart
		case b == c.quote && state == fieldStart:
			state = quoted
		default:
			state = plain
		}
	}
	return end
}
