package expr

import (
	"io"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// A search in a long text takes seconds. It is made so that it ends when the statement is to end.

// longText is how many bytes a text has that is searched so.
var longText = 1 << 20

// first is FindStringSubmatchIndex for any pattern.
func (re *regex) first(env *Env, s string) ([]int, error) {
	if re.places != nil {
		return re.placed(newSearchedText(env, s), 0)
	}
	m, err := re.firstPlain(env, s)
	if m != nil && re.divided != nil {
		m = re.divided.within(newSearchedText(env, s), m)
		err = env.ended()
	}
	return m, err
}

// firstPlain is first with the groups that package regexp finds.
func (re *regex) firstPlain(env *Env, s string) ([]int, error) {
	if len(s) < longText || re.straight != nil || !env.mayEnd() {
		return re.FindStringSubmatchIndex(s), env.ended()
	}
	if prefix, _ := re.LiteralPrefix(); prefix != "" { // most of the text is passed over
		return re.FindStringSubmatchIndex(s), env.ended()
	}
	r := &endingReader{env: env, s: s}
	m := re.FindReaderSubmatchIndex(r)
	if err := env.ended(); err != nil {
		return nil, err
	}
	return m, nil
}

// matches is MatchString for any pattern.
func (re *regex) matches(env *Env, s string) (bool, error) {
	if re.places == nil && (len(s) < longText || !env.mayEnd()) {
		return re.MatchString(s), nil
	}
	m, err := re.first(env, s)
	return m != nil, err
}

// all is FindAllStringSubmatchIndex for any pattern.
func (re *regex) all(env *Env, s string, n int) ([][]int, error) {
	if re.places != nil {
		return re.allPlaced(newSearchedText(env, s), n)
	}
	if len(s) < longText || re.maybeEmpty || re.looksBack() || !env.mayEnd() {
		list, t := re.FindAllStringSubmatchIndex(s, n), newSearchedText(env, s)
		for i := range list {
			list[i] = re.groups(t, list[i])
		}
		return list, env.ended()
	}
	var list [][]int
	for off := 0; len(list) != n; {
		m, err := re.first(env, s[off:])
		if err != nil {
			return nil, err
		}
		if m == nil {
			break
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += off
			}
		}
		list, off = append(list, m), m[1]
	}
	return list, nil
}

// looksBack reports whether a match may hang on what stands before it.
func (re *regex) looksBack() bool {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	return err != nil || treeLooksBack(tree)
}

func treeLooksBack(t *syntax.Regexp) bool {
	switch t.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(t.Sub, treeLooksBack)
}

// endingReader reads the characters of a text until the statement is to end.
type endingReader struct {
	env *Env
	s   string
	off int
	n   int // read
}

// readPause is how many characters are read between two looks at the statement.
const readPause = 1 << 16

// ReadRune implements io.RuneReader.
func (r *endingReader) ReadRune() (rune, int, error) {
	if r.n++; r.n%readPause == 0 && r.env.ended() != nil {
		return 0, 0, io.EOF
	}
	if r.off >= len(r.s) {
		return 0, 0, io.EOF
	}
	c, size := rune(r.s[r.off]), 1
	if c >= utf8.RuneSelf {
		c, size = utf8.DecodeRuneInString(r.s[r.off:])
	}
	r.off += size
	return c, size, nil
}
