package parquetio

import "encoding/binary"

// plainLZ4 returns how many bytes a block of LZ4 becomes, without decompressing it: it goes from
// token to token. ok is false for a block that does not hold together, or that becomes more than limit.
func plainLZ4(b []byte, limit int) (n int, ok bool) {
	for at := 0; at < len(b); {
		token := b[at]
		at++
		literals, ok := lengthLZ4(b, &at, int(token>>4))
		if !ok || literals > len(b)-at || literals > limit-n {
			return 0, false
		}
		at, n = at+literals, n+literals
		if at == len(b) { // the last sequence has no match
			return n, token&15 == 0
		}
		if len(b)-at < 2 {
			return 0, false
		}
		back := int(binary.LittleEndian.Uint16(b[at:]))
		at += 2
		match, ok := lengthLZ4(b, &at, int(token&15))
		match += minMatchLZ4
		if !ok || back == 0 || back > n || match > limit-n {
			return 0, false
		}
		n += match
	}
	return 0, false
}

// minMatchLZ4 is what the length of every match has besides the one that is written.
const minMatchLZ4 = 4

// lengthLZ4 reads the rest of a length that begins with n, from byte *at on.
func lengthLZ4(b []byte, at *int, n int) (length int, ok bool) {
	if n < 15 {
		return n, true
	}
	for *at < len(b) {
		more := b[*at]
		*at++
		n += int(more)
		if more < 0xff {
			return n, true
		}
	}
	return 0, false
}
