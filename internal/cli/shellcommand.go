package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/types"
	"driftdb/sqlvec"
)

// shellCommand is a command of the shell that begins with a backslash.
type shellCommand struct {
	name, args, what string
	run              func(sh *shell, arg string) error
}

// shellCommands are the commands, in the order of \?. It is filled in init, since \? lists it.
var shellCommands []shellCommand

func init() {
	shellCommands = []shellCommand{
		{"q", "", "leave", func(sh *shell, _ string) error { sh.quit = true; return nil }},
		{"?", "", "list the shell's commands", (*shell).help},
		{"d", "[TABLE]", "list the tables, or one table's columns and indexes", (*shell).describe},
		{"dt", "", "list the tables", func(sh *shell, _ string) error { return sh.describe("") }},
		{"as-of", "[POINT]", "read everything as of @SEQ:N, @TX:N or a timestamp; without it the present", (*shell).asOf},
		{"timing", "", "say how long statements take, or stop saying it", (*shell).toggleTiming},
		{"x", "", "one line a column, or one line a row", (*shell).toggleVertical},
		{"format", "NAME", "form of results: " + strings.Join(outputFormats, ", "), (*shell).setFormat},
		{"i", "FILE", "run the statements of a file", (*shell).include},
		{"o", "[FILE]", "write results to a file; without it to the screen", (*shell).redirect},
	}
}

// command runs a command, without its backslash, and shows its error.
func (sh *shell) command(text string) {
	name, arg, _ := strings.Cut(strings.TrimSuffix(text, ";"), " ")
	at := slices.IndexFunc(shellCommands, func(c shellCommand) bool { return c.name == name })
	if at < 0 {
		fmt.Fprintf(sh.std.err, "invalid command \\%s\nTry \\? for help.\n", clean(name))
		return
	}
	err := shellCommands[at].run(sh, strings.TrimSpace(arg))
	if flushing := sh.out.w.Flush(); err == nil {
		err = flushing
	}
	if err != nil {
		report(sh.std.err, err)
	}
}

func (sh *shell) help(string) error {
	for _, c := range shellCommands {
		fmt.Fprintf(sh.std.err, "  %-18s %s\n", `\`+c.name+" "+c.args, c.what)
	}
	return nil
}

func (sh *shell) asOf(point string) error {
	if point == "" {
		return sh.session.Run(context.Background(), "SET system_time = DEFAULT", func(*sqlvec.Result) error { return nil })
	}
	return moveTo(context.Background(), sh.session, strings.Trim(point, "'"))
}

func (sh *shell) toggleTiming(string) error {
	sh.timing = !sh.timing
	fmt.Fprintf(sh.std.err, "Timing is %s.\n", onOff(sh.timing))
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (sh *shell) toggleVertical(string) error {
	if sh.out.form == "vertical" {
		return sh.setFormat("table")
	}
	return sh.setFormat("vertical")
}

func (sh *shell) setFormat(name string) error {
	if err := checkFormat(name, outputFormats); err != nil {
		return err
	}
	sh.out.form = name
	fmt.Fprintf(sh.std.err, "Results are written as %s.\n", name)
	return nil
}

func (sh *shell) include(file string) error {
	return sh.runSource(context.Background(), source{file: file})
}

func (sh *shell) redirect(file string) error {
	sh.closeOutput()
	t, err := openTarget(file, sh.std.out)
	if err != nil {
		return err
	}
	if t.file != nil {
		sh.opened = t
	}
	sh.out = newOutput(sh.out.form, t.Writer)
	return nil
}

// describe lists the tables, or one table's columns and indexes.
func (sh *shell) describe(name string) error {
	view := sh.db.Store().View()
	defer view.Release()
	if name == "" {
		return sh.show(tableList(view))
	}
	t, err := view.Table(strings.Trim(name, `"`))
	if err != nil {
		return err
	}
	if err := sh.show(columnList(t)); err != nil {
		return err
	}
	return sh.show(indexList(t))
}

// show writes a small result as a table, or in whatever form is set.
func (sh *shell) show(c *cells) error {
	if len(c.rows) == 0 {
		return nil
	}
	out := *sh.out
	if out.form == "arrow" || out.form == "arrows" {
		out.form = "table"
	}
	return out.writeText(c.cols, c.each)
}

func tableList(view *colstore.View) *cells {
	list := &cells{cols: append(textColumns("table"), bigintColumn("columns"), bigintColumn("rows"))}
	for _, t := range view.Catalog().Tables() {
		stats := view.Stats(t)
		rows := bigintValue(stats.Rows)
		if stats.Err != nil { // the table cannot be read
			rows = types.NullOf(rows.Type)
		}
		list.rows = append(list.rows, []types.Value{textValue(t.Name), bigintValue(int64(len(t.Columns))), rows})
	}
	return list
}

func columnList(t *colstore.Table) *cells {
	list := &cells{cols: textColumns("column", "type", "nullable", "default")}
	for _, c := range t.Columns {
		nullable := "yes"
		if c.NotNull {
			nullable = "no"
		}
		list.rows = append(list.rows, []types.Value{textValue(c.Name), textValue(c.Type.String()), textValue(nullable), textValue(c.Default)})
	}
	return list
}

func indexList(t *colstore.Table) *cells {
	list := &cells{cols: textColumns("index", "columns", "kind")}
	for i, x := range t.Keys() {
		kind := "index"
		switch {
		case i == 0 && len(t.PrimaryKey) > 0:
			kind = "primary key"
		case x.Unique:
			kind = "unique"
		}
		list.rows = append(list.rows, []types.Value{textValue(x.Name), textValue(strings.Join(columnNames(t, x.Columns), ", ")), textValue(kind)})
	}
	return list
}

// columnNames returns the names of columns by id.
func columnNames(t *colstore.Table, ids []uint32) []string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		if c, ok := t.Column(id); ok {
			names = append(names, c.Name)
		}
	}
	return names
}
