package textin

import (
	"encoding/binary"
	"math/bits"
)

// pattern is the members of the last object that was read one by one, in their order, and all that stands
// between their values. Objects that have the same are read by comparing.
type pattern struct {
	members []member
	tail    string // behind the last value, with the end of the line
	misses  int    // objects of the block that were not alike
}

// member is a column and what stands before its value, back to the value or line before.
type member struct {
	lead string
	col  int
}

// maxMisses is how many objects of a block may differ from the one before until the rest of the block is no
// longer compared.
const maxMisses = 64

// add notes a member.
func (p *pattern) add(lead []byte, col int) {
	n := len(p.members)
	if n < cap(p.members) && p.members[:n+1][n].lead == string(lead) { // as in an object before
		p.members = p.members[:n+1]
		p.members[n].col = col
		return
	}
	p.members = append(p.members, member{string(lead), col})
}

// end notes what stands behind the last value.
func (p *pattern) end(tail []byte) {
	if len(p.tail) != len(tail)+1 || p.tail[:len(tail)] != string(tail) {
		p.tail = string(tail) + "\n"
	}
}

// window is how many bytes behind a place in the block can be loaded without a look at its end.
const window = 64

// scanAlike adds a row for the line at offset at when its object is like the last one, and returns where the
// next line begins. It returns 0, and has added nothing, for one that it does not know: unlike, with escapes, or
// wrong.
func (s *jsonScanner) scanAlike(data []byte, at int, g *grid) int {
	p := &s.last
	if len(p.members) == 0 || p.misses > maxMisses {
		return 0
	}
	first, line := len(g.spans), at
	if len(p.members) == g.cols {
		g.spans = grown(g.spans, g.cols)
	} else {
		for range g.cols {
			g.spans = append(g.spans, span{start: uint32(line), end: uint32(line) | flagNull})
		}
	}
	row := g.spans[first : first+g.cols]
	for i := range p.members {
		m := &p.members[i]
		if at+len(m.lead)+window > len(data) || !hasLead(data[at:], m.lead) {
			return p.miss(g, first)
		}
		at += len(m.lead)
		sp, end := valueAt(data, at)
		if end == 0 {
			return p.miss(g, first)
		}
		row[m.col] = sp
		at = end
	}
	if at+len(p.tail)+window > len(data) || !hasLead(data[at:], p.tail) {
		return p.miss(g, first)
	}
	g.rows++
	s.count++
	return at + len(p.tail)
}

// miss takes back the row that begins with span first.
func (p *pattern) miss(g *grid, first int) int {
	g.spans = g.spans[:first]
	p.misses++
	return 0
}

// grown returns s with n elements more, whatever they are.
func grown(s []span, n int) []span {
	if len(s)+n > cap(s) {
		return append(s, make([]span, n)...)
	}
	return s[:len(s)+n]
}

// hasLead reports whether b, which is longer by a window, begins with lead.
func hasLead(b []byte, lead string) bool {
	n := len(lead)
	if n < 8 {
		return string(b[:n]) == lead
	}
	for i := 0; i+8 < n; i += 8 {
		if binary.LittleEndian.Uint64(b[i:]) != wordAt(lead, i) {
			return false
		}
	}
	return binary.LittleEndian.Uint64(b[n-8:]) == wordAt(lead, n-8)
}

// wordAt returns eight bytes of s as a little-endian word, which the compiler loads at once.
func wordAt(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// valueAt returns the value at offset at, which a window of bytes follows, and where it ends. end is 0 for a
// value that it does not know: one with escapes, an object, an array, a number with an exponent or of many digits,
// or what is none.
func valueAt(data []byte, at int) (sp span, end int) {
	switch ch := data[at]; {
	case ch == '"':
		at++
		end = stringEnd(data, at)
		if end == 0 {
			return sp, 0
		}
		return span{uint32(at), uint32(end) | flagQuoted}, end + 1
	case ch == '-' || isDigit(ch):
		end = numberEnd(data, at)
		return span{uint32(at), uint32(end)}, end
	}
	switch binary.LittleEndian.Uint32(data[at:]) {
	case 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24:
		return span{uint32(at), uint32(at+4) | flagNull}, at + 4
	case 't' | 'r'<<8 | 'u'<<16 | 'e'<<24:
		return span{uint32(at), uint32(at + 4)}, at + 4
	case 'f' | 'a'<<8 | 'l'<<16 | 's'<<24:
		if data[at+4] == 'e' {
			return span{uint32(at), uint32(at + 5)}, at + 5
		}
	}
	return sp, 0
}

// stringEnd returns where the quote stands that ends the string that begins at offset at; 0 when it has an
// escape or a control character, or the window's end comes first.
func stringEnd(data []byte, at int) int {
	for ; at+window <= len(data); at += window {
		if m := specialsOf((*[window]byte)(data[at:])); m != 0 {
			at += bits.TrailingZeros64(m)
			if data[at] != '"' || at+window > len(data) {
				return 0
			}
			return at
		}
	}
	return 0
}

// specialsByWords is the twin of specialsWide in Go.
func specialsByWords(data *[window]byte) (m uint64) {
	for k := 0; k < window; k += 8 {
		x := binary.LittleEndian.Uint64(data[k:])
		if at := equalBytes(x, '"'*ones) | equalBytes(x, '\\'*ones) | equalBytes(x&(0xe0*ones), 0); at != 0 {
			return 1 << (k + bits.TrailingZeros64(at)>>3)
		}
	}
	return 0
}

// numberEnd returns where the number at offset at ends, before a comma, a brace or a space; 0 when that is not in
// the window, when it has an exponent, or is none.
func numberEnd(data []byte, at int) int {
	digits, ends := digitsOfNumber((*[window]byte)(data[at:]))
	n := bits.TrailingZeros64(ends)
	others := ^digits & (1<<n - 1)
	first := 0
	if data[at] == '-' {
		first, others = 1, others&^1
	}
	if n >= window || n <= first || data[at+first] == '0' && digits>>first&2 != 0 {
		return 0
	}
	if others != 0 {
		point := bits.TrailingZeros64(others)
		if others&(others-1) != 0 || data[at+point] != '.' || point == first || point == n-1 {
			return 0
		}
	}
	return at + n
}

// digitsOfNumberByWords is the twin of digitsOfNumberWide in Go.
func digitsOfNumberByWords(data *[window]byte) (digits, ends uint64) {
	for k := 0; k < window && ends == 0; k += 8 {
		x := binary.LittleEndian.Uint64(data[k:])
		y := x ^ '0'*ones
		digits |= bitsOf(^(y&lows+0x76*ones|y)&highs) << k
		ends |= bitsOf(equalBytes(x, ','*ones)|equalBytes(x, '}'*ones)|equalBytes(x, ' '*ones)) << k
	}
	return digits, ends
}
