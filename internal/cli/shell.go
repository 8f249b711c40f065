package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	xterm "golang.org/x/term"

	"driftdb/internal/cli/term"
	"driftdb/sqlvec"
	"driftdb/sqlvec/parse"
)

// shell reads statements from a person and runs them. A statement ends with a semicolon; a backslash
// begins a command of the shell.
type shell struct {
	*script
	db      *sqlvec.DB
	name    string // of the database, for the prompt
	keys    term.Editor
	history *term.History
	screen  *screen
	typed   string // and not run yet
	last    string // the statement before, for \g and \e without one
	quit    bool
	data    bool    // lines of data are read, not statements
	opened  *target // of \o
	key     string  // of \restrict, "" for none
	words   *words  // for completion
}

// newShell returns a shell that runs a script's commands. A person needs converse too.
func newShell(s *script, db *sqlvec.DB) *shell {
	sh := &shell{script: s, db: db, name: databaseName(s.dir), history: new(term.History)}
	sh.words = &words{shell: sh}
	s.command = sh.runCommand
	s.left = func() bool { return sh.quit }
	return sh
}

// converse reads and runs what a person types at the terminal.
func (sh *shell) converse(ctx context.Context) error {
	sh.history = term.OpenHistory(historyFile())
	sh.screen, sh.interactive = newScreen(sh.std), true
	in, ok := sh.std.in.(*os.File)
	if !ok {
		in = os.Stdin
	}
	config := term.Config{In: in, Out: sh.std.out, Done: func(text string) bool { return sh.data || entryDone(text) }, Complete: sh.words.complete, History: sh.history}
	if sh.color {
		config.Color = colored
		sh.out.opts.Bold = sh.screen != nil
	}
	sh.keys = term.New(config)
	return sh.run(ctx)
}

// databaseName is what the prompt calls a database: its directory's name.
func databaseName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return clean(filepath.Base(dir))
}

// historyFile is where entries are kept: DRIFTDB_HISTORY, else a file in the home directory.
func historyFile() string {
	if file, ok := os.LookupEnv("DRIFTDB_HISTORY"); ok {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".driftdb_history")
}

// entryDone reports whether what was typed can be run: it ends with a semicolon or is a command.
func entryDone(text string) bool {
	for {
		part, prompt, ok := cutTyped(text)
		if !ok {
			return prompt == '=' || leaves(text)
		}
		text = part.rest
	}
}

// leaves reports whether a whole entry is one of the words that people leave with, or ask for help.
func leaves(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "exit", "quit", "help":
		return true
	}
	return false
}

// run reads and runs statements until the person leaves. Errors are shown and do not end it.
func (sh *shell) run(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // an interrupt cancels one statement
	fmt.Fprintln(sh.std.err, `DriftDB shell. A statement ends with ";". \? for help, \h for SQL, \q to leave.`)
	sh.tags = true
	defer sh.closeOutput()
	for !sh.quit {
		_, open, _ := cutTyped(sh.typed)
		line, err := sh.keys.Read(sh.prompt(open), sh.more())
		switch {
		case errors.Is(err, term.ErrInterrupted):
			sh.typed, sh.blocks = "", nil
		case err == io.EOF:
			fmt.Fprintln(sh.std.err)
			return sh.leave()
		case err != nil:
			return err
		default:
			sh.enter(ctx, line+"\n")
		}
	}
	return sh.leave()
}

// leave says what happens to a transaction that is still open.
func (sh *shell) leave() error {
	if open, _ := sh.session.InTransaction(); open {
		fmt.Fprintln(sh.std.err, "The open transaction is rolled back.")
	}
	return nil
}

// enter runs what is complete of the typed text.
func (sh *shell) enter(ctx context.Context, text string) {
	if sh.typed == "" && leaves(text) {
		sh.farewell(text)
		return
	}
	sh.typed += text
	for !sh.quit {
		part, open, ok := cutTyped(sh.typed)
		if !ok {
			if open == '=' {
				sh.typed = ""
			}
			return
		}
		if part.command == "" {
			sh.typed = strings.TrimLeft(part.rest, " \t\r\n")
			sh.runTyped(ctx, part.sql)
			continue
		}
		sh.typed = part.rest
		sh.command(ctx, part)
	}
}

// farewell answers "exit", "quit" and "help" without a backslash.
func (sh *shell) farewell(text string) {
	if strings.EqualFold(strings.TrimSpace(text), "help") {
		fmt.Fprintln(sh.std.err, "\\?          the shell's commands\n\\h          the statements; \\h SELECT one of them\n\\d          the tables, views and sequences\n\\q          leave")
		return
	}
	sh.quit = true
}

// runTyped runs one statement.
func (sh *shell) runTyped(ctx context.Context, sql string) {
	if strings.TrimSpace(sql) == "" {
		return
	}
	if sh.skipping() {
		sh.noteSkipped("The statement")
		return
	}
	sh.last = sql
	sh.runStatement(ctx, parse.Piece{Text: sql, Line: 1})
}

// runStatement runs one statement, which Ctrl-C cancels, shows its error and reports whether it went well.
func (sh *shell) runStatement(ctx context.Context, piece parse.Piece) bool {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	sh.session.SetCopy(&copyData{next: sh.linesTyped()}, sh.out.w)
	done := sh.show()
	err := sh.runPiece(ctx, piece)
	if flushing := sh.out.w.Flush(); err == nil {
		err = flushing
	}
	done()
	sh.words.forget()
	if err != nil && !errors.Is(err, errPagerLeft) {
		text := sh.vars.expand(piece.Text)
		reportColored(sh.std.err, sh.failed(err, text, 1, ""), sh.color)
	}
	return err == nil
}

// show sends what follows to the screen, by the pager if it is long. The caller calls done afterwards.
func (sh *shell) show() (done func()) {
	if sh.opened != nil || sh.screen == nil {
		return func() {}
	}
	sh.out.opts.Width = sh.screen.width()
	p := sh.screen.page()
	sh.out.w.Reset(p)
	return func() {
		p.close()
		sh.out.w.Reset(sh.std.out)
	}
}

// prompt is what stands before the first line of an entry: the database, the point in the past if there is one,
// what is open of a statement, and * in a transaction, ! in a failed one.
func (sh *shell) prompt(open byte) string {
	past := ""
	if point, ok := sh.session.Setting("system_time"); ok && point != "default" {
		past = "[" + strings.TrimPrefix(point, "@") + "]"
	}
	state := ""
	if sh.skipping() {
		open = '@'
	}
	switch inside, failed := sh.session.InTransaction(); {
	case failed:
		state = "!"
	case inside:
		state = "*"
	}
	if sh.color && sh.screen != nil {
		return sh.name + "\x1b[33m" + past + "\x1b[0m" + string(open) + "\x1b[31m" + state + "\x1b[0m> "
	}
	return sh.name + past + string(open) + state + "> "
}

// more is what stands before the lines after the first.
func (sh *shell) more() string {
	return strings.Repeat(" ", max(0, len([]rune(sh.name))-1)) + "-> "
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

// screen is the terminal that results are shown on.
type screen struct {
	file  *os.File
	fixed int    // columns to fit into; 0 means the terminal's, less than 0 no limit
	pager string // "on", "off" or "always"
	least int    // lines that a result has before the pager shows it, where more fit than these
}

// newScreen returns the terminal that results go to, nil when they go elsewhere.
func newScreen(std streams) *screen {
	if f, ok := std.out.(*os.File); ok && isTerminal(f) {
		return &screen{file: f, pager: "on"}
	}
	return nil
}

// size is the terminal's; where it does not tell, a common one.
func (s *screen) size() (width, height int) {
	width, height, err := xterm.GetSize(int(s.file.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// width is how many columns a line may have, 0 for any.
func (s *screen) width() int {
	if s.fixed != 0 {
		return max(0, s.fixed)
	}
	width, _ := s.size()
	return width
}

// timed writes how long something took, as psql does.
func timed(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	if d < time.Second {
		return fmt.Sprintf("Time: %.3f ms", ms)
	}
	return fmt.Sprintf("Time: %.3f ms (%s)", ms, d.Round(time.Millisecond))
}
