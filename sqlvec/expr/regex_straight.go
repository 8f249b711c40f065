package expr

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// straightRegex finds the match of an expression that begins at the beginning of the text and
// is a mere sequence of texts and classes, each optional or repeated or neither. Whoever takes
// as much as he can for each never has to give anything back, but for a few optional ones that
// are tried both ways. So it needs neither states nor a record of where it has been.
type straightRegex struct {
	steps  []straightStep
	groups int
}

// straightStep is one part of the sequence.
type straightStep struct {
	op    straightOp
	text  string    // straightText
	class runeClass // straightOne, straightMany
	place int       // straightSave: the place in the match
	least int       // straightMany: 0 or 1
	maybe bool      // straightText, straightOne: may be left out
	both  bool      // of what may be left out: it is tried without, too
}

type straightOp uint8

const (
	straightText straightOp = iota
	straightOne
	straightMany
	straightSave
	straightEnd // of the text
)

// maxStraightBoth bounds the optional parts that are tried both ways, each of which doubles the work.
const maxStraightBoth = 3

// runeClass is a set of characters, as ascending ranges of first and last ones.
type runeClass struct {
	ascii  [utf8.RuneSelf]bool
	ranges []rune
	high   bool // all characters that are not ASCII are in it
}

// newStraightRegex returns nil for expressions of another kind.
func newStraightRegex(pattern string) *straightRegex {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	groups := re.MaxCap()
	re = re.Simplify()
	s := &straightRegex{groups: groups}
	if re.Op != syntax.OpConcat || re.Sub[0].Op != syntax.OpBeginText || !s.addAll(re.Sub[1:]) {
		return nil
	}
	both := 0
	for i := range s.steps {
		if !s.settle(i) {
			return nil
		}
		if s.steps[i].both {
			both++
		}
	}
	// Of several matches the longest counts: with an end there is one length only.
	if both > maxStraightBoth || both > 0 && s.steps[len(s.steps)-1].op != straightEnd {
		return nil
	}
	return s
}

func (s *straightRegex) addAll(list []*syntax.Regexp) bool {
	for _, re := range list {
		if !s.add(re) {
			return false
		}
	}
	return true
}

// add adds the steps of a part; it returns false where there are none for it.
func (s *straightRegex) add(re *syntax.Regexp) bool {
	if len(s.steps) > 0 && s.steps[len(s.steps)-1].op == straightEnd && re.Op != syntax.OpEndText {
		return false
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return true
	case syntax.OpEndText:
		s.steps = append(s.steps, straightStep{op: straightEnd})
		return true
	case syntax.OpConcat:
		return s.addAll(re.Sub)
	case syntax.OpCapture:
		s.steps = append(s.steps, straightStep{op: straightSave, place: 2 * re.Cap})
		if !s.add(re.Sub[0]) {
			return false
		}
		s.steps = append(s.steps, straightStep{op: straightSave, place: 2*re.Cap + 1})
		return true
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		return s.addRepeated(re)
	}
	step, ok := straightAtom(re)
	if ok {
		s.steps = append(s.steps, step)
	}
	return ok
}

// addRepeated adds an atom that is optional or repeated.
func (s *straightRegex) addRepeated(re *syntax.Regexp) bool {
	step, ok := straightAtom(re.Sub[0])
	if !ok || re.Flags&syntax.NonGreedy != 0 {
		return false
	}
	if re.Op == syntax.OpQuest {
		step.maybe = true
		s.steps = append(s.steps, step)
		return true
	}
	if step.op == straightText {
		r, size := utf8.DecodeRuneInString(step.text)
		if size != len(step.text) {
			return false
		}
		step.class = newRuneClass([]rune{r, r})
	}
	step.op, step.text = straightMany, ""
	if re.Op == syntax.OpPlus {
		step.least = 1
	}
	s.steps = append(s.steps, step)
	return true
}

// straightAtom returns the step of a text or a class.
func straightAtom(re *syntax.Regexp) (straightStep, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return straightStep{}, false
		}
		return straightStep{op: straightText, text: string(re.Rune)}, true
	case syntax.OpCharClass:
		return straightStep{op: straightOne, class: newRuneClass(re.Rune)}, len(re.Rune) > 0
	case syntax.OpAnyChar:
		return straightStep{op: straightOne, class: newRuneClass([]rune{0, utf8.MaxRune})}, true
	case syntax.OpAnyCharNotNL:
		return straightStep{op: straightOne, class: newRuneClass([]rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune})}, true
	}
	return straightStep{}, false
}

// newRuneClass returns the class of ranges as package syntax has them.
func newRuneClass(ranges []rune) runeClass {
	c := runeClass{ranges: ranges}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && r < utf8.RuneSelf; r++ {
			c.ascii[r] = true
		}
		c.high = c.high || ranges[i] <= utf8.RuneSelf && ranges[i+1] == utf8.MaxRune
	}
	return c
}

// has reports whether a character that is not ASCII is in the class.
func (c *runeClass) has(r rune) bool {
	if c.high {
		return true
	}
	for i := 0; i < len(c.ranges); i += 2 {
		if c.ranges[i] <= r && r <= c.ranges[i+1] {
			return true
		}
	}
	return false
}

// meets reports whether two classes have a character in common.
func (c *runeClass) meets(o *runeClass) bool {
	for i := 0; i < len(c.ranges); i += 2 {
		for k := 0; k < len(o.ranges); k += 2 {
			if c.ranges[i] <= o.ranges[k+1] && o.ranges[k] <= c.ranges[i+1] {
				return true
			}
		}
	}
	return false
}

// first returns the characters that the step may begin with.
func (p *straightStep) first() runeClass {
	if p.op == straightText {
		r, _ := utf8.DecodeRuneInString(p.text)
		return newRuneClass([]rune{r, r})
	}
	return p.class
}

// settle decides whether step i must be tried without, or with less, if what follows fails. It
// returns false where less of a repeated one could be right.
func (s *straightRegex) settle(i int) bool {
	p := &s.steps[i]
	if p.op != straightMany && !p.maybe {
		return true
	}
	own := p.first()
	for _, next := range s.steps[i+1:] {
		if next.op == straightSave || next.op == straightEnd {
			continue
		}
		follows := next.first()
		if own.meets(&follows) {
			p.both = p.maybe
			return p.maybe
		}
		if !next.maybe && (next.op != straightMany || next.least > 0) {
			break
		}
	}
	return true
}

// find returns the places of the match and its groups, nil for none.
func (s *straightRegex) find(text string) []int {
	m := make([]int, 2*(s.groups+1))
	for i := range m {
		m[i] = -1
	}
	end := s.match(text, 0, 0, m)
	if end < 0 {
		return nil
	}
	m[0], m[1] = 0, end
	return m
}

// match matches the steps from step on at a place, and returns where the match ends, -1 for none.
func (s *straightRegex) match(text string, at, step int, m []int) int {
	for ; step < len(s.steps); step++ {
		p := &s.steps[step]
		to := at
		switch p.op {
		case straightSave:
			m[p.place] = at
			continue
		case straightEnd:
			if at != len(text) {
				return -1
			}
			continue
		case straightText:
			if strings.HasPrefix(text[at:], p.text) {
				to = at + len(p.text)
			}
		case straightOne:
			to = p.class.skip(text, at, 1)
		default:
			to = p.class.skip(text, at, len(text))
		}
		switch {
		case to == at && (p.op == straightMany && p.least > 0 || p.op != straightMany && !p.maybe):
			return -1
		case p.both && to > at:
			with := slices.Clone(m)
			if end := s.match(text, to, step+1, with); end >= 0 {
				copy(m, with)
				return end
			}
			continue
		}
		at = to
	}
	return at
}

// skip returns the place behind up to most characters of the class.
func (c *runeClass) skip(text string, at, most int) int {
	for ; most > 0 && at < len(text); most-- {
		if b := text[at]; b < utf8.RuneSelf {
			if !c.ascii[b] {
				return at
			}
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if !c.has(r) {
			return at
		}
		at += size
	}
	return at
}
