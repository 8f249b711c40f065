package cli

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// commandLines gives a splitter the lines of a script and runs those that are commands of the shell.
type commandLines struct {
	r         *bufio.Reader
	isCommand func() bool // whether a command may begin here: no statement is open
	run       func(line string) error
	skipping  func() bool // whether what stands here is not run
	data      bool        // a statement runs: what is read now is its data
	inside    bool        // of a line
	line      int
	rest      []byte
	failed    error // of a command

	// open are the lines since a statement began, as far as they are short; of the statements in them, pieces
	// are cut off already, and then has the commands behind some, by their number.
	open   []byte
	pieces int
	then   map[int]string
}

// maxOpen is how long a statement may be before a command behind it is not found.
const maxOpen = 64 << 10

// Read gives one line, or a piece of a long one.
func (c *commandLines) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		text, err := c.r.ReadSlice('\n')
		begins := !c.inside
		c.inside = err == bufio.ErrBufferFull
		if begins && len(text) > 0 {
			c.line++
		}
		if c.inside {
			err = nil
		}
		switch {
		case !begins || c.inside || c.data:
		case c.isCommand() && isCommandLine(text):
			line := strings.TrimPrefix(strings.TrimSpace(string(text)), `\`)
			if c.failed = c.run(line); c.failed != nil {
				return 0, io.EOF
			}
			text = []byte("\n") // the lines behind keep their numbers
		case c.skipping():
			text = []byte("\n")
		default:
			text = c.cutCommand(text)
		}
		c.rest = append(c.rest, text...)
		if err != nil && len(c.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[:copy(c.rest, c.rest[n:])]
	return n, nil
}

// next returns the next line, which is data of a command.
func (c *commandLines) next() (string, error) {
	text, err := c.r.ReadString('\n')
	if text == "" && err != nil {
		return "", err
	}
	c.line++
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), nil
}

// cutCommand takes a command that uses the statement before it, as \gset, off a line, and ends the statement.
func (c *commandLines) cutCommand(text []byte) []byte {
	if c.isCommand() {
		c.open, c.pieces, c.then = c.open[:0], 0, nil
	}
	if len(c.open)+len(text) > maxOpen {
		return text
	}
	before := len(c.open)
	c.open = append(c.open, text...)
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	l := lexer{text: string(c.open)}
	begun, n := false, 0
	for t, ok := l.next(); ok && t.open == 0; t, ok = l.next() {
		switch t.kind {
		case tokBlank, tokComment:
		case tokEnd:
			if begun {
				n++
			}
			begun = false
		case tokCommand:
			command := strings.TrimSpace(l.text[t.from+1 : t.to])
			if at := t.from - before; begun && at >= 0 && takesStatement(command) {
				if c.then == nil {
					c.then = map[int]string{}
				}
				c.then[n] = command
				return []byte(string(text[:at]) + ";\n")
			}
			return text
		default:
			begun = true
		}
	}
	return text
}

// behind is the command behind the statement that was cut off now, "" for none.
func (c *commandLines) behind() string {
	command := c.then[c.pieces]
	c.pieces++
	return command
}

// takesStatement reports whether a command runs the statement before it.
func takesStatement(command string) bool {
	name, _, _ := strings.Cut(command, " ")
	name = strings.TrimSuffix(name, ";")
	if other, ok := otherNames[name]; ok {
		name = other
	}
	return usesStatement[name]
}

func isCommandLine(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t"), []byte{'\\'}) || isDotLine(string(text))
}
