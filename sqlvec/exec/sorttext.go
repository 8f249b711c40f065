package exec

import (
	"bytes"
	"math/bits"

	"driftdb/internal/vec"
)

// Sort keys of strings. Bytes that all strings begin with are left out. Where at most eight
// bytes follow, only the bits are kept in which strings differ: a number of five digits takes four bits
// for the first and six for each of the others, which may be missing.

// wordPiece is adjacent bits of a word.
type wordPiece struct {
	shift, bits uint
}

// maxOnePiece is up to how many bits the numbers of strings may take for the sake of one piece.
const maxOnePiece = 40

// textShape is what the strings of some rows have in common. first is one of them, has says whether
// there is one.
type textShape struct {
	has               bool
	first             str
	shortest, longest int
	prefix            int
}

// texts returns g as the segment of a column of strings.
func (s *store) texts(g segment, do tasks) (segment, error) {
	g.kind = textSegment
	shapes, err := ofBlocks(s, do, func(b *block) textShape { return b.shape(g.column) })
	if err != nil {
		return g, err
	}
	var all textShape
	for _, x := range shapes {
		all.join(x)
	}
	if !isForm(s.types[g.column]) {
		g.from = all.prefix
		if all.longest-g.from <= 8 {
			x, err := s.textBits(g, do)
			if !x.zeroEnd {
				g.prefix, g.always = all.first, x.ones&^x.zeros
				return g.packTexts(x.ones & x.zeros), err
			}
		}
	}
	g.bits = 64
	if all.longest < textStep {
		g.bits, g.from = uint(8*all.longest+3), 0
	}
	return g, nil
}

// textBits returns what the words of all strings of a column have.
func (s *store) textBits(g segment, do tasks) (all textBits, err error) {
	list, err := ofBlocks(s, do, func(b *block) textBits { return b.textBits(g.column, g.from) })
	for _, x := range list {
		all.ones, all.zeros, all.zeroEnd = all.ones|x.ones, all.zeros|x.zeros, all.zeroEnd || x.zeroEnd
	}
	return all, err
}

// packTexts returns g as a segment of the bits in which strings differ.
func (g segment) packTexts(differing uint64) segment {
	g.packed, g.bits = true, 0
	if differing == 0 {
		return g
	}
	low := uint(bits.TrailingZeros64(differing))
	g.pieces = []wordPiece{{low, uint(bits.Len64(differing)) - low}}
	if g.pieces[0].bits > maxOnePiece {
		g.pieces = piecesOf(differing)
	}
	for _, p := range g.pieces {
		g.bits += p.bits
	}
	return g
}

// piecesOf returns for each byte of the mask the bits from its highest to its lowest, the
// highest byte first. Bytes that touch make one piece.
func piecesOf(mask uint64) (list []wordPiece) {
	for shift := 56; shift >= 0; shift -= 8 {
		b := uint8(mask >> shift)
		if b == 0 {
			continue
		}
		low := uint(bits.TrailingZeros8(b))
		p := wordPiece{uint(shift) + low, uint(bits.Len8(b)) - low}
		if k := len(list) - 1; k >= 0 && list[k].shift == p.shift+p.bits {
			list[k] = wordPiece{p.shift, list[k].bits + p.bits}
			continue
		}
		list = append(list, p)
	}
	return list
}

// pack returns the pieces of a word as one number.
func (g *segment) pack(w uint64) (n uint64) {
	for _, p := range g.pieces {
		n = n<<p.bits | w>>p.shift&(^uint64(0)>>(64-p.bits))
	}
	return n
}

// unpack is the reverse of pack.
func (g *segment) unpack(n uint64) uint64 {
	w := g.always
	for k := len(g.pieces) - 1; k >= 0; k-- {
		p := g.pieces[k]
		w |= n & (^uint64(0) >> (64 - p.bits)) << p.shift
		n >>= p.bits
	}
	return w
}

// shape returns what the strings of a column of a block have in common.
func (b *block) shape(c int) (x textShape) {
	valid := b.cols[c].valid
	for i, t := range vec.Cast[str](b.cols[c].data)[:b.n] {
		switch n := t.len(); {
		case valid != nil && bit(valid, i) == 0:
		case !x.has:
			x = textShape{has: true, first: t, shortest: n, longest: n, prefix: n}
		default:
			x.shortest, x.longest = min(x.shortest, n), max(x.longest, n)
			if x.prefix > 0 {
				x.prefix = commonPrefix(x.first, t, x.prefix)
			}
		}
	}
	return x
}

// join adds what other rows have in common.
func (x *textShape) join(y textShape) {
	if !x.has || !y.has {
		if y.has {
			*x = y
		}
		return
	}
	x.shortest, x.longest = min(x.shortest, y.shortest), max(x.longest, y.longest)
	x.prefix = commonPrefix(x.first, y.first, min(x.prefix, y.prefix))
}

// commonPrefix returns how many bytes two strings have in common at their beginning, at most.
func commonPrefix(s, t str, most int) int {
	n := min(s.len(), t.len(), most)
	if d := (s.lo ^ t.lo) >> 32; d != 0 { // the first four bytes are in the words
		return min(n, bits.TrailingZeros64(d)/8)
	}
	if n <= 4 {
		return n
	}
	var p, q [24]byte
	x, y := s.appendShort(p[:0]), t.appendShort(q[:0])
	if bytes.Equal(x[:n], y[:n]) {
		return n
	}
	for i := range n {
		if x[i] != y[i] {
			return i
		}
	}
	return n
}

// textBits says which bits of words are one in some row and which are zero, and whether a string ends
// with a zero byte, which its word does not show.
type textBits struct {
	ones, zeros uint64
	zeroEnd     bool
}

// textBits returns what the words of a column from a byte on have.
func (b *block) textBits(c, from int) (x textBits) {
	valid := b.cols[c].valid
	for i, t := range vec.Cast[str](b.cols[c].data)[:b.n] {
		if valid == nil || bit(valid, i) == 1 {
			w := t.word(from)
			x.ones, x.zeros = x.ones|w, x.zeros|^w
			if n := t.len() - from; n > 0 && byte(w>>(64-8*n)) == 0 {
				x.zeroEnd = true
			}
		}
	}
	return x
}
