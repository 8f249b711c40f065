package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	"driftdb/sqlvec"
	"driftdb/sqlvec/parse"
)

// errInterrupted is what a line reader answers for Ctrl-C: the statement typed so far is dropped.
var errInterrupted = errors.New("interrupted")

// lineReader reads lines from a person.
type lineReader interface {
	// readLine shows a prompt and returns the next line without its end. It returns io.EOF at
	// the end of input and errInterrupted for Ctrl-C.
	readLine(prompt string) (string, error)
}

// shell reads statements from a person and runs them. A statement ends with a semicolon; a line that
// begins with a backslash is a command of the shell.
type shell struct {
	*script
	db     *sqlvec.DB
	lines  lineReader
	split  *parse.Splitter
	rest   []byte // of the line that the splitter has not taken
	broken bool   // the line reader was interrupted
	quit   bool
	opened *target // of \o
}

func newShell(s *script, db *sqlvec.DB) *shell {
	return &shell{script: s, db: db, lines: newTerminal(s.std)}
}

// run reads and runs statements until the person leaves. Errors are shown and do not end it.
func (sh *shell) run(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // an interrupt cancels one statement
	fmt.Fprintln(sh.std.err, `DriftDB shell. A statement ends with ";". \? for help, \q to leave.`)
	sh.tags = true
	defer sh.closeOutput()
	sh.split = parse.NewSplitter(sh)
	for !sh.quit {
		piece, err := sh.split.Next()
		switch {
		case sh.broken:
			sh.broken, sh.rest = false, nil
			sh.split = parse.NewSplitter(sh)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		default:
			sh.runStatement(ctx, piece)
		}
	}
	return nil
}

// runStatement runs one statement, which Ctrl-C cancels, and shows its error.
func (sh *shell) runStatement(ctx context.Context, piece parse.Piece) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := sh.runPiece(ctx, piece)
	if flushing := sh.out.w.Flush(); err == nil {
		err = flushing
	}
	if err != nil {
		report(sh.std.err, &statementError{err: err, text: piece.Text, line: 1})
	}
}

// Read gives the splitter the person's lines and runs the shell's own commands among them.
func (sh *shell) Read(p []byte) (int, error) {
	for len(sh.rest) == 0 {
		prompt := "driftdb=> "
		if sh.split.Pending() {
			prompt = "driftdb-> "
		}
		line, err := sh.lines.readLine(prompt)
		if errors.Is(err, errInterrupted) {
			sh.broken = true
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), `\`); ok && !sh.split.Pending() {
			sh.command(command)
			if sh.quit {
				return 0, io.EOF
			}
			continue
		}
		sh.rest = append([]byte(line), '\n')
	}
	n := copy(p, sh.rest)
	sh.rest = sh.rest[n:]
	return n, nil
}

func (sh *shell) closeOutput() {
	if sh.opened == nil {
		return
	}
	err := sh.out.w.Flush()
	if err == nil {
		err = sh.opened.commit()
	}
	if err != nil {
		report(sh.std.err, err)
		sh.opened.discard()
	}
	sh.opened = nil
}

// terminal reads lines from a terminal, which is in raw mode only while a line is typed.
type terminal struct {
	fd   int
	term *term.Terminal
	keys *keys
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

func newTerminal(std streams) *terminal {
	in, ok := std.in.(*os.File)
	if !ok {
		in = os.Stdin
	}
	k := &keys{Reader: in, Writer: std.err}
	return &terminal{fd: int(in.Fd()), term: term.NewTerminal(k, ""), keys: k}
}

func (t *terminal) readLine(prompt string) (string, error) {
	state, err := term.MakeRaw(t.fd)
	if err != nil {
		return "", err
	}
	defer term.Restore(t.fd, state)
	if width, height, err := term.GetSize(t.fd); err == nil && width > 0 {
		t.term.SetSize(width, height)
	}
	t.term.SetPrompt(prompt)
	line, err := t.term.ReadLine()
	if t.keys.interrupted {
		t.keys.interrupted = false
		return "", errInterrupted
	}
	return line, err
}
