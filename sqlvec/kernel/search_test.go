package kernel

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestNeedlesAreFound compares searches in texts of all lengths with those of package bytes.
func TestNeedlesAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]byte("aAbBz@[`{\x00\xc3\xa4 1"))
		text := rapid.SliceOfN(letter, 0, 400).Draw(t, "text")
		length := rapid.IntRange(0, 5).Draw(t, "length")
		needle := rapid.SliceOfN(letter, length, length).Draw(t, "needle")
		if at := rapid.IntRange(0, 400).Draw(t, "at"); at+length <= len(text) && rapid.Bool().Draw(t, "take") {
			needle = text[at : at+length]
		}
		exact := NewNeedle(needle, false)
		if got, want := exact.Index(text), bytes.Index(text, needle); got != want {
			t.Fatalf("%q in %q is at %d, want %d", needle, text, got, want)
		}
		lowerText, lowerNeedle := make([]byte, len(text)), make([]byte, len(needle))
		for i, c := range text {
			lowerText[i] = c
			if c >= 'A' && c <= 'Z' {
				lowerText[i] = c + 32
			}
		}
		ChangeCase(lowerNeedle, needle, 'A')
		fold := NewNeedle(needle, true)
		if got, want := fold.Index(text), bytes.Index(lowerText, lowerNeedle); got != want {
			t.Fatalf("%q in %q in any case is at %d, want %d", needle, text, got, want)
		}
		ChangeCase(text, text, 'A')
		if !bytes.Equal(text, lowerText) {
			t.Fatalf("small letters are %q, want %q", text, lowerText)
		}
	})
}

// TestFillMask compares with one row after the other.
func TestFillMask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		mask := rapid.SliceOfN(rapid.Uint64(), Words(n), Words(n)).Draw(t, "mask")
		Trim(mask, n)
		got, want := make([]uint8, n), make([]uint8, n)
		for i := range want {
			got[i], want[i] = uint8(i), uint8(i)
			if mask[i>>6]>>(uint(i)&63)&1 != 0 {
				want[i] = 77
			}
		}
		if FillMask(got, 77, mask); !bytes.Equal(got, want) {
			t.Fatalf("is %v, want %v", got, want)
		}
	})
}
