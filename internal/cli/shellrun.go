package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"driftdb/sqlvec/parse"
)

// usesStatement are the commands that take the statement typed before them.
var usesStatement = map[string]bool{"g": true, "gx": true, "watch": true, "chart": true, "e": true, "p": true, "r": true, "w": true,
	"gset": true, "gexec": true, "gdesc": true, "crosstabview": true}

// ownOutput are the commands that run statements or change where results go: the pager is not theirs.
var ownOutput = map[string]bool{"g": true, "gx": true, "watch": true, "chart": true, "e": true, "edit": true, "o": true, "out": true,
	"copy": true, "i": true, "include": true, "ir": true, "include_relative": true, "!": true,
	"gset": true, "gexec": true, "prompt": true}

// runCommands run statements, or take them from elsewhere.
var runCommands = []shellCommand{
	{"g", "[FILE or |COMMAND]", "run the statement (or the last one), with its result to a file or command", (*shell).run1},
	{"gx", "", "run the statement, one line a column", (*shell).runVertical},
	{"chart", "", "run the statement and draw its two columns, labels and numbers", (*shell).runChart},
	{"watch", "[SECONDS]", "run the statement again and again, every 2 seconds unless told otherwise", (*shell).watch},
	{"e", "[FILE]", "edit the statement (or the last one), or a file, in $EDITOR, then run it", (*shell).edit},
	{"i", "FILE", "run the statements of a file", (*shell).include},
	{"ir", "FILE", "the same, found from the directory of the file that says so", (*shell).includeRelative},
	{"copy", "TABLE|(QUERY) from|to FILE|stdin|stdout [OPTIONS]", "copy rows between a table and a file", (*shell).copyRows},
	{"o", "[FILE or |COMMAND]", "write results to a file or command; without one to the screen", (*shell).redirect},
	{"p", "", "show the statement typed so far, or the last one", (*shell).printTyped},
	{"r", "", "forget the statement typed so far", func(*shell, call) error { return nil }},
	{"w", "FILE", "write the statement to a file", (*shell).writeTyped},
	{"s", "[FILE]", "show the entries typed, or write them to a file", (*shell).entries},
	{"!", "COMMAND", "run a command of the system", (*shell).system},
	{"cd", "[DIR]", "change the directory that files are found in", (*shell).changeDir},
}

// statement is what a command shall run: what was typed before it, else the last statement.
func (sh *shell) statement(c call) (string, error) {
	if strings.TrimSpace(c.sql) != "" {
		sh.last = c.sql
	}
	if sh.last == "" {
		return "", errors.New("there is no statement to run")
	}
	return sh.last, nil
}

func (sh *shell) run1(c call) error {
	sql, err := sh.statement(c)
	if err != nil {
		return err
	}
	if c.text == "" {
		return sh.runHere(c, sql)
	}
	before := sh.opened
	sh.opened = nil
	if err := sh.redirect(c); err != nil {
		sh.opened = before
		return err
	}
	err = sh.runHere(c, sql)
	sh.closeOutput()
	sh.opened = before
	if before != nil {
		sh.out.w.Reset(before.Writer)
	} else {
		sh.out.w.Reset(sh.out.base)
	}
	return err
}

// runHere runs a statement for a command. A person is shown its error, a script ends with it.
func (sh *shell) runHere(c call, sql string) error {
	piece := parse.Piece{Text: sql, Line: 1}
	if sh.keys != nil {
		sh.runStatement(c.ctx, piece)
		return nil
	}
	if err := sh.runPiece(c.ctx, piece); err != nil {
		return sh.failed(err, sh.vars.expand(sql), 1, "")
	}
	return nil
}

// runAs runs the statement with another form of results.
func (sh *shell) runAs(c call, form string) error {
	sql, err := sh.statement(c)
	if err != nil {
		return err
	}
	before := sh.out.form
	sh.out.form = form
	defer func() { sh.out.form = before }()
	return sh.runHere(c, sql)
}

// runVertical runs the statement with a line a column.
func (sh *shell) runVertical(c call) error {
	sql, err := sh.statement(c)
	if err != nil {
		return err
	}
	before := sh.out.opts.Expanded
	sh.out.opts.Expanded = true
	defer func() { sh.out.opts.Expanded = before }()
	return sh.runHere(c, sql)
}

func (sh *shell) runChart(c call) error { return sh.runAs(c, "chart") }

// watch runs a statement again and again, until an error or Ctrl-C.
func (sh *shell) watch(c call) error {
	sql, err := sh.statement(c)
	if err != nil {
		return err
	}
	every := 2.0
	if text := c.arg(0); text != "" {
		if every, err = strconv.ParseFloat(text, 64); err != nil || !(every > 0 && every <= 86400) {
			return fmt.Errorf("\\watch: %q is no number of seconds", text)
		}
	}
	ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
	defer stop()
	if sh.screen != nil {
		defer func(pager string) { sh.screen.pager = pager }(sh.screen.pager)
		sh.screen.pager = "off"
	}
	for {
		fmt.Fprintf(sh.out.w, "%s (every %gs)\n\n", time.Now().Format("Mon Jan _2 15:04:05 2006"), every)
		if err := sh.out.w.Flush(); err != nil || !sh.runStatement(ctx, parse.Piece{Text: sql, Line: 1}) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(every * float64(time.Second))):
		}
	}
}

// edit gives the statement, or a file, to the person's editor and takes it back.
func (sh *shell) edit(c call) error {
	file := c.arg(0)
	if file == "" {
		text := c.sql
		if strings.TrimSpace(text) == "" {
			text = sh.last
		}
		temp, err := os.CreateTemp("", "driftdb-*.sql")
		if err != nil {
			return err
		}
		file = temp.Name()
		defer os.Remove(file)
		_, err = temp.WriteString(text + "\n")
		if closing := temp.Close(); err != nil || closing != nil {
			return errors.Join(err, closing)
		}
	}
	if err := sh.runEditor(file); err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sh.history.Write(string(text))
	sh.out.w.Flush()
	fmt.Fprintln(sh.std.err, strings.TrimRight(clean(string(text)), " "))
	sh.typed = ""
	sh.enter(c.ctx, string(text))
	return nil
}

// runEditor runs the person's editor: DRIFTDB_EDITOR, VISUAL or EDITOR, else vi.
func (sh *shell) runEditor(file string) error {
	editor := "vi"
	for _, name := range []string{"EDITOR", "VISUAL", "DRIFTDB_EDITOR"} {
		if value := os.Getenv(name); value != "" {
			editor = value
		}
	}
	cmd := exec.Command("sh", "-c", editor+` "$1"`, "sh", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("could not edit with %q: %w", editor, err)
	}
	return nil
}

func (sh *shell) include(c call) error {
	if len(c.args) != 1 {
		return errors.New("\\i needs the name of a file")
	}
	ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt)
	defer stop()
	defer sh.words.forget()
	return sh.runSource(ctx, source{file: c.args[0]})
}

func (sh *shell) includeRelative(c call) error {
	if len(c.args) == 1 && sh.file != "" && !filepath.IsAbs(c.args[0]) {
		c.args[0] = filepath.Join(filepath.Dir(sh.file), c.args[0])
	}
	return sh.include(c)
}

// redirect sends the results that follow to a file, a command or the screen.
func (sh *shell) redirect(c call) error {
	sh.out.w.Flush()
	sh.closeOutput()
	t, err := openTarget(strings.TrimSpace(c.text), sh.out.base)
	if err != nil {
		return err
	}
	if t.file != nil || t.cmd != nil {
		sh.opened = t
		sh.out.opts.Width = 0
	}
	sh.out.sets = 0
	sh.out.w.Reset(t.Writer)
	return nil
}

func (sh *shell) printTyped(c call) error {
	text := c.sql
	if strings.TrimSpace(text) == "" {
		text = sh.last
	}
	sh.typed = c.sql + sh.typed
	_, err := fmt.Fprintln(sh.out.w, strings.TrimSpace(text))
	return err
}

func (sh *shell) writeTyped(c call) error {
	if c.arg(0) == "" {
		return errors.New("\\w needs the name of a file")
	}
	text := c.sql
	if strings.TrimSpace(text) == "" {
		text = sh.last
	}
	sh.typed = c.sql + sh.typed
	return writeTo(c.arg(0), sh.std.out, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.TrimSpace(text)+";\n")
		return err
	})
}

// entries shows the entries typed, oldest first.
func (sh *shell) entries(c call) error {
	write := func(w io.Writer) error {
		for _, e := range sh.history.Entries() {
			if _, err := fmt.Fprintln(w, e); err != nil {
				return err
			}
		}
		return nil
	}
	if c.arg(0) == "" {
		return write(sh.out.w)
	}
	return writeTo(c.arg(0), sh.std.out, write)
}

func (sh *shell) system(c call) error {
	cmd := exec.Command("sh", "-c", c.text)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, sh.std.out, sh.std.err
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil // the command has said what was wrong
	}
	return err
}

func (sh *shell) changeDir(c call) error {
	dir := c.arg(0)
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		dir = home
	}
	return os.Chdir(filepath.Clean(dir))
}
