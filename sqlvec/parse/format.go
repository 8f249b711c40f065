package parse

import (
	"strconv"
	"strings"
)

// Format returns the SQL text of a tree in canonical form: one line, keywords in
// upper case, names quoted where they must be, parentheses where precedence wants
// them. What it prints parses to the same tree, positions aside.
func Format(n Node) string {
	var f formatter
	switch n := n.(type) {
	case *Query:
		f.query(n)
	case Stmt:
		f.stmt(n)
	case Expr:
		f.expr(n, precOr)
	case TableExpr:
		f.table(n)
	case QueryBody:
		f.body(n)
	case *TypeName:
		f.typeName(n)
	case *SystemTime:
		f.systemTime(n)
	case Name:
		f.name(n)
	case Ident:
		f.ident(n.Name)
	}
	return f.b.String()
}

// formatter collects the text.
type formatter struct{ b strings.Builder }

// w writes texts as they are.
func (f *formatter) w(texts ...string) {
	for _, t := range texts {
		f.b.WriteString(t)
	}
}

// opt writes text if cond holds.
func (f *formatter) opt(cond bool, text string) {
	if cond {
		f.b.WriteString(text)
	}
}

// list writes n items with commas between them.
func (f *formatter) list(n int, item func(i int)) {
	for i := range n {
		f.opt(i > 0, ", ")
		item(i)
	}
}

// ambiguous are words that are no reserved ones but begin a construct somewhere a
// name may stand; as names they are quoted.
var ambiguous = makeSet("of set partition range rows groups recursive savepoint nulls rollup cube operator unbounded current " +
	"index exclude try_cast session local role names time only lateral all default")

func makeSet(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// isPlain reports whether s reads back as itself without quotes, keywords aside.
func isPlain(s string) bool {
	if s == "" || charClasses[s[0]]&isIdentStart == 0 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if charClasses[c]&isIdentPart == 0 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// QuoteIdent returns a name as it is written in SQL, between double quotes where
// it must be.
func QuoteIdent(name string) string {
	if isPlain(name) && !ambiguous[name] {
		if kw, ok := keywords[name]; !ok || kw.class.class() == unreserved {
			return name
		}
	}
	return quoted(name)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteString returns a text as a string literal.
func QuoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (f *formatter) ident(name string) { f.w(QuoteIdent(name)) }
func (f *formatter) str(s string)      { f.w(QuoteString(s)) }

func (f *formatter) dotted(parts []string) {
	for i, part := range parts {
		f.opt(i > 0, ".")
		f.ident(part)
	}
}

func (f *formatter) name(n Name) { f.dotted(n.Parts) }

func (f *formatter) names(list []Name) { f.list(len(list), func(i int) { f.name(list[i]) }) }

// idents writes (a, b), or nothing for an empty list.
func (f *formatter) idents(before string, list []Ident) {
	if len(list) == 0 {
		return
	}
	f.w(before, "(")
	f.list(len(list), func(i int) { f.ident(list[i].Name) })
	f.w(")")
}

// typeWords maps internal type names to the standard's, with how many numbers in
// parentheses the grammar takes, and what follows them.
var typeWords = map[string]struct {
	word  string
	mods  int
	after string
}{
	"int2": {"smallint", 0, ""}, "int4": {"integer", 0, ""}, "int8": {"bigint", 0, ""},
	"float4": {"real", 0, ""}, "float8": {"double precision", 0, ""}, "bool": {"boolean", 0, ""},
	"numeric": {"numeric", 2, ""}, "varchar": {"varchar", 1, ""}, "bit": {"bit", 1, ""}, "varbit": {"bit varying", 1, ""},
	"time": {"time", 1, ""}, "timetz": {"time", 1, " with time zone"},
	"timestamp": {"timestamp", 1, ""}, "timestamptz": {"timestamp", 1, " with time zone"},
	"interval": {"interval", 1, ""},
}

func (f *formatter) typeName(t *TypeName) {
	f.opt(t.Setof, "SETOF ")
	f.simpleType(t)
	for _, n := range t.Dims {
		f.w("[")
		if n >= 0 {
			f.w(strconv.Itoa(n))
		}
		f.w("]")
	}
}

func (f *formatter) simpleType(t *TypeName) {
	if len(t.Name.Parts) != 1 {
		f.name(t.Name)
		f.mods(t.Mods)
		return
	}
	name := t.Name.Parts[0]
	switch w, ok := typeWords[name]; {
	case name == "bpchar" && len(t.Mods) == 1:
		f.w("character")
		f.mods(t.Mods)
	case t.Fields != "":
		f.w("interval ", t.Fields)
		f.mods(t.Mods)
	case ok && len(t.Mods) <= w.mods:
		f.w(w.word)
		f.mods(t.Mods)
		f.w(w.after)
	case ok:
		f.w(quoted(name))
		f.mods(t.Mods)
	default:
		f.ident(name)
		f.mods(t.Mods)
	}
}

func (f *formatter) mods(mods []int) {
	if len(mods) == 0 {
		return
	}
	f.w("(")
	f.list(len(mods), func(i int) { f.w(strconv.Itoa(mods[i])) })
	f.w(")")
}

// options writes (name value, …).
func (f *formatter) options(before string, list []Option) {
	if len(list) == 0 {
		return
	}
	f.w(before, "(")
	f.list(len(list), func(i int) {
		f.setting(list[i].Name)
		if list[i].Value != nil {
			f.w(" ")
			f.optionValue(list[i].Value)
		}
	})
	f.w(")")
}

// setting writes the name of an option or setting. Its dots are part of it, so
// that quoting the whole does no harm.
func (f *formatter) setting(name string) {
	for _, part := range strings.Split(name, ".") {
		if kw, ok := keywords[part]; !isPlain(part) || ambiguous[part] || ok && kw.class.class() == columnName ||
			isAnyOf(part, "select", "with", "table") {
			f.w(quoted(name))
			return
		}
	}
	f.w(name)
}

// optionValue writes a value of an option. A list is a row in parentheses.
func (f *formatter) optionValue(e Expr) {
	row, ok := e.(*RowExpr)
	if !ok {
		f.expr(e, precOr)
		return
	}
	f.w("(")
	f.list(len(row.Elems), func(i int) { f.optionValue(row.Elems[i]) })
	f.w(")")
}
