package rowtext

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"driftdb/internal/types"
	"driftdb/internal/vec"
)

func textVec(valid []uint64, texts ...string) vec.Vec {
	offs, heap := []int32{0}, []byte{}
	for _, s := range texts {
		heap = append(heap, s...)
		offs = append(offs, int32(len(heap)))
	}
	return vec.FromBytes(types.T(types.Text), offs, heap, valid)
}

// sample is one result: numbers, texts with every awkward character, a NULL in each.
func sample() ([]Column, *vec.Batch) {
	cols := []Column{{"id", types.T(types.Int64)}, {"name", types.T(types.Text)}, {"ok", types.T(types.Bool)}, {"x", types.T(types.Float64)}}
	b := &vec.Batch{N: 3, Cols: []vec.Vec{
		vec.FromFixed(cols[0].Type, []int64{1, -20, 0}, []uint64{0b011}),
		textVec([]uint64{0b101}, "a,\"b\"\nü|", "", ""),
		vec.FromBits(3, []uint64{0b001}, nil),
		vec.FromFixed(cols[3].Type, []float64{1.5, math.NaN(), 2}, []uint64{0b011}),
	}}
	return cols, b
}

func write(t *testing.T, form string, cols []Column, batches ...*vec.Batch) string {
	t.Helper()
	var out strings.Builder
	buf := bufio.NewWriter(&out)
	w, err := New(form, buf, types.Context{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(cols); err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	buf.Flush()
	return out.String()
}

func TestForms(t *testing.T) {
	cols, b := sample()
	for form, want := range map[string]string{
		"csv":    "id,name,ok,x\n1,\"a,\"\"b\"\"\nü|\",t,1.5\n-20,,f,NaN\n,\"\",f,\n",
		"tsv":    "id\tname\tok\tx\n1\ta,\"b\"\\nü|\tt\t1.5\n-20\t\\N\tf\tNaN\n\\N\t\tf\t\\N\n",
		"json":   "[{\"id\":1,\"name\":\"a,\\\"b\\\"\\nü|\",\"ok\":true,\"x\":1.5},\n{\"id\":-20,\"name\":null,\"ok\":false,\"x\":\"NaN\"},\n{\"id\":null,\"name\":\"\",\"ok\":false,\"x\":null}]\n",
		"ndjson": "{\"id\":1,\"name\":\"a,\\\"b\\\"\\nü|\",\"ok\":true,\"x\":1.5}\n{\"id\":-20,\"name\":null,\"ok\":false,\"x\":\"NaN\"}\n{\"id\":null,\"name\":\"\",\"ok\":false,\"x\":null}\n",
		"markdown": "| id | name | ok | x |\n| ---: | --- | --- | ---: |\n| 1 | a,\"b\"<br>ü\\| | t | 1.5 |\n" +
			"| -20 |  | f | NaN |\n|  |  | f |  |\n",
		"table": " id  | name  | ok |  x  \n-----+-------+----+-----\n   1 | a,\"b\"+| t  | 1.5\n     | ü|    |    |    \n" +
			" -20 |       | f  | NaN\n     |       | f  |    \n(3 rows)\n\n",
		"vertical": "-[ RECORD 1 ]\nid   | 1\nname | a,\"b\"+\n     | ü|\nok   | t\nx    | 1.5\n" +
			"-[ RECORD 2 ]\nid   | -20\nname | \nok   | f\nx    | NaN\n-[ RECORD 3 ]\nid   | \nname | \nok   | f\nx    | \n\n",
	} {
		if got := write(t, form, cols, b); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", form, got, want)
		}
	}
}

func TestSelectionIsHonoured(t *testing.T) {
	cols, b := sample()
	b.Sel = []uint64{0b010}
	if got := write(t, "csv", cols, b); got != "id,name,ok,x\n-20,,f,NaN\n" {
		t.Errorf("got %q", got)
	}
}

func TestEmptyResults(t *testing.T) {
	cols := []Column{{"a", types.T(types.Int32)}}
	for form, want := range map[string]string{
		"table": " a \n---\n(0 rows)\n\n", "json": "[]\n", "ndjson": "", "csv": "a\n", "vertical": "(0 rows)\n\n", "markdown": "| a |\n| ---: |\n",
	} {
		if got := write(t, form, cols); got != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}

// TestMachinesReadIt gives random awkward texts to the standard library's readers.
func TestMachinesReadIt(t *testing.T) {
	texts := []string{"", "a", "\"", ",", "\r\n", "\x01\x1f\u2028", "é\U0001f600", "\\", "'", "\t", "null", " lead", "\x7f"}
	cols := []Column{{"a\"b", types.T(types.Text)}}
	b := &vec.Batch{N: len(texts), Cols: []vec.Vec{textVec(nil, texts...)}}

	var rows []map[string]string
	if err := json.Unmarshal([]byte(write(t, "json", cols, b)), &rows); err != nil {
		t.Fatal(err)
	}
	for i, want := range texts {
		if rows[i]["a\"b"] != want {
			t.Errorf("json row %d: got %q, want %q", i, rows[i]["a\"b"], want)
		}
	}
	records, err := csv.NewReader(strings.NewReader(write(t, "csv", cols, b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range texts {
		want = strings.ReplaceAll(want, "\r\n", "\n") // the reader's own rule
		if records[i+1][0] != want {
			t.Errorf("csv row %d: got %q, want %q", i, records[i+1][0], want)
		}
	}
}

func TestTerminalIsSafe(t *testing.T) {
	cols := []Column{{"a", types.T(types.Text)}}
	b := &vec.Batch{N: 1, Cols: []vec.Vec{textVec(nil, "\x1b[2J\u0085\xff\tz\r")}}
	got := write(t, "table", cols, b)
	if !strings.Contains(got, `\x1B[2J\x85\xFF`) || strings.ContainsAny(got, "\x1b\r\t") {
		t.Errorf("got %q", got)
	}
}

func TestWideCharactersAlign(t *testing.T) {
	cols := []Column{{"a", types.T(types.Text)}, {"b", types.T(types.Text)}}
	b := &vec.Batch{N: 2, Cols: []vec.Vec{textVec(nil, "日本", "xyz"), textVec(nil, "1", "2")}}
	want := "  a   | b \n------+---\n 日本 | 1\n xyz  | 2\n(2 rows)\n\n"
	if got := write(t, "table", cols, b); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestTableStreams writes more rows than are kept, of which a late one is wider than all before.
func TestTableStreams(t *testing.T) {
	cols := []Column{{"a", types.T(types.Text)}, {"b", types.T(types.Int64)}}
	var batches []*vec.Batch
	for i := range 3 * sampleRows / 100 {
		texts, numbers := make([]string, 100), make([]int64, 100)
		for k := range texts {
			texts[k], numbers[k] = "x", int64(i)
		}
		if i == 25 {
			texts[0] = "much wider"
		}
		batches = append(batches, &vec.Batch{N: 100, Cols: []vec.Vec{textVec(nil, texts...), vec.FromFixed(cols[1].Type, numbers, nil)}})
	}
	got := write(t, "table", cols, batches...)
	if n := strings.Count(got, "\n"); n != 3*sampleRows+4 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(got, "\n much wider |") || !strings.HasSuffix(got, fmt.Sprintf("(%d rows)\n\n", 3*sampleRows)) {
		t.Errorf("got ... %q", got[len(got)-100:])
	}
}

func TestUnknownForm(t *testing.T) {
	if _, err := New("xml", nil, types.Context{}); err == nil || !strings.Contains(err.Error(), "xml") {
		t.Errorf("got %v", err)
	}
}

func writeWith(t *testing.T, form string, o Options, cols []Column, b *vec.Batch) string {
	t.Helper()
	var out strings.Builder
	buf := bufio.NewWriter(&out)
	w, err := NewWith(form, buf, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(cols); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	buf.Flush()
	return out.String()
}

func TestTableFits(t *testing.T) {
	cols := []Column{{"id", types.T(types.Int64)}, {"text", types.T(types.Text)}}
	b := &vec.Batch{N: 2, Cols: []vec.Vec{vec.FromFixed(cols[0].Type, []int64{1, 1234567}, nil), textVec(nil, "日本日本日本日本", "short")}}
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{Width: 22}, "   id    |    text    \n---------+------------\n       1 | 日本日本…\n 1234567 | short\n(2 rows; what ends in … is cut to fit, \\x shows it whole)\n\n"},
		{Options{Width: 40}, "   id    |       text       \n---------+------------------\n       1 | 日本日本日本日本\n 1234567 | short\n(2 rows)\n\n"},
		{Options{Width: 14}, "-[ RECORD 1 ]-\nid   | 1\ntext | 日本日本日本日本\n-[ RECORD 2 ]-\nid   | 1234567\ntext | short\n\n"},
		{Options{Width: 22, Tall: true}, "-[ RECORD 1 ]---------\nid   | 1\ntext | 日本日本日本日本\n-[ RECORD 2 ]---------\nid   | 1234567\ntext | short\n\n"},
		{Options{Lines: true, NoFooter: true}, "   id    │       text       \n─────────┼──────────────────\n       1 │ 日本日本日本日本\n 1234567 │ short\n\n"},
		{Options{Bare: true}, "       1 | 日本日本日本日本\n 1234567 | short\n\n"},
	} {
		if got := writeWith(t, "table", tc.o, cols, b); got != tc.want {
			t.Errorf("%+v: got\n%swant\n%s", tc.o, got, tc.want)
		}
	}
	null := &vec.Batch{N: 1, Cols: []vec.Vec{vec.FromFixed(cols[0].Type, []int64{1}, []uint64{0}), textVec(nil, "")}}
	if got := writeWith(t, "table", Options{Null: "∅", Bare: true}, cols, null); got != "  ∅ | \n\n" {
		t.Errorf("NULL: got %q", got)
	}
}

func TestCharts(t *testing.T) {
	cols := []Column{{"k", types.T(types.Text)}, {"v", types.T(types.Float64)}}
	b := &vec.Batch{N: 4, Cols: []vec.Vec{textVec(nil, "a", "b", "c", "d"), vec.FromFixed(cols[1].Type, []float64{10, -5, 0, math.NaN()}, nil)}}
	got := writeWith(t, "chart", Options{Width: 25}, cols, b)
	want := " k │ v\n a │      ██████████ 10\n b │ █████ -5\n c │       0\n d │  NaN\n\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	huge := &vec.Batch{N: 2, Cols: []vec.Vec{textVec(nil, "a", "b"), vec.FromFixed(cols[1].Type, []float64{math.MaxFloat64, -math.MaxFloat64}, nil)}}
	writeWith(t, "chart", Options{}, cols, huge) // must not panic
	many := make([]float64, 100)
	for i := range many {
		many[i] = float64(i)
	}
	line := &vec.Batch{N: 100, Cols: []vec.Vec{vec.FromFixed(types.T(types.Float64), many, nil), vec.FromFixed(cols[1].Type, many, nil)}}
	got = writeWith(t, "chart", Options{Width: 30}, []Column{{"x", types.T(types.Float64)}, cols[1]}, line)
	lines := strings.Split(got, "\n")
	if want := curveHeight + 4; len(lines) != want || lines[1] != " 99 │"+strings.Repeat(" ", 23)+"▃▇" || lines[12] != "  0 │▂▆"+strings.Repeat("█", 23) {
		t.Errorf("%d lines, want %d; got\n%s", len(lines), want, got)
	}
	if w, _ := New("chart", nil, types.Context{}); w.Begin(cols[:1]) == nil {
		t.Error("a chart of one column")
	}
}
