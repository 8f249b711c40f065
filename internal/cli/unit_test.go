package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"driftdb/internal/dberr"
	"driftdb/internal/types"
)

func TestPointAt(t *testing.T) {
	for _, tc := range []struct {
		text      string
		pos, line int
		want      string
	}{
		{"SELECT nope", 8, 1, "LINE 1: SELECT nope\n               ^\n"},
		{"SELECT 1,\n  nope\nFROM t", 13, 5, "LINE 6:   nope\n          ^\n"},
		{"SELECT", 7, 1, "LINE 1: SELECT\n              ^\n"},
		{"SELECT '日本', x", 18, 1, "LINE 1: SELECT '日本', x\n                       ^\n"},
		{"SELECT\t\x1bx", 8, 1, "LINE 1: SELECT  x\n               ^\n"},
	} {
		if got := pointAt(tc.text, tc.pos, tc.line); got != tc.want {
			t.Errorf("%q at %d: got\n%swant\n%s", tc.text, tc.pos, got, tc.want)
		}
	}
	long := strings.Repeat("x", 500)
	got := strings.Split(pointAt(long+"!"+long, 501, 1), "\n")
	if at := strings.IndexByte(got[1], '^'); at < 0 || got[0][at] != '!' || len(got[0]) > 2*maxShown {
		t.Errorf("the caret misses its place:\n%s\n%s", got[0], got[1])
	}
}

func TestReportStatus(t *testing.T) {
	var out bytes.Buffer
	for _, tc := range []struct {
		err    error
		status int
		want   string
	}{
		{dberr.New("22012", "division by zero"), exitFailed, "ERROR:  division by zero\nSQLSTATE:  22012\n"},
		{dberr.Corrupt("seg", 7, "bad sum"), exitDamaged, "ERROR:  bad sum (file seg, offset 7)\nSQLSTATE:  XX001\n"},
		{errors.New("no such thing"), exitFailed, "ERROR:  no such thing\n"},
		{&importError{err: &dberr.Error{Code: "22P02", Message: "bad", Offset: -1, Line: 3, Column: "a"}, file: "f.csv"}, exitFailed,
			"ERROR:  bad\nCONTEXT:  f.csv, line 3, column a\nSQLSTATE:  22P02\n"},
		{&statementError{err: dberr.New("42601", "syntax error").At(1), text: "x", line: 9, file: "s.sql"}, exitFailed,
			"s.sql:9: ERROR:  syntax error\nLINE 9: x\n        ^\nSQLSTATE:  42601\n"},
	} {
		out.Reset()
		if got := report(&out, tc.err); got != tc.status || out.String() != tc.want {
			t.Errorf("status %d, want %d; got\n%swant\n%s", got, tc.status, out.String(), tc.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "512MB": 512 << 20, "2 GiB": 2 << 30, "1k": 1024, "0": 0, "3tb": 3 << 40} {
		var s sizeFlag
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%s: got %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "-1", "MB", "1.5GB", "9999999999TB", "1x"} {
		var s sizeFlag
		if s.Set(text) == nil {
			t.Errorf("%q was read as %d", text, s)
		}
	}
}

func TestProgressLine(t *testing.T) {
	if got, want := progressLine("import", 1234567, 50e6, 200e6, 2*time.Second), "import: 1,234,567 rows, 25.0 MB/s, 25%, 6s left"; got != want {
		t.Errorf("got %q", got)
	}
	if got, want := progressLine("import", -5, 0, 0, 0), "import: -5 rows"; got != want {
		t.Errorf("got %q", got)
	}
	var out bytes.Buffer
	p := newProgress(&out, "import", 0)
	p.add(10, 10)
	p.done()
	if out.Len() != 0 {
		t.Errorf("what is no terminal got %q", out.String())
	}
}

func TestTargetKeepsWhatWasThere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := writeTo(name, nil, func(w io.Writer) error { io.WriteString(w, "half"); return broken })
	if got, _ := os.ReadFile(name); !errors.Is(err, broken) || string(got) != "old" {
		t.Errorf("after an error: %q, %v", got, err)
	}
	err = writeTo(name, nil, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
	if got, _ := os.ReadFile(name); err != nil || string(got) != "new" {
		t.Errorf("after success: %q, %v", got, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

func TestHistoryOperations(t *testing.T) {
	at := types.NullOf(types.T(types.TimestampTZ))
	const live = 1<<63 - 1
	h := rowHistory{versions: []version{
		{1, 3, at, at, nil},     // born at 1, replaced at 3
		{3, 5, at, at, nil},     // deleted at 5
		{7, 9, at, at, nil},     // born again, then its key changed
		{12, live, at, at, nil}, // another row's key became this one
	}}
	h.findMoves()
	h.wentTo, h.cameFrom = map[int64]bool{9: true}, map[int64]bool{12: true}
	var got []string
	for _, row := range h.events().rows {
		got = append(got, types.Format(row[0])+" "+row[2].S)
	}
	if s := strings.Join(got, ", "); s != "1 insert, 3 update, 5 delete, 7 insert, 9 moved, 12 update" {
		t.Errorf("got %s", s)
	}
}

func TestStatementBarLine(t *testing.T) {
	for _, tc := range []struct {
		rows, total, bytes int64
		want               string
	}{
		{0, 0, 0, "2s, Ctrl-C ends it"},
		{50, 200, 4e6, "[█████░░░░░░░░░░░░░░░] 25%, 50 rows, 2 MB/s, 6s left, Ctrl-C ends it"},
		{200, 200, 4e6, "[████████████████████] 100%, 200 rows, 2 MB/s, finishing, Ctrl-C ends it"},
	} {
		if got := barLine(tc.rows, tc.total, tc.bytes, 2*time.Second); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
