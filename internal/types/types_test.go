package types

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"driftdb/internal/dberr"
)

// everyType is one type of every ID and memory form.
var everyType = []Type{T(Bool), T(Int16), T(Int32), T(Int64), T(Float32), T(Float64), T(Numeric), Dec(9, 2), Dec(25, 5),
	T(Text), {ID: Varchar, Len: 3}, T(Bytea), T(Date), T(Timestamp), T(TimestampTZ), T(Interval), T(JSON)}

// FuzzParse reads any text as a value of every type: it must not panic, errors must
// be of class 22 or a limit, and what was read must print as text that reads as the
// same value again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-0.0", "1e10", "NaN", "infinity", "t", "\\x00ff", "a\\\\b", "2020-02-29 12:34:56.789+05:30", "Jan 8 99 BC",
		"J2451187", "1 year 2 mons -3 days 04:05:06", "P1Y2M3DT4H5M6S", "-1-2", `{"a":[1,"x",null]}`, "20200101T101112Z", "epoch", "1e-400", "4713-11-24 BC"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		for _, typ := range everyType {
			v, err := Parse(text, typ)
			if err != nil {
				if code := dberr.CodeOf(err); !strings.HasPrefix(code, "22") && !strings.HasPrefix(code, "54") {
					t.Fatalf("%s of %q: SQLSTATE %s: %v", typ, text, code, err)
				}
				continue
			}
			printed := Format(v)
			again, err := Parse(printed, typ)
			if err != nil {
				t.Fatalf("%s of %q prints as %q: %v", typ, text, printed, err)
			}
			if !Equal(v, again) || Format(again) != printed {
				t.Fatalf("%s of %q prints as %q, then as %q", typ, text, printed, Format(again))
			}
		}
	})
}

// FuzzDecodeDecimal reads any bytes as a binary form: a value or an error, and a
// value's own form reads as the same value.
func FuzzDecodeDecimal(f *testing.F) {
	f.Add([]byte{0x40, 0x80, 0x01, 2, 0, 0, 0})
	f.Add([]byte(NaN.Encode()))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDecimal(b)
		if err != nil {
			if dberr.CodeOf(err) != dberr.DataCorrupted {
				t.Fatal(err)
			}
			return
		}
		again, err := DecodeDecimal([]byte(d.Encode()))
		if err != nil || again.Cmp(d) != 0 || again.Scale() != d.Scale() {
			t.Fatalf("%s encodes as %s: %v", d, again, err)
		}
	})
}

// drawDecimal draws a decimal with its value as a fraction.
func drawDecimal(t *rapid.T, name string) (Decimal, *big.Rat) {
	text := rapid.StringMatching(`-?[0-9]{1,30}(\.[0-9]{1,20})?|-?0\.0{0,15}[0-9]{1,5}|-?[1-9]0{0,20}`).Draw(t, name)
	d, err := ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return d, r
}

func TestDecimalFormsOrderAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, rx := drawDecimal(t, "x")
		y, ry := drawDecimal(t, "y")
		want := rx.Cmp(ry)
		ex, ey := []byte(x.Encode()), []byte(y.Encode())
		if got := CompareDecimalForms(ex, ey); got != want {
			t.Fatalf("%s and %s: the forms compare as %d, the numbers as %d", x, y, got, want)
		}
		if got := x.Cmp(y); got != want {
			t.Fatalf("%s and %s compare as %d, want %d", x, y, got, want)
		}
		if want != 0 && bytes.Compare(ex, ey) != want {
			t.Fatalf("%s and %s: whole forms do not order", x, y)
		}
		back, err := DecodeDecimal(ex)
		if err != nil || back.String() != x.String() {
			t.Fatalf("%s reads back as %s: %v", x, back, err)
		}
	})
}

func TestDecimalsAtTheLimits(t *testing.T) {
	for _, text := range []string{"1e65533", "-1e65533", "1e-16383", "-12345e-16383", "99e65532"} {
		v, err := Parse(text, T(Numeric))
		if err != nil {
			t.Fatal(err)
		}
		want, err := ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := v.Decimal(); err != nil || d.Cmp(want) != 0 {
			t.Errorf("%s does not read back: %v", text, err)
		}
	}
	for _, text := range []string{"1e65534", "1e131071", "1e300000", "-1e99999999999"} {
		if _, err := Parse(text, T(Numeric)); dberr.CodeOf(err) != dberr.NumericValueOutOfRange {
			t.Errorf("%s gives %v", text, err)
		}
	}
}

func TestDecimalArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, rx := drawDecimal(t, "x")
		y, ry := drawDecimal(t, "y")
		rat := func(d Decimal) *big.Rat {
			r, _ := new(big.Rat).SetString(d.String())
			return r
		}
		if rat(x.Add(y)).Cmp(new(big.Rat).Add(rx, ry)) != 0 || rat(x.Sub(y)).Cmp(new(big.Rat).Sub(rx, ry)) != 0 ||
			rat(x.Mul(y)).Cmp(new(big.Rat).Mul(rx, ry)) != 0 {
			t.Fatalf("%s and %s: %s, %s, %s", x, y, x.Add(y), x.Sub(y), x.Mul(y))
		}
		q, err := x.Div(y)
		if ry.Sign() == 0 {
			if dberr.CodeOf(err) != dberr.DivisionByZero {
				t.Fatalf("%s / 0 gives %v", x, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		// The quotient is off by at most half of its last digit.
		diff := new(big.Rat).Sub(rat(q), new(big.Rat).Quo(rx, ry))
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(q.Scale())), nil)))
		if diff.Abs(diff).Cmp(half) > 0 {
			t.Fatalf("%s / %s is %s", x, y, q)
		}
	})
}

func TestCalendarAgreesWithPackageTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int64Range(-700000, 3000000).Draw(t, "days")
		want := time.Unix(days*86400, 0).UTC()
		y, m, d := DateOf(days)
		if y != int64(want.Year()) || m != int64(want.Month()) || d != int64(want.Day()) {
			t.Fatalf("day %d is %d-%d-%d, want %s", days, y, m, d, want)
		}
		isoYear, week := want.ISOWeek()
		gotYear, gotWeek := ISOWeek(days)
		if DaysOf(y, m, d) != days || Weekday(days) != int64(want.Weekday()) || gotYear != int64(isoYear) || gotWeek != int64(week) {
			t.Fatalf("day %d: %d, weekday %d, week %d of %d", days, DaysOf(y, m, d), Weekday(days), gotWeek, gotYear)
		}
	})
}

func TestZonesComeAndGo(t *testing.T) {
	for _, name := range []string{"America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"} {
		zone, err := LoadZone(name, false)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			micros := rapid.Int64Range(0, 2e15).Draw(t, "micros")
			text := string(AppendTimestampTZ(nil, micros, zone))
			back, err := Context{Zone: zone}.Parse(text, T(TimestampTZ))
			if err != nil || back.I != micros {
				t.Fatalf("%d in %s prints as %q and reads as %d: %v", micros, name, text, back.I, err)
			}
			// Only the hour that comes twice may be read as the other one.
			if utc := ToUTC(zone, ToLocal(zone, micros)); utc != micros && (utc-micros)%(MicrosPerHour/2) != 0 {
				t.Fatalf("%d in %s is read as %d", micros, name, utc)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		typ  Type
		text string
	}{{T(Int64), "1234567890"}, {Dec(15, 2), "12345.67"}, {T(Numeric), "12345.6789"}, {T(Float64), "3.14159"}, {T(Timestamp), "2020-02-29 12:34:56.789"}, {T(Date), "2020-02-29"}} {
		b.Run(c.typ.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := Parse(c.text, c.typ); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
