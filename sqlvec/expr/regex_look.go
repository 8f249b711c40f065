package expr

import (
	"math/bits"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// regexLook is a lookahead or lookbehind constraint. It asks only whether its pattern matches from
// a place on, or up to it; so the places where it holds are found in one walk through the text,
// towards its beginning for a lookahead.
type regexLook struct {
	re    *wordRegex // of a lookahead, reversed
	ahead bool
	not   bool
}

// compile compiles the constraint's translated pattern, of which inner are the constraints.
func (l *regexLook) compile(pattern string, inner []*regexLook) error {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return err
	}
	if l.ahead {
		reverseTree(tree)
	}
	l.re, err = wordRegexOf(tree, inner)
	return err
}

// reverseTree makes an expression match the texts that are read backwards. What is asked about a
// place stays as it is.
func reverseTree(t *syntax.Regexp) {
	switch t.Op {
	case syntax.OpLiteral:
		slices.Reverse(t.Rune)
	case syntax.OpConcat:
		slices.Reverse(t.Sub)
	}
	for _, sub := range t.Sub {
		reverseTree(sub)
	}
}

// placeSet is a set of places in a text, or from a place in it on.
type placeSet []uint64

func newPlaceSet(n int) placeSet { return make(placeSet, n/64+1) }

func (p placeSet) add(i int) { p[i>>6] |= 1 << (uint(i) & 63) }

func (p placeSet) has(i int) bool {
	return i >= 0 && i>>6 < len(p) && p[i>>6]>>(uint(i)&63)&1 != 0
}

// next returns the least place at or behind i, -1 for none.
func (p placeSet) next(i int) int {
	for k := i >> 6; k < len(p); k++ {
		w := p[k]
		if k == i>>6 {
			w &= ^uint64(0) << (uint(i) & 63)
		}
		if w != 0 {
			return k<<6 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// prev returns the greatest place at or before i, -1 for none.
func (p placeSet) prev(i int) int {
	i = min(i, len(p)<<6-1)
	for k := i >> 6; k >= 0 && i >= 0; k-- {
		w := p[k]
		if k == i>>6 {
			w &= ^uint64(0) >> (63 - uint(i)&63)
		}
		if w != 0 {
			return k<<6 + 63 - bits.LeadingZeros64(w)
		}
	}
	return -1
}

// searchedText is a text in which the matches of a pattern are looked for, with what is known of it.
// It is used for one search, or for those of one call one after another.
type searchedText struct {
	env     *Env
	s       string
	looks   map[*regexLook]placeSet
	ends    map[backKey]placeSet // see backSearch
	cached  int                  // words in ends
	starts  placeSet             // where a match with back references may begin, nil: not known
	steps   int
	stopped bool // the statement is to end: nothing found counts
}

func newSearchedText(env *Env, s string) *searchedText { return &searchedText{env: env, s: s} }

// tick counts a step and reports whether the search goes on.
func (t *searchedText) tick() bool {
	if t.steps++; t.steps%readPause == 0 && t.env.ended() != nil {
		t.stopped = true
	}
	return !t.stopped
}

// holds reports whether a constraint holds at a place.
func (t *searchedText) holds(l *regexLook, at int) bool {
	set, ok := t.looks[l]
	if !ok {
		if l.ahead {
			set = l.re.places(t, len(t.s), true, true)
		} else {
			set = l.re.places(t, 0, false, true)
		}
		if t.looks == nil {
			t.looks = map[*regexLook]placeSet{}
		}
		t.looks[l] = set
	}
	return set.has(at) != l.not
}

// sizes returns the sizes of the matches that begin at a place.
func (w *wordRegex) sizes(t *searchedText, from int) placeSet {
	if w.ends == nil {
		return w.places(t, from, false, false)
	}
	m := w.ends.Matcher()
	if m == nil {
		return w.places(t, from, false, false)
	}
	defer w.ends.Release(m)
	set, ok := m.Ends(t.s, from, nil)
	if !ok {
		return w.places(t, from, false, false)
	}
	return set
}

// places returns the places where matches end that begin at from, or if every is set also at any
// place behind it. Backwards it walks towards the beginning. The set counts from 0 if every is
// set, else from from.
func (w *wordRegex) places(t *searchedText, from int, backwards, every bool) placeSet {
	base := from
	if every {
		base = 0
	}
	set := newPlaceSet(0)
	if every {
		set = newPlaceSet(len(t.s))
	}
	r := &wordRun{w: w, t: t, visited: make([]int, len(w.prog.Inst)), bare: true}
	var now, then []wordThread
	for pos := from; t.tick(); {
		if every || pos == from {
			if pos == from {
				r.step++
			}
			now = r.follow(now, uint32(w.prog.Start), pos, nil)
		}
		if len(now) == 0 && !every {
			break
		}
		c, next := nextRune(t.s, pos, backwards)
		r.step++
		then = then[:0]
		for _, thread := range now {
			in := &w.prog.Inst[thread.pc]
			if in.Op == syntax.InstMatch {
				for (pos-base)>>6 >= len(set) {
					set = append(set, 0)
				}
				set.add(pos - base)
			} else if c >= 0 && takesRune(in, c) {
				then = r.follow(then, in.Out, next, nil)
			}
		}
		if c < 0 {
			break
		}
		now, then, pos = then, now, next
	}
	return set
}

// nextRune returns the character behind or before a place, -1 for none, and the place beyond it.
func nextRune(s string, pos int, backwards bool) (c rune, next int) {
	switch {
	case backwards && pos > 0:
		c, size := utf8.DecodeLastRuneInString(s[:pos])
		return c, pos - size
	case !backwards && pos < len(s):
		c, size := utf8.DecodeRuneInString(s[pos:])
		return c, pos + size
	}
	return -1, pos
}
