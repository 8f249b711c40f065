package textin

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"driftdb/internal/types"
)

func padded(s string) ([]byte, uint32) {
	return append(make([]byte, pad), s...), uint32(len(s))
}

func TestParseIntAgreesWithStrconv(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	check := func(s string) {
		t.Helper()
		raw, n := padded("99" + s) // digits before the field must not count
		got, ok := parseInt(raw, 2, n)
		want, err := strconv.ParseInt(s, 10, 64)
		digits := strings.TrimPrefix(s, "-")
		plain := err == nil && s[0] != '+' && len(digits) <= 18
		if ok != plain || ok && got != want {
			t.Fatalf("parseInt(%q) = %d, %v; want %d, %v", s, got, ok, want, plain)
		}
	}
	for _, s := range []string{"0", "-0", "7", "-", "", "1a", "a1", "12345678", "123456789", "+1", "--1", "1-1", " 1", "1 ", ":", "/", "000000000000000001"} {
		if s == "" {
			if _, ok := parseInt(make([]byte, pad), 0, 0); ok {
				t.Error("an empty field is no number")
			}
			continue
		}
		check(s)
	}
	for range 200000 {
		v := rnd.Int64() >> rnd.IntN(64)
		if rnd.IntN(2) == 0 {
			v = -v
		}
		check(strconv.FormatInt(v, 10))
		b := []byte(strconv.FormatInt(v, 10))
		b[rnd.IntN(len(b))] = byte(rnd.IntN(256))
		check(string(b))
	}
}

func TestFloatsAgreeWithStrconv(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 200000 {
		s := strconv.FormatFloat(rnd.NormFloat64()*1000, 'f', rnd.IntN(12), 64)
		d, ok := parseDecimal([]byte(s))
		f, ok2 := d.float()
		if want, _ := strconv.ParseFloat(s, 64); !ok || !ok2 || f != want {
			t.Fatalf("%s: got %v %v %v, want %v", s, f, ok, ok2, want)
		}
	}
}

func TestScaledAgreesWithTheFullParser(t *testing.T) {
	typ := types.Dec(12, 3)
	for _, s := range []string{"0", "1", "-1.5", "0.001", "0.0005", "999999999.999", "1000000000", "999999999.9995", ".5", "5.", "-.5", ".", "", "00012.500", "0.000"} {
		d, ok := parseDecimal([]byte(s))
		got, fits := d.scaled(12, 3)
		want, err := types.Parse(s, typ)
		if ok && fits && (err != nil || want.I != got) {
			t.Errorf("%q: got %d, the full parser says %d, %v", s, got, want.I, err)
		}
	}
}

func TestFixedAgreesWithScaled(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 16))
	const limit = 1_000_000_000_000
	read := func(s string, scale int) (int64, bool) {
		raw, n := padded("99" + s)
		return parseFixed(raw, 2, n, uint32(scale), limit)
	}
	for range 300000 {
		scale := 1 + rnd.IntN(7)
		b := types.AppendScaled(nil, rnd.Int64N(2e15)>>rnd.IntN(50)-rnd.Int64N(1000), scale)
		if rnd.IntN(3) == 0 {
			b[rnd.IntN(len(b))] = byte(rnd.IntN(256))
		}
		got, ok := read(string(b), scale)
		if !ok {
			continue
		}
		want, known := parseDecimal(b)
		if v, fits := want.scaled(12, scale); !known || !fits || v != got {
			t.Fatalf("%q with scale %d: got %d, want %d %v %v", b, scale, got, v, known, fits)
		}
	}
	for _, s := range []string{"0.00", "-0.01", "12.50", "99999.99", "100000.00", "-9999999999.99"} {
		want, _ := parseDecimal([]byte(s))
		v, _ := want.scaled(12, 2)
		if got, ok := read(s, 2); !ok || got != v {
			t.Errorf("%s: got %d %v, want %d", s, got, ok, v)
		}
	}
	for _, s := range []string{"", "1", "1.0", "1.000", ".50", "-.50", "-", "1,00", "10000000000.00", "1 .00"} {
		if got, ok := read(s, 2); ok {
			t.Errorf("%q read as %d", s, got)
		}
	}
}

func TestDatesAgreeWithDaysOf(t *testing.T) {
	for y := 1890; y <= 2110; y++ {
		for m := 1; m <= 12; m++ {
			for d := 0; d <= 32; d++ {
				s := fmt.Sprintf("%04d-%02d-%02d", y, m, d)
				days, ok := parseDate([]byte(s))
				good := d > 0 && int64(d) <= types.DaysInMonth(int64(y), int64(m))
				if ok != good || ok && int64(days) != int64(types.DaysOf(int64(y), int64(m), int64(d))) {
					t.Fatalf("%s: got %d %v", s, days, ok)
				}
			}
		}
	}
}

func TestMarks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(19, 20))
	for range 20000 {
		b := make([]byte, rnd.IntN(80))
		for i := range b {
			b[i] = ",\n\x00x\x8a\xac"[rnd.IntN(6)]
		}
		var delims, breaks uint64
		for i, c := range b[:min(len(b), 64)] {
			if c == ',' {
				delims |= 1 << i
			}
			if c == '\n' {
				breaks |= 1 << i
			}
		}
		if d, n := marksOf(b, ','); d != delims || n != breaks {
			t.Fatalf("%q: got %x %x, want %x %x", b, d, n, delims, breaks)
		}
		if len(b) < 64 {
			continue
		}
		if d, n := marksByWords((*[64]byte)(b), ','); d != delims || n != breaks {
			t.Fatalf("%q: by words %x %x, want %x %x", b, d, n, delims, breaks)
		}
	}
}

func TestPlainRun(t *testing.T) {
	rnd := rand.New(rand.NewPCG(17, 18))
	for range 100000 {
		b := make([]byte, rnd.IntN(30))
		for i := range b {
			b[i] = byte(' ' + rnd.IntN(224))
		}
		if len(b) > 0 && rnd.IntN(2) == 0 {
			b[rnd.IntN(len(b))] = byte(rnd.IntN(256))
		}
		want := 0
		for want < len(b) && b[want] >= ' ' && b[want] != '"' && b[want] != '\\' {
			want++
		}
		if got := plainRun(b); got != want {
			t.Fatalf("%q: got %d, want %d", b, got, want)
		}
	}
}

func TestTimesAgreeWithPackageTime(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 50000 {
		at := time.Unix(rnd.Int64N(8e9)-4e9, rnd.Int64N(1e6)*1000).UTC()
		s := at.Format("2006-01-02 15:04:05.999999")
		if got, ok := parseTimestamp([]byte(s), false); !ok || got != at.UnixMicro() {
			t.Fatalf("%s: got %d %v, want %d", s, got, ok, at.UnixMicro())
		}
		if got, ok := parseTimestamp([]byte(s+"Z"), true); !ok || got != at.UnixMicro() {
			t.Fatalf("%sZ: got %d %v", s, got, ok)
		}
	}
	for _, s := range []string{"2024-13-01", "2024-00-10", "2024-01-00", "2024-01-32", "2023-02-29", "1900-02-29", "2024/01/01", "0000-01-01", "2024-1-011", "202a-01-01"} {
		if days, ok := parseDate([]byte(s)); ok {
			t.Errorf("%s read as day %d", s, days)
		}
	}
	for _, s := range []string{"2024-01-01 24:00:00", "2024-01-01 00:60:00", "2024-01-01 00:00:60", "2024-01-01 00:00:00.", "2024-01-01 00:00:00.1234567", "2024-01-01 00:00:00x", "2024-01-01_00:00:00"} {
		if us, ok := parseTimestamp([]byte(s), false); ok {
			t.Errorf("%s read as %d", s, us)
		}
	}
}

func BenchmarkParseInt(b *testing.B) {
	raw, n := padded("1234567")
	for b.Loop() {
		parseInt(raw, 0, n)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,\"x\"\"\"\n", uint8(3))
	f.Add("a\tb\n\\N\t2\n", uint8(1))
	f.Fuzz(func(t *testing.T, text string, block uint8) {
		for _, format := range []Format{CSV, TSV, NDJSON} {
			whole, err1 := readAll(text, Options{Format: format}, nil)
			pieces, err2 := readAll(text, Options{Format: format, BlockBytes: int(block) + len(text)/2 + 1}, nil)
			// A smaller first block may guess narrower columns, so only equal guesses compare.
			if err1 == nil && err2 == nil && len(whole) != len(pieces) {
				t.Fatalf("%s: %d rows at once, %d in pieces", format, len(whole), len(pieces))
			}
		}
	})
}

// BenchmarkReadCSV reads 16 typed columns like those of the usual order-line table.
func BenchmarkReadCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString("orderkey,partkey,suppkey,line,quantity,price,discount,tax,flag,status,shipped,committed,received,instruct,mode,comment\n")
	for i := range 100000 {
		fmt.Fprintf(&text, "%d,%d,%d,%d,%d,%d.%02d,0.0%d,0.0%d,N,O,1996-03-13,1996-02-12,1996-03-22,DELIVER IN PERSON,TRUCK,egular courts above the%d\n",
			i/4, i*7919%200000, i%10000, i%7, i%50, 10000+i%90000, i%100, i%10, i%8, i)
	}
	cols := []Column{}
	ids := "iiiinnnnttdddttt"
	kinds := map[rune]types.Type{'i': types.T(types.Int64), 'n': types.Dec(15, 2), 't': types.T(types.Text), 'd': types.T(types.Date)}
	for i, r := range ids {
		cols = append(cols, Column{fmt.Sprint("c", i), kinds[r]})
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		f, err := Open(strings.NewReader(text.String()), Options{Format: CSV})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Read(b.Context(), cols); err != nil {
			b.Fatal(err)
		}
		for {
			batch, err := f.Next()
			if err != nil {
				break
			}
			batch.Release()
		}
	}
}
