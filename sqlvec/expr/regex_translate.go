package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Of letters and digits PostgreSQL knows all, package regexp only ASCII's.
const wordClass = `\p{L}\p{M}\p{Nd}_`

// The characters that are spaces to PostgreSQL, and all others: package regexp knows ASCII's but for \v, and
// Unicode's are spaces unless they do not break a line.
const (
	spaceClass    = `\t-\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`
	notSpaceClass = `\x00-\x08\x0e-\x1f!-\x{167f}\x{1681}-\x{1fff}\x{2007}\x{200b}-\x{2027}\x{202a}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}`
)

// posixClasses are the classes of brackets; those that are not empty have more than ASCII.
var posixClasses = map[string]string{
	"alpha": `\p{L}\p{M}`, "alnum": `\p{L}\p{M}\p{Nd}`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "word": wordClass,
	"blank": "", "cntrl": "", "digit": "", "graph": "", "print": "", "punct": "", "space": spaceClass, "xdigit": "", "ascii": "",
}

// regexTranslator turns a pattern in PostgreSQL's syntax into one of package regexp.
type regexTranslator struct {
	s     string
	opts  regexOptions
	out   strings.Builder
	class bool // within brackets
	err   error
	pref  preference

	// Constraints and back references are written as groups with names of their own, which marks counts;
	// without it as what matches wherever they may.
	marks  *int
	apart  bool // alternatives are marked, too, so that each is kept
	edges  bool // there was a constraint
	looks  []*regexLook
	refers bool // there was a back reference

	depth  int   // of constraints around, in which groups do not capture
	groups int   // that were opened
	opened []int // groups that are open: their numbers, 0 for those that do not capture
}

// translate writes the whole pattern.
func (t *regexTranslator) translate() (string, error) {
	for t.s != "" && t.err == nil {
		switch {
		case t.depth > 0 && !t.class && t.s[0] == ')' && len(t.opened) == 0:
			return t.out.String(), nil
		case t.s[0] == '\\' && len(t.s) > 1:
			t.escape(t.s[1])
		case t.class:
			t.inClass()
		default:
			t.outside()
		}
	}
	return t.out.String(), t.err
}

// outside writes what stands outside brackets.
func (t *regexTranslator) outside() {
	if n, choice := repetition(t.s); n > 0 {
		t.quantify(n, choice)
		return
	}
	switch {
	case strings.HasPrefix(t.s, "[[:<:]]") || strings.HasPrefix(t.s, "[[:>:]]"):
		t.writeEdge(map[byte]byte{'<': 'm', '>': 'M'}[t.s[3]], 7)
	case t.s[0] == '[':
		t.open()
	case strings.HasPrefix(t.s, "(?#"):
		t.comment(')')
	case t.opts.expanded && t.s[0] == '#':
		t.comment('\n')
	case t.opts.expanded && strings.IndexByte(" \t\n\r\f\v", t.s[0]) >= 0:
		t.s = t.s[1:]
	case t.s[0] == '(':
		t.group()
	case t.s[0] == '|' && t.apart:
		t.pref.see(t.s)
		t.put("|"+t.mark(apartMark, ""), 1)
	case t.s[0] == ')' && len(t.opened) > 0:
		t.opened = t.opened[:len(t.opened)-1]
		t.pref.see(t.s)
		t.take(1)
	default:
		t.pref.see(t.s)
		t.take(1)
	}
}

// group writes the beginning of a group, or a constraint of regexLook.
func (t *regexTranslator) group() {
	size, capture := 1, t.depth == 0
	if strings.HasPrefix(t.s, "(?") {
		rest := t.s[2:]
		switch {
		case strings.HasPrefix(rest, ":"):
			size, capture = 3, false
		case strings.HasPrefix(rest, "="), strings.HasPrefix(rest, "!"):
			t.look(3)
			return
		case strings.HasPrefix(rest, "<="), strings.HasPrefix(rest, "<!"):
			t.look(4)
			return
		default:
			t.err = invalidRegex("quantifier operand invalid")
			return
		}
	}
	number, begin := 0, "(?:"
	if capture {
		t.groups++
		number, begin = t.groups, "("
	}
	t.opened = append(t.opened, number)
	t.pref.see(t.s)
	t.put(begin, size)
}

// maxLookDepth is how deep constraints may stand within another.
const maxLookDepth = 50

// look writes a constraint that begins with n bytes.
func (t *regexTranslator) look(n int) {
	l := &regexLook{ahead: n == 3, not: t.s[n-1] == '!'}
	inner := regexTranslator{s: t.s[n:], opts: t.opts, marks: t.marks, depth: t.depth + 1, groups: t.groups}
	if inner.depth > maxLookDepth {
		t.err = invalidRegex("regular expression is too complex")
		return
	}
	text, err := inner.translate()
	switch {
	case err != nil:
		t.err = err
		return
	case inner.s == "":
		t.err = invalidRegex("parentheses () not balanced")
		return
	}
	t.edges = true
	t.s = inner.s[1:]
	if size, _ := repetition(t.s); size > 0 {
		t.err = invalidRegex("quantifier operand invalid")
		return
	}
	t.looks = append(t.looks, l)
	if t.marks == nil {
		t.out.WriteString("(?:)")
		return
	}
	if err := l.compile(t.opts.mode()+text, inner.looks); err != nil {
		t.err = invalidRegex(regexReason(err))
		return
	}
	fmt.Fprintf(&t.out, "(?P<%c%d>)", lookMark, len(t.looks)-1)
}

// comment leaves out a comment that ends with a character.
func (t *regexTranslator) comment(end byte) {
	if at := strings.IndexByte(t.s, end); at >= 0 {
		t.s = t.s[at+1:]
		return
	}
	if t.s = t.s[len(t.s):]; end == ')' {
		t.err = invalidRegex("parentheses () not balanced")
	}
}

// quantify writes a quantifier of n bytes.
func (t *regexTranslator) quantify(n int, choice byte) {
	for _, count := range strings.FieldsFunc(t.s[:n], func(r rune) bool { return r < '0' || r > '9' }) {
		if c, err := strconv.Atoi(count); err != nil || c > 255 {
			t.err = invalidRegex("invalid repetition count(s)")
		}
	}
	t.pref.decide(choice)
	t.take(n)
}

// take copies n bytes.
func (t *regexTranslator) take(n int) {
	t.out.WriteString(t.s[:n])
	t.s = t.s[n:]
}

// put writes a text for n bytes.
func (t *regexTranslator) put(text string, n int) {
	t.out.WriteString(text)
	t.s = t.s[n:]
}

// putRune writes a character that stands for itself.
func (t *regexTranslator) putRune(r rune, n int) { t.put(fmt.Sprintf(`\x{%x}`, r), n) }

// open writes the beginning of brackets, with a ] that is one of their characters.
func (t *regexTranslator) open() {
	t.class = true
	n := 1
	if strings.HasPrefix(t.s[n:], "^") {
		n++
	}
	bracket := strings.HasPrefix(t.s[n:], "]")
	t.take(n)
	if n == 2 && t.opts.lineStops {
		t.out.WriteString(`\n`)
	}
	if bracket {
		t.put(`\]`, 1)
	}
}

// inClass writes what stands within brackets.
func (t *regexTranslator) inClass() {
	switch {
	case strings.HasPrefix(t.s, "[:"):
		t.named()
	case strings.HasPrefix(t.s, "[.") || strings.HasPrefix(t.s, "[="):
		t.collated(t.s[1:2] + "]")
	default:
		t.class = t.s[0] != ']'
		t.take(1)
	}
}

// named writes a named class.
func (t *regexTranslator) named() {
	n := strings.Index(t.s[2:], ":]")
	if n < 0 {
		t.err = invalidRegex("brackets [] not balanced")
		return
	}
	class, ok := posixClasses[t.s[2:2+n]]
	switch {
	case !ok:
		t.err = invalidRegex("invalid character class")
	case class == "":
		t.take(n + 4)
	default:
		t.put(class, n+4)
	}
}

// collated writes a collating element or a class of equivalent ones: a character.
func (t *regexTranslator) collated(end string) {
	n := strings.Index(t.s[2:], end)
	if n < 0 {
		t.err = invalidRegex("brackets [] not balanced")
		return
	}
	r, size := utf8.DecodeRuneInString(t.s[2 : 2+n])
	if size != n {
		t.err = invalidRegex("invalid collating element")
		return
	}
	t.putRune(r, n+4)
}

func (t *regexTranslator) writeEdge(kind byte, size int) {
	t.edges = true
	t.put(t.mark(string(kind), "(?:)"), size)
}

// mark is a group that is named by what it begins with, or what is written without marks.
func (t *regexTranslator) mark(name, without string) string {
	if t.marks == nil {
		return without
	}
	*t.marks++
	return fmt.Sprintf("(?P<%s_%d>)", name, *t.marks)
}

// escapedRunes are the characters that escapes of one letter stand for.
var escapedRunes = map[byte]rune{'b': '\b', 'B': '\\', 'e': 0x1b}

// escape writes an escape.
func (t *regexTranslator) escape(c byte) {
	r, known := escapedRunes[c]
	switch {
	case known:
		t.putRune(r, 2)
	case c >= '0' && c <= '9':
		t.number()
	case c == 'x' && strings.HasPrefix(t.s[2:], "{"):
		t.take(2)
	case c == 'x':
		t.hex(255)
	case c == 'u':
		t.hex(4)
	case c == 'U':
		t.hex(8)
	case c == 'c' && len(t.s) > 2:
		t.putRune(rune(t.s[2]&0x1f), 3)
	case c < utf8.RuneSelf && (unicode.IsLetter(rune(c))):
		t.letter(c)
	default:
		t.take(2)
	}
}

// letter writes the escape of a letter that stands for a class or a constraint.
func (t *regexTranslator) letter(c byte) {
	switch {
	case t.class && c == 'w':
		t.put(wordClass, 2)
	case c == 'w':
		t.put("["+wordClass+"]", 2)
	case c == 's' && t.class:
		t.put(spaceClass, 2)
	case c == 's':
		t.put("["+spaceClass+"]", 2)
	case c == 'S' && t.class:
		t.put(notSpaceClass, 2)
	case c == 'S':
		t.put("[^"+spaceClass+"]", 2)
	case c == 'W' && !t.class:
		t.put("[^"+wordClass+"]", 2)
	case c == 'Z' && !t.class:
		t.put(`\z`, 2)
	case strings.IndexByte("mMyY", c) >= 0 && !t.class:
		t.writeEdge(c, 2)
	case strings.IndexByte("afnrtvdDpPW", c) >= 0, c == 'A' && !t.class:
		t.take(2)
	default:
		t.err = invalidRegex("invalid escape \\ sequence")
	}
}

// hex writes the character of up to most hexadecimal digits; \u and \U have all of them.
func (t *regexTranslator) hex(most int) {
	n := 0
	for n < most && 2+n < len(t.s) && strings.IndexByte("0123456789abcdefABCDEF", t.s[2+n]) >= 0 {
		n++
	}
	r, err := strconv.ParseUint(t.s[2:2+n], 16, 32)
	if err != nil || most <= 8 && n < most || r > unicode.MaxRune {
		t.err = invalidRegex("invalid escape \\ sequence")
		return
	}
	t.putRune(rune(r), 2+n)
}

// number writes a back reference, or the character of octal digits: several digits refer to a group
// if so many were opened.
func (t *regexTranslator) number() {
	n := 1
	for n < len(t.s) && t.s[n] >= '0' && t.s[n] <= '9' {
		n++
	}
	if ref, err := strconv.Atoi(t.s[1:n]); t.s[1] != '0' && (n == 2 || err == nil && ref <= t.groups) {
		t.reference(ref, n)
		return
	}
	n = 1
	for n < 4 && n < len(t.s) && t.s[n] >= '0' && t.s[n] <= '7' {
		n++
	}
	r, err := strconv.ParseUint(t.s[1:n], 8, 32)
	if err != nil {
		t.err = invalidRegex("invalid escape \\ sequence")
		return
	}
	if r > 0xff {
		n, r = n-1, r>>3
	}
	t.putRune(rune(r), n)
}

// reference writes a reference of n bytes to a group.
func (t *regexTranslator) reference(group, n int) {
	switch {
	case t.class:
		t.err = invalidRegex("invalid escape \\ sequence")
	case t.depth > 0 || group > t.groups || slices.Contains(t.opened, group):
		t.err = invalidRegex("invalid backreference number")
	}
	t.refers = true
	t.put(t.mark(backMark+strconv.Itoa(group), "(?s:.*)"), n)
}
