package term

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/reeflective/readline"
	xterm "golang.org/x/term"
)

// ErrInterrupted is what Read answers for Ctrl-C: the entry typed so far is dropped.
var ErrInterrupted = errors.New("interrupted")

// Candidate is one way to complete a word.
type Candidate struct {
	Value string // what replaces the word
	Kind  string // what it is: candidates of one kind are shown together
	About string // shown beside it, "" for nothing
}

// Config says how entries are edited. Functions may be nil.
type Config struct {
	In  *os.File
	Out io.Writer
	// Complete returns how the word that ends at byte offset cursor of text can go on, and the word.
	Complete func(text string, cursor int) (word string, candidates []Candidate)
	// Done reports whether an entry can be run: if not, Enter begins a new line of it.
	Done func(text string) bool
	// Color returns text with colours. It must not change anything else.
	Color func(text string) string
	// History keeps entries; nil keeps none.
	History *History
}

// Editor reads entries.
type Editor interface {
	// Read shows a prompt and returns the next entry without its last line's end. more is the
	// prompt of the lines after the first.
	Read(prompt, more string) (string, error)
}

// New returns the best editor for the terminal that c.In is.
func New(c Config) Editor {
	out, ok := c.Out.(*os.File)
	kind := os.Getenv("TERM")
	if !ok || !xterm.IsTerminal(int(out.Fd())) || c.In.Fd() != os.Stdin.Fd() || kind == "" || kind == "dumb" {
		return newPlain(c)
	}
	return newFull(c)
}

// full is the editor on capable terminals.
type full struct {
	c            Config
	rl           *readline.Shell
	prompt, more string
	room         int // rows that are known to be there below the first one of the entry
}

// menuRows is how many rows are kept free below a new prompt, for completions and the lines of a statement.
const menuRows = 8

// makeRoom scrolls the screen so far that there are n rows below the cursor, and brings the cursor back.
func (f *full) makeRoom(n int) {
	_, height, err := xterm.GetSize(int(os.Stdout.Fd()))
	if err != nil || n <= f.room {
		return
	}
	f.room = n
	n = min(n, height-1)
	if n > 0 {
		fmt.Fprintf(os.Stdout, "%s\x1b[%dA", strings.Repeat("\n", n), n)
	}
}

// rows is how many rows of the screen an entry takes.
func (f *full) rows(text string) int {
	width, _, err := xterm.GetSize(int(os.Stdout.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	n := 0
	for _, line := range strings.Split(text, "\n") {
		n += 1 + (runewidth.StringWidth(f.prompt)+runewidth.StringWidth(line))/width
	}
	return n
}

func newFull(c Config) *full {
	f := &full{c: c, rl: readline.NewShell()}
	f.rl.Prompt.Primary(func() string { return f.prompt })
	f.rl.Prompt.Secondary(func() string { return f.more })
	// To ask the terminal where the cursor is loses keys that are typed before it answers. Without asking,
	// there must be a free row below the entry: see makeRoom.
	f.rl.Config.Vars["cursor-position-probe"] = false
	f.rl.Config.Vars["multiline-column"] = false
	f.rl.Config.Vars["history-autosuggest"] = false
	f.rl.Config.Vars["completion-ignore-case"] = true
	f.rl.Config.Vars["menu-complete-display-prefix"] = true // Tab: what is sure, then the list, then one after another
	for _, keymap := range []string{"emacs", "emacs-standard", "vi-insert"} {
		f.rl.Config.Bind(keymap, "\t", "menu-complete", false)
	}
	if c.Done != nil {
		f.rl.AcceptMultiline = func(line []rune) bool { return c.Done(string(line)) }
	}
	f.rl.SyntaxHighlighter = func(line []rune) string { // called before each drawing
		text := string(line)
		f.makeRoom(f.rows(text) + 1)
		if c.Color == nil {
			return text
		}
		return c.Color(text)
	}
	if c.Complete != nil {
		f.rl.Completer = f.complete
	}
	f.rl.History.Delete()
	if c.History != nil {
		f.rl.History.Add("history", c.History)
	}
	return f
}

// Read reads an entry.
func (f *full) Read(prompt, more string) (string, error) {
	f.prompt, f.more, f.room = prompt, more, 0
	f.makeRoom(menuRows)
	text, err := f.rl.Readline()
	if errors.Is(err, readline.ErrInterrupt) {
		return "", ErrInterrupted
	}
	return text, err
}

// complete tells the library the candidates.
func (f *full) complete(line []rune, cursor int) readline.Completions {
	word, candidates := f.c.Complete(string(line), len(string(line[:cursor])))
	values := make([]readline.Completion, len(candidates))
	for i, c := range candidates {
		values[i] = readline.Completion{Value: c.Value, Display: c.Value, Description: c.About, Tag: c.Kind}
	}
	if len(values) == 1 && !strings.HasSuffix(values[0].Value, "(") && !strings.HasSuffix(values[0].Value, "/") {
		values[0].Value += " " // the word is complete
	}
	all := readline.CompleteRaw(values) // without NoSpace, by which the next keys would take the end of the word away
	all.PREFIX = word
	return all
}
