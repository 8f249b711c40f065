// Package automaton says whether a text holds a match of a regular expression, by a deterministic automaton
// whose states are made when a text first leads to them. Package regexp, which finds where matches lie, visits
// every instruction that may go on for every character; an automaton looks up one number.
//
// States are sets of instructions of the program that regexp/syntax compiles (Thompson's simulation,
// made deterministic as in RE2). A program is shared by any number of goroutines; each matches
// with a Matcher of its own.
package automaton

import (
	"regexp/syntax"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

const (
	maxEntries = 1 << 18 // most transitions of a matcher, four bytes each
	maxClasses = 256
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	prog   *syntax.Prog
	bounds []rune                // class k is the characters from bounds[k] to before bounds[k+1]
	ascii  [utf8.RuneSelf]uint16 // their classes
	prefix string                // what every match begins with
	anchor bool                  // of NewEnds: a match begins where the search does, and all its ends count
	large  atomic.Bool           // a matcher had too many states
	pool   sync.Pool             // of *Matcher
}

// New compiles an expression in the syntax of package regexp. It returns nil where that is an error, and where the
// expression has constraints on lines or words, whose states would need to know the characters about them.
func New(pattern string) *Program {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil
	}
	p := &Program{prog: prog}
	if !p.init() {
		return nil
	}
	p.prefix, _ = prog.Prefix()
	return p
}

// init reports whether there can be an automaton.
func (p *Program) init() bool {
	for i := range p.prog.Inst {
		if op := p.prog.Inst[i]; op.Op == syntax.InstEmptyWidth && syntax.EmptyOp(op.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return false
		}
	}
	p.classes()
	return len(p.bounds) <= maxClasses
}

// classes divides the characters into those that no instruction tells apart.
func (p *Program) classes() {
	set := []rune{0}
	add := func(lo, hi rune) { set = append(set, lo, hi+1) }
	for i := range p.prog.Inst {
		switch in := &p.prog.Inst[i]; in.Op {
		case syntax.InstRune1:
			add(in.Rune[0], in.Rune[0])
		case syntax.InstRuneAnyNotNL:
			add('\n', '\n')
		case syntax.InstRune:
			if len(in.Rune) == 1 {
				add(in.Rune[0], in.Rune[0])
				for r := unicode.SimpleFold(in.Rune[0]); r != in.Rune[0]; r = unicode.SimpleFold(r) {
					add(r, r)
				}
				continue
			}
			for j := 0; j+1 < len(in.Rune); j += 2 {
				add(in.Rune[j], in.Rune[j+1])
			}
		}
	}
	slices.Sort(set)
	p.bounds = slices.Compact(set)
	for c := range p.ascii {
		p.ascii[c] = uint16(p.class(rune(c)))
	}
}

// class returns the class of a character.
func (p *Program) class(r rune) int {
	return sort.Search(len(p.bounds), func(k int) bool { return p.bounds[k] > r }) - 1
}

// Matcher returns a matcher, or nil once one had too many states. Release gives it back.
func (p *Program) Matcher() *Matcher {
	if p.large.Load() {
		return nil
	}
	if m, ok := p.pool.Get().(*Matcher); ok {
		return m
	}
	m := &Matcher{p: p, known: map[string]int32{}, next: make([]int32, 2*len(p.bounds))}
	m.states = make([]state, 2)
	m.begin = m.add(closure{m: m, begin: true}.of(p.prog.Start))
	m.again = m.add(closure{m: m}.of(p.prog.Start))
	return m
}

// Release gives a matcher of the program back, which may be nil.
func (p *Program) Release(m *Matcher) {
	if m != nil {
		p.pool.Put(m)
	}
}

// The first two states are ends of a search.
const (
	dead    = 0 // no match can follow
	matched = 1
	unknown = -1
)

// state is a set of instructions.
type state struct {
	insts   []uint32 // in ascending order: those that take a character, and constraints that hold at the end of a text
	begin   bool     // of the beginning of a text
	ends    bool     // a text that ends here has a match
	accepts bool     // of NewEnds: a match ends here, whatever follows
}

// NewEnds returns a program that finds where the matches end that begin at a place (see Matcher.Ends), or nil.
func NewEnds(prog *syntax.Prog) *Program {
	p := &Program{prog: prog, anchor: true}
	if !p.init() {
		return nil
	}
	return p
}

// Ends adds to a set of bits, which it returns, the sizes of the matches of a program of NewEnds that begin at a
// place in s. ok is false where the matcher has too many states to tell.
func (m *Matcher) Ends(s string, from int, set []uint64) (sizes []uint64, ok bool) {
	p, at := m.p, m.again
	if from == 0 {
		at = m.begin
	}
	for i := from; at != dead; {
		if st := &m.states[at]; st.accepts || i == len(s) && st.ends {
			for (i-from)>>6 >= len(set) {
				set = append(set, 0)
			}
			set[(i-from)>>6] |= 1 << (uint(i-from) & 63)
		}
		if i >= len(s) {
			break
		}
		var k int
		if c := s[i]; c < utf8.RuneSelf {
			k = int(p.ascii[c])
			i++
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			k = p.class(r)
			i += size
		}
		entry := int(at)*len(p.bounds) + k
		to := m.next[entry]
		if to == unknown {
			if to = m.step(at, k); m.full {
				p.large.Store(true)
				return set, false
			}
			m.next[entry] = to
		}
		at = to
	}
	return set, true
}

// Matcher is the states that have been made. It serves one goroutine at a time.
type Matcher struct {
	p            *Program
	states       []state
	known        map[string]int32 // states by what they are
	next         []int32          // by state and class, the next state's first entry here; unknown until it is needed
	begin, again int32            // the state at the beginning of a text, and that of a search that begins within it
	full         bool
}

// Match reports whether s holds a match. ok is false where the matcher has too many states to tell.
func (m *Matcher) Match(s string) (found, ok bool) {
	p, at := m.p, m.begin
	if at == matched {
		return true, true
	}
	classes, next, skipping := int32(len(p.bounds)), m.next, int32(unknown)
	if p.prefix != "" {
		skipping = m.again * classes
	}
	at *= classes
	for i := 0; i < len(s); {
		if at == skipping {
			skip := strings.Index(s[i:], p.prefix)
			if skip < 0 {
				return false, true
			}
			i += skip
		}
		var k int32
		if c := s[i]; c < utf8.RuneSelf {
			k = int32(p.ascii[c])
			i++
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			k = int32(p.class(r))
			i += size
		}
		to := next[at+k]
		if to == unknown {
			if to = classes * m.step(at/classes, int(k)); m.full {
				p.large.Store(true)
				return false, false
			}
			next = m.next
			next[at+k] = to
		}
		if to <= matched*classes {
			return to != dead, true
		}
		at = to
	}
	return m.states[at/classes].ends, true
}

// step returns the state that a character of class k leads to.
func (m *Matcher) step(from int32, k int) int32 {
	r, prog := m.p.bounds[k], m.p.prog
	c := closure{m: m}
	for _, pc := range m.states[from].insts {
		if in := &prog.Inst[pc]; in.Op != syntax.InstEmptyWidth && in.Op != syntax.InstMatch && in.MatchRune(r) {
			c = c.of(int(in.Out))
		}
	}
	if m.p.anchor {
		return m.add(c)
	}
	return m.add(c.of(prog.Start))
}

// add returns the state of a closure, a new one if need be.
func (m *Matcher) add(c closure) int32 {
	if c.matched {
		return matched
	}
	slices.Sort(c.insts)
	key := make([]byte, 0, 4*len(c.insts)+1)
	for _, pc := range c.insts {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16), byte(pc>>24))
	}
	if c.begin {
		key = append(key, 1)
	}
	if id, ok := m.known[string(key)]; ok {
		return id
	}
	if len(c.insts) == 0 {
		return dead
	}
	if m.full = m.full || len(m.next)+len(m.p.bounds) > maxEntries; m.full {
		return dead
	}
	id := int32(len(m.states))
	m.states = append(m.states, state{c.insts, c.begin, m.endsWith(c), c.accepts})
	for range m.p.bounds {
		m.next = append(m.next, unknown)
	}
	m.known[string(key)] = id
	return id
}

// endsWith reports whether a text that ends in a state has a match.
func (m *Matcher) endsWith(c closure) bool {
	end := closure{m: m, begin: c.begin, end: true}
	for _, pc := range c.insts {
		if m.p.prog.Inst[pc].Op == syntax.InstEmptyWidth {
			end = end.of(int(pc))
		}
	}
	return end.matched || end.accepts || c.accepts
}

// closure collects the instructions that are reached without a character.
type closure struct {
	m          *Matcher
	begin, end bool // of the text, which constraints ask for
	insts      []uint32
	seen       map[uint32]bool
	matched    bool
	accepts    bool // instead of matched, and the instruction is collected
}

// of adds what instruction pc reaches.
func (c closure) of(pc int) closure {
	if c.seen == nil {
		c.seen = map[uint32]bool{}
	}
	stack := []uint32{uint32(pc)}
	for len(stack) > 0 && !c.matched {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if c.seen[pc] {
			continue
		}
		c.seen[pc] = true
		switch in := &c.m.p.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, in.Arg, in.Out)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, in.Out)
		case syntax.InstMatch:
			if !c.m.p.anchor {
				c.matched = true
				continue
			}
			c.accepts = true
			c.insts = append(c.insts, pc)
		case syntax.InstFail:
		case syntax.InstEmptyWidth:
			op := syntax.EmptyOp(in.Arg)
			switch {
			case op&syntax.EmptyBeginText != 0 && !c.begin:
			case op&syntax.EmptyEndText != 0 && !c.end:
				c.insts = append(c.insts, pc)
			default:
				stack = append(stack, in.Out)
			}
		default:
			c.insts = append(c.insts, pc)
		}
	}
	return c
}
