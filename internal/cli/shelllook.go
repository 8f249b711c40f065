package cli

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"driftdb/colstore"
	"driftdb/internal/formats/rowtext"
	"driftdb/internal/types"
	"driftdb/sqlvec"
)

// lookCommands show what there is. They see what the session sees: after \as-of the past.
var lookCommands = []shellCommand{
	{"d", "[NAME]", "list the tables, views and sequences, or describe one", (*shell).describe},
	{"dt", "[PATTERN]", "list the tables", listOf("tables", isKind(colstore.KindTable))},
	{"dv", "[PATTERN]", "list the views", listOf("views", isKind(colstore.KindView))},
	{"dm", "[PATTERN]", "list the materialized views", listOf("materialized views", (*colstore.Table).Materialized)},
	{"ds", "[PATTERN]", "list the sequences", listOf("sequences", isKind(colstore.KindSequence))},
	{"dn", "[PATTERN]", "list the schemas", (*shell).listSchemas},
	{"dT", "[PATTERN]", "list the types that were created", (*shell).listTypes},
	{"dD", "[PATTERN]", "list the domains", (*shell).listDomains},
	{"di", "[PATTERN]", "list the indexes", (*shell).listIndexes},
	{"df", "[PATTERN]", "list the functions", (*shell).listFunctions},
	{"l", "", "show the database: its directory and last commit", (*shell).listDatabase},
	{"history", "TABLE KEY…", "every version of one row, oldest first", (*shell).rowHistory},
	{"as-of", "[POINT]", "read everything as of @SEQ:N, @TX:N or a timestamp; without it the present", (*shell).asOf},
}

// matches reports whether a name fits a pattern of psql's, * and ? as in a shell. No pattern fits all.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	if quoted, ok := strings.CutPrefix(pattern, `"`); ok {
		return strings.TrimSuffix(quoted, `"`) == name
	}
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
	return err == nil && ok
}

// withView calls fn with what the session sees.
func (sh *shell) withView(fn func(*colstore.View) error) error {
	view, err := sh.session.View()
	if err != nil {
		return err
	}
	defer view.Release()
	return fn(view)
}

// pattern is a name with * and ?, which may have a schema.
type pattern struct{ schema, name string }

// patternOf reads a pattern as psql does: one with a dot is of a schema.
func patternOf(text string) pattern {
	if i := strings.IndexByte(text, '.'); i >= 0 && !strings.HasPrefix(text, `"`) {
		return pattern{text[:i], text[i+1:]}
	}
	return pattern{name: text}
}

// fits reports whether a pattern is one of a relation or type; without a schema of one that its name alone finds.
func (p pattern) fits(names sqlvec.Names, t *colstore.Table) bool {
	if !matches(p.name, t.Name) {
		return false
	}
	if p.schema == "" {
		return names.Visible(t)
	}
	return matches(p.schema, names.Schema(t))
}

// listOf lists the relations that are wanted, which are called what.
func listOf(what string, want func(*colstore.Table) bool) func(*shell, call) error {
	return func(sh *shell, c call) error {
		return sh.withView(func(view *colstore.View) error {
			return sh.list(sh.relationList(view, c.arg(0), want), what, c.arg(0))
		})
	}
}

// isKind is true for relations of a kind; materialized views are tables of their own kind.
func isKind(kind colstore.RelationKind) func(*colstore.Table) bool {
	return func(t *colstore.Table) bool { return t.Kind == kind && !t.Materialized() }
}

// list writes a list, or says that it is empty.
func (sh *shell) list(c *cells, what, pattern string) error {
	if len(c.rows) > 0 {
		return sh.write(c)
	}
	if pattern != "" {
		fmt.Fprintf(sh.std.err, "There are no %s named %q.\n", what, clean(pattern))
		return nil
	}
	fmt.Fprintf(sh.std.err, "There are no %s.\n", what)
	return nil
}

// write writes a small result as a table, or in whatever form is set.
func (sh *shell) write(c *cells) error {
	out := *sh.out
	switch out.form {
	case "arrow", "arrows", "chart", "vertical":
		out.form = "table"
	}
	out.opts.Title, out.opts.Expanded = "", false
	return out.writeText(c.cols, c.each)
}

func (sh *shell) relationList(view *colstore.View, pattern string, want func(*colstore.Table) bool) *cells {
	list := &cells{cols: append(textColumns("name", "type"), bigintColumn("columns"), bigintColumn("rows"))}
	names, wanted := sh.session.Names(view), patternOf(pattern)
	for _, t := range names.Relations() {
		if !want(t) || !wanted.fits(names, t) {
			continue
		}
		rows, columns := types.NullOf(types.T(types.Int64)), types.NullOf(types.T(types.Int64))
		if t.Kind != colstore.KindSequence {
			columns = bigintValue(int64(len(t.Shown())))
		}
		if stats := names.View(t).Stats(t); t.Kind == colstore.KindTable && stats.Err == nil { // NULL when the table cannot be read
			rows = bigintValue(stats.Rows)
		}
		list.rows = append(list.rows, []types.Value{textValue(names.Display(t)), textValue(strings.ToLower(t.KindName())), columns, rows})
	}
	return list
}

// listTypes lists the enumerations.
func (sh *shell) listTypes(c call) error {
	return sh.withView(func(view *colstore.View) error {
		list := &cells{cols: textColumns("name", "type", "labels")}
		names, wanted := sh.session.Names(view), patternOf(c.arg(0))
		for _, t := range view.Catalog().Enums() {
			if wanted.fits(names, t) {
				list.rows = append(list.rows, []types.Value{textValue(names.Display(t)), textValue("enum"), textValue(strings.Join(t.Labels, ", "))})
			}
		}
		return sh.list(list, "types", c.arg(0))
	})
}

// listDomains lists the domains.
func (sh *shell) listDomains(c call) error {
	return sh.withView(func(view *colstore.View) error {
		list := &cells{cols: textColumns("name", "type", "nullable", "default", "check")}
		names, wanted := sh.session.Names(view), patternOf(c.arg(0))
		for _, t := range view.Catalog().Domains() {
			if !wanted.fits(names, t) {
				continue
			}
			v, nullable := &t.Columns[0], ""
			if v.NotNull {
				nullable = "not null"
			}
			var checks []string
			for _, k := range t.Checks {
				checks = append(checks, "CHECK ("+k.SQL+")")
			}
			list.rows = append(list.rows, []types.Value{textValue(names.Display(t)), textValue(v.Type.Definition()), textValue(nullable), textValue(v.Default), textValue(strings.Join(checks, " "))})
		}
		return sh.list(list, "domains", c.arg(0))
	})
}

// describe lists all relations, or describes one.
func (sh *shell) describe(c call) error {
	name := c.arg(0)
	return sh.withView(func(view *colstore.View) error {
		all := func(*colstore.Table) bool { return true }
		if name == "" || strings.ContainsAny(name, "*?") {
			return sh.list(sh.relationList(view, name, all), "tables, views or sequences", name)
		}
		if t, i, ok := sh.index(view, name); ok {
			return sh.describeIndex(view, t, i)
		}
		t, err := sh.relation(view, name)
		if err != nil {
			return err
		}
		return sh.describeRelation(view, t)
	})
}

// index finds an index by its name: number i of the keys of t.
func (sh *shell) index(view *colstore.View, name string) (t *colstore.Table, i int, ok bool) {
	names, wanted := sh.session.Names(view), patternOf(name)
	of := wanted
	of.name = ""
	for _, t := range names.Relations() {
		if !of.fits(names, t) {
			continue
		}
		for i, x := range t.Keys() {
			if matches(wanted.name, x.Name) {
				return t, i, true
			}
		}
	}
	return nil, 0, false
}

// describeIndex shows the columns of an index, and whose it is.
func (sh *shell) describeIndex(view *colstore.View, t *colstore.Table, i int) error {
	x := &t.Keys()[i]
	fmt.Fprintf(sh.out.w, "Index \"%s\"\n", clean(x.Name))
	list := &cells{cols: textColumns("column", "type")}
	keys, condition := sqlvec.IndexKeys(t, x)
	for k, id := range x.Columns {
		if c, ok := t.Column(id); ok {
			list.rows = append(list.rows, []types.Value{textValue(keys[k]), textValue(c.Type.Definition())})
		}
	}
	if err := sh.write(list); err != nil {
		return err
	}
	names := sh.session.Names(view)
	about := []string{strings.TrimSpace(indexKind(t, i, x.Unique) + "for table " + nameIn(names, t))}
	if condition != "" {
		about = append(about, "WHERE "+condition)
	}
	return writeSections(sh.out.w, []section{{"Index:", about}})
}

// listOfKinds is the command of psql that lists relations of several kinds, as \dtv; nil for another name.
func listOfKinds(name string) func(*shell, call) error {
	letters, ok := strings.CutPrefix(strings.TrimRight(name, "+S"), "d")
	if !ok || len(letters) < 2 || strings.Trim(letters, "tvms") != "" {
		return nil
	}
	return listOf("such relations", func(t *colstore.Table) bool {
		letter := map[colstore.RelationKind]string{colstore.KindTable: "t", colstore.KindView: "v", colstore.KindSequence: "s"}[t.Kind]
		if t.Materialized() {
			letter = "m"
		}
		return strings.Contains(letters, letter)
	})
}

func (sh *shell) describeRelation(view *colstore.View, t *colstore.Table) error {
	kind := t.KindName()
	names := sh.session.Names(view)
	fmt.Fprintf(sh.out.w, "%s \"%s\"\n", kind[:1]+strings.ToLower(kind[1:]), clean(names.Display(t)))
	if t.Sequence != nil {
		return sh.write(sequenceOf(t.Sequence))
	}
	if err := sh.write(sh.columnList(view, t)); err != nil {
		return err
	}
	return writeSections(sh.out.w, sectionsOf(names, t))
}

func sequenceOf(s *colstore.SequenceDef) *cells {
	list := &cells{cols: textColumns("type")}
	for _, name := range []string{"start", "minimum", "maximum", "increment"} {
		list.cols = append(list.cols, bigintColumn(name))
	}
	list.cols = append(list.cols, rowtext.Column{Name: "cycles", Type: types.T(types.Bool)})
	list.rows = [][]types.Value{{textValue(s.Type.String()), bigintValue(s.Start), bigintValue(s.Min), bigintValue(s.Max), bigintValue(s.Increment), types.BoolValue(s.Cycle)}}
	return list
}

func (sh *shell) columnList(view *colstore.View, t *colstore.Table) *cells {
	list := &cells{cols: textColumns("column", "type", "nullable", "default")}
	for _, c := range t.Shown() {
		nullable, value := "", c.Default
		if c.NotNull {
			nullable = "not null"
		}
		switch {
		case c.Identity == colstore.IdentityAlways:
			value = "generated always as identity"
		case c.Identity == colstore.IdentityByDefault:
			value = "generated by default as identity"
		case c.Generated != "":
			value = "generated always as (" + c.Generated + ") stored"
		}
		typ := c.Type.Definition()
		if d, ok := view.Catalog().TableByID(c.Domain); ok && c.Domain != 0 {
			typ = sh.session.Names(view).Display(d)
		}
		list.rows = append(list.rows, []types.Value{textValue(c.Name), textValue(typ), textValue(nullable), textValue(value)})
	}
	return list
}

// section is a list below the columns of a table.
type section struct {
	title string
	lines []string
}

func sectionsOf(names sqlvec.Names, t *colstore.Table) []section {
	indexes, checks, keys, referrers := section{title: "Indexes:"}, section{title: "Check constraints:"}, section{title: "Foreign keys:"}, section{title: "Referenced by:"}
	for i, x := range t.Keys() {
		keys, condition := sqlvec.IndexKeys(t, &x)
		if condition != "" {
			condition = " WHERE " + condition
		}
		indexes.lines = append(indexes.lines, fmt.Sprintf("\"%s\" %s(%s)%s", x.Name, indexKind(t, i, x.Unique), strings.Join(keys, ", "), condition))
	}
	for _, c := range t.Checks {
		checks.lines = append(checks.lines, fmt.Sprintf("\"%s\" CHECK (%s)", c.Name, c.SQL))
	}
	for _, k := range t.ForeignKeys {
		if to, ok := names.View(t).Catalog().TableByID(k.Table); ok {
			keys.lines = append(keys.lines, fmt.Sprintf("\"%s\" FOREIGN KEY (%s) REFERENCES %s (%s)", k.Name,
				strings.Join(columnNames(t, k.Columns), ", "), nameIn(names, to), strings.Join(columnNames(to, k.RefColumns), ", ")))
		}
	}
	for _, id := range t.ReferencedBy {
		if from, ok := names.View(t).Catalog().TableByID(id); ok {
			referrers.lines = append(referrers.lines, "table "+nameIn(names, from))
		}
	}
	all := []section{indexes, checks, keys, referrers}
	if t.Query != "" {
		all = append(all, section{"View definition:", strings.Split(t.Query, "\n")})
	}
	if about := t.Comment(0, ""); about != "" {
		all = append(all, section{"Comment:", strings.Split(about, "\n")})
	}
	return all
}

// nameIn is the name of a table as it must be written in a statement.
func nameIn(names sqlvec.Names, t *colstore.Table) string {
	if names.Visible(t) {
		return nameFor(t.Name)
	}
	return nameFor(names.Schema(t)) + "." + nameFor(t.Name)
}

func indexKind(t *colstore.Table, i int, unique bool) string {
	switch {
	case i == 0 && len(t.PrimaryKey) > 0:
		return "primary key "
	case unique:
		return "unique "
	}
	return ""
}

func writeSections(w io.Writer, all []section) error {
	for _, s := range all {
		if len(s.lines) == 0 {
			continue
		}
		text := s.title + "\n"
		for _, l := range s.lines {
			text += "    " + clean(l) + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (sh *shell) listIndexes(c call) error {
	return sh.withView(func(view *colstore.View) error {
		list := &cells{cols: textColumns("name", "table", "columns", "kind")}
		names, wanted := sh.session.Names(view), patternOf(c.arg(0))
		for _, t := range names.Relations() {
			of := wanted
			of.name = ""
			for i, x := range t.Keys() {
				if !of.fits(names, t) || !matches(wanted.name, x.Name) {
					continue
				}
				kind := strings.TrimSpace(indexKind(t, i, x.Unique))
				keys, _ := sqlvec.IndexKeys(t, &x)
				list.rows = append(list.rows, []types.Value{textValue(x.Name), textValue(names.Display(t)),
					textValue(strings.Join(keys, ", ")), textValue(kind)})
			}
		}
		return sh.list(list, "indexes", c.arg(0))
	})
}

func (sh *shell) listFunctions(c call) error {
	list := &cells{cols: textColumns("name", "arguments", "result", "kind")}
	for _, f := range sqlvec.Functions() {
		kind := "function"
		if f.Aggregate {
			kind = "aggregate"
		}
		if matches(strings.TrimSuffix(c.arg(0), "("), f.Name) {
			list.rows = append(list.rows, []types.Value{textValue(f.Name), textValue(f.Args), textValue(f.Result), textValue(kind)})
		}
	}
	return sh.list(list, "functions", c.arg(0))
}

func (sh *shell) listDatabase(call) error {
	dir, err := filepath.Abs(sh.dir)
	if err != nil {
		dir = sh.dir
	}
	return sh.withView(func(view *colstore.View) error {
		p := view.Point()
		list := &cells{cols: textColumns("name", "directory")}
		for _, name := range []string{"tables", "event", "transaction"} {
			list.cols = append(list.cols, bigintColumn(name))
		}
		list.rows = [][]types.Value{{textValue(sh.name), textValue(dir), bigintValue(int64(len(view.Catalog().Tables()))),
			bigintValue(int64(p.Seq)), bigintValue(int64(p.CSN))}}
		return sh.write(list)
	})
}

// rowHistory shows every version of one row.
func (sh *shell) rowHistory(c call) error {
	if len(c.args) < 2 {
		return errors.New("\\history needs a table and the key of a row; \\s shows the entries typed")
	}
	f := historyFlags{table: c.args[0], keys: c.args[1:]}
	session := sh.db.Session() // of its own: all of history, whatever \as-of says
	defer session.Close()
	h, err := f.read(c.ctx, sh.db, session)
	if err != nil {
		return err
	}
	return sh.list(h.events(), "versions", strings.Join(f.keys, ", "))
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
