package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/cli/term"
	"driftdb/sqlvec"
)

// words knows what can complete what a person types.
type words struct {
	shell     *shell
	tables    []*colstore.Table // of the present; nil before they are asked for
	names     sqlvec.Names      // what names mean to the session, as of then
	functions []string
}

// forget says that tables may have changed.
func (w *words) forget() { w.tables = nil }

// complete returns the word that ends at cursor and how it can go on.
func (w *words) complete(text string, cursor int) (string, []term.Candidate) {
	before := text[:cursor]
	if part, command := commandBefore(before); command {
		return w.completeCommand(part)
	}
	word, state := wordBefore(before)
	switch {
	case state.quoted:
		return word, nil
	case strings.Contains(word, "."):
		return word, w.qualified(word, text)
	case state.wantsTable():
		return word, matching(word, w.relations())
	case strings.EqualFold(state.previous, "set") && state.first == "set", strings.EqualFold(state.previous, "show"):
		return word, matching(word, w.settings())
	}
	all := w.columns(text, state)
	if word != "" {
		all = append(all, w.functionNames()...)
	}
	all = append(all, keywordsAs(word)...)
	return word, matching(word, all)
}

// commandBefore returns the command that the cursor is in, without its backslash.
func commandBefore(before string) (string, bool) {
	l := lexer{text: before}
	for t, ok := l.next(); ok; t, ok = l.next() {
		if t.kind == tokCommand && t.to == len(before) {
			return before[t.from+1:], true
		}
	}
	return "", false
}

// place is where in a statement a word stands.
type place struct {
	first    string // first word of the statement, in lower case
	previous string // the word before, "" after anything but blanks
	list     string // the word that began the list the word is in: from, join, …
	quoted   bool   // inside a string or comment
}

// tablesAfter are the words that a table's name follows.
var tablesAfter = []string{"from", "join", "into", "update", "table", "view", "describe", "summarize", "pivot", "unpivot", "truncate", "vacuum", "analyze", "references"}

func (p place) wantsTable() bool {
	previous := strings.ToLower(p.previous)
	return slices.Contains(tablesAfter, previous) || previous == "," && p.list == "from"
}

// wordBefore returns the word at the end of text, and its place.
func wordBefore(text string) (string, place) {
	var p place
	start := 0
	l := lexer{text: text}
	for t, ok := l.next(); ok; t, ok = l.next() {
		piece := text[t.from:t.to]
		last := t.to == len(text)
		switch {
		case last && (t.open != 0 && t.kind != tokIdent || t.kind == tokComment):
			return "", place{quoted: true}
		case last && (t.kind == tokWord || t.kind == tokIdent):
			if t.from > 0 && text[t.from-1] == '.' {
				return text[start:], p
			}
			return piece, p
		case t.kind == tokEnd:
			p = place{}
		case t.kind == tokWord:
			if p.first == "" {
				p.first = strings.ToLower(piece)
			}
			p.previous = piece
			if isKeyword(piece) {
				p.list = strings.ToLower(piece)
			}
		case t.kind == tokOther && piece == ",":
			p.previous = ","
		case t.kind != tokBlank && t.kind != tokComment && piece != ".":
			p.previous = ""
		}
		if t.kind == tokWord || t.kind == tokIdent {
			if t.from == 0 || text[t.from-1] != '.' {
				start = t.from
			}
		}
		if last && piece == "." {
			return text[start:], p
		}
	}
	return "", p
}

// matching keeps the candidates that begin with word, each once.
func matching(word string, all []term.Candidate) []term.Candidate {
	var out []term.Candidate
	seen := make(map[string]bool)
	for _, c := range all {
		if len(c.Value) >= len(word) && strings.EqualFold(c.Value[:len(word)], word) && !seen[c.Value] {
			seen[c.Value] = true
			out = append(out, c)
		}
	}
	return out
}

// catalog returns the tables and views of the present.
func (w *words) catalog() []*colstore.Table {
	if w.tables == nil {
		view := w.shell.db.Store().View()
		defer view.Release()
		w.names = w.shell.session.Names(view)
		w.tables = w.names.Relations()
	}
	return w.tables
}

func (w *words) relations() []term.Candidate {
	var all []term.Candidate
	for _, t := range w.catalog() {
		kind := strings.ToLower(t.Kind.String()) + "s"
		if w.names.Visible(t) {
			all = append(all, term.Candidate{Value: nameFor(t.Name), Kind: kind})
		} else {
			all = append(all, term.Candidate{Value: nameIn(w.names, t), Kind: kind})
		}
	}
	return all
}

// inSchema are the relations of a schema, with its name.
func (w *words) inSchema(name string) (all []term.Candidate) {
	for _, t := range w.catalog() {
		if schema := w.names.Schema(t); strings.EqualFold(schema, name) {
			all = append(all, term.Candidate{Value: nameFor(schema) + "." + nameFor(t.Name), Kind: strings.ToLower(t.Kind.String()) + "s"})
		}
	}
	return all
}

// columns are those of the tables that the statement names, of all tables when it names none.
func (w *words) columns(text string, p place) []term.Candidate {
	named := namesIn(text)
	var all, some []term.Candidate
	for _, t := range w.catalog() {
		for _, c := range t.Shown() {
			candidate := term.Candidate{Value: nameFor(c.Name), Kind: "columns", About: t.Name + " " + c.Type.Definition()}
			all = append(all, candidate)
			if named[t.Name] {
				some = append(some, candidate)
			}
		}
	}
	switch {
	case p.first == "":
		return nil
	case len(some) > 0:
		return some
	}
	return all
}

// namesIn are the words of a statement, in lower case where they are not quoted.
func namesIn(text string) map[string]bool {
	all := make(map[string]bool)
	l := lexer{text: text}
	for t, ok := l.next(); ok; t, ok = l.next() {
		switch piece := text[t.from:t.to]; t.kind {
		case tokWord:
			all[strings.ToLower(piece)] = true
		case tokIdent:
			all[strings.Trim(piece, `"`)] = true
		}
	}
	return all
}

// qualified completes table.column and alias.column.
func (w *words) qualified(word, text string) []term.Candidate {
	dot := strings.LastIndexByte(word, '.')
	name := strings.Trim(word[:dot], `"`)
	if list := matching(word, w.inSchema(name)); len(list) > 0 {
		return list
	}
	name = strings.Trim(name[strings.LastIndexByte(name, '.')+1:], `"`) // schema.table.column
	var of, all []term.Candidate
	for _, t := range w.catalog() {
		mine := strings.EqualFold(t.Name, name) || strings.EqualFold(t.Name, tableOfAlias(text, name))
		for _, c := range t.Shown() {
			candidate := term.Candidate{Value: word[:dot+1] + nameFor(c.Name), Kind: "columns", About: c.Type.Definition()}
			all = append(all, candidate)
			if mine {
				of = append(of, candidate)
			}
		}
	}
	if len(of) == 0 { // an alias whose table comes later in the statement
		of = all
	}
	return matching(word, of)
}

// tableOfAlias finds "table alias" or "table AS alias" in a statement.
func tableOfAlias(text, alias string) string {
	var before [2]string
	l := lexer{text: text}
	for t, ok := l.next(); ok; t, ok = l.next() {
		piece := strings.Trim(text[t.from:t.to], `"`)
		if t.kind == tokBlank || t.kind == tokComment {
			continue
		}
		if strings.EqualFold(piece, alias) && (t.kind == tokWord || t.kind == tokIdent) {
			table := before[1]
			if strings.EqualFold(table, "as") {
				table = before[0]
			}
			if isName(table) && !isKeyword(table) {
				return table
			}
		}
		before[0], before[1] = before[1], piece
	}
	return ""
}

func (w *words) functionNames() []term.Candidate {
	if w.functions == nil {
		for _, f := range sqlvec.Functions() {
			w.functions = append(w.functions, f.Name)
		}
		w.functions = slices.Compact(w.functions)
	}
	all := make([]term.Candidate, len(w.functions))
	for i, name := range w.functions {
		all[i] = term.Candidate{Value: name + "(", Kind: "functions"}
	}
	return all
}

// keywordsAs are the keywords in the case that word is written in.
func keywordsAs(word string) []term.Candidate {
	lower := word != "" && word == strings.ToLower(word)
	all := make([]term.Candidate, len(keywords))
	for i, k := range keywords {
		if !lower {
			k = strings.ToUpper(k)
		}
		all[i] = term.Candidate{Value: k, Kind: "keywords"}
	}
	return all
}

func (w *words) settings() []term.Candidate {
	var all []term.Candidate
	for _, name := range sqlvec.SettingNames() {
		all = append(all, term.Candidate{Value: name, Kind: "settings"})
	}
	return all
}

// completeCommand completes a command's name or its argument. text is without the backslash.
func (w *words) completeCommand(text string) (string, []term.Candidate) {
	name, arg, isArg := strings.Cut(text, " ")
	if !isArg {
		var all []term.Candidate
		for _, c := range shellCommands {
			all = append(all, term.Candidate{Value: `\` + c.name, Kind: "commands", About: c.what})
		}
		return `\` + name, matching(`\`+name, all)
	}
	word := arg[strings.LastIndexAny(arg, " ")+1:]
	switch name {
	case "d", "dt", "di", "dv", "ds", "history":
		return word, matching(word, w.relations())
	case "i", "ir", "o", "g", "gx", "w", "copy", "cd":
		return word, fileNames(word)
	case "h", "help":
		var all []term.Candidate
		for _, s := range sqlHelp {
			all = append(all, term.Candidate{Value: s.name, Kind: "statements"})
		}
		return arg, matching(arg, all)
	case "format":
		return word, matching(word, candidates("formats", outputFormats))
	case "pset":
		return word, matching(word, candidates("options", psetNames()))
	case "df":
		return word, matching(word, w.functionNames())
	}
	return word, nil
}

func candidates(kind string, names []string) []term.Candidate {
	all := make([]term.Candidate, len(names))
	for i, n := range names {
		all[i] = term.Candidate{Value: n, Kind: kind}
	}
	return all
}

// fileNames are the files whose names begin with word.
func fileNames(word string) []term.Candidate {
	dir, _ := filepath.Split(word)
	from := dir
	if from == "" {
		from = "."
	}
	list, err := os.ReadDir(from)
	if err != nil {
		return nil
	}
	var all []term.Candidate
	for _, f := range list {
		name := dir + f.Name()
		if f.IsDir() {
			name += "/"
		}
		all = append(all, term.Candidate{Value: name, Kind: "files"})
	}
	return matching(word, all)
}

// nameFor is a name as it must be written in a statement.
func nameFor(name string) string {
	if isName(name) && name == strings.ToLower(name) && (name[0] < '0' || name[0] > '9') && !isKeyword(name) {
		return name
	}
	return quoteName(name)
}
