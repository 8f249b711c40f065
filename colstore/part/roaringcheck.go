package part

import "encoding/binary"

// Numbers of the portable roaring format.
const (
	roaringRuns     = 12347 // low half of the cookie when some containers are runs
	roaringNoRuns   = 12346
	roaringOffsets  = 4    // fewest containers with offsets when there are runs
	roaringArrayMax = 4096 // most values of an array container
)

// validRoaring reports whether b is exactly one bitmap in the portable format whose keys
// ascend and are less than keys, so that the library may be trusted with it.
func validRoaring(b []byte, keys int) bool {
	if len(b) < 8 {
		return false
	}
	cookie, n, runs := binary.LittleEndian.Uint32(b), 0, []byte(nil)
	switch {
	case cookie == roaringNoRuns:
		n, b = int(binary.LittleEndian.Uint32(b[4:])), b[8:]
	case cookie&0xFFFF == roaringRuns:
		n = int(cookie>>16) + 1
		flags := (n + 7) / 8
		if len(b) < 4+flags {
			return false
		}
		runs, b = b[4:4+flags], b[4+flags:]
	default:
		return false
	}
	head := 4 * n
	if runs == nil || n >= roaringOffsets {
		head += 4 * n
	}
	if n > keys || len(b) < head {
		return false
	}
	desc, b := b[:4*n], b[head:]
	last := -1
	for i := range n {
		key := int(binary.LittleEndian.Uint16(desc[4*i:]))
		card := int(binary.LittleEndian.Uint16(desc[4*i+2:])) + 1
		isRun := runs != nil && runs[i/8]>>(i%8)&1 != 0
		size := containerSize(b, card, isRun)
		if key <= last || key >= keys || size < 0 {
			return false
		}
		last, b = key, b[size:]
	}
	return len(b) == 0
}

// containerSize returns the bytes of the container that b begins with, -1 if it is none.
func containerSize(b []byte, card int, isRun bool) int {
	size := 2 * card
	switch {
	case isRun:
		if len(b) < 2 {
			return -1
		}
		size = 2 + 4*int(binary.LittleEndian.Uint16(b))
	case card > roaringArrayMax:
		size = 8192
	}
	if len(b) < size || isRun && !validRuns(b[2:size]) {
		return -1
	}
	return size
}

// validRuns reports whether every (start, length - 1) ends inside the container.
func validRuns(b []byte) bool {
	for ; len(b) > 0; b = b[4:] {
		if int(binary.LittleEndian.Uint16(b))+int(binary.LittleEndian.Uint16(b[2:])) >= pageRows {
			return false
		}
	}
	return true
}
