package kernel

import (
	"bytes"
	"math/bits"
	"strings"
)

// Needle is a text that is looked for in others. It is immutable.
type Needle struct {
	text     []byte
	fold     bool // ASCII letters stand for both cases; those of text are small
	one, two int  // the places of the two bytes of text that are the rarest
}

// NewNeedle returns a needle. fold says that it is found whatever the case of its letters, which must
// all be ASCII then.
func NewNeedle(text []byte, fold bool) Needle {
	s := Needle{text: bytes.Clone(text), fold: fold}
	if fold {
		ChangeCase(s.text, s.text, 'A')
	}
	for i := range s.text {
		switch {
		case i == 0 || frequency(s.text[i]) < frequency(s.text[s.one]):
			s.one, s.two = i, s.one
		case s.two == s.one || frequency(s.text[i]) < frequency(s.text[s.two]):
			s.two = i
		}
	}
	return s
}

// Folds reports whether the needle is found whatever the case of its letters.
func (s *Needle) Folds() bool { return s.fold }

// frequent are bytes as they are frequent in texts, the most frequent last.
const frequent = "ZQJXKVBYGWPFUMCHLDRSNIOATE0987654321zqjxkvbgwpyfumcdhlrsnioate "

// frequency tells of two bytes which is more frequent in texts.
func frequency(c byte) int { return strings.IndexByte(frequent, c) }

// letterBit is the bit that makes letters of both cases the same where c is to be found in both.
func (s *Needle) letterBit(c byte) byte {
	if s.fold && c >= 'a' && c <= 'z' {
		return 0x20
	}
	return 0
}

// at reports whether text begins with the needle.
func (s *Needle) at(text []byte) bool {
	if !s.fold {
		return bytes.HasPrefix(text, s.text)
	}
	if len(text) < len(s.text) {
		return false
	}
	for i, c := range s.text {
		if text[i]|s.letterBit(c) != c {
			return false
		}
	}
	return true
}

// Index returns the first place of the needle in text, -1 for none.
func (s *Needle) Index(text []byte) int {
	if len(s.text) == 0 {
		return 0
	}
	found, done := s.indexWide(text)
	if found >= 0 {
		return found
	}
	if !s.fold {
		if i := bytes.Index(text[done:], s.text); i >= 0 {
			return done + i
		}
		return -1
	}
	c := s.text[s.one]
	bit := s.letterBit(c)
	for i := done; i+len(s.text) <= len(text); i++ {
		if text[i+s.one]|bit == c && s.at(text[i:]) {
			return i
		}
	}
	return -1
}

// Mask sets bit i of out where row i of a text column contains the needle, by one search over the whole
// buffer. offs has one more entry than there are rows.
func (s *Needle) Mask(heap []byte, offs []int32, out []uint64) {
	n := len(offs) - 1
	clear(out)
	if len(s.text) == 0 {
		Fill(out, n)
		return
	}
	if n == 0 {
		return
	}
	pos, end := int(offs[0]), int(offs[n])
	for row := 0; row < n; {
		i := s.Index(heap[pos:end])
		if i < 0 {
			return
		}
		pos += i
		for int(offs[row+1]) <= pos {
			row++
		}
		if pos+len(s.text) <= int(offs[row+1]) {
			out[row>>6] |= 1 << (uint(row) & 63)
			pos = int(offs[row+1])
			row++
		} else {
			pos++ // the hit spans two rows
		}
	}
}

// ContainsMask is Mask of a needle that is found as it is.
func ContainsMask(heap []byte, offs []int32, needle []byte, out []uint64) {
	s := NewNeedle(needle, false)
	s.Mask(heap, offs, out)
}

// ChangeCase copies src to dst, with the other case for the 26 letters of ASCII from the given one on. dst may be src.
func ChangeCase(dst, src []byte, from byte) {
	dst = dst[:len(src)]
	for i := changeCaseWide(dst, src, from); i < len(src); i++ {
		c := src[i]
		if c-from < 26 {
			c ^= 0x20
		}
		dst[i] = c
	}
}

// FillMask sets dst to c where the bit of mask is set.
func FillMask(dst []uint8, c uint8, mask []uint64) {
	for w := fillMaskWide(dst, c, mask) >> 6; w < len(mask); w++ {
		for m := mask[w]; m != 0; m &= m - 1 {
			dst[w<<6+bits.TrailingZeros64(m)] = c
		}
	}
}
