package textin

import (
	"fmt"
	"strings"
	"testing"
)

// TestOddFiles: what other programs write is read as they mean it.
func TestOddFiles(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opts       Options
		columns    string // name type, …
		rows       string // of Batch values, | between fields
	}{
		{"blanks in the header", "a, b,c \n1,2,3\n", Options{Format: CSV}, "a bigint, b bigint, c bigint", "1|2|3"},
		{"no name", ",b,\n1,2,\n", Options{Format: CSV}, "c1 bigint, b bigint, c3 text", "1|2|NULL"},
		{"same name", "a,a,a_1,a\n1,2,3,4\n", Options{Format: CSV}, "a bigint, a_1 bigint, a_1_1 bigint, a_2 bigint", "1|2|3|4"},
		{"carriage returns", "a,b\r1,2\r3,4\r", Options{Format: CSV}, "a bigint, b bigint", "1|2 3|4"},
		{"no quotes", "a,b\n1,6\" pipe\n2,\"x\n", Options{Format: CSV, NoQuote: true}, "a bigint, b text", "1|6\" pipe 2|\"x"},
		{"quotes inside", "a,b\n5\" disk,1\n7\" z,2\n\"x\ny, \"\"z\"\"\",3\nab\"cd\"ef,4\n", Options{Format: CSV}, "a text, b bigint", "5\" disk|1 7\" z|2 x\ny, \"z\"|3 ab\"cd\"ef|4"},
		{"quotes inside and semicolons", "a;b\n5\" disk;1\n7\";2\n8;3\n", Options{Format: CSV}, "a text, b bigint", "5\" disk|1 7\"|2 8|3"},
		{"backslash is no escape", "a,b\n1,x\\ty\n", Options{Format: CSV, NoQuote: true}, "a bigint, b text", "1|x\\ty"},
		{"latin1", "a,b\n1,M\xfcller\n", Options{Format: CSV, Encoding: "latin1"}, "a bigint, b text", "1|Müller"},
		{"utf-16", "\xff\xfea\x00\n\x00\xfc\x00\n\x00", Options{Format: CSV}, "a text", "ü"},
		{"utf-16 big-endian", "\xfe\xff\x00a\x00\n\x00\xfc\x00\n", Options{Format: CSV}, "a text", "ü"},
		{"blanks around values", "a,b,c,d\n 1, 2024-01-01, true , x\n2 ,2024-01-02 ,false,y \n", Options{Format: CSV}, "a bigint, b date, c boolean, d text", "1|2024-01-01|t| x 2|2024-01-02|f|y "},
		{"times", "a,b\n10:11:12,10:11\n23:59:59.5,00:00\n", Options{Format: CSV}, "a time without time zone, b time without time zone", "10:11:12|10:11:00 23:59:59.5|00:00:00"},
		{"no times", "a,b,c\n24:00,1:2:3,10:11:\n", Options{Format: CSV}, "a text, b text, c text", "24:00|1:2:3|10:11:"},
		{"short timestamps", "a,b\n2024-01-01T10:11,2024-01-01 10:11Z\n", Options{Format: CSV}, "a timestamp without time zone, b timestamp with time zone", "2024-01-01 10:11:00|2024-01-01 10:11:00+00"},
		{"nanoseconds", "a\n2024-01-01 10:11:12.123456789\n", Options{Format: CSV}, "a timestamp without time zone", "2024-01-01 10:11:12.123457"},
		{"not numbers", "a,b,c,d\n1,nan,NaN,Nan\n-inf,0.5,12345678901234567890,Bob\n", Options{Format: CSV}, "a double precision, b double precision, c numeric, d text", "1|NaN|NaN|Nan -Infinity|0.5|12345678901234567890|Bob"},
		{"infinities", "a,b,c,d\ninfinity,-infinity,infinity,infinity\n2024-01-01,2024-01-01 10:00,2024-01-01 10:00Z,1\n", Options{Format: CSV}, "a date, b timestamp without time zone, c timestamp with time zone, d double precision", "infinity|-infinity|infinity|Infinity 2024-01-01|2024-01-01 10:00:00|2024-01-01 10:00:00+00|1"},
		{"array", "[{\"a\": 1,\n\"b\": {\"c\": [1, 2]}}, {\"a\": 2}]", Options{Format: NDJSON}, "a bigint, b json", "1|{\"c\": [1, 2]} 2|NULL"},
		{"objects of several lines", "{\n \"a\": 1,\n \"b\": \"x y\"\n}\n{\n \"a\": 2\n}\n", Options{Format: NDJSON}, "a bigint, b text", "1|x y 2|NULL"},
		{"an empty array", " [ ]\n", Options{Format: NDJSON}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(strings.NewReader(c.text), c.opts)
			if err != nil {
				t.Fatal(err)
			}
			var cols, lines []string
			for _, col := range f.Guess() {
				cols = append(cols, col.Name+" "+col.Type.String())
			}
			if got := strings.Join(cols, ", "); got != c.columns {
				t.Errorf("columns %q, want %q", got, c.columns)
			}
			rows, err := readAll(c.text, c.opts, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				lines = append(lines, strings.Join(row, "|"))
			}
			if got := strings.ReplaceAll(strings.Join(lines, " "), "<null>", "NULL"); got != c.rows {
				t.Errorf("rows %q, want %q", got, c.rows)
			}
		})
	}
}

// TestQuotesInside: whatever the size of blocks, a quote inside a field is a character.
func TestQuotesInside(t *testing.T) {
	var text, want strings.Builder
	text.WriteString("a,b\n")
	for i := range 200 {
		if i%9 == 0 {
			fmt.Fprintf(&text, "\"%d,\n\"\"x\"\"\",7\n", i)
			fmt.Fprintf(&want, "%d,\n\"x\"|7\n", i)
			continue
		}
		fmt.Fprintf(&text, "%d\" disk,%d\n", i, i)
		fmt.Fprintf(&want, "%d\" disk|%d\n", i, i)
	}
	for _, size := range []int{32, 64, 300, 1 << 16} {
		rows, err := readAll(text.String(), Options{Format: CSV, BlockBytes: size}, nil)
		if err != nil {
			t.Fatalf("blocks of %d bytes: %v", size, err)
		}
		var got strings.Builder
		for _, row := range rows {
			got.WriteString(strings.Join(row, "|") + "\n")
		}
		if got.String() != want.String() {
			t.Errorf("blocks of %d bytes: the rows are\n%s", size, got.String())
		}
	}
}
