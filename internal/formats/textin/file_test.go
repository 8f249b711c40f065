package textin

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

// readAll reads text as the guessed columns, or as cols when given, and returns rows of texts with
// NULL as "<null>".
func readAll(text string, opts Options, cols []Column) ([][]string, error) {
	f, err := Open(strings.NewReader(text), opts)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if cols == nil {
		cols = f.Guess()
	}
	if err := f.Read(context.Background(), cols); err != nil {
		return nil, err
	}
	var rows [][]string
	for {
		b, err := f.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for r := range b.N {
			row := make([]string, len(b.Cols))
			for c := range b.Cols {
				row[c] = "<null>"
				if !b.Cols[c].IsNull(r) {
					row[c] = types.Format(b.Cols[c].Value(r))
				}
			}
			rows = append(rows, row)
		}
		b.Release()
	}
}

func texts(names ...string) []Column {
	var cols []Column
	for _, n := range names {
		cols = append(cols, Column{n, types.T(types.Text)})
	}
	return cols
}

func TestCSVFields(t *testing.T) {
	null := "NA"
	for _, tc := range []struct {
		name, in string
		opts     Options
		want     string
	}{
		{"plain", "a,b\n1,2\n3,4\n", Options{}, "[[1 2] [3 4]]"},
		{"no line break at the end", "a,b\n1,2", Options{}, "[[1 2]]"},
		{"crlf", "a,b\r\n1,2\r\n3,4\r\n", Options{}, "[[1 2] [3 4]]"},
		{"null and empty string", "a,b\n,\"\"\n", Options{}, "[[<null> ]]"},
		{"quotes", "a,b\n\"x,\"\"y\"\"\",\"line\nbreak\"\n", Options{}, "[[x,\"y\" line\nbreak]]"},
		{"quoted crlf end", "a,b\r\n\"x\",\"y\"\r\n", Options{}, "[[x y]]"},
		{"null text", "a,b\nNA,\"NA\"\n,x\n", Options{Null: &null}, "[[<null> NA] [ x]]"},
		{"blank lines", "a,b\n\n1,2\n\r\n3,4\n\n", Options{}, "[[1 2] [3 4]]"},
		{"blank line of one column", "a\n1\n\n2\n", Options{}, "[[1] [<null>] [2]]"},
		{"byte order mark", "\ufeffa,b\n1,2\n", Options{}, "[[1 2]]"},
		{"no header", "1,2\n3,4\n", Options{NoHeader: true}, "[[1 2] [3 4]]"},
		{"semicolon", "a;b\n1,5;2\n", Options{Delim: ';'}, "[[1,5 2]]"},
		{"header alone", "a,b\n", Options{}, "[]"},
		{"lone return is data", "a,b\nx\ry,z\n", Options{}, "[[x\ry z]]"},
		{"ends in a delimiter", "a,b\n1,", Options{}, "[[1 <null>]]"},
		{"tsv", "a\tb\nx\\ty\t\\N\n\\\\\t\n", Options{Format: TSV}, "[[x\ty <null>] [\\ ]]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.opts.Format == "" {
				tc.opts.Format = CSV
			}
			for _, block := range []int{0, 1, 3, 8} {
				tc.opts.BlockBytes = block
				cols := texts("a", "b")
				if strings.HasPrefix(tc.in, "a\n") {
					cols = cols[:1]
				}
				rows, err := readAll(tc.in, tc.opts, cols)
				if err != nil {
					t.Fatalf("blocks of %d: %v", block, err)
				}
				if got := fmt.Sprint(rows); got != tc.want {
					t.Errorf("blocks of %d: got %q, want %q", block, got, tc.want)
				}
			}
		})
	}
}

// TestFindHeader tells names from values.
func TestFindHeader(t *testing.T) {
	for _, tc := range []struct {
		in    string
		names string // of the file's columns
	}{
		{"1,2\n3,4\n", "c1 c2"},
		{"a,1,2020-01-01\nb,3,2021-01-01\n", "c1 c2 c3"},
		{"1.5,x\n2,y\n", "c1 c2"},
		{"1,\n1,x\n", "c1 c2"},
		{"x,true\ny,false\n", "c1 c2"},
		{"1,1\n", "c1 c2"},
		{"\"1\",\"a\"\n2,b", "c1 c2"},
		{"\"1\n\",2\nx,3\n", "c1 c2"},
		{"a,b\n1,2\n", "a b"},
		{"a,b\nc,d\n", "a b"},
		{"a,1\nc,d\n", "a 1"},
		{"id,2020\nx,1\ny,z", "id 2020"},
		{"id,2020\n1,1\n2,2", "id 2020"},
		{"a,b\n", "a b"},
		{"2020-01-01,5\n2020-01-02,x\n", "c1 c2"},
		{"", ""},
	} {
		f, err := Open(strings.NewReader(tc.in), Options{Format: CSV, FindHeader: true})
		if err != nil {
			t.Fatalf("%q: %v", tc.in, err)
		}
		if got := strings.Join(f.Names(), " "); got != tc.names {
			t.Errorf("%q: columns %s, want %s", tc.in, got, tc.names)
		}
		rows := strings.Count(strings.ReplaceAll(tc.in, "\"1\n\"", "1")+"\n", "\n")
		if strings.HasSuffix(tc.in, "\n") || tc.in == "" {
			rows--
		}
		if f.HasHeader() && tc.in != "" {
			rows--
		}
		if f.fields.rows != rows {
			t.Errorf("%q: %d rows, want %d", tc.in, f.fields.rows, rows)
		}
	}
}

// TestCSVAgreesWithStandardLibrary compares random files, quotes and line breaks in them, with
// encoding/csv.
func TestCSVAgreesWithStandardLibrary(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "", "x,y", "\"", "\n", "ü", "12", "long enough to pass eight", ",", "-"}
	for round := range 300 {
		var text strings.Builder
		w := csv.NewWriter(&text)
		cols := 2 + rnd.IntN(4)
		for range rnd.IntN(40) + 1 {
			row := make([]string, cols)
			for c := range row {
				for range rnd.IntN(3) {
					row[c] += parts[rnd.IntN(len(parts))]
				}
			}
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		want, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		names := make([]string, cols)
		for i := range names {
			names[i] = fmt.Sprint("c", i+1)
		}
		got, err := readAll(text.String(), Options{Format: CSV, NoHeader: true, BlockBytes: 1 + rnd.IntN(60)}, texts(names...))
		if err != nil {
			t.Fatalf("round %d: %v in\n%s", round, err, text.String())
		}
		for r := range got {
			for c := range got[r] {
				if got[r][c] == "<null>" {
					got[r][c] = ""
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("round %d: got %q, want %q", round, got, want)
		}
	}
}

func TestGuess(t *testing.T) {
	for _, tc := range []struct{ values, want string }{
		{"1 2 -3", "bigint"},
		{"1 9223372036854775807", "bigint"},
		{"1 9223372036854775808", "numeric"},
		{"1 2.5", "double precision"},
		{"9007199254740993 2.5", "numeric"},
		{"0.1234567890123456", "numeric"},
		{"1e10 -2.5E-3", "double precision"},
		{"1. 2", "text"},
		{"007 8", "text"},
		{"+5", "text"},
		{"0 0.5 -0.25", "double precision"},
		{"true FALSE", "boolean"},
		{"true 1", "text"},
		{"2024-02-29 1999-12-31", "date"},
		{"2023-02-29", "text"},
		{"2024-02-29 2024-02-29T10:11:12.5", "timestamp without time zone"},
		{"2024-02-29T10:11:12Z 2024-02-29T10:11:12+02:00", "timestamp with time zone"},
		{"2024-02-29T10:11:12Z 2024-02-29T10:11:12", "text"},
		{"abc", "text"},
		{"- 1", "text"},
	} {
		text := "v\n" + strings.ReplaceAll(tc.values, " ", "\n") + "\n"
		f, err := Open(strings.NewReader(text), Options{Format: CSV})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Guess()[0].Type.String(); got != tc.want {
			t.Errorf("%s: guessed %s, want %s", tc.values, got, tc.want)
		}
	}
}

// TestGuessOfStrings: dates and timestamps are strings in JSON, all other strings are text.
func TestGuessOfStrings(t *testing.T) {
	for _, tc := range []struct{ values, want string }{
		{`"2024-02-29","1999-12-31"`, "date"},
		{`"2024-02-29",null`, "date"},
		{`"2024-02-29","2024-02-29T10:11:12.5"`, "timestamp without time zone"},
		{`"2024-02-29 10:11","2024-02-29 10:11:12"`, "timestamp without time zone"},
		{`"2024-02-29T10:11:12Z","2024-02-29T10:11:12+02:00"`, "timestamp with time zone"},
		{`"2024-02-29T10:11:12Z","2024-02-29T10:11:12"`, "text"},
		{`"2024-02-29","later"`, "text"},
		{`"2024-02-29",5`, "text"},
		{`"2024-02-29",[1]`, "json"},
		{`"2023-02-29"`, "text"},
		{`"2024-02\u002d29"`, "text"},
		{`"2024",""`, "text"},
		{`"10:11:12"`, "text"},
		{`"5","true"`, "text"},
	} {
		var text strings.Builder
		for value := range strings.SplitSeq(tc.values, ",") {
			text.WriteString(`{"v":` + value + "}\n")
		}
		f, err := Open(strings.NewReader(text.String()), Options{Format: NDJSON})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Guess()[0].Type.String(); got != tc.want {
			t.Errorf("%s: guessed %s, want %s", tc.values, got, tc.want)
		}
	}
}

func TestInferReadsTheWholeFile(t *testing.T) {
	f, err := Open(strings.NewReader("{\"a\":1}\n{\"a\":2}\n{\"b\":[1],\"a\":2.5}\n"), Options{Format: NDJSON, BlockBytes: 8})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Guess()); got != "[{a bigint}]" {
		t.Errorf("guess %s", got)
	}
	cols, err := f.Infer(context.Background())
	if got := fmt.Sprint(cols); err != nil || got != "[{a double precision} {b json}]" {
		t.Errorf("infer %s, %v", got, err)
	}
}

func TestTypedValues(t *testing.T) {
	cols := []Column{
		{"i", types.T(types.Int32)}, {"s", types.T(types.Int16)}, {"b", types.T(types.Int64)}, {"n", types.Dec(10, 2)},
		{"f", types.T(types.Float64)}, {"d", types.T(types.Date)}, {"t", types.T(types.Timestamp)},
		{"z", types.T(types.TimestampTZ)}, {"o", types.T(types.Bool)}, {"u", types.T(types.Numeric)}, {"v", types.T(types.Interval)},
		{"r", types.T(types.Float32)},
	}
	text := "i,s,b,n,f,d,t,z,o,u,v,r\n" +
		"1,-2,9223372036854775807,12.5,0.1,2024-02-29,2024-02-29 01:02:03.5,2024-02-29T01:02:03Z,t,1.10,1 day,0.1\n" +
		"-2147483648,32767,-9223372036854775808,-0.005,1e300,infinity,2024-02-29,2024-02-29 01:02:03+02,no,-1e3,02:00,16777217\n" +
		" 7 ,,,,,,,,,,,\n"
	want := [][]string{
		{"1", "-2", "9223372036854775807", "12.50", "0.1", "2024-02-29", "2024-02-29 01:02:03.5", "2024-02-29 01:02:03+00", "t", "1.10", "1 day", "0.1"},
		{"-2147483648", "32767", "-9223372036854775808", "-0.01", "1e+300", "infinity", "2024-02-29 00:00:00", "2024-02-28 23:02:03+00", "f", "-1000", "02:00:00", "1.6777216e+07"},
		{"7", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>", "<null>"},
	}
	rows, err := readAll(text, Options{Format: CSV}, cols)
	if err != nil {
		t.Fatal(err)
	}
	for r := range want {
		if fmt.Sprint(rows[r]) != fmt.Sprint(want[r]) {
			t.Errorf("row %d:\n got %q\nwant %q", r, rows[r], want[r])
		}
	}
}

func TestErrorsNameTheirPlace(t *testing.T) {
	ints := []Column{{"a", types.T(types.Int32)}, {"b", types.T(types.Int32)}}
	for _, tc := range []struct {
		name, in string
		format   Format
		code     string
		line     int
		column   string
	}{
		{"not a number", "a,b\n1,2\n3,x\n", CSV, dberr.InvalidTextRepresentation, 3, "b"},
		{"out of range", "a,b\n1,2\n3,4\n99999999999,4\n", CSV, dberr.NumericValueOutOfRange, 4, "a"},
		{"after a quoted line break", "a,b\n\"1\",\"\n2\"\n3,x\n", CSV, dberr.InvalidTextRepresentation, 4, "b"},
		{"first of two", "a,b\n1,y\nx,1\n", CSV, dberr.InvalidTextRepresentation, 2, "b"},
		{"extra field", "a,b\n1,2\n1,2,3\n", CSV, dberr.BadCopyFileFormat, 3, ""},
		{"missing field", "a,b\n1,2\n1\n", CSV, dberr.BadCopyFileFormat, 3, "b"},
		{"open quote", "a,b\n1,\"2\n", CSV, dberr.BadCopyFileFormat, 2, "b"},
		{"text after quote", "a,b\n1,\"2\"3\n", CSV, dberr.BadCopyFileFormat, 2, "b"},
		{"bad json", "{\"a\":1}\n{\"a\":}\n", NDJSON, dberr.InvalidTextRepresentation, 2, ""},
		{"json number", "{\"a\":01}\n", NDJSON, dberr.InvalidTextRepresentation, 1, ""},
		{"json twice", "{\"a\":1,\"a\":2}\n", NDJSON, dberr.InvalidTextRepresentation, 1, ""},
		{"json text after", "{\"a\":1} x\n", NDJSON, dberr.InvalidTextRepresentation, 1, ""},
		{"json array", "[1]\n", NDJSON, dberr.InvalidTextRepresentation, 1, ""},
		{"json surrogate", "{\"a\":\"\\ud800\"}\n", NDJSON, dberr.InvalidTextRepresentation, 1, ""},
		{"json member", "{\"a\":1}\n{\"b\":1}\n\n{\"c\":1}\n", NDJSON, dberr.UndefinedColumn, 4, "c"},
		{"json value", "{\"a\":1}\n{\"b\":\"x\"}\n", NDJSON, dberr.InvalidTextRepresentation, 2, "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := readAll(tc.in, Options{Format: tc.format}, ints)
			var e *dberr.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Code != tc.code || e.Line != tc.line || e.Column != tc.column {
				t.Errorf("got %s at line %d column %q (%v), want %s at line %d column %q", e.Code, e.Line, e.Column, err, tc.code, tc.line, tc.column)
			}
		})
	}
}

func TestLinesOfRows(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"a,b\n1,2\n3,4\n5,6", "[2 3 4]"},
		{"a,b\n1,\"x\ny\"\n3,4\n\n5,6\n", "[2 4 6]"},
		{"\n\na,b\n\"\n\",2\n3,4\n", "[4 6]"},
	} {
		for _, block := range []int{0, 3} {
			f, err := Open(strings.NewReader(tc.in), Options{Format: CSV, BlockBytes: block})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Read(context.Background(), texts("a", "b")); err != nil {
				t.Fatal(err)
			}
			var lines []int
			for {
				b, err := f.Next()
				if err != nil {
					break
				}
				for r := range b.N {
					lines = append(lines, b.Line(r))
				}
			}
			if got := fmt.Sprint(lines); got != tc.want {
				t.Errorf("%q in blocks of %d: got %s, want %s", tc.in, block, got, tc.want)
			}
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	for _, in := range []string{"a,b\nx,\xff\n", "a,b\n\xc3,\xa4\n", "a,b\nx,y\x00z\n"} {
		_, err := readAll(in, Options{Format: CSV}, texts("a", "b"))
		if dberr.CodeOf(err) != dberr.CharacterNotInRepertoire {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestNDJSONValues(t *testing.T) {
	cols := []Column{{"i", types.T(types.Int64)}, {"s", types.T(types.Text)}, {"j", types.T(types.JSON)}, {"b", types.T(types.Bool)}}
	in := "{\"i\":1,\"s\":\"a\\u00e4\\ud83d\\ude00\\n\\\"\",\"j\":{\"x\":[1,2,{\"y\":null}]},\"b\":true}\r\n" +
		"\n {\"b\": false , \"j\":\"str\", \"s\":null}\n{}\n{\"s\":12.50,\"j\":7}"
	want := [][]string{
		{"1", "aä😀\n\"", `{"x":[1,2,{"y":null}]}`, "t"},
		{"<null>", "<null>", `"str"`, "f"},
		{"<null>", "<null>", "<null>", "<null>"},
		{"<null>", "12.50", "7", "<null>"},
	}
	for _, block := range []int{0, 1, 16} {
		rows, err := readAll(in, Options{Format: NDJSON, BlockBytes: block}, cols)
		if err != nil || fmt.Sprint(rows) != fmt.Sprint(want) {
			t.Errorf("blocks of %d: got %q, %v", block, rows, err)
		}
	}
}

func TestCancel(t *testing.T) {
	f, err := Open(strings.NewReader(strings.Repeat("1,2\n", 100000)), Options{Format: CSV, NoHeader: true, BlockBytes: 64})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := f.Read(ctx, f.Guess()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = f.Next()
	}
	if dberr.CodeOf(err) != dberr.QueryCanceled {
		t.Errorf("got %v", err)
	}
}

func TestReadErrorIsReported(t *testing.T) {
	broken := errors.New("disk on fire")
	f, err := Open(io.MultiReader(strings.NewReader("a\n1\n2\n3\n"), failing{broken}), Options{Format: CSV, BlockBytes: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(context.Background(), f.Guess()); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Next()
	}
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestSniff(t *testing.T) {
	for text, want := range map[string]byte{
		"a,b\n1;2,3\n":                ',',
		"a;b\n1,5;2\n":                ';',
		"a\tb\tc\n1\t2\t3":            '\t',
		"a|b\n\"x|y|z\"|2\r\n\r\n3|4": '|',
		"a;b|c|d\n1;2|3|4\n":          '|',
		"name\nx;y\n":                 ',',
		"a;b\nx\n":                    ',',
		"":                            ',',
		"\n\n;\n":                     ';',
		"\"a,b\";c\n\"x\n,,\";y\n":    ';',
		"a;b\n" + strings.Repeat("1;2\n", 30) + "3\n": ';',
	} {
		if got := sniff([]byte(text), '"', false); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got, err := readAll("x\ny\na;b\n1;'p;q'\n", Options{Format: CSV, SkipLines: 2, Quote: '\''}, nil); err != nil || fmt.Sprint(got) != "[[1 p;q]]" {
		t.Errorf("got %v, %v", got, err)
	}
}
