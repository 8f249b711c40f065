package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"driftdb/internal/automaton"
)

// find returns the first match at or behind an offset.
func (re *backRegex) find(t *searchedText, off int) []int {
	d := &backSearch{re: re, t: t, m: make([]int, re.size)}
	var m *automaton.Matcher
	if re.root.re.ends != nil {
		m = re.root.re.ends.Matcher()
		defer func() { re.root.re.ends.Release(m) }()
	}
	var ends placeSet
	for begin := d.start(off); begin >= 0 && t.tick(); begin = d.start(begin + 1) {
		ok := false
		if m != nil {
			if ends, ok = m.Ends(t.s, begin, ends[:0]); !ok {
				m = nil
			}
		}
		if !ok {
			ends = re.root.re.places(t, begin, false, false)
		}
		if len(ends) == 0 {
			continue
		}
		ends := d.repeatedEnds(begin, ends)
		for e := first(ends, re.root.choice, len(t.s)-begin); e >= 0 && !t.stopped; e = after(ends, re.root.choice, e) {
			for i := range d.m {
				d.m[i] = -1
			}
			if d.divide(re.root, begin, begin+e) {
				d.m[0], d.m[1] = begin, begin+e
				return d.m
			}
		}
	}
	return nil
}

// longStarts is from how many bytes on the places where a match may begin are found in one walk, other
// than by trying each.
const longStarts = 1000

// start returns the first place at or behind another where a match may begin, -1 for none.
func (d *backSearch) start(at int) int {
	s := d.t.s
	if len(s) < longStarts && d.re.root.re.ends != nil {
		for at < len(s) && !utf8.RuneStart(s[at]) {
			at++
		}
		if at > len(s) {
			return -1
		}
		return at
	}
	if d.t.starts == nil {
		d.t.starts = d.re.starts.places(d.t, len(s), true, true)
	}
	return d.t.starts.next(at)
}

// within finds the groups of a match.
func (re *backRegex) within(t *searchedText, m []int) []int {
	d := &backSearch{re: re, t: t, m: make([]int, re.size)}
	for i := range d.m {
		d.m[i] = -1
	}
	if !d.divide(re.root, m[0], m[1]) {
		return m
	}
	d.m[0], d.m[1] = m[0], m[1]
	return d.m
}

// first returns the place of a set up to last that is preferred, -1 for none.
func first(set placeSet, choice byte, last int) int {
	if choice != 'l' {
		return set.prev(last)
	}
	if e := set.next(0); e <= last {
		return e
	}
	return -1
}

// after returns the place that is preferred after place e, -1 for none.
func after(set placeSet, choice byte, e int) int {
	if choice != 'l' {
		return set.prev(e - 1)
	}
	return set.next(e + 1)
}

// repeatedEnds leaves of the sizes of matches that begin at a place those that are possible, where a pattern
// ends in a reference: the text of its group is known then.
func (d *backSearch) repeatedEnds(begin int, ends placeSet) placeSet {
	root := d.re.root
	if len(ends) == 0 || root.op != backConcat || root.sub[1].op != backRef {
		return ends
	}
	ref, left := root.sub[1], d.ends(root.sub[0], begin)
	out := make(placeSet, len(ends))
	for e := left.next(0); e >= 0 && !d.t.stopped; e = left.next(e + 1) {
		clear(d.m)
		d.forget(root)
		if !d.divide(root.sub[0], begin, begin+e) {
			continue
		}
		from, to := d.m[2*ref.ref], d.m[2*ref.ref+1]
		for at, count := begin+e, 0; from >= 0 && (ref.max < 0 || count <= ref.max); count++ {
			if size := at - begin; count >= ref.min || from == to {
				if ends.has(size) {
					out.add(size)
				}
			}
			size := d.same(d.t.s[from:to], d.t.s[at:])
			if size <= 0 {
				break
			}
			at += size
		}
		if from < 0 && ref.min == 0 {
			return ends
		}
	}
	return out
}

// backKey is a part of a pattern and where it begins.
type backKey struct {
	n     *backNode
	begin int
}

// maxBackCached bounds the words of the sets that a search keeps.
const maxBackCached = 1 << 20

// backSearch is a search for a match.
type backSearch struct {
	re *backRegex
	t  *searchedText
	m  []int
}

// ends returns how long the matches of a part from a place on may be.
func (d *backSearch) ends(n *backNode, begin int) placeSet {
	key := backKey{n, begin}
	set, ok := d.t.ends[key]
	if !ok {
		set = n.re.sizes(d.t, begin)
		if d.t.cached += len(set); d.t.ends == nil || d.t.cached > maxBackCached {
			d.t.ends, d.t.cached = map[backKey]placeSet{}, len(set)
		}
		d.t.ends[key] = set
	}
	return set
}

// divide divides a text, which a part may match, among its parts.
func (d *backSearch) divide(n *backNode, begin, end int) bool {
	if !d.t.tick() {
		return false
	}
	switch n.op {
	case backConcat:
		return d.divideTwo(n, begin, end)
	case backAlt:
		for _, sub := range n.sub {
			d.forget(n)
			if d.ends(sub, begin).has(end-begin) && d.divide(sub, begin, end) {
				return true
			}
		}
		return false
	case backRepeat:
		return d.divideMany(n, begin, end)
	case backCapture:
		if !d.divide(n.sub[0], begin, end) {
			return false
		}
		d.m[2*n.ref], d.m[2*n.ref+1] = begin, end
	case backRef:
		return d.repeats(n, begin, end)
	}
	return true
}

// forget takes back what the groups of a part have matched.
func (d *backSearch) forget(n *backNode) {
	for _, g := range n.captures {
		d.m[2*g], d.m[2*g+1] = -1, -1
	}
}

func (d *backSearch) divideTwo(n *backNode, begin, end int) bool {
	left, right := n.sub[0], n.sub[1]
	ends := d.ends(left, begin)
	for e := first(ends, left.choice, end-begin); e >= 0 && begin+e <= end; e = after(ends, left.choice, e) {
		if d.t.stopped {
			return false
		}
		if !d.ends(right, begin+e).has(end - begin - e) {
			continue
		}
		d.forget(n)
		if d.divide(left, begin, begin+e) && d.divide(right, begin+e, end) {
			return true
		}
	}
	return false
}

// divideMany divides a text among the repetitions of a part. Of an empty text none is the last choice,
// or the first one if the shortest are preferred.
func (d *backSearch) divideMany(n *backNode, begin, end int) bool {
	none := n.min == 0 && begin == end
	if none && n.sub[0].choice == 'l' {
		return true
	}
	if d.divideSome(n, begin, end, max(n.min, 1)) {
		return true
	}
	d.forget(n)
	return none
}

// divideSome is divideMany for at least so many repetitions. Those of no characters count only where
// fewer are too few.
func (d *backSearch) divideSome(n *backNode, begin, end, least int) bool {
	most := end - begin
	if n.max >= 0 {
		most = min(most, n.max)
	}
	most = max(most, least)
	sub := n.sub[0]
	stops := []int{begin} // where the repetitions end; the first one is where they begin
	from := -1
	for {
		if !d.t.tick() {
			return false
		}
		k := len(stops)
		prev := stops[k-1]
		e := d.another(sub, prev, end, from)
		if e >= 0 && prev+e < end && (k >= most || e == 0 && (k >= least || least-k < end-prev)) {
			from = e
			continue
		}
		if e >= 0 {
			if stops = append(stops, prev+e); prev+e < end {
				from = -1
				continue
			}
			if k >= least {
				right := d.divideEach(sub, stops)
				if right == k {
					return true
				}
				stops = stops[:right+2] // that one has to end elsewhere
			}
		}
		if len(stops) == 1 {
			return false
		}
		last := len(stops) - 1
		from = stops[last] - stops[last-1]
		stops = stops[:last]
	}
}

// divideEach divides what is between stops, and returns how many of those it could.
func (d *backSearch) divideEach(sub *backNode, stops []int) int {
	for i := range stops[1:] {
		d.forget(sub)
		if !d.divide(sub, stops[i], stops[i+1]) {
			return i
		}
	}
	return len(stops) - 1
}

// another returns how long a repetition from prev on is that is preferred after one of length from,
// -1 for the first; -1 where there is none up to a limit.
func (d *backSearch) another(sub *backNode, prev, limit, from int) int {
	set, e := d.ends(sub, prev), -1
	if from < 0 {
		e = first(set, sub.choice, limit-prev)
	} else {
		e = after(set, sub.choice, from)
	}
	if prev+e > limit {
		return -1
	}
	return e
}

// repeats reports whether a text repeats what a group has matched.
func (d *backSearch) repeats(n *backNode, begin, end int) bool {
	from, to := d.m[2*n.ref], d.m[2*n.ref+1]
	switch {
	case from < 0:
		return false
	case from == to:
		return begin == end
	case begin == end:
		return n.min == 0
	}
	count := 0
	for at := begin; at < end; count++ {
		size := d.same(d.t.s[from:to], d.t.s[at:end])
		if size < 0 {
			return false
		}
		at += size
	}
	return count >= n.min && (n.max < 0 || count <= n.max)
}

// same returns the size of what a text begins with that is the same as another, -1 if nothing is.
func (d *backSearch) same(what, s string) int {
	if !d.re.fold {
		if strings.HasPrefix(s, what) {
			return len(what)
		}
		return -1
	}
	at := 0
	for _, c := range what {
		r, size := utf8.DecodeRuneInString(s[at:])
		if size == 0 || r != c && unicode.ToLower(r) != unicode.ToLower(c) {
			return -1
		}
		at += size
	}
	return at
}
