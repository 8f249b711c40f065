package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"driftdb/colstore"
	"driftdb/sqlvec"
)

// TestRecordedHistories runs the histories in testdata/histories, each of which once went
// wrong, and asks every point of them in every later state of the database.
func TestRecordedHistories(t *testing.T) {
	paths, err := filepath.Glob("testdata/histories/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, path := range paths {
		for _, inline := range []int{4, 100} {
			t.Run(fmt.Sprintf("%s inline %d", filepath.Base(path), inline), func(t *testing.T) {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				store := colstore.Options{GroupRows: 64, PartRows: 256, InlineRows: inline}
				d, err := create(filepath.Join(t.TempDir(), "db"), sqlvec.Options{Store: store})
				if err != nil {
					t.Fatal(describe(err))
				}
				defer func() { d.close() }()
				replay(t, d, string(text))
				sameForEver(t, d)
			})
		}
	}
}

// replay runs a history, a statement a line; "-- reopen" reopens. A duplicate key may be refused.
func replay(t *testing.T, d *database, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "-- reopen":
			if err := d.reopen(); err != nil {
				t.Fatal(describe(err))
			}
		case line != "" && !strings.HasPrefix(line, "--"):
			if _, err := d.rows(line); err != nil && !strings.Contains(describe(err), "(23505)") {
				t.Fatalf("%s: %s", line, describe(err))
			}
		}
	}
}

// sameForEver asks for table t at every event, and again after each kind of maintenance.
func sameForEver(t *testing.T, d *database) {
	t.Helper()
	last, err := strconv.Atoi(d.must(t, "SELECT current_seq()")[0])
	if err != nil || last == 0 {
		t.Fatalf("%d events, %v", last, err)
	}
	var want [][]string
	for seq := range last + 1 {
		want = append(want, d.must(t, fmt.Sprintf("SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:%d ORDER BY id", seq)))
	}
	for _, after := range []string{"", "CHECKPOINT", "VACUUM"} {
		if after != "" {
			d.must(t, after)
		}
		if err := d.reopen(); err != nil {
			t.Fatal(describe(err))
		}
		for seq := range last + 1 {
			got := d.must(t, fmt.Sprintf("SELECT * FROM t FOR SYSTEM_TIME AS OF @SEQ:%d ORDER BY id", seq))
			if !slices.Equal(got, want[seq]) {
				t.Fatalf("opened again after %q, event %d: %v, was %v", after, seq, got, want[seq])
			}
		}
	}
}
