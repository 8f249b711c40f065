package expr

import "strings"

// Of letters and digits PostgreSQL knows all, package regexp only ASCII's.
const wordClass = `\p{L}\p{M}\p{Nd}_`

// posixClasses are the classes of brackets that have more than ASCII.
var posixClasses = map[string]string{
	"alpha": `\p{L}\p{M}`, "alnum": `\p{L}\p{M}\p{Nd}`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "word": wordClass,
}

// regexTranslator turns a pattern in PostgreSQL's syntax into one of package regexp.
type regexTranslator struct {
	s     string
	out   strings.Builder
	class bool // within brackets
	// edge writes a constraint on words: m the beginning, M the end, y either, Y neither.
	edge  func(kind byte) string
	edges bool // there was one
}

// translate writes the whole pattern.
func (t *regexTranslator) translate() string {
	for t.s != "" {
		switch {
		case t.s[0] == '\\' && len(t.s) > 1:
			t.escape(t.s[1])
		case !t.class && (strings.HasPrefix(t.s, "[[:<:]]") || strings.HasPrefix(t.s, "[[:>:]]")):
			t.writeEdge(map[byte]byte{'<': 'm', '>': 'M'}[t.s[3]], 7)
		case !t.class && t.s[0] == '[':
			t.open()
		case t.class && strings.HasPrefix(t.s, "[:"):
			t.named()
		default:
			t.class = t.class && t.s[0] != ']'
			t.take(1)
		}
	}
	return t.out.String()
}

// take copies n bytes.
func (t *regexTranslator) take(n int) {
	t.out.WriteString(t.s[:n])
	t.s = t.s[n:]
}

// open copies the beginning of brackets, with a ] that is one of their characters.
func (t *regexTranslator) open() {
	n := 1
	if strings.HasPrefix(t.s[n:], "^") {
		n++
	}
	if strings.HasPrefix(t.s[n:], "]") {
		n++
	}
	t.class = true
	t.take(n)
}

// named writes a named class within brackets.
func (t *regexTranslator) named() {
	end := strings.Index(t.s, ":]")
	if end < 0 {
		t.take(len(t.s))
		return
	}
	if class, ok := posixClasses[t.s[2:end]]; ok {
		t.out.WriteString(class)
		t.s = t.s[end+2:]
		return
	}
	t.take(end + 2)
}

func (t *regexTranslator) writeEdge(kind byte, size int) {
	t.edges = true
	t.out.WriteString(t.edge(kind))
	t.s = t.s[size:]
}

// escape writes an escape.
func (t *regexTranslator) escape(c byte) {
	switch {
	case t.class && c == 'w':
		t.out.WriteString(wordClass)
	case c == 'w':
		t.out.WriteString("[" + wordClass + "]")
	case c == 'W' && !t.class:
		t.out.WriteString("[^" + wordClass + "]")
	case c == 'Z' && !t.class:
		t.out.WriteString(`\z`)
	case strings.IndexByte("mMyY", c) >= 0 && !t.class:
		t.writeEdge(c, 2)
		return
	default:
		t.take(2)
		return
	}
	t.s = t.s[2:]
}
