package term

import (
	"bytes"
	"io"
	"os"

	xterm "golang.org/x/term"
)

// plain edits one line at a time, with what golang.org/x/term offers.
type plain struct {
	fd      int
	term    *xterm.Terminal
	keys    *keys
	history *History
}

// keys passes on what is typed. Ctrl-C becomes "go to the end, delete to the beginning, enter", so
// that the line editor gives up its line.
type keys struct {
	io.Reader
	io.Writer
	interrupted bool
}

const ctrlC = 3

// Read reads keys.
func (k *keys) Read(p []byte) (int, error) {
	clear := []byte("\x05\x15\r")
	n, err := k.Reader.Read(p[:max(1, len(p)-len(clear))])
	if at := bytes.IndexByte(p[:n], ctrlC); at >= 0 && at+len(clear) <= len(p) {
		k.interrupted = true
		n = at + copy(p[at:], clear)
	}
	return n, err
}

func newPlain(c Config) *plain {
	in := c.In
	if in == nil {
		in = os.Stdin
	}
	k := &keys{Reader: in, Writer: os.Stderr}
	return &plain{fd: int(in.Fd()), term: xterm.NewTerminal(k, ""), keys: k, history: c.History}
}

// Read reads a line.
func (p *plain) Read(prompt, _ string) (string, error) {
	state, err := xterm.MakeRaw(p.fd)
	if err != nil {
		return "", err
	}
	defer xterm.Restore(p.fd, state)
	if width, height, err := xterm.GetSize(p.fd); err == nil && width > 0 {
		p.term.SetSize(width, height)
	}
	p.term.SetPrompt(prompt)
	line, err := p.term.ReadLine()
	if p.keys.interrupted {
		p.keys.interrupted = false
		return "", ErrInterrupted
	}
	if err == nil && p.history != nil {
		p.history.Write(line)
	}
	return line, err
}
