package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// moreCommands show further things and set further variables.
var moreCommands = []shellCommand{
	{"conninfo", "", "which database this is, and where it stands", (*shell).connection},
	{"errverbose", "", "the last error again, with all that is known of it", (*shell).lastError},
	{"encoding", "[UTF8]", "the encoding of text, which is always UTF8", (*shell).encoding},
	{"sv", "VIEW", "the definition of a view", (*shell).viewSource},
	{"qecho", "TEXT", "write text to where results go; -n without a line's end", func(sh *shell, c call) error { return echoTo(sh.out.w, c.args) }},
	{"warn", "TEXT", "write text to standard error", func(sh *shell, c call) error { return echoTo(sh.std.err, c.args) }},
	{"getenv", "NAME VARIABLE", "set a variable to a variable of the environment", (*shell).getEnv},
	{"setenv", "VARIABLE [VALUE]", "set or remove a variable of the environment", (*shell).setEnv},
	{"prompt", "[TEXT] NAME", "ask for the value of a variable", (*shell).ask},
}

func echoTo(w io.Writer, args []string) error {
	end := "\n"
	if len(args) > 0 && args[0] == "-n" {
		args, end = args[1:], ""
	}
	_, err := io.WriteString(w, strings.Join(args, " ")+end)
	return err
}

func (sh *shell) connection(call) error {
	return sh.withView(func(view *colstore.View) error {
		p := view.Point()
		_, err := fmt.Fprintf(sh.out.w, "You are using database \"%s\" in directory \"%s\", at event %d and transaction %d.\n", sh.name, clean(sh.dir), p.Seq, p.CSN)
		return err
	})
}

func (sh *shell) lastError(call) error {
	if sh.lastErr == nil {
		_, err := io.WriteString(sh.std.err, "There is no previous error.\n")
		return err
	}
	reportColored(sh.std.err, sh.lastErr, sh.color)
	return nil
}

func (sh *shell) encoding(c call) error {
	switch name := strings.ToUpper(strings.ReplaceAll(c.arg(0), "-", "")); name {
	case "":
		_, err := fmt.Fprintln(sh.out.w, "UTF8")
		return err
	case "UTF8", "UNICODE":
		return nil
	}
	return dberr.Newf(dberr.FeatureNotSupported, "encoding %s is not supported", clean(c.arg(0))).WithHint("Text is UTF8.")
}

// viewSource shows a view as the statement that makes it.
func (sh *shell) viewSource(c call) error {
	if c.arg(0) == "" {
		return errors.New("\\sv needs the name of a view")
	}
	return sh.withView(func(view *colstore.View) error {
		t, err := sh.relation(view, c.arg(0))
		if err != nil {
			return err
		}
		if t.Query == "" {
			return dberr.Newf(dberr.WrongObjectType, "\"%s\" is not a view", clean(t.Name))
		}
		head := "CREATE OR REPLACE VIEW "
		if t.Materialized() {
			head = "CREATE MATERIALIZED VIEW "
		}
		_, err = fmt.Fprintf(sh.out.w, "%s%s AS\n%s;\n", head, nameIn(sh.session.Names(view), t), t.Query)
		return err
	})
}

// relation finds what a name as it is typed in a statement means.
func (sh *shell) relation(view *colstore.View, typed string) (*colstore.Table, error) {
	t, err := sh.session.Names(view).Relation(typed)
	if dberr.CodeOf(err) == dberr.UndefinedTable {
		name := strings.ToLower(typed[strings.LastIndexByte(typed, '.')+1:])
		if best := nearestRelation(view, strings.Trim(name, `"`)); best != "" {
			return nil, withHint(err, "Perhaps you meant \""+best+"\".")
		}
	}
	return t, err
}

func (sh *shell) listSchemas(c call) error {
	return sh.withView(func(view *colstore.View) error {
		list := &cells{cols: textColumns("name")}
		for _, s := range view.Catalog().Schemas() {
			if matches(c.arg(0), s.Name) {
				list.rows = append(list.rows, []types.Value{textValue(s.Name)})
			}
		}
		return sh.list(list, "schemas", c.arg(0))
	})
}

func (sh *shell) getEnv(c call) error {
	if len(c.args) != 2 || !isName(c.args[0]) {
		return errors.New("\\getenv needs the name of a variable, and the name of one of the environment")
	}
	if value, ok := os.LookupEnv(c.args[1]); ok {
		sh.vars[c.args[0]] = value
	}
	return nil
}

func (sh *shell) setEnv(c call) error {
	if len(c.args) == 0 || strings.ContainsAny(c.args[0], "=\x00") {
		return errors.New("\\setenv needs the name of a variable of the environment")
	}
	if len(c.args) == 1 {
		return os.Unsetenv(c.args[0])
	}
	return os.Setenv(c.args[0], strings.Join(c.args[1:], " "))
}

// ask is \prompt: a person is asked, a script reads the next line.
func (sh *shell) ask(c call) error {
	if len(c.args) == 0 || len(c.args) > 2 || !isName(c.args[len(c.args)-1]) {
		return errors.New("\\prompt needs the name of a variable")
	}
	name, text := c.args[len(c.args)-1], ""
	if len(c.args) == 2 {
		text = c.args[0]
	}
	var line string
	var err error
	switch {
	case sh.keys != nil:
		line, err = sh.keys.Read(text, "")
	case sh.behind != nil:
		line, err = sh.behind()
	default:
		err = io.EOF
	}
	if err == io.EOF {
		return errors.New("\\prompt: there is nothing to read")
	}
	if err == nil {
		sh.vars[name] = strings.TrimRight(line, "\r\n")
	}
	return err
}

// standing are variables that mean something to psql, and why setting them does nothing here.
var standing = map[string]string{
	"AUTOCOMMIT": "Every statement outside BEGIN … COMMIT commits by itself.", "FETCH_COUNT": "Results always come in pieces.",
	"ECHO": "Statements are not echoed.", "ECHO_HIDDEN": "Commands use no statements.", "VERBOSITY": "Errors always have their SQLSTATE, DETAIL and HINT.",
	"PROMPT1": "The prompt cannot be changed.", "PROMPT2": "The prompt cannot be changed.", "SINGLELINE": "A statement ends with a semicolon.", "SINGLESTEP": "",
}

// noteStanding says that a variable of psql's changes nothing.
func (sh *shell) noteStanding(name string) {
	if why := standing[name]; why != "" {
		fmt.Fprintf(sh.std.err, "%s has no effect. %s\n", name, why)
	}
}
