package vec

import "encoding/binary"

// ASCII reports whether all bytes of s are ASCII.
func ASCII(s []byte) bool {
	const highs = 0x8080808080808080
	acc := uint64(0)
	for ; len(s) >= 32; s = s[32:] {
		acc |= binary.LittleEndian.Uint64(s) | binary.LittleEndian.Uint64(s[8:]) |
			binary.LittleEndian.Uint64(s[16:]) | binary.LittleEndian.Uint64(s[24:])
	}
	for ; len(s) >= 8; s = s[8:] {
		acc |= binary.LittleEndian.Uint64(s)
	}
	for _, c := range s {
		acc |= uint64(c)
	}
	return acc&highs == 0
}
