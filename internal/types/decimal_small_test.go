package types

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestAppendQuotient compares quotients of words with those of decimals.
func TestAppendQuotient(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		sum := rapid.Int64().Draw(t, "sum")
		sum >>= rapid.IntRange(0, 63).Draw(t, "shift")
		count := rapid.Int64Range(1, math.MaxInt64).Draw(t, "count") >> rapid.IntRange(0, 62).Draw(t, "count shift")
		count = max(count, 1)
		scale := rapid.IntRange(0, 20).Draw(t, "scale")
		if rapid.Bool().Draw(t, "round") {
			sum -= sum % 1000
		}
		want, err := DecimalFromInt(sum, scale).Div(DecimalFromInt(count, 0))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := AppendQuotient([]byte("x"), sum, scale, count)
		if !ok {
			if string(got) != "x" {
				t.Fatalf("%d/10^%d/%d: %x was appended", sum, scale, count, got)
			}
			return
		}
		short++
		if string(got[1:]) != want.Encode() {
			t.Fatalf("%d/10^%d/%d: got % x, want %s, % x", sum, scale, count, got[1:], want, want.Encode())
		}
	})
	if short == 0 {
		t.Fatal("no quotient took the short way")
	}
}

// TestSmallDecimal compares forms read as words with decimals.
func TestSmallDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64().Draw(t, "x") >> rapid.IntRange(0, 63).Draw(t, "shift")
		scale := rapid.IntRange(0, 25).Draw(t, "scale")
		d := DecimalFromInt(x, scale)
		if form := AppendScaled(nil, x, scale); string(form) != d.Encode() {
			t.Fatalf("%s: got % x, want % x", d, form, d.Encode())
		}
		got, at, ok := SmallDecimal([]byte(d.Encode()))
		if !ok && (x >= tenTo18 || x <= -tenTo18) {
			return // a digit more than is shown may be stored
		}
		if !ok || got != x || at != scale {
			t.Fatalf("%s: got %d × 10^-%d, %t", d, got, at, ok)
		}
	})
	for _, d := range []Decimal{NaN, Infinity, NegInfinity, DecimalFromInt128(1, 0, 3)} {
		if x, _, ok := SmallDecimal([]byte(d.Encode())); ok {
			t.Errorf("%s is read as %d", d, x)
		}
	}
}
