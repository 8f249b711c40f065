package sqlvec

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"driftdb/colstore"
	"driftdb/internal/formats/copytext"
	"driftdb/internal/types"
)

// TestCopyFast reads CSV, most of it in the usual forms, with the fast reader as far as that goes, and with the exact one:
// rows and errors are the same.
func TestCopyFast(t *testing.T) {
	fast, whole := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := randomCopy(t)
		data := randomRows(t, c)
		c.open, c.again = func() (io.Reader, error) { return strings.NewReader(data), nil }, true
		n, done, err := c.streamFast(func(*colstore.Group) error { return nil })
		if n > 0 {
			fast++
		}
		if done {
			whole++
		}
		got, gotErr := copied(c)
		c.again = false
		want, wantErr := copied(c)
		if gotErr == nil && got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("%q\nheader %v, null %q, fast %d rows, %v, %v\ngot  %s %v\nwant %s %v", data, c.o.header, c.o.Null, n, done, err, got, gotErr, want, wantErr)
		}
	})
	if fast == 0 || whole == 0 {
		t.Errorf("the fast reader read rows of %d files, %d of them whole", fast, whole)
	}
}

// randomCopy returns the COPY of a table with one to three columns.
func randomCopy(t *rapid.T) *copyRows {
	o := &copyOptions{Options: copytext.Options{CSV: rapid.Bool().Draw(t, "csv"), Delim: ',', Quote: '"', Escape: '"'}, forceNull: map[string]bool{}, forceText: map[string]bool{}}
	o.header = rapid.Bool().Draw(t, "header")
	o.Null = rapid.SampledFrom([]string{"", "x", "1", `\N`, `\x`}).Draw(t, "null")
	all := []types.Type{types.T(types.Text), types.T(types.Int32), types.T(types.Date)}
	c := &copyRows{o: o, table: &colstore.Table{Name: "t"}, scanning: context.Background(), blockBytes: rapid.SampledFrom([]int{0, 4, 16, 40}).Draw(t, "block")}
	for i := range rapid.IntRange(1, 3).Draw(t, "columns") {
		col := &colstore.Column{Name: string(rune('a' + i)), Type: all[i]}
		c.cols = append(c.cols, col)
		c.spec.Columns = append(c.spec.Columns, uint32(i))
		o.forceNull[col.Name] = o.CSV && rapid.IntRange(0, 3).Draw(t, "force null") == 0
		o.forceText[col.Name] = o.CSV && rapid.IntRange(0, 3).Draw(t, "force not null") == 0
	}
	return c
}

// randomRows returns a file for a COPY in which little is odd.
func randomRows(t *rapid.T, c *copyRows) string {
	n := len(c.cols)
	usual := [][]string{{"x", `"x"`, "", `""`, "word", `"a,b"`, `"say ""a"""`, "\"two\nlines\"", "ä"}, {"1", `"1"`, "-17", "x", `"2"`}, {"2024-01-31", "x", "\"2024-02-01\""}}
	odd := []string{`a"b`, `a"b`, `"a"b`, `"`, `"""`, "\\.", "\xff", "\x00", "\r", "\"\r\n\"", "a\n", "\ufeff", "1,2", " 1", "\"\\.\n\"", `\N`, `a\tb`}
	if !c.o.CSV {
		usual = [][]string{{"x", "", `\N`, "word", `a\tb`, `\\`, `\x41`, `\101\n`, "ä", `\xC3\xA9`}, {"1", "-17", "x", `\N`, `\x31`}, {"2024-01-31", "x", `\N`}}
		odd = []string{`a\,b`, "a\\\nb", `\.`, `\xff`, `\x00`, "\xff", "\xc3\\xA9", "\r", `\`, "1,2", " 1", "\ufeff", `"a"`, `\q`, "a\n", "\\\r"}
	}
	var b strings.Builder
	end := rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "end")
	rows := rapid.IntRange(0, 6).Draw(t, "rows")
	for r := range rows {
		for c := range n {
			if c > 0 {
				b.WriteByte(',')
			}
			if rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
				b.WriteString(rapid.SampledFrom(odd).Draw(t, "field"))
			} else {
				b.WriteString(rapid.SampledFrom(usual[c]).Draw(t, "field"))
			}
		}
		if r < rows-1 || rapid.Bool().Draw(t, "ended") {
			b.WriteString(end)
		}
	}
	return b.String()
}

// copied are the rows of a COPY as text.
func copied(c *copyRows) (string, error) {
	var out strings.Builder
	err := c.Stream(0, func(g *colstore.Group) error {
		for r := range g.N {
			for i := range g.Cols {
				if v := g.Cols[i].Value(r); v.Valid {
					fmt.Fprintf(&out, "(%s)", c.ctx.Format(v))
				} else {
					out.WriteString("(NULL)")
				}
			}
			out.WriteByte('\n')
		}
		return nil
	})
	return out.String(), err
}
