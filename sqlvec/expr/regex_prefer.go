package expr

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// Of the matches that begin at the same place PostgreSQL takes the longest, or the shortest if
// the pattern prefers short ones: if the first part of it that has a choice does (section
// 9.7.3.5 of its manual). Package regexp tries one alternative after another instead.

// preference finds out which one a pattern prefers, as its text is read: g for the longest, l
// for the shortest, 0 where there is no choice.
type preference struct {
	branch branch
	outer  []branch // of the groups that are open
}

// branch is one alternative.
type branch struct {
	choice       byte
	alternatives bool // there are others before it
}

// result is what a group, or the whole pattern, prefers.
func (b branch) result() byte {
	if b.alternatives {
		return 'g'
	}
	return b.choice
}

// see takes note of groups and alternatives that a text begins with.
func (p *preference) see(s string) {
	switch s[0] {
	case '|':
		p.branch = branch{alternatives: true}
	case '(':
		p.outer = append(p.outer, p.branch)
		p.branch = branch{}
	case ')':
		if len(p.outer) == 0 {
			return
		}
		choice := p.branch.result()
		p.branch = p.outer[len(p.outer)-1]
		p.outer = p.outer[:len(p.outer)-1]
		if _, own := repetition(s[1:]); own == 0 { // else that of the quantifier counts
			p.decide(choice)
		}
	}
}

// decide takes note of a part with a choice: the first one counts.
func (p *preference) decide(choice byte) {
	if p.branch.choice == 0 {
		p.branch.choice = choice
	}
}

// repetition returns the size of the quantifier that a text begins with, 0 if there is none, and
// what it prefers.
func repetition(s string) (size int, choice byte) {
	if s == "" {
		return 0, 0
	}
	choice = 'g'
	switch s[0] {
	case '*', '+', '?':
		size = 1
	case '{':
		digits, comma := 0, false
		for size = 1; size < len(s) && s[size] != '}'; size++ {
			switch c := s[size]; {
			case c >= '0' && c <= '9':
				digits++
			case c == ',' && !comma && digits > 0:
				comma = true
			default:
				return 0, 0
			}
		}
		if size == len(s) || digits == 0 {
			return 0, 0
		}
		size++
		if !comma {
			choice = 0
		}
	default:
		return 0, 0
	}
	if size < len(s) && s[size] == '?' {
		size++
		if choice == 'g' {
			choice = 'l'
		}
	}
	return size, choice
}

// oneLength reports whether what package regexp finds at a place is the only match there, or the
// longest one: when at most one part has a choice, or the pattern ends where the text does.
func oneLength(t *syntax.Regexp) bool {
	last := t
	for len(last.Sub) > 0 && (last.Op == syntax.OpConcat || last.Op == syntax.OpCapture) {
		last = last.Sub[len(last.Sub)-1]
	}
	return last.Op == syntax.OpEndText || choices(t) <= 1
}

// choices counts the parts that have a choice; an alternative counts twice.
func choices(t *syntax.Regexp) int {
	n := 0
	switch t.Op {
	case syntax.OpAlternate:
		n = 2
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		n = 1
	case syntax.OpRepeat:
		if n = 1; t.Min == t.Max {
			n = 0
		}
	}
	for _, sub := range t.Sub {
		n += choices(sub)
	}
	return n
}

// preferShort makes every part of a pattern prefer the shortest match.
func preferShort(t *syntax.Regexp) {
	t.Flags |= syntax.NonGreedy
	for _, sub := range t.Sub {
		preferShort(sub)
	}
}

// prefer makes an expression, whose translated pattern is text, find the matches that it prefers.
func (re *regex) prefer(choice byte, text string) error {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil || choice != 'l' && oneLength(tree) {
		return err
	}
	if choice != 'l' {
		re.Longest()
		re.longest, err = newWordRegex(text, choice, nil)
		return err
	}
	if choices(tree) > 1 && intricate(tree, false) { // the first way need not be the shortest
		re.maybeEmpty = true
		re.places, err = newWordRegex(text, choice, nil)
		return err
	}
	preferShort(tree)
	re.Regexp, err = regexp.Compile(tree.String())
	return err
}

// ambiguous reports whether the groups of a match may not be those that the first of all ways to match
// gives: other than where every choice is how often one character is repeated, the more the better.
func ambiguous(t *syntax.Regexp) bool {
	return repeatsEmpty(t) || choices(t) > 1 && intricate(t, true)
}

// intricate reports whether there is another choice than how often one character is repeated, or, if lazy
// is set, one for less often.
func intricate(t *syntax.Regexp, lazy bool) bool {
	switch t.Op {
	case syntax.OpAlternate:
		return true
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if lazy && t.Flags&syntax.NonGreedy != 0 || !oneRune(t.Sub[0]) {
			return true
		}
	}
	return slices.ContainsFunc(t.Sub, func(sub *syntax.Regexp) bool { return intricate(sub, lazy) })
}

// repeatsEmpty reports whether there are repetitions of what may be empty.
func repeatsEmpty(t *syntax.Regexp) bool {
	switch t.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if emptyTree(t.Sub[0]) {
			return true
		}
	}
	return slices.ContainsFunc(t.Sub, repeatsEmpty)
}

func oneRune(t *syntax.Regexp) bool {
	return t.Op == syntax.OpLiteral && len(t.Rune) == 1 || t.Op == syntax.OpCharClass || t.Op == syntax.OpAnyChar || t.Op == syntax.OpAnyCharNotNL
}

// groups finds the groups of a match anew where they are ambiguous.
func (re *regex) groups(t *searchedText, m []int) []int {
	if re.divided == nil || m == nil {
		return m
	}
	return re.divided.within(t, m)
}
