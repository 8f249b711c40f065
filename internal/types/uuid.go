package types

import (
	"encoding/hex"
	"strings"
)

// parseUUID reads 32 hexadecimal digits, with a hyphen allowed after every four and braces
// around all, and returns the 16 bytes.
func parseUUID(text string) (string, error) {
	s := text
	if strings.HasPrefix(s, "{") {
		if !strings.HasSuffix(s, "}") {
			return "", invalidSyntax(T(UUID), text)
		}
		s = s[1 : len(s)-1]
	}
	var digits [32]byte
	n := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '-' && n > 0 && n%4 == 0 && n < 32 && s[i-1] != '-':
		case n == 32:
			return "", invalidSyntax(T(UUID), text)
		default:
			digits[n] = s[i]
			n++
		}
	}
	var out [16]byte
	if n < 32 {
		return "", invalidSyntax(T(UUID), text)
	}
	if _, err := hex.Decode(out[:], digits[:]); err != nil {
		return "", invalidSyntax(T(UUID), text)
	}
	return string(out[:]), nil
}

// appendUUID appends the text of a UUID's 16 bytes.
func appendUUID(dst []byte, s string) []byte {
	if len(s) != 16 {
		return append(dst, "(damaged)"...)
	}
	for i := 0; i < 16; i++ {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, []byte{s[i]})
	}
	return dst
}
