package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"driftdb/internal/formats/rowtext"
)

// formCommands say how results are written.
var formCommands = []shellCommand{
	{"x", "[on|off|auto]", "one line a column, or one line a row; auto decides by the width of the screen", (*shell).setTall},
	{"format", "NAME", "form of results: " + strings.Join(outputFormats, ", "), (*shell).setFormat},
	{"pset", "[NAME [VALUE]]", "an option of results; without name list them", (*shell).pset},
	{"a", "", "as \\format unaligned, or back", func(sh *shell, c call) error { return sh.toggleForm("unaligned") }},
	{"H", "", "as \\format html, or back", func(sh *shell, c call) error { return sh.toggleForm("html") }},
	{"f", "[TEXT]", "what stands between the fields of unaligned", func(sh *shell, c call) error { return sh.pset(call{args: append([]string{"fieldsep"}, c.args...)}) }},
	{"C", "[TEXT]", "the title of results, or none", func(sh *shell, c call) error { return sh.pset(call{args: append([]string{"title"}, c.args...)}) }},
	{"T", "[TEXT]", "attributes of the table of html, or none", func(sh *shell, c call) error { return sh.pset(call{args: append([]string{"tableattr"}, c.args...)}) }},
	{"t", "[on|off]", "rows only, without names and counts", func(sh *shell, c call) error { return sh.pset(call{args: append([]string{"tuples_only"}, c.args...)}) }},
	{"timing", "[on|off]", "say how long statements take, or stop saying it", (*shell).setTiming},
}

// option is one of \pset's.
type option struct {
	name, values string
	get          func(sh *shell) string
	set          func(sh *shell, value string) error
	unset        bool // without a value it is set to nothing or turned over, not shown
}

var options = []option{
	{"border", "0, 1, 2, or more for html and latex", func(sh *shell) string { return strconv.Itoa(int(sh.out.opts.Border) + 1) }, setBorder, false},
	{"columns", "a number, or off", getColumns, setColumns, false},
	{"csv_fieldsep", "a character", getComma, setComma, false},
	{"expanded", "on, off or auto", getExpanded, setExpanded, true},
	{"fieldsep", "any text", func(sh *shell) string { return separator(sh.out.opts.Field, "|") }, setSeparator(func(sh *shell) *string { return &sh.out.opts.Field }, "|"), false},
	{"fieldsep_zero", "", func(sh *shell) string { return onOff(sh.out.opts.Field == "\x00") }, func(sh *shell, _ string) error { sh.out.opts.Field = "\x00"; return nil }, true},
	{"footer", "on or off", func(sh *shell) string { return onOff(!sh.out.opts.NoFooter) }, setNot(func(sh *shell) *bool { return &sh.out.opts.NoFooter }), true},
	{"format", strings.Join(outputFormats, ", "), func(sh *shell) string { return sh.out.form }, func(sh *shell, v string) error { return sh.useForm(v) }, false},
	{"linestyle", "ascii or unicode", getLines, setLines, false},
	{"null", "any text", func(sh *shell) string { return sh.out.opts.Null }, func(sh *shell, v string) error { sh.out.opts.Null = v; return nil }, false},
	{"numericlocale", "on or off", func(sh *shell) string { return onOff(sh.out.opts.Group) }, setBool(func(sh *shell) *bool { return &sh.out.opts.Group }), true},
	{"pager", "on, off or always", getPager, setPager, true},
	{"pager_min_lines", "a number", getLeast, setLeast, false},
	{"recordsep", "any text", func(sh *shell) string { return separator(sh.out.opts.Record, "\n") }, setSeparator(func(sh *shell) *string { return &sh.out.opts.Record }, "\n"), false},
	{"recordsep_zero", "", func(sh *shell) string { return onOff(sh.out.opts.Record == "\x00") }, func(sh *shell, _ string) error { sh.out.opts.Record = "\x00"; return nil }, true},
	{"tableattr", "attributes of HTML", func(sh *shell) string { return sh.out.opts.TableAttr }, func(sh *shell, v string) error { sh.out.opts.TableAttr = v; return nil }, true},
	{"title", "any text", func(sh *shell) string { return sh.out.opts.Title }, func(sh *shell, v string) error { sh.out.opts.Title = v; return nil }, true},
	{"tuples_only", "on or off", func(sh *shell) string { return onOff(sh.out.opts.Bare) }, setBool(func(sh *shell) *bool { return &sh.out.opts.Bare }), true},
	doubled("unicode_border_linestyle", func(sh *shell) *bool { return &sh.out.opts.Double.Border }),
	doubled("unicode_column_linestyle", func(sh *shell) *bool { return &sh.out.opts.Double.Column }),
	doubled("unicode_header_linestyle", func(sh *shell) *bool { return &sh.out.opts.Double.Header }),
}

// doubled is an option of which lines are doubled.
func doubled(name string, field func(sh *shell) *bool) option {
	return option{name, "single or double", func(sh *shell) string {
		if *field(sh) {
			return "double"
		}
		return "single"
	}, func(sh *shell, value string) error {
		switch value {
		case "single", "double":
			*field(sh) = value == "double"
			return nil
		}
		return fmt.Errorf("%q is not single or double", value)
	}, false}
}

// maxBorder is more than any form has a meaning for.
const maxBorder = 65535

func setBorder(sh *shell, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxBorder {
		return fmt.Errorf("%q is not 0, 1, 2 or more", value)
	}
	sh.out.opts.Border = rowtext.Border(n) + rowtext.NoBorder
	return nil
}

func psetNames() []string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	return names
}

// pset sets or shows an option.
func (sh *shell) pset(c call) error {
	for _, o := range options {
		switch {
		case len(c.args) == 0:
			fmt.Fprintf(sh.out.w, "%-24s %s\n", o.name, o.get(sh))
		case c.args[0] == o.name:
			if err := o.change(sh, c.args[1:]); err != nil {
				return fmt.Errorf("\\pset %s: %w", o.name, err)
			}
			_, err := fmt.Fprintf(sh.std.err, "%s is %s.\n", o.name, shown(o.get(sh)))
			return err
		}
	}
	if len(c.args) > 0 {
		return fmt.Errorf("\\pset: unknown option: %s (the options are %s)", c.args[0], strings.Join(psetNames(), ", "))
	}
	return nil
}

// change sets the option to a value. Without one it is shown, as psql does.
func (o *option) change(sh *shell, values []string) error {
	switch {
	case len(values) > 0:
		return o.set(sh, values[0])
	case o.unset:
		return o.set(sh, "")
	}
	return nil
}

func shown(value string) string {
	if value == "" {
		return "empty"
	}
	return value
}

// truth reads on or off; no value turns over what is.
func truth(value string, now bool) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "1", "yes":
		return true, nil
	case "off", "false", "0", "no":
		return false, nil
	case "":
		return !now, nil
	}
	return false, fmt.Errorf("%q is not on or off", value)
}

func setBool(field func(*shell) *bool) func(*shell, string) error {
	return func(sh *shell, value string) error {
		on, err := truth(value, *field(sh))
		if err == nil {
			*field(sh) = on
		}
		return err
	}
}

// setNot sets a field that means the contrary of its option.
func setNot(field func(*shell) *bool) func(*shell, string) error {
	return func(sh *shell, value string) error {
		on, err := truth(value, !*field(sh))
		if err == nil {
			*field(sh) = !on
		}
		return err
	}
}

func getColumns(sh *shell) string {
	switch {
	case sh.screen == nil && sh.out.opts.Width > 0:
		return strconv.Itoa(sh.out.opts.Width)
	case sh.screen == nil || sh.screen.fixed < 0:
		return "off"
	case sh.screen.fixed == 0:
		return "screen"
	}
	return strconv.Itoa(sh.screen.fixed)
}

func setColumns(sh *shell, value string) error {
	n := 0
	switch value {
	case "off":
		n = -1
	case "", "0", "screen":
	default:
		var err error
		if n, err = strconv.Atoi(value); err != nil || n < 10 || n > 100000 {
			return fmt.Errorf("%q is no number of columns from 10 on, and not off", value)
		}
	}
	if sh.screen == nil { // a script's results have no width but the one that it sets
		sh.out.opts.Width = max(0, n)
		return nil
	}
	sh.screen.fixed = n
	return nil
}

func getExpanded(sh *shell) string {
	if sh.out.opts.Tall {
		return "auto"
	}
	return onOff(sh.expanded())
}

// expanded reports whether results have a line a column.
func (sh *shell) expanded() bool { return sh.out.opts.Expanded || sh.out.form == "vertical" }

func setExpanded(sh *shell, value string) error {
	if strings.EqualFold(value, "auto") {
		sh.out.form, sh.out.opts.Tall, sh.out.opts.Expanded = "table", true, false
		return nil
	}
	on, err := truth(value, sh.expanded())
	if err != nil {
		return fmt.Errorf("%q is not on, off or auto", value)
	}
	sh.out.opts.Tall, sh.out.opts.Expanded = false, on
	if sh.out.form == "vertical" {
		sh.out.form = "table"
	}
	return nil
}

func getLines(sh *shell) string {
	if sh.out.opts.Lines {
		return "unicode"
	}
	return "ascii"
}

func setLines(sh *shell, value string) error {
	switch value {
	case "ascii", "unicode":
		sh.out.opts.Lines = value == "unicode"
		return nil
	}
	return fmt.Errorf("%q is not ascii or unicode", value)
}

// separator is a separator as it can be typed.
func separator(s, standard string) string {
	if s == "" {
		s = standard
	}
	return strings.NewReplacer("\n", `\n`, "\t", `\t`, "\x00", `\0`).Replace(s)
}

// setSeparator sets a separator; \n, \t and \0 in it are what they stand for.
func setSeparator(field func(*shell) *string, standard string) func(*shell, string) error {
	return func(sh *shell, value string) error {
		if value == "" {
			value = standard
		}
		*field(sh) = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\0`, "\x00").Replace(value)
		return nil
	}
}

func getComma(sh *shell) string {
	if sh.out.opts.Comma == 0 {
		return ","
	}
	return separator(string(rune(sh.out.opts.Comma)), ",")
}

func setComma(sh *shell, value string) error {
	if value == `\t` {
		value = "\t"
	}
	if len(value) != 1 || strings.ContainsAny(value, "\"\r\n\x00") || value[0] >= 0x80 {
		return fmt.Errorf("the separator of csv must be one ASCII character, and no quote or line break")
	}
	sh.out.opts.Comma = value[0]
	return nil
}

func getPager(sh *shell) string {
	if sh.screen == nil {
		return "off"
	}
	return sh.screen.pager
}

func setPager(sh *shell, value string) error {
	if sh.screen == nil {
		return fmt.Errorf("results go to no terminal")
	}
	if value == "always" {
		sh.screen.pager = value
		return nil
	}
	on, err := truth(value, sh.screen.pager != "off")
	if err != nil {
		return fmt.Errorf("%q is not on, off or always", value)
	}
	sh.screen.pager = onOff(on)
	return nil
}

func getLeast(sh *shell) string {
	if sh.screen == nil {
		return "0"
	}
	return strconv.Itoa(sh.screen.least)
}

func setLeast(sh *shell, value string) error {
	n, err := strconv.Atoi(value)
	switch {
	case err != nil || n < 0:
		return fmt.Errorf("%q is not a number of lines", value)
	case sh.screen == nil:
		return fmt.Errorf("results go to no terminal")
	}
	sh.screen.least = n
	return nil
}

func (sh *shell) setTall(c call) error {
	return sh.pset(call{args: append([]string{"expanded"}, c.args...)})
}

func (sh *shell) setFormat(c call) error {
	if err := sh.useForm(c.arg(0)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(sh.std.err, "Results are written as %s.\n", sh.out.form)
	return err
}

// toggleForm goes from any form to the given one, and from that to table.
func (sh *shell) toggleForm(form string) error {
	if sh.out.form == form {
		form = "table"
	}
	return sh.setFormat(call{args: []string{form}})
}

// aliases are psql's and duckdb's names of forms; see useForm for those that set more.
var aliases = map[string]string{"aligned": "table", "expanded": "vertical", "line": "vertical", "jsonlines": "ndjson", "tabs": "tsv"}

func (sh *shell) useForm(name string) error {
	switch name {
	case "box", "duckbox":
		name, sh.out.opts.Lines, sh.out.opts.Border = "table", true, rowtext.Around
	case "list":
		name = "unaligned"
	case "column":
		name, sh.out.opts.Lines, sh.out.opts.Border = "table", false, rowtext.Between
	}
	if other, ok := aliases[name]; ok {
		name = other
	}
	if err := checkFormat(name, outputFormats); err != nil {
		return err
	}
	sh.out.form, sh.out.sets = name, 0
	return nil
}

func (sh *shell) setTiming(c call) error {
	on, err := truth(c.arg(0), sh.timing)
	if err != nil {
		return err
	}
	sh.timing = on
	_, err = io.WriteString(sh.std.err, "Timing is "+onOff(on)+".\n")
	return err
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
