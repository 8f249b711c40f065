package expr

import (
	"regexp/syntax"
	"strconv"
	"unicode"
	"unicode/utf8"

	"driftdb/internal/automaton"
)

// wordRegex finds the matches of a pattern that asks where words begin and end, of which package
// regexp has no idea: its program is run with threads (Pike's machine). Of the matches at a place
// it takes the longest or the shortest.
type wordRegex struct {
	prog  *syntax.Prog
	edges map[uint32]byte       // the kind of the instructions that ask
	looks map[uint32]*regexLook // of those of kind lookMark
	slots []int                 // where a capture of the program goes in a match, -1 for nowhere
	size  int                   // of a match

	longest bool
	ends    *automaton.Program // finds where matches end, nil where it cannot
}

// newWordRegex compiles a translated pattern whose constraints are groups that regexTranslator named,
// and which prefers what choice says (see preference).
func newWordRegex(pattern string, choice byte, looks []*regexLook) (*wordRegex, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	w, err := wordRegexOf(tree, looks)
	if err != nil {
		return nil, err
	}
	w.longest = choice != 'l'
	return w, nil
}

// wordRegexOf compiles the tree of a pattern.
func wordRegexOf(tree *syntax.Regexp, looks []*regexLook) (*wordRegex, error) {
	names := tree.CapNames()
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	w := &wordRegex{prog: prog, edges: map[uint32]byte{}, looks: map[uint32]*regexLook{}, slots: make([]int, 2*len(names))}
	for i, name := range names {
		if name != "" {
			w.slots[2*i], w.slots[2*i+1] = -1, -1
			continue
		}
		w.slots[2*i], w.slots[2*i+1] = w.size, w.size+1
		w.size += 2
	}
	for pc := range prog.Inst {
		if in := &prog.Inst[pc]; in.Op == syntax.InstCapture && in.Arg&1 == 0 && names[in.Arg/2] != "" {
			name := names[in.Arg/2]
			w.edges[uint32(pc)] = name[0]
			if name[0] == lookMark {
				n, _ := strconv.Atoi(name[1:])
				w.looks[uint32(pc)] = looks[n]
			}
		}
	}
	return w, nil
}

// lookMark begins the name of a group that stands for a constraint of regexLook; its number follows.
const lookMark = 'L'

// apartMark names the group that an alternative begins with.
const apartMark = "a"

// isWordRune reports whether a character is part of a word; -1 is none.
func isWordRune(r rune) bool {
	return r == '_' || r >= 0 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// wordThread is a place in the program with the captures on the way to it.
type wordThread struct {
	pc   uint32
	caps []int
}

// wordRun is one search.
type wordRun struct {
	w       *wordRegex
	t       *searchedText
	bare    bool  // threads have no captures
	visited []int // by instruction: the step in which it was last reached
	step    int
	match   []int
}

// find returns the first match at or behind an offset, as FindStringSubmatchIndex does.
func (w *wordRegex) find(t *searchedText, off int) []int {
	s := t.s
	r := &wordRun{w: w, t: t, visited: make([]int, len(w.prog.Inst))}
	var now []wordThread
	for pos := off; t.tick(); {
		r.step++
		if r.match == nil {
			if len(now) > 0 { // reached before: the new thread has the lowest priority
				for _, t := range now {
					r.visited[t.pc] = r.step
				}
			}
			caps := make([]int, w.size)
			for i := range caps {
				caps[i] = -1
			}
			caps[0] = pos
			now = r.follow(now, uint32(w.prog.Start), pos, caps)
		}
		if len(now) == 0 && r.match != nil {
			return r.match
		}
		c, size := rune(-1), 0
		if pos < len(s) {
			c, size = utf8.DecodeRuneInString(s[pos:])
		}
		now = r.advance(now, c, pos, pos+size)
		if size == 0 {
			return r.match
		}
		pos += size
	}
	return nil
}

// advance runs all threads over one character, -1 at the end of the text.
func (r *wordRun) advance(now []wordThread, c rune, pos, next int) []wordThread {
	var then []wordThread
	r.step++
	for _, t := range now {
		in := &r.w.prog.Inst[t.pc]
		if r.match != nil && (r.match[0] < t.caps[0] || r.match[0] == t.caps[0] && !r.w.longest) {
			break // as do all behind
		}
		if in.Op == syntax.InstMatch {
			r.match = append([]int(nil), t.caps...)
			r.match[1] = pos
			continue // to what begins before, or is longer
		}
		if c >= 0 && takesRune(in, c) {
			then = r.follow(then, in.Out, next, t.caps)
		}
	}
	return then
}

// takesRune reports whether an instruction takes a character.
func takesRune(in *syntax.Inst, c rune) bool {
	switch in.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return c != '\n'
	}
	return in.MatchRune(c)
}

// follow adds the threads that an instruction leads to without a character.
func (r *wordRun) follow(list []wordThread, pc uint32, pos int, caps []int) []wordThread {
	if r.visited[pc] == r.step {
		return list
	}
	r.visited[pc] = r.step
	in := &r.w.prog.Inst[pc]
	switch in.Op {
	case syntax.InstFail:
		return list
	case syntax.InstAlt, syntax.InstAltMatch:
		return r.follow(r.follow(list, in.Out, pos, caps), in.Arg, pos, caps)
	case syntax.InstNop:
		return r.follow(list, in.Out, pos, caps)
	case syntax.InstEmptyWidth:
		before, after := r.around(pos)
		if syntax.EmptyOp(in.Arg)&^syntax.EmptyOpContext(before, after) != 0 {
			return list
		}
		return r.follow(list, in.Out, pos, caps)
	case syntax.InstCapture:
		if kind, ok := r.w.edges[pc]; ok && !r.atEdge(kind, pc, pos) {
			return list
		}
		if slot := r.w.slots[in.Arg]; slot >= 0 && !r.bare {
			caps = append([]int(nil), caps...)
			caps[slot] = pos
		}
		return r.follow(list, in.Out, pos, caps)
	}
	return append(list, wordThread{pc, caps})
}

// around returns the characters before and behind a place, -1 for none.
func (r *wordRun) around(pos int) (before, after rune) {
	before, after = -1, -1
	if pos > 0 {
		before, _ = utf8.DecodeLastRuneInString(r.t.s[:pos])
	}
	if pos < len(r.t.s) {
		after, _ = utf8.DecodeRuneInString(r.t.s[pos:])
	}
	return before, after
}

// atEdge reports whether a constraint holds at a place.
func (r *wordRun) atEdge(kind byte, pc uint32, pos int) bool {
	switch kind {
	case lookMark:
		return r.t.holds(r.w.looks[pc], pos)
	case apartMark[0]:
		return true
	}
	before, after := r.around(pos)
	b, a := isWordRune(before), isWordRune(after)
	switch kind {
	case 'm':
		return !b && a
	case 'M':
		return b && !a
	case 'y':
		return b != a
	}
	return b == a
}

// finder finds matches where package regexp cannot: a wordRegex or a backRegex.
type finder interface {
	// find returns the first match at or behind an offset, as FindStringSubmatchIndex does.
	find(t *searchedText, off int) []int
}

// placed is find, if the pattern may match at all.
func (re *regex) placed(t *searchedText, off int) ([]int, error) {
	if off == 0 {
		if found, ok := re.automatic(t.s); ok && !found {
			return nil, nil
		}
	}
	m := re.groups(t, re.places.find(t, off))
	return m, t.env.ended()
}

// allPlaced returns all matches, at most n unless it is negative, but no empty one right behind another.
func (re *regex) allPlaced(t *searchedText, n int) ([][]int, error) {
	var list [][]int
	last := -1 // the end of the match before
	for off := 0; off <= len(t.s) && len(list) != n; {
		m, err := re.placed(t, off)
		if err != nil {
			return nil, err
		}
		if m == nil {
			break
		}
		if m[0] != m[1] || m[0] != last {
			list = append(list, m)
		}
		last, off = m[1], m[1]
		if m[0] == m[1] {
			_, size := utf8.DecodeRuneInString(t.s[off:])
			off += max(size, 1)
		}
	}
	return list, nil
}

// The methods of package regexp that are used of patterns that it has.

// MatchString reports whether there is a match.
func (re *regex) MatchString(s string) bool {
	if found, ok := re.automatic(s); ok {
		return found
	}
	return re.Regexp.MatchString(s)
}

// automatic is MatchString by the automaton; ok is false where that cannot tell. Of a pattern whose
// matches are placed it has only what package regexp knows, so that more texts match.
func (re *regex) automatic(s string) (found, ok bool) {
	if re.automaton == nil {
		return false, false
	}
	m := re.automaton.Matcher()
	if m == nil {
		return false, false
	}
	defer re.automaton.Release(m)
	return m.Match(s)
}

// FindStringSubmatchIndex returns the first match, with groups as package regexp has them.
func (re *regex) FindStringSubmatchIndex(s string) []int {
	if re.straight != nil {
		return re.straight.find(s)
	}
	if found, ok := re.automatic(s); ok && !found { // many times as fast as package regexp
		return nil
	}
	return re.Regexp.FindStringSubmatchIndex(s)
}

// FindAllStringSubmatchIndex returns all matches so, at most n unless it is negative.
func (re *regex) FindAllStringSubmatchIndex(s string, n int) [][]int {
	if found, ok := re.automatic(s); ok && !found {
		return nil
	}
	return re.Regexp.FindAllStringSubmatchIndex(s, n)
}

// groupTexts are the texts of a match and its groups, "" for those that took no part.
func groupTexts(s string, m []int) []string {
	out := make([]string, len(m)/2)
	for i := range out {
		if m[2*i] >= 0 {
			out[i] = s[m[2*i]:m[2*i+1]]
		}
	}
	return out
}
