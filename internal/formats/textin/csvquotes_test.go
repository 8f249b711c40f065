package textin

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestQuotesAreScannedAsOneByOne compares scanQuotes, where it knows what to do, with scanSlow.
func TestQuotesAreScannedAsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	fields := []string{"1", "", "x", `""`, `"a"`, `"a,b"`, `"two` + "\n" + `lines"`, `"say ""so"""`, `""""`, `"` + strings.Repeat("long, ", 20) + `"`, strings.Repeat("y", 70), `a"b`, `"a"b`, `"open`, "\r"}
	ends := []string{"\n", "\r\n"}
	known := 0
	for range 50_000 {
		s := newCSVScanner(Options{Format: CSV})
		if r.IntN(5) == 0 {
			s.null = []byte("x")
		}
		s.names = []string{"a", "b", "c"}[:1+r.IntN(3)]
		var text strings.Builder
		few := 2 + r.IntN(len(fields)-1) // most texts have no field that is wrong
		for range r.IntN(8) {
			for c := range s.names {
				if c > 0 {
					text.WriteByte(',')
				}
				text.WriteString(fields[r.IntN(few)])
			}
			if r.IntN(40) == 0 {
				text.WriteByte(',')
			}
			text.WriteString(ends[r.IntN(2)])
		}
		data := text.String()
		if r.IntN(4) == 0 {
			data = strings.TrimSuffix(data, "\n")
		}
		b := &block{raw: append(make([]byte, pad), data...), line: 1}
		got, want := grid{cols: len(s.names)}, grid{cols: len(s.names)}
		if !s.scanQuotes(b.data(), &got) {
			continue
		}
		known++
		if err := s.scanSlow(b, &want); err != nil {
			t.Fatalf("%q is wrong: %v", data, err)
		}
		if len(s.null) == 0 {
			s.markNulls(b.data(), &want)
		}
		if got.rows != want.rows || !slices.Equal(got.spans, want.spans) {
			t.Fatalf("%q:\n%v\none by one\n%v", data, got, want)
		}
	}
	if known < 25_000 {
		t.Errorf("only %d texts were scanned", known)
	}
}
