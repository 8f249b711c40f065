package types

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDecimal128 compares forms read as words with decimals.
func TestDecimal128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi := rapid.Int64().Draw(t, "hi") >> rapid.IntRange(0, 63).Draw(t, "shift")
		lo := rapid.Uint64().Draw(t, "lo")
		if rapid.Bool().Draw(t, "word") {
			lo >>= rapid.IntRange(0, 63).Draw(t, "low shift")
			hi = 0
			if x := int64(lo); rapid.Bool().Draw(t, "negative") {
				lo, hi = uint64(-x), -x>>63
			}
		}
		scale := rapid.IntRange(0, 38).Draw(t, "scale")
		d := DecimalFromInt128(hi, lo, scale)
		if x := int64(lo); hi == x>>63 {
			if form := AppendScaled(nil, x, scale); string(form) != d.Encode() {
				t.Fatalf("%s: got % x, want % x", d, form, d.Encode())
			}
		}
		h, l, at, ok := Decimal128([]byte(d.Encode()))
		if !ok && (hi >= 1<<50 || hi < -1<<50) {
			return // a digit more than is shown may be stored
		}
		if !ok || h != hi || l != lo || at != scale {
			t.Fatalf("%s: got (%d, %d) × 10^-%d, %t, want (%d, %d) × 10^-%d", d, h, l, at, ok, hi, lo, scale)
		}
	})
	for _, d := range []Decimal{NaN, Infinity, NegInfinity, DecimalFromInt(1, 0).Mul(DecimalFromInt128(1<<62, 0, 0)).Mul(DecimalFromInt(4, 0))} {
		if h, l, _, ok := Decimal128([]byte(d.Encode())); ok {
			t.Errorf("%s is read as (%d, %d)", d, h, l)
		}
	}
}

// TestAppendDecimal128 compares forms with those of decimals.
func TestAppendDecimal128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := rapid.Int64().Draw(t, "hi")>>rapid.IntRange(0, 63).Draw(t, "shift"), rapid.Uint64().Draw(t, "lo")
		scale := rapid.IntRange(0, 40).Draw(t, "scale")
		d := DecimalFromInt128(hi, lo, scale)
		got, ok := AppendDecimal128(nil, hi, lo, scale)
		if ok && string(got) != d.Encode() || !ok && hi < 1<<50 && hi >= -1<<50 {
			t.Fatalf("%s: got % x, %t, want % x", d, got, ok, d.Encode())
		}
	})
}
