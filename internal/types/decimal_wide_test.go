package types

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// drawWide draws a number of at most 36 digits.
func drawWide(t *rapid.T, name string) (hi int64, lo uint64, scale int) {
	hi = rapid.Int64Range(-wideTop+1, wideTop-1).Draw(t, name) >> rapid.IntRange(0, 63).Draw(t, name+" shift")
	lo = rapid.Uint64().Draw(t, name+" low")
	if rapid.Bool().Draw(t, name+" word") {
		x := int64(lo) >> rapid.IntRange(0, 63).Draw(t, name+" low shift")
		hi, lo = x>>63, uint64(x)
	}
	return hi, lo, rapid.IntRange(0, 38).Draw(t, name+" scale")
}

// TestDivider compares quotients of words with those of decimals.
func TestDivider(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		sum := rapid.Int64().Draw(t, "sum")
		sum >>= rapid.IntRange(0, 63).Draw(t, "shift")
		count := rapid.Int64().Draw(t, "count") >> rapid.IntRange(0, 62).Draw(t, "count shift")
		if count == 0 {
			count = 1
		}
		scale, countScale := rapid.IntRange(0, 20).Draw(t, "scale"), rapid.IntRange(0, 18).Draw(t, "count scale")
		if rapid.Bool().Draw(t, "round") {
			sum -= sum % 1000
		}
		want, err := DecimalFromInt(sum, scale).Div(DecimalFromInt(count, countScale))
		if err != nil {
			t.Fatal(err)
		}
		d := NewDivider(scale, countScale)
		hi, lo, to, ok := d.Quotient(sum, count)
		if !ok {
			return
		}
		short++
		if got := DecimalFromInt128(hi, lo, to); got.Encode() != want.Encode() {
			t.Fatalf("%d/10^%d / (%d/10^%d): got %s, want %s", sum, scale, count, countScale, got, want)
		}
	})
	if short == 0 {
		t.Fatal("no quotient took the short way")
	}
}

// TestRoundWide compares the ways of rounding with those of decimals.
func TestRoundWide(t *testing.T) {
	ways := map[Rounding]func(Decimal, int) Decimal{
		RoundHalf: Decimal.Round, RoundTrunc: Decimal.Trunc,
		RoundFloor: func(d Decimal, _ int) Decimal { return d.Floor() },
		RoundCeil:  func(d Decimal, _ int) Decimal { return d.Ceil() },
	}
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		hi := rapid.Int64Range(-1<<50, 1<<50).Draw(t, "hi") >> rapid.IntRange(0, 63).Draw(t, "shift")
		d := DecimalFromInt128(hi, rapid.Uint64().Draw(t, "lo")>>rapid.IntRange(0, 63).Draw(t, "low shift"), rapid.IntRange(0, 36).Draw(t, "scale"))
		if rapid.Bool().Draw(t, "tie") {
			d = d.Round(3).Add(DecimalFromInt(5, 4)).Round(rapid.IntRange(4, 30).Draw(t, "tie scale"))
		}
		digits, how := rapid.IntRange(0, 8).Draw(t, "digits"), Rounding(rapid.IntRange(0, 3).Draw(t, "how"))
		if how >= RoundFloor {
			digits = 0
		}
		want := ways[how](d, digits)
		h, l, scale, ok := Decimal128([]byte(d.Encode()))
		if !ok {
			return
		}
		if h, l, ok = RoundWide(h, l, scale, digits, how); !ok {
			return
		}
		short++
		if got := DecimalFromInt128(h, l, digits); got.Encode() != want.Encode() {
			t.Fatalf("%s to %d digits by %d: got %s, want %s", d, digits, how, got, want)
		}
	})
	if short == 0 {
		t.Fatal("no number took the short way")
	}
}

// TestQuotientWide compares quotients with those of decimals.
func TestQuotientWide(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		hi, lo, scale := drawWide(t, "number")
		y := rapid.Int64().Draw(t, "divisor") >> rapid.IntRange(0, 62).Draw(t, "shift")
		if y == 0 {
			y = -1
		}
		yScale := rapid.IntRange(0, 38).Draw(t, "scale of the divisor")
		x := DecimalFromInt128(hi, lo, scale)
		h, l, to, ok := QuotientWide(hi, lo, scale, y, yScale)
		if !ok {
			return
		}
		short++
		want, err := x.Div(DecimalFromInt(y, yScale))
		if err != nil {
			t.Fatal(err)
		}
		if got := DecimalFromInt128(h, l, to); got.Encode() != want.Encode() {
			t.Fatalf("%s / (%d/10^%d): got %s, want %s", x, y, yScale, got, want)
		}
	})
	if short == 0 {
		t.Fatal("no quotient took the short way")
	}
}

// TestCompareWide compares orders with those of decimals.
func TestCompareWide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, l, s := drawWide(t, "x")
		h2, l2, s2 := drawWide(t, "y")
		if up := rapid.IntRange(0, 12).Draw(t, "digits more"); rapid.Bool().Draw(t, "equal") {
			if uh, ul, ok := WideAtScale(h, l, s, s+up); ok {
				h2, l2, s2 = uh, ul, s+up
			}
		}
		x, y := DecimalFromInt128(h, l, s), DecimalFromInt128(h2, l2, s2)
		if got, ok := CompareWide(h, l, s, h2, l2, s2); ok && got != x.Cmp(y) {
			t.Fatalf("%s and %s: got %d, want %d", x, y, got, x.Cmp(y))
		}
	})
}

// TestWideFloat compares doubles with those of decimals.
func TestWideFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, l, s := drawWide(t, "x")
		d := DecimalFromInt128(h, l, s)
		if rapid.Bool().Draw(t, "double") { // halfway between two doubles, or almost
			x := int64(l>>11)*4 + 2 + rapid.Int64Range(-1, 1).Draw(t, "off")
			d, h, l, s = DecimalFromInt(x, 0), x>>63, uint64(x), 0
		}
		if got, ok := WideFloat(h, l, s); ok && got != d.Float() {
			t.Fatalf("%s: got %v, want %v", d, got, d.Float())
		}
	})
}

// TestSqrtWide compares square roots with those of decimals.
func TestSqrtWide(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		h, l, s := drawWide(t, "x")
		if rapid.Bool().Draw(t, "square") {
			x := l >> rapid.IntRange(32, 63).Draw(t, "bits")
			h, l = 0, x*x
		}
		h2, l2, to, ok := SqrtWide(h, l, s)
		if !ok {
			return
		}
		short++
		want, err := DecimalFromInt128(h, l, s).Sqrt()
		if err != nil {
			t.Fatal(err)
		}
		if got := DecimalFromInt128(h2, l2, to); got.Encode() != want.Encode() {
			t.Fatalf("%s: got %s, want %s", DecimalFromInt128(h, l, s), got, want)
		}
	})
	if short == 0 {
		t.Fatal("no root took the short way")
	}
}

// TestPrefixBounds compares the bounds of a prefix with the number that it is of.
func TestPrefixBounds(t *testing.T) {
	some := false
	rapid.Check(t, func(t *rapid.T) {
		h, l, s := drawWide(t, "x")
		d := DecimalFromInt128(h, l, s)
		var form [8]byte
		copy(form[:], DecimalKey([]byte(d.Encode())))
		lo, hi, ok := PrefixBounds(binary.BigEndian.Uint64(form[:]))
		if some = some || ok; ok != (d.Sign() >= 0) {
			t.Fatalf("%s: bounds %t", d, ok)
		}
		if ok && (lo.Cmp(d) > 0 || hi.Cmp(d) < 0) {
			t.Fatalf("%s is not between %s and %s", d, lo, hi)
		}
		if ok && hi.Sub(lo).Mul(DecimalFromInt(1e8, 0)).Cmp(hi) > 0 {
			t.Fatalf("%s and %s are far apart", lo, hi)
		}
	})
	if !some {
		t.Fatal("no prefix has bounds")
	}
}
