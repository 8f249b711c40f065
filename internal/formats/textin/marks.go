package textin

// marksOf returns which of the first 64 bytes of data, or of all where there are fewer, are delim and
// which are line breaks, one bit a byte.
func marksOf(data []byte, delim byte) (delims, breaks uint64) {
	if len(data) < 64 {
		var last [64]byte
		n := copy(last[:], data)
		delims, breaks = marksOf(last[:], delim)
		return delims & (1<<n - 1), breaks & (1<<n - 1)
	}
	if hasWide {
		return marksWide((*[64]byte)(data), delim)
	}
	return marksByWords((*[64]byte)(data), delim)
}

// marksWithQuotes is marksOf, and which bytes are quotes.
func marksWithQuotes(data []byte, delim, quote byte) (delims, breaks, quotes uint64) {
	delims, breaks = marksOf(data, delim)
	quotes, _ = marksOf(data, quote)
	return delims, breaks, quotes
}

// specialsOf returns which bytes are quotes, backslashes or control characters, one bit a byte. Bits behind
// the first may be missing.
func specialsOf(data *[64]byte) uint64 {
	if hasWide {
		return specialsWide(data)
	}
	return specialsByWords(data)
}

// digitsOfNumber returns which bytes are digits and which are commas, closing braces or spaces, one bit a byte.
// Bits behind the first of these may be missing.
func digitsOfNumber(data *[64]byte) (digits, ends uint64) {
	if hasWide {
		return digitsOfNumberWide(data)
	}
	return digitsOfNumberByWords(data)
}

// marksByWords is the twin of marksWide in Go.
func marksByWords(data *[64]byte, delim byte) (delims, breaks uint64) {
	d, b := uint64(delim)*ones, uint64('\n')*ones
	for k := 0; k < 64; k += 8 {
		x := loadTail(data[:], k)
		delims |= bitsOf(equalBytes(x, d)) << k
		breaks |= bitsOf(equalBytes(x, b)) << k
	}
	return delims, breaks
}

// bitsOf gathers the highest bits of the eight bytes of m, which has no others.
func bitsOf(m uint64) uint64 { return m >> 7 * 0x0102040810204080 >> 56 }
