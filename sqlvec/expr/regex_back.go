package expr

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"driftdb/internal/automaton"
)

// backRegex finds the matches of a pattern with back references as PostgreSQL does: of the places
// where a match may end if a reference stood for anything that its group matches, the longest (or
// shortest) one is taken at which the text can be divided among the parts of the pattern. Each
// part takes as much (or as little) as it can, from left to right.
type backRegex struct {
	root   *backNode
	starts *wordRegex // the root, reversed
	size   int        // of a match
	fold   bool
}

// backNode is a part of a pattern that holds groups or references, or a leaf without.
type backNode struct {
	op       backOp
	sub      []*backNode
	ref      int // the group that is captured or referred to
	min, max int // of repetitions; -1 is no limit
	choice   byte
	re       *wordRegex // what the part may match
	captures []int      // the groups in it
}

type backOp uint8

const (
	backLeaf   backOp = iota
	backConcat        // of two parts
	backAlt
	backRepeat
	backCapture
	backRef
)

// backBuilder makes the nodes of a pattern.
type backBuilder struct {
	names  []string               // of the captures
	groups []int                  // their numbers in a match
	trees  map[int]*syntax.Regexp // of the groups by number
	looks  []*regexLook
	copied int // parts, by bare
	err    error
}

// backMark names the group that stands for a reference.
const backMark = "b"

// newBackRegex compiles a translated pattern whose references and constraints are marked groups.
func newBackRegex(pattern string, choice byte, fold bool, looks []*regexLook) (*backRegex, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	b := &backBuilder{names: tree.CapNames(), trees: map[int]*syntax.Regexp{}, looks: looks}
	n := 0
	for _, name := range b.names {
		b.groups = append(b.groups, n)
		if name == "" {
			n++
		}
	}
	b.collect(tree)
	re := &backRegex{root: b.node(tree), size: 2 * n, fold: fold}
	re.root.choice = choice
	reversed := b.bare(tree)
	reverseTree(reversed)
	re.starts = b.compile(reversed)
	return re, b.err
}

func (b *backBuilder) collect(t *syntax.Regexp) {
	if t.Op == syntax.OpCapture && b.names[t.Cap] == "" {
		b.trees[b.groups[t.Cap]] = t.Sub[0]
	}
	for _, sub := range t.Sub {
		b.collect(sub)
	}
}

// reference returns the group that a capture refers to, 0 for none.
func (b *backBuilder) reference(t *syntax.Regexp) int {
	if t.Op != syntax.OpCapture || !strings.HasPrefix(b.names[t.Cap], backMark) {
		return 0
	}
	digits, _, _ := strings.Cut(b.names[t.Cap][len(backMark):], "_")
	n, _ := strconv.Atoi(digits)
	return n
}

// bare is an expression without groups, and with the patterns of groups instead of references: there
// without constraints, which a reference need not meet.
func (b *backBuilder) bare(t *syntax.Regexp) *syntax.Regexp {
	if b.copied++; b.copied > maxBackCopied || b.err != nil {
		b.err = errLarge
		return &syntax.Regexp{Op: syntax.OpNoMatch}
	}
	if n := b.reference(t); n > 0 {
		return everywhere(b.bare(b.trees[n]))
	}
	if t.Op == syntax.OpCapture && (b.names[t.Cap] == "" || b.names[t.Cap][0] == apartMark[0]) {
		return b.bare(t.Sub[0])
	}
	c := *t
	c.Rune, c.Sub = slices.Clone(t.Rune), nil
	for _, sub := range t.Sub {
		c.Sub = append(c.Sub, b.bare(sub))
	}
	return &c
}

// everywhere makes the constraints of a bare expression hold everywhere.
func everywhere(t *syntax.Regexp) *syntax.Regexp {
	switch t.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpCapture:
		return &syntax.Regexp{Op: syntax.OpEmptyMatch}
	}
	for i, sub := range t.Sub {
		t.Sub[i] = everywhere(sub)
	}
	return t
}

// References to references multiply: these bound the parts that are copied and the instructions of a part.
const (
	maxBackCopied  = 1 << 18
	maxBackProgram = 1 << 16
)

var errLarge = &syntax.Error{Code: syntax.ErrLarge}

func (b *backBuilder) compile(t *syntax.Regexp) *wordRegex {
	if b.err == nil && expanded(t) > maxBackProgram {
		b.err = errLarge
	}
	if b.err != nil {
		return nil
	}
	re, err := wordRegexOf(t, b.looks)
	if b.err = err; err == nil && len(re.edges) == 0 {
		re.ends = automaton.NewEnds(re.prog)
	}
	return re
}

// expanded is about how many instructions an expression takes, at most a little more than maxBackProgram.
func expanded(t *syntax.Regexp) int {
	n := 1 + len(t.Rune)
	for _, sub := range t.Sub {
		n += expanded(sub)
	}
	if t.Op == syntax.OpRepeat {
		n *= max(t.Min, t.Max, 1)
	}
	return min(n, maxBackProgram+1)
}

// messy reports whether an expression holds groups or references.
func (b *backBuilder) messy(t *syntax.Regexp) bool {
	if t.Op == syntax.OpCapture && (b.names[t.Cap] == "" || b.reference(t) > 0) {
		return true
	}
	return slices.ContainsFunc(t.Sub, b.messy)
}

// refers reports whether an expression holds references.
func (b *backBuilder) refers(t *syntax.Regexp) bool {
	return b.reference(t) > 0 || slices.ContainsFunc(t.Sub, b.refers)
}

// node makes the node of an expression.
func (b *backBuilder) node(t *syntax.Regexp) *backNode {
	n := &backNode{re: b.compile(b.bare(t)), choice: b.choice(t)}
	b.groupsIn(t, &n.captures)
	if b.err != nil || !b.messy(t) {
		return n
	}
	switch t.Op {
	case syntax.OpCapture:
		if n.ref = b.reference(t); n.ref > 0 {
			n.op, n.min, n.max = backRef, 1, 1
			return n
		}
		n.op, n.ref = backCapture, b.groups[t.Cap]
		n.sub = []*backNode{b.node(t.Sub[0])}
	case syntax.OpConcat:
		b.concat(n, t)
	case syntax.OpAlternate:
		n.op = backAlt
		for _, sub := range t.Sub {
			n.sub = append(n.sub, b.node(sub))
		}
	default:
		b.repeated(n, t)
	}
	return n
}

// concat divides a sequence into what comes first and the rest; parts without groups that prefer
// the same come together.
func (b *backBuilder) concat(n *backNode, t *syntax.Regexp) {
	first, choice := 0, byte(0)
	for first < len(t.Sub) && !b.messy(t.Sub[first]) {
		own := b.choice(t.Sub[first])
		if choice != 0 && own != 0 && own != choice {
			break
		}
		choice = max(choice, own)
		first++
	}
	first = min(max(first, 1), len(t.Sub)-1)
	n.op = backConcat
	n.sub = []*backNode{b.node(b.sequence(t, t.Sub[:first])), b.node(b.sequence(t, t.Sub[first:]))}
}

func (b *backBuilder) sequence(t *syntax.Regexp, list []*syntax.Regexp) *syntax.Regexp {
	if len(list) == 1 {
		return list[0]
	}
	c := *t
	c.Sub = slices.Clone(list)
	return &c
}

// repeated makes the node of a repetition.
func (b *backBuilder) repeated(n *backNode, t *syntax.Regexp) {
	low, high := t.Min, t.Max
	switch t.Op {
	case syntax.OpStar:
		low, high = 0, -1
	case syntax.OpPlus:
		low, high = 1, -1
	case syntax.OpQuest:
		low, high = 0, 1
	}
	sub := t.Sub[0]
	n.min, n.max = low, high
	if ref := b.reference(sub); ref > 0 {
		n.op, n.ref = backRef, ref
		return
	}
	switch {
	case high == 0: // its groups take no part
	case low == 1 && high == 1:
		*n = *b.node(sub)
	case low == 0 || b.refers(sub):
		n.op, n.sub = backRepeat, []*backNode{b.node(sub)}
	default: // only the last one captures
		less := *t
		less.Op, less.Min, less.Max = syntax.OpRepeat, low-1, high-1
		if high < 0 {
			less.Max = -1
		}
		n.op = backConcat
		n.sub = []*backNode{{re: b.compile(b.bare(&less)), choice: b.choice(t)}, b.node(sub)}
	}
}

// choice is what an expression prefers; see preference.
func (b *backBuilder) choice(t *syntax.Regexp) byte {
	switch t.Op {
	case syntax.OpAlternate:
		return 'g'
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if t.Op == syntax.OpRepeat && t.Min == t.Max {
			return b.choice(t.Sub[0])
		}
		if t.Flags&syntax.NonGreedy != 0 {
			return 'l'
		}
		return 'g'
	}
	for _, sub := range t.Sub {
		if c := b.choice(sub); c != 0 {
			return c
		}
	}
	return 0
}

func (b *backBuilder) groupsIn(t *syntax.Regexp, list *[]int) {
	if t.Op == syntax.OpCapture && b.names[t.Cap] == "" {
		*list = append(*list, b.groups[t.Cap])
	}
	for _, sub := range t.Sub {
		b.groupsIn(sub, list)
	}
}
