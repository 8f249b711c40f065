package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"driftdb/internal/dberr"
	"driftdb/internal/edits"
	"driftdb/sqlvec"
)

// shellCommand is a command of the shell that begins with a backslash.
type shellCommand struct {
	name, args, what string
	run              func(sh *shell, c call) error
}

// call is one use of a command.
type call struct {
	ctx context.Context
	// sql is the statement typed before the command, and not run yet.
	sql  string
	text string   // the argument as it stands
	args []string // its words, with variables and quotes resolved
}

// arg is argument i, "" when there is none.
func (c call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

// shellCommands are the commands, in the order of \?. It is filled in init, since \? lists it.
var shellCommands []shellCommand

func init() {
	shellCommands = slices.Concat(lookCommands, runCommands, getCommands, formCommands, moreCommands, ifCommands, restrictCommands, []shellCommand{
		{"set", "[NAME [VALUE]]", "set a variable, for :NAME, :'NAME' and :\"NAME\"; without name list them", (*shell).setVariable},
		{"unset", "NAME", "remove a variable", (*shell).unsetVariable},
		{"echo", "TEXT", "write text to standard output; -n without a line's end", (*shell).echo},
		{"h", "[STATEMENT]", "the syntax of a statement; without one list them", (*shell).syntax},
		{"?", "", "this list", (*shell).help},
		{"q", "", "leave", func(sh *shell, _ call) error { sh.quit = true; return nil }},
	})
}

// otherNames are what people of psql and duckdb type for the same.
var otherNames = map[string]string{"help": "h", "quit": "q", "exit": "q", "watch": "watch", "list": "l", "print": "p", "reset": "r",
	"include": "i", "include_relative": "ir", "out": "o", "edit": "e", "write": "w", "d+": "d", "dt+": "dt", "l+": "l", "df+": "df", "di+": "di", "dv+": "dv", "asof": "as-of",
	"ds+": "ds", "dm+": "dm", "dT+": "dT", "dn+": "dn", "dS": "d", "dtS": "dt", "da": "df", "sv+": "sv", "crosstab": "crosstabview", "pset+": "pset"}

// command runs a command and shows its error.
func (sh *shell) command(ctx context.Context, part typedPart) {
	done := func() {}
	if name, _, _ := strings.Cut(part.command, " "); !ownOutput[strings.TrimSuffix(name, ";")] {
		done = sh.show()
	}
	err := sh.runCommand(ctx, part)
	done()
	if err != nil && !errors.Is(err, errPagerLeft) {
		sh.lastErr = err
		reportColored(sh.std.err, err, sh.color)
	}
}

// runCommand runs a command.
func (sh *shell) runCommand(ctx context.Context, part typedPart) error {
	if isDotLine(part.command) {
		var err error
		if part.command, err = undotted(part.command); err != nil {
			return err
		}
	}
	name, text, _ := strings.Cut(part.command, " ")
	name = strings.TrimSuffix(name, ";")
	text = strings.TrimSpace(text)
	at := commandAt(name)
	if at < 0 || !usesStatement[shellCommands[at].name] { // the statement goes on behind the command
		sh.typed = part.sql + sh.typed
	}
	if sh.skipping() && !isIfCommand(name) {
		sh.noteSkipped("The command \\" + clean(name))
		return nil
	}
	if err := sh.mayRun(name); err != nil {
		return err
	}
	c := call{ctx: ctx, sql: part.sql, text: text, args: sh.vars.words(strings.TrimSuffix(text, ";"))}
	if list := listOfKinds(name); list != nil && at < 0 {
		return sh.flushed(list(sh, c))
	}
	if hint, ok := absentCommands[strings.TrimRight(name, "+S")]; ok && at < 0 {
		return dberr.Newf(dberr.FeatureNotSupported, "\\%s is not supported", clean(name)).WithHint("%s", hint)
	}
	if at < 0 {
		return dberr.Newf(dberr.SyntaxError, "invalid command \\%s", clean(name)).WithHint("%sTry \\? for help.", meant(name))
	}
	return sh.flushed(shellCommands[at].run(sh, c))
}

// flushed writes what a command has written to its end, and returns its error or that of writing.
func (sh *shell) flushed(err error) error {
	if flushing := sh.out.w.Flush(); err == nil {
		err = flushing
	}
	return err
}

func commandAt(name string) int {
	if other, ok := otherNames[name]; ok {
		name = other
	}
	return slices.IndexFunc(shellCommands, func(c shellCommand) bool { return c.name == name })
}

// meant proposes the command whose name is nearest to what was typed.
func meant(name string) string {
	best, least := "", 3
	for _, c := range shellCommands {
		if d := edits.Names(name, c.name); d < least && d < len(name) {
			best, least = c.name, d
		}
	}
	if best == "" {
		return ""
	}
	return "Did you mean \\" + best + "? "
}

// withKeyword gives a syntax error at a word a hint, when the word is nearly a keyword.
func withKeyword(err error, text string) error {
	var e *dberr.Error
	if !errors.As(err, &e) || e.Code != dberr.SyntaxError || e.Pos < 1 || e.Pos > len(text) || e.Hint != "" {
		return err
	}
	l := lexer{text: text[e.Pos-1:]}
	t, ok := l.next()
	if !ok || t.kind != tokWord || t.to < 4 {
		return err
	}
	word := strings.ToLower(l.text[:t.to])
	if isKeyword(word) {
		return err
	}
	best, least := "", 3
	for _, k := range keywords {
		d := edits.Names(word, k)
		if d == 2 && sameLetters(word, k) { // two letters exchanged are one slip
			d = 1
		}
		if d > 0 && (d < least || d == least && sameLetters(word, k)) {
			best, least = k, d
		}
	}
	if best == "" {
		return err
	}
	return e.WithHint("Perhaps you meant \"%s\".", strings.ToUpper(best))
}

// sameLetters reports whether two words differ only in the order of their letters.
func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// helpIndent is how wide the commands are in their list.
const helpIndent = 24

func (sh *shell) help(call) error {
	for _, c := range shellCommands {
		head := strings.TrimSpace(`\` + c.name + " " + c.args)
		if len([]rune(head)) > helpIndent {
			head += "\n  " + strings.Repeat(" ", helpIndent)
		}
		if _, err := fmt.Fprintf(sh.out.w, "  %-*s %s\n", helpIndent, head, c.what); err != nil {
			return err
		}
	}
	_, err := io.WriteString(sh.out.w, "Enter runs a statement that ends with \";\". Tab completes, arrow keys and Ctrl-R find earlier entries,\nCtrl-C drops what is typed or ends the running statement, Ctrl-D leaves.\n")
	return err
}

func (sh *shell) setVariable(c call) error {
	if len(c.args) == 0 {
		_, err := io.WriteString(sh.out.w, sh.vars.list())
		return err
	}
	if !isName(c.args[0]) {
		return fmt.Errorf("invalid variable name: %q", c.args[0])
	}
	value := strings.Join(c.args[1:], "")
	if err := checkVariable(c.args[0], value); err != nil {
		return err
	}
	sh.vars[c.args[0]] = value
	sh.noteStanding(c.args[0])
	return nil
}

func (sh *shell) unsetVariable(c call) error {
	delete(sh.vars, c.arg(0))
	return nil
}

func (sh *shell) echo(c call) error {
	if sh.opened != nil { // results go elsewhere
		return echoTo(sh.std.out, c.args)
	}
	return echoTo(sh.out.w, c.args)
}

func (sh *shell) asOf(c call) error {
	point := strings.Trim(strings.Join(c.args, " "), "'")
	if point == "" || strings.EqualFold(point, "now") || strings.EqualFold(point, "default") {
		return sh.session.Run(c.ctx, "SET system_time = DEFAULT", func(*sqlvec.Result) error { return nil })
	}
	return sh.session.Run(c.ctx, "SET system_time = "+quoteText(point), func(*sqlvec.Result) error { return nil })
}
