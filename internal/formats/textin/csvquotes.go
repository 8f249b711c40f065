package textin

import (
	"bytes"
	"math/bits"
)

// scanQuotes is scanPlain of data with quotes. Delimiters and line breaks count where the number of quotes before
// them is even. It reports false, too, when quotes stand where they may not.
func (s *csvScanner) scanQuotes(data []byte, g *grid) bool {
	f := quoteScan{s: s, data: data, spans: g.spans[:cap(g.spans)]}
	if len(s.null) == 0 {
		f.empty = flagNull
	}
	inside, rows, quotes := uint64(0), 0, 0 // inside: all bits where a quote is open; quotes: of the field so far
	for i := 0; i < len(data); i += 64 {
		if f.k+65 > len(f.spans) {
			f.spans = append(f.spans, make([]span, len(f.spans)+1024)...)
		}
		delims, breaks, marks := marksWithQuotes(data[i:], s.delim, s.quote)
		open := prefixXor(marks) ^ inside
		inside = -(open >> 63)
		for m := (delims | breaks) &^ open; m != 0; m &= m - 1 {
			low := m & -m
			before := marks & (low - 1)
			marks ^= before
			if !f.add(i+bits.TrailingZeros64(m), quotes+bits.OnesCount64(before), breaks&low != 0) {
				return false
			}
			quotes = 0
			if breaks&low != 0 {
				rows++
				if f.k != rows*g.cols {
					return false
				}
			}
		}
		quotes += bits.OnesCount64(marks)
	}
	if inside != 0 {
		return false
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		if !f.add(len(data), quotes, true) {
			return false
		}
		rows++
	}
	g.spans, g.rows = f.spans[:f.k], rows
	return f.k == rows*g.cols
}

// prefixXor returns at each bit the exclusive or of it and all below it.
func prefixXor(x uint64) uint64 {
	for n := 1; n < 64; n *= 2 {
		x ^= x << n
	}
	return x
}

// quoteScan is the fields that scanQuotes has found.
type quoteScan struct {
	s     *csvScanner
	data  []byte
	spans []span
	k     int
	start int    // of the next field
	empty uint32 // flags of a field without characters and quotes
}

// add adds the field that ends at offset end and has so many quotes. It reports false where they may not stand.
func (f *quoteScan) add(end, quotes int, last bool) bool {
	start, next := f.start, end+1
	if last && end > start && f.data[end-1] == '\r' {
		end--
	}
	f.start = next
	sp := span{uint32(start), uint32(end)}
	switch {
	case quotes == 0 && start == end:
		sp.end |= f.empty
	case quotes == 0:
	case f.s.copy != nil && (quotes > 2 || f.data[start] != f.s.quote || f.data[end-1] != f.s.quote):
		sp.end |= flagQuoted | flagEscaped // see unquote
	case f.data[start] != f.s.quote || f.data[end-1] != f.s.quote:
		return false
	default:
		sp = span{uint32(start + 1), uint32(end-1) | flagQuoted}
		if quotes > 2 {
			if !doubled(f.data[start+1:end-1], f.s.quote) {
				return false
			}
			sp.end |= flagEscaped
		}
	}
	f.spans[f.k] = sp
	f.k++
	return true
}

// doubled reports whether all quotes in text stand in pairs.
func doubled(text []byte, quote byte) bool {
	for {
		n := bytes.IndexByte(text, quote)
		if n < 0 {
			return true
		}
		if n+1 == len(text) || text[n+1] != quote {
			return false
		}
		text = text[n+2:]
	}
}
