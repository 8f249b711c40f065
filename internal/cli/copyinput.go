package cli

import (
	"io"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/sqlvec/parse"
)

// copyData is what COPY … FROM STDIN reads where its data are lines that stand with the statement:
// up to a line \. or the end.
type copyData struct {
	next func() (string, error) // the next line; io.EOF at the end
	line []byte                 // read, and not given out
	done bool
}

// Read implements io.Reader.
func (c *copyData) Read(p []byte) (int, error) {
	for len(c.line) == 0 && !c.done {
		text, err := c.next()
		switch {
		case err == io.EOF || err == nil && text == `\.`:
			c.done = true
		case err != nil:
			return 0, err
		default:
			c.line = append(append(c.line[:0], text...), '\n')
		}
	}
	if len(c.line) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.line)
	c.line = c.line[n:]
	return n, nil
}

// linesBehind returns the lines behind a statement in its script.
func linesBehind(split *parse.Splitter) func() (string, error) {
	begun := false
	return func() (string, error) {
		text, err := split.ReadLine()
		if !begun && err == nil && text == "" { // the rest of the statement's own line
			text, err = split.ReadLine()
		}
		begun = true
		return text, err
	}
}

// linesTyped returns the lines that follow a statement in the shell: of what was typed or pasted
// with it, then of the terminal.
func (sh *shell) linesTyped() func() (string, error) {
	begun, asked := false, false
	return func() (string, error) {
		if !begun {
			begun = true
			sh.typed = strings.TrimPrefix(sh.typed, "\n") // the end of the command's own line
		}
		if line, rest, ok := strings.Cut(sh.typed, "\n"); ok {
			sh.typed = rest
			return strings.TrimSuffix(line, "\r"), nil
		}
		if sh.keys == nil {
			return "", io.EOF
		}
		if !asked {
			asked = true
			_, _ = io.WriteString(sh.std.err, "Enter data to be copied followed by a newline.\nEnd with a backslash and a period on a line by itself, or Ctrl-D.\n")
		}
		sh.data = true
		defer func() { sh.data = false }()
		text, err := sh.keys.Read(">> ", ">> ")
		if err != nil && err != io.EOF {
			err = dberr.New(dberr.QueryCanceled, "COPY from stdin was canceled")
		}
		return text, err
	}
}
