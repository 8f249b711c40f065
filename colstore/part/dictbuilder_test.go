package part

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestCodesAreThoseOfTheirStrings gives strings of all short lengths codes, many of which have the same place among
// those that came last.
func TestCodesAreThoseOfTheirStrings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	var heap []byte
	var offs []int
	for range 200_000 {
		offs = append(offs, len(heap))
		switch r.IntN(4) {
		case 0: // they differ in one place
			b := []byte("0000000000000000000000000000000000000000"[:r.IntN(41)])
			if len(b) > 0 {
				b[r.IntN(len(b))] += byte(r.IntN(3))
			}
			heap = append(heap, b...)
		case 1: // in their length
			heap = append(heap, make([]byte, r.IntN(41))...)
		default:
			heap = fmt.Appendf(heap, "1995-%02d-%02d 12:%02d:09.123456", r.IntN(12), r.IntN(28), r.IntN(60))
		}
	}
	offs = append(offs, len(heap))
	d, known := newDictBuilder(), map[string]uint16{}
	for i, lo := range offs[:len(offs)-1] {
		text := string(heap[lo:offs[i+1]])
		code := d.codeIn(heap, lo, offs[i+1])
		if want, ok := known[text]; ok && code != want || string(d.value(code)) != text {
			t.Fatalf("%q has the code %d of %q", text, code, d.value(code))
		}
		known[text] = code
	}
	if len(known) != d.len() || d.len() > maxDictValues {
		t.Fatalf("%d strings have %d codes", len(known), d.len())
	}
}
