package cli

import (
	"io"

	"driftdb/sqlvec/parse"
)

// copyData reads the data of COPY … FROM STDIN out of the script that the statement stands in:
// from the line after it to a line \. or the end.
type copyData struct {
	split *parse.Splitter
	line  []byte // read, and not given out
	begun bool
	done  bool
}

// Read implements io.Reader.
func (c *copyData) Read(p []byte) (int, error) {
	for len(c.line) == 0 && !c.done {
		text, err := c.split.ReadLine()
		switch {
		case err == io.EOF || err == nil && text == `\.`:
			c.done = true
		case err != nil:
			return 0, err
		case !c.begun && text == "": // the rest of the statement's own line
		default:
			c.line = append(append(c.line[:0], text...), '\n')
		}
		c.begun = true
	}
	if len(c.line) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.line)
	c.line = c.line[n:]
	return n, nil
}
