package textin

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// oneByOne is scan without scanAlike.
func oneByOne(s *jsonScanner, b *block, g *grid) error {
	data := b.data()
	g.spans, g.rows, g.cols = g.spans[:0], 0, len(s.names)
	for at := 0; at < len(data); {
		end := len(data)
		if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
			end = at + n
		}
		c := jsonCursor{b: b, data: data[:end], at: at, line: at}
		if c.space(); c.at < end {
			if err := s.scanObject(&c, g); err != nil {
				return err
			}
		}
		at = end + 1
	}
	return nil
}

// objects returns lines of objects that are mostly alike, some of them wrong.
func objects(r *rand.Rand) string {
	values := []string{"1", "-7", "0", "12345678", "1234567890123", "3.25", "0.00000001", "123456789.123456789", "1e5", "01", "-", "1.", "true", "false", "null",
		"truth", `"x"`, `""`, `"a text, with } and : in it"`, `"` + strings.Repeat("long ", 30) + `"`, `"esc\n"`, `"\u0041"`, "[1,2]", `{"n":1}`, "\"\x01\"", `"ü€"`}
	leads := [][2]string{{",", ":"}, {", ", ": "}, {" ,\t", " : "}}
	style := leads[r.IntN(len(leads))]
	tail := []string{"}\n", " }\r\n", "} \n"}[r.IntN(3)]
	keys := []string{"a", "price", "a_long_name_of_a_column", `k\"q`}
	var out strings.Builder
	for range 1 + r.IntN(12) {
		order := keys
		if r.IntN(6) == 0 {
			order = keys[r.IntN(len(keys)):]
		}
		out.WriteByte('{')
		for i, k := range order {
			if i > 0 {
				out.WriteString(style[0])
			}
			v := values[r.IntN(9)]
			if r.IntN(8) == 0 {
				v = values[r.IntN(len(values))]
			}
			fmt.Fprintf(&out, `"%s"%s%s`, k, style[1], v)
		}
		out.WriteString(tail)
	}
	return out.String()
}

// TestObjectsAlikeAreReadAsOneByOne compares the fields and errors of both ways.
func TestObjectsAlikeAreReadAsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := objects(r)
		if r.IntN(3) == 0 {
			at := r.IntN(len(text))
			text = text[:at] + string(rune(' '+r.IntN(95))) + text[at+1:]
		}
		text += strings.Repeat(" ", r.IntN(100)) // without a window behind them lines are read one by one
		var got, want grid
		one, other := newJSONScanner(nil), newJSONScanner(nil)
		one.learn, other.learn = true, true
		b := &block{raw: append(make([]byte, pad), text...), line: 1}
		err1, err2 := one.scan(b, &got), oneByOne(other, b, &want)
		if fmt.Sprint(err1) != fmt.Sprint(err2) {
			t.Fatalf("%q: %v, one by one %v", text, err1, err2)
		}
		if err1 == nil && (got.rows != want.rows || got.cols != want.cols || !slices.Equal(got.spans, want.spans)) {
			t.Fatalf("%q:\n%v\none by one\n%v", text, got, want)
		}
	}
}

func TestScanAlike(t *testing.T) {
	const like = `{"a": 1, "s": "x"}` + "\n"
	space := strings.Repeat(" ", 2*window)
	for line, alike := range map[string]bool{
		like:                                true,
		`{"a": -12.50, "s": "a, \"}` + "\n": false,
		`{"a": null, "s": "long ` + space + `"}` + "\n": true,
		`{"a": true, "s": null}` + "\n":                 true,
		`{"a": 1e5, "s": "x"}` + "\n":                   false,
		`{"a": 01, "s": "x"}` + "\n":                    false,
		`{"a":1, "s": "x"}` + "\n":                      false,
		`{"a": 1, "s": "x"}` + "\r\n":                   false,
		`{"a": 1}` + "\n":                               false,
		`{"s": "x", "a": 1}` + "\n":                     false,
	} {
		s, g := newJSONScanner([]string{"s", "a"}), grid{}
		if err := s.scan(&block{raw: append(make([]byte, pad), like...), line: 1}, &g); err != nil {
			t.Fatal(err)
		}
		next := s.scanAlike([]byte(line+space), 0, &g)
		if alike && (next != len(line) || g.rows != 2) || !alike && (next != 0 || g.rows != 1 || len(g.spans) != 2) {
			t.Errorf("%q: %d, %d rows", line, next, g.rows)
		}
	}
}

func TestSpecialsOf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 10_000 {
		var data [window]byte
		for i := range data {
			data[i] = byte(0x20 + r.IntN(200))
		}
		data[r.IntN(window)] = byte(r.IntN(256))
		got, want := specialsOf(&data), specialsByWords(&data)
		if got&-got != want {
			t.Fatalf("%q: the first is %x, by words %x", data, got, want)
		}
		for i := range data {
			data[i] = "0123456789-+.eE/:"[r.IntN(17)]
		}
		data[r.IntN(window)] = ",} "[r.IntN(3)]
		digits, ends := digitsOfNumber(&data)
		digits2, ends2 := digitsOfNumberByWords(&data)
		if ends&-ends != ends2 || (digits^digits2)&(ends2-1) != 0 {
			t.Fatalf("%q: %x %x, by words %x %x", data, digits, ends, digits2, ends2)
		}
	}
}
