package parse

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// pieces splits a whole script.
func pieces(t *testing.T, r io.Reader) []Piece {
	t.Helper()
	var list []Piece
	for s := NewSplitter(r); ; {
		p, err := s.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestSplitter(t *testing.T) {
	cases := []struct {
		script string
		want   []Piece
	}{
		{"", nil},
		{" ; ;; -- x\n /* ; */ ", nil},
		{"a;b", []Piece{{"a", 1, 0}, {"b", 1, 2}}},
		{"-- one\nselect 1;\n\n/* two */ select 2 ;\n", []Piece{{"select 1", 2, 7}, {"select 2", 4, 28}}},
		{"'a;''b';c", []Piece{{"'a;''b'", 1, 0}, {"c", 1, 8}}},
		{`'a\';b`, []Piece{{`'a\'`, 1, 0}, {"b", 1, 5}}},
		{`E'a\';b';c`, []Piece{{`E'a\';b'`, 1, 0}, {"c", 1, 9}}},
		{"E'a'\n'\\';b';c", []Piece{{"E'a'\n'\\';b'", 1, 0}, {"c", 2, 12}}},
		{`he'a\';b`, []Piece{{`he'a\'`, 1, 0}, {"b", 1, 7}}},
		{`"a;""b";c`, []Piece{{`"a;""b"`, 1, 0}, {"c", 1, 8}}},
		{`$$a;$x$b;$$;c`, []Piece{{`$$a;$x$b;$$`, 1, 0}, {"c", 1, 12}}},
		{`$x$a;$$b;$x$;c`, []Piece{{`$x$a;$$b;$x$`, 1, 0}, {"c", 1, 13}}},
		{`a$x$;b$x$;$1;$2`, []Piece{{`a$x$`, 1, 0}, {"b$x$", 1, 5}, {"$1", 1, 10}, {"$2", 1, 13}}},
		{`insert {"a;}": "\";", "b": [{}]};x`, []Piece{{`insert {"a;}": "\";", "b": [{}]}`, 1, 0}, {"x", 1, 33}}},
		{"a - b / c;d", []Piece{{"a - b / c", 1, 0}, {"d", 1, 10}}},
		{"a /* ; /* ; */ ; */ b -- ;\n;c", []Piece{{"a /* ; /* ; */ ; */ b -- ;", 1, 0}, {"c", 2, 28}}},
		{"select 'open; a", []Piece{{"select 'open; a", 1, 0}}},
		{"/* open ;", []Piece{{"/* open ;", 1, 0}}},
	}
	for _, c := range cases {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(c.script), "bytes": iotest.OneByteReader(strings.NewReader(c.script))} {
			if got := pieces(t, r); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s %q:\n got %+v\nwant %+v", name, c.script, got, c.want)
			}
		}
	}
}

// TestSplitterAgreesWithParse holds the two ways of splitting against each other.
func TestSplitterAgreesWithParse(t *testing.T) {
	script := strings.Join(accepted, ";\n")
	stmts, err := Parse(script)
	if err != nil {
		t.Fatal(describe(err))
	}
	got := pieces(t, strings.NewReader(script))
	if len(got) != len(stmts) {
		t.Fatalf("%d pieces, %d statements", len(got), len(stmts))
	}
	for i, s := range stmts {
		if int(got[i].Offset) != s.Start || !strings.HasPrefix(got[i].Text, script[s.Start:s.End]) {
			t.Fatalf("piece %d is %q at %d, statement is %q at %d", i, got[i].Text, got[i].Offset, script[s.Start:s.End], s.Start)
		}
	}
}

func TestSplitterReadLine(t *testing.T) {
	s := NewSplitter(strings.NewReader("copy t from stdin;\n1\t'a\r\n\\.\nselect 1;"))
	if p, err := s.Next(); err != nil || p.Text != "copy t from stdin" {
		t.Fatalf("%v %v", p, err)
	}
	for _, want := range []string{"", "1\t'a", `\.`} {
		if got, err := s.ReadLine(); err != nil || got != want {
			t.Fatalf("%q %v, want %q", got, err, want)
		}
	}
	if p, err := s.Next(); err != nil || p.Text != "select 1" || p.Line != 4 {
		t.Fatalf("%v %v", p, err)
	}
	if _, err := s.ReadLine(); !errors.Is(err, io.EOF) {
		t.Fatalf("%v, want the end", err)
	}
}

func TestSplitterReadError(t *testing.T) {
	boom := errors.New("boom")
	s := NewSplitter(io.MultiReader(strings.NewReader("a;b"), iotest.ErrReader(boom)))
	if p, err := s.Next(); err != nil || p.Text != "a" {
		t.Fatalf("%v %v", p, err)
	}
	if _, err := s.Next(); !errors.Is(err, boom) {
		t.Fatalf("%v, want the reader's error", err)
	}
}

func TestSplitterLongScript(t *testing.T) {
	one := "insert into t values (1, 'some text; with a semicolon');\n"
	got := pieces(t, strings.NewReader(strings.Repeat(one, 20000)))
	if len(got) != 20000 || got[19999].Line != 20000 {
		t.Fatalf("%d pieces", len(got))
	}
}
