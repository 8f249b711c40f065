package rowtext

import (
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// appendLines appends text to dst made safe for a terminal and split into its lines: ends gets the
// end offset in dst of each line. Tabs become spaces to the next multiple of eight; other control
// characters and bytes that are not UTF-8 are written as \xNN, so that data cannot drive a terminal.
func appendLines(dst []byte, ends []int, text []byte) ([]byte, []int) {
	start := len(dst)
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			ends = append(ends, len(dst))
			start = len(dst)
			i++
		case c == '\r':
			dst = append(dst, `\r`...)
			i++
		case c == '\t':
			for n := 8 - width(dst[start:])%8; n > 0; n-- {
				dst = append(dst, ' ')
			}
			i++
		case c < 0x20 || c == 0x7f:
			dst = appendHexByte(dst, c)
			i++
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			var size int
			dst, size = appendRune(dst, text[i:])
			i += size
		}
	}
	return dst, append(ends, len(dst))
}

// appendRune appends the first character of s, or its first byte as \xNN when it is not UTF-8 or
// is a C1 control character. It returns how many bytes of s it used.
func appendRune(dst, s []byte) ([]byte, int) {
	r, size := utf8.DecodeRune(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return appendHexByte(dst, s[0]), 1
	case r < 0xa0:
		return appendHexByte(dst, byte(r)), size
	}
	return append(dst, s[:size]...), size
}

func appendHexByte(dst []byte, c byte) []byte {
	return append(dst, '\\', 'x', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
}

// width is the number of terminal columns that s takes.
func width(s []byte) int {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return runewidth.StringWidth(string(s))
		}
	}
	return len(s)
}

func appendRepeat(dst []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, c)
	}
	return dst
}
